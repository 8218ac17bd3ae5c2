//! The DLL that comes after the one that is checked.

use core::ffi::c_void;
use core::ptr::{null_mut, without_provenance_mut};
use core::sync::atomic::{AtomicUsize, Ordering};

use super::super::Conduct;
use super::report::{Finding, Report};
use super::rule::Rule;
#[allow(clippy::wildcard_imports, reason = "the prototypes name what their parameters are")]
use crate::ffi::*;
use crate::hook::{write_bytes, write_table};

/// The path and the entry point of the one DLL after the callout that is put to the test by
/// [`check_chained`](super::check_chained), which shows what it is for.
///
/// It has all hooks, gives each packet a context of its own, and lets it be processed.
pub const NEXT_DLL: (&str, EntryPoint) = ("next.dll", entry);

unsafe extern "system" fn entry(_: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    note(ENTRY_POINT, null_mut());
    if version != CALLOUT_VERSION {
        return ERROR_NOT_SUPPORTED;
    }
    // SAFETY: who calls an entry point has a table that can be written.
    unsafe { write_table(table, HOOKS) };
    ERROR_SUCCESS
}

/// Lets a packet be processed, and returns its context.
fn accept(context: *mut *mut c_void, process_it: *mut Bool) -> *mut c_void {
    static PACKETS: AtomicUsize = AtomicUsize::new(1);
    let number = PACKETS.fetch_add(1, Ordering::Relaxed);
    if !context.is_null() && !process_it.is_null() {
        let variables = [
            (context.cast(), &number.to_ne_bytes()[..]),
            (process_it.cast(), &Bool::TRUE.0.to_ne_bytes()),
        ];
        for (variable, value) in variables {
            // SAFETY: a variable of whoever calls the hook.
            unsafe { write_bytes(variable, value) };
        }
    }
    without_provenance_mut(number)
}

/// Defines the hooks, each of which notes the context that it is called with, or gives.
macro_rules! define {
    (@context new_pkt $packet:ident $size:ident $address:ident $reserved:ident $context:ident $process_it:ident) => {
        accept($context, $process_it)
    };
    (@context control $($parameter:ident)+) => { null_mut() };
    (@context delete_client $($parameter:ident)+) => { null_mut() };
    (@context handle_options $packet:ident $size:ident $reserved:ident $context:ident $options:ident) => { $context };
    (@context $hook:ident $context:ident) => { $context };
    (@context $hook:ident $first:ident $($parameter:ident)+) => { define!(@context $hook $($parameter)+) };
    ($hook:ident $name:literal { $($parameter:ident: $Type:ty,)+ }) => {
        pub(super) unsafe extern "system" fn $hook($($parameter: $Type),+) -> u32 {
            let _ = ($($parameter,)+);
            note($name, define!(@context $hook $($parameter)+));
            ERROR_SUCCESS
        }
    };
    ($(
        $(#[$attribute:meta])*
        $Prototype:ident($Arguments:ident $parameters:tt) = $($hook:ident: $field:ident $name:literal),+;
    )+) => {
        pub(super) const HOOKS: CalloutTable = CalloutTable { $($($field: Some(hooks::$hook),)+)+ ..CalloutTable::EMPTY };
        /// The names of the entry point and of the hooks.
        const NAMES: [&str; [ENTRY_POINT, $($($name),+),+].len()] = [ENTRY_POINT, $($($name),+),+];

        mod hooks {
            use super::*;

            $($(define!($hook $name $parameters);)+)+
        }

        /// Returns a hook that is not in `table`.
        fn lacking(table: &CalloutTable) -> Option<&'static str> {
            let missing = [$($(table.$field.is_none().then_some($name)),+),+];
            missing.into_iter().flatten().next()
        }
    };
}

prototypes!(define);

/// What was noted for each of [`NAMES`]: 0 if it was not called, otherwise 1 more than the context.
type Notes = [AtomicUsize; NAMES.len()];

#[cfg(feature = "std")]
std::thread_local! {
    static NOTES: Notes = const { [const { AtomicUsize::new(0) }; NAMES.len()] };
}

#[cfg(feature = "std")]
fn with_notes<R>(work: impl FnOnce(&Notes) -> R) -> R {
    NOTES.with(work)
}

#[cfg(not(feature = "std"))]
fn with_notes<R>(work: impl FnOnce(&Notes) -> R) -> R {
    static NOTES: Notes = [const { AtomicUsize::new(0) }; NAMES.len()];
    work(&NOTES)
}

fn note(function: &str, context: *mut c_void) {
    with_notes(|notes| {
        let notes = notes.iter().zip(NAMES).filter(|(_, name)| *name == function);
        notes.for_each(|(note, _)| note.store(context.addr().saturating_add(1), Ordering::Relaxed));
    });
}

/// What the next DLL has heard of: the context for each of [`NAMES`].
pub(super) struct Heard([Option<usize>; NAMES.len()]);

/// Does some work, and returns what the next DLL has heard of meanwhile on this thread, or without feature `std` on
/// any.
pub(super) fn listen<R>(work: impl FnOnce() -> R) -> (R, Heard) {
    let take = |notes: &Notes| {
        Heard(
            notes
                .each_ref()
                .map(|note| note.swap(0, Ordering::Relaxed).checked_sub(1)),
        )
    };
    with_notes(take);
    (work(), with_notes(take))
}

impl Heard {
    /// Returns the context that the next DLL was given with a hook, or gave, if it has heard of it.
    pub(super) fn of(&self, hook: &str) -> Option<usize> {
        let mut heard = self.0.iter().zip(NAMES);
        heard.find_map(|(context, name)| context.filter(|_| name == hook))
    }
}

/// How a callout serves the next DLL.
#[derive(Default)]
pub(super) struct Served {
    is_heard: bool,
    broken: Option<Finding>,
}

impl Served {
    /// Notes that the next DLL has heard of something.
    pub(super) fn hear(&mut self, heard: &Heard) {
        self.is_heard |= heard.0.iter().any(Option::is_some);
    }

    /// Notes that a call broke a rule, if no earlier one did.
    pub(super) fn note(&mut self, finding: Finding) {
        self.broken.get_or_insert(finding);
    }

    /// Notes which rule a callout with this table has broken.
    pub(super) fn judge(self, table: &CalloutTable, conduct: Conduct, report: &mut Report) {
        let broken = if self.is_heard {
            let lacking = || Some(report.finding(Rule::NotChained, lacking(table)?, conduct, &[]));
            self.broken.or_else(lacking)
        } else {
            Some(report.finding(Rule::NotLoaded, ENTRY_POINT, conduct, &[]))
        };
        if let Some(finding) = broken {
            report.note(finding);
        }
    }
}
