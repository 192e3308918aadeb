// The kernel in bytes, once for all instruction sets: the arithmetic of quantise_int8.h, bit for bit. Included like
// int16_body.inl, with which it shares tiles and colours, after a trait V that offers as well:
//
//     load_quads(bytes, x)       four tiles of bytes to quads, one pixel a lane, in the order of load_inputs
//     dot_quads(sum, x, w)       sum + x0 w0 + ... + x3 w3 of bytes x and signed bytes w; x0 w0 + x1 w1 and
//                                x2 w2 + x3 w3 are within 16 bits
//     quads(sums, shift)         four rows of sums, each >> its own shift, clamped to bytes
//     joined(high, low)          128 high + low
//
// A tile's activations live in L1, one row of kVectors Vecs a quad of units.

#include "pixels/int16_body.inl"

template <int K, int H, bool Skip>
struct FixedInt8Shape {
  static constexpr int kQuads = (H + 3) / 4, kPlaneQuads = (K + 3) / 4;
  static bool matches(const Int8Frame& frame) {
    return frame.planes == K && frame.hidden == 2 && frame.layers[0].outputs == H && frame.layers[1].outputs == H &&
           frame.low.quads == byte_quads(frame);
  }
  static constexpr int planes(const Int8Frame&) { return K; }
  static constexpr int hidden(const Int8Frame&) { return 2; }
  static constexpr int quads(const Int8Frame&, int layer) { return layer == 0 ? kPlaneQuads : kQuads; }
  static constexpr int outputs(const Int8Frame&, int) { return 4 * kQuads; }
  static constexpr int byte_quads(const Int8Frame&) { return Skip ? kPlaneQuads : 0; }
};

struct AnyInt8Shape {
  static int planes(const Int8Frame& frame) { return frame.planes; }
  static int hidden(const Int8Frame& frame) { return frame.hidden; }
  static int quads(const Int8Frame& frame, int layer) { return frame.layers[layer].quads; }
  static int outputs(const Int8Frame& frame, int layer) { return frame.layers[layer].outputs; }
  static int byte_quads(const Int8Frame& frame) { return frame.low.quads; }
};

template <class V, int Rows>
FASTRTI_INLINE void start_sums(const std::int32_t* bias, typename V::Vec (&sums)[Rows][V::kVectors]) {
  for (int m = 0; m < Rows; ++m) {
    for (int v = 0; v < V::kVectors; ++v) sums[m][v] = V::set1(bias[m]);
  }
}

// Adds W x for one block of rows: x holds `quads` rows of a tile, weights are in the packed order.
template <class V, int Rows>
FASTRTI_INLINE void add_quads(const std::int32_t* __restrict weights, const std::int32_t* __restrict x, int quads,
                              typename V::Vec (&sums)[Rows][V::kVectors]) {
  for (int k = 0; k < quads; ++k) {
    typename V::Vec a[V::kVectors];
    for (int v = 0; v < V::kVectors; ++v) a[v] = V::load(x + k * kTile<V> + v * V::kLanes);
    for (int m = 0; m < Rows; ++m) {
      const auto w = V::set1(weights[k * Rows + m]);
      for (int v = 0; v < V::kVectors; ++v) sums[m][v] = V::dot_quads(sums[m][v], a[v], w);
    }
  }
}

template <class V>
FASTRTI_INLINE void hidden_int8_layer(const PackedInt8Layer& layer, int quads, int outputs, const std::int32_t* x,
                                      std::int32_t* out) {
  static_assert(kIntegerBlockRows == 4, "a quad of units is a block of rows");
  for (int row = 0; row < outputs; row += 4) {
    typename V::Vec sums[4][V::kVectors];
    start_sums<V, 4>(layer.bias + row, sums);
    add_quads<V, 4>(layer.weights + row * quads, x, quads, sums);
    for (int v = 0; v < V::kVectors; ++v) {
      const typename V::Vec rows[4] = {sums[0][v], sums[1][v], sums[2][v], sums[3][v]};
      V::store(out + row / 4 * kTile<V> + v * V::kLanes, V::quads(rows, layer.shift + row));
    }
  }
}

