// How far the colours of a rounded frame network can be from the exact ones, over all inputs it can read.
//
// Forwards, rounding has found an interval for every sum and the error each layer makes by itself. Backwards goes an
// interval for how much a colour changes with each unit: that, times the unit's own error, adds up to the bound.
#pragma once

#include <array>

#include "light/frame_network.h"

namespace fastrti {

constexpr int kMaxInputs = kMaxWidth + kMaxPlanes;  // of the output layer: a skip reads the bytes beside h
constexpr int kMaxWeights = kMaxWidth * kMaxWidth;

// A layer of the exact network.
struct RealLayer {
  int inputs, outputs;
  std::array<double, kMaxWeights> weights;  // (outputs, inputs), row-major
  std::array<double, kMaxWidth> bias;

  const double* row(int i) const { return weights.data() + i * inputs; }
};

// What rounding a layer does to its sums z = W h + b and to h = phi(z).
struct LayerErrors {
  std::array<double, kMaxWeights> weight;               // of z, for each step of an input off the middle of its range
  std::array<double, kMaxInputs> radius;                // half the range of the inputs, steps
  std::array<double, kMaxWidth> sum;                    // of z, by all else
  std::array<double, kMaxWidth> activation;             // of phi(z); hidden layers
  std::array<double, kMaxWidth> slope_low, slope_high;  // of phi from the exact z to the computed one; hidden layers
};

// The largest error of a colour, in the unit of the output layer; layers[hidden] is that one.
double error_bound(const RealLayer* layers, const LayerErrors* errors, int hidden);

}  // namespace fastrti
