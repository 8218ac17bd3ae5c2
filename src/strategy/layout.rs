//! What a packet is made of: its options field by field, put together.

use std::vec;
use std::vec::Vec;

use crate::message::{Area, MAGIC_COOKIE};

/// A well-formed message with what it was made of.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Sample {
    /// The bytes of the message.
    pub packet: Vec<u8>,
    /// The options in wire order: area, code, value.
    pub options: Vec<(Area, u8, Vec<u8>)>,
}

/// An option with the PADs before it: their number, its code, its value.
pub(super) type Placed = (usize, u8, Vec<u8>);

/// What a message is made of.
pub(super) struct MessageLayout {
    pub(super) header: Vec<u8>,
    pub(super) options: Vec<Placed>,
    /// What the `file` field gets if `overload` says so; options for which there is no room are left out.
    pub(super) file: Vec<Placed>,
    pub(super) sname: Vec<Placed>,
    /// The value of option 52; none for 0.
    pub(super) overload: u8,
    pub(super) end: bool,
    /// What is after END.
    pub(super) tail: Vec<u8>,
}

impl MessageLayout {
    pub(super) fn assemble(self) -> Sample {
        let Self {
            header,
            options,
            file,
            sname,
            overload,
            end,
            tail,
        } = self;
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
            for (byte, value) in packet.iter_mut().skip(range.start).zip(field) {
                *byte = value;
            }
        }
        Sample {
            packet,
            options: parsed,
        }
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
