//! Values in parts: several options of one code, with others between them, over all fields that hold options.

use std::vec;
use std::vec::Vec;

use proptest::collection::vec as vec_of;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::sample::{Bytes, Composition, Placed, Sample, header};
use crate::message::OptionCode;

/// Most bytes of a value that go into `file`, which has room for them even if each is in an option of its own, and for
/// one option more.
const MAX_IN_FILE: usize = 36;

/// Most bytes of a value that go into `sname`.
const MAX_IN_SNAME: usize = 18;

/// Yields what `value` yields, a code and its value, and a well-formed message in which that value is split (RFC 3396):
/// not at all, at some places, or after every byte, empty parts among them, and over the fields that option 52 names.
///
/// Other options, which can be read, are before it, between its parts, and after it. The codes of `value` are to be
/// 1 to 254; the value of option 52 itself stays in the options field, where alone it counts.
#[inline]
pub fn split(
    value: impl Strategy<Value = (OptionCode, Bytes)>,
) -> impl Strategy<Value = ((OptionCode, Bytes), Sample)> {
    // `None` is after every byte.
    let cuts = prop_oneof![3 => vec_of(any::<Index>(), 0..6).prop_map(Some), 1 => Just(None)];
    let fields = (0..=3_u8, any::<Index>(), any::<Index>());
    let others = select(vec![
        (53, vec![1]),
        (12, b"pc".to_vec()),
        (1, vec![255, 255, 0, 0]),
        (224, vec![]),
    ]);
    let rest = (header(), 0..3_usize, any::<bool>());
    // What comes first shrinks first: long values take many steps.
    (cuts, fields, vec_of(others, 1..5), rest, value).prop_map(
        |(cuts, (overload, in_file, in_sname), others, (mut header, pads, end), (code, value))| {
            let overload = if code == OptionCode::OVERLOAD { 0 } else { overload };
            if code == OptionCode::OVERLOAD {
                // It may name `sname` and `file`, which are from offset 44 on: they hold no options then.
                header.iter_mut().skip(44).for_each(|byte| *byte = 0);
            }
            let (before, sname) = cut_off(&value, overload & 2 != 0, MAX_IN_SNAME, in_sname);
            let (options, file) = cut_off(before, overload & 1 != 0, MAX_IN_FILE, in_file);
            let mut others = others.into_iter().filter(|(other, _)| *other != code.code()).cycle();
            let mut other = || others.next().map(|(code, value)| (pads, code, value));
            let mut field = |bytes: &[u8], many: bool| {
                let mut field: Vec<Placed> = other().into_iter().collect();
                for part in parts(bytes, cuts.as_deref()) {
                    field.push((0, code.code(), part));
                    field.extend(if many { other() } else { None });
                }
                field
            };
            let sample = Composition {
                header,
                options: field(options, true),
                file: field(file, false),
                sname: field(sname, false),
                overload,
                end,
                tail: vec![0; pads],
            }
            .assemble();
            ((code, value), sample)
        },
    )
}

/// Cuts `bytes` into the values of one option or more: at `places` and where an option is full, or after every byte.
#[inline]
fn parts(bytes: &[u8], places: Option<&[Index]>) -> Vec<Vec<u8>> {
    let length = bytes.len();
    let mut ends: Vec<usize> = match places {
        Some(places) => {
            let places = places.iter().map(|place| place.index(length.saturating_add(1)));
            places.chain((255..length).step_by(255)).collect()
        }
        None => (1..length).collect(),
    };
    ends.push(length);
    ends.sort_unstable();
    let starts = [0].into_iter().chain(ends.iter().copied());
    let parts = starts.zip(&ends).filter_map(|(start, end)| bytes.get(start..*end));
    parts.map(<[u8]>::to_vec).collect()
}

/// Cuts off the end of `bytes`, `most` bytes or fewer, if there is a field for it.
#[inline]
fn cut_off(bytes: &[u8], wanted: bool, most: usize, length: Index) -> (&[u8], &[u8]) {
    let most = if wanted { most.min(bytes.len()) } else { 0 };
    let middle = bytes.len().saturating_sub(length.index(most.saturating_add(1)));
    bytes.split_at_checked(middle).unwrap_or((bytes, &[]))
}
