#include "description.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <numeric>

#include "light/frame_network.h"
#include "light/light_network.h"
#include "relight.h"

namespace fastrti {
namespace {

static_assert(FASTRTI_MAX_PLANES == kMaxPlanes && FASTRTI_MAX_HIDDEN == kMaxHidden && FASTRTI_MAX_WIDTH == kMaxWidth &&
                  FASTRTI_MAX_THREADS == kMaxThreads,
              "what the C header promises is what the kernels take");

constexpr double kSumError = 1e-6;  // of the shares of a mean

constexpr double kMinSigma = 1e-6, kMaxSigma = 1e6;  // chords of the unit sphere end at 2

bool within(std::int64_t value, std::int64_t low, std::int64_t high) { return low <= value && value <= high; }

bool all_finite(const float* values, std::int64_t count) {
  return std::all_of(values, values + count, [](float value) { return std::isfinite(value); });
}

int check_planes(const fastrti_description& description) {
  if (!within(description.planes, 1, FASTRTI_MAX_PLANES) || description.height < 1 || description.width < 1) {
    return FASTRTI_BAD_SIZE;
  }
  const std::int64_t pixels = std::int64_t{description.height} * description.width;
  if (pixels > std::numeric_limits<std::ptrdiff_t>::max() / description.planes) return FASTRTI_BAD_SIZE;
  if (description.bytes == nullptr || description.minimum == nullptr || description.maximum == nullptr)
    return FASTRTI_NULL_POINTER;
  const std::uint8_t* mask = description.mask;
  if (mask != nullptr && *std::max_element(mask, mask + pixels) > 1) return FASTRTI_BAD_MASK;
  const double largest = std::numeric_limits<float>::max();
  for (int k = 0; k < description.planes; ++k) {
    const double low = description.minimum[k], high = description.maximum[k];
    if (!(-largest <= low && low <= high && high <= largest)) return FASTRTI_BAD_RANGE;
  }
  return FASTRTI_OK;
}

int check_network(const fastrti_description& description) {
  const bool flags = within(description.skip, 0, 1) && within(description.base_colour, 0, description.planes > 3) &&
                     within(description.fitted_to_int8, 0, 1);
  if (!flags || !within(description.hidden_layers, 0, FASTRTI_MAX_HIDDEN)) return FASTRTI_BAD_NETWORK;
  for (int i = 0; i < description.hidden_layers; ++i) {
    if (!within(description.hidden[i], 1, FASTRTI_MAX_WIDTH)) return FASTRTI_BAD_NETWORK;
  }
  return within(description.activation, FASTRTI_RELU, FASTRTI_ELU) ? FASTRTI_OK : FASTRTI_BAD_NETWORK;
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

int check_light_layers(const fastrti_description& description) {
  if (!within(description.light_layers, 1, FASTRTI_MAX_LIGHT_LAYERS)) return FASTRTI_BAD_LAYERS;
  const auto emitted = static_cast<std::int64_t>(frame_size(description));
  int inputs = description.features.count;
  for (int i = 0; i < description.light_layers; ++i) {
    const bool last = i + 1 == description.light_layers;
    const int error = check_layer(description.light[i], inputs, last ? emitted : std::int64_t{FASTRTI_MAX_LIGHT_WIDTH});
    if (error != FASTRTI_OK) return error;
    inputs = description.light[i].outputs;
  }
  return inputs == emitted ? FASTRTI_OK : FASTRTI_BAD_LAYERS;
}

int check_means(const fastrti_description& description) {
  if (!within(description.means, 0, FASTRTI_MAX_LABELS - description.experts)) return FASTRTI_BAD_EXPERTS;
  if (description.means > 0 && description.shares == nullptr) return FASTRTI_NULL_POINTER;
  for (int mean = 0; mean < description.means; ++mean) {
    const double* const shares = description.shares + static_cast<std::ptrdiff_t>(mean) * description.experts;
    const bool positive = std::all_of(shares, shares + description.experts, [](double share) { return share >= 0; });
    const double sum = std::accumulate(shares, shares + description.experts, 0.0);
    if (!positive || !(std::abs(sum - 1) <= kSumError)) return FASTRTI_BAD_EXPERTS;  // nor NaN
  }
  return FASTRTI_OK;
}

int check_experts(const fastrti_description& description) {
  if (!within(description.experts, 0, FASTRTI_MAX_EXPERTS)) return FASTRTI_BAD_EXPERTS;
  if (description.experts < 2) return FASTRTI_OK;
  if (description.labels == nullptr || description.expert_layers == nullptr) return FASTRTI_NULL_POINTER;
  const std::int64_t pixels = std::int64_t{description.height} * description.width;
  const int error = check_means(description);
  if (error != FASTRTI_OK) return error;
  if (*std::max_element(description.labels, description.labels + pixels) >= description.experts + description.means) {
    return FASTRTI_BAD_EXPERTS;
  }
  for (int i = 1; i < description.experts; ++i) {
    const int error = check_light_layers(expert_of(description, i));
    if (error != FASTRTI_OK) return error;
  }
  return FASTRTI_OK;
}

}  // namespace

int expert_count(const fastrti_description& description) { return std::max(1, description.experts); }

fastrti_description expert_of(const fastrti_description& description, int expert) {
  fastrti_description one = description;
  if (expert > 0) {
    std::copy_n(description.expert_layers + (expert - 1) * description.light_layers, description.light_layers,
                one.light);
  }
  return one;
}

int check(const fastrti_description& description) {
  int error = check_planes(description);
  if (error == FASTRTI_OK) error = check_network(description);
  if (error == FASTRTI_OK) error = check_features(description.features);
  if (error == FASTRTI_OK) error = check_light_layers(description);
  if (error == FASTRTI_OK) error = check_experts(description);
  return error;
}

}  // namespace fastrti
