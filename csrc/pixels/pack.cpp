#include "pixels/pack.h"

#include <algorithm>

namespace fastrti {
namespace {

// Appends weights in the order a kernel reads them: block by block, input by input, row by row. `weight` is a function
// of row and input.
template <class T, class Weight>
const T* append_weights(std::vector<T>& numbers, int rows, int inputs, int (*block_size)(int), Weight weight) {
  const std::size_t start = numbers.size();
  numbers.resize(start + rows * inputs);
  T* next = numbers.data() + start;
  for (int first = 0, count; first < rows; first += count) {
    count = block_size(rows - first);
    for (int k = 0; k < inputs; ++k) {
      for (int m = 0; m < count; ++m) *next++ = weight(first + m, k);
    }
  }
  return numbers.data() + start;
}

// Appends `count` values, then zeros: `rows` numbers in all.
template <class T>
const T* append(std::vector<T>& numbers, const T* values, int count, int rows) {
  const std::size_t start = numbers.size();
  numbers.insert(numbers.end(), values, values + count);
  numbers.resize(start + rows);
  return numbers.data() + start;
}

int integer_block_rows(int rows) { return std::min(rows, kIntegerBlockRows); }

// float32

// The reach of a plane with these weights to red, green and blue.
Reach reach_of(const float* weights) {
  const bool red = weights[0] != 0, green = weights[1] != 0, blue = weights[2] != 0;
  if (red + green + blue > 1) return Reach::kAll;
  return red ? Reach::kRed : green ? Reach::kGreen : blue ? Reach::kBlue : Reach::kNone;
}

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

// Room for all packed numbers of a network, so that none of them moves.
std::size_t float_count(const FrameNetwork& network) {
  std::size_t count = 3 * network.layers[0].inputs;
  for (int i = 0; i <= network.hidden; ++i) count += network.layers[i].outputs * (network.layers[i].inputs + 1);
  return count;
}

// int16

int paired(int numbers) { return (numbers + 1) / 2; }

// The weights of inputs k and k + 1, zero where there is none before `end`.
std::int32_t weight_pair(const Int16Layer& layer, int row, int k, int end) {
  if (row >= layer.outputs) return 0;
  const std::int16_t* weights = layer.weights.data() + row * layer.inputs;
  const auto low = static_cast<std::uint16_t>(weights[k]);
  const auto high = static_cast<std::uint16_t>(k + 1 < end ? weights[k + 1] : 0);
  return static_cast<std::int32_t>(low | static_cast<std::uint32_t>(high) << 16);
}

// Columns [first, end) of a layer as `rows` rows; the bias goes with the first column.
PackedInt16Layer pack_columns(std::vector<std::int32_t>& numbers, const Int16Layer& layer, int first, int end,
                              int rows) {
  const int pairs = paired(end - first);
  const std::int32_t* weights = append_weights(numbers, rows, pairs, integer_block_rows, [&](int row, int pair) {
    return weight_pair(layer, row, first + 2 * pair, end);
  });
  return {pairs, rows, weights, append(numbers, layer.bias.data(), first == 0 ? layer.outputs : 0, rows)};
}

std::size_t pair_count(const Int16Network& network) {
  std::size_t count = 0;
  for (int i = 0; i <= network.hidden; ++i) {
    count += (network.layers[i].outputs + 1) * (paired(network.layers[i].inputs) + 3);
  }
  return count;
}

// int8

constexpr std::size_t kMaxQuads = (kMaxHidden + 1) * kMaxWidth * (kMaxWidth / 4 + 2);

// (rows, columns) of signed bytes; beyond both, zero.
struct Bytes {
  const std::int8_t* numbers;
  int rows, columns;

  int quads() const { return (columns + 3) / 4; }

