//! Writing the options of the next packet.

use super::super::code::OptionCode;
use super::super::codec::Encoder;
use super::super::walk::LONGEST;
use super::error::EditError;
use super::script::LongForm;

impl Encoder<'_> {
    /// Returns whether what has been written is `bytes`; false if there was no room for all of it.
    pub(super) fn is_written(&self, bytes: Option<&[u8]>) -> bool {
        let written = self.target.get(..self.len);
        written.is_some() && written == bytes
    }

    /// Writes an option, or a fragment of one, of at most 255 bytes.
    #[inline]
    pub(super) fn put_option(&mut self, code: OptionCode, value: &[u8]) {
        debug_assert!(value.len() <= LONGEST, "a longer value is split");
        write_option(self.target, self.len, code, value);
        self.len = self.len.wrapping_add(value.len()).wrapping_add(2);
        if value.len() == LONGEST {
            self.full_end = self.len;
        }
    }

    /// Writes an option of any length that continues none: a PAD keeps a 250 from an option of 255 bytes.
    pub(super) fn put_apart(&mut self, code: OptionCode, value: &[u8], form: LongForm) {
        if code == OptionCode::CONTINUATION && self.full_end == self.len {
            self.put(&[OptionCode::PAD.code()]);
        }
        let (first, rest) = value.split_at_checked(LONGEST).unwrap_or((value, &[]));
        self.put_option(code, first);
        let next = match form {
            LongForm::Repeated => code,
            LongForm::Continued => OptionCode::CONTINUATION,
        };
        for fragment in rest.chunks(LONGEST) {
            self.put_option(next, fragment);
        }
    }

    /// Writes over what is there, if there is room.
    #[inline]
    pub(super) fn overwrite(&mut self, offset: usize, bytes: &[u8]) {
        if let Some(place) = self.target.get_mut(offset..offset.wrapping_add(bytes.len())) {
            copy_value(place, bytes);
        }
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

/// Writes an option of at most 255 bytes to `target` from `at` on, if there is room; returns where it ends.
#[inline(always)]
pub(super) fn write_option(target: &mut [u8], at: usize, code: OptionCode, value: &[u8]) -> Option<usize> {
    let [first, second, after @ ..] = target.get_mut(at..)? else {
        return None;
    };
    (*first, *second) = (code.code(), value.len() as u8);
    copy_value(after.get_mut(..value.len())?, value);
    Some(at.wrapping_add(value.len()).wrapping_add(2))
}

/// Copies a value to a place of the same length.
#[inline(always)]
pub(super) fn copy_value(place: &mut [u8], value: &[u8]) {
    match short(value) {
        Some(parts) => put_short(place, parts),
        None => place.copy_from_slice(value),
    }
}

/// Splits a value of 4 to 8 bytes, as most have, into two parts that may overlap: such a value is copied without a
/// call.
#[inline]
fn short(value: &[u8]) -> Option<([u8; 4], [u8; 4])> {
    match (value.first_chunk(), value.last_chunk()) {
        (Some(first), Some(last)) if value.len() <= 8 => Some((*first, *last)),
        _ => None,
    }
}

/// Writes such a value to a place of its length.
#[inline]
fn put_short(place: &mut [u8], (first, last): ([u8; 4], [u8; 4])) {
    if let Some(place) = place.first_chunk_mut() {
        *place = first;
    }
    if let Some(place) = place.last_chunk_mut() {
        *place = last;
    }
}

/// Fills `bytes` with zeros to the length of a field; returns how many they were besides.
pub(super) fn field_of<const N: usize>(field: &'static str, bytes: &[u8]) -> Result<([u8; N], u8), EditError> {
    let mut filled = [0; N];
    match (filled.get_mut(..bytes.len()), u8::try_from(bytes.len())) {
        (Some(place), Ok(length)) => {
            place.copy_from_slice(bytes);
            Ok((filled, length))
        }
        _ => Err(EditError::FieldTooLong {
            field,
            length: bytes.len(),
            capacity: N,
        }),
    }
}
