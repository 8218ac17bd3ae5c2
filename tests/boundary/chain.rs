//! Proves that a chain serves all its members, whatever one of them does: contexts, ends told once, refusals, pointers.
#![expect(unsafe_code, reason = "foreign DLLs are played with raw pointers")]
#![expect(
    clippy::multiple_unsafe_ops_per_block,
    reason = "a foreign DLL is written as one in C would be"
)]

use core::ffi::c_void;
use core::ptr::{null_mut, with_exposed_provenance, without_provenance_mut};
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use core::time::Duration;
use std::panic::catch_unwind;
use std::sync::mpsc::channel;
use std::sync::{Mutex, OnceLock};
use std::thread::{self, JoinHandle};

use dhcp_callout::chain::{Chain, LoadedDll};
use dhcp_callout::control::{AddressProblem, ServiceControl};
use dhcp_callout::ffi::{Bool, CalloutTable, DropSendArguments, EntryPoint, NewPkt, NewPktArguments, ProbArguments};
use dhcp_callout::hook::ChainDlls;
use dhcp_callout::simulate::{Conduct, EntryCall, EntryResult, HookCall, PacketInFlight, Server, Swaps};
use dhcp_callout::{
    Callout, Decision, Diagnostic, DllPath, DropReason, Host, LoadError, NewPacket, Notice, OnSendPacket, Outcome,
    PacketNotice, SendPacket, entry_point,
};

/// What the callouts and the foreign DLLs of one test hear.
struct Log(Mutex<Vec<String>>);

impl Log {
    const fn new() -> Self {
        Self(Mutex::new(Vec::new()))
    }

    fn note(&self, line: impl Into<String>) {
        self.0
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .push(line.into());
    }

    fn take(&self) -> Vec<String> {
        core::mem::take(&mut self.0.lock().unwrap())
    }
}

/// The DLL's own callout, which tracks every packet, and notes what it hears.
struct Own(&'static Log);

impl Callout for Own {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Track(())
    }

    fn packet_dropped(&self, notice: &PacketNotice<'_>, state: Option<&()>) {
        self.0
            .note(format!("own dropped {state:?}: {:#x}", notice.notice().code()));
    }

    fn packet_done(&self, outcome: Outcome, (): ()) {
        self.0.note(format!("own done {outcome:?}"));
    }

    fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
        self.0.note(match diagnostic {
            Diagnostic::NoticeRejected { .. } => "rejected".to_owned(),
            Diagnostic::MemberRefused { packet, .. } => format!("{diagnostic}: {}", String::from_utf8_lossy(packet)),
            other => other.to_string(),
        });
    }
}

/// A DLL that is written in C, say.
trait Dll: 'static {
    unsafe fn new_pkt(_: NewPktArguments) -> u32 {
        0
    }
    unsafe fn pkt_drop(_: DropSendArguments) -> u32 {
        0
    }
    unsafe fn pkt_send(_: DropSendArguments) -> u32 {
        0
    }
    unsafe fn address_del(_: ProbArguments) -> u32 {
        0
    }
}

unsafe extern "system" fn new_pkt<D: Dll>(
    packet: *mut *mut u8,
    packet_size: *mut u32,
    ip_address: u32,
    reserved: *mut c_void,
    pkt_context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    let call = NewPktArguments {
        packet,
        packet_size,
        ip_address,
        reserved,
        pkt_context,
        process_it,
    };
    // SAFETY: called as the prototype says.
    unsafe { D::new_pkt(call) }
}

fn drop_send(
    packet: *mut *mut u8,
    packet_size: *mut u32,
    control_code: u32,
    ip_address: u32,
    reserved: *mut c_void,
    pkt_context: *mut c_void,
) -> DropSendArguments {
    DropSendArguments {
        packet,
        packet_size,
        control_code,
        ip_address,
        reserved,
        pkt_context,
    }
}

unsafe extern "system" fn pkt_drop<D: Dll>(
    packet: *mut *mut u8,
    size: *mut u32,
    code: u32,
    address: u32,
    reserved: *mut c_void,
    context: *mut c_void,
) -> u32 {
    // SAFETY: called as the prototype says.
    unsafe { D::pkt_drop(drop_send(packet, size, code, address, reserved, context)) }
}

unsafe extern "system" fn pkt_send<D: Dll>(
    packet: *mut *mut u8,
    size: *mut u32,
    code: u32,
    address: u32,
    reserved: *mut c_void,
    context: *mut c_void,
) -> u32 {
    // SAFETY: called as the prototype says.
    unsafe { D::pkt_send(drop_send(packet, size, code, address, reserved, context)) }
}

unsafe extern "system" fn address_del<D: Dll>(
    packet: *mut u8,
    packet_size: u32,
    control_code: u32,
    ip_address: u32,
    alt_address: u32,
    reserved: *mut c_void,
    pkt_context: *mut c_void,
) -> u32 {
    let call = ProbArguments {
        packet,
        packet_size,
        control_code,
        ip_address,
        alt_address,
        reserved,
        pkt_context,
    };
    // SAFETY: called as the prototype says.
    unsafe { D::address_del(call) }
}

unsafe extern "system" fn entry_of<D: Dll>(_: *mut u16, _: u32, table: *mut CalloutTable) -> u32 {
    let hooks = CalloutTable {
        dhcp_new_pkt_hook: Some(new_pkt::<D>),
        dhcp_pkt_drop_hook: Some(pkt_drop::<D>),
        dhcp_pkt_send_hook: Some(pkt_send::<D>),
        dhcp_address_del_hook: Some(address_del::<D>),
        ..CalloutTable::EMPTY
    };
    // SAFETY: a chain passes a table of its own.
    unsafe { table.write(hooks) };
    0
}

#[expect(clippy::unnecessary_wraps, reason = "what a loader returns")]
fn dll<D: Dll>() -> Option<LoadedDll> {
    // SAFETY: the hooks of a test do what their prototypes say.
    Some(unsafe { LoadedDll::new(entry_of::<D>) })
}

/// Calls an entry point with a list of DLLs.
fn enter(entry: EntryPoint, list: &str) -> EntryResult {
    let list: Vec<u16> = list.encode_utf16().collect();
    // SAFETY: the entry points are made by the macro.
    unsafe { EntryCall::DEFAULT.chain(Some(&list)).enter(entry) }
}

fn server(entry: EntryPoint, list: &str) -> Server {
    // SAFETY: the hooks are those of the macro.
    unsafe { Server::new(enter(entry, list).table().unwrap()) }
}

/// Defines a chain of [`Own`] and the DLLs that `$find` loads, and returns its server.
macro_rules! chain {
    ($log:expr, $packets:literal, $list:literal, $find:path) => {{
        static OWN: Host<Own, 16> = Host::new(Own(&$log));
        static CHAIN: Chain<$packets> = Chain::new();
        entry_point!(fn entry = OWN, chain = CHAIN, find = $find);
        (server(entry, $list), &CHAIN)
    }};
}

mod members {
    //! A chain of three callouts of this crate, the second of which is quiet about replies.

    use super::*;

