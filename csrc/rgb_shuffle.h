// How pshufb spreads 16 pixels of three separate channels over 48 bytes of RGB.
#pragma once

#include <cstdint>

namespace fastrti {

// from[j][c]: for each byte of the j-th 16 bytes of RGB, the pixel of channel c it holds, or 0x80 (pshufb writes 0).
struct RgbShuffle {
  alignas(16) std::uint8_t from[3][3][16];
};

constexpr RgbShuffle make_rgb_shuffle() {
  RgbShuffle shuffle{};
  for (int j = 0; j < 3; ++j) {
    for (int c = 0; c < 3; ++c) {
      for (int i = 0; i < 16; ++i) {
        const int byte = 16 * j + i;
        shuffle.from[j][c][i] = static_cast<std::uint8_t>(byte % 3 == c ? byte / 3 : 0x80);
      }
    }
  }
  return shuffle;
}

constexpr RgbShuffle kRgbShuffle = make_rgb_shuffle();

}  // namespace fastrti
