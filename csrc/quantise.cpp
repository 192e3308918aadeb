#include "quantise.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "elu_table.h"

namespace fastrti {
namespace {

constexpr double kByteCentre = 128;
constexpr double kByteStep = 1.0 / (1 << kInputBits);  // levels a step of x
constexpr double kWeightMax = 32767;
constexpr double kSumMax = 2147483647;
constexpr double kShift = 65536;  // t = sum >> 16
constexpr int kMaxOutputShift = 22;
// Rounding the biases alone puts 2^-32 of the largest sums into the bound; float64 loses less than a thousandth of
// that.
constexpr double kFloat64Margin = 1 + 1.0 / 1024;

// A layer of the exact network on the inputs of the integers: levels around 128 instead of bytes, colours in levels.
struct RealLayer {
  int inputs, outputs;
  std::array<double, kMaxWeights> weights;
  std::array<double, kMaxWidth> bias;

  const double* row(int i) const { return weights.data() + i * inputs; }
};

// What a layer reads: integers that stand for `scale` times themselves.
struct Inputs {
  int count = 0;
  std::array<double, kMaxInputs> scale;
  std::array<double, kMaxInputs> low, high;              // the integers' range
  std::array<double, kMaxInputs> exact_low, exact_high;  // the range of what they stand for in the exact network

