//! Editing of a message: changes are noted first, then all made in one pass, or none.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::inline_always,
    reason = "offsets in a packet of a few kilobytes; the linker shows that no sum overflows. What is always inlined is \
              called otherwise, for each option that changes"
)]

mod error;
mod fresh;
mod pass;
mod plain;
mod script;
mod write;

pub use error::{EditError, MAX_EDITS};
pub(crate) use fresh::{reply, request};
pub use script::LongForm;

use core::fmt;
use core::net::Ipv4Addr;

use zerocopy::FromBytes;

use super::code::{Flags, HardwareType, OpCode, OptionCode, Overload};
use super::codec::{Encode, Encoded, Encoder, Format, OptionKey, ValueError};
use super::option::values::Typed;
use super::value::Value;
use super::walk::RawOption;
use super::{CAPACITY, HEADER_LENGTH, Header, Message, ParseError};
use script::{Change, Script};
use write::field_of;

/// Changes to one packet, noted in any order, and made all at once when they are complete, or not at all.
///
/// [`PacketBuffer::edit`](crate::PacketBuffer::edit) lends an editor to a closure, and makes the changes when the
/// closure returns. The methods only note what is to be done; the first error is what the edit returns.
///
/// # What an edit does to the other bytes
/// - Options that no change names keep their bytes, their order, their fields and their splits; so do the PADs before
///   and between options. An edit that changes nothing changes no byte, not even the split of a value that is set to
///   what it was.
/// - A value that is set replaces every fragment of its code in every field, and takes the place of the first of them.
///   New options go after the last option, but before Relay Agent Information (82) if that is last ([RFC 3046 section
///   2.1]). Values of more than 255 bytes are split as [RFC 3396] says, or by options 250: see
///   [`long_form`](Self::long_form). A PAD keeps an option 250 of its own from an option of 255 bytes, which it would
///   continue otherwise.
/// - The options end with END:
///
///   | the options | bytes after END | size of the packet |
///   | --- | --- | --- |
///   | end where they did | stay; an END is added only if there was none | stays |
///   | become shorter | PAD | stays if there were bytes after END, else what the options need |
///   | become longer | PAD | the same, and grows when the options need more |
///
///   So a BOOTP packet of 300 bytes stays one.
/// - The options in `file` and `sname` stay there ([RFC 2132 section 9.3]). A value that was there first and no longer
///   fits moves to the options field; new options only go to the options field. A field that loses its last option is
///   filled with zeros, and option 52, which no method changes directly, follows.
/// - A BOOTP message without the magic cookie gets one when an option is added, if nothing but zeros is in its place.
///
/// ```
/// use dhcp_callout::PacketBuffer;
/// use dhcp_callout::message::{MessageType, OptionCode};
///
/// let mut buffer = PacketBuffer::request(MessageType::DISCOVER, 0x3903_f326, &[2, 0, 0, 0, 0, 1])?;
/// let size = buffer.edit(|editor| {
///     editor.secs(7).set_raw(OptionCode::from_code(12), b"host");
/// })?;
/// assert_eq!(size, 300);
/// assert_eq!(buffer.as_bytes()[240..250], [53, 1, 1, 12, 4, b'h', b'o', b's', b't', 255]);
/// # Ok::<(), dhcp_callout::message::EditError>(())
/// ```
///
/// [RFC 2132 section 9.3]: https://www.rfc-editor.org/rfc/rfc2132#section-9.3
/// [RFC 3046 section 2.1]: https://www.rfc-editor.org/rfc/rfc3046#section-2.1
/// [RFC 3396]: https://www.rfc-editor.org/rfc/rfc3396
pub struct Editor<'b, 'v> {
    source: &'b [u8],
    /// Begins with the new header if that changes, and ends with the values of the script.
    block: &'b mut [u8; CAPACITY],
    script: Script<'v>,
}

/// Edits the packet `source`, and writes what it becomes to the start of `block`; returns the size.
///
/// Nothing in `block` means anything after an error.
#[inline]
pub(crate) fn edit<'v>(
    source: &[u8],
    block: &mut [u8; CAPACITY],
    edit: impl FnOnce(&mut Editor<'_, 'v>),
) -> Result<usize, EditError> {
    let mut editor = Editor {
        source,
        block,
        script: Script::new(),
    };
    edit(&mut editor);
    match editor.finish() {
        Some(size) => Ok(size),
        None => editor.finish_in_a_pass(),
    }
}

