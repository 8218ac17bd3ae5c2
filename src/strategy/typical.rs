//! Messages as clients and servers send them every day.

use std::vec;
use std::vec::Vec;

use proptest::collection::vec as vec_of;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::format::{byte_of, bytes, concat};
use super::layout::{MessageLayout, Placed, Sample};

use crate::message::{HEADER_LENGTH, MessageType};

/// Codes that clients of several makers ask for.
const REQUESTED: [&[u8]; 4] = [
    &[1, 3, 6, 15, 31, 33, 43, 44, 46, 47, 119, 121, 249, 252],
    &[1, 121, 3, 6, 15, 114, 119, 252, 95, 44, 46],
    &[1, 28, 2, 3, 15, 6, 119, 12, 44, 47, 26, 121, 42],
    &[
        1, 2, 3, 4, 5, 6, 11, 12, 13, 15, 16, 17, 18, 43, 54, 60, 67, 128, 129, 130, 131, 132, 133, 134, 135,
    ],
];

/// What vendors call their clients.
const CLASSES: [&[u8]; 4] = [
    b"MSFT 5.0",
    b"android-dhcp-14",
    b"udhcp 1.36.1",
    b"PXEClient:Arch:00007:UNDI:003016",
];

/// Yields messages such as DISCOVER, OFFER, REQUEST, ACK, NAK, DECLINE, RELEASE and INFORM of clients on Ethernet, some
/// of them through a relay agent, with the options that clients and servers put into them, in the usual order.
pub fn typical_message() -> impl Strategy<Value = Sample> {
    let types = MessageType::ALL.iter().copied().filter(|kind| kind.code() <= 8);
    (select(types.collect::<Vec<_>>()), any::<bool>(), any::<bool>()).prop_flat_map(|(kind, relayed, padded)| {
        (header(kind, relayed), options(kind, relayed)).prop_map(move |(header, options)| {
            let length = options.iter().map(|option| option.2.len().saturating_add(2)).sum();
            // A BOOTP message has 300 bytes or more; the cookie and END take five.
            let missing = 300_usize.saturating_sub(HEADER_LENGTH.saturating_add(5).saturating_add(length));
            MessageLayout {
                header,
                options,
                file: vec![],
                sname: vec![],
                overload: 0,
                end: true,
                tail: vec![0; if padded { missing } else { 0 }],
            }
            .assemble()
        })
    })
}

fn is_from_server(kind: MessageType) -> bool {
    matches!(kind, MessageType::OFFER | MessageType::ACK | MessageType::NAK)
}

/// Yields the fixed fields.
fn header(kind: MessageType, relayed: bool) -> impl Strategy<Value = Vec<u8>> {
    let from_server = is_from_server(kind);
    let has_address = matches!(kind, MessageType::RELEASE | MessageType::INFORM);
    let gives_address = matches!(kind, MessageType::OFFER | MessageType::ACK);
    let address_if = |wanted: bool| if wanted { address() } else { Just(vec![0; 4]).boxed() };
    concat([
        Just(vec![
            if from_server { 2 } else { 1 },
            1,
            6,
            u8::from(relayed && !from_server),
        ])
        .boxed(),
        bytes(4),
        // Seconds, and the broadcast flag.
        concat([Just(vec![0]).boxed(), byte_of(0..60_u8)]),
        select(vec![vec![0, 0], vec![0x80, 0]]).boxed(),
        address_if(has_address),
        address_if(gives_address),
        address_if(gives_address),
        address_if(relayed),
        mac(),
        Just(vec![0; 10 + 64 + 128]).boxed(),
    ])
}

/// Yields the options.
fn options(kind: MessageType, relayed: bool) -> impl Strategy<Value = Vec<Placed>> {
    let own = if is_from_server(kind) {
        server_options(kind)
    } else {
        client_options(kind)
    };
    let relay = concat([
        counted(1, concat([Just(b"eth".to_vec()).boxed(), byte_of(b'0'..=b'9')])),
        counted(2, mac()),
    ]);
    let relay = if relayed {
        relay.prop_map(|value| vec![(82, value)]).boxed()
    } else {
        Just(vec![]).boxed()
    };
    (own, relay).prop_map(move |(own, relay)| {
        let first = (53, vec![kind.code()]);
        let all = [first].into_iter().chain(own).chain(relay);
        all.map(|(code, value)| (0, code, value)).collect()
    })
}

type Options = BoxedStrategy<Vec<(u8, Vec<u8>)>>;

