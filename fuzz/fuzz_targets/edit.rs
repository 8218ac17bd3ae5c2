//! A few edits of any bytes: the result is a message that can be read and has what was set, or nothing has changed.
#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use dhcp_callout::message::{Editor, Flags, OptionCode, SuboptionChanges, Typed, option};
use dhcp_callout::{Message, PACKET_CAPACITY, PacketBuffer};
use libfuzzer_sys::fuzz_target;

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
    FreeFields,
    Limit(u16),
    PadTo(u16),
    Flags(u16),
    Sname(&'a [u8]),
    File(&'a [u8]),
    Chaddr(&'a [u8]),
}

impl<'a> Edit<'a> {
    fn note(self, message: Message<'_>, editor: &mut Editor<'_, 'a>) {
        match self {
            Self::Set(code, value) => editor.set_raw(code, value),
            Self::SetTyped(code) => match message.value(code).map(|value| value.map(Typed::decode)) {
                Ok(Some(Ok(value))) => editor.set_typed(code, &value),
                _ => editor,
            },
            Self::Append(code, value) => editor.append_raw(code, value),
            Self::Remove(code) => editor.remove(code),
            Self::Retain(bits) => editor.retain(|option| option.code.code() & 7 != bits & 7),
            Self::SetSuboption(relay, code, value) => {
                change_suboptions(message, editor, relay, |changes| changes.set_raw(code, value))
            }
            Self::RemoveSuboption(relay, code) => {
                change_suboptions(message, editor, relay, |changes| changes.remove(code))
            }
            Self::FreeFields => editor.free_fields(),
            Self::Limit(limit) => editor.limit(limit.into()),
            Self::PadTo(size) => editor.pad_to(size.into()),
            Self::Flags(bits) => editor.flags(Flags::from_bits_retain(bits)),
            Self::Sname(name) => editor.sname(name),
            Self::File(name) => editor.file(name),
            Self::Chaddr(address) => editor.chaddr(address),
        };
    }
}

fn note_all<'a>(edits: &[Edit<'a>], message: Message<'_>, editor: &mut Editor<'_, 'a>) {
    for edit in edits {
        edit.note(message, editor);
    }
}

/// Changes the sub-options of option 82 or 43.
fn change_suboptions<'e, 'b, 'v, 'c>(
    message: Message<'c>,
    editor: &'e mut Editor<'b, 'v>,
    relay: bool,
    change: impl FnOnce(SuboptionChanges<'c>) -> SuboptionChanges<'c>,
) -> &'e mut Editor<'b, 'v> {
    let code = if relay { 82 } else { 43 };
    let changes = change(SuboptionChanges::from(message.value(code).ok().flatten()));
    if relay {
        editor.set(option::RELAY_AGENT_INFORMATION, changes)
    } else {
        editor.set(option::VENDOR_SPECIFIC, changes)
    }
}

// Two bytes that say how long the packet is, little-endian; the packet; what is left chooses where it is edited, and
// how.
fuzz_target!(|data: &[u8]| {
    let Some((length, rest)) = data.split_first_chunk() else {
        return;
    };
    let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
    let (packet, rest) = rest.split_at(length);
    let Ok(message) = Message::parse(packet) else {
        return;
    };
    let Ok((in_place, edits)) = <(bool, Vec<Edit<'_>>)>::arbitrary_take_rest(Unstructured::new(rest)) else {
        return;
    };
    let mut buffer = PacketBuffer::new();
    if in_place && buffer.copy_from(packet).is_err() {
        return;
    }
    let before = buffer.as_bytes().to_vec();
    // At most a few, so that what is tried is found.
    let edits = edits.get(..8).unwrap_or(&edits);
    let result = if in_place {
        buffer.edit(|editor| note_all(edits, message, editor))
    } else {
        buffer.edit_from(message, |editor| note_all(edits, message, editor))
    };
    match result {
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
            let _ = edited.to_string();
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert_eq!(buffer.as_bytes(), before, "a failed edit changes nothing");
        }
    }
});
