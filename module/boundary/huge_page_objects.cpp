// Gives CPython its arenas as parts of mappings that begin on a huge page. CPython gives a part
// back by unmapping it, which is defined for parts of a mapping too.
#include "module/boundary/huge_page_objects.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace fastlane {
namespace {

constexpr std::size_t kHugePage = std::size_t{2} << 20;
constexpr std::size_t kMapped = 4 * kHugePage;

// What is mapped and not yet given to CPython. Guarded by the GIL.
struct Reserve {
  std::byte* next = nullptr;
  std::size_t bytes = 0;
  bool in_use = false;
};
constinit Reserve reserve;

void give_back_reserve() noexcept {
  if (reserve.bytes != 0) munmap(reserve.next, reserve.bytes);
  reserve.next = nullptr;
  reserve.bytes = 0;
}

void fill_reserve() noexcept {
  void* mapped = mmap(nullptr, kMapped + kHugePage, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return;
  auto* const start = static_cast<std::byte*>(mapped);
  const std::size_t before =
      (kHugePage - reinterpret_cast<std::uintptr_t>(start) % kHugePage) % kHugePage;
  if (before != 0) munmap(start, before);
  if (before != kHugePage) munmap(start + before + kMapped, kHugePage - before);
  madvise(start + before, kMapped, MADV_HUGEPAGE);  // refused where the kernel has none
  reserve.next = start + before;
  reserve.bytes = kMapped;
}

// Contract: as PyObjectArenaAllocator.alloc. The context is the usual allocator.
void* take_arena(void* context, std::size_t size) {
  const auto* usual = static_cast<const PyObjectArenaAllocator*>(context);
  if (size == 0 || kHugePage % size != 0) return usual->alloc(usual->ctx, size);
  if (reserve.bytes < size) {
    give_back_reserve();
    fill_reserve();
  }
  if (reserve.bytes < size) return usual->alloc(usual->ctx, size);
  reserve.bytes -= size;
  void* arena = reserve.next;
  reserve.next += size;
  return arena;
}

void free_arena(void* context, void* arena, std::size_t size) {
  const auto* usual = static_cast<const PyObjectArenaAllocator*>(context);
  usual->free(usual->ctx, arena, size);
}

// Only where arenas are mapped, as CPython's own are: its allocator frees ours later.
bool maps_arenas(const PyObjectArenaAllocator& usual) noexcept {
#ifdef Py_GIL_DISABLED
  static_cast<void>(usual);
  return false;
#else
  return usual.ctx == nullptr && usual.alloc != nullptr && usual.free != nullptr;
#endif
}

}  // namespace

HugePageObjects::HugePageObjects(bool wanted) noexcept {
  if (!wanted || reserve.in_use) return;
  PyObject_GetArenaAllocator(&usual_);
  if (!maps_arenas(usual_)) return;
  PyObjectArenaAllocator huge = {&usual_, take_arena, free_arena};
  PyObject_SetArenaAllocator(&huge);
  reserve.in_use = true;
  installed_ = true;
}

HugePageObjects::~HugePageObjects() {
  if (!installed_) return;
  PyObject_SetArenaAllocator(&usual_);
  give_back_reserve();
  reserve.in_use = false;
}

}  // namespace fastlane
