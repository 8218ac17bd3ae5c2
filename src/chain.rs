//! The other DLLs: the server loads the first callout DLL that loads, and that one is responsible for the rest.
//!
//! [`ChainDlls`] reads the list of paths that the entry point is given. [`Chain`] holds the callout tables of all members,
//! the DLL's own first, merges them into one, and calls each member that asked for a hook, in order.
//! [`export!`](crate::export) takes a chain with `chain = load`, where `load` finds the entry point of a path, since
//! that needs the operating system:
//!
//! ```
//! use dhcp_callout::chain::DllPath;
//! use dhcp_callout::ffi::EntryPoint;
//! use dhcp_callout::{Callout, Decision, NewPacket};
//!
//! struct First;
//!
//! impl Callout for First {
//!     type State = ();
//!
//!     fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
//!         Decision::Pass
//!     }
//! }
//!
//! /// On Windows: `LoadLibraryW`, then `GetProcAddress` with `ffi::CALLOUT_ENTRY_POINT`.
//! fn load(path: DllPath<'_>) -> Option<EntryPoint> {
//!     # let _ = path;
//!     None
//! }
//!
//! dhcp_callout::export!(First, packets = 1024, chain = load);
//! ```
//!
//! # What the members see
//!
//! - **Contexts.** The server carries one context for a packet; the chain keeps one for each member behind it, so that
//!   each gets its own in every hook. A packet that the chain does not know (the context is NULL) is passed on with NULL;
//!   for a context that is stale no member is called. When the chain's table is full, no member hears of the packet at all.
//! - **Replacements.** `Packet` and `PacketSize` are passed on as they are: what one member puts there the next one sees.
//! - **`ProcessIt`.** The first member that says FALSE refuses the packet: the members behind it are not called. Whether the
//!   server then reports the packet is not documented, so the chain itself ends the life of the packet for the members
//!   before: each that was called gets `DHCP_DROP_GEN_FAILURE` and `DHCP_DROP_PROCESSED`, and the server's context is
//!   NULL. What they put in place of the packet ends with that, so the server gets its own packet back first.
//! - **The bytes at the end.** `Packet` is passed on with `DHCP_DROP_PROCESSED` as well, but a member that has replaced the
//!   packet may have taken its buffer back when it was told, before the members behind it are: read it there only if you
//!   know all members. Callouts made with this crate never do.
//! - **The end.** However often and from however many threads the server reports a packet as processed, each member is
//!   told once.
//! - **Loading.** Each member's entry point is called with version 0 and an empty list. A DLL that does not load, or whose
//!   entry point returns anything but 0, is left out, and the others are loaded; so is one for which `load` panics, with
//!   the feature `std`. The list is read once, in the first call of the entry point.
//! - **Return values.** A hook returns the first value other than 0 that a member returned.
#![expect(
    unsafe_code,
    reason = "this room calls the hooks of other DLLs, and defines those that do"
)]

mod dlls;
mod hooks;
mod once;

pub use dlls::{ChainDlls, DllPath, UnterminatedPath};
#[doc(hidden)]
pub use hooks::{Chained, enter, loader};

use core::ffi::c_void;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering};

use self::once::Once;
use crate::ffi::{CALLOUT_VERSION, CalloutTable, ERROR_SUCCESS, EntryPoint};
use crate::table::{Context, PacketTable, TallySnapshot};

/// How many UTF-16 units of the server's list are looked at, the last NUL included.
pub const LONGEST_LIST: usize = 32_768;

/// The tables of up to `MEMBERS` callouts, and their contexts of up to `PACKETS` packets in flight.
#[derive(Debug)]
pub struct Chain<const MEMBERS: usize, const PACKETS: usize> {
    members: Once<Members<MEMBERS>>,
    packets: PacketTable<Contexts<MEMBERS>, PACKETS>,
}

/// The callout tables of the members, in order of call.
#[derive(Clone, Copy, Debug)]
struct Members<const MEMBERS: usize> {
    tables: [CalloutTable; MEMBERS],
    left_out: usize,
}

// SAFETY: the two pointers of a table that are no functions are never followed.
unsafe impl<const MEMBERS: usize> Send for Members<MEMBERS> {}
// SAFETY: as above.
unsafe impl<const MEMBERS: usize> Sync for Members<MEMBERS> {}

/// What each member keeps with a packet; nobody but the member follows it.
#[derive(Debug)]
struct Contexts<const MEMBERS: usize>([AtomicPtr<c_void>; MEMBERS]);

