//! The whole value of an option, joined from its fragments without copying (RFC 3396, [MS-DHCPE] section 2.2.9).

use core::{fmt, mem};

use super::code::OptionCode;
use super::walk::{LONGEST, OptionError, RawOption, Walk};
use crate::codes::debug_list;

/// The value of an option, or a part of it: the bytes of all its fragments in wire order, read in place.
///
/// A value of more than 255 bytes is sent as several options of one code, perhaps with others between them, perhaps in
/// several fields of the message (RFC 3396). Microsoft's clients and servers send one option of 255 bytes instead, and
/// the rest in option 250 directly after it ([MS-DHCPE] section 2.2.9). Both are read, even mixed: `Value` is one
/// sequence of bytes, which are copied only by [`copy_to`](Self::copy_to).
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
    /// The packet; of a value that belongs to none, the value.
    packet: &'a [u8],
    /// The first piece, a part of `packet`. INVARIANT: no longer than `len`, and not empty unless `len` is 0; if it is
    /// shorter than `len`, it ends where its option does.
    head: &'a [u8],
    /// Bytes in all pieces. INVARIANT: the pieces of `code` after that of `head` have those that `head` has not.
    len: usize,
    code: OptionCode,
    /// Whether the option of `head` has 255 bytes, so that a 250 directly after it continues it.
    full: bool,
    /// What option 52 of `packet` says, for the walk over the other pieces.
    overload: u8,
}

impl<'a> Value<'a> {
    /// Finds the value of `code` in `packet`.
    #[inline]
    pub(super) fn find(packet: &'a [u8], code: OptionCode) -> Result<Option<Self>, OptionError> {
        let Some(mut fragments) = Fragments::find(packet, code)? else {
            return Ok(None);
        };
        let head = fragments.head;
        // Less than the packet has.
        let len = fragments
            .by_ref()
            .fold(0_usize, |len, piece| len.wrapping_add(piece.len()));
        Ok(Some(Self::new(packet, code, head, len, fragments.walk.overload())))
    }

    /// Creates the value of `code` of which `head` is the first piece, and which has `len` bytes.
    #[inline]
    pub(super) const fn new(packet: &'a [u8], code: OptionCode, head: &'a [u8], len: usize, overload: u8) -> Self {
        let full = is_full(head);
        Self {
            packet,
            head,
            len,
            code,
            full,
            overload,
        }
    }

    /// Creates a value of one piece that does not belong to a packet: its offset is 0, its code is `code`.
    #[inline]
    #[must_use]
    pub const fn from_slice(code: OptionCode, value: &'a [u8]) -> Self {
        Self::new(value, code, value, value.len(), 0)
    }

    /// Creates the value that is just this option of `packet`.
    #[inline]
    pub(super) const fn at(packet: &'a [u8], option: RawOption<'a>) -> Self {
        Self {
            packet,
            ..Self::from_slice(option.code, option.value)
        }
    }

