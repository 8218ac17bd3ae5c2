//! The whole value of an option, joined from its fragments without copying (RFC 3396).

use core::fmt;

use super::code::OptionCode;
use super::walk::{OptionError, Place, RawOption, Walk};

/// The value of an option, or a part of it: the octets of all its fragments in wire order, read where they stand.
///
/// A value of more than 255 octets is sent as several options of one code, perhaps with others between them, perhaps in
/// several fields of the message (RFC 3396). `Value` reads as one sequence of octets, and copies them only for
/// [`copy_to`](Self::copy_to).
///
/// ```
/// use dhcp_callout::{Message, message::OptionCode};
///
/// let mut packet = vec![0; 236];
/// packet.extend([99, 130, 83, 99]);
/// packet.extend([12, 3, b'n', b'a', b'm']); // host name, first part
/// packet.extend([53, 1, 1]); // something else
/// packet.extend([12, 1, b'e', 255]); // host name, second part
///
/// let message = Message::parse(&packet)?;
/// let host_name = message.value(OptionCode::from_code(12))?.ok_or("present")?;
/// assert_eq!(host_name.len(), 4);
/// assert!(host_name.bytes().eq(*b"name"));
/// assert!(host_name.fragments().eq([&b"nam"[..], b"e"]));
/// assert_eq!(host_name.as_slice(), None); // not in one piece
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy)]
pub struct Value<'a> {
    packet: &'a [u8],
    /// The first piece, a part of `packet`. INVARIANT: no longer than `len`, and not empty unless `len` is 0; if it is
    /// shorter than `len`, it ends where its option does.
    head: &'a [u8],
    /// Octets in all pieces. INVARIANT: the fragments of `code` behind the option of `head` have those that `head` has not.
    len: usize,
    code: OptionCode,
    /// Where the walk was behind the option of `head`.
    place: Place,
}

impl<'a> Value<'a> {
    /// Starts a value with the fragment `option`; `walk` stands behind it.
    #[inline]
    pub(super) const fn new(option: RawOption<'a>, walk: &Walk<'a>) -> Self {
        let RawOption { code, value, .. } = option;
        Self {
            packet: walk.packet(),
            head: value,
            len: value.len(),
            code,
            place: walk.place(),
        }
    }

    /// Walks behind the first fragment of `code`, and starts a value with it.
    #[inline]
    pub(super) fn find(walk: &mut Walk<'a>, code: OptionCode) -> Result<Option<Self>, OptionError> {
        while let Some(option) = walk.next() {
            let option = option?;
            if option.code == code {
                return Ok(Some(Self::new(option, walk)));
            }
        }
        Ok(None)
    }

    /// Makes a value of one piece that stands by itself: its offset is 0, its code is `code`.
    #[inline]
    #[must_use]
    pub const fn from_slice(code: OptionCode, value: &'a [u8]) -> Self {
        Self {
            packet: value,
            head: value,
            len: value.len(),
            code,
            place: Place::NOWHERE,
        }
    }

    /// Adds the octets of one more fragment, which stands behind the others.
    #[inline]
    pub(super) fn extend(&mut self, fragment: &[u8]) {
        self.len = self.len.saturating_add(fragment.len());
        if self.head.is_empty() {
            self.skip_empty();
        }
    }

