//! How the octets of an option become a value: keys, formats, and what can be wrong with a value.

use core::fmt;
use core::marker::PhantomData;
use core::net::{Ipv4Addr, Ipv6Addr};

use super::code::OptionCode;
use super::value::Value;
use super::walk::OptionError;

/// How the value of an option is laid out, and what it reads as.
///
/// Values that own their octets are their own format (`u16`, `Ipv4Addr`, [`Seconds`](super::Seconds)); a view that
/// borrows from the packet is the format of itself: `Text<'static>` reads as `Text<'a>`. Every reading works on values
/// that are split over several options as well, and copies and allocates nothing.
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
    /// What the octets read as.
    type Value<'a>;

    /// Reads all octets of `value`.
    ///
    /// # Errors
    /// [`ValueError`], of the kinds that the format names, if the octets do not follow the layout. A nested value is
    /// checked throughout, in time linear in its length, so that reading its parts cannot fail later.
    fn decode(value: Value<'_>) -> Result<Self::Value<'_>, ValueError>;
}

/// A format whose values all have the same number of bytes, at most 16, so that a part of a value never passes for a
/// whole one; what [`Message::first`](super::Message::first) asks for.
///
/// Sealed: the crate names the formats of this kind.
pub trait FixedSize: Format + sealed::FixedSize {}

impl<F: Format + sealed::FixedSize> FixedSize for F {}

pub(super) mod sealed {
    /// Marks the formats of fixed size.
    pub trait FixedSize {}

    impl FixedSize for () {}
    impl FixedSize for bool {}
    impl FixedSize for crate::message::MessageType {}
    impl FixedSize for crate::message::Overload {}
}

/// A code together with the format of its value: what [`Message::get`](super::Message::get) asks for.
///
/// `C` is the number space of the code: the options of a message, or the
/// [sub-options of a relay agent](super::relay). [`option`](super::option) has a key for each known option.
///
/// ```
/// use dhcp_callout::message::option;
///
/// assert_eq!(option::LEASE_TIME.code().code(), 51);
/// assert_eq!(option::LEASE_TIME.name(), Some("IP Address Lease Time"));
/// assert_eq!(option::LEASE_TIME.reference(), Some("RFC 2132 section 9.2"));
/// ```
pub struct Key<F, C = OptionCode> {
    code: C,
    format: PhantomData<fn() -> F>,
}

