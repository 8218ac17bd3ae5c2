//! One call of a hook, with arguments as they come, and what came of it.

use alloc::vec::Vec;
use core::ffi::c_void;
use core::net::Ipv4Addr;
use core::ops::Range;
use core::ptr::{null_mut, with_exposed_provenance_mut};
use core::time::Duration;

use super::conduct::{Conduct, Swaps};
use super::end::{Life, Reader, ServerEnds};
use super::fields::{PlacedFields, ServerFields};
use super::memory::{Arena, Memory, PlacedPiece, readable};
use super::threads::timed;
use crate::buffer::PACKET_CAPACITY;
#[cfg(not(loom))]
use crate::callout::contained;
use crate::control::{ClientType, PACKET_PROCESSED, SendCode};
use crate::ffi::{
    Bool, CalloutTable, ControlArguments, DeleteClientArguments, DropSendArguments, GiveAddressArguments,
    HandleOptionsArguments, NewPktArguments, ProbArguments,
};
use crate::hook::{
    AddressDeleted, AddressOffered, Argument, ClientDeleted, ControlEvent, HookError, NewPacket, PacketNotice,
    ParsedOptions, SendPacket, check_packet, read_packet,
};
use crate::message::Message;

/// A call of a hook with arguments as they come: [`Server::call`](super::Server::call) makes it.
///
/// ```
/// use dhcp_callout::simulate::{HookCall, Parameter, Server};
/// # use dhcp_callout::{Callout, Decision, Host, NewPacket, entry_point};
/// # struct Quiet;
/// # impl Callout for Quiet {
/// #     type State = ();
/// #     fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> { Decision::Pass }
/// # }
/// # static QUIET: Host<Quiet> = Host::new(Quiet);
/// # entry_point!(fn entry = QUIET);
/// // SAFETY: the entry point is made by the macro.
/// let server = unsafe { Server::load(entry) }?;
/// let seen = server.call(&HookCall::new_packet(b"a packet").size(5000));
/// assert_eq!(seen.status(), Some(0));
/// let seen = server.call(&HookCall::notice(b"a packet", 0xB).variable(Parameter::PacketSize, None));
/// assert_eq!(seen.status(), Some(0));
/// # Ok::<(), dhcp_callout::simulate::EntryRefused>(())
/// ```
#[derive(Clone, Debug)]
pub struct HookCall<'a> {
    pub(crate) hook: Hook<'a>,
    pub(crate) packet: Packet<'a>,
    /// The size that is claimed; otherwise the true one.
    pub(crate) size: Option<u32>,
    pub(crate) code: u32,
    /// The exposed address of the context.
    pub(crate) context: usize,
    /// The address that the call is about.
    pub(crate) address: Ipv4Addr,
    pub(crate) client_type: u32,
    pub(crate) lease_time: u32,
    /// Where each [`Parameter`] is: how far from an aligned address, or `None` for NULL.
    pub(crate) variables: [Option<usize>; 5],
    /// What `*ProcessIt` holds before; otherwise what the conduct says.
    pub(crate) process_it: Option<i32>,
    pub(crate) is_exact: bool,
    /// The packet that it is about, if a server has received that.
    pub(super) about: Option<&'a Life>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Hook<'a> {
    Control,
    NewPkt,
    PktDrop,
    PktSend,
    AddressDel,
    AddressOffer,
    HandleOptions(&'a ServerFields),
    DeleteClient,
}

/// Where a packet is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Packet<'a> {
    Null,
    /// In memory of the server.
    Own(&'a [u8]),
    /// Where a callout has put it: the exposed address.
    At(usize),
}

/// A pointer parameter of a hook to a variable of the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parameter {
    /// `Packet`, of the hooks that can change it.
    Packet,
    /// `PacketSize`, of the same hooks.
    PacketSize,
    /// `PktContext` of `DhcpNewPktHook`.
    PktContext,
    /// `ProcessIt` of `DhcpNewPktHook`.
    ProcessIt,
    /// `ServerOptions` of `DhcpHandleOptionsHook`.
    ServerOptions,
}

