#include "rounding/error_bound.h"

#include <algorithm>
#include <cmath>

#include "machine/processor.h"

#define FASTRTI_INLINE inline __attribute__((always_inline))  // into the functions of an instruction set

namespace fastrti {
namespace {

// Every layer's error has 2^-32 of its sums in it, from rounding the bias; float64 loses less than a thousandth of
// that.
constexpr double kFloat64Margin = 1 + 1.0 / 1024;

// A number for each box.
typedef double Numbers __attribute__((vector_size(8 * kBoxes)));

FASTRTI_INLINE void add_size(Numbers& sum, const Numbers& x, const Numbers& factor) {
  sum += (x < 0 ? -x : x) * factor;
}

// centre +- radius of each unit or input.
struct Ranges {
  std::array<Numbers, kMaxInputs> centre, radius;
};

// What a layer does over each box.
struct LayerRanges {
  Ranges inputs;                         // exact and computed
  std::array<Numbers, kMaxWidth> shift;  // of the sums, by the deltas at the centre of the inputs
  std::array<Numbers, kMaxWidth> phi_error, slope_low, slope_high;  // of phi, from the exact sum to the computed one
};

// Of phi, at z.
struct Activated {
  double value, slope;
};

FASTRTI_INLINE Activated phi(Activation activation, double z) {
  if (z > 0) return {z, 1};
  if (activation == Activation::kRelu) return {0, 0};
  const double value = std::expm1(z);
  return {value, value + 1};
}

class Bounding {
 public:
  FASTRTI_INLINE Bounding(const RoundedNetwork& network, const ByteBox* const* boxes) : network_(network) {
    Ranges& bytes = layers_[0].inputs;
    for (int k = 0; k < network.planes; ++k) {
      for (int box = 0; box < kBoxes; ++box) {
        const double low = boxes[box]->low[k], high = boxes[box]->high[k];
        bytes.centre[k][box] = (low + high) / 2 - kByteCentre;
        bytes.radius[k][box] = (high - low) / 2;
      }
    }
    for (int index = 0; index <= network.hidden; ++index) forwards(index);
  }

  FASTRTI_INLINE void bound(double* bounds) {
    std::fill_n(bounds, kBoxes, 0.0);
    for (int colour = 0; colour < 3; ++colour) {
      Numbers error{};
      add_colour(colour, error);
      for (int box = 0; box < kBoxes; ++box) bounds[box] = std::max(bounds[box], error[box] * kFloat64Margin);
    }
  }

 private:
  // From the inputs of a layer to those of the next one.
  FASTRTI_INLINE void forwards(int index) {
    const RoundedLayer& layer = network_.layers[index];
    LayerRanges& ranges = layers_[index];
    const bool last = index == network_.hidden;
    const int units = index == 0 ? layer.inputs : network_.layers[index - 1].outputs;
    for (int k = units; k < layer.inputs; ++k) {  // a skip
      ranges.inputs.centre[k] = layers_[0].inputs.centre[k - units];
      ranges.inputs.radius[k] = layers_[0].inputs.radius[k - units];
    }
    for (int i = 0; i < layer.outputs; ++i) {
      Numbers centre = Numbers{} + layer.bias[i], radius = Numbers{} + layer.sum_error[i], shift{};
      const double *weights = layer.row(i), *deltas = layer.deltas.data() + i * layer.inputs;
      for (int k = 0; k < layer.inputs; ++k) {
        centre += weights[k] * ranges.inputs.centre[k];
        shift += deltas[k] * (ranges.inputs.centre[k] - layer.middle[k]);
        radius += (std::abs(weights[k]) + std::abs(deltas[k])) * ranges.inputs.radius[k];
      }
      ranges.shift[i] = shift;
      if (last) continue;
      add_size(radius, shift, Numbers{} + 1);
      for (int box = 0; box < kBoxes; ++box) {
        activate(index, i, box, centre[box] - radius[box], centre[box] + radius[box]);
      }
    }
  }

  FASTRTI_INLINE void activate(int index, int i, int box, double low, double high) {
    const Activated at_low = phi(network_.activation, low), at_high = phi(network_.activation, high);
    const double error = low > 0 ? 0 : network_.layers[index].phi_error[i];
    layers_[index].phi_error[i][box] = error;
    layers_[index].slope_low[i][box] = at_low.slope;
    layers_[index].slope_high[i][box] = at_high.slope;
    layers_[index + 1].inputs.centre[i][box] = (at_high.value + at_low.value) / 2;
    layers_[index + 1].inputs.radius[i][box] = (at_high.value - at_low.value) / 2 + error;
  }

