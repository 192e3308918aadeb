// The int16 and int8 kernels for any machine, in plain C++: the definition of their arithmetic.
#include <cstring>

#include "pixels/kernel.h"

namespace fastrti {
namespace {

struct Baseline {
  using Vec = std::int32_t;
  static constexpr int kLanes = 1;
  static constexpr int kVectors = 8;

  struct Bytes {
    std::uint8_t of[kVectors];

    Bytes operator&(const Bytes& other) const {
      Bytes both;
      for (int i = 0; i < kVectors; ++i) both.of[i] = of[i] & other.of[i];
      return both;
    }
  };

  static Vec set1(std::int32_t x) { return x; }
  static Vec load(const std::int32_t* x) { return *x; }
  static void store(std::int32_t* x, Vec a) { *x = a; }

  static Vec add(Vec a, Vec b) {
    return static_cast<Vec>(static_cast<std::uint32_t>(a) + static_cast<std::uint32_t>(b));
  }
  static Vec dot(Vec sum, Vec x, Vec w) { return add(sum, add(first(x) * first(w), (x >> 16) * (w >> 16))); }
  static Vec pair(Vec a, Vec b) { return packed(a >> 16, b >> 16); }
  static Vec relu(Vec t) { return packed(first(t) > 0 ? first(t) : 0, t >> 16 > 0 ? t >> 16 : 0); }

  class Elu {
   public:
    explicit Elu(const EluTable& table) : table_(table) {}

    void operator()(Vec (&t)[kVectors]) const {
      for (Vec& pair : t) pair = packed(of(first(pair)), of(pair >> 16));
    }

   private:
    std::int32_t of(std::int32_t t) const { return t < 0 ? elu(table_, static_cast<std::int16_t>(t)) : t; }

    const EluTable& table_;
  };

  static void load_inputs(const std::uint8_t* a, const std::uint8_t* b, std::int32_t* x) {
    for (int i = 0; i < kVectors; ++i)
      x[i] = packed((a[i] - 128) * (1 << kInputBits), (b[i] - 128) * (1 << kInputBits));
  }
  static void load_quads(const std::uint8_t* const (&bytes)[4], std::int32_t* x) {
    for (int i = 0; i < kVectors; ++i) x[i] = quad(bytes[0][i], bytes[1][i], bytes[2][i], bytes[3][i]);
  }
  static Vec dot_quads(Vec sum, Vec x, Vec w) {
    for (int i = 0; i < 32; i += 8) sum += (x >> i & 255) * static_cast<std::int8_t>(w >> i & 255);
    return sum;
  }
  static Vec quads(const Vec (&sums)[4], const std::int32_t* shift) {
    return quad(clamped(sums[0] >> shift[0]), clamped(sums[1] >> shift[1]), clamped(sums[2] >> shift[2]),
                clamped(sums[3] >> shift[3]));
  }
  static Vec joined(Vec high, Vec low) { return 128 * high + low; }

  static Bytes bytes(const Vec (&sums)[kVectors], int shift) {
    Bytes levels;
    for (int i = 0; i < kVectors; ++i) levels.of[i] = clamped(sums[i] >> shift);
    return levels;
  }
  static Bytes select(const std::uint8_t* mask) {
    Bytes selected;
    for (int i = 0; i < kVectors; ++i) selected.of[i] = static_cast<std::uint8_t>(-mask[i]);
    return selected;
  }
  static Bytes opaque() {
    Bytes all;
    std::memset(all.of, 255, sizeof all.of);
    return all;
  }
  template <int C>
  static void store_pixels(const Bytes (&channels)[C], std::uint8_t* out) {
    for (int i = 0; i < kVectors; ++i) {
      for (int c = 0; c < C; ++c) out[C * i + c] = channels[c].of[i];
    }
  }

 private:
  static std::uint8_t clamped(std::int32_t level) {
    return static_cast<std::uint8_t>(level < 0 ? 0 : level > 255 ? 255 : level);
  }
  static Vec quad(std::uint32_t a, std::uint32_t b, std::uint32_t c, std::uint32_t d) {
    return static_cast<Vec>(a | b << 8 | c << 16 | d << 24);
  }
  static std::int32_t first(Vec pair) { return static_cast<std::int16_t>(pair & 0xffff); }
  static Vec packed(std::int32_t low, std::int32_t high) {
    return static_cast<Vec>((static_cast<std::uint32_t>(low) & 0xffff) | static_cast<std::uint32_t>(high) << 16);
  }
};

#include "pixels/int8_body.inl"

}  // namespace

void relight_int16_baseline(const Int16Frame& frame, const Span& span) { relight_int16<Baseline>(frame, span); }

void relight_int8_baseline(const Int8Frame& frame, const Span& span) { relight_int8<Baseline>(frame, span); }

}  // namespace fastrti
