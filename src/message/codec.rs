//! What a format is: how the bytes of an option become a value, how a value becomes bytes, and what can be wrong with
//! them.

use core::fmt;
use core::marker::PhantomData;

use super::code::OptionCode;
use super::value::Value;
use super::walk::{OptionError, OptionErrorKind, option_error};

/// How the value of an option is laid out, and what it reads as.
///
/// Values that own their bytes are their own format (`u16`, `Ipv4Addr`, [`Seconds`](super::Seconds)); a view that
/// borrows from the packet is the format of itself: `Text<'static>` reads as `Text<'a>`. Every format also reads values
/// that are split over several options, and none allocates.
///
/// A format for an option of one's own, with a key for it:
///
/// ```
/// use dhcp_callout::message::{Format, Key, OptionCode, Value, ValueError};
///
/// struct VlanAndPort;
///
/// impl Format for VlanAndPort {
///     type Value<'a> = (u16, u16);
///
///     fn decode(value: Value<'_>) -> Result<(u16, u16), ValueError> {
///         let packed = u32::decode(value)?;
///         Ok(((packed >> 16) as u16, packed as u16))
///     }
/// }
///
/// const SITE: Key<VlanAndPort> = Key::new(OptionCode::from_code(224));
///
/// let value = Value::from_slice(SITE.code(), &[0, 7, 0, 21]);
/// assert_eq!(SITE.decode(value)?, (7, 21));
/// # Ok::<(), ValueError>(())
/// ```
pub trait Format {
    /// What the bytes read as.
    type Value<'a>;

    /// Reads all bytes of `value`.
    ///
    /// # Errors
    /// [`ValueError`], of the kinds that the format names, if the bytes do not follow the layout. A nested value is
    /// checked throughout, in time linear in its length, so that reading its parts cannot fail later.
    fn decode(value: Value<'_>) -> Result<Self::Value<'_>, ValueError>;
}

/// A format whose values all have the same number of bytes, so that a part of a value never passes for a whole one:
/// what [`Message::first`](super::Message::first) asks for. Sealed.
pub trait FixedSize: Format + sealed::Sealed {
    /// The bytes of each value.
    #[doc(hidden)]
    const SIZE: u8;
}

pub(super) mod sealed {
    /// Keeps traits to the types of this crate.
    pub trait Sealed {}
}

/// A code together with the format of its value: what [`Message::get`](super::Message::get) asks for.
///
/// `C` is the number space of the code: the options of a message, or the sub-options of one option, such as
/// [those of relay agents](super::option::relay). [`option`](super::option) has a key for each known option.
///
/// ```
/// use dhcp_callout::message::option;
///
/// assert_eq!(option::LEASE_TIME.code().code(), 51);
/// assert_eq!(option::LEASE_TIME.code().name(), Some("IP Address Lease Time"));
/// assert_eq!(option::LEASE_TIME.code().reference(), Some("RFC 2132 section 9.2"));
/// ```
pub struct Key<F, C = OptionCode> {
    code: C,
    format: PhantomData<fn() -> F>,
}

impl<F, C: Copy> Key<F, C> {
    /// Creates a key that reads the value of `code` as `F`, for codes of one's own.
    #[inline]
    #[must_use]
    pub const fn new(code: C) -> Self {
        Self {
            code,
            format: PhantomData,
        }
    }

    /// Returns the code.
    #[inline]
    #[must_use]
    pub const fn code(self) -> C {
        self.code
    }

    /// Reads `value`, whatever its code, as the format of this key.
    ///
    /// # Errors
    /// [`ValueError`] if the bytes do not follow the layout.
    #[inline]
    pub fn decode(self, value: Value<'_>) -> Result<F::Value<'_>, ValueError>
    where
        F: Format,
    {
        F::decode(value)
    }
}

/// The [`Key`] of an option of a message, in the format `F`: what [`Message::get`](super::Message::get) and
/// [`Editor::set`](super::Editor::set) ask for.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no key of an option",
    label = "not a `Key` of an option",
    note = "a key says how the value reads, such as `option::LEASE_TIME`; `Message::value` and `Editor::set_raw` take numbers",
    note = "keys of sub-options are for the value of the option that holds them, and for `SuboptionChanges`"
)]
pub trait OptionKey<F>: Into<OptionCode> {}

