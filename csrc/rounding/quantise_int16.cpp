#include "rounding/quantise_int16.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "machine/processor.h"
#include "rounding/elu_table.h"
#include "rounding/lanes.h"

namespace fastrti {
namespace {

constexpr double kByteStep = 1.0 / (1 << kInputBits);  // levels a step of x
constexpr double kWeightMax = 32767;
constexpr double kSumMax = 2147483647;
constexpr double kShift = 65536;  // t = sum >> 16
constexpr int kMaxOutputShift = 22;

// What a layer reads: integers that stand for `scale` times themselves. Arrays are zero up to whole lanes.
struct Inputs {
  int count = 0;
  std::array<double, kMaxInputs> scale, inverse_scale;
  std::array<double, kMaxInputs> low, high, middle;  // of the integers

  FASTRTI_INLINE void append(double a_scale, double lowest, double highest) {
    scale[count] = a_scale;
    inverse_scale[count] = 1 / a_scale;
    low[count] = lowest;
    high[count] = highest;
    middle[count] = (lowest + highest) / 2;
    ++count;
  }

  FASTRTI_INLINE void append_bytes(int planes) {
    for (int k = 0; k < planes; ++k) append(kByteStep, -kByteCentre / kByteStep, (255 - kByteCentre) / kByteStep);
  }

