//! Editing of a message: changes are noted first, then all made in one pass, or none.

mod build;
mod decide;
mod error;
mod fresh;
mod overload;
mod plain;
mod script;
mod suboption;
mod writer;

pub use error::EditError;
pub(crate) use fresh::{reply, request};

use core::fmt;
use core::net::Ipv4Addr;

use super::code::{Flags, HardwareType, OpCode, OptionCode};
use super::codec::{Encode, Encoder, Format, Key, ValueError};
use super::option;
use super::option::values::{RelayCode, Typed};
use super::value::Value;
use super::walk::RawOption;
use super::{Message, ParseError};
use script::{Change, Script};

/// How many changes of options one editor takes before [`finish`](Editor::finish).
///
/// Each call of a method that changes an option counts once, unless it replaces an earlier one; the fields of the
/// header and [`retain`](Editor::retain) do not count.
pub const MAX_EDITS: usize = 16;

/// How many octets one editor can hold of typed values, those of [`set`](Editor::set) and
/// [`set_relay`](Editor::set_relay).
pub const VALUES_CAPACITY: usize = 1024;

/// Changes to one packet, noted in any order and made all at once by [`finish`](Self::finish), or not at all.
///
/// [`PacketBuffer::edit`](crate::PacketBuffer::edit) gives an editor. Its methods only note what is to be done: the
/// first error is kept for `finish` to report, and without `finish` nothing happens. A finished editor can be used on,
/// and edits the packet that it has made.
///
/// # What an edit does to the other bytes
/// - Options that no change names keep their bytes, their order, their fields and their splits; so do the PADs in front
///   of and between options. An edit that changes nothing changes no byte, not even the split of a value that is set
///   to what it was.
/// - A value that is set replaces every fragment of its code in every field, and stands where the first of them stood.
///   New options go behind the last option, but before Relay Agent Information (82) if that is last ([RFC 3046 section
///   2.1]). Values of more than 255 octets are split as [RFC 3396] says.
/// - Behind the last option stands an END. If the last option ends where it did, whatever stood behind it stays, and an
///   END is added only if there was none; otherwise all that is behind the END is PAD. A packet that had bytes behind
///   its END keeps its size as long as the options leave room, so that a BOOTP packet of 300 bytes stays one; a packet
///   without them has the size that its options need.
/// - The options in `file` and `sname` stay there ([RFC 2132 section 9.3]). A value that stood there first and no
///   longer fits moves to the options field; new options only go to the options field. A field that loses its last
///   option is filled with zeros, and option 52, which no method changes directly, tells so.
/// - A BOOTP message without the magic cookie gets one when an option is added, if nothing but zeros stands in its
///   place.
///
/// ```
/// use dhcp_callout::PacketBuffer;
/// use dhcp_callout::message::{MessageType, OptionCode};
///
/// let mut buffer = PacketBuffer::request(MessageType::DISCOVER, 0x3903_f326, &[2, 0, 0, 0, 0, 1])?;
/// let mut editor = buffer.edit();
/// editor.secs(7).set_raw(OptionCode::from_code(12), b"host");
/// assert_eq!(editor.finish()?, 300);
/// assert_eq!(buffer.as_bytes()[240..250], [53, 1, 1, 12, 4, b'h', b'o', b's', b't', 255]);
/// # Ok::<(), dhcp_callout::message::EditError>(())
/// ```
///
/// [RFC 2132 section 9.3]: https://www.rfc-editor.org/rfc/rfc2132#section-9.3
/// [RFC 3046 section 2.1]: https://www.rfc-editor.org/rfc/rfc3046#section-2.1
/// [RFC 3396]: https://www.rfc-editor.org/rfc/rfc3396
pub struct Editor<'b, 'v> {
    draft: Draft<'b>,
    script: Script<'v>,
}

/// A packet, the place where its next version is built, and what tells its owner that the two have changed roles.
pub(crate) struct Draft<'b> {
    /// The message to edit, if it is not the packet itself.
    pub(crate) foreign: Option<&'b [u8]>,
    /// The bytes whose first `size` are the packet.
    pub(crate) current: &'b mut [u8],
    pub(crate) spare: &'b mut [u8],
    /// Room for encoded values.
    pub(crate) values: &'b mut [u8],
    pub(crate) size: &'b mut usize,
    /// Whether the second half of the owner's bytes is the current one.
    pub(crate) second: &'b mut bool,
}

