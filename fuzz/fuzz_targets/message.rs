//! Any bytes as a message: no reading panics, every walk ends, the joined values hold the bytes of the raw options and
//! read the same in one piece, and what is printed stays on its lines.
#![no_main]

use std::collections::BTreeMap;
use std::ffi::c_char;
use std::fmt::{self, Write};

use dhcp_callout_support::reading;

use dhcp_callout::Message;
use dhcp_callout::message::{
    Area, Expected, HEADER_LENGTH, MAGIC_COOKIE, OptionCode, OptionError, RawOption, Typed, Value, ValueErrorKind,
};
use libfuzzer_sys::fuzz_target;

/// Option 52, which says what other fields hold options.
const OVERLOAD: OptionCode = OptionCode::from_code(52);

/// Lets the address sanitizer not look for stack frames that are used when they are gone: what this target calls has no
/// `unsafe` code that could do it, and to look takes a third of the time.
#[unsafe(no_mangle)]
extern "C" fn __asan_default_options() -> *const c_char {
    c"detect_stack_use_after_return=0".as_ptr()
}

fuzz_target!(|packet: &[u8]| {
    let Ok(message) = Message::parse(packet) else {
        assert!(packet.len() < HEADER_LENGTH);
        return;
    };
    header(message);
    let (options, fault) = walk(message);
    // Codes that are there, each once, and one that may not be: all others take the same way.
    let mut codes: Vec<_> = options.iter().map(|option| option.code).collect();
    codes.extend([OVERLOAD, OptionCode::from_code(packet[0])]);
    codes.sort_unstable();
    codes.dedup();
    let mut sink = reading::Sink::default();
    let fragments = fragments(&options);
    for code in codes {
        let fragments = fragments.get(&code).map_or(&[][..], |fragments| fragments);
        value(message, code, fragments, fault, &mut sink);
    }
    end(message, &options, fault);
    write!(OnLines { may_end: false }, "{message}").expect("one line");
    write!(OnLines { may_end: true }, "{message:#}").expect("only lines");
});

/// Takes text without control characters, except that lines may end in it.
struct OnLines {
    may_end: bool,
}

impl Write for OnLines {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let allowed = if self.may_end { b'\n' } else { b' ' };
        // Without a branch for each byte, of which the fuzzer would keep a record.
        let has_control = text.bytes().fold(false, |found, byte| {
            found | (((byte < b' ') | (byte == 0x7F)) & (byte != allowed))
        });
        let has_other = !text.is_ascii() && text.chars().any(|other| !other.is_ascii() && other.is_control());
        if has_control || has_other {
            Err(fmt::Error)
        } else {
            Ok(())
        }
    }
}

/// Returns the options by the code of whose value they are: a 250 that continues another option is a piece of that
/// one's.
fn fragments<'a>(options: &[RawOption<'a>]) -> BTreeMap<OptionCode, Vec<RawOption<'a>>> {
    let mut fragments: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut owner = OptionCode::PAD;
    for option in options {
        if !option.continues {
            owner = option.code;
        }
        fragments.entry(owner).or_default().push(*option);
    }
    fragments
}

fn header(message: Message<'_>) {
    let packet = message.as_bytes();
    assert_eq!(message.op().code(), packet[0]);
    assert_eq!(message.htype().code(), packet[1]);
    assert_eq!(message.hlen(), packet[2]);
    assert_eq!(message.hops(), packet[3]);
    assert_eq!(message.xid().to_be_bytes(), packet[4..8]);
    assert_eq!(message.secs().to_be_bytes(), packet[8..10]);
    assert_eq!(message.flags().bits().to_be_bytes(), packet[10..12]);
    assert_eq!(message.ciaddr().octets(), packet[12..16]);
    assert_eq!(message.yiaddr().octets(), packet[16..20]);
    assert_eq!(message.siaddr().octets(), packet[20..24]);
    assert_eq!(message.giaddr().octets(), packet[24..28]);
    assert_eq!(message.chaddr_field()[..], packet[28..44]);
    assert_eq!(message.sname()[..], packet[44..108]);
    assert_eq!(message.file()[..], packet[108..236]);
    match message.chaddr() {
        Ok(chaddr) => assert_eq!(chaddr, &packet[28..28 + usize::from(packet[2])]),
        Err(error) => assert!(error.hlen > 16 && error.hlen == packet[2]),
    }
    let is_ethernet = packet[1..3] == [1, 6];
    assert_eq!(
        message.mac().as_ref().map(|mac| &mac[..]),
        is_ethernet.then_some(&packet[28..34])
    );
    assert_eq!(message.has_cookie(), packet.get(236..240) == Some(&MAGIC_COOKIE[..]));
}

/// Walks all options, and returns those before the fault, and the fault.
fn walk(message: Message<'_>) -> (Vec<RawOption<'_>>, Option<OptionError>) {
    let packet = message.as_bytes();
    let mut walk = message.options();
    let mut options = Vec::new();
    let mut fault = None;
    for option in walk.by_ref() {
        assert_eq!(fault, None, "a walk ends with its fault");
        match option {
            Ok(option) => {
                // Two bytes at least for each, in all fields.
                assert!(options.len() * 2 <= packet.len(), "a walk ends");
                let (start, end) = field(option.area, packet);
                let bytes = &packet[option.offset..option.value_offset() + option.value.len()];
                assert!(start <= option.offset && option.value_offset() + option.value.len() <= end);
                assert_eq!(
                    bytes[..2],
                    [option.code.code(), u8::try_from(option.value.len()).unwrap()]
                );
                assert_eq!(&bytes[2..], option.value);
                options.push(option);
            }
            Err(error) => {
                assert_eq!(packet[error.offset()], error.code().code());
                assert!(!error.to_string().is_empty());
                fault = Some(error);
            }
        }
    }
    assert_eq!(walk.next(), None, "a walk stays at its end");
    assert!(message.has_cookie() || (options.is_empty() && fault.is_none()));
    (options, fault)
}