    static LOG: Log = Log::new();

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
            packet.replace_with(format!("{text}{NUMBER}").as_bytes()).unwrap();
            Decision::Track((NUMBER, packet.bytes()[0]))
        }

        fn packet_dropped(&self, notice: &PacketNotice<'_>, state: Option<&(u8, u8)>) {
            let code = notice.notice().code();
            let text = notice.bytes().map(String::from_utf8_lossy);
            LOG.note(format!("{NUMBER} dropped {state:?} {code:#x} {text:?}"));
        }

        fn packet_done(&self, outcome: Outcome, state: (u8, u8)) {
            LOG.note(format!("{NUMBER} done {state:?} {outcome:?}"));
        }

        fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
            if let Diagnostic::NotTold { .. } | Diagnostic::NoticeRejected { .. } = diagnostic {
                LOG.note(format!("{NUMBER} told: {diagnostic}"));
            }
        }
    }

    impl OnSendPacket for Member<1> {
        fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&(u8, u8)>) {
            LOG.note(format!("1 send {state:?}"));
            packet.replace_with(b"from 1").unwrap();
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

    static FIRST: Host<Member<1>, 8> = Host::new(Member);
    static SECOND: Host<Member<2>, 8> = Host::new(Member);
    static THIRD: Host<Member<3>, 8> = Host::new(Member);
    static CHAIN: Chain<8> = Chain::new();

    entry_point!(fn second = SECOND);
    entry_point!(fn third = THIRD);
    entry_point!(fn first = FIRST, chain = CHAIN, find = find);

    unsafe extern "system" fn unwilling(_: *mut u16, _: u32, _: *mut CalloutTable) -> u32 {
        1
    }

    fn find(path: DllPath<'_>) -> Option<LoadedDll> {
        let entry: EntryPoint = match path.to_string().as_str() {
            "two.dll" => second,
            "three.dll" => third,
            "unwilling.dll" => unwilling,
            "panic.dll" => panic!("asked for"),
            _ => return None,
        };
        // SAFETY: the entry points are made by the macro, or do nothing.
        Some(unsafe { LoadedDll::new(entry) })
    }

    #[test]
    fn each_member_gets_its_own_context() {
        let list = "two.dll\0missing.dll\0panic.dll\0unwilling.dll\0three.dll\0\0ignored.dll\0\0";
        for (call, status) in [
            (EntryCall::DEFAULT.version(1), 50),
            (EntryCall::DEFAULT.table(None), 87),
        ] {
            // SAFETY: the entry point is made by the macro.
            assert_eq!(unsafe { call.enter(first) }.status, status);
        }
        enter(first, list).table().unwrap();
        let server = server(first, list);
        let table = server.table();
        assert_eq!(CHAIN.left_out(), 3);
        assert!(table.dhcp_pkt_send_hook.is_some() && table.dhcp_control_hook.is_some());
        assert!(table.dhcp_address_del_hook.is_none() && table.dhcp_delete_client_hook.is_none());

        let packet = server.receive(b"a").unwrap();
        assert_eq!(packet.bytes(), Ok(&b"a123"[..]));
        assert_eq!(server.send(&packet, b"reply").unwrap().bytes(), Ok(&b"from 1"[..]));
        for code in [0x6, 0xB] {
            server.notify(&packet, Notice::from_code(code));
        }
        assert_eq!(
            LOG.take(),
            [
                "1 new a",
                "2 new a1",
                "3 new a12",
                "1 send Some((1, 97))",
                "3 send \"from 1\" Some((3, 97))",
                "1 dropped Some((1, 97)) 0x6 Ok(\"a123\")",
                "2 dropped Some((2, 97)) 0x6 Ok(\"a123\")",
                "3 dropped Some((3, 97)) 0x6 Ok(\"a123\")",
                "3 done (3, 97) Dropped(DHCP_DROP_PAUSED)",
                "2 done (2, 97) Dropped(DHCP_DROP_PAUSED)",
                "1 done (1, 97) Dropped(DHCP_DROP_PAUSED)",
            ]
        );

        // After the end nobody hears of another, and of a drop the first alone: the others have had contexts for it.
        for code in [0xB, 0x1] {
            server.notify(&packet, Notice::from_code(code));
        }
        let log = LOG.take();
        let rejected = |line: &&String| line.contains("rejected");
        let others: Vec<_> = log.iter().filter(|line| !rejected(line)).collect();
        assert_eq!(log.iter().filter(rejected).count(), 3, "the drop by the own host, too");
        assert_eq!(
            others,
            [
                "1 told: notice DHCP_DROP_PROCESSED not told to chain member 1",
                "1 told: notice DHCP_DROP_PROCESSED not told to chain member 2",
                "1 told: notice DHCP_DROP_DUPLICATE not told to chain member 1",
                "1 told: notice DHCP_DROP_DUPLICATE not told to chain member 2",
                "1 dropped None 0x1 Ok(\"\")",
            ]
        );

        // Refused by the second: the third does not hear of it, the others hear of its end, whether the server reports
        // the packet or not, and the first of no drop but the server's.
        let packet = server.receive(b"2").unwrap();
        assert!(packet.is_refused());
        assert_eq!(packet.bytes(), Ok(&b"2"[..]), "what the first put there has ended");
        assert_eq!(
            LOG.take(),
            [
                "1 new 2",
                "2 new 21",
                "2 dropped None 0x100 Ok(\"2\")",
                "1 done (1, 50) Processed",
            ]
        );
        server.notify(&packet, Notice::Dropped(DropReason::INTERNAL_ERROR));
        server.notify(&packet, Notice::Processed);
        assert_eq!(
            LOG.take(),
            [
                "1 told: notice DHCP_DROP_INTERNAL_ERROR not told to chain member 1",
                "1 dropped None 0x3 Ok(\"2\")",
                "3 dropped None 0x3 Ok(\"2\")",
                "1 told: notice DHCP_DROP_PROCESSED not told to chain member 1",
            ],
            "to the third it was never offered"
        );

        // Two packets at once, reported in the other order.
        let mut packets = [b"b", b"c"].map(|packet| server.receive(packet).unwrap());
        LOG.take();
        packets.reverse();
        for packet in &packets {
            server.notify(packet, Notice::Processed);
        }
        let done: Vec<_> = LOG.take().iter().map(|line| line[7..].to_owned()).collect();
        let expected = [(3, 99), (2, 99), (1, 99), (3, 98), (2, 98), (1, 98)];
        assert_eq!(done, expected.map(|state| format!("{state:?} Processed")));
        assert_eq!((CHAIN.in_flight(), CHAIN.tally().admitted), (0, 4));
    }
}

/// A DLL that keeps a context with each packet, and counts the ends.
mod ends {
    use super::*;

    static LOG: Log = Log::new();
    static ENDS: AtomicU32 = AtomicU32::new(0);
    static SERVER: OnceLock<(Server, usize)> = OnceLock::new();

    struct Foreign;

    impl Dll for Foreign {
        unsafe fn new_pkt(call: NewPktArguments) -> u32 {
            // SAFETY: a chain passes a variable of its own.
            unsafe { call.pkt_context.write(without_provenance_mut(1)) };
            0
        }

        unsafe fn pkt_drop(_: DropSendArguments) -> u32 {
            if ENDS.fetch_add(1, SeqCst) == 0 {
                // At the same moment another thread reports the same end.
                let (server, context) = SERVER.get().unwrap();
                server.call(&HookCall::notice(b"a", 0xB).context(without_provenance_mut(*context)));
            }
            0
        }
    }

    fn find(_: DllPath<'_>) -> Option<LoadedDll> {
        dll::<Foreign>()
    }

    #[test]
    fn the_end_is_passed_on_once() {
        let (server, _) = chain!(LOG, 4, "foreign.dll\0\0", find);
        let packet = server.receive(b"a").unwrap();
        let context = packet.context().addr();
        let (server, _) = SERVER.get_or_init(|| (server, context));
        server.notify(&packet, Notice::Processed);
        assert_eq!(ENDS.load(SeqCst), 1);
        assert_eq!(
            LOG.take(),
            [
                "rejected",
                "notice DHCP_DROP_PROCESSED not told to chain member 1",
                "own done Processed"
            ]
        );
    }
}

