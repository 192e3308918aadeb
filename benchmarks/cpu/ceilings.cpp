// What this machine can do at most: the multiply-adds of a renderer on registers alone, and its reads and writes alone.
// Compiled and called by ceilings.py; x86-64.
#include <immintrin.h>

#include <atomic>
#include <cstddef>
#include <cstring>
#include <functional>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int kChains = 12;  // independent sums: at least latency times instructions a cycle of today's cores

// A loop over kChains sums. The instructions name %0 the sum, %1 a scratch register, %2 and %3 the factors.
#define MULTIPLY_ADDS(name, isa, Register, instructions)                         \
  __attribute__((target(isa))) void name(long rounds) {                          \
    Register sums[kChains] = {}, scratch, a = {}, b = {};                        \
    for (; rounds > 0; --rounds) {                                               \
      _Pragma("GCC unroll 12") for (Register & sum : sums) {                     \
        asm volatile(instructions : "+v"(sum), "=&v"(scratch) : "v"(a), "v"(b)); \
      }                                                                          \
    }                                                                            \
  }

MULTIPLY_ADDS(fp32_avx512, "avx512f", __m512i, "vfmadd231ps %2, %3, %0")
MULTIPLY_ADDS(int16_vnni, "avx512f", __m512i, "vpdpwssd %2, %3, %0")
MULTIPLY_ADDS(int8_vnni, "avx512f", __m512i, "vpdpbusd %2, %3, %0")
MULTIPLY_ADDS(int16_avx512, "avx512f", __m512i, "vpmaddwd %2, %3, %1\n vpaddd %1, %0, %0")
MULTIPLY_ADDS(int8_avx512, "avx512f", __m512i, "vpmaddubsw %2, %3, %1\n vpaddw %1, %0, %0")
MULTIPLY_ADDS(int16_avxvnni, "avx2", __m256i, "%{vex%} vpdpwssd %2, %3, %0")
MULTIPLY_ADDS(int8_avxvnni, "avx2", __m256i, "%{vex%} vpdpbusd %2, %3, %0")
MULTIPLY_ADDS(int16_evex, "avx2", __m256i, "%{evex%} vpdpwssd %2, %3, %0")
MULTIPLY_ADDS(int8_evex, "avx2", __m256i, "%{evex%} vpdpbusd %2, %3, %0")
MULTIPLY_ADDS(fp32_avx2, "avx2", __m256i, "vfmadd231ps %2, %3, %0")
MULTIPLY_ADDS(int16_avx2, "avx2", __m256i, "vpmaddwd %2, %3, %1\n vpaddd %1, %0, %0")
MULTIPLY_ADDS(int8_avx2, "avx2", __m256i, "vpmaddubsw %2, %3, %1\n vpaddw %1, %0, %0")

struct Loop {
  std::string isa, precision;
  bool available;
  int lanes;  // multiply-adds of one sum in one round
  void (*run)(long rounds);
};

// By the names of the renderer's instruction sets.
const std::vector<Loop>& loops() {
  const bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  const bool avx512 = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw");
  const bool vnni = avx512 && __builtin_cpu_supports("avx512vnni");
  const bool narrow = avx2 && __builtin_cpu_supports("avxvnni");
  static const std::vector<Loop> all = {
      {"avx512vnni", "fp32", vnni, 16, fp32_avx512}, {"avx512vnni", "int16", vnni, 32, int16_vnni},
      {"avx512vnni", "int8", vnni, 64, int8_vnni},   {"avx512", "fp32", avx512, 16, fp32_avx512},
      {"avx512", "int16", avx512, 32, int16_avx512}, {"avx512", "int8", avx512, 64, int8_avx512},
      {"avx2", "fp32", avx2, 8, fp32_avx2},          {"avx2", "int16", avx2, 16, int16_avx2},
      {"avx2", "int8", avx2, 32, int8_avx2},         {"avxvnni", "fp32", narrow, 8, fp32_avx2},
      {"avxvnni", "int16", narrow, 16, int16_avxvnni}, {"avxvnni", "int8", narrow, 32, int8_avxvnni},
      {"avxvnni-evex", "fp32", vnni, 8, fp32_avx2},  {"avxvnni-evex", "int16", vnni, 16, int16_evex},
      {"avxvnni-evex", "int8", vnni, 32, int8_evex},
  };
  return all;
}

// Runs work(0) … work(threads − 1) at once, the first in this thread.
void in_threads(int threads, const std::function<void(int)>& work) {
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(work, i);
  work(0);
  for (std::thread& other : others) other.join();
}

// For 64 pixels a block, reads three bytes a term and pixel and writes three bytes a pixel. 16 bytes at a time: any
// processor has such registers, and the memory is slower.
void stream_blocks(const unsigned char* planes, unsigned char* picture, std::size_t blocks, int terms) {
  constexpr int kWords = 192 / 16;
  for (; blocks > 0; --blocks, picture += 192) {
    __m128i sums[kWords] = {};
    for (int term = 0; term < terms; ++term, planes += 192) {
#pragma GCC unroll 12  // or the sums would live in memory
      for (int i = 0; i < kWords; ++i) {
        sums[i] = _mm_xor_si128(sums[i], _mm_loadu_si128(reinterpret_cast<const __m128i*>(planes) + i));
      }
    }
    std::memcpy(picture, sums, sizeof sums);
  }
}

}  // namespace

// Does `count` multiply-adds, shared between the threads; 0: this machine has no such instructions.
extern "C" int multiply_adds(const char* isa, const char* precision, double count, int threads) {
  for (const Loop& loop : loops()) {
    if (!loop.available || loop.isa != isa || loop.precision != precision) continue;
    const long rounds = static_cast<long>(count / (threads * kChains * loop.lanes));
    in_threads(threads, [&](int) { loop.run(rounds); });
    return 1;
  }
  return 0;
}

// Reads 192 `terms` bytes and writes 192 for each block of 64 pixels, in the order of the memory.
extern "C" void stream(const unsigned char* planes, unsigned char* picture, std::size_t blocks, int terms,
                       int threads) {
  in_threads(threads, [&](int i) {
    const std::size_t first = blocks * i / threads, last = blocks * (i + 1) / threads;
    stream_blocks(planes + 192 * terms * first, picture + 192 * first, last - first, terms);
  });
}