/// What came of a call of a hook.
///
/// Everything is copied when the hook returns.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Observation {
    /// The hook, as the SDK names it.
    pub(crate) hook: &'static str,
    /// What the hook returned; `None` if the table has no such hook.
    pub(crate) status: Option<u32>,
    /// The exposed address where the packet was that the hook was given, and its size.
    pub(crate) own: (usize, u32),
    /// That packet, as far as it could be read.
    pub(crate) given: Vec<u8>,
    /// What the variables of the packet held afterwards; of a hook without them, or if one is NULL, the arguments.
    pub(crate) left: (usize, u32),
    /// How far the hook moved `*Packet` in the server's own buffer; `None` if it points elsewhere.
    pub(crate) moved: Option<usize>,
    /// The address of the memory that the server had for the call.
    pub(crate) memory: Option<usize>,
    /// What the hook left where a callout had put the packet before.
    pub(crate) altered: Option<Vec<u8>>,
    /// The exposed address of the context that the hook left, or was called with.
    pub(crate) context: usize,
    /// What the hook left in `*ProcessIt`.
    pub(crate) process_it: Option<i32>,
    /// Which bytes the hook changed in the server's own buffer, from the first to the last.
    pub(crate) written: Option<Range<usize>>,
    /// The packet that the hook left: where pointer and size lead.
    pub(crate) packet: Result<Vec<u8>, HookError>,
    /// What the server goes on with, by its conduct, if it is not that packet.
    pub(crate) kept: Option<Result<Vec<u8>, HookError>>,
    /// How long the hook took.
    pub(crate) took: Duration,
    /// Whether the hook panicked, and the panic was contained.
    pub(crate) has_panicked: bool,
    /// Whether something was written beside the memory that the hook was given.
    pub(crate) has_stray_write: bool,
    /// Whether memory of an earlier call was written since the call before this one.
    pub(crate) was_written_late: bool,
    /// What the server sends that reads a reply again when its packet is processed.
    pub(crate) reply: Option<Result<Vec<u8>, HookError>>,
    /// The fields that `DhcpHandleOptionsHook` left.
    pub(crate) fields: Option<ServerFields>,
}

impl<'a> HookCall<'a> {
    const fn about(hook: Hook<'a>, packet: &'a [u8], code: u32) -> Self {
        Self {
            hook,
            packet: Packet::Own(packet),
            size: None,
            code,
            context: 0,
            address: Ipv4Addr::new(192, 0, 2, 100),
            client_type: ClientType::DHCP.code(),
            lease_time: 3600,
            variables: [Some(0); 5],
            process_it: None,
            is_exact: false,
            about: None,
        }
    }

    /// Creates a call of `DhcpControlHook`.
    #[must_use]
    pub const fn control(code: u32) -> Self {
        Self::about(Hook::Control, &[], code)
    }

    /// Creates a call of `DhcpNewPktHook`.
    #[must_use]
    pub const fn new_packet(packet: &'a [u8]) -> Self {
        Self::about(Hook::NewPkt, packet, 0)
    }

    /// Creates a call of `DhcpPktDropHook`.
    #[must_use]
    pub const fn notice(packet: &'a [u8], code: u32) -> Self {
        Self::about(Hook::PktDrop, packet, code)
    }

    /// Creates a call of `DhcpPktSendHook`.
    #[must_use]
    pub const fn send(reply: &'a [u8]) -> Self {
        Self::about(Hook::PktSend, reply, SendCode::SEND_PACKET.code())
    }

    /// Creates a call of `DhcpAddressDelHook`.
    #[must_use]
    pub const fn address_deleted(packet: &'a [u8], code: u32) -> Self {
        Self::about(Hook::AddressDel, packet, code)
    }

    /// Creates a call of `DhcpAddressOfferHook`.
    #[must_use]
    pub const fn address_offered(packet: &'a [u8], code: u32) -> Self {
        Self::about(Hook::AddressOffer, packet, code)
    }

