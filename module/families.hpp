// The list of families: each is a method table that its own file defines. module.cpp adds them all.
#pragma once

#include <Python.h>

namespace fastlane {

extern PyMethodDef record_decode_methods[];
extern PyMethodDef record_merge_methods[];
extern PyMethodDef record_methods[];
extern PyMethodDef record_program_methods[];
extern PyMethodDef record_stream_methods[];
extern PyMethodDef borrows_methods[];
extern PyMethodDef reduction_methods[];
extern PyMethodDef elementwise_methods[];
extern PyMethodDef sequence_methods[];
extern PyMethodDef expression_methods[];
extern PyMethodDef bytes_methods[];
extern PyMethodDef scaled_copy_methods[];
extern PyMethodDef scaled_copy_raw_methods[];
extern PyMethodDef arrow_methods[];
extern PyMethodDef testing_methods[];
extern PyMethodDef events_methods[];
extern PyMethodDef counters_methods[];
extern PyMethodDef threads_methods[];
extern PyMethodDef tolist_methods[];
extern PyMethodDef transpose_methods[];
extern PyMethodDef image_batch_methods[];
extern PyMethodDef image_decode_methods[];
extern PyMethodDef image_normalize_methods[];
extern PyMethodDef connect_methods[];
extern PyMethodDef multiply_matrices_methods[];
extern PyMethodDef process_one_methods[];
extern PyMethodDef slow_sum_methods[];
extern PyMethodDef text_offset_methods[];
extern PyMethodDef text_search_methods[];
extern PyMethodDef text_utf8_methods[];

// Struct sequence types that a family returns: created and added to the module. -1 on failure.
int add_description_type(PyObject* module);
int add_image_info_type(PyObject* module);

// Has the pool stopped before the interpreter ends. -1 on failure.
int stop_pool_at_exit(PyObject* module);

struct Family {
  const char* submodule;  // "text" makes fastlane._core.text; null puts the functions at the top
  PyMethodDef* methods;
};

inline constexpr Family kFamilies[] = {
    {nullptr, reduction_methods},
    {nullptr, elementwise_methods},
    {nullptr, sequence_methods},
    {nullptr, expression_methods},
    {nullptr, bytes_methods},
    {nullptr, record_decode_methods},
    {nullptr, record_methods},
    {nullptr, record_merge_methods},
    {nullptr, record_program_methods},
    {nullptr, record_stream_methods},
    {nullptr, arrow_methods},
    {"lessons", scaled_copy_methods},
    {"lessons", scaled_copy_raw_methods},
    {nullptr, counters_methods},
    {nullptr, threads_methods},
    {nullptr, tolist_methods},
    {nullptr, transpose_methods},
    {"testing", testing_methods},
    {"testing", borrows_methods},
    {"testing", events_methods},
    {"image", image_batch_methods},
    {"image", image_decode_methods},
    {"image", image_normalize_methods},
    {"lab", connect_methods},
    {"lab", multiply_matrices_methods},
    {"lab", process_one_methods},
    {"lab", slow_sum_methods},
    {"text", text_offset_methods},
    {"text", text_search_methods},
    {"text", text_utf8_methods},
};

}  // namespace fastlane
