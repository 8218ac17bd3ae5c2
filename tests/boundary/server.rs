//! Proves that the simulated server sees what a DLL does to its memory: writes beside it, writes in it, pointers that
//! are kept, and that it calls all hooks with the arguments that it is asked for.
#![expect(unsafe_code, reason = "a DLL that misbehaves is written with raw pointers")]
#![expect(
    clippy::undocumented_unsafe_blocks,
    clippy::multiple_unsafe_ops_per_block,
    reason = "every block is of a DLL, which is called as the prototypes say, and writes where the server has guard zones"
)]

use core::cell::Cell;
use core::ffi::c_void;
use core::net::Ipv4Addr;
use core::ptr::{null_mut, without_provenance_mut};
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
use core::time::Duration;
use std::sync::{Arc, Barrier, Mutex, OnceLock};
use std::thread;

use dhcp_callout::control::{AddressGrant, AddressProblem, ClientType, ServiceControl};
use dhcp_callout::ffi::{Bool, CalloutTable, ServerOptions};
use dhcp_callout::hook::{Dword, HookError, ReplaceError};
use dhcp_callout::message::Flag;
use dhcp_callout::simulate::{
    Call, Conduct, Contexts, Datagram, EntryCall, HookCall, Observation, PacketInFlight, Parameter, Server,
    ServerFields, Swaps, TestPacket, Threads,
};
use dhcp_callout::{
    Callout, Decision, DropReason, Host, MessageType, NewPacket, Notice, OnSendPacket, Outcome, PACKET_CAPACITY,
    PacketBuffer, PacketNotice, SendPacket, Stage, entry_point, option,
};

/// What the DLL does with a packet.
type Act = unsafe fn(packet: *mut *mut u8, size: *mut u32, context: *mut *mut c_void);

thread_local! {
    static ACT: Cell<Act> = const { Cell::new(|_, _, _| ()) };
    /// What was kept of an earlier call.
    static KEPT: Cell<*mut u8> = const { Cell::new(null_mut()) };
    /// What hooks were called with.
    static HEARD: Cell<Vec<String>> = const { Cell::new(Vec::new()) };
}

fn hear(line: String) -> u32 {
    let mut heard = HEARD.take();
    heard.push(line);
    HEARD.set(heard);
    0
}

unsafe fn text(packet: *mut u8, size: u32) -> String {
    let bytes = unsafe { core::slice::from_raw_parts(packet, usize::try_from(size).unwrap()) };
    format!("{:?}", String::from_utf8_lossy(bytes))
}

unsafe extern "system" fn new_pkt(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: *mut c_void,
    context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    if !process_it.is_null() {
        unsafe { process_it.write_unaligned(Bool::TRUE) };
    }
    unsafe { (ACT.get())(packet, size, context) };
    0
}

unsafe extern "system" fn pkt_drop(
    packet: *mut *mut u8,
    size: *mut u32,
    code: u32,
    _: u32,
    _: *mut c_void,
    context: *mut c_void,
) -> u32 {
    let text = unsafe { text(packet.read(), size.read()) };
    hear(format!("drop {text} {code:#x} {}", context.addr()))
}

unsafe extern "system" fn pkt_send(
    packet: *mut *mut u8,
    size: *mut u32,
    code: u32,
    _: u32,
    _: *mut c_void,
    context: *mut c_void,
) -> u32 {
    let text = unsafe { text(packet.read(), size.read()) };
    hear(format!("send {text} {code:#x} {}", context.addr()))
}

unsafe extern "system" fn control(code: u32, _: *mut c_void) -> u32 {
    hear(format!("control {code}"))
}

unsafe extern "system" fn address_del(
    packet: *mut u8,
    size: u32,
    code: u32,
    on: u32,
    address: u32,
    _: *mut c_void,
    context: *mut c_void,
) -> u32 {
    let text = unsafe { text(packet, size) };
    hear(format!("del {text} {code:#x} {on:#x} {address:#x} {}", context.addr()))
}

unsafe extern "system" fn address_offer(
    packet: *mut u8,
    size: u32,
    code: u32,
    on: u32,
    address: u32,
    client_type: u32,
    lease: u32,
    _: *mut c_void,
    context: *mut c_void,
) -> u32 {
    let text = unsafe { text(packet, size.min(8)) };
    hear(format!(
        "offer {text} {code:#x} {on:#x} {address:#x} {client_type:#x} {lease} {}",
        context.addr()
    ))
}

unsafe extern "system" fn handle_options(
    _: *mut u8,
    size: u32,
    _: *mut c_void,
    context: *mut c_void,
    options: *mut ServerOptions,
) -> u32 {
    let options = unsafe { options.read_unaligned() };
    let machine = unsafe { text(options.machine_name, options.machine_name_length) };
    let address = unsafe { options.requested_address.read_unaligned() };
    unsafe { options.requested_address.write_unaligned(!address) };
    hear(format!(
        "options {size} {machine} {:?} {}",
        address.to_ne_bytes(),
        context.addr()
    ))
}

unsafe extern "system" fn delete_client(address: u32, hardware: *mut u8, length: u32, _: u32, _: u32) -> u32 {
    let bytes = unsafe { core::slice::from_raw_parts(hardware, usize::try_from(length).unwrap()) };
    hear(format!("client {address:#x} {bytes:?}"))
}

