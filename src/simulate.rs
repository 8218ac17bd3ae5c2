//! A server that calls a callout table, for tests and demonstrations on any machine (feature `simulate`).
//!
//! [`Server`] loads a DLL by its entry point, and calls its hooks through the raw function pointers. It can be shared
//! between threads, and a packet in flight can be sent from one to another.
//! - [`Server::receive`], [`send`](Server::send), [`notify`](Server::notify) and the other steps leave the order to the
//!   caller, legal or not.
//! - [`Server::replay`] takes the packets of a capture and plays the server's part in them.
//! - [`Server::call`] calls any hook with arguments as they come: any size, NULL, unaligned, any context and code.
//! - [`check()`](check()) runs a callout through all of this, and names the [rules](Rule) that it breaks; [`fuzz`] lets
//!   a fuzzer choose.
//!
//! The test that every callout should have:
//!
//! ```
//! use dhcp_callout::{Callout, Decision, Host, NewPacket, entry_point, simulate};
//!
//! struct Quiet;
//!
//! impl Callout for Quiet {
//!     type State = ();
//!
//!     fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
//!         Decision::Pass
//!     }
//! }
//!
//! static QUIET: Host<Quiet> = Host::new(Quiet);
//! entry_point!(fn entry = QUIET);
//!
//! // SAFETY: the entry point is made by the macro.
//! unsafe { simulate::check(entry) }.assert_clean();
//! ```
//!
//! Where the documentation is silent, [`Conduct`] chooses.
//!
//! Memory that hooks get has guard zones around it, and is poisoned when the call ends: what a callout keeps shows as
//! bytes of 0xDD, and what it writes elsewhere as [`Observation::is_damaged`]. That is so while few calls
//! overlap, of packets that a server can give: of others the memory is freed when they end, and what was kept is not
//! seen.
#![expect(unsafe_code, reason = "this module calls `extern` hooks")]

mod call;
mod check;
mod conduct;
mod end;
mod event;
mod fields;
mod loading;
mod memory;
mod replay;
#[cfg(not(loom))]
mod test_packet;
mod threads;
mod watch;

pub use call::{HookCall, Observation, Parameter};
pub use check::{Finding, NEXT_DLL, Report, Rule, Severity, check, check_chained, check_seeded, fuzz};
pub use conduct::{Conduct, Contexts, Notices, Swaps};
pub use event::Call;
pub use fields::ServerFields;
pub use loading::{EntryCall, EntryRefused, EntryResult};
pub use replay::{Datagram, Lifecycle};
#[cfg(not(loom))]
pub use test_packet::TestPacket;
pub use threads::Threads;

use alloc::vec::Vec;
use core::ffi::c_void;
use core::net::Ipv4Addr;
use core::ptr::with_exposed_provenance_mut;
use core::sync::atomic::{AtomicUsize, Ordering};

use self::call::Packet;
use self::end::{Life, Reader, ServerEnds};
use self::event::Kind;
use self::loading::list_of;
use self::memory::{Arena, Remains};
use self::watch::Watch;
use crate::buffer::{PACKET_CAPACITY, PacketTooLong};
use crate::control::{AddressGrant, AddressProblem, ClientType, ServiceControl};
use crate::ffi::{Bool, CalloutTable, EntryPoint};
use crate::hook::{HookError, TEST_SOCKET, read_packet};
use crate::lifecycle::Notice;
use crate::message::Message;
use crate::table::once::Once;

/// How many calls at once have memory that is still there, as poison, when they have ended.
const CALLS_AT_ONCE: usize = if cfg!(miri) {
    2 // To look at 16 takes an interpreter a second for each call.
} else {
    16
};

