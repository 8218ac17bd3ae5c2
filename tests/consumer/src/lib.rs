//! Callouts for `simulate::check`, by hand against the raw ABI and by the crate's traits: most with one fault each, for
//! it to find, and some with none.
#![expect(
    clippy::missing_safety_doc,
    reason = "entry points and hooks are called as their prototypes say"
)]

pub mod course;
pub mod faultless;
pub mod lists;
pub mod raw;
pub mod safe;
pub mod trusting;
