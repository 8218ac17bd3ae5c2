//! Packets that no good client or server sends.

use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec;
use alloc::vec::Vec;

use super::exchange::Exchange;
use super::numbers::Numbers;
use crate::buffer::PACKET_CAPACITY;
use crate::message::{HEADER_LENGTH, MAGIC_COOKIE, Message, MessageType};

/// How many bytes are changed at most in a packet that is damaged.
const CHANGES: usize = 6;
/// How many copies of the good exchanges are damaged.
const ROUNDS: usize = 3;
/// How long an option at the limits is at most: so far is the vendor class of PXE clients read, `PXEClient:Arch:00007`.
const LONGEST_OPTION: usize = 20;
/// How many bytes a full packet leaves at most: a callout can ask for one too few, for an option of two addresses, too.
const MOST_LEFT: usize = 12;

/// Returns packets of every bad shape, each as a request and as the reply to it, and damaged copies of good exchanges;
/// all with transaction ids of their own, as far as they reach.
pub(super) fn exchanges(good: &[Exchange], numbers: &mut Numbers) -> Vec<Exchange> {
    let alike = |packet: Vec<u8>| (packet.clone(), Some(packet));
    let mut all: Vec<_> = bad_shapes().into_iter().map(alike).collect();
    for exchange in core::iter::repeat_n(good, ROUNDS).flatten() {
        all.push(exchange.each(|packet| damage(packet, numbers)));
    }
    renumbered(all, numbers)
}

/// Returns the good exchanges with each packet as full as it can be; and one exchange of each two types of message as full,
/// but for each number of bytes up to [`MOST_LEFT`], and with all options that a good packet has, cut to each length: once
/// all of them, and once those that the numbers choose.
///
/// No damage shows whether a callout that looks at the type first also looks how much room there is, and how long a
/// value is.
pub(super) fn at_the_limits(good: &[Exchange], numbers: &mut Numbers) -> Vec<Exchange> {
    let packets = good
        .iter()
        .flat_map(|Exchange { request, reply }| core::iter::once(request).chain(reply));
    let messages = packets.filter_map(|packet| Message::parse(packet).ok());
    let options = messages.flat_map(Message::options).filter_map(Result::ok);
    let start = |value: &[u8]| value.iter().copied().take(LONGEST_OPTION).collect::<Vec<_>>();
    let mut values: BTreeMap<_, _> = options
        .map(|option| (option.code.code(), start(option.value)))
        .collect();
    // The type stays as it is, and the other two change how the rest is read.
    values.retain(|code, _| ![53, 52, 250].contains(code));
    let fill = |exchange: &Exchange, left| exchange.each(|packet| filled(packet, left));
    let mut all: Vec<_> = good.iter().map(|exchange| fill(exchange, 0)).collect();
    let mut seen = BTreeSet::new();
    for exchange in good.iter().filter(|exchange| seen.insert(exchange.each(message_type))) {
        all.extend((1..=MOST_LEFT).map(|left| fill(exchange, left)));
        for length in 0..=LONGEST_OPTION {
            all.push(exchange.each(|packet| cut(packet, &values, length, || true)));
            all.push(exchange.each(|packet| cut(packet, &values, length, || numbers.below(2) == 0)));
        }
    }
    renumbered(all, numbers)
}

/// Gives exchanges transaction ids of their own, as far as the packets reach.
fn renumbered(exchanges: Vec<(Vec<u8>, Option<Vec<u8>>)>, numbers: &mut Numbers) -> Vec<Exchange> {
    let renumbered = |(mut request, mut reply): (Vec<u8>, Option<Vec<u8>>)| {
        let xid = numbers.next_u32().to_be_bytes();
        for packet in core::iter::once(&mut request).chain(&mut reply) {
            if let Some(place) = packet.get_mut(4..8) {
                place.copy_from_slice(&xid);
            }
        }
        Exchange { request, reply }
    };
    exchanges.into_iter().map(renumbered).collect()
}