    /// Creates a call of `DhcpHandleOptionsHook`.
    #[must_use]
    pub const fn options_parsed(packet: &'a [u8], fields: &'a ServerFields) -> Self {
        Self::about(Hook::HandleOptions(fields), packet, 0)
    }

    /// Creates a call of `DhcpDeleteClientHook`.
    #[must_use]
    pub const fn client_deleted(hardware_address: &'a [u8]) -> Self {
        Self::about(Hook::DeleteClient, hardware_address, 0)
    }

    /// Sets the control code; of `DhcpDeleteClientHook` the client type.
    #[must_use]
    pub const fn code(mut self, code: u32) -> Self {
        self.code = code;
        self
    }

    /// Sets the context; of `DhcpNewPktHook` what `*PktContext` holds before. NULL at first.
    #[must_use]
    pub fn context(mut self, context: *mut c_void) -> Self {
        self.context = context.expose_provenance();
        self
    }

    /// Sets the address that the call is about, and for `DhcpAddressOfferHook` the lease time in seconds and the type
    /// of the client.
    #[must_use]
    pub const fn lease(mut self, address: Ipv4Addr, lease_time: u32, client_type: ClientType) -> Self {
        self.address = address;
        self.lease_time = lease_time;
        self.client_type = client_type.code();
        self
    }

    /// Sets what `*ProcessIt` holds before the call, whatever [`Conduct`] says.
    #[must_use]
    pub const fn process_it(mut self, process_it: i32) -> Self {
        self.process_it = Some(process_it);
        self
    }

    /// Passes NULL and a size of 0 as the packet, or as the hardware address.
    #[must_use]
    pub const fn null_packet(mut self) -> Self {
        self.packet = Packet::Null;
        self
    }

    /// Lets the packet be where a callout has put it.
    ///
    /// # Safety
    /// - During the call [`PACKET_CAPACITY`](crate::PACKET_CAPACITY) bytes can be read and written at `start`, and nobody
    ///   else uses them, whatever `size` says: a hook may alter the packet, and [`size`](Self::size) say another.
    #[must_use]
    #[expect(unsafe_code, reason = "a promise about a pointer is asked for")]
    pub unsafe fn packet_at(mut self, start: *mut u8, size: u32) -> Self {
        self.packet = Packet::At(start.expose_provenance());
        self.size = Some(size);
        self
    }

    /// Sets the size that the server gives, whatever the packet's is.
    #[must_use]
    pub const fn size(mut self, size: u32) -> Self {
        self.size = Some(size);
        self
    }

    /// Sets how many bytes from an aligned address a variable is, modulo 8; `None` for a NULL pointer.
    #[must_use]
    pub fn variable(mut self, parameter: Parameter, offset: Option<usize>) -> Self {
        if let Some(variable) = self.variables.get_mut(parameter.index()) {
            *variable = offset.map(|offset| offset % 8);
        }
        self
    }

    /// Gives each packet and variable an allocation of exactly its size, without guard zones, for tests under a
    /// sanitizer.
    ///
    /// # Safety
    /// - The hook that is called does not write into the packet, which is not in a buffer of 4096 bytes: its callout
    ///   neither rewrites nor edits it in place.
    #[must_use]
    pub const unsafe fn exact(mut self) -> Self {
        self.is_exact = true;
        self
    }

    /// Returns whether the call reports the end of a packet.
    pub(crate) const fn is_end(&self) -> bool {
        matches!(self.hook, Hook::PktDrop) && self.code == PACKET_PROCESSED
    }

