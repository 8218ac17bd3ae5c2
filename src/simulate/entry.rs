//! The call of an entry point.

use alloc::vec::Vec;
use core::ptr::null_mut;

use crate::ffi::{self, CalloutTable, EntryPoint};

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
#[error("{name} returned Win32 error {status}, expected 0", name = "DhcpServerCalloutEntry")]
#[non_exhaustive]
pub struct EntryRefused {
    /// What the entry point returned.
    pub status: u32,
}

const GUARD: [u8; 64] = [0xDD; 64];

/// A table `N` bytes from an aligned address.
#[repr(C, packed)]
struct Shifted<const N: usize> {
    shift: [u8; N],
    table: CalloutTable,
    guard: [u8; 64],
}

#[repr(C, align(16))]
struct Guarded<const N: usize> {
    guard: [u8; 64],
    shifted: Shifted<N>,
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

    /// Makes the call.
    ///
    /// # Safety
    /// - `entry` can be called as its prototype says, with a NULL or unaligned table and a NULL list if they are asked for.
    pub unsafe fn enter(&self, entry: EntryPoint) -> EntryResult {
        let mut list: Vec<u16> = self.chain.into_iter().flatten().copied().chain([0, 0]).collect();
        let before = list.clone();
        let chain = self.chain.map_or(null_mut(), |_| list.as_mut_ptr());
        let call = self;
        macro_rules! enter_at {
            ($offset:literal) => {{
                let mut place = Guarded::<$offset>::new(call.before);
                let table = &raw mut place.shifted.table;
                // SAFETY: the caller promises that the entry point can be called.
                let status = unsafe { entry(chain, call.version, table) };
                place.result(status)
            }};
        }
        let mut result = match self.table.map(|offset| offset & 7) {
            None => EntryResult {
                // SAFETY: as above.
                status: unsafe { entry(chain, call.version, null_mut()) },
                left: call.before,
                is_damaged: false,
            },
            Some(0) => enter_at!(0),
            Some(1) => enter_at!(1),
            Some(2) => enter_at!(2),
            Some(3) => enter_at!(3),
            Some(4) => enter_at!(4),
            Some(5) => enter_at!(5),
            Some(6) => enter_at!(6),
            Some(_) => enter_at!(7),
        };
        result.is_damaged |= list != before;
        result
    }
}

impl<const N: usize> Guarded<N> {
    const fn new(table: CalloutTable) -> Self {
        Self {
            guard: GUARD,
            shifted: Shifted {
                shift: [0xDD; N],
                table,
                guard: GUARD,
            },
        }
    }

    fn result(self, status: u32) -> EntryResult {
        let Shifted { shift, table, guard } = self.shifted;
        EntryResult {
            status,
            left: table,
            is_damaged: self.guard != GUARD || guard != GUARD || shift != [0xDD; N],
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