  // Errors add up with their signs where these are known: those of several rows in one input, and those at the centre
  // of the box.
  FASTRTI_INLINE void add_colour(int colour, Numbers& error) {
    Numbers shift{};
    for (int index = network_.hidden; index >= 0; --index) {
      const RoundedLayer& layer = network_.layers[index];
      const LayerRanges& ranges = layers_[index];
      const bool last = index == network_.hidden;
      const int first = last ? colour : 0, end = last ? colour + 1 : layer.outputs;
      if (last) {
        rows_.centre[colour] = Numbers{} + 1;
        rows_.radius[colour] = Numbers{};
      } else {
        through_phi(ranges, layer.outputs, error);
      }
      for (int i = first; i < end; ++i) {
        shift += rows_.centre[i] * ranges.shift[i];
        add_size(error, ranges.shift[i], rows_.radius[i]);
        error += rows_.radius[i] * layer.sum_error[i];
        add_size(error, rows_.centre[i], Numbers{} + layer.sum_error[i]);
      }
      for (int k = 0; k < layer.inputs; ++k) {
        Numbers centre, radius;
        through_column(layer.deltas.data() + k, layer.inputs, first, end, centre, radius);
        error += radius * ranges.inputs.radius[k];
        add_size(error, centre, ranges.inputs.radius[k]);
      }
      if (index == 0) break;
      const int units = network_.layers[index - 1].outputs;
      for (int k = 0; k < units; ++k) {
        through_column(layer.weights.data() + k, layer.inputs, first, end, columns_.centre[k], columns_.radius[k]);
      }
      std::copy_n(columns_.centre.begin(), units, rows_.centre.begin());
      std::copy_n(columns_.radius.begin(), units, rows_.radius.begin());
    }
    add_size(error, shift, Numbers{} + 1);
  }

  // From h = phi(z) to z: the hull of the products with the slopes of phi, which are not negative.
  FASTRTI_INLINE void through_phi(const LayerRanges& ranges, int units, Numbers& error) {
    for (int i = 0; i < units; ++i) {
      error += rows_.radius[i] * ranges.phi_error[i];
      add_size(error, rows_.centre[i], ranges.phi_error[i]);
      const Numbers low = rows_.centre[i] - rows_.radius[i], high = rows_.centre[i] + rows_.radius[i];
      const Numbers z_low = low * (low < 0 ? ranges.slope_high[i] : ranges.slope_low[i]);
      const Numbers z_high = high * (high > 0 ? ranges.slope_high[i] : ranges.slope_low[i]);
      rows_.centre[i] = (z_high + z_low) / 2;
      rows_.radius[i] = (z_high - z_low) / 2;
    }
  }

  // From the rows [first, end) of a matrix to the input whose column starts at `column`.
  FASTRTI_INLINE void through_column(const double* column, int stride, int first, int end, Numbers& centre,
                                     Numbers& radius) {
    Numbers centres{}, radii{};
    for (int i = first; i < end; ++i) {
      const double weight = column[i * stride];
      centres += rows_.centre[i] * weight;
      radii += rows_.radius[i] * std::abs(weight);
    }
    centre = centres;
    radius = radii;
  }

  const RoundedNetwork& network_;
  LayerRanges layers_[kMaxHidden + 1];
  Ranges rows_, columns_;  // how much a colour changes with each unit, and with each input
};

void bound_baseline(const RoundedNetwork& network, const ByteBox* const* boxes, double* bounds) {
  Bounding(network, boxes).bound(bounds);
}

#if defined(__x86_64__)
// Without FMA: the bounds are those of the baseline bit for bit, and so is what they decide.
__attribute__((target("avx2"))) void bound_avx2(const RoundedNetwork& network, const ByteBox* const* boxes,
                                                double* bounds) {
  Bounding(network, boxes).bound(bounds);
}
#else
constexpr auto bound_avx2 = bound_baseline;
#endif

const auto fastest_bound = processor().avx2 ? bound_avx2 : bound_baseline;

}  // namespace

double error_bound(const RoundedNetwork& network) {
  ByteBox all;
  all.low.fill(0);
  all.high.fill(255);
  const ByteBox* boxes[kBoxes];
  std::fill_n(boxes, kBoxes, &all);
  double bounds[kBoxes];
  error_bounds(network, boxes, bounds);
  return bounds[0];
}

void error_bounds(const RoundedNetwork& network, const ByteBox* const boxes[kBoxes], double bounds[kBoxes]) {
  fastest_bound(network, boxes, bounds);
}

}  // namespace fastrti