    /// Makes the call.
    pub(super) fn make(
        &self,
        table: &CalloutTable,
        arena: &Arena,
        received_on: Ipv4Addr,
        conduct: Conduct,
        ends: &ServerEnds,
    ) -> Observation {
        let mut memory = arena.memory(self.is_exact);
        let reader = match (self.about, self.packet) {
            (Some(packet), Packet::At(_)) => Reader::of(packet, ends),
            (about, _) => Reader::now(about, self.context, ends),
        };
        let arguments = Arguments::place(self, &mut memory, conduct, reader);
        let contained_before = contained();
        let pass = || timed(Duration::ZERO, || arguments.pass(self, table, received_on));
        let (status, took) = if self.is_end() {
            ends.come(self.about, self.context, pass)
        } else {
            pass()
        };
        Observation {
            took,
            has_panicked: contained() != contained_before,
            ..arguments.observe(self, &memory, status, conduct, reader)
        }
    }
}

/// The model checker's build has no callouts.
#[cfg(loom)]
const fn contained() -> usize {
    0
}

impl Parameter {
    const fn index(self) -> usize {
        match self {
            Self::Packet => 0,
            Self::PacketSize => 1,
            Self::PktContext => 2,
            Self::ProcessIt => 3,
            Self::ServerOptions => 4,
        }
    }
}

/// The arguments of a call in memory.
struct Arguments {
    /// The packet, if it is the server's; otherwise a copy of what is where a callout has put it.
    own: Result<PlacedPiece, Vec<u8>>,
    start: *mut u8,
    size: u32,
    /// The variables by the numbers of [`Parameter`].
    variables: [Option<PlacedPiece>; 5],
    fields: Option<PlacedFields>,
}

impl Arguments {
    fn place(call: &HookCall<'_>, memory: &mut Memory<'_>, conduct: Conduct, reader: Reader<'_>) -> Self {
        let (own, start, length) = match call.packet {
            Packet::Null => (None, null_mut(), 0),
            Packet::At(start) => (None, with_exposed_provenance_mut(start), 0),
            Packet::Own(bytes) => {
                let is_buffer = !call.is_exact && !matches!(call.hook, Hook::DeleteClient);
                let capacity = if is_buffer {
                    PACKET_CAPACITY
                } else {
                    readable(call.size)
                };
                let own = memory.place(bytes, capacity, 0);
                (Some(own), own.pointer, bytes.len())
            }
        };
        let size = call.size.unwrap_or(u32::try_from(length).unwrap_or(u32::MAX));
        // SAFETY: NULL, or it can be read, says who made the call.
        let read = || unsafe { read_packet(start, size) }.unwrap_or_default().to_vec();
        let own = own.ok_or_else(|| match call.about {
            Some(_) => reader.read(read).unwrap_or_default(),
            None => read(),
        });
        let fields = match call.hook {
            Hook::HandleOptions(fields) => Some(fields.place(memory)),
            _ => None,
        };
        let pointer = [0; size_of::<*mut u8>()];
        let process_it = call.process_it.unwrap_or(conduct.process_it_before).to_ne_bytes();
        let size_bytes = size.to_ne_bytes();
        let (packet, packet_size) = (Some(&pointer[..]), Some(&size_bytes[..]));
        let contents = match call.hook {
            Hook::NewPkt => [packet, packet_size, Some(&pointer), Some(&process_it), None],
            Hook::PktDrop | Hook::PktSend => [packet, packet_size, None, None, None],
            Hook::HandleOptions(_) => [
                None,
                None,
                None,
                None,
                fields.as_ref().map(|fields| &fields.structure[..]),
            ],
            _ => [None; 5],
        };
        let mut variables = [None; 5];
        for (variable, (content, offset)) in variables.iter_mut().zip(contents.into_iter().zip(call.variables)) {
            let wanted = content.zip(offset);
            *variable = wanted.map(|(content, offset)| memory.place(content, 0, offset));
        }
        let [packet, _, context, _, server_options] = variables;
        memory.point(packet, 0, start);
        memory.point(context, 0, with_exposed_provenance_mut(call.context));
        if let Some(fields) = &fields {
            fields.point(server_options, memory);
        }
        Self {
            own,
            start,
            size,
            variables,
            fields,
        }
    }