impl<const MEMBERS: usize> Contexts<MEMBERS> {
    const fn new() -> Self {
        Self([const { AtomicPtr::new(null_mut()) }; MEMBERS])
    }

    // Whoever has the context from the server has it after the hook that set it returned: no ordering is needed.
    fn get(&self, member: usize) -> *mut c_void {
        self.0
            .get(member)
            .map_or(null_mut(), |context| context.load(Ordering::Relaxed))
    }

    fn set(&self, member: usize, context: *mut c_void) {
        if let Some(place) = self.0.get(member) {
            place.store(context, Ordering::Relaxed);
        }
    }
}

impl<const MEMBERS: usize, const PACKETS: usize> Chain<MEMBERS, PACKETS> {
    /// Makes a chain without members.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            members: Once::new(),
            packets: PacketTable::new(),
        }
    }

    /// Sets the members, on the first call: `own`, then those of `dlls` whose entry point `find` returns.
    ///
    /// # Safety
    /// - The hooks of `own`, what `find` returns, and the hooks that it puts into a table, can be called as their
    ///   prototypes say, from any thread, as long as the chain lives.
    pub unsafe fn load(
        &self,
        own: CalloutTable,
        dlls: ChainDlls<'_>,
        mut find: impl FnMut(DllPath<'_>) -> Option<EntryPoint>,
    ) {
        if self.members.get().is_some() {
            return;
        }
        let mut members = Members {
            tables: [CalloutTable::EMPTY; MEMBERS],
            left_out: 0,
        };
        let mut places = members.tables.iter_mut();
        if let Some(place) = places.next() {
            *place = own;
        }
        let mut left_out: usize = 0;
        for path in dlls {
            let entry = path.ok().and_then(&mut find);
            // SAFETY: the caller promises that it can be called.
            let table = entry.and_then(|entry| unsafe { table_of(entry) });
            match table.and_then(|table| Some((places.next()?, table))) {
                Some((place, table)) => *place = table,
                None => left_out = left_out.saturating_add(1),
            }
        }
        members.left_out = left_out;
        self.members.set(members);
    }

    /// Returns how many DLLs of the list did not become members: they did not load, refused, or were too many.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.members.get().map_or(0, |members| members.left_out)
    }

    /// Returns what the table of the chain has counted.
    #[must_use]
    pub fn tally(&self) -> TallySnapshot {
        self.packets.tally()
    }

    /// Returns how many packets are in flight.
    #[must_use]
    pub fn in_flight(&self) -> usize {
        self.packets.len()
    }

    fn tables(&self) -> impl Iterator<Item = (usize, &CalloutTable)> {
        self.members
            .get()
            .into_iter()
            .flat_map(|members| members.tables.iter().enumerate())
    }

    /// Calls `call` for each member with its table and its own context of the packet, and combines what it returns.
    fn each(&self, raw: *mut c_void, mut call: impl FnMut(&CalloutTable, *mut c_void) -> u32) -> u32 {
        let Some(context) = Context::from_raw(raw) else {
            return self
                .tables()
                .map(|(_, table)| call(table, null_mut()))
                .fold(ERROR_SUCCESS, first_failure);
        };
        let Ok(contexts) = self.packets.get(context) else {
            return ERROR_SUCCESS;
        };
        let status = self
            .tables()
            .map(|(member, table)| call(table, contexts.get(member)))
            .fold(ERROR_SUCCESS, first_failure);
        // The contexts need no end of their own: they are the members', who have been told.
        let _ = contexts.release();
        status
    }
}

impl<const MEMBERS: usize, const PACKETS: usize> Default for Chain<MEMBERS, PACKETS> {
    fn default() -> Self {
        Self::new()
    }
}

fn first_failure(status: u32, next: u32) -> u32 {
    if status == ERROR_SUCCESS { next } else { status }
}

/// Asks an entry point for its table; `None` if it refuses.
///
/// # Safety
/// - `entry` can be called as its prototype says.
unsafe fn table_of(entry: EntryPoint) -> Option<CalloutTable> {
    let mut table = CalloutTable::EMPTY;
    let mut no_more = [0_u16; 2];
    // SAFETY: the caller promises that it can be called; the list is an empty `REG_MULTI_SZ`, and the table can be
    // written.
    let status = unsafe { entry(no_more.as_mut_ptr(), CALLOUT_VERSION, &raw mut table) };
    (status == ERROR_SUCCESS).then_some(table)
}
