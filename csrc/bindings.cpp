// The Python module fastrti._cpu. Every argument is checked here against what the core trusts; a ValueError says what
// was wanted and what came, and fastrti.kernels.cpu turns it into the package's own error.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "description.h"
#include "dispatch.h"
#include "object.h"
#include "pixels/fit_normals.h"
#include "rounding/quantise_int16.h"
#include "rounding/quantise_int8.h"

namespace py = pybind11;
using namespace fastrti;

namespace {

// Arrays only, never converted: the core writes to, and points into, the memory of the caller's own.
using OptionalArray = std::optional<py::array>;

std::string described(const py::array& array) {
  return py::str("{} {}").format(py::tuple(array.attr("shape")), array.dtype());
}

[[noreturn]] void reject(const std::string& message) { throw py::value_error(message); }

template <class T>
bool holds(const py::array& array, py::ssize_t dimensions) {
  return py::isinstance<py::array_t<T>>(array) && array.ndim() == dimensions;
}

bool contiguous(const py::array& array) { return (array.flags() & py::array::c_style) != 0; }

// Its numbers, where it is a contiguous array of that shape and type.
template <class T>
const T* numbers_of(const py::array& array, const std::vector<py::ssize_t>& shape, const char* what) {
  bool fits = holds<T>(array, static_cast<py::ssize_t>(shape.size())) && contiguous(array);
  for (std::size_t i = 0; fits && i < shape.size(); ++i) fits = array.shape(static_cast<py::ssize_t>(i)) == shape[i];
  if (!fits) {
    reject("expected " + std::string(what) + " of shape " + std::string(py::str(py::tuple(py::cast(shape)))) +
           ", contiguous " + std::string(py::str(py::dtype::of<T>())) + ", got " + described(array));
  }
  return static_cast<const T*>(array.data());
}

// The place of a name in a list of names.
int index_of(const std::string& name, const std::vector<std::string>& names, const char* what) {
  std::string wanted;
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<int>(i);
    wanted += (i == 0 ? "" : ", ") + names[i];
  }
  reject("expected " + std::string(what) + " to be one of " + wanted + ", got '" + name + "'");
}

const Isa& isa_named(const std::string& name) {
  for (const Isa& isa : available_isas()) {
    if (name == isa.name) return isa;
  }
  reject("expected an instruction set this machine runs, got '" + name + "'");
}

const std::vector<std::string> kPrecisions = {"auto", "fp32", "int16", "int8"};  // in the order of Precision

Precision precision_named(const std::string& name) {
  return static_cast<Precision>(index_of(name, kPrecisions, "precision"));
}

void describe_planes(fastrti_description& description, const py::array& planes, const OptionalArray& mask,
                     const py::array& minimum, const py::array& maximum) {
  if (!holds<std::uint8_t>(planes, 3) || !contiguous(planes) || planes.size() > PTRDIFF_MAX ||
      planes.shape(1) > INT32_MAX || planes.shape(2) > INT32_MAX || planes.shape(0) > FASTRTI_MAX_PLANES) {
    reject("expected planes of shape (K, H, W), contiguous uint8, K from 1 to 48, got " + described(planes));
  }
  description.planes = static_cast<int>(planes.shape(0));
  description.height = static_cast<int>(planes.shape(1));
  description.width = static_cast<int>(planes.shape(2));
  description.bytes = static_cast<const std::uint8_t*>(planes.data());
  if (mask) {
    const bool* bytes = numbers_of<bool>(*mask, {planes.shape(1), planes.shape(2)}, "a mask");
    description.mask = reinterpret_cast<const std::uint8_t*>(bytes);
  }
  description.minimum = numbers_of<double>(minimum, {planes.shape(0)}, "minima");
  description.maximum = numbers_of<double>(maximum, {planes.shape(0)}, "maxima");
}

void describe_network(fastrti_description& description, const std::vector<int>& hidden, const std::string& activation,
                      bool skip, bool base_colour) {
  if (hidden.size() > FASTRTI_MAX_HIDDEN) {
    reject("expected 0 to 2 hidden layers, got " + std::to_string(hidden.size()));
  }
  description.hidden_layers = static_cast<int>(hidden.size());
  std::copy(hidden.begin(), hidden.end(), description.hidden);
  description.activation = index_of(activation, {"relu", "elu"}, "activation");
  description.skip = skip;
  description.base_colour = base_colour;
}

