// The fused renderer as a CUDA programmer writes it by hand: weights in constant memory, PIXELS neighbouring pixels a
// thread, every loop unrolled, multiply-adds on the CUDA cores. A peer of the benchmark, not part of the product.
//
// by_hand.py compiles it with PLANES, HIDDEN1, HIDDEN2 (0 where there is no layer), ELU, SKIP, PIXELS, COUNT and
// HALF, and fills `weights`: each layer's (out, in) matrix and biases, then the skip's matrix. The network reads bytes
// and emits levels, a half added for rounding.
//
// HALF = 1 computes two pixels at once in half2, accumulators included; its error stands beside its speed.

#if HALF
#include <cuda_fp16.h>
typedef __half2 Value;
#define LANES 2
__device__ inline Value multiply_add(Value a, Value b, Value c) { return __hfma2(a, b, c); }
__device__ inline Value positive(Value a) { return __hmax2(a, __float2half2_rn(0)); }
__device__ inline Value elu(Value a) {
    const Value zero = __float2half2_rn(0), one = __float2half2_rn(1);
    return __hadd2(__hmax2(a, zero), __hsub2(h2exp(__hmin2(a, zero)), one));
}
__device__ inline Value from_bytes(const unsigned char* v) { return __floats2half2_rn(v[0], v[1]); }
__device__ inline float lane(Value a, int i) { return i ? __high2float(a) : __low2float(a); }
#else
typedef float Value;
#define LANES 1
__device__ inline Value multiply_add(Value a, Value b, Value c) { return fmaf(a, b, c); }
__device__ inline Value positive(Value a) { return fmaxf(a, 0.0f); }
__device__ inline Value elu(Value a) { return fmaxf(a, 0.0f) + (__expf(fminf(a, 0.0f)) - 1.0f); }
__device__ inline Value from_bytes(const unsigned char* v) { return v[0]; }
__device__ inline float lane(Value a, int) { return a; }
#endif

#define VALUES (PIXELS / LANES)

struct alignas(PIXELS) Bytes {
    unsigned char at[PIXELS];
};
struct alignas(PIXELS) Colours {
    unsigned char at[3 * PIXELS];
};

extern "C" {
__constant__ Value weights[COUNT];
}

// out += matrix at START · in
template <int START, int IN, int OUT>
__device__ inline void multiply(const Value (&in)[IN][VALUES], Value (&out)[OUT][VALUES]) {
#pragma unroll
    for (int j = 0; j < OUT; ++j)
#pragma unroll
        for (int k = 0; k < IN; ++k)
#pragma unroll
            for (int v = 0; v < VALUES; ++v) out[j][v] = multiply_add(weights[START + j * IN + k], in[k][v], out[j][v]);
}

template <int START, int IN, int OUT>
__device__ inline void affine(const Value (&in)[IN][VALUES], Value (&out)[OUT][VALUES]) {
#pragma unroll
    for (int j = 0; j < OUT; ++j)
#pragma unroll
        for (int v = 0; v < VALUES; ++v) out[j][v] = weights[START + IN * OUT + j];
    multiply<START>(in, out);
}

template <int OUT>
__device__ inline void activate(Value (&h)[OUT][VALUES]) {
#pragma unroll
    for (int j = 0; j < OUT; ++j)
#pragma unroll
        for (int v = 0; v < VALUES; ++v) h[j][v] = ELU ? elu(h[j][v]) : positive(h[j][v]);
}

extern "C" __global__ void relight(const unsigned char* planes, unsigned char* out, long long pixels) {
    const long long first = (blockIdx.x * (long long)blockDim.x + threadIdx.x) * PIXELS;
    if (first >= pixels) return;  // `pixels` is a multiple of PIXELS
    Value x[PLANES][VALUES], y[3][VALUES];
#pragma unroll
    for (int k = 0; k < PLANES; ++k) {
        const Bytes bytes = *reinterpret_cast<const Bytes*>(planes + k * pixels + first);
#pragma unroll
        for (int v = 0; v < VALUES; ++v) x[k][v] = from_bytes(bytes.at + v * LANES);
    }

#if HIDDEN1 == 0
    affine<0>(x, y);
#define LAST (PLANES * 3 + 3)
#else
    Value h1[HIDDEN1][VALUES];
    affine<0>(x, h1);
    activate(h1);
#define SECOND (HIDDEN1 * (PLANES + 1))
#if HIDDEN2 == 0
    affine<SECOND>(h1, y);
#define LAST (SECOND + HIDDEN1 * 3 + 3)
#else
    Value h2[HIDDEN2][VALUES];
    affine<SECOND>(h1, h2);
    activate(h2);
#define THIRD (SECOND + HIDDEN2 * (HIDDEN1 + 1))
    affine<THIRD>(h2, y);
#define LAST (THIRD + HIDDEN2 * 3 + 3)
#endif
#endif
#if SKIP
    multiply<LAST>(x, y);
#endif

    Colours picture;
#pragma unroll
    for (int v = 0; v < VALUES; ++v)
#pragma unroll
        for (int i = 0; i < LANES; ++i)
#pragma unroll
            for (int c = 0; c < 3; ++c)
                picture.at[3 * (v * LANES + i) + c] = (unsigned char)fminf(fmaxf(lane(y[c][v], i), 0.0f), 255.0f);
    *reinterpret_cast<Colours*>(out + 3 * first) = picture;
}
