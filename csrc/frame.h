// What one light costs before the pixels: the arithmetic is chosen and the network packed for the kernels.
#pragma once

#include <cstdint>
#include <vector>

#include "dispatch.h"
#include "light/frame_network.h"
#include "pixels/kernel.h"
#include "pixels/pack_int8.h"
#include "rounding/quantise_int16.h"

namespace fastrti {

// The arithmetics a frame can be drawn in.
enum class Precision { kAuto, kFp32, kInt16, kInt8 };

// A network ready to be drawn on one instruction set. It owns its numbers: `network` may go.
class PreparedFrame {
 public:
  // kAuto takes int8 for an object fitted to it, and int16 where it promises less than one level of error, where they
  // are faster on this ISA; else fp32; so without hidden layers, where memory is the limit. Throws
  // std::invalid_argument where the precision wanted cannot draw the network.
  PreparedFrame(const FrameNetwork& network, const Isa& isa, Precision wanted, bool fitted_to_int8 = false);

  PreparedFrame(PreparedFrame&&) = default;
  PreparedFrame& operator=(PreparedFrame&&) = default;

  Precision precision() const { return precision_; }

  // Levels that int16 promises never to exceed; infinite where it cannot draw the network, or was not considered.
  double bound() const { return bound_; }

  int planes() const { return planes_; }

  // No hidden layer, drawn in fp32.
  bool linear() const { return precision_ == Precision::kFp32 && fp32_frame_.hidden == 0; }

  void draw(const Span& span) const;

 private:
  void try_int16(const FrameNetwork& network, double tolerance);
  void pack_fp32(const FrameNetwork& network);
  void pack_int16(const Int16Network& network);
  PackedInt16Layer pack_columns(const Int16Layer& layer, int first, int end, int rows);

  const Isa* isa_;
  Precision precision_;
  double bound_;
  int planes_;
  PackedInt8 int8_;
  Fp32Frame fp32_frame_{};    // points into floats_
  Int16Frame int16_frame_{};  // points into integers_
  std::vector<float> floats_;
  std::vector<std::int32_t> integers_;
};

}  // namespace fastrti
