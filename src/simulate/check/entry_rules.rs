//! The rules of an entry point.

use core::ptr::{fn_addr_eq, without_provenance_mut};

use super::super::Conduct;
use super::super::loading::{EntryCall, list_of};
use super::super::memory::Arena;
use super::next::HOOKS;
use super::report::Report;
use super::rule::Rule;
use crate::ffi::{CALLOUT_VERSION, CalloutTable, ENTRY_POINT, ERROR_SUCCESS, EntryPoint, prototypes};

/// Versions in the order of a negotiation, in which the server has to try until one is accepted.
const VERSIONS: [u32; 9] = [
    u32::MAX,
    0x1_0000,
    3,
    2,
    1,
    CALLOUT_VERSION,
    CALLOUT_VERSION,
    1,
    CALLOUT_VERSION,
];

/// Anything that is not NULL, where nothing may be written.
const FULL: CalloutTable = CalloutTable {
    dhcp_extension_hook: without_provenance_mut(1),
    dhcp_reserved_hook: without_provenance_mut(1),
    ..HOOKS
};

/// How often [`check`] calls the entry point.
pub(super) const CALLS: usize = VERSIONS.len();

/// Calls `entry`, which has these DLLs after it, with one version after the other, each time with memory of its own, and
/// returns the table for the documented one, if it accepts that.
///
/// # Safety
/// - `entry` can be called as its prototype says.
pub(super) unsafe fn check(
    entry: EntryPoint,
    next: &[(&str, EntryPoint)],
    memory: &Arena,
    report: &mut Report,
) -> Option<CalloutTable> {
    let mut first: Option<CalloutTable> = None;
    let list = list_of(next);
    for version in VERSIONS {
        let is_documented = version == CALLOUT_VERSION;
        let before = if is_documented { CalloutTable::EMPTY } else { FULL };
        let call = EntryCall::DEFAULT.version(version).chain(Some(&list)).before(before);
        report.count();
        // SAFETY: the caller promises the same.
        let result = unsafe { call.enter_in(memory, entry) };
        let is_loaded = result.status == ERROR_SUCCESS;
        let is_like = |table: &CalloutTable| are_equal(&result.left, table);
        let is_reserved_set = !(result.left.dhcp_extension_hook.is_null() && result.left.dhcp_reserved_hook.is_null());
        let broken = [
            (Rule::EntryWritesOutside, result.is_damaged),
            (Rule::KeptArguments, memory.was_written_late()),
            (Rule::EntryRefuses, !is_loaded && is_documented && first.is_none()),
            (Rule::EntryAcceptsAny, is_loaded && !is_documented),
            (Rule::EntryWritesOnFailure, !is_loaded && !is_like(&before)),
            (Rule::EntryReserved, is_loaded && is_documented && is_reserved_set),
            (
                Rule::EntryWithoutHooks,
                is_loaded && is_documented && is_like(&CalloutTable::EMPTY),
            ),
            (
                Rule::EntryUnstable,
                is_documented && first.is_some_and(|first| !is_loaded || !is_like(&first)),
            ),
        ];
        for (rule, _) in broken.into_iter().filter(|(_, is_broken)| *is_broken) {
            report.note(report.finding(rule, ENTRY_POINT, Conduct::DEFAULT, &[]));
        }
        if !is_loaded && is_documented {
            return None;
        }
        first = first.or_else(|| is_documented.then_some(result.left));
    }
    first
}

/// Defines the comparison of two tables, hook by hook.
macro_rules! compare {
    ($(
        $(#[$attribute:meta])*
        $Prototype:ident($Arguments:ident $parameters:tt) = $($hook:ident: $field:ident $name:literal),+;
    )+) => {
        /// Returns whether two tables have the same hooks, the reserved ones included.
        pub(super) fn are_equal(one: &CalloutTable, other: &CalloutTable) -> bool {
            $($(
                (match (one.$field, other.$field) {
                    (Some(one), Some(other)) => fn_addr_eq(one, other),
                    (one, other) => one.is_none() && other.is_none(),
                }) &&
            )+)+
            one.dhcp_extension_hook == other.dhcp_extension_hook && one.dhcp_reserved_hook == other.dhcp_reserved_hook
        }
    };
}

prototypes!(compare);
