//! Every packet over a small alphabet is read and edited as a naive reader has it, which shares no code with the crate.
//!
//! The alphabet has what framing turns on: PAD, END, lengths of 0 to 3 and of 255, options 52, 53 and 250, and one
//! ordinary option. `cargo test` goes to short packets, `.ci/run exhaustion` to all those of the ignored tests.
#![allow(
    clippy::arithmetic_side_effects,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

use core::ops::Range;
use std::thread;

use dhcp_callout::message::{Area, EditError, OptionError, OptionErrorKind, option};
use dhcp_callout::{Editor, Message, PacketBuffer};

/// 0 is PAD too, 1 to 3 are options too, and 255 is END too.
const BYTES: [&[u8]; 9] = [&[0], &[1], &[2], &[3], &[12], &[52], &[53], &[250], &[255]];
/// A length of 255 and a value that has it; with 12s in it, so that a reader that comes off its way goes on for long.
const FULL: [u8; 256] = {
    let mut full = [12; 256];
    full[0] = 255;
    full
};
/// The options whose values are asked for; no packet has the last one.
const CODES: [u8; 8] = [1, 2, 3, 12, 52, 53, 250, 77];

// ---- The naive reader.

#[derive(Clone, Debug, PartialEq)]
struct Found {
    area: Area,
    at: usize,
    code: u8,
    value: Range<usize>,
    continues: bool,
}

#[derive(Debug)]
struct Naive<'p> {
    packet: &'p [u8],
    options: Vec<Found>,
    /// Offset and field of the option at fault.
    fault: Option<(usize, Range<usize>)>,
    end: Option<usize>,
    /// The fields of options that no END ends.
    endless: Vec<Range<usize>>,
}

impl<'p> Naive<'p> {
    fn read(packet: &'p [u8]) -> Self {
        let mut naive = Naive {
            packet,
            options: Vec::new(),
            fault: None,
            end: None,
            endless: Vec::new(),
        };
        naive.end = naive.field(Area::Options, 240..packet.len());
        if naive.names(1) {
            naive.field(Area::File, 108..236);
        }
        if naive.names(2) {
            naive.field(Area::Sname, 44..108);
        }
        naive
    }

    /// Returns whether option 52 says that this field has options.
    fn names(&self, field: u8) -> bool {
        matches!(self.value(52).as_deref(), Some(&[fields @ 1..=3]) if fields & field != 0)
    }

    /// Reads one field, and returns where its END is.
    fn field(&mut self, area: Area, field: Range<usize>) -> Option<usize> {
        let (mut at, mut full) = (field.start, false);
        while at < field.end && self.fault.is_none() {
            match self.packet[at] {
                255 => return Some(at),
                0 => (at, full) = (at + 1, false),
                code => match self.packet[at..field.end] {
                    [_, length, ref rest @ ..] if usize::from(length) <= rest.len() => {
                        let value = at + 2..at + 2 + usize::from(length);
                        let next = value.end;
                        self.options.push(Found {
                            area,
                            at,
                            code,
                            value,
                            continues: full && code == 250,
                        });
                        (at, full) = (next, length == 255);
                    }
                    _ => self.fault = Some((at, field.clone())),
                },
            }
        }
        self.endless.push(field);
        None
    }

    /// Joins the value of an option.
    fn value(&self, code: u8) -> Option<Vec<u8>> {
        let (mut value, mut ours) = (None, false);
        for found in &self.options {
            ours = if found.continues {
                ours
            } else {
                found.code == code && (code != 52 || found.area == Area::Options)
            };
            if ours {
                value
                    .get_or_insert(Vec::new())
                    .extend(&self.packet[found.value.clone()]);
            }
        }
        value
    }
}

// ---- What is compared.

fn assert_fault(naive: &Naive<'_>, error: OptionError) {
    let (at, field) = naive
        .fault
        .clone()
        .unwrap_or_else(|| panic!("{error} in {:?}", naive.packet));
    let kind = match naive.packet[at + 1..field.end] {
        [] => OptionErrorKind::NoLength,
        [needed, ref rest @ ..] => OptionErrorKind::Truncated {
            needed: needed.into(),
            have: rest.len(),
        },
    };
    assert_eq!(
        (error.code().code(), error.offset(), error.kind()),
        (naive.packet[at], at, kind)
    );
}