/// More hooks about one packet at once than can be counted.
mod crowded {
    use super::*;

    static LOG: Log = Log::new();
    static DEPTH: AtomicU32 = AtomicU32::new(0);
    static ENDS: Mutex<Vec<(usize, u32, usize)>> = Mutex::new(Vec::new());
    static SERVER: OnceLock<(Server, usize)> = OnceLock::new();

    struct Foreign;

    impl Dll for Foreign {
        unsafe fn new_pkt(call: NewPktArguments) -> u32 {
            // SAFETY: a chain passes a variable of its own.
            unsafe { call.pkt_context.write(without_provenance_mut(5)) };
            0
        }

        unsafe fn pkt_drop(call: DropSendArguments) -> u32 {
            // SAFETY: a chain passes variables of its own.
            let (packet, size) = unsafe { (call.packet.read(), call.packet_size.read()) };
            let end = (call.pkt_context.addr(), size, packet.addr());
            ENDS.lock().unwrap().push(end);
            0
        }

        unsafe fn address_del(call: ProbArguments) -> u32 {
            let (server, context) = SERVER.get().unwrap();
            let again = if DEPTH.fetch_add(1, SeqCst) < 254 {
                HookCall::address_deleted(b"a", call.control_code)
            } else {
                HookCall::notice(b"a", 0xB)
            };
            server.call(&again.context(without_provenance_mut(*context)));
            0
        }
    }

    fn find(_: DllPath<'_>) -> Option<LoadedDll> {
        dll::<Foreign>()
    }

    #[test]
    fn a_crowded_packet_ends_all_the_same() {
        let (server, chain) = chain!(LOG, 4, "foreign.dll\0\0", find);
        let packet = server.receive(b"a").unwrap();
        let context = packet.context().addr();
        let (server, _) = SERVER.get_or_init(|| (server, context));
        server.delete_address(&packet, AddressProblem::RELEASE, [192, 0, 2, 1].into());
        assert_eq!(DEPTH.load(SeqCst), 255);
        let ends = ENDS.lock().unwrap();
        assert!(matches!(**ends, [(5, 0, packet)] if packet != 0), "{ends:?}");
        assert_eq!(
            (LOG.take(), chain.in_flight()),
            (vec!["own done Processed".to_owned()], 0)
        );
    }
}

/// A DLL that refuses a packet, and one that leaves nonsense in the pointers.
mod pointers {
    use super::*;

    static LOG: Log = Log::new();

    struct Clobbers;

    impl Clobbers {
        unsafe fn clobber(packet: *mut *mut u8, size: *mut u32) {
            // SAFETY: the caller passes variables.
            unsafe {
                packet.write(null_mut());
                size.write(u32::MAX);
            }
        }
    }

    impl Dll for Clobbers {
        unsafe fn new_pkt(call: NewPktArguments) -> u32 {
            // SAFETY: called as the prototype says.
            unsafe { Self::clobber(call.packet, call.packet_size) };
            7
        }

        unsafe fn pkt_drop(call: DropSendArguments) -> u32 {
            LOG.note(format!("clobbers told {:#x}", call.control_code));
            // SAFETY: called as the prototype says.
            unsafe { Self::clobber(call.packet, call.packet_size) };
            0
        }

        unsafe fn pkt_send(call: DropSendArguments) -> u32 {
            // SAFETY: called as the prototype says.
            unsafe { Self::clobber(call.packet, call.packet_size) };
            0
        }
    }

    struct Refuses;

    impl Dll for Refuses {
        unsafe fn new_pkt(call: NewPktArguments) -> u32 {
            // SAFETY: called as the prototype says; the chain has set the pointers back.
            unsafe {
                let size = usize::try_from(call.packet_size.read()).unwrap();
                if core::slice::from_raw_parts(call.packet.read(), size) == b"refuse" {
                    call.process_it.write(Bool::FALSE);
                }
            }
            8
        }

        unsafe fn pkt_drop(call: DropSendArguments) -> u32 {
            // SAFETY: a chain passes variables of its own.
            let (packet, size) = unsafe { (call.packet.read(), call.packet_size.read()) };
            LOG.note(format!(
                "refuses told {:#x}, NULL {}, {size} bytes",
                call.control_code,
                packet.is_null()
            ));
            0
        }
    }

    /// Shortens the packet in place.
    struct Cuts;

    impl Dll for Cuts {
        unsafe fn new_pkt(call: NewPktArguments) -> u32 {
            // SAFETY: the variable is the server's.
            unsafe { call.packet_size.write(3) };
            0
        }
    }

    /// Refuses every packet, and keeps that for itself.
    struct Denies;

    impl Dll for Denies {
        unsafe fn new_pkt(call: NewPktArguments) -> u32 {
            // SAFETY: a chain passes a variable of its own.
            unsafe { call.process_it.write(Bool::FALSE) };
            0
        }
    }

    fn find(path: DllPath<'_>) -> Option<LoadedDll> {
        match path.to_string().as_str() {
            "clobbers" => dll::<Clobbers>(),
            "cuts" => dll::<Cuts>(),
            "denies" => dll::<Denies>(),
            _ => dll::<Refuses>(),
        }
    }

    #[test]
    fn a_refused_packet_is_told_as_the_server_has_it() {
        static LOG: Log = Log::new();
        let (server, _) = chain!(LOG, 4, "cuts\0denies\0\0", find);
        let refused = server.receive(b"refuse").unwrap();
        assert_eq!(refused.bytes(), Ok(&b"ref"[..]));
        assert_eq!(
            LOG.take(),
            ["packet refused by chain member 2: ref", "own done Processed"]
        );
    }

    #[test]
    fn what_a_member_leaves_in_the_pointers_does_no_harm() {
        let (server, _) = chain!(LOG, 4, "clobbers\0refuses\0\0", find);
        let refused = server.receive(b"refuse").unwrap();
        assert!(refused.is_refused(), "a refusal stays a refusal");
        assert_eq!(refused.bytes(), Ok(&b"refuse"[..]));
        assert_eq!(
            LOG.take(),
            [
                "DhcpNewPktHook: packet of chain member 1 set back: *Packet is NULL",
                "packet refused by chain member 2: refuse",
                "clobbers told 0x100",
                "refuses told 0x100, NULL false, 6 bytes",
                "refuses told 0xb, NULL false, 6 bytes",
                "clobbers told 0xb",
                "own done Processed",
            ]
        );
        let packet = server.receive(b"accept").unwrap();
        assert_eq!(packet.bytes(), Ok(&b"accept"[..]));
        assert!(server.send(&packet, b"reply").unwrap().bytes() == Ok(b"reply"));
        server.notify(&packet, Notice::Processed);
        assert_eq!(packet.bytes(), Ok(&b"accept"[..]));
        assert_eq!(
            LOG.take(),
            [
                "DhcpNewPktHook: packet of chain member 1 set back: *Packet is NULL",
                "DhcpPktSendHook: packet of chain member 1 set back: *Packet is NULL",
                "refuses told 0xb, NULL false, 6 bytes",
                "clobbers told 0xb",
                "own done Processed",
            ]
        );
    }

    #[test]
    fn a_hook_returns_the_first_failure_after_all_members_were_called() {
        static LOG: Log = Log::new();
        let (server, _) = chain!(LOG, 4, "clobbers\0refuses\0\0", find);
        let seen = server.call(&HookCall::new_packet(b"accept").process_it(0));
        assert_eq!((seen.status(), seen.process_it()), (Some(7), Some(Bool::TRUE)));
    }
}

/// DLLs that have one hook each.
mod few_hooks {
    use super::*;

