#include "relight.h"

#include <algorithm>

#include "machine/thread_pool.h"

namespace fastrti {
namespace {

// Pixels a thread takes at a time: 0.05 ms of work or more, some hundred chunks in a photograph. Without hidden layers
// they cost less, and the first ones of a chunk cannot be asked for ahead.
constexpr std::size_t kChunkPixels = 16384, kLinearChunkPixels = 65536;

// A region without gaps between its rows is one long row: no padded tile at the end of each.
Picture joined_rows(Picture picture) {
  const auto width = static_cast<std::ptrdiff_t>(picture.width);
  if (picture.row_stride == width && picture.out_stride == picture.channels * width) {
    picture.width *= picture.height;
    picture.height = 1;
  }
  return picture;
}

Span span_at(const Picture& picture, std::size_t row, std::size_t column, std::size_t pixels) {
  const auto offset = static_cast<std::ptrdiff_t>(row) * picture.row_stride + static_cast<std::ptrdiff_t>(column);
  const auto out =
      static_cast<std::ptrdiff_t>(row) * picture.out_stride + picture.channels * static_cast<std::ptrdiff_t>(column);
  const std::uint8_t* mask = picture.mask == nullptr ? nullptr : picture.mask + offset;
  return {picture.planes + offset, picture.plane_stride, mask, picture.out + out, picture.channels, pixels};
}

// Draws a span run by run. `first`: the number of its first pixel in the picture.
void draw_runs(const Frames& frames, const LabelMap& labels, std::size_t first, const Span& span) {
  const LabelRun* run = labels.run_at(first);
  for (std::size_t start = 0, end; start < span.pixels; start = end, ++run) {
    end = std::min<std::size_t>(run->end - first, span.pixels);
    Span part = span;
    part.planes += start;
    if (part.mask != nullptr) part.mask += start;
    part.out += start * static_cast<std::size_t>(span.channels);
    part.pixels = end - start;
    part.before = start;
    part.after = span.pixels - end;
    frames[run->label].draw(part);
  }
}

}  // namespace

void relight(const Frames& frames, const Picture& region, int threads) {
  if (region.height == 0 || region.width == 0) return;
  const Picture picture = joined_rows(region);
  const std::size_t chunk_pixels = frames.front().linear() ? kLinearChunkPixels : kChunkPixels;
  // A chunk is a piece of one long row, or several short rows.
  const std::size_t pieces = (picture.width + chunk_pixels - 1) / chunk_pixels;
  const std::size_t rows = std::max<std::size_t>(1, chunk_pixels / picture.width);
  const std::size_t groups = (picture.height + rows - 1) / rows;
  ThreadPool::shared().run(pieces * groups, threads, [&](std::size_t chunk) {
    const std::size_t first = chunk / pieces * rows;
    const std::size_t column = chunk % pieces * chunk_pixels;
    const std::size_t pixels = std::min(chunk_pixels, picture.width - column);
    const std::size_t last = std::min(first + rows, picture.height);
    for (std::size_t row = first; row < last; ++row) {
      const Span span = span_at(picture, row, column, pixels);
      if (picture.labels == nullptr) {
        frames.front().draw(span);
      } else {
        const std::size_t pixel = picture.first + row * static_cast<std::size_t>(picture.row_stride) + column;
        draw_runs(frames, *picture.labels, pixel, span);
      }
    }
  });
}

}  // namespace fastrti
