// Compares the integer ELU with exp at every 16-bit argument, for scales far beyond those of a network. Prints the
// largest error and exits with 1 where it exceeds what csrc/rounding/elu_table.h promises.
#include <algorithm>
#include <cmath>
#include <cstdio>

#include "rounding/elu_table.h"

using namespace fastrti;

int main() {
  double worst = 0;
  for (double unit = 1e-3; unit < 1e9; unit *= 1.13) {
    const EluTable table = make_elu_table(1 / unit);
    for (int t = -32768; t < 0; ++t) {
      const double exact = unit * std::expm1(t / unit);
      worst = std::max(worst, std::abs(elu(table, static_cast<std::int16_t>(t)) - exact));
    }
  }
  std::printf("at most %.3f steps off\n", worst);
  return worst <= kEluError ? 0 : 1;
}