fn bad_shapes() -> Vec<Vec<u8>> {
    let with_options = |options: &[u8]| [&[0; HEADER_LENGTH], &MAGIC_COOKIE[..], options].concat();
    let full = |option: &[u8]| {
        let mut packet = with_options(&[]);
        packet.extend(option.iter().cycle().take(PACKET_CAPACITY.saturating_sub(packet.len())));
        packet
    };
    let mut overloaded: Vec<u8> = [52, 1, 3].into_iter().cycle().take(HEADER_LENGTH).collect();
    overloaded.extend(MAGIC_COOKIE.into_iter().chain([52, 1, 3, 255]));
    vec![
        vec![],
        vec![1],
        vec![0; HEADER_LENGTH.saturating_sub(1)],
        vec![0; HEADER_LENGTH],
        vec![0xFF; PACKET_CAPACITY],
        with_options(&[]),
        // Without a length, too long, of no bytes where there must be some, and continued where nothing is.
        with_options(&[53]),
        with_options(&[53, 1, 1, 82, 200, 1]),
        with_options(&[53, 0, 54, 0, 82, 0, 57, 1, 9, 255]),
        with_options(&[250, 2, 1, 2, 255]),
        // Options in `file` and `sname`, which are empty or say so themselves.
        with_options(&[52, 1, 3, 255]),
        overloaded,
        full(&[0]),
        full(&[12, 0]),
        full(&[119, 2, 0xC0, 0]),
        full(&[82, 255]),
    ]
}

fn message_type(packet: &[u8]) -> Option<MessageType> {
    Message::parse(packet).ok()?.message_type()
}

/// Puts these options in the place of those of a packet, but for its type, and cuts those that `is_cut` chooses.
fn cut(packet: &[u8], values: &BTreeMap<u8, Vec<u8>>, length: usize, mut is_cut: impl FnMut() -> bool) -> Vec<u8> {
    let (header, message_type) = (packet.get(..HEADER_LENGTH).unwrap_or_default(), message_type(packet));
    let mut packet = [header, &MAGIC_COOKIE].concat();
    if let Some(message_type) = message_type {
        packet.extend([53, 1, message_type.code()]);
    }
    for (code, value) in values {
        let value = value.get(..length).filter(|_| is_cut()).unwrap_or(value);
        packet.extend([*code, u8::try_from(value.len()).unwrap_or_default()]);
        packet.extend(value);
    }
    packet.push(255);
    packet
}

/// Fills a packet up with options, so that END is the last byte that it can have, but for so many.
fn filled(packet: &[u8], left: usize) -> Vec<u8> {
    let end = Message::parse(packet).ok().and_then(Message::end_offset);
    let mut filled = packet.to_vec();
    filled.truncate(end.unwrap_or(packet.len()));
    let last = PACKET_CAPACITY.saturating_sub(1).saturating_sub(left);
    while let Some(room) = last.saturating_sub(filled.len()).checked_sub(2) {
        let length = u8::try_from(room).unwrap_or(u8::MAX);
        filled.extend([224, length]);
        filled.resize(filled.len().saturating_add(length.into()), 0);
    }
    filled.resize(last, 0);
    filled.push(255);
    filled
}

/// Changes a few bytes of a packet, and cuts some short.
fn damage(packet: &[u8], numbers: &mut Numbers) -> Vec<u8> {
    let mut packet = packet.to_vec();
    for _ in 0..=numbers.below(CHANGES) {
        // Most of what is read is after the header.
        let start = if numbers.below(4) == 0 { 0 } else { HEADER_LENGTH };
        let at = start.saturating_add(numbers.below(packet.len().saturating_sub(start)));
        let [byte, ..] = numbers.next().to_le_bytes();
        if let Some(place) = packet.get_mut(at) {
            *place = byte;
        }
    }
    if numbers.below(4) == 0 {
        packet.truncate(numbers.below(packet.len()));
    }
    packet
}
