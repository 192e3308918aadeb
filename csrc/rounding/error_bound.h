// How far the colours of a rounded frame network can be from the exact ones, over all pixels of a box: their bytes lie
// between two corners. The box of all bytes holds every pixel there can be.
//
// Forwards goes an interval for every sum, which holds the exact value and the computed one. Backwards goes an interval
// for how much a colour changes with each unit: that, times the error each unit makes by itself, adds up to the bound.
#pragma once

#include <array>
#include <cstdint>

#include "light/frame_network.h"
#include "rounding/lanes.h"

namespace fastrti {

constexpr int kMaxInputs = kMaxWidth + kMaxPlanes;  // of the output layer: a skip reads the bytes beside h
constexpr int kMaxWeights = kMaxWidth * kMaxWidth;
constexpr double kByteCentre = 128;  // layers read v - 128

// A layer of the exact network, and what rounding does to its sums z = W x + b and to phi(z).
struct RoundedLayer {
  int inputs, outputs;
  std::array<double, kMaxWeights> weights;  // (outputs, stride()), row-major, zero beyond the inputs
  std::array<double, kMaxWidth> bias;
  std::array<double, kMaxWeights> deltas;   // what the rounded weights are off by, and
  std::array<double, kMaxInputs> middle;    // the x at which the rounded bias makes up for it
  std::array<double, kMaxWidth> sum_error;  // of z, by all else
  std::array<double, kMaxWidth> phi_error;  // of phi(z) where z can be 0 or less; hidden layers

  int stride() const { return whole_lanes(inputs); }
  double* row(int i) { return weights.data() + i * stride(); }
  const double* row(int i) const { return weights.data() + i * stride(); }
};

struct RoundedNetwork {
  int planes, hidden;
  Activation activation;
  RoundedLayer layers[kMaxHidden + 1];  // a skip's weights stand beside those of the output layer
};

// Boxes are bounded so many at a time.
constexpr int kBoxes = 4;

// Bytes from low to high, both included.
struct ByteBox {
  std::array<std::uint8_t, kMaxPlanes> low, high;
};

// The largest error of a colour over all bytes, in the unit of the output layer.
double error_bound(const RoundedNetwork& network);

// The same over each of kBoxes boxes.
void error_bounds(const RoundedNetwork& network, const ByteBox* const boxes[kBoxes], double bounds[kBoxes]);

}  // namespace fastrti
