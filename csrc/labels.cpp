#include "labels.h"

#include <algorithm>
#include <cstring>

namespace fastrti {
namespace {

Span part_of(const Span& span, std::size_t start, std::size_t pixels) {
  Span part = span;
  part.planes += start;
  if (part.mask != nullptr) part.mask += start;
  part.out += start * static_cast<std::size_t>(span.channels);
  part.pixels = pixels;
  part.before += start;
  part.after += span.pixels - start - pixels;
  return part;
}

// Copies of a size that is known take a few instructions.
template <std::size_t Bytes>
inline void copy_pixels(const Span& span, int planes, std::uint8_t* bytes, std::size_t stride, std::uint8_t* mask) {
  for (int k = 0; k < planes; ++k) std::memcpy(bytes + k * stride, span.planes + k * span.plane_stride, Bytes);
  if (span.mask != nullptr) std::memcpy(mask, span.mask, Bytes);
}

void copy_all_pixels(const Span& span, int planes, std::uint8_t* bytes, std::size_t stride, std::uint8_t* mask) {
  for (int k = 0; k < planes; ++k) std::memcpy(bytes + k * stride, span.planes + k * span.plane_stride, span.pixels);
  if (span.mask != nullptr) std::memcpy(mask, span.mask, span.pixels);
}

// Of at least one byte; 16 at a time, the last ones together with some before them.
inline void copy_colours(std::uint8_t* to, const std::uint8_t* from, std::size_t bytes) {
  constexpr std::size_t kStep = 16;
  if (bytes < kStep) {
    std::memcpy(to, from, bytes);
    return;
  }
  for (std::size_t i = 0; i + kStep < bytes; i += kStep) std::memcpy(to + i, from + i, kStep);
  std::memcpy(to + bytes - kStep, from + bytes - kStep, kStep);
}

}  // namespace

LabelMap::LabelMap(const std::uint8_t* labels, std::size_t pixels)
    : labels_(labels), pixels_(pixels), equal_cells_((pixels + kCell - 1) / kCell) {
  for (std::size_t cell = equal_cells_.size(); cell-- > 0;) {
    const std::size_t start = cell * kCell, end = std::min(start + kCell, pixels);
    if (std::memcmp(labels + start, labels + start + 1, end - start - 1) != 0) continue;
    const bool goes_on = end < pixels && equal_cells_[cell + 1] > 0 && labels[end] == labels[start];
    equal_cells_[cell] = 1 + (goes_on ? equal_cells_[cell + 1] : 0);
  }
}

std::size_t LabelMap::run_end(std::size_t first, std::size_t end) const {
  std::size_t pixel = first;
  while (pixel < end && labels_[pixel] == labels_[first]) {
    const std::size_t cell = pixel / kCell;
    if (equal_cells_[cell] > 0) {
      pixel = (cell + equal_cells_[cell]) * kCell;
    } else {
      const std::size_t cell_end = std::min((cell + 1) * kCell, end), stop = mixed_end(pixel, cell_end);
      if (stop < cell_end) return stop;
      pixel = stop;
    }
  }
  return std::min(pixel, end);
}

// Eight labels at a time.
std::size_t LabelMap::mixed_end(std::size_t first, std::size_t end) const {
  const std::uint64_t wanted = 0x0101010101010101u * labels_[first];
  std::size_t pixel = first;
  for (std::uint64_t eight; pixel + sizeof eight <= end; pixel += sizeof eight) {
    std::memcpy(&eight, labels_ + pixel, sizeof eight);
    if (eight != wanted) break;
  }
  while (pixel < end && labels_[pixel] == labels_[first]) ++pixel;
  return pixel;
}

void LabelledDrawing::draw(std::size_t first, const Span& span) {
  const std::size_t end = first + span.pixels;
  for (std::size_t pixel = first, stop; pixel < end; pixel = stop) {
    stop = labels_.run_end(pixel, end);
    const std::uint8_t label = labels_.at(pixel);
    const std::size_t rest = (stop - pixel) % kTile, tiles = stop - pixel - rest;
    if (tiles > 0) frames_[label].draw(part_of(span, pixel - first, tiles));
    if (rest > 0) keep(label, part_of(span, pixel + tiles - first, rest), pixel + tiles + kTile <= labels_.pixels());
  }
}

void LabelledDrawing::keep(std::uint8_t label, const Span& span, bool whole_tile) {
  if (count_ == kRests) finish();
  for (int k = 0; k < frames_.front().planes() && kAhead < span.pixels + span.after; ++k) {
    __builtin_prefetch(span.planes + k * span.plane_stride + kAhead);
  }
  rests_[count_] = {span, whole_tile, first_[label]};
  first_[label] = count_++;
}

void LabelledDrawing::finish() {
  for (std::size_t label = 0; label < frames_.size(); ++label) {
    if (first_[label] != kNone) draw_rests(frames_[label], first_[label]);
    first_[label] = kNone;
  }
  count_ = 0;
}

void LabelledDrawing::draw_rests(const PreparedFrame& frame, std::uint16_t first) const {
  constexpr std::size_t kPixels = 8 * kTile, kStride = kPixels + kTile;  // a copy may end one tile later
  const Span& like = rests_[first].span;
  const auto channels = static_cast<std::size_t>(like.channels);
  const int planes = frame.planes();
  std::uint8_t bytes[kMaxPlanes * kStride], mask[kStride], out[4 * kPixels];
  while (first != kNone) {
    std::size_t pixels = 0;
    std::uint16_t stop = first;
    for (; stop != kNone && pixels + rests_[stop].span.pixels <= kPixels; stop = rests_[stop].next) {
      const Rest& rest = rests_[stop];
      const Span& span = rest.span;
      std::uint8_t* const gathered = bytes + pixels;
      if (!rest.whole_tile) {
        copy_all_pixels(span, planes, gathered, kStride, mask + pixels);
      } else if (span.pixels > kTile / 2) {
        copy_pixels<kTile>(span, planes, gathered, kStride, mask + pixels);
      } else {
        copy_pixels<kTile / 2>(span, planes, gathered, kStride, mask + pixels);
      }
      pixels += span.pixels;
    }
    frame.draw({bytes, kStride, like.mask == nullptr ? nullptr : mask, out, like.channels, pixels});
    const std::uint8_t* drawn = out;
    for (; first != stop; first = rests_[first].next) {
      const Span& span = rests_[first].span;
      copy_colours(span.out, drawn, channels * span.pixels);
      drawn += channels * span.pixels;
    }
  }
}

}  // namespace fastrti
