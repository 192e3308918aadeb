// Which expert or mean draws which pixel.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace fastrti {

// Pixels one after another that have the same label: from the end of the run before to this one's.
struct LabelRun {
  std::uint64_t end : 56, label : 8;
};

// The labels of a picture as runs. They lie side by side, where a look at the map itself would read distant memory for
// each run: about as slow as a tile of pixels.
class LabelMap {
 public:
  // labels: one for each of the pixels, row by row; copied.
  LabelMap(const std::uint8_t* labels, std::size_t pixels);

  // The run of a pixel. The runs after it follow, up to the last pixel.
  const LabelRun* run_at(std::size_t pixel) const;

 private:
  static constexpr std::size_t kCell = 1024;  // pixels

  std::vector<LabelRun> runs_;
  std::vector<std::size_t> cells_;  // the run of the first pixel of each cell
};

}  // namespace fastrti