fn server() -> Server {
    let table = CalloutTable {
        dhcp_control_hook: Some(control),
        dhcp_new_pkt_hook: Some(new_pkt),
        dhcp_pkt_drop_hook: Some(pkt_drop),
        dhcp_pkt_send_hook: Some(pkt_send),
        dhcp_address_del_hook: Some(address_del),
        dhcp_address_offer_hook: Some(address_offer),
        dhcp_handle_options_hook: Some(handle_options),
        dhcp_delete_client_hook: Some(delete_client),
        ..CalloutTable::EMPTY
    };
    unsafe { Server::new(table) }
}

/// Receives a packet of 8 bytes, with which the DLL does this.
fn receive(server: &Server, act: Act) -> PacketInFlight {
    ACT.set(act);
    server.receive(b"a packet").unwrap()
}

fn receive_bytes(server: &Server, packet: &[u8]) -> PacketInFlight {
    ACT.set(|_, _, _| ());
    server.receive(packet).unwrap()
}

fn seen(act: Act) -> Observation {
    receive(&server(), act).seen().clone()
}

#[test]
fn a_write_is_seen_wherever_it_is() {
    let untouched = seen(|_, _, _| ());
    assert_eq!((untouched.is_damaged(), untouched.written()), (false, None));
    let inside = seen(|packet, size, _| unsafe {
        packet.read().add(2).write(b'P');
        packet.read().add(PACKET_CAPACITY - 1).write(0);
        size.write(7);
    });
    assert_eq!(
        (inside.is_damaged(), inside.written()),
        (false, Some(2..PACKET_CAPACITY))
    );
    assert_eq!((inside.given(), inside.left()), (&b"a packet"[..], Ok(&b"a Packe"[..])));
    let outside: [Act; 7] = [
        |packet, _, _| unsafe { packet.read().sub(1).write(0) },
        |packet, _, _| unsafe { packet.read().sub(60).write(0) },
        |packet, _, _| unsafe { packet.read().add(PACKET_CAPACITY).write(0) },
        |packet, _, _| unsafe { packet.read().add(PACKET_CAPACITY + 60).write(0) },
        |packet, _, _| unsafe { packet.read().add(5000).write(0) },
        |_, size, _| unsafe { size.cast::<u64>().write_unaligned(8) },
        |_, _, context| unsafe { context.add(1).write_unaligned(null_mut()) },
    ];
    for (number, act) in outside.into_iter().enumerate() {
        assert!(seen(act).is_damaged(), "write {number}");
    }
}

#[test]
fn what_a_dll_keeps_is_poison_when_the_call_has_ended() {
    let server = server();
    receive(&server, |packet, _, _| KEPT.set(unsafe { packet.read() }));
    // For as long as the server has other memory to give.
    for _ in 0..14 {
        let packet = receive(&server, |packet, _, _| unsafe {
            assert_ne!(KEPT.get(), packet.read());
            packet.read().write(KEPT.get().read());
        });
        assert_eq!(packet.bytes(), Ok(&b"\xDD packet"[..]));
    }
    let late = receive(&server, |_, _, _| unsafe { KEPT.get().write(0) });
    assert!(late.seen().is_damaged(), "it is seen at once");
    let seen = [(); 16].map(|()| receive(&server, |_, _, _| ()).seen().is_damaged());
    assert_eq!(seen, [false; 16]);
}

#[test]
fn pointers_that_lead_nowhere_are_told_and_passed_on() {
    let null = receive(&server(), |packet, _, _| unsafe { packet.write(null_mut()) });
    assert_eq!(null.bytes(), Err(HookError::Null { parameter: "Packet" }));
    let (parameter, size) = ("PacketSize", 4097);
    let long = seen(|_, size, _| unsafe { size.write(4097) });
    assert_eq!(long.bytes(), Err(HookError::TooLong { parameter, size }));
    let server = unsafe { Server::new(CalloutTable::EMPTY) };
    let left = server.delete_address(&null, AddressProblem::RELEASE, [192, 0, 2, 9].into());
    assert_eq!((left.status(), left.given_at()), (None, (null_mut(), 8)));
}

