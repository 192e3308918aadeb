#include "numbers.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

#include "light_features.h"
#include "relight.h"

namespace fastrti {
namespace {

static_assert(FASTRTI_MAX_PLANES == kMaxPlanes && FASTRTI_MAX_HIDDEN == kMaxHidden && FASTRTI_MAX_WIDTH == kMaxWidth &&
                  FASTRTI_MAX_THREADS == kMaxThreads,
              "what the C header promises is what the kernels take");

constexpr double kMinSigma = 1e-6, kMaxSigma = 1e6;  // chords of the unit sphere end at 2

bool within(std::int64_t value, std::int64_t low, std::int64_t high) { return low <= value && value <= high; }

bool all_finite(const float* values, std::int64_t count) {
  return std::all_of(values, values + count, [](float value) { return std::isfinite(value); });
}

int check_planes(const fastrti_numbers& numbers) {
  if (!within(numbers.planes, 1, FASTRTI_MAX_PLANES) || numbers.height < 1 || numbers.width < 1) {
    return FASTRTI_BAD_SIZE;
  }
  const std::int64_t pixels = std::int64_t{numbers.height} * numbers.width;
  if (pixels > std::numeric_limits<std::ptrdiff_t>::max() / numbers.planes) return FASTRTI_BAD_SIZE;
  if (numbers.bytes == nullptr || numbers.minimum == nullptr || numbers.maximum == nullptr) return FASTRTI_NULL_POINTER;
  const std::uint8_t* mask = numbers.mask;
  if (mask != nullptr && *std::max_element(mask, mask + pixels) > 1) return FASTRTI_BAD_MASK;
  const double largest = std::numeric_limits<float>::max();
  for (int k = 0; k < numbers.planes; ++k) {
    const double low = numbers.minimum[k], high = numbers.maximum[k];
    if (!(-largest <= low && low <= high && high <= largest)) return FASTRTI_BAD_RANGE;
  }
  return FASTRTI_OK;
}

int check_network(const fastrti_numbers& numbers) {
  const bool flags =
      within(numbers.skip, 0, 1) && within(numbers.base, 0, numbers.planes > 3) && within(numbers.fitted_to_int8, 0, 1);
  if (!flags || !within(numbers.hidden_layers, 0, FASTRTI_MAX_HIDDEN)) return FASTRTI_BAD_NETWORK;
  for (int i = 0; i < numbers.hidden_layers; ++i) {
    if (!within(numbers.hidden[i], 1, FASTRTI_MAX_WIDTH)) return FASTRTI_BAD_NETWORK;
  }
  return within(numbers.activation, FASTRTI_RELU, FASTRTI_ELU) ? FASTRTI_OK : FASTRTI_BAD_NETWORK;
}

int check_exponents(const fastrti_features& features) {
  if (features.exponents == nullptr) return FASTRTI_NULL_POINTER;
  const auto good = [](std::int32_t exponent) { return within(exponent, 0, FASTRTI_MAX_EXPONENT); };
  return std::all_of(features.exponents, features.exponents + 3 * features.count, good) ? FASTRTI_OK
                                                                                        : FASTRTI_BAD_FEATURES;
}

int check_nodes(const fastrti_features& features) {
  if (features.nodes == nullptr) return FASTRTI_NULL_POINTER;
  if (!(kMinSigma <= features.sigma && features.sigma <= kMaxSigma)) return FASTRTI_BAD_FEATURES;
  return all_finite(features.nodes, 3 * std::int64_t{features.count}) ? FASTRTI_OK : FASTRTI_BAD_NUMBER;
}

int check_features(const fastrti_features& features) {
  if (!within(features.count, 1, FASTRTI_MAX_FEATURES)) return FASTRTI_BAD_FEATURES;
  switch (features.kind) {
    case FASTRTI_MONOMIALS:
      return check_exponents(features);
    case FASTRTI_HSH:
      return features.count <= kHshTerms ? FASTRTI_OK : FASTRTI_BAD_FEATURES;
    case FASTRTI_RBF:
      return check_nodes(features);
    case FASTRTI_BILINEAR: {
      const int resolution = grid_resolution(features.count);
      return resolution >= 2 && resolution * resolution == features.count ? FASTRTI_OK : FASTRTI_BAD_FEATURES;
    }
  }
  return FASTRTI_BAD_FEATURES;
}

int check_layer(const fastrti_layer& layer, int inputs, std::int64_t most_outputs) {
  if (layer.inputs != inputs || !within(layer.outputs, 1, most_outputs)) return FASTRTI_BAD_LAYERS;
  if (layer.weights == nullptr || layer.bias == nullptr) return FASTRTI_NULL_POINTER;
  const bool finite =
      all_finite(layer.weights, std::int64_t{layer.inputs} * layer.outputs) && all_finite(layer.bias, layer.outputs);
  return finite ? FASTRTI_OK : FASTRTI_BAD_NUMBER;
}

int check_light_layers(const fastrti_numbers& numbers) {
  if (!within(numbers.light_layers, 1, FASTRTI_MAX_LIGHT_LAYERS)) return FASTRTI_BAD_LAYERS;
  const auto emitted = static_cast<std::int64_t>(frame_size(numbers));
  int inputs = numbers.features.count;
  for (int i = 0; i < numbers.light_layers; ++i) {
    const bool last = i + 1 == numbers.light_layers;
    const int error = check_layer(numbers.light[i], inputs, last ? emitted : std::int64_t{FASTRTI_MAX_LIGHT_WIDTH});
    if (error != FASTRTI_OK) return error;
    inputs = numbers.light[i].outputs;
  }
  return inputs == emitted ? FASTRTI_OK : FASTRTI_BAD_LAYERS;
}

}  // namespace

std::size_t frame_size(const fastrti_numbers& numbers) {
  int inputs = numbers.planes, size = numbers.skip ? 3 * numbers.planes : 0;
  for (int i = 0; i <= numbers.hidden_layers; ++i) {
    const int outputs = i < numbers.hidden_layers ? numbers.hidden[i] : 3;
    size += outputs * (inputs + 1);
    inputs = outputs;
  }
  return static_cast<std::size_t>(size);
}

int check(const fastrti_numbers& numbers) {
  int error = check_planes(numbers);
  if (error == FASTRTI_OK) error = check_network(numbers);
  if (error == FASTRTI_OK) error = check_features(numbers.features);
  if (error == FASTRTI_OK) error = check_light_layers(numbers);
  return error;
}

}  // namespace fastrti
