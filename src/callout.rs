//! What an author writes: one `impl Callout`, one `static`, and one [`export!`](crate::export!) line.
//!
//! ```
//! use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
//!
//! use dhcp_callout::{Callout, Decision, Host, NewPacket, Outcome, option};
//!
//! struct Gate { refused: AtomicU64 }
//!
//! impl Callout for Gate {
//!     type State = [u8; 6];                                   // kept per packet, handed back exactly once
//!
//!     fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<[u8; 6]> {
//!         let Ok(message) = packet.message() else { return Decision::Pass };
//!         if message.find(option::CLASS_ID).is_some_and(|class| class.starts_with(b"rogue")) {
//!             self.refused.fetch_add(1, Relaxed);
//!             return Decision::Refuse;
//!         }
//!         message.mac().map_or(Decision::Pass, Decision::Track)
//!     }
//!
//!     fn packet_done(&self, _outcome: Outcome, _mac: [u8; 6]) { /* once per tracked packet */ }
//! }
//!
//! static GATE: Host<Gate, 4096> = Host::new(Gate { refused: AtomicU64::new(0) });
//! dhcp_callout::export!(GATE);
//! ```
//!
//! # Which hooks are in the table
//!
//! `DhcpNewPktHook` and `DhcpPktDropHook` always are: they begin and end the lifecycle of a packet. So is
//! `DhcpControlHook`, since the stop of the service ends all of them. Each other event has a trait of one method:
//! [`OnSendPacket`], [`OnAddressOffered`], [`OnAddressDeleted`], [`OnOptionsParsed`], [`OnClientDeleted`], and
//! [`OnControl`] for the author's part in `DhcpControlHook`. [`export!`](crate::export!) puts a hook into the table if
//! the type implements the trait, and leaves NULL otherwise, so that the server skips it; the hook is not even linked.
//! The compiler decides that by itself: there is no list to keep, and no method that is overridden but never called.
//!
//! The trait counts, not the name: nothing calls a `control` or `send_packet` in an `impl Gate` block. The compiler
//! warns of it as dead code, unless both the method and the type are `pub`; then only the missing hook shows it.
//!
//! # Which methods may block
//!
//! [`Callout::load`] and [`OnControl::control`] are called outside of the work on packets: they may block, and they get
//! `&'static self`, so that they can start threads that use the callout. All other methods are on the server's path,
//! some while it holds locks, and must not block.
//!
//! # When the author's code panics
//!
//! With the feature `std` the panic is caught at the hook: the packet and `ProcessIt` stay as the server had them,
//! [`Callout::diagnostic`] is told, and the DLL goes on. Without `std` a panic does what the author's panic handler
//! does, which in a `no_std` DLL ends the process, and with it the server. Aborts cannot be contained: with `panic =
//! "abort"` in the profile, and for a destructor that panics while another panic unwinds, the process ends.
#![expect(unsafe_code, reason = "hooks are handled with the promises of whoever calls them")]

mod contain;
mod host;

pub(crate) use contain::contain;
#[cfg(feature = "simulate")]
pub(crate) use contain::contained;
pub use host::Host;

use core::num::NonZeroU32;

use crate::ffi::ERROR_DLL_INIT_FAILED;
use crate::hook::{
    AddressDeleted, AddressOffered, ClientDeleted, ControlEvent, Diagnostic, NewPacket, PacketNotice, ParsedOptions,
    SendPacket,
};
use crate::lifecycle::{Outcome, Stage};

