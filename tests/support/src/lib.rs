//! What the examples and the tests share.

pub mod capture;
pub mod inspect_json;
pub mod packet;
pub mod program;
pub mod reading;
pub mod show;
pub mod tool;
// The model checker's build has no callouts.
#[cfg(not(loom))]
pub mod watcher;
