// A region of a picture, drawn by several threads: byte = floor(255 clamp(y, 0, 1) + 0.5) of the frame network's y.
#pragma once

#include <cstddef>
#include <cstdint>

#include "frame.h"
#include "labels.h"

namespace fastrti {

constexpr int kMaxThreads = 1024;

// The region of a picture to draw. Pixels of a row are contiguous everywhere.
struct Picture {
  std::size_t height, width;    // of the region, pixels
  const std::uint8_t* planes;   // the region's first pixel in plane 0
  std::ptrdiff_t plane_stride;  // bytes from a pixel to the same pixel of the next plane
  std::ptrdiff_t row_stride;    // bytes from a row to the next, of planes and mask
  const std::uint8_t* mask;     // the region's first pixel, 0 or 1 each: pixels of 0 become black; null: no mask
  std::uint8_t* out;            // `channels` bytes per pixel; nothing outside the region's pixels is written
  std::ptrdiff_t out_stride;    // bytes from an output row to the next; may be negative
  int channels = 3;             // 3: RGB; 4: RGBA, alpha 0 where the mask is 0, else 255
  const LabelMap* labels = nullptr;  // of the whole picture, whose rows stand row_stride apart; null: one expert
  std::size_t first = 0;             // the number of the region's first pixel in the whole picture
};

// Draws the region by the frames of all labels, or of the only expert, with `threads` threads (1..kMaxThreads), this one
// included. Safe to call from several threads at once. In float32 the bytes depend on the ISA, by at most one level; in
// integers not. They never depend on the number of threads or on how regions are cut.
void relight(const Frames& frames, const Picture& picture, int threads);

}  // namespace fastrti
