#include "light/light_network.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "machine/processor.h"

namespace fastrti {
namespace {

constexpr int kPanel = 16;  // outputs of a layer computed together: eight SSE2 registers

double silu(double x) { return x / (1 + std::exp(-std::max(x, -700.0))); }  // e^700 is finite; silu(-700) = -0

std::size_t padded(int outputs) { return static_cast<std::size_t>((outputs + kPanel - 1) / kPanel * kPanel); }

// y = W x, a panel after the other.
inline __attribute__((always_inline)) void multiply(const float* weights, const double* x, int inputs, double* y,
                                                    int outputs) {
  for (int first = 0; first < outputs; first += kPanel) {
    double sums[kPanel] = {};
    for (int i = 0; i < inputs; ++i, weights += kPanel) {
      for (int m = 0; m < kPanel; ++m) sums[m] += weights[m] * x[i];
    }
    for (int m = 0; m < kPanel; ++m) y[first + m] = sums[m];
  }
}

void multiply_baseline(const float* weights, const double* x, int inputs, double* y, int outputs) {
  multiply(weights, x, inputs, y, outputs);
}

#if defined(__x86_64__)
// Without FMA: the sums are those of the baseline bit for bit, and so are the integers that follow from them.
__attribute__((target("avx2"))) void multiply_avx2(const float* weights, const double* x, int inputs, double* y,
                                                   int outputs) {
  multiply(weights, x, inputs, y, outputs);
}
#else
constexpr auto multiply_avx2 = multiply_baseline;
#endif

const auto fastest_multiply = processor().avx2 ? multiply_avx2 : multiply_baseline;

}  // namespace

std::size_t frame_size(const fastrti_description& description) {
  int inputs = description.planes, size = description.skip ? 3 * description.planes : 0;
  for (int i = 0; i <= description.hidden_layers; ++i) {
    const int outputs = i < description.hidden_layers ? description.hidden[i] : 3;
    size += outputs * (inputs + 1);
    inputs = outputs;
  }
  return static_cast<std::size_t>(size);
}

LightLayer::LightLayer(const fastrti_layer& layer)
    : inputs_(layer.inputs), weights_(padded(layer.outputs) * layer.inputs), bias_(padded(layer.outputs)) {
  std::copy_n(layer.bias, layer.outputs, bias_.data());
  for (int row = 0; row < layer.outputs; ++row) {
    float* panel = weights_.data() + static_cast<std::size_t>(row / kPanel) * kPanel * inputs_ + row % kPanel;
    for (int i = 0; i < inputs_; ++i) panel[i * kPanel] = layer.weights[static_cast<std::size_t>(row) * inputs_ + i];
  }
}

void LightLayer::apply(const double* x, double* y) const {
  fastest_multiply(weights_.data(), x, inputs_, y, padded_outputs());
  for (std::size_t i = 0; i < bias_.size(); ++i) y[i] += bias_[i];
}

LightNetwork::LightNetwork(const fastrti_description& description)
    : skip_(description.skip != 0), size_(frame_size(description)), features_(description.features) {
  shape_.hidden = description.hidden_layers;
  shape_.activation = description.activation == FASTRTI_ELU ? Activation::kElu : Activation::kRelu;
  shape_.base_colour = description.base_colour != 0;
  int inputs = description.planes;
  for (int i = 0; i <= shape_.hidden; ++i) {
    const int outputs = i < shape_.hidden ? description.hidden[i] : 3;
    shape_.layers[i] = {inputs, outputs, nullptr, nullptr};
    inputs = outputs;
  }
  for (int k = 0; k < description.planes; ++k) {
    minimum_.push_back(description.minimum[k]);
    scale_.push_back((description.maximum[k] - description.minimum[k]) / 255);
  }
  for (int i = 0; i < description.light_layers; ++i) layers_.emplace_back(description.light[i]);
}

std::vector<float> LightNetwork::numbers(const Light& light) const {
  const std::vector<double> emitted_numbers = emitted(light);
  std::vector<float> numbers(size_);
  std::transform(emitted_numbers.begin(), emitted_numbers.begin() + static_cast<std::ptrdiff_t>(size_), numbers.begin(),
                 to_weight);
  return numbers;
}

std::vector<double> LightNetwork::emitted(const Light& light) const {
  std::vector<double> x(static_cast<std::size_t>(features_.count())), y;
  features_.evaluate(light, x.data());
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    if (i > 0) std::transform(x.begin(), x.end(), x.begin(), silu);
    y.resize(static_cast<std::size_t>(layers_[i].padded_outputs()));
    layers_[i].apply(x.data(), y.data());
    x.swap(y);
  }
  return x;
}

// W z + b = (W scale) v + (W minimum + b), in double precision, rounded to float.
void fold_matrix(float* weights, float* bias, int outputs, const std::vector<double>& minimum,
                 const std::vector<double>& scale) {
  const std::size_t planes = minimum.size();
  for (int row = 0; row < outputs; ++row, weights += planes) {
    double constant = bias[row];
    for (std::size_t k = 0; k < planes; ++k) {
      constant += weights[k] * minimum[k];
      weights[k] = to_weight(weights[k] * scale[k]);
    }
    bias[row] = to_weight(constant);
  }
}

OwnedFrameNetwork LightNetwork::folded(std::vector<float> numbers) const {
  OwnedFrameNetwork owned;
  owned.network = shape_;
  owned.numbers = std::move(numbers);
  float *number = owned.numbers.data(), *bias = nullptr;
  for (int i = 0; i <= shape_.hidden; ++i) {
    Layer& layer = owned.network.layers[i];
    float* const weights = number;
    bias = weights + layer.outputs * layer.inputs;
    number = bias + layer.outputs;
    layer.weights = weights;
    layer.bias = bias;
    if (i == 0) fold_matrix(weights, bias, layer.outputs, minimum_, scale_);
  }
  if (skip_) {
    fold_matrix(number, bias, 3, minimum_, scale_);
    owned.network.skip = number;
  }
  return owned;
}

}  // namespace fastrti
