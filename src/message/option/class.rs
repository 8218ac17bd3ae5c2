//! Classes that clients say they belong to.

use core::fmt;

use super::sequence::{Element, Sequence, encode_slices, write_list};
use crate::message::code::OptionCode;
use crate::message::codec::sealed::Sealed;
use crate::message::codec::{Encode, Encoder, Expected, Format, ValueError};
use crate::message::value::Value;

/// A class after its length byte, at least one byte long: an element of option 77 (RFC 3004 section 4), and of the data
/// in option 124. No value is of this type.
///
/// Decoding gives [`Value`](crate::message::ValueErrorKind::Value) if the length byte is 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {}

impl Sealed for Class {}

impl Element for Class {
    type Value<'a> = Value<'a>;

    const MIN_LEN: usize = 2;

    fn take<'a>(rest: &mut Value<'a>) -> Result<Option<Value<'a>>, ValueError> {
        let start = *rest;
        let class = rest.take_prefixed()?;
        if class.is_empty() {
            return Err(start.invalid_byte(0, 1, u8::MAX));
        }
        Ok(Some(class))
    }
}

/// Refused for a class without bytes.
impl Encode<Class> for Value<'_> {
    fn encode(&self, out: &mut Encoder<'_>) {
        if self.is_empty() {
            out.refuse();
        }
        out.put_prefixed(*self);
    }
}

/// Implements [`Encode`] as a [`Class`] for types that have bytes.
macro_rules! encode_class {
    ($([$($generics:tt)*] $Type:ty;)+) => {$(
        impl<$($generics)*> Encode<Class> for $Type {
            fn encode(&self, out: &mut Encoder<'_>) {
                Encode::<Class>::encode(&Value::from_slice(OptionCode::PAD, self.as_ref()), out);
            }
        }
    )+};
}

encode_class! {
    [] [u8];
    [const N: usize] [u8; N];
    [] str;
}

/// The user classes of a client: option 77 (RFC 3004 section 4, [MS-DHCPE] section 2.2.6).
///
/// RFC 3004 has a list of classes, each after a length byte. Windows clients, and iPXE, send the bytes of one class
/// without a length byte. The two cannot always be told apart: a value that is a well-formed list is read as one, any
/// other value as one class. [`contains`](Self::contains) asks the question that has the right answer for both.
///
/// Decoding gives [`Length`](crate::message::ValueErrorKind::Length) for an empty value, and no other error.
///
/// Slices and arrays of classes are written as RFC 3004 has them; [`Editor::set_raw`](crate::message::Editor::set_raw)
/// writes a bare class.
///
/// ```
/// use dhcp_callout::message::option::{self, microsoft};
/// use dhcp_callout::message::Value;
///
/// let classes = |bytes| option::USER_CLASS.decode(Value::from_slice(option::USER_CLASS.code(), bytes));
///
/// let list = classes(b"\x05guest\x02ap")?;
/// assert_eq!(list.iter().count(), 2);
/// assert!(list.contains("guest") && !list.contains("gue"));
///
/// let bare = classes(b"RRAS.Microsoft")?;
/// assert!(bare.contains(microsoft::USER_CLASS_RRAS));
/// assert_eq!(bare.list(), None);
/// # Ok::<(), dhcp_callout::message::ValueError>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct UserClasses<'a> {
    value: Value<'a>,
    /// The value as a list, if it is one.
    list: Option<Sequence<'a, Class>>,
}

impl<'a> UserClasses<'a> {
    /// Returns all bytes of the option: the class, if it is a bare one.
    #[must_use]
    pub const fn value(&self) -> Value<'a> {
        self.value
    }

    /// Returns the list of RFC 3004, if the value is one throughout.
    #[must_use]
    pub const fn list(&self) -> Option<Sequence<'a, Class>> {
        self.list
    }

    /// Returns the classes in wire order: those of the list, or else the whole value.
    pub fn iter(&self) -> impl Iterator<Item = Value<'a>> + Clone + use<'a> {
        let bare = self.list.is_none().then_some(self.value);
        self.list.into_iter().flatten().chain(bare)
    }

    /// Returns whether the client is of `class`: whether the whole value is that class, or the list holds it.
    #[must_use]
    pub fn contains(&self, class: impl AsRef<[u8]>) -> bool {
        let class = class.as_ref();
        self.value == *class || self.iter().any(|other| other == *class)
    }
}

impl Format for UserClasses<'_> {
    type Value<'a> = UserClasses<'a>;

    fn decode(value: Value<'_>) -> Result<UserClasses<'_>, ValueError> {
        if value.is_empty() {
            return Err(value.bad_length(Expected::AtLeast(1)));
        }
        Ok(UserClasses {
            value,
            list: Sequence::checked(value).ok(),
        })
    }
}

impl Encode<UserClasses<'static>> for UserClasses<'_> {
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put_value(self.value);
    }
}

/// Two are equal when their bytes are.
impl PartialEq for UserClasses<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Eq for UserClasses<'_> {}

encode_slices! {
    [] UserClasses<'static>: Class;
}

#[cfg(feature = "proptest")]
crate::message::readable::readable! {
    Class => after_length(text(1));
    UserClasses<'_> => prop_oneof![3 => several(Class::readable()), 1 => text(1)];
}

/// The classes with commas between them.
impl fmt::Display for UserClasses<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(f, self.iter(), |class, f| class.fmt(f))
    }
}
