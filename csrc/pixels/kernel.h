// What the ISA variants of the kernels are given: packed weights and a run of pixels. Everything in it is trusted.
//
// Each fp32_<isa>.cpp compiles fp32_body.inl, and each int16_int8_<isa>.cpp int16_body.inl and int8_body.inl, for one
// instruction set inside a target region. No header with inline functions of the standard library may be used in such a
// region: the linker keeps one copy of an inline function for the whole program, and it could be the one with
// instructions this machine lacks.
#pragma once

#include <cstddef>
#include <cstdint>

#include "light/frame_network.h"
#include "rounding/elu_table.h"
#include "rounding/quantise_int16.h"

namespace fastrti {

// Rows of a weight matrix that are multiplied together: 6 rows x 4 (AVX-512, NEON) or 2 (AVX2, SSE2) vectors of pixels
// are the accumulators that fit the register file of each ISA beside their inputs and a weight.
constexpr int kFp32BlockRows = 6;

// The size of the next block when `rows` are left: as few blocks as possible, as equal as possible (8 = 4 + 4).
constexpr int fp32_block_rows(int rows) {
  const int blocks = (rows + kFp32BlockRows - 1) / kFp32BlockRows;
  return (rows + blocks - 1) / blocks;
}

struct PackedFp32Layer {
  int inputs;
  int outputs;
  const float* weights;  // block by block; in a block of m rows, the m weights of input 0, then of input 1, ...
  const float* bias;     // (outputs)
};

// Which channels of the output a plane reaches when there is no hidden layer.
enum class Reach : std::uint8_t { kRed, kGreen, kBlue, kAll, kNone };

// One light's network in float32.
struct Fp32Frame {
  int planes;                              // K
  int hidden;                              // hidden layers
  int hidden_outputs;                      // the sum of their widths
  PackedFp32Layer layers[kMaxHidden + 1];  // a skip is part of the last one: its inputs are then h, followed by v
  Activation activation;
  bool base_colour;
  Reach reach[kMaxPlanes];  // of each plane; used without hidden layers
};

// Rows of a weight matrix of integers, of 16 or 8 bits, that are multiplied together.
constexpr int kIntegerBlockRows = 4;

struct PackedInt16Layer {
  int pairs;                    // of inputs; an odd last one is paired with zero
  int outputs;                  // a hidden layer's are even: an odd last one is followed by a unit that is always zero
  const std::int32_t* weights;  // block by block; in a block of m rows, the m weights of pair 0, then of pair 1, ...
  const std::int32_t* bias;     // (outputs)
};

// One light's network in 16-bit integers, see quantise_int16.h. A pair of 16-bit numbers, the first in the low half, is
// one int32.
struct Int16Frame {
  int planes;  // K
  int hidden;  // hidden layers
  PackedInt16Layer layers[kMaxHidden + 1];
  PackedInt16Layer skip;  // on the inputs of the network, added to the last layer; its bias is zero; no pairs: none
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
  int channels;              // 3: RGB; 4: RGBA
  std::size_t pixels;
  std::size_t before = 0, after = 0;  // pixels of the same row that other spans draw before and after this one
};

void relight_fp32_baseline(const Fp32Frame& frame, const Span& span);
void relight_fp32_avx2(const Fp32Frame& frame, const Span& span);
void relight_fp32_avx512(const Fp32Frame& frame, const Span& span);
void relight_fp32_neon(const Fp32Frame& frame, const Span& span);

void relight_int16_baseline(const Int16Frame& frame, const Span& span);
void relight_int16_avx2(const Int16Frame& frame, const Span& span);
void relight_int16_avxvnni(const Int16Frame& frame, const Span& span);
void relight_int16_avxvnni_evex(const Int16Frame& frame, const Span& span);
void relight_int16_avx512(const Int16Frame& frame, const Span& span);
void relight_int16_neon(const Int16Frame& frame, const Span& span);

void relight_int8_baseline(const Int8Frame& frame, const Span& span);
void relight_int8_avx2(const Int8Frame& frame, const Span& span);
void relight_int8_avxvnni(const Int8Frame& frame, const Span& span);
void relight_int8_avxvnni_evex(const Int8Frame& frame, const Span& span);
void relight_int8_avx512(const Int8Frame& frame, const Span& span);
void relight_int8_neon(const Int8Frame& frame, const Span& span);
void relight_int8_neon_i8mm(const Int8Frame& frame, const Span& span);

}  // namespace fastrti
