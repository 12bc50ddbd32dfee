//! AWS JSON 1.0 in and out of the internal document form.

pub mod document;
