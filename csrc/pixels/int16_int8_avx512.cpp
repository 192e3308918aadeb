// The int16 and int8 kernels for x86-64 with AVX-512 F, BW, DQ, VL and VNNI: tiles of 64 pixels.
#if defined(__x86_64__)

#include <cstring>

#include "pixels/kernel.h"
#include "pixels/pixel_shuffle.h"
#include "pixels/x86_intrinsics.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni"))), \
                             apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512dq,avx512vl,avx512vnni")
#endif

namespace fastrti {
namespace {

struct Avx512Vnni {
  using Vec = __m512i;
  using Bytes = __m512i;
  static constexpr int kLanes = 16;
  static constexpr int kVectors = 4;

  static Vec set1(std::int32_t x) { return _mm512_set1_epi32(x); }
  static Vec load(const std::int32_t* x) { return _mm512_load_si512(x); }
  static void store(std::int32_t* x, Vec a) { _mm512_store_si512(x, a); }
  static Vec add(Vec a, Vec b) { return _mm512_add_epi32(a, b); }
  static Vec dot(Vec sum, Vec x, Vec w) { return _mm512_dpwssd_epi32(sum, x, w); }
  static Vec pair(Vec a, Vec b) { return _mm512_mask_blend_epi16(0xaaaaaaaa, _mm512_srli_epi32(a, 16), b); }
  static Vec relu(Vec t) { return _mm512_max_epi16(t, _mm512_setzero_si512()); }

  class Elu {
   public:
    explicit Elu(const EluTable& table)
        : lowest_(_mm512_set1_epi16(static_cast<std::int16_t>(-(kEluSegments << table.shift)))),
          fraction_(_mm512_set1_epi16(static_cast<std::int16_t>((1 << table.shift) - 1))),
          shift_(_mm_cvtsi32_si128(table.shift)),
          fraction_shift_(_mm_cvtsi32_si128(table.fraction_shift)) {
      for (int i = 0; i < kEluTerms; ++i) {
        c_[i] = _mm512_or_si512(twice(table.low[i]), _mm512_slli_epi16(twice(table.high[i]), 8));
      }
    }

    void operator()(Vec (&t)[kVectors]) const {
      for (int v = 0; v < kVectors; ++v) {
        const Vec m = _mm512_max_epi16(t[v], lowest_), segment = _mm512_sra_epi16(m, shift_);
        const Vec d = _mm512_sll_epi16(_mm512_and_si512(m, fraction_), fraction_shift_);
        Vec sum = _mm512_permutexvar_epi16(segment, c_[kEluTerms - 1]);
        for (int i = kEluTerms - 2; i >= 0; --i) {
          sum = _mm512_add_epi16(_mm512_mulhrs_epi16(sum, d), _mm512_permutexvar_epi16(segment, c_[i]));
        }
        t[v] = _mm512_mask_mov_epi16(t[v], _mm512_movepi16_mask(t[v]), sum);
      }
    }

   private:
    // As words, twice: a permutation looks at five bits of the segment, which is negative.
    static Vec twice(const std::uint8_t (&bytes)[kEluSegments]) {
      const __m256i words = _mm256_cvtepu8_epi16(_mm_load_si128(reinterpret_cast<const __m128i*>(bytes)));
      return _mm512_broadcast_i64x4(words);
    }

    Vec lowest_, fraction_;
    __m128i shift_, fraction_shift_;
    Vec c_[kEluTerms];
  };

  // Unpacking works within each 128-bit lane, so vector v holds pixels 4v .. 4v + 3 of each lane's 16; the packs of
  // `bytes` bring them back for nothing.
  static void load_inputs(const std::uint8_t* first, const std::uint8_t* second, std::int32_t* x) {
    const __m512i sign = _mm512_set1_epi8(-128), zero = _mm512_setzero_si512();
    const __m512i a = _mm512_xor_si512(_mm512_loadu_si512(first), sign);
    const __m512i b = _mm512_xor_si512(_mm512_loadu_si512(second), sign);
    const __m512i low = _mm512_unpacklo_epi8(a, b), high = _mm512_unpackhi_epi8(a, b);
    const __m512i inputs[kVectors] = {_mm512_unpacklo_epi8(zero, low), _mm512_unpackhi_epi8(zero, low),
                                      _mm512_unpacklo_epi8(zero, high), _mm512_unpackhi_epi8(zero, high)};
    for (int v = 0; v < kVectors; ++v) store(x + v * kLanes, _mm512_srai_epi16(inputs[v], 8 - kInputBits));
  }

  static void load_quads(const std::uint8_t* const (&bytes)[4], std::int32_t* x) {
    __m512i planes[4];
    for (int i = 0; i < 4; ++i) planes[i] = _mm512_loadu_si512(bytes[i]);
    const __m512i low01 = _mm512_unpacklo_epi8(planes[0], planes[1]),
                  low23 = _mm512_unpacklo_epi8(planes[2], planes[3]);
    const __m512i high01 = _mm512_unpackhi_epi8(planes[0], planes[1]);
    const __m512i high23 = _mm512_unpackhi_epi8(planes[2], planes[3]);
    store(x, _mm512_unpacklo_epi16(low01, low23));
    store(x + 16, _mm512_unpackhi_epi16(low01, low23));
    store(x + 32, _mm512_unpacklo_epi16(high01, high23));
    store(x + 48, _mm512_unpackhi_epi16(high01, high23));
  }
  static Vec dot_quads(Vec sum, Vec x, Vec w) { return _mm512_dpbusd_epi32(sum, x, w); }
  static Vec quads(const Vec (&sums)[4], const std::int32_t* shift) {
    Vec t[4];
    for (int i = 0; i < 4; ++i) t[i] = _mm512_srav_epi32(sums[i], set1(shift[i]));
    const Vec rows = _mm512_packus_epi16(_mm512_packs_epi32(t[0], t[1]), _mm512_packs_epi32(t[2], t[3]));
    return _mm512_shuffle_epi8(rows, _mm512_set4_epi32(0x0f0b0703, 0x0e0a0602, 0x0d090501, 0x0c080400));
  }
  static Vec joined(Vec high, Vec low) { return _mm512_add_epi32(_mm512_slli_epi32(high, 7), low); }

  static Bytes bytes(const Vec (&sums)[kVectors], int shift) {
    const __m128i count = _mm_cvtsi32_si128(shift);
    Vec levels[kVectors];
    for (int v = 0; v < kVectors; ++v) levels[v] = _mm512_sra_epi32(sums[v], count);
    return _mm512_packus_epi16(_mm512_packs_epi32(levels[0], levels[1]), _mm512_packs_epi32(levels[2], levels[3]));
  }
  static Bytes select(const std::uint8_t* mask) {
    return _mm512_sub_epi8(_mm512_setzero_si512(), _mm512_loadu_si512(mask));
  }
  static Bytes opaque() { return _mm512_set1_epi8(-1); }

  template <int C>
  static void store_pixels(const Bytes (&channels)[C], std::uint8_t* out) {
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

#include "pixels/int8_body.inl"

}  // namespace

void relight_int16_avx512(const Int16Frame& frame, const Span& span) { relight_int16<Avx512Vnni>(frame, span); }

void relight_int8_avx512(const Int8Frame& frame, const Span& span) { relight_int8<Avx512Vnni>(frame, span); }

}  // namespace fastrti

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif  // x86-64
