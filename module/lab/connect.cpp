// The lesson of conversion: a dict becomes a struct whose fields have types, and everything that is
// wrong with it is said at once. Also the errors that native code raises by class: DatabaseError,
// ConnectionTimeout.
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

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

struct Problem {
  std::string path;
  std::string expected;
  std::string got;
};

// The fields of one dict, taken one after the other; what does not fit is noted, not raised.
// False with an exception set where Python raised one.
class Fields {
 public:
  explicit Fields(PyObject* dict) : dict_(dict) {}

  bool take_host(const char* name, std::string& host) {
    const std::string expected = "a host name in ASCII";
    OwnedRef object;
    if (!find(name, expected, object)) return false;
    if (!object) return true;
    PyObject* text = object.borrow();
    if (!PyUnicode_Check(text)) {
      note(name, expected, describe_object(text));
    } else if (!PyUnicode_IS_ASCII(text) || PyUnicode_GET_LENGTH(text) == 0) {
      note(name, expected, text_of(PyUnicode_Type, text));
    } else {
      host.assign(static_cast<const char*>(PyUnicode_DATA(text)),
                  static_cast<std::size_t>(PyUnicode_GET_LENGTH(text)));
    }
    object.decref();
    return true;
  }

  bool take_integer(const char* name, std::int64_t least, std::int64_t most, std::int64_t& value) {
    const std::string expected =
        "an int from " + std::to_string(least) + " to " + std::to_string(most);
    OwnedRef object;
    if (!find(name, expected, object)) return false;
    if (!object) return true;
    if (!PyIndex_Check(object.borrow()) || PyBool_Check(object.borrow())) {
      note(name, expected, describe_object(object.borrow()));
      object.decref();
      return true;
    }
    OwnedRef index = OwnedRef::from_new(PyNumber_Index(object.borrow()));  // may run Python
    if (!index) return false;
    int beyond = 0;
    value = PyLong_AsLongLongAndOverflow(index.borrow(), &beyond);
    if (beyond != 0 || value < least || value > most) {
      note(name, expected, text_of(PyLong_Type, index.borrow()));
    }
    index.decref();
    object.decref();
    return true;
  }

  // After all fields have been taken: what else stands in the dict is a mistake in a name.
  void note_others() {
    std::string known;
    for (const char* name : names_) known += (known.empty() ? "" : ", ") + std::string(name);
    PyObject* key = nullptr;  // borrowed
    Py_ssize_t place = 0;
    while (PyDict_Next(dict_, &place, &key, nullptr)) {
      if (is_known(key)) continue;
      note(name_of(key), known, "another name");
    }
  }

  const std::vector<Problem>& problems() const noexcept { return problems_; }

 private:
  // Leaves `object` empty, with a note, when there is no such field.
  bool find(const char* name, const std::string& expected, OwnedRef& object) {
    names_.push_back(name);
    OwnedRef key = OwnedRef::from_new(PyUnicode_FromString(name));  // new
    if (!key) return false;
    PyObject* found = PyDict_GetItemWithError(dict_, key.borrow());  // borrowed; may run Python
    key.decref();
    if (found != nullptr) {
      object.own(Py_NewRef(found));
      return true;
    }
    if (PyErr_Occurred() != nullptr) return false;
    note(name, expected, "nothing");
    return true;
  }
  // Without the quotes of a str; a key of another type is told by its type.
  static std::string name_of(PyObject* key) {
    if (!PyUnicode_Check(key)) return describe_object(key);
    const std::string quoted = text_of(PyUnicode_Type, key);
    return quoted.size() < 2 ? quoted : quoted.substr(1, quoted.size() - 2);
  }
  bool is_known(PyObject* key) const noexcept {
    if (!PyUnicode_Check(key)) return false;
    for (const char* name : names_) {
      if (PyUnicode_CompareWithASCIIString(key, name) == 0) return true;
    }
    return false;
  }
  void note(std::string path, std::string expected, std::string got) {
    problems_.push_back({std::move(path), std::move(expected), std::move(got)});
  }

  PyObject* dict_;  // borrowed from args
  std::vector<const char*> names_;
  std::vector<Problem> problems_;
};

// [(path, expected, got), ...]. New reference, or null with an exception set.
PyObject* list_of(const std::vector<Problem>& problems) {
  OwnedRef list = OwnedRef::from_new(PyList_New(0));  // new
  if (!list) return nullptr;
  for (const Problem& problem : problems) {
    OwnedRef entry =
        OwnedRef::from_new(Py_BuildValue("(sss)", problem.path.c_str(), problem.expected.c_str(),
                                         problem.got.c_str()));  // new
    if (!entry || PyList_Append(list.borrow(), entry.borrow()) < 0) return nullptr;
    entry.decref();
  }
  return list.transfer();
}

// Sets a RecordError that has all problems in its sentence and in `errors`. Returns false.
bool raise_problems(Arguments& args, const std::vector<Problem>& problems) {
  std::string sentence = std::string(args.function()) + "(): ";
  for (const Problem& problem : problems) {
    if (&problem != &problems.front()) sentence += "; ";
    sentence += problem.path + ": expected " + problem.expected + ", got " + problem.got;
  }
  OwnedRef message = OwnedRef::from_new(PyUnicode_FromString(sentence.c_str()));  // new
  if (!message) return false;
  PyObject* error_class = args.state().record_error;  // borrowed
  OwnedRef error = OwnedRef::from_new(PyObject_CallOneArg(error_class, message.borrow()));  // new
  message.decref();
  if (!error) return false;
  OwnedRef list = OwnedRef::from_new(list_of(problems));  // new
  if (list && PyObject_SetAttrString(error.borrow(), "errors", list.borrow()) == 0) {
    PyErr_SetObject(error_class, error.borrow());
  }
  list.decref();
  error.decref();
  return false;
}

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
        !fields.take_integer("port", 1, 65535, config.port) ||
        !fields.take_integer("timeout_ms", 0, 86'400'000, config.timeout_ms)) {
      return false;
    }
    fields.note_others();
    if (!fields.problems().empty()) return raise_problems(args, fields.problems());
    return config.timeout_ms > 0 || raise(args.state().connection_timeout,
                                          {kName, "config['timeout_ms']", "time enough to connect",
                                           "0", "1000 for a second"});
  }
  void run(Checkpoint&) {}
  PyObject* finish() {
    const std::string said = "Connecting to " + config.host + ":" + std::to_string(config.port);
    return PyUnicode_FromStringAndSize(said.data(), static_cast<Py_ssize_t>(said.size()));
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
