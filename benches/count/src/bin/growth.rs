//! One reading of the worst packet of a kind: `growth NAME SIZE`, for `benches/growth` to count the instructions as the
//! packet grows. Without arguments it prints the names.
//!
//! A reading that looks at some bytes again and again shows only in packets made for it: values in fragments of one
//! byte with other options between them, names that are nothing but pointers, sub-options of no bytes.

use core::fmt::{self, Write as _};
use core::hint::black_box;
use std::io::Write as _;
use std::process::ExitCode;

use dhcp_callout::message::{Editor, OptionCode, Typed, option};
use dhcp_callout::{Message, PacketBuffer};

/// An option of 255 bytes.
fn full_of(code: u8) -> Vec<u8> {
    [&[code, 255][..], &[7; 255]].concat()
}

/// How a packet is made of so many bytes of options, and read.
struct Kind {
    name: &'static str,
    packet: fn(usize) -> Vec<u8>,
    read: fn(Message<'_>) -> usize,
}

const fn kind(name: &'static str, packet: fn(usize) -> Vec<u8>, read: fn(Message<'_>) -> usize) -> Kind {
    Kind { name, packet, read }
}

const KINDS: &[Kind] = &[
    // The walk.
    kind("options of no bytes", |size| many(size, &[224, 0]), walk),
    kind("options of one byte", |size| many(size, &[224, 1, 7]), walk),
    kind(
        "options of alternating codes",
        |size| many(size, &[224, 1, 7, 225, 0]),
        walk,
    ),
    kind(
        "options 250 that might continue",
        |size| many(size, &[250, 3, 255, 255, 255]),
        |message| {
            walk(message)
                + message
                    .value(250)
                    .map_or(0, |value| value.map_or(0, |value| value.len()))
        },
    ),
    kind(
        "one value in options 250",
        |size| many(size, &full_of(250)),
        |message| {
            message
                .value(250)
                .map_or(0, |value| value.map_or(0, |value| value.bytes().count()))
        },
    ),
    kind("nothing but PADs", |size| many(size, &[0]), walk),
    kind(
        "an option that is not there",
        |size| many(size, &[224, 0]),
        |message| usize::from(message.value(option::HOST_NAME.code()).is_ok()),
    ),
    kind("every key, many options", all_codes, |message| {
        (0..=255)
            .filter(|code| message.value(OptionCode::from_code(*code)).is_ok())
            .count()
    }),
    // Values in one piece, or in parts as long as can be.
    kind(
        "119: pointers",
        |size| value(119, &pointers(size, 126), 255),
        decode_and_print,
    ),
    kind(
        "119: pointers far back",
        |size| value(119, &pointers_far_back(size, 20), 255),
        decode_and_print,
    ),
    kind(
        "119: labels of one byte",
        |size| value(119, &many_of(size, &name(126)), 255),
        decode_and_print,
    ),
    kind("119: roots", |size| value(119, &vec![0; size], 255), decode_and_print),
    kind(
        "82: sub-options of no bytes",
        |size| value(82, &many_of(size, &[1, 0]), 255),
        decode_and_print,
    ),
    kind(
        "125: sub-options of no bytes",
        |size| value(125, &many_of(size, &vendor()), 255),
        decode_and_print,
    ),
    kind(
        "125: vendors of no bytes",
        |size| value(125, &many_of(size, &[0, 0, 1, 55, 0]), 255),
        decode_and_print,
    ),
    kind(
        "124: vendors of one byte",
        |size| value(124, &many_of(size, &[0, 0, 1, 55, 1, 7]), 255),
        decode_and_print,
    ),
    kind("43: filling", |size| value(43, &vec![0; size], 255), decode_and_print),
    kind(
        "121: default routes",
        |size| value(121, &many_of(size, &[0, 192, 0, 2, 1]), 255),
        decode_and_print,
    ),
    kind(
        "77: classes of one byte",
        |size| value(77, &many_of(size, &[1, 7]), 255),
        decode_and_print,
    ),
    kind(
        "162: servers with a name of one label",
        |size| value(162, &many_of(size, &[0, 6, 0, 1, 3, 1, b'a', 0]), 255),
        decode_and_print,
    ),
    kind(
        "60: text that is no UTF-8",
        |size| value(60, &vec![0xf0; size], 255),
        decode_and_print,
    ),
    // In fragments of one byte, with an empty option between them.
    kind(
        "119: pointers, scattered",
        |size| scattered(119, &pointers_far_back(size / 5, 20)),
        decode_and_print,
    ),
    kind(
        "119: pointers to the first, scattered",
        |size| scattered(119, &pointers(size / 5, 20)),
        decode_and_print,
    ),
    kind(
        "119: labels, scattered",
        |size| scattered(119, &many_of(size / 5, &name(20))),
        decode_and_print,
    ),
    kind(
        "119: roots, scattered",
        |size| scattered(119, &vec![0; size / 5]),
        decode_and_print,
    ),
    kind(
        "82, scattered",
        |size| scattered(82, &many_of(size / 5, &[1, 0])),
        decode_and_print,
    ),
    kind(
        "125, scattered",
        |size| scattered(125, &many_of(size / 5, &vendor())),
        decode_and_print,
    ),
    kind(
        "124, scattered",
        |size| scattered(124, &many_of(size / 5, &[0, 0, 1, 55, 1, 7])),
        decode_and_print,
    ),
    kind(
        "43, scattered",
        |size| scattered(43, &many_of(size / 5, &[0, 1, 1, 7])),
        decode_and_print,
    ),
    kind(
        "121, scattered",
        |size| scattered(121, &many_of(size / 5, &[0, 192, 0, 2, 1])),
        decode_and_print,
    ),
    kind(
        "162, scattered",
        |size| scattered(162, &many_of(size / 5, &[0, 6, 0, 1, 3, 1, b'a', 0])),
        decode_and_print,
    ),
    kind(
        "61, scattered",
        |size| scattered(61, &vec![255; size / 5]),
        decode_and_print,
    ),
    kind(
        "60, scattered",
        |size| scattered(60, &vec![b'a'; size / 5]),
        decode_and_print,
    ),
    kind(
        "60: no UTF-8, scattered",
        |size| scattered(60, &vec![0xf0; size / 5]),
        decode_and_print,
    ),
    kind(
        "6, scattered",
        |size| scattered(6, &many_of(size / 5, &[192, 0, 2, 1])),
        decode_and_print,
    ),
    kind("60: one gap", one_gap, decode_and_print),
    // Whole messages, as text.
    kind("print: one code", |size| many(size, &[224, 1, 7]), print),
    kind("print: every code", all_codes, print),
    kind(
        "print: names of pointers",
        |size| value(119, &pointers(size, 126), 255),
        print,
    ),
    kind("print: overload", |size| overloaded(many(size, &[224, 1, 7])), print),
    kind("print: no cookie", |size| vec![0xee; 236 + size], print),
    // The editor, which passes over what stays.
    kind(
        "edit: all removed",
        |size| many(size, &[224, 1, 7]),
        |message| edit(message, |editor| _ = editor.remove(OptionCode::from_code(224))),
    ),
    kind(
        "edit: every other dropped",
        |size| many(size, &[224, 0, 225, 3, 7, 7, 7]),
        |message| {
            edit(message, |editor| {
                _ = editor.retain(|option| option.code.code() != 225);
            })
        },
    ),
];

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (Some(name), Some(Ok(size))) = (arguments.next(), arguments.next().map(|size| size.parse())) else {
        let names: String = KINDS.iter().map(|kind| format!("{}\n", kind.name)).collect();
        return ExitCode::from(u8::from(std::io::stdout().write_all(names.as_bytes()).is_err()));
    };
    let Some(kind) = KINDS.iter().find(|kind| kind.name == name) else {
        return ExitCode::FAILURE;
    };
    match Message::parse(&(kind.packet)(size)) {
        Ok(message) => black_box(counted_reading(kind.read, message)),
        Err(_) => return ExitCode::FAILURE,
    };
    ExitCode::SUCCESS
}

