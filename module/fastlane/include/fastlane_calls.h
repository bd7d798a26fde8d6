// The kernels' functions for an extension that has imported the table: fastlane.h includes this,
// nobody else does. Each passes its arguments on; before fln_import() it gives FLN_MISSING.
#ifndef FLN_CALLS_H
#define FLN_CALLS_H

static inline int fln_not_imported(fln_error *error) {
  if (error != NULL) {
    error->status = FLN_MISSING;
    PyOS_snprintf(error->message, sizeof(error->message), "%s",
                  "call fln_import() first, in this file or with FLN_SHARED_TABLE in another");
  }
  return FLN_MISSING;
}

static inline int fln_sum(const fln_array *x, double *sum, fln_error *error) {
  return FLN_TABLE == NULL ? fln_not_imported(error) : FLN_TABLE->sum(x, sum, error);
}

static inline int fln_sum_exact(const fln_array *x, int64_t *high, uint64_t *low,
                                fln_error *error) {
  return FLN_TABLE == NULL ? fln_not_imported(error) : FLN_TABLE->sum_exact(x, high, low, error);
}

static inline int fln_describe(const fln_array *x, fln_description *description,
                               fln_error *error) {
  return FLN_TABLE == NULL ? fln_not_imported(error) : FLN_TABLE->describe(x, description, error);
}

static inline int fln_transpose(const fln_array *x, const fln_array *out, fln_error *error) {
  return FLN_TABLE == NULL ? fln_not_imported(error) : FLN_TABLE->transpose(x, out, error);
}

static inline int fln_normalize_u8(const fln_array *x, uint8_t amount, fln_error *error) {
  return FLN_TABLE == NULL ? fln_not_imported(error) : FLN_TABLE->normalize_u8(x, amount, error);
}

static inline int fln_crc32(uint32_t value, const void *data, size_t size, uint32_t *crc,
                            fln_error *error) {
  return FLN_TABLE == NULL ? fln_not_imported(error)
                           : FLN_TABLE->crc32(value, data, size, crc, error);
}

static inline int fln_find(const void *text, size_t size, const void *needle, size_t needle_size,
                           ptrdiff_t *offset, fln_error *error) {
  return FLN_TABLE == NULL ? fln_not_imported(error)
                           : FLN_TABLE->find(text, size, needle, needle_size, offset, error);
}

static inline int fln_count(const void *text, size_t size, const void *needle, size_t needle_size,
                            size_t *count, fln_error *error) {
  return FLN_TABLE == NULL ? fln_not_imported(error)
                           : FLN_TABLE->count(text, size, needle, needle_size, count, error);
}

static inline int fln_normalize(const fln_array *pixels, const fln_normalization *how,
                                const fln_array *out, fln_error *error) {
  return FLN_TABLE == NULL ? fln_not_imported(error)
                           : FLN_TABLE->normalize(pixels, how, out, error);
}

static inline int fln_png_info(const void *file, size_t size, fln_picture *picture,
                               fln_error *error) {
  return FLN_TABLE == NULL ? fln_not_imported(error)
                           : FLN_TABLE->png_info(file, size, picture, error);
}

static inline int fln_png_decode(const void *file, size_t size, const fln_array *out,
                                 fln_error *error) {
  return FLN_TABLE == NULL ? fln_not_imported(error)
                           : FLN_TABLE->png_decode(file, size, out, error);
}

#endif
