// The kernel, once for all instruction sets. Included by each relight_<isa>.cpp inside its target region and an
// anonymous namespace, after a trait V that offers:
//
//     Vec                        a vector of float32, one pixel a lane, with the operators + - *
//     kLanes, kVectors           lanes of a Vec; Vecs of a tile, the pixels computed together
//     set1, load, store          load and store: 64-byte aligned
//     fma(a, b, c)               a b + c
//     min(a, b), max(a, b)       b where a is NaN
//     shifted_one(n)             1.0f with the bits of n, shifted left by 23, added to its own
//     load_bytes(bytes, x)       the tile's bytes to floats, in any order of pixels ...
//     store_pixels(y, out)       ... that this undoes: y[C][kVectors] in [0, 256), truncated; C = 3 or 4 bytes a pixel
//
// A tile's activations live in L1, one row of kTile floats a unit. NaN, which only overflow can bring, counts as 0.

#include "tiles.inl"

template <class V>
constexpr int kTile = V::kLanes* V::kVectors;

// expm1 for t <= 0 and t itself above: e^t - 1 = s p + (s - 1), with s = 2^n, n = round(t / ln 2), and p = e^f - 1 for
// the rest |f| <= ln 2 / 2 as f + f^2 q(f). q is the cubic of least relative error of p: 4.5e-7. Exact near 0, so that
// no following weight can magnify a rounding error of 1.
struct Elu {
  template <class V>
  static FASTRTI_INLINE typename V::Vec apply(typename V::Vec t) {
    const auto one = V::set1(1.0f), round = V::set1(12582912.0f);      // 1.5 * 2^23 has no fraction: adding it rounds
    const auto m = V::max(V::min(t, V::set1(0.0f)), V::set1(-87.0f));  // e^-87: s stays a normal number
    const auto shifted = V::fma(m, V::set1(1.44269504f), round);       // n in the low bits
    const auto f = V::fma(shifted - round, V::set1(-0.693147181f), m);
    auto q = V::fma(f, V::set1(0.008338073f), V::set1(0.041872608f));
    q = V::fma(q, f, V::set1(0.16666831f));
    q = V::fma(q, f, V::set1(0.49999402f));
    const auto p = V::fma(f * f, q, f);
    const auto s = V::shifted_one(shifted);
    return V::max(t, V::fma(s, p, s - one));
  }
};

struct Relu {
  template <class V>
  static FASTRTI_INLINE typename V::Vec apply(typename V::Vec t) {
    return V::max(t, V::set1(0.0f));
  }
};

// y = W x + b for one block of rows: x holds `inputs` rows of a tile, weights are in the packed order.
template <class V, int Rows>
FASTRTI_INLINE void affine(const float* __restrict weights, const float* __restrict bias, const float* __restrict x,
                           int inputs, typename V::Vec (&y)[Rows][V::kVectors]) {
  for (int m = 0; m < Rows; ++m) {
    for (int v = 0; v < V::kVectors; ++v) y[m][v] = V::set1(bias[m]);
  }
  for (int k = 0; k < inputs; ++k) {
    typename V::Vec a[V::kVectors];
    for (int v = 0; v < V::kVectors; ++v) a[v] = V::load(x + k * kTile<V> + v * V::kLanes);
    for (int m = 0; m < Rows; ++m) {
      const auto w = V::set1(weights[k * Rows + m]);
      for (int v = 0; v < V::kVectors; ++v) y[m][v] = V::fma(w, a[v], y[m][v]);
    }
  }
}

template <class V, class Phi, int Rows>
FASTRTI_INLINE void hidden_block(const float* weights, const float* bias, const float* x, int inputs, float* out) {
  typename V::Vec y[Rows][V::kVectors];
  affine<V, Rows>(weights, bias, x, inputs, y);
  for (int m = 0; m < Rows; ++m) {
    for (int v = 0; v < V::kVectors; ++v) {
      V::store(out + m * kTile<V> + v * V::kLanes, Phi::template apply<V>(y[m][v]));
    }
  }
}

template <class V, class Phi>
void hidden_layer(const PackedLayer& layer, const float* x, float* out) {
  const float* weights = layer.weights;
  for (int first = 0, rows; first < layer.outputs; first += rows) {
    rows = block_rows(layer.outputs - first);
    const float* bias = layer.bias + first;
    float* y = out + first * kTile<V>;
    static_assert(kBlockRows == 6, "one case for each size of a block");
    switch (rows) {
      case 1:
        hidden_block<V, Phi, 1>(weights, bias, x, layer.inputs, y);
        break;
      case 2:
        hidden_block<V, Phi, 2>(weights, bias, x, layer.inputs, y);
        break;
      case 3:
        hidden_block<V, Phi, 3>(weights, bias, x, layer.inputs, y);
        break;
      case 4:
        hidden_block<V, Phi, 4>(weights, bias, x, layer.inputs, y);
        break;
      case 5:
        hidden_block<V, Phi, 5>(weights, bias, x, layer.inputs, y);
        break;
      case 6:
        hidden_block<V, Phi, 6>(weights, bias, x, layer.inputs, y);
        break;
    }
    weights += rows * layer.inputs;
  }
}

