//! One reading of the worst packet of a kind: `growth NAME SIZE`, for `benches/growth` to count the instructions as the
//! packet grows. Without arguments it prints the names.
//!
//! A reading that looks at some bytes again and again shows only in packets made for it: values in fragments of one
//! byte with other options between them, names that are nothing but pointers, sub-options of no bytes.

use core::fmt::{self, Write as _};
use core::hint::black_box;
use std::io::Write as _;
use std::process::ExitCode;

use dhcp_callout::message::{Editor, OptionCode, Typed, Value, option};
use dhcp_callout::{Message, PacketBuffer};

/// An option of 255 bytes.
fn full_of(code: u8) -> Vec<u8> {
    [&[code, 255][..], &[7; 255]].concat()
}

/// How a packet is made of so many bytes of options, and read.
struct Kind {
    name: String,
    packet: fn(usize) -> Vec<u8>,
    read: fn(Message<'_>) -> usize,
}

type Fixed = (&'static str, fn(usize) -> Vec<u8>, fn(Message<'_>) -> usize);

const KINDS: &[Fixed] = &[
    // The walk.
    ("options of no bytes", |size| many(size, &[224, 0]), walk),
    ("options of one byte", |size| many(size, &[224, 1, 7]), walk),
    (
        "options of alternating codes",
        |size| many(size, &[224, 1, 7, 225, 0]),
        walk,
    ),
    (
        "options 250 that might continue",
        |size| many(size, &[250, 3, 255, 255, 255]),
        |message| {
            walk(message)
                + message
                    .value(250)
                    .map_or(0, |value| value.map_or(0, |value| value.len()))
        },
    ),
    (
        "one value in options 250",
        |size| many(size, &full_of(250)),
        |message| {
            message
                .value(250)
                .map_or(0, |value| value.map_or(0, |value| value.bytes().count()))
        },
    ),
    ("nothing but PADs", |size| many(size, &[0]), walk),
    ("all codes picked, options 250", continuations, |message| {
        let codes: [u8; 254] = core::array::from_fn(|index| u8::try_from(index).unwrap_or_default());
        message.pick(codes).values().iter().flatten().count()
    }),
    (
        "options 52 of one byte, joined",
        |size| value(52, &vec![7; size / 3], 1),
        |message| {
            let overload = message.value(52);
            overload.map_or(0, |value| value.map_or(0, |value| value.bytes().count()))
        },
    ),
    (
        "an option that is not there",
        |size| many(size, &[224, 0]),
        |message| usize::from(message.value(option::HOST_NAME.code()).is_ok()),
    ),
    ("every key, many options", all_codes, |message| {
        (0..=255)
            .filter(|code| message.value(OptionCode::from_code(*code)).is_ok())
            .count()
    }),
    // Whole messages, as text.
    ("print: one code", |size| many(size, &[224, 1, 7]), print),
    ("print: every code", all_codes, print),
    (
        "print: names of pointers",
        |size| value(119, &pointers(size, 126), 255),
        print,
    ),
    ("print: overload", |size| overloaded(many(size, &[224, 1, 7])), print),
    ("print: no cookie", |size| vec![0xee; 236 + size], print),
    ("print: every code, in parts of one byte", all_codes_with_a_byte, print),
    ("print: four lists of names", four_lists, print),
    ("print: options 250 without bytes", continuations, print),
    (
        "print: line, text",
        |size| value(12, &vec![0xf0; size], 255),
        print_line,
    ),
    (
        "print: options, by Debug",
        |size| many(size, &[224, 0]),
        |message| debug(message.options()),
    ),
    (
        "print: options of 13 bytes, by Debug",
        |size| many(size, &[&[224, 13][..], &[200; 13]].concat()),
        |message| debug(message.options()),
    ),
    (
        "print: sub-options of vendors, by Debug",
        |size| value(125, &many_of(size, &vendor()), 255),
        |message| debug(value_of(message).map(Typed::decode)),
    ),
    (
        "print: text in a structure, by Debug",
        |size| value(81, &many_of(size, &[1, 0]), 255),
        |message| debug(value_of(message).map(Typed::decode)),
    ),
    (
        "print: one value picked often, by Debug",
        |size| value(60, &vec![200; size], 255),
        |message| debug(message.pick([option::CLASS_ID.code(); 254])),
    ),
    (
        "print: one value with empty pieces picked often",
        |size| packet(&[vec![60, 1, 1], many_of(size - 6, &[60, 0]), vec![60, 1, 1]].concat()),
        |message| debug(message.pick([option::CLASS_ID.code(); 254])),
    ),
    (
        "print: sub-options, by Debug",
        |size| value(82, &many_of(size, &[1, 0]), 255),
        |message| debug(message.find(option::RELAY_AGENT_INFORMATION)),
    ),
    (
        "print: bytes, by Debug",
        |size| value(60, &vec![200; size], 255),
        |message| debug(message.pick([option::CLASS_ID.code(); 2])),
    ),
    // Comparisons.
    (
        "equal: a list of names and itself",
        |size| value(119, &pointers(size, 15), 255),
        |message| {
            let lists = [(); 2].map(|()| message.find(option::DOMAIN_SEARCH));
            usize::from(lists[0].is_some() && lists[0] == lists[1])
        },
    ),
    (
        "equal: lists of names of different case",
        |size| {
            let lists = [*b"\x01a", *b"\x01A"].map(|label| [&label[..], &pointers(size / 2, 14)].concat());
            let [list, other] = [value(119, &lists[0], 255), value(88, &lists[1], 255)];
            [&list[..], other.get(243..).unwrap_or_default()].concat()
        },
        |message| {
            let lists = (
                message.find(option::DOMAIN_SEARCH),
                message.find(option::BCMCS_DOMAIN_NAMES),
            );
            usize::from(lists.0.is_some() && lists.0 == lists.1)
        },
    ),
    (
        "equal: options 250 of one byte",
        |size| value(250, &vec![255; size / 3], 1),
        |message| {
            let values = [(); 2].map(|()| message.value(OptionCode::CONTINUATION).ok().flatten());
            usize::from(values[0].is_some() && values[0] == values[1])
        },
    ),
    (
        "user classes of one byte, one by one",
        |size| value(77, &many_of(size, &[1, 7]), 255),
        |message| {
            let classes = message.find(option::USER_CLASS);
            classes.map_or(0, |classes| usize::from(classes.contains([8])))
        },
    ),
    (
        "each user class, in fragments of one byte",
        |size| value(77, &many_of(size / 3, &[1, 7]), 1),
        |message| {
            message
                .find(option::USER_CLASS)
                .map_or(0, |classes| classes.iter().count())
        },
    ),
    (
        "equal: user classes, scattered",
        |size| scattered(77, &many_of(size / 5, &[1, 7])),
        |message| {
            message
                .find(option::USER_CLASS)
                .map_or(0, |classes| usize::from(classes.contains([8])))
        },
    ),
    // The parts of a value.
    (
        "labels: 127 pointers, scattered",
        |size| scattered(119, &deep_name(size / 5)),
        labels,
    ),
    // The editor, which passes over what stays.
    ("edit: options 250 without bytes", continuations, |message| {
        edit(message, |_| {})
    }),
    (
        "edit: 16 options set, options 250",
        |size| overloaded(continuations(size - 200)),
        |message| {
            edit(message, |editor| {
                for code in 110..125 {
                    editor.set_raw(OptionCode::from_code(code), b"host");
                }
            })
        },
    ),
    (
        "edit: empty options 250 set, others dropped",
        |size| many(size, &[250, 0]),
        |message| {
            edit(message, |editor| {
                editor
                    .set_raw(OptionCode::CONTINUATION, b"host")
                    .retain(|option| option.code.code() != 225);
            })
        },
    ),
    (
        "edit: all removed",
        |size| many(size, &[224, 1, 7]),
        |message| edit(message, |editor| _ = editor.remove(OptionCode::from_code(224))),
    ),
    (
        "edit: every other dropped",
        |size| many(size, &[224, 0, 225, 3, 7, 7, 7]),
        |message| {
            edit(message, |editor| {
                _ = editor.retain(|option| option.code.code() != 225);
            })
        },
    ),
];

