// The heap type fastlane.MappedFile: a read-only buffer over the content of a file.
// While somebody looks at the content (a memoryview, an array, a call) it cannot be closed.
#include "module/types/mapped_file.hpp"

#include <iterator>
#include <memory>
#include <string>
#include <utility>

#include "kernels/mapped_file.hpp"
#include "module/boundary/add_type.hpp"
#include "module/boundary/borrowed_content.hpp"
#include "module/boundary/method_table.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/state.hpp"

namespace fastlane {
namespace {

struct MappedFileObject {
  PyObject_HEAD
  kernels::MappedFile* file;  // owned; null when closed
  PyObject* path;             // owned: a str
  Py_ssize_t exports;
  bool is_mapped;
};

MappedFileObject& object_of(PyObject* self) { return *reinterpret_cast<MappedFileObject*>(self); }

constexpr const char* kMappedFileDoc =
    "MappedFile(path, *, policy='share')\n--\n\n"
    "The content of a file as a read-only buffer, without reading it into Python first.\n\n"
    "path is a str or os.PathLike. policy 'share' maps the file: changes that others make to it "
    "can\n"
    "be seen, and if somebody cuts it short, reading behind the new end kills the process\n"
    "(SIGBUS). policy 'snapshot' reads the content into memory instead. What cannot be mapped\n"
    "(pipes, empty files, entries of /proc) is read under either policy; mapped says which it "
    "was.\n"
    "len() is the number of bytes. A MappedFile is a context manager that closes itself.\n\n"
    "Raises OSError with the file's name, and ArgumentValueError for another policy.\n\n"
    "**Memory:** shares the file's pages with the system, or holds a copy of the content when\n"
    "mapped is False; the GIL is released while the file is opened and read.";

// MappedFile(path, policy): the constructor's three phases.
struct OpenMapped {
  static constexpr const char* kName = "MappedFile";
  PyTypeObject* type = nullptr;  // borrowed
  std::string path;              // in the encoding of the file system
  kernels::FilePolicy policy = kernels::FilePolicy::share;
  std::unique_ptr<kernels::MappedFile> file;

  bool begin(Arguments& args) {
    PyObject* path_arg = nullptr;    // borrowed from args
    PyObject* policy_arg = nullptr;  // borrowed from args
    return args.read(required("path", path_arg), required("policy", policy_arg)) &&
           read_policy(args, policy_arg) && read_path(args, "path", path_arg, path);
  }
  std::size_t work() const { return kWorthReleasing; }
  void run(Checkpoint& checkpoint) {
    file = std::make_unique<kernels::MappedFile>(path, checkpoint, policy);
  }
  PyObject* finish() {
    OwnedRef name =
        OwnedRef::from_new(PyUnicode_DecodeFSDefaultAndSize(path.data(), std::ssize(path)));  // new
    if (!name) return nullptr;
    PyObject* self = type->tp_alloc(type, 0);  // new
    if (self == nullptr) return nullptr;
    MappedFileObject& object = object_of(self);
    object.is_mapped = file->is_mapped();
    object.file = file.release();   // transferred
    object.path = name.transfer();  // transferred
    return self;
  }

 private:
  bool read_policy(Arguments& args, PyObject* object) {
    if (!PyUnicode_Check(object)) {
      return args.wrong_type("policy", "'share' or 'snapshot'", describe_object(object));
    }
    const bool is_snapshot = PyUnicode_CompareWithASCIIString(object, "snapshot") == 0;
    if (is_snapshot) policy = kernels::FilePolicy::snapshot;
    if (is_snapshot || PyUnicode_CompareWithASCIIString(object, "share") == 0) return true;
    return args.wrong_value("policy", "'share' or 'snapshot'", "another str");
  }
};

PyObject* mapped_file_new(PyTypeObject* type, PyObject* args, PyObject* kwargs) {
  static const char* const kKeywords[] = {"path", "policy", nullptr};
  PyObject* path_arg = nullptr;    // borrowed from args
  PyObject* policy_arg = nullptr;  // borrowed from args
  if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O|$O:MappedFile", const_cast<char**>(kKeywords),
                                   &path_arg, &policy_arg)) {
    return nullptr;
  }
  PyObject* module = PyType_GetModule(type);  // borrowed
  if (module == nullptr) return nullptr;
  OwnedRef share = OwnedRef::from_new(PyUnicode_FromString("share"));  // new
  if (!share) return nullptr;
  PyObject* made = nullptr;
  try {
    PyObject* given[] = {path_arg, policy_arg == nullptr ? share.borrow() : policy_arg};
    Arguments arguments(OpenMapped::kName, module, given, 2, nullptr);
    OpenMapped phases;
    phases.type = type;
    made = join_phases(phases, arguments);
  } catch (...) {
    raise_current_exception(module, OpenMapped::kName);
  }
  share.decref();
  return made;
}

void mapped_file_dealloc(PyObject* self) {
  delete object_of(self).file;
  Py_XDECREF(object_of(self).path);
  PyTypeObject* type = Py_TYPE(self);
  type->tp_free(self);
  Py_DECREF(type);  // instances of a heap type own a reference to it
}

// The open file, or null with BorrowError set.
kernels::MappedFile* open_file_of(PyObject* self) {
  kernels::MappedFile* file = object_of(self).file;
  if (file == nullptr) {
    raise(state_of(PyType_GetModule(Py_TYPE(self))).borrow_error,
          {"MappedFile", nullptr, "an open file", "a closed one", ""});
  }
  return file;
}