    /// Walks on after the option of `head`.
    #[inline]
    fn tail(&self) -> Walk<'a> {
        let offset = self.offset().wrapping_add(self.head.len());
        Walk::again(self.packet, offset, self.full, self.overload)
    }

    /// Returns the code of the option.
    #[inline]
    #[must_use]
    pub const fn code(&self) -> OptionCode {
        self.code
    }

    /// Returns the offset of the first byte, from the packet's first byte; of an empty value, where it would be.
    #[inline]
    #[must_use]
    pub fn offset(&self) -> usize {
        self.head.as_ptr().addr().wrapping_sub(self.packet.as_ptr().addr())
    }

    /// Returns how many bytes the value has.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns whether the value has no bytes.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the value as a slice, if it is in one piece.
    #[inline]
    #[must_use]
    pub const fn as_slice(&self) -> Option<&'a [u8]> {
        if self.head.len() == self.len {
            Some(self.head)
        } else {
            None
        }
    }

    /// Returns the pieces in wire order, without the empty ones; at most 255 bytes each in a packet.
    #[inline]
    #[must_use]
    pub fn fragments(&self) -> Fragments<'a> {
        Fragments {
            head: self.head,
            missing: self.len.saturating_sub(self.head.len()),
            walk: self.tail(),
            code: self.code,
        }
    }

    /// Returns the bytes in wire order.
    #[inline]
    pub fn bytes(&self) -> impl Iterator<Item = u8> + Clone + use<'a> {
        self.fragments().flatten().copied()
    }

    /// Copies the value to the start of `out`, and returns the part of `out` that holds it.
    ///
    /// # Errors
    /// [`CopyError`] if `out` is shorter than the value; `out` is unchanged then.
    #[inline]
    pub fn copy_to<'o>(&self, out: &'o mut [u8]) -> Result<&'o mut [u8], CopyError> {
        if out.len() < self.len {
            return Err(CopyError {
                needed: self.len,
                have: out.len(),
            });
        }
        self.copy_pieces(out)
    }

    /// Does what [`copy_to`](Self::copy_to) does; here, so that whoever reads a value does not have this loop in it.
    #[inline(never)]
    fn copy_pieces<'o>(&self, out: &'o mut [u8]) -> Result<&'o mut [u8], CopyError> {
        self.fragments().copy_to(out)
    }

    /// Returns whether the value begins with the bytes of `prefix`: a slice, an array or a text.
    #[must_use]
    pub fn starts_with(&self, prefix: impl AsRef<[u8]>) -> bool {
        let mut rest = prefix.as_ref();
        for piece in self.fragments() {
            let Some((expected, others)) = rest.split_at_checked(piece.len()) else {
                return piece.starts_with(rest);
            };
            if piece != expected {
                return false;
            }
            rest = others;
        }
        rest.is_empty()
    }

    /// Splits the value after its first `middle` bytes; `None` if it has fewer.
    #[inline]
    #[must_use]
    pub fn split_at(self, middle: usize) -> Option<(Self, Self)> {
        let mut after = self;
        let before = after.take_front(middle)?;
        Some((before, after))
    }

    /// Splits off the first byte; `None` if there is none.
    #[inline]
    #[must_use]
    pub fn split_first(self) -> Option<(u8, Self)> {
        let ([byte], after) = self.split_first_chunk()?;
        Some((byte, after))
    }

    /// Splits off the first `N` bytes; `None` if there are fewer.
    #[inline]
    #[must_use]
    pub fn split_first_chunk<const N: usize>(self) -> Option<([u8; N], Self)> {
        let mut after = self;
        let bytes = after.take_chunk()?;
        Some((bytes, after))
    }

    /// Returns the bytes if there are exactly `N`.
    #[inline]
    #[must_use]
    pub fn to_array<const N: usize>(self) -> Option<[u8; N]> {
        if let Some(slice) = self.as_slice() {
            return slice.try_into().ok();
        }
        let mut bytes = [0; N];
        if self.len != N {
            return None;
        }
        self.copy_to(&mut bytes).ok()?;
        Some(bytes)
    }

    /// Returns the first byte.
    #[inline]
    pub(super) const fn peek(&self) -> Option<u8> {
        match self.head.first() {
            Some(byte) => Some(*byte),
            None => None,
        }
    }

    /// Takes the first `count` bytes; `None`, and nothing taken, if there are fewer.
    #[inline]
    pub(super) fn take_front(&mut self, count: usize) -> Option<Self> {
        let front = Self {
            head: self.head.get(..count).unwrap_or(self.head),
            len: count,
            ..*self
        };
        self.advance(count).then_some(front)
    }

    /// Takes the first `N` bytes; `None`, and no more than all taken, if there are fewer.
    #[inline]
    pub(super) fn take_chunk<const N: usize>(&mut self) -> Option<[u8; N]> {
        if let Some(bytes) = self.head.first_chunk() {
            return self.advance(N).then_some(*bytes);
        }
        let mut bytes = [0; N];
        for byte in &mut bytes {
            *byte = self.peek()?;
            self.advance(1);
        }
        Some(bytes)
    }

    /// Passes over the first `count` bytes; false, and nothing passed, if there are fewer.
    #[inline]
    pub(super) fn advance(&mut self, count: usize) -> bool {
        // Within the first piece nothing but this moves.
        if let Some(after) = self.head.get(count..).filter(|after| !after.is_empty()) {
            self.head = after;
            self.len = self.len.saturating_sub(count);
            return true;
        }
        self.advance_over_pieces(count)
    }

    fn advance_over_pieces(&mut self, mut count: usize) -> bool {
        let Some(len) = self.len.checked_sub(count) else {
            return false;
        };
        let (mut head, mut full, mut walk) = (self.head, self.full, self.tail());
        while count > head.len() || (count == head.len() && len > 0) {
            count = count.saturating_sub(head.len());
            let Some(Ok(RawOption { value: piece, .. })) = walk.find(self.code) else {
                debug_assert!(false, "the pieces have the bytes that the value has");
                break;
            };
            (head, full) = (piece, is_full(piece));
        }
        let head = head.get(count..).unwrap_or_default();
        *self = Self {
            head: head.get(..len).unwrap_or(head),
            len,
            full,
            ..*self
        };
        true
    }

    /// Returns the first piece.
    #[inline]
    pub(super) const fn head(&self) -> &'a [u8] {
        self.head
    }

    /// Returns the value in one piece: if it is in several, a copy in `buffer`, unless that is too short.
    pub(super) fn in_one_piece<'b>(self, buffer: &'b mut [u8]) -> Value<'b>
    where
        'a: 'b,
    {
        if self.as_slice().is_some() || buffer.len() < self.len {
            return self;
        }
        self.copy_to(buffer)
            .map_or(self, |bytes| Value::from_slice(self.code, bytes))
    }
}

