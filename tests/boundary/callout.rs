//! Proves that a callout written with `impl Callout` hears what the server does, once, whatever the server does: hooks in
//! the table, the life of packets, replacements, contained panics, chains.
#![expect(unsafe_code, reason = "a server calls hooks with raw pointers")]
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, and some prove that panics are contained"
)]
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test may panic"
)]

use core::ptr::{null_mut, without_provenance_mut};
use std::sync::Mutex;

use dhcp_callout::chain::{ChainDlls, DllPath};
use dhcp_callout::control::{AddressGrant, AddressProblem, ServiceControl};
use dhcp_callout::ffi::{CalloutTable, EntryPoint};
use dhcp_callout::simulate::{Refused, Server};
use dhcp_callout::{
    AddressDeleted, AddressOffered, Callout, ClientDeleted, ControlEvent, Decision, DropReason, NewPacket, Notice,
    NotifyError, OnAddressDeleted, OnAddressOffered, OnClientDeleted, OnControl, OnOptionsParsed, OnSendPacket,
    Outcome, ParsedOptions, ReplaceError, SendPacket, entry_point,
};

/// Notes every call; the first byte of a packet says what to do with it, the second is its state.
struct Recorder {
    log: Mutex<Vec<String>>,
}

impl Recorder {
    const fn new() -> Self {
        Self {
            log: Mutex::new(Vec::new()),
        }
    }

    fn note(&self, line: String) {
        self.log
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .push(line);
    }

    fn take(&self) -> Vec<String> {
        core::mem::take(&mut self.log.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }
}

impl Callout for Recorder {
    type State = u8;

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<u8> {
        let [kind, state] = *packet.bytes().first_chunk().unwrap();
        self.note(format!("new {state}"));
        match kind {
            b'p' => Decision::Pass,
            b'r' => Decision::Refuse,
            b'!' => {
                packet.set_process_it(false);
                packet.replace(|buffer| buffer.copy_from(b"lost")).unwrap();
                panic!("asked for")
            }
            b'x' | b'y' => {
                packet
                    .replace(|buffer| buffer.copy_from(&[b"replaced ", buffer.as_bytes()].concat()))
                    .unwrap();
                if kind == b'x' {
                    Decision::Track(state)
                } else {
                    Decision::Pass
                }
            }
            _ => Decision::Track(state),
        }
    }

    fn packet_dropped(&self, reason: DropReason, state: &u8) {
        self.note(format!("dropped {state}: {reason}"));
    }

    fn packet_done(&self, outcome: Outcome, state: u8) {
        self.note(format!("done {state}: {outcome:?}"));
    }

    fn not_tracked(&self, state: u8) {
        self.note(format!("not tracked {state}"));
    }

    fn report_ignored(&self, reason: NotifyError) {
        self.note(match reason {
            NotifyError::Violation(violation) => format!("ignored: {violation:?}"),
            _ => "ignored: wrong context".to_owned(),
        });
    }

    fn panicked(&self, hook: &'static str) {
        self.note(format!("panicked in {hook}"));
        panic!("again")
    }
}

impl OnSendPacket for Recorder {
    fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&u8>) {
        self.note(format!("send for {state:?}"));
        let replaced = match packet.bytes() {
            b"leave" => return,
            b"fail" => packet.replace(|_| Err(())),
            b"panic" => {
                packet.replace(|buffer| buffer.copy_from(b"lost")).unwrap();
                panic!("asked for")
            }
            _ => packet.replace(|buffer| {
                buffer.as_bytes_mut().reverse();
                Ok(())
            }),
        };
        self.note(format!("{replaced:?}"));
    }
}

#[derive(Debug)]
struct Everything;

impl Callout for Everything {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Track(())
    }
}

impl OnControl for Everything {
    fn control(&self, _: ControlEvent) {}
}

impl OnSendPacket for Everything {
    fn send_packet(&self, _: &mut SendPacket<'_>, _: Option<&()>) {}
}

impl OnAddressOffered for Everything {
    fn address_offered(&self, _: &AddressOffered<'_>, _: Option<&()>) {}
}

impl OnAddressDeleted for Everything {
    fn address_deleted(&self, _: &AddressDeleted<'_>, _: Option<&()>) {}
}

impl OnOptionsParsed for Everything {
    fn options_parsed(&self, _: &ParsedOptions<'_>, _: Option<&()>) {}
}

impl OnClientDeleted for Everything {
    fn client_deleted(&self, _: &ClientDeleted<'_>) {}
}

struct Nothing;

impl Callout for Nothing {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

struct Unwilling;

impl Callout for Unwilling {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Refuse
    }

