// The arithmetics a frame can be drawn in.
#pragma once

namespace fastrti {

enum class Precision { kAuto, kFp32, kInt16, kInt8 };

}  // namespace fastrti
