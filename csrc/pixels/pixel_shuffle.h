// How pshufb spreads 16 pixels of C separate channels over 16 C bytes of interleaved pixels.
#pragma once

#include <cstdint>

namespace fastrti {

// from[j][c]: for each byte of the j-th 16 bytes of pixels, the pixel of channel c it holds, or 0x80 (pshufb writes 0).
template <int C>
struct PixelShuffle {
  alignas(16) std::uint8_t from[C][C][16];
};

template <int C>
constexpr PixelShuffle<C> make_pixel_shuffle() {
  PixelShuffle<C> shuffle{};
  for (int j = 0; j < C; ++j) {
    for (int c = 0; c < C; ++c) {
      for (int i = 0; i < 16; ++i) {
        const int byte = 16 * j + i;
        shuffle.from[j][c][i] = static_cast<std::uint8_t>(byte % C == c ? byte / C : 0x80);
      }
    }
  }
  return shuffle;
}

template <int C>
constexpr PixelShuffle<C> kPixelShuffle = make_pixel_shuffle<C>();

}  // namespace fastrti