// The bytes of a tile's planes as quads; beyond the last plane the first one again, whose weights there are zero.
template <class V>
FASTRTI_INLINE void load_plane_quads(const std::uint8_t* planes, std::ptrdiff_t stride, int count, std::int32_t* x) {
  for (int k = 0; k < count; k += 4, x += kTile<V>) {
    const std::uint8_t* bytes[4];
    for (int i = 0; i < 4; ++i) bytes[i] = planes + (k + i < count ? k + i : 0) * stride;
    V::load_quads(bytes, x);
  }
}

// Memory for a tile's inputs and activations.
template <class V>
struct QuadRows {
  alignas(64) std::int32_t x[kMaxPlanes / 4 * kTile<V>], h[kMaxHidden][kMaxWidth / 4 * kTile<V>];
};

// The last hidden layer. One call for each, as in int16_body.inl.
template <class V, class Shape>
FASTRTI_INLINE const std::int32_t* hidden_int8_layers(const Int8Frame& frame, QuadRows<V>& rows) {
  static_assert(kMaxHidden == 2, "one call for each layer");
  if (Shape::hidden(frame) == 0) return rows.x;
  hidden_int8_layer<V>(frame.layers[0], Shape::quads(frame, 0), Shape::outputs(frame, 0), rows.x, rows.h[0]);
  if (Shape::hidden(frame) == 1) return rows.h[0];
  hidden_int8_layer<V>(frame.layers[1], Shape::quads(frame, 1), Shape::outputs(frame, 1), rows.h[0], rows.h[1]);
  return rows.h[1];
}

// Of h, and of v by the two bytes of its weights.
template <class V, class Shape>
FASTRTI_INLINE void output_int8_layer(const Int8Frame& frame, const std::int32_t* h, const std::int32_t* x,
                                      typename V::Vec (&sums)[3][V::kVectors]) {
  const int last = Shape::hidden(frame), byte_quads = Shape::byte_quads(frame);
  typename V::Vec low[3][V::kVectors];
  start_sums<V, 3>(frame.layers[last].bias, sums);
  add_quads<V, 3>(frame.layers[last].weights, h, Shape::quads(frame, last), sums);
  start_sums<V, 3>(frame.low.bias, low);
  add_quads<V, 3>(frame.low.weights, x, byte_quads, low);
  add_quads<V, 3>(frame.high.weights, x, byte_quads, sums);
  for (int c = 0; c < 3; ++c) {
    for (int v = 0; v < V::kVectors; ++v) sums[c][v] = V::joined(sums[c][v], low[c][v]);
  }
}

template <class V, class Shape>
FASTRTI_INLINE void relight_int8_tile(const Int8Frame& frame, const Span& span, std::size_t start, QuadRows<V>& rows) {
  load_plane_quads<V>(span.planes + start, span.plane_stride, Shape::planes(frame), rows.x);
  const std::int32_t* h = hidden_int8_layers<V, Shape>(frame, rows);
  typename V::Vec sums[3][V::kVectors];
  output_int8_layer<V, Shape>(frame, h, rows.x, sums);
  store_tile<V>(sums, frame.output_shift, span, start);
}

template <class V, class Shape>
void relight_int8_pixels(const Int8Frame& frame, const Span& span) {
  constexpr int T = kTile<V>;
  QuadRows<V> rows;
  draw_tiles<T>(span, frame.planes, [&](const Span& from, std::size_t start) {
    fetch_ahead(from, Shape::planes(frame), start);
    relight_int8_tile<V, Shape>(frame, from, start, rows);
  });
}

// The shapes that students of `fit` have by default, or often.
template <class V>
void relight_int8(const Int8Frame& frame, const Span& span) {
  using Default = FixedInt8Shape<9, 16, true>;
  using Narrow = FixedInt8Shape<9, 8, true>;
  if (Default::matches(frame)) return relight_int8_pixels<V, Default>(frame, span);
  if (Narrow::matches(frame)) return relight_int8_pixels<V, Narrow>(frame, span);
  relight_int8_pixels<V, AnyInt8Shape>(frame, span);
}
