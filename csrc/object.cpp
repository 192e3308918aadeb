#include "object.h"

#include <algorithm>
#include <exception>
#include <mutex>
#include <utility>

#include "machine/thread_pool.h"

namespace fastrti {
namespace {

constexpr std::size_t kLabelsAtOnce = 16;  // whose frames a thread prepares: some 0.08 ms of work

}  // namespace

Object::Object(const fastrti_description& description, const Isa& isa, int threads, Precision precision)
    : height_(description.height),
      width_(description.width),
      pixels_{description.planes, static_cast<std::size_t>(height_ * width_), description.bytes, description.mask},
      isa_(isa),
      threads_(threads),
      precision_(precision),
      fitted_to_int8_(description.fitted_to_int8 != 0),
      lights_(description) {
  if (lights_.labels() > 1) labels_.emplace(description.labels, static_cast<std::size_t>(height_ * width_));
  ThreadPool::shared();  // made before anybody draws: a child forked while another thread makes it would wait for ever
}

Object::~Object() {
  delete last_.load();
  delete boxes_.load();
}

bool Object::contains(const Region& region) const {
  return region.top >= 0 && region.left >= 0 && region.height >= 1 && region.width >= 1 &&
         region.top <= height_ - region.height && region.left <= width_ - region.width;
}

void Object::relight(const Light& light, const Region& region, const Target& target) const {
  const std::ptrdiff_t first = region.top * width_ + region.left;
  Picture picture{};
  picture.height = static_cast<std::size_t>(region.height);
  picture.width = static_cast<std::size_t>(region.width);
  picture.planes = pixels_.bytes + first;
  picture.plane_stride = height_ * width_;
  picture.row_stride = width_;
  picture.mask = pixels_.mask == nullptr ? nullptr : pixels_.mask + first;
  picture.out = target.out;
  picture.out_stride = target.stride;
  picture.channels = target.channels;
  picture.labels = labels_ ? &*labels_ : nullptr;
  picture.first = static_cast<std::size_t>(first);
  fastrti::relight(*frames_at(light), picture, threads_);
}

// Of threads that ask at once each makes its own frames, unless it finds the last ones; the last to finish are kept.
std::shared_ptr<const Frames> Object::frames_at(const Light& light) const {
  std::unique_ptr<LastFrames> last(last_.exchange(nullptr));
  if (last == nullptr || !(last->light == light)) {
    last.reset(new LastFrames{light, std::make_shared<const Frames>(prepared(lights_.at(light)))});
  }
  auto frames = last->frames;
  delete last_.exchange(last.release());
  return frames;
}

Frames Object::prepared(const std::vector<OwnedFrameNetwork>& networks) const {
  const auto boxes = [this]() -> const PixelBoxes& { return this->boxes(); };
  std::vector<std::optional<PreparedFrame>> frames(networks.size());
  const auto prepare = [&](std::size_t label) {
    frames[label].emplace(networks[label].network, isa_, precision_, fitted_to_int8_, boxes);
  };
  prepare(0);  // alone: it may make the boxes for all
  std::exception_ptr error;
  std::mutex error_lock;
  ThreadPool::shared().run((frames.size() - 1 + kLabelsAtOnce - 1) / kLabelsAtOnce, threads_, [&](std::size_t chunk) {
    const std::size_t first = 1 + chunk * kLabelsAtOnce;
    try {
      for (std::size_t i = first; i < std::min(first + kLabelsAtOnce, frames.size()); ++i) prepare(i);
    } catch (...) {
      const std::lock_guard<std::mutex> lock(error_lock);
      error = std::current_exception();
    }
  });
  if (error) std::rethrow_exception(error);
  Frames made;
  for (std::optional<PreparedFrame>& frame : frames) made.push_back(std::move(*frame));
  return made;
}

// Of threads that ask at once each makes the boxes, and the first to finish gives them to all.
const PixelBoxes& Object::boxes() const {
  const PixelBoxes* boxes = boxes_.load();
  if (boxes != nullptr) return *boxes;
  auto made = std::make_unique<const PixelBoxes>(pixels_, lights_.labels(), threads_);
  return boxes_.compare_exchange_strong(boxes, made.get()) ? *made.release() : *boxes;
}

}  // namespace fastrti
