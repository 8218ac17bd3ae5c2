//! Any arguments that a server can give to the hooks: NULL, any size, any code, pointers at odd addresses.
//!
//! A packet's buffer has exactly the bytes that may be read, so that the address sanitizer sees one byte too many.
#![no_main]

use core::ffi::c_void;
use core::mem::{MaybeUninit, offset_of};
use core::net::Ipv4Addr;
use core::ptr::null_mut;

use arbitrary::Arbitrary;
use dhcp_callout::ffi::{Bool, DropSendArguments, NewPktArguments};
use dhcp_callout::hook::{HookError, NewPacket, PacketNotice, SendPacket};
use dhcp_callout::{Message, Notice, PACKET_CAPACITY};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    hook: Hook,
    /// `None` for a NULL in the place of `*Packet`.
    packet: Option<&'a [u8]>,
    /// `None` for the size that `packet` has.
    size: Option<u32>,
    nulls: Nulls,
    odd: bool,
    code: u32,
    ip_address: u32,
    context: usize,
}

#[derive(Arbitrary, Clone, Copy, Debug)]
enum Hook {
    New,
    Drop,
    Send,
}

/// Which parameters are NULL.
#[derive(Arbitrary, Debug)]
struct Nulls {
    packet: bool,
    packet_size: bool,
    context: bool,
    process_it: bool,
}

/// The variables that the server's pointers are to.
#[derive(Clone, Copy)]
#[repr(C)]
struct Variables {
    start: *mut u8,
    context: *mut c_void,
    size: u32,
    process_it: Bool,
}

fuzz_target!(|input: Input<'_>| {
    let given = input.packet.unwrap_or_default();
    let size = input.size.unwrap_or(u32::try_from(given.len()).expect("a short input"));
    // A size that is not too long must be that of the buffer.
    let readable = usize::try_from(size).ok().filter(|size| *size <= PACKET_CAPACITY);
    let mut buffer = given.to_vec();
    buffer.resize(readable.unwrap_or(given.len()), 0xA5);
    let mut buffer = buffer.into_boxed_slice();
    let context = core::ptr::without_provenance_mut::<c_void>(input.context);
    let mut room = [MaybeUninit::<Variables>::uninit(); 2];
    // SAFETY: one byte further there is still room for the variables.
    let variables = unsafe { room.as_mut_ptr().byte_add(usize::from(input.odd)) }.cast::<Variables>();
    // SAFETY: it can be written, though perhaps not aligned.
    unsafe {
        variables.write_unaligned(Variables {
            start: input.packet.map_or(null_mut(), |_| buffer.as_mut_ptr()),
            context,
            size,
            process_it: Bool::FALSE,
        });
    }
    let nulls = &input.nulls;
    let start = field(nulls.packet, variables, offset_of!(Variables, start)).cast();
    let length = field(nulls.packet_size, variables, offset_of!(Variables, size)).cast();
    let out_context = field(nulls.context, variables, offset_of!(Variables, context)).cast::<*mut c_void>();
    let process_it = field(nulls.process_it, variables, offset_of!(Variables, process_it)).cast::<Bool>();

    let expected = expected(&input, size);
    let packet_bytes = buffer.clone();
    let received_on = Ipv4Addr::from(input.ip_address);
    // What both that can be refused say of the packet.
    macro_rules! check {
        ($packet:expr) => {
            match ($packet, expected) {
                (Ok(packet), None) => {
                    assert_eq!(*packet.bytes(), *packet_bytes);
                    assert_eq!(packet.received_on(), received_on);
                    assert_eq!(packet.message().is_ok(), Message::parse(&packet_bytes).is_ok());
                    Some(packet)
                }
                (Err(error), expected) => {
                    assert!(!error.to_string().is_empty());
                    assert_eq!(Some(error), expected);
                    None
                }
                (Ok(_), Some(error)) => panic!("accepted in spite of: {error}"),
            }
        };
    }
    let drop_send = DropSendArguments {
        packet: start,
        packet_size: length,
        control_code: input.code,
        ip_address: input.ip_address,
        reserved: null_mut(),
        pkt_context: context,
    };
    // SAFETY: each pointer is NULL or to a variable of this function, and `*packet` to `*packet_size` bytes.
    unsafe {
        match input.hook {
            Hook::New => {
                let packet = NewPacket::from_raw(NewPktArguments {
                    packet: start,
                    packet_size: length,
                    ip_address: input.ip_address,
                    reserved: null_mut(),
                    pkt_context: out_context,
                    process_it,
                });
                if !process_it.is_null() {
                    assert_eq!(process_it.read_unaligned(), Bool::TRUE, "fails open");
                }
                if let Some(mut packet) = check!(packet) {
                    assert_eq!(out_context.read_unaligned(), context);
                    packet.set_raw_context(null_mut());
                    assert!(out_context.read_unaligned().is_null());
                    packet.set_process_it(false);
                    assert_eq!(process_it.read_unaligned(), Bool::FALSE);
                }
            }
            Hook::Drop => {
                let packet = PacketNotice::from_raw(drop_send);
                assert_eq!(packet.notice(), Notice::from_code(input.code));
                assert_eq!(packet.raw_context(), context);
                assert_eq!(packet.received_on(), received_on);
                assert_eq!(packet.bytes(), expected.map_or(Ok(&*packet_bytes), Err));
                assert_eq!(
                    packet.message().is_ok(),
                    expected.is_none() && Message::parse(&packet_bytes).is_ok()
                );
            }
            Hook::Send => {
                if let Some(packet) = check!(SendPacket::from_raw(drop_send)) {
                    assert_eq!(packet.code().code(), input.code);
                    assert_eq!(packet.raw_context(), context);
                }
            }
        }
    }
});

/// The address of a variable, or NULL.
fn field(is_null: bool, variables: *mut Variables, offset: usize) -> *mut u8 {
    if is_null {
        null_mut()
    } else {
        variables.cast::<u8>().wrapping_add(offset)
    }
}

/// Returns the error that the documentation promises.
fn expected(input: &Input<'_>, size: u32) -> Option<HookError> {
    let null = |is_null: bool, parameter| is_null.then_some(HookError::Null { parameter });
    let foreign = |family| {
        (input.code >> 28 != family).then_some(HookError::ForeignCode {
            code: input.code,
            family,
        })
    };
    let too_long = usize::try_from(size)
        .is_ok_and(|size| size > PACKET_CAPACITY)
        .then_some(HookError::TooLong {
            parameter: "PacketSize",
            size,
        });
    let packet = null(input.nulls.packet, "Packet")
        .or(null(input.nulls.packet_size, "PacketSize"))
        .or(null(input.packet.is_none(), "*Packet"))
        .or(too_long);
    match input.hook {
        Hook::New => null(input.nulls.process_it, "ProcessIt")
            .or(packet)
            .or(null(input.nulls.context, "PktContext")),
        Hook::Drop => packet,
        Hook::Send => foreign(0x1).or(packet),
    }
}
