//! One violation of each lint in Cargo.toml, so that `.ci/lints` can see each of them reported.
//!
//! Never part of the crate: `.ci/lints` builds it apart. A new lint needs a violation here.

// lint: missing_docs
pub fn missing_docs() {}

// lint: unexpected_cfgs
/// Documented.
#[cfg(lom)]
pub fn unexpected_cfgs() {}

// lint: unreachable_pub
mod private {
    pub fn unreachable_pub() {}
}

// lint: missing_debug_implementations
/// Documented.
pub struct WithoutDebug;

// lint: elided_lifetimes_in_paths
/// Documented.
#[derive(Debug)]
pub struct Borrowed<'a>(pub &'a u8);
/// Documented.
pub fn elided_lifetimes_in_paths(_: &Borrowed) {}

// lint: unsafe_code
/// Documented.
pub fn unsafe_code(pointer: *const u8) -> u8 {
    // SAFETY: none.
    unsafe { *pointer }
}

// lint: unsafe_op_in_unsafe_fn (by E0133)
/// Documented.
///
/// # Safety
/// None.
pub unsafe fn unsafe_op_in_unsafe_fn(pointer: *const u8) -> u8 {
    *pointer
}

// lint: rustdoc::broken_intra_doc_links
/// Leads to [`Nowhere`].
pub fn broken_intra_doc_links() {}

// lint: clippy::pedantic (by clippy::unreadable_literal)
/// Documented.
pub const UNREADABLE_LITERAL: u32 = 1234567890;

// lint: clippy::allow_attributes_without_reason
#[allow(dead_code)]
fn allow_attributes_without_reason() {}

// lint: clippy::arithmetic_side_effects
/// Documented.
pub fn arithmetic_side_effects(number: u32) -> u32 {
    number + number
}

// lint: clippy::as_conversions
/// Documented.
pub fn as_conversions(number: u8) -> u32 {
    number as u32
}

// lint: clippy::dbg_macro
// lint: clippy::print_stdout
// lint: clippy::std_instead_of_core
extern crate std;
/// Documented.
pub fn prints(number: std::num::NonZeroU8) {
    std::println!("{number}");
    std::dbg!(number);
}

// lint: clippy::expect_used
// lint: clippy::unwrap_used
/// Documented.
pub fn unwraps(number: Option<u8>) -> (u8, u8) {
    (number.unwrap(), number.expect("a number"))
}

// lint: clippy::indexing_slicing
/// Documented.
pub fn indexing_slicing(bytes: &[u8]) -> u8 {
    bytes[0]
}

// lint: clippy::string_slice
/// Documented.
pub fn string_slice(text: &str) -> &str {
    &text[1..]
}

// lint: clippy::multiple_unsafe_ops_per_block
// lint: clippy::undocumented_unsafe_blocks
/// Documented.
pub fn unsafe_blocks(one: *const u8, other: *const u8) -> (u8, u8) {
    unsafe { (*one, *other) }
}

// lint: clippy::panic
// lint: clippy::todo
// lint: clippy::unimplemented
// lint: clippy::unreachable
/// Documented.
pub fn panics(number: u8) {
    match number {
        0 => panic!("a panic"),
        1 => todo!(),
        2 => unimplemented!(),
        _ => unreachable!(),
    }
}
