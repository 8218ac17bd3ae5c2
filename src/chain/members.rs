//! How the DLLs of the server's list become members.

use core::ptr::fn_addr_eq;

use crate::ffi::{CALLOUT_VERSION, CalloutTable, ERROR_SUCCESS, EntryPoint};
use crate::hook::{ChainDlls, Diagnostic, DllPath, LeftOut};

/// A DLL that was loaded, by its entry point.
///
/// Safe code cannot make one, so that the promise about foreign code is made by the `unsafe` of whoever loads it:
///
/// ```compile_fail,E0133
/// # unsafe extern "system" fn entry(_: *mut u16, _: u32, _: *mut dhcp_callout::ffi::CalloutTable) -> u32 { 0 }
/// let dll = dhcp_callout::chain::LoadedDll::new(entry);
/// ```
#[derive(Clone, Copy, Debug)]
pub struct LoadedDll {
    /// INVARIANT: as [`new`](Self::new) asks.
    entry: EntryPoint,
}

impl LoadedDll {
    /// Creates a loaded DLL from the function by the name of [`CALLOUT_ENTRY_POINT`](crate::ffi::CALLOUT_ENTRY_POINT).
    ///
    /// # Safety
    /// - `entry` can be called as its prototype says;
    /// - so can the hooks that it puts into the table, from any thread;
    /// - where such a hook lets `*Packet` point, 4096 bytes can be read and written, as in the server's own buffer,
    ///   until the hook of the DLL is told that the packet is processed: the members after it may write there;
    /// - the DLL stays loaded.
    #[must_use]
    pub const unsafe fn new(entry: EntryPoint) -> Self {
        Self { entry }
    }

    /// Asks for its table, as the server does.
    fn table(self) -> Result<CalloutTable, LeftOut> {
        let mut table = CalloutTable::EMPTY;
        let mut no_more = [0_u16; 2];
        // SAFETY: it can be called, says the invariant; the list is an empty `REG_MULTI_SZ`, and the table can be
        // written.
        match unsafe { (self.entry)(no_more.as_mut_ptr(), CALLOUT_VERSION, &raw mut table) } {
            ERROR_SUCCESS => Ok(table),
            status => Err(LeftOut::Refused { status }),
        }
    }
}

/// The members, in order of call.
#[derive(Clone, Copy, Debug)]
pub(super) struct Members<const MEMBERS: usize> {
    all: [Option<Member>; MEMBERS],
    /// How many DLLs of the list did not become members.
    pub(super) left_out: usize,
    /// Tells the DLL's own callout.
    pub(super) report: fn(Diagnostic<'_>),
}

/// INVARIANT: each hook of the table can be called as its prototype says, from any thread.
#[derive(Clone, Copy, Debug)]
struct Member {
    entry: EntryPoint,
    table: CalloutTable,
}

impl<const MEMBERS: usize> Members<MEMBERS> {
    /// Returns the DLL's own callout as the only member.
    ///
    /// # Safety
    /// - The hooks of `own` can be called as their prototypes say, from any thread.
    pub(super) unsafe fn new((entry, table): (EntryPoint, CalloutTable), report: fn(Diagnostic<'_>)) -> Self {
        let mut members = Self {
            all: [None; MEMBERS],
            left_out: 0,
            report,
        };
        if let Some(place) = members.all.first_mut() {
            *place = Some(Member { entry, table });
        }
        members
    }

    /// Loads the other members, and reports which DLLs are left out.
    pub(super) fn load(&mut self, dlls: ChainDlls<'_>, mut find: impl FnMut(DllPath<'_>) -> Option<LoadedDll>) {
        for path in dlls {
            let joined = path
                .map_err(|_| LeftOut::Unterminated)
                .and_then(|path| find(path).ok_or(LeftOut::NotFound))
                .and_then(|dll| self.join(dll));
            if let Err(reason) = joined {
                self.left_out = self.left_out.saturating_add(1);
                (self.report)(Diagnostic::LeftOut {
                    path: path.ok(),
                    reason,
                });
            }
        }
    }

    fn join(&mut self, dll: LoadedDll) -> Result<(), LeftOut> {
        let mut entries = self.all.iter().flatten().map(|member| member.entry);
        if entries.any(|entry| fn_addr_eq(entry, dll.entry)) {
            return Err(LeftOut::Repeated);
        }
        let vacant = self.all.iter_mut().find(|member| member.is_none());
        let place = vacant.ok_or(LeftOut::TooMany { members: MEMBERS })?;
        let table = dll.table()?;
        *place = Some(Member {
            entry: dll.entry,
            table,
        });
        Ok(())
    }

    /// Returns the tables, each with its member's number.
    pub(super) fn tables(&self) -> impl DoubleEndedIterator<Item = (usize, &CalloutTable)> {
        let numbered = (0..MEMBERS).zip(&self.all);
        numbered.filter_map(|(number, member)| Some((number, &member.as_ref()?.table)))
    }

    /// Returns a table of the hooks that any member wants.
    pub(super) fn wanted(&self) -> CalloutTable {
        self.tables()
            .fold(CalloutTable::EMPTY, |wanted, (_, table)| wanted.or(table))
    }
}
