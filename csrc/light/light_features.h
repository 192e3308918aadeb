// Functions of the light direction: what a light network starts from. Formulas of the object format, version 1; the
// specification is fastrti/objects/decoders.
#pragma once

#include <vector>

#include "fastrti.h"

namespace fastrti {

struct Light {
  double x, y, z;  // of unit length, z >= 0
};

inline bool operator==(const Light& a, const Light& b) { return a.x == b.x && a.y == b.y && a.z == b.z; }

constexpr int kHshTerms = 16;

// The side of the square grid of `count` nodes.
int grid_resolution(int count);

class LightFeatures {
 public:
  explicit LightFeatures(const fastrti_features& features);  // checked, see description.h; copied

  int count() const { return count_; }

  // Writes count() numbers.
  void evaluate(const Light& light, double* values) const;

 private:
  void monomials(const Light& light, double* values) const;
  void gaussians(const Light& light, double* values) const;
  void grid_weights(const Light& light, double* values) const;

  int kind_;
  int count_;
  std::vector<int> exponents_;  // (count, 3)
  std::vector<double> nodes_;   // (count, 3)
  double sigma_;
};

}  // namespace fastrti