fn client_options(kind: MessageType) -> Options {
    let mut parts = vec![always(61, concat([byte_of(Just(1)), mac()]))];
    if matches!(kind, MessageType::REQUEST | MessageType::DECLINE) {
        parts.push(always(50, address()));
    }
    if matches!(kind, MessageType::REQUEST | MessageType::DECLINE | MessageType::RELEASE) {
        parts.push(always(54, address()));
    }
    if matches!(kind, MessageType::DISCOVER | MessageType::REQUEST | MessageType::INFORM) {
        parts.extend([
            maybe(57, select(vec![vec![0x05, 0xdc], vec![0x02, 0x40]]).boxed()),
            maybe(12, name()),
            maybe(81, concat([Just(vec![0, 0, 0]).boxed(), name()])),
            maybe(60, select(&CLASSES[..]).prop_map(<[u8]>::to_vec).boxed()),
            always(55, select(&REQUESTED[..]).prop_map(<[u8]>::to_vec).boxed()),
        ]);
    }
    parts.prop_map(|parts| parts.into_iter().flatten().collect()).boxed()
}

fn server_options(kind: MessageType) -> Options {
    let mut parts = vec![always(54, address())];
    if kind == MessageType::NAK {
        parts.push(maybe(56, Just(b"requested address not available".to_vec()).boxed()));
    } else {
        parts.extend([
            maybe(58, seconds(0x07)),
            maybe(59, seconds(0x0c)),
            always(51, seconds(0x0e)),
            always(1, Just(vec![255, 255, 255, 0]).boxed()),
            always(3, address()),
            always(
                6,
                vec_of(address(), 1..=3)
                    .prop_map(|addresses| addresses.concat())
                    .boxed(),
            ),
            maybe(15, domain().prop_map(|labels| labels.join(&b'.')).boxed()),
            maybe(28, address()),
            maybe(42, address()),
            maybe(43, counted(1, Just(vec![0, 0, 0, 2]).boxed())),
            maybe(119, domain().prop_map(search_list).boxed()),
            maybe(
                121,
                concat([Just(vec![8, 10]).boxed(), address(), Just(vec![0]).boxed(), address()]),
            ),
            maybe(252, Just(b"http://wpad/wpad.dat\n".to_vec()).boxed()),
        ]);
    }
    parts.prop_map(|parts| parts.into_iter().flatten().collect()).boxed()
}

/// An option that is always there.
fn always(code: u8, value: BoxedStrategy<Vec<u8>>) -> BoxedStrategy<Option<(u8, Vec<u8>)>> {
    value.prop_map(move |value| Some((code, value))).boxed()
}

/// An option that is there more often than not.
fn maybe(code: u8, value: BoxedStrategy<Vec<u8>>) -> BoxedStrategy<Option<(u8, Vec<u8>)>> {
    option::weighted(0.7, value.prop_map(move |value| (code, value))).boxed()
}

/// A code, a length byte, a value.
fn counted(code: u8, value: BoxedStrategy<Vec<u8>>) -> BoxedStrategy<Vec<u8>> {
    value
        .prop_map(move |value| {
            let length = u8::try_from(value.len()).unwrap_or(u8::MAX);
            [code, length].into_iter().chain(value).collect()
        })
        .boxed()
}

fn address() -> BoxedStrategy<Vec<u8>> {
    concat([byte_of(Just(10)), bytes(2), byte_of(1..=254_u8)])
}

/// A hardware address that an administrator has given, or any of a maker.
fn mac() -> BoxedStrategy<Vec<u8>> {
    concat([byte_of(any::<u8>().prop_map(|byte| byte & 0xfe)), bytes(5)])
}

/// A time span in seconds below 4096, which begins with the byte `high`.
fn seconds(high: u8) -> BoxedStrategy<Vec<u8>> {
    concat([Just(vec![0, 0, high]).boxed(), bytes(1)])
}

/// A name of a host: letters, digits, hyphens.
fn name() -> BoxedStrategy<Vec<u8>> {
    vec_of(select(&b"abcdefghijklmnopqrstuvwxyz0123456789-"[..]), 1..=15).boxed()
}

/// The labels of a name of a domain.
fn domain() -> impl Strategy<Value = Vec<Vec<u8>>> {
    (name(), select(vec![&b"example"[..], b"test"])).prop_map(|(name, top)| vec![name, top.to_vec()])
}

/// A search list: the domain, and one inside it by a pointer.
fn search_list(labels: Vec<Vec<u8>>) -> Vec<u8> {
    let mut list = Vec::new();
    for label in labels {
        list.extend(u8::try_from(label.len()));
        list.extend(label);
    }
    list.extend(b"\0\x04corp\xc0\0");
    list
}
