//! Bytes that a format reads, as strategies for property tests (feature `proptest`): what the descriptions are made of
//! that are beside the formats.
//!
//! As in `strategy`, `#[inline]` is there for who compiles the feature and uses none of this, as the examples do: it
//! leaves the code to whoever asks for it, and takes a quarter off the optimised compilation of the crate.

pub(crate) use std::vec;
use std::vec::Vec;

use proptest::collection::SizeRange;

pub(crate) use proptest::collection::vec as vec_of;
pub(crate) use proptest::prelude::*;
pub(crate) use proptest::sample::select;

/// What has a strategy for the bytes that it reads: a format, or an element of a sequence.
pub(crate) trait Readable {
    /// Yields bytes that it reads.
    fn readable() -> BoxedStrategy<Vec<u8>>;
}

/// A code whose values can be made: those that its format reads, and any bytes of a code without one.
pub(crate) trait ByCode {
    /// Yields bytes that the format of the code reads.
    fn readable(self) -> BoxedStrategy<Vec<u8>>;
}

/// Implements [`Readable`] for each type, by a strategy.
macro_rules! readable {
    ($($Type:ty $(, for [$($generics:tt)*])? => $bytes:expr;)+) => {
        const _: () = {
            #[allow(clippy::wildcard_imports, reason = "a description uses a few of many")]
            use $crate::message::readable::*;

            $(
                impl$(<$($generics)*>)? Readable for $Type {
                    #[inline]
                    fn readable() -> BoxedStrategy<std::vec::Vec<u8>> {
                        $bytes.boxed()
                    }
                }
            )+
        };
    };
}

pub(crate) use readable;

/// Yields any bytes, so many.
#[inline]
pub(crate) fn bytes(length: impl Into<SizeRange>) -> BoxedStrategy<Vec<u8>> {
    vec_of(any::<u8>(), length).boxed()
}

/// Yields text of `least` bytes or more: mostly what names and paths are made of, sometimes any bytes.
#[inline]
pub(crate) fn text(least: usize) -> BoxedStrategy<Vec<u8>> {
    let plain = select(&b"abcdefghijklmnopqrstuvwxyz0123456789-./:\\ \"\n\0"[..]);
    let most = least.saturating_add(24);
    prop_oneof![
        6 => vec_of(plain.clone(), least..most),
        1 => vec_of(plain, least..400),
        2 => bytes(least..most),
    ]
    .boxed()
}

/// Puts the bytes of the parts one after the other.
#[inline]
pub(crate) fn concat<const N: usize>(parts: [BoxedStrategy<Vec<u8>>; N]) -> BoxedStrategy<Vec<u8>> {
    Vec::from(parts).prop_map(|parts| parts.concat()).boxed()
}

/// Yields one byte, of those in `range`.
#[inline]
pub(crate) fn byte_of(range: impl Strategy<Value = u8> + 'static) -> BoxedStrategy<Vec<u8>> {
    range.prop_map(|byte| vec![byte]).boxed()
}

/// Yields one element or a few, seldom many.
#[inline]
pub(crate) fn several(element: impl Strategy<Value = Vec<u8>> + 'static) -> BoxedStrategy<Vec<u8>> {
    let number = prop_oneof![9 => 1..5_usize, 1 => 1..20_usize];
    let element = element.boxed();
    number
        .prop_flat_map(move |number| vec_of(element.clone(), number))
        .prop_map(|elements| elements.concat())
        .boxed()
}

/// Puts a length byte before bytes that are 255 at most.
#[inline]
pub(crate) fn counted(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.insert(0, u8::try_from(bytes.len()).unwrap_or(u8::MAX));
    bytes
}

/// Puts a length byte before those bytes that it can count.
#[inline]
pub(crate) fn after_length(bytes: impl Strategy<Value = Vec<u8>> + 'static) -> BoxedStrategy<Vec<u8>> {
    bytes
        .prop_filter("more than a length byte can say", |bytes| bytes.len() <= 255)
        .prop_map(counted)
        .boxed()
}