impl<'b> Editor<'b, '_> {
    /// Returns the message as it is, without the changes noted so far.
    ///
    /// # Errors
    /// [`ParseError::TruncatedHeader`] if the packet is shorter than the header.
    #[inline]
    pub fn message(&self) -> Result<Message<'b>, ParseError> {
        Message::parse(self.source)
    }

    /// Applies all changes to an ordinary packet, and returns its size in bytes.
    #[inline(never)]
    fn finish(&mut self) -> Option<usize> {
        let (target, values) = self.script.gather(self.block);
        plain::build(self.source, &mut self.script, values, target)
    }

    /// Applies all changes to any packet.
    #[cold]
    fn finish_in_a_pass(&mut self) -> Result<usize, EditError> {
        let message = Message::parse(self.source)?;
        if let Some(error) = self.script.error {
            return Err(error);
        }
        self.script.forget_places();
        let (target, values) = self.script.split(self.block);
        let room = target.len();
        let mut needed = pass::build(message, &self.script, values, target)?;
        if needed > room && room < CAPACITY {
            // The packet is so long that it reaches the values: they are put aside.
            let aside = *self.block;
            let values = aside.get(room..).unwrap_or_default(); // `room` is less than the capacity.
            needed = pass::build(message, &self.script, values, self.block)?;
        }
        let available = self.script.limit;
        if needed > available {
            return Err(EditError::NoRoom { needed, available });
        }
        Ok(needed)
    }
}

/// Typed options.
impl Editor<'_, '_> {
    /// Sets the option of `key` to `value`, in place of all its fragments.
    ///
    /// The value is encoded at once, and only borrowed until then. A value that says that the option
    /// [is to go](Encoder::omit) removes it. Overrides earlier changes to this option.
    ///
    /// ```
    /// use core::net::Ipv4Addr;
    /// use dhcp_callout::PacketBuffer;
    /// use dhcp_callout::message::{MessageType, option};
    ///
    /// let mut buffer = PacketBuffer::request(MessageType::REQUEST, 1, &[2, 0, 0, 0, 0, 1])?;
    /// buffer.edit(|editor| {
    ///     editor
    ///         .set(option::DNS_SERVERS, [Ipv4Addr::new(192, 0, 2, 53), Ipv4Addr::new(192, 0, 2, 54)])
    ///         .set(option::LEASE_TIME, 3600)
    ///         .set(option::HOST_NAME, "host")
    ///         .set(option::DOMAIN_SEARCH, ["example.org", "example.net"]);
    /// })?;
    /// assert_eq!(buffer.as_bytes()[243..253], [6, 8, 192, 0, 2, 53, 192, 0, 2, 54]);
    /// # Ok::<(), dhcp_callout::message::EditError>(())
    /// ```
    #[inline]
    pub fn set<F: Format>(&mut self, key: impl OptionKey<F>, value: impl Encode<F>) -> &mut Self {
        self.set_encoded(key.into(), |out| value.encode(out), |value| F::decode(value).map(drop))
    }

    /// Sets the option `code` to a value that was read, perhaps from another message, in the format of its code.
    ///
    /// Overrides earlier changes to this option.
    pub fn set_typed(&mut self, code: impl Into<OptionCode>, value: &Typed<'_>) -> &mut Self {
        self.set_encoded(
            code.into(),
            |out| value.encode(out),
            |value| Typed::decode(value).map(drop),
        )
    }

