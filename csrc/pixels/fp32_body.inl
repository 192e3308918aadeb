// The kernel in float32, once for all instruction sets. Included by each fp32_<isa>.cpp inside its target region and an
// anonymous namespace, after a trait V that offers:
//
//     Vec                        a vector of float32, one pixel a lane, with the operators + - *
//     kLanes, kVectors           lanes of a Vec; Vecs of a tile, the pixels computed together
//     set1, load, store          load and store: 64-byte aligned
//     fma(a, b, c)               a b + c
//     min(a, b), max(a, b)       b where a is NaN
//     shifted_one(n)             1.0f with the bits of n, shifted left by 23, added to its own
//     load_bytes(bytes, x)       the tile's bytes to x[kVectors], in any order of pixels ...
//     store_pixels(y, out)       ... that this undoes: y[C][kVectors] in [0, 256), truncated; C = 3 or 4 bytes a pixel
//
// A tile's hidden activations live in L1, one row of kTile floats a unit; without hidden layers nothing leaves the
// registers. NaN, which only overflow can bring, counts as 0.

#include "pixels/tiles.inl"

template <class V>
constexpr int kTile = V::kLanes * V::kVectors;

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
void hidden_layer(const PackedFp32Layer& layer, const float* x, float* out) {
  const float* weights = layer.weights;
  for (int first = 0, rows; first < layer.outputs; first += rows) {
    rows = fp32_block_rows(layer.outputs - first);
    const float* bias = layer.bias + first;
    float* y = out + first * kTile<V>;
    static_assert(kFp32BlockRows == 6, "one case for each size of a block");
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

// y times the base colour.
template <class V>
FASTRTI_INLINE void multiply_base(const Span& span, std::size_t start, typename V::Vec (&y)[3][V::kVectors]) {
  for (int c = 0; c < 3; ++c) {
    typename V::Vec base[V::kVectors];
    V::load_bytes(span.planes + c * span.plane_stride + start, base);
    for (int v = 0; v < V::kVectors; ++v) y[c][v] = y[c][v] * (base[v] * V::set1(1.0f / 255.0f));
  }
}

// 255 on the object, 0 beside it.
template <class V>
FASTRTI_INLINE void load_alpha(const Span& span, std::size_t start, typename V::Vec (&alpha)[V::kVectors]) {
  if (span.mask != nullptr) V::load_bytes(span.mask + start, alpha);
  for (int v = 0; v < V::kVectors; ++v) alpha[v] = V::set1(255.0f) * (span.mask != nullptr ? alpha[v] : V::set1(1.0f));
}

template <class V, int Channels>
FASTRTI_INLINE void store_colours(const Span& span, std::size_t start, const typename V::Vec (&y)[3][V::kVectors]) {
  typename V::Vec alpha[V::kVectors], levels[Channels][V::kVectors];
  load_alpha<V>(span, start, alpha);
  for (int v = 0; v < V::kVectors; ++v) {
    for (int c = 0; c < 3; ++c) {
      const auto colour = V::min(V::max(y[c][v], V::set1(0.0f)), V::set1(1.0f));
      levels[c][v] = V::fma(colour, alpha[v], V::set1(0.5f));
    }
    if (Channels == 4) levels[Channels - 1][v] = alpha[v];
  }
  V::store_pixels(levels, span.out + start * Channels);
}

// What follows the last layer: base colour, mask, bytes.
template <class V>
FASTRTI_INLINE void finish_tile(const Fp32Frame& frame, const Span& span, std::size_t start,
                                typename V::Vec (&y)[3][V::kVectors]) {
  if (frame.base_colour) multiply_base<V>(span, start, y);
  if (span.channels == 4) {
    store_colours<V, 4>(span, start, y);
  } else {
    store_colours<V, 3>(span, start, y);
  }
}

// The hidden layers of the tile whose planes are at z; returns the inputs of the output layer. They lie in front of the
// planes, the last one next to them: [h1, h2, v], so that an output layer with a skip reads [h2, v].
template <class V, class Phi>
FASTRTI_INLINE const float* hidden_layers(const Fp32Frame& frame, float* z) {
  const float* x = z;
  float* y = z - frame.hidden_outputs * kTile<V>;
  for (int i = 0; i < frame.hidden; ++i) {
    hidden_layer<V, Phi>(frame.layers[i], x, y);
    x = y;
    y += frame.layers[i].outputs * kTile<V>;
  }
  return x;
}

// A tile from bytes to bytes through hidden layers. `rows` is memory for its activations and planes.
template <class V, class Phi>
FASTRTI_INLINE void relight_tile(const Fp32Frame& frame, const Span& span, std::size_t start, float* rows) {
  float* const z = rows + kMaxHidden * kMaxWidth * kTile<V>;
  for (int k = 0; k < frame.planes; ++k) {
    typename V::Vec x[V::kVectors];
    V::load_bytes(span.planes + k * span.plane_stride + start, x);
    for (int v = 0; v < V::kVectors; ++v) V::store(z + k * kTile<V> + v * V::kLanes, x[v]);
  }
  const float* x = hidden_layers<V, Phi>(frame, z);
  const PackedFp32Layer& output = frame.layers[frame.hidden];
  typename V::Vec y[3][V::kVectors];
  affine<V, 3>(output.weights, output.bias, x, output.inputs, y);
  finish_tile<V>(frame, span, start, y);
}

template <class V, class Phi>
void relight_pixels(const Fp32Frame& frame, const Span& span) {
  constexpr int T = kTile<V>;
  alignas(64) float rows[(kMaxHidden * kMaxWidth + kMaxPlanes) * T];
  draw_tiles<T>(span, frame.planes,
                [&](const Span& from, std::size_t start) { relight_tile<V, Phi>(frame, from, start, rows); });
}

template <class V>
FASTRTI_INLINE void add_scaled(float weight, const typename V::Vec (&x)[V::kVectors],
                               typename V::Vec (&y)[V::kVectors]) {
  for (int v = 0; v < V::kVectors; ++v) y[v] = V::fma(V::set1(weight), x[v], y[v]);
}

// Adds a plane to the channels it reaches.
template <class V>
FASTRTI_INLINE void add_plane(Reach reach, const float* weights, const std::uint8_t* plane,
                              typename V::Vec (&y)[3][V::kVectors]) {
  typename V::Vec x[V::kVectors];
  V::load_bytes(plane, x);
  switch (reach) {
    case Reach::kRed:
      return add_scaled<V>(weights[0], x, y[0]);
    case Reach::kGreen:
      return add_scaled<V>(weights[1], x, y[1]);
    case Reach::kBlue:
      return add_scaled<V>(weights[2], x, y[2]);
    case Reach::kAll:
      for (int c = 0; c < 3; ++c) add_scaled<V>(weights[c], x, y[c]);
      return;
    case Reach::kNone:
      return;
  }
}

// A tile from bytes to bytes without hidden layers.
template <class V>
FASTRTI_INLINE void relight_linear_tile(const Fp32Frame& frame, const Span& span, std::size_t start) {
  const PackedFp32Layer& output = frame.layers[0];
  typename V::Vec y[3][V::kVectors];
  for (int c = 0; c < 3; ++c) {
    for (int v = 0; v < V::kVectors; ++v) y[c][v] = V::set1(output.bias[c]);
  }
  for (int k = 0; k < frame.planes; ++k) {
    add_plane<V>(frame.reach[k], output.weights + 3 * k, span.planes + k * span.plane_stride + start, y);
  }
  finish_tile<V>(frame, span, start, y);
}

template <class V>
void relight_linear(const Fp32Frame& frame, const Span& span) {
  draw_tiles<kTile<V>>(span, frame.planes, [&](const Span& from, std::size_t start) {
    fetch_ahead(from, frame.planes, start);
    relight_linear_tile<V>(frame, from, start);
  });
}

template <class V>
void relight_fp32(const Fp32Frame& frame, const Span& span) {
  if (frame.hidden == 0) {
    relight_linear<V>(frame, span);
  } else if (frame.activation == Activation::kElu) {
    relight_pixels<V, Elu>(frame, span);
  } else {
    relight_pixels<V, Relu>(frame, span);
  }
}
