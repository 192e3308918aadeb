#include "frame.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace fastrti {
namespace {

constexpr double kTolerance = 1;  // levels: where int16 promises less, kAuto trusts it

[[noreturn]] void reject_int16() {
  throw std::invalid_argument(
      "expected a network that 16-bit integers can draw, got a base colour or sums beyond 32 bits: ask for precision "
      "'fp32' or 'auto'");
}

[[noreturn]] void reject_int8() {
  throw std::invalid_argument(
      "expected a network that 8-bit integers can draw, got ELU or a base colour: ask for another precision or 'auto'");
}

}  // namespace

PreparedFrame::PreparedFrame(const FrameNetwork& network, const Isa& isa, Precision wanted, bool fitted_to_int8,
                             const Boxes& boxes)
    : isa_(&isa),
      precision_(Precision::kFp32),
      bound_(std::numeric_limits<double>::infinity()) {
  const bool fast = network.activation == Activation::kElu ? isa.fast_int16_elu : isa.fast_int16_relu;
  const bool int8_pays = fitted_to_int8 && isa.fast_int8 && fits_int8(network) && network.hidden > 0;
  if (wanted == Precision::kInt8 || (wanted == Precision::kAuto && int8_pays)) {
    if (!fits_int8(network)) reject_int8();
    precision_ = Precision::kInt8;
    int8_ = pack_int8(quantise_int8(network));
  } else if (wanted == Precision::kInt16) {
    try_int16(network, nullptr);
    if (precision_ != wanted) reject_int16();
  } else if (wanted == Precision::kAuto && fast && network.hidden > 0) {
    try_int16(network, &boxes);
  }
  if (precision_ == Precision::kFp32) fp32_ = pack_fp32(network);
}

// Where boxes are given it is for the bound to decide, over the pixels there are if not over all there can be.
void PreparedFrame::try_int16(const FrameNetwork& network, const Boxes* boxes) {
  RoundedNetwork rounded;
  const Int16Network integers = quantise_int16(network, rounded);
  bound_ = integers.bound;
  if (std::isinf(bound_)) return;
  if (boxes != nullptr && bound_ >= kTolerance) {
    bound_ = std::min(bound_, (*boxes)().bound(rounded, kTolerance));
    if (bound_ >= kTolerance) return;
  }
  precision_ = Precision::kInt16;
  int16_ = pack_int16(integers);
}

void PreparedFrame::draw(const Span& span) const {
  if (precision_ == Precision::kInt8) {
    isa_->relight_int8(int8_.frame, span);
  } else if (precision_ == Precision::kInt16) {
    isa_->relight_int16(int16_.frame, span);
  } else {
    isa_->relight_fp32(fp32_.frame, span);
  }
}

}  // namespace fastrti