impl<F, C: Copy> Key<F, C> {
    /// Makes a key that reads the value of `code` as `F`, for codes of one's own.
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
    /// [`ValueError`] if the octets do not follow the layout.
    #[inline]
    pub fn decode(self, value: Value<'_>) -> Result<F::Value<'_>, ValueError>
    where
        F: Format,
    {
        F::decode(value)
    }
}

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

/// A value that does not follow the layout of its option; the framing around it is not touched by that.
///
/// `code` is the code of the option, also for a fault inside a sub-option. `offset` is in bytes from the packet's
/// first byte.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum ValueError {
    /// The walk over the options met a fault before it met the option, so that it cannot be called absent.
    #[error(transparent)]
    Walk(#[from] OptionError),
    /// A value, or a list inside a value, is longer or shorter than its layout allows.
    #[error("option {code} at offset {offset}: value of {length} octets, expected {expected}")]
    Length {
        /// Code of the option.
        code: OptionCode,
        /// Offset of the first octet of the value, or of the list inside it.
        offset: usize,
        /// Octets that it has.
        length: usize,
        /// Octets that it should have.
        expected: Expected,
    },
    /// An octet has a value that the layout does not allow.
    #[error("option {code} at offset {offset}: value {value} is not allowed")]
    Value {
        /// Code of the option.
        code: OptionCode,
        /// Offset of the octet.
        offset: usize,
        /// What the octet is.
        value: u8,
    },
    /// An element inside the value runs past its end.
    #[error("option {code} at offset {offset}: {needed} octets needed, {have} left in the value")]
    Truncated {
        /// Code of the option.
        code: OptionCode,
        /// Offset of the first octet of what is cut.
        offset: usize,
        /// Octets needed from there.
        needed: usize,
        /// Octets that the value has from there.
        have: usize,
    },
    /// A prefix is wider than an address.
    #[error("option {code} at offset {offset}: prefix of {width} bits, an address has {most}")]
    Prefix {
        /// Code of the option.
        code: OptionCode,
        /// Offset of the width octet.
        offset: usize,
        /// The width in bits.
        width: u8,
        /// The width of an address in bits.
        most: u8,
    },
    /// A compression pointer of a domain name is not one that leads back to an earlier place, stands where the layout
    /// allows none, or is the 128th of one name (RFC 1035 section 4.1.4).
    #[error("option {code} at offset {offset}: pointer to {target} in a domain name")]
    Pointer {
        /// Code of the option.
        code: OptionCode,
        /// Offset of the pointer's first octet.
        offset: usize,
        /// Where it points, in octets from the start of the value.
        target: u16,
    },
    /// A label of a domain name is of an unknown type, or makes the name longer than 255 octets (RFC 1035 section 3.1).
    #[error("option {code} at offset {offset}: label octet {octet:#04x} in a domain name")]
    Name {
        /// Code of the option.
        code: OptionCode,
        /// Offset of the label's length octet.
        offset: usize,
        /// The length octet.
        octet: u8,
    },
    /// Domain names point back so often in a value split into so many options that following them would take more than
    /// linear time; see [`DomainList`](super::DomainList).
    #[error("option {code} at offset {offset}: domain names compressed over too many fragments")]
    Scattered {
        /// Code of the option.
        code: OptionCode,
        /// Offset of the pointer at which reading stopped.
        offset: usize,
    },
    /// A sub-option code is the last octet of the value, so that it has no length.
    #[error("option {code} at offset {offset}: sub-option {suboption} has no length octet")]
    SuboptionNoLength {
        /// Code of the option.
        code: OptionCode,
        /// Offset of the sub-option's code octet.
        offset: usize,
        /// Code of the sub-option.
        suboption: u8,
    },
    /// A sub-option runs past the end of the value.
    #[error("option {code} at offset {offset}: sub-option {suboption} needs {needed} octets, {have} left in the value")]
    SuboptionTruncated {
        /// Code of the option.
        code: OptionCode,
        /// Offset of the sub-option's code octet.
        offset: usize,
        /// Code of the sub-option.
        suboption: u8,
        /// Octets that the length octet asks for.
        needed: usize,
        /// Octets that the value has behind the length octet.
        have: usize,
    },
}

/// The lengths that a layout allows, in octets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Expected {
    /// Just this length.
    Exactly(usize),
    /// This length or more.
    AtLeast(usize),
    /// A multiple of this length.
    MultipleOf(usize),
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exactly(length) => write!(f, "{length}"),
            Self::AtLeast(length) => write!(f, "at least {length}"),
            Self::MultipleOf(length) => write!(f, "a multiple of {length}"),
        }
    }
}

/// The octets as they stand: the format of options whose layout is the vendor's own. Every value will do, even none.
impl Format for Value<'_> {
    type Value<'a> = Value<'a>;

    #[inline]
    fn decode(value: Value<'_>) -> Result<Value<'_>, ValueError> {
        Ok(value)
    }
}

/// A flag: the option is there and empty. [`ValueError::Length`] for any octet.
impl Format for () {
    type Value<'a> = ();

    #[inline]
    fn decode(value: Value<'_>) -> Result<(), ValueError> {
        value.exactly::<0>().map(|_| ())
    }
}

/// One octet, 0 or 1 (RFC 2132). [`ValueError::Length`] and [`ValueError::Value`] for anything else.
impl Format for bool {
    type Value<'a> = bool;

