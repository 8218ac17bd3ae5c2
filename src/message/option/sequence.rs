//! Values that are many of a kind: items of one width, and elements that say their own length.

use core::fmt;
use core::iter::{Flatten, FusedIterator};
use core::marker::PhantomData;
use core::net::Ipv4Addr;

use crate::codes::debug_list;
use crate::message::codec::sealed::Sealed;
use crate::message::codec::{Encode, Encoder, Expected, Format, ValueError};
use crate::message::value::Value;

/// What a [`Sequence`] is made of. Sealed.
///
/// As with [`Format`], an element that borrows from the packet is named by its own type:
/// `Suboption<'static>` reads as `Suboption<'a>`.
pub trait Element: Sealed + Copy + Eq + fmt::Debug {
    /// What one element reads as.
    type Value<'a>;

    /// Bytes of every element, if all have the same number.
    #[doc(hidden)]
    const WIDTH: Option<usize> = None;

    /// Bytes of the shortest sequence.
    #[doc(hidden)]
    const MIN_LEN: usize;

    /// Takes one element from the front of `rest`, which is not empty; `None` if nothing more counts.
    ///
    /// # Errors
    /// [`ValueError`] if the bytes do not follow the layout; `rest` means nothing then.
    #[doc(hidden)]
    fn take<'a>(rest: &mut Value<'a>) -> Result<Option<Self::Value<'a>>, ValueError>;
}

/// A sequence of elements, checked when it was decoded. Two are equal when their bytes are, wherever they are.
///
/// Decoding gives
/// - [`Length`](crate::message::ValueErrorKind::Length) for a value that is too short for one element (for elements
///   that say their own length: an empty one), and if elements of one width do not fill the value;
/// - [`Truncated`](crate::message::ValueErrorKind::Truncated) for an element that runs past the end;
/// - what the element's own layout says.
///
/// ```
/// use core::net::Ipv4Addr;
/// use dhcp_callout::message::{Value, option};
///
/// let value = Value::from_slice(option::DNS_SERVERS.code(), &[192, 0, 2, 53, 192, 0, 2, 54]);
/// let servers = option::DNS_SERVERS.decode(value)?;
/// assert_eq!(servers.len(), 2);
/// assert_eq!(servers.get(1), Some(Ipv4Addr::new(192, 0, 2, 54)));
/// assert_eq!(servers.to_string(), "192.0.2.53, 192.0.2.54");
/// # Ok::<(), dhcp_callout::message::ValueError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Sequence<'a, E> {
    /// INVARIANT: `E::take` succeeds until nothing is left.
    value: Value<'a>,
    element: PhantomData<fn() -> E>,
}

/// IPv4 addresses, one or more.
pub type Addresses<'a> = Sequence<'a, Ipv4Addr>;

impl<'a, E: Element> Sequence<'a, E> {
    /// Checks the elements of `value`, of which there may be none.
    #[inline]
    pub(super) fn checked(value: Value<'a>) -> Result<Self, ValueError> {
        let mut elements = SequenceReader::<E>::new(value);
        match E::WIDTH {
            Some(width) if value.len().checked_rem(width) != Some(0) => {
                return Err(value.bad_length(Expected::MultipleOf(width)));
            }
            Some(_) => {}
            None => elements.try_for_each(|element| element.map(|_| ()))?,
        }
        Ok(Self {
            value,
            element: PhantomData,
        })
    }

