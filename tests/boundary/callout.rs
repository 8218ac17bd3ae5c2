//! Proves that a callout written with `impl Callout` hears what the server does, once, whatever the server does: hooks
//! in the table, the lifecycle of packets, replacements, contained panics, chains.
#![expect(unsafe_code, reason = "an entry point is called with raw pointers")]

use core::ptr::{null_mut, without_provenance_mut};
use std::sync::{Mutex, OnceLock};

use dhcp_callout::control::{AddressGrant, AddressProblem, ServiceControl};
use dhcp_callout::ffi::{CalloutTable, EntryPoint};
use dhcp_callout::hook::{ChainDlls, LONGEST_LIST};
use dhcp_callout::message::{OptionCode, Seconds};
use dhcp_callout::simulate::{EntryCall, EntryResult, HookCall, Parameter, Server, ServerFields};
use dhcp_callout::table::ContextError;
use dhcp_callout::{
    AddressDeleted, AddressOffered, Callout, ClientDeleted, ControlEvent, Decision, Diagnostic, DropReason, Host,
    LoadError, Message, MessageType, NewPacket, Notice, NotifyError, OnAddressDeleted, OnAddressOffered,
    OnClientDeleted, OnControl, OnOptionsParsed, OnSendPacket, Outcome, PacketBuffer, PacketNotice, ParsedOptions,
    ReplaceError, SendPacket, Stage, entry_point, option,
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
                packet.rewrite_with(b"lost").unwrap();
                panic!("asked for")
            }
            b'w' => {
                packet.replace_with(b"not what is told last").unwrap();
                packet.rewrite_with(&[b"rewritten ", packet.bytes()].concat()).unwrap();
                if state == b'p' {
                    Decision::Pass
                } else {
                    Decision::Track(state)
                }
            }
            b'x' | b'y' => {
                packet.replace_with(&[b"replaced ", packet.bytes()].concat()).unwrap();
                if kind == b'x' {
                    Decision::Track(state)
                } else {
                    Decision::Pass
                }
            }
            _ => Decision::Track(state),
        }
    }

    fn packet_dropped(&self, notice: &PacketNotice<'_>, state: Option<&u8>) {
        let Notice::Dropped(reason) = notice.notice() else {
            panic!("no drop")
        };
        let bytes = notice.bytes().map(<[u8]>::to_vec);
        self.note(format!("dropped {state:?} {bytes:?}: {:#x}", reason.code()));
    }

    fn packet_done(&self, outcome: Outcome, state: u8) {
        self.note(match outcome {
            Outcome::Processed => format!("done {state}"),
            Outcome::Dropped(reason) => format!("done {state}: {:#x}", reason.code()),
        });
    }

    fn packet_lost(&self, last: Stage, state: u8) {
        self.note(format!("lost {state}: {last:?}"));
    }

    fn not_tracked(&self, state: u8) {
        self.note(format!("not tracked {state}"));
    }

    fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
        self.note(match diagnostic {
            Diagnostic::NoticeRejected {
                error: NotifyError::Violation(violation),
                ..
            } => format!("rejected: {violation:?}"),
            Diagnostic::NoticeRejected { .. } => "rejected: wrong context".to_owned(),
            Diagnostic::ContextRefused { hook, .. } => format!("wrong context in {hook}"),
            other => other.to_string(),
        });
        if let Diagnostic::Panicked { .. } = diagnostic {
            panic!("again");
        }
    }
}