/// The part of the program whose instructions are counted, by this name.
#[inline(never)]
fn counted_reading(read: fn(Message<'_>) -> usize, message: Message<'_>) -> usize {
    black_box(read)(black_box(message))
}

/// Counts what is printed, and forgets it.
struct Sink(usize);

impl fmt::Write for Sink {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 = self.0.wrapping_add(text.len());
        Ok(())
    }
}

fn walk(message: Message<'_>) -> usize {
    message.options().flatten().map(|option| option.value.len()).sum()
}

/// Joins, reads and prints the option that the packet is made of: the second, after option 53.
fn decode_and_print(message: Message<'_>) -> usize {
    let mut sink = Sink(0);
    let code = message.options().flatten().nth(1).map(|option| option.code);
    if let Some(Ok(Some(value))) = code.map(|code| message.value(code)) {
        let _ = match Typed::decode(value) {
            Ok(typed) => write!(sink, "{typed}{typed:?}"),
            Err(error) => write!(sink, "{error}"),
        };
        let _ = write!(sink, "{value}");
    }
    sink.0
}

fn print(message: Message<'_>) -> usize {
    let mut sink = Sink(0);
    let _ = write!(sink, "{message}{message:#}");
    sink.0
}

fn edit(message: Message<'_>, change: impl FnOnce(&mut Editor<'_, '_>)) -> usize {
    let mut buffer = PacketBuffer::new();
    let edited = buffer.edit_from(message, |editor| {
        change(editor.set_raw(option::HOST_NAME.code(), b"host"))
    });
    edited.expect("what is left has room")
}

