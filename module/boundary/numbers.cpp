// Integers wider than C's come out through Python's own arithmetic: no private layout is assumed.
#include "module/boundary/numbers.hpp"

#include <algorithm>

#include "module/boundary/owned_ref.hpp"

namespace fastlane {

PyObject* int_from_wide(std::int64_t hi, std::uint64_t lo) {
  const bool fits_signed = (hi == 0 && lo <= static_cast<std::uint64_t>(INT64_MAX)) ||
                           (hi == -1 && lo > static_cast<std::uint64_t>(INT64_MAX));
  if (fits_signed) return PyLong_FromLongLong(static_cast<long long>(lo));
  if (hi == 0) return PyLong_FromUnsignedLongLong(lo);
  OwnedRef high = OwnedRef::from_new(PyLong_FromLongLong(hi));
  OwnedRef places = OwnedRef::from_new(PyLong_FromLong(64));
  OwnedRef low = OwnedRef::from_new(PyLong_FromUnsignedLongLong(lo));
  if (!high || !places || !low) return nullptr;
  OwnedRef shifted = OwnedRef::from_new(PyNumber_Lshift(high.borrow(), places.borrow()));
  high.decref();
  places.decref();
  PyObject* wide = shifted ? PyNumber_Or(shifted.borrow(), low.borrow()) : nullptr;  // new
  shifted.decref();
  low.decref();
  return wide;
}

PyObject* struct_from_fields(PyTypeObject* type, std::initializer_list<PyObject*> fields) {
  const bool complete = std::find(fields.begin(), fields.end(), nullptr) == fields.end();
  PyObject* result = complete ? PyStructSequence_New(type) : nullptr;  // new
  Py_ssize_t index = 0;
  for (PyObject* field : fields) {
    if (result == nullptr) {
      Py_XDECREF(field);
    } else {
      PyStructSequence_SET_ITEM(result, index++, field);  // steals
    }
  }
  return result;
}

bool read_element(Arguments& args, const char* argument, const char* expected, PyObject* object,
                  double& number) {
  const PyNumberMethods* methods = Py_TYPE(object)->tp_as_number;
  if (methods == nullptr || (methods->nb_float == nullptr && methods->nb_index == nullptr)) {
    return args.wrong_type(argument, expected, describe_object(object));
  }
  number = PyFloat_AsDouble(object);  // may run Python
  return number != -1.0 || PyErr_Occurred() == nullptr;
}

}  // namespace fastlane
