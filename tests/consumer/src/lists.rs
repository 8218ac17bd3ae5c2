//! Callouts that do one thing as the only DLL of a server, and another with a DLL after them.

use std::sync::OnceLock;

use dhcp_callout::ffi::{CalloutTable, ERROR_NOT_SUPPORTED};
use dhcp_callout::simulate::NEXT_DLL;

use crate::raw::{fill, ignore, process_it_is_minus_one};

/// A table that does no harm.
const GOOD: CalloutTable = CalloutTable {
    dhcp_pkt_drop_hook: Some(ignore),
    ..CalloutTable::EMPTY
};
/// A table with a fault.
const BAD: CalloutTable = CalloutTable {
    dhcp_new_pkt_hook: Some(process_it_is_minus_one),
    ..CalloutTable::EMPTY
};

/// Returns whether there is no DLL in the list.
unsafe fn is_empty(list: *mut u16) -> bool {
    // SAFETY: the list has at least the NUL that ends it.
    unsafe { list.read_unaligned() == 0 }
}

/// Returns whether there was no DLL in the first list.
unsafe fn was_first_empty(first: &OnceLock<bool>, list: *mut u16) -> bool {
    // SAFETY: the caller promises the same.
    *first.get_or_init(|| unsafe { is_empty(list) })
}

/// Refuses to be loaded once and for all if it finds no DLL after it.
pub unsafe extern "system" fn refuses_a_first_empty_list(
    list: *mut u16,
    version: u32,
    table: *mut CalloutTable,
) -> u32 {
    static FIRST: OnceLock<bool> = OnceLock::new();
    // SAFETY: what the server has passed.
    unsafe {
        if was_first_empty(&FIRST, list) {
            return ERROR_NOT_SUPPORTED;
        }
        fill(version, table, GOOD)
    }
}

/// Says `TRUE` in its own way if there was no DLL after it when it was loaded.
pub unsafe extern "system" fn goes_wrong_alone(list: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    static FIRST: OnceLock<bool> = OnceLock::new();
    // SAFETY: what the server has passed.
    unsafe {
        let filled = if was_first_empty(&FIRST, list) { BAD } else { GOOD };
        fill(version, table, filled)
    }
}

/// Says `TRUE` in its own way if there is a DLL after it.
pub unsafe extern "system" fn goes_wrong_before_another(list: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    // SAFETY: what the server has passed.
    unsafe { fill(version, table, if is_empty(list) { GOOD } else { BAD }) }
}

/// Has nothing to do without a DLL after it.
pub unsafe extern "system" fn has_no_hooks_alone(list: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    // SAFETY: what the server has passed.
    unsafe { fill(version, table, if is_empty(list) { CalloutTable::EMPTY } else { GOOD }) }
}

/// Stands for the DLL after it, and is not loaded without one: breaks no rule of a chain.
pub unsafe extern "system" fn wraps_the_next_dll(list: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    // SAFETY: what the server has passed; the DLL of the check can be called as the SDK says.
    unsafe {
        if is_empty(list) {
            return ERROR_NOT_SUPPORTED;
        }
        (NEXT_DLL.1)(list, version, table)
    }
}
