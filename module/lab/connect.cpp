// The lesson of conversion: a dict becomes a struct whose fields have types, and everything that is
// wrong with it is said at once. Also the errors that native code raises by class: DatabaseError,
// ConnectionTimeout.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <string>

#include "module/boundary/method_table.hpp"
#include "module/boundary/owned_ref.hpp"
#include "module/families.hpp"
#include "module/lab/types.hpp"

namespace fastlane {
namespace {

struct Config {
  std::string host;
  std::int64_t port = 0;
  std::int64_t timeout_ms = 0;
};

// An int in a range, and how a complaint names it.
struct Range {
  std::int64_t least;
  std::int64_t most;
  const char* expected;
};

constexpr const char* kHostName = "a host name in ASCII";
constexpr Range kPort = {1, 65535, "an int from 1 to 65535"};
constexpr Range kTimeout = {0, 86'400'000, "an int from 0 to 86400000"};
constexpr const char* kNames[] = {"host", "port", "timeout_ms"};
constexpr const char* kNamesTogether = "host, port, timeout_ms";

bool is_host_name(PyObject* text) noexcept {
  if (!PyUnicode_IS_ASCII(text)) return false;
  const auto* first = static_cast<const char*>(PyUnicode_DATA(text));
  const char* last = first + PyUnicode_GET_LENGTH(text);
  return first != last && std::all_of(first, last, [](char c) { return c > ' ' && c < 127; });
}

bool is_known(PyObject* key) noexcept {
  return PyUnicode_Check(key) && std::any_of(std::begin(kNames), std::end(kNames), [&](auto name) {
           return PyUnicode_CompareWithASCIIString(key, name) == 0;
         });
}

// Without the quotes of a str; a key of another type is told by its type.
std::string name_of(PyObject* key) {
  if (!PyUnicode_Check(key)) return describe_object(key);
  const std::string quoted = text_of(PyUnicode_Type, key);
  return quoted.size() < 2 ? quoted : quoted.substr(1, quoted.size() - 2);
}

// The fields of one dict, taken one after the other; what does not fit is noted, not raised.
// Members return false with an exception set where Python raised one.
class Fields {
 public:
  explicit Fields(PyObject* dict) : dict_(dict), problems_(OwnedRef::from_new(PyList_New(0))) {}

  bool take_host(const char* name, std::string& host) {
    OwnedRef text;
    if (!find(name, kHostName, text)) return false;
    if (!text) return true;
    bool noted = true;
    if (!PyUnicode_Check(text.borrow())) {
      noted = note(name, kHostName, describe_object(text.borrow()));
    } else if (!is_host_name(text.borrow())) {
      noted = note(name, kHostName, text_of(PyUnicode_Type, text.borrow()));
    } else {
      host = static_cast<const char*>(PyUnicode_DATA(text.borrow()));
    }
    text.decref();
    return noted;
  }

  bool take_integer(const char* name, const Range& range, std::int64_t& value) {
    OwnedRef object;
    if (!find(name, range.expected, object)) return false;
    if (!object) return true;
    bool noted = true;
    if (!PyIndex_Check(object.borrow()) || PyBool_Check(object.borrow())) {
      noted = note(name, range.expected, describe_object(object.borrow()));
    } else {
      OwnedRef index = OwnedRef::from_new(PyNumber_Index(object.borrow()));  // may run Python
      if (!index) return false;
      int beyond = 0;
      value = PyLong_AsLongLongAndOverflow(index.borrow(), &beyond);
      if (beyond != 0 || value < range.least || value > range.most) {
        noted = note(name, range.expected, text_of(PyLong_Type, index.borrow()));
      }
      index.decref();
    }
    object.decref();
    return noted;
  }

  // What else stands in the dict is a mistake in a name.
  bool note_others() {
    PyObject* key = nullptr;  // borrowed
    Py_ssize_t place = 0;
    while (PyDict_Next(dict_, &place, &key, nullptr)) {
      if (!is_known(key) && !note(name_of(key).c_str(), kNamesTogether, "another name")) {
        return false;
      }
    }
    return true;
  }

  // Raises RecordError with all that was noted, if anything was. False with an exception set.
  bool judge(Arguments& args) {
    if (sentence_.empty()) {
      problems_.decref();
      return true;
    }
    PyObject* error_class = args.state().record_error;  // borrowed
    OwnedRef message = OwnedRef::from_new(
        PyUnicode_FromFormat("%s(): %s", args.function(), sentence_.c_str()));  // new
    if (!message) return false;
    OwnedRef error = OwnedRef::from_new(PyObject_CallOneArg(error_class, message.borrow()));  // new
    message.decref();
    if (!error) return false;
    if (PyObject_SetAttrString(error.borrow(), "errors", problems_.borrow()) == 0) {
      PyErr_SetObject(error_class, error.borrow());
    }
    error.decref();
    problems_.decref();
    return false;
  }

