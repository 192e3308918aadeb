// The instruction sets the kernel was compiled for, and those this machine runs.
#pragma once

#include <vector>

#include "pixels/fit_normals.h"

namespace fastrti {

struct Fp32Frame;
struct Int8Frame;
struct Int16Frame;
struct Span;

struct Isa {
  const char* name;      // "avx512vnni", "avx512", "avxvnni", "avxvnni-evex", "avx2", "neon-i8mm", "neon", "baseline"
  bool (*available)();   // does this machine run it?
  bool fast_int16_relu;  // are networks of this activation faster in 16-bit integers than in float32?
  bool fast_int16_elu;
  bool fast_int8;                                                  // are 8-bit integers faster than both?
  void (*relight_fp32)(const Fp32Frame& frame, const Span& span);  // the kernels, see pixels/kernel.h
  void (*relight_int16)(const Int16Frame& frame, const Span& span);
  void (*relight_int8)(const Int8Frame& frame, const Span& span);
  FitNormals fit_normals;
};

// Those this machine runs, fastest first. The last one is always "baseline".
const std::vector<Isa>& available_isas();

}  // namespace fastrti