    /// Calls the hook, if the table has it.
    fn pass(&self, call: &HookCall<'_>, table: &CalloutTable, received_on: Ipv4Addr) -> Option<u32> {
        let pointers = self
            .variables
            .map(|place| place.map_or(null_mut(), |place| place.pointer));
        let [packet, packet_size, context_variable, process_it, server_options] = pointers;
        let pkt_context = with_exposed_provenance_mut(call.context);
        let (ip_address, alt_address) = (received_on.to_bits(), call.address.to_bits());
        let (reserved, control_code) = (null_mut(), call.code);
        let (start, size) = (self.start, self.size);
        let drop_send = DropSendArguments {
            packet: packet.cast(),
            packet_size: packet_size.cast(),
            control_code,
            ip_address,
            reserved,
            pkt_context,
        };
        // SAFETY (of each call below): the hooks can be called with such pointers, says whoever made the server. They
        // are NULL or to memory of this call.
        macro_rules! pass {
            ($hook:ident($arguments:expr)) => {{
                let arguments = $arguments;
                let hook = table.$hook?;
                // SAFETY: as above.
                unsafe { arguments.pass_to(hook) }
            }};
        }
        Some(match call.hook {
            Hook::Control => pass!(dhcp_control_hook(ControlArguments { control_code, reserved })),
            Hook::NewPkt => pass!(dhcp_new_pkt_hook(NewPktArguments {
                packet: packet.cast(),
                packet_size: packet_size.cast(),
                ip_address,
                reserved,
                pkt_context: context_variable.cast(),
                process_it: process_it.cast(),
            })),
            Hook::PktDrop => pass!(dhcp_pkt_drop_hook(drop_send)),
            Hook::PktSend => pass!(dhcp_pkt_send_hook(drop_send)),
            Hook::AddressDel => pass!(dhcp_address_del_hook(ProbArguments {
                packet: start,
                packet_size: size,
                control_code,
                ip_address,
                alt_address,
                reserved,
                pkt_context,
            })),
            Hook::AddressOffer => pass!(dhcp_address_offer_hook(GiveAddressArguments {
                packet: start,
                packet_size: size,
                control_code,
                ip_address,
                alt_address,
                addr_type: call.client_type,
                lease_time: call.lease_time,
                reserved,
                pkt_context,
            })),
            Hook::HandleOptions(_) => pass!(dhcp_handle_options_hook(HandleOptionsArguments {
                packet: start,
                packet_size: size,
                reserved,
                pkt_context,
                server_options: server_options.cast(),
            })),
            Hook::DeleteClient => pass!(dhcp_delete_client_hook(DeleteClientArguments {
                ip_address: alt_address,
                hw_address: start,
                hw_address_length: size,
                reserved: 0,
                client_type: control_code,
            })),
        })
    }