/// Returns whether two sequences of bytes agree, which are in pieces that need not begin and end at the same places.
pub(super) fn pieces_agree<'a, 'b>(
    mut pieces: impl Iterator<Item = &'a [u8]>,
    mut others: impl Iterator<Item = &'b [u8]>,
    agree: impl Fn(&[u8], &[u8]) -> bool,
) -> bool {
    let (mut piece, mut other): (&[u8], &[u8]) = (&[], &[]);
    loop {
        if piece.is_empty() {
            piece = pieces.find(|piece| !piece.is_empty()).unwrap_or_default();
        }
        if other.is_empty() {
            other = others.find(|piece| !piece.is_empty()).unwrap_or_default();
        }
        let len = piece.len().min(other.len());
        let (Some((front, rest)), Some((other_front, other_rest))) =
            (piece.split_at_checked(len), other.split_at_checked(len))
        else {
            return false; // Each has as many bytes as the shorter one.
        };
        if len == 0 || !agree(front, other_front) {
            return piece.len() == other.len() && len == 0;
        }
        (piece, other) = (rest, other_rest);
    }
}

/// Returns whether an option has so many bytes that a 250 directly after it continues it.
#[inline]
const fn is_full(value: &[u8]) -> bool {
    value.len() == LONGEST
}

/// The pieces of a value in wire order, without the empty ones; at most 255 bytes each in a packet.
#[derive(Clone)]
pub struct Fragments<'a> {
    /// The next piece; empty at the end.
    head: &'a [u8],
    /// Bytes in the pieces after that, if they are known.
    missing: usize,
    /// Where the walk is after the option of `head`.
    walk: Walk<'a>,
    code: OptionCode,
}

impl<'a> Fragments<'a> {
    /// Finds the first piece of the value of `code` in `packet`; an empty one if there are no others.
    #[allow(clippy::inline_always, reason = "the fragments are in registers then")]
    #[inline(always)]
    pub(super) fn find(packet: &'a [u8], code: OptionCode) -> Result<Option<Self>, OptionError> {
        let mut walk = Walk::over(packet);
        let Some(first) = walk.find(code).transpose()? else {
            return Ok(None);
        };
        let mut head = first.value;
        if head.is_empty() {
            (walk, head) = first_bytes(walk, code, head);
        }
        Ok(Some(Self {
            head,
            missing: usize::MAX,
            walk,
            code,
        }))
    }

