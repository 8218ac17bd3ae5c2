//! Values that are many of a kind: lists of fixed width, and sequences whose elements say their own length.

use core::fmt;
use core::iter::FusedIterator;
use core::marker::PhantomData;
use core::net::Ipv4Addr;

use super::code::OptionCode;
use super::format::{Expected, Format, ValueError};
use super::value::Value;

/// A list of items of one width, at least `LEAST` of them.
///
/// Decoding gives [`ValueError::Length`] if the octets are no multiple of the width, or fewer items than `LEAST`.
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
pub struct List<'a, T, const LEAST: usize = 1> {
    /// INVARIANT: a multiple of the width of `T` long.
    value: Value<'a>,
    item: PhantomData<fn() -> T>,
}

/// IPv4 addresses, one or more.
pub type Addresses<'a> = List<'a, Ipv4Addr>;

/// Pairs of IPv4 addresses, one or more.
pub type AddressPairs<'a> = List<'a, AddressPair>;

/// Two IPv4 addresses that belong together: an address and a mask (option 21), a destination and a router (option 33).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AddressPair(pub Ipv4Addr, pub Ipv4Addr);

/// The addresses with a blank between them.
impl fmt::Display for AddressPair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.0, self.1)
    }
}

/// An item of a [`List`].
pub trait Item: Copy {
    /// Octets of an item.
    const WIDTH: usize;

    /// Splits the first item off `value`; `None` if it is shorter than an item.
    fn split(value: Value<'_>) -> Option<(Self, Value<'_>)>;
}

/// Implements [`Item`] for types that are made from a fixed number of octets.
macro_rules! items {
    ($($Type:ty, |$octets:ident: [u8; $n:literal]| $make:expr;)+) => {$(
        impl $crate::message::Item for $Type {
            const WIDTH: usize = $n;

            #[inline]
            fn split(
                value: $crate::message::Value<'_>,
            ) -> Option<(Self, $crate::message::Value<'_>)> {
                let ($octets, behind): ([u8; $n], _) = value.split_first_chunk()?;
                Some(($make, behind))
            }
        }
    )+};
}

pub(super) use items;

items! {
    u8, |octets: [u8; 1]| u8::from_be_bytes(octets);
    u16, |octets: [u8; 2]| u16::from_be_bytes(octets);
    OptionCode, |octets: [u8; 1]| OptionCode::from_code(u8::from_be_bytes(octets));
    Ipv4Addr, |octets: [u8; 4]| octets.into();
}

impl Item for AddressPair {
    const WIDTH: usize = 8;

    #[inline]
    fn split(value: Value<'_>) -> Option<(Self, Value<'_>)> {
        let (first, behind) = Ipv4Addr::split(value)?;
        let (second, behind) = Ipv4Addr::split(behind)?;
        Some((Self(first, second), behind))
    }
}

impl<'a, T: Item, const LEAST: usize> List<'a, T, LEAST> {
    /// Returns the octets of the list.
    #[inline]
    #[must_use]
    pub const fn value(&self) -> Value<'a> {
        self.value
    }

    /// Returns how many items there are.
    #[inline]
    #[must_use]
    pub fn len(&self) -> usize {
        self.value.len().checked_div(T::WIDTH).unwrap_or(0)
    }

    /// Tells whether there are no items.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.value.is_empty()
    }

    /// Returns the items in wire order.
    #[inline]
    #[must_use]
    pub const fn iter(&self) -> ListIter<'a, T> {
        ListIter {
            rest: self.value,
            item: PhantomData,
        }
    }

    /// Returns the first item.
    #[inline]
    #[must_use]
    pub fn first(&self) -> Option<T> {
        self.iter().next()
    }

    /// Returns the item at `index`, counted from 0.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<T> {
        let (_, behind) = self.value.split_at(index.checked_mul(T::WIDTH)?)?;
        Some(T::split(behind)?.0)
    }

    /// Tells whether `item` is in the list.
    #[must_use]
    pub fn contains(&self, item: T) -> bool
    where
        T: PartialEq,
    {
        self.iter().any(|other| other == item)
    }
}

