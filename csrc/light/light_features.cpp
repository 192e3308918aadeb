#include "light/light_features.h"

#include <algorithm>
#include <cmath>

namespace fastrti {
namespace {

constexpr double kPi = 3.14159265358979323846;

// Hemispherical harmonics (Gautron et al. 2004) as polynomials of a = q cos phi, b = q sin phi and t = cos theta, with
// q = sqrt(t - t t): the form of fastrti/objects/light_terms.py.
void hsh_terms(const Light& light, double (&terms)[kHshTerms]) {
  const double t = std::min(light.z, 1.0), across = std::hypot(light.x, light.y);
  const double stretch = std::sqrt(t - t * t) / (across > 0 ? across : 1);
  const double a = light.x * stretch, b = light.y * stretch;
  const double cos2 = a * a - b * b, sin2 = 2 * a * b;
  const double up = 2 * t - 1, ring = 1 - 5 * t + 5 * t * t;
  terms[0] = std::sqrt(1 / (2 * kPi));
  terms[1] = std::sqrt(6 / kPi) * a;
  terms[2] = std::sqrt(3 / (2 * kPi)) * up;
  terms[3] = std::sqrt(6 / kPi) * b;
  terms[4] = std::sqrt(30 / kPi) * cos2;
  terms[5] = std::sqrt(30 / kPi) * a * up;
  terms[6] = std::sqrt(5 / (2 * kPi)) * (1 - 6 * t + 6 * t * t);
  terms[7] = std::sqrt(30 / kPi) * b * up;
  terms[8] = std::sqrt(30 / kPi) * sin2;
  terms[9] = std::sqrt(140 / kPi) * (a * a * a - 3 * a * b * b);
  terms[10] = std::sqrt(210 / kPi) * cos2 * up;
  terms[11] = std::sqrt(84 / kPi) * a * ring;
  terms[12] = std::sqrt(7 / (2 * kPi)) * (-1 + 12 * t - 30 * t * t + 20 * t * t * t);
  terms[13] = std::sqrt(84 / kPi) * b * ring;
  terms[14] = std::sqrt(210 / kPi) * sin2 * up;
  terms[15] = std::sqrt(140 / kPi) * (3 * a * a * b - b * b * b);
}

}  // namespace

int grid_resolution(int count) { return static_cast<int>(std::lround(std::sqrt(count))); }

LightFeatures::LightFeatures(const fastrti_features& features)
    : kind_(features.kind), count_(features.count), sigma_(features.sigma) {
  if (kind_ == FASTRTI_MONOMIALS) exponents_.assign(features.exponents, features.exponents + 3 * count_);
  if (kind_ == FASTRTI_RBF) nodes_.assign(features.nodes, features.nodes + 3 * count_);
}

void LightFeatures::evaluate(const Light& light, double* values) const {
  switch (kind_) {
    case FASTRTI_MONOMIALS:
      return monomials(light, values);
    case FASTRTI_HSH: {
      double terms[kHshTerms];
      hsh_terms(light, terms);
      std::copy_n(terms, count_, values);
      return;
    }
    case FASTRTI_RBF:
      return gaussians(light, values);
    case FASTRTI_BILINEAR:
      return grid_weights(light, values);
  }
}

void LightFeatures::monomials(const Light& light, double* values) const {
  double powers[3][FASTRTI_MAX_EXPONENT + 1];
  const double axes[3] = {light.x, light.y, light.z};
  for (int axis = 0; axis < 3; ++axis) {
    powers[axis][0] = 1;
    for (int e = 1; e <= FASTRTI_MAX_EXPONENT; ++e) powers[axis][e] = powers[axis][e - 1] * axes[axis];
  }
  const int* e = exponents_.data();
  for (int i = 0; i < count_; ++i, e += 3) values[i] = powers[0][e[0]] * powers[1][e[1]] * powers[2][e[2]];
}

void LightFeatures::gaussians(const Light& light, double* values) const {
  double largest = -HUGE_VAL, sum = 0;
  for (int i = 0; i < count_; ++i) {
    const double* node = nodes_.data() + 3 * i;
    const double x = node[0] - light.x, y = node[1] - light.y, z = node[2] - light.z;
    values[i] = -(x * x + y * y + z * z) / (sigma_ * sigma_);
    largest = std::max(largest, values[i]);
  }
  for (int i = 0; i < count_; ++i) {
    values[i] = std::exp(values[i] - largest);  // the shift keeps far lights finite
    sum += values[i];
  }
  for (int i = 0; i < count_; ++i) values[i] /= sum;
}

// Bilinear weights of the four nodes around the light on the octahedral map of the hemisphere onto the square.
void LightFeatures::grid_weights(const Light& light, double* values) const {
  const int resolution = grid_resolution(count_);
  const double norm = std::abs(light.x) + std::abs(light.y) + std::abs(light.z);
  const double column = ((light.x + light.y) / norm * 0.5 + 0.5) * (resolution - 1);
  const double row = ((light.y - light.x) / norm * 0.5 + 0.5) * (resolution - 1);
  const int left = std::clamp(static_cast<int>(column), 0, resolution - 2);
  const int below = std::clamp(static_cast<int>(row), 0, resolution - 2);
  const double dx = column - left, dy = row - below;
  std::fill_n(values, count_, 0.0);
  double* node = values + below * resolution + left;
  node[0] = (1 - dy) * (1 - dx);
  node[1] = (1 - dy) * dx;
  node[resolution] = dy * (1 - dx);
  node[resolution + 1] = dy * dx;
}

}  // namespace fastrti