  std::int32_t quad(int row, int index) const {
    std::uint32_t packed = 0;
    for (int i = 0; i < 4; ++i) {
      const int column = 4 * index + i;
      if (row >= rows || column >= columns) continue;
      packed |= static_cast<std::uint32_t>(static_cast<std::uint8_t>(numbers[row * columns + column])) << (8 * i);
    }
    return static_cast<std::int32_t>(packed);
  }
};

const std::int32_t* append_quads(std::vector<std::int32_t>& numbers, const Bytes& bytes, int rows) {
  return append_weights(numbers, rows, bytes.quads(), integer_block_rows,
                        [&](int row, int index) { return bytes.quad(row, index); });
}

}  // namespace

PackedFp32 pack_fp32(const FrameNetwork& network) {
  PackedFp32 packed;
  Fp32Frame& frame = packed.frame;
  frame.planes = network.layers[0].inputs;
  frame.hidden = network.hidden;
  frame.activation = network.activation;
  frame.base_colour = network.base_colour;
  packed.numbers.reserve(float_count(network));
  for (int i = 0; i <= network.hidden; ++i) {
    const Layer& layer = network.layers[i];
    const bool last = i == network.hidden;
    const int inputs = last ? output_inputs(network) : layer.inputs;
    const float* weights = append_weights(packed.numbers, layer.outputs, inputs, fp32_block_rows, [&](int row, int k) {
      return last ? output_weight(network, row, k) : layer.weights[row * inputs + k];
    });
    frame.layers[i] = {inputs, layer.outputs, weights,
                       append(packed.numbers, layer.bias, layer.outputs, layer.outputs)};
    if (!last) frame.hidden_outputs += layer.outputs;
  }
  if (network.hidden == 0) {
    for (int k = 0; k < frame.planes; ++k) frame.reach[k] = reach_of(frame.layers[0].weights + 3 * k);
  }
  return packed;
}

PackedInt16 pack_int16(const Int16Network& network) {
  PackedInt16 packed;
  Int16Frame& frame = packed.frame;
  frame.planes = network.planes;
  frame.hidden = network.hidden;
  frame.activation = network.activation;
  frame.output_shift = network.output_shift;
  packed.numbers.reserve(pair_count(network));
  int inputs = network.planes;
  for (int i = 0; i <= network.hidden; ++i) {
    const Int16Layer& layer = network.layers[i];
    const int rows = i < network.hidden ? 2 * paired(layer.outputs) : 3;
    frame.layers[i] = pack_columns(packed.numbers, layer, 0, inputs, rows);
    if (i == network.hidden && layer.inputs > inputs) {
      frame.skip = pack_columns(packed.numbers, layer, inputs, layer.inputs, 3);
    } else if (i < network.hidden && network.activation == Activation::kElu) {
      frame.elu[i] = make_elu_table(network.elu_scale[i]);
    }
    inputs = layer.outputs;
  }
  return packed;
}

PackedInt8 pack_int8(const Int8Network& network) {
  PackedInt8 packed;
  std::vector<std::int32_t>& numbers = packed.numbers;
  numbers.reserve(kMaxQuads);
  Int8Frame& frame = packed.frame;
  frame.planes = network.planes;
  frame.hidden = network.hidden;
  frame.output_shift = network.output_shift;
  for (int i = 0; i < network.hidden; ++i) {
    const Int8Layer& layer = network.layers[i];
    const Bytes bytes{layer.weights.data(), layer.outputs, layer.inputs};
    const int rows = (layer.outputs + 3) / 4 * 4;
    frame.layers[i] = {bytes.quads(), rows, append_quads(numbers, bytes, rows),
                       append(numbers, layer.bias.data(), layer.outputs, rows),
                       append(numbers, layer.shift.data(), layer.outputs, rows)};
  }
  const Int8Layer& last = network.layers[network.hidden];
  const int planes = network.output_reads_bytes ? network.planes : 0;
  const Bytes codes{last.weights.data(), 3, last.inputs};
  const Bytes high{network.high.data(), 3, planes}, low{network.low.data(), 3, planes};
  const std::int32_t* no_bias = append(numbers, last.bias.data(), 0, 3);
  frame.layers[network.hidden] = {codes.quads(), 3, append_quads(numbers, codes, 3), no_bias, nullptr};
  frame.high = {high.quads(), 3, append_quads(numbers, high, 3), no_bias, nullptr};
  frame.low = {low.quads(), 3, append_quads(numbers, low, 3), append(numbers, last.bias.data(), 3, 3), nullptr};
  return packed;
}

}  // namespace fastrti
