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
//! - **The first member**, the DLL's own callout, hears what it would hear without the chain: of every hook and every
//!   notice, whatever its context, and whether or not the chain has room. Only of a packet that the chain has given up
//!   it hears without its state, which its host keeps, with its buffers, as one that the server never reports, and of
//!   one in such a buffer no more than the drop, without its bytes: give a chain as much room, and as much
//!   [patience](Chain::set_patience), as the host has. What follows limits the other members, whose code may follow a
//!   context without a check.
//! - **Contexts.** The server carries one context for a packet; the chain keeps one for each member, so that each gets
//!   its own in every hook, and never another's.
//! - **Packets that were never offered.** The server says so by NULL, and the chain passes NULL on; the chain itself
//!   never gives NULL to the server.
//! - **Drops.** A member that has a context for the packet hears of each drop with that. NULL says what it says from
//!   the server, that the packet was never offered, so a member hears of a drop with NULL if that is true of it: all
//!   members for a packet that a full chain does not track, or whose context no chain has given out; those after the
//!   one that has refused the packet. A member that does not hear of one is a [`Diagnostic::NotTold`]. They hear of
//!   an empty packet if the server's cannot be read, or if the first member alone tracks it, and so could take its
//!   bytes back.
//! - **Wrong contexts.** For a context that is stale, that no chain has given out, or that is of a packet which
//!   the chain does not track, a hook other than `DhcpPktDropHook` calls the first member alone:
//!   [`Diagnostic::ContextRefused`], with the context as the server passed it. For a stale one the first member
//!   gets [`Context::UNTRACKED`](crate::table::Context::UNTRACKED). Of the others, it gets NULL for one with the highest
//!   bit set, and else the same with that bit set, as its own host may have given it out. Its host refuses once more
//!   what is none of its own, and shows no packet then that is in one of its
//!   [buffers](crate::hook::HookError::TakenBack). Once another member has replaced any packet or reply, nobody knows
//!   whose buffer one with a stale context is in by now: then the first member hears of a drop of it with an empty
//!   packet, and of no other hook.
//! - **A full table.** When the chain's table is full, the packet is offered to the first member alone: a gate goes on
//!   refusing, and rewriting. If that member tracks the packet, in the table of its own host, the server carries its
//!   context, and the later hooks find its state by that. The others hear nothing of the packet but its drop. To offer
//!   it would be wrong, since a member may keep something for it that the chain could not hand back, and what was not
//!   offered has no place in the other hooks. The packet is a [`Diagnostic::ChainFull`], and each hook about it that
//!   they do not hear of is refused as above. A chain keeps every packet in flight, also those that no member tracks:
//!   give it room for them.
//! - **Replacements.** `Packet` and `PacketSize` are passed on as they are: what one member puts there the next one
//!   sees. A member that leaves NULL or more than 4096 bytes is corrected: both are set back to what they were before
//!   it. The size of the buffer cannot be checked. A member may write into it, as
//!   [`rewrite`](crate::NewPacket::rewrite) does, so it must be of 4096 bytes, like the server's:
//!   [`LoadedDll::new`] asks for that promise.
//! - **`ProcessIt`.** The first member that says FALSE refuses the packet: the members after it are not called. Whether
//!   the server then reports the packet is not documented, so the chain itself ends the packet's lifecycle for the
//!   members that were called: each gets `DHCP_DROP_GEN_FAILURE` and `DHCP_DROP_PROCESSED`, the way in which a packet
//!   ends for a DLL. The DLL's own callout gets `DHCP_DROP_PROCESSED` alone, and its state the outcome
//!   [`Processed`](crate::Outcome::Processed), after a [`Diagnostic::MemberRefused`] if the refusal is another
//!   member's: [`packet_dropped`](crate::Callout::packet_dropped) hears no drop but the server's. What members put in
//!   place of the packet ends with that, so the server gets its own packet back first. If the server reports the packet
//!   as dropped all the same, the members after them hear that, and the first member does.
//! - **The bytes at the end.** Of the end the last member is told first: a member that has replaced the packet may take
//!   its buffer back then, and the members after it, which were given the buffer, have been told before. Those before
//!   it are told later. So with `DHCP_DROP_PROCESSED` the members get a copy of a packet that was
//!   replaced, and with every notice variables of their own: what they write there, nobody reads.
//! - **An end that comes early.** While another hook has the packet, nobody is told that it is processed, since a
//!   member may read what another one takes back then. The last hook that has it tells them, with an empty packet,
//!   after it has given the server its own packet or reply back.
//! - **The end.** However often and from however many threads the server reports a packet as processed, each member
//!   that has heard of it is told once. Members are not told an end that the server did not tell: a packet that the
//!   chain gives up ([`Diagnostic::ChainLost`]) is one of which they hear no more.
//! - **The stop of the service.** A [`Host`](crate::Host) hands all states back after the author's `control`, the first
//!   member's too; other members give up their packets, or do not. The chain does not: its packets hold nothing but the
//!   contexts of the members, and no other way leads to these. Whether the server reports the packets in flight after
//!   the stop is not documented. If it does, a member that waits for that to free what its context points at hears it,
//!   as it would alone; a chain that had given the packets up could not tell it, and the member would leak. When the
//!   chain needs room, less than a quarter being vacant, it gives up those of which it has not heard since the stop,
//!   however short that is. An admission tries those of 32 slots at most: if hooks have been about all of these since
//!   the stop, it finds the chain full, and the next tries others. With a [patience](Chain::set_patience) of
//!   [`u64::MAX`] it gives up none. [`Chain::drain`] in the author's `control` gives all up at once.
//! - **Loading.** Each member's entry point is called with version 0 and an empty list. A DLL that does not load, whose
//!   entry point returns anything but 0, or that is a member already, is left out with a
//!   [`Diagnostic::LeftOut`], and the others are loaded; so is one for which the author's function panics, with the
//!   feature `std`. The list is read once, in the first call of the entry point that succeeds; a call that comes
//!   meanwhile waits for it, so that each member is loaded once; the author's function must not make such a call. No
//!   hook ever waits.
//! - **Refused arguments.** What the checks of [`hook`](crate::hook) refuse, no member gets.
//! - **Return values.** Every member that wants a hook is called, whatever those before it returned; a hook returns the
//!   first value other than 0, in the order of the calls.
#![expect(
    unsafe_code,
    reason = "this module calls the hooks of other DLLs, whose tables are shared between threads"
)]

