//! AWS JSON 1.0 in and out of the internal document form.

pub mod base64;
pub mod document;
pub mod error;
pub mod http;
pub mod json;
pub mod request;
pub mod response;