void describe_features(fastrti_description& description, const std::string& kind, py::ssize_t count,
                       const OptionalArray& exponents, const OptionalArray& nodes, double sigma) {
  fastrti_features& features = description.features;
  features.kind = index_of(kind, {"monomials", "hsh", "rbf", "bilinear"}, "features");
  features.count = static_cast<int>(std::min<py::ssize_t>(count, INT32_MAX));
  if (exponents) features.exponents = numbers_of<std::int32_t>(*exponents, {count, 3}, "exponents");
  if (nodes) features.nodes = numbers_of<float>(*nodes, {count, 3}, "nodes");
  features.sigma = sigma;
}

void describe_layers(fastrti_description& description, const std::vector<py::array>& weights,
                     const std::vector<py::array>& biases) {
  if (weights.empty() || weights.size() > FASTRTI_MAX_LIGHT_LAYERS || weights.size() != biases.size()) {
    reject("expected 1 to 4 light layers, each a weight and a bias, got " + std::to_string(weights.size()) + " and " +
           std::to_string(biases.size()));
  }
  description.light_layers = static_cast<int>(weights.size());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (weights[i].ndim() != 2) reject("expected a light weight of shape (out, in), got " + described(weights[i]));
    const py::ssize_t outputs = weights[i].shape(0), inputs = weights[i].shape(1);
    if (outputs > INT32_MAX || inputs > INT32_MAX) reject("expected smaller layers, got " + described(weights[i]));
    description.light[i] = {static_cast<int>(inputs), static_cast<int>(outputs),
                            numbers_of<float>(weights[i], {outputs, inputs}, "a light weight"),
                            numbers_of<float>(biases[i], {outputs}, "a light bias")};
  }
}

// The layers that description.expert_layers shall point to: the weights and biases of experts 1, 2, ..., one after the
// other.
std::vector<fastrti_layer> describe_experts(fastrti_description& description, const OptionalArray& labels,
                                            const std::vector<std::vector<py::array>>& experts) {
  std::vector<fastrti_layer> layers;
  if (!labels) return layers;
  description.labels = numbers_of<std::uint8_t>(*labels, {description.height, description.width}, "labels");
  description.experts = static_cast<int>(std::min<std::size_t>(experts.size(), INT16_MAX)) + 1;
  for (const std::vector<py::array>& expert : experts) {
    fastrti_description one{};
    const auto middle = expert.begin() + static_cast<std::ptrdiff_t>(expert.size() / 2);
    describe_layers(one, {expert.begin(), middle}, {middle, expert.end()});
    if (one.light_layers != description.light_layers) reject("expected experts of equally many light layers");
    layers.insert(layers.end(), one.light, one.light + one.light_layers);
  }
  return layers;
}

void describe_means(fastrti_description& description, const OptionalArray& shares) {
  if (!shares) return;
  description.means = static_cast<int>(std::min<py::ssize_t>(shares->shape(0), INT16_MAX));
  description.shares = numbers_of<double>(*shares, {description.means, description.experts}, "shares");
}

// The picture an array can hold: its region's height and width, and where its rows lie.
Target target_of(py::array& out) {
  if (!holds<std::uint8_t>(out, 3) || (out.shape(2) != 3 && out.shape(2) != 4) || !out.writeable()) {
    reject("expected a writable out of shape (h, w, 3) or (h, w, 4), uint8, got " + described(out));
  }
  const py::ssize_t width = out.shape(1), channels = out.shape(2), row = out.strides(0);
  const bool apart = out.shape(0) <= 1 || row >= channels * width || -row >= channels * width;
  if (out.strides(2) != 1 || (width > 1 && out.strides(1) != channels) || !apart) {
    reject("expected an out whose rows hold contiguous pixels and do not overlap, got strides " +
           std::string(py::str(py::tuple(out.attr("strides")))));
  }
  return {static_cast<std::uint8_t*>(out.mutable_data()), row, static_cast<int>(channels)};
}

