#include "labels.h"

#include <cstring>

namespace fastrti {
namespace {

// The first pixel after `first` that has another label, `end` if there is none. Eight labels at a time.
std::size_t equal_end(const std::uint8_t* labels, std::size_t first, std::size_t end) {
  const std::uint64_t wanted = 0x0101010101010101u * labels[first];
  std::size_t pixel = first;
  for (std::uint64_t eight; pixel + sizeof eight <= end; pixel += sizeof eight) {
    std::memcpy(&eight, labels + pixel, sizeof eight);
    if (eight != wanted) break;
  }
  while (pixel < end && labels[pixel] == labels[first]) ++pixel;
  return pixel;
}

}  // namespace

LabelMap::LabelMap(const std::uint8_t* labels, std::size_t pixels) {
  for (std::size_t first = 0, end; first < pixels; first = end) {
    end = equal_end(labels, first, pixels);
    runs_.push_back({end, labels[first]});
    while (cells_.size() * kCell < end) cells_.push_back(runs_.size() - 1);
  }
}

const LabelRun* LabelMap::run_at(std::size_t pixel) const {
  const LabelRun* run = &runs_[cells_[pixel / kCell]];
  while (run->end <= pixel) ++run;
  return run;
}

}  // namespace fastrti
