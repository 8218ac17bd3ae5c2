//! Changes to the sub-options of an option.

use super::code::OptionCode;
use super::codec::{Encode, Encoded, Encoder, Format, Key, Noted};
use super::option::values::{Element, RelayAgentInformation, Sequence, Suboption, SuboptionCode, VendorSpecific};
use super::value::Value;

/// The option of values whose errors nobody sees.
const NO_CODE: OptionCode = OptionCode::PAD;

/// How many sub-options one [`SuboptionChanges`] can change.
const MAX_CHANGES: usize = 16;

/// The value of an option with some of its sub-options changed: what [`Editor::set`](super::Editor::set) takes for
/// Vendor Specific Information (43), Relay Agent Information (82), and the other options of sub-options.
///
/// A sub-option that is set takes the place of the first of its code, and the others of that code go; a new one goes
/// after the last. An option that loses its last sub-option is removed. In option 43 a sub-option 0 is filling and a
/// sub-option 255 ends the value ([RFC 2132 section 8.4]): filling stays, what follows the end stays after it, and
/// neither can be changed. A sub-option of more than 255 bytes has no encoding, nor have more than 16 changes, or typed
/// values of more than 255 bytes together.
///
/// The changes are made to the value that they are created from, and the result replaces the option as any other value
/// does: if one edit sets an option twice, the second value counts, and has nothing of the first. So note all changes
/// to an option in one `SuboptionChanges`.
///
/// ```
/// use core::net::Ipv4Addr;
/// use dhcp_callout::PacketBuffer;
/// use dhcp_callout::message::option::relay;
/// use dhcp_callout::message::{MessageType, SuboptionChanges, option};
///
/// let mut buffer = PacketBuffer::request(MessageType::REQUEST, 1, &[2, 0, 0, 0, 0, 1])?;
/// buffer.edit(|editor| {
///     editor.set_raw(option::RELAY_AGENT_INFORMATION, &[1, 1, 7, 2, 0]);
/// })?;
///
/// buffer.edit(|editor| {
///     let agent = editor.message().ok().and_then(|message| message.value(82).ok()?);
///     let changes = SuboptionChanges::from(agent)
///         .set_raw(1, b"port 1")
///         .remove(2)
///         .set(relay::LINK_SELECTION, Ipv4Addr::new(192, 0, 2, 0));
///     editor.set(option::RELAY_AGENT_INFORMATION, changes);
/// })?;
/// assert_eq!(buffer.as_bytes()[243..260], *b"\x52\x0e\x01\x06port 1\x05\x04\xc0\x00\x02\x00\xff");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [RFC 2132 section 8.4]: https://www.rfc-editor.org/rfc/rfc2132#section-8.4
#[derive(Clone, Debug)]
pub struct SuboptionChanges<'v> {
    before: Option<Value<'v>>,
    /// In the order of the calls, at most one of each code; without a value if the sub-option is removed.
    changes: [Option<(u8, Option<Noted<'v>>)>; MAX_CHANGES],
    /// The typed values, one after the other.
    typed: [u8; 255],
    typed_len: u16,
    /// Whether some change is impossible.
    refused: bool,
}

impl<'v> SuboptionChanges<'v> {
    /// Creates changes to an option that is not there.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            before: None,
            changes: [None; MAX_CHANGES],
            typed: [0; 255],
            typed_len: 0,
            refused: false,
        }
    }

    /// Sets the sub-option of `key` to `value`, in place of all of its code.
    ///
    /// The value is encoded at once, and only borrowed until then.
    #[must_use]
    pub fn set<F: Format, C: SuboptionCode>(mut self, key: Key<F, C>, value: impl Encode<F>) -> Self {
        let start = self.typed_len;
        let free = self.typed.get_mut(start.into()..).unwrap_or_default();
        let mut out = Encoder::new(free);
        value.encode(&mut out);
        let encoded = match out.encoded() {
            Encoded::Value(len) => free.get(..len),
            Encoded::Omitted | Encoded::Refused => None,
        };
        let encoded = encoded.filter(|bytes| key.decode(Value::from_slice(NO_CODE, bytes)).is_ok());
        let Some(len) = encoded.and_then(|bytes| u16::try_from(bytes.len()).ok()) else {
            self.refused = true;
            return self;
        };
        self.typed_len = start.saturating_add(len);
        self.change(key.code().into(), Some(Noted::Typed { start, len }))
    }

    /// Sets the sub-option `code` to the bytes of `value`, in place of all of that code.
    #[must_use]
    pub fn set_raw(self, code: impl SuboptionCode, value: &'v [u8]) -> Self {
        self.change(code.into(), Some(Noted::Given(value)))
    }

    /// Removes all sub-options `code`.
    #[must_use]
    pub fn remove(self, code: impl SuboptionCode) -> Self {
        self.change(code.into(), None)
    }

    fn change(mut self, code: u8, value: Option<Noted<'v>>) -> Self {
        let others = self.changes.into_iter().flatten().filter(|(other, _)| *other != code);
        let mut changes = others.chain([(code, value)]);
        self.changes = core::array::from_fn(|_| changes.next());
        self.refused |= changes.next().is_some();
        self
    }

    /// Returns each code that changes, with the new value if the sub-option is not removed.
    fn changes(&self) -> impl Iterator<Item = (u8, Option<Value<'_>>)> {
        let bytes = |value: Noted<'v>| Value::from_slice(NO_CODE, value.read(&self.typed));
        let changes = self.changes.iter().flatten();
        changes.map(move |(code, value)| (*code, value.map(bytes)))
    }

    /// Writes the changed value; `padded` is whether 0 and 255 are filling and the end.
    fn write(&self, out: &mut Encoder<'_>, padded: bool) {
        let is_reserved = |(code, _)| padded && matches!(code, 0 | 255);
        if self.refused || self.changes().any(is_reserved) {
            out.refuse();
        }
        let start = out.len;
        let mut placed = [false; 256];
        let mut rest = self.before.unwrap_or(Value::from_slice(NO_CODE, &[]));
        while let Some((code, after_code)) = rest.split_first() {
            if padded && code == 0 {
                out.put(&[0]);
                rest = after_code;
                continue;
            }
            let mut after = rest;
            let suboption = match Suboption::take(&mut after) {
                Ok(Some(suboption)) if !(padded && code == 255) => suboption,
                _ => break, // The end; or a fault, which the editor meets when it reads the value.
            };
            rest = after;
            let is_placed = placed
                .get_mut(usize::from(code))
                .map(|placed| core::mem::replace(placed, true));
            match self.changes().find(|(changed, _)| *changed == code) {
                None => out.put_suboption(code, suboption.value),
                Some((_, Some(value))) if is_placed == Some(false) => out.put_suboption(code, value),
                Some(_) => {}
            }
        }
        for (code, value) in self.changes() {
            if let (Some(value), Some(false)) = (value, placed.get(usize::from(code))) {
                out.put_suboption(code, value);
            }
        }
        out.put_value(rest);
        if out.len == start {
            out.omit();
        }
    }
}

impl Default for SuboptionChanges<'_> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'v> From<Value<'v>> for SuboptionChanges<'v> {
    /// Creates changes to an option that has this value.
    fn from(before: Value<'v>) -> Self {
        Self::from(Some(before))
    }
}

impl<'v> From<Option<Value<'v>>> for SuboptionChanges<'v> {
    /// Creates changes to an option that has this value, if it is there.
    fn from(before: Option<Value<'v>>) -> Self {
        Self { before, ..Self::new() }
    }
}

impl Encode<VendorSpecific<'static>> for SuboptionChanges<'_> {
    fn encode(&self, out: &mut Encoder<'_>) {
        self.write(out, true);
    }
}

impl Encode<RelayAgentInformation<'static>> for SuboptionChanges<'_> {
    fn encode(&self, out: &mut Encoder<'_>) {
        self.write(out, false);
    }
}

impl Encode<Sequence<'static, Suboption<'static>>> for SuboptionChanges<'_> {
    fn encode(&self, out: &mut Encoder<'_>) {
        self.write(out, false);
    }
}