fn reads_alike(naive: &Naive<'_>, message: Message<'_>) {
    let mut walk = message.options();
    for expected in &naive.options {
        let option = walk.next().expect("an option").expect("in order");
        let value = option.value_offset()..option.value_offset() + option.value.len();
        let (area, at, code, continues) = (option.area, option.offset, option.code.code(), option.continues);
        assert_eq!(option.value, &naive.packet[value.clone()]);
        assert_eq!(
            &Found {
                area,
                at,
                code,
                value,
                continues
            },
            expected
        );
    }
    match walk.next() {
        Some(item) => assert_fault(naive, item.expect_err("no more options")),
        None => assert_eq!(naive.fault, None),
    }
    assert!(walk.next().is_none());
    assert_eq!(message.end_offset(), naive.end);

    let picked = message.pick(CODES);
    assert_eq!(picked.fault().is_some(), naive.fault.is_some());
    for (code, picked) in CODES.into_iter().zip(picked.values()) {
        let expected = naive.value(code);
        assert_eq!(picked.map(|value| value.bytes().collect()), expected);
        let fragments = message.fragments(code);
        assert_eq!(fragments.as_ref().err(), message.value(code).err().as_ref());
        let joined = fragments
            .ok()
            .flatten()
            .map(|parts| parts.copy_to(&mut [0; 2048]).map(|bytes| bytes.to_vec()));
        assert_eq!(joined, expected.clone().map(Ok));
        match message.value(code) {
            Ok(value) => {
                assert!(value.is_some() || naive.fault.is_none());
                assert_eq!(
                    value.map(|value| value.fragments().flatten().copied().collect()),
                    expected
                );
                assert_eq!(value, picked);
            }
            Err(error) => {
                assert_eq!(expected, None);
                assert_fault(naive, error);
            }
        }
    }
    let one_byte = |code| naive.value(code).and_then(|value| <[u8; 1]>::try_from(value).ok());
    assert_eq!(message.message_type().map(|kind| [kind.code()]), one_byte(53));
    let overload = one_byte(52).filter(|[fields]| matches!(fields, 1..=3));
    assert_eq!(
        message.overload().ok().flatten().map(|fields| [fields.code()]),
        overload
    );
    let first = naive
        .options
        .iter()
        .find(|option| option.code == 53)
        .map(|option| &naive.packet[option.value.clone()]);
    if let Ok(kind) = message.first(option::MESSAGE_TYPE) {
        assert_eq!(kind.as_ref().map(|kind| kind.code()), first.map(|value| value[0]));
    }
}

/// One edit: what it does to a packet, which options it takes away, and what it adds.
struct Case {
    edit: fn(&mut Editor<'_, '_>),
    takes: fn(u8) -> bool,
    adds: Option<(u8, &'static [u8])>,
    frees: bool,
}

static CASES: [Case; 6] = [
    Case {
        edit: |_| {},
        takes: |_| false,
        adds: None,
        frees: false,
    },
    Case {
        edit: |editor| _ = editor.remove(12),
        takes: |code| code == 12,
        adds: None,
        frees: false,
    },
    Case {
        edit: |editor| _ = editor.set_raw(53, &[7]),
        takes: |code| code == 53,
        adds: Some((53, &[7])),
        frees: false,
    },
    Case {
        edit: |editor| _ = editor.set_raw(250, b"own"),
        takes: |code| code == 250,
        adds: Some((250, b"own")),
        frees: false,
    },
    Case {
        edit: |editor| _ = editor.retain(|option| option.code.code() > 3),
        takes: |code| code <= 3,
        adds: None,
        frees: false,
    },
    Case {
        edit: |editor| _ = editor.free_fields().append_raw(12, &FULL),
        takes: |_| false,
        adds: Some((12, &FULL)),
        frees: true,
    },
];

fn edits_alike(naive: &Naive<'_>, message: Message<'_>, buffer: &mut PacketBuffer) {
    for (
        number,
        Case {
            edit,
            takes,
            adds,
            frees,
        },
    ) in CASES.iter().enumerate()
    {
        buffer.clear();
        match buffer.edit_from(message, edit) {
            Ok(_) => assert_eq!(naive.fault, None),
            Err(EditError::Options(error)) => {
                assert_fault(naive, error);
                assert_eq!(buffer.size(), 0);
                continue;
            }
            Err(error) => panic!("edit {number}: {error}"),
        }
        if number == 0 {
            assert_eq!(buffer.as_bytes(), naive.packet);
        }
        let after = Naive::read(buffer.as_bytes());
        assert_eq!(after.fault, None);
        // What holds no options stays, and where there are none any more, there is nothing.
        for (part, field) in [(0..44, 0), (44..108, 2), (108..236, 1), (236..240, 0)] {
            let [before, now] = [naive.packet, after.packet].map(|packet| &packet[part.clone()]);
            let is_right = match (naive.names(field), after.names(field)) {
                (false, names) => now == before && !names,
                (true, false) => now.iter().all(|byte| *byte == 0),
                (true, true) => true,
            };
            assert!(is_right, "edit {number} makes {now:?} of bytes {part:?}");
        }
        for field in &after.endless {
            let [before, after] = [naive.packet, after.packet].map(|packet| packet.get(field.clone()));
            let is_as_it_was = naive.endless.contains(field) && after == before;
            assert!(is_as_it_was, "edit {number}: no END in {field:?}, though it is edited");
        }
        for code in CODES.into_iter().filter(|code| *code != 52) {
            let before = naive.value(code).filter(|_| !takes(code));
            let added = adds.filter(|(added, _)| *added == code).map(|(_, value)| value);
            let expected = match (before, added) {
                (before, None) => before,
                (before, Some(added)) => Some([&before.unwrap_or_default(), added].concat()),
            };
            assert_eq!(after.value(code), expected, "edit {number}, option {code}");
        }
        assert!(!frees || after.options.iter().all(|option| option.area == Area::Options));
        // The others are as they were, in their order and, if they may stay, in their fields.
        let others = |naive: &Naive<'_>| -> Vec<_> {
            let mut ours = true;
            let mut others = Vec::new();
            for Found {
                area,
                code,
                value,
                continues,
                ..
            } in naive.options.clone()
            {
                if !continues {
                    ours = code == 52 || takes(code) || adds.is_some_and(|(added, _)| added == code);
                }
                if !ours {
                    others.push(((!frees).then_some(area), code, naive.packet[value].to_vec(), continues));
                }
            }
            others
        };
        assert_eq!(others(&after), others(naive), "edit {number}");
    }
}