/// A DHCP server as a callout DLL sees it.
///
/// ```
/// use dhcp_callout::simulate::Server;
/// use dhcp_callout::{Callout, Decision, Host, MessageType, NewPacket, Notice, PacketBuffer, entry_point};
///
/// struct Gate;
///
/// impl Callout for Gate {
///     type State = ();
///
///     fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
///         if packet.message().is_ok() { Decision::Track(()) } else { Decision::Refuse }
///     }
/// }
///
/// static GATE: Host<Gate> = Host::new(Gate);
/// entry_point!(fn entry = GATE);
///
/// // SAFETY: the entry point is made by the macro.
/// let server = unsafe { Server::load(entry) }?;
/// let discover = PacketBuffer::request(MessageType::DISCOVER, 1, &[2, 0, 0, 0, 0, 1])?;
/// let packet = server.receive(discover.as_bytes())?;
/// assert!(!packet.is_refused());
/// server.notify(&packet, Notice::Processed);
/// assert_eq!(GATE.in_flight(), 0);
/// assert!(server.receive(b"no message")?.is_refused());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Server {
    /// INVARIANT: each hook can be called as its prototype says.
    table: CalloutTable,
    address: Ipv4Addr,
    conduct: Conduct,
    memory: Arena,
    /// Who is told of calls that do not return.
    watch: Option<Watch>,
    /// The context of the packet that was received last, and the one by which one ended last, as exposed addresses; 0
    /// for none.
    given: AtomicUsize,
    ended: AtomicUsize,
    ends: ServerEnds,
}

/// A packet in the server's hands, and what the callout made of it.
///
/// Dropping it makes no call: the server forgets the packet without a word.
#[derive(Debug)]
pub struct PacketInFlight {
    seen: Observation,
    /// The exposed address of the context of the packet that was received before.
    earlier_context: usize,
    /// Where the callout has first put a reply to it: the exposed address, and its size.
    reply: Once<(usize, u32)>,
    life: Life,
}

const _: () = {
    const fn is_shared<T: Send + Sync>() {}
    is_shared::<Server>();
    is_shared::<PacketInFlight>();
};

impl Server {
    /// Creates a server that calls the hooks of `table`.
    ///
    /// # Safety
    /// As long as the server lives, each hook of `table` can be called as the safe methods of the server do it:
    /// - from any thread, also from several at once and from inside another hook, in any order and any number of times;
    /// - with pointers as its prototype in [`ffi`](crate::ffi) says, or NULL, aligned or not: a packet is in a buffer
    ///   of 4096 bytes, unless the size that the hook is given is over 4096; with [`Swaps::ReadAgain`] it is where a
    ///   hook has put it, also while another call reports it as processed;
    /// - with the contexts that the hooks set, and if [`call`](Self::call),
    ///   [`set_context`](PacketInFlight::set_context) or [`Contexts`] say so, with any other, also after a packet was
    ///   reported as processed. A callout that follows its context as a pointer keeps this promise if none of these is
    ///   used, and each packet is passed to its own server alone, which reports it as processed once and then no more.
    ///
    /// Where a hook points the server, the packet can be read until the hook is called that first reports it as
    /// processed, or for ever if that never happens. One that the hook refuses is not read. Some can be reported in the
    /// place of another, and the server does not notice: those to which the callout gives one context, also NULL, and
    /// one that is passed to another server, or whose context is. Each of these can be read for ever. A
    /// [`Host`](crate::Host) gives no context twice before a slot was used 2<sup>20</sup> times, with 32-bit pointers
    /// 2<sup>15</sup> times; so it is enough for it that packets, and contexts, stay with their server, and that none of
    /// those which are over is used after that.
    #[must_use]
    pub unsafe fn new(table: CalloutTable) -> Self {
        Self::with_memory(table, Arena::new(CALLS_AT_ONCE, Remains::Poison))
    }

    /// Creates a server whose hooks can be called as [`new`](Self::new) says.
    const fn with_memory(table: CalloutTable, memory: Arena) -> Self {
        Self {
            table,
            address: TEST_SOCKET,
            conduct: Conduct::DEFAULT,
            memory,
            watch: None,
            given: AtomicUsize::new(0),
            ended: AtomicUsize::new(0),
            ends: ServerEnds::new(),
        }
    }

