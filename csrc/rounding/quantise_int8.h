// A frame network in bytes. No bound proves its pictures near the exact ones: it is for objects fitted to it.
//
//     h = clamp((bias + sum w x) >> shift, 0, 255)           a hidden layer: bytes x, signed bytes w, 32-bit sums
//     byte = clamp((bias + 128 sum w h + sum (128 high + low) v) >> output_shift, 0, 255)      the output layer
//
// v are the bytes of a pixel; x are v, or h of the layer before. The weights on v of the output layer have two bytes:
// a skip spans most of a picture's contrast. Every row has its own scale, from interval bounds over all v, so that no
// hidden unit is ever cut off at 255 and nothing need be stored with the object.
//
// By construction no sum leaves 32 bits, no hidden unit's shifted sum 16, and no two neighbouring products (inputs 2j
// and 2j + 1) add up to more than 16 bits, which vpmaddubsw needs: pictures are the same bit for bit on every ISA.
#pragma once

#include <array>
#include <cstdint>

#include "light/frame_network.h"

namespace fastrti {

struct Int8Layer {
  int inputs, outputs;
  std::array<std::int8_t, kMaxWidth * kMaxWidth> weights;  // (outputs, inputs), row-major
  std::array<std::int32_t, kMaxWidth> bias;                // (outputs), with what rounds the shift
  std::array<std::int32_t, kMaxWidth> shift;               // (outputs), 0..31; of hidden layers
};

struct Int8Network {
  int planes;                        // K
  int hidden;                        // hidden layers, 0..kMaxHidden
  Int8Layer layers[kMaxHidden + 1];  // the output layer's weights are those on h: none without hidden layers
  int output_shift;                  // 0..23
  bool output_reads_bytes;           // whether the output layer has weights on v:
  std::array<std::int8_t, 3 * kMaxPlanes> high, low;  // (3, K), row-major
};

// Whether bytes can draw the network: its hidden layers are ReLU and it has no base colours.
bool fits_int8(const FrameNetwork& network);

// A network that fits, in bytes.
Int8Network quantise_int8(const FrameNetwork& network);

}  // namespace fastrti