impl OnSendPacket for Recorder {
    fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&u8>) {
        self.note(format!("send for {state:?}"));
        let replaced = match packet.bytes() {
            b"leave" => return,
            b"fail" => packet.replace(|_| ()).map(drop),
            b"rewrite" => packet.rewrite_with(b"rewritten"),
            b"long" => packet.rewrite_with(&[7; 4097]),
            b"panic" => {
                packet.replace_with(b"lost").unwrap();
                panic!("asked for")
            }
            b"late" => {
                packet.rewrite_with(b"lost").unwrap();
                panic!("asked for")
            }
            reply => {
                let reversed: Vec<_> = reply.iter().rev().copied().collect();
                packet.replace_with(&reversed)
            }
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
    fn control(&'static self, _: ControlEvent) {}
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
    fn options_parsed(&self, _: &mut ParsedOptions<'_>, _: Option<&()>) {}
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

    fn load(&'static self) -> Result<(), LoadError> {
        Err(LoadError::new(5.try_into().unwrap()))
    }
}

struct Clumsy;

impl Callout for Clumsy {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Refuse
    }

    fn load(&'static self) -> Result<(), LoadError> {
        panic!("asked for")
    }
}

static EVERYTHING: Host<Everything, 4> = Host::new(Everything);
static NOTHING: Host<Nothing> = Host::new(Nothing);
static UNWILLING: Host<Unwilling, 4, 0> = Host::new(Unwilling);
static CLUMSY: Host<Clumsy, 4> = Host::new(Clumsy);
entry_point!(fn everything = EVERYTHING);
entry_point!(pub(crate) fn nothing = self::NOTHING);
entry_point!(fn unwilling = crate::callout::UNWILLING,);
entry_point!(fn clumsy = CLUMSY);

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
    assert_eq!(hooks(nothing), [true, true, true, false, false, false, false, false]);
}

#[test]
fn only_version_0_is_accepted() {
    static HOST: Host<Recorder, 1, 0> = Host::new(Recorder::new());
    entry_point!(fn entry = HOST);
    let untouched = CalloutTable {
        dhcp_reserved_hook: without_provenance_mut(7),
        ..CalloutTable::EMPTY
    };
    // SAFETY: the entry point is made by the macro.
    let enter = |call: EntryCall<'_>| unsafe { call.before(untouched).enter(entry) };
    for version in [1, 2, u32::MAX] {
        let EntryResult { status, left, .. } = enter(EntryCall::DEFAULT.version(version));
        assert_eq!(status, 50);
        assert!(left.dhcp_reserved_hook.addr() == 7 && left.dhcp_new_pkt_hook.is_none());
    }
    assert_eq!(enter(EntryCall::DEFAULT.table(None)).status, 87);
    let refused = |error: &str| format!("DhcpServerCalloutEntry: arguments refused: {error}");
    assert_eq!(
        HOST.callout().take(),
        [
            refused("version 1 of the callout API is not supported, only 0 is"),
            refused("version 2 of the callout API is not supported, only 0 is"),
            refused("version 4294967295 of the callout API is not supported, only 0 is"),
            refused("CalloutTbl is NULL"),
        ]
    );
    for offset in 0..8 {
        let table = enter(EntryCall::DEFAULT.chain(None).table(Some(offset)))
            .table()
            .unwrap();
        assert!(table.dhcp_reserved_hook.is_null() && table.dhcp_new_pkt_hook.is_some());
    }
}

#[test]
fn a_callout_that_cannot_work_leaves_the_table_alone_and_the_next_dll_is_loaded() {
    for (entry, expected) in [(unwilling as EntryPoint, 5), (clumsy, 1114)] {
        let untouched = CalloutTable {
            dhcp_reserved_hook: without_provenance_mut(7),
            ..CalloutTable::EMPTY
        };
        // SAFETY: the entry points are made by the macro.
        let EntryResult { status, left, .. } = unsafe { EntryCall::DEFAULT.before(untouched).enter(entry) };
        assert_eq!(status, expected);
        assert!(left.dhcp_reserved_hook.addr() == 7 && left.dhcp_new_pkt_hook.is_none());
    }
    let dlls: [(_, EntryPoint); 4] = [
        ("unwilling.dll", unwilling),
        ("clumsy.dll", clumsy),
        ("everything.dll", everything),
        ("nothing.dll", nothing),
    ];
    // SAFETY: as above.
    let (server, refused) = unsafe { Server::load_first(&dlls) };
    let statuses: Vec<_> = refused.iter().map(|refused| refused.status).collect();
    assert_eq!(statuses, [5, 1114]);
    assert!(
        server.table().dhcp_delete_client_hook.is_some(),
        "the hooks of the third"
    );
    // SAFETY: as above.
    let (server, refused) = unsafe { Server::load_first(&dlls[..2]) };
    assert!(refused.len() == 2 && server.table().dhcp_new_pkt_hook.is_none());
    let packet = server.receive(b"a").unwrap();
    assert!(!packet.is_refused(), "a server without a callout goes on");
}

/// Defines a recorder with its own table, so that tests do not share one.
macro_rules! recorder {
    ($packets:expr, $buffers:expr) => {{
        static HOST: Host<Recorder, $packets, $buffers> = Host::new(Recorder::new());
        entry_point!(fn entry = HOST);
        // SAFETY: the entry point is made by the macro.
        (unsafe { Server::load(entry) }.unwrap(), HOST.callout())
    }};
}

/// The second of them has no code that the operating system would know.
#[test]
fn an_error_of_the_operating_system_keeps_its_code() {
    assert_eq!(LoadError::from(std::io::Error::from_raw_os_error(5)).code(), 5);
    assert_eq!(LoadError::from(std::io::Error::other("no server")).code(), 1114);
}

#[test]
fn a_lifecycle_is_told_once_whatever_the_server_repeats() {
    let (server, recorder) = recorder!(4, 4);
    let packet = server.receive(b"t1").unwrap();
    assert!(!packet.is_refused());
    for code in [0xA, 0x1, 0xB, 0xB, 0x2] {
        server.notify(&packet, Notice::from_code(code));
    }
    server.notify(&server.receive(b"t2").unwrap(), Notice::Processed);
    assert_eq!(
        recorder.take(),
        [
            "new 49",
            "dropped Some(49) Ok([116, 49]): 0xa",
            "rejected: RepeatedDrop { first: DHCP_DROP_NOADDRESS, again: DHCP_DROP_DUPLICATE }",
            "dropped Some(49) Ok([116, 49]): 0x1",
            "done 49: 0xa",
            "rejected: wrong context",
            "rejected: wrong context",
            "dropped None Ok([116, 49]): 0x2",
            "new 50",
            "done 50"
        ]
    );
}

#[test]
fn a_packet_that_is_not_tracked_has_no_state() {
    let (server, recorder) = recorder!(4, 4);
    let passed = server.receive(b"p1").unwrap();
    assert!(!passed.is_refused() && passed.context().is_null());
    server.notify(&passed, Notice::from_code(0x6));
    server.notify(&passed, Notice::Processed);
    let refused = server.receive(b"r2").unwrap();
    assert!(refused.is_refused() && refused.context().is_null());
    server.notify(&refused, Notice::from_code(0x77));
    server.notify(&refused, Notice::Processed);
    assert_eq!(
        recorder.take(),
        [
            "new 49",
            "dropped None Ok([112, 49]): 0x6",
            "new 50",
            "dropped None Ok([114, 50]): 0x77"
        ],
        "of its drop it is told"
    );
}

#[test]
fn a_full_table_lets_packets_pass() {
    let (server, recorder) = recorder!(1, 4);
    let first = server.receive(b"t1").unwrap();
    let second = server.receive(b"x2").unwrap();
    assert!(!second.is_refused() && second.context().is_null());
    assert_eq!(
        second.bytes(),
        Ok(&b"x2"[..]),
        "not replaced, since nobody would keep the buffer"
    );
    assert_eq!(
        server.receive(b"wt").unwrap().bytes(),
        Ok(&b"rewritten not what is told last"[..]),
        "a rewritten packet needs nobody"
    );
    server.notify(&first, Notice::Processed);
    assert_eq!(
        recorder.take(),
        [
            "new 49",
            "new 50",
            "packet not tracked: packet table full: `PACKETS` says how many it holds",
            "not tracked 50",
            "new 116",
            "packet not tracked: packet table full: `PACKETS` says how many it holds",
            "not tracked 116",
            "done 49"
        ]
    );
}

#[test]
fn a_host_takes_as_much_memory_as_its_documentation_says() {
    struct Keeps<S>(S);

    impl<S: Send + Sync + 'static> Callout for Keeps<S> {
        type State = S;

        fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<S> {
            Decision::Pass
        }
    }

    type Tracks6<const PACKETS: usize, const BUFFERS: usize> = Host<Keeps<[u8; 6]>, PACKETS, BUFFERS>;
    assert!(size_of::<Tracks6<4096, 0>>() <= 4096 * 24 + 17_500);
    let packets = size_of::<Tracks6<4096, 0>>() - size_of::<Tracks6<64, 0>>();
    assert_eq!(packets, (4096 - 64) * 24);
    let packets = size_of::<Host<Keeps<u64>, 4096, 0>>() - size_of::<Host<Keeps<u64>, 64, 0>>();
    assert_eq!(packets, (4096 - 64) * 32);
    let buffers = size_of::<Tracks6<64, 64>>() - size_of::<Tracks6<64, 0>>();
    assert!(buffers <= 64 * 4110, "{buffers} bytes of 64 buffers");
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
        server.notify(&packet, Notice::Dropped(DropReason::PAUSED));
        server.notify(&packet, Notice::Processed);
        server.send(&packet, b"leave").unwrap();
        server.offer_address(&packet, AddressGrant::NEW, [192, 0, 2, 1].into(), 1);
        server.delete_address(&packet, AddressProblem::CONFLICT, [192, 0, 2, 1].into());
    }
    packet.set_context(right);
    server.notify(&packet, Notice::Processed);
    let log = recorder.take();
    assert_eq!(log.first().map(String::as_str), Some("new 49"));
    assert_eq!(log.last().map(String::as_str), Some("done 49"));
    assert!(
        log[1..log.len() - 1]
            .iter()
            .all(|line| line == "send for None" || line.contains("wrong context") || line.starts_with("dropped None")),
        "{log:?}"
    );
}

