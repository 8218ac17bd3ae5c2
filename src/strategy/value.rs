//! Values of options: those that the format of their code reads, and those with one thing wrong.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::vec;
use std::vec::Vec;

use proptest::collection::vec as vec_of;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::message::{
    Authentication, ClientId, DataSource, Fqdn, FqdnFlags, Item, LeaseState, List, MachineId, MessageType,
    NetbiosNodeType, NetworkInterface, OptionCode, Overload, PortParameters, RelayAuthentication, RelayCode, Seconds,
    SixRd, SlpAgents, SlpScopes, Status, Text, TimeOffset, UnixTime, Value, VirtualSubnet,
};

/// Yields values of the option `code` that its format reads: [`Typed::decode`](crate::message::Typed::decode) succeeds.
///
/// Of a code that the table does not have, these are any octets.
pub fn value_of(code: OptionCode) -> impl Strategy<Value = Vec<u8>> {
    code.readable()
}

/// Yields values of the relay agent's sub-option `code` that its format reads:
/// [`Typed::decode_relay`](crate::message::Typed::decode_relay) succeeds.
///
/// Of a code that the table does not have, these are any octets.
pub fn relay_value_of(code: RelayCode) -> impl Strategy<Value = Vec<u8>> {
    code.readable()
}

/// Yields codes, mostly such as have a name, with values that their format reads; some are too long for one option.
///
/// ```
/// use dhcp_callout::message::{Typed, Value};
/// use dhcp_callout::strategy;
/// use proptest::prelude::*;
///
/// proptest!(|((code, octets) in strategy::option_value())| {
///     prop_assert!(Typed::decode(Value::from_slice(code, &octets)).is_ok());
/// });
/// ```
pub fn option_value() -> impl Strategy<Value = (OptionCode, Vec<u8>)> {
    let code = prop_oneof![
        9 => select(OptionCode::ALL),
        1 => (1..=254_u8).prop_map(OptionCode::from_code),
    ];
    code.prop_flat_map(|code| (Just(code), value_of(code)))
}

/// Yields codes with values in which one thing is wrong: an octet is another, or too many, or missing, the end is cut
/// off, something follows, or nothing is there. Some are well-formed all the same.
pub fn nearly_option_value() -> impl Strategy<Value = (OptionCode, Vec<u8>)> {
    // What lengths, labels and pointers are made of.
    let octet = prop_oneof![2 => select(vec![0, 1, 2, 3, 63, 64, 0xc0, 0xff]), 1 => any::<u8>()];
    let more = vec_of(octet.clone(), 1..5);
    (option_value(), any::<Index>(), octet, more, 0..7_u8).prop_map(|((code, mut value), at, octet, more, kind)| {
        let length = value.len();
        let index = at.index(length.max(1));
        match (kind, value.get_mut(index)) {
            (0, Some(old)) => *old = octet,
            (1, Some(old)) => *old = old.wrapping_add(1),
            (2, Some(_)) => drop(value.remove(index)),
            (3, _) => value.insert(at.index(length.saturating_add(1)), octet),
            (4, _) => value.truncate(index),
            (5, _) => value.clear(),
            _ => value.extend(more),
        }
        (code, value)
    })
}

/// What has a strategy for the octets that it reads as a value.
///
/// Every format that the tables name has one, so that a new row is tested from the day it is there.
pub(crate) trait Readable {
    /// Yields octets that the format reads.
    fn readable() -> BoxedStrategy<Vec<u8>>;
}

/// Yields any octets, so many.
pub(super) fn any_octets(length: impl Into<proptest::collection::SizeRange>) -> BoxedStrategy<Vec<u8>> {
    vec_of(any::<u8>(), length).boxed()
}

/// Yields text of `least` octets or more: mostly what names and paths are made of, sometimes any octets.
pub(super) fn text(least: usize) -> BoxedStrategy<Vec<u8>> {
    let plain = select(&b"abcdefghijklmnopqrstuvwxyz0123456789-./:\\ \"\n\0"[..]);
    let most = least.saturating_add(24);
    prop_oneof![
        6 => vec_of(plain.clone(), least..most),
        1 => vec_of(plain, least..400),
        2 => any_octets(least..most),
    ]
    .boxed()
}

/// Puts the octets of the parts one after the other.
pub(super) fn concat<const N: usize>(parts: [BoxedStrategy<Vec<u8>>; N]) -> BoxedStrategy<Vec<u8>> {
    Vec::from(parts).prop_map(|parts| parts.concat()).boxed()
}

/// Yields one octet, of those in `range`.
pub(super) fn octet_of(range: impl Strategy<Value = u8> + 'static) -> BoxedStrategy<Vec<u8>> {
    range.prop_map(|octet| vec![octet]).boxed()
}

