#include "rounding/quantise_int16.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "rounding/elu_table.h"

namespace fastrti {
namespace {

constexpr double kByteStep = 1.0 / (1 << kInputBits);  // levels a step of x
constexpr double kWeightMax = 32767;
constexpr double kSumMax = 2147483647;
constexpr double kShift = 65536;  // t = sum >> 16
constexpr int kMaxOutputShift = 22;

// What a layer reads: integers that stand for `scale` times themselves.
struct Inputs {
  int count = 0;
  std::array<double, kMaxInputs> scale;
  std::array<double, kMaxInputs> low, high;  // the integers' range

  double largest(int k) const { return std::max(std::abs(low[k]), std::abs(high[k])); }
  double middle(int k) const { return (low[k] + high[k]) / 2; }
};

void append_bytes(Inputs& inputs, int planes) {
  for (int k = inputs.count; k < inputs.count + planes; ++k) {
    inputs.scale[k] = kByteStep;
    inputs.low[k] = -kByteCentre / kByteStep;
    inputs.high[k] = (255 - kByteCentre) / kByteStep;
  }
  inputs.count += planes;
}

// Copies weights into the columns from `first` on; `gain` is the unit of the outputs, and moves a centre into the bias.
void add_columns(RoundedLayer& real, const float* weights, int columns, int first, double gain, double centre) {
  for (int i = 0; i < real.outputs; ++i) {
    for (int k = 0; k < columns; ++k) {
      const double weight = gain * weights[i * columns + k];
      real.weights[i * real.inputs + first + k] += weight;
      real.bias[i] += centre * weight;
    }
  }
}

// On what the integers stand for: levels around 128 instead of bytes; colours in levels.
void fill(const FrameNetwork& network, int index, RoundedLayer& real) {
  const Layer& layer = network.layers[index];
  const bool first = index == 0, last = index == network.hidden;
  const bool skip = last && network.skip != nullptr;
  const int planes = network.layers[0].inputs;
  const double gain = last ? 255 : 1;
  real.inputs = layer.inputs + (skip && !first ? planes : 0);
  real.outputs = layer.outputs;
  std::fill_n(real.weights.begin(), real.inputs * real.outputs, 0.0);
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
double budget(const Inputs& inputs, double limit) {
  double left = limit - 1;
  for (int k = 0; k < inputs.count; ++k) left -= (inputs.largest(k) + std::abs(inputs.middle(k))) / 2;
  return left;
}

// The smallest step of row i's sum that keeps its weights within 16 bits and its terms, added in any order, within the
// budget: a sum never holds more than the bias and the terms of one sign. `half` is what rounds it, in its own unit.
double smallest_step(const Rounding& rounding, int i, double budget, double half) {
  const auto& [real, inputs, layer] = rounding;
  double positive = std::max(real.bias[i], 0.0) + half, negative = std::max(-real.bias[i], 0.0), largest = 0;
  for (int k = 0; k < inputs.count; ++k) {
    const double weight = real.row(i)[k] * inputs.scale[k];
    const double above = weight * std::max(inputs.high[k], 0.0), below = weight * std::min(inputs.low[k], 0.0);
    positive += std::max(above, below);
    negative -= std::min(above, below);
    largest = std::max(largest, std::abs(weight));
  }
  return std::max(std::max(positive, negative) / budget, largest / kWeightMax);
}

// std::nearbyint of |x| < 2^51, without a call.
double nearest(double x) { return x + 0x1.8p52 - 0x1.8p52; }

// Rounds row i to steps of its sum, and adds half of what a shift will cut off. Weights are off by a known delta: the
// bias takes that at the middle of the inputs.
void round_row(const Rounding& rounding, int i, double step, double half) {
  const auto& [real, inputs, layer] = rounding;
  const double inverse = 1 / step;
  double bias = real.bias[i];
  for (int k = 0; k < inputs.count; ++k) {
    const double weight = real.row(i)[k] * inputs.scale[k];
    const double rounded = nearest(weight * inverse);
    const double delta = rounded * step - weight;
    layer.weights[i * inputs.count + k] = static_cast<std::int16_t>(rounded);
    real.deltas[i * inputs.count + k] = delta / inputs.scale[k];
    bias -= delta * inputs.middle(k);
  }
  layer.bias[i] = static_cast<std::int32_t>(nearest(bias * inverse) + half);
  real.sum_error[i] = step / 2;
}

double phi(Activation activation, double z) {
  if (z > 0) return z;
  return activation == Activation::kRelu ? 0 : std::expm1(z);
}

// The integers behind phi of unit i.
void activate(const Rounding& rounding, int i, Activation activation, double scale, Inputs& outputs) {
  const auto& [real, inputs, layer] = rounding;
  const std::int16_t* weights = layer.weights.data() + i * inputs.count;
  double sum_low = layer.bias[i], sum_high = layer.bias[i];
  for (int k = 0; k < inputs.count; ++k) {
    const double at_low = weights[k] * inputs.low[k], at_high = weights[k] * inputs.high[k];
    sum_low += std::min(at_low, at_high);
    sum_high += std::max(at_low, at_high);
  }
  const double low = std::floor(sum_low / kShift), high = std::floor(sum_high / kShift);
  const double table_error = activation == Activation::kElu ? kEluError : 0;
  const double reach = low <= 0 ? table_error : 0;
  outputs.scale[i] = scale;
  outputs.low[i] = std::floor(phi(activation, low * scale) / scale) - reach;
  outputs.high[i] = std::ceil(phi(activation, high * scale) / scale) + reach;
  real.phi_error[i] = table_error * scale;
}

void describe_inputs(const Rounding& rounding) {
  const auto& [real, inputs, layer] = rounding;
  layer.inputs = real.inputs;
  layer.outputs = real.outputs;
  for (int k = 0; k < inputs.count; ++k) real.middle[k] = inputs.middle(k) * inputs.scale[k];
}

// Rounds a hidden layer; `outputs` is what the next one reads.
void round_hidden(const Rounding& rounding, Activation activation, double& elu_scale, Inputs& outputs) {
  const bool elu = activation == Activation::kElu;
  const double left = budget(rounding.inputs, kSumMax - kShift / 2 - (elu ? kEluError * kShift : 0));  // E[t] fits too
  std::array<double, kMaxWidth> step;
  outputs.count = rounding.real.outputs;
  for (int i = 0; i < outputs.count; ++i) {
    step[i] = std::max(smallest_step(rounding, i, left, 0), elu ? 0x1p-36 : 0x1p-900);  // a unit of zeros has any
  }
  if (elu) std::fill_n(step.begin(), outputs.count, *std::max_element(step.begin(), step.begin() + outputs.count));
  for (int i = 0; i < outputs.count; ++i) {
    round_row(rounding, i, step[i], kShift / 2);
    rounding.real.sum_error[i] += kShift / 2 * step[i];
    activate(rounding, i, activation, kShift * step[i], outputs);
  }
  elu_scale = kShift * step[0];
}

// Rounds the output layer to levels of 2^-output_shift; false where 255 y leaves 32 bits.
bool round_output(const Rounding& rounding, int& output_shift) {
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

}  // namespace

Int16Network quantise_int16(const FrameNetwork& network, RoundedNetwork& rounded) {
  Int16Network result;
  rounded.planes = result.planes = network.layers[0].inputs;
  rounded.hidden = result.hidden = network.hidden;
  rounded.activation = result.activation = network.activation;
  result.bound = std::numeric_limits<double>::infinity();
  if (network.base_colour) return result;
  Inputs inputs[kMaxHidden + 1];
  append_bytes(inputs[0], result.planes);
  for (int i = 0; i <= result.hidden; ++i) {
    const bool last = i == result.hidden;
    if (last && i > 0 && network.skip != nullptr) append_bytes(inputs[i], result.planes);
    fill(network, i, rounded.layers[i]);
    const Rounding rounding{rounded.layers[i], inputs[i], result.layers[i]};
    describe_inputs(rounding);
    if (!last) {
      round_hidden(rounding, result.activation, result.elu_scale[i], inputs[i + 1]);
    } else if (!round_output(rounding, result.output_shift)) {
      return result;
    }
  }
  result.bound = error_bound(rounded);
  return result;
}

}  // namespace fastrti