  FASTRTI_INLINE void fill_lanes() {
    for (int k = count; k < whole_lanes(count); ++k) scale[k] = inverse_scale[k] = low[k] = high[k] = middle[k] = 0;
  }
};

// Copies weights into the columns from `first` on; `gain` is the unit of the outputs, and moves a centre into the bias.
FASTRTI_INLINE void add_columns(RoundedLayer& real, const float* weights, int columns, int first, double gain,
                                double centre) {
  for (int i = 0; i < real.outputs; ++i, weights += columns) {
    double* const row = real.row(i) + first;
    for (int k = 0; k < columns; ++k) row[k] += gain * weights[k];
    if (centre == 0) continue;
    for (int k = 0; k < columns; ++k) real.bias[i] += centre * (gain * weights[k]);
  }
}

// On what the integers stand for: levels around 128 instead of bytes; colours in levels.
FASTRTI_INLINE void fill(const FrameNetwork& network, int index, RoundedLayer& real) {
  const Layer& layer = network.layers[index];
  const bool first = index == 0, last = index == network.hidden;
  const bool skip = last && network.skip != nullptr;
  const int planes = network.layers[0].inputs;
  const double gain = last ? 255 : 1;
  real.inputs = layer.inputs + (skip && !first ? planes : 0);
  real.outputs = layer.outputs;
  std::fill_n(real.weights.begin(), real.stride() * real.outputs, 0.0);
  for (int i = 0; i < layer.outputs; ++i) real.bias[i] = gain * layer.bias[i];
  add_columns(real, layer.weights, layer.inputs, 0, gain, first ? kByteCentre : 0);
  if (skip) add_columns(real, network.skip, planes, real.inputs - planes, gain, kByteCentre);
}

// A layer to round, what it reads, and where the results go.
struct Rounding {
  RoundedLayer& real;
  const Inputs& inputs;
  Int16Layer& layer;
};

// What the integers of a sum leave to its terms: a rounded weight is up to half a step off, and moves the bias by that
// times its input's middle.
FASTRTI_INLINE double budget(const Inputs& inputs, double limit) {
  double left = limit - 1;
  for (int k = 0; k < inputs.count; ++k) {
    left -= (std::max(std::abs(inputs.low[k]), std::abs(inputs.high[k])) + std::abs(inputs.middle[k])) / 2;
  }
  return left;
}

// The smallest step of row i's sum that keeps its weights within 16 bits and its terms, added in any order, within the
// budget: a sum never holds more than the bias and the terms of one sign. `half` is what rounds it, in its own unit.
FASTRTI_INLINE double smallest_step(const Rounding& rounding, int i, double budget, double half) {
  const auto& [real, inputs, layer] = rounding;
  Numbers positive{}, negative{}, largest{};
  for (int k = 0; k < real.stride(); k += kLanes) {
    const Numbers weight = numbers_at(real.row(i) + k).value * numbers_at(&inputs.scale[k]).value;
    const Numbers low = numbers_at(&inputs.low[k]).value, high = numbers_at(&inputs.high[k]).value;
    const Numbers below = weight * (low < 0 ? low : 0), above = weight * (high > 0 ? high : 0);
    const Numbers size = weight < 0 ? -weight : weight;
    positive += above > below ? above : below;
    negative -= above < below ? above : below;
    largest = size > largest ? size : largest;
  }
  const double bias = std::abs(real.bias[i]);
  const double sum = half + std::max(sum_of(positive) + (real.bias[i] > 0 ? bias : 0),
                                     sum_of(negative) + (real.bias[i] < 0 ? bias : 0));
  return std::max(sum / budget, std::max({largest[0], largest[1], largest[2], largest[3]}) / kWeightMax);
}

// Added to |x| < 2^51 and taken away again, it leaves the nearest integer.
constexpr double kNearest = 0x1.8p52;

// What a sum of integers can be.
struct SumRange {
  double low, high;
};

// Rounds row i to steps of its sum, and adds half of what a shift will cut off. Weights are off by a known delta: the
// bias takes that at the middle of the inputs.
FASTRTI_INLINE SumRange round_row(const Rounding& rounding, int i, double step, double half) {
  const auto& [real, inputs, layer] = rounding;
  const double inverse = 1 / step;
  std::int16_t* const weights = layer.weights.data() + i * inputs.count;
  double* const deltas = real.deltas.data() + i * real.stride();
  Numbers moved{}, low{}, high{};
  for (int k = 0; k < real.stride(); k += kLanes) {
    const Numbers weight = numbers_at(real.row(i) + k).value * numbers_at(&inputs.scale[k]).value;
    const Numbers rounded = weight * inverse + kNearest - kNearest;
    const Numbers delta = rounded * step - weight;
    const Numbers at_low = rounded * numbers_at(&inputs.low[k]).value;
    const Numbers at_high = rounded * numbers_at(&inputs.high[k]).value;
    numbers_at(deltas + k).value = delta * numbers_at(&inputs.inverse_scale[k]).value;
    moved += delta * numbers_at(&inputs.middle[k]).value;
    low += at_low < at_high ? at_low : at_high;
    high += at_low > at_high ? at_low : at_high;
    for (int lane = 0; lane < std::min(kLanes, inputs.count - k); ++lane) {
      weights[k + lane] = static_cast<std::int16_t>(rounded[lane]);
    }
  }
  const double bias = (real.bias[i] - sum_of(moved)) * inverse + kNearest - kNearest + half;
  layer.bias[i] = static_cast<std::int32_t>(bias);
  real.sum_error[i] = step / 2;
  return {bias + sum_of(low), bias + sum_of(high)};
}

FASTRTI_INLINE double phi(Activation activation, double z) {
  if (z > 0) return z;
  return activation == Activation::kRelu ? 0 : std::expm1(z);
}

// Appends the integers behind phi of unit i.
FASTRTI_INLINE void activate(RoundedLayer& real, int i, const SumRange& sum, Activation activation, double scale,
                             Inputs& outputs) {
  const double low = std::floor(sum.low / kShift), high = std::floor(sum.high / kShift);
  const double table_error = activation == Activation::kElu ? kEluError : 0;
  const double reach = low <= 0 ? table_error : 0;
  outputs.append(scale, std::floor(phi(activation, low * scale) / scale) - reach,
                 std::ceil(phi(activation, high * scale) / scale) + reach);
  real.phi_error[i] = table_error * scale;
}

FASTRTI_INLINE void describe_inputs(const Rounding& rounding) {
  const auto& [real, inputs, layer] = rounding;
  layer.inputs = real.inputs;
  layer.outputs = real.outputs;
  for (int k = 0; k < inputs.count; ++k) real.middle[k] = inputs.middle[k] * inputs.scale[k];
}

// Rounds a hidden layer; `outputs` is what the next one reads.
FASTRTI_INLINE void round_hidden(const Rounding& rounding, Activation activation, double& elu_scale, Inputs& outputs) {
  const bool elu = activation == Activation::kElu;
  const double left = budget(rounding.inputs, kSumMax - kShift / 2 - (elu ? kEluError * kShift : 0));  // E[t] fits too
  const int count = rounding.real.outputs;
  std::array<double, kMaxWidth> step;
  for (int i = 0; i < count; ++i) {
    step[i] = std::max(smallest_step(rounding, i, left, 0), elu ? 0x1p-36 : 0x1p-900);  // a unit of zeros has any
  }
  if (elu) std::fill_n(step.begin(), count, *std::max_element(step.begin(), step.begin() + count));
  for (int i = 0; i < count; ++i) {
    const SumRange sum = round_row(rounding, i, step[i], kShift / 2);
    rounding.real.sum_error[i] += kShift / 2 * step[i];
    activate(rounding.real, i, sum, activation, kShift * step[i], outputs);
  }
  elu_scale = kShift * step[0];
}

// Rounds the output layer to levels of 2^-output_shift; false where 255 y leaves 32 bits.
FASTRTI_INLINE bool round_output(const Rounding& rounding, int& output_shift) {
  const double left = budget(rounding.inputs, kSumMax);
  double step = std::ldexp(1.0, -kMaxOutputShift);
  for (int i = 0; i < rounding.real.outputs; ++i) step = std::max(step, smallest_step(rounding, i, left, 0.5));
  int exponent;
  if (std::frexp(step, &exponent) == 0.5) --exponent;  // step <= 2^exponent
  if (exponent > 0) return false;
  output_shift = -exponent;
  const double half = std::floor(std::ldexp(0.5, output_shift));
  for (int i = 0; i < rounding.real.outputs; ++i) round_row(rounding, i, std::ldexp(1.0, exponent), half);
  return true;
}

// All but the bound of `result`; false where integers cannot draw the network.
FASTRTI_INLINE bool quantise(const FrameNetwork& network, RoundedNetwork& rounded, Int16Network& result) {
  rounded.planes = result.planes = network.layers[0].inputs;
  rounded.hidden = result.hidden = network.hidden;
  rounded.activation = result.activation = network.activation;
  if (network.base_colour) return false;
  Inputs inputs[kMaxHidden + 1];
  inputs[0].append_bytes(result.planes);
  for (int i = 0; i <= result.hidden; ++i) {
    const bool last = i == result.hidden;
    if (last && i > 0 && network.skip != nullptr) inputs[i].append_bytes(result.planes);
    inputs[i].fill_lanes();
    fill(network, i, rounded.layers[i]);
    const Rounding rounding{rounded.layers[i], inputs[i], result.layers[i]};
    describe_inputs(rounding);
    if (last) return round_output(rounding, result.output_shift);
    round_hidden(rounding, result.activation, result.elu_scale[i], inputs[i + 1]);
  }
  return false;
}

bool quantise_baseline(const FrameNetwork& network, RoundedNetwork& rounded, Int16Network& result) {
  return quantise(network, rounded, result);
}

#if defined(__x86_64__)
// Without FMA: the integers are those of the baseline.
__attribute__((target("avx2"))) bool quantise_avx2(const FrameNetwork& network, RoundedNetwork& rounded,
                                                   Int16Network& result) {
  return quantise(network, rounded, result);
}
#else
constexpr auto quantise_avx2 = quantise_baseline;
#endif

const auto fastest_quantise = processor().avx2 ? quantise_avx2 : quantise_baseline;

}  // namespace

Int16Network quantise_int16(const FrameNetwork& network, RoundedNetwork& rounded) {
  Int16Network result;
  const bool possible = fastest_quantise(network, rounded, result);
  result.bound = possible ? error_bound(rounded) : std::numeric_limits<double>::infinity();
  return result;
}

}  // namespace fastrti
