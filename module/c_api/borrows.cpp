// A borrow that outlives the C++ call that made it: the guards of module/boundary in an object of
// their own, with the names that error messages and the ledger use.
#include "module/c_api/borrows.hpp"

#include <memory>
#include <new>
#include <string>

#include "module/boundary/borrowed_array.hpp"
#include "module/boundary/borrowed_bytes.hpp"
#include "module/boundary/errors.hpp"
#include "module/boundary/live_borrows.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/c_api/loaded_module.hpp"

struct fln_borrow {
  // Members leave in the reverse order: the ledger first, the references last.
  fln_borrow(fastlane::OwnedRef loaded, PyObject* object, const char* function_name,
             const char* argument_name)
      : module(std::move(loaded)),
        exporter(fastlane::OwnedRef::incref(object)),
        function(function_name),
        argument(argument_name),
        arguments(function.c_str(), module.borrow(), nullptr, 0, nullptr) {}

  fastlane::OwnedRef module;
  fastlane::OwnedRef exporter;
  std::string function;
  std::string argument;
  fastlane::Arguments arguments;
  fastlane::BorrowedArray array;
  fastlane::BorrowedBytes bytes;
  fastlane::LiveBorrows live;
  bool is_array = false;
};

namespace fastlane::c_api {
namespace {

constexpr unsigned kComputable = (1u << static_cast<unsigned>(DType::float16)) - 1;

bool lock_array(fln_borrow& borrow, unsigned dtypes, int writable) {
  const Access access = writable != 0 ? Access::write : Access::read;
  if (!borrow.array.acquire(borrow.arguments, borrow.argument.c_str(), borrow.exporter.borrow(),
                            DTypes::from_bits(static_cast<std::uint16_t>(dtypes & kComputable)),
                            access)) {
    return false;
  }
  borrow.is_array = true;
  return borrow.live.enter(borrow.arguments, SameInput::refused);
}

bool lock_bytes(fln_borrow& borrow) {
  if (!borrow.bytes.acquire(borrow.arguments, borrow.argument.c_str(), borrow.exporter.borrow())) {
    return false;
  }
  if (!borrow.bytes.is_contiguous()) {
    return borrow.arguments.wrong_value(borrow.argument.c_str(), "bytes in one piece",
                                        "a " + describe_object(borrow.exporter.borrow()),
                                        "bytes(" + borrow.argument + ")");
  }
  return borrow.live.enter(borrow.arguments, SameInput::refused);
}

// `lock` fills the borrow; what it leaves half done the destructors give back.
template <class Lock>
fln_borrow* borrow_with(PyObject* object, const char* function, const char* argument, Lock&& lock) {
  OwnedRef module = loaded_module();
  if (!module) return nullptr;
  auto borrow = std::make_unique<fln_borrow>(std::move(module), object, function, argument);
  return lock(*borrow) ? borrow.release() : nullptr;
}

// Everything above has been unwound when this runs.
fln_borrow* failed(const char* function) noexcept {
  OwnedRef module = loaded_module();
  if (!module) return nullptr;
  raise_current_exception(module.borrow(), function);
  module.decref();
  return nullptr;
}

}  // namespace

fln_borrow* borrow_array(PyObject* object, const char* function, const char* argument,
                         unsigned dtypes, int writable, fln_array* array) noexcept try {
  fln_borrow* borrow = borrow_with(object, function, argument, [&](fln_borrow& made) {
    return lock_array(made, dtypes, writable);
  });
  if (borrow == nullptr) return nullptr;
  const kernels::ArrayView& view = borrow->array.view();
  *array = {view.data, static_cast<int>(view.dtype), view.ndim, view.shape, view.strides};
  return borrow;
} catch (...) {
  return failed(function);
}

fln_borrow* borrow_bytes(PyObject* object, const char* function, const char* argument,
                         const void** data, std::size_t* size) noexcept try {
  fln_borrow* borrow = borrow_with(object, function, argument, lock_bytes);
  if (borrow == nullptr) return nullptr;
  *data = borrow->bytes.bytes().data();
  *size = borrow->bytes.size();
  return borrow;
} catch (...) {
  return failed(function);
}

void give_back(fln_borrow* borrow) noexcept {
  if (borrow == nullptr) return;
  borrow->live.leave();
  if (borrow->is_array) {
    borrow->array.release();  // exporter unlocked
  } else {
    borrow->bytes.release();  // exporter unlocked
  }
  borrow->exporter.decref();
  borrow->module.decref();
  delete borrow;
}

}  // namespace fastlane::c_api