#[test]
fn replacements_stay_until_the_packet_is_done() {
    let (server, recorder) = recorder!(4, 2);
    let packet = server.receive(b"x1").unwrap();
    assert_eq!(packet.bytes(), Ok(&b"replaced x1"[..]));
    assert!(server.send(&packet, b"reply").unwrap().bytes() == Ok(b"ylper"));
    assert_eq!(
        packet.bytes(),
        Ok(&b"replaced x1"[..]),
        "the reply has a buffer of its own"
    );
    // Both buffers are in use now.
    assert!(server.send(&packet, b"reply").unwrap().bytes() == Ok(b"reply"));
    server.notify(&packet, Notice::Processed);
    // And both are back.
    let packet = server.receive(b"y2").unwrap();
    assert_eq!(
        packet.bytes(),
        Ok(&b"replaced y2"[..]),
        "a packet that is passed can be replaced as well"
    );
    assert!(server.send(&packet, b"reply").unwrap().bytes() == Ok(b"ylper"));
    server.notify(&packet, Notice::Processed);
    assert_eq!(
        recorder.take(),
        [
            "new 49",
            "send for Some(49)",
            "Ok(())",
            "send for Some(49)",
            "Err(Exhausted(PoolExhausted { buffers: 2 }))",
            "done 49",
            "new 50",
            "send for None",
            "Ok(())",
        ]
    );
}

#[test]
fn what_the_simulated_server_shows_outlives_the_replacement() {
    let (server, recorder) = recorder!(4, 1);
    let first = server.receive(b"x1").unwrap();
    server.notify(&first, Notice::Processed);
    let shown = first.bytes().unwrap();
    // The one buffer is used again.
    assert_eq!(server.receive(b"x2").unwrap().bytes(), Ok(&b"replaced x2"[..]));
    assert_eq!(shown, b"replaced x1");
    recorder.take();
}

mod overlap {
    //! A server that reports a packet as processed while it asks about the reply.

    use super::*;

    struct Answers;

