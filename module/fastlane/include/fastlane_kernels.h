// The kernels of fastlane as C99 sees them: types, status codes and functions. Knows nothing of
// Python; needs no GIL, and takes none. fastlane.h gives the same functions to an extension that
// has fastlane installed; `python -m fastlane config --sources` writes them out to be compiled in.
//
// Every function gives a status, FLN_OK or one of those below, and says in `error` what was wrong;
// `error` may be null. Outputs are undefined after an error. Nothing is allocated for the caller.
#ifndef FLN_KERNELS_H
#define FLN_KERNELS_H

#include <stddef.h>
#include <stdint.h>

#ifndef FLN_FUNCTION
#ifdef __cplusplus
#define FLN_FUNCTION extern "C" __attribute__((visibility("hidden")))
#else
#define FLN_FUNCTION extern __attribute__((visibility("hidden")))
#endif
#endif

enum {
  FLN_OK = 0,
  FLN_NO_MEMORY = 1,  // MemoryError in Python
  FLN_BAD_TYPE = 2,   // an element type that the function does not take: ArgumentTypeError
  FLN_BAD_VALUE = 3,  // a wrong shape, length or range: ArgumentValueError
  FLN_BAD_DATA = 4,   // a damaged picture: DecodeError
  FLN_FAILED = 5,     // anything else: RuntimeError
  FLN_MISSING = 6     // no such function in the fastlane that is installed, or not imported
};

typedef struct fln_error {
  int status;
  char message[252];  // one sentence without the function's name, cut if need be, ends with a zero
} fln_error;

// Element types, in the machine's byte order.
enum {
  FLN_BOOL = 0,
  FLN_INT8 = 1,
  FLN_INT16 = 2,
  FLN_INT32 = 3,
  FLN_INT64 = 4,
  FLN_UINT8 = 5,
  FLN_UINT16 = 6,
  FLN_UINT32 = 7,
  FLN_UINT64 = 8,
  FLN_FLOAT32 = 9,
  FLN_FLOAT64 = 10,
  FLN_FLOAT16 = 11
};

// Memory that somebody else owns. Any strides (in bytes, also negative or zero) and any alignment.
typedef struct fln_array {
  void *data;                // the element with all indices zero, not the lowest address
  int dtype;                 // FLN_BOOL to FLN_FLOAT16
  int ndim;                  // 0 to 64
  const ptrdiff_t *shape;    // ndim lengths
  const ptrdiff_t *strides;  // ndim steps; null means C-contiguous
} fln_array;

typedef struct fln_description {
  uint64_t count;
  double min, max, mean, std, sum;  // std divides by count; a NaN among the elements shows in all
} fln_description;

typedef struct fln_picture {
  size_t width, height;  // in pixels
  size_t channels;       // 1 to 4, as decoded: palettes and transparent colours are expanded
  int dtype;             // FLN_UINT8, or FLN_UINT16 for files of 16 bits
  int bit_depth;         // in the file
  int colour_type;       // as PNG numbers them
  int interlaced;        // 1 or 0
} fln_picture;

// (x * scale - mean) / std for each channel.
typedef struct fln_normalization {
  double scale;              // 0: 1/255 for uint8 pixels, 1/65535 for uint16
  double mean[4], std[4];    // one for each channel of the output
  int channels_last;         // 0: the output is (C, H, W); 1: (H, W, C)
  int channels;              // 0: those of the pixels; 1: luma (ITU-R 601); 3: RGB; 4: RGBA
} fln_normalization;

// ---- reductions ----
// The sum as the nearest double. Any numbers; of nothing: 0.
FLN_FUNCTION int fln_sum(const fln_array *x, double *sum, fln_error *error);

// The exact sum of integers or booleans: high * 2^64 + low.
FLN_FUNCTION int fln_sum_exact(const fln_array *x, int64_t *high, uint64_t *low, fln_error *error);

// Count, extremes and moments in one pass. Any numbers; nothing is FLN_BAD_VALUE.
FLN_FUNCTION int fln_describe(const fln_array *x, fln_description *description, fln_error *error);

// ---- layout ----
// out[j, i] = x[i, j]: two dimensions, equal element types, memory that does not overlap.
FLN_FUNCTION int fln_transpose(const fln_array *x, const fln_array *out, fln_error *error);

// In place, uint8 only: every element less `amount`, 0 where that is below 0. No element twice.
FLN_FUNCTION int fln_normalize_u8(const fln_array *x, uint8_t amount, fln_error *error);

// ---- bytes ----
// The CRC-32 of zlib; `value` is that of the bytes before, 0 at the start.
FLN_FUNCTION int fln_crc32(uint32_t value, const void *data, size_t size, uint32_t *crc,
                           fln_error *error);

// ---- text ----
// Where `needle` stands first in the text, or -1. An empty needle stands at 0.
FLN_FUNCTION int fln_find(const void *text, size_t size, const void *needle, size_t needle_size,
                          ptrdiff_t *offset, fln_error *error);

// How often it stands there, without overlaps. An empty needle: size + 1 times.
FLN_FUNCTION int fln_count(const void *text, size_t size, const void *needle, size_t needle_size,
                           size_t *count, fln_error *error);

// ---- tensors ----
// (H, W, C) pixels of uint8 or uint16 to a tensor of float32, float16 or uint8 (rounded).
FLN_FUNCTION int fln_normalize(const fln_array *pixels, const fln_normalization *how,
                               const fln_array *out, fln_error *error);

// ---- pictures ----
// What the head of a PNG file says.
FLN_FUNCTION int fln_png_info(const void *file, size_t size, fln_picture *picture,
                              fln_error *error);

// The pixels of a PNG file into an (H, W, C) array of the type that fln_png_info tells. Damage of
// any kind is FLN_BAD_DATA, with the chunk and its place in the message.
FLN_FUNCTION int fln_png_decode(const void *file, size_t size, const fln_array *out,
                                fln_error *error);

// ---- end ----
#endif
