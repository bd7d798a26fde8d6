// While one lives, new small Python objects lie on huge pages: a million of them costs a few page
// faults instead of thousands. It only changes where CPython's own allocator asks for its arenas;
// they are freed as all others are, by CPython, whenever it likes.
#pragma once

#include <Python.h>

namespace fastlane {

// Stands for
//   PyObject_GetArenaAllocator(&usual);  PyObject_SetArenaAllocator(&huge);
//   ...  PyObject_SetArenaAllocator(&usual);
// Needs the GIL from beginning to end. Does nothing beside another one, where CPython's memory is
// not its own mapped arenas, and without the GIL.
class HugePageObjects {
 public:
  explicit HugePageObjects(bool wanted) noexcept;
  HugePageObjects(const HugePageObjects&) = delete;
  HugePageObjects& operator=(const HugePageObjects&) = delete;
  ~HugePageObjects();

 private:
  PyObjectArenaAllocator usual_;
  bool installed_ = false;
};

}  // namespace fastlane
