//! Values of options: those that the format of their code reads, and those with one thing wrong.

use std::vec;

use proptest::collection::vec as vec_of;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::sample::Bytes;
use crate::message::readable::ByCode;
use crate::message::{OptionCode, RelayCode};

/// Yields values of the option `code` that its format reads: [`Typed::decode`](crate::message::Typed::decode) succeeds.
///
/// Of a code that the table does not have, these are any bytes.
#[inline]
pub fn value_of(code: OptionCode) -> impl Strategy<Value = Bytes> {
    code.readable().prop_map(Bytes)
}

/// Yields values of the relay agent's sub-option `code` that its format reads:
/// [`Typed::decode_relay`](crate::message::Typed::decode_relay) succeeds.
///
/// Of a code that the table does not have, these are any bytes.
#[inline]
pub fn relay_value_of(code: RelayCode) -> impl Strategy<Value = Bytes> {
    code.readable().prop_map(Bytes)
}

/// Yields codes, mostly such as have a name, with values that their format reads; some are too long for one option.
///
/// ```
/// use dhcp_callout::message::{Typed, Value};
/// use dhcp_callout::strategy;
/// use proptest::prelude::*;
///
/// proptest!(|((code, bytes) in strategy::option_value())| {
///     prop_assert!(Typed::decode(Value::from_slice(code, &bytes)).is_ok());
/// });
/// ```
#[inline]
pub fn option_value() -> impl Strategy<Value = (OptionCode, Bytes)> {
    let code = prop_oneof![
        9 => select(OptionCode::ALL),
        1 => (1..=254_u8).prop_map(OptionCode::from_code),
    ];
    code.prop_flat_map(|code| (Just(code), value_of(code)))
}

/// Yields codes with values in which one thing is wrong: a byte is another, or too many, or missing, the end is cut
/// off, something follows, or nothing is there. Some are well-formed all the same.
#[inline]
pub fn nearly_option_value() -> impl Strategy<Value = (OptionCode, Bytes)> {
    // What lengths, labels and pointers are made of.
    let byte = prop_oneof![2 => select(vec![0, 1, 2, 3, 63, 64, 0xc0, 0xff]), 1 => any::<u8>()];
    let more = vec_of(byte.clone(), 1..5);
    (option_value(), any::<Index>(), byte, more, 0..7_u8).prop_map(|((code, mut value), at, byte, more, kind)| {
        let length = value.len();
        let index = at.index(length.max(1));
        match (kind, value.get_mut(index)) {
            (0, Some(old)) => *old = byte,
            (1, Some(old)) => *old = old.wrapping_add(1),
            (2, Some(_)) => drop(value.remove(index)),
            (3, _) => value.insert(at.index(length.saturating_add(1)), byte),
            (4, _) => value.truncate(index),
            (5, _) => value.clear(),
            _ => value.extend(more),
        }
        (code, value)
    })
}