// An object, and the arrays it points into.
class BoundObject {
 public:
  BoundObject(py::array planes, OptionalArray mask, const py::array& minimum, const py::array& maximum,
              const std::vector<int>& hidden, const std::string& activation, bool skip, bool base_colour,
              const std::string& features, const OptionalArray& exponents, const OptionalArray& nodes, double sigma,
              const std::vector<py::array>& weights, const std::vector<py::array>& biases, const OptionalArray& labels,
              const std::vector<std::vector<py::array>>& expert_layers, const OptionalArray& shares, int threads,
              const std::string& isa, const std::string& precision, bool fitted_to_int8)
      : planes_(std::move(planes)), mask_(std::move(mask)) {
    fastrti_description description{};
    describe_planes(description, planes_, mask_, minimum, maximum);
    describe_network(description, hidden, activation, skip, base_colour);
    describe_layers(description, weights, biases);
    describe_features(description, features, description.light[0].inputs, exponents, nodes, sigma);
    description.fitted_to_int8 = fitted_to_int8;
    const std::vector<fastrti_layer> layers = describe_experts(description, labels, expert_layers);
    description.expert_layers = layers.data();
    describe_means(description, shares);
    const int error = check(description);
    if (error != FASTRTI_OK) reject(fastrti_error_text(error));
    if (threads < 1 || threads > kMaxThreads) reject("expected 1 to 1024 threads, got " + std::to_string(threads));
    object_.emplace(description, isa_named(isa), threads, precision_named(precision));
  }

  void relight(double x, double y, double z, py::array out, py::ssize_t top, py::ssize_t left) const {
    const Target target = target_of(out);
    const Region region = {top, left, out.shape(0), out.shape(1)};
    if (!object_->contains(region)) {
      reject("expected a region inside " + std::to_string(planes_.shape(1)) + " x " + std::to_string(planes_.shape(2)) +
             " pixels, got " + std::to_string(region.height) + " x " + std::to_string(region.width) + " at (" +
             std::to_string(top) + ", " + std::to_string(left) + ")");
    }
    const py::gil_scoped_release without_gil;
    object_->relight({x, y, z}, region, target);
  }

  // (precision, bound) of each label's frame under a unit light.
  std::vector<std::pair<std::string, double>> drawn_in(double x, double y, double z) const {
    const auto frames = object_->frames_at({x, y, z});
    std::vector<std::pair<std::string, double>> drawn;
    for (const PreparedFrame& frame : *frames) {
      drawn.emplace_back(kPrecisions[static_cast<std::size_t>(frame.precision())], frame.bound());
    }
    return drawn;
  }

  py::array_t<float> frame_numbers(double x, double y, double z) const {
    const std::vector<float> numbers = object_->lights().first().at({x, y, z}).numbers;
    return py::array_t<float>(static_cast<py::ssize_t>(numbers.size()), numbers.data());
  }

  // (layers, weights, high, low, bias, output_shift): a hidden layer is its weights (out, in) int8, bias and shift
  // (out,) int32; the rest is the output layer's.
  py::tuple quantised_int8(double x, double y, double z) const {
    const OwnedFrameNetwork exact = object_->lights().first().at({x, y, z});
    if (!fits_int8(exact.network)) reject("expected a network that 8-bit integers can draw, got ELU or a base colour");
    const Int8Network network = quantise_int8(exact.network);
    py::list layers;
    for (int i = 0; i < network.hidden; ++i) {
      const Int8Layer& layer = network.layers[i];
      layers.append(py::make_tuple(py::array_t<std::int8_t>({layer.outputs, layer.inputs}, layer.weights.data()),
                                   py::array_t<std::int32_t>(layer.outputs, layer.bias.data()),
                                   py::array_t<std::int32_t>(layer.outputs, layer.shift.data())));
    }
    const Int8Layer& last = network.layers[network.hidden];
    return py::make_tuple(layers, py::array_t<std::int8_t>({3, last.inputs}, last.weights.data()),
                          py::array_t<std::int8_t>({3, network.planes}, network.high.data()),
                          py::array_t<std::int8_t>({3, network.planes}, network.low.data()),
                          py::array_t<std::int32_t>(3, last.bias.data()), network.output_shift);
  }

