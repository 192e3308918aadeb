// Networks in the order the kernels read them.
#pragma once

#include <cstdint>
#include <vector>

#include "light/frame_network.h"
#include "pixels/kernel.h"
#include "rounding/quantise_int16.h"
#include "rounding/quantise_int8.h"

namespace fastrti {

struct PackedFp32 {
  Fp32Frame frame{};  // points into numbers
  std::vector<float> numbers;
};

struct PackedInt16 {
  Int16Frame frame{};  // points into numbers
  std::vector<std::int32_t> numbers;
};

struct PackedInt8 {
  Int8Frame frame{};  // points into numbers
  std::vector<std::int32_t> numbers;
};

PackedFp32 pack_fp32(const FrameNetwork& network);
PackedInt16 pack_int16(const Int16Network& network);
PackedInt8 pack_int8(const Int8Network& network);

}  // namespace fastrti
