// The rows of the `calls` suite through pybind11, as its documentation teaches them.
// Built only for the benchmark; never part of the product.

#include <pybind11/numpy.h>
#include <pybind11/pybind11.h>

#include <cmath>
#include <string_view>

namespace py = pybind11;

namespace {

using Row = py::array_t<double, py::array::c_style>;

double sum64(const Row& array) {
  const double* values = array.data();
  const py::ssize_t count = array.size();
  double total = 0.0;
  for (py::ssize_t i = 0; i < count; ++i) total += values[i];
  return total;
}

Row linspace(py::ssize_t count, double start, double stop) {
  auto* values = new double[static_cast<std::size_t>(count)];
  py::capsule owner(values, [](void* memory) { delete[] static_cast<double*>(memory); });
  const double step = (stop - start) / static_cast<double>(count - 1);
  for (py::ssize_t i = 0; i < count; ++i) values[i] = static_cast<double>(i) * step + start;
  values[count - 1] = stop;
  return Row(count, values, owner);
}

}  // namespace

PYBIND11_MODULE(bench_pybind11, m) {
  m.def("noop", [] {});
  m.def("one", [](py::handle) {});
  m.def("hypot", [](double x, double y) { return std::sqrt(x * x + y * y); });
  m.def("sum64", sum64, py::arg().noconvert());
  m.def("linspace", linspace);
  m.def("buffer_length", [](const py::buffer& exporter) {
    const py::buffer_info view = exporter.request();
    return view.size * view.itemsize;
  });
  m.def("bytes_length", [](const py::bytes& data) { return PyBytes_GET_SIZE(data.ptr()); });
  m.def("text_length", [](std::string_view text) { return text.size(); });
}