/// A value of one option: what it is, and the packet that has it. It is read, and it is printed.
type Typical = (&'static str, fn(usize) -> Vec<u8>);

const VALUES: &[Typical] = &[
    // Values in one piece, or in parts as long as can be.
    ("119: pointers", |size| value(119, &pointers(size, 126), 255)),
    ("119: pointers far back", |size| {
        value(119, &pointers_far_back(size, 20), 255)
    }),
    ("119: labels of one byte", |size| {
        value(119, &many_of(size, &name(126)), 255)
    }),
    ("119: roots", |size| value(119, &vec![0; size], 255)),
    ("82: sub-options of no bytes", |size| {
        value(82, &many_of(size, &[1, 0]), 255)
    }),
    ("125: sub-options of no bytes", |size| {
        value(125, &many_of(size, &vendor()), 255)
    }),
    ("125: vendors of no bytes", |size| {
        value(125, &many_of(size, &[0, 0, 1, 55, 0]), 255)
    }),
    ("124: vendors of one byte", |size| {
        value(124, &many_of(size, &[0, 0, 1, 55, 1, 7]), 255)
    }),
    ("43: sub-options of no bytes", |size| {
        value(43, &many_of(size, &[1, 0]), 255)
    }),
    ("43: filling", |size| value(43, &vec![0; size], 255)),
    ("121: default routes", |size| {
        value(121, &many_of(size, &[0, 192, 0, 2, 1]), 255)
    }),
    ("77: classes of one byte", |size| {
        value(77, &many_of(size, &[1, 7]), 255)
    }),
    ("162: servers with a name of one label", |size| {
        value(162, &many_of(size, &[0, 6, 0, 1, 3, 1, b'a', 0]), 255)
    }),
    ("60: text that is no UTF-8", |size| value(60, &vec![0xf0; size], 255)),
    ("119: pointers, as many as are read", |size| {
        value(119, &pointers(size, 23), 255)
    }),
    ("119: pointers to pointers", |size| value(119, &deep_names(size), 255)),
    ("81: ASCII", |size| {
        value(81, &[&[0, 0, 0], vec![0xf0; size].as_slice()].concat(), 255)
    }),
    ("61: hardware address", |size| value(61, &vec![1; size], 255)),
    ("249: routes of no width", |size| {
        value(249, &many_of(size, &[0, 0, 0, 0, 0]), 255)
    }),
    ("150: addresses", |size| value(150, &many_of(size, &[255; 4]), 255)),
    ("158: lists of one address", |size| {
        value(158, &many_of(size, &[4, 255, 255, 255, 255]), 255)
    }),
    ("143: texts of one byte", |size| {
        value(143, &many_of(size, &[0, 1, 0xf0]), 255)
    }),
    ("93: architectures", |size| value(93, &many_of(size, &[0, 7]), 255)),
    ("55: codes", |size| value(55, &vec![200; size], 255)),
    // In fragments of one byte, with an empty option between them.
    ("119: pointers, scattered", |size| {
        scattered(119, &pointers_far_back(size / 5, 20))
    }),
    ("119: pointers to the first, scattered", |size| {
        scattered(119, &pointers(size / 5, 20))
    }),
    ("119: labels, scattered", |size| {
        scattered(119, &many_of(size / 5, &name(20)))
    }),
    ("119: roots, scattered", |size| scattered(119, &vec![0; size / 5])),
    ("119: no root, PADs between", |size| {
        between(119, &[many_of(size / 4, &[0]), vec![1]].concat(), &[0])
    }),
    ("101: text, PADs between", |size| {
        between(101, &vec![0xf0; size / 4], &[0])
    }),
    ("82, scattered", |size| scattered(82, &many_of(size / 5, &[1, 0]))),
    ("125, scattered", |size| scattered(125, &many_of(size / 5, &vendor()))),
    ("124, scattered", |size| {
        scattered(124, &many_of(size / 5, &[0, 0, 1, 55, 1, 7]))
    }),
    ("43, scattered", |size| scattered(43, &many_of(size / 5, &[0, 1, 1, 7]))),
    ("121, scattered", |size| {
        scattered(121, &many_of(size / 5, &[0, 192, 0, 2, 1]))
    }),
    ("162, scattered", |size| {
        scattered(162, &many_of(size / 5, &[0, 6, 0, 1, 3, 1, b'a', 0]))
    }),
    ("61, scattered", |size| scattered(61, &vec![255; size / 5])),
    ("60, scattered", |size| scattered(60, &vec![b'a'; size / 5])),
    ("60: no UTF-8, scattered", |size| scattered(60, &vec![0xf0; size / 5])),
    ("6, scattered", |size| scattered(6, &many_of(size / 5, &[192, 0, 2, 1]))),
    ("60: one gap", one_gap),
    ("162, in fragments of one byte", |size| {
        value(162, &many_of(size / 3, &[0, 6, 0, 1, 3, 1, b'a', 0]), 1)
    }),
];

fn kinds() -> Vec<Kind> {
    let values = VALUES.iter().flat_map(|(name, packet)| {
        [("read", read as fn(Message<'_>) -> usize), ("print", read_and_print)].map(|(what, read)| Kind {
            name: format!("{what} {name}"),
            packet: *packet,
            read,
        })
    });
    let others = KINDS.iter().map(|(name, packet, read)| Kind {
        name: (*name).to_owned(),
        packet: *packet,
        read: *read,
    });
    others.chain(values).collect()
}

fn main() -> ExitCode {
    let kinds = kinds();
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (Some(name), Some(Ok(size))) = (arguments.next(), arguments.next().map(|size| size.parse())) else {
        let names: String = kinds.iter().map(|kind| format!("{}\n", kind.name)).collect();
        return ExitCode::from(u8::from(std::io::stdout().write_all(names.as_bytes()).is_err()));
    };
    let Some(kind) = kinds.iter().find(|kind| kind.name == name) else {
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

/// Joins the option that the packet is made of: the second, after option 53.
fn value_of(message: Message<'_>) -> Option<Value<'_>> {
    let option = message.options().flatten().nth(1)?;
    message.value(option.code).ok()?
}

/// Reads the option in its format.
fn read(message: Message<'_>) -> usize {
    value_of(message).map_or(0, |value| usize::from(black_box(Typed::decode(value)).is_ok()))
}

/// Reads the option in its format, and prints it.
fn read_and_print(message: Message<'_>) -> usize {
    let mut sink = Sink(0);
    if let Some(value) = value_of(message) {
        let _ = match Typed::decode(value) {
            Ok(typed) => write!(sink, "{typed}"),
            Err(error) => write!(sink, "{value} {error}"),
        };
    }
    sink.0
}

/// Reads the labels of the last name of a list.
fn labels(message: Message<'_>) -> usize {
    let list = message.find(option::DOMAIN_SEARCH);
    let name = list.and_then(|list| list.iter().last());
    name.map_or(0, |name| name.labels().map(|label| label.len()).sum())
}

fn print(message: Message<'_>) -> usize {
    let mut sink = Sink(0);
    let _ = write!(sink, "{message:#}");
    sink.0
}

fn print_line(message: Message<'_>) -> usize {
    let mut sink = Sink(0);
    let _ = write!(sink, "{message}");
    sink.0
}

fn debug(value: impl fmt::Debug) -> usize {
    let mut sink = Sink(0);
    let _ = write!(sink, "{value:#?}");
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

/// An option of 255 bytes, and options 250 of none, of which the first continues it.
fn continuations(size: usize) -> Vec<u8> {
    packet(&[full_of(60), many_of(size - 257, &[250, 0])].concat())
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
    between(code, bytes, &[224, 0])
}

/// The same with `others` between.
fn between(code: u8, bytes: &[u8], others: &[u8]) -> Vec<u8> {
    let parts = bytes.iter().flat_map(|byte| [&[code, 1, *byte][..], others].concat());
    packet(&parts.collect::<Vec<u8>>())
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

/// A name that follows up to 127 pointers, hidden in the labels of other names, to its one label.
fn deep_name(size: usize) -> Vec<u8> {
    let (mut bytes, mut target) = (b"\x03end\0".to_vec(), 0);
    for _ in 0..4 {
        bytes.push(62);
        for _ in 0..31 {
            let at = u16::try_from(bytes.len()).unwrap_or_default();
            bytes.extend((0xc000_u16 | target).to_be_bytes());
            target = at;
        }
        bytes.push(0);
    }
    bytes.resize(bytes.len().max(size.saturating_sub(2)), 0);
    bytes.extend((0xc000 | target).to_be_bytes());
    bytes
}

/// Such a name, then as many pointers to it as there is room for.
fn deep_names(size: usize) -> Vec<u8> {
    let mut bytes = deep_name(0);
    let last = bytes.split_off(bytes.len().saturating_sub(2));
    while bytes.len() < size {
        bytes.extend(&last);
    }
    bytes
}

/// Options of one byte of all codes, over and over.
fn all_codes_with_a_byte(size: usize) -> Vec<u8> {
    let codes = (1..255).filter(|code| *code != 52).cycle();
    packet(
        &codes
            .take(size / 3)
            .flat_map(|code| [code, 1, 0xf0])
            .collect::<Vec<u8>>(),
    )
}

/// All options that are lists of names.
fn four_lists(size: usize) -> Vec<u8> {
    let mut options = Vec::new();
    for code in [88, 119, 141] {
        options.extend(value(code, &pointers(size / 4, 23), 255).split_off(243));
    }
    options.extend(value(120, &[&[0], vec![0; size / 4].as_slice()].concat(), 255).split_off(243));
    packet(&options)
}

/// A vendor with sub-options of no bytes.
fn vendor() -> Vec<u8> {
    [&[0, 0, 1, 55, 40][..], &[1, 0].repeat(20)].concat()
}
