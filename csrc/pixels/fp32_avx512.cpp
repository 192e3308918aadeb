// The float32 kernel for x86-64 with AVX-512 F, BW, DQ and VL: tiles of 64 pixels.
#if defined(__x86_64__)

#include <cstring>

#include "pixels/kernel.h"
#include "pixels/pixel_shuffle.h"
#include "pixels/x86_intrinsics.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,fma"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,fma")
#endif

namespace fastrti {
namespace {

struct Avx512 {
  using Vec = __m512;
  static constexpr int kLanes = 16;
  static constexpr int kVectors = 4;

  static Vec set1(float x) { return _mm512_set1_ps(x); }
  static Vec load(const float* x) { return _mm512_load_ps(x); }
  static void store(float* x, Vec a) { _mm512_store_ps(x, a); }
  static Vec fma(Vec a, Vec b, Vec c) { return _mm512_fmadd_ps(a, b, c); }
  static Vec min(Vec a, Vec b) { return _mm512_min_ps(a, b); }
  static Vec max(Vec a, Vec b) { return _mm512_max_ps(a, b); }
  static Vec shifted_one(Vec n) {
    const __m512i shifted = _mm512_slli_epi32(_mm512_castps_si512(n), 23);
    return _mm512_castsi512_ps(_mm512_add_epi32(shifted, _mm512_castps_si512(set1(1.0f))));
  }

  // Unpacking works within each 128-bit lane, so vector v holds pixels 4v .. 4v + 3 of each lane's 16; the packs of
  // store_pixels bring them back for nothing.
  static void load_bytes(const std::uint8_t* bytes, Vec (&x)[kVectors]) {
    const __m512i all = _mm512_loadu_si512(bytes), zero = _mm512_setzero_si512();
    const __m512i low = _mm512_unpacklo_epi8(all, zero), high = _mm512_unpackhi_epi8(all, zero);
    x[0] = _mm512_cvtepi32_ps(_mm512_unpacklo_epi16(low, zero));
    x[1] = _mm512_cvtepi32_ps(_mm512_unpackhi_epi16(low, zero));
    x[2] = _mm512_cvtepi32_ps(_mm512_unpacklo_epi16(high, zero));
    x[3] = _mm512_cvtepi32_ps(_mm512_unpackhi_epi16(high, zero));
  }

  template <int C>
  static void store_pixels(const Vec (&y)[C][kVectors], std::uint8_t* out) {
    __m512i channels[C];
    for (int c = 0; c < C; ++c) {
      const __m512i low = _mm512_packs_epi32(_mm512_cvttps_epi32(y[c][0]), _mm512_cvttps_epi32(y[c][1]));
      const __m512i high = _mm512_packs_epi32(_mm512_cvttps_epi32(y[c][2]), _mm512_cvttps_epi32(y[c][3]));
      channels[c] = _mm512_packus_epi16(low, high);
    }
    for (int j = 0; j < C; ++j) {  // the j-th 16 bytes of each lane's 16 pixels
      __m512i sixteens = _mm512_setzero_si512();
      for (int c = 0; c < C; ++c) {
        const __m128i from = _mm_load_si128(reinterpret_cast<const __m128i*>(kPixelShuffle<C>.from[j][c]));
        sixteens = _mm512_or_si512(sixteens, _mm512_shuffle_epi8(channels[c], _mm512_broadcast_i32x4(from)));
      }
      store_lanes(sixteens, out + 16 * j, 16 * C);
    }
  }

 private:
  static void store_lanes(__m512i lanes, std::uint8_t* target, int apart) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(target), _mm512_castsi512_si128(lanes));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(target + apart), _mm512_extracti32x4_epi32(lanes, 1));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(target + 2 * apart), _mm512_extracti32x4_epi32(lanes, 2));
    _mm_storeu_si128(reinterpret_cast<__m128i*>(target + 3 * apart), _mm512_extracti32x4_epi32(lanes, 3));
  }
};

#include "pixels/fp32_body.inl"

}  // namespace

void relight_fp32_avx512(const Fp32Frame& frame, const Span& span) { relight_fp32<Avx512>(frame, span); }

}  // namespace fastrti

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif  // x86-64