impl<F> OptionKey<F> for Key<F> {}

impl<F> From<Key<F>> for OptionCode {
    #[inline]
    fn from(key: Key<F>) -> Self {
        key.code()
    }
}

impl<F, C: Copy> Clone for Key<F, C> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<F, C: Copy> Copy for Key<F, C> {}

impl<F, C: fmt::Debug> fmt::Debug for Key<F, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Key").field(&self.code).finish()
    }
}

/// A value that can be written in the format `F`: what [`Editor::set`](super::Editor::set) takes.
///
/// What a format decodes to can be written in it again, and decodes to an equal value. Besides, there are the types
/// that come to mind: slices and arrays of addresses, of routes, and of what else is listed; `str` and bytes for text;
/// dotted text for domain names; numbers for seconds.
///
/// For a format of one's own:
///
/// ```
/// use dhcp_callout::PacketBuffer;
/// use dhcp_callout::message::{Encode, Encoder, Format, Key, MessageType, OptionCode, Value, ValueError};
///
/// #[derive(Clone, Copy, PartialEq, Debug)]
/// struct Vlan(u16);
///
/// impl Format for Vlan {
///     type Value<'a> = Vlan;
///
///     fn decode(value: Value<'_>) -> Result<Vlan, ValueError> {
///         u16::decode(value).map(Vlan)
///     }
/// }
///
/// impl Encode<Vlan> for Vlan {
///     fn encode(&self, out: &mut Encoder<'_>) {
///         out.put(&self.0.to_be_bytes());
///     }
/// }
///
/// const VLAN: Key<Vlan> = Key::new(OptionCode::from_code(224));
///
/// let mut buffer = PacketBuffer::request(MessageType::DISCOVER, 1, &[2, 0, 0, 0, 0, 1])?;
/// buffer.edit(|editor| {
///     editor.set(VLAN, Vlan(7));
/// })?;
/// assert_eq!(buffer.as_bytes()[243..248], [224, 2, 0, 7, 255]);
/// # Ok::<(), dhcp_callout::message::EditError>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no value of an option in the format `{F}`",
    label = "not `{F}`",
    note = "the type of an option's key says its format: a lease time is `u32` or `Seconds`, an address `Ipv4Addr`, a list of them `[Ipv4Addr]`, a text `str`",
    note = "a `String` is lent as `name.as_str()`, a `Vec` as `&list[..]`",
    note = "`set_raw` sets an option to any bytes"
)]
pub trait Encode<F> {
    /// Writes all bytes of the value.
    fn encode(&self, out: &mut Encoder<'_>);
}

impl<F, V: Encode<F> + ?Sized> Encode<F> for &V {
    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) {
        V::encode(self, out);
    }
}

/// Takes the bytes of one value.
#[derive(Debug)]
pub struct Encoder<'t> {
    pub(super) target: &'t mut [u8],
    /// Bytes taken, or that would have been taken.
    pub(super) len: usize,
    /// Where the last option of 255 bytes ends, which a 250 would continue.
    pub(super) full_end: usize,
    /// What there is instead of a value.
    instead: Option<Encoded>,
}

/// What an [`Encoder`] has been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoded {
    /// A value of so many bytes.
    Value(usize),
    /// The option is to go.
    Omitted,
    /// The value has no encoding.
    Refused,
}

/// Where a value is that is to be written later.
#[derive(Clone, Copy, Debug)]
pub(super) enum Noted<'v> {
    Given(&'v [u8]),
    /// Among the typed values that have been encoded.
    Typed {
        start: u16,
        len: u16,
    },
}

impl<'v> Noted<'v> {
    /// Returns the value; `typed` are the typed values.
    #[inline]
    pub(super) fn read<'p>(self, typed: &'p [u8]) -> &'p [u8]
    where
        'v: 'p,
    {
        match self {
            Self::Given(value) => value,
            Self::Typed { start, len } => {
                let value = typed.get(start.into()..).and_then(|values| values.get(..len.into()));
                debug_assert!(value.is_some(), "a typed value is where it was noted");
                value.unwrap_or_default()
            }
        }
    }
}

impl<'t> Encoder<'t> {
    #[inline]
    pub(super) fn new(target: &'t mut [u8]) -> Self {
        Self {
            target,
            len: 0,
            full_end: usize::MAX,
            instead: None,
        }
    }

