//! Strategies for property tests (feature `proptest`): control codes, notices, packets.
//!
//! Every strategy yields what the server or the network could hand over, unknown and hostile values among it. Known
//! codes come up far more often than their share of the value range.
//!
//! ```
//! use dhcp_callout::{Message, strategy};
//! use proptest::prelude::*;
//!
//! proptest!(|(sample in strategy::message())| {
//!     let message = Message::parse(&sample.packet)?;
//!     prop_assert_eq!(message.options().count(), sample.options.len());
//! });
//! ```

use std::vec;
use std::vec::Vec;

use proptest::collection::vec as vec_of;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use crate::control::{
    AddressGrant, AddressProblem, ClientType, DropReason, PACKET_PROCESSED, SendCode, ServiceControl,
};
use crate::lifecycle::Notice;
use crate::message::{Area, HEADER_LENGTH, MAGIC_COOKIE};

/// Length of the longest packet that [`packet`] yields, in bytes: more than the server's buffer holds.
pub const LONGEST_PACKET: usize = 5000;

/// Yields DWORDs as control codes: known codes of every hook, their neighbours, and any other value.
pub fn control_code() -> impl Strategy<Value = u32> {
    let known = ServiceControl::ALL
        .iter()
        .map(|code| code.code())
        .chain(DropReason::ALL.iter().map(|code| code.code()))
        .chain([PACKET_PROCESSED])
        .chain(SendCode::ALL.iter().map(|code| code.code()))
        .chain(AddressProblem::ALL.iter().map(|code| code.code()))
        .chain(AddressGrant::ALL.iter().map(|code| code.code()))
        .chain(ClientType::ALL.iter().map(|code| code.code()))
        .collect::<Vec<_>>();
    prop_oneof![
        4 => select(known.clone()),
        1 => (select(known), any::<bool>()).prop_map(|(code, up)| {
            if up { code.wrapping_add(1) } else { code.wrapping_sub(1) }
        }),
        1 => any::<u32>(),
    ]
}

/// Yields drop reasons, known and unknown.
pub fn drop_reason() -> impl Strategy<Value = DropReason> {
    prop_oneof![
        3 => select(DropReason::ALL),
        1 => any::<u32>().prop_filter_map("DHCP_DROP_PROCESSED is no reason", DropReason::from_code),
    ]
}

/// Yields notices: drops for known and unknown reasons, and completions.
pub fn notice() -> impl Strategy<Value = Notice> {
    prop_oneof![drop_reason().prop_map(Notice::Dropped), Just(Notice::Processed)]
}

/// Yields packets of any bytes, up to [`LONGEST_PACKET`] long.
pub fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        vec_of(any::<u8>(), 0..=LONGEST_PACKET),
        vec_of(any::<u8>(), 0..=HEADER_LENGTH.saturating_add(64))
    ]
}

/// A well-formed message with what it was made of.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Sample {
    /// The bytes of the message.
    pub packet: Vec<u8>,
    /// The options in wire order: area, code, value.
    pub options: Vec<(Area, u8, Vec<u8>)>,
}

/// Yields well-formed messages: options in one, two or all three fields, in any order and number, with PADs between
/// them, with and without END, each code as often as it comes.
pub fn message() -> impl Strategy<Value = Sample> {
    let area = || vec_of(placed_option(), 0..12);
    let fields = (area(), area(), area(), 0..=3_u8);
    let tail = (any::<bool>(), vec_of(any::<u8>(), 0..64));
    (header(), fields, tail).prop_map(|(header, (options, file, sname, overload), (end, tail))| {
        assemble(header, options, file, sname, overload, end, &tail)
    })
}