impl<T: Item, const LEAST: usize> Format for List<'_, T, LEAST> {
    type Value<'a> = List<'a, T, LEAST>;

    #[inline]
    fn decode(value: Value<'_>) -> Result<List<'_, T, LEAST>, ValueError> {
        let least = LEAST.saturating_mul(T::WIDTH);
        if value.len() < least {
            Err(value.bad_length(Expected::AtLeast(least)))
        } else if value.len().checked_rem(T::WIDTH) == Some(0) {
            Ok(List {
                value,
                item: PhantomData,
            })
        } else {
            Err(value.bad_length(Expected::MultipleOf(T::WIDTH)))
        }
    }
}

impl<T, const LEAST: usize> Clone for List<'_, T, LEAST> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T, const LEAST: usize> Copy for List<'_, T, LEAST> {}

/// Lists are equal when their octets are, wherever they stand.
impl<T, const LEAST: usize> PartialEq for List<'_, T, LEAST> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<T, const LEAST: usize> Eq for List<'_, T, LEAST> {}

impl<T: Item + fmt::Debug, const LEAST: usize> fmt::Debug for List<'_, T, LEAST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

/// The items, with commas between them.
impl<T: Item + fmt::Display, const LEAST: usize> fmt::Display for List<'_, T, LEAST> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(f, self.iter(), |item, f| item.fmt(f))
    }
}

impl<'a, T: Item, const LEAST: usize> IntoIterator for &List<'a, T, LEAST> {
    type Item = T;
    type IntoIter = ListIter<'a, T>;

    fn into_iter(self) -> ListIter<'a, T> {
        self.iter()
    }
}

impl<'a, T: Item, const LEAST: usize> IntoIterator for List<'a, T, LEAST> {
    type Item = T;
    type IntoIter = ListIter<'a, T>;

    fn into_iter(self) -> ListIter<'a, T> {
        self.iter()
    }
}

/// The items of a [`List`] in wire order.
#[derive(Clone, Debug)]
pub struct ListIter<'a, T> {
    rest: Value<'a>,
    item: PhantomData<fn() -> T>,
}

impl<T: Item> Iterator for ListIter<'_, T> {
    type Item = T;

    #[inline]
    fn next(&mut self) -> Option<T> {
        let (item, behind) = T::split(self.rest)?;
        self.rest = behind;
        Some(item)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let items = self.rest.len().checked_div(T::WIDTH).unwrap_or(0);
        (items, Some(items))
    }
}

impl<T: Item> ExactSizeIterator for ListIter<'_, T> {}

impl<T: Item> FusedIterator for ListIter<'_, T> {}

/// An element of a [`Sequence`].
///
/// As with [`Format`], an element that borrows from the packet is named by its own type:
/// `Suboption<'static>` reads as `Suboption<'a>`.
pub trait Element {
    /// What one element reads as.
    type Value<'a>;

    /// Octets of the shortest element.
    const LEAST: usize;

    /// Takes one element from the front of `rest`, which is not empty; `None` if nothing more counts.
    ///
    /// # Errors
    /// [`ValueError`] if the octets do not follow the layout; `rest` means nothing then.
    fn take<'a>(rest: &mut Value<'a>) -> Result<Option<Self::Value<'a>>, ValueError>;
}

/// A sequence of elements that say their own length, at least one octet long.
///
/// Decoding checks every element. It gives [`ValueError::Length`] for an empty value,
/// [`ValueError::Truncated`] for an element that runs past the end, and what the element's own layout says.
pub struct Sequence<'a, E> {
    /// INVARIANT: `E::take` succeeds until nothing is left.
    value: Value<'a>,
    element: PhantomData<fn() -> E>,
}

