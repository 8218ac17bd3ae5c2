//! The DLL that comes after the one that is checked.

use core::ffi::c_void;
use core::sync::atomic::{AtomicUsize, Ordering};

use crate::ffi::{CALLOUT_VERSION, CalloutTable, ERROR_NOT_SUPPORTED, ERROR_SUCCESS, EntryPoint};
use crate::hook::write_table;

/// The path and the entry point of the one DLL that is on the list which a check hands to the callout.
///
/// It wants to hear of START and STOP, and does nothing then; [`check_chained`](super::check_chained) shows what it is for.
pub const NEXT_DLL: (&str, EntryPoint) = ("next.dll", entry);

static CALLS: AtomicUsize = AtomicUsize::new(0);

/// Returns how often the hook was called, in all checks.
pub(super) fn calls() -> usize {
    CALLS.load(Ordering::Relaxed)
}

unsafe extern "system" fn entry(_: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    if version != CALLOUT_VERSION {
        return ERROR_NOT_SUPPORTED;
    }
    let hooks = CalloutTable {
        dhcp_control_hook: Some(control),
        ..CalloutTable::EMPTY
    };
    // SAFETY: who calls an entry point has a table that can be written.
    unsafe { write_table(table, hooks) };
    ERROR_SUCCESS
}

unsafe extern "system" fn control(_: u32, _: *mut c_void) -> u32 {
    CALLS.fetch_add(1, Ordering::Relaxed);
    ERROR_SUCCESS
}