    static LOG: Log = Log::new();

    struct Fails;

    impl Dll for Fails {
        unsafe fn new_pkt(_: NewPktArguments) -> u32 {
            LOG.note("new");
            7
        }

        unsafe fn pkt_drop(call: DropSendArguments) -> u32 {
            LOG.note(format!("told {:#x} of {}", call.control_code, call.pkt_context.addr()));
            8
        }
    }

    unsafe extern "system" fn entry<const NEW: bool>(_: *mut u16, _: u32, table: *mut CalloutTable) -> u32 {
        let hooks = CalloutTable {
            dhcp_new_pkt_hook: NEW.then_some(new_pkt::<Fails>),
            dhcp_pkt_drop_hook: (!NEW).then_some(pkt_drop::<Fails>),
            ..CalloutTable::EMPTY
        };
        // SAFETY: a chain passes a table of its own.
        unsafe { table.write(hooks) };
        0
    }

    #[expect(clippy::unnecessary_wraps, reason = "what a loader returns")]
    fn find(path: DllPath<'_>) -> Option<LoadedDll> {
        let entry: EntryPoint = if path.to_string() == "new" {
            entry::<true>
        } else {
            entry::<false>
        };
        // SAFETY: the hooks of a test do what their prototypes say.
        Some(unsafe { LoadedDll::new(entry) })
    }

    #[test]
    fn a_member_is_passed_over_in_hooks_that_it_does_not_have() {
        let (server, chain) = chain!(LOG, 4, "drop\0new\0\0", find);
        let seen = server.call(&HookCall::new_packet(b"packet"));
        assert_eq!((seen.status(), LOG.take()), (Some(7), vec!["new".to_owned()]));
        assert_eq!(chain.in_flight(), 1);

        let packet = server.receive(b"packet").unwrap();
        assert!(!packet.is_refused());
        let seen = server.notify(&packet, Notice::Dropped(DropReason::TIMEOUT));
        assert_eq!(seen.status(), Some(8));
        assert_eq!(server.notify(&packet, Notice::Processed).status(), Some(8));
        assert_eq!(
            LOG.take(),
            [
                "new",
                "own dropped Some(()): 0x4",
                "told 0x4 of 0",
                "told 0xb of 0",
                "own done Dropped(DHCP_DROP_TIMEOUT)",
            ]
        );
    }
}

/// A DLL that follows its context, as one that always sets one may.
mod full {
    use super::*;

    static LOGS: [Log; 6] = [const { Log::new() }; 6];
    const FULL: &str =
        "packet kept from the chain's members: table of the chain full: `PACKETS` says how many it holds";
    const LOST: &str = "packet given up by the chain, for its end was not reported: in flight";

    struct Foreign<const N: usize>;

    impl<const N: usize> Dll for Foreign<N> {
        unsafe fn new_pkt(call: NewPktArguments) -> u32 {
            // SAFETY: a chain passes a variable of its own.
            unsafe { call.pkt_context.write(without_provenance_mut(1)) };
            0
        }

        unsafe fn pkt_drop(call: DropSendArguments) -> u32 {
            LOGS[N].note(format!(
                "foreign told {:#x} of {}",
                call.control_code,
                call.pkt_context.addr()
            ));
            0
        }

        unsafe fn pkt_send(call: DropSendArguments) -> u32 {
            LOGS[N].note(format!("foreign sends for {}", call.pkt_context.addr()));
            0
        }
    }

    fn find<const N: usize>(_: DllPath<'_>) -> Option<LoadedDll> {
        dll::<Foreign<N>>()
    }

    #[test]
    fn of_a_packet_that_a_full_chain_does_not_track_the_members_hear_the_drop() {
        let (server, chain) = chain!(LOGS[0], 1, "foreign.dll\0\0", find::<0>);
        let tracked = server.receive(b"a").unwrap();
        let mut untracked = server.receive(b"b").unwrap();
        assert!(!untracked.is_refused());
        server.send(&untracked, b"reply").unwrap();
        server.notify(&untracked, Notice::Processed);
        let context = untracked.context();
        let untracked_context = format!("DhcpPktSendHook: context {context:?} is not one of this table");
        assert_eq!(
            LOGS[0].take(),
            [FULL, &untracked_context, "own done Processed"],
            "the first has it in its own table"
        );
        // What was processed, what no chain has given out, and NULL, which the server says of packets that it never
        // offered.
        for of_no_member in [
            context,
            without_provenance_mut(12),
            without_provenance_mut(usize::MAX - 12),
            null_mut(),
        ] {
            untracked.set_context(of_no_member);
            server.notify(&untracked, Notice::Dropped(DropReason::TIMEOUT));
            let mut log = LOGS[0].take();
            assert_eq!(
                log.iter().filter(|line| *line == "rejected").count(),
                usize::from(!of_no_member.is_null())
            );
            log.retain(|line| line != "rejected");
            assert_eq!(log, ["own dropped None: 0x4", "foreign told 0x4 of 0"]);
        }
        server.notify(&tracked, Notice::Processed);
        assert_eq!(LOGS[0].take(), ["foreign told 0xb of 1", "own done Processed"]);

        // Given up by the chain: the members' contexts are gone, so that only the first hears more of it.
        let lost = server.receive(b"c").unwrap();
        chain.drain();
        assert_eq!(LOGS[0].take(), [LOST]);
        server.notify(&lost, Notice::Dropped(DropReason::TIMEOUT));
        server.notify(&lost, Notice::Processed);
        assert_eq!(
            LOGS[0].take(),
            [
                "rejected",
                "notice DHCP_DROP_TIMEOUT not told to chain member 1",
                "rejected",
                "own dropped None: 0x4",
                "rejected",
                "notice DHCP_DROP_PROCESSED not told to chain member 1",
            ]
        );
        let _lost = server.receive(b"d").unwrap();
        (0..2).for_each(|_| chain.evict_before(u64::MAX));
        assert_eq!(LOGS[0].take(), [LOST]);
    }

    #[test]
    fn after_the_stop_of_the_service_each_member_hears_what_it_would_alone() {
        let log = &LOGS[1];
        let (server, chain) = chain!(LOGS[1], 4, "foreign.dll\0\0", find::<1>);
        let packet = server.receive(b"a").unwrap();
        server.control(ServiceControl::STOP);
        assert_eq!(
            log.take(),
            ["packet given up, for its end was not reported: in flight"],
            "the host's"
        );
        assert_eq!(chain.in_flight(), 1);
        server.notify(&packet, Notice::Dropped(DropReason::TIMEOUT));
        server.notify(&packet, Notice::Processed);
        let expected = [
            "rejected",
            "own dropped None: 0x4",
            "foreign told 0x4 of 1",
            "foreign told 0xb of 1",
            "rejected",
        ];
        assert_eq!(log.take(), expected);
        assert_eq!(chain.in_flight(), 0);
        // What is not reported after the stop makes room for what comes when the service has started again.
        let silent: Vec<_> = (0..4).map(|_| server.receive(b"b").unwrap()).collect();
        server.send(&silent[0], b"reply").unwrap();
        assert_eq!(log.take(), ["foreign sends for 1"]);
        server.control(ServiceControl::STOP);
        assert_eq!(
            log.take(),
            ["packet given up, for its end was not reported: in flight"; 4],
            "the host's"
        );
        for _ in 0..4 {
            let packet = server.receive(b"c").unwrap();
            assert_eq!(log.take(), [LOST]);
            assert_eq!(chain.in_flight(), 4);
            drop(packet);
        }
        let _untracked = server.receive(b"d").unwrap();
        assert_eq!(log.take(), [FULL], "these are young");
    }