    /// Asks `entry` for its table as the server does when it loads a DLL, with no further DLL in the chain.
    ///
    /// # Safety
    /// - `entry` can be called as its prototype says, and the hooks that it puts into the table as [`new`](Self::new)
    ///   says.
    ///
    /// # Errors
    /// [`EntryRefused`] if the entry point returns anything but 0.
    pub unsafe fn load(entry: EntryPoint) -> Result<Self, EntryRefused> {
        // SAFETY: the caller promises the same.
        unsafe { Self::load_in(Arena::new(CALLS_AT_ONCE, Remains::Poison), entry) }
    }

    /// As [`load`](Self::load), with all that is lent in memory of `arena`.
    ///
    /// # Safety
    /// As for [`load`](Self::load).
    unsafe fn load_in(memory: Arena, entry: EntryPoint) -> Result<Self, EntryRefused> {
        // SAFETY: the caller promises the same.
        let result = unsafe { EntryCall::DEFAULT.enter_in(&memory, entry) };
        result.table().map(|table| Self::with_memory(table, memory))
    }

    /// Loads the first of several DLLs that can be loaded, each a path and its entry point, and returns what the others
    /// before it said. Each is given the paths after its own. A server without a DLL calls nothing.
    ///
    /// # Safety
    /// As for [`load`](Self::load), of each.
    #[must_use]
    pub unsafe fn load_first(dlls: &[(&str, EntryPoint)]) -> (Self, Vec<EntryRefused>) {
        // SAFETY: the caller promises the same.
        unsafe { Self::load_first_in(Remains::Poison, dlls) }
    }

    /// As [`load_first`](Self::load_first); `remains` says what becomes of memory whose call has ended.
    ///
    /// # Safety
    /// As for [`load`](Self::load), of each.
    unsafe fn load_first_in(remains: Remains, dlls: &[(&str, EntryPoint)]) -> (Self, Vec<EntryRefused>) {
        let memory = Arena::new(CALLS_AT_ONCE.saturating_add(dlls.len()), remains);
        let mut refused = Vec::new();
        let mut rest = dlls;
        while let Some((&(_, entry), after)) = rest.split_first() {
            let list = list_of(after);
            let call = EntryCall::DEFAULT.chain(Some(&list));
            // SAFETY: the caller promises the same.
            let result = unsafe { call.enter_in(&memory, entry) };
            match result.table() {
                Ok(table) => return (Self::with_memory(table, memory), refused),
                Err(error) => refused.push(error),
            }
            rest = after;
        }
        (Self::with_memory(CalloutTable::EMPTY, memory), refused)
    }

    /// Sets the address of the socket on which all packets are received; 192.0.2.1 at first.
    #[must_use]
    pub const fn at(mut self, address: Ipv4Addr) -> Self {
        self.address = address;
        self
    }

    /// Sets what is done where the documentation is silent; [`Conduct::DEFAULT`] at first.
    #[must_use]
    pub const fn conduct(mut self, conduct: Conduct) -> Self {
        self.conduct = conduct;
        self
    }

    /// Returns the table whose hooks the server calls.
    #[must_use]
    pub const fn table(&self) -> &CalloutTable {
        &self.table
    }

    /// Calls a hook with arguments as they come.
    pub fn call(&self, call: &HookCall<'_>) -> Observation {
        let make = || call.make(&self.table, &self.memory, self.address, self.conduct, &self.ends);
        match &self.watch {
            Some(watch) => watch.call(call.hook.name(), make),
            None => make(),
        }
    }

    /// Reports that the service was started, stopped, paused or continued.
    pub fn control(&self, code: ServiceControl) -> Observation {
        self.call(&HookCall::control(code.code()))
    }