    static SERVER: OnceLock<Server> = OnceLock::new();
    /// The context of the packet that ends.
    static ENDS: Mutex<Option<usize>> = Mutex::new(None);
    static HOST: Host<Answers, 4, 1> = Host::new(Answers);
    static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());
    entry_point!(fn entry = HOST);

    fn note(line: String) {
        HEARD.lock().unwrap().push(line);
    }

    impl Callout for Answers {
        type State = u8;

        fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<u8> {
            Decision::Track(packet.bytes()[0])
        }

        fn packet_dropped(&self, notice: &PacketNotice<'_>, state: Option<&u8>) {
            note(format!("dropped {state:?}: {}", notice.notice()));
        }

        fn packet_done(&self, _: Outcome, state: u8) {
            note(format!("done {state}"));
        }

        fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
            match diagnostic {
                Diagnostic::NoticeRejected { error, .. } => note(error.to_string()),
                // The notice comes without its packet.
                Diagnostic::ArgumentsRefused { .. } => {}
                other => note(other.to_string()),
            }
        }
    }

    impl OnSendPacket for Answers {
        fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&u8>) {
            assert!(state.is_some());
            packet.replace_with(b"AAAA").unwrap();
            if let Some(context) = *ENDS.lock().unwrap() {
                for code in [0xB, 0xA] {
                    let notice = HookCall::notice(&[], code).context(without_provenance_mut(context));
                    let notice = notice.variable(Parameter::Packet, None);
                    SERVER
                        .get()
                        .unwrap()
                        .call(&notice.variable(Parameter::PacketSize, None));
                }
            }
        }
    }

    #[test]
    fn a_reply_is_the_servers_own_when_its_packet_has_ended() {
        // SAFETY: the entry point is made by the macro.
        let server = SERVER.get_or_init(|| unsafe { Server::load(entry) }.unwrap());
        let packet = server.receive(b"a packet").unwrap();
        *ENDS.lock().unwrap() = Some(packet.context().addr());
        let sent = server.send(&packet, b"reply").unwrap();
        assert_eq!(sent.bytes(), Ok(&b"reply"[..]), "the buffer went back");
        assert_eq!(
            *HEARD.lock().unwrap(),
            [
                "notice for a packet that has been processed",
                "dropped None: DHCP_DROP_NOADDRESS",
                "DhcpPktSendHook: replacement undone: the packet is over",
                "done 97"
            ],
            "a drop is heard after the end too"
        );
        *ENDS.lock().unwrap() = None;
        let next = server.receive(b"b").unwrap();
        assert!(server.send(&next, b"reply").unwrap().bytes() == Ok(b"AAAA"));
    }
}

/// The server goes on about a packet that has ended, with the buffer in which another one is by now.
mod taken_back {
    use super::*;

    struct Replaces;

    static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());
    static HOST: Host<Replaces, 4, 1> = Host::new(Replaces);
    entry_point!(fn entry = HOST);

    fn note(line: String) {
        HEARD.lock().unwrap().push(line);
    }

    impl Callout for Replaces {
        type State = ();

        fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
            let bytes = packet.bytes().to_vec();
            packet.replace_with(&bytes).unwrap();
            Decision::Pass
        }

        fn packet_dropped(&self, notice: &PacketNotice<'_>, _: Option<&()>) {
            note(format!("dropped {:?}", notice.bytes()));
        }

        fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
            if let Diagnostic::ArgumentsRefused { hook, error } = diagnostic {
                note(format!("{hook}: {error}"));
            }
        }
    }

    impl OnSendPacket for Replaces {
        fn send_packet(&self, packet: &mut SendPacket<'_>, _: Option<&()>) {
            packet.rewrite_with(b"reply").unwrap();
            note("send".to_owned());
        }
    }

    impl OnAddressOffered for Replaces {
        fn address_offered(&self, _: &AddressOffered<'_>, _: Option<&()>) {
            note("offered".to_owned());
        }
    }

    impl OnOptionsParsed for Replaces {
        fn options_parsed(&self, _: &mut ParsedOptions<'_>, _: Option<&()>) {
            note("parsed".to_owned());
        }
    }

    #[test]
    fn what_is_said_of_a_packet_after_its_end_leads_to_no_other_packet() {
        // SAFETY: the entry point is made by the macro.
        let server = unsafe { Server::load(entry) }.unwrap();
        let first = server.call(&HookCall::new_packet(b"first"));
        let (start, size) = first.left_at();
        assert!(first.is_swapped());
        server.call(&HookCall::notice(b"", 0xB).context(first.context()));
        let other = server.call(&HookCall::new_packet(b"other"));
        assert_eq!(other.left_at(), (start, size));
        let fields = ServerFields::default();
        for late in [
            HookCall::notice(b"", 0x4),
            HookCall::notice(b"", 0xB),
            HookCall::send(b""),
            HookCall::address_offered(b"", 0x3000_0001),
            HookCall::options_parsed(b"", &fields),
        ] {
            // SAFETY: it is a buffer of 4096 bytes of the host, which lives as long as the test; `other` is in it, which
            // nobody reads or alters until the call returns.
            server.call(&unsafe { late.packet_at(start, size) }.context(first.context()));
        }
        let error = "context refused, and the packet is in a buffer of the callout's, where another may be by now";
        assert_eq!(
            *HEARD.lock().unwrap(),
            [
                format!("DhcpPktDropHook: {error}"),
                "dropped Err(TakenBack)".to_owned(),
                format!("DhcpPktSendHook: {error}"),
                format!("DhcpAddressOfferHook: {error}"),
                format!("DhcpHandleOptionsHook: {error}"),
            ]
        );
        assert_eq!(other.left(), Ok(&b"other"[..]));
    }
}

/// The server reports a packet as processed while the callout hears of its drop.
mod ended_meanwhile {
    use super::*;

    struct Ends;