    /// Returns what has been encoded.
    #[inline]
    pub(super) fn encoded(&self) -> Encoded {
        self.instead.unwrap_or(Encoded::Value(self.len))
    }

    /// Adds bytes.
    #[inline]
    pub fn put(&mut self, bytes: &[u8]) {
        let end = self.len.wrapping_add(bytes.len()); // Less than the memory there is.
        if let Some(place) = self.target.get_mut(self.len..end) {
            place.copy_from_slice(bytes);
        }
        self.len = end;
    }

    /// Adds the bytes of a value read elsewhere.
    pub fn put_value(&mut self, value: Value<'_>) {
        value.fragments().for_each(|fragment| self.put(fragment));
    }

    /// Says that the value has no encoding, so that the edit fails.
    #[cold]
    pub fn refuse(&mut self) {
        self.instead = Some(Encoded::Refused);
    }

    /// Says that there is nothing to write, so that the edit removes the option.
    #[cold]
    pub fn omit(&mut self) {
        self.instead.get_or_insert(Encoded::Omitted);
    }

    /// Adds a length byte and the bytes that it counts; refuses more than 255.
    pub(super) fn put_prefixed(&mut self, value: Value<'_>) {
        match u8::try_from(value.len()) {
            Ok(length) => self.put(&[length]),
            Err(_) => self.refuse(),
        }
        self.put_value(value);
    }

    /// Adds a sub-option: code, length, value; refuses more than 255 bytes.
    pub(super) fn put_suboption(&mut self, code: u8, value: Value<'_>) {
        self.put(&[code]);
        self.put_prefixed(value);
    }

    /// Adds a domain name from its labels, without the root.
    pub(super) fn put_labels<'l>(&mut self, labels: impl Iterator<Item = Value<'l>>) {
        for label in labels {
            if !matches!(label.len(), 1..=63) {
                self.refuse();
            }
            self.put_prefixed(label);
        }
    }
}

option_error! {
    /// A value that does not follow the layout of its option, or an option that could not be looked for; the framing
    /// around a value that is at fault is not touched by that.
    ValueError: ValueErrorKind,
    /// Returns the offset of what the [kind](Self::kind) tells of, in bytes from the packet's first byte.
}

impl ValueError {
    /// Creates an error of a format of one's own; `offset` is in bytes from the packet's first byte.
    #[inline]
    #[must_use]
    pub const fn new(code: OptionCode, offset: usize, kind: ValueErrorKind) -> Self {
        Self { code, offset, kind }
    }
}

/// The walk over the options met a fault before it met the option.
impl From<OptionError> for ValueError {
    #[inline]
    fn from(error: OptionError) -> Self {
        Self::new(error.code(), error.offset(), ValueErrorKind::Option(error.kind()))
    }
}