    fn observe(
        &self,
        call: &HookCall<'_>,
        memory: &Memory<'_>,
        status: Option<u32>,
        conduct: Conduct,
        reader: Reader<'_>,
    ) -> Observation {
        let [packet, packet_size, pkt_context, process_it, _] = self.variables;
        let own = (self.start.expose_provenance(), self.size);
        let left = match packet.zip(packet_size) {
            Some((packet, size)) => (memory.address(packet), u32::from_ne_bytes(memory.array(size))),
            None => own,
        };
        let size = usize::try_from(self.size).unwrap_or(usize::MAX);
        let (own_packet, given) = match (&self.own, call.packet) {
            (Ok(own), Packet::Own(bytes)) => (Some((*own, bytes)), memory.before(*own, bytes, size)),
            (own, _) => (None, own.as_ref().err().cloned().unwrap_or_default()),
        };
        let after = self.own.as_ref().map_or(&[][..], |own| memory.bytes(*own));
        let process_it = process_it
            .filter(|_| status.is_some())
            .map(|process_it| i32::from_ne_bytes(memory.array(process_it)));
        // What takes the place of a packet that has ended, or is refused, the callout takes back.
        let is_gone = call.is_end() || process_it == Some(0) || memory.is_cut(left.0, left.1);
        let is_moved = left.0 != own.0;
        let is_lent = !is_moved && call.about.is_none() && matches!(call.packet, Packet::At(_));
        let packet = if is_lent && !is_gone {
            // SAFETY: NULL, or it can be read during the call up to the capacity, says who made the call.
            unsafe { read_packet(self.start, left.1) }.map(<[u8]>::to_vec)
        } else {
            self.read(left, after, &given, Some(reader).filter(|_| !is_gone))
        };
        let altered = match (call.about, call.packet) {
            (Some(_), Packet::At(_)) => self
                .read(own, &[], &given, Some(reader).filter(|_| !call.is_end()))
                .ok(),
            _ => None,
        };
        let is_followed = if is_moved {
            conduct.swaps != Swaps::Ignored
        } else {
            conduct.edits_in_place
        };
        let kept = (!is_followed).then(|| {
            let buffer = if conduct.edits_in_place { after } else { &given };
            self.read(own, buffer, &given, None)
        });
        Observation {
            hook: call.hook.name(),
            status,
            own,
            given,
            left,
            moved: left
                .0
                .checked_sub(own.0)
                .filter(|_| !is_moved || self.inside(left, after).is_some()),
            memory: memory.start(),
            altered,
            context: pkt_context.map_or(call.context, |context| memory.address(context)),
            process_it,
            written: own_packet.and_then(|(own, bytes)| memory.written(own, bytes)),
            packet,
            kept,
            took: Duration::ZERO,
            has_panicked: false,
            has_stray_write: memory.has_stray_write(),
            was_written_late: memory.was_written_late(),
            fields: match call.hook {
                Hook::HandleOptions(fields) => self.fields.as_ref().map(|placed| fields.left(placed, memory)),
                _ => None,
            },
            reply: None,
        }
    }

    /// Returns the packet that pointer and size lead to; `buffer` is what the server's own has become. For one that is
    /// elsewhere, and may be gone, the one that was `given` is taken, if it can be one.
    fn read(
        &self,
        (start, size): (usize, u32),
        buffer: &[u8],
        given: &[u8],
        reader: Option<Reader<'_>>,
    ) -> Result<Vec<u8>, HookError> {
        let pointer = with_exposed_provenance_mut(start);
        if let Some(bytes) = self.inside((start, size), buffer) {
            return Ok(bytes.to_vec());
        }
        // By the stack, since what is allocated for it could be just what a callout has put there and freed.
        let read = || {
            // SAFETY: the pointer is NULL, or a hook put it there, now or before, and promises that the packet can be read.
            let bytes = unsafe { read_packet(pointer, size) }?;
            let mut aside = [0; PACKET_CAPACITY];
            let aside = aside.get_mut(..bytes.len()).unwrap_or_default();
            aside.copy_from_slice(bytes);
            Ok(aside.to_vec())
        };
        let packet = reader.and_then(|reader| reader.read(read));
        packet.unwrap_or_else(|| check_packet(pointer, size).map(|()| given.to_vec()))
    }

    /// Returns the packet that pointer and size lead to, if it is in the server's own buffer, which has become `buffer`.
    fn inside<'b>(&self, (start, size): (usize, u32), buffer: &'b [u8]) -> Option<&'b [u8]> {
        let length = usize::try_from(size).ok().filter(|length| *length <= PACKET_CAPACITY)?;
        let from = start.checked_sub(Some(self.start.addr()).filter(|own| *own != 0)?)?;
        buffer.get(from..)?.get(..length)
    }
}

impl Hook<'_> {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Control => ControlEvent::HOOK,
            Self::NewPkt => NewPacket::HOOK,
            Self::PktDrop => PacketNotice::HOOK,
            Self::PktSend => SendPacket::HOOK,
            Self::AddressDel => AddressDeleted::HOOK,
            Self::AddressOffer => AddressOffered::HOOK,
            Self::HandleOptions(_) => ParsedOptions::HOOK,
            Self::DeleteClient => ClientDeleted::HOOK,
        }
    }
}

