//! What an author writes: one `impl Callout`, and one [`export!`](crate::export) line.
//!
//! ```
//! use dhcp_callout::{Callout, Decision, DropReason, NewPacket, Outcome, PacketTally};
//!
//! struct Gate {
//!     tally: PacketTally,
//! }
//!
//! impl Callout for Gate {
//!     type State = [u8; 6];
//!
//!     fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<Self::State> {
//!         let mac = packet.message().ok().and_then(|message| message.mac());
//!         mac.map_or(Decision::Pass, Decision::Track)
//!     }
//!
//!     fn packet_dropped(&self, reason: DropReason, _: &Self::State) {
//!         self.tally.count_drop(reason);
//!     }
//! }
//!
//! dhcp_callout::export!(Gate { tally: PacketTally::new() }, packets = 4096);
//! ```
//!
//! # Which hooks are in the table
//!
//! `DhcpNewPktHook` and `DhcpPktDropHook` always are: they begin and end the life of a packet. Each other event has a
//! trait of one method, [`OnControl`], [`OnSendPacket`], [`OnAddressOffered`], [`OnAddressDeleted`],
//! [`OnOptionsParsed`], [`OnClientDeleted`]. [`export!`](crate::export) puts a hook into the table if the type
//! implements the trait, and leaves NULL otherwise, so that the server does not call in vain. The compiler decides that
//! by itself: there is no list to keep, and no method that is overridden but never called.
//!
//! # When the author's code panics
//!
//! With the feature `std` the panic is caught at the hook: the packet and `ProcessIt` stay as the server had them,
//! [`Callout::panicked`] is told, and the DLL goes on. Without `std` a panic does what the author's panic handler does,
//! which in a `no_std` DLL ends the process, and with it the server. What Rust does not unwind, nothing can contain: with
//! `panic = "abort"` in the profile, and for a destructor that panics while another panic unwinds, the process ends.
#![expect(unsafe_code, reason = "this room defines hooks")]

mod export;
mod host;

#[doc(hidden)]
pub use export::{Events, Exported, NotImplemented, Wants, enter};
#[doc(hidden)]
pub use host::Host;
pub(crate) use host::contain;

use crate::control::DropReason;
use crate::hook::{AddressDeleted, AddressOffered, ClientDeleted, ControlEvent, NewPacket, ParsedOptions, SendPacket};
use crate::lifecycle::Outcome;
use crate::table::NotifyError;

/// A callout: what is to happen when the server reports the life of a packet.
///
/// Every method can be called from any thread, several at once, and some while the server holds locks: none may block.
///
/// # The order of calls
///
/// 1. [`new_packet`](Self::new_packet), once for each packet. If it returns [`Decision::Track`], the packet has a state.
/// 2. Any number of [`OnOptionsParsed`], [`OnAddressOffered`], [`OnAddressDeleted`], [`OnSendPacket`] about the packet,
///    each with its state. Whether two can overlap is not documented.
/// 3. [`packet_dropped`](Self::packet_dropped), at most once, if the server drops the packet.
/// 4. [`packet_done`](Self::packet_done), exactly once, when the server reports the packet as processed, and after the
///    last of the other calls about it has returned; it gets the state back. A packet that the server never reports is
///    never done.
///
/// A packet that is not tracked has no state, and steps 3 and 4 do not happen for it.
pub trait Callout: Send + Sync + 'static {
    /// What is kept for each tracked packet, and handed back once.
    type State: Send + Sync + 'static;

    /// Decides on a packet that was received and is about to be processed (`DhcpNewPktHook`).
    ///
    /// This is in the critical path of every packet.
    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<Self::State>;

    /// Notes that the server drops a tracked packet (`DhcpPktDropHook`); only the first reason is told.
    fn packet_dropped(&self, reason: DropReason, state: &Self::State) {
        let _ = (reason, state);
    }

    /// Takes the state of a tracked packet back: the server has finished with it (`DhcpPktDropHook`).
    fn packet_done(&self, outcome: Outcome, state: Self::State) {
        let _ = (outcome, state);
    }

    /// Takes the state of a packet back that could not be tracked: as many packets as the table holds are in flight.
    ///
    /// The server processes the packet as it was received, and nothing more is heard of its life.
    fn not_tracked(&self, state: Self::State) {
        let _ = state;
    }

    /// Notes a report of the server that changed nothing: a packet dropped again, or a context that names no packet in
    /// flight (`DhcpPktDropHook`). Its documentation tells authors to expect such reports.
    fn report_ignored(&self, reason: NotifyError) {
        let _ = reason;
    }

    /// Notes that a method of this callout has panicked, in the named hook, and that the panic was contained.
    ///
    /// A panic of this method is contained in silence. Without the feature `std` it is never called.
    fn panicked(&self, hook: &'static str) {
        let _ = hook;
    }

    /// Prepares for work, when the server loads the DLL; with `false`, no hook is registered.
    ///
    /// The server may load several times, to negotiate the version; each time with a version that this crate supports
    /// leads to one call.
    fn load(&self) -> bool {
        true
    }
}

/// What is to become of a new packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<S> {
    /// The server processes it; the callout hears no more of its life.
    Pass,
    /// The server processes it; the state is kept, and handed back when the packet is done.
    ///
    /// If the table is full, the packet passes without being tracked, and [`Callout::not_tracked`] gets the state.
    Track(S),
    /// The server drops it (`ProcessIt` is FALSE). Whether it reports the drop is not documented, so the packet is not
    /// tracked.
    Refuse,
}

/// Hears that the service was started, stopped, paused or continued (`DhcpControlHook`).
pub trait OnControl: Callout {
    /// Notes the event.
    fn control(&self, event: ControlEvent);
}

/// Sees each response that is about to be sent, and can replace it (`DhcpPktSendHook`).
pub trait OnSendPacket: Callout {
    /// Looks at the response; `state` is that of the packet that is answered, if it is tracked.
    fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&Self::State>);
}

/// Hears that an address is about to be acknowledged to a client (`DhcpAddressOfferHook`).
pub trait OnAddressOffered: Callout {
    /// Notes the event; `state` is that of the client's packet, if it is tracked.
    fn address_offered(&self, event: &AddressOffered<'_>, state: Option<&Self::State>);
}

/// Hears that an address is not, or no longer, in use (`DhcpAddressDelHook`).
pub trait OnAddressDeleted: Callout {
    /// Notes the event; `state` is that of the client's packet, if it is tracked.
    fn address_deleted(&self, event: &AddressDeleted<'_>, state: Option<&Self::State>);
}

/// Hears what the server parsed from a packet (`DhcpHandleOptionsHook`), perhaps several times for one packet.
pub trait OnOptionsParsed: Callout {
    /// Notes the event; `state` is that of the packet, if it is tracked.
    fn options_parsed(&self, options: &ParsedOptions<'_>, state: Option<&Self::State>);
}

/// Hears that a client lease is about to be deleted (`DhcpDeleteClientHook`).
pub trait OnClientDeleted: Callout {
    /// Notes the event.
    fn client_deleted(&self, event: &ClientDeleted<'_>);
}
