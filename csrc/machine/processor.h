// What this processor runs.
#pragma once

namespace fastrti {

// Instructions that the processor has and whose registers the operating system saves. All false on other processors
// than x86-64.
struct Processor {
  bool avx2 = false;
  bool fma = false;
  bool avx512 = false;  // F, BW, DQ and VL
  bool avx512_vnni = false;
  bool avx_vnni = false;
};

const Processor& processor();

}  // namespace fastrti