/// Implements [`Readable`] for formats that read any octets of one length.
macro_rules! fixed_octets {
    ($($Format:ty: $length:literal,)+) => {$(
        impl Readable for $Format {
            fn readable() -> BoxedStrategy<Vec<u8>> {
                any_octets($length)
            }
        }
    )+};
}

fixed_octets! {
    (): 0,
    u8: 1,
    u16: 2,
    u32: 4,
    Seconds: 4,
    TimeOffset: 4,
    UnixTime: 4,
    Ipv4Addr: 4,
    Ipv6Addr: 16,
    DataSource: 1,
    NetworkInterface: 3,
    PortParameters: 4,
}

/// Implements [`Readable`] for formats of one octet that may be any, but mostly is a known one.
macro_rules! assigned_octets {
    ($($Format:ty,)+) => {$(
        impl Readable for $Format {
            fn readable() -> BoxedStrategy<Vec<u8>> {
                let known = select(<$Format>::ALL).prop_map(<$Format>::code);
                prop_oneof![4 => octet_of(known), 1 => any_octets(1)].boxed()
            }
        }
    )+};
}

assigned_octets! {
    MessageType,
    NetbiosNodeType,
    LeaseState,
}

impl Readable for bool {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        octet_of(0..=1_u8)
    }
}

impl Readable for Overload {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        octet_of(1..=3_u8)
    }
}

impl Readable for Value<'_> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        prop_oneof![4 => any_octets(0..24), 1 => text(0), 1 => any_octets(0..400)].boxed()
    }
}

impl Readable for Text<'_> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        text(1)
    }
}

impl<T: Item, const LEAST: usize> Readable for List<'_, T, LEAST> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        let items = prop_oneof![8 => LEAST..LEAST.saturating_add(6), 1 => LEAST..100];
        items
            .prop_flat_map(|items| any_octets(items.saturating_mul(T::WIDTH)))
            .boxed()
    }
}

impl Readable for ClientId<'_> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        let duid = prop_oneof![
            // A hardware address and a time, a maker's own number, a hardware address, a UUID.
            concat([Just(vec![0, 1, 0, 1]).boxed(), any_octets(10)]),
            concat([Just(vec![0, 2]).boxed(), any_octets(4..20)]),
            concat([Just(vec![0, 3, 0, 1]).boxed(), any_octets(6)]),
            concat([Just(vec![0, 4]).boxed(), any_octets(16)]),
            any_octets(2..130),
        ];
        prop_oneof![
            4 => concat([octet_of(Just(1)), any_octets(6)]),
            4 => concat([octet_of(Just(255)), any_octets(4), duid.boxed()]),
            1 => concat([octet_of(Just(0)), text(1)]),
            1 => any_octets(2..40),
        ]
        .boxed()
    }
}

impl Readable for Fqdn<'_> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        let wire_format = FqdnFlags::WIRE_FORMAT.bits();
        let flags_and = |name: BoxedStrategy<Vec<u8>>, set: u8| {
            let flags = any::<u8>().prop_map(move |flags| (flags & !wire_format) | set);
            concat([octet_of(flags), any_octets(2), name])
        };
        prop_oneof![
            2 => flags_and(super::nested::name(true), wire_format),
            2 => flags_and(super::nested::name(false), wire_format),
            1 => flags_and(text(0), 0),
        ]
        .boxed()
    }
}

impl Readable for MachineId<'_> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        prop_oneof![
            4 => concat([octet_of(Just(0)), any_octets(16)]),
            1 => concat([octet_of(1..=255_u8), any_octets(0..20)]),
        ]
        .boxed()
    }
}

impl Readable for VirtualSubnet<'_> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        prop_oneof![
            concat([octet_of(Just(0)), text(0)]),
            concat([octet_of(Just(1)), any_octets(7)]),
            octet_of(Just(255)),
            concat([octet_of(2..=254_u8), any_octets(0..9)]),
        ]
        .boxed()
    }
}

impl Readable for SlpAgents<'_> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        concat([bool::readable(), List::<Ipv4Addr>::readable()])
    }
}

impl Readable for SlpScopes<'_> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        concat([bool::readable(), text(0)])
    }
}

impl Readable for SixRd<'_> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        let widths = [octet_of(0..=32_u8), octet_of(0..=128_u8)];
        concat([concat(widths), any_octets(16), List::<Ipv4Addr>::readable()])
    }
}

impl Readable for Status<'_> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        concat([octet_of(0..=9_u8), text(0)])
    }
}

impl Readable for Authentication<'_> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        concat([octet_of(0..=4_u8), any_octets(10), Value::readable()])
    }
}

impl Readable for RelayAuthentication<'_> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        concat([any_octets(14), Value::readable()])
    }
}
