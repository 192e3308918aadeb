// ELU on 16-bit integers: E(t) approximates S (exp(t / S) - 1) for t < 0, with S the integers a unit of the argument.
//
// 16 segments of 2^shift integers each hold a cubic in u, the position within the segment: c0 + c1 u + c2 u^2 + c3 u^3.
// All is integer arithmetic, so that E(t) is the same number on every machine:
//
//     m = max(t, -16 2^shift);  j = m >> shift, modulo 16;  d = (m modulo 2^shift) << fraction_shift
//     E(t) = c0[j] + mul(mul(mul(c3[j], d) + c2[j], d) + c1[j], d),  mul(a, d) = (a d + 2^14) >> 15
//
// One shuffle of 16 bytes, which every instruction set has, looks up a byte of a coefficient for each pixel. So the
// tables are split into low and high bytes.
#pragma once

#include <cstdint>

namespace fastrti {

constexpr int kEluSegments = 16, kEluTerms = 4;

// |E(t) - S (exp(t / S) - 1)| never exceeds it, for -32768 <= t < 0 and every S.
constexpr double kEluError = 1.2;

struct EluTable {
  alignas(16) std::uint8_t low[kEluTerms][kEluSegments], high[kEluTerms][kEluSegments];  // of c0 .. c3
  int shift, fraction_shift;
};

// The table for arguments t * scale, scale = 1 / S > 0.
EluTable make_elu_table(double scale);

// E(t) for -32768 <= t < 0.
std::int16_t elu(const EluTable& table, std::int16_t t);

}  // namespace fastrti
