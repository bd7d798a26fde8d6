// A program that has been read and checked, in a capsule that a plan keeps: what records_program
// makes and every other call of the family takes.
#pragma once

#include <Python.h>

#include "kernels/records/program.hpp"
#include "module/boundary/arguments.hpp"

namespace fastlane {

struct CompiledProgram {
  kernels::records::Program program;
};

// What the capsule holds, which lives as long as it does; null with an exception set for an object
// that is none.
CompiledProgram* compiled_program_of(const Arguments& args, PyObject* object);

}  // namespace fastlane