    /// Walks to the next piece that is not empty; returns an empty one if there is none.
    #[allow(clippy::inline_always, reason = "this is the loop of whoever asks for fragments")]
    #[inline(always)]
    fn following(&mut self) -> &'a [u8] {
        while self.missing > 0 {
            let Some(Ok(RawOption { value: piece, .. })) = self.walk.find(self.code) else {
                break;
            };
            if self.missing != usize::MAX {
                let Some(missing) = self.missing.checked_sub(piece.len()) else {
                    // The last piece of a part of a value may go on in the packet.
                    return piece.get(..mem::take(&mut self.missing)).unwrap_or_default();
                };
                self.missing = missing;
            }
            if !piece.is_empty() {
                return piece;
            }
        }
        &[]
    }

    /// Copies the pieces to the start of `out`, and returns the part of `out` that holds them.
    ///
    /// # Errors
    /// [`CopyError`] if `out` is shorter than the pieces together; what it holds then is not specified.
    #[allow(clippy::inline_always, reason = "the fragments are in registers then")]
    #[inline(always)]
    pub fn copy_to(self, out: &mut [u8]) -> Result<&mut [u8], CopyError> {
        let have = out.len();
        let mut needed = 0_usize;
        let mut rest = &mut *out;
        for piece in self {
            needed = needed.wrapping_add(piece.len()); // Less than the packet has.
            if let Some((target, after)) = mem::take(&mut rest).split_at_mut_checked(piece.len()) {
                target.copy_from_slice(piece);
                rest = after;
            }
        }
        out.get_mut(..needed).ok_or(CopyError { needed, have })
    }
}

impl<'a> Iterator for Fragments<'a> {
    type Item = &'a [u8];

    #[allow(clippy::inline_always, reason = "the walk loses its registers otherwise")]
    #[inline(always)]
    fn next(&mut self) -> Option<&'a [u8]> {
        let piece = self.head;
        if piece.is_empty() {
            return None;
        }
        self.head = self.following();
        Some(piece)
    }
}

/// Passes over the pieces that are empty, of which the first is `piece`; returns the last one if there are no others.
#[cold]
#[inline(never)]
fn first_bytes<'a>(mut walk: Walk<'a>, code: OptionCode, mut piece: &'a [u8]) -> (Walk<'a>, &'a [u8]) {
    while piece.is_empty() {
        let Some(Ok(next)) = walk.find(code) else {
            break;
        };
        piece = next.value;
    }
    (walk, piece)
}

impl core::iter::FusedIterator for Fragments<'_> {}

impl fmt::Debug for Fragments<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_list(f, self.clone())
    }
}

/// A target that is shorter than the value to be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("value of {needed} bytes does not fit into {have} bytes")]
#[non_exhaustive]
pub struct CopyError {
    /// Bytes of the value.
    pub needed: usize,
    /// Bytes of the target.
    pub have: usize,
}

/// Values are equal when their bytes are, wherever these are.
impl PartialEq for Value<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && pieces_agree(self.fragments(), other.fragments(), |piece, other| piece == other)
    }
}

impl Eq for Value<'_> {}

/// Compares the bytes of a type with those of slices, arrays and texts.
macro_rules! equal_bytes {
    ($Type:ident) => {
        equal_bytes! { $Type: [] [u8], [] &[u8], [const N: usize] [u8; N], [const N: usize] &[u8; N], [] str, [] &str }
    };
    ($Type:ident: $([$($generics:tt)*] $Other:ty),+) => {$(
        /// The bytes are the same.
        impl<$($generics)*> PartialEq<$Other> for $Type<'_> {
            #[inline]
            fn eq(&self, other: &$Other) -> bool {
                let (value, bytes): (Value<'_>, &[u8]) = ((*self).into(), other.as_ref());
                value.len() == bytes.len() && value.starts_with(bytes)
            }
        }
    )+};
}

pub(super) use equal_bytes;

equal_bytes!(Value);

impl fmt::Debug for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        debug_list(f, self.bytes())
    }
}

/// Two hexadecimal digits for each byte.
impl fmt::LowerHex for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.bytes().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