    /// Receives a packet, and offers it to `DhcpNewPktHook`.
    ///
    /// # Errors
    /// [`PacketTooLong`] if the packet does not fit into the server's buffer.
    pub fn receive(&self, packet: &[u8]) -> Result<PacketInFlight, PacketTooLong> {
        check_length(packet)?;
        let since = self.ends.now();
        let seen = self.call(&HookCall::new_packet(packet));
        let earlier_context = self.given.swap(seen.context, Ordering::Relaxed);
        Ok(PacketInFlight::new(seen, earlier_context, since))
    }

    /// Reports that a packet was dropped, or that it was processed completely.
    pub fn notify(&self, in_flight: &PacketInFlight, notice: Notice) -> Observation {
        self.report(in_flight, Call::Notified(notice))
    }

    /// Offers `reply`, which answers a packet, to `DhcpPktSendHook`; [`Observation::bytes`] is what is then sent.
    ///
    /// # Errors
    /// [`PacketTooLong`] if the reply does not fit into the server's buffer.
    pub fn send(&self, in_flight: &PacketInFlight, reply: &[u8]) -> Result<Observation, PacketTooLong> {
        check_length(reply)?;
        let mut call = HookCall::send(reply);
        call.context = self.context_of(in_flight);
        call.about = Some(&in_flight.life);
        let seen = self.call(&call);
        // By the context of another, it is the callout's again at the end of that.
        if in_flight.life.has(call.context) {
            in_flight.note_reply(&seen);
        }
        Ok(seen)
    }

    /// Reports that the server acknowledges `address` to the client for `lease_time` seconds. A packet without a
    /// message type is one of BOOTP.
    pub fn offer_address(
        &self,
        in_flight: &PacketInFlight,
        grant: AddressGrant,
        address: Ipv4Addr,
        lease_time: u32,
    ) -> Observation {
        self.report(
            in_flight,
            Call::AddressOffered {
                grant,
                address,
                lease_time,
            },
        )
    }

    /// Reports that `address` is not, or no longer, in use.
    pub fn delete_address(
        &self,
        in_flight: &PacketInFlight,
        problem: AddressProblem,
        address: Ipv4Addr,
    ) -> Observation {
        self.report(in_flight, Call::AddressDeleted { problem, address })
    }

    /// Shows what the server has parsed from a packet.
    pub fn parse_options(&self, in_flight: &PacketInFlight) -> Observation {
        self.report(in_flight, Call::OptionsParsed)
    }

    /// Reports that the lease of a client is about to be deleted.
    pub fn delete_client(&self, address: Ipv4Addr, hardware_address: &[u8]) -> Observation {
        let call = HookCall::client_deleted(hardware_address).lease(address, 0, ClientType::DHCP);
        self.call(&call)
    }

    /// Calls a hook about a packet in flight, with the context that the conduct says.
    fn report(&self, in_flight: &PacketInFlight, call: Call) -> Observation {
        self.report_with(self.context_of(in_flight), in_flight, call)
    }

