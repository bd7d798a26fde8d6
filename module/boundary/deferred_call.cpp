// What a deferred call is made of, whatever its function.
#include "module/boundary/deferred_call.hpp"

#include <cstdint>
#include <utility>

#include "kernels/pool.hpp"
#include "module/boundary/owned_ref.hpp"

namespace fastlane {
namespace {

// By the function's address, with room to spare; what comes next takes the next free place.
struct Place {
  PyCFunction function = nullptr;
  Deferrable::Make make = nullptr;
};
constexpr std::size_t kPlaces = 512;
constinit Place places[kPlaces];

// The place where `function` is, or the free one where it would be.
Place& place_of(PyCFunction function) noexcept {
  const auto address = reinterpret_cast<std::uintptr_t>(function);
  std::size_t index = (address >> 4) % kPlaces;
  while (places[index].function != nullptr && places[index].function != function) {
    index = (index + 1) % kPlaces;
  }
  return places[index];
}

}  // namespace

void Deferrable::enlist(PyCFunction function, Make make) noexcept {
  place_of(function) = {function, make};
}

Deferrable::Make Deferrable::find(PyCFunction function) noexcept { return place_of(function).make; }

bool HeldArguments::hold(PyObject* positional, PyObject* named) {
  positional_ = Py_NewRef(positional);  // owned
  nargs_ = PyTuple_GET_SIZE(positional);
  args_ = PySequence_Fast_ITEMS(positional);
  return named == nullptr || PyDict_GET_SIZE(named) == 0 || hold_named(named);
}

bool HeldArguments::hold_named(PyObject* named) {
  all_.reserve(static_cast<std::size_t>(nargs_ + PyDict_GET_SIZE(named)));
  all_.assign(args_, args_ + nargs_);
  kwnames_ = PyTuple_New(PyDict_GET_SIZE(named));  // new
  if (kwnames_ == nullptr) return false;
  PyObject* name = nullptr;   // borrowed
  PyObject* value = nullptr;  // borrowed
  for (Py_ssize_t at = 0, i = 0; PyDict_Next(named, &at, &name, &value); ++i) {
    PyTuple_SET_ITEM(kwnames_, i, Py_NewRef(name));  // steals
    all_.push_back(Py_NewRef(value));                // owned
  }
  args_ = all_.data();
  return true;
}

void HeldArguments::release() noexcept {
  const std::vector<PyObject*> all = std::exchange(all_, {});
  for (std::size_t i = static_cast<std::size_t>(nargs_); i < all.size(); ++i) Py_DECREF(all[i]);
  Py_XDECREF(std::exchange(kwnames_, nullptr));
  Py_XDECREF(std::exchange(positional_, nullptr));
}

int HeldArguments::traverse(visitproc visit, void* arg) const {
  Py_VISIT(positional_);
  for (std::size_t i = static_cast<std::size_t>(nargs_); i < all_.size(); ++i) Py_VISIT(all_[i]);
  return 0;
}

std::unique_ptr<DeferredCall> DeferredCall::make(PyObject* module, PyObject* function) {
  const bool is_own = PyCFunction_Check(function) && PyCFunction_GET_SELF(function) == module;
  const Deferrable::Make make =
      is_own ? Deferrable::find(PyCFunction_GET_FUNCTION(function)) : nullptr;
  if (make != nullptr) return make();
  PyErr_Format(PyExc_TypeError,
               "expected a function of fastlane, got %R; write asyncio.to_thread() for others",
               function);
  return nullptr;
}

bool DeferredCall::begin(PyObject* module, PyObject* positional, PyObject* named) {
  module_ = module;
  if (!held_.hold(positional, named)) return false;
  arguments_.emplace(name(), module, held_.args(), held_.nargs(), held_.kwnames());
  return begin_phases(*arguments_);
}

bool DeferredCall::enter_borrows() {
  for (const Borrow* borrow = arguments_->borrows().first(); borrow != nullptr;
       borrow = Borrows::next(*borrow)) {
    borrowed_bytes_ += borrow->bytes();
  }
  borrowed_bytes_ += arguments_->borrows().constant_bytes();
  return borrows_.enter(*arguments_, same_input());
}

PyObject* DeferredCall::finish_at_once(std::unique_ptr<DeferredCall> begun) noexcept {
  PyObject* module = begun->module_;
  const char* name = begun->name();
  try {
    const std::unique_ptr<DeferredCall> call = std::move(begun);
    Arguments& arguments = *call->arguments_;
    if (may_conflict(arguments) && !check_borrows(arguments, call->same_input())) return nullptr;
    Checkpoint checkpoint;
    call->run(checkpoint);
    PyObject* result = call->finish_phases();
    if (result != nullptr) call->held_.release();
    return result;
  } catch (...) {
    return raise_current_exception(module, name);
  }
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
