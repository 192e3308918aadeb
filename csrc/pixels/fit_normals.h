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

constexpr std::size_t kNormalBlock = 128;  // pixels, a multiple of all lanes: their luminances stay in a core's cache

// Writes the normals, (pixels, 3) unit vectors, of up to kNormalBlock pixels. `pictures` points to the bytes of the
// first one under the first light; `stride` bytes lie between the pictures.
using FitNormals = void (*)(const NormalFit& fit, const std::uint8_t* pictures, std::size_t stride, std::size_t pixels,
                            float* normals);

void fit_normals_baseline(const NormalFit& fit, const std::uint8_t* pictures, std::size_t stride, std::size_t pixels,
                          float* normals);
#if defined(__x86_64__)
void fit_normals_avx2(const NormalFit& fit, const std::uint8_t* pictures, std::size_t stride, std::size_t pixels,
                      float* normals);
void fit_normals_avx512(const NormalFit& fit, const std::uint8_t* pictures, std::size_t stride, std::size_t pixels,
                        float* normals);
#endif

// All blocks of (lights, pixels, 3) bytes. Writes (pixels, 3) unit vectors.
void fit_normals(FitNormals kernel, const NormalFit& fit, const std::uint8_t* pictures, std::size_t pixels,
                 float* normals, int threads);

}  // namespace fastrti
