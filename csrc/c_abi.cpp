// The C ABI of fastrti.h: every argument checked, every exception a code.
#include <cmath>
#include <memory>
#include <new>
#include <stdexcept>

#include "description.h"
#include "dispatch.h"
#include "fastrti.h"
#include "object.h"

struct fastrti_object {
  fastrti::Object object;
};

namespace fastrti {
namespace {

bool usable(const double (&direction)[3]) {
  bool finite = true, zero = true;
  for (const double value : direction) {
    finite = finite && std::isfinite(value);
    zero = zero && value == 0;
  }
  return finite && !zero && direction[2] >= 0;
}

// Of length 1. Divided by the largest number first, so that no square overflows or vanishes.
Light normalised(const double (&direction)[3]) {
  double largest = 0, squares = 0, unit[3];
  for (const double value : direction) largest = std::fmax(largest, std::abs(value));
  for (int i = 0; i < 3; ++i) {
    unit[i] = direction[i] / largest;
    squares += unit[i] * unit[i];
  }
  const double length = std::sqrt(squares);
  return {unit[0] / length, unit[1] / length, unit[2] / length};
}

// Rows of the buffer that do not overlap.
bool usable(const Region& region, const Target& target) {
  if (target.channels != 3 && target.channels != 4) return false;
  const std::int64_t row = region.width * target.channels, stride = target.stride;
  return region.height == 1 || stride >= row || stride <= -row;
}

}  // namespace
}  // namespace fastrti

using namespace fastrti;

const char* fastrti_error_text(int error) {
  switch (error) {
    case FASTRTI_OK:
      return "no error";
    case FASTRTI_NULL_POINTER:
      return "expected a pointer, got null";
    case FASTRTI_BAD_SIZE:
      return "expected 1 to 48 planes of at least one pixel that fit the memory";
    case FASTRTI_BAD_MASK:
      return "expected a mask of bytes 0 and 1, got another byte";
    case FASTRTI_BAD_RANGE:
      return "expected minimum <= maximum for every plane, both finite as floats";
    case FASTRTI_BAD_NETWORK:
      return "expected 0 to 2 hidden layers, 1 to 64 wide, ReLU or ELU, and base colours only with 4 planes or more";
    case FASTRTI_BAD_FEATURES:
      return "expected light features of a known kind, their count, exponents and sigma in the documented range";
    case FASTRTI_BAD_LAYERS:
      return "expected 1 to 4 light layers that lead from the features to the numbers of the frame network";
    case FASTRTI_BAD_NUMBER:
      return "expected finite weights, biases and nodes, got an infinite one or no number";
    case FASTRTI_BAD_PRECISION:
      return "expected a precision that this object can be drawn in on this processor";
    case FASTRTI_BAD_THREADS:
      return "expected 1 to 1024 threads";
    case FASTRTI_BAD_LIGHT:
      return "expected a finite light direction of non-zero length that is not below the horizon";
    case FASTRTI_BAD_REGION:
      return "expected a region of at least one pixel inside the picture";
    case FASTRTI_BAD_BUFFER:
      return "expected 3 or 4 channels and rows that do not overlap";
    case FASTRTI_NO_MEMORY:
      return "expected memory for the object or a frame, the system has none left";
    case FASTRTI_BAD_EXPERTS:
      return "expected at most 64 experts, 256 labels, shares of sum 1, and labels that name an expert or a mean";
    default:
      return "an unknown error code";
  }
}

int fastrti_open(const fastrti_description* description, int precision, int threads, fastrti_object** object) {
  if (object == nullptr) return FASTRTI_NULL_POINTER;
  *object = nullptr;
  if (description == nullptr) return FASTRTI_NULL_POINTER;
  if (precision < FASTRTI_AUTO || precision > FASTRTI_INT8) return FASTRTI_BAD_PRECISION;
  if (threads < 1 || threads > FASTRTI_MAX_THREADS) return FASTRTI_BAD_THREADS;
  const int error = check(*description);
  if (error != FASTRTI_OK) return error;
  try {
    std::unique_ptr<fastrti_object> opened(
        new fastrti_object{{*description, available_isas().front(), threads, static_cast<Precision>(precision)}});
    opened->object.frames_at({0, 0, 1});  // throws where the precision cannot draw it
    *object = opened.release();
  } catch (const std::invalid_argument&) {
    return FASTRTI_BAD_PRECISION;
  } catch (const std::bad_alloc&) {
    return FASTRTI_NO_MEMORY;
  }
  return FASTRTI_OK;
}

int fastrti_relight(const fastrti_object* object, const double light[3], int32_t top, int32_t left, int32_t height,
                    int32_t width, int channels, uint8_t* out, ptrdiff_t out_stride) {
  if (object == nullptr || light == nullptr || out == nullptr) return FASTRTI_NULL_POINTER;
  const double direction[3] = {light[0], light[1], light[2]};
  if (!usable(direction)) return FASTRTI_BAD_LIGHT;
  const Region region = {top, left, height, width};
  if (!object->object.contains(region)) return FASTRTI_BAD_REGION;
  const Target target = {out, out_stride, channels};
  if (!usable(region, target)) return FASTRTI_BAD_BUFFER;
  try {
    object->object.relight(normalised(direction), region, target);
  } catch (const std::invalid_argument&) {
    return FASTRTI_BAD_PRECISION;
  } catch (const std::bad_alloc&) {
    return FASTRTI_NO_MEMORY;
  }
  return FASTRTI_OK;
}

void fastrti_close(fastrti_object* object) { delete object; }