  // The bound of int16 over the bytes from low to high, (n, K) each.
  std::vector<double> int16_bounds(double x, double y, double z, const py::array& low, const py::array& high) const {
    const py::ssize_t planes = planes_.shape(0), count = low.shape(0);
    const auto* lows = numbers_of<std::uint8_t>(low, {count, planes}, "low bytes");
    const auto* highs = numbers_of<std::uint8_t>(high, {count, planes}, "high bytes");
    const OwnedFrameNetwork exact = object_->lights().first().at({x, y, z});
    RoundedNetwork rounded;
    if (std::isinf(quantise_int16(exact.network, rounded).bound)) return {};
    std::vector<double> bounds(count + kBoxes);
    for (py::ssize_t first = 0; first < count; first += kBoxes) {
      ByteBox boxes[kBoxes];
      const ByteBox* pointers[kBoxes];
      for (int box = 0; box < kBoxes; ++box) {
        const py::ssize_t row = std::min<py::ssize_t>(first + box, count - 1);
        std::copy_n(lows + row * planes, planes, boxes[box].low.begin());
        std::copy_n(highs + row * planes, planes, boxes[box].high.begin());
        pointers[box] = &boxes[box];
      }
      error_bounds(rounded, pointers, bounds.data() + first);
    }
    bounds.resize(count);
    return bounds;
  }

  // (n, 2, K): their corners.
  py::array_t<std::uint8_t> boxes(int most) const {
    const std::vector<ByteBox> boxes = object_->boxes().boxes(std::clamp(most, 1, kMostBoxes));
    const py::ssize_t planes = planes_.shape(0);
    py::array_t<std::uint8_t> corners({static_cast<py::ssize_t>(boxes.size()), py::ssize_t{2}, planes});
    std::uint8_t* next = corners.mutable_data();
    for (const ByteBox& box : boxes) {
      next = std::copy_n(box.low.begin(), planes, next);
      next = std::copy_n(box.high.begin(), planes, next);
    }
    return corners;
  }

  // (layers, elu_scales, output_shift, bound): a layer is its weights (out, in) int16 and its bias (out,) int32. The
  // layers are None where the bound is infinite.
  py::tuple quantised(double x, double y, double z) const {
    const OwnedFrameNetwork exact = object_->lights().first().at({x, y, z});
    RoundedNetwork rounded;
    const Int16Network network = quantise_int16(exact.network, rounded);
    if (std::isinf(network.bound)) return py::make_tuple(py::none(), py::none(), py::none(), network.bound);
    py::list layers, elu_scales;
    for (int i = 0; i <= network.hidden; ++i) {
      const Int16Layer& layer = network.layers[i];
      layers.append(py::make_tuple(py::array_t<std::int16_t>({layer.outputs, layer.inputs}, layer.weights.data()),
                                   py::array_t<std::int32_t>(layer.outputs, layer.bias.data())));
      if (i < network.hidden) elu_scales.append(network.elu_scale[i]);
    }
    return py::make_tuple(layers, elu_scales, network.output_shift, network.bound);
  }

 private:
  py::array planes_;
  OptionalArray mask_;
  std::optional<Object> object_;
};

std::vector<std::string> isa_names() {
  std::vector<std::string> names;
  for (const Isa& isa : available_isas()) names.emplace_back(isa.name);
  return names;
}

// Writes the unit normals of relit pictures, (lights, n, 3) uint8, to out, (n, 3) float32.
void normals_of(const py::array& pictures, const py::array& directions, const py::array& luminance, int iterations,
                float noise, float nothing, float ridge, py::array out, int threads, const std::string& isa) {
  if (!holds<std::uint8_t>(pictures, 3) || !contiguous(pictures) || pictures.shape(2) != 3 || pictures.shape(0) < 1 ||
      pictures.shape(0) > kMaxNormalLights) {
    reject("expected 1 to 64 pictures of shape (L, n, 3), contiguous uint8, got " + described(pictures));
  }
  const py::ssize_t lights = pictures.shape(0), pixels = pictures.shape(1);
  if (threads < 1 || threads > kMaxThreads) reject("expected 1 to 1024 threads, got " + std::to_string(threads));
  if (!(noise > 0 && nothing > 0 && ridge > 0)) reject("expected noise, nothing and ridge above 0");
  if (!out.writeable()) reject("expected a writable out");
  const NormalFit fit = {static_cast<int>(lights),
                         numbers_of<float>(directions, {lights, 3}, "light directions"),
                         numbers_of<float>(luminance, {3, 256}, "luminances of bytes"),
                         iterations,
                         noise,
                         nothing,
                         ridge};
  const auto* bytes = static_cast<const std::uint8_t*>(pictures.data());
  auto* normals = const_cast<float*>(numbers_of<float>(out, {pixels, 3}, "an out"));
  const FitNormals kernel = isa_named(isa).fit_normals;
  const py::gil_scoped_release without_gil;
  fit_normals(kernel, fit, bytes, static_cast<std::size_t>(pixels), normals, threads);
}

}  // namespace

