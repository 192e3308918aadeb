// The int16 and int8 kernels for AArch64: tiles of 16 pixels.
#if defined(__aarch64__)

#include <arm_neon.h>

#include <cstring>

#include "pixels/kernel.h"

namespace fastrti {
namespace {

#include "pixels/neon_vectors.inl"
#include "pixels/int8_body.inl"

}  // namespace

void relight_int16_neon(const Int16Frame& frame, const Span& span) { relight_int16<Neon>(frame, span); }

void relight_int8_neon(const Int8Frame& frame, const Span& span) { relight_int8<Neon>(frame, span); }

}  // namespace fastrti

#endif  // AArch64
