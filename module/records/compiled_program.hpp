// A program that has been read and checked, in a capsule that a plan keeps: what records_program
// makes and every other call of the family takes.
#pragma once

#include <Python.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/records/program.hpp"
#include "kernels/records/small_run.hpp"
#include "module/boundary/arguments.hpp"

namespace fastlane {

struct CompiledProgram {
  explicit CompiledProgram(kernels::records::Program read) : program(std::move(read)) {}
  CompiledProgram(const CompiledProgram&) = delete;
  CompiledProgram& operator=(const CompiledProgram&) = delete;
  ~CompiledProgram() {
    for (PyObject* name : names) Py_DECREF(name);
  }

  // What runs small texts: the one that waits, or a fresh one while that is in use.
  std::unique_ptr<kernels::records::SmallRun> take_small() {
    if (idle) return std::move(idle);
    return std::make_unique<kernels::records::SmallRun>(program);
  }
  void give_back(std::unique_ptr<kernels::records::SmallRun> small) { idle = std::move(small); }

  // What records_decode needs, made at its first call. False with an exception set.
  bool has_names() const { return names.size() == program.fields.size(); }
  bool make_names();

  const kernels::records::Program program;
  std::unique_ptr<kernels::records::SmallRun> idle;
  std::vector<PyObject*> names;  // owned; of the fields, interned
  void* datetime_api = nullptr;  // of the datetime module
};

// What the capsule holds, which lives as long as it does; null with an exception set for an object
// that is none.
CompiledProgram* compiled_program_of(const Arguments& args, PyObject* object);

// Limits of a call: whether they are within bounds, false with an exception set; and how they are
// put into its program.
bool check_limits(const Arguments& args, std::int64_t max_errors, std::int64_t max_row_bytes);
void set_limits(std::int64_t max_errors, std::int64_t max_row_bytes,
                kernels::records::Program& program);

}  // namespace fastlane
