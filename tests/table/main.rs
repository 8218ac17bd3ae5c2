//! The state of each packet is handed back once, and its lifecycle is that of the documentation.
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

mod control;
mod debris;
mod lifecycle;
mod model;
mod stress;
mod texts;
