//! The call of an entry point.

use alloc::vec::Vec;
use core::ptr::null_mut;

use super::memory::{Arena, Remains};
use crate::ffi::{self, CalloutTable, ENTRY_POINT, EntryPoint};
use crate::hook::{read_table, write_table};

/// A call of an entry point, with any version and list of DLLs.
///
/// ```
/// use dhcp_callout::simulate::EntryCall;
/// # use dhcp_callout::{Callout, Decision, Host, NewPacket, entry_point};
/// # struct Quiet;
/// # impl Callout for Quiet {
/// #     type State = ();
/// #     fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> { Decision::Pass }
/// # }
/// # static QUIET: Host<Quiet> = Host::new(Quiet);
/// # entry_point!(fn entry = QUIET);
/// // SAFETY: the entry point is made by the macro.
/// let result = unsafe { EntryCall::DEFAULT.version(7).enter(entry) };
/// assert_eq!(result.table().map_err(|error| error.status).err(), Some(50));
/// assert!(result.left.dhcp_new_pkt_hook.is_none());
/// ```
#[derive(Clone, Copy, Debug)]
pub struct EntryCall<'a> {
    version: u32,
    chain: Option<&'a [u16]>,
    before: CalloutTable,
    table: Option<usize>,
}

/// What came of a call of an entry point.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct EntryResult {
    /// What the entry point returned.
    pub status: u32,
    /// What it left in the table.
    pub left: CalloutTable,
    /// Whether it wrote beside the table, or into the list.
    pub is_damaged: bool,
}

/// An entry point that did not succeed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{ENTRY_POINT} returned Win32 error {status}, expected 0")]
#[non_exhaustive]
pub struct EntryRefused {
    /// What the entry point returned.
    pub status: u32,
}

/// Returns the list of these DLLs, a `REG_MULTI_SZ` without the empty text at its end.
pub(super) fn list_of(dlls: &[(&str, EntryPoint)]) -> Vec<u16> {
    dlls.iter()
        .flat_map(|(path, _)| path.encode_utf16().chain([0]))
        .collect()
}

impl<'a> EntryCall<'a> {
    /// The first call of a server with one DLL: version 0, an empty list, and an empty table.
    pub const DEFAULT: Self = Self {
        version: ffi::CALLOUT_VERSION,
        chain: Some(&[]),
        before: CalloutTable::EMPTY,
        table: Some(0),
    };

    /// Sets `CalloutVersion`.
    #[must_use]
    pub const fn version(mut self, version: u32) -> Self {
        self.version = version;
        self
    }

    /// Sets the list of further DLLs, a `REG_MULTI_SZ` without the empty text at its end; `None` for NULL.
    #[must_use]
    pub const fn chain(mut self, list: Option<&'a [u16]>) -> Self {
        self.chain = list;
        self
    }

    /// Sets what the table holds before.
    #[must_use]
    pub const fn before(mut self, table: CalloutTable) -> Self {
        self.before = table;
        self
    }

    /// Sets how many bytes from an aligned address the table is, modulo 8; `None` for NULL.
    #[must_use]
    pub const fn table(mut self, offset: Option<usize>) -> Self {
        self.table = offset;
        self
    }

    /// Makes the call. List and table are gone when it returns; of those that a [`Server`](super::Server) lends, poison
    /// is left.
    ///
    /// # Safety
    /// - `entry` can be called as its prototype says, with a NULL or unaligned table and a NULL list if they are asked
    ///   for.
    pub unsafe fn enter(&self, entry: EntryPoint) -> EntryResult {
        // SAFETY: the caller promises the same.
        unsafe { self.enter_in(&Arena::new(1, Remains::Poison), entry) }
    }

    /// Makes the call with list and table in memory of `arena`, which no later call gets.
    ///
    /// # Safety
    /// As for [`enter`](Self::enter).
    pub(super) unsafe fn enter_in(&self, arena: &Arena, entry: EntryPoint) -> EntryResult {
        let mut memory = arena.memory(false);
        memory.spend();
        let list = self.chain.map(|list| {
            let units = list.iter().chain(&[0, 0]);
            let bytes: Vec<u8> = units.flat_map(|unit| unit.to_ne_bytes()).collect();
            (memory.place(&bytes, 0, 0), bytes)
        });
        let place = self
            .table
            .map(|offset| memory.place(&[], size_of::<CalloutTable>(), offset & 7));
        let chain = list.as_ref().map_or(null_mut(), |(list, _)| list.pointer.cast());
        let table: *mut CalloutTable = place.map_or(null_mut(), |place| place.pointer.cast());
        let mut left = self.before;
        if !table.is_null() {
            // SAFETY: it is in memory of this call.
            unsafe { write_table(table, left) };
        }
        // SAFETY: the caller promises that the entry point can be called.
        let status = unsafe { entry(chain, self.version, table) };
        if !table.is_null() {
            // SAFETY: it is in memory of this call, and what the entry point has written there is a table.
            left = unsafe { read_table(table) };
        }
        EntryResult {
            status,
            left,
            is_damaged: memory.has_stray_write()
                || list.is_some_and(|(list, before)| memory.written(list, &before).is_some()),
        }
    }
}

impl EntryResult {
    /// Returns the table, if the entry point succeeded.
    ///
    /// # Errors
    /// [`EntryRefused`] if it returned anything but 0.
    pub const fn table(self) -> Result<CalloutTable, EntryRefused> {
        match self.status {
            ffi::ERROR_SUCCESS => Ok(self.left),
            status => Err(EntryRefused { status }),
        }
    }
}
