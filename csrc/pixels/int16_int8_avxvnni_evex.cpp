// The int16 and int8 kernels of int16_int8_avxvnni.cpp in the encoding of AVX-512 VL, for processors that have VNNI in
// this form alone. By themselves they run the AVX-512 kernels: this one is for tests and benchmarks.
#if defined(__x86_64__)

#include <cstring>

#include "pixels/kernel.h"
#include "pixels/pixel_shuffle.h"
#include "pixels/x86_intrinsics.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,avx512f,avx512bw,avx512vl,avx512vnni"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,avx512f,avx512bw,avx512vl,avx512vnni")
#endif

namespace fastrti {
namespace {

#include "pixels/avx2_vectors.inl"

struct AvxVnniEvex : Avx2 {
  static Vec dot(Vec sum, Vec x, Vec w) { return _mm256_dpwssd_epi32(sum, x, w); }
  static Vec dot_quads(Vec sum, Vec x, Vec w) { return _mm256_dpbusd_epi32(sum, x, w); }
};

#include "pixels/int8_body.inl"

}  // namespace

void relight_int16_avxvnni_evex(const Int16Frame& frame, const Span& span) { relight_int16<AvxVnniEvex>(frame, span); }

void relight_int8_avxvnni_evex(const Int8Frame& frame, const Span& span) { relight_int8<AvxVnniEvex>(frame, span); }

}  // namespace fastrti

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif  // x86-64
