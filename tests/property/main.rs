//! Laws of the item module, checked on random values against references that are slow and plain on purpose.

mod items;
mod keys;
mod malformed;
mod numbers;
mod reference;
