// The kernel in 16-bit integers, once for all instruction sets: the arithmetic of quantise_int16.h, bit for bit.
// Included by each int16_int8_<isa>.cpp inside its target region and an anonymous namespace, after a trait V that
// offers:
//
//     Vec                        a vector of int32, or of pairs of int16: one pixel a lane
//     Bytes                      a tile of bytes with the operator &
//     kLanes, kVectors           lanes of a Vec; Vecs of a tile, the pixels computed together
//     set1, load, store          load and store: 64-byte aligned
//     add                        of int32, modulo 2^32
//     dot(sum, x, w)             sum + x0 w0 + x1 w1 of pairs x and w, modulo 2^32
//     pair(a, b)                 the pair (a >> 16, b >> 16)
//     relu(t)                    of both numbers of a pair
//     Elu                        made of an EluTable, a function that changes the kVectors Vecs of pairs of a tile
//     load_inputs(a, b, x)       two tiles of bytes to pairs of (byte - 128) 2^kInputBits, in any order of pixels ...
//     bytes(sums, shift)         ... that this undoes: sums[kVectors] >> shift, clamped to bytes
//     select(mask)               a tile of 0 and 1 to bytes of 0 and 255
//     opaque()                   bytes of 255
//     store_pixels(channels, n)  interleaves channels[C], C = 3 or 4
//
// A tile's activations live in L1, one row of kVectors Vecs a pair of units.

#include "pixels/tiles.inl"

template <class V>
constexpr int kTile = V::kLanes * V::kVectors;

// A network whose loops have constant bounds: K planes, two hidden layers of H units, a skip.
template <int K, int H, bool Skip>
struct FixedShape {
  static bool matches(const Int16Frame& frame) {
    return frame.planes == K && frame.hidden == 2 && frame.layers[0].outputs == H && frame.layers[1].outputs == H &&
           (frame.skip.pairs > 0) == Skip;
  }
  static constexpr int planes(const Int16Frame&) { return K; }
  static constexpr int hidden(const Int16Frame&) { return 2; }
  static constexpr int pairs(const Int16Frame&, int layer) { return layer == 0 ? (K + 1) / 2 : H / 2; }
  static constexpr int outputs(const Int16Frame&, int) { return H; }
  static constexpr int skip_pairs(const Int16Frame&) { return Skip ? (K + 1) / 2 : 0; }
};

struct AnyShape {
  static int planes(const Int16Frame& frame) { return frame.planes; }
  static int hidden(const Int16Frame& frame) { return frame.hidden; }
  static int pairs(const Int16Frame& frame, int layer) { return frame.layers[layer].pairs; }
  static int outputs(const Int16Frame& frame, int layer) { return frame.layers[layer].outputs; }
  static int skip_pairs(const Int16Frame& frame) { return frame.skip.pairs; }
};

template <class V>
struct Relu {
  explicit Relu(const EluTable&) {}
  FASTRTI_INLINE void operator()(typename V::Vec (&t)[V::kVectors]) const {
    for (int v = 0; v < V::kVectors; ++v) t[v] = V::relu(t[v]);
  }
};

// bias + W x for one block of rows: x holds `pairs` rows of a tile, weights are in the packed order.
template <class V, int Rows>
FASTRTI_INLINE void affine(const std::int32_t* __restrict weights, const std::int32_t* __restrict bias,
                           const std::int32_t* __restrict x, int pairs, typename V::Vec (&sums)[Rows][V::kVectors]) {
  for (int m = 0; m < Rows; ++m) {
    for (int v = 0; v < V::kVectors; ++v) sums[m][v] = V::set1(bias[m]);
  }
  for (int k = 0; k < pairs; ++k) {
    typename V::Vec a[V::kVectors];
    for (int v = 0; v < V::kVectors; ++v) a[v] = V::load(x + k * kTile<V> + v * V::kLanes);
    for (int m = 0; m < Rows; ++m) {
      const auto w = V::set1(weights[k * Rows + m]);
      for (int v = 0; v < V::kVectors; ++v) sums[m][v] = V::dot(sums[m][v], a[v], w);
    }
  }
}

