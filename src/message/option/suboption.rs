//! Options inside options: sub-options, and what vendors nest under their enterprise numbers.

use core::fmt;

use super::class::Class;
use super::sequence::{Element, Sequence, SequenceReader};
use crate::message::codec::sealed::Sealed;
use crate::message::codec::{Encode, Encoder, Format, Key, ValueError, ValueErrorKind};
use crate::message::value::Value;

/// An option inside an option: a code byte, a length byte, and as many bytes as that says.
///
/// The number space is that of the option around it. In a [`Sequence`] the codes 0 and 255 mean nothing special;
/// decoding gives [`SuboptionNoLength`](ValueErrorKind::SuboptionNoLength) and
/// [`SuboptionTruncated`](ValueErrorKind::SuboptionTruncated).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suboption<'a> {
    /// The code, in the number space of the option around it.
    pub code: u8,
    /// Offset of the code byte, in bytes from the packet's first byte.
    pub offset: usize,
    /// The bytes after the length byte. Its [`code`](Value::code) is that of the option around it.
    pub value: Value<'a>,
}

/// The code of a [`Suboption`]: a byte that is not the code of an option.
///
/// Implemented for `u8`, and for the types of the codes that have names. Codes of one's own can be bytes or a type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not the code of a sub-option",
    label = "not in the number space of sub-options",
    note = "keys of sub-options are in `option::relay` and `option::microsoft`; `Key::new(7_u8)` creates one for the code 7"
)]
pub trait SuboptionCode: Copy + Into<u8> {}

impl SuboptionCode for u8 {}

impl Sealed for Suboption<'_> {}

impl Element for Suboption<'_> {
    type Value<'a> = Suboption<'a>;

    const MIN_LEN: usize = 2;

    #[inline]
    fn take<'a>(rest: &mut Value<'a>) -> Result<Option<Suboption<'a>>, ValueError> {
        let start = *rest;
        let Some([code, length]) = rest.take_chunk() else {
            let suboption = start.peek().unwrap_or_default(); // There is a byte, but no second one.
            return Err(start.error(ValueErrorKind::SuboptionNoLength { suboption }));
        };
        let needed = usize::from(length);
        let Some(value) = rest.take_front(needed) else {
            return Err(start.error(ValueErrorKind::SuboptionTruncated {
                suboption: code,
                needed,
                have: rest.len(),
            }));
        };
        Ok(Some(Suboption {
            code,
            offset: start.offset(),
            value,
        }))
    }
}

impl Encode<Suboption<'static>> for Suboption<'_> {
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put_suboption(self.code, self.value);
    }
}

/// The code, an equals sign, the bytes.
impl fmt::Display for Suboption<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.code, self.value)
    }
}

impl<'a, E> Sequence<'a, E>
where
    E: for<'v> Element<Value<'v> = Suboption<'v>>,
{
    /// Reads the first sub-option of the key's code; others of the same code are not joined to it.
    ///
    /// # Errors
    /// [`ValueError`] if the value does not follow the layout of the sub-option.
    pub fn suboption<F: Format, C: SuboptionCode>(&self, key: Key<F, C>) -> Result<Option<F::Value<'a>>, ValueError> {
        let found = self.iter().find(|suboption| suboption.code == key.code().into());
        found.map(|suboption| key.decode(suboption.value)).transpose()
    }
}

/// What a vendor's own option holds, read as RFC 2132 section 8.4 recommends: sub-options in which code 0 is filling
/// and code 255 ends the value.
///
/// The RFC does not demand this layout. When a vendor has another one,
/// [`Message::value`](crate::message::Message::value) has the bytes. [`option::microsoft`](super::microsoft) has the
/// sub-options of Microsoft's clients by name.
///
/// ```
/// use dhcp_callout::message::{Value, option};
///
/// let value = Value::from_slice(option::VENDOR_SPECIFIC.code(), &[0, 1, 2, 0xaa, 0xbb, 0, 3, 0, 255, 0x99]);
/// let vendor = option::VENDOR_SPECIFIC.decode(value)?;
/// let read: Vec<_> = vendor.iter().map(|suboption| (suboption.code, suboption.value.len())).collect();
/// assert_eq!(read, [(1, 2), (3, 0)]);
/// # Ok::<(), dhcp_callout::message::ValueError>(())
/// ```
pub type VendorSpecific<'a> = Sequence<'a, VendorSuboption>;

