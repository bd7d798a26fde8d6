// crc32: the checksum of zip, gzip and PNG, over bytes of any shape or over a file.
#include "kernels/bytes/crc32.hpp"

#include <Python.h>

#include <cstdint>
#include <span>

#include "module/boundary/borrowed_content.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/families.hpp"

namespace fastlane {
namespace {

constexpr const char* kCrc32Doc =
    "crc32(data, value=0, /)\n--\n\n"
    "The CRC-32 of data as an int in 0..2**32-1, equal to zlib.crc32.\n\n"
    "data is bytes-like of any shape and strides (taken as its tobytes() would give it), or an\n"
    "os.PathLike: then the content of that file counts. value is the CRC of what came before;\n"
    "like zlib, only its lowest 32 bits count.\n\n"
    "Raises ArgumentTypeError for a str, and OSError with the file's name for a path that cannot\n"
    "be read.\n\n"
    "**Memory:** borrows data; a file is read through one block of 128 KiB; the GIL is released\n"
    "from 64 KiB on and for every file.";

constexpr const char* kCrc32MvDoc =
    "crc32_mv(data, value=0, /)\n--\n\n"
    "The same as crc32; the name says that a memoryview is as good as bytes.\n\n"
    "**Memory:** borrows data; a file is read through one block of 128 KiB; the GIL is released\n"
    "from 64 KiB on and for every file.";

// As zlib reads it: any int, of which the lowest 32 bits count.
bool read_value(Arguments& args, PyObject* object, std::uint32_t& value) {
  if (!PyIndex_Check(object)) return args.wrong_type("value", "an int", describe_object(object));
  OwnedRef index = OwnedRef::from_new(PyNumber_Index(object));  // may run Python
  if (!index) return false;
  value = static_cast<std::uint32_t>(PyLong_AsUnsignedLongMask(index.borrow()));
  index.decref();
  return true;
}

struct Crc32 {
  static constexpr const char* kName = "crc32";
  BorrowedContent data;
  std::uint32_t value = 0;

  // Exact bytes and no value to go on from.
  static bool at_once(PyObject* const* args, Py_ssize_t nargs, PyObject*& result,
                      std::size_t& bytes) noexcept {
    if (nargs != 1 || !PyBytes_CheckExact(args[0])) return false;
    bytes = static_cast<std::size_t>(PyBytes_GET_SIZE(args[0]));
    if (bytes >= kWorthReleasing) return false;
    const std::span content(PyBytes_AS_STRING(args[0]), bytes);
    result = PyLong_FromUnsignedLong(kernels::crc32(0, std::as_bytes(content)));
    return true;
  }

  bool begin(Arguments& args) {
    PyObject* data_arg = nullptr;   // borrowed from args
    PyObject* value_arg = nullptr;  // borrowed from args
    return args.read(required("data", data_arg), optional("value", value_arg)) &&
           (value_arg == nullptr || read_value(args, value_arg, value)) &&
           data.acquire(args, "data", data_arg);  // exporter locked
  }

  std::size_t work() const { return data.is_path() ? kWorthReleasing : data.bytes().size(); }

  void run(Checkpoint& checkpoint) {
    if (data.is_path()) {
      value = kernels::crc32_of_file(value, data.path(), checkpoint);
    } else if (data.bytes().is_contiguous()) {
      value = kernels::crc32(value, data.bytes().bytes(), checkpoint);
    } else {
      const kernels::StridedBytes bytes(data.bytes().view(), data.bytes().item_size());
      value = kernels::crc32(value, bytes, checkpoint);
    }
  }

  PyObject* finish() {
    data.release();  // exporter unlocked
    return PyLong_FromUnsignedLong(value);
  }
};

struct Crc32Mv : Crc32 {
  static constexpr const char* kName = "crc32_mv";
};

}  // namespace

PyMethodDef bytes_methods[] = {
    row_of<Crc32>(kCrc32Doc),
    row_of<Crc32Mv>(kCrc32MvDoc),
    kEndOfTable,
};

}  // namespace fastlane