    /// Returns how many packets were given up by a chain, and how many found it full.
    fn lost_and_refused(log: &Log) -> (usize, usize) {
        let lines = log.take();
        let count = |text: &str| lines.iter().filter(|line| *line == text).count();
        (count(LOST), count(FULL))
    }

    #[test]
    fn after_the_stop_each_admission_finds_a_silent_packet_as_long_as_there_is_one() {
        static LOG: Log = Log::new();
        let (server, _) = chain!(LOG, 1024, "foreign.dll\0\0", find::<2>);
        let packets: Vec<_> = (0..1024).map(|_| server.receive(b"a").unwrap()).collect();
        server.control(ServiceControl::STOP);
        for packet in packets.iter().skip(512) {
            server.delete_address(packet, AddressProblem::RELEASE, [192, 0, 2, 1].into());
        }
        for count in 1..=512 {
            LOG.take();
            let _packet = server.receive(b"b").unwrap();
            assert_eq!(lost_and_refused(&LOG), (1, 0), "admission {count}");
        }
        let _packet = server.receive(b"c").unwrap();
        assert_eq!(lost_and_refused(&LOG), (0, 1));
    }

    #[test]
    fn what_is_heard_of_after_the_stop_is_not_silent_until_the_next() {
        static LOG: Log = Log::new();
        let (server, chain) = chain!(LOG, 4, "foreign.dll\0\0", find::<3>);
        let packets: Vec<_> = (0..4).map(|_| server.receive(b"a").unwrap()).collect();
        let hear = |packet| drop(server.delete_address(packet, AddressProblem::RELEASE, [192, 0, 2, 1].into()));
        server.control(ServiceControl::STOP);
        hear(&packets[1]);
        chain.evict_before(0);
        LOG.take();
        let young: Vec<_> = (0..4).map(|_| server.receive(b"b").unwrap()).collect();
        assert_eq!(lost_and_refused(&LOG), (3, 1));
        // The same, but for a second stop before the clock of the table has gone on.
        server.control(ServiceControl::STOP);
        young.iter().take(3).chain([&packets[1]]).for_each(hear);
        chain.evict_before(0);
        server.control(ServiceControl::STOP);
        LOG.take();
        let _packets: Vec<_> = (0..5).map(|_| server.receive(b"c").unwrap()).collect();
        assert_eq!(lost_and_refused(&LOG), (4, 1));
        // Nothing is given up by an admission if the author says so.
        server.control(ServiceControl::STOP);
        chain.set_patience(u64::MAX);
        LOG.take();
        let _packet = server.receive(b"d").unwrap();
        assert_eq!(lost_and_refused(&LOG), (0, 1));
    }

    #[test]
    fn a_hook_with_refused_arguments_makes_the_packet_of_the_own_callout_young_too() {
        static LOG: Log = Log::new();
        static OWN: Host<Own, 4> = Host::new(Own(&LOG));
        static CHAIN: Chain<8> = Chain::new();
        // This one has no room for the packet.
        static FULL_CHAIN: Chain<1> = Chain::new();
        entry_point!(fn roomy = OWN, chain = CHAIN, find = find::<4>);
        entry_point!(fn full = OWN, chain = FULL_CHAIN, find = find::<4>);
        OWN.set_patience(4);
        for (entry, fillers) in [(roomy as EntryPoint, 0), (full, 1)] {
            let server = server(entry, "foreign.dll\0\0");
            let receive = |count| (0..count).map(|_| server.receive(b"a").unwrap()).collect::<Vec<_>>();
            let mut packets = receive(fillers);
            let heard_of = server.receive(b"heard of").unwrap();
            for _ in 0..20 {
                server.call(
                    &HookCall::address_deleted(b"", 0x2000_0001)
                        .null_packet()
                        .context(heard_of.context()),
                );
                server.notify(&server.receive(b"b").unwrap(), Notice::Processed);
            }
            packets.append(&mut receive(3));
            LOG.take();
            packets.append(&mut receive(1));
            let log = LOG.take();
            assert!(
                log.contains(&"packet not tracked: packet table full: `PACKETS` says how many it holds".to_owned()),
                "{log:?}"
            );
            packets.push(heard_of);
            for packet in &packets {
                server.notify(packet, Notice::Processed);
            }
            assert_eq!(OWN.in_flight(), 0);
        }
    }

    /// A gate that alters what it lets pass, and each reply.
    struct Gate(&'static Log);

    impl Callout for Gate {
        type State = String;

        fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<String> {
            let text = String::from_utf8_lossy(packet.bytes()).into_owned();
            match text.as_str() {
                "refuse" => return Decision::Refuse,
                "pass" => return Decision::Pass,
                "replace" => packet.replace_with(b"a replacement").unwrap(),
                _ => packet.rewrite_with(b"rewritten").unwrap(),
            }
            Decision::Track(text)
        }

        fn packet_dropped(&self, notice: &PacketNotice<'_>, state: Option<&String>) {
            self.0.note(format!("dropped {state:?}: {:#x}", notice.notice().code()));
        }

        fn packet_done(&self, outcome: Outcome, state: String) {
            self.0.note(format!("done {state}: {outcome:?}"));
        }

        fn not_tracked(&self, state: String) {
            self.0.note(format!("not tracked: {state}"));
        }
    }

    impl OnSendPacket for Gate {
        fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&String>) {
            self.0.note(format!("sends for {state:?}"));
            packet.rewrite_with(b"a reply of ours").unwrap();
        }
    }

    static SIZES: Log = Log::new();

    /// Reads of each packet that is dropped how long it is.
    struct Reads;

    impl Dll for Reads {
        unsafe fn pkt_drop(call: DropSendArguments) -> u32 {
            // SAFETY: a chain passes variables of its own.
            SIZES.note(format!("{:#x}: {} bytes", call.control_code, unsafe {
                call.packet_size.read()
            }));
            0
        }
    }

    fn find_reader(_: DllPath<'_>) -> Option<LoadedDll> {
        dll::<Reads>()
    }

    /// No table of the chain keeps the own callout's buffer while the others read it.
    #[test]
    fn what_the_own_callout_can_take_back_the_others_do_not_read() {
        static LOG: Log = Log::new();
        static OWN: Host<Gate, 4, 4> = Host::new(Gate(&LOG));
        static CHAIN: Chain<1> = Chain::new();
        entry_point!(fn entry = OWN, chain = CHAIN, find = find_reader);
        let server = server(entry, "reads.dll\0\0");
        let [tracked, untracked] = [(); 2].map(|()| server.receive(b"replace").unwrap());
        for packet in [&tracked, &untracked] {
            server.notify(packet, Notice::Dropped(DropReason::TIMEOUT));
            server.notify(packet, Notice::Processed);
        }
        assert_eq!(SIZES.take(), ["0x4: 13 bytes", "0xb: 13 bytes", "0x4: 0 bytes"]);
    }

    /// A gate whose chain loses its packets at any time.
    struct Unsteady;

    static UNSTEADY: Host<Unsteady, 16> = Host::new(Unsteady);
    static UNSTEADY_CHAIN: Chain<1> = Chain::new();
    entry_point!(fn unsteady = UNSTEADY, chain = UNSTEADY_CHAIN, find = find::<5>);

    impl Callout for Unsteady {
        type State = ();

        fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
            match packet.bytes() {
                b"refuse" => Decision::Refuse,
                _ => Decision::Track(()),
            }
        }

        fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
            if let Diagnostic::ChainLost { .. } = diagnostic {
                UNSTEADY_CHAIN.drain();
            }
        }
    }

    #[test]
    fn a_packet_that_is_given_up_while_it_is_admitted_is_offered_to_the_own_callout() {
        let server = server(unsteady, "foreign.dll\0\0");
        UNSTEADY_CHAIN.set_patience(1);
        for _ in 0..4 {
            let _silent = server.receive(b"silent").unwrap();
            assert!(server.receive(b"refuse").unwrap().is_refused());
        }
    }

    #[test]
    fn the_own_callout_goes_on_with_packets_for_which_the_chain_has_no_room() {
        static LOG: Log = Log::new();
        static OWN: Host<Gate, 3, 2> = Host::new(Gate(&LOG));
        static CHAIN: Chain<1> = Chain::new();
        entry_point!(fn entry = OWN, chain = CHAIN, find = find::<5>);
        let (log, server) = (&LOG, server(entry, "foreign.dll\0\0"));
        let tracked = server.receive(b"tracked").unwrap();
        assert!(
            server.receive(b"refuse").unwrap().is_refused(),
            "a gate that fails open"
        );
        for (name, bytes) in [("rewrite", &b"rewritten"[..]), ("replace", b"a replacement")] {
            // More often than there are buffers, so that each is given back.
            for _ in 0..4 {
                let packet = server.receive(name.as_bytes()).unwrap();
                assert_eq!(packet.bytes(), Ok(bytes));
                assert_eq!(
                    server.send(&packet, b"reply").unwrap().bytes(),
                    Ok(&b"a reply of ours"[..])
                );
                server.notify(&packet, Notice::Dropped(DropReason::TIMEOUT));
                server.notify(&packet, Notice::Processed);
                let state = format!("Some({name:?})");
                let expected = [
                    format!("sends for {state}"),
                    format!("dropped {state}: 0x4"),
                    format!("done {name}: Dropped(DHCP_DROP_TIMEOUT)"),
                ];
                assert_eq!(log.take(), expected);
            }
        }
        let passed = server.receive(b"pass").unwrap();
        assert_eq!(
            server.send(&passed, b"reply").unwrap().bytes(),
            Ok(&b"a reply of ours"[..])
        );
        // Not even the own table has room any more.
        let packets = [(); 3].map(|()| server.receive(b"more").unwrap());
        server.send(&packets[2], b"reply").unwrap();
        assert_eq!(log.take(), ["sends for None", "not tracked: more", "sends for None"]);
        assert!(packets.iter().all(|packet| packet.bytes() == Ok(b"rewritten")));
        // Given up by the chain, not by the host: without a state, but not unheard.
        CHAIN.drain();
        assert_eq!(
            server.send(&tracked, b"reply").unwrap().bytes(),
            Ok(&b"a reply of ours"[..])
        );
        assert_eq!(log.take(), ["sends for None"]);
        for packet in &packets {
            server.notify(packet, Notice::Processed);
        }
        assert_eq!(log.take(), ["done more: Processed"; 2]);
    }
}

/// The server's context while members hear of a packet for the first time.
mod overlap {
    use super::*;

    static LOG: Log = Log::new();
    static SERVER: OnceLock<(Server, NewPkt)> = OnceLock::new();
    /// Where the server has the context of the packet that it offers.
    static CONTEXT: Mutex<usize> = Mutex::new(0);

    /// Looks at what the chain is given.
    struct Spy;

    impl Dll for Spy {
        unsafe fn new_pkt(call: NewPktArguments) -> u32 {
            *CONTEXT.lock().unwrap() = call.pkt_context.expose_provenance();
            let (_, new_pkt) = SERVER.get().unwrap();
            // SAFETY: the arguments are those of this call.
            unsafe { call.pass_to(*new_pkt) }
        }
    }

    struct Foreign;

    impl Dll for Foreign {
        unsafe fn new_pkt(call: NewPktArguments) -> u32 {
            LOG.note("foreign new");
            // SAFETY: a chain passes a variable of its own.
            unsafe { call.pkt_context.write(without_provenance_mut(9)) };
            // Another thread reports the packet as processed, by what the server has as its context now.
            let context = with_exposed_provenance::<*mut c_void>(*CONTEXT.lock().unwrap());
            // SAFETY: the server's variable.
            let context = unsafe { context.read_unaligned() };
            assert!(!context.is_null(), "nothing is passed on by NULL");
            let (server, _) = SERVER.get().unwrap();
            server.call(&HookCall::notice(b"a packet", 0xB).context(context));
            0
        }

        unsafe fn pkt_drop(call: DropSendArguments) -> u32 {
            LOG.note(format!(
                "foreign told {:#x} of {}",
                call.control_code,
                call.pkt_context.addr()
            ));
            0
        }
    }

    fn find(_: DllPath<'_>) -> Option<LoadedDll> {
        dll::<Foreign>()
    }

    #[test]
    fn an_end_in_the_middle_of_the_beginning_is_told_once() {
        let (server, _) = chain!(LOG, 4, "foreign.dll\0\0", find);
        let spied = CalloutTable {
            dhcp_new_pkt_hook: Some(new_pkt::<Spy>),
            ..*server.table()
        };
        let new_pkt = server.table().dhcp_new_pkt_hook.unwrap();
        // SAFETY: the hooks are those of the macro, and one that calls such a hook.
        let (server, _) = SERVER.get_or_init(|| (unsafe { Server::new(spied) }, new_pkt));
        let packet = server.receive(b"a packet").unwrap();
        server.notify(&packet, Notice::Processed);
        assert_eq!(
            LOG.take(),
            [
                "foreign new",
                "notice DHCP_DROP_PROCESSED not told to chain member 1",
                "foreign told 0xb of 9",
                "own done Processed"
            ]
        );
    }
}

/// Points the server at `buffer`, which then holds "replaced".
///
/// # Safety
/// - Both variables can be written.
unsafe fn replace(buffer: &Mutex<[u8; 4096]>, packet: *mut *mut u8, size: *mut u32) {
    let mut buffer = buffer.lock().unwrap();
    buffer[..8].copy_from_slice(b"replaced");
    // SAFETY: the caller's promise.
    unsafe {
        packet.write(buffer.as_mut_ptr());
        size.write(8);
    }
}

/// A DLL that takes its buffer back when it is told of the end, and those before and after it that still read the
/// packet.
mod bytes_at_the_end {
    use super::*;

    static LOG: Log = Log::new();
    static BUFFER: Mutex<[u8; 4096]> = Mutex::new([0; 4096]);

    struct Replaces;

    impl Dll for Replaces {
        unsafe fn new_pkt(call: NewPktArguments) -> u32 {
            // SAFETY: called as the prototype says.
            unsafe { replace(&BUFFER, call.packet, call.packet_size) };
            0
        }

        unsafe fn pkt_drop(_: DropSendArguments) -> u32 {
            LOG.note("taken back");
            BUFFER.lock().unwrap().fill(0xDD);
            0
        }
    }

    /// Keeps, if it is the last, the pointer that it is given.
    struct Reads<const LAST: bool>;

    impl<const LAST: bool> Dll for Reads<LAST> {
        unsafe fn new_pkt(call: NewPktArguments) -> u32 {
            // SAFETY: called as the prototype says.
            let packet = unsafe { call.packet.read() };
            // SAFETY: a chain passes a variable of its own.
            unsafe { call.pkt_context.write(packet.cast()) };
            0
        }

        unsafe fn pkt_drop(call: DropSendArguments) -> u32 {
            // SAFETY: a chain passes variables of its own, and a packet.
            let packet = unsafe {
                let size = usize::try_from(call.packet_size.read()).unwrap();
                core::slice::from_raw_parts(call.packet.read(), size)
            };
            let told = String::from_utf8_lossy(packet);
            LOG.note(format!("reads {told:?}"));
            if LAST {
                // SAFETY: the static buffer of the member before.
                let kept = unsafe { core::slice::from_raw_parts(call.pkt_context.cast::<u8>(), 8) };
                LOG.note(format!("has {:?}", String::from_utf8_lossy(kept)));
            }
            0
        }
    }

