//! Messages are read as the RFCs have them, whatever the bytes.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::string_slice,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod conformance;
mod formats;
mod hostile_values;
mod long;
mod message;
mod print;
mod registry;
mod samples;
mod total;
