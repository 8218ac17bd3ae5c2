//! Proves that the arguments of the hooks are checked before anything is read: NULL, sizes, code families, alignment.
#![expect(unsafe_code, reason = "hooks are called with raw pointers")]

use core::ffi::c_void;
use core::net::Ipv4Addr;
use core::ptr::{null_mut, without_provenance_mut};

use dhcp_callout::control::{AddressGrant, AddressProblem, ClientType, SendCode};
use dhcp_callout::ffi::{
    Bool, DeleteClientArguments, DropSendArguments, GiveAddressArguments, NewPktArguments, ProbArguments,
};
use dhcp_callout::hook::{
    AddressDeleted, AddressOffered, ClientDeleted, Dword, HookError, NewPacket, PacketNotice, SendPacket,
};
use dhcp_callout::simulate::TestPacket;
use dhcp_callout::{DropReason, Notice, PACKET_CAPACITY, strategy};
use proptest::prelude::*;

/// What a server passes to a hook, with room at every place where a pointer may be replaced by NULL.
struct Server {
    buffer: Vec<u8>,
    packet: *mut u8,
    size: u32,
    context: *mut c_void,
    process_it: Bool,
}

impl Server {
    fn new() -> Self {
        let mut buffer = vec![7; PACKET_CAPACITY];
        let packet = buffer.as_mut_ptr();
        Self {
            buffer,
            packet,
            size: 300,
            context: null_mut(),
            process_it: Bool(77),
        }
    }

    fn new_pkt(&mut self) -> Result<NewPacket<'_>, HookError> {
        let Self {
            packet,
            size,
            context,
            process_it,
            ..
        } = self;
        // SAFETY: the pointers are to the server's own variables and buffer.
        unsafe {
            NewPacket::from_raw(NewPktArguments {
                packet,
                packet_size: size,
                ip_address: 0xC000_0201,
                reserved: null_mut(),
                pkt_context: context,
                process_it,
            })
        }
    }

    fn drop_send(&mut self, control_code: u32) -> DropSendArguments {
        drop_send(&raw mut self.packet, &raw mut self.size, control_code, self.context)
    }

    fn pkt_drop(&mut self, code: u32) -> PacketNotice<'_> {
        // SAFETY: as above.
        unsafe { PacketNotice::from_raw(self.drop_send(code)) }
    }

    fn pkt_send(&mut self, code: u32) -> Result<SendPacket<'_>, HookError> {
        // SAFETY: as above.
        unsafe { SendPacket::from_raw(self.drop_send(code)) }
    }
}

fn drop_send(
    packet: *mut *mut u8,
    packet_size: *mut u32,
    control_code: u32,
    pkt_context: *mut c_void,
) -> DropSendArguments {
    DropSendArguments {
        packet,
        packet_size,
        control_code,
        ip_address: 0xC000_0201,
        reserved: null_mut(),
        pkt_context,
    }
}

const SEND: u32 = 0x1000_0000;

#[test]
fn every_size_is_checked_against_the_buffer() {
    for (size, expected) in [
        (0, Ok(0)),
        (1, Ok(1)),
        (4096, Ok(4096)),
        (
            4097,
            Err(HookError::TooLong {
                parameter: "PacketSize",
                size: 4097,
            }),
        ),
        (
            u32::MAX,
            Err(HookError::TooLong {
                parameter: "PacketSize",
                size: u32::MAX,
            }),
        ),
    ] {
        let mut server = Server::new();
        server.size = size;
        assert_eq!(server.new_pkt().map(|packet| packet.bytes().len()), expected);
        assert_eq!(server.pkt_drop(1).bytes().map(<[u8]>::len), expected);
        assert_eq!(server.pkt_send(SEND).map(|packet| packet.bytes().len()), expected);
    }
}

#[test]
fn a_packet_that_is_null_is_named() {
    let mut server = Server::new();
    server.packet = null_mut();
    for size in [0, 300, u32::MAX] {
        server.size = size;
        let error = HookError::Null { parameter: "*Packet" };
        assert_eq!(server.new_pkt().map(drop), Err(error));
        assert_eq!(server.pkt_drop(1).bytes(), Err(error));
        assert!(server.pkt_drop(1).message().is_err());
        assert_eq!(server.pkt_send(SEND).map(drop), Err(error));
    }
    assert_eq!(HookError::Null { parameter: "*Packet" }.to_string(), "*Packet is NULL");
}

