//! The pointers that a server, a callout and a member of its chain pass to each other: few calls, so that an interpreter
//! which knows what each pointer may be used for has time for them (`.ci/run miri`).
#![expect(unsafe_code, reason = "entry points are called as the server calls them")]
#![allow(
    clippy::as_conversions,
    clippy::multiple_unsafe_ops_per_block,
    clippy::unnecessary_wraps,
    clippy::unwrap_used,
    reason = "a test fails by panicking, and a member is in C"
)]

use core::ffi::c_void;
use core::net::Ipv4Addr;

use dhcp_callout::chain::{Chain, LoadedDll};
use dhcp_callout::control::{AddressGrant, DropReason, ServiceControl};
use dhcp_callout::ffi::{Bool, CALLOUT_VERSION, CalloutTable, ERROR_NOT_SUPPORTED, ERROR_SUCCESS};
use dhcp_callout::hook::Dword;
use dhcp_callout::message::option;
use dhcp_callout::simulate::{Conduct, Contexts, HookCall, Server, ServerFields, Swaps};
use dhcp_callout::{
    Callout, ClientDeleted, Decision, DllPath, HookError, Host, MessageType, NewPacket, Notice, OnClientDeleted,
    OnOptionsParsed, OnSendPacket, PacketBuffer, PacketNotice, ParsedOptions, SendPacket, entry_point,
};

/// Replaces the request of transaction 1, and rewrites the others; replies the other way round.
struct Changes;

impl Callout for Changes {
    type State = bool;

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<bool> {
        let replaces = packet.message().is_ok_and(|message| message.xid() == 1);
        let copy = PacketBuffer::from_bytes(packet.bytes()).unwrap();
        if replaces {
            packet.replace_with(copy.as_bytes()).unwrap();
        } else {
            packet.rewrite_with(copy.as_bytes()).unwrap();
        }
        Decision::Track(replaces)
    }

    fn packet_dropped(&self, notice: &PacketNotice<'_>, _: Option<&bool>) {
        assert!(notice.bytes().is_ok_and(|bytes| bytes.len() >= 240) || notice.message().is_err());
    }
}

impl OnSendPacket for Changes {
    fn send_packet(&self, reply: &mut SendPacket<'_>, has_replaced: Option<&bool>) {
        let copy = PacketBuffer::from_bytes(reply.bytes()).unwrap();
        if has_replaced == Some(&false) {
            reply.replace_with(copy.as_bytes()).unwrap();
        } else {
            reply.rewrite_with(copy.as_bytes()).unwrap();
        }
    }
}

impl OnOptionsParsed for Changes {
    fn options_parsed(&self, options: &mut ParsedOptions<'_>, _: Option<&bool>) {
        assert!(options.machine_name().is_some());
        assert!(options.bytes().len() >= 240);
        let changed = change_all(options);
        assert_eq!(changed.is_ok(), options.scope_id().is_some(), "the last field");
        assert!(options.dns_flags() == 0, "panics");
    }
}

/// Changes the fields, up to the first that the server has not.
fn change_all(options: &mut ParsedOptions<'_>) -> Result<(), HookError> {
    options.set_message_type(7)?;
    options.set_overlay_fields(7)?;
    options.set_subnet_mask(Dword([7; 4]))?;
    options.set_requested_address(Dword([7; 4]))?;
    options.set_request_lease_time(Dword([7; 4]))?;
    options.set_router_address(Dword([7; 4]))?;
    options.set_server(Dword([7; 4]))?;
    options.set_scope_id(Dword([7; 4]))
}

impl OnClientDeleted for Changes {
    fn client_deleted(&self, event: &ClientDeleted<'_>) {
        assert_eq!(event.hardware_address(), CLIENT);
    }
}

/// A member in C: its context is the buffer that it puts in the packet's place, and frees at the end.
unsafe extern "system" fn member(_: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    unsafe extern "system" fn new_packet(
        packet: *mut *mut u8,
        size: *mut u32,
        _: u32,
        _: *mut c_void,
        context: *mut *mut c_void,
        process_it: *mut Bool,
    ) -> u32 {
        let buffer = Box::into_raw(Box::new([0_u8; 4096])).cast::<u8>();
        // SAFETY: variables of the server, and a packet of at most 4096 bytes.
        unsafe {
            buffer.copy_from(packet.read_unaligned(), size.read_unaligned() as usize);
            packet.write_unaligned(buffer);
            context.write_unaligned(buffer.cast());
            process_it.write_unaligned(Bool::TRUE);
        }
        ERROR_SUCCESS
    }

    unsafe extern "system" fn packet_dropped(
        _: *mut *mut u8,
        _: *mut u32,
        code: u32,
        _: u32,
        _: *mut c_void,
        context: *mut c_void,
    ) -> u32 {
        if Notice::from_code(code) == Notice::Processed && !context.is_null() {
            // SAFETY: made above, and a chain passes it at the end, once.
            drop(unsafe { Box::from_raw(context.cast::<[u8; 4096]>()) });
        }
        ERROR_SUCCESS
    }

    if version != CALLOUT_VERSION {
        return ERROR_NOT_SUPPORTED;
    }
    let filled = CalloutTable {
        dhcp_new_pkt_hook: Some(new_packet),
        dhcp_pkt_drop_hook: Some(packet_dropped),
        ..CalloutTable::EMPTY
    };
    // SAFETY: the caller's table can be written.
    unsafe { table.write_unaligned(filled) };
    ERROR_SUCCESS
}