/// The element of [`VendorSpecific`]: a [`Suboption`] with filling before it, or the end. No value is of this type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VendorSuboption {}

impl Sealed for VendorSuboption {}

impl Element for VendorSuboption {
    type Value<'a> = Suboption<'a>;

    const MIN_LEN: usize = 1;

    fn take<'a>(rest: &mut Value<'a>) -> Result<Option<Suboption<'a>>, ValueError> {
        loop {
            match rest.peek() {
                Some(0) => _ = rest.advance(1),
                Some(255) | None => return Ok(None),
                Some(_) => return Suboption::take(rest),
            }
        }
    }
}

/// Refused for the codes 0 and 255, which are none here.
impl Encode<VendorSuboption> for Suboption<'_> {
    fn encode(&self, out: &mut Encoder<'_>) {
        if matches!(self.code, 0 | 255) {
            out.refuse();
        }
        Encode::<Suboption<'static>>::encode(self, out);
    }
}

/// Describes an element that is an enterprise number in four bytes, and what the vendor says after a length byte.
macro_rules! per_vendor {
    ($($Type:ident { enterprise, $field:ident }: |$bytes:ident| $decode:expr, $encode:expr;)+) => {$(
        impl Sealed for $Type<'_> {}

        impl Element for $Type<'_> {
            type Value<'a> = $Type<'a>;

            const MIN_LEN: usize = 5;

            fn take<'a>(rest: &mut Value<'a>) -> Result<Option<$Type<'a>>, ValueError> {
                let enterprise = u32::from_be_bytes(rest.take()?);
                let $bytes = rest.take_prefixed()?;
                Ok(Some($Type {
                    enterprise,
                    $field: $decode,
                }))
            }
        }

        impl Encode<$Type<'static>> for $Type<'_> {
            fn encode(&self, out: &mut Encoder<'_>) {
                let encode: fn(&Self) -> Value<'_> = $encode;
                out.put(&self.enterprise.to_be_bytes());
                out.put_prefixed(encode(self));
            }
        }

        /// The enterprise number, and what the vendor says.
        impl fmt::Display for $Type<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "enterprise {}: {}", self.enterprise, self.$field)
            }
        }
    )+};
}

per_vendor! {
    VendorData { enterprise, data }: |bytes| bytes, |vendor| vendor.data;
    VendorOptions { enterprise, options }: |bytes| Sequence::checked(bytes)?, |vendor| vendor.options.value();
}

#[cfg(feature = "proptest")]
crate::message::readable::readable! {
    Suboption<'_> => concat([byte_of(prop_oneof![4 => 1..=9_u8, 1 => any::<u8>()]), after_length(Value::readable())]);
    VendorSuboption => prop_oneof![
        8 => concat([byte_of(1..=254_u8), after_length(Value::readable())]),
        2 => Just(vec![0]),
        1 => Just(vec![255]),
    ];
    VendorData<'_> => concat([
        bytes(4),
        after_length(prop_oneof![3 => several(Class::readable()), 1 => bytes(0..20)]),
    ]);
    VendorOptions<'_> => concat([
        bytes(4),
        after_length(prop_oneof![4 => several(Suboption::readable()), 1 => Just(vec![])]),
    ]);
}

/// Bytes under the enterprise number of the vendor that gives them their meaning: an element of option 124 (RFC 3925
/// section 3) and of relay sub-option 9 (RFC 4243).
///
/// On the wire: the number in four bytes, a length byte, and the bytes. In option 124 these are vendor classes, each
/// after a length byte of its own, as [`classes`](Self::classes) reads them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VendorData<'a> {
    /// IANA private enterprise number.
    pub enterprise: u32,
    /// What the vendor says.
    pub data: Value<'a>,
}

impl<'a> VendorData<'a> {
    /// Reads the bytes as vendor classes. Not every client nests them, so decoding leaves them unchecked.
    #[must_use]
    pub const fn classes(&self) -> SequenceReader<'a, Class> {
        SequenceReader::new(self.data)
    }
}

/// Sub-options under the enterprise number of the vendor whose number space they are in: an element of option 125
/// (RFC 3925 section 4).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VendorOptions<'a> {
    /// IANA private enterprise number.
    pub enterprise: u32,
    /// The sub-options, perhaps none.
    pub options: Sequence<'a, Suboption<'static>>,
}