impl Draft<'_> {
    #[inline]
    fn source(&self) -> &[u8] {
        match self.foreign {
            Some(message) => message,
            None => self.current.get(..*self.size).unwrap_or_default(),
        }
    }

    /// Builds the next version in the spare bytes, and makes it the packet.
    #[inline]
    fn rewrite(&mut self, script: &Script<'_>) -> Result<usize, EditError> {
        let source = match self.foreign {
            Some(message) => message,
            None => self.current.get(..*self.size).unwrap_or_default(),
        };
        let size = build::build(source, script, self.spare)?;
        core::mem::swap(&mut self.current, &mut self.spare);
        self.foreign = None;
        *self.size = size;
        *self.second = !*self.second;
        Ok(size)
    }
}

impl<'b> Editor<'b, '_> {
    #[inline]
    pub(crate) fn new(draft: Draft<'b>) -> Self {
        Self {
            draft,
            script: Script::new(),
        }
    }

    /// Returns the message as it is, without the changes noted so far.
    ///
    /// # Errors
    /// [`ParseError::TruncatedHeader`] if the packet is shorter than the header.
    #[inline]
    pub fn message(&self) -> Result<Message<'_>, ParseError> {
        Message::parse(self.draft.source())
    }

    /// Makes all changes noted so far, and returns the new size of the packet in bytes.
    ///
    /// Takes time linear in the size of the packet, and forgets the changes, whether it succeeds or fails; `limit` and
    /// `pad_to` stay.
    ///
    /// # Errors
    /// The first error that noting or making the changes met; the packet is as it was then. [`EditError`] tells which
    /// input gives which.
    #[inline]
    pub fn finish(&mut self) -> Result<usize, EditError> {
        let result = self.draft.rewrite(&self.script);
        self.script.clear();
        result
    }
}

/// Typed options.
impl<'b: 'v, 'v> Editor<'b, 'v> {
    /// Sets the option of `key` to `value`, in place of all its fragments.
    ///
    /// The value is encoded at once, and only borrowed until then. Takes back earlier changes of the same code.
    ///
    /// ```
    /// use core::net::Ipv4Addr;
    /// use dhcp_callout::PacketBuffer;
    /// use dhcp_callout::message::{MessageType, option};
    ///
    /// let mut buffer = PacketBuffer::request(MessageType::REQUEST, 1, &[2, 0, 0, 0, 0, 1])?;
    /// buffer
    ///     .edit()
    ///     .set(option::DNS_SERVERS, [Ipv4Addr::new(192, 0, 2, 53), Ipv4Addr::new(192, 0, 2, 54)])
    ///     .set(option::LEASE_TIME, 3600)
    ///     .set(option::HOST_NAME, "host")
    ///     .set(option::DOMAIN_SEARCH, ["example.org", "example.net"])
    ///     .finish()?;
    /// assert_eq!(buffer.as_bytes()[243..253], [6, 8, 192, 0, 2, 53, 192, 0, 2, 54]);
    /// # Ok::<(), dhcp_callout::message::EditError>(())
    /// ```
    #[inline]
    pub fn set<F: Format>(&mut self, key: Key<F>, value: impl Encode<F>) -> &mut Self {
        let code = key.code();
        match self.encode(code, |out| value.encode(out), |octets| key.decode(octets).map(drop)) {
            Ok(octets) => self.script.replace(code, Change::Set(octets)),
            Err(error) => self.script.fail(error),
        }
        self
    }

    /// Sets the option `code` to a value that was read, perhaps from another message, in the format of its code.
    pub fn set_typed(&mut self, code: OptionCode, value: &Typed<'_>) -> &mut Self {
        match self.encode(code, |out| value.encode(out), |octets| Typed::decode(octets).map(drop)) {
            Ok(octets) => self.script.replace(code, Change::Set(octets)),
            Err(error) => self.script.fail(error),
        }
        self
    }

    /// Sets the sub-option of `key` in Relay Agent Information (82) to `value`, as
    /// [`set_suboption`](Self::set_suboption) does.
    pub fn set_relay<F: Format>(&mut self, key: Key<F, RelayCode>, value: impl Encode<F>) -> &mut Self {
        let option = option::RELAY_AGENT_INFORMATION.code();
        match self.encode(option, |out| value.encode(out), |octets| key.decode(octets).map(drop)) {
            Ok(octets) => self.script.replace_inside(option, key.code().code(), Some(octets)),
            Err(error) => self.script.fail(error),
        }
        self
    }

    /// Encodes a value for the option `code`, and has `check` read it.
    #[inline]
    fn encode(
        &mut self,
        code: OptionCode,
        value: impl FnOnce(&mut Encoder<'_>),
        check: impl FnOnce(Value<'_>) -> Result<(), ValueError>,
    ) -> Result<&'v [u8], EditError> {
        let mut encoder = Encoder::new(self.draft.values);
        value(&mut encoder);
        let needed = encoder.len().ok_or(EditError::NoEncoding { code })?;
        let available = self.draft.values.len();
        if needed > available {
            return Err(EditError::ValuesTooLong { needed, available });
        }
        let room = core::mem::take(&mut self.draft.values);
        let (octets, left) = room.split_at_mut_checked(needed).unwrap_or_default();
        self.draft.values = left;
        check(Value::from_slice(code, octets)).map_err(EditError::Value)?;
        Ok(octets)
    }
}

