//! Values inside values: domain names and lists of them, sub-options, what vendors nest under their numbers, routes.

use core::net::Ipv4Addr;
use std::vec;
use std::vec::Vec;

use proptest::collection::vec as vec_of;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::value::{Readable, any_octets, concat, octet_of, relay_value_of, text};
use crate::message::{
    Addresses, DomainList, DomainName, EncryptedDns, List, MobilityServers, Padded, RadiusAttribute, RdnssSelection,
    RelayAgentInformation, RelayCode, Route, Sequence, SipServers, Suboption, Text, Value, VendorData, VendorOptions,
};

/// Readable that a name may have on the wire, its pointers followed.
const LONGEST_NAME: usize = 255;

/// The labels of a name, and whether a pointer to an earlier name ends it.
type Name = (Vec<Vec<u8>>, Option<Index>);

/// Yields up to three labels, so that a name has at most 193 octets with its root.
fn labels() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let letter = prop_oneof![9 => select(&b"abcdefghijklmnopqrstuvwxyz0123456789-_"[..]), 1 => any::<u8>()];
    let label = prop_oneof![9 => vec_of(letter.clone(), 1..9), 1 => vec_of(letter, 1..=63)];
    vec_of(label, 0..4)
}

/// Yields one name without pointers, ended by the root or not.
pub(super) fn name(absolute: bool) -> BoxedStrategy<Vec<u8>> {
    let root = if absolute { vec![0] } else { vec![] };
    labels()
        .prop_map(move |labels| {
            let labels = labels.into_iter().flat_map(counted);
            labels.chain(root.clone()).collect()
        })
        .boxed()
}

/// Yields one to eight names, some ended by a pointer, when `before` octets stand between their beginning and the place
/// that pointers count from.
fn names(before: usize) -> BoxedStrategy<Vec<u8>> {
    let name = (labels(), option::of(any::<Index>()));
    vec_of(name, 1..=8)
        .prop_map(move |names| compress(before, names))
        .boxed()
}

fn compress(before: usize, names: Vec<Name>) -> Vec<u8> {
    let mut octets = Vec::new();
    // Where a pointer may lead, and how many octets a name has from there.
    let mut places: Vec<(usize, usize)> = Vec::new();
    for (labels, pointer) in names {
        let own: usize = labels.iter().map(|label| label.len().saturating_add(1)).sum();
        let target = pointer
            .and_then(|at| places.get(at.index(places.len().max(1))).copied())
            .filter(|(_, length)| own.saturating_add(*length) <= LONGEST_NAME);
        let mut length = own.saturating_add(target.map_or(1, |(_, length)| length));
        for label in labels {
            places.push((octets.len().saturating_add(before), length));
            length = length.saturating_sub(label.len().saturating_add(1));
            octets.extend(counted(label));
        }
        places.push((octets.len().saturating_add(before), length));
        match target.and_then(|(position, _)| u16::try_from(position).ok()) {
            Some(position) => octets.extend((position | 0xc000).to_be_bytes()),
            None => octets.push(0),
        }
    }
    octets
}

/// Puts a length octet before octets that are 255 at most.
fn counted(mut octets: Vec<u8>) -> Vec<u8> {
    octets.insert(0, u8::try_from(octets.len()).unwrap_or(u8::MAX));
    octets
}

/// Puts a length octet before those octets that it can count.
fn behind_length(octets: BoxedStrategy<Vec<u8>>) -> BoxedStrategy<Vec<u8>> {
    octets
        .prop_filter("more than a length octet can say", |octets| octets.len() <= 255)
        .prop_map(counted)
        .boxed()
}

/// Puts a length of two octets before the octets.
fn behind_wide_length(octets: BoxedStrategy<Vec<u8>>) -> BoxedStrategy<Vec<u8>> {
    let length = |octets: &Vec<u8>| u16::try_from(octets.len()).unwrap_or(u16::MAX).to_be_bytes();
    octets
        .prop_map(move |octets| length(&octets).into_iter().chain(octets).collect())
        .boxed()
}

impl Readable for DomainName<'_> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        name(true)
    }
}

impl Readable for DomainList<'_> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        names(0)
    }
}