    fn load(&self) -> bool {
        false
    }
}

entry_point!(fn everything = Everything, packets = 4);
entry_point!(fn nothing = Nothing, packets = 4);
entry_point!(fn unwilling = Unwilling, packets = 4);

fn hooks(entry: EntryPoint) -> [bool; 8] {
    // SAFETY: the entry points are made by the macro.
    let server = unsafe { Server::load(entry) }.unwrap();
    let table = server.table();
    assert!(table.dhcp_extension_hook.is_null() && table.dhcp_reserved_hook.is_null());
    [
        table.dhcp_control_hook.is_some(),
        table.dhcp_new_pkt_hook.is_some(),
        table.dhcp_pkt_drop_hook.is_some(),
        table.dhcp_pkt_send_hook.is_some(),
        table.dhcp_address_del_hook.is_some(),
        table.dhcp_address_offer_hook.is_some(),
        table.dhcp_handle_options_hook.is_some(),
        table.dhcp_delete_client_hook.is_some(),
    ]
}

#[test]
fn the_table_holds_the_hooks_that_the_callout_wants() {
    assert_eq!(hooks(everything), [true; 8]);
    assert_eq!(hooks(nothing), [false, true, true, false, false, false, false, false]);
    assert_eq!(hooks(unwilling), [false; 8]);
}

#[test]
fn only_version_0_is_accepted() {
    let mut list = [0_u16; 2];
    let untouched = CalloutTable {
        dhcp_reserved_hook: without_provenance_mut(7),
        ..CalloutTable::EMPTY
    };
    for version in [1, 2, u32::MAX] {
        let mut table = untouched;
        // SAFETY: the list and the table are this function's.
        let status = unsafe { everything(list.as_mut_ptr(), version, &raw mut table) };
        assert_eq!(status, 50);
        assert!(table.dhcp_reserved_hook.addr() == 7 && table.dhcp_new_pkt_hook.is_none());
    }
    // SAFETY: NULL is refused.
    assert_eq!(unsafe { everything(list.as_mut_ptr(), 0, null_mut()) }, 87);
    for _ in 0..3 {
        let mut table = untouched;
        // SAFETY: as above.
        assert_eq!(unsafe { everything(null_mut(), 0, &raw mut table) }, 0);
        assert!(table.dhcp_reserved_hook.is_null() && table.dhcp_new_pkt_hook.is_some());
    }
}

/// Defines a recorder with its own table, so that tests do not share one.
macro_rules! recorder {
    ($packets:expr, $buffers:expr) => {{
        static RECORDER: Recorder = Recorder::new();
        struct Own;
        impl Callout for Own {
            type State = u8;
            fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<u8> {
                RECORDER.new_packet(packet)
            }
            fn packet_dropped(&self, reason: DropReason, state: &u8) {
                RECORDER.packet_dropped(reason, state);
            }
            fn packet_done(&self, outcome: Outcome, state: u8) {
                RECORDER.packet_done(outcome, state);
            }
            fn not_tracked(&self, state: u8) {
                RECORDER.not_tracked(state);
            }
            fn report_ignored(&self, reason: NotifyError) {
                RECORDER.report_ignored(reason);
            }
            fn panicked(&self, hook: &'static str) {
                RECORDER.panicked(hook);
            }
        }
        impl OnSendPacket for Own {
            fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&u8>) {
                RECORDER.send_packet(packet, state);
            }
        }
        entry_point!(fn entry = Own, packets = $packets, buffers = $buffers);
        // SAFETY: the entry point is made by the macro.
        (unsafe { Server::load(entry) }.unwrap(), &RECORDER)
    }};
}

#[test]
fn a_life_is_told_once_whatever_the_server_repeats() {
    let (server, recorder) = recorder!(4, 4);
    let mut packet = server.receive(b"t1").unwrap();
    assert!(packet.is_accepted());
    for code in [0xA, 0x1, 0xB, 0xB, 0x2] {
        server.notify(&mut packet, Notice::from_code(code));
    }
    server.notify(&mut server.receive(b"t2").unwrap(), Notice::Processed);
    assert_eq!(
        recorder.take(),
        [
            "new 49",
            "dropped 49: DHCP_DROP_NOADDRESS",
            "ignored: RepeatedDrop { first: DHCP_DROP_NOADDRESS, again: DHCP_DROP_DUPLICATE }",
            "done 49: Dropped(DHCP_DROP_NOADDRESS)",
            "ignored: wrong context",
            "ignored: wrong context",
            "new 50",
            "done 50: Processed"
        ]
    );
}

#[test]
fn a_packet_that_is_not_tracked_has_no_life() {
    let (server, recorder) = recorder!(4, 4);
    let mut passed = server.receive(b"p1").unwrap();
    assert!(passed.is_accepted() && passed.context().is_null());
    server.notify(&mut passed, Notice::Processed);
    let refused = server.receive(b"r2").unwrap();
    assert!(!refused.is_accepted() && refused.context().is_null());
    assert_eq!(recorder.take(), ["new 49", "new 50"]);
}

#[test]
fn a_full_table_lets_packets_pass() {
    let (server, recorder) = recorder!(1, 4);
    let mut first = server.receive(b"t1").unwrap();
    let second = server.receive(b"x2").unwrap();
    assert!(second.is_accepted() && second.context().is_null());
    assert_eq!(
        second.bytes(),
        Ok(&b"x2"[..]),
        "not replaced, since nobody would keep the buffer"
    );
    server.notify(&mut first, Notice::Processed);
    assert_eq!(
        recorder.take(),
        ["new 49", "new 50", "not tracked 50", "done 49: Processed"]
    );
}

#[test]
fn wrong_contexts_are_harmless() {
    let (server, recorder) = recorder!(4, 4);
    let mut packet = server.receive(b"t1").unwrap();
    let right = packet.context();
    for wrong in [
        0,
        1,
        2,
        0xFF,
        usize::MAX,
        usize::MAX / 2,
        right.addr() ^ 0x100,
        right.addr().rotate_left(8),
    ] {
        packet.set_context(without_provenance_mut(wrong));
        server.notify(&mut packet, Notice::Dropped(DropReason::PAUSED));
        server.notify(&mut packet, Notice::Processed);
        server.send(&packet, b"leave", |_| ()).unwrap();
        server.offer_address(&packet, AddressGrant::NEW, [192, 0, 2, 1].into(), 1);
        server.delete_address(&packet, AddressProblem::CONFLICT, [192, 0, 2, 1].into());
    }
    packet.set_context(right);
    server.notify(&mut packet, Notice::Processed);
    let log = recorder.take();
    assert_eq!(log.first().map(String::as_str), Some("new 49"));
    assert_eq!(log.last().map(String::as_str), Some("done 49: Processed"));
    assert!(
        log[1..log.len() - 1]
            .iter()
            .all(|line| line == "send for None" || line == "ignored: wrong context"),
        "{log:?}"
    );
}

#[test]
fn replacements_stay_until_the_packet_is_done() {
    let (server, recorder) = recorder!(4, 2);
    let mut packet = server.receive(b"x1").unwrap();
    assert_eq!(packet.bytes(), Ok(&b"replaced x1"[..]));
    assert!(server.send(&packet, b"reply", |sent| sent == Ok(b"ylper")).unwrap());
    assert_eq!(
        packet.bytes(),
        Ok(&b"replaced x1"[..]),
        "the reply has a buffer of its own"
    );
    // Both buffers are in use now.
    assert!(server.send(&packet, b"reply", |sent| sent == Ok(b"reply")).unwrap());
    server.notify(&mut packet, Notice::Processed);
    // And both are back.
    let mut packet = server.receive(b"y2").unwrap();
    assert_eq!(
        packet.bytes(),
        Ok(&b"replaced y2"[..]),
        "a packet that is passed can be replaced as well"
    );
    assert!(server.send(&packet, b"reply", |sent| sent == Ok(b"ylper")).unwrap());
    server.notify(&mut packet, Notice::Processed);
    assert_eq!(
        recorder.take(),
        [
            "new 49",
            "send for Some(49)",
            "Ok(())",
            "send for Some(49)",
            "Err(Exhausted(PoolExhausted { buffers: 2 }))",
            "done 49: Processed",
            "new 50",
            "send for None",
            "Ok(())",
        ]
    );
}

#[test]
fn what_the_simulated_server_shows_outlives_the_replacement() {
    let (server, recorder) = recorder!(4, 1);
    let mut first = server.receive(b"x1").unwrap();
    server.notify(&mut first, Notice::Processed);
    let shown = first.bytes().unwrap();
    // The one buffer is used again.
    assert_eq!(server.receive(b"x2").unwrap().bytes(), Ok(&b"replaced x2"[..]));
    assert_eq!(shown, b"replaced x1");
    recorder.take();
}

#[test]
fn a_replacement_that_fails_changes_nothing() {
    let (server, recorder) = recorder!(4, 1);
    let mut packet = server.receive(b"t1").unwrap();
    assert!(server.send(&packet, b"fail", |sent| sent == Ok(b"fail")).unwrap());
    assert!(
        server.send(&packet, b"reply", |sent| sent == Ok(b"ylper")).unwrap(),
        "the buffer went back"
    );
    let passed = server.receive(b"p2").unwrap();
    assert!(server.send(&passed, b"reply", |sent| sent == Ok(b"reply")).unwrap());
    server.notify(&mut packet, Notice::Processed);
    let log = recorder.take();
    assert_eq!(log[2], format!("{:?}", Err::<(), _>(ReplaceError::Edit(()))));
    assert_eq!(log[7], format!("{:?}", Err::<(), _>(ReplaceError::<()>::NotTracked)));
}

#[test]
fn a_panic_leaves_the_packet_to_the_server() {
    let (server, recorder) = recorder!(4, 4);
    let packet = server.receive(b"!1").unwrap();
    assert!(packet.is_accepted() && packet.context().is_null());
    assert_eq!(packet.bytes(), Ok(&b"!1"[..]));
    let mut packet = server.receive(b"t2").unwrap();
    assert!(server.send(&packet, b"panic", |sent| sent == Ok(b"panic")).unwrap());
    server.notify(&mut packet, Notice::Processed);
    assert_eq!(
        recorder.take(),
        [
            "new 49",
            "panicked in DhcpNewPktHook",
            "new 50",
            "send for Some(50)",
            "panicked in DhcpPktSendHook",
            "done 50: Processed",
        ]
    );
}

#[test]
fn the_service_is_told_of() {
    static SEEN: Mutex<Vec<ServiceControl>> = Mutex::new(Vec::new());
    struct Listener;
    impl Callout for Listener {
        type State = ();
        fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
            Decision::Pass
        }
    }
    impl OnControl for Listener {
        fn control(&self, event: ControlEvent) {
            SEEN.lock().unwrap().push(event.code());
        }
    }
    entry_point!(fn entry = Listener, packets = 1);
    // SAFETY: the entry point is made by the macro.
    let server = unsafe { Server::load(entry) }.unwrap();
    server.control(ServiceControl::START);
    server.control(ServiceControl::from_code(0x77));
    server.control(ServiceControl::from_code(0x1000_0000));
    assert_eq!(
        *SEEN.lock().unwrap(),
        [ServiceControl::START, ServiceControl::from_code(0x77)]
    );
}

mod chain {
    //! A chain of three recorders, the second of which is quiet about replies.

