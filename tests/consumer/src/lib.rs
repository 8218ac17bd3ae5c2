//! Callouts for `simulate::check`, by hand against the raw ABI and by the crate's traits: most with one fault each, for
//! it to find, and some with none.
#![expect(
    clippy::missing_safety_doc,
    reason = "entry points and hooks are called as their prototypes say"
)]

use core::time::Duration;
use std::thread;

pub mod course;
pub mod dropped;
pub mod faultless;
pub mod lists;
pub mod raw;
pub mod reused;
pub mod safe;
pub mod trusting;

/// Takes its time, if other packets can be at work meanwhile: on a thread that the simulated server has started, and which
/// has no name.
fn linger() {
    if thread::current().name().is_none() {
        thread::sleep(Duration::from_millis(1));
    }
}
