#include "relight.h"

#include <algorithm>
#include <vector>

#include "kernel.h"
#include "thread_pool.h"

namespace fastrti {
namespace {

// Pixels a thread takes at a time: 0.1 ms of work or more, some hundred chunks in a photograph.
constexpr std::size_t kChunkPixels = 16384;

// A frame network in the order the kernel reads it; owns the weights its frame() points to.
class PackedNetwork {
 public:
  explicit PackedNetwork(const Network& network) {
    frame_.planes = network.layers[0].inputs;
    frame_.hidden = network.hidden;
    frame_.hidden_outputs = 0;
    frame_.activation = network.activation;
    frame_.base = network.base;
    for (int i = 0; i < network.hidden; ++i) {
      pack(network.layers[i], i);
      frame_.hidden_outputs += network.layers[i].outputs;
    }
    pack_output(network);
  }

  const Frame& frame() const { return frame_; }

 private:
  void pack(const Layer& layer, int index) {
    std::vector<float>& packed = weights_[index];
    packed.reserve(static_cast<std::size_t>(layer.inputs) * layer.outputs);
    for (int first = 0, rows; first < layer.outputs; first += rows) {
      rows = block_rows(layer.outputs - first);
      for (int k = 0; k < layer.inputs; ++k) {
        for (int m = 0; m < rows; ++m) packed.push_back(layer.weights[(first + m) * layer.inputs + k]);
      }
    }
    frame_.layers[index] = {layer.inputs, layer.outputs, packed.data(), layer.bias};
  }

  // The skip widens the output layer by the planes, or adds to it where the planes are its inputs already.
  void pack_output(const Network& network) {
    const Layer& last = network.layers[network.hidden];
    if (network.skip == nullptr) return pack(last, network.hidden);
    const int planes = frame_.planes;
    const int inputs = network.hidden > 0 ? last.inputs + planes : planes;
    std::vector<float> joined(static_cast<std::size_t>(last.outputs) * inputs);
    for (int row = 0; row < last.outputs; ++row) {
      float* target = joined.data() + static_cast<std::size_t>(row) * inputs;
      std::copy_n(last.weights + row * last.inputs, last.inputs, target);
      for (int k = 0; k < planes; ++k) target[inputs - planes + k] += network.skip[row * planes + k];
    }
    pack({inputs, last.outputs, joined.data(), last.bias}, network.hidden);
  }

  Frame frame_;
  std::vector<float> weights_[kMaxHidden + 1];
};

// A region without gaps between its rows is one long row: no padded tile at the end of each.
Picture joined_rows(Picture picture) {
  const auto width = static_cast<std::ptrdiff_t>(picture.width);
  if (picture.row_stride == width && picture.out_stride == picture.channels * width) {
    picture.width *= picture.height;
    picture.height = 1;
  }
  return picture;
}

Span span_at(const Picture& picture, std::size_t row, std::size_t column, std::size_t pixels) {
  const auto offset = static_cast<std::ptrdiff_t>(row) * picture.row_stride + static_cast<std::ptrdiff_t>(column);
  const auto out =
      static_cast<std::ptrdiff_t>(row) * picture.out_stride + picture.channels * static_cast<std::ptrdiff_t>(column);
  const std::uint8_t* mask = picture.mask == nullptr ? nullptr : picture.mask + offset;
  return {picture.planes + offset, picture.plane_stride, mask, picture.out + out, picture.channels, pixels};
}

}  // namespace

void relight(const Network& network, const Picture& region, const Isa& isa, int threads) {
  if (region.height == 0 || region.width == 0) return;
  const PackedNetwork packed(network);
  const Picture picture = joined_rows(region);
  // A chunk is a piece of one long row, or several short rows.
  const std::size_t pieces = (picture.width + kChunkPixels - 1) / kChunkPixels;
  const std::size_t rows = std::max<std::size_t>(1, kChunkPixels / picture.width);
  const std::size_t groups = (picture.height + rows - 1) / rows;
  ThreadPool::shared().run(pieces * groups, threads, [&](std::size_t chunk) {
    const std::size_t first = chunk / pieces * rows;
    const std::size_t column = chunk % pieces * kChunkPixels;
    const std::size_t pixels = std::min(kChunkPixels, picture.width - column);
    for (std::size_t row = first; row < std::min(first + rows, picture.height); ++row) {
      isa.relight_span(packed.frame(), span_at(picture, row, column, pixels));
    }
  });
}

}  // namespace fastrti
