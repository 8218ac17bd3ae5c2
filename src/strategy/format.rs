//! Bytes that the formats read: one strategy for each format of the tables.

use core::net::{Ipv4Addr, Ipv6Addr};
use std::vec;
use std::vec::Vec;

use proptest::collection::vec as vec_of;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::message::option::option_rows;
use crate::message::option::relay::relay_rows;
#[allow(clippy::wildcard_imports, reason = "the tables name types of every format")]
use crate::message::*;

/// A code whose values can be made: those that its format reads, and any bytes of a code without one.
pub(super) trait ByCode {
    /// Yields bytes that the format of the code reads.
    fn readable(self) -> BoxedStrategy<Vec<u8>>;
}

/// Chooses the strategy of the format that a row has.
macro_rules! by_code {
    (
        $Code:ident, $kind:literal $(, $extra:literal = $extra_name:literal)*;
        $(
            $(#[$attribute:meta])*
            $code:literal, $NAME:ident, $name:literal, $Format:ty $(as $Variant:ident)?, $reference:literal;
        )+
    ) => {
        impl ByCode for $Code {
            fn readable(self) -> BoxedStrategy<Vec<u8>> {
                match self.code() {
                    $($code => <$Format>::readable(),)+
                    _ => Value::readable(),
                }
            }
        }
    };
}

option_rows!(by_code);
relay_rows!(by_code);

/// What has a strategy for the bytes that it reads: a format, or an element of a sequence.
trait Readable {
    /// Yields bytes that it reads.
    fn readable() -> BoxedStrategy<Vec<u8>>;
}

/// Implements [`Readable`] for each type, by a strategy.
macro_rules! readable {
    ($($Type:ty => $bytes:expr;)+) => {$(
        impl Readable for $Type {
            fn readable() -> BoxedStrategy<Vec<u8>> {
                $bytes.boxed()
            }
        }
    )+};
}

/// Implements [`Readable`] for what reads any bytes of one length.
macro_rules! fixed {
    ($($Type:ty,)+) => { readable! { $($Type => bytes(<$Type>::WIDTH.unwrap_or_default());)+ } };
}

/// Implements [`Readable`] for formats of one byte that may be any, but mostly is a known one.
macro_rules! assigned {
    ($($Type:ty,)+) => { readable! {
        $($Type => prop_oneof![4 => byte_of(select(<$Type>::ALL).prop_map(<$Type>::code)), 1 => bytes(1)];)+
    } };
}

fixed! {
    u8, u16, u32, Ipv4Addr, Ipv6Addr, AddressPair, HomeAgent, Seconds, TimeOffset, OptionCode, Architecture,
    NetworkInterface, PortParameters,
}

assigned! { MessageType, NetbiosNodeType, }

readable! {
    bool => byte_of(0..=1_u8);
    Flag => Just(vec![]);
    Overload => byte_of(1..=3_u8);
    Value<'_> => prop_oneof![4 => bytes(0..24), 1 => text(0), 1 => bytes(0..400)];
    Text<'_> => text(1);
    DomainName<'_> => name(true);
    DomainList<'_> => names(0);
    MachineId<'_> => prop_oneof![
        4 => concat([byte_of(Just(0)), bytes(16)]),
        1 => concat([byte_of(1..=255_u8), bytes(0..20)]),
    ];
    VirtualSubnet<'_> => prop_oneof![
        concat([byte_of(Just(0)), text(0)]),
        concat([byte_of(Just(1)), bytes(7)]),
        byte_of(Just(255)),
        concat([byte_of(2..=254_u8), bytes(0..9)]),
    ];
    ClientId<'_> => prop_oneof![
        4 => concat([byte_of(Just(1)), bytes(6)]),
        4 => concat([byte_of(Just(255)), bytes(4), duid()]),
        1 => concat([byte_of(Just(0)), text(1)]),
        1 => bytes(2..40),
    ];
    Fqdn<'_> => prop_oneof![
        2 => fqdn(FqdnFlags::WIRE_FORMAT, name(true)),
        2 => fqdn(FqdnFlags::WIRE_FORMAT, name(false)),
        1 => fqdn(FqdnFlags::empty(), text(0)),
    ];
    SipServers<'_> => prop_oneof![
        concat([byte_of(Just(0)), names(1)]),
        concat([byte_of(Just(1)), Addresses::readable()]),
    ];
    RelayAgentInformation<'_> => several(relay_suboption());
    Suboption<'_> => concat([byte_of(prop_oneof![4 => 1..=9_u8, 1 => any::<u8>()]), after_length(Value::readable())]);
    VendorSuboption => prop_oneof![
        8 => concat([byte_of(1..=254_u8), after_length(Value::readable())]),
        2 => Just(vec![0]),
        1 => Just(vec![255]),
    ];
    Class => after_length(text(1));
    UserClasses<'_> => prop_oneof![3 => several(Class::readable()), 1 => text(1)];
    VendorData<'_> => concat([
        bytes(4),
        after_length(prop_oneof![3 => several(Class::readable()), 1 => bytes(0..20)]),
    ]);
    VendorOptions<'_> => concat([
        bytes(4),
        after_length(prop_oneof![4 => several(Suboption::readable()), 1 => Just(vec![])]),
    ]);
    Route => (0..=32_u8).prop_flat_map(|width| {
        let destination = bytes(usize::from(width.div_ceil(8)));
        concat([byte_of(Just(width)), destination, bytes(4)])
    });
    EncryptedDns<'_> => prop_oneof![
        resolver(),
        concat([resolver(), after_length(Addresses::readable()), bytes(0..20)]),
    ];
}

