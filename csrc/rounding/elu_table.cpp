#include "rounding/elu_table.h"

#include <algorithm>
#include <cmath>

namespace fastrti {
namespace {

constexpr int kMaxShift = 9;  // 64 segments of 2^9 integers are all there are below zero

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

struct Quadratic {
  double c0, c1, c2;
};

// exp(width (u - 1)) for 0 <= u < 1, exact at the Chebyshev nodes.
Quadratic interpolated_exp(double width) {
  constexpr double u0 = 0.0669872981, u1 = 0.5, u2 = 0.9330127019;  // (1 - cos((2 i + 1) pi / 6)) / 2
  const double f0 = std::expm1(width * (u0 - 1)), f1 = std::expm1(width * (u1 - 1)), f2 = std::expm1(width * (u2 - 1));
  const double d01 = (f1 - f0) / (u1 - u0), d12 = (f2 - f1) / (u2 - u1), c2 = (d12 - d01) / (u2 - u0);
  return {1 + f0 - d01 * u0 + c2 * u0 * u1, d01 - c2 * (u0 + u1), c2};
}

// Fraction bits of c1 (twice as many of c2): as many as fit 16 bits.
int fraction_bits(int shift, double unit, double c2) {
  int bits = 14 - shift;
  while (bits > 0 && unit * c2 * std::exp2(2 * bits) > 32000) --bits;
  return bits;
}

int mul(int a, int d) { return (a * d + (1 << 14)) >> 15; }

}  // namespace

EluTable make_elu_table(double scale) {
  const double unit = 1 / scale;
  EluTable table{};
  table.shift = segment_shift(unit);
  const double width = std::ldexp(scale, table.shift);
  const Quadratic top = interpolated_exp(width);
  const int bits = fraction_bits(table.shift, unit, top.c2);
  table.fraction_shift = 15 - table.shift - bits;
  const double step = std::exp(-width);
  double factor = unit;  // the segments are one exponential, scaled
  for (int j = kEluSegments - 1; j >= 0; --j, factor *= step) {
    table.c0[j] = rounded(factor * top.c0 - unit);
    table.c1[j] = rounded(std::ldexp(factor * top.c1, bits));
    table.c2[j] = rounded(std::ldexp(factor * top.c2, 2 * bits));
  }
  return table;
}

std::int16_t elu(const EluTable& table, std::int16_t t) {
  const int m = std::max<int>(t, -(kEluSegments << table.shift));
  const int j = (m >> table.shift) & (kEluSegments - 1);
  const int d = (m & ((1 << table.shift) - 1)) << table.fraction_shift;
  return static_cast<std::int16_t>(table.c0[j] + mul(mul(table.c2[j], d) + table.c1[j], d));
}

}  // namespace fastrti
