// The instruction sets the kernel was compiled for, and those this machine runs.
#pragma once

#include <vector>

namespace fastrti {

struct Frame;
struct Int8Frame;
struct IntegerFrame;
struct Span;

struct Isa {
  const char* name;        // "avx512vnni", "avx512", "avx2", "neon", "baseline"
  bool (*available)();     // does this machine run it?
  bool fast_integer_relu;  // are networks of this activation faster in 16-bit integers than in float32?
  bool fast_integer_elu;
  bool fast_int8;                                              // are 8-bit integers faster than both?
  void (*relight_span)(const Frame& frame, const Span& span);  // the kernels, see kernel.h
  void (*relight_integers)(const IntegerFrame& frame, const Span& span);
  void (*relight_int8)(const Int8Frame& frame, const Span& span);
};

// Those this machine runs, fastest first. The last one is always "baseline".
const std::vector<Isa>& available_isas();

}  // namespace fastrti