impl<F: Readable + Format> Readable for Prefixed<u8, F> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        after_length(F::readable())
    }
}

impl<F: Readable + Format> Readable for Prefixed<u16, F> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        let length = |bytes: &[u8]| u16::try_from(bytes.len()).unwrap_or(u16::MAX).to_be_bytes();
        let counted = move |bytes: Vec<u8>| [&length(&bytes), &bytes[..]].concat();
        F::readable().prop_map(counted).boxed()
    }
}

impl<E: Readable + Element> Readable for Sequence<'_, E> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        let Some(width) = E::WIDTH else {
            return several(E::readable());
        };
        let least = E::MIN_LEN.checked_div(width).unwrap_or(0);
        let number = prop_oneof![8 => least..least.saturating_add(6), 1 => least..100];
        number
            .prop_flat_map(move |number| bytes(number.saturating_mul(width)))
            .boxed()
    }
}

/// Yields any bytes, so many.
pub(super) fn bytes(length: impl Into<proptest::collection::SizeRange>) -> BoxedStrategy<Vec<u8>> {
    vec_of(any::<u8>(), length).boxed()
}

/// Yields text of `least` bytes or more: mostly what names and paths are made of, sometimes any bytes.
fn text(least: usize) -> BoxedStrategy<Vec<u8>> {
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
pub(super) fn concat<const N: usize>(parts: [BoxedStrategy<Vec<u8>>; N]) -> BoxedStrategy<Vec<u8>> {
    Vec::from(parts).prop_map(|parts| parts.concat()).boxed()
}

/// Yields one byte, of those in `range`.
pub(super) fn byte_of(range: impl Strategy<Value = u8> + 'static) -> BoxedStrategy<Vec<u8>> {
    range.prop_map(|byte| vec![byte]).boxed()
}

/// Yields one element or a few, seldom many.
fn several(element: impl Strategy<Value = Vec<u8>> + 'static) -> BoxedStrategy<Vec<u8>> {
    let number = prop_oneof![9 => 1..5_usize, 1 => 1..20_usize];
    let element = element.boxed();
    number
        .prop_flat_map(move |number| vec_of(element.clone(), number))
        .prop_map(|elements| elements.concat())
        .boxed()
}

/// Puts a length byte before bytes that are 255 at most.
pub(super) fn counted(mut bytes: Vec<u8>) -> Vec<u8> {
    bytes.insert(0, u8::try_from(bytes.len()).unwrap_or(u8::MAX));
    bytes
}

/// Puts a length byte before those bytes that it can count.
fn after_length(bytes: impl Strategy<Value = Vec<u8>> + 'static) -> BoxedStrategy<Vec<u8>> {
    bytes
        .prop_filter("more than a length byte can say", |bytes| bytes.len() <= 255)
        .prop_map(counted)
        .boxed()
}

/// A hardware address and a time, a maker's own number, a hardware address, a UUID, or any.
fn duid() -> BoxedStrategy<Vec<u8>> {
    let of_kind = |kind: &[u8], rest| concat([Just(kind.to_vec()).boxed(), rest]);
    prop_oneof![
        of_kind(&[0, 1, 0, 1], bytes(10)),
        of_kind(&[0, 2], bytes(4..20)),
        of_kind(&[0, 3, 0, 1], bytes(6)),
        of_kind(&[0, 4], bytes(16)),
        bytes(2..130),
    ]
    .boxed()
}

/// A name that is in the format that `format` says, after any other flags.
fn fqdn(format: FqdnFlags, name: BoxedStrategy<Vec<u8>>) -> BoxedStrategy<Vec<u8>> {
    let others = any::<u8>().prop_map(|bits| FqdnFlags::from_bits_retain(bits).difference(FqdnFlags::WIRE_FORMAT));
    let flags = others.prop_map(move |others| others.union(format).bits());
    concat([byte_of(flags), bytes(2), name])
}

/// A sub-option of a relay agent.
fn relay_suboption() -> impl Strategy<Value = Vec<u8>> {
    let code = prop_oneof![9 => select(RelayCode::ALL), 1 => any::<u8>().prop_map(RelayCode::from_code)];
    code.prop_flat_map(|code| concat([byte_of(Just(code.code())), after_length(code.readable())]))
}

/// A resolver's priority and name.
fn resolver() -> BoxedStrategy<Vec<u8>> {
    concat([bytes(2), after_length(DomainName::readable())])
}

/// Maximum wire length of a name, in bytes.
const MAX_NAME_LENGTH: usize = 255;

/// The labels of a name, and whether a pointer to an earlier name ends it.
type Name = (Vec<Vec<u8>>, Option<Index>);

/// Yields up to three labels, so that a name has at most 193 bytes with its root.
fn labels() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let letter = prop_oneof![9 => select(&b"abcdefghijklmnopqrstuvwxyz0123456789-_"[..]), 1 => any::<u8>()];
    let label = prop_oneof![9 => vec_of(letter.clone(), 1..9), 1 => vec_of(letter, 1..=63)];
    vec_of(label, 0..4)
}

