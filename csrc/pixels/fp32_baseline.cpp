// The float32 kernel for any machine: vectors of 16 bytes through the compiler's vector extension, which become SSE2 on
// x86-64 and plain scalars where there are none.
#include <cstring>

#include "pixels/kernel.h"

namespace fastrti {
namespace {

struct Baseline {
  using Vec = float __attribute__((vector_size(16)));
  using Bits = std::int32_t __attribute__((vector_size(16)));
  static constexpr int kLanes = 4;
  static constexpr int kVectors = 2;

  static Vec set1(float x) { return Vec{x, x, x, x}; }
  static Vec load(const float* x) { return *reinterpret_cast<const Vec*>(x); }
  static void store(float* x, Vec a) { *reinterpret_cast<Vec*>(x) = a; }
  static Vec fma(Vec a, Vec b, Vec c) { return a * b + c; }
  static Vec min(Vec a, Vec b) { return a < b ? a : b; }
  static Vec max(Vec a, Vec b) { return a > b ? a : b; }
  static Vec shifted_one(Vec n) { return (Vec)(((Bits)n << 23) + (Bits)set1(1.0f)); }

  static void load_bytes(const std::uint8_t* bytes, Vec (&x)[kVectors]) {
    for (int v = 0; v < kVectors; ++v, bytes += kLanes) {
      const Bits four = {bytes[0], bytes[1], bytes[2], bytes[3]};
      x[v] = __builtin_convertvector(four, Vec);
    }
  }

  template <int C>
  static void store_pixels(const Vec (&y)[C][kVectors], std::uint8_t* out) {
    for (int v = 0; v < kVectors; ++v) {
      for (int c = 0; c < C; ++c) {
        const Bits levels = __builtin_convertvector(y[c][v], Bits);
        for (int i = 0; i < kLanes; ++i) out[C * (v * kLanes + i) + c] = static_cast<std::uint8_t>(levels[i]);
      }
    }
  }
};

#include "pixels/fp32_body.inl"

}  // namespace

void relight_fp32_baseline(const Fp32Frame& frame, const Span& span) { relight_fp32<Baseline>(frame, span); }

}  // namespace fastrti
