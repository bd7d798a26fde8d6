//! Functions that hold a borrow of rust-numpy while they call back into Python.

use numpy::{Element, PyArrayDyn, PyArrayMethods};
use pyo3::exceptions::{PyBufferError, PyTypeError};
use pyo3::prelude::*;

fn reading<'py, T: Element>(
    array: &Bound<'py, PyArrayDyn<T>>,
    callback: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let _borrow = array
        .try_readonly()
        .map_err(|error| PyBufferError::new_err(error.to_string()))?;
    callback.call0()
}

fn writing<'py, T: Element>(
    array: &Bound<'py, PyArrayDyn<T>>,
    callback: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    let _borrow = array
        .try_readwrite()
        .map_err(|error| PyBufferError::new_err(error.to_string()))?;
    callback.call0()
}

/// Calls `callback()` while `array` (float64 or uint8) is borrowed for reading.
#[pyfunction]
fn while_reading<'py>(
    array: &Bound<'py, PyAny>,
    callback: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    if let Ok(numbers) = array.cast::<PyArrayDyn<f64>>() {
        return reading(numbers, callback);
    }
    if let Ok(bytes) = array.cast::<PyArrayDyn<u8>>() {
        return reading(bytes, callback);
    }
    Err(PyTypeError::new_err("an array of float64 or uint8"))
}

/// Calls `callback()` while `array` (float64 or uint8) is borrowed for writing.
#[pyfunction]
fn while_writing<'py>(
    array: &Bound<'py, PyAny>,
    callback: &Bound<'py, PyAny>,
) -> PyResult<Bound<'py, PyAny>> {
    if let Ok(numbers) = array.cast::<PyArrayDyn<f64>>() {
        return writing(numbers, callback);
    }
    if let Ok(bytes) = array.cast::<PyArrayDyn<u8>>() {
        return writing(bytes, callback);
    }
    Err(PyTypeError::new_err("an array of float64 or uint8"))
}

#[pymodule]
fn rust_borrows(module: &Bound<'_, PyModule>) -> PyResult<()> {
    module.add_function(wrap_pyfunction!(while_reading, module)?)?;
    module.add_function(wrap_pyfunction!(while_writing, module)?)
}