/// A message with option 53 and then these bytes.
fn packet(options: &[u8]) -> Vec<u8> {
    let mut packet = vec![0; 236];
    packet.extend([99, 130, 83, 99, 53, 1, 1]);
    packet.extend(options);
    packet
}

/// A message of the same bytes over and over.
fn many(size: usize, bytes: &[u8]) -> Vec<u8> {
    packet(&many_of(size, bytes))
}

fn many_of(size: usize, bytes: &[u8]) -> Vec<u8> {
    bytes.repeat(size.checked_div(bytes.len()).unwrap_or_default())
}

/// Options of no bytes of all codes, over and over.
fn all_codes(size: usize) -> Vec<u8> {
    let codes = (1..255).filter(|code| *code != 52).cycle();
    packet(&codes.take(size / 2).flat_map(|code| [code, 0]).collect::<Vec<u8>>())
}

/// A message with one value in parts of `width` bytes.
fn value(code: u8, bytes: &[u8], width: usize) -> Vec<u8> {
    let mut options = Vec::new();
    for part in bytes.chunks(width) {
        options.push(code);
        options.extend(u8::try_from(part.len()));
        options.extend(part);
    }
    packet(&options)
}

/// A message with one value in parts of one byte, with an empty option between: five times as long as the value.
fn scattered(code: u8, bytes: &[u8]) -> Vec<u8> {
    packet(
        &bytes
            .iter()
            .flat_map(|byte| [code, 1, *byte, 224, 0])
            .collect::<Vec<u8>>(),
    )
}

/// A message with text whose first byte is far from the others.
fn one_gap(size: usize) -> Vec<u8> {
    let half = size / 2;
    let gap = many_of(half, &[224, 0]);
    let rest = value(60, &vec![b'b'; half], 255);
    packet(&[b"\x3c\x01a", gap.as_slice(), rest.get(243..).unwrap_or_default()].concat())
}

/// The same with all fields in use.
fn overloaded(mut packet: Vec<u8>) -> Vec<u8> {
    packet.splice(240..240, [52, 1, 3]);
    for (at, byte) in packet.iter_mut().enumerate().take(236).skip(44) {
        *byte = if at % 2 == 0 { 224 } else { 0 };
    }
    packet
}

/// A name of so many labels.
fn name(labels: usize) -> Vec<u8> {
    let mut bytes = [1, b'a'].repeat(labels);
    bytes.push(0);
    bytes
}

/// A name, then pointers to it.
fn pointers(size: usize, labels: usize) -> Vec<u8> {
    let mut bytes = name(labels);
    while bytes.len() < size {
        bytes.extend([0xc0, 0]);
    }
    bytes
}

/// The same after as many roots as there are bytes of pointers, so that in fragments each pointer leads far from the
/// first.
fn pointers_far_back(size: usize, labels: usize) -> Vec<u8> {
    let mut bytes = vec![0; size / 2];
    let target = u16::try_from(bytes.len()).unwrap_or_default() | 0xc000;
    bytes.extend(name(labels));
    while bytes.len() < size {
        bytes.extend(target.to_be_bytes());
    }
    bytes
}

/// A vendor with sub-options of no bytes.
fn vendor() -> Vec<u8> {
    [&[0, 0, 1, 55, 40][..], &[1, 0].repeat(20)].concat()
}
