#include "pixels/pack_int8.h"

#include <algorithm>

namespace fastrti {
namespace {

constexpr std::size_t kMaxNumbers = (kMaxHidden + 1) * kMaxWidth * (kMaxWidth / 4 + 2);

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

class Packer {
 public:
  explicit Packer(std::vector<std::int32_t>& numbers) : numbers_(numbers) { numbers_.reserve(kMaxNumbers); }

  // Blocks of `block` rows; in a block quad 0 of each row, then quad 1, ...
  const std::int32_t* weights(const Bytes& bytes, int rows, int block) {
    const std::size_t start = numbers_.size();
    for (int row = 0; row < rows; row += block) {
      for (int k = 0; k < bytes.quads(); ++k) {
        for (int m = 0; m < block; ++m) numbers_.push_back(bytes.quad(row + m, k));
      }
    }
    return numbers_.data() + start;
  }

  // The first `count` of them, then zeros.
  const std::int32_t* padded(const std::int32_t* values, int count, int rows) {
    const std::size_t start = numbers_.size();
    numbers_.insert(numbers_.end(), values, values + count);
    numbers_.resize(start + rows);
    return numbers_.data() + start;
  }

 private:
  std::vector<std::int32_t>& numbers_;
};

}  // namespace

PackedInt8 pack_int8(const Int8Network& network) {
  PackedInt8 packed;
  Packer packer(packed.numbers);
  Int8Frame& frame = packed.frame;
  frame.planes = network.planes;
  frame.hidden = network.hidden;
  frame.output_shift = network.output_shift;
  for (int i = 0; i < network.hidden; ++i) {
    const Int8Layer& layer = network.layers[i];
    const Bytes bytes{layer.weights.data(), layer.outputs, layer.inputs};
    const int rows = (layer.outputs + 3) / 4 * 4;
    frame.layers[i] = {bytes.quads(), rows, packer.weights(bytes, rows, 4),
                       packer.padded(layer.bias.data(), layer.outputs, rows),
                       packer.padded(layer.shift.data(), layer.outputs, rows)};
  }
  const Int8Layer& last = network.layers[network.hidden];
  const int planes = network.output_reads_bytes ? network.planes : 0;
  const Bytes codes{last.weights.data(), 3, last.inputs};
  const Bytes high{network.high.data(), 3, planes}, low{network.low.data(), 3, planes};
  const std::int32_t* no_bias = packer.padded(nullptr, 0, 3);
  frame.layers[network.hidden] = {codes.quads(), 3, packer.weights(codes, 3, 3), no_bias, nullptr};
  frame.high = {high.quads(), 3, packer.weights(high, 3, 3), no_bias, nullptr};
  frame.low = {low.quads(), 3, packer.weights(low, 3, 3), packer.padded(last.bias.data(), 3, 3), nullptr};
  return packed;
}

}  // namespace fastrti
