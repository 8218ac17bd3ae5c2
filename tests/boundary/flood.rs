//! Proves through the hooks, with several threads, that each state is handed back once: in a flood of packets some of
//! which are never reported, and where every admission looks at packets of other threads, in a host and in a chain.
#![expect(unsafe_code, reason = "an entry point is called with raw pointers")]

use core::cell::Cell;
use core::ffi::c_void;
use core::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use core::time::Duration;
use std::io::{self, Write as _};
use std::sync::OnceLock;
use std::thread;
use std::time::Instant;

use dhcp_callout::chain::{Chain, LoadedDll};
use dhcp_callout::control::ServiceControl;
use dhcp_callout::ffi::EntryPoint;
use dhcp_callout::simulate::{EntryCall, HookCall, Server};
use dhcp_callout::{
    Callout, Decision, Diagnostic, DllPath, Host, NewPacket, Outcome, PacketNotice, Stage, entry_point,
};

/// How many threads send packets.
const THREADS: u64 = 4;

thread_local! {
    /// Whether this thread is in the hook for new packets.
    static IN_NEW_PKT: Cell<bool> = const { Cell::new(false) };
}

/// Tracks every packet by its name, which is what the packet says, and counts what becomes of it.
#[derive(Debug)]
struct Ledger {
    /// For each packet how often it was offered, times 16, and how often its state came back.
    packets: OnceLock<Vec<AtomicU8>>,
    lost: AtomicU64,
    not_tracked: AtomicU64,
    /// States of packets that are done, handed back by the admission of another one.
    done_by_admission: AtomicU64,
    rejected: AtomicU64,
}

impl Ledger {
    const fn new() -> Self {
        Self {
            packets: OnceLock::new(),
            lost: AtomicU64::new(0),
            not_tracked: AtomicU64::new(0),
            done_by_admission: AtomicU64::new(0),
            rejected: AtomicU64::new(0),
        }
    }

    fn open(&self, packets: u64) {
        let packets = (0..packets).map(|_| AtomicU8::new(0)).collect();
        self.packets.set(packets).unwrap();
    }

    fn note(&self, name: u64, what: u8) {
        self.packets.get().unwrap()[usize::try_from(name).unwrap()].fetch_add(what, Relaxed);
    }

    /// Fails unless the state of each packet that was offered came back once; returns how many there were.
    fn check(&self) -> u64 {
        let mut offered = 0;
        for (name, packet) in self.packets.get().unwrap().iter().enumerate() {
            let noted = packet.load(Relaxed);
            assert!(matches!(noted, 0 | 0x11), "packet {name}: {noted:#x}");
            offered += u64::from(noted / 0x11);
        }
        assert_eq!(self.rejected.load(Relaxed), 0);
        offered
    }
}

impl Callout for Ledger {
    type State = u64;

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<u64> {
        let name = u64::from_ne_bytes(*packet.bytes().first_chunk().unwrap());
        self.note(name, 0x10);
        Decision::Track(name)
    }

    fn packet_dropped(&self, notice: &PacketNotice<'_>, state: Option<&u64>) {
        let name = notice.bytes().unwrap().first_chunk();
        assert!(state.is_none_or(|state| name == Some(&state.to_ne_bytes())));
    }

    fn packet_done(&self, _: Outcome, name: u64) {
        self.note(name, 1);
        if IN_NEW_PKT.get() {
            self.done_by_admission.fetch_add(1, Relaxed);
        }
    }

    fn packet_lost(&self, stage: Stage, name: u64) {
        assert!(!matches!(stage, Stage::Done(_)));
        self.note(name, 1);
        self.lost.fetch_add(1, Relaxed);
    }

    fn not_tracked(&self, name: u64) {
        self.note(name, 1);
        self.not_tracked.fetch_add(1, Relaxed);
    }

    fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
        if let Diagnostic::NoticeRejected { .. } | Diagnostic::Panicked { .. } = diagnostic {
            self.rejected.fetch_add(1, Relaxed);
        }
    }
}

fn load(entry: EntryPoint, list: &[u16]) -> Server {
    // SAFETY: the entry points are made by the macro.
    let result = unsafe { EntryCall::DEFAULT.chain(Some(list)).enter(entry) };
    // SAFETY: the hooks are those of the macro.
    unsafe { Server::new(result.table().unwrap()) }
}

fn new_packet(server: &Server, name: u64) -> *mut c_void {
    IN_NEW_PKT.set(true);
    let packet = name.to_ne_bytes();
    // SAFETY: the callouts of this test write into no packet.
    let seen = server.call(&unsafe { HookCall::new_packet(&packet).exact() });
    IN_NEW_PKT.set(false);
    seen.context()
}

fn report(server: &Server, name: u64, context: *mut c_void, code: u32) {
    let packet = name.to_ne_bytes();
    // SAFETY: as above.
    let call = unsafe { HookCall::notice(&packet, code).exact() };
    server.call(&call.context(context));
}