    /// Walks on behind the option of `head`.
    fn tail(&self) -> Walk<'a> {
        Walk::resume(self.packet, self.offset().saturating_add(self.head.len()), self.place)
    }

    /// Returns the code of the option.
    #[inline]
    #[must_use]
    pub const fn code(&self) -> OptionCode {
        self.code
    }

    /// Returns the offset of the first octet, from the packet's first byte; of an empty value, where it would stand.
    #[inline]
    #[must_use]
    pub fn offset(&self) -> usize {
        self.head.as_ptr().addr().wrapping_sub(self.packet.as_ptr().addr())
    }

    /// Returns how many octets the value has.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Tells whether the value has no octets.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the value as a slice, if it stands in one piece.
    #[inline]
    #[must_use]
    pub const fn as_slice(&self) -> Option<&'a [u8]> {
        if self.head.len() == self.len {
            Some(self.head)
        } else {
            None
        }
    }

    /// Returns the pieces in wire order, without the empty ones; at most 255 octets each.
    #[inline]
    #[must_use]
    pub const fn fragments(&self) -> Fragments<'a> {
        Fragments { rest: *self }
    }

    /// Returns the octets in wire order.
    #[inline]
    pub fn bytes(&self) -> impl Iterator<Item = u8> + Clone + use<'a> {
        self.fragments().flatten().copied()
    }

    /// Copies the value to the start of `out`, and returns the part of `out` that holds it.
    ///
    /// # Errors
    /// [`CopyError`] if `out` is shorter than the value; `out` is unchanged then.
    pub fn copy_to<'o>(&self, out: &'o mut [u8]) -> Result<&'o mut [u8], CopyError> {
        let error = CopyError {
            needed: self.len,
            have: out.len(),
        };
        let out = out.get_mut(..self.len).ok_or(error)?;
        let mut free = &mut *out;
        for fragment in self.fragments() {
            let Some((target, behind)) = free.split_at_mut_checked(fragment.len()) else {
                break;
            };
            target.copy_from_slice(fragment);
            free = behind;
        }
        Ok(out)
    }

    /// Tells whether the value begins with the octets of `prefix`.
    #[must_use]
    pub fn starts_with(&self, prefix: &[u8]) -> bool {
        self.len >= prefix.len() && self.bytes().zip(prefix).all(|(octet, expected)| octet == *expected)
    }

    /// Splits the value behind its first `middle` octets; `None` if it has fewer.
    #[inline]
    #[must_use]
    pub fn split_at(self, middle: usize) -> Option<(Self, Self)> {
        let behind_len = self.len.checked_sub(middle)?;
        let (front_head, behind_head) = self.head.split_at_checked(middle).unwrap_or((self.head, &[]));
        let front = Self {
            head: front_head,
            len: middle,
            ..self
        };
        let end = self.head.get(self.head.len()..).unwrap_or_default();
        let mut behind = Self {
            head: if behind_head.is_empty() { end } else { behind_head },
            len: behind_len,
            ..self
        };
        let mut passed = self.head.len();
        // The pieces that `middle` passes over, and the first behind them.
        while behind.head.is_empty() && (passed < middle || behind_len > 0) {
            let Some(fragment) = behind.next_head() else { break };
            let over = middle.saturating_sub(passed).min(fragment.len());
            passed = passed.saturating_add(over);
            behind.head = fragment.get(over..).unwrap_or_default();
        }
        behind.head = behind.head.get(..behind_len).unwrap_or(behind.head);
        Some((front, behind))
    }

    /// Splits off the first octet; `None` if there is none.
    #[inline]
    #[must_use]
    pub fn split_first(self) -> Option<(u8, Self)> {
        let ([octet], behind) = self.split_first_chunk()?;
        Some((octet, behind))
    }

    /// Splits off the first `N` octets; `None` if there are fewer.
    #[inline]
    #[must_use]
    pub fn split_first_chunk<const N: usize>(self) -> Option<([u8; N], Self)> {
        let (front, behind) = self.split_at(N)?;
        Some((front.to_array()?, behind))
    }

    /// Returns the octets if there are exactly `N`.
    #[inline]
    #[must_use]
    pub fn to_array<const N: usize>(self) -> Option<[u8; N]> {
        if let Some(slice) = self.as_slice() {
            return slice.try_into().ok();
        }
        let mut octets = [0; N];
        if self.len != N {
            return None;
        }
        self.copy_to(&mut octets).ok()?;
        Some(octets)
    }

    /// Returns the first octet.
    #[inline]
    pub(super) const fn peek(&self) -> Option<u8> {
        match self.head.first() {
            Some(octet) => Some(*octet),
            None => None,
        }
    }

    /// Passes over the first `count` octets; false, and nothing passed, if there are fewer.
    #[inline]
    pub(super) fn advance(&mut self, count: usize) -> bool {
        // Within the first fragment nothing but this moves.
        if let Some(behind) = self.head.get(count..).filter(|behind| !behind.is_empty()) {
            self.head = behind;
            self.len = self.len.saturating_sub(count);
            return true;
        }
        match self.split_at(count) {
            Some((_, behind)) => {
                *self = behind;
                true
            }
            None => false,
        }
    }

    /// Returns how many octets the first fragment has.
    #[inline]
    pub(super) const fn head_len(&self) -> usize {
        self.head.len()
    }

    /// Counts the steps of a walk from the first fragment to the last: one for each option, one for eight PADs.
    pub(super) fn steps_behind(&self) -> usize {
        let (mut missing, mut tail) = (self.len.saturating_sub(self.head.len()), self.tail());
        let (mut steps, mut position) = (0_usize, self.offset().saturating_add(self.head.len()));
        while missing > 0 {
            let Some(Ok(option)) = tail.next() else {
                break;
            };
            steps = steps
                .saturating_add(1)
                .saturating_add(option.offset.saturating_sub(position) / 8);
            position = option.value_offset().saturating_add(option.value.len());
            if option.code == self.code {
                missing = missing.saturating_sub(option.value.len());
            }
        }
        steps
    }

    /// Restores the invariant of `head` for a value whose first fragments are empty.
    #[cold]
    fn skip_empty(&mut self) {
        while self.head.is_empty() && self.len > 0 && self.next_head().is_some() {}
        self.head = self.head.get(..self.len).unwrap_or(self.head);
    }

    /// Makes the next fragment the head, and returns its octets; `None` if there is none.
    fn next_head(&mut self) -> Option<&'a [u8]> {
        let mut walk = self.tail();
        while let Some(Ok(option)) = walk.next() {
            if option.code == self.code {
                self.head = option.value;
                self.place = walk.place();
                return Some(option.value);
            }
        }
        None
    }
}

/// The pieces of a [`Value`] in wire order.
#[derive(Clone, Debug)]
pub struct Fragments<'a> {
    rest: Value<'a>,
}

impl<'a> Iterator for Fragments<'a> {
    type Item = &'a [u8];

    #[inline]
    fn next(&mut self) -> Option<&'a [u8]> {
        let fragment = self.rest.head;
        if fragment.is_empty() {
            return None;
        }
        self.rest.len = self.rest.len.saturating_sub(fragment.len());
        self.rest.head = fragment.get(fragment.len()..).unwrap_or_default();
        if self.rest.len > 0 {
            self.rest.skip_empty();
        }
        Some(fragment)
    }
}

impl core::iter::FusedIterator for Fragments<'_> {}

/// A target that is shorter than the value to be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("value of {needed} octets does not fit into {have}")]
#[non_exhaustive]
pub struct CopyError {
    /// Octets of the value.
    pub needed: usize,
    /// Octets of the target.
    pub have: usize,
}

/// Values are equal when their octets are, wherever they stand.
impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.bytes().eq(other.bytes())
    }
}

impl Eq for Value<'_> {}

impl PartialEq<[u8]> for Value<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        self.len == other.len() && self.starts_with(other)
    }
}

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.bytes()).finish()
    }
}

/// Two hexadecimal digits for each octet.
impl fmt::LowerHex for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes().try_for_each(|octet| write!(f, "{octet:02x}"))
    }
}
