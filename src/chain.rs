//! The other DLLs: the server loads the first callout DLL that loads, and that one is responsible for the rest.
//!
//! [`Chain`] holds the callout tables of all members, the DLL's own first, merges them into one, and calls each member
//! that asked for a hook, in order. [`export!`](crate::export!) takes it together with a function that finds the entry
//! point of a path, since that needs the operating system:
//!
//! ```
//! use dhcp_callout::chain::{Chain, LoadedDll};
//! use dhcp_callout::{Callout, Decision, DllPath, Host, NewPacket};
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
//! /// On Windows: `LoadLibraryW`, then `GetProcAddress` with `ffi::CALLOUT_ENTRY_POINT`, then `LoadedDll::new`.
//! fn load(path: DllPath<'_>) -> Option<LoadedDll> {
//!     # let _ = path;
//!     None
//! }
//!
//! static FIRST: Host<First> = Host::new(First);
//! static CHAIN: Chain = Chain::new();
//! dhcp_callout::export!(FIRST, chain = CHAIN, find = load);
//! ```
//!
//! # What the members see
//!
//! - **Contexts.** The server carries one context for a packet; the chain keeps one for each member, so that each gets its
//!   own in every hook. A packet whose context is NULL is passed on with NULL: the chain never gives NULL to the server. For
//!   a context that is stale no member is called.
//! - **A full table.** When the chain's table is full, no member hears of the packet at all, neither now nor later: its
//!   context in the server is one that every table refuses.
//! - **Replacements.** `Packet` and `PacketSize` are passed on as they are: what one member puts there the next one sees. A
//!   member that leaves NULL or more than 4096 bytes is corrected: both are set back to what they were before it. The size
//!   of the buffer cannot be checked. A member may write into it, as
//!   [`rewrite`](crate::NewPacket::rewrite) does, so it must be of 4096 bytes, like the server's:
//!   [`LoadedDll::new`] asks for that promise.
//! - **`ProcessIt`.** The first member that says FALSE refuses the packet: the members after it are not called. Whether the
//!   server then reports the packet is not documented, so the chain itself ends the packet's lifecycle for the members
//!   that were called: each gets `DHCP_DROP_GEN_FAILURE` and `DHCP_DROP_PROCESSED`. What they put in place of the packet
//!   ends with that, so the server gets its own packet back first.
//! - **The bytes at the end.** A member that has replaced the packet may take its buffer back when it is told of the end,
//!   before the members after it are told. So with `DHCP_DROP_PROCESSED` the members get a copy of a packet that was
//!   replaced, and with every notice variables of their own: what they write there, nobody reads.
//! - **An end that comes early.** While another hook has the packet, nobody is told that it is processed, since a member may
//!   read what another one takes back then. The last hook that has it tells them, with an empty packet, after it has given
//!   the server its own packet or reply back.
//! - **The end.** However often and from however many threads the server reports a packet as processed, each member that
//!   has heard of it is told once. Members are not told an end that the server did not tell: a packet that the chain gives
//!   up is one of which they hear no more.
//! - **Loading.** Each member's entry point is called with version 0 and an empty list. A DLL that does not load, whose
//!   entry point returns anything but 0, or that is a member already, is left out with a
//!   [`Diagnostic::LeftOut`], and the others are loaded; so is one for which the author's function panics, with the
//!   feature `std`. The list is read once, in the first call of the entry point that succeeds.
//! - **Refused arguments.** What the checks of [`hook`](crate::hook) refuse, no member gets.
//! - **Return values.** Every member that wants a hook is called, whatever those before it returned; a hook returns the
//!   first value other than 0.
#![expect(
    unsafe_code,
    reason = "this module calls the hooks of other DLLs, whose tables are shared between threads"
)]

mod contexts;
mod hooks;
mod members;

pub use members::LoadedDll;

use self::contexts::Contexts;
use self::members::Members;
use crate::ffi::{CalloutTable, EntryPoint};
use crate::hook::{ChainDlls, Diagnostic, DllPath};
use crate::table::once::Once;
use crate::table::{PacketTable, packets_in_flight};

/// The tables of up to `MEMBERS` callouts, and their contexts of up to `PACKETS` packets in flight.
///
/// It lives in a `static` that the author names; its methods can be called from any thread at any time. A packet takes
/// 32 bytes, and 8 for each member. The static takes no room in the file of the DLL. Too many packets do not compile:
///
/// ```compile_fail,E0080
/// static CHAIN: dhcp_callout::chain::Chain<65_537> = dhcp_callout::chain::Chain::new();
/// ```
#[derive(Debug)]
pub struct Chain<const PACKETS: usize = 1024, const MEMBERS: usize = 8> {
    members: Once<Members<MEMBERS>>,
    packets: PacketTable<Contexts<MEMBERS>, PACKETS>,
}

impl<const PACKETS: usize, const MEMBERS: usize> Chain<PACKETS, MEMBERS> {
    /// Creates a chain without members; `PACKETS` is 1 to 65,536, and `MEMBERS` 1 to 64, the DLL's own included.
    #[must_use]
    pub const fn new() -> Self {
        const {
            assert!(PACKETS >= 1, "a Chain tracks at least 1 packet: Chain<1>");
            assert!(
                MEMBERS >= 1,
                "a Chain has at least 1 member, the DLL's own: Chain<1024, 1>"
            );
            assert!(MEMBERS <= 64, "a Chain has at most 64 members: Chain<1024, 64>");
        }
        Self {
            members: Once::new(),
            packets: PacketTable::new(),
        }
    }

    /// Sets the members, on the first call: `own`, then those of `dlls` that `find` loads. Returns a table of the hooks
    /// that any of them wants.
    ///
    /// Of two first calls at once both return their hooks, which for the same list are the same.
    ///
    /// # Safety
    /// - The hooks of `own` can be called as their prototypes say, from any thread, as long as the chain lives.
    pub unsafe fn load(
        &self,
        own: (EntryPoint, CalloutTable),
        dlls: ChainDlls<'_>,
        find: impl FnMut(DllPath<'_>) -> Option<LoadedDll>,
        report: impl FnMut(Diagnostic<'_>),
    ) -> CalloutTable {
        if let Some(members) = self.members.get() {
            return members.wanted();
        }
        // SAFETY: the caller promises the same.
        let members = unsafe { Members::load(own, dlls, find, report) };
        self.members.set(members);
        members.wanted()
    }

    /// Returns how many DLLs of the list did not become members.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.members.get().map_or(0, Members::left_out)
    }

    packets_in_flight!();

    /// Gives up the packets that were last heard of before the clock showed `tick`; the members hear no more of them.
    pub fn evict_before(&self, tick: u64) {
        self.packets.evict_before(tick, drop);
    }

    /// Gives up all packets; the members hear no more of them.
    pub fn drain(&self) {
        self.packets.drain(drop);
    }
}

impl<const PACKETS: usize, const MEMBERS: usize> Default for Chain<PACKETS, MEMBERS> {
    fn default() -> Self {
        Self::new()
    }
}