/// Options as octets.
impl<'v> Editor<'_, 'v> {
    /// Sets the option `code` to the octets of `value`, in place of all its fragments.
    ///
    /// Takes back earlier changes of the same code.
    #[inline]
    pub fn set_raw(&mut self, code: OptionCode, value: &'v [u8]) -> &mut Self {
        self.script.replace(code, Change::Set(value));
        self
    }

    /// Adds one more option `code` with the octets of `value`, beside those that are there.
    ///
    /// It goes where new options go. A reader that follows RFC 3396 joins it to those in front of it; values in `file`
    /// and `sname` come behind it then.
    #[inline]
    pub fn append_raw(&mut self, code: OptionCode, value: &'v [u8]) -> &mut Self {
        self.script.add(code, Change::Append(value));
        self
    }

    /// Removes all fragments of the option `code`, from every field.
    ///
    /// Takes back earlier changes of the same code.
    #[inline]
    pub fn remove(&mut self, code: OptionCode) -> &mut Self {
        self.script.replace(code, Change::Remove);
        self
    }

    /// Removes the options for which `keep` is false, one fragment at a time.
    ///
    /// `keep` sees the options that [`message`](Self::message) has, in wire order. Option 52 in the options field is
    /// not asked for: it follows from what is left in `file` and `sname`. A fragment of a code that another change
    /// sets, removes or has a sub-option of is decided by that change.
    pub fn retain(&mut self, mut keep: impl FnMut(&RawOption<'_>) -> bool) -> &mut Self {
        let Ok(message) = Message::parse(self.draft.source()) else {
            return self; // `finish` meets it again.
        };
        for option in message.options().map_while(Result::ok) {
            if !option.is_overload() && !keep(&option) {
                self.script.drop_one(&option);
            }
        }
        self
    }

    /// Sets a sub-option of Vendor Specific Information (43) or Relay Agent Information (82) to `value`.
    ///
    /// It stands where the first sub-option of that code stood, in place of all of them, or behind the last
    /// sub-option. An option that is not there is made.
    #[inline]
    pub fn set_suboption(&mut self, option: OptionCode, suboption: u8, value: &'v [u8]) -> &mut Self {
        self.script.replace_inside(option, suboption, Some(value));
        self
    }

    /// Removes all sub-options `suboption` of Vendor Specific Information (43) or Relay Agent Information (82), and the
    /// option if nothing else is in it.
    #[inline]
    pub fn remove_suboption(&mut self, option: OptionCode, suboption: u8) -> &mut Self {
        self.script.replace_inside(option, suboption, None);
        self
    }

    /// Lets the packet have at most `bytes` bytes; without it, the capacity of the buffer.
    ///
    /// This is the length of the DHCP message. The Maximum DHCP Message Size (57) of a client is often understood as
    /// the length of the whole IP datagram, 28 bytes more.
    #[inline]
    pub fn limit(&mut self, bytes: usize) -> &mut Self {
        self.script.limit = bytes;
        self
    }

    /// Fills the packet with PADs behind END so that it has at least `bytes` bytes, such as 300 for BOOTP.
    #[inline]
    pub fn pad_to(&mut self, bytes: usize) -> &mut Self {
        self.script.pad_to = bytes;
        self
    }
}

/// Fields of the header.
impl Editor<'_, '_> {
    /// Sets which way the message goes (offset 0).
    #[inline]
    pub fn op(&mut self, op: OpCode) -> &mut Self {
        self.header(|header| header.op = op.code())
    }

