/* Preloaded into a Python that runs with PYTHONMALLOC=malloc, it can make any allocation fail:
 * malloc and its kin, therefore C++ new, Python objects and NumPy's data, and memory mappings.
 * It counts while it is armed and never allocates; oomswitch.c arms it from Python. glibc only:
 * the real functions are reached under their __libc_ names, so that no look-up can recurse. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

extern void* __libc_malloc(size_t);
extern void* __libc_calloc(size_t, size_t);
extern void* __libc_realloc(void*, size_t);
extern void* __libc_memalign(size_t, size_t);
extern void __libc_free(void*);

static atomic_bool armed;
static atomic_long count;
static atomic_long hits;
static atomic_long live; /* blocks that malloc and its kin have given and not got back */
static long first;
static long past_last; /* 0: every allocation from `first` on */
static int all_threads;
static __thread int mine __attribute__((tls_model("initial-exec")));

/* Allocations are numbered from 0 while armed; those in first..past_last-1 fail. */
static int must_fail(void) {
  if (!atomic_load_explicit(&armed, memory_order_acquire)) return 0;
  if (!all_threads && !mine) return 0;
  const long number = atomic_fetch_add(&count, 1);
  if (number < first || (past_last != 0 && number >= past_last)) return 0;
  atomic_fetch_add(&hits, 1);
  errno = ENOMEM;
  return 1;
}

void oom_arm(long start, long stop, int every_thread) {
  first = start;
  past_last = stop;
  all_threads = every_thread;
  mine = 1;
  atomic_store(&count, 0);
  atomic_store(&hits, 0);
  atomic_store_explicit(&armed, 1, memory_order_release);
}

void oom_disarm(void) {
  atomic_store(&armed, 0);
  mine = 0;
}

long oom_count(void) { return atomic_load(&count); }
long oom_hits(void) { return atomic_load(&hits); }

long oom_live(void) { return atomic_load(&live); }

static void* counted(void* block) {
  if (block != NULL) atomic_fetch_add_explicit(&live, 1, memory_order_relaxed);
  return block;
}

void* malloc(size_t size) { return must_fail() ? NULL : counted(__libc_malloc(size)); }

void* calloc(size_t items, size_t size) {
  return must_fail() ? NULL : counted(__libc_calloc(items, size));
}

void free(void* block) {
  if (block != NULL) atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
  __libc_free(block);
}

void* realloc(void* block, size_t size) {
  if (block == NULL) return malloc(size);
  if (must_fail()) return NULL;
  void* moved = __libc_realloc(block, size);
  if (moved == NULL && size == 0) atomic_fetch_sub_explicit(&live, 1, memory_order_relaxed);
  return moved;
}

void* memalign(size_t alignment, size_t size) {
  return must_fail() ? NULL : counted(__libc_memalign(alignment, size));
}

void* aligned_alloc(size_t alignment, size_t size) { return memalign(alignment, size); }

int posix_memalign(void** block, size_t alignment, size_t size) {
  if (must_fail()) return ENOMEM;
  void* made = counted(__libc_memalign(alignment, size));
  if (made == NULL) return ENOMEM;
  *block = made;
  return 0;
}

void* mmap(void* address, size_t length, int protection, int flags, int file, off_t offset) {
  if (must_fail()) return MAP_FAILED;
  return (void*)syscall(SYS_mmap, address, length, protection, flags, file, offset);
}

void* mmap64(void* address, size_t length, int protection, int flags, int file, off_t offset) {
  return mmap(address, length, protection, flags, file, offset);
}
