//! The DLL that comes after the one that is checked.

use core::ffi::c_void;
use core::sync::atomic::{AtomicUsize, Ordering};

use super::super::entry::NAME;
use super::rule::Rule;
#[allow(clippy::wildcard_imports, reason = "the prototypes name what their parameters are")]
use crate::ffi::*;
use crate::hook::{write_bytes, write_table};

/// The path and the entry point of the one DLL that is on the list which a check hands to the callout.
///
/// It has all hooks, and lets every packet be processed; [`check_chained`](super::check_chained) shows what it is for.
pub const NEXT_DLL: (&str, EntryPoint) = ("next.dll", entry);

unsafe extern "system" fn entry(_: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    CALLS.entry.fetch_add(1, Ordering::Relaxed);
    if version != CALLOUT_VERSION {
        return ERROR_NOT_SUPPORTED;
    }
    // SAFETY: who calls an entry point has a table that can be written.
    unsafe { write_table(table, HOOKS) };
    ERROR_SUCCESS
}

/// Defines the hooks, each of which counts its calls.
macro_rules! count {
    (@answer new_pkt $packet:ident $size:ident $address:ident $reserved:ident $context:ident $process_it:ident) => {
        if !$process_it.is_null() {
            let (place, value) = ($process_it.cast(), Bool::TRUE.0.to_ne_bytes());
            // SAFETY: a variable of whoever calls the hook.
            unsafe { write_bytes(place, &value) };
        }
    };
    (@answer $hook:ident $($parameter:ident)+) => {};
    ($hook:ident $field:ident { $($parameter:ident: $Type:ty,)+ }) => {
        pub(super) unsafe extern "system" fn $hook($($parameter: $Type),+) -> u32 {
            let _ = ($($parameter,)+);
            count!(@answer $hook $($parameter)+);
            CALLS.$field.fetch_add(1, Ordering::Relaxed);
            ERROR_SUCCESS
        }
    };
    ($(
        $(#[$attribute:meta])*
        $Prototype:ident($Arguments:ident $parameters:tt) = $($hook:ident: $field:ident $name:literal),+;
    )+) => {
        const HOOKS: CalloutTable = CalloutTable { $($($field: Some(hooks::$hook),)+)+ ..CalloutTable::EMPTY };

        mod hooks {
            use super::*;

            $($(count!($hook $field $parameters);)+)+
        }

        /// How often the entry point and each hook were called, in all checks.
        #[derive(Debug, Default)]
        pub(super) struct Calls {
            entry: AtomicUsize,
            $($($field: AtomicUsize,)+)+
        }

        static CALLS: Calls = Calls { entry: AtomicUsize::new(0), $($($field: AtomicUsize::new(0),)+)+ };

        impl Calls {
            pub(super) fn now() -> Self {
                let copy = |count: &AtomicUsize| count.load(Ordering::Relaxed).into();
                Self { entry: copy(&CALLS.entry), $($($field: copy(&CALLS.$field),)+)+ }
            }

            /// Returns the rule that was broken since by a callout with the hooks of `table`, and the first function that
            /// was not called, of those that were called of the callout and did not refuse the packet.
            pub(super) fn broken(self, table: &CalloutTable, has_served: impl Fn(&'static str) -> bool) -> Option<(Rule, &'static str)> {
                let is_same = |before: AtomicUsize, now: &AtomicUsize| before.into_inner() == now.load(Ordering::Relaxed);
                let mut is_heard = !is_same(self.entry, &CALLS.entry);
                let mut missing = None;
                $($(
                    if !is_same(self.$field, &CALLS.$field) {
                        is_heard = true;
                    } else if table.$field.is_some() && has_served($name) {
                        missing = missing.or(Some((Rule::NotChained, $name)));
                    }
                )+)+
                if is_heard { missing } else { Some((Rule::NotLoaded, NAME)) }
            }
        }
    };
}

prototypes!(count);
