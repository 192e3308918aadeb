// The CPU renderer without Python: a frame network drawn at every pixel of a region.
//
//     h0 = v;  hi = phi(Wi h(i-1) + bi);  y = Wn h + bn [+ S v] [* base];  byte = floor(255 clamp(y, 0, 1) + 0.5)
//
// v are the stored bytes of a pixel: dequantisation and light are folded into the weights by the caller.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fastrti {

constexpr int kMaxPlanes = 48;
constexpr int kMaxWidth = 64;
constexpr int kMaxHidden = 2;
constexpr int kMaxThreads = 1024;

enum class Activation { kRelu, kElu };  // phi of the hidden layers; ELU with alpha = 1

struct Layer {
  int inputs;            // of layer 1: K, the number of planes; then the outputs of the layer before
  int outputs;           // 1..kMaxWidth; 3 of the last layer
  const float* weights;  // (outputs, inputs), row-major, finite
  const float* bias;     // (outputs), finite
};

struct Network {
  int hidden;                    // hidden layers, 0..kMaxHidden; layers[hidden] is the output layer
  Layer layers[kMaxHidden + 1];  // the first `hidden` + 1 are used
  Activation activation;
  const float* skip;  // (3, K) row-major, added to the output as S v; null: none
  bool base;          // multiply the output by the bytes / 255 of planes 0..2; needs K >= 3
};

// The region of a picture to draw. Pixels of a row are contiguous everywhere.
struct Picture {
  std::size_t height, width;    // of the region, pixels
  const std::uint8_t* planes;   // the region's first pixel in plane 0
  std::ptrdiff_t plane_stride;  // bytes from a pixel to the same pixel of the next plane
  std::ptrdiff_t row_stride;    // bytes from a row to the next, of planes and mask
  const std::uint8_t* mask;     // the region's first pixel, 0 or 1 each: pixels of 0 become black; null: no mask
  std::uint8_t* out;            // `channels` bytes a pixel; nothing outside the region's pixels is written
  std::ptrdiff_t out_stride;    // bytes from an output row to the next; may be negative
  int channels = 3;             // 3: RGB; 4: RGBA, alpha 0 where the mask is 0, else 255
};

class PreparedFrame;  // see frame.h

// Draws the region with `threads` threads (1..kMaxThreads), this one included. Safe to call from several threads at
// once. In float32 the bytes depend on the ISA, by at most one level; in integers not. They never depend on the number
// of threads or on how regions are cut.
void relight(const PreparedFrame& frame, const Picture& picture, int threads);

}  // namespace fastrti