    fn find(path: DllPath<'_>) -> Option<LoadedDll> {
        match path.to_string().as_str() {
            "replaces" => dll::<Replaces>(),
            "last" => dll::<Reads<true>>(),
            _ => dll::<Reads<false>>(),
        }
    }

    /// A callout that looks at all packets.
    struct Looks;

    static LOOKED: Log = Log::new();

    impl Callout for Looks {
        type State = ();

        fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
            Decision::Pass
        }

        fn packet_dropped(&self, notice: &PacketNotice<'_>, _: Option<&()>) {
            LOOKED.note(format!("dropped {:?}", notice.bytes()));
        }
    }

    impl OnSendPacket for Looks {
        fn send_packet(&self, packet: &mut SendPacket<'_>, _: Option<&()>) {
            LOOKED.note(format!("send {}", String::from_utf8_lossy(packet.bytes())));
        }
    }

    static OTHER_BUFFER: Mutex<[u8; 4096]> = Mutex::new([0; 4096]);

    /// Takes its buffer back.
    struct TakesBack;

    impl Dll for TakesBack {
        unsafe fn new_pkt(call: NewPktArguments) -> u32 {
            // SAFETY: called as the prototype says.
            if unsafe { call.packet_size.read() } == 8 {
                // SAFETY: as above.
                unsafe { replace(&OTHER_BUFFER, call.packet, call.packet_size) };
            }
            0
        }
    }

    fn find_other(_: DllPath<'_>) -> Option<LoadedDll> {
        dll::<TakesBack>()
    }

    #[test]
    fn what_a_member_has_taken_back_is_not_read_after_the_end() {
        static HOST: Host<Looks> = Host::new(Looks);
        static CHAIN: Chain = Chain::new();
        entry_point!(fn entry = HOST, chain = CHAIN, find = find_other);
        let server = server(entry, "replaces\0\0");
        let late = |packet: &[u8]| {
            let packet = server.receive(packet).unwrap();
            server.notify(&packet, Notice::Processed);
            server.call(&HookCall::send(b"reply").context(packet.context()));
            server.call(&HookCall::notice(b"late", 0x4).context(packet.context()));
            LOOKED.take()
        };
        // As long as no member replaces packets, the bytes are those of the server.
        assert_eq!(
            late(b"a packet that is not"),
            ["send reply", "dropped Ok([108, 97, 116, 101])"]
        );
        assert_eq!(late(b"original"), ["dropped Ok([])"]);
    }

    /// A callout that replaces all packets, and rewrites all replies.
    struct Alters;

    static ALTERED: Log = Log::new();

    impl Callout for Alters {
        type State = ();

        fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
            let bytes = packet.bytes().to_vec();
            packet.replace_with(&bytes).unwrap();
            Decision::Pass
        }

        fn packet_dropped(&self, notice: &PacketNotice<'_>, _: Option<&()>) {
            ALTERED.note(format!("dropped {:?}", notice.bytes()));
        }
    }

    impl OnSendPacket for Alters {
        fn send_packet(&self, packet: &mut SendPacket<'_>, _: Option<&()>) {
            ALTERED.note("send");
            packet.rewrite_with(b"reply").unwrap();
        }
    }

    #[test]
    fn what_the_own_callout_has_taken_back_it_does_not_read_after_the_end() {
        static HOST: Host<Alters, 4, 1> = Host::new(Alters);
        static CHAIN: Chain = Chain::new();
        entry_point!(fn entry = HOST, chain = CHAIN, find = find);
        let server = server(entry, "\0");
        let first = server.call(&HookCall::new_packet(b"first"));
        let (start, size) = first.left_at();
        server.call(&HookCall::notice(b"", 0xB).context(first.context()));
        let other = server.call(&HookCall::new_packet(b"other"));
        assert_eq!(other.left_at(), (start, size), "the host has one buffer");
        for late in [HookCall::send(b""), HookCall::notice(b"", 0x4)] {
            // SAFETY: it is a buffer of 4096 bytes of the host, which lives as long as the test; `other` is in it, which
            // nobody reads or alters until the call returns.
            server.call(&unsafe { late.packet_at(start, size) }.context(first.context()));
        }
        assert_eq!(ALTERED.take(), ["dropped Err(TakenBack)"]);
        assert_eq!(other.left(), Ok(&b"other"[..]));
    }

    #[test]
    fn a_buffer_is_taken_back_when_those_after_it_have_been_told_and_those_before_it_read_a_copy() {
        let (server, _) = chain!(LOG, 4, "first\0replaces\0last\0\0", find);
        let server = server.conduct(Conduct::DEFAULT.swaps(Swaps::ReadAgain));
        let packet = server.receive(b"original").unwrap();
        server.notify(&packet, Notice::Processed);
        assert_eq!(
            LOG.take(),
            [
                "reads \"replaced\"",
                "has \"replaced\"",
                "taken back",
                "reads \"replaced\"",
                "own done Processed"
            ]
        );
    }
}

/// A DLL that takes its buffer back when it is told of the end, while one after it still has the reply.
mod end_while_a_member_reads {
    use super::*;

    static LOG: Log = Log::new();
    static BUFFER: Mutex<[u8; 4096]> = Mutex::new([0; 4096]);
    static SERVER: OnceLock<(Server, PacketInFlight)> = OnceLock::new();

    struct Replaces;

    impl Dll for Replaces {
        unsafe fn pkt_send(call: DropSendArguments) -> u32 {
            // SAFETY: called as the prototype says.
            unsafe { replace(&BUFFER, call.packet, call.packet_size) };
            0
        }

        unsafe fn pkt_drop(_: DropSendArguments) -> u32 {
            LOG.note("taken back");
            BUFFER.lock().unwrap().fill(0xDD);
            0
        }
    }

    struct Reads;

    impl Dll for Reads {
        unsafe fn pkt_send(call: DropSendArguments) -> u32 {
            let (server, packet) = SERVER.get().unwrap();
            server.notify(packet, Notice::Processed);
            // SAFETY: called as the prototype says.
            let packet = unsafe { core::slice::from_raw_parts(call.packet.read(), 8) };
            LOG.note(format!("reads {:?}", String::from_utf8_lossy(packet)));
            0
        }
    }

    fn find(path: DllPath<'_>) -> Option<LoadedDll> {
        match path.to_string().as_str() {
            "replaces" => dll::<Replaces>(),
            _ => dll::<Reads>(),
        }
    }

    #[test]
    fn the_last_hook_tells_the_members_and_the_server_gets_its_own_reply_back() {
        let (server, chain) = chain!(LOG, 4, "replaces\0reads\0\0", find);
        let packet = server.receive(b"request").unwrap();
        let (server, packet) = SERVER.get_or_init(|| (server, packet));
        let sent = server.send(packet, b"its own").unwrap();
        assert_eq!(sent.bytes().unwrap(), b"its own");
        assert_eq!(
            LOG.take(),
            [
                "reads \"replaced\"",
                "DhcpPktSendHook: replacement undone: the packet is over",
                "taken back",
                "own done Processed"
            ]
        );
        assert_eq!(chain.in_flight(), 0);
    }
}

/// A DLL that lets the packet grow in place, and one that then refuses it.
mod refused_after_growth {
    use super::*;

    static LOG: Log = Log::new();

    struct Grows;

