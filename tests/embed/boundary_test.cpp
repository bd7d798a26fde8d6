// The types of module/boundary one by one, in C++: what they hold, what they give back, and that a
// checked build ends the program when the happy path forgot to.
#include <gtest/gtest.h>

#include <new>
#include <stdexcept>
#include <system_error>
#include <vector>

#include "module/boundary/borrowed_array.hpp"
#include "module/boundary/borrowed_bytes.hpp"
#include "module/boundary/errors.hpp"
#include "module/boundary/live_borrows.hpp"
#include "module/boundary/moved_array.hpp"
#include "module/boundary/new_array.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/boundary/released_gil.hpp"
#include "module/c_api/borrows.hpp"
#include "module/c_api/loaded_module.hpp"
#include "module/c_api/ownership.hpp"
#include "module/numpy_api.hpp"
#include "module/state.hpp"

namespace fastlane {
namespace {

// A fresh exception state and the module for every test.
class Boundary : public testing::Test {
 protected:
  void SetUp() override { module_.own(c_api::loaded_module().transfer()); }
  void TearDown() override {
    EXPECT_EQ(PyErr_Occurred(), nullptr) << "an exception is left behind";
    PyErr_Clear();
    module_.decref();
  }

  PyObject* module() const { return module_.borrow(); }
  ModuleState& state() const { return state_of(module_.borrow()); }
  Arguments arguments_of(const char* function) const {
    return Arguments(function, module(), nullptr, 0, nullptr);
  }

  // New reference to what the expression gives.
  static OwnedRef evaluate(const char* expression) {
    OwnedRef names = OwnedRef::from_new(PyDict_New());
    OwnedRef numpy = OwnedRef::from_new(PyImport_ImportModule("numpy"));
    PyDict_SetItemString(names.borrow(), "np", numpy.borrow());
    OwnedRef value =
        OwnedRef::from_new(PyRun_String(expression, Py_eval_input, names.borrow(), names.borrow()));
    EXPECT_TRUE(value) << expression;
    numpy.decref();
    names.decref();
    return value;
  }

  // True when the exception that is set is of this class; clears it.
  static bool took_exception(PyObject* error_class) {
    const bool is_it = PyErr_ExceptionMatches(error_class) != 0;
    PyErr_Clear();
    return is_it;
  }

