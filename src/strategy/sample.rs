//! Bytes and messages as samples: how they print, and how a message is put together.

use core::fmt;
use core::ops::{Deref, DerefMut};
use std::vec;
use std::vec::Vec;

use proptest::collection::vec as vec_of;
use proptest::prelude::*;

use crate::message::{Area, FILE, HEADER_LENGTH, MAGIC_COOKIE, Message, OptionCode, SNAME, Value};

/// Bytes that a failed test prints on one line, hexadecimal; before them, if they are a DHCP message, what it says:
/// on one line with `{:?}`, and on a line for each field and option with `{:#?}`, which is what `proptest` uses. Of no
/// bytes at all it prints `[]`.
///
/// ```
/// use dhcp_callout::strategy::Bytes;
///
/// assert_eq!(format!("{:#?}", Bytes(vec![1, 0, 255])), "0100ff");
/// assert_eq!(format!("{:#?}", Bytes(vec![])), "[]");
/// ```
#[derive(Clone, Default, PartialEq, Eq, Hash)]
pub struct Bytes(pub Vec<u8>);

impl Deref for Bytes {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for Bytes {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl fmt::Debug for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Message::parse(self) {
            Ok(message) if message.has_cookie() && f.alternate() => write!(f, "{message:#}\n{} bytes: ", self.len())?,
            Ok(message) if message.has_cookie() => write!(f, "{message}, {} bytes: ", self.len())?,
            Err(_) if self.is_empty() => f.write_str("[]")?,
            _ => {}
        }
        write!(f, "{:x}", Value::from_slice(OptionCode::PAD, self))
    }
}

/// A message whose framing is in order, with what it was made of. Prints as its [`Bytes`].
#[derive(Clone)]
#[non_exhaustive]
pub struct Sample {
    /// The bytes of the message.
    pub packet: Bytes,
    /// The options in wire order: area, code, value.
    pub options: Vec<(Area, u8, Bytes)>,
}

impl fmt::Debug for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.packet.fmt(f)
    }
}

/// An option with the PADs before it: their number, its code, its value.
pub(super) type Placed = (usize, u8, Vec<u8>);

/// What a message is made of.
#[derive(Default)]
pub(super) struct Composition {
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

impl Composition {
    pub(super) fn assemble(self) -> Sample {
        let mut packet = self.header;
        let mut parsed = Vec::new();
        packet.extend(MAGIC_COOKIE);
        let overload = (self.overload > 0).then(|| (0, 52, vec![self.overload]));
        for option in overload.into_iter().chain(self.options) {
            push(&mut packet, &mut parsed, Area::Options, option);
        }
        if self.end {
            packet.push(255);
            packet.extend(self.tail);
        }
        for (bit, area, range, placed) in [(1, Area::File, FILE, self.file), (2, Area::Sname, SNAME, self.sname)] {
            if self.overload & bit == 0 {
                continue;
            }
            let mut field = Vec::new();
            for option in placed {
                let needed = [field.len(), option.0, option.2.len(), 2];
                if needed.iter().sum::<usize>() <= range.len() {
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
            packet: Bytes(packet),
            options: parsed,
        }
    }
}

/// Writes an option to a field, and notes it.
#[inline]
fn push(field: &mut Vec<u8>, parsed: &mut Vec<(Area, u8, Bytes)>, area: Area, (pads, code, value): Placed) {
    let Ok(length) = u8::try_from(value.len()) else { return };
    field.extend(vec![0; pads]);
    field.extend([code, length]);
    field.extend(&value);
    parsed.push((area, code, Bytes(value)));
}

/// Yields the 236 bytes of a header: any, mostly with a beginning as a client's on Ethernet.
#[inline]
pub(super) fn header() -> impl Strategy<Value = Vec<u8>> {
    let beginning = prop_oneof![
        Just(None),
        (1..=2_u8, 0..=16_u8).prop_map(|(op, hlen)| Some([op, 1, hlen, 0]))
    ];
    (noise(HEADER_LENGTH), beginning).prop_map(|(header, beginning)| {
        let kept = header.iter().skip(beginning.map_or(0, |bytes| bytes.len())).copied();
        beginning.into_iter().flatten().chain(kept).collect()
    })
}

/// Yields any bytes, so many. They shrink to zeros all at once: one by one would be more than a test tries.
#[inline]
pub(super) fn noise(length: usize) -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![1 => Just(vec![0; length]), 9 => vec_of(any::<u8>(), length).no_shrink()]
}
