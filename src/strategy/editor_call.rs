//! Edits: what an author's code may ask of an editor.

use core::net::Ipv4Addr;
use std::vec;
use std::vec::Vec;

use proptest::collection::vec as vec_of;
use proptest::prelude::*;
use proptest::sample::select;

use super::sample::Bytes;
use crate::message::{Editor, LongForm, OptionCode, SuboptionChanges, option};

/// A call of a method of [`Editor`]: the one of that name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditorCall {
    /// [`Editor::set_raw`].
    SetRaw(OptionCode, Bytes),
    /// [`Editor::append_raw`].
    AppendRaw(OptionCode, Bytes),
    /// [`Editor::remove`].
    Remove(OptionCode),
    /// [`Editor::set`] with [`SuboptionChanges`] to option 82, or else to 43, of the message: each sets or removes a
    /// sub-option.
    Suboptions(OptionCode, Vec<(u8, Option<Bytes>)>),
    /// [`Editor::retain`]: keeps or drops the options, one after the other, as the list says, over and over.
    Retain(Vec<bool>),
    /// [`Editor::free_fields`].
    FreeFields,
    /// [`Editor::long_form`].
    LongForm(LongForm),
    /// [`Editor::xid`].
    Xid(u32),
    /// [`Editor::yiaddr`].
    Yiaddr(Ipv4Addr),
    /// [`Editor::sname`].
    Sname(Bytes),
    /// [`Editor::file`].
    File(Bytes),
    /// [`Editor::chaddr`].
    Chaddr(Bytes),
    /// [`Editor::limit`].
    Limit(usize),
    /// [`Editor::pad_to`].
    PadTo(usize),
}

impl EditorCall {
    /// Makes the call to `editor`.
    pub fn apply<'v>(&'v self, editor: &mut Editor<'_, 'v>) {
        match self {
            Self::SetRaw(code, value) => editor.set_raw(*code, value),
            Self::AppendRaw(code, value) => editor.append_raw(*code, value),
            Self::Remove(code) => editor.remove(*code),
            Self::Suboptions(code, changes) => change_suboptions(editor, *code, changes),
            Self::Retain(keep) => {
                let mut keep = keep.iter().cycle();
                editor.retain(|_| *keep.next().unwrap_or(&true))
            }
            Self::FreeFields => editor.free_fields(),
            Self::LongForm(form) => editor.long_form(*form),
            Self::Xid(xid) => editor.xid(*xid),
            Self::Yiaddr(address) => editor.yiaddr(*address),
            Self::Sname(name) => editor.sname(name),
            Self::File(name) => editor.file(name),
            Self::Chaddr(address) => editor.chaddr(address),
            Self::Limit(bytes) => editor.limit(*bytes),
            Self::PadTo(bytes) => editor.pad_to(*bytes),
        };
    }
}

#[inline]
fn change_suboptions<'e, 'b, 'v>(
    editor: &'e mut Editor<'b, 'v>,
    code: OptionCode,
    changes: &[(u8, Option<Bytes>)],
) -> &'e mut Editor<'b, 'v> {
    let before = editor.message().ok().and_then(|message| message.value(code).ok()?);
    let changes = changes.iter().fold(
        SuboptionChanges::from(before),
        |changes, (suboption, value)| match value {
            Some(value) => changes.set_raw(*suboption, value),
            None => changes.remove(*suboption),
        },
    );
    if code == option::RELAY_AGENT_INFORMATION.code() {
        editor.set(option::RELAY_AGENT_INFORMATION, changes)
    } else {
        editor.set(option::VENDOR_SPECIFIC, changes)
    }
}

/// Yields one call: of options that [`message`](super::message) is likely to have, of sub-options of 43 and 82, or of
/// the header; sometimes one that must fail.
#[inline]
pub fn editor_call() -> impl Strategy<Value = EditorCall> {
    let code = || select(vec![1, 6, 12, 43, 51, 53, 58, 82, 250]).prop_map(OptionCode::from_code);
    let nested = || {
        select(vec![
            option::VENDOR_SPECIFIC.code(),
            option::RELAY_AGENT_INFORMATION.code(),
        ])
    };
    prop_oneof![
        5 => (code(), edited_value()).prop_map(|(code, value)| EditorCall::SetRaw(code, value)),
        3 => (code(), edited_value()).prop_map(|(code, value)| EditorCall::AppendRaw(code, value)),
        3 => code().prop_map(EditorCall::Remove),
        3 => (nested(), vec_of((0_u8..5, proptest::option::of(any_value(9))), 1..4))
            .prop_map(|(code, changes)| EditorCall::Suboptions(code, changes)),
        1 => vec_of(any::<bool>(), 1..9).prop_map(EditorCall::Retain),
        1 => Just(EditorCall::FreeFields),
        1 => select(vec![LongForm::Repeated, LongForm::Continued]).prop_map(EditorCall::LongForm),
        1 => any::<u32>().prop_map(EditorCall::Xid),
        1 => any::<[u8; 4]>().prop_map(|bytes| EditorCall::Yiaddr(bytes.into())),
        1 => any_value(70).prop_map(EditorCall::Sname),
        1 => any_value(140).prop_map(EditorCall::File),
        1 => any_value(18).prop_map(EditorCall::Chaddr),
        1 => (236_usize..700).prop_map(EditorCall::Limit),
        1 => select(vec![240, 300, 576]).prop_map(EditorCall::PadTo),
    ]
}

/// Yields the edits of one [`Editor`], in order; sometimes more than it takes.
#[inline]
pub fn edit_script() -> impl Strategy<Value = Vec<EditorCall>> {
    let more = prop_oneof![12 => Just(vec![]), 1 => vec_of(editor_call(), 0..24)];
    (vec_of(editor_call(), 0..6), more).prop_map(|(calls, more)| [calls, more].concat())
}

/// Yields values for options: short, longer than one option holds, such that fill their last option, or of
/// sub-options.
#[inline]
fn edited_value() -> impl Strategy<Value = Bytes> {
    let suboption = (0_u8..5, vec_of(any::<u8>(), 0..4)).prop_map(|(code, value)| {
        let mut bytes = vec![code, u8::try_from(value.len()).unwrap_or_default()];
        bytes.extend(value);
        bytes
    });
    prop_oneof![
        6 => any_value(30),
        1 => any_value(600),
        1 => select(vec![255_usize, 510]).prop_map(|length| Bytes(vec![7; length])),
        1 => vec_of(suboption, 0..5).prop_map(|suboptions| Bytes(suboptions.concat())),
    ]
}

/// Yields any bytes, fewer than `length`.
#[inline]
fn any_value(length: usize) -> impl Strategy<Value = Bytes> {
    vec_of(any::<u8>(), 0..length).prop_map(Bytes)
}