    static SERVER: OnceLock<Server> = OnceLock::new();
    static CONTEXT: OnceLock<usize> = OnceLock::new();
    static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());
    static HOST: Host<Ends, 1> = Host::new(Ends);
    entry_point!(fn entry = HOST);

    impl Callout for Ends {
        type State = u8;

        fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<u8> {
            Decision::Track(7)
        }

        fn packet_dropped(&self, _: &PacketNotice<'_>, state: Option<&u8>) {
            let context = without_provenance_mut(*CONTEXT.get().unwrap());
            SERVER
                .get()
                .unwrap()
                .call(&HookCall::notice(b"a", 0xB).context(context));
            HEARD.lock().unwrap().push(format!("dropped {state:?}"));
        }

        fn packet_done(&self, outcome: Outcome, state: u8) {
            HEARD.lock().unwrap().push(format!("done {state}: {outcome:?}"));
        }
    }

    #[test]
    fn a_state_comes_back_when_the_hook_returns_that_had_it() {
        // SAFETY: the entry point is made by the macro.
        let server = SERVER.get_or_init(|| unsafe { Server::load(entry) }.unwrap());
        let packet = server.receive(b"a").unwrap();
        CONTEXT.set(packet.context().addr()).unwrap();
        server.notify(&packet, Notice::Dropped(DropReason::PAUSED));
        assert_eq!(
            *HEARD.lock().unwrap(),
            ["dropped Some(7)", "done 7: Dropped(DHCP_DROP_PAUSED)"]
        );
        assert_eq!(HOST.in_flight(), 0);
    }
}

/// A drop is reported while as many hooks are about the packet as can be counted.
mod crowded {
    use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use super::*;

    struct Crowd;

    static SERVER: OnceLock<Server> = OnceLock::new();
    static CONTEXT: OnceLock<usize> = OnceLock::new();
    static HEARD: Mutex<Vec<String>> = Mutex::new(Vec::new());
    static DEPTH: AtomicU32 = AtomicU32::new(0);
    static HOST: Host<Crowd, 1> = Host::new(Crowd);
    entry_point!(fn entry = HOST);

    fn note(line: String) {
        HEARD.lock().unwrap().push(line);
    }

    impl Callout for Crowd {
        type State = u8;

        fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<u8> {
            Decision::Track(7)
        }

        fn packet_dropped(&self, _: &PacketNotice<'_>, state: Option<&u8>) {
            note(format!("dropped {state:?}"));
        }

        fn packet_done(&self, outcome: Outcome, state: u8) {
            note(format!("done {state}: {outcome:?}"));
        }

        fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
            note(match diagnostic {
                Diagnostic::ContextRefused {
                    hook,
                    error: ContextError::TooManyBorrows(_),
                } => format!("{hook}: too many borrows"),
                other => other.to_string(),
            });
        }
    }

    impl OnAddressDeleted for Crowd {
        fn address_deleted(&self, deleted: &AddressDeleted<'_>, state: Option<&u8>) {
            assert_eq!(state, Some(&7));
            let again = if DEPTH.fetch_add(1, Relaxed) < 254 {
                HookCall::address_deleted(b"a", deleted.problem().code())
            } else {
                HookCall::notice(b"a", DropReason::PAUSED.code())
            };
            let context = without_provenance_mut(*CONTEXT.get().unwrap());
            SERVER.get().unwrap().call(&again.context(context));
        }
    }

    #[test]
    fn a_drop_in_a_crowd_counts_though_it_comes_without_the_state() {
        // SAFETY: the entry point is made by the macro.
        let server = SERVER.get_or_init(|| unsafe { Server::load(entry) }.unwrap());
        let packet = server.receive(b"a").unwrap();
        CONTEXT.set(packet.context().addr()).unwrap();
        server.delete_address(&packet, AddressProblem::RELEASE, [192, 0, 2, 1].into());
        assert_eq!((DEPTH.load(Relaxed), HOST.now()), (255, 1));
        server.notify(&packet, Notice::Processed);
        assert_eq!(
            *HEARD.lock().unwrap(),
            [
                "DhcpPktDropHook: too many borrows",
                "dropped None",
                "done 7: Dropped(DHCP_DROP_PAUSED)"
            ]
        );
    }
}

#[test]
fn a_replacement_that_fails_changes_nothing() {
    let (server, recorder) = recorder!(4, 1);
    let packet = server.receive(b"t1").unwrap();
    assert!(server.send(&packet, b"fail").unwrap().bytes() == Ok(b"fail"));
    assert!(
        server.send(&packet, b"reply").unwrap().bytes() == Ok(b"ylper"),
        "the buffer went back"
    );
    let passed = server.receive(b"p2").unwrap();
    assert!(server.send(&passed, b"reply").unwrap().bytes() == Ok(b"reply"));
    server.notify(&packet, Notice::Processed);
    let log = recorder.take();
    assert!(log[2].starts_with("Err(Edit(Header("), "{}", log[2]);
    assert_eq!(log[7], format!("{:?}", Err::<(), _>(ReplaceError::NotTracked)));
}

#[test]
fn a_rewritten_packet_is_in_the_servers_own_buffer() {
    let (server, recorder) = recorder!(1, 2);
    // The second is passed; neither keeps a buffer, and the reply to a packet without a state is rewritten as well.
    let tracked = server.receive(b"wt").unwrap();
    assert_eq!(tracked.bytes(), Ok(&b"rewritten not what is told last"[..]));
    let mut passed = server.receive(b"wp").unwrap();
    assert!(passed.context().is_null());
    assert_eq!(passed.bytes(), Ok(&b"rewritten not what is told last"[..]));
    assert!(server.send(&passed, b"rewrite").unwrap().bytes() == Ok(b"rewritten"));
    assert!(server.send(&tracked, b"long").unwrap().bytes() == Ok(b"long"));
    passed.set_context(null_mut());
    let log = recorder.take();
    assert_eq!(log[2..5], ["send for None", "Ok(())", "send for Some(116)"]);
    assert!(log[5].starts_with("Err(TooLong("), "{log:?}");
}