    impl Dll for Grows {
        unsafe fn new_pkt(call: NewPktArguments) -> u32 {
            // SAFETY: called as the prototype says, with a buffer of 4096 bytes.
            unsafe {
                call.packet
                    .read()
                    .copy_from_nonoverlapping(b"it has grown".as_ptr(), 12);
                call.packet_size.write(12);
            }
            0
        }
    }

    struct Refuses;

    impl Dll for Refuses {
        unsafe fn new_pkt(call: NewPktArguments) -> u32 {
            // SAFETY: called as the prototype says.
            unsafe { call.process_it.write(Bool::FALSE) };
            0
        }
    }

    fn find(path: DllPath<'_>) -> Option<LoadedDll> {
        match path.to_string().as_str() {
            "grows" => dll::<Grows>(),
            _ => dll::<Refuses>(),
        }
    }

    #[test]
    fn the_size_is_that_of_the_bytes_that_are_there() {
        let (server, _) = chain!(LOG, 4, "grows\0refuses\0\0", find);
        let packet = server.receive(b"small").unwrap();
        assert!(packet.is_refused());
        assert_eq!(packet.bytes().unwrap(), b"it has grown");
    }
}

mod loading {
    use super::*;

    struct Counts<const N: usize>;

    static CALLS: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];

    impl<const N: usize> Dll for Counts<N> {
        unsafe fn new_pkt(_: NewPktArguments) -> u32 {
            CALLS[N].fetch_add(1, SeqCst);
            0
        }
    }

    static LOG: Log = Log::new();
    static TWICE: Host<Own> = Host::new(Own(&LOG));
    static CHAIN: Chain<4, 3> = Chain::new();
    entry_point!(fn twice = TWICE, chain = CHAIN, find = find);

    fn find(path: DllPath<'_>) -> Option<LoadedDll> {
        match path.to_string().as_str() {
            // SAFETY: it is made by the macro.
            "itself" => Some(unsafe { LoadedDll::new(twice) }),
            "a" => dll::<Counts<0>>(),
            _ => dll::<Counts<1>>(),
        }
    }

    #[test]
    fn a_dll_that_the_list_names_twice_is_one_member() {
        let server = server(twice, "itself\0a\0itself\0a\0b\0c\0\0");
        assert_eq!(
            LOG.take(),
            [
                "itself left out of the chain: it is a member already",
                "itself left out of the chain: it is a member already",
                "a left out of the chain: it is a member already",
                "c left out of the chain: it is a member already",
            ]
        );
        let _packet = server.receive(b"a").unwrap();
        assert_eq!(CALLS.each_ref().map(|calls| calls.load(SeqCst)), [1, 1]);
        assert_eq!(CHAIN.left_out(), 4);
    }

    #[test]
    fn nobody_waits_for_members_whose_loading_has_panicked() {
        static CHAIN: Chain<4> = Chain::new();
        let load = |list: &'static str, find: fn(DllPath<'_>) -> Option<LoadedDll>| {
            let list: &[u16] = &list.encode_utf16().collect::<Vec<_>>();
            // SAFETY: the table has no hooks.
            unsafe { CHAIN.load((twice, CalloutTable::EMPTY), ChainDlls::new(list), find, |_| ()) }
        };
        let panicking = |path: DllPath<'_>| match path.to_string().as_str() {
            "a" => dll::<Counts<0>>(),
            _ => panic!("of the author's"),
        };
        catch_unwind(|| load("a\0b\0\0", panicking)).unwrap_err();
        let (sender, receiver) = channel();
        thread::spawn(move || sender.send(load("c\0\0", find)));
        let table = receiver
            .recv_timeout(Duration::from_secs(20))
            .expect("it waits for ever");
        assert!(table.dhcp_new_pkt_hook.is_some(), "that of the member loaded before");
    }

    #[test]
    fn a_chain_without_room_says_so() {
        static LOG: Log = Log::new();
        static OWN: Host<Own> = Host::new(Own(&LOG));
        static CHAIN: Chain<4, 1> = Chain::new();
        entry_point!(fn entry = OWN, chain = CHAIN, find = find);
        server(entry, "a\0b\0\0");
        let left_out =
            |path: &str| format!("{path} left out of the chain: the chain has 1 members, and no room for more");
        assert_eq!(LOG.take(), [left_out("a"), left_out("b")]);
    }

    /// A callout whose `load` changes its mind.
    struct Fickle(AtomicBool);

    impl Callout for Fickle {
        type State = ();

        fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
            Decision::Refuse
        }

        fn load(&'static self) -> Result<(), LoadError> {
            if self.0.fetch_not(SeqCst) {
                Ok(())
            } else {
                Err(LoadError::default())
            }
        }
    }

    /// Calls the entry point four times, and checks that each call answers as `load` does.
    fn each_call_answers(entry: EntryPoint, first: bool) {
        for turn in 0..4 {
            let succeeds = (turn % 2 == 0) == first;
            let EntryResult { status, left, .. } = enter(entry, "a\0\0");
            assert_eq!(status, if succeeds { 0 } else { 1114 });
            assert_eq!(left.dhcp_new_pkt_hook.is_some(), succeeds);
            assert_eq!(left.dhcp_pkt_send_hook.is_some(), succeeds);
        }
    }

    #[test]
    fn a_load_that_changes_its_mind_is_obeyed_each_time() {
        static GOOD: Host<Fickle> = Host::new(Fickle(AtomicBool::new(true)));
        static BAD: Host<Fickle> = Host::new(Fickle(AtomicBool::new(false)));
        static GOOD_CHAIN: Chain<4> = Chain::new();
        static BAD_CHAIN: Chain<4> = Chain::new();
        entry_point!(fn good = GOOD, chain = GOOD_CHAIN, find = find);
        entry_point!(fn bad = BAD, chain = BAD_CHAIN, find = find);
        each_call_answers(good, true);
        each_call_answers(bad, false);
    }

    /// A DLL that bears to be loaded once.
    unsafe extern "system" fn once(_: *mut u16, _: u32, table: *mut CalloutTable) -> u32 {
        static IS_LOADED: AtomicBool = AtomicBool::new(false);
        if IS_LOADED.swap(true, SeqCst) {
            return 5;
        }
        // SAFETY: a chain passes a table of its own.
        unsafe { entry_of::<Counts<1>>(null_mut(), 0, table) }
    }

    #[test]
    fn two_first_calls_at_once_both_get_all_hooks_of_a_dll_that_is_loaded_once() {
        static LOG: Log = Log::new();
        static OWN: Host<Own> = Host::new(Own(&LOG));
        static CHAIN: Chain<4> = Chain::new();
        static SECOND: Mutex<Option<JoinHandle<()>>> = Mutex::new(None);
        entry_point!(fn entry = OWN, chain = CHAIN, find = find);

        fn has_all_hooks() {
            let table = enter(entry, "once\0\0").table().unwrap();
            assert!(table.dhcp_new_pkt_hook.is_some() && table.dhcp_address_del_hook.is_some());
        }

        fn find(path: DllPath<'_>) -> Option<LoadedDll> {
            // Another thread calls the entry point, and has time to get on with it.
            SECOND
                .lock()
                .unwrap()
                .get_or_insert_with(|| thread::spawn(has_all_hooks));
            thread::sleep(Duration::from_millis(200));
            // SAFETY: its hooks do what their prototypes say.
            (path.to_string() == "once").then(|| unsafe { LoadedDll::new(once) })
        }

        has_all_hooks();
        let second = SECOND.lock().unwrap().take().unwrap();
        second.join().unwrap();
        assert_eq!((LOG.take(), CHAIN.left_out()), (vec![], 0));
    }
}
