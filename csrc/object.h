// One object, ready to be relit: what the Python module and the C ABI both stand on.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "dispatch.h"
#include "frame.h"
#include "labels.h"
#include "light_networks.h"
#include "relight.h"
#include "rounding/pixel_boxes.h"

namespace fastrti {

struct Region {
  std::int64_t top, left, height, width;  // pixels
};

// Where a picture goes; see Picture.
struct Target {
  std::uint8_t* out;
  std::ptrdiff_t stride;
  int channels;
};

// Any number of threads may relight one at once. Points to the caller's planes and mask.
class Object {
 public:
  // `description` passed check(), threads are 1..kMaxThreads.
  Object(const fastrti_description& description, const Isa& isa, int threads, Precision precision);
  ~Object();

  const LightNetworks& lights() const { return lights_; }

  bool contains(const Region& region) const;

  // What each label draws under a light. Throws std::invalid_argument, as `relight` does, where the precision cannot
  // draw it.
  std::shared_ptr<const Frames> frames_at(const Light& light) const;

  // Draws a region the object contains.
  void relight(const Light& light, const Region& region, const Target& target) const;

  // Made when they are first asked for.
  const PixelBoxes& boxes() const;

 private:
  Frames prepared(const std::vector<OwnedFrameNetwork>& networks) const;

  std::int64_t height_, width_;
  ObjectPixels pixels_;
  const Isa& isa_;
  int threads_;
  Precision precision_;
  bool fitted_to_int8_;
  LightNetworks lights_;
  std::optional<LabelMap> labels_;

  // The frames of the last light. Who looks at it takes it out, so there is no lock that a forked child could inherit
  // held: it finds the frames or nothing.
  struct LastFrames {
    Light light;
    std::shared_ptr<const Frames> frames;
  };
  mutable std::atomic<LastFrames*> last_{nullptr};
  mutable std::atomic<const PixelBoxes*> boxes_{nullptr};  // without a lock for the same reason
};

}  // namespace fastrti
