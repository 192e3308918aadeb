// The normals of a matt surface that answers many lights so: fit_normals of fastrti/rendering/normals.py, which explains
// and specifies it, fused and on several pixels at a time.
#pragma once

#include <cstddef>
#include <cstdint>

namespace fastrti {

constexpr int kMaxNormalLights = 64;

struct NormalFit {
  int lights;               // 1..kMaxNormalLights
  const float* directions;  // (lights, 3), unit vectors
  const float* luminance;   // (3, 256): what a byte of each channel adds to a pixel's linear luminance
  int iterations;
  float noise;    // added to the mean residual, > 0
  float nothing;  // the weight of lights that the surface turns away from, > 0
  float ridge;    // > 0, as a share of the sum of weights
};

// pictures: (lights, pixels, 3) bytes. Writes (pixels, 3) unit vectors.
void fit_normals(const NormalFit& fit, const std::uint8_t* pictures, std::size_t pixels, float* normals, int threads);

}  // namespace fastrti