int mapped_file_getbuffer(PyObject* self, Py_buffer* view, int flags) {
  kernels::MappedFile* file = open_file_of(self);
  if (file == nullptr) {
    view->obj = nullptr;
    return -1;
  }
  static char nothing = 0;  // an empty buffer still has an address
  const std::string_view bytes = file->bytes();
  void* data = bytes.empty() ? &nothing : const_cast<char*>(bytes.data());
  if (PyBuffer_FillInfo(view, self, data, static_cast<Py_ssize_t>(bytes.size()), 1, flags) < 0) {
    return -1;
  }
  ++object_of(self).exports;  // exporter locked
  return 0;
}

void mapped_file_releasebuffer(PyObject* self, Py_buffer*) {
  --object_of(self).exports;  // exporter unlocked
}

Py_ssize_t mapped_file_length(PyObject* self) {
  kernels::MappedFile* file = open_file_of(self);
  return file == nullptr ? -1 : static_cast<Py_ssize_t>(file->bytes().size());
}

PyObject* mapped_file_repr(PyObject* self) {
  const MappedFileObject& object = object_of(self);
  if (object.file == nullptr) return PyUnicode_FromFormat("<MappedFile %R, closed>", object.path);
  return PyUnicode_FromFormat("<MappedFile %R, %zu bytes, %s>", object.path,
                              object.file->bytes().size(), object.is_mapped ? "mapped" : "read");
}

constexpr const char* kCloseDoc =
    "close($self, /)\n--\n\n"
    "Give the content back; closing again does nothing.\n\n"
    "Raises BorrowError while a view of the content is alive.\n\n"
    "**Memory:** gives the mapping or the memory back; the GIL is released meanwhile.";

struct Close {
  static constexpr const char* kName = "MappedFile.close";
  static constexpr const char* kMethodName = "close";
  PyObject* self = nullptr;
  std::unique_ptr<kernels::MappedFile> file;

  bool begin(Arguments& args) {
    if (!args.read()) return false;
    MappedFileObject& object = object_of(self);
    if (object.exports > 0) {
      return args.refuse_borrow(nullptr, "no live views of the content",
                                std::to_string(object.exports),
                                "release() or del for every memoryview and array over it first");
    }
    file.reset(std::exchange(object.file, nullptr));  // transferred
    return true;
  }
  std::size_t work() const { return file == nullptr ? 0 : file->bytes().size(); }
  void run(Checkpoint&) { file.reset(); }
  PyObject* finish() { return Py_NewRef(Py_None); }
};

constexpr const char* kEnterDoc =
    "__enter__($self, /)\n--\n\n"
    "The file itself; BorrowError when it is closed.\n\n**Memory:** touches none.";

PyObject* mapped_file_enter(PyObject* self, PyTypeObject*, PyObject* const*, std::size_t,
                            PyObject*) noexcept {
  return open_file_of(self) == nullptr ? nullptr : Py_NewRef(self);
}

constexpr const char* kExitDoc =
    "__exit__($self, error_class, error, traceback, /)\n--\n\n"
    "Close the file.\n\n**Memory:** gives the mapping or the memory back.";

PyObject* mapped_file_exit(PyObject* self, PyTypeObject* defining_class, PyObject* const*,
                           std::size_t, PyObject*) noexcept {
  return call_method<Close>(self, defining_class, nullptr, 0, nullptr);
}

PyObject* mapped_file_closed(PyObject* self, void*) {
  return PyBool_FromLong(object_of(self).file == nullptr);
}
PyObject* mapped_file_mapped(PyObject* self, void*) {
  return PyBool_FromLong(object_of(self).is_mapped);
}
PyObject* mapped_file_path(PyObject* self, void*) { return Py_NewRef(object_of(self).path); }

using Method = PyObject* (*)(PyObject*, PyTypeObject*, PyObject* const*, std::size_t,
                             PyObject*) noexcept;
PyMethodDef method_of(const char* name, Method method, const char* doc) {
  return {name, reinterpret_cast<PyCFunction>(reinterpret_cast<void (*)()>(method)),
          METH_METHOD | METH_FASTCALL | METH_KEYWORDS, doc};
}

PyMethodDef mapped_file_methods[] = {
    method_row_of<Close>(kCloseDoc),
    method_of("__enter__", mapped_file_enter, kEnterDoc),
    method_of("__exit__", mapped_file_exit, kExitDoc),
    kEndOfTable,
};

PyGetSetDef mapped_file_members[] = {
    {"closed", mapped_file_closed, nullptr, "True once close() has been called.", nullptr},
    {"mapped", mapped_file_mapped, nullptr, "False when the content was read into memory.",
     nullptr},
    {"path", mapped_file_path, nullptr, "The file's name, as a str.", nullptr},
    {nullptr, nullptr, nullptr, nullptr, nullptr},
};

PyType_Slot mapped_file_slots[] = {
    {Py_tp_new, reinterpret_cast<void*>(mapped_file_new)},
    {Py_tp_dealloc, reinterpret_cast<void*>(mapped_file_dealloc)},
    {Py_tp_repr, reinterpret_cast<void*>(mapped_file_repr)},
    {Py_tp_methods, mapped_file_methods},
    {Py_tp_getset, mapped_file_members},
    {Py_tp_doc, const_cast<char*>(kMappedFileDoc)},
    {Py_mp_length, reinterpret_cast<void*>(mapped_file_length)},
    {Py_bf_getbuffer, reinterpret_cast<void*>(mapped_file_getbuffer)},
    {Py_bf_releasebuffer, reinterpret_cast<void*>(mapped_file_releasebuffer)},
    {0, nullptr},
};

PyType_Spec mapped_file_spec = {
    .name = "fastlane.MappedFile",
    .basicsize = sizeof(MappedFileObject),
    .itemsize = 0,
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = mapped_file_slots,
};

}  // namespace

int add_mapped_file_type(PyObject* module) { return add_type(module, mapped_file_spec); }

}  // namespace fastlane