// Bytes of the colours y in [0, 1], and with four channels alpha. `mask` is null or a tile of floats.
template <class V, int Channels>
FASTRTI_INLINE void store_colours(const typename V::Vec (&y)[3][V::kVectors], const float* mask, std::uint8_t* out) {
  typename V::Vec levels[Channels][V::kVectors];
  for (int v = 0; v < V::kVectors; ++v) {
    const auto alpha = mask == nullptr ? V::set1(255.0f) : V::load(mask + v * V::kLanes) * V::set1(255.0f);
    for (int c = 0; c < Channels; ++c) levels[c][v] = c < 3 ? V::fma(y[c][v], alpha, V::set1(0.5f)) : alpha;
  }
  V::store_pixels(levels, out);
}

// The last layer and what follows it: base colour, mask, bytes. `base` and `mask` are null or tiles of floats.
template <class V>
FASTRTI_INLINE void output_layer(const PackedLayer& layer, const float* x, const float* base, const float* mask,
                                 int channels, std::uint8_t* out) {
  typename V::Vec y[3][V::kVectors];
  affine<V, 3>(layer.weights, layer.bias, x, layer.inputs, y);
  for (int c = 0; c < 3; ++c) {
    for (int v = 0; v < V::kVectors; ++v) {
      auto t = y[c][v];
      if (base != nullptr) t = t * (V::load(base + c * kTile<V> + v * V::kLanes) * V::set1(1.0f / 255.0f));
      y[c][v] = V::min(V::max(t, V::set1(0.0f)), V::set1(1.0f));
    }
  }
  if (channels == 4) {
    store_colours<V, 4>(y, mask, out);
  } else {
    store_colours<V, 3>(y, mask, out);
  }
}

// A tile of a byte plane as floats.
template <class V>
FASTRTI_INLINE void load_plane(const std::uint8_t* bytes, std::size_t pixels, float* x) {
  std::uint8_t padded[kTile<V>];
  V::load_bytes(tile_bytes(bytes, pixels, padded), x);
}

// The hidden layers of the tile whose planes are at z; returns the inputs of the output layer. They lie in front of the
// planes, the last one next to them: [h1, h2, v], so that an output layer with a skip reads [h2, v].
template <class V, class Phi>
FASTRTI_INLINE const float* hidden_layers(const Frame& frame, float* z) {
  const float* x = z;
  float* y = z - frame.hidden_outputs * kTile<V>;
  for (int i = 0; i < frame.hidden; ++i) {
    hidden_layer<V, Phi>(frame.layers[i], x, y);
    x = y;
    y += frame.layers[i].outputs * kTile<V>;
  }
  return x;
}

// A tile from bytes to bytes. `rows` is memory for its activations, planes and mask.
template <class V, class Phi>
FASTRTI_INLINE void relight_tile(const Frame& frame, const Span& span, std::size_t start, std::size_t pixels,
                                 float* rows) {
  constexpr int T = kTile<V>;
  float* const z = rows + kMaxHidden * kMaxWidth * T;
  float* const mask = span.mask == nullptr ? nullptr : z + kMaxPlanes * T;
  for (int k = 0; k < frame.planes; ++k) {
    load_plane<V>(span.planes + k * span.plane_stride + start, pixels, z + k * T);
  }
  if (mask != nullptr) load_plane<V>(span.mask + start, pixels, mask);
  const float* x = hidden_layers<V, Phi>(frame, z);
  std::uint8_t padded[4 * T];
  std::uint8_t* const out = span.out + start * span.channels;
  output_layer<V>(frame.layers[frame.hidden], x, frame.base ? z : nullptr, mask, span.channels,
                  pixels < T ? padded : out);
  if (pixels < T) std::memcpy(out, padded, pixels * span.channels);
}

template <class V, class Phi>
void relight_pixels(const Frame& frame, const Span& span) {
  constexpr int T = kTile<V>;
  alignas(64) float rows[(kMaxHidden * kMaxWidth + kMaxPlanes + 1) * T];
  draw_tiles<T>(span, [&](std::size_t start, std::size_t pixels) {
    relight_tile<V, Phi>(frame, span, start, pixels, rows);
  });
}

template <class V>
void relight_span(const Frame& frame, const Span& span) {
  if (frame.activation == Activation::kElu) {
    relight_pixels<V, Elu>(frame, span);
  } else {
    relight_pixels<V, Relu>(frame, span);
  }
}
