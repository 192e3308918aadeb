// The trait of the integer kernels for Advanced SIMD: tiles of 16 pixels.

// A vector of pairs holds the first numbers of four pixels in its low half and the second ones in its high half, as the
// widening multiplies of Advanced SIMD take them. A weight is a pair in every lane.
struct Neon {
  using Vec = int32x4_t;
  using Bytes = uint8x16_t;
  static constexpr int kLanes = 4;
  static constexpr int kVectors = 4;

  static Vec set1(std::int32_t x) { return vdupq_n_s32(x); }
  static Vec load(const std::int32_t* x) { return vld1q_s32(x); }
  static void store(std::int32_t* x, Vec a) { vst1q_s32(x, a); }
  static Vec add(Vec a, Vec b) { return vaddq_s32(a, b); }
  static Vec dot(Vec sum, Vec x, Vec w) {
    const int16x8_t numbers = vreinterpretq_s16_s32(x), weights = vreinterpretq_s16_s32(w);
    sum = vmlal_laneq_s16(sum, vget_low_s16(numbers), weights, 0);
    return vmlal_high_laneq_s16(sum, numbers, weights, 1);
  }
  static Vec pair(Vec a, Vec b) { return vreinterpretq_s32_s16(vshrn_high_n_s32(vshrn_n_s32(a, 16), b, 16)); }
  static Vec relu(Vec t) { return vreinterpretq_s32_s16(vmaxq_s16(vreinterpretq_s16_s32(t), vdupq_n_s16(0))); }

  class Elu {
   public:
    explicit Elu(const EluTable& table)
        : lowest_(vdupq_n_s16(static_cast<std::int16_t>(-(kEluSegments << table.shift)))),
          fraction_(vdupq_n_s16(static_cast<std::int16_t>((1 << table.shift) - 1))),
          right_(vdupq_n_s16(static_cast<std::int16_t>(-table.shift))),
          left_(vdupq_n_s16(static_cast<std::int16_t>(table.fraction_shift))) {
      for (int i = 0; i < kEluTerms; ++i) {
        low_[i] = vld1q_u8(table.low[i]);
        high_[i] = vld1q_u8(table.high[i]);
      }
    }

    void operator()(Vec (&t)[kVectors]) const {
      for (int v = 0; v < kVectors; v += 2) two(t[v], t[v + 1]);
    }

   private:
    // The segments of two vectors are one vector of bytes.
    void two(Vec& a, Vec& b) const {
      const int16x8_t t[2] = {vreinterpretq_s16_s32(a), vreinterpretq_s16_s32(b)};
      int16x8_t d[2];
      uint8x8_t segment[2];
      for (int v = 0; v < 2; ++v) {
        const int16x8_t m = vmaxq_s16(t[v], lowest_);
        d[v] = vshlq_s16(vandq_s16(m, fraction_), left_);
        segment[v] = vand_u8(vmovn_u16(vreinterpretq_u16_s16(vshlq_s16(m, right_))), vdup_n_u8(kEluSegments - 1));
      }
      const uint8x16_t segments = vcombine_u8(segment[0], segment[1]);
      int16x8x2_t sum = coefficients(kEluTerms - 1, segments);
      for (int i = kEluTerms - 2; i >= 0; --i) {
        const int16x8x2_t c = coefficients(i, segments);
        for (int v = 0; v < 2; ++v) sum.val[v] = vaddq_s16(vqrdmulhq_s16(sum.val[v], d[v]), c.val[v]);
      }
      a = vreinterpretq_s32_s16(vbslq_s16(vcltzq_s16(t[0]), sum.val[0], t[0]));
      b = vreinterpretq_s32_s16(vbslq_s16(vcltzq_s16(t[1]), sum.val[1], t[1]));
    }
    int16x8x2_t coefficients(int term, uint8x16_t segments) const {
      const uint8x16_t low = vqtbl1q_u8(low_[term], segments), high = vqtbl1q_u8(high_[term], segments);
      return {{vreinterpretq_s16_u8(vzip1q_u8(low, high)), vreinterpretq_s16_u8(vzip2q_u8(low, high))}};
    }

    int16x8_t lowest_, fraction_, right_, left_;
    uint8x16_t low_[kEluTerms], high_[kEluTerms];
  };

  static void load_inputs(const std::uint8_t* first, const std::uint8_t* second, std::int32_t* x) {
    const int16x8x2_t a = inputs(first), b = inputs(second);
    for (int half = 0; half < 2; ++half, x += 8) {
      store(x, joined(vget_low_s16(a.val[half]), vget_low_s16(b.val[half])));
      store(x + 4, joined(vget_high_s16(a.val[half]), vget_high_s16(b.val[half])));
    }
  }