/// Marsaglia's xorshift.
fn random(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

/// Sends the packets with these names, and has `live` of them in flight; they end in any order.
fn send(server: &Server, names: core::ops::Range<u64>, live: usize, is_reported: fn(u64) -> bool) {
    let mut seed = 0x9E37_79B9_7F4A_7C15 ^ (names.start + 1);
    let mut window = Vec::with_capacity(live);
    let end = |(name, context), dice: u64| {
        // Three in four are dropped.
        if dice & 3 != 0 {
            report(server, name, context, 0xA);
        }
        report(server, name, context, 0xB);
    };
    for name in names {
        let dice = random(&mut seed);
        let context = new_packet(server, name);
        if is_reported(name) {
            window.push((name, context));
        } else {
            // Heard of once more, and never again.
            report(server, name, context, 0xA);
        }
        if window.len() == live {
            let at = usize::try_from(dice >> 32).unwrap() % live;
            end(window.swap_remove(at), dice);
        }
    }
    for packet in window {
        end(packet, 1);
    }
}

/// Sends so many packets from each thread, the first by the name `start`, and returns when all have ended.
fn send_round(server: &Server, start: u64, of_each: u64, live: usize, is_reported: fn(u64) -> bool) {
    thread::scope(|scope| {
        for thread in 0..THREADS {
            let start = start + thread * of_each;
            scope.spawn(move || send(server, start..start + of_each, live, is_reported));
        }
    });
}

#[test]
fn a_flood_that_is_reported_in_part_leaves_no_packet_out() {
    const PACKETS: u64 = if cfg!(debug_assertions) { 1_000_000 } else { 10_000_000 };
    // No packet that is reported is silent for longer than a round, which the table's patience is above.
    const ROUND: u64 = 10_000;
    static HOST: Host<Ledger, 4096> = Host::new(Ledger::new());
    entry_point!(fn entry = HOST);

    let (server, ledger) = (load(entry, &[]), HOST.callout());
    ledger.open(PACKETS);
    for round in 0..PACKETS / (THREADS * ROUND) {
        send_round(&server, round * THREADS * ROUND, ROUND, 700, |name| name % 100 != 0);
    }
    server.control(ServiceControl::STOP);
    assert_eq!(ledger.check(), PACKETS);
    let tally = HOST.tally();
    assert_eq!(
        (tally.admitted, tally.full, ledger.not_tracked.load(Relaxed)),
        (PACKETS, 0, 0)
    );
    assert_eq!((tally.done, tally.evicted), (PACKETS / 100 * 99, PACKETS / 100));
    assert_eq!((ledger.lost.load(Relaxed), HOST.in_flight()), (PACKETS / 100, 0));
    // Most of them went while the flood lasted: the table holds fewer.
    assert!(tally.evicted > 4096);
}

/// Sends packets from four threads, short of room, until enough was seen, or for ten seconds.
fn crowd(server: &Server, ledgers: &[&Ledger], is_enough: impl Fn() -> bool) {
    const ROUND: u64 = 5_000;
    const LEAST: u64 = 100_000;
    const MOST: u64 = 10_000_000;
    for ledger in ledgers {
        ledger.open(MOST);
    }
    let start = Instant::now();
    let mut sent = 0;
    while sent < LEAST || !is_enough() && sent < MOST && start.elapsed() < Duration::from_secs(10) {
        send_round(server, sent, ROUND, 2, |_| true);
        sent += THREADS * ROUND;
    }
    for ledger in ledgers {
        assert!((1..=sent).contains(&ledger.check()));
        assert_eq!(ledger.lost.load(Relaxed), 0, "the table is patient");
    }
}

#[test]
fn a_packet_that_ends_while_an_admission_looks_at_it_is_done_once() {
    static HOST: Host<Ledger, 8> = Host::new(Ledger::new());
    entry_point!(fn entry = HOST);

    HOST.set_patience(u64::MAX);
    let done_by_admission = || HOST.callout().done_by_admission.load(Relaxed) > 0;
    crowd(&load(entry, &[]), &[HOST.callout()], done_by_admission);
    if !done_by_admission() {
        // Past what the test runner captures.
        let _ = writeln!(
            io::stderr(),
            "skipped: within ten seconds no admission met the end of another packet"
        );
    }
    assert_eq!(HOST.in_flight(), 0);
}

#[test]
fn members_hear_of_each_end_once_while_admissions_of_the_chain_look_at_packets() {
    static OWN: Host<Ledger, 64> = Host::new(Ledger::new());
    static MEMBER: Host<Ledger, 64> = Host::new(Ledger::new());
    static CHAIN: Chain<8> = Chain::new();
    entry_point!(fn member = MEMBER);
    entry_point!(fn entry = OWN, chain = CHAIN, find = find);

    #[expect(clippy::unnecessary_wraps, reason = "the signature is that of a loader")]
    fn find(_: DllPath<'_>) -> Option<LoadedDll> {
        // SAFETY: the entry point is made by the macro.
        Some(unsafe { LoadedDll::new(member) })
    }

    CHAIN.set_patience(u64::MAX);
    let server = load(entry, &[u16::from(b'm'), 0]);
    crowd(&server, &[OWN.callout(), MEMBER.callout()], || true);
    assert_eq!((OWN.in_flight(), MEMBER.in_flight()), (0, 0));
}
