// The float32 kernel for AArch64, whose Advanced SIMD every processor has: tiles of 16 pixels.
#if defined(__aarch64__)

#include <arm_neon.h>

#include <cstring>

#include "pixels/kernel.h"

namespace fastrti {
namespace {

struct Neon {
  using Vec = float32x4_t;
  static constexpr int kLanes = 4;
  static constexpr int kVectors = 4;

  static Vec set1(float x) { return vdupq_n_f32(x); }
  static Vec load(const float* x) { return vld1q_f32(x); }
  static void store(float* x, Vec a) { vst1q_f32(x, a); }
  static Vec fma(Vec a, Vec b, Vec c) { return vfmaq_f32(c, a, b); }
  static Vec min(Vec a, Vec b) { return vminnmq_f32(a, b); }
  static Vec max(Vec a, Vec b) { return vmaxnmq_f32(a, b); }
  static Vec shifted_one(Vec n) {
    const int32x4_t shifted = vshlq_n_s32(vreinterpretq_s32_f32(n), 23);
    return vreinterpretq_f32_s32(vaddq_s32(shifted, vreinterpretq_s32_f32(set1(1.0f))));
  }

  static void load_bytes(const std::uint8_t* bytes, Vec (&x)[kVectors]) {
    const uint8x16_t all = vld1q_u8(bytes);
    const uint16x8_t low = vmovl_u8(vget_low_u8(all)), high = vmovl_u8(vget_high_u8(all));
    x[0] = vcvtq_f32_u32(vmovl_u16(vget_low_u16(low)));
    x[1] = vcvtq_f32_u32(vmovl_u16(vget_high_u16(low)));
    x[2] = vcvtq_f32_u32(vmovl_u16(vget_low_u16(high)));
    x[3] = vcvtq_f32_u32(vmovl_u16(vget_high_u16(high)));
  }

  static void store_pixels(const Vec (&y)[3][kVectors], std::uint8_t* out) {
    const uint8x16x3_t rgb = {{bytes_of(y[0]), bytes_of(y[1]), bytes_of(y[2])}};
    vst3q_u8(out, rgb);  // a macro in clang, which would take the commas of a list for its own
  }
  static void store_pixels(const Vec (&y)[4][kVectors], std::uint8_t* out) {
    const uint8x16x4_t rgba = {{bytes_of(y[0]), bytes_of(y[1]), bytes_of(y[2]), bytes_of(y[3])}};
    vst4q_u8(out, rgba);
  }

 private:
  static uint8x16_t bytes_of(const Vec (&y)[kVectors]) { return vcombine_u8(narrow(y[0], y[1]), narrow(y[2], y[3])); }
  static uint8x8_t narrow(Vec a, Vec b) {
    return vmovn_u16(vcombine_u16(vmovn_u32(vcvtq_u32_f32(a)), vmovn_u32(vcvtq_u32_f32(b))));
  }
};

#include "pixels/fp32_body.inl"

}  // namespace

void relight_fp32_neon(const Fp32Frame& frame, const Span& span) { relight_fp32<Neon>(frame, span); }

}  // namespace fastrti

#endif  // AArch64