impl Readable for SipServers<'_> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        prop_oneof![
            concat([octet_of(Just(0)), names(1)]),
            concat([octet_of(Just(1)), Addresses::readable()]),
        ]
        .boxed()
    }
}

impl Readable for RdnssSelection<'_> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        concat([any_octets(9), names(0)])
    }
}

impl Readable for RelayAgentInformation<'_> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        let code = prop_oneof![9 => select(RelayCode::ALL), 1 => any::<u8>().prop_map(RelayCode::from_code)];
        let suboption = code.prop_flat_map(|code| {
            let value = behind_length(relay_value_of(code).boxed());
            concat([octet_of(Just(code.code())), value])
        });
        several(suboption)
    }
}

impl<E: ReadableElement> Readable for Sequence<'_, E> {
    fn readable() -> BoxedStrategy<Vec<u8>> {
        several(E::element())
    }
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

/// What has a strategy for the octets that it reads as an element of a sequence.
trait ReadableElement {
    /// Yields octets that the element reads.
    fn element() -> BoxedStrategy<Vec<u8>>;
}

impl ReadableElement for Suboption<'_> {
    fn element() -> BoxedStrategy<Vec<u8>> {
        let code = prop_oneof![4 => 1..=9_u8, 1 => any::<u8>()];
        concat([octet_of(code), behind_length(Value::readable())])
    }
}

impl ReadableElement for Padded {
    fn element() -> BoxedStrategy<Vec<u8>> {
        prop_oneof![
            8 => concat([octet_of(1..=254_u8), behind_length(Value::readable())]),
            2 => Just(vec![0]),
            1 => Just(vec![255]),
        ]
        .boxed()
    }
}

impl ReadableElement for Value<'_> {
    fn element() -> BoxedStrategy<Vec<u8>> {
        behind_length(text(1))
    }
}

impl ReadableElement for Text<'_> {
    fn element() -> BoxedStrategy<Vec<u8>> {
        behind_wide_length(text(1))
    }
}

impl ReadableElement for List<'_, Ipv4Addr> {
    fn element() -> BoxedStrategy<Vec<u8>> {
        behind_length(Addresses::readable())
    }
}

impl ReadableElement for VendorData<'_> {
    fn element() -> BoxedStrategy<Vec<u8>> {
        let classes = prop_oneof![3 => several(Value::element()), 1 => any_octets(0..20)];
        concat([any_octets(4), behind_length(classes.boxed())])
    }
}

impl ReadableElement for VendorOptions<'_> {
    fn element() -> BoxedStrategy<Vec<u8>> {
        let options = prop_oneof![4 => several(Suboption::element()), 1 => Just(vec![])];
        concat([any_octets(4), behind_length(options.boxed())])
    }
}

impl<F: Readable> ReadableElement for MobilityServers<F> {
    fn element() -> BoxedStrategy<Vec<u8>> {
        concat([octet_of(1..=3_u8), behind_length(F::readable())])
    }
}

impl ReadableElement for RadiusAttribute<'_> {
    fn element() -> BoxedStrategy<Vec<u8>> {
        let value = prop_oneof![6 => 0..20_usize, 1 => 0..=253_usize].prop_flat_map(any_octets);
        (any::<u8>(), value)
            .prop_map(|(kind, mut value)| {
                let length = u8::try_from(value.len()).unwrap_or_default().saturating_add(2);
                value.splice(0..0, [kind, length]);
                value
            })
            .boxed()
    }
}

impl ReadableElement for Route {
    fn element() -> BoxedStrategy<Vec<u8>> {
        (0..=32_u8)
            .prop_flat_map(|width| {
                let destination = any_octets(usize::from(width.div_ceil(8)));
                concat([octet_of(Just(width)), destination, any_octets(4)])
            })
            .boxed()
    }
}

impl ReadableElement for EncryptedDns<'_> {
    fn element() -> BoxedStrategy<Vec<u8>> {
        let name = || concat([any_octets(2), behind_length(DomainName::readable())]);
        let addresses = behind_length(Addresses::readable());
        behind_wide_length(prop_oneof![name(), concat([name(), addresses, any_octets(0..20)])].boxed())
    }
}
