// A program with Python inside: fastlane on the inittab, kernels from C++ and from Python, one
// array shared both ways, and more than one life of the interpreter. docs/embedding.md explains it.
//   embed numpy        three lives; fastlane in the first, its ImportError in the others
//   embed no-numpy     three lives, kernels in all of them, NumPy in none
//   embed boundary     the unit tests of module/boundary in an interpreter (options of GoogleTest)
#include <gtest/gtest.h>

#include <numeric>
#include <string_view>

#include "module/fastlane/include/fastlane_kernels.h"
#include "tests/embed/app_module.hpp"
#include "tests/embed/interpreter.hpp"

PyMODINIT_FUNC PyInit__core();

namespace fastlane::embed {
namespace {

constexpr int kLives = 3;

// Kept from one life to the next by the interpreter; once is enough.
void add_modules() {
  need(PyImport_AppendInittab("fastlane._core", PyInit__core) == 0, "no room in the inittab");
  need(PyImport_AppendInittab("app", PyInit_app) == 0, "no room in the inittab");
}

double sum_of(std::span<double> values) {
  const std::ptrdiff_t length = std::ssize(values);
  const fln_array x = {values.data(), FLN_FLOAT64, 1, &length, nullptr};
  double sum = 0;
  need(fln_sum(&x, &sum, nullptr) == FLN_OK, "the kernel refused the samples");
  return sum;
}

// C++ writes, Python reads and writes, C++ reads.
void share_with_python(Interpreter& python) {
  const std::span<double> samples = app_samples();
  std::iota(samples.begin(), samples.end(), 1.0);
  need(python.run("import app\n"
                  "samples = app.samples()\n"
                  "assert app.total(samples) == 500500.0\n"
                  "samples[0] = 1001.0\n"),
       "Python did not see the samples");
  need(sum_of(samples) == 501500.0, "C++ did not see what Python wrote");
}

void share_through_numpy(Interpreter& python) {
  std::iota(app_samples().begin(), app_samples().end(), 1.0);
  need(python.run("import app, numpy, fastlane\n"
                  "from fastlane import _core\n"
                  "assert _core.__spec__.origin == 'built-in', _core.__spec__\n"
                  "x = numpy.asarray(app.samples())\n"
                  "assert fastlane.sum(x) == app.total(x) == 500500.0\n"
                  "fastlane.scale_inplace(x, 2.0)\n"
                  "moved = fastlane.linspace(1000, 1.0, 1000.0)\n"
                  "assert app.total(moved[::-1]) == 500500.0\n"),
       "fastlane does not work in this program");
  need(sum_of(app_samples()) == 1001000.0, "C++ did not see what fastlane wrote");
}

void expect_import_error(Interpreter& python) {
  need(!python.run("import fastlane"), "fastlane was imported twice in one process");
  need(PyErr_ExceptionMatches(PyExc_ImportError) != 0, "not the ImportError that was promised");
  PyObject *kind, *error, *traceback;
  PyErr_Fetch(&kind, &error, &traceback);
  PyErr_NormalizeException(&kind, &error, &traceback);
  PyObject* text = PyObject_Str(error);  // new
  const char* sentence = text == nullptr ? nullptr : PyUnicode_AsUTF8(text);
  need(sentence != nullptr, "the ImportError says nothing");
  std::printf("ImportError: %s\n", sentence);
  for (PyObject* owned : {text, kind, error, traceback}) Py_XDECREF(owned);
}

void live_with_numpy() {
  for (int life = 1; life <= kLives; ++life) {
    Interpreter python;
    if (life == 1) {
      share_through_numpy(python);
    } else {
      expect_import_error(python);
    }
    share_with_python(python);
    python.finish();
    std::printf("life %d ended\n", life);
  }
}

void live_without_numpy() {
  for (int life = 1; life <= kLives; ++life) {
    Interpreter python;
    share_with_python(python);
    need(python.run("import sys; assert 'numpy' not in sys.modules"), "NumPy came along");
    python.finish();
    std::printf("life %d ended\n", life);
  }
}

int test_boundary() {
  Interpreter python;
  need(python.run("import fastlane"), "fastlane could not be imported");
  const int failed = RUN_ALL_TESTS();
  python.finish();
  return failed;
}

}  // namespace
}  // namespace fastlane::embed

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  fastlane::embed::add_modules();
  const std::string_view mode = argc > 1 ? argv[1] : "";
  if (mode == "boundary") return fastlane::embed::test_boundary();
  if (mode == "numpy") {
    fastlane::embed::live_with_numpy();
  } else if (mode == "no-numpy") {
    fastlane::embed::live_without_numpy();
  } else {
    fastlane::embed::give_up("write numpy, no-numpy or boundary");
  }
  return 0;
}
