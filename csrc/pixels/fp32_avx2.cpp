// The float32 kernel for x86-64 with AVX2 and FMA: tiles of 16 pixels.
#if defined(__x86_64__)

#include <cstring>

#include "pixels/kernel.h"
#include "pixels/pixel_shuffle.h"
#include "pixels/x86_intrinsics.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,fma")
#endif

namespace fastrti {
namespace {

struct Avx2 {
  using Vec = __m256;
  static constexpr int kLanes = 8;
  static constexpr int kVectors = 2;

  static Vec set1(float x) { return _mm256_set1_ps(x); }
  static Vec load(const float* x) { return _mm256_load_ps(x); }
  static void store(float* x, Vec a) { _mm256_store_ps(x, a); }
  static Vec fma(Vec a, Vec b, Vec c) { return _mm256_fmadd_ps(a, b, c); }
  static Vec min(Vec a, Vec b) { return _mm256_min_ps(a, b); }
  static Vec max(Vec a, Vec b) { return _mm256_max_ps(a, b); }
  static Vec shifted_one(Vec n) {
    const __m256i shifted = _mm256_slli_epi32(_mm256_castps_si256(n), 23);
    return _mm256_castsi256_ps(_mm256_add_epi32(shifted, _mm256_castps_si256(set1(1.0f))));
  }

  static void load_bytes(const std::uint8_t* bytes, Vec (&x)[kVectors]) {
    for (int v = 0; v < kVectors; ++v) {
      const __m128i eight = _mm_loadl_epi64(reinterpret_cast<const __m128i*>(bytes + v * kLanes));
      x[v] = _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(eight));
    }
  }

  template <int C>
  static void store_pixels(const Vec (&y)[C][kVectors], std::uint8_t* out) {
    __m128i channels[C];
    for (int c = 0; c < C; ++c) {
      const __m256i words = _mm256_packs_epi32(_mm256_cvttps_epi32(y[c][0]), _mm256_cvttps_epi32(y[c][1]));
      const __m256i ordered = _mm256_permute4x64_epi64(words, 0xd8);  // packs interleaves the two halves
      channels[c] = _mm_packus_epi16(_mm256_castsi256_si128(ordered), _mm256_extracti128_si256(ordered, 1));
    }
    for (int j = 0; j < C; ++j) {
      __m128i sixteen = _mm_setzero_si128();
      for (int c = 0; c < C; ++c) {
        const __m128i from = _mm_load_si128(reinterpret_cast<const __m128i*>(kPixelShuffle<C>.from[j][c]));
        sixteen = _mm_or_si128(sixteen, _mm_shuffle_epi8(channels[c], from));
      }
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 16 * j), sixteen);
    }
  }
};

#include "pixels/fp32_body.inl"

}  // namespace

void relight_fp32_avx2(const Fp32Frame& frame, const Span& span) { relight_fp32<Avx2>(frame, span); }

}  // namespace fastrti

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif  // x86-64