    /// Returns the bytes of the sequence.
    #[inline]
    #[must_use]
    pub const fn value(&self) -> Value<'a> {
        self.value
    }

    /// Returns how many elements there are; those that say their own length are counted.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        match E::WIDTH {
            Some(width) => self.value.len().checked_div(width).unwrap_or(0),
            None => self.iter().fold(0, |count: usize, _| count.saturating_add(1)),
        }
    }

    /// Returns whether there are no elements.
    #[inline]
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.first().is_none()
    }

    /// Returns the elements in wire order.
    #[inline]
    pub fn iter(&self) -> SequenceIter<'a, E> {
        SequenceReader::new(self.value).flatten()
    }

    /// Returns the first element.
    #[inline]
    #[must_use]
    pub fn first(&self) -> Option<E::Value<'a>> {
        self.iter().next()
    }

    /// Returns the element at `index`, counted from 0.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<E::Value<'a>> {
        let Some(width) = E::WIDTH else {
            return self.iter().nth(index);
        };
        let (_, after) = self.value.split_at(index.checked_mul(width)?)?;
        SequenceReader::<E>::new(after).flatten().next()
    }

    /// Returns whether `element` is in the sequence.
    #[must_use]
    pub fn contains(&self, element: &E::Value<'a>) -> bool
    where
        E::Value<'a>: PartialEq,
    {
        self.iter().any(|other| other == *element)
    }
}

impl<E: Element> Format for Sequence<'_, E> {
    type Value<'a> = Sequence<'a, E>;

    #[inline]
    fn decode(value: Value<'_>) -> Result<Sequence<'_, E>, ValueError> {
        // Elements that say their own length tell themselves how much of them is missing.
        let min_len = if E::WIDTH.is_some() { E::MIN_LEN } else { 1 };
        if value.len() < min_len {
            return Err(value.bad_length(Expected::AtLeast(E::MIN_LEN)));
        }
        Sequence::checked(value)
    }
}

impl<E: Element> Encode<Sequence<'static, E>> for Sequence<'_, E> {
    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put_value(self.value);
    }
}

/// Implements [`Encode`] for slices and arrays of what can be written as an element.
macro_rules! encode_slices {
    ($([$($generics:tt)*] $Format:ty: $Element:ty;)+) => {$(
        impl<$($generics)* T: Encode<$Element>> Encode<$Format> for [T] {
            fn encode(&self, out: &mut Encoder<'_>) {
                for element in self {
                    element.encode(out);
                }
            }
        }

        impl<$($generics)* T: Encode<$Element>, const N: usize> Encode<$Format> for [T; N] {
            fn encode(&self, out: &mut Encoder<'_>) {
                Encode::<$Format>::encode(self.as_slice(), out);
            }
        }
    )+};
}

pub(super) use encode_slices;

encode_slices! {
    [E: Element,] Sequence<'static, E>: E;
}

/// A sequence of one.
impl Encode<Addresses<'static>> for Ipv4Addr {
    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put(&self.octets());
    }
}

impl<'a, E: Element<Value<'a>: fmt::Debug>> fmt::Debug for Sequence<'a, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_list(f, self.iter())
    }
}

/// The elements with commas between them; `none` if there are none.
impl<'a, E: Element<Value<'a>: fmt::Display>> fmt::Display for Sequence<'a, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return f.write_str("none");
        }
        write_list(f, self.iter(), |element, f| element.fmt(f))
    }
}

impl<'a, E: Element> IntoIterator for Sequence<'a, E> {
    type Item = E::Value<'a>;
    type IntoIter = SequenceIter<'a, E>;

    fn into_iter(self) -> SequenceIter<'a, E> {
        self.iter()
    }
}

impl<'a, E: Element> IntoIterator for &Sequence<'a, E> {
    type Item = E::Value<'a>;
    type IntoIter = SequenceIter<'a, E>;

    fn into_iter(self) -> SequenceIter<'a, E> {
        self.iter()
    }
}

/// The elements of a [`Sequence`] in wire order: it has been checked, so that all are there.
pub type SequenceIter<'a, E> = Flatten<SequenceReader<'a, E>>;