 private:
  // Leaves `object` empty, with a note, when there is no such field.
  bool find(const char* name, const char* expected, OwnedRef& object) {
    if (!problems_) return false;
    OwnedRef key = OwnedRef::from_new(PyUnicode_FromString(name));  // new
    if (!key) return false;
    PyObject* found = PyDict_GetItemWithError(dict_, key.borrow());  // borrowed; may run Python
    key.decref();
    if (found != nullptr) object.own(Py_NewRef(found));
    return found != nullptr || (PyErr_Occurred() == nullptr && note(name, expected, "nothing"));
  }

  bool note(const char* path, const char* expected, const std::string& got) {
    for (const char* part :
         {sentence_.empty() ? "" : "; ", path, ": expected ", expected, ", got ", got.c_str()}) {
      sentence_ += part;
    }
    OwnedRef entry =
        OwnedRef::from_new(Py_BuildValue("(sss)", path, expected, got.c_str()));  // new
    if (!entry || PyList_Append(problems_.borrow(), entry.borrow()) < 0) return false;
    entry.decref();
    return true;
  }

  PyObject* dict_;        // borrowed from args
  OwnedRef problems_;     // [(path, expected, got), ...]
  std::string sentence_;  // the same for people
};

constexpr const char* kConnectDoc =
    "connect(config, /)\n--\n\n"
    "What a connection would say first: \"Connecting to localhost:5432\". No socket is opened.\n\n"
    "config is a dict with host (a str), port (1 to 65535) and timeout_ms (0 to 86400000).\n\n"
    "Raises RecordError, whose errors has (path, expected, got) of every field that is wrong,\n"
    "missing or unknown; ConnectionTimeout when timeout_ms is 0, which is over at once;\n"
    "ArgumentTypeError for what is no dict.\n\n"
    "**Memory:** borrows config, copies its host; the GIL is held.";

struct Connect {
  static constexpr const char* kName = "connect";
  Config config;

  bool begin(Arguments& args) {
    PyObject* config_arg = nullptr;  // borrowed from args
    if (!args.read(required("config", config_arg))) return false;
    if (!PyDict_Check(config_arg)) {
      return args.wrong_type("config", "a dict", describe_object(config_arg));
    }
    Fields fields(config_arg);
    if (!fields.take_host("host", config.host) ||
        !fields.take_integer("port", kPort, config.port) ||
        !fields.take_integer("timeout_ms", kTimeout, config.timeout_ms) || !fields.note_others() ||
        !fields.judge(args)) {
      return false;
    }
    return config.timeout_ms > 0 || raise(args.state().connection_timeout,
                                          {kName, "config['timeout_ms']", "time enough to connect",
                                           "0", "1000 for a second"});
  }
  void run(Checkpoint&) {}
  PyObject* finish() {
    return PyUnicode_FromFormat("Connecting to %s:%d", config.host.c_str(),
                                static_cast<int>(config.port));
  }
};

// A class below two others, put into the module. New reference, or null with an exception set.
PyObject* add_error(PyObject* module, const char* full_name, const char* doc, PyObject* first_base,
                    PyObject* second_base) {
  OwnedRef bases = OwnedRef::from_new(PyTuple_Pack(2, first_base, second_base));  // new
  if (!bases) return nullptr;
  OwnedRef made =
      OwnedRef::from_new(PyErr_NewExceptionWithDoc(full_name, doc, bases.borrow(), nullptr));
  bases.decref();
  const char* name = std::strrchr(full_name, '.') + 1;
  if (!made || PyModule_AddObjectRef(module, name, made.borrow()) < 0) return nullptr;
  return made.transfer();
}

}  // namespace

int add_database_errors(PyObject* module) {
  ModuleState& state = state_of(module);
  OwnedRef database_error = OwnedRef::from_new(add_error(module, "fastlane.lab.DatabaseError",
                                                         "What goes wrong with a database.",
                                                         state.fastlane_error, PyExc_RuntimeError));
  if (!database_error) return -1;
  state.connection_timeout =
      add_error(module, "fastlane.lab.ConnectionTimeout", "The database did not answer in time.",
                database_error.borrow(), PyExc_TimeoutError);  // owned
  if (state.connection_timeout == nullptr) return -1;
  database_error.decref();
  return 0;
}

PyMethodDef connect_methods[] = {
    row_of<Connect>(kConnectDoc),
    kEndOfTable,
};

}  // namespace fastlane
