// The int8 kernel for AArch64 with the extension I8MM, which multiplies bytes by signed bytes and adds up four products.
#if defined(__aarch64__)

#include <arm_neon.h>

#include <cstring>

#include "pixels/kernel.h"

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("i8mm"))), apply_to = function)
#else
#pragma GCC push_options
#pragma GCC target("arch=armv8.2-a+i8mm")
#endif

namespace fastrti {
namespace {

#include "pixels/neon_vectors.inl"

struct NeonI8mm : Neon {
  static Vec dot_quads(Vec sum, Vec x, Vec w) {
    return vusdotq_s32(sum, vreinterpretq_u8_s32(x), vreinterpretq_s8_s32(w));
  }
};

#include "pixels/int8_body.inl"

}  // namespace

void relight_int8_neon_i8mm(const Int8Frame& frame, const Span& span) { relight_int8<NeonI8mm>(frame, span); }

}  // namespace fastrti

#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif

#endif  // AArch64
