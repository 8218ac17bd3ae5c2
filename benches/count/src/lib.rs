//! The pieces of work that `benches/instructions` counts, and that `benches/peers` compares.

mod hook;
pub mod work;
