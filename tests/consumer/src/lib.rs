//! Callouts with one fault each, for `simulate::check` to find: by hand against the raw ABI, and by the crate's traits.

pub mod lifecycle;
pub mod raw;
pub mod safe;
