// How a kernel walks a run of pixels: tile by tile, the last one padded. Included inside the target region of each ISA.

#define FASTRTI_INLINE inline __attribute__((always_inline))

// Calls draw(start, pixels) for every tile of up to Tile pixels that shows some of the object; the others become zero.
template <int Tile, class Draw>
FASTRTI_INLINE void draw_tiles(const Span& span, Draw draw) {
  for (std::size_t start = 0; start < span.pixels; start += Tile) {
    const std::size_t pixels = span.pixels - start < Tile ? span.pixels - start : Tile;
    if (span.mask != nullptr && std::memchr(span.mask + start, 1, pixels) == nullptr) {
      std::memset(span.out + start * span.channels, 0, pixels * span.channels);  // background costs nothing
    } else {
      draw(start, pixels);
    }
  }
}

// The bytes of a tile; of the last, partial one only the `pixels` that exist are read, into `padded`.
template <int Tile>
FASTRTI_INLINE const std::uint8_t* tile_bytes(const std::uint8_t* bytes, std::size_t pixels,
                                              std::uint8_t (&padded)[Tile]) {
  if (pixels == Tile) return bytes;
  std::memset(padded, 0, Tile);
  std::memcpy(padded, bytes, pixels);
  return padded;
}
