#include "rounding/error_bound.h"

#include <algorithm>
#include <cmath>

#include "machine/processor.h"
#include "rounding/lanes.h"

namespace fastrti {
namespace {

// Every layer's error has 2^-32 of its sums in it, from rounding the bias; float64 loses less than a thousandth of
// that.
constexpr double kFloat64Margin = 1 + 1.0 / 1024;

// Where several boxes are bounded, a lane is a box, and colours are bounded one after the other. Where one is, a lane
// is a colour; the last lane has no colour.
static_assert(kBoxes == kLanes);

// centre +- radius of each unit or input.
struct Ranges {
  std::array<Numbers, kMaxInputs> centre, radius;
};

// What a layer does over the box of each lane.
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
      for (int lane = 0; lane < kLanes; ++lane) {
        const double low = boxes[lane]->low[k], high = boxes[lane]->high[k];
        bytes.centre[k][lane] = (low + high) / 2 - kByteCentre;
        bytes.radius[k][lane] = (high - low) / 2;
      }
    }
    for (int index = 0; index <= network.hidden; ++index) forwards(index);
  }

  // The bound of each box.
  FASTRTI_INLINE void bound_boxes(double* bounds) {
    std::fill_n(bounds, kBoxes, 0.0);
    for (int colour = 0; colour < 3; ++colour) {
      rows_.centre[colour] = Numbers{} + 1;
      Numbers error{};
      backwards(colour, colour + 1, error);
      for (int box = 0; box < kBoxes; ++box) bounds[box] = std::max(bounds[box], error[box] * kFloat64Margin);
    }
  }

  // The bound of the one box that all lanes have.
  FASTRTI_INLINE double bound_box() {
    for (int colour = 0; colour < 3; ++colour) {
      rows_.centre[colour] = Numbers{};
      rows_.centre[colour][colour] = 1;
    }
    Numbers error{};
    backwards(0, 3, error);
    return std::max({error[0], error[1], error[2]}) * kFloat64Margin;
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
      const double *weights = layer.row(i), *deltas = layer.deltas.data() + i * layer.stride();
      for (int k = 0; k < layer.inputs; ++k) {
        centre += weights[k] * ranges.inputs.centre[k];
        shift += deltas[k] * (ranges.inputs.centre[k] - layer.middle[k]);
        radius += (std::abs(weights[k]) + std::abs(deltas[k])) * ranges.inputs.radius[k];
      }
      ranges.shift[i] = shift;
      if (last) continue;
      add_size(radius, shift, Numbers{} + 1);
      for (int lane = 0; lane < kLanes; ++lane) {
        activate(index, i, lane, centre[lane] - radius[lane], centre[lane] + radius[lane]);
      }
    }
  }

  FASTRTI_INLINE void activate(int index, int i, int lane, double low, double high) {
    const Activated at_low = phi(network_.activation, low), at_high = phi(network_.activation, high);
    const double error = low > 0 ? 0 : network_.layers[index].phi_error[i];
    layers_[index].phi_error[i][lane] = error;
    layers_[index].slope_low[i][lane] = at_low.slope;
    layers_[index].slope_high[i][lane] = at_high.slope;
    layers_[index + 1].inputs.centre[i][lane] = (at_high.value + at_low.value) / 2;
    layers_[index + 1].inputs.radius[i][lane] = (at_high.value - at_low.value) / 2 + error;
  }

  // The error of what each lane's numbers in the rows [first, end) of the output layer say: of a colour, 1 in its row.
  // Errors add up with their signs where these are known: those of several rows in one input, and those at the centre
  // of the box.
  FASTRTI_INLINE void backwards(int first, int end, Numbers& error) {
    Numbers shift{};
    std::fill(rows_.radius.begin() + first, rows_.radius.begin() + end, Numbers{});
    for (int index = network_.hidden; index >= 0; --index) {
      const RoundedLayer& layer = network_.layers[index];
      const LayerRanges& ranges = layers_[index];
      if (index < network_.hidden) {
        first = 0;
        end = layer.outputs;
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
        through_column(layer.deltas.data() + k, layer.stride(), first, end, centre, radius);
        error += radius * ranges.inputs.radius[k];
        add_size(error, centre, ranges.inputs.radius[k]);
      }
      if (index == 0) break;
      const int units = network_.layers[index - 1].outputs;
      for (int k = 0; k < units; ++k) {
        through_column(layer.weights.data() + k, layer.stride(), first, end, columns_.centre[k], columns_.radius[k]);
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
  Ranges rows_, columns_;  // how much a lane's colour changes with each unit, and with each input
};

void boxes_baseline(const RoundedNetwork& network, const ByteBox* const* boxes, double* bounds) {
  Bounding(network, boxes).bound_boxes(bounds);
}

double box_baseline(const RoundedNetwork& network, const ByteBox* const* boxes) {
  return Bounding(network, boxes).bound_box();
}

#if defined(__x86_64__)
// Without FMA: the bounds are those of the baseline bit for bit, and so is what they decide.
__attribute__((target("avx2"))) void boxes_avx2(const RoundedNetwork& network, const ByteBox* const* boxes,
                                                double* bounds) {
  Bounding(network, boxes).bound_boxes(bounds);
}

__attribute__((target("avx2"))) double box_avx2(const RoundedNetwork& network, const ByteBox* const* boxes) {
  return Bounding(network, boxes).bound_box();
}
#else
constexpr auto boxes_avx2 = boxes_baseline;
constexpr auto box_avx2 = box_baseline;
#endif

const auto fastest_boxes = processor().avx2 ? boxes_avx2 : boxes_baseline;
const auto fastest_box = processor().avx2 ? box_avx2 : box_baseline;

}  // namespace

double error_bound(const RoundedNetwork& network) {
  ByteBox all;
  all.low.fill(0);
  all.high.fill(255);
  const ByteBox* boxes[kBoxes];
  std::fill_n(boxes, kBoxes, &all);
  return fastest_box(network, boxes);
}

void error_bounds(const RoundedNetwork& network, const ByteBox* const boxes[kBoxes], double bounds[kBoxes]) {
  fastest_boxes(network, boxes, bounds);
}

}  // namespace fastrti