/// A callout: what happens when the server reports on the lifecycle of a packet.
///
/// Every method can be called from any thread, several at once; the [module](self) says which may block.
///
/// # The order of calls
///
/// 1. [`new_packet`](Self::new_packet), once for each packet. If it returns [`Decision::Track`], the packet has a
///    state.
/// 2. Any number of [`OnOptionsParsed`], [`OnAddressOffered`], [`OnAddressDeleted`], [`OnSendPacket`] about the packet,
///    each with its state, if it has one. Whether two can overlap is not documented.
/// 3. [`packet_dropped`](Self::packet_dropped), if the server drops the packet; once more for each time that it repeats
///    it.
/// 4. [`packet_done`](Self::packet_done), when the server reports the packet as processed, and after the last of the
///    other calls about it has returned; it gets the state back.
///
/// Each state is handed back exactly once: to [`packet_done`](Self::packet_done), to [`packet_lost`](Self::packet_lost)
/// if the packet is given up, or to [`not_tracked`](Self::not_tracked) if it was never in the table. A packet that is
/// not tracked has no state, and no fourth step.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no callout",
    label = "write `impl Callout for {Self}`",
    note = "`Host<Callout, PACKETS, BUFFERS>`: a type that implements `Callout`, how many packets it tracks, how many buffers it has"
)]
pub trait Callout: Send + Sync + 'static {
    /// What is kept for each tracked packet, and handed back once.
    type State: Send + Sync + 'static; // outlives the call: copy what you keep of a packet

    /// Decides on a packet that was received and is about to be processed (`DhcpNewPktHook`).
    ///
    /// This is in the critical path of every packet.
    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<Self::State>;

    /// Hears that the server drops a packet, and why (`DhcpPktDropHook`).
    ///
    /// Every notice with a reason comes here:
    /// - of a tracked packet, with its state; one that is repeated too, after [`diagnostic`](Self::diagnostic) has
    ///   heard of the [violation](crate::Violation::RepeatedDrop): the [`Outcome`] has the first reason;
    /// - of a packet that was passed, refused or never offered, without a state; the server may say no more of it than
    ///   the reason;
    /// - with a context that names no packet in flight, or one that is already processed and about to be handed back:
    ///   without a state, after [`diagnostic`](Self::diagnostic) has heard of the context;
    /// - of a packet that cannot be borrowed once more, 255 hooks being about it at this moment: likewise.
    ///
    /// In a [chain](crate::chain) it is so as well, if the callout is that of the DLL which has the chain: its first
    /// member hears what it would hear alone.
    fn packet_dropped(&self, notice: &PacketNotice<'_>, state: Option<&Self::State>) {
        let _ = (notice, state);
    }

    /// Takes the state of a tracked packet back: the server has finished with it (`DhcpPktDropHook`).
    fn packet_done(&self, outcome: Outcome, state: Self::State) {
        let _ = (outcome, state);
    }

    /// Takes the state of a packet back that is given up at `stage`: the server has not reported it as processed.
    ///
    /// That happens when the service stops, when the author asks for it ([`Host::drain`], [`Host::evict_before`]), and
    /// when the table needs room. If the server reports the packet later, its context is stale.
    ///
    /// Buffers that [`replace`](NewPacket::replace) has put in the place of the packet or of a reply to it are not used
    /// again, since the server may still read them.
    fn packet_lost(&self, stage: Stage, state: Self::State) {
        let _ = (stage, state);
    }

    /// Takes the state of a packet back that could not be tracked: as many packets as the table holds are in flight.
    ///
    /// The server processes the packet. A [`replace`](NewPacket::replace) is undone, since nobody would hold the
    /// buffer; a [`rewrite`](NewPacket::rewrite) stays.
    fn not_tracked(&self, state: Self::State) {
        let _ = state;
    }

    /// Hears of everything that was refused, ignored, given up or contained.
    ///
    /// Called on the server's path. A panic of this method is contained in silence.
    fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
        let _ = diagnostic;
    }

    /// Prepares for work, when the server loads the DLL; may block.
    ///
    /// The server may load several times, to negotiate the version; each time with a version that this crate supports
    /// leads to one call. [`diagnostic`](Self::diagnostic) may be called before, of an entry point called wrongly.
    ///
    /// # Errors
    /// Any: the entry point returns the error's [`code`](LoadError::code), the callout table stays as it was, and the
    /// server goes on to the next DLL of its list. A panic counts as [`LoadError::default`].
    fn load(&'static self) -> Result<(), LoadError> {
        Ok(())
    }
}