    use super::*;

    static LOG: Recorder = Recorder::new();

    /// A member that keeps its own number and the packet's state.
    struct Member<const NUMBER: u8>;

    impl<const NUMBER: u8> Callout for Member<NUMBER> {
        type State = (u8, u8);

        fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<(u8, u8)> {
            let text = String::from_utf8_lossy(packet.bytes()).into_owned();
            LOG.note(format!("{NUMBER} new {text}"));
            if text.as_bytes().first() == Some(&(b'0' + NUMBER)) {
                return Decision::Refuse;
            }
            packet
                .replace(|buffer| buffer.copy_from(format!("{text}{NUMBER}").as_bytes()))
                .unwrap();
            Decision::Track((NUMBER, packet.bytes()[0]))
        }

        fn packet_dropped(&self, reason: DropReason, state: &(u8, u8)) {
            LOG.note(format!("{NUMBER} dropped {state:?} {reason:?}"));
        }

        fn packet_done(&self, outcome: Outcome, state: (u8, u8)) {
            LOG.note(format!("{NUMBER} done {state:?} {outcome:?}"));
        }
    }

    impl OnSendPacket for Member<1> {
        fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&(u8, u8)>) {
            LOG.note(format!("1 send {state:?}"));
            packet.replace(|buffer| buffer.copy_from(b"from 1")).unwrap();
        }
    }

