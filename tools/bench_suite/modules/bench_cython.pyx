# cython: language_level=3, boundscheck=False, wraparound=False, binding=False
"""The rows of the `calls` suite in Cython's fastest form: the fields of `cnp.ndarray` and
`cpython.buffer` instead of typed memoryviews, which cost several times as much per call.
Built only for the benchmark; never part of the product.
"""

cimport cython
cimport numpy as cnp
from cpython.buffer cimport PyBUF_SIMPLE, Py_buffer, PyBuffer_Release, PyObject_GetBuffer
from libc.math cimport sqrt
from libc.stdlib cimport free, malloc

cnp.import_array()


@cython.freelist(16)
@cython.no_gc
cdef class Owner:
    cdef double* memory

    def __dealloc__(self):
        free(self.memory)


def noop():
    pass


def one(x):
    pass


def hypot(double x, double y):
    return sqrt(x * x + y * y)


def sum64(cnp.ndarray array not None):
    if cnp.PyArray_TYPE(array) != cnp.NPY_DOUBLE or cnp.PyArray_NDIM(array) != 1 \
            or not cnp.PyArray_ISCARRAY_RO(array):
        raise TypeError("sum64: one contiguous row of float64")
    cdef const double* values = <const double*> cnp.PyArray_DATA(array)
    cdef Py_ssize_t count = cnp.PyArray_DIM(array, 0)
    cdef Py_ssize_t i
    cdef double total = 0.0
    for i in range(count):
        total += values[i]
    return total


def linspace(cnp.npy_intp count, double start, double stop):
    cdef Owner owner = Owner.__new__(Owner)
    owner.memory = <double*> malloc(count * sizeof(double))
    if owner.memory == NULL:
        raise MemoryError
    cdef double step = (stop - start) / (count - 1)
    cdef Py_ssize_t i
    for i in range(count):
        owner.memory[i] = i * step + start
    owner.memory[count - 1] = stop
    cdef cnp.ndarray array = cnp.PyArray_SimpleNewFromData(
        1, &count, cnp.NPY_DOUBLE, owner.memory)
    cnp.set_array_base(array, owner)
    return array


def buffer_length(x):
    cdef Py_buffer view
    PyObject_GetBuffer(x, &view, PyBUF_SIMPLE)
    cdef Py_ssize_t length = view.len
    PyBuffer_Release(&view)
    return length


def bytes_length(bytes data not None):
    return len(data)


def text_length(str text not None):
    return len(text)
