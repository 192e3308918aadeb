#include "dispatch.h"

#include "kernel.h"

namespace fastrti {
namespace {

bool always() { return true; }

#if defined(__x86_64__)
// The builtins also ask the operating system whether it saves the wide registers.
bool has_avx512() {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("fma");
}

bool has_avx2() { return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma"); }
#endif

// Fastest first.
constexpr Isa kCompiled[] = {
#if defined(__x86_64__)
    {"avx512", has_avx512, relight_avx512},
    {"avx2", has_avx2, relight_avx2},
#elif defined(__aarch64__)
    {"neon", always, relight_neon},  // Advanced SIMD is part of AArch64
#endif
    {"baseline", always, relight_baseline},
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