    impl OnSendPacket for Member<3> {
        fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&(u8, u8)>) {
            LOG.note(format!(
                "3 send {:?} {state:?}",
                String::from_utf8_lossy(packet.bytes())
            ));
        }
    }

    type First = Member<1>;
    type Second = Member<2>;
    type Third = Member<3>;

    entry_point!(fn second = Second = Member::<2>, packets = 8);
    entry_point!(fn third = Third = Member::<3>, packets = 8);

    unsafe extern "system" fn unwilling_entry(_: *mut u16, _: u32, _: *mut CalloutTable) -> u32 {
        1
    }

    fn find(path: DllPath<'_>) -> Option<EntryPoint> {
        match path.to_string().as_str() {
            "two.dll" => Some(second),
            "three.dll" => Some(third),
            "unwilling.dll" => Some(unwilling_entry),
            "panic.dll" => panic!("asked for"),
            _ => None,
        }
    }

    entry_point!(fn first = First = Member::<1>, packets = 8, chain = find);

    #[test]
    fn each_member_gets_its_own_context() {
        let mut list: Vec<u16> = "two.dll\0missing.dll\0panic.dll\0unwilling.dll\0three.dll\0\0ignored.dll\0\0"
            .encode_utf16()
            .collect();
        let mut table = CalloutTable::EMPTY;
        // SAFETY: the list ends in an empty text, and the table can be written.
        assert_eq!(unsafe { first(list.as_mut_ptr(), 1, &raw mut table) }, 50);
        // SAFETY: as above.
        assert_eq!(unsafe { first(list.as_mut_ptr(), 0, null_mut()) }, 87);
        for _ in 0..2 {
            // SAFETY: as above.
            assert_eq!(unsafe { first(list.as_mut_ptr(), 0, &raw mut table) }, 0);
        }
        assert!(table.dhcp_pkt_send_hook.is_some() && table.dhcp_control_hook.is_none());
        // SAFETY: the hooks are those of the macro.
        let server = unsafe { Server::new(table) };

        let mut packet = server.receive(b"a").unwrap();
        assert_eq!(packet.bytes(), Ok(&b"a123"[..]));
        server
            .send(&packet, b"reply", |sent| assert_eq!(sent, Ok(&b"from 1"[..])))
            .unwrap();
        for code in [0x6, 0xB, 0xB, 0x1] {
            server.notify(&mut packet, Notice::from_code(code));
        }
        assert_eq!(
            LOG.take(),
            [
                "1 new a",
                "2 new a1",
                "3 new a12",
                "1 send Some((1, 97))",
                "3 send \"from 1\" Some((3, 97))",
                "1 dropped (1, 97) DHCP_DROP_PAUSED",
                "2 dropped (2, 97) DHCP_DROP_PAUSED",
                "3 dropped (3, 97) DHCP_DROP_PAUSED",
                "1 done (1, 97) Dropped(DHCP_DROP_PAUSED)",
                "2 done (2, 97) Dropped(DHCP_DROP_PAUSED)",
                "3 done (3, 97) Dropped(DHCP_DROP_PAUSED)",
            ]
        );

        // Refused by the second: the third does not hear of it, the first hears of its end, whether the server reports
        // the packet or not.
        for refused in [Refused::Unreported, Refused::Reported] {
            let mut packet = server.receive(b"2").unwrap();
            assert!(!packet.is_accepted() && packet.context().is_null());
            assert_eq!(packet.bytes(), Ok(&b"2"[..]), "what the first put there has ended");
            if refused == Refused::Reported {
                server.notify(&mut packet, Notice::Dropped(DropReason::GEN_FAILURE));
                server.notify(&mut packet, Notice::Processed);
            }
            assert_eq!(
                LOG.take(),
                [
                    "1 new 2",
                    "2 new 21",
                    "1 dropped (1, 50) DHCP_DROP_GEN_FAILURE",
                    "1 done (1, 50) Dropped(DHCP_DROP_GEN_FAILURE)",
                ]
            );
        }

        // Two packets at once, reported in the other order.
        let mut packets = [b"b", b"c"].map(|packet| server.receive(packet).unwrap());
        LOG.take();
        packets.reverse();
        for packet in &mut packets {
            server.notify(packet, Notice::Processed);
        }
        let done: Vec<_> = LOG.take().iter().map(|line| line[7..].to_owned()).collect();
        let expected = [(1, 99), (2, 99), (3, 99), (1, 98), (2, 98), (3, 98)];
        assert_eq!(done, expected.map(|state| format!("{state:?} Processed")));
    }
}

#[test]
fn the_list_of_dlls_is_read_to_its_end() {
    let read = |list: &[u16]| {
        ChainDlls::new(list)
            .map(|path| path.map(|path| path.to_string()).map_err(|error| error.to_string()))
            .collect::<Vec<_>>()
    };
    let wide = |text: &str| text.encode_utf16().collect::<Vec<_>>();
    let ok = |text: &str| Ok(text.to_owned());
    assert_eq!(read(&[]), []);
    assert_eq!(read(&wide("\0")), []);
    assert_eq!(read(&wide("\0\0a\0\0")), []);
    assert_eq!(read(&wide("a.dll\0")), [ok("a.dll")], "the empty text may be missing");
    assert_eq!(read(&wide("a.dll\0Ünïcode\0\0b\0")), [ok("a.dll"), ok("Ünïcode")]);
    assert_eq!(
        read(&wide("a\0b.d")),
        [
            ok("a"),
            Err("path at UTF-16 unit 2 does not end within 3 units".to_owned())
        ]
    );
    assert_eq!(read(&[0x61, 0xD800, 0x62, 0, 0]), [ok("a\u{FFFD}b")]);
    let units: Vec<_> = ChainDlls::new(&[0x61, 0xDC00, 0, 0])
        .flatten()
        .map(|path| path.units().to_vec())
        .collect();
    assert_eq!(units, [[0x61, 0xDC00]]);
}

mod chain_of_foreign_dlls {
    //! A member that frees at the end of a packet what its context points at, as one written in C would.

