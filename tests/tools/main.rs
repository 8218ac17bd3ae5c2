//! The examples do what they say, as programs and as callouts.
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

mod callouts;
mod common;
mod inspect;
mod made;
mod microsoft;
mod readme;
mod replay;
mod rewrite;
