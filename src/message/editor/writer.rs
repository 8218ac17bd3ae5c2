//! Writing into the bytes of the next packet.

use super::super::code::OptionCode;
use super::EditError;

/// The longest value of one fragment.
const FRAGMENT: usize = 255;

/// Writes one byte after the other, and only counts when there is no room.
pub(super) struct Writer<'t> {
    target: &'t mut [u8],
    /// Bytes written, or that would have been written.
    len: usize,
}

impl<'t> Writer<'t> {
    #[inline]
    pub(super) fn new(target: &'t mut [u8]) -> Self {
        Self { target, len: 0 }
    }

    /// Returns how many bytes have been written, or would have been.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Returns how many bytes there is room for, from the first.
    #[inline]
    pub(super) fn available(&self) -> usize {
        self.target.len()
    }

    /// Returns what has been written; `None` if there was no room for all of it.
    pub(super) fn written(&self) -> Option<&[u8]> {
        self.target.get(..self.len)
    }

    /// Returns how many bytes have been written.
    ///
    /// # Errors
    /// [`EditError::NoRoom`] if there was not room for all of them.
    #[inline]
    pub(super) fn size(&self) -> Result<usize, EditError> {
        if self.len > self.target.len() {
            return Err(EditError::NoRoom {
                needed: self.len,
                available: self.target.len(),
            });
        }
        Ok(self.len)
    }

    #[inline]
    pub(super) fn put(&mut self, octets: &[u8]) {
        let free = self.target.get_mut(self.len..).unwrap_or_default();
        if let Some(place) = free.get_mut(..octets.len()) {
            place.copy_from_slice(octets);
        }
        self.len = self.len.wrapping_add(octets.len()); // Less than the memory there is.
    }

    /// Writes octets and behind them an option, at one go if the option is one fragment.
    #[inline]
    pub(super) fn put_before_option(&mut self, octets: &[u8], code: OptionCode, value: &[u8]) {
        let front = octets.len().wrapping_add(2);
        let size = front.wrapping_add(value.len());
        let free = self.target.get_mut(self.len..).unwrap_or_default();
        match (
            free.get_mut(..size).and_then(|place| place.split_at_mut_checked(front)),
            u8::try_from(value.len()),
        ) {
            (Some(([place @ .., code_octet, length_octet], behind)), Ok(length))
                if place.len() == octets.len() && behind.len() == value.len() =>
            {
                place.copy_from_slice(octets);
                (*code_octet, *length_octet) = (code.code(), length);
                behind.copy_from_slice(value);
                self.len = self.len.wrapping_add(size);
            }
            _ => {
                self.put(octets);
                self.put_option(code, value);
            }
        }
    }

    /// Writes an option, in several fragments if `value` is longer than one can be.
    #[inline]
    pub(super) fn put_option(&mut self, code: OptionCode, value: &[u8]) {
        if let Ok(length) = u8::try_from(value.len()) {
            let size = value.len().wrapping_add(2);
            let free = self.target.get_mut(self.len..).unwrap_or_default();
            if let Some([first, second, place @ ..]) = free.get_mut(..size) {
                (*first, *second) = (code.code(), length);
                place.copy_from_slice(value);
            }
            self.len = self.len.wrapping_add(size);
        } else {
            self.put_fragments(code, value);
        }
    }

    #[cold]
    fn put_fragments(&mut self, code: OptionCode, value: &[u8]) {
        let mut rest = value;
        loop {
            let (fragment, behind) = rest.split_at_checked(FRAGMENT).unwrap_or((rest, &[]));
            self.put_fragment_head(code, fragment.len());
            self.put(fragment);
            if behind.is_empty() {
                return;
            }
            rest = behind;
        }
    }

    /// Writes the code and the length of a fragment of at most 255 octets.
    #[inline]
    pub(super) fn put_fragment_head(&mut self, code: OptionCode, length: usize) {
        self.put(&[code.code(), u8::try_from(length).unwrap_or(u8::MAX)]);
    }

    /// Writes over what has been written.
    pub(super) fn overwrite(&mut self, offset: usize, octets: &[u8]) {
        let behind = self.target.get_mut(offset..).unwrap_or_default();
        if let Some(place) = behind.get_mut(..octets.len()) {
            place.copy_from_slice(octets);
        }
    }

    /// Takes back what was written behind the first `len` bytes.
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Writes PADs until there are `len` bytes.
    #[inline]
    pub(super) fn fill_to(&mut self, len: usize) {
        if let Some(filling) = self.target.get_mut(self.len..len) {
            filling.fill(0);
        }
        self.len = self.len.max(len);
    }
}

/// Writes the octets of one value piece by piece, split into fragments where they have to be.
pub(super) struct Splitter<'w, 't> {
    out: &'w mut Writer<'t>,
    code: OptionCode,
    /// Octets of the value that are still to come.
    left: usize,
    /// Octets of them that go into the fragment that has begun.
    room: usize,
}

impl<'w, 't> Splitter<'w, 't> {
    /// Begins an option whose value has `length` octets, at least one.
    pub(super) fn new(out: &'w mut Writer<'t>, code: OptionCode, length: usize) -> Self {
        Self {
            out,
            code,
            left: length,
            room: 0,
        }
    }

    pub(super) fn put(&mut self, octets: &[u8]) {
        let mut rest = octets;
        while !rest.is_empty() {
            if self.room == 0 {
                self.room = self.left.clamp(1, FRAGMENT);
                self.left = self.left.saturating_sub(self.room);
                self.out.put_fragment_head(self.code, self.room);
            }
            let (now, later) = rest.split_at_checked(self.room).unwrap_or((rest, &[]));
            self.out.put(now);
            self.room = self.room.saturating_sub(now.len());
            rest = later;
        }
    }
}

/// Returns how many bytes an option takes whose value has `length` octets.
pub(super) fn option_size(length: usize) -> usize {
    length.saturating_add(length.div_ceil(FRAGMENT).max(1).saturating_mul(2))
}