    #[inline]
    fn decode(value: Value<'_>) -> Result<bool, ValueError> {
        match value.exactly()? {
            [0] => Ok(false),
            [1] => Ok(true),
            [other] => Err(value.bad_octet(other)),
        }
    }
}

/// Implements [`Format`] for types that are made from a fixed number of octets, all of them legal.
macro_rules! fixed {
    ($($(#[$attribute:meta])* $Type:ty, |$octets:ident: [u8; $n:literal]| $make:expr;)+) => {$(
        $(#[$attribute])*
        #[doc = concat!("[`ValueError::Length`] if the octets are not just ", $n, ".")]
        impl $crate::message::Format for $Type {
            type Value<'a> = $Type;

            #[inline]
            fn decode(
                value: $crate::message::Value<'_>,
            ) -> Result<$Type, $crate::message::ValueError> {
                let $octets: [u8; $n] = value.exactly()?;
                Ok($make)
            }
        }

        impl $crate::message::format::sealed::FixedSize for $Type {}
    )+};
}

pub(super) use fixed;

fixed! {
    /// One octet.
    u8, |octets: [u8; 1]| u8::from_be_bytes(octets);
    /// Two octets, the high one first.
    u16, |octets: [u8; 2]| u16::from_be_bytes(octets);
    /// Four octets, the highest first.
    u32, |octets: [u8; 4]| u32::from_be_bytes(octets);
    /// The four octets of an address.
    Ipv4Addr, |octets: [u8; 4]| octets.into();
    /// The sixteen octets of an address.
    Ipv6Addr, |octets: [u8; 16]| octets.into();
}

/// What the formats need beside the public reading of values.
impl Value<'_> {
    /// The whole value has a length that its layout does not allow.
    #[cold]
    pub(super) fn bad_length(&self, expected: Expected) -> ValueError {
        ValueError::Length {
            code: self.code(),
            offset: self.offset(),
            length: self.len(),
            expected,
        }
    }

    /// The first octet is `value`, which the layout does not allow.
    #[cold]
    pub(super) fn bad_octet(&self, value: u8) -> ValueError {
        ValueError::Value {
            code: self.code(),
            offset: self.offset(),
            value,
        }
    }

    /// An element that begins here needs more octets than are left.
    #[cold]
    pub(super) fn cut(&self, needed: usize) -> ValueError {
        ValueError::Truncated {
            code: self.code(),
            offset: self.offset(),
            needed,
            have: self.len(),
        }
    }

    /// Returns all octets if there are just `N`.
    #[inline]
    pub(super) fn exactly<const N: usize>(self) -> Result<[u8; N], ValueError> {
        self.to_array().ok_or_else(|| self.bad_length(Expected::Exactly(N)))
    }

    /// Splits off the first `N` octets of a value that has `least` or more.
    #[inline]
    pub(super) fn front<const N: usize>(self, least: usize) -> Result<([u8; N], Self), ValueError> {
        match self.split_first_chunk() {
            Some(split) if self.len() >= least => Ok(split),
            _ => Err(self.bad_length(Expected::AtLeast(least))),
        }
    }

    /// Takes the next `N` octets of an element.
    #[inline]
    pub(super) fn take<const N: usize>(&mut self) -> Result<[u8; N], ValueError> {
        let (octets, behind) = self.split_first_chunk().ok_or_else(|| self.cut(N))?;
        *self = behind;
        Ok(octets)
    }

    /// Takes the next `length` octets of an element.
    #[inline]
    pub(super) fn take_value(&mut self, length: usize) -> Result<Self, ValueError> {
        let (octets, behind) = self.split_at(length).ok_or_else(|| self.cut(length))?;
        *self = behind;
        Ok(octets)
    }

    /// Takes a length octet and as many octets as it says.
    #[inline]
    pub(super) fn take_counted(&mut self) -> Result<Self, ValueError> {
        let [length] = self.take()?;
        self.take_value(usize::from(length))
    }
}