#[test]
fn a_notice_prints_no_address() {
    let mut server = Server::new();
    let printed = format!("{:?}", server.pkt_drop(0xB));
    let expected = "PacketNotice { packet: Ok(300 bytes), pair: Some(PacketPair { .. }), ip_address: 192.0.2.1, \
                    notice: Processed, pkt_context: 0x0 }";
    assert_eq!(printed, expected);
}

fn unless<T>(null: bool, pointer: &mut T) -> *mut T {
    if null { null_mut() } else { pointer }
}

#[test]
fn every_null_pointer_is_named_and_leaves_the_packet_to_the_server() {
    for parameter in ["Packet", "PacketSize", "PktContext", "ProcessIt"] {
        let Server {
            buffer: _buffer,
            mut packet,
            mut size,
            mut process_it,
            ..
        } = Server::new();
        let mut context = without_provenance_mut(0x1234);
        let packet_pointer = unless(parameter == "Packet", &mut packet);
        let size_pointer = unless(parameter == "PacketSize", &mut size);
        let context_pointer = unless(parameter == "PktContext", &mut context);
        let process_pointer = unless(parameter == "ProcessIt", &mut process_it);
        // SAFETY: the pointers are NULL or to variables of this function.
        let new = unsafe {
            NewPacket::from_raw(NewPktArguments {
                packet: packet_pointer,
                packet_size: size_pointer,
                ip_address: 0,
                reserved: null_mut(),
                pkt_context: context_pointer,
                process_it: process_pointer,
            })
        };
        assert_eq!(new.map(drop), Err(HookError::Null { parameter }));
        let expected = if parameter == "ProcessIt" { Bool(77) } else { Bool::TRUE };
        assert_eq!(process_it, expected);
        let expected = if parameter == "PktContext" { 0x1234 } else { 0 };
        assert_eq!(context.addr(), expected, "the context of an earlier packet is no one's");
        if matches!(parameter, "Packet" | "PacketSize") {
            // SAFETY: as above.
            let dropped = unsafe { PacketNotice::from_raw(drop_send(packet_pointer, size_pointer, 1, null_mut())) };
            assert_eq!(dropped.bytes(), Err(HookError::Null { parameter }));
            assert_eq!(dropped.notice(), Notice::from_code(1), "the notice counts");
            // SAFETY: as above.
            let sent = unsafe { SendPacket::from_raw(drop_send(packet_pointer, size_pointer, SEND, null_mut())) };
            assert_eq!(sent.map(drop), Err(HookError::Null { parameter }));
        }
    }
}

#[test]
fn process_it_is_true_unless_the_packet_is_refused() {
    let mut server = Server::new();
    server.new_pkt().unwrap();
    assert_eq!(server.process_it, Bool::TRUE);
    server.new_pkt().unwrap().set_process_it(false);
    assert_eq!(server.process_it, Bool::FALSE);
    server.size = 5000;
    server.new_pkt().unwrap_err();
    assert_eq!(server.process_it, Bool::TRUE);
}

#[test]
fn the_arguments_arrive() {
    let mut server = Server::new();
    let mut new = server.new_pkt().unwrap();
    assert_eq!(new.received_on(), Ipv4Addr::new(192, 0, 2, 1));
    assert_eq!(new.bytes(), [7; 300]);
    new.set_raw_context(without_provenance_mut(0x1234));
    drop(new);
    assert_eq!(server.context.addr(), 0x1234);
    assert_eq!(server.pkt_drop(0xA).notice(), Notice::Dropped(DropReason::NOADDRESS));
    assert_eq!(server.pkt_drop(0xB).notice(), Notice::Processed);
    let sent = server.pkt_send(SEND).unwrap();
    assert_eq!(sent.raw_context().addr(), 0x1234);
    assert_eq!(sent.received_on(), Ipv4Addr::new(192, 0, 2, 1));
}

#[test]
fn an_offer_says_what_is_given_to_whom_and_for_how_long() {
    let mut packet = [7; 300];
    // SAFETY: the packet can be read.
    let offered = unsafe {
        AddressOffered::from_raw(GiveAddressArguments {
            packet: packet.as_mut_ptr(),
            packet_size: 300,
            control_code: AddressGrant::NEW.code(),
            ip_address: 0xC000_0201,
            alt_address: 0xC000_0263,
            addr_type: ClientType::BOOTP.code(),
            lease_time: 86_400,
            reserved: null_mut(),
            pkt_context: null_mut(),
        })
    };
    let offered = offered.unwrap();
    assert_eq!(offered.grant(), AddressGrant::NEW);
    assert_eq!(offered.received_on(), Ipv4Addr::new(192, 0, 2, 1));
    assert_eq!(offered.address(), Ipv4Addr::new(192, 0, 2, 99));
    assert_eq!(offered.client_type(), ClientType::BOOTP);
    assert_eq!(offered.lease_time(), 86_400);
}