/// What becomes of a new packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision<S> {
    /// The server processes it, and no state is kept: what the callout hears of it later comes without one.
    ///
    /// A packet that was [replaced](NewPacket::replace) holds its buffer all the same, and a place in the table.
    Pass,
    /// The server processes it; the state is kept, and handed back when the packet is done.
    ///
    /// If the table is full, the packet passes without being tracked, and [`Callout::not_tracked`] gets the state.
    Track(S),
    /// The server drops it (`ProcessIt` is FALSE). Whether it reports the drop is not documented, so the packet is not
    /// tracked.
    ///
    /// A [`replace`](NewPacket::replace) or [`rewrite`](NewPacket::rewrite) of it is thrown away.
    Refuse,
}

/// A callout that cannot work, with the Win32 error code that the entry point returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("load failed with Win32 error {code}")]
pub struct LoadError {
    code: NonZeroU32,
}

impl LoadError {
    /// Creates an error from a Win32 error code.
    #[must_use]
    pub const fn new(code: NonZeroU32) -> Self {
        Self { code }
    }

    /// Returns the Win32 error code.
    #[must_use]
    pub const fn code(self) -> u32 {
        self.code.get()
    }
}

/// `ERROR_DLL_INIT_FAILED`.
impl Default for LoadError {
    fn default() -> Self {
        Self::new(NonZeroU32::new(ERROR_DLL_INIT_FAILED).unwrap_or(NonZeroU32::MIN))
    }
}

/// The error code of the operating system; [`LoadError::default`] if there is none.
#[cfg(feature = "std")]
impl From<std::io::Error> for LoadError {
    fn from(error: std::io::Error) -> Self {
        let code = error.raw_os_error().and_then(|code| u32::try_from(code).ok());
        code.and_then(NonZeroU32::new).map_or_else(Self::default, Self::new)
    }
}

/// Hears that the service was started, stopped, paused or continued (`DhcpControlHook`).
///
/// An inherent method by the name of `control` is not this one, and is not called.
pub trait OnControl: Callout {
    /// Handles the event; may block. After `DHCP_CONTROL_STOP` all packets are given up: see [`Callout::packet_lost`].
    fn control(&'static self, event: ControlEvent);
}

/// Sees each reply that is about to be sent, and can replace it (`DhcpPktSendHook`).
pub trait OnSendPacket: Callout {
    /// Looks at the reply; `state` is that of the packet that is answered, if it is tracked.
    fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&Self::State>);
}

/// Hears that an address is about to be acknowledged to a client (`DhcpAddressOfferHook`).
pub trait OnAddressOffered: Callout {
    /// Handles the event; `state` is that of the client's packet, if it is tracked.
    fn address_offered(&self, event: &AddressOffered<'_>, state: Option<&Self::State>);
}

/// Hears that an address is not, or no longer, in use (`DhcpAddressDelHook`).
pub trait OnAddressDeleted: Callout {
    /// Handles the event; `state` is that of the client's packet, if it is tracked.
    fn address_deleted(&self, event: &AddressDeleted<'_>, state: Option<&Self::State>);
}

/// Sees what the server parsed from a packet, and can change it (`DhcpHandleOptionsHook`), perhaps several times for
/// one packet.
pub trait OnOptionsParsed: Callout {
    /// Handles the event; `state` is that of the packet, if it is tracked.
    fn options_parsed(&self, options: &mut ParsedOptions<'_>, state: Option<&Self::State>);
}

/// Hears that a client lease is about to be deleted (`DhcpDeleteClientHook`).
pub trait OnClientDeleted: Callout {
    /// Handles the event.
    fn client_deleted(&self, event: &ClientDeleted<'_>);
}