/// Replaces the packets of transaction 1, and edits all others and their replies three times in place.
struct Rewrites;

/// Edits a packet after [`Rewrites`], the third time in vain.
macro_rules! edit {
    ($packet:ident) => {
        $packet.rewrite(|editor| _ = editor.secs(1)).unwrap();
        $packet
            .rewrite(|editor| _ = editor.set(option::LEASE_TIME, 60))
            .unwrap();
        let too_much = $packet.rewrite(|editor| _ = editor.secs(9).set_raw(OptionCode::from_code(43), &[0; 5000]));
        assert!(matches!(too_much, Err(ReplaceError::Edit(_))), "{too_much:?}");
        assert_eq!(
            $packet.message().unwrap().secs(),
            1,
            "what is shown is the last that was possible"
        );
    };
}

impl Callout for Rewrites {
    type State = ();

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
        match packet.message().unwrap().xid() {
            1 => packet.replace(|_| ()).map_or(Decision::Pass, |_| Decision::Track(())),
            2 => {
                edit!(packet);
                Decision::Track(())
            }
            _ => {
                edit!(packet);
                Decision::Pass
            }
        }
    }
}

impl OnSendPacket for Rewrites {
    fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&()>) {
        let expected = match packet.replace(|_| ()) {
            Err(ReplaceError::Exhausted(_)) => Some(&()),
            Err(ReplaceError::NotTracked) => None,
            other => panic!("{other:?}"),
        };
        assert_eq!(state, expected);
        edit!(packet);
    }
}

#[test]
fn a_packet_is_rewritten_though_all_buffers_are_lost_or_there_are_none() {
    fn check<const BUFFERS: usize>(host: &Host<Rewrites, 4, BUFFERS>, entry: EntryPoint) {
        // SAFETY: the entry points are made by the macro.
        let server = unsafe { Server::load(entry) }.unwrap();
        let request = |xid| PacketBuffer::request(MessageType::REQUEST, xid, &[2, 0, 0, 0, 0, 1]).unwrap();
        for _ in 0..BUFFERS {
            let lost = server.receive(request(1).as_bytes()).unwrap();
            assert!(!lost.context().is_null());
            host.drain();
        }
        for xid in [2, 3] {
            let packet = server.receive(request(xid).as_bytes()).unwrap();
            assert_eq!(packet.context().is_null(), xid == 3);
            let reply = server.send(&packet, request(xid).as_bytes()).unwrap();
            for bytes in [packet.bytes().unwrap(), reply.bytes().unwrap()] {
                let message = Message::parse(bytes).unwrap();
                assert_eq!(
                    (message.secs(), message.find(option::LEASE_TIME)),
                    (1, Some(Seconds(60)))
                );
            }
        }
    }
    static NONE: Host<Rewrites, 4, 0> = Host::new(Rewrites);
    static TWO: Host<Rewrites, 4, 2> = Host::new(Rewrites);
    entry_point!(fn none = NONE);
    entry_point!(fn two = TWO);
    check(&NONE, none);
    check(&TWO, two);
}

#[test]
fn a_message_is_edited_in_either_way() {
    struct Edits;
    impl Callout for Edits {
        type State = ();
        fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
            let replaced = packet.replace(|editor| {
                editor.secs(1).set(option::LEASE_TIME, 60);
            });
            assert_eq!(replaced, Ok(300));
            if packet.message().unwrap().xid() == 8 {
                // What replaced the packet is what is rewritten.
                packet.rewrite(|editor| _ = editor.hops(3)).unwrap();
            }
            Decision::Track(())
        }
    }
    impl OnSendPacket for Edits {
        fn send_packet(&self, packet: &mut SendPacket<'_>, _: Option<&()>) {
            let grown = packet.rewrite(|editor| {
                editor.secs(2).set_raw(OptionCode::from_code(43), &[7; 255]);
            });
            assert!(grown.is_ok_and(|size| size > 300));
        }
    }
    static HOST: Host<Edits, 1, 2> = Host::new(Edits);
    entry_point!(fn entry = HOST);
    // SAFETY: the entry point is made by the macro.
    let server = unsafe { Server::load(entry) }.unwrap();
    let request = PacketBuffer::request(MessageType::REQUEST, 7, &[2, 0, 0, 0, 0, 1]).unwrap();
    let packet = server.receive(request.as_bytes()).unwrap();
    let message = Message::parse(packet.bytes().unwrap()).unwrap();
    assert!(message.secs() == 1 && message.find(option::LEASE_TIME).is_some());
    let sent = server.send(&packet, request.as_bytes()).unwrap();
    let message = sent.message().unwrap();
    let vendor = message.value(OptionCode::from_code(43)).unwrap().unwrap();
    assert!(message.secs() == 2 && vendor.bytes().eq([7; 255]));
    let request = PacketBuffer::request(MessageType::REQUEST, 8, &[2, 0, 0, 0, 0, 1]).unwrap();
    let packet = server.receive(request.as_bytes()).unwrap();
    let message = Message::parse(packet.bytes().unwrap()).unwrap();
    assert!(message.hops() == 3 && message.secs() == 1 && message.find(option::LEASE_TIME).is_some());
}

