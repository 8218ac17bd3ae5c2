//! A few edits of any bytes: the result is a message that can be read and has what was set, or nothing has changed.
#![no_main]

use dhcp_callout_support::reading;

use arbitrary::Arbitrary;
use dhcp_callout::message::{Flags, HEADER_LENGTH, MAGIC_COOKIE, OptionCode, Typed};
use dhcp_callout::{Message, PACKET_CAPACITY, PacketBuffer};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    /// The message is edited where it stands, or from there into another buffer.
    in_place: bool,
    edits: Vec<Edit<'a>>,
    /// Which fields hold options, if it is not 0: the value of option 52.
    overload: u8,
    /// What `sname` and then `file` hold.
    fields: &'a [u8],
    options: &'a [u8],
}

impl Input<'_> {
    /// The message; a fuzzer would need long to put the cookie where it belongs.
    fn packet(&self) -> Vec<u8> {
        let mut packet = vec![0; 44];
        packet.extend(self.fields);
        packet.resize(HEADER_LENGTH, 0);
        packet.extend(MAGIC_COOKIE);
        if self.overload != 0 {
            packet.extend([52, 1, self.overload & 3]);
        }
        packet.extend(self.options);
        packet
    }
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Edit<'a> {
    Set(u8, &'a [u8]),
    /// Sets an option to the value that it has.
    SetTyped(u8),
    Append(u8, &'a [u8]),
    Remove(u8),
    Retain(u8),
    SetSuboption(bool, u8, &'a [u8]),
    RemoveSuboption(bool, u8),
    Limit(u16),
    PadTo(u16),
    Flags(u16),
    Sname(&'a [u8]),
    File(&'a [u8]),
    Chaddr(&'a [u8]),
}

fuzz_target!(|input: Input<'_>| {
    let packet = input.packet();
    let message = Message::parse(&packet).expect("no shorter than a header");
    let mut buffer = PacketBuffer::new();
    if input.in_place && buffer.copy_from(&packet).is_err() {
        return;
    }
    let before = buffer.as_bytes().to_vec();
    // At most a few, so that what is tried is found.
    let edits = input.edits.get(..8).unwrap_or(&input.edits);
    let mut editor = if input.in_place {
        buffer.edit()
    } else {
        buffer.edit_from(message)
    };
    for edit in edits {
        let nested = |relay| OptionCode::from_code(if relay { 82 } else { 43 });
        match *edit {
            Edit::Set(code, value) => editor.set_raw(OptionCode::from_code(code), value),
            Edit::SetTyped(code) => {
                let code = OptionCode::from_code(code);
                let value = message
                    .value(code)
                    .ok()
                    .flatten()
                    .and_then(|value| Typed::decode(value).ok());
                match value {
                    Some(value) => editor.set_typed(code, &value),
                    None => &mut editor,
                }
            }
            Edit::Append(code, value) => editor.append_raw(OptionCode::from_code(code), value),
            Edit::Remove(code) => editor.remove(OptionCode::from_code(code)),
            Edit::Retain(bits) => editor.retain(|option| option.code.code() & 7 != bits & 7),
            Edit::SetSuboption(relay, code, value) => editor.set_suboption(nested(relay), code, value),
            Edit::RemoveSuboption(relay, code) => editor.remove_suboption(nested(relay), code),
            Edit::Limit(limit) => editor.limit(limit.into()),
            Edit::PadTo(size) => editor.pad_to(size.into()),
            Edit::Flags(bits) => editor.flags(Flags::from_bits_retain(bits)),
            Edit::Sname(name) => editor.sname(name),
            Edit::File(name) => editor.file(name),
            Edit::Chaddr(address) => editor.chaddr(address),
        };
    }
    match editor.finish() {
        Ok(size) => {
            assert_eq!(size, buffer.size());
            assert!(size <= PACKET_CAPACITY);
            let edited = Message::parse(buffer.as_bytes()).expect("an edit leaves a message");
            assert!(
                edited.options().all(|option| option.is_ok()),
                "an edit leaves options that can be read"
            );
            if let [.., Edit::Set(code, value)] = edits {
                let found = edited.value(OptionCode::from_code(*code)).expect("no fault");
                // PAD and END are no options, and 52 follows from the fields.
                if !matches!(code, 0 | 52 | 255) {
                    assert!(found.is_some_and(|found| found == **value), "{found:?}");
                }
            }
            if let [.., Edit::Remove(code)] = edits {
                let found = edited.value(OptionCode::from_code(*code)).expect("no fault");
                assert!(found.is_none() || *code == 52, "{found:?}");
            }
            reading::message(edited);
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert_eq!(buffer.as_bytes(), before, "a failed edit changes nothing");
        }
    }
});
