// The rows of the `calls` suite through nanobind, as its documentation teaches them.
// Built only for the benchmark; never part of the product.

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string_view.h>

#include <cmath>
#include <cstdint>
#include <string_view>

namespace nb = nanobind;

namespace {

using Row = nb::ndarray<const double, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
using FreshRow = nb::ndarray<nb::numpy, double, nb::ndim<1>>;
using Octets = nb::ndarray<const std::uint8_t, nb::ndim<1>, nb::c_contig, nb::device::cpu>;

double sum64(const Row& array) {
  const double* values = array.data();
  const std::size_t count = array.shape(0);
  double total = 0.0;
  for (std::size_t i = 0; i < count; ++i) total += values[i];
  return total;
}

FreshRow linspace(std::size_t count, double start, double stop) {
  auto* values = new double[count];
  nb::capsule owner(values, [](void* memory) noexcept { delete[] static_cast<double*>(memory); });
  const double step = (stop - start) / static_cast<double>(count - 1);
  for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<double>(i) * step + start;
  values[count - 1] = stop;
  return FreshRow(values, {count}, owner);
}

}  // namespace

NB_MODULE(bench_nanobind, m) {
  m.def("noop", [] {});
  m.def("one", [](nb::handle) {});
  m.def("hypot", [](double x, double y) { return std::sqrt(x * x + y * y); });
  m.def("sum64", sum64, nb::arg().noconvert());
  m.def("linspace", linspace);
  m.def("buffer_length", [](const Octets& octets) { return octets.shape(0); });
  m.def("bytes_length", [](const nb::bytes& data) { return data.size(); });
  m.def("text_length", [](std::string_view text) { return text.size(); });
}
