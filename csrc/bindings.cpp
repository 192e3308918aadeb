// The Python module fastrti._cpu. Every argument is checked here against what the kernel trusts; a ValueError says
// what was wanted and what came, and fastrti.kernels.relight_cpu turns it into the package's own error.
#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>
#include <pybind11/stl.h>

#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "dispatch.h"
#include "quantise.h"
#include "relight.h"

namespace py = pybind11;
using namespace fastrti;

namespace {

// Arrays only, never converted: the kernel writes to, and points into, the memory of the caller's own.
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

const float* matrix(const py::array& array, int rows, int columns, const char* what) {
  if (!holds<float>(array, 2) || !contiguous(array) || array.shape(0) != rows || array.shape(1) != columns) {
    reject("expected " + std::string(what) + " of shape (" + std::to_string(rows) + ", " + std::to_string(columns) +
           "), contiguous float32, got " + described(array));
  }
  return static_cast<const float*>(array.data());
}

const float* vector(const py::array& array, int size, const char* what) {
  if (!holds<float>(array, 1) || !contiguous(array) || array.shape(0) != size) {
    reject("expected " + std::string(what) + " of shape (" + std::to_string(size) + ",), contiguous float32, got " +
           described(array));
  }
  return static_cast<const float*>(array.data());
}

Activation activation_of(const std::string& name) {
  if (name == "relu") return Activation::kRelu;
  if (name == "elu") return Activation::kElu;
  reject("expected activation 'relu' or 'elu', got '" + name + "'");
}

// Layer shapes must chain from the planes to RGB. Its pointers live as long as the vectors.
Network network_of(int planes, const std::vector<py::array>& weights, const std::vector<py::array>& biases,
                   const std::string& activation, const OptionalArray& skip, bool base) {
  if (weights.empty() || weights.size() > kMaxHidden + 1 || weights.size() != biases.size()) {
    reject("expected 1 to 3 layers, each a weight and a bias, got " + std::to_string(weights.size()) + " and " +
           std::to_string(biases.size()));
  }
  Network network{};
  network.hidden = static_cast<int>(weights.size()) - 1;
  network.activation = activation_of(activation);
  network.base = base;
  int inputs = planes;
  for (std::size_t i = 0; i < weights.size(); ++i) {
    const bool last = i + 1 == weights.size();
    const py::ssize_t outputs = last || weights[i].ndim() != 2 ? 3 : weights[i].shape(0);
    if (outputs < 1 || outputs > kMaxWidth) reject("expected hidden widths 1 to 64, got " + std::to_string(outputs));
    const int rows = static_cast<int>(outputs);
    network.layers[i] = {inputs, rows, matrix(weights[i], rows, inputs, "a weight"), vector(biases[i], rows, "a bias")};
    inputs = rows;
  }
  if (skip) network.skip = matrix(*skip, 3, planes, "a skip");
  if (base && planes < 3) reject("expected three base colour planes, got " + std::to_string(planes) + " planes");
  return network;
}

void check_planes(const py::array& planes, const OptionalArray& mask) {
  if (!holds<std::uint8_t>(planes, 3) || !contiguous(planes) || planes.shape(0) < 1 || planes.shape(0) > kMaxPlanes) {
    reject("expected planes of shape (K, H, W), contiguous uint8, K from 1 to 48, got " + described(planes));
  }
  if (mask && (!holds<bool>(*mask, 2) || !contiguous(*mask) || mask->shape(0) != planes.shape(1) ||
               mask->shape(1) != planes.shape(2))) {
    reject("expected a mask of shape (H, W), contiguous bool, the planes' size, got " + described(*mask));
  }
}

void check_out(const py::array& out) {
  if (!holds<std::uint8_t>(out, 3) || (out.shape(2) != 3 && out.shape(2) != 4) || !out.writeable()) {
    reject("expected a writable out of shape (h, w, 3) or (h, w, 4), uint8, got " + described(out));
  }
  const py::ssize_t width = out.shape(1), channels = out.shape(2), row = out.strides(0);
  const bool apart = out.shape(0) <= 1 || row >= channels * width || -row >= channels * width;
  if (out.strides(2) != 1 || (width > 1 && out.strides(1) != channels) || !apart) {
    reject("expected an out whose rows hold contiguous pixels and do not overlap, got strides " +
           std::string(py::str(py::tuple(out.attr("strides")))));
  }
}

// The region of `out`'s size whose first pixel is (top, left).
Picture picture_of(const py::array& planes, const OptionalArray& mask, py::array& out, py::ssize_t top,
                   py::ssize_t left) {
  const py::ssize_t height = out.shape(0), width = out.shape(1), rows = planes.shape(1), columns = planes.shape(2);
  if (top < 0 || left < 0 || top > rows - height || left > columns - width) {
    reject("expected a region inside " + std::to_string(rows) + " x " + std::to_string(columns) + " pixels, got " +
           std::to_string(height) + " x " + std::to_string(width) + " at (" + std::to_string(top) + ", " +
           std::to_string(left) + ")");
  }
  const py::ssize_t first = top * columns + left;
  Picture picture{};
  picture.height = static_cast<std::size_t>(height);
  picture.width = static_cast<std::size_t>(width);
  picture.planes = static_cast<const std::uint8_t*>(planes.data()) + first;
  picture.plane_stride = rows * columns;
  picture.row_stride = columns;
  if (mask) picture.mask = static_cast<const std::uint8_t*>(mask->data()) + first;
  picture.out = static_cast<std::uint8_t*>(out.mutable_data());
  picture.out_stride = out.strides(0);
  picture.channels = static_cast<int>(out.shape(2));
  return picture;
}

const Isa& isa_named(const std::string& name) {
  for (const Isa& isa : available_isas()) {
    if (name == isa.name) return isa;
  }
  reject("expected an instruction set this machine runs, got '" + name + "'");
}

void relight_arrays(const py::array& planes, const OptionalArray& mask, const std::vector<py::array>& weights,
                    const std::vector<py::array>& biases, const std::string& activation, const OptionalArray& skip,
                    bool base, py::array out, py::ssize_t top, py::ssize_t left, int threads,
                    const std::string& isa_name) {
  check_planes(planes, mask);
  check_out(out);
  const Network network = network_of(static_cast<int>(planes.shape(0)), weights, biases, activation, skip, base);
  const Picture picture = picture_of(planes, mask, out, top, left);
  if (threads < 1 || threads > kMaxThreads) reject("expected 1 to 1024 threads, got " + std::to_string(threads));
  const Isa& isa = isa_named(isa_name);
  const py::gil_scoped_release without_gil;
  relight(network, picture, isa, threads);
}

std::vector<std::string> isa_names() {
  std::vector<std::string> names;
  for (const Isa& isa : available_isas()) names.emplace_back(isa.name);
  return names;
}

// (layers, elu_scales, output_shift, bound): a layer is its weights (out, in) int16 and its bias (out,) int32. The
// layers are None where the bound is infinite.
py::tuple quantised(const std::vector<py::array>& weights, const std::vector<py::array>& biases,
                    const std::string& activation, const OptionalArray& skip, bool base) {
  const int planes = weights.empty() || weights[0].ndim() != 2 ? 0 : static_cast<int>(weights[0].shape(1));
  if (planes < 1 || planes > kMaxPlanes) reject("expected 1 to 48 planes, got " + std::to_string(planes));
  const IntegerNetwork network = quantise_int16(network_of(planes, weights, biases, activation, skip, base));
  if (std::isinf(network.bound)) return py::make_tuple(py::none(), py::none(), py::none(), network.bound);
  py::list layers, elu_scales;
  for (int i = 0; i <= network.hidden; ++i) {
    const IntegerLayer& layer = network.layers[i];
    layers.append(py::make_tuple(py::array_t<std::int16_t>({layer.outputs, layer.inputs}, layer.weights.data()),
                                 py::array_t<std::int32_t>(layer.outputs, layer.bias.data())));
    if (i < network.hidden) elu_scales.append(network.elu_scale[i]);
  }
  return py::make_tuple(layers, elu_scales, network.output_shift, network.bound);
}

}  // namespace

PYBIND11_MODULE(_cpu, module) {
  module.doc() = "The CPU kernel; use it through fastrti.kernels.relight_cpu.";
  module.def(
      "available_isas", [] { return py::tuple(py::cast(isa_names())); },
      "Instruction sets this machine runs, fastest first.");
  module.def("check_planes", &check_planes, "Raises ValueError unless the planes, and the mask or None, can be drawn.",
             py::arg("planes"), py::arg("mask"));
  module.def("relight", &relight_arrays, "Draws one folded frame network into out.", py::arg("planes"), py::arg("mask"),
             py::arg("weights"), py::arg("biases"), py::arg("activation"), py::arg("skip"), py::arg("base"),
             py::arg("out"), py::arg("top"), py::arg("left"), py::arg("threads"), py::arg("isa"));
  module.def("quantise_int16", &quantised, "A folded frame network in integers, and the bound on its error.",
             py::arg("weights"), py::arg("biases"), py::arg("activation"), py::arg("skip"), py::arg("base"));
}
