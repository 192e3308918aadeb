// How a kernel walks a run of pixels. Included inside the target region of each ISA.

#define FASTRTI_INLINE inline __attribute__((always_inline))

template <int Tile, class Draw>
void draw_rest(const Span& span, std::size_t start, int planes, const Draw& draw);

// Calls draw(span, start) for every tile that shows some of the object; the others become zero. All tiles are whole:
// the span may be another one with a copy of the last pixels.
template <int Tile, class Draw>
void draw_tiles(const Span& span, int planes, const Draw& draw) {
  std::size_t start = 0;
  for (; start + Tile <= span.pixels; start += Tile) {
    if (span.mask != nullptr && std::memchr(span.mask + start, 1, Tile) == nullptr) {
      std::memset(span.out + start * span.channels, 0, Tile * span.channels);  // background costs nothing
    } else {
      draw(span, start);
    }
  }
  if (start < span.pixels) draw_rest<Tile>(span, start, planes, draw);
}

// The pixels after the last whole tile, as a tile in memory of its own: nothing beyond them is read or written.
template <int Tile, class Draw>
void draw_rest(const Span& span, std::size_t start, int planes, const Draw& draw) {
  const std::size_t pixels = span.pixels - start;
  std::uint8_t bytes[kMaxPlanes * Tile], mask[Tile] = {}, out[4 * Tile];
  std::memset(bytes, 0, planes * Tile);
  for (int k = 0; k < planes; ++k) std::memcpy(bytes + k * Tile, span.planes + k * span.plane_stride + start, pixels);
  if (span.mask != nullptr) std::memcpy(mask, span.mask + start, pixels);
  draw_tiles<Tile>({bytes, Tile, span.mask != nullptr ? mask : nullptr, out, span.channels, Tile}, planes, draw);
  std::memcpy(span.out + start * span.channels, out, pixels * span.channels);
}

// Asks for pixels some tiles before they are read, plane after plane: memory answers a few long runs up to twice as
// fast as the many short ones that tiles read.
class Prefetcher {
 public:
  // To be called for the tiles of a span from its first to its last.
  FASTRTI_INLINE void fetch(const Span& span, int planes, std::size_t start) {
    if (start % kLine != 0) return;
    const std::size_t first = (start / kRun + 1) * kRun, last = first + kRun < span.pixels ? first + kRun : span.pixels;
    if (first != first_) {
      first_ = next_ = first;
      plane_ = 0;
    }
    for (int lines = planes; lines > 0 && plane_ < planes && first < last; --lines) {
      __builtin_prefetch(span.planes + plane_ * span.plane_stride + next_);
      next_ += kLine;
      if (next_ >= last) {
        next_ = first;
        ++plane_;
      }
    }
  }

 private:
  static constexpr std::size_t kLine = 64, kRun = 2048;  // pixels; a run of 18 planes is nearly an L1 cache

  std::size_t first_ = 0, next_ = 0;  // the run of pixels asked for, and where in it
  int plane_ = 0;
};
