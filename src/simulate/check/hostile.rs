//! Packets that no good client or server sends.

use alloc::vec;
use alloc::vec::Vec;

use super::exchange::Exchange;
use super::numbers::Numbers;
use crate::buffer::PACKET_CAPACITY;
use crate::message::{HEADER_LENGTH, MAGIC_COOKIE};

/// How many bytes are changed at most in a packet that is damaged.
const CHANGES: usize = 6;
/// How many copies of the good exchanges are damaged.
const ROUNDS: usize = 3;

/// Returns packets of every bad shape, each as a request and as the reply to it, and damaged copies of good exchanges;
/// all with transaction ids of their own, as far as they reach.
pub(super) fn exchanges(good: &[Exchange], numbers: &mut Numbers) -> Vec<Exchange> {
    let alike = |packet: Vec<u8>| (packet.clone(), Some(packet));
    let mut all: Vec<_> = bad_shapes().into_iter().map(alike).collect();
    for Exchange { request, reply } in core::iter::repeat_n(good, ROUNDS).flatten() {
        let request = damage(request, numbers);
        all.push((request, reply.as_ref().map(|reply| damage(reply, numbers))));
    }
    all.into_iter()
        .map(|(mut request, mut reply)| {
            let xid = numbers.next_u32().to_be_bytes();
            for packet in core::iter::once(&mut request).chain(&mut reply) {
                if let Some(place) = packet.get_mut(4..8) {
                    place.copy_from_slice(&xid);
                }
            }
            Exchange { request, reply }
        })
        .collect()
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
