// The light network: a light direction to the frame network of that light, in double precision.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "fastrti.h"
#include "light/frame_network.h"
#include "light/light_features.h"

namespace fastrti {

// A frame network and the numbers it points to.
struct OwnedFrameNetwork {
  OwnedFrameNetwork() = default;
  OwnedFrameNetwork(OwnedFrameNetwork&&) = default;
  OwnedFrameNetwork& operator=(OwnedFrameNetwork&&) = default;

  FrameNetwork network{};
  std::vector<float> numbers;  // W1, b1, ..., Wn, bn, [S], as the light network emits them
};

constexpr double kMaxWeight = 1e9;  // so that no sum of a kernel overflows

// A number of a frame network: rounded to float; beyond the limit, where only a damaged decoder goes, clipped to it.
inline float to_weight(double number) { return static_cast<float>(std::clamp(number, -kMaxWeight, kMaxWeight)); }

// How many numbers W1, b1, ..., Wn, bn, [S] are, of sizes that passed the check.
std::size_t frame_size(const fastrti_description& description);

// One layer of doubles, y = W x + b. Its weights stay floats, in panels that a vector unit reads from end to end.
class LightLayer {
 public:
  explicit LightLayer(const fastrti_layer& layer);

  int padded_outputs() const { return static_cast<int>(bias_.size()); }

  // Writes padded_outputs() numbers, those beyond the layer's outputs zero.
  void apply(const double* x, double* y) const;

 private:
  int inputs_;
  std::vector<float> weights_;  // of each panel: the panel's weights of input 0, then of input 1, ...
  std::vector<float> bias_;
};

// Immutable: any number of threads may evaluate one.
class LightNetwork {
 public:
  explicit LightNetwork(const fastrti_description& description);  // checked, see description.h; copied

  // The network of a light on the raw bytes of the planes: what fastrti.Relightable.frame_network computes.
  OwnedFrameNetwork at(const Light& light) const { return folded(numbers(light)); }

  // The numbers of the frame network of a light, in units of z.
  std::vector<float> numbers(const Light& light) const;

  // The frame network of such numbers, on the raw bytes of the planes.
  OwnedFrameNetwork folded(std::vector<float> numbers) const;

 private:
  std::vector<double> emitted(const Light& light) const;

  FrameNetwork shape_{};  // its pointers are null
  bool skip_;
  std::size_t size_;                     // how many numbers a frame network has
  std::vector<double> minimum_, scale_;  // z = v scale + minimum
  LightFeatures features_;
  std::vector<LightLayer> layers_;
};

}  // namespace fastrti
