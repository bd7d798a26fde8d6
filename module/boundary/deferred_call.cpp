// What a deferred call is made of, whatever its function.
#include "module/boundary/deferred_call.hpp"

#include <utility>

#include "kernels/pool.hpp"
#include "module/boundary/owned_ref.hpp"

namespace fastlane {
namespace {

constinit Deferrable* first_deferrable = nullptr;

}  // namespace

void Deferrable::enlist(Deferrable& deferrable, PyCFunction function, Make make) noexcept {
  deferrable.function_ = function;
  deferrable.make_ = make;
  deferrable.next_ = std::exchange(first_deferrable, &deferrable);
}

const Deferrable* Deferrable::find(PyCFunction function) noexcept {
  const Deferrable* found = first_deferrable;
  while (found != nullptr && found->function_ != function) found = found->next_;
  return found;
}

bool HeldArguments::hold(PyObject* positional, PyObject* named) {
  nargs_ = PyTuple_GET_SIZE(positional);
  const Py_ssize_t count = nargs_ + (named == nullptr ? 0 : PyDict_GET_SIZE(named));
  args_.reserve(static_cast<std::size_t>(count));
  for (Py_ssize_t i = 0; i < nargs_; ++i) {
    args_.push_back(Py_NewRef(PyTuple_GET_ITEM(positional, i)));  // owned
  }
  if (count == nargs_) return true;
  kwnames_ = PyTuple_New(count - nargs_);  // new
  if (kwnames_ == nullptr) return false;
  PyObject* name = nullptr;   // borrowed
  PyObject* value = nullptr;  // borrowed
  for (Py_ssize_t at = 0, i = 0; PyDict_Next(named, &at, &name, &value); ++i) {
    PyTuple_SET_ITEM(kwnames_, i, Py_NewRef(name));  // steals
    args_.push_back(Py_NewRef(value));               // owned
  }
  return true;
}

void HeldArguments::release() noexcept {
  for (PyObject* arg : std::exchange(args_, {})) Py_DECREF(arg);
  Py_XDECREF(std::exchange(kwnames_, nullptr));
}

std::unique_ptr<DeferredCall> DeferredCall::make(PyObject* module, PyObject* function) {
  const bool is_own = PyCFunction_Check(function) && PyCFunction_GET_SELF(function) == module;
  const Deferrable* deferrable =
      is_own ? Deferrable::find(PyCFunction_GET_FUNCTION(function)) : nullptr;
  if (deferrable != nullptr) return deferrable->make();
  PyErr_Format(PyExc_TypeError,
               "expected a function of fastlane, got %R; write asyncio.to_thread() for others",
               function);
  return nullptr;
}

bool DeferredCall::begin(PyObject* module, PyObject* positional, PyObject* named) {
  module_ = module;
  if (!held_.hold(positional, named)) return false;
  arguments_.emplace(name(), module, held_.args(), held_.nargs(), held_.kwnames());
  if (!begin_phases(*arguments_)) return false;
  for (const Borrow* borrow = arguments_->borrows().first(); borrow != nullptr;
       borrow = Borrows::next(*borrow)) {
    borrowed_bytes_ += borrow->bytes();
  }
  return borrows_.enter(*arguments_, same_input());
}

PyObject* DeferredCall::finish(std::unique_ptr<DeferredCall> returned) noexcept {
  PyObject* module = returned->module_;
  const char* name = returned->name();
  try {
    const std::unique_ptr<DeferredCall> call = std::move(returned);
    call->borrows_.leave();
    if (call->error() != nullptr) std::rethrow_exception(call->error());
    PyObject* result = call->finish_phases();
    if (result != nullptr) call->held_.release();
    return result;
  } catch (...) {
    return raise_current_exception(module, name);
  }
}

PyObject* DeferredCall::abandon(std::unique_ptr<DeferredCall> call) noexcept {
  call->borrows_.leave();
  PyErr_Format(state_of(call->module_).forked_error,
               "%s(): the process forked while the call was under way; its result is the parent's",
               call->name());
  static_cast<void>(call.release());  // never freed, see kernels/workers.hpp
  return nullptr;
}

}  // namespace fastlane
