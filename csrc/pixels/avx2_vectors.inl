// The trait of int16_body.inl and int8_body.inl for vectors of 256 bits: tiles of 16 pixels. Included inside the target
// region of AVX2 and of the instruction sets that add to it.

struct Avx2 {
  using Vec = __m256i;
  using Bytes = __m128i;
  static constexpr int kLanes = 8;
  static constexpr int kVectors = 2;

  static Vec set1(std::int32_t x) { return _mm256_set1_epi32(x); }
  static Vec load(const std::int32_t* x) { return _mm256_load_si256(reinterpret_cast<const __m256i*>(x)); }
  static void store(std::int32_t* x, Vec a) { _mm256_store_si256(reinterpret_cast<__m256i*>(x), a); }
  static Vec add(Vec a, Vec b) { return _mm256_add_epi32(a, b); }
  static Vec dot(Vec sum, Vec x, Vec w) {
    sum = _mm256_add_epi32(sum, _mm256_madd_epi16(x, w));
    asm("" : "+x"(sum));  // one after another: compilers add the products up as a tree, for which registers are lacking
    return sum;
  }
  static Vec pair(Vec a, Vec b) { return _mm256_blend_epi16(_mm256_srli_epi32(a, 16), b, 0xaa); }
  static Vec relu(Vec t) { return _mm256_max_epi16(t, _mm256_setzero_si256()); }

  class Elu {
   public:
    explicit Elu(const EluTable& table)
        : lowest_(_mm256_set1_epi16(static_cast<std::int16_t>(-(kEluSegments << table.shift)))),
          fraction_(_mm256_set1_epi16(static_cast<std::int16_t>((1 << table.shift) - 1))),
          shift_(_mm_cvtsi32_si128(table.shift)),
          fraction_shift_(_mm_cvtsi32_si128(table.fraction_shift)) {
      for (int i = 0; i < kEluTerms; ++i) {
        low_[i] = both_lanes(table.low[i]);
        high_[i] = both_lanes(table.high[i]);
      }
    }

    void operator()(Vec (&t)[kVectors]) const {
      static_assert(kVectors == 2, "the segments of two vectors are one vector of bytes");
      Vec segment[2], d[2], sum[2];
      for (int v = 0; v < 2; ++v) {
        const Vec m = _mm256_max_epi16(t[v], lowest_);
        d[v] = _mm256_sll_epi16(_mm256_and_si256(m, fraction_), fraction_shift_);
        segment[v] = _mm256_and_si256(_mm256_sra_epi16(m, shift_), _mm256_set1_epi16(kEluSegments - 1));
      }
      const Vec segments = _mm256_packus_epi16(segment[0], segment[1]);
      coefficients(kEluTerms - 1, segments, sum);
      for (int i = kEluTerms - 2; i >= 0; --i) {
        Vec c[2];
        coefficients(i, segments, c);
        for (int v = 0; v < 2; ++v) sum[v] = _mm256_add_epi16(_mm256_mulhrs_epi16(sum[v], d[v]), c[v]);
      }
      for (int v = 0; v < 2; ++v) t[v] = _mm256_blendv_epi8(t[v], sum[v], _mm256_srai_epi16(t[v], 15));
    }

   private:
    static Vec both_lanes(const std::uint8_t (&bytes)[kEluSegments]) {
      return _mm256_broadcastsi128_si256(_mm_load_si128(reinterpret_cast<const __m128i*>(bytes)));
    }
    void coefficients(int term, Vec segments, Vec (&c)[2]) const {
      const Vec low = _mm256_shuffle_epi8(low_[term], segments), high = _mm256_shuffle_epi8(high_[term], segments);
      c[0] = _mm256_unpacklo_epi8(low, high);
      c[1] = _mm256_unpackhi_epi8(low, high);
    }

    Vec lowest_, fraction_;
    __m128i shift_, fraction_shift_;
    Vec low_[kEluTerms], high_[kEluTerms];
  };

