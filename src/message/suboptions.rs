//! Changes to the sub-options of an option.

use super::code::OptionCode;
use super::encode::{Encode, Encoder};
use super::nested::{SuboptionList, VendorSpecific};
use super::relay::RelayAgentInformation;
use super::value::Value;

/// How many sub-options one [`SuboptionChanges`] can change.
const MAX_CHANGES: usize = 16;

/// The value of an option with some of its sub-options changed: what [`Editor::set`](super::Editor::set) takes for
/// Vendor Specific Information (43), Relay Agent Information (82), and the other options of sub-options.
///
/// A sub-option that is set takes the place of the first of its code, and the others of that code go; a new one goes
/// after the last. An option that loses its last sub-option is removed. In option 43 a sub-option 0 is filling and a
/// sub-option 255 ends the value ([RFC 2132 section 8.4]): filling stays, what follows the end stays after it, and
/// neither can be changed. A sub-option of more than 255 bytes has no encoding, nor have more than 16 changes.
///
/// ```
/// use dhcp_callout::{Message, PacketBuffer};
/// use dhcp_callout::message::{MessageType, SuboptionChanges, option};
///
/// let mut buffer = PacketBuffer::request(MessageType::REQUEST, 1, &[2, 0, 0, 0, 0, 1])?;
/// buffer.edit(|editor| {
///     editor.set_raw(option::RELAY_AGENT_INFORMATION.code(), &[1, 1, 7, 2, 0]);
/// })?;
///
/// let request = buffer.clone();
/// let message = Message::parse(request.as_bytes())?;
/// let agent = message.value(option::RELAY_AGENT_INFORMATION.code())?;
/// let changes = SuboptionChanges::from(agent).set(1, b"port 1").remove(2);
/// buffer.edit(|editor| {
///     editor.set(option::RELAY_AGENT_INFORMATION, changes);
/// })?;
/// assert_eq!(buffer.as_bytes()[243..254], *b"\x52\x08\x01\x06port 1\xff");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// [RFC 2132 section 8.4]: https://www.rfc-editor.org/rfc/rfc2132#section-8.4
#[derive(Clone, Debug, Default)]
pub struct SuboptionChanges<'v> {
    before: Option<Value<'v>>,
    /// In the order of the calls, at most one of each code.
    changes: [Option<Change<'v>>; MAX_CHANGES],
    /// Whether there were more changes than `changes` has room for.
    overflows: bool,
}

#[derive(Clone, Copy, Debug)]
struct Change<'v> {
    code: u8,
    /// The new value, if the sub-option is not removed.
    value: Option<&'v [u8]>,
}

impl<'v> SuboptionChanges<'v> {
    /// Creates changes to an option that is not there.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the sub-option `code` to `value`, in place of all of that code.
    #[must_use]
    pub fn set(self, code: u8, value: &'v [u8]) -> Self {
        self.change(code, Some(value))
    }

    /// Removes all sub-options `code`.
    #[must_use]
    pub fn remove(self, code: u8) -> Self {
        self.change(code, None)
    }

    fn change(mut self, code: u8, value: Option<&'v [u8]>) -> Self {
        let others = self.changes.into_iter().flatten().filter(|other| other.code != code);
        let mut changes = others.chain([Change { code, value }]);
        self.changes = core::array::from_fn(|_| changes.next());
        self.overflows |= changes.next().is_some();
        self
    }

    fn changes(&self) -> impl Iterator<Item = &Change<'v>> {
        self.changes.iter().flatten()
    }

    /// Writes the changed value; `padded` is whether 0 and 255 are filling and the end.
    fn write(&self, out: &mut Encoder<'_>, padded: bool) {
        let cannot_be = |change: &Change<'_>| {
            change.value.is_some_and(|value| value.len() > 255) || padded && matches!(change.code, 0 | 255)
        };
        if self.overflows || self.changes().any(cannot_be) {
            out.refuse();
        }
        let start = out.len;
        let mut placed = [false; 256];
        let mut rest = self.before.unwrap_or(Value::from_slice(OptionCode::PAD, &[]));
        while let Some((code, after)) = rest.split_first() {
            match code {
                0 if padded => {
                    out.put(&[0]);
                    rest = after;
                    continue;
                }
                255 if padded => break,
                _ => {}
            }
            let Some((whole, after)) = split_suboption(rest, after) else {
                break; // The editor reads the value, and meets the fault.
            };
            rest = after;
            let is_placed = placed.get_mut(usize::from(code)).map(|placed| core::mem::replace(placed, true));
            match self.changes().find(|change| change.code == code) {
                None => out.put_value(whole),
                Some(Change { value: Some(value), .. }) if is_placed == Some(false) => put_suboption(out, code, value),
                Some(_) => {}
            }
        }
        for change in self.changes() {
            if let (Some(value), Some(false)) = (change.value, placed.get(usize::from(change.code))) {
                put_suboption(out, change.code, value);
            }
        }
        out.put_value(rest);
        if out.len == start {
            out.omit();
        }
    }
}

/// Splits off one sub-option, of which `after_code` begins with the length; returns it, and what follows.
fn split_suboption<'a>(value: Value<'a>, after_code: Value<'a>) -> Option<(Value<'a>, Value<'a>)> {
    let (length, _) = after_code.split_first()?;
    value.split_at(usize::from(length).saturating_add(2))
}

fn put_suboption(out: &mut Encoder<'_>, code: u8, value: &[u8]) {
    // A longer one has been refused.
    out.put(&[code, u8::try_from(value.len()).unwrap_or(u8::MAX)]);
    out.put(value);
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
        Self {
            before,
            ..Self::default()
        }
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

impl Encode<SuboptionList<'static>> for SuboptionChanges<'_> {
    fn encode(&self, out: &mut Encoder<'_>) {
        self.write(out, false);
    }
}
