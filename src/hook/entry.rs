//! The pointers of the entry point: the list of DLLs that it is given, and the table that it fills.

use crate::ffi::CalloutTable;

/// Makes the slice of a `REG_MULTI_SZ`: up to and with its empty text, and at most `bound` units.
///
/// # Safety
/// - `list` is NULL or points at UTF-16 units, aligned, that can be read and that nobody writes during `'a`, up to the
///   first NUL that follows a NUL or stands first, or `bound` of them.
pub(crate) unsafe fn read_list<'a>(list: *const u16, bound: usize) -> &'a [u16] {
    if list.is_null() || !list.is_aligned() {
        return &[];
    }
    let mut length: usize = 0;
    let mut after_nul = true;
    while length < bound {
        // SAFETY: `length` is below `bound`, and no empty text has come, so the caller promises that it can be read.
        let unit = unsafe { list.wrapping_add(length).read() };
        length = length.saturating_add(1);
        if unit == 0 && after_nul {
            break;
        }
        after_nul = unit == 0;
    }
    // SAFETY: so many units have been read, and the caller promises that nobody writes them.
    unsafe { core::slice::from_raw_parts(list, length) }
}

/// Fills the server's table.
///
/// # Safety
/// - `table` can be written, aligned or not.
pub(crate) unsafe fn write_table(table: *mut CalloutTable, value: CalloutTable) {
    // SAFETY: the caller promises that it can be written; alignment does not matter to this write.
    unsafe { table.write_unaligned(value) };
}