    use core::ffi::c_void;
    use core::sync::atomic::{AtomicU32, Ordering};
    use std::sync::OnceLock;

    use dhcp_callout::ffi::{Bool, DropSend};

    use super::*;

    static ENDS: AtomicU32 = AtomicU32::new(0);
    static CHAIN_DROP: OnceLock<(DropSend, usize)> = OnceLock::new();

    unsafe extern "system" fn new_pkt(
        _: *mut *mut u8,
        _: *mut u32,
        _: u32,
        _: *mut c_void,
        context: *mut *mut c_void,
        _: *mut Bool,
    ) -> u32 {
        // SAFETY: a chain passes a variable of its own.
        unsafe { context.write(without_provenance_mut(1)) };
        0
    }

    unsafe extern "system" fn pkt_drop(
        packet: *mut *mut u8,
        size: *mut u32,
        code: u32,
        address: u32,
        reserved: *mut c_void,
        _: *mut c_void,
    ) -> u32 {
        if ENDS.fetch_add(1, Ordering::Relaxed) == 0 {
            // At the same moment another thread reports the same end.
            let (hook, context) = *CHAIN_DROP.get().unwrap();
            // SAFETY: the arguments are those of this call.
            unsafe { hook(packet, size, code, address, reserved, without_provenance_mut(context)) };
        }
        0
    }

