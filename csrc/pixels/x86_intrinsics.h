// The intrinsics of SSSE3 to AVX-512. immintrin.h has them all, with one exception: clang-cl's (seen in LLVM 14, gone in
// LLVM 22) leaves out those that the command line does not allow, whatever target attributes say.
#pragma once

#include <immintrin.h>

#if defined(__clang__) && defined(_WIN32)
// clang-format off: in the order of immintrin.h, where some stand on those before them
#include <smmintrin.h>
#include <avxintrin.h>
#include <avx2intrin.h>
#include <fmaintrin.h>
#include <avx512fintrin.h>
#include <avx512vlintrin.h>
#include <avx512bwintrin.h>
#include <avx512vnniintrin.h>
#include <avx512vlvnniintrin.h>
#include <avxvnniintrin.h>
#include <avx512dqintrin.h>
#include <avx512vlbwintrin.h>
#include <avx512vldqintrin.h>
// clang-format on
#endif