#[test]
fn a_panic_leaves_the_packet_to_the_server() {
    let (server, recorder) = recorder!(4, 4);
    let packet = server.receive(b"!1").unwrap();
    assert!(!packet.is_refused() && packet.context().is_null());
    assert_eq!(packet.bytes(), Ok(&b"!1"[..]));
    let packet = server.receive(b"t2").unwrap();
    for reply in [&b"panic"[..], b"late"] {
        assert!(server.send(&packet, reply).unwrap().bytes() == Ok(reply));
    }
    server.notify(&packet, Notice::Processed);
    assert_eq!(
        recorder.take(),
        [
            "new 49",
            "DhcpNewPktHook: the callout panicked",
            "new 50",
            "send for Some(50)",
            "DhcpPktSendHook: the callout panicked",
            "send for Some(50)",
            "DhcpPktSendHook: the callout panicked",
            "done 50",
        ]
    );
}

#[test]
fn a_panic_whose_payload_panics_for_ever_is_contained() {
    struct Endless;

    impl Drop for Endless {
        fn drop(&mut self) {
            std::panic::panic_any(Self)
        }
    }

    impl Callout for Endless {
        type State = ();

        fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
            std::panic::panic_any(Self)
        }
    }

    static HOST: Host<Endless, 1> = Host::new(Endless);
    entry_point!(fn entry = HOST);

    // SAFETY: the entry point is made by the macro.
    let server = unsafe { Server::load(entry) }.unwrap();
    assert!(!server.receive(b"a").unwrap().is_refused());
}

#[test]
fn the_service_is_told_of() {
    static SEEN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    fn note(line: String) {
        SEEN.lock().unwrap().push(line);
    }
    struct Listener;
    impl Callout for Listener {
        type State = u8;
        fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<u8> {
            Decision::Track(packet.bytes()[0])
        }
        fn packet_lost(&self, last: Stage, state: u8) {
            note(format!("lost {state}: {last:?}"));
        }
        fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
            note(diagnostic.to_string());
        }
    }
    impl OnControl for Listener {
        fn control(&'static self, event: ControlEvent) {
            note(format!("control {:#x}", event.code().code()));
        }
    }
    static HOST: Host<Listener, 2> = Host::new(Listener);
    entry_point!(fn entry = HOST);
    // SAFETY: the entry point is made by the macro.
    let server = unsafe { Server::load(entry) }.unwrap();
    server.control(ServiceControl::START);
    server.control(ServiceControl::from_code(0x77));
    server.control(ServiceControl::from_code(0x1000_0000));
    let packet = server.receive(&[7]).unwrap();
    assert_eq!(HOST.in_flight(), 1);
    server.control(ServiceControl::STOP);
    assert_eq!(HOST.in_flight(), 0);
    server.notify(&packet, Notice::Processed);
    let log = core::mem::take(&mut *SEEN.lock().unwrap());
    assert_eq!(
        log[..6],
        [
            "control 0x1",
            "control 0x77",
            "DhcpControlHook: arguments refused: ControlCode 0x10000000 is of another hook: those of this one have 0x0 in their upper four bits",
            "control 0x2",
            "packet given up, for its end was not reported: in flight",
            "lost 7: InFlight",
        ]
    );
    let context = packet.context();
    assert_eq!(
        log[6..],
        [format!(
            "notice DHCP_DROP_PROCESSED rejected: context {context:?} is stale: its packet has been processed or given up"
        )]
    );
}

#[test]
fn the_stop_of_the_service_ends_packets_without_a_control_method() {
    let (server, recorder) = recorder!(4, 1);
    let _replaced = server.receive(b"x1").unwrap();
    let dropped = server.receive(b"t2").unwrap();
    server.notify(&dropped, Notice::from_code(0x5));
    recorder.take();
    server.control(ServiceControl::PAUSE);
    assert_eq!(recorder.take(), [""; 0]);
    server.control(ServiceControl::STOP);
    let mut log = recorder.take();
    log.sort();
    assert_eq!(
        log,
        [
            "lost 49: InFlight",
            "lost 50: Dropped(DHCP_DROP_UNAUTH)",
            "packet given up, for its end was not reported: dropped (DHCP_DROP_UNAUTH)",
            "packet given up, for its end was not reported: in flight",
        ]
    );
}

#[test]
fn what_replaced_a_lost_packet_is_the_servers_for_ever() {
    static HOST: Host<Recorder, 1, 5> = Host::new(Recorder::new());
    entry_point!(fn entry = HOST);
    // SAFETY: the entry point is made by the macro.
    let server = unsafe { Server::load(entry) }.unwrap();
    // Returns where the hook has let the server look, and the context.
    let receive = |bytes: &[u8]| {
        let packet = server.receive(bytes).unwrap();
        let (start, size) = packet.seen().left_at();
        assert!(packet.seen().is_swapped() && size == 11);
        (start, packet.context())
    };
    let lose_by: [fn(&Server); 4] = [
        |_| HOST.drain(),
        |server| drop(server.control(ServiceControl::STOP)),
        // The first look finds that the packet was heard of.
        |_| (0..2).for_each(|_| HOST.evict_before(u64::MAX)),
        |server| {
            HOST.set_patience(1);
            // The first of them that finds it old gets its slot.
            for _ in 0..4 {
                server.receive(b"t9").unwrap();
            }
            HOST.drain();
        },
    ];
    let mut lost = Vec::new();
    for (number, lose) in (b'1'..).zip(lose_by) {
        lost.push((receive(&[b'x', number]).0, number));
        lose(&server);
    }
    // A packet that is done gives its buffer back.
    let (done, context) = receive(b"x5");
    server.call(&HookCall::notice(&[], 0xB).null_packet().context(context));
    assert_eq!(receive(b"x6").0, done);
    let log = HOST.callout().take();
    for (start, number) in lost {
        assert!(log.contains(&format!("lost {number}: InFlight")), "{log:?}");
        assert_ne!(start, done);
        // SAFETY: what the hook has let the server look at is there until the packet is done.
        let bytes = unsafe { core::slice::from_raw_parts(start, 11) };
        assert_eq!(bytes, [&b"replaced x"[..], &[number]].concat());
    }
}