/// What is wrong with a value; see [`ValueError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ValueErrorKind {
    /// The walk over the options met a fault before it met the option, so that it cannot be called absent. Code and
    /// offset are those of the option at fault.
    #[error(transparent)]
    Option(OptionErrorKind),
    /// A value, or a list inside a value, is longer or shorter than its layout allows. The offset is that of its first
    /// byte.
    #[error("value of {length} bytes, expected {expected}")]
    Length {
        /// Bytes that it has.
        length: usize,
        /// Bytes that it should have.
        expected: Expected,
    },
    /// The byte at the offset has a value that the layout does not allow.
    #[error("value {value}, expected {min} to {max}")]
    Value {
        /// What the byte is.
        value: u8,
        /// The least that it may be.
        min: u8,
        /// The most that it may be.
        max: u8,
    },
    /// An element that begins at the offset runs past the end of the value.
    #[error("{needed} bytes needed, {have} left in the value")]
    Truncated {
        /// Bytes needed from the offset on.
        needed: usize,
        /// Bytes that the value has from the offset on.
        have: usize,
    },
    /// A prefix is wider than an address. The offset is that of its width.
    #[error("prefix of {width} bits, an address has {max}")]
    Prefix {
        /// The width in bits.
        width: u8,
        /// The width of an address in bits.
        max: u8,
    },
    /// The compression pointer at the offset does not lead back to an earlier place, is where the layout allows none,
    /// or is the 128th of one domain name (RFC 1035 section 4.1.4).
    #[error("pointer to byte {target} of the value is not allowed here, or does not lead back")]
    Pointer {
        /// Where it points, in bytes from the start of the value.
        target: u16,
    },
    /// The label at the offset is of an unknown type, or makes its domain name longer than 255 bytes (RFC 1035 section
    /// 3.1).
    #[error("length byte {byte:#04x} of a label, expected at most 63, and at most 255 bytes in a name")]
    Label {
        /// The label's length byte.
        byte: u8,
    },
    /// Domain names point back so often that the list, written out, is too long; see
    /// [`DomainList`](super::DomainList). The offset is that of the name at which reading stopped.
    #[error("domain names, written out, are more than 32 times as long as the value")]
    Expansion,
    /// The sub-option code at the offset is the last byte of the value, so that it has no length.
    #[error("sub-option {suboption} has no length byte")]
    SuboptionNoLength {
        /// Code of the sub-option.
        suboption: u8,
    },
    /// The sub-option whose code is at the offset runs past the end of the value.
    #[error("sub-option {suboption} needs {needed} bytes, {have} left in the value")]
    SuboptionTruncated {
        /// Code of the sub-option.
        suboption: u8,
        /// Bytes that the length byte asks for.
        needed: usize,
        /// Bytes that the value has after the length byte.
        have: usize,
    },
}

/// The lengths that a layout allows, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expected {
    /// Just this length.
    Exactly(usize),
    /// This length or more.
    AtLeast(usize),
    /// This length or less.
    AtMost(usize),
    /// A multiple of this length.
    MultipleOf(usize),
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(length) => write!(f, "{length}"),
            Self::AtLeast(length) => write!(f, "at least {length}"),
            Self::AtMost(length) => write!(f, "at most {length}"),
            Self::MultipleOf(length) => write!(f, "a multiple of {length}"),
        }
    }
}

/// What the formats need beside the public reading of values.
impl Value<'_> {
    /// Something that begins here is wrong.
    #[inline]
    pub(super) fn error(&self, kind: ValueErrorKind) -> ValueError {
        ValueError::new(self.code(), self.offset(), kind)
    }

    /// The whole value has a length that its layout does not allow.
    #[inline]
    pub(super) fn bad_length(&self, expected: Expected) -> ValueError {
        let length = self.len();
        self.error(ValueErrorKind::Length { length, expected })
    }

    /// The first byte is `value`, and has to be `min` to `max`.
    #[inline]
    pub(super) fn invalid_byte(&self, value: u8, min: u8, max: u8) -> ValueError {
        self.error(ValueErrorKind::Value { value, min, max })
    }

    /// An element that begins here needs more bytes than are left.
    #[inline]
    pub(super) fn truncated(&self, needed: usize) -> ValueError {
        let have = self.len();
        self.error(ValueErrorKind::Truncated { needed, have })
    }

    /// Returns all bytes if there are just `N`.
    #[inline]
    pub(super) fn to_exact_array<const N: usize>(self) -> Result<[u8; N], ValueError> {
        self.to_array().ok_or_else(|| self.bad_length(Expected::Exactly(N)))
    }

    /// Splits off the first `N` bytes of a value that has `min_len` or more.
    #[inline]
    pub(super) fn split_prefix<const N: usize>(self, min_len: usize) -> Result<([u8; N], Self), ValueError> {
        match self.split_first_chunk() {
            Some(split) if self.len() >= min_len => Ok(split),
            _ => Err(self.bad_length(Expected::AtLeast(min_len))),
        }
    }

    /// Takes the next `N` bytes of an element.
    #[inline]
    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], ValueError> {
        let start = *self;
        self.take_chunk().ok_or_else(|| start.truncated(N))
    }

    /// Takes the next `length` bytes of an element.
    #[inline]
    pub(super) fn take_value(&mut self, length: usize) -> Result<Self, ValueError> {
        self.take_front(length).ok_or_else(|| self.truncated(length))
    }

    /// Takes a length byte and as many bytes as it says.
    #[inline]
    pub(super) fn take_prefixed(&mut self) -> Result<Self, ValueError> {
        let [length] = self.take()?;
        self.take_value(usize::from(length))
    }
}
