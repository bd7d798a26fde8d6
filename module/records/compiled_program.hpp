// A program that has been read and checked, in a capsule that a plan keeps: what records_program
// makes and every other call of the family takes.
#pragma once

#include <Python.h>

#include <cstdint>

#include "kernels/records/program.hpp"
#include "module/boundary/arguments.hpp"

namespace fastlane {

struct CompiledProgram {
  kernels::records::Program program;
};

// What the capsule holds, which lives as long as it does; null with an exception set for an object
// that is none.
CompiledProgram* compiled_program_of(const Arguments& args, PyObject* object);

// Puts a call's limits into its program. False with an exception set for one out of bounds.
bool set_limits(const Arguments& args, std::int64_t max_errors, std::int64_t max_row_bytes,
                kernels::records::Program& program);

}  // namespace fastlane