/// Yields one name without pointers, ended by the root or not.
fn name(absolute: bool) -> BoxedStrategy<Vec<u8>> {
    let root = if absolute { vec![0] } else { vec![] };
    labels()
        .prop_map(move |labels| {
            let labels = labels.into_iter().flat_map(counted);
            labels.chain(root.clone()).collect()
        })
        .boxed()
}

/// Yields one to eight names, some ended by a pointer; there are `before` bytes from the place that pointers count from
/// to the first of them.
fn names(before: usize) -> BoxedStrategy<Vec<u8>> {
    let name = (labels(), option::of(any::<Index>()));
    vec_of(name, 1..=8)
        .prop_map(move |names| compress(before, names))
        .boxed()
}

fn compress(before: usize, names: Vec<Name>) -> Vec<u8> {
    let mut bytes = Vec::new();
    // Where a pointer may lead, and how many bytes a name has from there.
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (labels, pointer) in names {
        let own: usize = labels.iter().map(|label| label.len().saturating_add(1)).sum();
        let target = pointer
            .and_then(|at| places.get(at.index(places.len().max(1))).copied())
            .filter(|(_, length)| own.saturating_add(*length) <= MAX_NAME_LENGTH);
        let mut length = own.saturating_add(target.map_or(1, |(_, length)| length));
        for label in labels {
            places.push((bytes.len().saturating_add(before), length));
            length = length.saturating_sub(label.len().saturating_add(1));
            bytes.extend(counted(label));
        }
        places.push((bytes.len().saturating_add(before), length));
        match target.and_then(|(position, _)| u16::try_from(position).ok()) {
            Some(position) => bytes.extend((position | 0xc000).to_be_bytes()),
            None => bytes.push(0),
        }
    }
    bytes
}
