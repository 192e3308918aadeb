#include "machine/processor.h"

#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__) && defined(__linux__)
#include <sys/auxv.h>
#elif defined(__aarch64__) && defined(__APPLE__)
#include <sys/sysctl.h>

#include <cstddef>
#endif

namespace fastrti {
namespace {

#if defined(__x86_64__)
bool bit(unsigned bits, int place) { return (bits >> place & 1) != 0; }

// The registers that the operating system saves when it changes threads (XCR0).
unsigned saved_registers() {
  unsigned low, high;
  __asm__("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return low;
}

// Not __builtin_cpu_supports: it reads a table of the compiler's runtime library, which clang-cl does not link and
// which is all zeros in Zig's.
Processor detect() {
  constexpr unsigned kAvxRegisters = 0x06, kAvx512Registers = 0xe6;
  Processor found;
  unsigned eax, ebx, ecx, edx;
  if (__get_cpuid(1, &eax, &ebx, &ecx, &edx) == 0 || !bit(ecx, 27)) return found;  // 27: xgetbv is allowed
  const bool fma = bit(ecx, 12);
  const unsigned saved = saved_registers();
  if ((saved & kAvxRegisters) != kAvxRegisters || __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) == 0) return found;
  found.fma = fma;
  found.avx2 = bit(ebx, 5);
  const bool foundation = bit(ebx, 16), words = bit(ebx, 30), quadwords = bit(ebx, 17), lengths = bit(ebx, 31);
  found.avx512 = (saved & kAvx512Registers) == kAvx512Registers && foundation && words && quadwords && lengths;
  found.avx512_vnni = found.avx512 && bit(ecx, 11);
  if (eax >= 1 && __get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) != 0) found.avx_vnni = found.avx2 && bit(eax, 4);
  return found;
}
#elif defined(__aarch64__) && defined(__linux__)
Processor detect() {
  constexpr unsigned long kI8mm = 1ul << 13;  // HWCAP2_I8MM of Linux's asm/hwcap.h, which older headers lack
  Processor found;
  found.i8mm = (getauxval(AT_HWCAP2) & kI8mm) != 0;
  return found;
}
#elif defined(__aarch64__) && defined(__APPLE__)
Processor detect() {
  int has = 0;
  std::size_t size = sizeof has;
  Processor found;
  found.i8mm = sysctlbyname("hw.optional.arm.FEAT_I8MM", &has, &size, nullptr, 0) == 0 && has != 0;
  return found;
}
#else
Processor detect() { return {}; }
#endif

}  // namespace

const Processor& processor() {
  static const Processor found = detect();
  return found;
}

}  // namespace fastrti