impl<'a, E: Element> Sequence<'a, E> {
    /// Checks the elements of `value`, of which there may be none.
    pub(super) fn checked(value: Value<'a>) -> Result<Self, ValueError> {
        Elements::<E>::new(value).try_for_each(|element| element.map(|_| ()))?;
        Ok(Self {
            value,
            element: PhantomData,
        })
    }

    /// Returns the octets of the sequence.
    #[inline]
    #[must_use]
    pub const fn value(&self) -> Value<'a> {
        self.value
    }

    /// Returns the elements in wire order.
    #[inline]
    pub fn iter(&self) -> impl FusedIterator<Item = E::Value<'a>> + Clone + use<'a, E> {
        // Decoding has met no error, so that there is none to be lost.
        Elements::<E>::new(self.value).filter_map(Result::ok)
    }

    /// Returns how many elements there are, by counting them.
    #[must_use]
    pub fn count(&self) -> usize {
        self.iter().count()
    }
}

impl<E: Element> Format for Sequence<'_, E> {
    type Value<'a> = Sequence<'a, E>;

    fn decode(value: Value<'_>) -> Result<Sequence<'_, E>, ValueError> {
        if value.is_empty() {
            return Err(value.bad_length(Expected::AtLeast(E::LEAST)));
        }
        Sequence::checked(value)
    }
}

impl<E> Clone for Sequence<'_, E> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<E> Copy for Sequence<'_, E> {}

/// Sequences are equal when their octets are, wherever they stand.
impl<E> PartialEq for Sequence<'_, E> {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl<E> Eq for Sequence<'_, E> {}

impl<'a, E: Element<Value<'a>: fmt::Debug>> fmt::Debug for Sequence<'a, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// The elements, with commas between them.
impl<'a, E: Element<Value<'a>: fmt::Display>> fmt::Display for Sequence<'a, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_list(f, self.iter(), |element, f| element.fmt(f))
    }
}

/// The elements of octets that have not been checked: what stands before the first fault, then the fault, then nothing
/// more.
///
/// ```
/// use dhcp_callout::message::{OptionCode, Suboptions, Value, ValueError};
///
/// let value = Value::from_slice(OptionCode::from_code(82), &[1, 1, b'a', 2]);
/// let mut suboptions = Suboptions::new(value);
/// assert!(suboptions.next().is_some_and(|first| first.is_ok()));
/// assert!(matches!(suboptions.next(), Some(Err(ValueError::SuboptionNoLength { suboption: 2, .. }))));
/// assert_eq!(suboptions.next(), None);
/// assert_eq!(value.len() - suboptions.rest().len(), 3); // where the fault stands in the value
/// ```
pub struct Elements<'a, E> {
    rest: Value<'a>,
    state: State,
    element: PhantomData<fn() -> E>,
}

#[derive(Clone, Copy)]
enum State {
    Going,
    Over,
}

impl<'a, E: Element> Elements<'a, E> {
    /// Reads the elements of `value`.
    #[inline]
    #[must_use]
    pub const fn new(value: Value<'a>) -> Self {
        Self {
            rest: value,
            state: State::Going,
            element: PhantomData,
        }
    }

    /// Returns what has not been read: after an error, the octets from the bad element on.
    #[inline]
    #[must_use]
    pub const fn rest(&self) -> Value<'a> {
        self.rest
    }
}

impl<'a, E: Element> Iterator for Elements<'a, E> {
    type Item = Result<E::Value<'a>, ValueError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() || matches!(self.state, State::Over) {
            return None;
        }
        let mut rest = self.rest;
        let element = E::take(&mut rest);
        if !matches!(element, Ok(Some(_))) {
            self.state = State::Over;
        }
        if element.is_ok() {
            self.rest = rest;
        }
        element.transpose()
    }
}

impl<E: Element> FusedIterator for Elements<'_, E> {}

impl<E> Clone for Elements<'_, E> {
    fn clone(&self) -> Self {
        Self { ..*self }
    }
}

impl<E> fmt::Debug for Elements<'_, E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Elements")
            .field("rest", &self.rest)
            .finish_non_exhaustive()
    }
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
