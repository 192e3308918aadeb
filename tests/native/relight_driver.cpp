// Draws a matrix of networks and picture sizes on every instruction set this machine runs, straight through the C++
// core, and compares with a double precision evaluation. For sanitizers, valgrind and emulators: every buffer has its
// exact size, half of the planes end at a page that may not be touched. Exits with 1 if a byte is more than one level
// off (of integers: more than their bound), a byte outside the region changed, or two ISAs draw other integers.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <memory>
#include <random>
#include <thread>
#include <vector>

#include "dispatch.h"
#include "frame.h"
#include "relight.h"

using namespace fastrti;

namespace {

using Bytes = std::shared_ptr<std::uint8_t>;

std::mt19937 rng;

Bytes heap(std::size_t size) { return Bytes(new std::uint8_t[size], std::default_delete<std::uint8_t[]>()); }

// Memory whose last byte lies before a page that may not be read.
Bytes before_guard_page(std::size_t size) {
  const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  const std::size_t length = (size + page - 1) / page * page;
  void* mapped = mmap(nullptr, length + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  auto* start = static_cast<std::uint8_t*>(mapped);
  if (mapped == MAP_FAILED || mprotect(start + length, page, PROT_NONE) != 0) std::abort();
  return Bytes(start + length - size, [=](std::uint8_t*) { munmap(mapped, length + page); });
}

std::vector<float> random_floats(std::size_t size, double scale) {
  std::normal_distribution<double> normal(0, scale);
  std::vector<float> floats(size);
  for (float& x : floats) x = static_cast<float>(normal(rng));
  return floats;
}

struct Shape {
  int planes;
  std::vector<int> hidden;
  Activation activation;
  bool skip, base_colour, mask;
};

// A network that owns its weights. `gain` 1 keeps outputs around [0, 1].
struct OwnedFrameNetwork {
  OwnedFrameNetwork(const Shape& shape, double gain) {
    network.hidden = static_cast<int>(shape.hidden.size());
    network.activation = shape.activation;
    network.base_colour = shape.base_colour;
    int inputs = shape.planes;
    for (int i = 0; i <= network.hidden; ++i) {
      const int outputs = i < network.hidden ? shape.hidden[static_cast<std::size_t>(i)] : 3;
      const double scale = gain / std::sqrt(inputs) / (i == 0 ? 128 : 1);
      arrays.push_back(random_floats(static_cast<std::size_t>(inputs * outputs), scale));
      arrays.push_back(random_floats(static_cast<std::size_t>(outputs), 0.3 * gain));
      network.layers[i] = {inputs, outputs, arrays[arrays.size() - 2].data(), arrays.back().data()};
      inputs = outputs;
    }
    if (shape.skip) arrays.push_back(random_floats(static_cast<std::size_t>(3 * shape.planes), gain / 1000));
    network.skip = shape.skip ? arrays.back().data() : nullptr;
  }

  FrameNetwork network{};
  std::vector<std::vector<float>> arrays;
};

// The specification: a pixel in double precision.
void exact_pixel(const FrameNetwork& network, const std::vector<double>& v, int* rgb) {
  std::vector<double> h = v;
  for (int i = 0; i <= network.hidden; ++i) {
    const Layer& layer = network.layers[i];
    std::vector<double> y(layer.bias, layer.bias + layer.outputs);
    for (int row = 0; row < layer.outputs; ++row) {
      double& t = y[static_cast<std::size_t>(row)];
      for (int k = 0; k < layer.inputs; ++k) t += double(layer.weights[row * layer.inputs + k]) * h[std::size_t(k)];
      if (i < network.hidden) t = t > 0 ? t : network.activation == Activation::kElu ? std::expm1(t) : 0;
    }
    h = y;
  }
  for (int c = 0; c < 3; ++c) {
    double y = h[std::size_t(c)];
    for (std::size_t k = 0; network.skip && k < v.size(); ++k)
      y += double(network.skip[std::size_t(c) * v.size() + k]) * v[k];
    if (network.base_colour) y *= v[std::size_t(c)] / 255;
    rgb[c] = static_cast<int>(std::floor(255 * std::min(std::max(y, 0.0), 1.0) + 0.5));
  }
}

constexpr std::size_t kGap = 5;         // bytes between two output rows
constexpr std::uint8_t kPoison = 0xA5;  // in them

struct Scene {
  Scene(const Shape& shape, std::size_t h, std::size_t w, bool guard, std::size_t channel_count = 3)
      : height(h), width(w), channels(channel_count), planes_count(shape.planes) {
    const std::size_t size = static_cast<std::size_t>(shape.planes) * h * w;
    planes = guard ? before_guard_page(size) : heap(size);
    std::generate_n(planes.get(), size, [] { return static_cast<std::uint8_t>(rng()); });
    if (shape.mask) {
      mask = guard ? before_guard_page(h * w) : heap(h * w);
      std::generate_n(mask.get(), h * w, [] { return static_cast<std::uint8_t>(rng() % 4 != 0); });
    }
    stride = channels * w + kGap;
    out_size = (h - 1) * stride + channels * w;
    out = guard ? before_guard_page(out_size) : heap(out_size);
    std::memset(out.get(), kPoison, out_size);
  }

  Picture picture() const {
    return {height,
            width,
            planes.get(),
            static_cast<std::ptrdiff_t>(height * width),
            static_cast<std::ptrdiff_t>(width),
            mask.get(),
            out.get(),
            static_cast<std::ptrdiff_t>(stride),
            static_cast<int>(channels)};
  }

  // The largest difference from the specification, or 999 for a byte written between the rows.
  int worst(const FrameNetwork& network) const {
    int largest = 0;
    for (std::size_t i = 0; i < height * width; ++i) {
      std::vector<double> v;
      for (int k = 0; k < planes_count; ++k)
        v.push_back(planes.get()[static_cast<std::size_t>(k) * height * width + i]);
      int rgba[4] = {0, 0, 0, 255};
      exact_pixel(network, v, rgba);
      for (std::size_t c = 0; c < channels; ++c) {
        const int wanted = mask && mask.get()[i] == 0 ? 0 : rgba[c];
        largest = std::max(largest, std::abs(wanted - out.get()[i / width * stride + i % width * channels + c]));
      }
    }
    for (std::size_t row = 1; row < height; ++row) {
      const std::uint8_t* gap = out.get() + row * stride - kGap;
      if (std::any_of(gap, gap + kGap, [](std::uint8_t byte) { return byte != kPoison; })) return 999;
    }
    return largest;
  }

  std::size_t height, width, channels, stride, out_size;
  int planes_count;
  Bytes planes, mask, out;
};

std::vector<Shape> shapes() {
  const std::vector<std::vector<int>> hidden = {{}, {1}, {5}, {16}, {8, 8}, {33, 7}, {64, 64}};
  std::vector<Shape> all;
  for (int planes : {1, 3, 9, 12, 48}) {
    for (std::size_t i = 0; i < hidden.size(); ++i) {
      const auto activation = (i + static_cast<std::size_t>(planes)) % 2 ? Activation::kRelu : Activation::kElu;
      all.push_back({planes, hidden[i], activation, i % 3 == 0, planes > 3 && i % 4 == 0, i % 2 == 0});
    }
  }
  return all;
}

struct Outcome {
  int pictures = 0, integer_pictures = 0;
  int worst = 0;                      // levels from the specification, in float32
  bool within_bounds = true;          // of the integer pictures
  std::uint32_t digest = 2166136261;  // of their bytes (FNV-1a): the same on every machine
};

// A precision that was asked for needs no proof.
const PixelBoxes& no_boxes() { std::abort(); }

// Of an object of one expert.
Frames frames_of(const FrameNetwork& network, const Isa& isa, Precision precision) {
  Frames frames;
  frames.emplace_back(network, isa, precision, false, no_boxes);
  return frames;
}

// Draws in integers, which are the same on every machine.
double draw_integers(const FrameNetwork& network, const Scene& scene, const Isa& isa, Precision precision,
                     Outcome& outcome) {
  const Frames frames = frames_of(network, isa, precision);
  relight(frames, scene.picture(), 1);
  ++outcome.integer_pictures;
  for (std::size_t i = 0; i < scene.out_size; ++i) outcome.digest = (outcome.digest ^ scene.out.get()[i]) * 16777619;
  return frames.front().bound();
}

// Asks for what integers can draw: 16 bits no base colour, 8 bits no ELU either, and these have no bound.
void draw_integers(const FrameNetwork& network, const Scene& scene, const Isa& isa, Outcome& outcome) {
  if (network.base_colour) return;
  const double bound = draw_integers(network, scene, isa, Precision::kInt16, outcome);
  outcome.within_bounds = outcome.within_bounds && scene.worst(network) <= std::ceil(bound);
  if (fits_int8(network)) draw_integers(network, scene, isa, Precision::kInt8, outcome);
}

Outcome matrix(const Isa& isa) {
  const std::size_t widths[] = {1, 7, 8, 9, 15, 16, 17, 31, 33, 63, 64, 65, 129};
  rng.seed(1);
  Outcome outcome;
  for (const Shape& shape : shapes()) {
    const OwnedFrameNetwork owned(shape, 1);
    for (std::size_t width : widths) {
      const int number = ++outcome.pictures;
      const Scene scene(shape, 2, width, number % 2 == 0, number % 3 == 0 ? 4 : 3);
      relight(frames_of(owned.network, isa, Precision::kFp32), scene.picture(), 1);
      outcome.worst = std::max(outcome.worst, scene.worst(owned.network));
      draw_integers(owned.network, scene, isa, outcome);
    }
  }
  std::printf("%s: %d pictures, at most %d levels apart, %d in integers, %s their bounds, digest %08x\n", isa.name,
              outcome.pictures, outcome.worst, outcome.integer_pictures, outcome.within_bounds ? "within" : "BEYOND",
              outcome.digest);
  return outcome;
}

// Weights beyond the contract, whose sums overflow to infinity and NaN: any byte is right, reading or converting out of
// range is not, and two threads must agree with one.
bool overflow(const Isa& isa) {
  for (const Shape& shape : shapes()) {
    const OwnedFrameNetwork owned(shape, std::numeric_limits<float>::max() / 1000.0);
    Scene scene(shape, 3, 77, true);
    const Frames frames = frames_of(owned.network, isa, Precision::kFp32);
    relight(frames, scene.picture(), 1);
    const std::vector<std::uint8_t> once(scene.out.get(), scene.out.get() + scene.out_size);
    relight(frames, scene.picture(), 2);
    if (!std::equal(once.begin(), once.end(), scene.out.get())) return false;
  }
  return true;
}

// Several callers share the pool, on pictures of many chunks: long rows, and groups of short ones.
bool concurrent(const Isa& isa, Precision precision) {
  const Shape shape{9, {8, 8}, Activation::kRelu, true, false, true};
  const OwnedFrameNetwork owned(shape, 1);
  const Frames frames = frames_of(owned.network, isa, precision);
  const Scene tall(shape, 3000, 20, false), wide(shape, 2, 40000, false);
  std::vector<std::thread> callers;
  for (const Scene* scene : {&tall, &wide}) {
    callers.emplace_back([&frames, scene] {
      for (int threads : {1, 2, 5, 3}) relight(frames, scene->picture(), threads);
    });
  }
  for (std::thread& caller : callers) caller.join();
  return tall.worst(owned.network) <= 1 && wide.worst(owned.network) <= 1;
}

}  // namespace

int main() {
  bool passed = true;
  std::uint32_t digest = 0;
  for (const Isa& isa : available_isas()) {
    const Outcome outcome = matrix(isa);
    if (digest == 0) digest = outcome.digest;
    passed = outcome.worst <= 1 && outcome.within_bounds && outcome.digest == digest && passed;
    passed = overflow(isa) && passed;
    passed = concurrent(isa, Precision::kFp32) && concurrent(isa, Precision::kInt16) && passed;
  }
  std::puts(passed ? "passed" : "FAILED");
  return passed ? 0 : 1;
}
