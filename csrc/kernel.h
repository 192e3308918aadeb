// What the ISA variants of the kernels are given: packed weights and a run of pixels. Everything in it is trusted.
//
// Each relight_<isa>.cpp compiles relight_body.inl, and each integers_<isa>.cpp integer_body.inl, for one instruction
// set inside a target region. No header with
// inline functions of the standard library may be used in such a region: the linker keeps one copy of an inline
// function for the whole program, and it could be the one with instructions this machine lacks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "elu_table.h"
#include "quantise.h"
#include "relight.h"

namespace fastrti {

// Rows of a weight matrix that are multiplied together: 6 rows x 4 (AVX-512, NEON) or 2 (AVX2, SSE2) vectors of pixels
// are the accumulators that fit the register file of each ISA beside their inputs and a weight.
constexpr int kBlockRows = 6;

// The size of the next block when `rows` are left: as few blocks as possible, as equal as possible (8 = 4 + 4).
constexpr int block_rows(int rows) {
  const int blocks = (rows + kBlockRows - 1) / kBlockRows;
  return (rows + blocks - 1) / blocks;
}

struct PackedLayer {
  int inputs;
  int outputs;
  const float* weights;  // block by block; in a block of m rows, the m weights of input 0, then of input 1, ...
  const float* bias;     // (outputs)
};

// Which channels of the output a plane reaches when there is no hidden layer.
enum class Reach : std::uint8_t { kRed, kGreen, kBlue, kAll, kNone };

// One light's network.
struct Frame {
  int planes;                          // K
  int hidden;                          // hidden layers
  int hidden_outputs;                  // the sum of their widths
  PackedLayer layers[kMaxHidden + 1];  // a skip is part of the last one: its inputs are then h, followed by v
  Activation activation;
  bool base;
  Reach reach[kMaxPlanes];  // of each plane; used without hidden layers
};

// Rows of a weight matrix of integers that are multiplied together.
constexpr int kIntegerBlockRows = 4;

struct PackedIntegerLayer {
  int pairs;                    // of inputs; an odd last one is paired with zero
  int outputs;                  // a hidden layer's are even: an odd last one is followed by a unit that is always zero
  const std::int32_t* weights;  // block by block; in a block of m rows, the m weights of pair 0, then of pair 1, ...
  const std::int32_t* bias;     // (outputs)
};

// One light's network in integers, see quantise.h. A pair of 16-bit numbers, the first in the low half, is one int32.
struct IntegerFrame {
  int planes;  // K
  int hidden;  // hidden layers
  PackedIntegerLayer layers[kMaxHidden + 1];
  PackedIntegerLayer skip;  // on the inputs of the network, added to the last layer; its bias is zero; no pairs: none
  Activation activation;
  EluTable elu[kMaxHidden];
  int output_shift;
};

struct PackedInt8Layer {
  int quads;                    // of inputs; those that are missing from the last one have weights of zero
  int outputs;                  // a hidden layer's are a multiple of 4: the last ones may be units that are always zero
  const std::int32_t* weights;  // block by block of 4 rows (3 of an output layer); in a block the rows' weights of quad
                                // 0, then of quad 1, ...
  const std::int32_t* bias;     // (outputs)
  const std::int32_t* shift;    // (outputs); null of an output layer
};

// One light's network in bytes, see quantise_int8.h. A quad of them, the first in the lowest byte, is one int32.
struct Int8Frame {
  int planes;                              // K
  int hidden;                              // hidden layers
  PackedInt8Layer layers[kMaxHidden + 1];  // the last one is of h, and has no quads without hidden layers
  PackedInt8Layer high, low;               // the output layer's weights on v; low has its bias
  int output_shift;
};

// A run of contiguous pixels.
struct Span {
  const std::uint8_t* planes;
  std::ptrdiff_t plane_stride;
  const std::uint8_t* mask;  // 0 or 1 each, or null
  std::uint8_t* out;         // channels * pixels bytes
  int channels;              // 3 or 4, see Picture
  std::size_t pixels;
};

void relight_baseline(const Frame& frame, const Span& span);
void relight_avx2(const Frame& frame, const Span& span);
void relight_avx512(const Frame& frame, const Span& span);
void relight_neon(const Frame& frame, const Span& span);

void relight_integers_baseline(const IntegerFrame& frame, const Span& span);
void relight_integers_avx2(const IntegerFrame& frame, const Span& span);
void relight_integers_avx512(const IntegerFrame& frame, const Span& span);
void relight_integers_neon(const IntegerFrame& frame, const Span& span);

void relight_int8_baseline(const Int8Frame& frame, const Span& span);
void relight_int8_avx2(const Int8Frame& frame, const Span& span);
void relight_int8_avx512(const Int8Frame& frame, const Span& span);
void relight_int8_neon(const Int8Frame& frame, const Span& span);

}  // namespace fastrti
