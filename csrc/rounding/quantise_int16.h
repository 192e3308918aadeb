// A frame network in 16-bit integers, with a proven bound on how far its pictures can be from the exact ones.
//
//     x = (v - 128) 2^kInputBits                 the bytes of a pixel, as 16-bit integers
//     t = (bias + sum w h) >> 16                 a hidden layer: 16-bit products, 32-bit sums
//     h = max(t, 0), or t > 0 ? t : E[t]         ReLU, or ELU by a table E[t] ~ (exp(t s) - 1) / s, s = elu_scale
//     byte = clamp((bias + sum w [h, x]) >> output_shift, 0, 255)
//
// Every sum, in whatever order it is added, stays within 32 bits for every byte a plane can hold: the scales are chosen
// for that, so the pictures are the same bit for bit on every ISA.
#pragma once

#include <array>
#include <cstdint>

#include "light/frame_network.h"
#include "rounding/error_bound.h"

namespace fastrti {

// 8 would leave the first layer's weights 13 bits of the 32 a sum has; the skip's, and those of 48 planes, fewer.
constexpr int kInputBits = 7;

struct Int16Layer {
  int inputs, outputs;
  std::array<std::int16_t, kMaxWeights> weights;  // (outputs, inputs), row-major
  std::array<std::int32_t, kMaxWidth> bias;       // (outputs), with what rounds the shift that follows
};

struct Int16Network {
  int planes;  // K
  int hidden;  // hidden layers, 0..kMaxHidden
  Activation activation;
  Int16Layer layers[kMaxHidden + 1];  // behind hidden layers, a skip reads x after h in the output layer
  double elu_scale[kMaxHidden];       // ELU: one step of t is so much of the exact network's W h + b
  int output_shift;
  double bound;  // levels: the sum of the output layer / 2^output_shift, less what rounds it, is this close to 255 y
                 // for all bytes
};

// Pictures are within one level where the bound is below 1. It is infinite, and the weights are not to be used, where
// integers cannot draw the network: it multiplies by base colours, or 255 y itself leaves 32 bits. Elsewhere `rounded`
// receives what bounds over some of the bytes are computed from.
Int16Network quantise_int16(const FrameNetwork& network, RoundedNetwork& rounded);

}  // namespace fastrti
