//! The pointers of the entry point: the list of the DLLs that the server leaves to the first one, and the table.

use core::fmt::{self, Write};
use core::iter::FusedIterator;

use super::raw::HookError;
use crate::ffi::CalloutTable;

/// How many UTF-16 units of the server's list are looked at, the last NUL included.
pub const LONGEST_LIST: usize = 32_768;

/// The paths of a `REG_MULTI_SZ`: UTF-16 texts that each end in NUL, one after the other, until an empty one.
///
/// ```
/// use dhcp_callout::hook::ChainDlls;
///
/// let list: Vec<u16> = "C:\\a.dll\0C:\\b.dll\0\0".encode_utf16().collect();
/// let paths: Result<Vec<_>, _> = ChainDlls::new(&list).map(|path| path.map(|path| path.to_string())).collect();
/// assert_eq!(paths?, ["C:\\a.dll", "C:\\b.dll"]);
/// # Ok::<(), dhcp_callout::hook::UnterminatedPath>(())
/// ```
#[derive(Clone, Debug)]
pub struct ChainDlls<'a> {
    rest: &'a [u16],
    /// Offset of `rest`, in UTF-16 units from the start of the list.
    offset: usize,
}

/// The path of a DLL as UTF-16, without the NUL; it need not be well-formed UTF-16.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DllPath<'a> {
    units: &'a [u16],
}

/// A path without NUL before the end of what can be read; nothing says that it is whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("path at UTF-16 unit {offset} does not end within {have} units")]
#[non_exhaustive]
pub struct UnterminatedPath {
    /// Where the path begins, in UTF-16 units from the start of the list.
    pub offset: usize,
    /// How many units of it there are.
    pub have: usize,
}

impl<'a> ChainDlls<'a> {
    /// Reads `list`, which may go on after the list's end, or end before it.
    #[must_use]
    pub const fn new(list: &'a [u16]) -> Self {
        Self { rest: list, offset: 0 }
    }

    /// The list without a path.
    pub const EMPTY: Self = Self::new(&[]);
}

/// Yields the paths in order. A list that ends without the empty text ends all the same; a path that ends without NUL
/// is an error, the last item.
impl<'a> Iterator for ChainDlls<'a> {
    type Item = Result<DllPath<'a>, UnterminatedPath>;

    fn next(&mut self) -> Option<Self::Item> {
        let Self { rest, offset } = *self;
        self.rest = &[];
        let Some(length) = rest.iter().position(|unit| *unit == 0) else {
            return (!rest.is_empty()).then_some(Err(UnterminatedPath {
                offset,
                have: rest.len(),
            }));
        };
        let (units, after) = rest.split_at_checked(length)?;
        if units.is_empty() {
            return None;
        }
        self.rest = after.get(1..).unwrap_or_default();
        self.offset = offset.saturating_add(length).saturating_add(1);
        Some(Ok(DllPath { units }))
    }
}

impl FusedIterator for ChainDlls<'_> {}

impl<'a> DllPath<'a> {
    /// Returns the UTF-16 units of the path, without NUL; in the list a NUL follows them.
    #[must_use]
    pub const fn units(self) -> &'a [u16] {
        self.units
    }
}

/// Prints the path; an unpaired surrogate prints as U+FFFD.
impl fmt::Display for DllPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        char::decode_utf16(self.units.iter().copied())
            .try_for_each(|character| f.write_char(character.unwrap_or(char::REPLACEMENT_CHARACTER)))
    }
}

impl fmt::Debug for DllPath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        char::decode_utf16(self.units.iter().copied()).try_for_each(|character| match character {
            Ok(character) => write!(f, "{}", character.escape_debug()),
            Err(surrogate) => write!(f, "\\u{{{:x}}}", surrogate.unpaired_surrogate()),
        })?;
        f.write_char('"')
    }
}

/// Returns the slice of a `REG_MULTI_SZ`: up to and with its empty text, and at most [`LONGEST_LIST`] units; and why it
/// is not the whole list, if it is not.
///
/// # Safety
/// - `list` is NULL, or not aligned, or points at UTF-16 units that can be read and that nobody writes during `'a`, up
///   to the first NUL that follows a NUL or is the first unit, or [`LONGEST_LIST`] of them.
pub(crate) unsafe fn read_list<'a>(list: *const u16) -> (&'a [u16], Option<HookError>) {
    if list.is_null() {
        return (&[], None);
    }
    if !list.is_aligned() {
        return (&[], Some(HookError::UnalignedList));
    }
    let mut length: usize = 0;
    let mut after_nul = true;
    let mut has_ended = false;
    while !has_ended && length < LONGEST_LIST {
        // SAFETY: `length` is below the bound, and no empty text has come, so the caller promises that it can be read.
        let unit = unsafe { list.wrapping_add(length).read() };
        length = length.saturating_add(1);
        has_ended = unit == 0 && after_nul;
        after_nul = unit == 0;
    }
    // SAFETY: so many units have been read, and the caller promises that nobody writes them.
    let units = unsafe { core::slice::from_raw_parts(list, length) };
    (units, (!has_ended).then_some(HookError::EndlessList { units: length }))
}

/// Fills the server's table.
///
/// # Safety
/// - `table` can be written, aligned or not.
pub(crate) unsafe fn write_table(table: *mut CalloutTable, value: CalloutTable) {
    // SAFETY: the caller promises that it can be written; alignment does not matter to this write.
    unsafe { table.write_unaligned(value) };
}

/// Returns what is in a callout table.
///
/// # Safety
/// - `table` can be read, aligned or not.
#[cfg(feature = "simulate")]
pub(crate) unsafe fn read_table(table: *const CalloutTable) -> CalloutTable {
    // SAFETY: the caller promises that it can be read; alignment does not matter to this read.
    unsafe { table.read_unaligned() }
}