  double largest(int k) const { return std::max(std::abs(low[k]), std::abs(high[k])); }
  double middle(int k) const { return (low[k] + high[k]) / 2; }
  double radius(int k) const { return (high[k] - low[k]) / 2; }
};

// What a layer's roundings do: rows of its sums, columns of what it reads.
struct Errors {
  std::array<double, kMaxWeights> weight;               // rounded minus exact, a step of what the column reads
  std::array<double, kMaxWidth> sum;                    // of a sum apart from its weights
  std::array<double, kMaxWidth> table;                  // of phi
  std::array<double, kMaxWidth> slope_low, slope_high;  // of phi between the exact sum and the computed one
};

void append_bytes(Inputs& inputs, int planes) {
  for (int k = inputs.count; k < inputs.count + planes; ++k) {
    inputs.scale[k] = kByteStep;
    inputs.low[k] = -kByteCentre / kByteStep;
    inputs.high[k] = (255 - kByteCentre) / kByteStep;
    inputs.exact_low[k] = -kByteCentre;
    inputs.exact_high[k] = 255 - kByteCentre;
  }
  inputs.count += planes;
}

// Copies weights into the columns from `first` on; `gain` is the unit of the outputs, and moves a centre into the bias.
void add_columns(RealLayer& real, const float* weights, int columns, int first, double gain, double centre) {
  for (int i = 0; i < real.outputs; ++i) {
    for (int k = 0; k < columns; ++k) {
      const double weight = gain * weights[i * columns + k];
      real.weights[i * real.inputs + first + k] += weight;
      real.bias[i] += centre * weight;
    }
  }
}

void fill(const Network& network, int index, RealLayer& real) {
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

// What the integers of a sum leave to its terms: a rounded weight is up to half a step off, and moves the bias by that
// times its input's middle.
double budget(const Inputs& inputs, double limit) {
  double left = limit - 1;
  for (int k = 0; k < inputs.count; ++k) left -= (inputs.largest(k) + std::abs(inputs.middle(k))) / 2;
  return left;
}

// The smallest step of row i's sum that keeps its weights within 16 bits and its terms, added in any order, within the
// budget: the bias and the terms of one sign cannot pass it together.
double smallest_step(const RealLayer& real, int i, const Inputs& inputs, double budget, double extra) {
  double positive = std::max(real.bias[i], 0.0) + extra, negative = std::max(-real.bias[i], 0.0), largest = 0;
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

// Rounds row i to steps of its sum. Weights are off by a known delta: the bias takes that at the middle of the inputs.
void round_row(const RealLayer& real, int i, const Inputs& inputs, double step, double half, IntegerLayer& layer,
               Errors& errors) {
  const double inverse = 1 / step;
  double bias = real.bias[i];
  for (int k = 0; k < inputs.count; ++k) {
    const double weight = real.row(i)[k] * inputs.scale[k];
    const double rounded = nearest(weight * inverse);
    const double delta = rounded * step - weight;
    layer.weights[i * layer.inputs + k] = static_cast<std::int16_t>(rounded);
    errors.weight[i * layer.inputs + k] = delta;
    bias -= delta * inputs.middle(k);
  }
  layer.bias[i] = static_cast<std::int32_t>(nearest(bias * inverse) + half);
  errors.sum[i] = step / 2;
}

struct Interval {
  double low, high;
};

// Of row i's sum over every integer it can read; exact, as all of it fits float64.
Interval sum_interval(const IntegerLayer& layer, int i, const Inputs& inputs) {
  Interval sum{double(layer.bias[i]), double(layer.bias[i])};
  for (int k = 0; k < inputs.count; ++k) {
    const double weight = layer.weights[i * layer.inputs + k];
    sum.low += weight * (weight > 0 ? inputs.low[k] : inputs.high[k]);
    sum.high += weight * (weight > 0 ? inputs.high[k] : inputs.low[k]);
  }
  return sum;
}

// Of W h + b in the exact network.
Interval exact_interval(const RealLayer& real, int i, const Inputs& inputs) {
  Interval z{real.bias[i], real.bias[i]};
  for (int k = 0; k < inputs.count; ++k) {
    const double weight = real.row(i)[k];
    z.low += weight * (weight > 0 ? inputs.exact_low[k] : inputs.exact_high[k]);
    z.high += weight * (weight > 0 ? inputs.exact_high[k] : inputs.exact_low[k]);
  }
  return z;
}

double phi(Activation activation, double z) {
  if (z > 0) return z;
  return activation == Activation::kRelu ? 0 : std::expm1(z);
}

double slope(Activation activation, double z) {
  if (z > 0) return 1;
  return activation == Activation::kRelu ? 0 : std::exp(z);
}

// The values behind phi of unit i, and what the layer adds to the error.
void activate(Activation activation, const RealLayer& real, const IntegerLayer& layer, int i, const Inputs& inputs,
              double step, Inputs& outputs, Errors& errors) {
  const double scale = kShift * step;  // of t
  const Interval sum = sum_interval(layer, i, inputs), exact = exact_interval(real, i, inputs);
  const double low = std::floor(sum.low / kShift), high = std::floor(sum.high / kShift);
  const bool table = activation == Activation::kElu && low <= 0;
  const double table_error = table ? kEluError : 0;
  outputs.scale[i] = scale;
  outputs.low[i] = std::floor(phi(activation, low * scale) / scale) - table_error;
  outputs.high[i] = std::ceil(phi(activation, high * scale) / scale) + table_error;
  outputs.exact_low[i] = phi(activation, exact.low);
  outputs.exact_high[i] = phi(activation, exact.high);
  errors.table[i] = table_error * scale;
  errors.slope_low[i] = slope(activation, std::min(exact.low, low * scale));
  errors.slope_high[i] = slope(activation, std::max(exact.high, high * scale));
}

// Rounds a hidden layer; `outputs` is what the next one reads.
void round_hidden(const RealLayer& real, const Inputs& inputs, Activation activation, IntegerLayer& layer,
                  double& elu_scale, Errors& errors, Inputs& outputs) {
  const bool elu = activation == Activation::kElu;
  const double limit = kSumMax - kShift / 2 - (elu ? kEluError * kShift : 0);  // E[t] is to fit as well
  const double left = budget(inputs, limit);
  std::array<double, kMaxWidth> step;
  for (int i = 0; i < real.outputs; ++i) {
    step[i] = std::max(smallest_step(real, i, inputs, left, 0), elu ? 0x1p-36 : 0x1p-900);  // a unit of zeros has any
  }
  if (elu) std::fill_n(step.begin(), real.outputs, *std::max_element(step.begin(), step.begin() + real.outputs));
  outputs.count = real.outputs;
  for (int i = 0; i < real.outputs; ++i) {
    round_row(real, i, inputs, step[i], kShift / 2, layer, errors);
    errors.sum[i] += kShift / 2 * step[i];
    activate(activation, real, layer, i, inputs, step[i], outputs, errors);
  }
  elu_scale = kShift * step[0];
}

// How much a colour changes with each unit: centre +- radius over all that the inputs allow.
struct Influence {
  std::array<double, kMaxInputs> centre{}, radius{};

  double reach(int i) const { return std::abs(centre[i]) + radius[i]; }
};

// From h = phi(z) to z: the hull of the products with the slopes of phi, which are not negative.
void through_phi(const Errors& errors, int units, Influence& of) {
  for (int i = 0; i < units; ++i) {
    const double low = of.centre[i] - of.radius[i], high = of.centre[i] + of.radius[i];
    const double z_low = low * (low < 0 ? errors.slope_high[i] : errors.slope_low[i]);
    const double z_high = high * (high > 0 ? errors.slope_high[i] : errors.slope_low[i]);
    of.centre[i] = (z_high + z_low) / 2;
    of.radius[i] = (z_high - z_low) / 2;
  }
}

// Adds up, for each column of a matrix, what changes of the rows' sums do to the colour.
Influence through_matrix(const Influence& rows, const double* matrix, int outputs, int inputs) {
  Influence columns;
  for (int i = 0; i < outputs; ++i, matrix += inputs) {
    for (int k = 0; k < inputs; ++k) {
      columns.centre[k] += rows.centre[i] * matrix[k];
      columns.radius[k] += rows.radius[i] * std::abs(matrix[k]);
    }
  }
  return columns;
}

// How far 255 y of one colour can be off. Errors of several rows in the same input add up with their signs.
double colour_error(const RealLayer* layers, const Errors* errors, const Inputs* inputs, int hidden, int colour) {
  Influence influence;
  influence.centre[colour] = 1;
  double error = 0;
  for (int index = hidden; index >= 0; --index) {
    const RealLayer& layer = layers[index];
    const Errors& own = errors[index];
    if (index < hidden) {
      for (int i = 0; i < layer.outputs; ++i) error += influence.reach(i) * own.table[i];
      through_phi(own, layer.outputs, influence);
    }
    for (int i = 0; i < layer.outputs; ++i) error += influence.reach(i) * own.sum[i];
    const Influence weights = through_matrix(influence, own.weight.data(), layer.outputs, layer.inputs);
    for (int k = 0; k < layer.inputs; ++k) error += weights.reach(k) * inputs[index].radius(k);
    if (index > 0) influence = through_matrix(influence, layer.weights.data(), layer.outputs, layer.inputs);
  }
  return error;
}

// Rounds the output layer to levels of 2^-output_shift; false where 255 y leaves 32 bits.
bool round_output(const RealLayer& real, const Inputs& inputs, IntegerNetwork& result, Errors& errors) {
  const double left = budget(inputs, kSumMax);
  double step = std::ldexp(1.0, -kMaxOutputShift);
  for (int i = 0; i < real.outputs; ++i) step = std::max(step, smallest_step(real, i, inputs, left, 0.5));
  int exponent;
  if (std::frexp(step, &exponent) == 0.5) --exponent;  // step <= 2^exponent
  if (exponent > 0) return false;
  result.output_shift = -exponent;
  const double half = std::floor(std::ldexp(0.5, result.output_shift));
  for (int i = 0; i < real.outputs; ++i) {
    round_row(real, i, inputs, std::ldexp(1.0, exponent), half, result.layers[result.hidden], errors);
  }
  return true;
}

}  // namespace

IntegerNetwork quantise_int16(const Network& network) {
  IntegerNetwork result;
  result.planes = network.layers[0].inputs;
  result.hidden = network.hidden;
  result.activation = network.activation;
  result.bound = std::numeric_limits<double>::infinity();
  if (network.base) return result;
  RealLayer layers[kMaxHidden + 1];
  Errors errors[kMaxHidden + 1];
  Inputs inputs[kMaxHidden + 1];
  append_bytes(inputs[0], result.planes);
  for (int i = 0; i <= network.hidden; ++i) {
    fill(network, i, layers[i]);
    result.layers[i].inputs = layers[i].inputs;
    result.layers[i].outputs = layers[i].outputs;
    if (i == network.hidden) break;
    round_hidden(layers[i], inputs[i], network.activation, result.layers[i], result.elu_scale[i], errors[i],
                 inputs[i + 1]);
  }
  Inputs& last = inputs[network.hidden];
  if (network.hidden > 0 && network.skip != nullptr) append_bytes(last, result.planes);
  if (!round_output(layers[network.hidden], last, result, errors[network.hidden])) return result;
  result.bound = 0;
  for (int colour = 0; colour < 3; ++colour) {
    const double error = colour_error(layers, errors, inputs, network.hidden, colour);
    result.bound = std::max(result.bound, error * kFloat64Margin);
  }
  return result;
}

}  // namespace fastrti
