#include "frame.h"

#include <algorithm>
#include <limits>
#include <stdexcept>

namespace fastrti {
namespace {

constexpr double kTolerance = 1;  // levels: where int16 promises less, kAuto trusts it

// The reach of a plane with these weights to red, green and blue.
Reach reach_of(const float* weights) {
  const bool red = weights[0] != 0, green = weights[1] != 0, blue = weights[2] != 0;
  if (red + green + blue > 1) return Reach::kAll;
  return red ? Reach::kRed : green ? Reach::kGreen : blue ? Reach::kBlue : Reach::kNone;
}

int paired(int numbers) { return (numbers + 1) / 2; }

bool skips_layers(const FrameNetwork& network) { return network.skip != nullptr && network.hidden > 0; }

int output_inputs(const FrameNetwork& network) {
  return network.layers[network.hidden].inputs + (skips_layers(network) ? network.layers[0].inputs : 0);
}

// A row of the output layer: a skip widens it by the planes, or adds to it where the planes are its inputs already.
float output_weight(const FrameNetwork& network, int row, int k) {
  const Layer& last = network.layers[network.hidden];
  const int planes = network.layers[0].inputs;
  const int plane = skips_layers(network) ? k - last.inputs : k;
  float weight = k < last.inputs ? last.weights[row * last.inputs + k] : 0.0f;
  if (network.skip != nullptr && plane >= 0) weight += network.skip[row * planes + plane];
  return weight;
}

// Appends numbers in the order a kernel reads them: block by block, input by input, row by row. `weight` is a function
// of row and input.
template <class T, class Weight>
const T* pack(std::vector<T>& packed, int rows, int inputs, int (*block_size)(int), Weight weight) {
  const std::size_t start = packed.size();
  for (int first = 0, count; first < rows; first += count) {
    count = block_size(rows - first);
    for (int k = 0; k < inputs; ++k) {
      for (int m = 0; m < count; ++m) packed.push_back(weight(first + m, k));
    }
  }
  return packed.data() + start;
}

template <class T>
const T* append(std::vector<T>& packed, const T* numbers, int count) {
  packed.insert(packed.end(), numbers, numbers + count);
  return packed.data() + packed.size() - count;
}

int int16_block_rows(int rows) { return std::min(rows, kInt16BlockRows); }

// The weights of inputs k and k + 1, zero where there is none before `end`.
std::int32_t weight_pair(const Int16Layer& layer, int row, int k, int end) {
  if (row >= layer.outputs) return 0;
  const std::int16_t* weights = layer.weights.data() + row * layer.inputs;
  const auto low = static_cast<std::uint16_t>(weights[k]);
  const auto high = static_cast<std::uint16_t>(k + 1 < end ? weights[k + 1] : 0);
  return static_cast<std::int32_t>(low | static_cast<std::uint32_t>(high) << 16);
}

// Room for all packed numbers of a network, so that none of them moves.
std::size_t float_count(const FrameNetwork& network) {
  std::size_t count = 3 * network.layers[0].inputs;
  for (int i = 0; i <= network.hidden; ++i) count += network.layers[i].outputs * (network.layers[i].inputs + 1);
  return count;
}

std::size_t integer_count(const Int16Network& network) {
  std::size_t count = 0;
  for (int i = 0; i <= network.hidden; ++i) {
    count += (network.layers[i].outputs + 1) * (paired(network.layers[i].inputs) + 3);
  }
  return count;
}

[[noreturn]] void reject_int16() {
  throw std::invalid_argument(
      "expected a network that 16-bit integers can draw, got a base colour or sums beyond 32 bits: ask for precision "
      "'fp32' or 'auto'");
}

[[noreturn]] void reject_int8() {
  throw std::invalid_argument(
      "expected a network that 8-bit integers can draw, got ELU or a base colour: ask for another precision or 'auto'");
}

}  // namespace

PreparedFrame::PreparedFrame(const FrameNetwork& network, const Isa& isa, Precision wanted, bool fitted_to_int8)
    : isa_(&isa),
      precision_(Precision::kFp32),
      bound_(std::numeric_limits<double>::infinity()),
      planes_(network.layers[0].inputs) {
  const bool fast = network.activation == Activation::kElu ? isa.fast_int16_elu : isa.fast_int16_relu;
  const bool int8_pays = fitted_to_int8 && isa.fast_int8 && fits_int8(network) && network.hidden > 0;
  if (wanted == Precision::kInt8 || (wanted == Precision::kAuto && int8_pays)) {
    if (!fits_int8(network)) reject_int8();
    precision_ = Precision::kInt8;
    int8_ = pack_int8(quantise_int8(network));
  } else if (wanted == Precision::kInt16) {
    try_int16(network, std::numeric_limits<double>::max());
    if (precision_ != wanted) reject_int16();
  } else if (wanted == Precision::kAuto && fast && network.hidden > 0) {
    try_int16(network, kTolerance);
  }
  if (precision_ == Precision::kFp32) pack_fp32(network);
}

void PreparedFrame::try_int16(const FrameNetwork& network, double tolerance) {
  const Int16Network integers = quantise_int16(network);
  bound_ = integers.bound;
  if (bound_ >= tolerance) return;
  precision_ = Precision::kInt16;
  pack_int16(integers);
}

void PreparedFrame::pack_fp32(const FrameNetwork& network) {
  fp32_frame_.planes = planes_;
  fp32_frame_.hidden = network.hidden;
  fp32_frame_.activation = network.activation;
  fp32_frame_.base_colour = network.base_colour;
  floats_.reserve(float_count(network));
  for (int i = 0; i <= network.hidden; ++i) {
    const Layer& layer = network.layers[i];
    const bool last = i == network.hidden;
    const int inputs = last ? output_inputs(network) : layer.inputs;
    const float* weights = pack(floats_, layer.outputs, inputs, fp32_block_rows, [&](int row, int k) {
      return last ? output_weight(network, row, k) : layer.weights[row * inputs + k];
    });
    fp32_frame_.layers[i] = {inputs, layer.outputs, weights, append(floats_, layer.bias, layer.outputs)};
    if (!last) fp32_frame_.hidden_outputs += layer.outputs;
  }
  for (int k = 0; network.hidden == 0 && k < planes_; ++k)
    fp32_frame_.reach[k] = reach_of(fp32_frame_.layers[0].weights + 3 * k);
}

void PreparedFrame::pack_int16(const Int16Network& network) {
  int16_frame_.planes = planes_;
  int16_frame_.hidden = network.hidden;
  int16_frame_.activation = network.activation;
  int16_frame_.output_shift = network.output_shift;
  integers_.reserve(integer_count(network));
  int inputs = planes_;
  for (int i = 0; i <= network.hidden; ++i) {
    const Int16Layer& layer = network.layers[i];
    int16_frame_.layers[i] = pack_columns(layer, 0, inputs, i < network.hidden ? 2 * paired(layer.outputs) : 3);
    if (i == network.hidden && layer.inputs > inputs) {
      int16_frame_.skip = pack_columns(layer, inputs, layer.inputs, 3);
    } else if (i < network.hidden && network.activation == Activation::kElu) {
      int16_frame_.elu[i] = make_elu_table(network.elu_scale[i]);
    }
    inputs = layer.outputs;
  }
}

// Columns [first, end) of a layer as `rows` rows; the bias goes with the first column.
PackedInt16Layer PreparedFrame::pack_columns(const Int16Layer& layer, int first, int end, int rows) {
  const int pairs = paired(end - first);
  const std::int32_t* weights = pack(integers_, rows, pairs, int16_block_rows,
                                     [&](int row, int pair) { return weight_pair(layer, row, first + 2 * pair, end); });
  const std::size_t bias = integers_.size();
  if (first == 0) append(integers_, layer.bias.data(), layer.outputs);
  integers_.resize(bias + rows);
  return {pairs, rows, weights, integers_.data() + bias};
}

void PreparedFrame::draw(const Span& span) const {
  if (precision_ == Precision::kInt8) {
    isa_->relight_int8(int8_.frame, span);
  } else if (precision_ == Precision::kInt16) {
    isa_->relight_int16(int16_frame_, span);
  } else {
    isa_->relight_fp32(fp32_frame_, span);
  }
}

}  // namespace fastrti