    /// Encodes a value for the option `code`, has `check` read it, and notes it.
    #[inline]
    fn set_encoded(
        &mut self,
        code: OptionCode,
        encode: impl FnOnce(&mut Encoder<'_>),
        check: impl FnOnce(Value<'_>) -> Result<(), ValueError>,
    ) -> &mut Self {
        let free = self.script.free(self.block);
        let mut encoder = Encoder::new(free);
        encode(&mut encoder);
        let len = match encoder.encoded() {
            Encoded::Value(len) => len,
            Encoded::Omitted => return self.remove(code),
            Encoded::Refused => return self.fail(EditError::NoEncoding { code }),
        };
        let Some(value) = free.get(..len) else {
            self.script.fail_for_room(len);
            return self;
        };
        if let Err(error) = check(Value::from_slice(code, value)) {
            return self.fail(EditError::Value(error));
        }
        self.script.note_typed(code, len);
        self
    }
}

/// Options as bytes.
impl<'v> Editor<'_, 'v> {
    /// Sets the option `code` to the bytes of `value`, in place of all its fragments.
    ///
    /// Overrides earlier changes to this option. The bytes are read when the edit is made, so that they must outlive
    /// the closure that notes it; [`set`](Self::set) writes a value down at once.
    #[inline]
    pub fn set_raw(&mut self, code: impl Into<OptionCode>, value: &'v [u8]) -> &mut Self {
        self.note(code.into(), Change::Set, value)
    }

    #[inline]
    fn note(&mut self, code: OptionCode, change: Change, value: &'v [u8]) -> &mut Self {
        self.script.note(code, change, value);
        self
    }

    /// Adds one more option `code` with the bytes of `value`, beside those that are there.
    ///
    /// It goes where new options go. A reader that follows RFC 3396 joins it to those before it; values in `file` and
    /// `sname` come after it then.
    #[inline]
    pub fn append_raw(&mut self, code: impl Into<OptionCode>, value: &'v [u8]) -> &mut Self {
        self.note(code.into(), Change::Append, value)
    }

    /// Removes all fragments of the option `code`, from every field.
    ///
    /// Overrides earlier changes to this option.
    #[inline]
    pub fn remove(&mut self, code: impl Into<OptionCode>) -> &mut Self {
        self.note(code.into(), Change::Remove, &[])
    }

    /// Removes the options for which `keep` is false, one fragment at a time.
    ///
    /// `keep` sees the options that [`message`](Self::message) has, in wire order. Option 52 in the options field is
    /// not asked for: it follows from what is left in `file` and `sname`; nor are 250s that continue an option, which
    /// stay or go with it. A fragment of a code that another change sets or removes is decided by that change. An
    /// option that begins after the first 4096 bytes, as a message from elsewhere may have, cannot be removed: the edit
    /// fails with [`EditError::NoRoom`].
    pub fn retain(&mut self, mut keep: impl FnMut(&RawOption<'_>) -> bool) -> &mut Self {
        let Ok(message) = Message::parse(self.source) else {
            return self; // `finish` finds out.
        };
        for option in message.options().map_while(Result::ok) {
            if !option.is_overload() && !option.continues && !keep(&option) {
                self.script.drop_one(&option);
            }
        }
        self
    }

    /// Moves the options in `file` and `sname` to the options field, where new options go, and removes option 52, so
    /// that [`file`](Self::file) and [`sname`](Self::sname) can be set.
    ///
    /// Fields that held options and are not set are filled with zeros. Nothing happens if no option 52 says that the
    /// fields hold options. The PADs in them go, and so do options 52 in them, which mean nothing there.
    #[inline]
    pub fn free_fields(&mut self) -> &mut Self {
        self.script.frees_fields = true;
        self
    }

    /// Chooses the form of values of more than 255 bytes that are new; a value that was long keeps the form that it
    /// had.
    ///
    /// Without it, they are written as RFC 3396 says; [`LongForm::for_client`] decides by the request.
    #[inline]
    pub fn long_form(&mut self, form: LongForm) -> &mut Self {
        self.script.long_form = form;
        self
    }

    /// Limits the packet to `bytes` bytes; without it, to the capacity of the buffer.
    ///
    /// This is the length of the DHCP message; [`Message::longest_reply`] says of a request how long the reply may be.
    #[inline]
    pub fn limit(&mut self, bytes: usize) -> &mut Self {
        self.script.limit = bytes.min(CAPACITY);
        self
    }

    /// Fills the packet with PADs after END so that it has at least `bytes` bytes, such as 300 for BOOTP.
    #[inline]
    pub fn pad_to(&mut self, bytes: usize) -> &mut Self {
        self.script.pad_to = bytes;
        self
    }
}

/// Defines the changes of the fields of the header that hold any value.
macro_rules! fields {
    ($($(#[$attribute:meta])* $field:ident($value:ident: $Type:ty) = $encoded:expr;)+) => {
        /// Fields of the header.
        impl Editor<'_, '_> {
            $(
                $(#[$attribute])*
                #[inline]
                pub fn $field(&mut self, $value: $Type) -> &mut Self {
                    self.header(|header| header.$field = $encoded)
                }
            )+
        }
    };
}

fields! {
    /// Sets which way the message goes (offset 0).
    op(op: OpCode) = op.code();
    /// Sets the hardware address type (offset 1).
    htype(htype: HardwareType) = htype.code();
    /// Sets how many relay agents the message came through (offset 3).
    hops(hops: u8) = hops;
    /// Sets the transaction ID (offset 4).
    xid(xid: u32) = xid.into();
    /// Sets the seconds since the client began (offset 8).
    secs(secs: u16) = secs.into();
    /// Sets the flags (offset 10), all 16 bits.
    flags(flags: Flags) = flags.bits().into();
    /// Sets the client's own address (offset 12).
    ciaddr(address: Ipv4Addr) = address.octets();
    /// Sets the address that the server gives (offset 16).
    yiaddr(address: Ipv4Addr) = address.octets();
    /// Sets the address of the next server to use in bootstrap (offset 20).
    siaddr(address: Ipv4Addr) = address.octets();
    /// Sets the address of the relay agent (offset 24).
    giaddr(address: Ipv4Addr) = address.octets();
}

/// Fields of the header.
impl Editor<'_, '_> {
    /// Sets the hardware address (offset 28), filled with zeros to 16 bytes, and with it its length `hlen` (offset 2).
    ///
    /// More than 16 bytes are an error.
    #[doc(alias = "hlen")]
    pub fn chaddr(&mut self, address: &[u8]) -> &mut Self {
        self.field("chaddr", address, |header, field, length| {
            (header.hlen, header.chaddr) = (length, field);
        })
    }

    /// Sets the server name field (offset 44), filled with zeros to 64 bytes.
    ///
    /// An error if `name` is longer, or if the field holds options after the edit: see
    /// [`free_fields`](Self::free_fields).
    pub fn sname(&mut self, name: &[u8]) -> &mut Self {
        self.script.given_fields = self.script.given_fields.with(Overload::SNAME);
        self.field("sname", name, |header, field, _| header.sname = field)
    }

    /// Sets the boot file name field (offset 108), filled with zeros to 128 bytes.
    ///
    /// An error if `name` is longer, or if the field holds options after the edit: see
    /// [`free_fields`](Self::free_fields).
    pub fn file(&mut self, name: &[u8]) -> &mut Self {
        self.script.given_fields = self.script.given_fields.with(Overload::FILE);
        self.field("file", name, |header, field, _| header.file = field)
    }

    /// Sets a field of bytes, filled with zeros; `change` also gets how many there were.
    fn field<const N: usize>(
        &mut self,
        name: &'static str,
        bytes: &[u8],
        change: impl FnOnce(&mut Header, [u8; N], u8),
    ) -> &mut Self {
        match field_of(name, bytes) {
            Ok((field, length)) => self.header(|header| change(header, field, length)),
            Err(error) => self.fail(error),
        }
    }

    /// Changes the header that the packet will have; `finish` finds out when the packet has none.
    #[inline]
    fn header(&mut self, change: impl FnOnce(&mut Header)) -> &mut Self {
        if self.script.copied == 0 {
            self.copy_header();
        }
        if let Ok((header, _)) = Header::mut_from_prefix(self.block) {
            change(header);
        }
        self
    }

    /// Copies the header of the packet, to be changed.
    fn copy_header(&mut self) {
        if let (Some(header), Some(place)) = (self.source.first_chunk::<HEADER_LENGTH>(), self.block.first_chunk_mut())
        {
            *place = *header;
            self.script.copied = HEADER_LENGTH;
        }
    }

    #[cold]
    fn fail(&mut self, error: EditError) -> &mut Self {
        self.script.fail(error);
        self
    }
}

impl fmt::Debug for Editor<'_, '_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Editor")
            .field("size", &self.source.len())
            .field(
                "edits",
                &self.script.edits().fold(0_usize, |count, _| count.saturating_add(1)),
            )
            .finish_non_exhaustive()
    }
}
