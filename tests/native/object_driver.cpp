// Many threads relight one object under many lights at once, through the C ABI; for the thread sanitizer. Exits with 1
// unless every picture is the one that a thread alone gets.
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>
#include <thread>
#include <vector>

#include "fastrti.h"

namespace {

constexpr int kPlanes = 9, kHidden = 16, kLightWidth = 24, kHeight = 130, kWidth = 150, kLights = 12, kThreads = 8;
constexpr int kNumbers = kHidden * (kPlanes + 1) + kHidden * (kHidden + 1) + 3 * (kHidden + 1) + 3 * kPlanes;

using Pictures = std::vector<std::vector<std::uint8_t>>;

std::vector<float> random_floats(std::mt19937& rng, int size, float scale) {
  std::normal_distribution<float> normal(0, scale);
  std::vector<float> floats(static_cast<std::size_t>(size));
  for (float& x : floats) x = normal(rng);
  return floats;
}

// A light-conditioned network of random numbers.
struct Scene {
  Scene() {
    std::mt19937 rng(1);
    for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(rng());
    w1 = random_floats(rng, kLightWidth * 3, 0.5f), b1 = random_floats(rng, kLightWidth, 0.3f);
    w2 = random_floats(rng, kNumbers * kLightWidth, 0.05f), b2 = random_floats(rng, kNumbers, 0.3f);
    description.planes = kPlanes, description.height = kHeight, description.width = kWidth;
    description.bytes = bytes.data(), description.minimum = minimum.data(), description.maximum = maximum.data();
    description.hidden_layers = 2, description.hidden[0] = description.hidden[1] = kHidden, description.skip = 1;
    description.features = {FASTRTI_MONOMIALS, 3, exponents, nullptr, 0};
    description.light_layers = 2;
    description.light[0] = {3, kLightWidth, w1.data(), b1.data()};
    description.light[1] = {kLightWidth, kNumbers, w2.data(), b2.data()};
  }

  std::vector<std::uint8_t> bytes = std::vector<std::uint8_t>(kPlanes * kHeight * kWidth);
  std::vector<double> minimum = std::vector<double>(kPlanes, -1), maximum = std::vector<double>(kPlanes, 1);
  std::int32_t exponents[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  std::vector<float> w1, b1, w2, b2;
  fastrti_description description{};
};

std::vector<std::uint8_t> drawn(const fastrti_object* object, int light) {
  std::vector<std::uint8_t> rgb(3 * kHeight * kWidth);
  const double direction[3] = {std::cos(light), std::sin(light), 0.5};
  if (fastrti_relight(object, direction, 0, 0, kHeight, kWidth, 3, rgb.data(), 3 * kWidth) != FASTRTI_OK) std::abort();
  return rgb;
}

// How many pictures differ from those of one thread alone.
int differences(const fastrti_object* object, const Pictures& alone, unsigned seed) {
  std::mt19937 rng(seed);
  int count = 0;
  for (int turn = 0; turn < 40; ++turn) {
    const int light = static_cast<int>(rng() % kLights);
    count += drawn(object, light) != alone[static_cast<std::size_t>(light)];
  }
  return count;
}

}  // namespace

int main() {
  const Scene scene;
  fastrti_object* object;
  if (fastrti_open(&scene.description, FASTRTI_AUTO, 2, &object) != FASTRTI_OK) std::abort();
  Pictures alone;
  for (int light = 0; light < kLights; ++light) alone.push_back(drawn(object, light));
  int counts[kThreads];
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] { counts[i] = differences(object, alone, static_cast<unsigned>(i)); });
  }
  bool passed = alone[0] != alone[1];
  for (int i = 0; i < kThreads; ++i) {
    threads[static_cast<std::size_t>(i)].join();
    passed = passed && counts[i] == 0;
  }
  fastrti_close(object);
  std::puts(passed ? "passed" : "FAILED");
  return passed ? 0 : 1;
}
