// The frame network: what a light makes of an object, evaluated at every pixel.
//
//     h0 = v;  hi = phi(Wi h(i-1) + bi);  y = Wn h + bn [+ S v] [* base colour]
//
// v are the stored bytes of a pixel: dequantisation and light are folded into the weights.
#pragma once

namespace fastrti {

constexpr int kMaxPlanes = 48;
constexpr int kMaxWidth = 64;
constexpr int kMaxHidden = 2;

enum class Activation { kRelu, kElu };  // phi of the hidden layers; ELU with alpha = 1

struct Layer {
  int inputs;            // of layer 1: K, the number of planes; then the outputs of the layer before
  int outputs;           // 1..kMaxWidth; 3 of the last layer
  const float* weights;  // (outputs, inputs), row-major, finite
  const float* bias;     // (outputs), finite
};

struct FrameNetwork {
  int hidden;                    // hidden layers, 0..kMaxHidden; layers[hidden] is the output layer
  Layer layers[kMaxHidden + 1];  // the first `hidden` + 1 are used
  Activation activation;
  const float* skip;  // (3, K) row-major, added to the output as S v; null: none
  bool base_colour;   // multiply the output by the bytes / 255 of planes 0..2; needs K >= 3
};

}  // namespace fastrti