#[test]
fn a_dword_reads_in_either_byte_order() {
    let dword = Dword([0, 1, 0x51, 0x80]);
    assert_eq!(dword.from_network_order(), 86_400);
    assert_eq!(Dword(86_400_u32.to_ne_bytes()).from_host_order(), 86_400);
}

#[test]
fn a_packet_for_a_test_fits_the_servers_buffer_or_is_refused() {
    assert_eq!(
        TestPacket::new(&[7; PACKET_CAPACITY]).unwrap().bytes(),
        [7; PACKET_CAPACITY]
    );
    let error = TestPacket::new(&[7; PACKET_CAPACITY + 1]).unwrap_err();
    assert_eq!((error.size, error.capacity), (PACKET_CAPACITY + 1, PACKET_CAPACITY));
}

#[test]
fn an_argument_prints_its_size_and_what_became_of_it() {
    let mut server = Server::new();
    let printed = format!("{:?}", server.new_pkt().unwrap());
    assert!(
        printed.contains("size: 300") && printed.contains("changed: Nothing"),
        "{printed}"
    );
    let printed = format!("{:?}", TestPacket::new(&[7; 300]).unwrap());
    assert!(
        printed.contains("packet_size: 300") && printed.contains("is_tracked: true"),
        "{printed}"
    );
}

#[test]
fn an_argument_says_what_the_server_said() {
    let mut server = Server::new();
    let (code, address) = (0x2000_0002, 0xC000_0207);
    // SAFETY: the pointer is to the server's own buffer.
    let deleted = unsafe {
        AddressDeleted::from_raw(ProbArguments {
            packet: server.packet,
            packet_size: 300,
            control_code: code,
            ip_address: 0xC000_0201,
            alt_address: address,
            reserved: null_mut(),
            pkt_context: null_mut(),
        })
    };
    let deleted = deleted.unwrap();
    assert_eq!(deleted.problem(), AddressProblem::DECLINE);
    assert_eq!(deleted.address(), Ipv4Addr::from_bits(address));
    assert_eq!(server.pkt_send(SEND).unwrap().code(), SendCode::SEND_PACKET);
    // SAFETY: as above.
    let client = unsafe {
        ClientDeleted::from_raw(DeleteClientArguments {
            ip_address: address,
            hw_address: server.packet,
            hw_address_length: 6,
            reserved: 0,
            client_type: 0,
        })
    };
    let client = client.unwrap();
    assert_eq!(
        (client.address(), client.hardware_address()),
        (Ipv4Addr::from_bits(address), &[7; 6][..])
    );
}

#[test]
fn pointers_need_not_be_aligned() {
    #[repr(C, packed)]
    struct Unaligned {
        _shift: u8,
        packet: *mut u8,
        size: u32,
        context: *mut c_void,
        process_it: Bool,
    }
    let mut bytes = [7; 40];
    let mut server = Unaligned {
        _shift: 0,
        packet: bytes.as_mut_ptr(),
        size: 40,
        context: null_mut(),
        process_it: Bool::FALSE,
    };
    // SAFETY: the pointers are to fields of `server`.
    let packet = unsafe {
        NewPacket::from_raw(NewPktArguments {
            packet: &raw mut server.packet,
            packet_size: &raw mut server.size,
            ip_address: 0,
            reserved: null_mut(),
            pkt_context: &raw mut server.context,
            process_it: &raw mut server.process_it,
        })
    };
    packet.unwrap().set_raw_context(without_provenance_mut(8));
    let Unaligned {
        context, process_it, ..
    } = server;
    assert_eq!((context.addr(), process_it), (8, Bool::TRUE));
}

proptest! {
    #[test]
    fn every_code_is_a_notice_and_other_hooks_take_those_of_their_family_only(code in strategy::control_code()) {
        let mut server = Server::new();
        let foreign = |family| HookError::ForeignCode { code, family };
        prop_assert_eq!(server.pkt_drop(code).notice(), Notice::from_code(code));
        let sent = server.pkt_send(code).map(|packet| packet.code().code());
        prop_assert_eq!(sent, if code >> 28 == 1 { Ok(code) } else { Err(foreign(1)) });
    }
}