impl Observation {
    /// Returns what the hook returned; `None` if the table has no such hook.
    #[must_use]
    pub const fn status(&self) -> Option<u32> {
        self.status
    }

    /// Returns the packet as the hook was given it.
    #[must_use]
    pub fn given(&self) -> &[u8] {
        &self.given
    }

    /// Returns the packet with which the server goes on, by its [`Conduct`]; of `DhcpPktSendHook` what it sends.
    ///
    /// # Errors
    /// [`HookError`] if the hook left a NULL pointer or a size over the capacity.
    pub fn bytes(&self) -> Result<&[u8], HookError> {
        self.kept
            .as_ref()
            .unwrap_or(&self.packet)
            .as_deref()
            .map_err(|error| *error)
    }

    /// Reads that packet as a DHCP message; without [`bytes`](Self::bytes) it is one of 0 bytes.
    ///
    /// # Errors
    /// [`ParseError`](crate::message::ParseError) if it is too short for a message.
    pub fn message(&self) -> Result<Message<'_>, crate::message::ParseError> {
        Message::parse(self.bytes().unwrap_or_default())
    }

    /// Returns the packet that the hook left, whatever the server does with it. Outside of the server's own buffer the
    /// callout can take it back when the packet is refused or processed, or another that may have it is meanwhile: then
    /// the one that was given is returned.
    ///
    /// # Errors
    /// As for [`bytes`](Self::bytes).
    pub fn left(&self) -> Result<&[u8], HookError> {
        self.packet.as_deref().map_err(|error| *error)
    }

    /// Returns where the packet was that the hook was given, and its size as the hook was told it.
    #[must_use]
    pub fn given_at(&self) -> (*mut u8, u32) {
        (with_exposed_provenance_mut(self.own.0), self.own.1)
    }

    /// Returns what the hook left in `*Packet` and `*PacketSize`; the arguments if there is no such variable, or it is
    /// NULL.
    #[must_use]
    pub fn left_at(&self) -> (*mut u8, u32) {
        (with_exposed_provenance_mut(self.left.0), self.left.1)
    }

    /// Returns whether the hook has pointed `*Packet` out of the server's own buffer.
    #[must_use]
    pub const fn is_swapped(&self) -> bool {
        self.moved.is_none()
    }

    /// Returns which bytes of the server's own buffer the hook has changed, from the first to the last.
    #[must_use]
    pub fn written(&self) -> Option<Range<usize>> {
        self.written.clone()
    }

    /// Returns whether something was written outside of the memory that the hook was given, or after the call for which
    /// it was given.
    #[must_use]
    pub const fn is_damaged(&self) -> bool {
        self.has_stray_write || self.was_written_late
    }

    /// Returns what the hook left as the context, or was called with.
    #[must_use]
    pub fn context(&self) -> *mut c_void {
        with_exposed_provenance_mut(self.context)
    }

    /// Returns what `DhcpNewPktHook` left in `*ProcessIt`; `None` for another hook, for a NULL pointer, or if the table
    /// has no such hook.
    #[must_use]
    pub fn process_it(&self) -> Option<Bool> {
        self.process_it.map(Bool)
    }

    /// Returns the bytes that were, just before this call reported the packet as processed, where `DhcpPktSendHook` had
    /// pointed `*Packet` for its reply; `None` if that hook had not swapped it, or the server does not read it again: see
    /// [`Swaps::ReadAgain`].
    #[must_use]
    pub fn reply(&self) -> Option<Result<&[u8], HookError>> {
        let reply = self.reply.as_ref()?;
        Some(reply.as_deref().map_err(|error| *error))
    }

    /// Returns the fields that `DhcpHandleOptionsHook` left; `None` for another hook.
    #[must_use]
    pub const fn fields(&self) -> Option<&ServerFields> {
        self.fields.as_ref()
    }
}
