// What one light costs before the pixels: the arithmetic is chosen and the network packed for the kernels.
#pragma once

#include <functional>
#include <vector>

#include "dispatch.h"
#include "light/frame_network.h"
#include "pixels/kernel.h"
#include "pixels/pack.h"
#include "rounding/pixel_boxes.h"

namespace fastrti {

// The arithmetics a frame can be drawn in.
enum class Precision { kAuto, kFp32, kInt16, kInt8 };

// Makes the boxes of an object's pixels where they are wanted.
using Boxes = std::function<const PixelBoxes&()>;

// A network ready to be drawn on one instruction set. It owns its numbers: `network` may go.
class PreparedFrame {
 public:
  // kAuto takes int8 for an object fitted to it, and int16 where it promises less than one level of error, where they
  // are faster on this ISA; else fp32; so without hidden layers, where memory is the limit. Where int16 does not
  // promise it for all bytes, kAuto asks for the boxes of the object's pixels. Throws std::invalid_argument where the
  // precision wanted cannot draw the network.
  PreparedFrame(const FrameNetwork& network, const Isa& isa, Precision wanted, bool fitted_to_int8, const Boxes& boxes);

  PreparedFrame(PreparedFrame&&) = default;
  PreparedFrame& operator=(PreparedFrame&&) = default;

  Precision precision() const { return precision_; }

  // Levels that int16 promises never to exceed; infinite where it cannot draw the network, or was not considered.
  double bound() const { return bound_; }

  // No hidden layer, drawn in fp32.
  bool linear() const { return precision_ == Precision::kFp32 && fp32_.frame.hidden == 0; }

  void draw(const Span& span) const;

 private:
  void try_int16(const FrameNetwork& network, const Boxes* boxes);

  const Isa* isa_;
  Precision precision_;
  double bound_;
  PackedFp32 fp32_;  // of these the one of precision_ is filled
  PackedInt16 int16_;
  PackedInt8 int8_;
};

// The frames of one light, one for each label.
using Frames = std::vector<PreparedFrame>;

}  // namespace fastrti