#[test]
fn a_hook_makes_its_packet_young_though_its_arguments_are_refused() {
    static HOST: Host<Everything, 8> = Host::new(Everything);
    entry_point!(fn entry = HOST);
    // SAFETY: the entry point is made by the macro.
    let server = unsafe { Server::load(entry) }.unwrap();
    HOST.set_patience(64);
    let packets: Vec<_> = (0..8).map(|_| server.receive(b"packet").unwrap()).collect();
    let fields = ServerFields::default();
    let hooks = [
        HookCall::notice(b"packet", 0x4),
        HookCall::send(b"reply"),
        HookCall::address_deleted(b"packet", 0x2000_0001),
        HookCall::address_offered(b"packet", 0x3000_0001),
        HookCall::options_parsed(b"packet", &fields),
    ];
    let calls = hooks.into_iter().zip(&packets);
    let calls: Vec<_> = calls
        .map(|(hook, packet)| hook.null_packet().context(packet.context()))
        .collect();
    for _ in 0..1000 {
        for call in &calls {
            server.call(call);
        }
        server.receive(b"other").unwrap();
    }
    for packet in &packets {
        server.notify(packet, Notice::Processed);
    }
    let tally = HOST.tally();
    assert!(tally.evicted > 3, "the others made room");
    assert_eq!((tally.done, tally.stale), (5, 3));
}

/// Calls the hook that reports drops as a server does that has no packet any more.
#[test]
fn a_notice_counts_without_a_packet() {
    let (server, recorder) = recorder!(4, 1);
    let packet = server.receive(b"t1").unwrap();
    let context = packet.context();
    let without_variables = HookCall::notice(b"t1", 0xF000_0001).variable(Parameter::Packet, None);
    for call in [
        without_variables.variable(Parameter::PacketSize, None).context(context),
        HookCall::notice(b"t1", 0x2).null_packet().size(5000),
        HookCall::notice(b"t1", 0xB).size(5000).context(context),
    ] {
        assert_eq!(server.call(&call).status(), Some(0));
    }
    assert_eq!(
        recorder.take(),
        [
            "new 49",
            "DhcpPktDropHook: arguments refused: Packet is NULL",
            r#"dropped Some(49) Err(Null { parameter: "Packet" }): 0xf0000001"#,
            "DhcpPktDropHook: arguments refused: *Packet is NULL",
            r#"dropped None Err(Null { parameter: "*Packet" }): 0x2"#,
            "DhcpPktDropHook: arguments refused: PacketSize is 5000, the buffer has 4096 bytes",
            "done 49: 0xf0000001",
        ]
    );
}

#[test]
fn dlls_that_are_switched_off_are_counted() {
    static ALONE: Host<Recorder, 1, 0> = Host::new(Recorder::new());
    entry_point!(fn alone = ALONE);
    let list: Vec<u16> = "a.dll\0b.dll\0".encode_utf16().collect();
    // SAFETY: the entry point is made by the macro.
    let result = unsafe { EntryCall::DEFAULT.chain(Some(&list)).enter(alone) };
    assert_eq!(result.status, 0);
    assert_eq!(
        ALONE.callout().take(),
        ["exported without a chain, which switches off so many DLLs of the list: 2"]
    );
    let (_, recorder) = recorder!(1, 0);
    assert_eq!(recorder.take(), [""; 0], "an empty list is no news");
}

#[test]
fn a_list_that_is_not_read_to_its_end_is_told() {
    static HOST: Host<Recorder, 1, 0> = Host::new(Recorder::new());
    entry_point!(fn entry = HOST);
    let told = |list: *mut u16| {
        let mut table = CalloutTable::EMPTY;
        // SAFETY: the list is longer than what is read of it, or ends, or is not aligned; and the table can be written.
        let status = unsafe { entry(list, 0, &raw mut table) };
        assert_eq!((status, table.dhcp_new_pkt_hook.is_some()), (0, true));
        HOST.callout().take()
    };
    let mut list = [u16::from(b'a'), 0].repeat(LONGEST_LIST / 2 + 1);
    let switched_off =
        |dlls: usize| format!("exported without a chain, which switches off so many DLLs of the list: {dlls}");
    assert_eq!(
        told(list.as_mut_ptr().wrapping_byte_add(1)),
        ["DhcpServerCalloutEntry: arguments refused: list of DLLs is at an odd address, and was not read"]
    );
    assert_eq!(
        told(list.as_mut_ptr()),
        [
            "DhcpServerCalloutEntry: arguments refused: list of DLLs does not end within 32768 UTF-16 units, and the rest \
             was not read",
            &switched_off(LONGEST_LIST / 2)
        ]
    );
    list[LONGEST_LIST - 2] = 0;
    assert_eq!(told(list.as_mut_ptr()), [switched_off(LONGEST_LIST / 2 - 1)]);
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
    let path = ChainDlls::new(&[0x61, 0x22, 0xD800, 0, 0]).next().unwrap().unwrap();
    assert_eq!(format!("{path:?}"), r#""a\"\u{d800}""#, "no two paths print alike");
    let units: Vec<_> = ChainDlls::new(&[0x61, 0xDC00, 0, 0])
        .flatten()
        .map(|path| path.units().to_vec())
        .collect();
    assert_eq!(units, [[0x61, 0xDC00]]);
}
