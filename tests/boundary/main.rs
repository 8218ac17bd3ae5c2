//! The server's pointers and calls do no harm, in any order.
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

mod abi;
mod callout;
mod chain;
mod errors;
mod flood;
mod hook;
mod misuse;
mod options;
mod server;
mod silent;
