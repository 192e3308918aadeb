// The int16 and int8 kernels for x86-64 with AVX2: tiles of 16 pixels.
#if defined(__x86_64__)

#include <cstring>

#include "pixels/kernel.h"
#include "pixels/pixel_shuffle.h"
#include "pixels/x86_intrinsics.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("avx2")
#endif

namespace fastrti {
namespace {

#include "pixels/avx2_vectors.inl"
#include "pixels/int8_body.inl"

}  // namespace

void relight_int16_avx2(const Int16Frame& frame, const Span& span) { relight_int16<Avx2>(frame, span); }

void relight_int8_avx2(const Int8Frame& frame, const Span& span) { relight_int8<Avx2>(frame, span); }

}  // namespace fastrti

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif  // x86-64