    /// Calls a hook about a packet in flight, as the server has it now, with this context.
    pub(crate) fn report_with(&self, context: usize, in_flight: &PacketInFlight, call: Call) -> Observation {
        let message = || Message::parse(in_flight.bytes().ok()?).ok();
        let fields;
        let mut hook_call = match call {
            Call::NewPacket { .. } => HookCall::new_packet(&[]),
            Call::OptionsParsed => {
                fields = message().map_or_else(ServerFields::default, |message| {
                    ServerFields::from_message(message).in_order(self.conduct.host_order)
                });
                HookCall::options_parsed(&[], &fields)
            }
            Call::AddressOffered {
                grant,
                address,
                lease_time,
            } => {
                let is_bootp = message().is_some_and(|message| Kind::of(message) == Kind::Bootp);
                let client_type = if is_bootp { ClientType::BOOTP } else { ClientType::DHCP };
                HookCall::address_offered(&[], grant.code()).lease(address, lease_time, client_type)
            }
            Call::AddressDeleted { problem, address } => {
                HookCall::address_deleted(&[], problem.code()).lease(address, 0, ClientType::DHCP)
            }
            Call::Sent { .. } => HookCall::send(&[]),
            Call::Notified(notice) => HookCall::notice(&[], notice.code()),
        };
        let left = in_flight.seen.left;
        let is_end = call == Call::Notified(Notice::Processed);
        let reader = Reader::of(&in_flight.life, &self.ends);
        let reads_again = self.conduct.swaps == Swaps::ReadAgain && reader.read(|| ()).is_some();
        let is_kept = in_flight.seen.is_swapped() && reads_again && !in_flight.is_refused();
        (hook_call.packet, hook_call.size) = match in_flight.bytes() {
            Ok(bytes) if !is_kept => (Packet::Own(bytes), None),
            // Too long where it was: what is in the buffer has ended with the call.
            Err(_) if !in_flight.seen.is_swapped() => (Packet::Own(in_flight.seen.given()), Some(left.1)),
            _ => (Packet::At(left.0), Some(left.1)),
        };
        hook_call.context = context;
        hook_call.about = Some(&in_flight.life);
        let reply = in_flight.reply.get().filter(|_| is_end && reads_again);
        let reply = reply.and_then(|&(start, size)| {
            let start = with_exposed_provenance_mut(start);
            // SAFETY: the callout promises that the packet stays until it is processed.
            let read = || unsafe { read_packet(start, size) }.map(<[u8]>::to_vec);
            reader.read(read)
        });
        let mut seen = self.call(&hook_call);
        seen.reply = reply;
        if is_end {
            self.ended.store(context, Ordering::Relaxed);
        }
        seen
    }

    fn context_of(&self, in_flight: &PacketInFlight) -> usize {
        let own = in_flight.seen.context;
        let or_own = |context| if context == 0 { own } else { context };
        match self.conduct.contexts {
            Contexts::Own => own,
            Contexts::Null => 0,
            Contexts::Stale => or_own(self.ended.load(Ordering::Relaxed)),
            Contexts::Repeated => or_own(in_flight.earlier_context),
        }
    }
}

impl PacketInFlight {
    /// Of a packet that was received since [`ServerEnds::now`] was this.
    fn new(seen: Observation, earlier_context: usize, since: u64) -> Self {
        Self {
            life: Life::new(seen.context, since),
            seen,
            earlier_context,
            reply: Once::new(),
        }
    }

    /// Returns the packet as the server has it: its own, or what `DhcpNewPktHook` made of it, by the server's
    /// [`Conduct`].
    ///
    /// # Errors
    /// [`HookError`] if the hook left a NULL pointer or a size over the capacity.
    pub fn bytes(&self) -> Result<&[u8], HookError> {
        self.seen.bytes()
    }

    /// Returns whether the callout wants the packet not to be processed.
    #[must_use]
    pub fn is_refused(&self) -> bool {
        self.seen.process_it() == Some(Bool::FALSE)
    }

    /// Returns what the callout set as the context of the packet; NULL at first.
    #[must_use]
    pub fn context(&self) -> *mut c_void {
        self.seen.context()
    }

    /// Sets the context that the next hooks get, as a server that mixes them up would.
    pub fn set_context(&mut self, context: *mut c_void) {
        self.seen.context = context.expose_provenance();
    }

    /// Notes where the callout has put a reply to the packet.
    pub(crate) fn note_reply(&self, seen: &Observation) {
        if seen.is_swapped() {
            self.reply.set(seen.left);
        }
    }

    /// Returns what came of the call of `DhcpNewPktHook`.
    #[must_use]
    pub const fn seen(&self) -> &Observation {
        &self.seen
    }
}

fn check_length(packet: &[u8]) -> Result<(), PacketTooLong> {
    if packet.len() > PACKET_CAPACITY {
        return Err(PacketTooLong::of(packet));
    }
    Ok(())
}
