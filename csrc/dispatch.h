// The instruction sets the kernel was compiled for, and those this machine runs.
#pragma once

#include <vector>

namespace fastrti {

struct Frame;
struct Span;

struct Isa {
  const char* name;                                            // "avx512", "avx2", "neon", "baseline"
  bool (*available)();                                         // does this machine run it?
  void (*relight_span)(const Frame& frame, const Span& span);  // the kernel, see kernel.h
};

// Those this machine runs, fastest first. The last one is always "baseline".
const std::vector<Isa>& available_isas();

}  // namespace fastrti