/// Yields messages with one thing wrong at a place of chance: cut, overwritten, or with bytes put in.
pub fn nearly_message() -> impl Strategy<Value = Vec<u8>> {
    let damage = (any::<Index>(), any::<Index>(), vec_of(any::<u8>(), 0..8), 0..4_u8);
    (message(), damage).prop_map(|(sample, (at, to, bytes, kind))| {
        let mut packet = sample.packet;
        let options = packet.len().saturating_sub(HEADER_LENGTH).max(1);
        match kind {
            0 => packet.truncate(at.index(packet.len())),
            1 => packet.truncate(HEADER_LENGTH.saturating_add(at.index(options))),
            2 => {
                let start = at.index(packet.len());
                packet.splice(start..start, bytes);
            }
            _ => {
                let index = HEADER_LENGTH.saturating_add(at.index(options));
                if let Some(octet) = packet.get_mut(index) {
                    *octet = u8::try_from(to.index(256)).unwrap_or_default();
                }
            }
        }
        packet
    })
}

/// Yields packets of every kind: any bytes, well-formed, nearly well-formed.
pub fn packet() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        1 => any_bytes(),
        2 => message().prop_map(|sample| sample.packet),
        3 => nearly_message(),
    ]
}

/// Yields the 236 bytes of a header: mostly plausible values, sometimes any.
fn header() -> impl Strategy<Value = Vec<u8>> {
    let any_header = vec_of(any::<u8>(), HEADER_LENGTH);
    (any_header, 1..=2_u8, 0..=16_u8, any::<bool>()).prop_map(|(mut header, op, hlen, plausible)| {
        if plausible {
            for (octet, value) in header.iter_mut().zip([op, 1, hlen, 0]) {
                *octet = value;
            }
        }
        header
    })
}

/// Yields an option with the PADs before it. Option 52 is left out: [`assemble`] puts it where it belongs.
fn placed_option() -> impl Strategy<Value = (usize, u8, Vec<u8>)> {
    let code = prop_oneof![
        3 => select(vec![1_u8, 3, 6, 12, 43, 50, 51, 53, 55, 60, 61, 82, 119, 121, 125]),
        1 => (1..=254_u8).prop_filter("52 has a meaning of its own", |code| *code != 52),
    ];
    let value = prop_oneof![6 => vec_of(any::<u8>(), 0..20), 1 => vec_of(any::<u8>(), 0..=255)];
    (prop_oneof![8 => Just(0), 1 => 1..5_usize], code, value)
}

type Placed = (usize, u8, Vec<u8>);

fn assemble(
    header: Vec<u8>,
    options: Vec<Placed>,
    file: Vec<Placed>,
    sname: Vec<Placed>,
    overload: u8,
    end: bool,
    tail: &[u8],
) -> Sample {
    let mut packet = header;
    let mut parsed = Vec::new();
    packet.extend(MAGIC_COOKIE);
    if overload > 0 {
        push(&mut packet, &mut parsed, Area::Options, (0, 52, vec![overload]));
    }
    for option in options {
        push(&mut packet, &mut parsed, Area::Options, option);
    }
    if end {
        packet.push(255);
        packet.extend(tail);
    }
    for (bit, area, range, placed) in [(1, Area::File, 108..236, file), (2, Area::Sname, 44..108, sname)] {
        if overload & bit == 0 {
            continue;
        }
        let mut field = Vec::new();
        for option in placed {
            let (pads, _, value) = &option;
            let length = field
                .len()
                .saturating_add(*pads)
                .saturating_add(value.len())
                .saturating_add(2);
            if length <= range.len() {
                push(&mut field, &mut parsed, area, option);
            }
        }
        if field.len() < range.len() {
            field.push(255);
        }
        for (octet, value) in packet.iter_mut().skip(range.start).zip(field) {
            *octet = value;
        }
    }
    Sample {
        packet,
        options: parsed,
    }
}

/// Writes an option to a field, and notes it.
fn push(field: &mut Vec<u8>, parsed: &mut Vec<(Area, u8, Vec<u8>)>, area: Area, (pads, code, value): Placed) {
    let Ok(length) = u8::try_from(value.len()) else { return };
    field.extend(vec![0; pads]);
    field.extend([code, length]);
    field.extend(&value);
    parsed.push((area, code, value));
}