/// The elements of bytes that have not been checked: what is before the first fault, then the fault, then nothing
/// more.
///
/// ```
/// use dhcp_callout::message::{OptionCode, SequenceReader, Suboption, Value, ValueErrorKind};
///
/// let value = Value::from_slice(OptionCode::from_code(82), &[1, 1, b'a', 2]);
/// let mut suboptions = SequenceReader::<Suboption>::new(value);
/// assert!(suboptions.next().is_some_and(|first| first.is_ok()));
/// let fault = suboptions.next().and_then(Result::err).ok_or("a fault")?;
/// assert_eq!(fault.kind(), ValueErrorKind::SuboptionNoLength { suboption: 2 });
/// assert_eq!(suboptions.next(), None);
/// assert_eq!(value.len() - suboptions.rest().len(), 3); // where the fault is in the value
/// # Ok::<(), &str>(())
/// ```
///
/// Elements without bytes do not compile:
///
/// ```compile_fail,E0080
/// use dhcp_callout::message::{Flag, OptionCode, SequenceReader, Value};
///
/// SequenceReader::<Flag>::new(Value::from_slice(OptionCode::from_code(80), &[]));
/// ```
#[derive(Clone, Debug)]
pub struct SequenceReader<'a, E> {
    rest: Value<'a>,
    is_over: bool,
    element: PhantomData<fn() -> E>,
}

impl<'a, E: Element> SequenceReader<'a, E> {
    /// Reads the elements of `value`.
    #[inline]
    #[must_use]
    pub const fn new(value: Value<'a>) -> Self {
        const {
            assert!(
                !matches!(E::WIDTH, Some(0)),
                "an element of no bytes would come for ever"
            );
        };
        Self {
            rest: value,
            is_over: false,
            element: PhantomData,
        }
    }

    /// Returns what has not been read: after an error, the bytes from the bad element on.
    #[inline]
    #[must_use]
    pub const fn rest(&self) -> Value<'a> {
        self.rest
    }
}

impl<'a, E: Element> Iterator for SequenceReader<'a, E> {
    type Item = Result<E::Value<'a>, ValueError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() || self.is_over {
            return None;
        }
        let mut rest = self.rest;
        let element = E::take(&mut rest);
        self.is_over = !matches!(element, Ok(Some(_)));
        if element.is_ok() {
            self.rest = rest;
        }
        element.transpose()
    }
}

impl<E: Element> FusedIterator for SequenceReader<'_, E> {}

/// An element that is a value of the format `F` after its length, which is an `L`. No value is of this type.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Prefixed<L, F>(PhantomData<fn() -> (L, F)>);

impl<L, F> Sealed for Prefixed<L, F> {}

impl<L, F> Element for Prefixed<L, F>
where
    L: for<'a> Element<Value<'a> = L> + Into<usize>,
    F: Format + Copy + Eq + fmt::Debug,
{
    type Value<'a> = F::Value<'a>;

    const MIN_LEN: usize = size_of::<L>() + 1;

    fn take<'a>(rest: &mut Value<'a>) -> Result<Option<F::Value<'a>>, ValueError> {
        let Some(length) = L::take(rest)? else {
            return Ok(None);
        };
        F::decode(rest.take_value(length.into())?).map(Some)
    }
}

#[cfg(feature = "proptest")]
crate::message::readable::readable! {
    Sequence<'_, E>, for [E: Readable + Element] => match E::WIDTH {
        None => several(E::readable()),
        Some(width) => {
            let least = E::MIN_LEN.checked_div(width).unwrap_or(0);
            let number = prop_oneof![8 => least..least.saturating_add(6), 1 => least..100];
            number.prop_flat_map(move |number| bytes(number.saturating_mul(width))).boxed()
        }
    };
    Prefixed<u8, F>, for [F: Readable + Format] => after_length(F::readable());
    Prefixed<u16, F>, for [F: Readable + Format] => F::readable().prop_map(|bytes| {
        let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
        [&length.to_be_bytes(), &bytes[..]].concat()
    });
}

/// Prints with commas between.
pub(super) fn write_list<T>(
    f: &mut fmt::Formatter<'_>,
    items: impl Iterator<Item = T>,
    mut write_item: impl FnMut(T, &mut fmt::Formatter<'_>) -> fmt::Result,
) -> fmt::Result {
    let mut separator = "";
    for item in items {
        f.write_str(separator)?;
        write_item(item, f)?;
        separator = ", ";
    }
    Ok(())
}
