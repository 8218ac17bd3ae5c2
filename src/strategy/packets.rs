//! Packets: any bytes, well-formed messages of any options, and messages with one thing wrong.

use std::vec;

use proptest::collection::vec as vec_of;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::option_value::{nearly_option_value, option_value};
use super::sample::{Bytes, Composition, Placed, Sample, header, noise};
use super::shrink::ByBytes;
use super::split::split;
use super::typical::typical_message;
use crate::message::HEADER_LENGTH;

/// Length of the longest packet that is yielded, in bytes: more than the server's buffer holds.
const LONGEST_PACKET: usize = 5000;

/// Yields packets of any bytes, up to 5000 of them, which is more than the server's buffer holds.
#[inline]
pub fn any_bytes() -> impl Strategy<Value = Bytes> {
    let length = prop_oneof![0..=HEADER_LENGTH.saturating_add(64), 0..=LONGEST_PACKET];
    (length, noise(LONGEST_PACKET)).prop_map(|(length, mut bytes)| {
        bytes.truncate(length);
        Bytes(bytes)
    })
}

/// Yields well-formed messages: options in one, two or all three fields, in any order and number, with PADs between
/// them, with and without END, each code as often as it comes.
///
/// They shrink to zeros, the magic cookie, the options that a failure needs, and END.
#[inline]
pub fn message() -> impl Strategy<Value = Sample> {
    let fields = [(); 3].map(|()| vec_of(placed_option(), 0..12));
    let end = prop_oneof![Just(true), Just(false)];
    // What comes first shrinks first.
    let parts = (0..=3_u8, fields, header(), end, vec_of(any::<u8>(), 0..64));
    parts.prop_map(|(overload, fields, header, end, tail)| {
        let [mut options, mut file, mut sname] = fields;
        // An option stays when its field closes, so that a failure shrinks to one field.
        for (bit, field) in [(1, &mut file), (2, &mut sname)] {
            if overload & bit == 0 {
                options.append(field);
            }
        }
        Composition {
            header,
            options,
            file,
            sname,
            overload,
            end,
            tail,
        }
        .assemble()
    })
}

/// Yields messages with one thing wrong at a place of chance: cut, overwritten, or with bytes put in.
#[inline]
pub(super) fn nearly_message() -> impl Strategy<Value = Bytes> {
    let whole = prop_oneof![
        message(),
        typical_message(),
        split(option_value()).prop_map(|(_, sample)| sample),
    ];
    let damage = (any::<Index>(), any::<Index>(), vec_of(any::<u8>(), 0..8), 0..4_u8);
    let damaged = (whole, damage).prop_map(|(sample, (at, to, bytes, kind))| {
        let Bytes(mut packet) = sample.packet;
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
                if let Some(byte) = packet.get_mut(index) {
                    *byte = u8::try_from(to.index(256)).unwrap_or_default();
                }
            }
        }
        Bytes(packet)
    });
    ByBytes(damaged)
}

/// Yields packets of every kind: any bytes, well-formed, with one thing wrong in their framing or in a value.
///
/// They shrink to fewer bytes, and what is left to zeros.
#[inline]
pub fn packet() -> impl Strategy<Value = Bytes> {
    ByBytes(prop_oneof![
        1 => any_bytes(),
        2 => message().prop_map(|sample| sample.packet),
        1 => typical_message().prop_map(|sample| sample.packet),
        1 => split(nearly_option_value()).prop_map(|(_, sample)| sample.packet),
        3 => nearly_message(),
    ])
}

/// Yields an option with the PADs before it. Option 52 is left out: [`Composition`] puts it where it belongs.
#[inline]
fn placed_option() -> impl Strategy<Value = Placed> {
    let code = prop_oneof![
        3 => select(vec![1_u8, 3, 6, 12, 43, 50, 51, 53, 55, 60, 61, 82, 119, 121, 125]),
        1 => (1..=254_u8).prop_filter("52 has a meaning of its own", |code| *code != 52),
    ];
    let value = prop_oneof![6 => vec_of(any::<u8>(), 0..20), 1 => vec_of(any::<u8>(), 0..=255)];
    (prop_oneof![8 => Just(0), 1 => 1..5_usize], code, value)
}
