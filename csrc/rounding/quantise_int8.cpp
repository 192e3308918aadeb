#include "rounding/quantise_int8.h"

#include <algorithm>
#include <cmath>

namespace fastrti {
namespace {

constexpr double kPairMax = 127;  // of two weights of one sign: rounded at most 128, and 128 * 255 < 2^15
constexpr double kBiasMax = 1 << 28;
constexpr double kTiny = 1e-30;  // a divisor in place of 0
constexpr int kLowBits = 7;
constexpr double kLowUnits = 1 << kLowBits;
constexpr int kMaxOutputScale = 16;

using Row = std::array<double, kMaxWidth>;

// What a layer reads: `codes` stand for 1 each, and `largest` is the most that comes.
struct Inputs {
  int count;
  Row codes;
  std::array<std::int32_t, kMaxWidth> largest;
};

// The largest sum of two neighbouring weights of one sign.
double pair_sum(const Row& weights, int count) {
  double sum = 0;
  for (int k = 0; k < count; k += 2) {
    const double a = weights[k], b = k + 1 < count ? weights[k + 1] : 0;
    sum = std::max({sum, std::max(a, 0.0) + std::max(b, 0.0), std::max(-a, 0.0) + std::max(-b, 0.0)});
  }
  return sum;
}

// The largest factor that keeps weights and bias in their ranges.
double largest_scale(double pair_sum, double bias, double bias_max) {
  return std::min(kPairMax / std::max(pair_sum, kTiny), bias_max / std::max(std::abs(bias), kTiny));
}

Row weights_on_codes(const Layer& layer, int i, const Inputs& inputs) {
  Row weights{};
  for (int k = 0; k < inputs.count; ++k) weights[k] = layer.weights[i * layer.inputs + k] / inputs.codes[k];
  return weights;
}

// What rounds a shift to the nearest.
std::int32_t half_of(int shift) { return shift == 0 ? 0 : 1 << (shift - 1); }

std::int32_t shifted(std::int32_t sum, int shift) { return (sum + half_of(shift)) >> shift; }

// The smallest shift that makes every sum a byte or a negative 16-bit number.
int smallest_shift(std::int32_t low, std::int32_t high) {
  int shift = 0;
  while (shifted(high, shift) > 255 || shifted(low, shift) < -32768) ++shift;
  return shift;
}

// Rounds unit i of a hidden layer; says in `outputs` what its codes stand for.
void round_unit(const Layer& layer, int i, const Inputs& inputs, Int8Layer& result, Inputs& outputs) {
  const Row weights = weights_on_codes(layer, i, inputs);
  const double scale = largest_scale(pair_sum(weights, inputs.count), layer.bias[i], kBiasMax);
  const auto bias = static_cast<std::int32_t>(std::nearbyint(layer.bias[i] * scale));
  std::int32_t low = bias, high = bias;
  for (int k = 0; k < inputs.count; ++k) {
    const auto weight = static_cast<std::int8_t>(std::nearbyint(weights[k] * scale));
    result.weights[i * result.inputs + k] = weight;
    (weight > 0 ? high : low) += weight * inputs.largest[k];
  }
  const int shift = smallest_shift(low, high);
  result.shift[i] = shift;
  result.bias[i] = bias + half_of(shift);
  outputs.codes[i] = std::ldexp(scale, -shift);
  outputs.largest[i] = std::max(shifted(high, shift), 0);
}

Inputs round_hidden(const Layer& layer, const Inputs& inputs, Int8Layer& result) {
  Inputs outputs{layer.outputs, {}, {}};
  for (int i = 0; i < layer.outputs; ++i) round_unit(layer, i, inputs, result, outputs);
  return outputs;
}

// A colour's weights on v: its skip, or the only layer, or both.
Row weights_on_bytes(const FrameNetwork& network, int colour) {
  const int planes = network.layers[0].inputs;
  Row weights{};
  for (int k = 0; k < planes; ++k) {
    if (network.hidden == 0) weights[k] += network.layers[0].weights[colour * planes + k];
    if (network.skip != nullptr) weights[k] += network.skip[colour * planes + k];
  }
  return weights;
}

struct RealColour {
  Row on_codes, on_bytes;
  double bias;
};

RealColour real_colour(const FrameNetwork& network, int colour, const Inputs& inputs) {
  const Layer& last = network.layers[network.hidden];
  return {weights_on_codes(last, colour, inputs), weights_on_bytes(network, colour), last.bias[colour]};
}

double largest_output_scale(const RealColour& real, int codes, int planes) {
  const double pairs = std::max(pair_sum(real.on_codes, codes), pair_sum(real.on_bytes, planes));
  return largest_scale(255 * pairs, 255 * real.bias, kBiasMax / kLowUnits);
}

void round_colour(const RealColour& real, int colour, double scale, Int8Network& result) {
  Int8Layer& layer = result.layers[result.hidden];
  for (int k = 0; k < layer.inputs; ++k) {
    layer.weights[colour * layer.inputs + k] = static_cast<std::int8_t>(std::nearbyint(real.on_codes[k] * scale));
  }
  for (int k = 0; k < result.planes; ++k) {
    const double weight = real.on_bytes[k] * scale, high = std::nearbyint(weight);
    result.high[colour * result.planes + k] = static_cast<std::int8_t>(high);
    result.low[colour * result.planes + k] = static_cast<std::int8_t>(std::nearbyint((weight - high) * kLowUnits));
  }
  const auto bias = static_cast<std::int32_t>(std::nearbyint(real.bias * scale * kLowUnits));
  layer.bias[colour] = bias + half_of(result.output_shift);
}

// Levels are multiplied by a power of 2, so that a shift gives them back. Colours that change by thousands of levels
// from one byte to the next, as only a damaged decoder's do, are drawn flatter.
void round_output(const FrameNetwork& network, const Inputs& inputs, Int8Network& result) {
  RealColour colours[3];
  double largest = std::ldexp(1.0, kMaxOutputScale);
  for (int colour = 0; colour < 3; ++colour) {
    colours[colour] = real_colour(network, colour, inputs);
    largest = std::min(largest, largest_output_scale(colours[colour], inputs.count, result.planes));
  }
  const int exponent = std::max(static_cast<int>(std::floor(std::log2(largest))), -kLowBits);
  result.output_shift = exponent + kLowBits;
  const double scale = 255 * std::min(std::ldexp(1.0, exponent), largest);
  for (int colour = 0; colour < 3; ++colour) round_colour(colours[colour], colour, scale, result);
}

}  // namespace

bool fits_int8(const FrameNetwork& network) {
  return !network.base_colour && (network.hidden == 0 || network.activation == Activation::kRelu);
}

Int8Network quantise_int8(const FrameNetwork& network) {
  Int8Network result{};
  result.planes = network.layers[0].inputs;
  result.hidden = network.hidden;
  result.output_reads_bytes = network.hidden == 0 || network.skip != nullptr;
  Inputs inputs{result.planes, {}, {}};
  inputs.codes.fill(1);
  inputs.largest.fill(255);
  for (int i = 0; i < network.hidden; ++i) {
    result.layers[i].inputs = inputs.count;
    result.layers[i].outputs = network.layers[i].outputs;
    inputs = round_hidden(network.layers[i], inputs, result.layers[i]);
  }
  if (network.hidden == 0) inputs.count = 0;
  result.layers[network.hidden].inputs = inputs.count;
  result.layers[network.hidden].outputs = 3;
  round_output(network, inputs, result);
  return result;
}

}  // namespace fastrti
