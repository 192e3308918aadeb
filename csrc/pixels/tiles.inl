// How a kernel walks a run of pixels. Included inside the target region of each ISA.

#define FASTRTI_INLINE inline __attribute__((always_inline))

template <int Tile, class Draw>
void draw_few(const Span& span, int planes, const Draw& draw);

// Calls draw(span, start) for every tile that shows some of the object; the others become zero. All tiles are whole:
// the last one may begin inside of the one before it. The span may be another one with a copy of too few pixels.
template <int Tile, class Draw>
void draw_tiles(const Span& span, int planes, const Draw& draw) {
  if (span.pixels < Tile) return draw_few<Tile>(span, planes, draw);
  for (std::size_t next = 0; next < span.pixels; next += Tile) {
    const std::size_t start = next + Tile <= span.pixels ? next : span.pixels - Tile;
    if (span.mask != nullptr && std::memchr(span.mask + start, 1, Tile) == nullptr) {
      std::memset(span.out + start * span.channels, 0, Tile * span.channels);  // background costs nothing
    } else {
      draw(span, start);
    }
  }
}

// Fewer pixels than a tile, as a tile in memory of its own: nothing beyond them is read or written.
template <int Tile, class Draw>
void draw_few(const Span& span, int planes, const Draw& draw) {
  std::uint8_t bytes[kMaxPlanes * Tile], mask[Tile] = {}, out[4 * Tile];
  std::memset(bytes, 0, planes * Tile);
  for (int k = 0; k < planes; ++k) std::memcpy(bytes + k * Tile, span.planes + k * span.plane_stride, span.pixels);
  if (span.mask != nullptr) std::memcpy(mask, span.mask, span.pixels);
  draw_tiles<Tile>({bytes, Tile, span.mask != nullptr ? mask : nullptr, out, span.channels, Tile}, planes, draw);
  std::memcpy(span.out, out, span.pixels * span.channels);
}

// Asks for pixels some tiles before they are read, plane after plane: memory answers a few long runs up to twice as
// fast as the many short ones that tiles read. To be called for every tile of a span. The spans of one row ask together
// for its runs.
FASTRTI_INLINE void fetch_ahead(const Span& span, int planes, std::size_t start) {
  constexpr std::size_t kLine = 64, kRun = 2048, kLines = kRun / kLine;  // a run of 18 planes is nearly an L1 cache
  if (start % kLine != 0) return;
  const std::size_t place = span.before + start, next = (place / kRun + 1) * kRun;
  const std::size_t end = span.before + span.pixels + span.after;
  if (next >= end) return;
  const std::size_t first = place % kRun / kLine * static_cast<std::size_t>(planes);  // of the lines of all planes
  const std::size_t lines = end - next < kRun ? (end - next + kLine - 1) / kLine : kLines;
  std::size_t line = first % kLines;
  const std::uint8_t* plane =
      span.planes + (next - span.before) + static_cast<std::ptrdiff_t>(first / kLines) * span.plane_stride;
  for (int i = 0; i < planes; ++i) {
    if (line < lines) __builtin_prefetch(plane + line * kLine);
    if (++line == kLines) {
      line = 0;
      plane += span.plane_stride;
    }
  }
}
