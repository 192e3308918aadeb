// The kernel for any machine: vectors of 16 bytes through the compiler's vector extension, which become SSE2 on x86-64
// and plain scalars where there are none.
#include <cstring>

#include "kernel.h"

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

  static void load_bytes(const std::uint8_t* bytes, float* x) {
    for (int i = 0; i < kLanes * kVectors; ++i) x[i] = bytes[i];
  }

  static void store_rgb(const Vec (&y)[3][kVectors], std::uint8_t* rgb) {
    for (int c = 0; c < 3; ++c) {
      for (int i = 0; i < kLanes * kVectors; ++i) {
        rgb[3 * i + c] = static_cast<std::uint8_t>(static_cast<int>(y[c][i / kLanes][i % kLanes]));
      }
    }
  }
};

#include "relight_body.inl"

}  // namespace

void relight_baseline(const Frame& frame, const Span& span) { relight_span<Baseline>(frame, span); }

}  // namespace fastrti