  static void load_quads(const std::uint8_t* const (&bytes)[4], std::int32_t* x) {
    uint8x16_t planes[4];
    for (int i = 0; i < 4; ++i) planes[i] = vld1q_u8(bytes[i]);
    const uint16x8_t low01 = vreinterpretq_u16_u8(vzip1q_u8(planes[0], planes[1]));
    const uint16x8_t low23 = vreinterpretq_u16_u8(vzip1q_u8(planes[2], planes[3]));
    const uint16x8_t high01 = vreinterpretq_u16_u8(vzip2q_u8(planes[0], planes[1]));
    const uint16x8_t high23 = vreinterpretq_u16_u8(vzip2q_u8(planes[2], planes[3]));
    store(x, vreinterpretq_s32_u16(vzip1q_u16(low01, low23)));
    store(x + 4, vreinterpretq_s32_u16(vzip2q_u16(low01, low23)));
    store(x + 8, vreinterpretq_s32_u16(vzip1q_u16(high01, high23)));
    store(x + 12, vreinterpretq_s32_u16(vzip2q_u16(high01, high23)));
  }
  static Vec dot_quads(Vec sum, Vec x, Vec w) {  // every product, and every sum of two, fits 16 bits
    const uint8x16_t bytes = vreinterpretq_u8_s32(x);
    const int16x8_t weights = vmovl_s8(vget_low_s8(vreinterpretq_s8_s32(w)));  // twice the same four
    const int16x8_t low = vmulq_s16(vreinterpretq_s16_u16(vmovl_u8(vget_low_u8(bytes))), weights);
    const int16x8_t high = vmulq_s16(vreinterpretq_s16_u16(vmovl_high_u8(bytes)), weights);
    return vpadalq_s16(sum, vpaddq_s16(low, high));
  }
  static Vec quads(const Vec (&sums)[4], const std::int32_t* shift) {
    int16x4_t t[4];
    for (int i = 0; i < 4; ++i) t[i] = vqmovn_s32(vshlq_s32(sums[i], vdupq_n_s32(-shift[i])));
    const uint8x16_t rows = vcombine_u8(vqmovun_s16(vcombine_s16(t[0], t[1])), vqmovun_s16(vcombine_s16(t[2], t[3])));
    const std::uint8_t transposed[16] = {0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15};
    return vreinterpretq_s32_u8(vqtbl1q_u8(rows, vld1q_u8(transposed)));
  }
  static Vec joined(Vec high, Vec low) { return vaddq_s32(vshlq_n_s32(high, 7), low); }

  static Bytes bytes(const Vec (&sums)[kVectors], int shift) {
    return vcombine_u8(narrow(sums[0], sums[1], shift), narrow(sums[2], sums[3], shift));
  }
  static Bytes select(const std::uint8_t* mask) { return vsubq_u8(vdupq_n_u8(0), vld1q_u8(mask)); }
  static Bytes opaque() { return vdupq_n_u8(255); }

  static void store_pixels(const Bytes (&channels)[3], std::uint8_t* out) {
    const uint8x16x3_t rgb = {{channels[0], channels[1], channels[2]}};
    vst3q_u8(out, rgb);  // a macro in clang, which would take the commas of a list for its own
  }
  static void store_pixels(const Bytes (&channels)[4], std::uint8_t* out) {
    const uint8x16x4_t rgba = {{channels[0], channels[1], channels[2], channels[3]}};
    vst4q_u8(out, rgba);
  }

 private:
  static Vec joined(int16x4_t low, int16x4_t high) { return vreinterpretq_s32_s16(vcombine_s16(low, high)); }
  static int16x8x2_t inputs(const std::uint8_t* bytes) {
    const int8x16_t centred = vreinterpretq_s8_u8(veorq_u8(vld1q_u8(bytes), vdupq_n_u8(128)));
    return {{vshll_n_s8(vget_low_s8(centred), kInputBits), vshll_high_n_s8(centred, kInputBits)}};
  }
  static uint8x8_t narrow(Vec a, Vec b, int shift) {
    const int32x4_t right = vdupq_n_s32(-shift);
    return vqmovun_s16(vcombine_s16(vqmovn_s32(vshlq_s32(a, right)), vqmovn_s32(vshlq_s32(b, right))));
  }
};