    unsafe extern "system" fn entry_of_foreign(_: *mut u16, _: u32, table: *mut CalloutTable) -> u32 {
        let hooks = CalloutTable {
            dhcp_new_pkt_hook: Some(new_pkt),
            dhcp_pkt_drop_hook: Some(pkt_drop),
            ..CalloutTable::EMPTY
        };
        // SAFETY: a chain passes a table of its own.
        unsafe { table.write(hooks) };
        0
    }

    #[expect(clippy::unnecessary_wraps, reason = "the signature is that of a loader")]
    fn find(_: DllPath<'_>) -> Option<EntryPoint> {
        Some(entry_of_foreign)
    }

    entry_point!(fn entry = Nothing, packets = 4, chain = find);

    #[test]
    fn the_end_is_passed_on_once() {
        let mut list: Vec<u16> = "foreign.dll\0\0".encode_utf16().collect();
        let mut table = CalloutTable::EMPTY;
        // SAFETY: the list ends in an empty text, and the table can be written.
        assert_eq!(unsafe { entry(list.as_mut_ptr(), 0, &raw mut table) }, 0);
        // SAFETY: the hooks are those of the macro.
        let server = unsafe { Server::new(table) };
        let mut packet = server.receive(b"a").unwrap();
        CHAIN_DROP
            .set((table.dhcp_pkt_drop_hook.unwrap(), packet.context().addr()))
            .unwrap();
        server.notify(&mut packet, Notice::Processed);
        assert_eq!(ENDS.load(Ordering::Relaxed), 1);
    }
}