#[test]
fn every_hook_is_called_with_what_was_asked_for() {
    let server = server().at([192, 0, 2, 7].into());
    let mut request = PacketBuffer::request(MessageType::REQUEST, 7, &[2, 0, 0, 0, 0, 1]).unwrap();
    let set = request.edit(|editor| {
        editor.set(option::REQUESTED_ADDRESS, Ipv4Addr::new(192, 0, 2, 9));
        editor.set_raw(option::HOST_NAME.code(), b"host");
    });
    ACT.set(|_, _, context| unsafe { context.write_unaligned(without_provenance_mut(5)) });
    let dhcp = server.receive(request.as_bytes()).unwrap();
    let short = server.receive(b"short").unwrap();
    // A message of BOOTP, without a cookie; its first byte is a letter, for the log.
    let mut bootp = [0; 300];
    bootp[0] = b'b';
    let bootp = server.receive(&bootp).unwrap();
    server.control(ServiceControl::PAUSE);
    server.delete_address(&short, AddressProblem::DECLINE, [192, 0, 2, 8].into());
    server.send(&short, b"reply").unwrap();
    server.notify(&short, Notice::from_code(0x77));
    server.offer_address(&bootp, AddressGrant::OLD, [192, 0, 2, 8].into(), 60);
    server.delete_client([192, 0, 2, 9].into(), &[1, 2, 3]);
    let parsed = server.parse_options(&dhcp);
    assert_eq!(parsed.fields().unwrap().dwords[1], Some(Dword([!192, !0, !2, !9])));
    server.offer_address(&dhcp, AddressGrant::NEW, [192, 0, 2, 8].into(), 60);
    let call = HookCall::address_offered(b"any", 9).lease([192, 0, 2, 1].into(), 1, ClientType::from_code(7));
    server.call(&call.size(2));
    let expected = [
        r"control 3",
        r#"del "short" 0x20000002 0xc0000207 0xc0000208 5"#,
        r#"send "reply" 0x10000000 5"#,
        r#"drop "short" 0x77 5"#,
        r#"offer "b\0\0\0\0\0\0\0" 0x30000002 0xc0000207 0xc0000208 0x30000003 60 5"#,
        r"client 0xc0000209 [1, 2, 3]",
        &format!(r#"options {} "host" [192, 0, 2, 9] 5"#, set.unwrap()),
    ];
    let heard = HEARD.take();
    assert_eq!(heard[..7], expected);
    assert!(
        heard[7].contains("0x30000001 0xc0000207 0xc0000208 0x30000004 60 5"),
        "{}",
        heard[7]
    );
    assert_eq!(heard[8..], [r#"offer "an" 0x9 0xc0000207 0xc0000201 0x7 1 0"#]);
}

#[test]
fn contexts_are_those_that_the_conduct_says() {
    let expected = [
        (Contexts::Own, "3"),
        (Contexts::Null, "0"),
        (Contexts::Stale, "1"),
        (Contexts::Repeated, "2"),
    ];
    for (contexts, last) in expected {
        let server = server().conduct(Conduct::DEFAULT.contexts(contexts));
        let acts: [Act; 3] = [
            |_, _, context| unsafe { context.write(without_provenance_mut(1)) },
            |_, _, context| unsafe { context.write(without_provenance_mut(2)) },
            |_, _, context| unsafe { context.write(without_provenance_mut(3)) },
        ];
        let [first, second, third] = acts.map(|act| receive(&server, act));
        server.notify(&first, Notice::Processed);
        // Of a stale context the callout has heard that it ended: that of the second packet is none.
        server.notify(&second, Notice::Processed);
        HEARD.take();
        server.send(&third, b"reply").unwrap();
        server.delete_address(&third, AddressProblem::RELEASE, [192, 0, 2, 9].into());
        let heard = HEARD.take();
        assert!(
            heard.len() == 2 && heard.iter().all(|line| line.ends_with(&format!(" {last}"))),
            "{heard:?}"
        );
    }
}

/// A server and its packet, for a hook that reports the end of the packet once more.
static ENDED_TWICE: OnceLock<(Server, PacketInFlight)> = OnceLock::new();
/// A buffer of a DLL that takes it back when it hears of an end.
static TAKEN_BACK: Mutex<[u8; 8]> = Mutex::new([0; 8]);
static IS_OVER: AtomicBool = AtomicBool::new(false);

unsafe extern "system" fn take_back(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    hear(format!("end {}", unsafe { text(packet.read(), size.read()) }));
    *TAKEN_BACK.lock().unwrap() = *b"anything";
    if !IS_OVER.swap(true, Relaxed) {
        let (server, packet) = ENDED_TWICE.get().unwrap();
        let seen = server.notify(packet, Notice::Processed);
        hear(format!("{:?}", seen.reply()));
    }
    0
}

unsafe extern "system" fn swap_the_packet(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    let mut buffer = TAKEN_BACK.lock().unwrap();
    *buffer = *b"replaced";
    unsafe {
        packet.write(buffer.as_mut_ptr());
        size.write(8);
    }
    0
}

/// Two ends of one packet at once: the second comes before the first has returned.
#[test]
fn what_a_dll_takes_back_at_an_end_is_not_read_at_another() {
    let table = CalloutTable {
        dhcp_new_pkt_hook: Some(new_pkt),
        dhcp_pkt_send_hook: Some(swap_the_packet),
        dhcp_pkt_drop_hook: Some(take_back),
        ..CalloutTable::EMPTY
    };
    let server = unsafe { Server::new(table) }.conduct(Conduct::DEFAULT.swaps(Swaps::ReadAgain));
    let packet = receive(&server, |packet, size, _| unsafe {
        swap_the_packet(packet, size, 0, 0, null_mut(), null_mut());
    });
    server.send(&packet, b"reply").unwrap();
    let (server, packet) = ENDED_TWICE.get_or_init(|| (server, packet));
    let seen = server.notify(packet, Notice::Processed);
    assert_eq!(seen.reply(), Some(Ok(&b"replaced"[..])));
    let end = r#"end "replaced""#;
    assert_eq!(HEARD.take(), [end, end, "None"], "the buffer is the DLL's again");
}

/// A reply that is sent by the context of another packet is the DLL's again when that has ended.
#[test]
fn a_reply_by_the_context_of_another_is_not_read_again() {
    let table = CalloutTable {
        dhcp_new_pkt_hook: Some(new_pkt),
        dhcp_pkt_send_hook: Some(replace_the_reply),
        dhcp_pkt_drop_hook: Some(pkt_drop),
        ..CalloutTable::EMPTY
    };
    let server = unsafe { Server::new(table) }.conduct(Conduct::DEFAULT.swaps(Swaps::ReadAgain));
    let first = receive(&server, |_, _, context| unsafe {
        context.write_unaligned(without_provenance_mut(1));
    });
    let mut second = receive(&server, |_, _, context| unsafe {
        context.write_unaligned(without_provenance_mut(2));
    });
    second.set_context(first.context());
    server.send(&second, b"reply").unwrap();
    server.notify(&first, Notice::Processed);
    assert_eq!(server.notify(&second, Notice::Processed).reply(), None);
}

static ANSWERED_MEANWHILE: OnceLock<(Server, PacketInFlight)> = OnceLock::new();

unsafe extern "system" fn answer_meanwhile(
    _: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    let (server, packet) = ANSWERED_MEANWHILE.get().unwrap();
    let seen = server.send(packet, b"reply").unwrap();
    hear(String::from_utf8_lossy(seen.bytes().unwrap()).into_owned())
}

unsafe extern "system" fn replace_the_reply(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    static INSTEAD: [u8; 8] = *b"replaced";
    unsafe {
        packet.write(INSTEAD.as_ptr().cast_mut());
        size.write(8);
    }
    0
}

/// The hook that reports an end by a context takes back whatever was put somewhere before it returns.
#[test]
fn what_is_replaced_during_the_end_of_another_is_not_read() {
    let table = CalloutTable {
        dhcp_new_pkt_hook: Some(new_pkt),
        dhcp_pkt_send_hook: Some(replace_the_reply),
        dhcp_pkt_drop_hook: Some(answer_meanwhile),
        ..CalloutTable::EMPTY
    };
    let server = unsafe { Server::new(table) };
    let packet = receive(&server, |_, _, context| unsafe {
        context.write_unaligned(without_provenance_mut(1));
    });
    let (server, packet) = ANSWERED_MEANWHILE.get_or_init(|| (server, packet));
    server.call(&HookCall::notice(b"", 0xB).context(without_provenance_mut(1)));
    assert_eq!(HEARD.take(), ["reply"]);
    assert_eq!(server.send(packet, b"reply").unwrap().bytes(), Ok(&b"replaced"[..]));
}

/// A callout that replaces what comes, and of a packet that is dropped reports the end at once, while the server is not
/// yet back; then another packet gets the buffer.
mod ended_meanwhile {
    use super::*;

    static HOST: Host<Replaces, 16, 1> = Host::new(Replaces);
    static SERVER: OnceLock<Server> = OnceLock::new();
    static DROPPED: Mutex<Option<Arc<PacketInFlight>>> = Mutex::new(None);
    entry_point!(fn entry = HOST);

    pub(super) struct Replaces;

    impl Callout for Replaces {
        type State = ();

        fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
            let bytes = packet.bytes().to_vec();
            let _ = packet.replace_with(&bytes);
            Decision::Track(())
        }

        fn packet_dropped(&self, _: &PacketNotice<'_>, _: Option<&()>) {
            let dropped = DROPPED.lock().unwrap().take();
            if let Some(packet) = dropped {
                SERVER.get().unwrap().notify(&packet, Notice::Processed);
            }
        }

        fn packet_done(&self, outcome: Outcome, (): ()) {
            if outcome != Outcome::Processed {
                SERVER.get().unwrap().receive(b"another!").unwrap();
            }
        }
    }

    impl OnSendPacket for Replaces {
        fn send_packet(&self, packet: &mut SendPacket<'_>, _: Option<&()>) {
            let bytes = packet.bytes().to_vec();
            let _ = packet.replace_with(&bytes);
        }
    }

    #[test]
    fn a_packet_is_not_read_where_another_may_be() {
        let conduct = Conduct::DEFAULT.swaps(Swaps::ReadAgain);
        let server = SERVER.get_or_init(|| unsafe { Server::load(entry) }.unwrap().conduct(conduct));
        let packet = Arc::new(server.receive(b"a packet").unwrap());
        *DROPPED.lock().unwrap() = Some(Arc::clone(&packet));
        let seen = server.notify(&packet, Notice::Dropped(DropReason::TIMEOUT));
        assert_eq!((seen.given(), seen.left()), (&b"a packet"[..], Ok(&b"a packet"[..])));
    }
}

/// The end of a packet and the other calls about it at once, while other packets want its buffers.
#[test]
fn an_end_and_other_calls_at_once_read_no_other_packet() {
    static HOST: Host<ended_meanwhile::Replaces, 16, 4> = Host::new(ended_meanwhile::Replaces);
    entry_point!(fn entry = HOST);

    let server = &unsafe { Server::load(entry) }.unwrap();
    let conduct = Conduct::DEFAULT.swaps(Swaps::ReadAgain);
    let again = &unsafe { Server::load(entry) }.unwrap().conduct(conduct);
    for _ in 0..100 {
        let packet = &server.receive(b"a packet").unwrap();
        thread::scope(|scope| {
            scope.spawn(|| {
                for _ in 0..4 {
                    let seen = again.parse_options(packet);
                    assert!(matches!(seen.given(), b"a packet" | b""), "{seen:?}");
                    assert_eq!(server.send(packet, b"a reply").unwrap().bytes(), Ok(&b"a reply"[..]));
                }
            });
            scope.spawn(|| again.notify(packet, Notice::Processed));
            scope.spawn(|| {
                for _ in 0..4 {
                    let other = server.receive(b"another!").unwrap();
                    server.send(&other, b"another").unwrap();
                    server.notify(&other, Notice::Processed);
                }
            });
        });
    }
}

#[test]
fn a_swapped_buffer_is_followed_as_the_conduct_says() {
    static BUFFER: Mutex<[u8; 8]> = Mutex::new([0; 8]);
    let swap: Act = |packet, size, _| unsafe {
        let mut buffer = BUFFER.lock().unwrap();
        *buffer = *b"replaced";
        packet.read().write(b'A');
        packet.write(buffer.as_mut_ptr());
        size.write(8);
    };
    let expected = [
        (Swaps::Followed, true, "replaced", "replaced"),
        (Swaps::Followed, false, "replaced", "replaced"),
        (Swaps::Ignored, true, "A packet", "A packet"),
        (Swaps::Ignored, false, "a packet", "a packet"),
        (Swaps::ReadAgain, true, "replaced", "Replaced"),
        (Swaps::ReadAgain, false, "replaced", "Replaced"),
    ];
    for (swaps, in_place, taken, told) in expected {
        let server = server().conduct(Conduct::DEFAULT.swaps(swaps).edits_in_place(in_place));
        let packet = receive(&server, swap);
        assert_eq!(packet.bytes(), Ok(taken.as_bytes()));
        assert!(packet.seen().is_swapped() && packet.seen().left() == Ok(b"replaced"));
        BUFFER.lock().unwrap()[0] = b'R';
        HEARD.take();
        let end = server.notify(&packet, Notice::Processed);
        assert_eq!(end.given(), told.as_bytes());
        // The buffer is the DLL's again: what the server had read of it is told from now on.
        BUFFER.lock().unwrap()[0] = b'?';
        server.notify(&packet, Notice::Processed);
        assert_eq!(HEARD.take(), [told, taken].map(|text| format!("drop {text:?} 0xb 0")));
    }
}

/// A DLL can take back at once what it has put in the place of a packet that it refuses.
#[test]
fn what_takes_the_place_of_a_refused_packet_is_not_read() {
    unsafe extern "system" fn refuse(
        packet: *mut *mut u8,
        _: *mut u32,
        _: u32,
        _: *mut c_void,
        _: *mut *mut c_void,
        process_it: *mut Bool,
    ) -> u32 {
        unsafe {
            // Nothing that can be read.
            packet.write(without_provenance_mut(4096));
            process_it.write_unaligned(Bool::FALSE);
        }
        0
    }
    let table = CalloutTable {
        dhcp_new_pkt_hook: Some(refuse),
        ..CalloutTable::EMPTY
    };
    let packet = unsafe { Server::new(table) }.receive(b"a packet").unwrap();
    assert!(packet.is_refused() && packet.seen().is_swapped());
    assert_eq!(
        (packet.bytes(), packet.seen().left()),
        (Ok(&b"a packet"[..]), Ok(&b"a packet"[..]))
    );
}

/// The end of the second packet is that of the first, says its context: the buffer is the DLL's again.
#[test]
fn what_ended_by_the_context_of_another_is_not_read_again() {
    type MixUp = fn(&Server, &mut PacketInFlight);
    static BUFFER: Mutex<[u8; 8]> = Mutex::new(*b"replaced");
    let ends: [(Contexts, MixUp); 3] = [
        (Contexts::Repeated, |_, _| ()),
        (Contexts::Own, |_, second| second.set_context(without_provenance_mut(1))),
        (Contexts::Own, |server, _| {
            server.call(&HookCall::notice(b"", 0xB).context(without_provenance_mut(1)));
        }),
    ];
    for (contexts, mix_up) in ends {
        *BUFFER.lock().unwrap() = *b"replaced";
        let server = server().conduct(Conduct::DEFAULT.swaps(Swaps::ReadAgain).contexts(contexts));
        let first = receive(&server, |packet, size, context| unsafe {
            packet.write(BUFFER.lock().unwrap().as_mut_ptr());
            size.write(8);
            context.write_unaligned(without_provenance_mut(1));
        });
        let mut second = receive(&server, |_, _, context| unsafe {
            context.write_unaligned(without_provenance_mut(2));
        });
        mix_up(&server, &mut second);
        server.notify(&second, Notice::Processed);
        BUFFER.lock().unwrap()[0] = b'?';
        let seen = server.notify(&first, Notice::Dropped(DropReason::TIMEOUT));
        assert_eq!(seen.given(), b"replaced");
    }
}

/// The memory is the caller's, whatever ends meanwhile.
#[test]
fn a_packet_of_the_caller_is_read_during_an_end() {
    static SERVER: OnceLock<Server> = OnceLock::new();
    unsafe extern "system" fn call_meanwhile(
        _: *mut *mut u8,
        _: *mut u32,
        code: u32,
        _: u32,
        _: *mut c_void,
        context: *mut c_void,
    ) -> u32 {
        let is_end = code == 0xB;
        if is_end {
            let mut memory = [7; PACKET_CAPACITY];
            let call = unsafe { HookCall::notice(b"", 1).packet_at(memory.as_mut_ptr(), 300) };
            let seen = SERVER.get().unwrap().call(&call.context(context));
            assert_eq!(seen.given(), [7; 300]);
            assert_eq!(seen.left(), Ok(&[7; 300][..]));
        }
        u32::from(is_end)
    }
    let table = CalloutTable {
        dhcp_pkt_drop_hook: Some(call_meanwhile),
        ..CalloutTable::EMPTY
    };
    let server = SERVER.get_or_init(|| unsafe { Server::new(table) });
    for context in [0, 9] {
        let end = HookCall::notice(b"", 0xB).context(without_provenance_mut(context));
        assert_eq!(server.call(&end).status(), Some(1));
    }
}

#[test]
fn no_packet_is_told_from_an_empty_one() {
    let packet = |call: HookCall<'_>| server().call(&call).bytes().map(<[u8]>::to_vec);
    assert_eq!(packet(HookCall::new_packet(b"")), Ok(vec![]));
    let parameter = "Packet";
    assert_eq!(
        packet(HookCall::new_packet(b"abc").null_packet()),
        Err(HookError::Null { parameter })
    );
}

/// A reply that the DLL changes while its packet is in flight.
#[test]
fn a_swapped_reply_is_read_again_as_the_conduct_says() {
    static BUFFER: Mutex<[u8; 8]> = Mutex::new([0; 8]);
    unsafe extern "system" fn swap(
        packet: *mut *mut u8,
        size: *mut u32,
        _: u32,
        _: u32,
        _: *mut c_void,
        _: *mut c_void,
    ) -> u32 {
        let mut buffer = BUFFER.lock().unwrap();
        *buffer = *b"replaced";
        unsafe { packet.write(buffer.as_mut_ptr()) };
        unsafe { size.write(8) };
        0
    }
    let table = CalloutTable {
        dhcp_pkt_send_hook: Some(swap),
        ..CalloutTable::EMPTY
    };
    let expected = [
        (Swaps::Followed, None),
        (Swaps::Ignored, None),
        (Swaps::ReadAgain, Some(Ok(&b"Replaced"[..]))),
    ];
    for (swaps, reply) in expected {
        let server = unsafe { Server::new(table) }.conduct(Conduct::DEFAULT.swaps(swaps));
        let packet = server.receive(b"a packet").unwrap();
        assert!(!packet.is_refused(), "there is no hook to refuse it");
        server.send(&packet, b"a reply").unwrap();
        BUFFER.lock().unwrap()[0] = b'R';
        assert_eq!(
            server.notify(&packet, Notice::Dropped(DropReason::TIMEOUT)).reply(),
            None
        );
        assert_eq!(server.notify(&packet, Notice::Processed).reply(), reply);
        assert_eq!(
            server.notify(&packet, Notice::Processed).reply(),
            None,
            "it is the DLL's again"
        );
    }
}

#[test]
fn process_it_and_the_parsed_addresses_come_as_the_conduct_says() {
    unsafe extern "system" fn idle(
        _: *mut *mut u8,
        _: *mut u32,
        _: u32,
        _: *mut c_void,
        _: *mut *mut c_void,
        _: *mut Bool,
    ) -> u32 {
        0
    }
    let mut request = PacketBuffer::request(MessageType::REQUEST, 7, &[2, 0, 0, 0, 0, 1]).unwrap();
    let set = request.edit(|editor| {
        editor.set(option::REQUESTED_ADDRESS, Ipv4Addr::new(192, 0, 2, 9));
        editor.set_raw(option::HOST_NAME.code(), b"host");
    });
    set.unwrap();
    let table = CalloutTable {
        dhcp_new_pkt_hook: None,
        ..*server().table()
    };
    for (before, is_refused) in [(1, false), (0, true), (-2, false)] {
        let conduct = Conduct::DEFAULT.process_it_before(before);
        let without = unsafe { Server::new(table) }.conduct(conduct);
        assert!(!without.receive(b"a packet").unwrap().is_refused());
        let table = CalloutTable {
            dhcp_new_pkt_hook: Some(idle),
            ..table
        };
        let with = unsafe { Server::new(table) }.conduct(conduct);
        let packet = with.receive(b"a packet").unwrap();
        assert_eq!(
            (packet.seen().process_it(), packet.is_refused()),
            (Some(Bool(before)), is_refused)
        );
        assert_eq!(
            with.call(&HookCall::new_packet(b"a").process_it(9)).process_it(),
            Some(Bool(9))
        );
    }
    for (host_order, address) in [(false, [192, 0, 2, 9]), (true, 0xC000_0209_u32.to_ne_bytes())] {
        let server = server().conduct(Conduct::DEFAULT.host_order(host_order));
        let packet = receive_bytes(&server, request.as_bytes());
        HEARD.take();
        server.parse_options(&packet);
        let heard = HEARD.take();
        assert!(heard[0].contains(&format!("{address:?}")), "{heard:?}");
    }
}

#[test]
fn edits_in_place_are_honoured_as_the_conduct_says() {
    for (in_place, taken) in [(true, &b"A packe"[..]), (false, b"a packet")] {
        let server = server().conduct(Conduct::DEFAULT.edits_in_place(in_place));
        let packet = receive(&server, |packet, size, _| unsafe {
            packet.read().write(b'A');
            size.write(7);
        });
        assert_eq!((packet.bytes(), packet.seen().left()), (Ok(taken), Ok(&b"A packe"[..])));
    }
}

#[test]
fn an_entry_point_that_writes_beside_the_table_is_seen() {
    unsafe extern "system" fn beside(_: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
        match version {
            0 => unsafe { table.cast::<u8>().add(size_of::<CalloutTable>()).write(0) },
            1 => unsafe { table.cast::<u8>().sub(1).write(0) },
            _ => unsafe { table.write_unaligned(CalloutTable::EMPTY) },
        }
        version
    }
    for offset in 0..8 {
        let call = EntryCall::DEFAULT.table(Some(offset));
        let results = [0, 1, 2].map(|version| unsafe { call.version(version).enter(beside) });
        assert_eq!(
            results.map(|result| (result.status, result.is_damaged)),
            [(0, true), (1, true), (2, false)]
        );
    }
}

#[test]
fn variables_are_where_the_call_says() {
    let server = server();
    ACT.set(|packet, size, context| {
        hear(format!(
            "{} {} {}",
            packet.addr() % 8,
            size.addr() % 4,
            context.is_null()
        ));
    });
    let call = HookCall::new_packet(b"a")
        .variable(Parameter::Packet, Some(3))
        .variable(Parameter::PacketSize, Some(1));
    // SAFETY: the hook only looks where its arguments are.
    for call in [call.clone(), unsafe { call.exact() }] {
        server.call(
            &call
                .variable(Parameter::PktContext, None)
                .variable(Parameter::ProcessIt, None),
        );
    }
    assert_eq!(HEARD.take()[0], "3 1 true");
}

#[test]
fn fields_are_believed_only_as_far_as_they_can_be_read() {
    let mut fields = ServerFields::default();
    fields.dwords[1] = Some(Dword([1, 2, 3, 4]));
    fields.texts[1] = Some(b"ab".to_vec());
    fields.lengths[1] = Some(5);
    fields.offset = usize::MAX;
    let server = server();
    server.call(&HookCall::options_parsed(b"a", &fields));
    assert_eq!(
        HEARD.take(),
        ["options 1 \"ab\u{FFFD}\u{FFFD}\u{FFFD}\" [1, 2, 3, 4] 0"]
    );
}

/// More calls at once than the server has memory for, each of which sees its own packet.
#[test]
fn a_replay_makes_each_call_on_another_thread_if_the_conduct_says_so() {
    let discover = PacketBuffer::request(MessageType::DISCOVER, 1, &[2, 0, 0, 0, 0, 1]).unwrap();
    let time = Duration::ZERO;
    let payload = discover.as_bytes();
    for (threads, on_this) in [(Threads::One, 5), (Threads::Changing, 0)] {
        ACT.set(|_, _, _| _ = hear("new".to_owned()));
        let conduct = Conduct::DEFAULT.never_offered(true).options_parsed(0).threads(threads);
        let mut calls = 0;
        server()
            .conduct(conduct)
            .replay(&[Datagram { time, payload }; 2], |packet| calls += packet.calls.len());
        assert_eq!((calls, HEARD.take().len()), (5, on_this), "{threads:?}");
    }
}

/// A reply that fits into no buffer is none: its address is not offered.
#[test]
fn a_replay_passes_over_what_is_too_long() {
    let request = PacketBuffer::request(MessageType::REQUEST, 1, &[2, 0, 0, 0, 0, 1]).unwrap();
    let mut reply = PacketBuffer::reply_to(&request.message().unwrap()).unwrap();
    let edited = reply.edit(|editor| {
        editor.yiaddr([192, 0, 2, 9].into());
        editor.set(option::MESSAGE_TYPE, MessageType::ACK);
    });
    edited.unwrap();
    let mut long = reply.as_bytes().to_vec();
    long.resize(PACKET_CAPACITY + 1, 0);
    let capture = [request.as_bytes(), &long].map(|payload| Datagram {
        time: Duration::ZERO,
        payload,
    });
    let mut calls = Vec::new();
    unsafe { Server::new(CalloutTable::EMPTY) }.replay(&capture, |packet| {
        calls.extend(packet.calls.iter().map(|(_, call)| *call));
    });
    let dropped = Call::Notified(Notice::Dropped(DropReason::NOADDRESS));
    let expected = [
        Call::NewPacket { refused: false },
        Call::OptionsParsed,
        dropped,
        Call::Notified(Notice::Processed),
    ];
    assert_eq!(calls, expected);
}

#[test]
fn calls_of_many_threads_do_not_meet() {
    let server = &server();
    thread::scope(|scope| {
        for thread in 0..40_u8 {
            scope.spawn(move || {
                ACT.set(|packet, _, _| unsafe {
                    let first = packet.read().read();
                    thread::yield_now();
                    packet.read().add(1).write(first);
                });
                for turn in 0..50 {
                    let packet = server.receive(&[thread, 0xFF, turn]).unwrap();
                    assert_eq!(packet.bytes(), Ok(&[thread, thread, turn][..]));
                    assert!(!packet.seen().is_damaged());
                }
            });
        }
    });
}

/// However many calls there are at once, each has guard zones.
#[test]
fn a_write_beside_the_packet_is_seen_in_each_of_many_calls() {
    const CALLS: usize = 24;
    static ALL: Barrier = Barrier::new(CALLS);
    let server = &server();
    let call = |act: Act| move || receive(server, act).seen().is_damaged();
    let damaged = thread::scope(|scope| {
        let after: Act = |packet, _, _| unsafe {
            ALL.wait();
            packet.read().add(PACKET_CAPACITY + 5).write(0);
        };
        let before: Act = |packet, _, _| unsafe {
            ALL.wait();
            packet.read().sub(5).write(0);
        };
        let acts = [after, before].into_iter().cycle().take(CALLS);
        let threads: Vec<_> = acts.map(|act| scope.spawn(call(act))).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect::<Vec<_>>()
    });
    assert_eq!(damaged, [true; CALLS]);
}

#[test]
fn a_packet_for_one_method_is_lent_as_each_hook_gets_it() {
    let discover = PacketBuffer::request(MessageType::DISCOVER, 1, &[2, 0, 0, 0, 0, 1]).unwrap();
    let mut packet = TestPacket::new(discover.as_bytes()).unwrap();
    let decision = packet.new_packet(|packet| {
        packet.replace(|editor| _ = editor.secs(7)).unwrap();
        Decision::Track(1)
    });
    assert_eq!((decision, packet.message().unwrap().secs()), (Decision::Track(1), 7));
    let refused = packet.new_packet(|packet| {
        packet.rewrite(|editor| _ = editor.secs(8)).unwrap();
        Decision::<()>::Refuse
    });
    assert_eq!((refused, packet.message().unwrap().secs()), (Decision::Refuse, 7));
    packet.send_packet(|packet| packet.replace_with(b"reply")).unwrap();
    let heard = packet.notice(Notice::Processed, |notice| {
        assert_eq!(notice.bytes(), Ok(&b"reply"[..]));
        notice.notice()
    });
    assert_eq!(heard, Notice::Processed);
    let mut untracked = packet.untracked();
    let refused = untracked.send_packet(|packet| packet.replace_with(b"other"));
    assert_eq!(
        (refused, untracked.bytes()),
        (Err(ReplaceError::NotTracked), &b"reply"[..])
    );
    let too_long = [0; PACKET_CAPACITY + 1];
    let error = PacketBuffer::from_bytes(&too_long).unwrap_err();
    assert_eq!(TestPacket::new(&too_long).err(), Some(error));
    assert_eq!(server().receive(&too_long).err(), Some(error));
}

#[test]
fn a_replay_finds_the_answer_to_each_kind_of_request_and_passes_over_what_is_none() {
    let request = |message_type, client: u8| {
        PacketBuffer::request(message_type, client.into(), &[2, 0, 0, 0, 0, client]).unwrap()
    };
    let edited = |mut packet: PacketBuffer, message_type: Option<MessageType>| {
        packet
            .edit(|editor| {
                _ = match message_type {
                    Some(message_type) => editor
                        .set(option::MESSAGE_TYPE, message_type)
                        .set(option::RAPID_COMMIT, Flag),
                    None => editor.remove(option::MESSAGE_TYPE.code()),
                }
            })
            .unwrap();
        packet
    };
    let answer = |packet: &PacketBuffer, message_type| {
        edited(
            PacketBuffer::reply_to(&packet.message().unwrap()).unwrap(),
            message_type,
        )
    };
    let rapid = edited(request(MessageType::DISCOVER, 1), Some(MessageType::DISCOVER));
    let query = request(MessageType::LEASEQUERY, 2);
    let bootp = edited(request(MessageType::DISCOVER, 3), None);
    let release = request(MessageType::RELEASE, 4);
    let inform = request(MessageType::INFORM, 5);
    let no_client = request(MessageType::LEASEACTIVE, 6);
    let too_long = |packet: &PacketBuffer| [packet.as_bytes(), &[0; PACKET_CAPACITY]].concat();
    let mut to_another = answer(&inform, Some(MessageType::ACK)).as_bytes().to_vec();
    to_another[28] ^= 1;
    let [no_op, no_header] = [[9; 300].to_vec(), b"short".to_vec()];
    let capture = [
        rapid.as_bytes().to_vec(),
        answer(&rapid, Some(MessageType::ACK)).as_bytes().to_vec(),
        query.as_bytes().to_vec(),
        answer(&query, Some(MessageType::LEASEACTIVE)).as_bytes().to_vec(),
        bootp.as_bytes().to_vec(),
        answer(&bootp, None).as_bytes().to_vec(),
        release.as_bytes().to_vec(),
        answer(&release, Some(MessageType::ACK)).as_bytes().to_vec(),
        inform.as_bytes().to_vec(),
        too_long(&answer(&inform, Some(MessageType::ACK))),
        no_client.as_bytes().to_vec(),
        too_long(&request(MessageType::DISCOVER, 7)),
        no_op,
        no_header,
        to_another,
    ];
    let time = Duration::ZERO;
    let datagrams = capture.each_ref().map(|payload| Datagram { time, payload });
    let mut ends = Vec::new();
    let server = unsafe { Server::new(CalloutTable::EMPTY) };
    let passed_over = server.replay(&datagrams, |lifecycle| {
        let sent = lifecycle.calls.iter().find_map(|(_, call)| match call {
            Call::Sent { reply, .. } => Some(*reply),
            _ => None,
        });
        ends.push((lifecycle.index, sent, lifecycle.stage));
    });
    let dropped = |reason| Stage::Done(Outcome::Dropped(reason));
    let processed = Stage::Done(Outcome::Processed);
    assert_eq!(
        ends,
        [
            (0, Some(1), processed),
            (2, Some(3), processed),
            (4, Some(5), processed),
            (6, None, processed),
            (8, None, dropped(DropReason::GEN_FAILURE)),
            (10, None, dropped(DropReason::INVALID)),
        ]
    );
    assert_eq!(passed_over, [7, 9, 11, 12, 13, 14]);
}

/// The 64 packets of a transaction that came last can be answered; one like an answered packet was in vain.
#[test]
fn a_replay_answers_the_latest_packets_of_a_transaction() {
    let ask = |client| PacketBuffer::request(MessageType::DISCOVER, 1, &[2, 0, 0, 0, 0, client]).unwrap();
    let asked: Vec<_> = (0..65_u8).chain([64]).map(ask).collect();
    let answer = |packet: &PacketBuffer| {
        let mut answer = PacketBuffer::reply_to(&packet.message().unwrap()).unwrap();
        answer
            .edit(|editor| _ = editor.set(option::MESSAGE_TYPE, MessageType::OFFER))
            .unwrap();
        answer
    };
    let answers = [0, 1, 2, 65].map(|index| answer(&asked[index]));
    let (mut ends, time) = (Vec::new(), Duration::ZERO);
    let packets = asked.iter().chain(&answers).map(PacketBuffer::as_bytes);
    let capture: Vec<_> = packets.map(|payload| Datagram { time, payload }).collect();
    let passed_over = unsafe { Server::new(CalloutTable::EMPTY) }.replay(&capture, |lifecycle| {
        ends.push((lifecycle.index, lifecycle.stage));
    });
    assert_eq!(passed_over, [66, 67]);
    let with = |end| {
        let with_it = ends.iter().filter(move |(_, stage)| *stage == Stage::Done(end));
        with_it.map(|(index, _)| *index).collect::<Vec<_>>()
    };
    assert_eq!(with(Outcome::Processed), [2, 65]);
    assert_eq!(with(Outcome::Dropped(DropReason::DUPLICATE)), [64]);
    assert_eq!(with(Outcome::Dropped(DropReason::NOADDRESS)).len(), 63);
}