template <class V, class Phi, int Rows>
FASTRTI_INLINE void hidden_block(const std::int32_t* weights, const std::int32_t* bias, const std::int32_t* x,
                                 int pairs, const Phi& phi, std::int32_t* out) {
  typename V::Vec sums[Rows][V::kVectors];
  affine<V, Rows>(weights, bias, x, pairs, sums);
  for (int m = 0; m < Rows; m += 2) {
    typename V::Vec t[V::kVectors];
    for (int v = 0; v < V::kVectors; ++v) t[v] = V::pair(sums[m][v], sums[m + 1][v]);
    phi(t);
    for (int v = 0; v < V::kVectors; ++v) V::store(out + m / 2 * kTile<V> + v * V::kLanes, t[v]);
  }
}

template <class V, class Phi>
FASTRTI_INLINE void hidden_layer(const PackedInt16Layer& layer, int pairs, int outputs, const EluTable& table,
                                 const std::int32_t* x, std::int32_t* out) {
  static_assert(kIntegerBlockRows == 4, "one block for each size");
  const std::int32_t* weights = layer.weights;
  const Phi phi(table);  // a local copy, which no store of an activation can change: it stays in registers
  int row = 0;
  for (; row + 4 <= outputs; row += 4, weights += 4 * pairs) {
    hidden_block<V, Phi, 4>(weights, layer.bias + row, x, pairs, phi, out + row / 2 * kTile<V>);
  }
  if (row < outputs) hidden_block<V, Phi, 2>(weights, layer.bias + row, x, pairs, phi, out + row / 2 * kTile<V>);
}

// The bytes of a tile's planes as pairs.
template <class V>
FASTRTI_INLINE void load_planes(const std::uint8_t* planes, std::ptrdiff_t stride, int count, std::int32_t* x) {
  for (int k = 0; k < count; k += 2, planes += 2 * stride, x += kTile<V>) {
    V::load_inputs(planes, k + 1 < count ? planes + stride : planes, x);
  }
}

// Memory for a tile's inputs and activations.
template <class V>
struct Rows {
  alignas(64) std::int32_t x[kMaxPlanes / 2 * kTile<V>], h[kMaxHidden][kMaxWidth / 2 * kTile<V>];
};

// Returns the last hidden layer, or the inputs if there is none. One call for each layer, so that each has code of its
// own where the shape is constant.
template <class V, class Phi, class Shape>
FASTRTI_INLINE const std::int32_t* hidden_layers(const Int16Frame& frame, Rows<V>& rows) {
  static_assert(kMaxHidden == 2, "one call for each layer");
  if (Shape::hidden(frame) == 0) return rows.x;
  hidden_layer<V, Phi>(frame.layers[0], Shape::pairs(frame, 0), Shape::outputs(frame, 0), frame.elu[0], rows.x,
                       rows.h[0]);
  if (Shape::hidden(frame) == 1) return rows.h[0];
  hidden_layer<V, Phi>(frame.layers[1], Shape::pairs(frame, 1), Shape::outputs(frame, 1), frame.elu[1], rows.h[0],
                       rows.h[1]);
  return rows.h[1];
}

// The skip is summed apart, as three rows alone are too few independent sums to keep the multipliers busy.
template <class V, class Shape>
FASTRTI_INLINE void output_layer(const Int16Frame& frame, const std::int32_t* h, const std::int32_t* x,
                                 typename V::Vec (&sums)[3][V::kVectors]) {
  const int last = Shape::hidden(frame), skip_pairs = Shape::skip_pairs(frame);
  affine<V, 3>(frame.layers[last].weights, frame.layers[last].bias, h, Shape::pairs(frame, last), sums);
  if (skip_pairs == 0) return;
  typename V::Vec skipped[3][V::kVectors];
  affine<V, 3>(frame.skip.weights, frame.skip.bias, x, skip_pairs, skipped);
  for (int c = 0; c < 3; ++c) {
    for (int v = 0; v < V::kVectors; ++v) sums[c][v] = V::add(sums[c][v], skipped[c][v]);
  }
}

