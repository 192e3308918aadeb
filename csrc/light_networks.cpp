#include "light_networks.h"

#include <algorithm>
#include <utility>

#include "description.h"

namespace fastrti {

LightNetworks::LightNetworks(const fastrti_description& description) {
  const int experts = expert_count(description);
  for (int i = 0; i < experts; ++i) experts_.emplace_back(expert_of(description, i));
  if (experts < 2) return;
  const double* share = description.shares;
  for (int m = 0; m < description.means; ++m) {
    Mean mean;
    for (int i = 0; i < experts; ++i, ++share) {
      if (*share > 0) mean.push_back({static_cast<std::size_t>(i), *share});
    }
    means_.push_back(std::move(mean));
  }
}

std::vector<OwnedFrameNetwork> LightNetworks::at(const Light& light) const {
  std::vector<std::vector<float>> numbers;
  for (const LightNetwork& expert : experts_) numbers.push_back(expert.numbers(light));
  std::vector<double> sums(numbers.front().size());
  for (const Mean& mean : means_) {
    std::fill(sums.begin(), sums.end(), 0.0);
    for (const Share& share : mean) {
      const std::vector<float>& own = numbers[share.expert];
      for (std::size_t i = 0; i < sums.size(); ++i) sums[i] += share.weight * own[i];
    }
    numbers.emplace_back(sums.size());
    std::transform(sums.begin(), sums.end(), numbers.back().begin(), to_weight);
  }
  std::vector<OwnedFrameNetwork> networks;
  for (std::vector<float>& each : numbers) networks.push_back(first().folded(std::move(each)));
  return networks;
}

}  // namespace fastrti
