// Which expert or mean draws which pixel, and drawing by it.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "fastrti.h"
#include "frame.h"

namespace fastrti {

// The frames of one light, one for each label.
using Frames = std::vector<PreparedFrame>;

// The labels of a picture. Points to the caller's bytes.
class LabelMap {
 public:
  // labels: one for each of the pixels, row by row.
  LabelMap(const std::uint8_t* labels, std::size_t pixels);

  std::size_t pixels() const { return pixels_; }
  std::uint8_t at(std::size_t pixel) const { return labels_[pixel]; }

  // The first pixel after `first` that has another label, `end` if there is none before it.
  std::size_t run_end(std::size_t first, std::size_t end) const;

 private:
  static constexpr std::size_t kCell = 64;

  std::size_t mixed_end(std::size_t first, std::size_t end) const;

  const std::uint8_t* labels_;
  std::size_t pixels_;
  std::vector<std::uint32_t> equal_cells_;  // cells of pixels from this one on that all have one and the same label
};

// Draws spans by the labels of their pixels. Whole tiles of one label are drawn where they lie. The pixels that remain
// of each run are gathered, so that those of one label fill tiles together: a border costs copies, not a tile.
class LabelledDrawing {
 public:
  LabelledDrawing(const Frames& frames, const LabelMap& labels) : frames_(frames), labels_(labels) {
    first_.fill(kNone);
  }

  // first: the number of the span's first pixel in the picture. Some of it is drawn only by `finish`.
  void draw(std::size_t first, const Span& span);
  void finish();

 private:
  static constexpr std::size_t kTile = 64;    // pixels, of the widest kernels
  static constexpr std::size_t kAhead = 2048;  // pixels, as fetch_ahead of pixels/tiles.inl
  static constexpr std::uint16_t kRests = 256, kNone = kRests;

  struct Rest {
    Span span;           // of fewer pixels than a tile
    bool whole_tile;     // may be read from its planes and mask
    std::uint16_t next;  // rest of the same label
  };

  void keep(std::uint8_t label, const Span& span, bool whole_tile);
  void draw_rests(const PreparedFrame& frame, std::uint16_t first) const;

  const Frames& frames_;
  const LabelMap& labels_;
  std::array<std::uint16_t, FASTRTI_MAX_LABELS> first_;  // rest of each label
  std::array<Rest, kRests> rests_;
  std::uint16_t count_ = 0;
};

}  // namespace fastrti
