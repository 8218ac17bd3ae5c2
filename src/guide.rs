//! How to write a callout, test it, and put it on a server; short pages, to be read in any order.
//!
//! 1. [Writing a callout](writing): decisions, states, sizes, threads, where messages go
//! 2. [What each hook holds](hooks), in which order, and what is not documented
//! 3. [Altering a packet](altering): `replace` or `rewrite`
//! 4. [Reading a message](reading): split values, Microsoft's differences, hostile input
//! 5. [Testing without Windows](testing)
//! 6. [On a server](server): building, registering, watching, rolling back
//! 7. [Chaining](chaining) the other DLLs
//! 8. [With `windows-sys`](windows_sys)
//! 9. [Without `std`](no_std)

// `elsewhere.md`: where the links to modules lead that a build without these features does not have.

#[doc = include_str!("guide/writing.md")]
pub mod writing {}

#[doc = include_str!("guide/hooks.md")]
#[cfg_attr(not(feature = "proptest"), doc = include_str!("guide/elsewhere.md"))]
pub mod hooks {}

#[doc = include_str!("guide/altering.md")]
pub mod altering {}

#[doc = include_str!("guide/reading.md")]
pub mod reading {}

// What it shows runs only with these features.
#[cfg(any(doc, feature = "proptest"))]
#[doc = include_str!("guide/testing.md")]
#[cfg_attr(not(feature = "proptest"), doc = include_str!("guide/elsewhere.md"))]
pub mod testing {}

#[doc = include_str!("guide/server.md")]
pub mod server {}

#[doc = concat!(
    include_str!("guide/chaining.md"),
    "\n```rust\n",
    include_str!("guide/chaining.rs"),
    "```\n"
)]
pub mod chaining {}

#[doc = include_str!("guide/windows_sys.md")]
pub mod windows_sys {}

#[doc = concat!(
    include_str!("guide/no_std.md"),
    "\n```rust,ignore\n",
    include_str!("guide/no_std.rs"),
    "```\n"
)]
pub mod no_std {}
