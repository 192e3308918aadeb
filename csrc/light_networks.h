// The light networks of the experts of an object, and the means of experts.
#pragma once

#include <cstddef>
#include <vector>

#include "fastrti.h"
#include "light/light_network.h"

namespace fastrti {

// Immutable: any number of threads may evaluate them.
class LightNetworks {
 public:
  explicit LightNetworks(const fastrti_description& description);  // checked, see description.h; copied

  const LightNetwork& first() const { return experts_.front(); }

  std::size_t labels() const { return experts_.size() + means_.size(); }

  // The network of a light for each label.
  std::vector<OwnedFrameNetwork> at(const Light& light) const;

 private:
  struct Share {
    std::size_t expert;
    double weight;
  };
  using Mean = std::vector<Share>;

  std::vector<LightNetwork> experts_;
  std::vector<Mean> means_;
};

}  // namespace fastrti