  // Unpacking works within each 128-bit lane: a lane holds the pixels 8 lane .. 8 lane + 7, vector v four of them.
  static void load_inputs(const std::uint8_t* first, const std::uint8_t* second, std::int32_t* x) {
    const __m256i pairs = _mm256_set_m128i(_mm_unpackhi_epi8(signed_bytes(first), signed_bytes(second)),
                                           _mm_unpacklo_epi8(signed_bytes(first), signed_bytes(second)));
    const __m256i zero = _mm256_setzero_si256();
    store(x, _mm256_srai_epi16(_mm256_unpacklo_epi8(zero, pairs), 8 - kInputBits));
    store(x + kLanes, _mm256_srai_epi16(_mm256_unpackhi_epi8(zero, pairs), 8 - kInputBits));
  }

  static void load_quads(const std::uint8_t* const (&bytes)[4], std::int32_t* x) {
    __m128i planes[4];
    for (int i = 0; i < 4; ++i) planes[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes[i]));
    const __m256i first =
        _mm256_set_m128i(_mm_unpackhi_epi8(planes[0], planes[1]), _mm_unpacklo_epi8(planes[0], planes[1]));
    const __m256i second =
        _mm256_set_m128i(_mm_unpackhi_epi8(planes[2], planes[3]), _mm_unpacklo_epi8(planes[2], planes[3]));
    store(x, _mm256_unpacklo_epi16(first, second));
    store(x + kLanes, _mm256_unpackhi_epi16(first, second));
  }
  static Vec dot_quads(Vec sum, Vec x, Vec w) {
    return _mm256_add_epi32(sum, _mm256_madd_epi16(_mm256_maddubs_epi16(x, w), _mm256_set1_epi16(1)));
  }
  static Vec quads(const Vec (&sums)[4], const std::int32_t* shift) {
    Vec t[4];
    for (int i = 0; i < 4; ++i) t[i] = _mm256_srav_epi32(sums[i], set1(shift[i]));
    const Vec rows = _mm256_packus_epi16(_mm256_packs_epi32(t[0], t[1]), _mm256_packs_epi32(t[2], t[3]));
    const __m128i transposed = _mm_setr_epi8(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    return _mm256_shuffle_epi8(rows, _mm256_broadcastsi128_si256(transposed));
  }
  static Vec joined(Vec high, Vec low) { return _mm256_add_epi32(_mm256_slli_epi32(high, 7), low); }

  static Bytes bytes(const Vec (&sums)[kVectors], int shift) {
    const __m128i count = _mm_cvtsi32_si128(shift);
    const __m256i words = _mm256_packs_epi32(_mm256_sra_epi32(sums[0], count), _mm256_sra_epi32(sums[1], count));
    return _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  }
  static Bytes select(const std::uint8_t* mask) {
    return _mm_sub_epi8(_mm_setzero_si128(), _mm_loadu_si128(reinterpret_cast<const __m128i*>(mask)));
  }
  static Bytes opaque() { return _mm_set1_epi8(-1); }

  template <int C>
  static void store_pixels(const Bytes (&channels)[C], std::uint8_t* out) {
    for (int j = 0; j < C; ++j) {
      __m128i sixteen = _mm_setzero_si128();
      for (int c = 0; c < C; ++c) {
        const __m128i from = _mm_load_si128(reinterpret_cast<const __m128i*>(kPixelShuffle<C>.from[j][c]));
        sixteen = _mm_or_si128(sixteen, _mm_shuffle_epi8(channels[c], from));
      }
      _mm_storeu_si128(reinterpret_cast<__m128i*>(out + 16 * j), sixteen);
    }
  }

 private:
  static __m128i signed_bytes(const std::uint8_t* bytes) {
    return _mm_xor_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(bytes)), _mm_set1_epi8(-128));
  }
};
