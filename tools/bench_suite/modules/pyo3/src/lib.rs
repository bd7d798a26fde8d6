//! The rows of the `calls` suite through PyO3 and rust-numpy, as their documentation teaches them.
//! Built only for the benchmark; never part of the product.

use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::buffer::PyBuffer;
use pyo3::prelude::*;
use pyo3::types::PyBytes;

#[pyfunction]
fn noop() {}

#[pyfunction]
fn one(_x: &Bound<'_, PyAny>) {}

#[pyfunction]
fn hypot(x: f64, y: f64) -> f64 {
    (x * x + y * y).sqrt()
}

#[pyfunction]
fn sum64(array: PyReadonlyArray1<'_, f64>) -> PyResult<f64> {
    Ok(array.as_slice()?.iter().sum())
}

#[pyfunction]
fn linspace<'py>(
    py: Python<'py>,
    count: usize,
    start: f64,
    stop: f64,
) -> Bound<'py, PyArray1<f64>> {
    let step = (stop - start) / (count - 1) as f64;
    let mut values: Vec<f64> = (0..count).map(|i| i as f64 * step + start).collect();
    values[count - 1] = stop;
    PyArray1::from_vec(py, values)
}

#[pyfunction]
fn buffer_length(octets: PyBuffer<u8>) -> usize {
    octets.len_bytes()
}

#[pyfunction]
fn bytes_length(data: &Bound<'_, PyBytes>) -> usize {
    data.as_bytes().len()
}

#[pyfunction]
fn text_length(text: &str) -> usize {
    text.len()
}

#[pymodule]
fn bench_pyo3(m: &Bound<'_, PyModule>) -> PyResult<()> {
    m.add_function(wrap_pyfunction!(noop, m)?)?;
    m.add_function(wrap_pyfunction!(one, m)?)?;
    m.add_function(wrap_pyfunction!(hypot, m)?)?;
    m.add_function(wrap_pyfunction!(sum64, m)?)?;
    m.add_function(wrap_pyfunction!(linspace, m)?)?;
    m.add_function(wrap_pyfunction!(buffer_length, m)?)?;
    m.add_function(wrap_pyfunction!(bytes_length, m)?)?;
    m.add_function(wrap_pyfunction!(text_length, m)?)?;
    Ok(())
}