  OwnedRef module_;
};

TEST_F(Boundary, OwnedRefCountsWhatItSays) {
  PyObject* object = PyList_New(0);  // new
  {
    OwnedRef owned = OwnedRef::incref(object);
    EXPECT_EQ(Py_REFCNT(object), 2);
    OwnedRef moved = std::move(owned);
    EXPECT_FALSE(owned);
    EXPECT_EQ(Py_REFCNT(object), 2);
    EXPECT_EQ(moved.transfer(), object);
    EXPECT_EQ(Py_REFCNT(object), 2);
    Py_DECREF(object);
  }
  OwnedRef last = OwnedRef::from_new(object);
  EXPECT_EQ(Py_REFCNT(object), 1);
  last.decref();
  EXPECT_FALSE(last);
}

TEST_F(Boundary, OwnedRefGivesBackOnErrorPaths) {
  PyObject* object = PyList_New(0);  // new
  try {
    OwnedRef owned = OwnedRef::incref(object);
    throw std::runtime_error("unwinding");
  } catch (const std::runtime_error&) {
    EXPECT_EQ(Py_REFCNT(object), 1);
  }
  Py_DECREF(object);
}

#ifndef NDEBUG
TEST_F(Boundary, CheckedBuildEndsWhereTheHappyPathForgets) {
  EXPECT_DEATH({ OwnedRef forgotten = OwnedRef::from_new(PyList_New(0)); },
               "write decref\\(\\) or transfer\\(\\)");
}
#endif

TEST_F(Boundary, BorrowedArrayReadsAnNdarrayInPlace) {
  OwnedRef array = evaluate("np.arange(12.0).reshape(3, 4)[::-1, ::2]");
  Arguments arguments = arguments_of("test");
  BorrowedArray borrowed;
  ASSERT_TRUE(borrowed.acquire(arguments, "x", array.borrow(), kFloat64));
  const kernels::ArrayView& view = borrowed.view();
  EXPECT_EQ(view.dtype, DType::float64);
  ASSERT_EQ(view.ndim, 2);
  EXPECT_EQ(view.shape[0], 3);
  EXPECT_EQ(view.strides[0], -32);
  EXPECT_EQ(*reinterpret_cast<double*>(view.data), 8.0);
  EXPECT_EQ(arguments.borrows().first(), &borrowed);
  borrowed.release();
  EXPECT_FALSE(borrowed.is_held());
  array.decref();
}

TEST_F(Boundary, BorrowedArrayLocksABufferUntilItIsReleased) {
  OwnedRef bytes = evaluate("bytearray(8)");
  Arguments arguments = arguments_of("test");
  BorrowedArray borrowed;
  ASSERT_TRUE(borrowed.acquire(arguments, "x", bytes.borrow(), kUInt8, Access::write));
  EXPECT_EQ(PyByteArray_Resize(bytes.borrow(), 100), -1);
  EXPECT_TRUE(took_exception(PyExc_BufferError));
  borrowed.release();
  EXPECT_EQ(PyByteArray_Resize(bytes.borrow(), 100), 0);
  bytes.decref();
}

TEST_F(Boundary, BorrowedArrayRefusesInOneSentence) {
  OwnedRef array = evaluate("np.arange(3)");
  Arguments arguments = arguments_of("test");
  BorrowedArray borrowed;
  EXPECT_FALSE(borrowed.acquire(arguments, "x", array.borrow(), kFloat64));
  EXPECT_TRUE(took_exception(state().argument_type_error));
  EXPECT_FALSE(borrowed.is_held());
  PyArray_CLEARFLAGS(reinterpret_cast<PyArrayObject*>(array.borrow()), NPY_ARRAY_WRITEABLE);
  EXPECT_FALSE(borrowed.acquire(arguments, "x", array.borrow(), kNumbers, Access::write));
  EXPECT_TRUE(took_exception(state().borrow_error));
  array.decref();
}

TEST_F(Boundary, BorrowedBytesKnowsBytesAndRefusesText) {
  OwnedRef bytes = evaluate("b'abc'");
  OwnedRef text = evaluate("'abc'");
  Arguments arguments = arguments_of("test");
  BorrowedBytes borrowed;
  ASSERT_TRUE(borrowed.acquire(arguments, "data", bytes.borrow()));
  EXPECT_EQ(borrowed.size(), 3u);
  EXPECT_TRUE(borrowed.is_contiguous());
  EXPECT_EQ(arguments.borrows().first(), nullptr) << "bytes need no entry in the ledger";
  borrowed.release();
  BorrowedBytes refused;
  EXPECT_FALSE(refused.acquire(arguments, "data", text.borrow()));
  EXPECT_TRUE(took_exception(state().argument_type_error));
  text.decref();
  bytes.decref();
}

TEST_F(Boundary, LiveBorrowsRefuseTheSecondWriter) {
  OwnedRef array = evaluate("np.zeros(10)");
  Arguments first = arguments_of("first"), second = arguments_of("second");
  BorrowedArray reading, writing;
  LiveBorrows lives, never;
  ASSERT_TRUE(reading.acquire(first, "x", array.borrow(), kFloat64));
  ASSERT_TRUE(lives.enter(first, SameInput::refused));
  ASSERT_TRUE(writing.acquire(second, "out", array.borrow(), kFloat64, Access::write));
  EXPECT_FALSE(never.enter(second, SameInput::refused));
  EXPECT_TRUE(took_exception(state().borrow_error));
  lives.leave();
  ASSERT_TRUE(never.enter(second, SameInput::refused));
  never.leave();
  writing.release();
  reading.release();
  array.decref();
}

TEST_F(Boundary, NewArrayIsCContiguous) {
  const std::ptrdiff_t shape[] = {3, 1000};
  NewArray made;
  ASSERT_TRUE(made.allocate(state(), DType::int16, 2, shape, 6000));
  EXPECT_TRUE(made.view().is_c_contiguous());
  OwnedRef array = OwnedRef::from_new(made.transfer());
  EXPECT_EQ(Py_REFCNT(array.borrow()), 1);
  array.decref();
}

int freed = 0;
void count_freed(void*) noexcept { ++freed; }

TEST_F(Boundary, MovedMemoryIsFreedWithTheLastView) {
  double memory[4] = {1, 2, 3, 4};
  const std::ptrdiff_t shape[] = {4};
  freed = 0;
  OwnedRef array = OwnedRef::from_new(
      array_from_memory(module(), {DType::float64, 1, shape, memory, memory, count_freed}));
  ASSERT_TRUE(array);
  OwnedRef view = OwnedRef::from_new(
      PyArray_View(reinterpret_cast<PyArrayObject*>(array.borrow()), nullptr, nullptr));
  array.decref();
  EXPECT_EQ(freed, 0);
  view.decref();
  EXPECT_EQ(freed, 1);
}

TEST_F(Boundary, AVectorIsMovedNotCopied) {
  std::vector<std::int32_t> values = {1, 2, 3};
  const void* block = values.data();
  OwnedRef array = OwnedRef::from_new(array_from_vector(module(), std::move(values)));
  ASSERT_TRUE(array);
  EXPECT_EQ(PyArray_DATA(reinterpret_cast<PyArrayObject*>(array.borrow())), block);
  array.decref();
}

TEST_F(Boundary, ReleasedGilComesBackByNameAndOnErrorPaths) {
  ReleasedGil gil;
  EXPECT_FALSE(PyGILState_Check());
  gil.reacquire();
  EXPECT_TRUE(PyGILState_Check());
  try {
    ReleasedGil lost;
    throw std::runtime_error("unwinding");
  } catch (const std::runtime_error&) {
    EXPECT_TRUE(PyGILState_Check());
  }
}

template <class Error>
bool becomes(PyObject* module, const Error& error, PyObject* error_class) {
  try {
    throw error;
  } catch (...) {
    raise_current_exception(module, "test");
  }
  const bool is_it = PyErr_ExceptionMatches(error_class) != 0;
  PyErr_Clear();
  return is_it;
}

TEST_F(Boundary, EveryExceptionBecomesOneOfPython) {
  EXPECT_TRUE(becomes(module(), std::bad_alloc(), PyExc_MemoryError));
  EXPECT_TRUE(becomes(module(), std::length_error("much"), PyExc_MemoryError));
  EXPECT_TRUE(becomes(module(), std::invalid_argument("bad"), state().argument_value_error));
  EXPECT_TRUE(becomes(module(), std::overflow_error("big"), PyExc_OverflowError));
  EXPECT_TRUE(becomes(module(), std::runtime_error("why"), PyExc_RuntimeError));
  EXPECT_TRUE(becomes(module(), 42, PyExc_RuntimeError));
  EXPECT_TRUE(becomes(module(), std::system_error(ENOENT, std::generic_category()), PyExc_OSError));
}

TEST_F(Boundary, BorrowsOfCEndWhereTheyAreGivenBack) {
  OwnedRef array = evaluate("np.zeros((4, 5), np.float32)");
  const Py_ssize_t before = Py_REFCNT(array.borrow());
  fln_array seen;
  fln_borrow* borrow =
      c_api::borrow_array(array.borrow(), "test", "x", 1u << FLN_FLOAT32, 1, &seen);
  ASSERT_NE(borrow, nullptr);
  EXPECT_EQ(seen.shape[1], 5);
  EXPECT_EQ(c_api::borrow_array(array.borrow(), "test", "y", 1u << FLN_FLOAT32, 0, &seen), nullptr);
  EXPECT_TRUE(took_exception(state().borrow_error));
  c_api::give_back(borrow);
  EXPECT_EQ(Py_REFCNT(array.borrow()), before);
  array.decref();
}

TEST_F(Boundary, ArraysForCAreMadeOrRefused) {
  const std::ptrdiff_t shape[] = {2, 3}, huge[] = {1 << 30, 1 << 30}, odd[] = {-1};
  fln_array made;
  OwnedRef array = OwnedRef::from_new(c_api::new_array(FLN_INT16, 2, shape, &made));
  ASSERT_TRUE(array);
  EXPECT_EQ(made.strides[0], 6);
  array.decref();
  EXPECT_EQ(c_api::new_array(FLN_FLOAT64, 2, huge, &made), nullptr);
  EXPECT_TRUE(took_exception(PyExc_MemoryError));
  EXPECT_EQ(c_api::new_array(FLN_FLOAT64, 1, odd, &made), nullptr);
  EXPECT_TRUE(took_exception(state().argument_value_error));
  EXPECT_EQ(c_api::new_array(99, 2, shape, &made), nullptr);
  EXPECT_TRUE(took_exception(state().argument_type_error));
}

}  // namespace
}  // namespace fastlane
