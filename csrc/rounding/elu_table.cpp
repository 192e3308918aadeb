#include "rounding/elu_table.h"

#include <algorithm>
#include <cmath>

namespace fastrti {
namespace {

constexpr int kMaxShift = 11;  // 16 segments of 2^11 integers are all there are below zero

std::int16_t rounded(double x) {
  return static_cast<std::int16_t>(std::lround(std::min(std::max(x, -32768.0), 32767.0)));
}

// Segments no longer than reach to where S exp(t / S) < 1/4.
int segment_shift(double unit) {
  const double reach = unit * std::log(std::max(4 * unit, 1.0));
  int shift = 0;
  while (shift < kMaxShift && (kEluSegments << shift) < reach) ++shift;
  return shift;
}

struct Cubic {
  double of[kEluTerms];
};

// exp(width (u - 1)) - 1 for 0 <= u < 1, exact at the Chebyshev nodes (1 - cos((2 i + 1) pi / 8)) / 2.
Cubic interpolated_expm1(double width) {
  constexpr double at[kEluTerms] = {0.0380602337, 0.3086582838, 0.6913417162, 0.9619397663};
  double newton[kEluTerms];  // divided differences
  for (int i = 0; i < kEluTerms; ++i) newton[i] = std::expm1(width * (at[i] - 1));
  for (int order = 1; order < kEluTerms; ++order) {
    for (int i = kEluTerms - 1; i >= order; --i) newton[i] = (newton[i] - newton[i - 1]) / (at[i] - at[i - order]);
  }
  Cubic cubic{};
  for (int i = kEluTerms - 1; i >= 0; --i) {  // Horner: times (u - at[i]), plus newton[i]
    for (int power = kEluTerms - 1; power > 0; --power) {
      cubic.of[power] = cubic.of[power - 1] - at[i] * cubic.of[power];
    }
    cubic.of[0] = newton[i] - at[i] * cubic.of[0];
  }
  return cubic;
}

// Fraction bits of c1 (twice as many of c2, three times as many of c3): as many as fit 16 bits, as do the sums of
// coefficients that Horner's rule multiplies by u.
int fraction_bits(int shift, double unit, const Cubic& top) {
  int bits = 15 - shift;
  const double third = top.of[3], second = top.of[2] + third, first = top.of[1] + second;
  const auto fits = [&](double sum, int power) { return unit * sum * std::exp2(power * bits) <= 32000; };
  while (bits > 0 && !(fits(first, 1) && fits(second, 2) && fits(third, 3))) --bits;
  return bits;
}

int mul(int a, int d) { return (a * d + (1 << 14)) >> 15; }

}  // namespace

EluTable make_elu_table(double scale) {
  const double unit = 1 / scale;
  EluTable table{};
  table.shift = segment_shift(unit);
  const double width = std::ldexp(scale, table.shift);
  const Cubic top = interpolated_expm1(width);
  const int bits = fraction_bits(table.shift, unit, top);
  table.fraction_shift = 15 - table.shift - bits;
  const double step = std::exp(-width);
  double factor = unit;  // the segments are one exponential, scaled
  for (int j = kEluSegments - 1; j >= 0; --j, factor *= step) {
    for (int power = 0; power < kEluTerms; ++power) {
      const double exact = factor * (top.of[power] + (power == 0 ? 1 : 0)) - (power == 0 ? unit : 0);
      const int number = rounded(std::ldexp(exact, power * bits));
      table.low[power][j] = static_cast<std::uint8_t>(number & 0xff);
      table.high[power][j] = static_cast<std::uint8_t>(number >> 8 & 0xff);
    }
  }
  return table;
}

std::int16_t elu(const EluTable& table, std::int16_t t) {
  const int m = std::max<int>(t, -(kEluSegments << table.shift));
  const int j = (m >> table.shift) & (kEluSegments - 1);
  const int d = (m & ((1 << table.shift) - 1)) << table.fraction_shift;
  int sum = 0;
  for (int power = kEluTerms - 1; power >= 0; --power) {
    sum = mul(sum, d) + static_cast<std::int16_t>(table.high[power][j] << 8 | table.low[power][j]);
  }
  return static_cast<std::int16_t>(sum);
}

}  // namespace fastrti