// Clamps, masks and stores the sums of the output layer. `mask` is null or a tile of 0 and 1.
template <class V, int Channels>
FASTRTI_INLINE void store_colours(const typename V::Vec (&sums)[3][V::kVectors], int shift, const std::uint8_t* mask,
                                  std::uint8_t* out) {
  typename V::Bytes channels[Channels];
  for (int c = 0; c < 3; ++c) channels[c] = V::bytes(sums[c], shift);
  const auto alpha = mask == nullptr ? V::opaque() : V::select(mask);
  for (int c = 0; c < 3; ++c) channels[c] = channels[c] & alpha;
  if (Channels == 4) channels[Channels - 1] = alpha;
  V::store_pixels(channels, out);
}

// The end of a tile, from the sums of its output layer.
template <class V>
FASTRTI_INLINE void store_tile(const typename V::Vec (&sums)[3][V::kVectors], int shift, const Span& span,
                               std::size_t start) {
  const std::uint8_t* mask = span.mask == nullptr ? nullptr : span.mask + start;
  std::uint8_t* const out = span.out + start * span.channels;
  if (span.channels == 4) {
    store_colours<V, 4>(sums, shift, mask, out);
  } else {
    store_colours<V, 3>(sums, shift, mask, out);
  }
}

// A tile from bytes to bytes.
template <class V, class Phi, class Shape>
FASTRTI_INLINE void relight_tile(const Int16Frame& frame, const Span& span, std::size_t start, Rows<V>& rows) {
  load_planes<V>(span.planes + start, span.plane_stride, Shape::planes(frame), rows.x);
  const std::int32_t* h = hidden_layers<V, Phi, Shape>(frame, rows);
  typename V::Vec sums[3][V::kVectors];
  output_layer<V, Shape>(frame, h, rows.x, sums);
  store_tile<V>(sums, frame.output_shift, span, start);
}

template <class V, class Phi, class Shape>
void relight_pixels(const Int16Frame& frame, const Span& span) {
  constexpr int T = kTile<V>;
  Rows<V> rows;
  draw_tiles<T>(span, frame.planes, [&](const Span& from, std::size_t start) {
    fetch_ahead(from, Shape::planes(frame), start);
    relight_tile<V, Phi, Shape>(frame, from, start, rows);
  });
}

// Draws with the first shape that matches, else with loops of any length.
template <class V, class Phi, class Shape, class... Others>
void relight_shape(const Int16Frame& frame, const Span& span) {
  if (Shape::matches(frame)) return relight_pixels<V, Phi, Shape>(frame, span);
  if constexpr (sizeof...(Others) > 0) {
    relight_shape<V, Phi, Others...>(frame, span);
  } else {
    relight_pixels<V, Phi, AnyShape>(frame, span);
  }
}

// The shapes that `fit` makes by default, or often, have code of their own; wider ones gain nothing by it. The published
// student has it for short vectors only: with 16 lanes it is slower.
template <class V>
void relight_int16(const Int16Frame& frame, const Span& span) {
  if (frame.activation != Activation::kElu) {
    relight_shape<V, Relu<V>, FixedShape<9, 16, true>, FixedShape<9, 16, false>, FixedShape<9, 8, true>,
                  FixedShape<9, 8, false>>(frame, span);
  } else if constexpr (V::kLanes < 16) {
    relight_shape<V, typename V::Elu, FixedShape<9, 16, true>, FixedShape<9, 20, false>>(frame, span);
  } else {
    relight_shape<V, typename V::Elu, FixedShape<9, 16, true>>(frame, span);
  }
}
