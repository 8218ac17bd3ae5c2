//! Nothing: see `tests/cases.rs`.
