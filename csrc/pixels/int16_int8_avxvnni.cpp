// The int16 and int8 kernels for x86-64 with AVX2 and AVX-VNNI, which multiplies and adds in one instruction.
#if defined(__x86_64__)

#include <cstring>

#include "pixels/kernel.h"
#include "pixels/pixel_shuffle.h"
#include "pixels/x86_intrinsics.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2,avxvnni"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2,avxvnni")
#endif

namespace fastrti {
namespace {

#include "pixels/avx2_vectors.inl"

struct AvxVnni : Avx2 {
  static Vec dot(Vec sum, Vec x, Vec w) { return _mm256_dpwssd_avx_epi32(sum, x, w); }
  static Vec dot_quads(Vec sum, Vec x, Vec w) { return _mm256_dpbusd_avx_epi32(sum, x, w); }
};

#include "pixels/int8_body.inl"

}  // namespace

void relight_int16_avxvnni(const Int16Frame& frame, const Span& span) { relight_int16<AvxVnni>(frame, span); }

void relight_int8_avxvnni(const Int8Frame& frame, const Span& span) { relight_int8<AvxVnni>(frame, span); }

}  // namespace fastrti

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif  // x86-64