fn find(_: DllPath<'_>) -> Option<LoadedDll> {
    // SAFETY: the member can be called as the SDK says.
    Some(unsafe { LoadedDll::new(member) })
}

const CLIENT: &[u8] = &[2, 0, 0, 0, 0, 1];
const ADDRESS: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 100);

/// Two packets, from their arrival to what a server may still report after their end.
fn serve(server: &Server) {
    let requests = [1, 2].map(|xid| {
        let mut request = PacketBuffer::request(MessageType::REQUEST, xid, CLIENT).unwrap();
        request
            .edit(|editor| _ = editor.set(option::HOST_NAME, "client"))
            .unwrap();
        request
    });
    let packets = requests
        .each_ref()
        .map(|request| server.receive(request.as_bytes()).unwrap());
    for (request, packet) in requests.iter().zip(&packets) {
        server.parse_options(packet);
        server.offer_address(packet, AddressGrant::NEW, ADDRESS, 60);
        let mut reply = request.clone();
        reply
            .edit(|editor| _ = editor.set(option::MESSAGE_TYPE, MessageType::ACK))
            .unwrap();
        let sent = server.send(packet, reply.as_bytes()).unwrap();
        assert_eq!(sent.bytes(), Ok(reply.as_bytes()));
        server.notify(packet, Notice::Dropped(DropReason::TIMEOUT));
    }
    for packet in &packets {
        server.notify(packet, Notice::Processed);
    }
    // Late: what was put in their places may be another's by now.
    let another = server.receive(requests[0].as_bytes()).unwrap();
    for packet in &packets {
        server.notify(packet, Notice::Dropped(DropReason::TIMEOUT));
        server.parse_options(packet);
    }
    server.notify(&another, Notice::Processed);
    server.delete_client(ADDRESS, CLIENT);
}

#[test]
fn of_a_callout() {
    static HOST: Host<Changes, 4, 3> = Host::new(Changes);
    entry_point!(fn entry = HOST);
    for swaps in [Swaps::Followed, Swaps::ReadAgain] {
        // SAFETY: the entry point is made by the macro, and packets stay with their server.
        let server = unsafe { Server::load(entry) }.unwrap();
        let server = server.conduct(Conduct::DEFAULT.swaps(swaps));
        server.control(ServiceControl::START);
        serve(&server);
        server.control(ServiceControl::STOP);
        assert_eq!(HOST.in_flight(), 0);
    }
}

#[test]
fn of_a_chain() {
    static HOST: Host<Changes, 4, 3> = Host::new(Changes);
    static CHAIN: Chain<4, 2> = Chain::new();
    entry_point!(fn entry = HOST, chain = CHAIN, find = find);
    for (swaps, contexts) in [(Swaps::Followed, Contexts::Null), (Swaps::ReadAgain, Contexts::Own)] {
        // SAFETY: as above, and the member can be called as the SDK says.
        let (server, refused) = unsafe { Server::load_first(&[("first", entry), ("second", member)]) };
        assert!(refused.is_empty());
        serve(&server.conduct(Conduct::DEFAULT.swaps(swaps).contexts(contexts)));
        assert_eq!(HOST.in_flight(), CHAIN.in_flight());
        HOST.drain();
        CHAIN.drain();
    }
}

/// Each field is changed, and all are changed back after a panic.
#[test]
fn of_parsed_options() {
    static HOST: Host<Changes, 4, 3> = Host::new(Changes);
    entry_point!(fn entry = HOST);
    // SAFETY: as above.
    let server = unsafe { Server::load(entry) }.unwrap();
    let packet = PacketBuffer::request(MessageType::REQUEST, 1, CLIENT).unwrap();
    let mut fields = ServerFields {
        bytes: [Some(0); 2],
        dwords: [Some(Dword([0; 4])); 6],
        // Not aligned.
        offset: 1,
        ..ServerFields::default()
    };
    fields.texts[1] = Some(b"client".to_vec());
    for panics in [false, true] {
        fields.dns_flags = panics.into();
        let observation = server.call(&HookCall::options_parsed(packet.as_bytes(), &fields));
        let mut expected = fields.clone();
        if !panics {
            (expected.bytes, expected.dwords) = ([Some(7); 2], [Some(Dword([7; 4])); 6]);
        }
        assert_eq!(observation.fields(), Some(&expected));
    }
}
