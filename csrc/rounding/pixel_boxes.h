// The pixels of an object in boxes of bytes. A bound over the boxes is a proof for this object, where one over all
// bytes holds for every object: the pixels of a real one fill a small part of the cube of bytes.
//
// The boxes are a tree: a divided one holds its two parts. So a bound is refined only where it is largest.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "rounding/error_bound.h"

namespace fastrti {

struct ObjectPixels {
  int planes;                 // K
  std::size_t count;          // pixels
  const std::uint8_t* bytes;  // (K, count)
  const std::uint8_t* mask;   // 0 of the pixels that are black in every picture, else 1; null: there are none of them
};

constexpr int kMostBoxes = 4096;

// Immutable. The boxes do not depend on the number of threads that make them.
class PixelBoxes {
 public:
  // networks: how many a frame has that may ask for a bound.
  PixelBoxes(const ObjectPixels& pixels, std::size_t networks, int threads);

  // The largest error of a colour over the pixels that are not masked, as error_bound. It is refined until it is below
  // the tolerance, as far as boxes and the time of a frame allow.
  double bound(const RoundedNetwork& network, double tolerance) const;

  // At most that many, and kMostBoxes: every pixel that is not masked lies in one of them.
  std::vector<ByteBox> boxes(int most) const;

 private:
  using Pixel = std::array<std::uint8_t, kMaxPlanes>;

  // How a box is divided: into `parts`, of pixels whose byte of `plane` is at most `last`, and the next box, of others.
  struct Division {
    int parts;  // itself: it is undivided, and `last` is 255
    std::uint8_t plane, last;
  };

  void divide(std::vector<Pixel> pixels);
  std::vector<Pixel> cover(const ObjectPixels& pixels, std::size_t stride, int threads);
  bool divided(int box) const { return divisions_[box].parts != box; }
  std::vector<int> first(int most) const;

  int planes_;
  std::size_t most_bounds_;  // of one network
  std::vector<Division> divisions_;
  std::vector<ByteBox> boxes_;  // of the same indices; the first one holds all
};

}  // namespace fastrti
