#include "rounding/pixel_boxes.h"

#include <algorithm>
#include <queue>
#include <utility>

#include "machine/thread_pool.h"

namespace fastrti {
namespace {

constexpr std::size_t kSample = 1 << 17;      // pixels that say where boxes are divided
constexpr int kTile = 64;                     // pixels that go down the tree side by side
constexpr std::size_t kRuns = 16;             // of tiles, which threads take one by one
constexpr std::size_t kStride = 8;            // of the tiles that are searched for what lies far from the sample
constexpr std::size_t kPixelsPerBound = 256;  // bounding a box takes as long as drawing some hundred pixels
constexpr std::size_t kLeastBounds = 64, kMostBounds = 2048;
constexpr double kHopeless = 1.5;  // a bound so many times the tolerance after the least number of them

ByteBox empty_box() {
  ByteBox box;
  box.low.fill(255);
  box.high.fill(0);
  return box;
}

template <class Bytes>
void extend(ByteBox& box, const Bytes& low, const Bytes& high) {
  for (int k = 0; k < kMaxPlanes; ++k) {
    box.low[k] = std::min(box.low[k], low[k]);
    box.high[k] = std::max(box.high[k], high[k]);
  }
}

template <class Bytes>
bool contains(const ByteBox& box, const Bytes& bytes) {
  int outside = 0;
  for (int k = 0; k < kMaxPlanes; ++k) outside |= int{bytes[k] < box.low[k]} | int{bytes[k] > box.high[k]};
  return outside == 0;
}

int width(const ByteBox& box, int plane) { return box.high[plane] - box.low[plane]; }

int widest_plane(const ByteBox& box, int planes) {
  int widest = 0;
  for (int k = 1; k < planes; ++k) widest = width(box, k) > width(box, widest) ? k : widest;
  return widest;
}

using Pixel = std::array<std::uint8_t, kMaxPlanes>;

// The pixels of a tile that are not masked; how many they are.
int read_tile(const ObjectPixels& pixels, std::size_t start, Pixel* found) {
  const int size = static_cast<int>(std::min<std::size_t>(kTile, pixels.count - start));
  std::fill_n(found, size, Pixel{});
  for (int k = 0; k < pixels.planes; ++k) {
    const std::uint8_t* bytes = pixels.bytes + k * pixels.count + start;
    for (int i = 0; i < size; ++i) found[i][k] = bytes[i];
  }
  if (pixels.mask == nullptr) return size;
  int count = 0;
  for (int i = 0; i < size; ++i) {
    if (pixels.mask[start + i] != 0) found[count++] = found[i];
  }
  return count;
}

}  // namespace

// Boxes are divided by a sample of the pixels, then made to hold all of them. What lies far from the sample would make
// them wide, so they are divided once more with the pixels that did.
PixelBoxes::PixelBoxes(const ObjectPixels& pixels, std::size_t networks, int threads)
    : planes_(pixels.planes),
      most_bounds_(std::clamp(pixels.count / kPixelsPerBound, kLeastBounds, kMostBounds) / networks) {
  const std::size_t stride = (pixels.count + kSample - 1) / kSample;
  std::vector<Pixel> sample;
  for (std::size_t i = 0; i < pixels.count; i += stride) {
    if (pixels.mask != nullptr && pixels.mask[i] == 0) continue;
    Pixel& pixel = sample.emplace_back();
    for (int k = 0; k < planes_; ++k) pixel[k] = pixels.bytes[k * pixels.count + i];
  }
  divide(sample);
  if (stride > 1) {
    const std::vector<Pixel> outside = cover(pixels, kStride, threads);
    sample.insert(sample.end(), outside.begin(), outside.end());
    divide(std::move(sample));
    cover(pixels, 1, threads);
  }
}

// The widest box is divided next, in the middle of its widest side.
void PixelBoxes::divide(std::vector<Pixel> pixels) {
  struct Run {
    Pixel *first, *end;
  };
  std::vector<Run> runs;
  std::priority_queue<std::pair<int, int>> widest;  // (width, box)
  divisions_.clear();
  boxes_.clear();
  const auto add = [&](Pixel* first, Pixel* end) {
    ByteBox box = empty_box();
    for (const Pixel* pixel = first; pixel != end; ++pixel) extend(box, *pixel, *pixel);
    widest.emplace(width(box, widest_plane(box, planes_)), static_cast<int>(boxes_.size()));
    divisions_.push_back({static_cast<int>(boxes_.size()), 0, 255});
    boxes_.push_back(box);
    runs.push_back({first, end});
  };
  add(pixels.data(), pixels.data() + pixels.size());
  for (int count = 1; count < kMostBoxes && widest.top().first > 0; ++count) {
    const int index = widest.top().second;
    widest.pop();
    const int plane = widest_plane(boxes_[index], planes_);
    const auto last = static_cast<std::uint8_t>((boxes_[index].low[plane] + boxes_[index].high[plane]) / 2);
    const auto [first, end] = runs[index];
    Pixel* const middle = std::partition(first, end, [&](const Pixel& pixel) { return pixel[plane] <= last; });
    divisions_[index] = {static_cast<int>(boxes_.size()), static_cast<std::uint8_t>(plane), last};
    add(first, middle);
    add(middle, end);
  }
}

// Extends the boxes to the pixels of every stride-th tile; returns those that did it.
std::vector<PixelBoxes::Pixel> PixelBoxes::cover(const ObjectPixels& pixels, std::size_t stride, int threads) {
  struct Run {
    std::vector<ByteBox> boxes;
    std::vector<Pixel> outside;
  };
  std::vector<Run> runs(kRuns);
  for (Run& run : runs) {
    run.boxes = boxes_;
    run.outside.reserve(kSample / kRuns);
  }
  const std::size_t tiles = (pixels.count + kTile - 1) / kTile;
  ThreadPool::shared().run(kRuns, threads, [&](std::size_t number) {
    auto& [boxes, outside] = runs[number];
    for (std::size_t tile = number * tiles / kRuns; tile < (number + 1) * tiles / kRuns; tile += stride) {
      Pixel found[kTile];
      const int count = read_tile(pixels, tile * kTile, found);
      int at[kTile] = {};
      for (int moved = 1; moved != 0;) {
        moved = 0;
        for (int i = 0; i < count; ++i) {
          const Division& division = divisions_[at[i]];
          const int next = division.parts + (found[i][division.plane] > division.last);
          moved |= next ^ at[i];
          at[i] = next;
        }
      }
      for (int i = 0; i < count; ++i) {
        if (contains(boxes[at[i]], found[i])) continue;
        extend(boxes[at[i]], found[i], found[i]);
        if (outside.size() < kSample / kRuns) outside.push_back(found[i]);
      }
    }
  });
  std::vector<Pixel> outside;
  for (const Run& run : runs) {
    for (std::size_t i = 0; i < boxes_.size(); ++i) extend(boxes_[i], run.boxes[i].low, run.boxes[i].high);
    outside.insert(outside.end(), run.outside.begin(), run.outside.end());
  }
  for (int i = static_cast<int>(boxes_.size()); i-- > 0;) {  // parts follow what was divided into them
    if (!divided(i)) continue;
    for (const int part : {divisions_[i].parts, divisions_[i].parts + 1}) {
      extend(boxes_[i], boxes_[part].low, boxes_[part].high);
    }
  }
  return outside;
}

// The boxes that the first divisions left.
std::vector<int> PixelBoxes::first(int most) const {
  const int made = std::min(2 * most - 1, static_cast<int>(boxes_.size()));
  std::vector<int> found;
  for (int i = 0; i < made; ++i) {
    if (!divided(i) || divisions_[i].parts >= made) found.push_back(i);
  }
  return found;
}

std::vector<ByteBox> PixelBoxes::boxes(int most) const {
  std::vector<ByteBox> found;
  for (const int i : first(most)) found.push_back(boxes_[i]);
  return found;
}

double PixelBoxes::bound(const RoundedNetwork& network, double tolerance) const {
  if (boxes_[0].low[0] > boxes_[0].high[0]) return 0;  // all are masked
  std::priority_queue<std::pair<double, int>> bounds;
  bool refinable = true;
  std::vector<int> next = first(kBoxes);
  for (std::size_t spent = 0;;) {
    const ByteBox* boxes[kBoxes];
    for (std::size_t i = 0; i < kBoxes; ++i) boxes[i] = &boxes_[next[std::min(i, next.size() - 1)]];
    double found[kBoxes];
    error_bounds(network, boxes, found);
    for (std::size_t i = 0; i < next.size(); ++i) {
      bounds.emplace(found[i], next[i]);
      refinable &= found[i] < tolerance || divided(next[i]);
    }
    spent += kBoxes;
    const double worst = bounds.top().first;
    const std::size_t most = worst < kHopeless * tolerance ? most_bounds_ : std::min(kLeastBounds, most_bounds_);
    if (worst < tolerance || !refinable || spent >= most) return worst;
    next.clear();
    while (next.size() < kBoxes && !bounds.empty() && bounds.top().first >= tolerance) {
      const int parts = divisions_[bounds.top().second].parts;
      bounds.pop();
      next.insert(next.end(), {parts, parts + 1});
    }
  }
}

}  // namespace fastrti
