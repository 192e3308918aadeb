// Several numbers in one operation. Every processor does the same operations in the same order, without FMA, so the
// results are the same bit for bit.
#pragma once

#define FASTRTI_INLINE inline __attribute__((always_inline))  // into the functions of an instruction set

namespace fastrti {

constexpr int kLanes = 4;
typedef double Numbers __attribute__((vector_size(8 * kLanes)));

constexpr int whole_lanes(int numbers) { return (numbers + kLanes - 1) / kLanes * kLanes; }

// Numbers in memory, at any address. It is a struct because clang takes what a reference to a vector names for aligned.
struct __attribute__((packed, may_alias)) NumbersInMemory {
  Numbers value;
};

FASTRTI_INLINE NumbersInMemory& numbers_at(double* address) { return *reinterpret_cast<NumbersInMemory*>(address); }

FASTRTI_INLINE const NumbersInMemory& numbers_at(const double* address) {
  return *reinterpret_cast<const NumbersInMemory*>(address);
}

FASTRTI_INLINE double sum_of(const Numbers& x) { return (x[0] + x[1]) + (x[2] + x[3]); }

// sum += |x| factor
FASTRTI_INLINE void add_size(Numbers& sum, const Numbers& x, const Numbers& factor) {
  sum += (x < 0 ? -x : x) * factor;
}

}  // namespace fastrti
