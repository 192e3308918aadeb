// A network in bytes in the order the kernels read it.
#pragma once

#include <cstdint>
#include <vector>

#include "pixels/kernel.h"
#include "rounding/quantise_int8.h"

namespace fastrti {

struct PackedInt8 {
  Int8Frame frame{};  // points into numbers
  std::vector<std::int32_t> numbers;
};

PackedInt8 pack_int8(const Int8Network& network);

}  // namespace fastrti