// Free-threaded Python may run it without the lock: what is bound is either constant or safe in the core,
// and the core is called without the lock in every Python.
PYBIND11_MODULE(_cpu, module, py::mod_gil_not_used()) {
  module.doc() = "The CPU kernel; use it through fastrti.kernels.cpu.";
  module.def(
      "available_isas", [] { return py::tuple(py::cast(isa_names())); },
      "Instruction sets this machine runs, fastest first.");
  module.def("fit_normals", &normals_of, "See csrc/pixels/fit_normals.h.", py::kw_only(), py::arg("pictures"),
             py::arg("directions"), py::arg("luminance"), py::arg("iterations"), py::arg("noise"), py::arg("nothing"),
             py::arg("ridge"), py::arg("out"), py::arg("threads"), py::arg("isa"));
  py::class_<BoundObject>(module, "Object", "One object, ready to be relit.")
      .def(py::init<py::array, OptionalArray, const py::array&, const py::array&, const std::vector<int>&,
                    const std::string&, bool, bool, const std::string&, const OptionalArray&, const OptionalArray&,
                    double, const std::vector<py::array>&, const std::vector<py::array>&, OptionalArray,
                    const std::vector<std::vector<py::array>>&, const OptionalArray&, int, const std::string&,
                    const std::string&, bool>(),
           py::kw_only(), py::arg("planes"), py::arg("mask"), py::arg("minimum"), py::arg("maximum"), py::arg("hidden"),
           py::arg("activation"), py::arg("skip"), py::arg("base_colour"), py::arg("features"), py::arg("exponents"),
           py::arg("nodes"), py::arg("sigma"), py::arg("weights"), py::arg("biases"), py::arg("labels"),
           py::arg("expert_layers"), py::arg("shares"), py::arg("threads"), py::arg("isa"), py::arg("precision"),
           py::arg("fitted_to_int8"))
      .def("relight", &BoundObject::relight, "Draws the region of out's size at (top, left) under a unit light.",
           py::arg("x"), py::arg("y"), py::arg("z"), py::arg("out"), py::arg("top"), py::arg("left"))
      .def("drawn_in", &BoundObject::drawn_in,
           "Of each label, the precision under a unit light, and what int16 promises there: levels, infinite if it was "
           "not considered.",
           py::arg("x"), py::arg("y"), py::arg("z"))
      .def("frame_numbers", &BoundObject::frame_numbers,
           "W1, b1, ..., Wn, bn, [S] under a unit light, folded on bytes.", py::arg("x"), py::arg("y"), py::arg("z"))
      .def("quantise_int8", &BoundObject::quantised_int8, "These numbers in bytes, see csrc/rounding/quantise_int8.h.",
           py::arg("x"), py::arg("y"), py::arg("z"))
      .def("int16_bounds", &BoundObject::int16_bounds,
           "The bounds on the error of the integers over boxes of bytes, (n, K) to (n, K), both included.",
           py::arg("x"), py::arg("y"), py::arg("z"), py::arg("low"), py::arg("high"))
      .def("boxes", &BoundObject::boxes,
           "(n, 2, K) uint8: at most that many boxes that hold all pixels, see csrc/rounding/pixel_boxes.h.",
           py::arg("most"))
      .def("quantise_int16", &BoundObject::quantised, "These numbers in integers, and the bound on their error.",
           py::arg("x"), py::arg("y"), py::arg("z"));
}