fn field(area: Area, packet: &[u8]) -> (usize, usize) {
    match area {
        Area::Options => (240, packet.len()),
        Area::File => (108, 236),
        Area::Sname => (44, 108),
    }
}

/// Compares the joined value of `code` with the bytes of its `fragments`.
fn value(
    message: Message<'_>,
    code: OptionCode,
    fragments: &[RawOption<'_>],
    fault: Option<OptionError>,
    sink: &mut reading::Sink,
) {
    // Option 52 counts in the options field only, and so does a fault on the way to it.
    let everywhere = code != OVERLOAD;
    let counts = |option: &&RawOption<'_>| everywhere || option.area == Area::Options;
    let fragments: Vec<_> = fragments.iter().filter(counts).collect();
    let Some(first) = fragments.first() else {
        match message.value(code) {
            Ok(found) => assert!(found.is_none() && (fault.is_none() || !everywhere)),
            Err(error) => assert_eq!(Some(error), fault),
        }
        return;
    };
    let expected: Vec<u8> = fragments.iter().flat_map(|option| option.value).copied().collect();
    let value = message.value(code).expect("before the fault").expect("present");
    assert_eq!(value.code(), code);
    assert!(value.fragments().all(|fragment| !fragment.is_empty()));
    assert_eq!(value.fragments().collect::<Vec<_>>().concat(), expected);
    same(value, &expected);
    if value.as_slice().is_none() {
        typed(value, &expected);
    }
    reading::value(value, sink);
    if code.name().is_none() {
        reading::elements(value, sink);
    }
    if value.is_empty() {
        assert!(fragments.iter().any(|option| option.value_offset() == value.offset()));
    } else {
        let first = fragments
            .iter()
            .find(|option| !option.value.is_empty())
            .unwrap_or(first);
        assert_eq!(value.offset(), first.value_offset());
    }
    // The first byte says where to split, so that the input decides.
    let middle = expected
        .first()
        .map_or(0, |first| usize::from(*first) % (expected.len() + 1));
    let (front, rest) = value.split_at(middle).expect("within the value");
    same(front, &expected[..middle]);
    same(rest, &expected[middle..]);
    assert!(value.split_at(expected.len() + 1).is_none());
}

/// Checks that `value` is `expected` by every way of reading it.
fn same(value: Value<'_>, expected: &[u8]) {
    assert_eq!(value.len(), expected.len());
    assert_eq!(value.is_empty(), expected.is_empty());
    assert!(value.bytes().eq(expected.iter().copied()));
    assert!(value == *expected && value == Value::from_slice(value.code(), expected));
    assert!(value.starts_with(expected));
    if let Some(slice) = value.as_slice() {
        assert_eq!(slice, expected);
    }
    let mut out = vec![0; expected.len()];
    assert_eq!(value.copy_to(&mut out).expect("room"), expected);
    if let Some(short) = expected.len().checked_sub(1) {
        assert!(value.copy_to(&mut out[..short]).is_err());
    }
    assert_eq!(value.split_first().map(|(first, _)| first), expected.first().copied());
    assert_eq!(value.to_array::<4>(), expected.try_into().ok());
}

/// Checks that the value reads the same in one piece.
fn typed(value: Value<'_>, expected: &[u8]) {
    match (
        Typed::decode(value),
        Typed::decode(Value::from_slice(value.code(), expected)),
    ) {
        (Ok(split), Ok(whole)) => assert!(split == whole && split.to_string() == whole.to_string()),
        // Lists of names in several fragments have 4096 bytes at most.
        (Err(error), _)
            if matches!(
                error.kind(),
                ValueErrorKind::Length {
                    expected: Expected::AtMost(_),
                    ..
                }
            ) =>
        {
            assert!(value.as_slice().is_none() && value.len() > 4096);
        }
        (Err(split), Err(whole)) => assert_eq!(
            core::mem::discriminant(&split.kind()),
            core::mem::discriminant(&whole.kind())
        ),
        (split, whole) => panic!("{split:?} in parts, {whole:?} in one piece"),
    }
}

fn end(message: Message<'_>, options: &[RawOption<'_>], fault: Option<OptionError>) {
    let packet = message.as_bytes();
    let last = options.iter().rfind(|option| option.area == Area::Options);
    let after = last.map_or(240, |option| option.value_offset() + option.value.len());
    match message.end_offset() {
        Some(end) => {
            assert_eq!(packet[end], OptionCode::END.code());
            assert!(packet[after..end].iter().all(|byte| *byte == OptionCode::PAD.code()));
        }
        None if message.has_cookie() && fault.is_none() => {
            assert!(packet[after..].iter().all(|byte| *byte == OptionCode::PAD.code()));
        }
        None => {}
    }
}