    /// Sets the hardware address type (offset 1).
    #[inline]
    pub fn htype(&mut self, htype: HardwareType) -> &mut Self {
        self.header(|header| header.htype = htype.code())
    }

    /// Sets the hardware address (offset 28), filled with zeros to 16 octets, and with it its length `hlen` (offset 2).
    ///
    /// More than 16 octets are an error.
    #[doc(alias = "hlen")]
    pub fn chaddr(&mut self, address: &[u8]) -> &mut Self {
        let mut field = [0; 16];
        let hlen = u8::try_from(address.len()).ok();
        match (field.get_mut(..address.len()), hlen) {
            (Some(octets), Some(hlen)) => {
                octets.copy_from_slice(address);
                self.header(|header| {
                    header.hlen = hlen;
                    header.chaddr = field;
                })
            }
            _ => self.fail(EditError::ChaddrTooLong { length: address.len() }),
        }
    }

    /// Sets how many relay agents the message came through (offset 3).
    #[inline]
    pub fn hops(&mut self, hops: u8) -> &mut Self {
        self.header(|header| header.hops = hops)
    }

    /// Sets the transaction ID (offset 4).
    #[inline]
    pub fn xid(&mut self, xid: u32) -> &mut Self {
        self.header(|header| header.xid = xid.into())
    }

    /// Sets the seconds since the client began (offset 8).
    #[inline]
    pub fn secs(&mut self, secs: u16) -> &mut Self {
        self.header(|header| header.secs = secs.into())
    }

    /// Sets the flags (offset 10), all 16 bits.
    #[inline]
    pub fn flags(&mut self, flags: Flags) -> &mut Self {
        self.header(|header| header.flags = flags.bits().into())
    }

    /// Sets the client's own address (offset 12).
    #[inline]
    pub fn ciaddr(&mut self, address: Ipv4Addr) -> &mut Self {
        self.header(|header| header.ciaddr = address.octets())
    }

    /// Sets the address that the server gives (offset 16).
    #[inline]
    pub fn yiaddr(&mut self, address: Ipv4Addr) -> &mut Self {
        self.header(|header| header.yiaddr = address.octets())
    }

    /// Sets the address of the next server to use in bootstrap (offset 20).
    #[inline]
    pub fn siaddr(&mut self, address: Ipv4Addr) -> &mut Self {
        self.header(|header| header.siaddr = address.octets())
    }

    /// Sets the address of the relay agent (offset 24).
    #[inline]
    pub fn giaddr(&mut self, address: Ipv4Addr) -> &mut Self {
        self.header(|header| header.giaddr = address.octets())
    }

    /// Sets the server name field (offset 44), filled with zeros to 64 octets.
    ///
    /// An error if `name` is longer, or if the field holds options after the edit.
    pub fn sname(&mut self, name: &[u8]) -> &mut Self {
        match field_of(name) {
            Some(field) => {
                self.script.sname_set = true;
                self.header(|header| header.sname = field)
            }
            None => self.fail(EditError::SnameTooLong { length: name.len() }),
        }
    }

    /// Sets the boot file name field (offset 108), filled with zeros to 128 octets.
    ///
    /// An error if `name` is longer, or if the field holds options after the edit.
    pub fn file(&mut self, name: &[u8]) -> &mut Self {
        match field_of(name) {
            Some(field) => {
                self.script.file_set = true;
                self.header(|header| header.file = field)
            }
            None => self.fail(EditError::FileTooLong { length: name.len() }),
        }
    }

    /// Changes the header that the packet will have; `finish` finds out when the packet has none.
    #[inline]
    fn header(&mut self, change: impl FnOnce(&mut super::Header)) -> &mut Self {
        if self.script.header.is_none() {
            if let Ok(message) = Message::parse(self.draft.source()) {
                self.script.header = Some(*message.header);
            }
        }
        if let Some(header) = &mut self.script.header {
            change(header);
        }
        self
    }

    #[cold]
    fn fail(&mut self, error: EditError) -> &mut Self {
        self.script.fail(error);
        self
    }
}

/// Fills `octets` with zeros to the length of a field; `None` if they are longer.
fn field_of<const N: usize>(octets: &[u8]) -> Option<[u8; N]> {
    let mut field = [0; N];
    field.get_mut(..octets.len())?.copy_from_slice(octets);
    Some(field)
}

impl fmt::Debug for Editor<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Editor")
            .field("size", &self.draft.source().len())
            .field("edits", &self.script.len())
            .finish_non_exhaustive()
    }
}
