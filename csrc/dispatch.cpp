#include "dispatch.h"

#include "machine/processor.h"
#include "pixels/kernel.h"

namespace fastrti {
namespace {

bool always() { return true; }

#if defined(__x86_64__)
bool has_avx512() { return processor().avx512 && processor().fma; }

bool has_avx512_vnni() { return processor().avx512_vnni && processor().fma; }

bool has_avx_vnni() { return processor().avx_vnni && processor().fma; }

bool has_avx2() { return processor().avx2 && processor().fma; }
#elif defined(__aarch64__)
bool has_i8mm() { return processor().i8mm; }
#endif

// Fastest first. AVX-512 without VNNI multiplies as many integers at a time as floats: its integers are those of AVX2.
constexpr Isa kCompiled[] = {
#if defined(__x86_64__)
    {"avx512vnni", has_avx512_vnni, true, true, true, relight_fp32_avx512, relight_int16_avx512, relight_int8_avx512,
     fit_normals_avx512},
    {"avx512", has_avx512, false, false, false, relight_fp32_avx512, relight_int16_avx2, relight_int8_avx2,
     fit_normals_avx512},
    {"avxvnni", has_avx_vnni, true, true, true, relight_fp32_avx2, relight_int16_avxvnni, relight_int8_avxvnni,
     fit_normals_avx2},
    {"avxvnni-evex", has_avx512_vnni, true, true, true, relight_fp32_avx2, relight_int16_avxvnni_evex,
     relight_int8_avxvnni_evex, fit_normals_avx2},
    {"avx2", has_avx2, true, true, true, relight_fp32_avx2, relight_int16_avx2, relight_int8_avx2, fit_normals_avx2},
#elif defined(__aarch64__)
    {"neon-i8mm", has_i8mm, false, false, true, relight_fp32_neon, relight_int16_neon, relight_int8_neon_i8mm,
     fit_normals_baseline},
    {"neon", always, false, false, false, relight_fp32_neon, relight_int16_neon, relight_int8_neon,
     fit_normals_baseline},  // Advanced SIMD is part of AArch64
#endif
    {"baseline", always, false, false, false, relight_fp32_baseline, relight_int16_baseline, relight_int8_baseline,
     fit_normals_baseline},
};

std::vector<Isa> detect() {
  std::vector<Isa> isas;
  for (const Isa& isa : kCompiled) {
    if (isa.available()) isas.push_back(isa);
  }
  return isas;
}

}  // namespace

const std::vector<Isa>& available_isas() {
  static const std::vector<Isa> isas = detect();
  return isas;
}

}  // namespace fastrti