mod contexts;
mod hooks;
mod members;

use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

pub use members::LoadedDll;

use self::contexts::MemberContexts;
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
    /// Set by the first call of `load`, and never cleared.
    is_loading: AtomicBool,
    packets: PacketTable<MemberContexts<MEMBERS>, PACKETS>,
    /// Whether a member after the first has ever put another buffer in the place of a packet or reply, to take it back
    /// at the end.
    has_replaced: AtomicBool,
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
            is_loading: AtomicBool::new(false),
            packets: PacketTable::new(),
            has_replaced: AtomicBool::new(false),
        }
    }

    /// Sets the members, on the first call: `own`, then those of `dlls` that `find` loads. Returns a table of the hooks
    /// that any of them wants.
    ///
    /// The `own` of a later call does not become a member: each entry point takes a chain of its own.
    ///
    /// May wait: of two first calls at once one loads the members, and the other waits for that. So `find` must not
    /// call this, nor the entry point that does. `report` is told of what is refused or given up from then on. If
    /// `find` or `report` panics, the members are those that were loaded before.
    ///
    /// # Safety
    /// - The hooks of `own` can be called as their prototypes say, from any thread, as long as the chain lives; and
    ///   with any context, NULL or such as no hook has set: as those of a [`Host`](crate::Host), which checks them.
    pub unsafe fn load(
        &self,
        own: (EntryPoint, CalloutTable),
        dlls: ChainDlls<'_>,
        find: impl FnMut(DllPath<'_>) -> Option<LoadedDll>,
        report: fn(Diagnostic<'_>),
    ) -> CalloutTable {
        if !self.is_loading.swap(true, Relaxed) {
            let mut loading = Loading {
                place: &self.members,
                // SAFETY: the caller promises the same.
                members: unsafe { Members::new(own, report) },
            };
            loading.members.load(dlls, find);
        }
        loop {
            if let Some(members) = self.members.get() {
                return members.wanted();
            }
            core::hint::spin_loop();
        }
    }

    /// Returns how many DLLs of the list did not become members.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.members.get().map_or(0, |members| members.left_out)
    }

    packets_in_flight!();

    /// Gives up the packets that were last heard of before the clock showed `tick`; the members hear no more of them,
    /// and the callout's [`diagnostic`](crate::Callout::diagnostic) is told of each: [`Diagnostic::ChainLost`].
    pub fn evict_before(&self, tick: u64) {
        self.packets.evict_before(tick, |finished| self.finish(&finished));
    }

    /// Gives up all packets, as [`evict_before`](Self::evict_before) does.
    pub fn drain(&self) {
        self.packets.drain(|finished| self.finish(&finished));
    }

    fn report(&self, diagnostic: Diagnostic<'_>) {
        if let Some(members) = self.members.get() {
            (members.report)(diagnostic);
        }
    }
}

/// Members that are being loaded: they take their place when this is dropped, also by a panic of the author's code, so
/// that nobody waits for them for ever.
struct Loading<'c, const MEMBERS: usize> {
    place: &'c Once<Members<MEMBERS>>,
    members: Members<MEMBERS>,
}

impl<const MEMBERS: usize> Drop for Loading<'_, MEMBERS> {
    fn drop(&mut self) {
        self.place.set(self.members);
    }
}

impl<const PACKETS: usize, const MEMBERS: usize> Default for Chain<PACKETS, MEMBERS> {
    fn default() -> Self {
        Self::new()
    }
}