fn check(packet: &[u8], buffer: &mut PacketBuffer) {
    let naive = Naive::read(packet);
    let message = Message::parse(packet).expect("a header");
    reads_alike(&naive, message);
    edits_alike(&naive, message, buffer);
}

// ---- Which packets there are.

/// Calls `each` with all texts of at most `length` symbols, of which those that begin with an odd one run in a thread
/// of their own; returns how many there are.
fn all(symbols: &[&[u8]], length: u32, each: impl Fn(&[&[u8]], &mut PacketBuffer) + Sync) -> u64 {
    let run = |odd: usize| {
        let (mut buffer, mut text) = (PacketBuffer::new(), Vec::new());
        let mut count = 0;
        for length in 0..=length {
            for number in 0..symbols.len().pow(length) {
                text.clear();
                let mut rest = number;
                for _ in 0..length {
                    text.push(symbols[rest % symbols.len()]);
                    rest /= symbols.len();
                }
                if number % 2 == odd {
                    each(&text, &mut buffer);
                    count += 1;
                }
            }
        }
        count
    };
    thread::scope(|scope| {
        let other = scope.spawn(|| run(1));
        run(0) + other.join().unwrap()
    })
}

/// A header with the magic cookie, with these bytes at the end or at the start of `file` and `sname`.
fn header(file: &[u8], sname: &[u8], at_end: bool) -> Vec<u8> {
    // No byte of the header before them is 0, and no two are equal.
    let mut packet: Vec<u8> = (1..=44).chain([0; 192]).collect();
    for (field, bytes) in [(108..236, file), (44..108, sname)] {
        let start = if at_end { field.end - bytes.len() } else { field.start };
        packet[start..start + bytes.len()].copy_from_slice(bytes);
    }
    packet.extend([99, 130, 83, 99]);
    packet
}

/// All texts as options field, with options in both other fields in case that one of them says so.
fn in_options(length: u32) -> u64 {
    let symbols = [&BYTES[..], &[&FULL[..]]].concat();
    let header = header(
        &[12, 1, 7, 52, 1, 2, 53, 1, 5, 255],
        &[250, 1, 9, 53, 0, 12, 2, 8, 8],
        true,
    );
    all(&symbols, length, |text, buffer| {
        check(&[&header, &text.concat()[..]].concat(), buffer);
    })
}

/// All texts after an option 52, cut in all ways into a part for each field.
fn in_fields(length: u32) -> u64 {
    all(&BYTES, length, |text, buffer| {
        let text = text.concat();
        for (one, other) in (0..=text.len()).flat_map(|other| (0..=other).map(move |one| (one, other))) {
            for (overload, at_end) in [(1, true), (2, true), (3, true), (3, false)] {
                let mut packet = header(&text[one..other], &text[other..], at_end);
                packet.extend([52, 1, overload]);
                packet.extend(&text[..one]);
                check(&packet, buffer);
            }
        }
    })
}

#[test]
fn short_packets_with_options() {
    assert_eq!(in_options(4), 11_111);
}

#[test]
fn short_packets_with_options_in_all_fields() {
    assert_eq!(in_fields(3), 820);
}

#[test]
#[ignore = "takes a minute in release"]
fn packets_with_options() {
    assert_eq!(in_options(7), 11_111_111);
}

#[test]
#[ignore = "takes a minute in release"]
fn packets_with_options_in_all_fields() {
    assert_eq!(in_fields(5), 66_430);
}
