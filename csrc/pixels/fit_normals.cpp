#include "pixels/fit_normals.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "machine/thread_pool.h"

// Nothing follows from the last bits of a normal: where the processor multiplies and adds at once, it may.
#if defined(__clang__)
#pragma clang fp contract(fast)
#else
#pragma GCC optimize("fp-contract=fast")
#endif

#define FASTRTI_ALWAYS_INLINE inline __attribute__((always_inline))

namespace fastrti {
namespace {

template <int Lanes>
struct Vector {
  typedef float Type __attribute__((vector_size(4 * Lanes)));
};

template <class Vec>
FASTRTI_ALWAYS_INLINE void load(const float* numbers, Vec& x) {
  std::memcpy(&x, numbers, sizeof x);
}

template <class Vec>
FASTRTI_ALWAYS_INLINE void raise(Vec& x, const Vec& least) {
  x = x > least ? x : least;
}

// The weighted normal equations of a pixel in each lane.
template <class Vec>
struct Moments {
  Vec weight{}, xx{}, xy{}, xz{}, yy{}, yz{}, zz{}, x{}, y{}, z{};

  FASTRTI_ALWAYS_INLINE void add(const float* light, const Vec& weights, const Vec& luminance) {
    const Vec wx = weights * light[0], wy = weights * light[1], wz = weights * light[2];
    weight += weights;
    xx += wx * light[0], xy += wx * light[1], xz += wx * light[2];
    yy += wy * light[1], yz += wy * light[2], zz += wz * light[2];
    x += wx * luminance, y += wy * luminance, z += wz * luminance;
  }

  // By L D L^T; the ridge bounds every pivot from below.
  FASTRTI_ALWAYS_INLINE void solve(float ridge, Vec (&g)[3]) const {
    const Vec least = weight * ridge;
    const Vec d0 = xx + least;
    const Vec l1 = xy / d0, l2 = xz / d0;
    Vec d1 = yy + least - l1 * xy;
    raise(d1, least);
    const Vec c = yz - l2 * xy, l3 = c / d1;
    Vec d2 = zz + least - l2 * xz - l3 * c;
    raise(d2, least);
    const Vec b1 = y - l1 * x, b2 = z - l2 * x - l3 * b1;
    g[2] = b2 / d2;
    g[1] = b1 / d1 - l3 * g[2];
    g[0] = x / d0 - l1 * g[1] - l2 * g[2];
  }
};

// luminances: (lights, kNormalBlock), from the first lane's pixel on.
template <class Vec>
FASTRTI_ALWAYS_INLINE void fit_lanes(const NormalFit& fit, const float* luminances, Vec (&g)[3]) {
  Vec weights[kMaxNormalLights], residuals[kMaxNormalLights];  // a residual below 0: the surface turns away
  const Vec zero{}, one = zero + 1.0f;
  Moments<Vec> start;
  for (int l = 0; l < fit.lights; ++l) {
    Vec luminance;
    load(luminances + l * kNormalBlock, luminance);
    weights[l] = one;
    start.add(fit.directions + 3 * l, one, luminance);
  }
  start.solve(fit.ridge, g);
  for (int iteration = 0; iteration < fit.iterations; ++iteration) {
    Vec weighted = zero, weight = zero;
    for (int l = 0; l < fit.lights; ++l) {
      const float* light = fit.directions + 3 * l;
      Vec luminance;
      load(luminances + l * kNormalBlock, luminance);
      const Vec answer = g[0] * light[0] + g[1] * light[1] + g[2] * light[2];
      const Vec difference = luminance - answer;
      const Vec residual = difference < zero ? -difference : difference;
      weighted += weights[l] * residual;
      weight += weights[l];
      residuals[l] = answer > zero ? residual : zero - one;
    }
    const Vec inverse_scale = one / (weighted / weight + fit.noise);
    Moments<Vec> moments;
    for (int l = 0; l < fit.lights; ++l) {
      Vec luminance;
      load(luminances + l * kNormalBlock, luminance);
      const Vec ratio = residuals[l] * inverse_scale;
      const Vec trusted = one / (one + ratio * ratio);
      weights[l] = residuals[l] < zero ? zero + fit.nothing : trusted;
      moments.add(fit.directions + 3 * l, weights[l], luminance);
    }
    moments.solve(fit.ridge, g);
  }
}

// A vector of any length that does not look away from the camera, made a unit; towards the camera where there is none.
void write_unit(float x, float y, float z, float* normal) {
  z = std::max(z, 0.0f);
  const float length = std::sqrt(x * x + y * y + z * z);
  const bool any = length > 1e-6f;
  normal[0] = any ? x / length : 0;
  normal[1] = any ? y / length : 0;
  normal[2] = any ? z / length : 1;
}

// pixels: up to kNormalBlock of them; `pictures` points to the first one, `stride` bytes lie between pictures.
template <int Lanes>
FASTRTI_ALWAYS_INLINE void fit_block(const NormalFit& fit, const std::uint8_t* pictures, std::size_t stride,
                                     std::size_t pixels, float* normals) {
  float luminances[kMaxNormalLights * kNormalBlock];
  const float *const red = fit.luminance, *const green = red + 256, *const blue = green + 256;
  for (int l = 0; l < fit.lights; ++l) {
    const std::uint8_t* __restrict bytes = pictures + l * stride;
    float* __restrict row = luminances + l * kNormalBlock;
    for (std::size_t i = 0; i < pixels; ++i) {
      row[i] = red[bytes[3 * i]] + green[bytes[3 * i + 1]] + blue[bytes[3 * i + 2]];
    }
    std::fill(row + pixels, row + (pixels + Lanes - 1) / Lanes * Lanes, 0.0f);
  }
  for (std::size_t first = 0; first < pixels; first += Lanes) {
    typename Vector<Lanes>::Type g[3];
    fit_lanes(fit, luminances + first, g);
    for (std::size_t i = first; i < std::min(first + Lanes, pixels); ++i) {
      write_unit(g[0][i - first], g[1][i - first], g[2][i - first], normals + 3 * i);
    }
  }
}

}  // namespace

void fit_normals_baseline(const NormalFit& fit, const std::uint8_t* pictures, std::size_t stride, std::size_t pixels,
                          float* normals) {
  fit_block<4>(fit, pictures, stride, pixels, normals);
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) void fit_normals_avx2(const NormalFit& fit, const std::uint8_t* pictures,
                                                          std::size_t stride, std::size_t pixels, float* normals) {
  fit_block<8>(fit, pictures, stride, pixels, normals);
}

__attribute__((target("avx512f,fma"))) void fit_normals_avx512(const NormalFit& fit, const std::uint8_t* pictures,
                                                               std::size_t stride, std::size_t pixels, float* normals) {
  fit_block<16>(fit, pictures, stride, pixels, normals);
}
#endif

void fit_normals(FitNormals kernel, const NormalFit& fit, const std::uint8_t* pictures, std::size_t pixels,
                 float* normals, int threads) {
  ThreadPool::shared().run((pixels + kNormalBlock - 1) / kNormalBlock, threads, [&](std::size_t block) {
    const std::size_t first = block * kNormalBlock;
    kernel(fit, pictures + 3 * first, 3 * pixels, std::min(kNormalBlock, pixels - first), normals + 3 * first);
  });
}

}  // namespace fastrti
