// What this processor runs.
#pragma once

namespace fastrti {

// Instructions that the processor has and whose registers the operating system saves.
struct Processor {
  bool avx2 = false;
  bool fma = false;
  bool avx512 = false;  // F, BW, DQ and VL
  bool avx512_vnni = false;
  bool avx_vnni = false;
  bool i8mm = false;  // of AArch64, and asked for on Linux and macOS alone
};

const Processor& processor();

}  // namespace fastrti
