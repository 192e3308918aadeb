#include "rounding/error_bound.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace fastrti {
namespace {

// Every layer's error has 2^-32 of its sums in it, from rounding the bias; float64 loses less than a thousandth of
// that.
constexpr double kFloat64Margin = 1 + 1.0 / 1024;

// How much a colour changes with each unit: centre +- radius over all inputs.
struct Influence {
  std::array<double, kMaxInputs> centre, radius;

  double reach(int i) const { return std::abs(centre[i]) + radius[i]; }
};

// From h = phi(z) to z: the hull of the products with the slopes of phi, which are not negative.
void through_phi(const LayerErrors& errors, int units, Influence& influence) {
  for (int i = 0; i < units; ++i) {
    const double low = influence.centre[i] - influence.radius[i], high = influence.centre[i] + influence.radius[i];
    const double z_low = low * (low < 0 ? errors.slope_high[i] : errors.slope_low[i]);
    const double z_high = high * (high > 0 ? errors.slope_high[i] : errors.slope_low[i]);
    influence.centre[i] = (z_high + z_low) / 2;
    influence.radius[i] = (z_high - z_low) / 2;
  }
}

// From the rows of a matrix to its columns.
void through_matrix(const double* matrix, int outputs, int inputs, const Influence& rows, Influence& columns) {
  double* __restrict centre = columns.centre.data();
  double* __restrict radius = columns.radius.data();
  std::fill_n(centre, inputs, 0.0);
  std::fill_n(radius, inputs, 0.0);
  for (int i = 0; i < outputs; ++i, matrix += inputs) {
    const double row_centre = rows.centre[i], row_radius = rows.radius[i];
    if (row_centre == 0 && row_radius == 0) continue;  // a dead unit, another colour
    for (int k = 0; k < inputs; ++k) {
      centre[k] += row_centre * matrix[k];
      radius[k] += row_radius * std::abs(matrix[k]);
    }
  }
}

double reached(const Influence& influence, const double* errors, int count) {
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += influence.reach(i) * errors[i];
  return sum;
}

// Errors of several rows in one input add up with their signs: that is what through_matrix does with `weight`.
double colour_error(const RealLayer* layers, const LayerErrors* errors, int hidden, int colour) {
  Influence buffers[2];
  Influence *rows = &buffers[0], *columns = &buffers[1];
  std::fill_n(rows->centre.begin(), 3, 0.0);
  std::fill_n(rows->radius.begin(), 3, 0.0);
  rows->centre[colour] = 1;
  double error = 0;
  for (int index = hidden; index >= 0; --index) {
    const RealLayer& layer = layers[index];
    const LayerErrors& own = errors[index];
    if (index < hidden) {
      error += reached(*rows, own.activation.data(), layer.outputs);
      through_phi(own, layer.outputs, *rows);
    }
    error += reached(*rows, own.sum.data(), layer.outputs);
    through_matrix(own.weight.data(), layer.outputs, layer.inputs, *rows, *columns);
    error += reached(*columns, own.radius.data(), layer.inputs);
    if (index == 0) break;
    through_matrix(layer.weights.data(), layer.outputs, layer.inputs, *rows, *columns);
    std::swap(rows, columns);
  }
  return error;
}

}  // namespace

double error_bound(const RealLayer* layers, const LayerErrors* errors, int hidden) {
  double worst = 0;
  for (int colour = 0; colour < 3; ++colour) worst = std::max(worst, colour_error(layers, errors, hidden, colour));
  return worst * kFloat64Margin;
}

}  // namespace fastrti
