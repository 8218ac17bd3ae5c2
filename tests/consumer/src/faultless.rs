//! Callouts that break no rule, though they do what looks like it: by the clock, by chance, or by their own right.

use core::cell::UnsafeCell;
use core::ffi::c_void;
use core::net::Ipv4Addr;
use core::ptr::{copy, copy_nonoverlapping, null_mut};
use core::slice;
use core::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
use core::time::Duration;
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::Instant;

use dhcp_callout::chain::{Chain, LoadedDll};
use dhcp_callout::ffi::{Bool, CALLOUT_VERSION, CalloutTable, ERROR_NOT_SUPPORTED, ERROR_SUCCESS, EntryPoint};
use dhcp_callout::message::LongForm;
use dhcp_callout::simulate::NEXT_DLL;
use dhcp_callout::{
    Callout, ControlEvent, Decision, DllPath, Host, Message, NewPacket, OnControl, OnSendPacket, Outcome, SendPacket,
    ServiceControl, Stage, entry_point, option,
};

use crate::linger;
use crate::raw::{ADDRESSES, HOPS, callout, number_packets};

/// Serves so many packets of all clients together in each period of the clock.
pub struct Limiter {
    limit: u32,
    period: Duration,
    /// When the period began, and how many were served in it.
    served: Mutex<Option<(Instant, u32)>>,
}

impl Callout for Limiter {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        let Ok(mut served) = self.served.lock() else {
            return Decision::Pass;
        };
        let now = Instant::now();
        let (_, count) = match &mut *served {
            Some(period) if now.duration_since(period.0) < self.period => period,
            expired => expired.insert((now, 0)),
        };
        *count += 1;
        if *count > self.limit {
            Decision::Refuse
        } else {
            Decision::Pass
        }
    }
}

/// Serves four packets at a time.
pub struct Busy {
    in_flight: AtomicU32,
}

impl Callout for Busy {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        if self.in_flight.fetch_add(1, SeqCst) < 4 {
            return Decision::Track(());
        }
        self.in_flight.fetch_sub(1, SeqCst);
        Decision::Refuse
    }

    fn packet_done(&self, _: Outcome, (): ()) {
        self.in_flight.fetch_sub(1, SeqCst);
    }

    fn packet_lost(&self, _: Stage, (): ()) {
        self.in_flight.fetch_sub(1, SeqCst);
    }
}

static BUSY: Host<Busy> = Host::new(Busy {
    in_flight: AtomicU32::new(0),
});
entry_point!(pub fn serves_four_at_a_time = BUSY);

/// Defines limiters with periods in microseconds.
macro_rules! limiters {
    ($($name:ident: $limit:literal in $micros:literal;)+) => {
        $(
            mod $name {
                use super::*;

                static HOST: Host<Limiter> = Host::new(Limiter {
                    limit: $limit,
                    period: Duration::from_micros($micros),
                    served: Mutex::new(None),
                });
                entry_point!(pub fn entry = HOST);
            }
        )+

        /// Limiters that are reached often or seldom, in periods shorter and longer than a run of the check.
        pub const LIMITERS: [EntryPoint; [$(stringify!($name)),+].len()] = [$($name::entry),+];
    };
}

limiters! {
    one_in_20_us: 1 in 20;
    one_in_100_us: 1 in 100;
    two_in_1_ms: 2 in 1_000;
    ten_in_3_ms: 10 in 3_000;
    ten_in_10_ms: 10 in 10_000;
    forty_in_10_ms: 40 in 10_000;
    ten_in_30_ms: 10 in 30_000;
    fifty_in_100_ms: 50 in 100_000;
}

/// Sends all clients to these DNS servers.
pub struct Resolvers([Ipv4Addr; 2]);

impl Callout for Resolvers {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        Decision::Pass
    }
}

impl OnSendPacket for Resolvers {
    fn send_packet(&self, packet: &mut SendPacket<'_>, _: Option<&()>) {
        let _ = packet.rewrite(|reply| {
            reply.set(option::DNS_SERVERS, self.0);
        });
    }
}

// What the simulated server leaves in memory is an address, too.
static RESOLVERS: Host<Resolvers> = Host::new(Resolvers([
    Ipv4Addr::new(221, 221, 221, 221),
    Ipv4Addr::new(34, 34, 34, 34),
]));
entry_point!(pub fn sends_to_resolvers_like_poison = RESOLVERS);

/// Adds a value of several options to replies, as each client reads it, and as long as it takes the reply: what it knows of
/// clients is the state of their packets.
pub struct LongValue;

impl Callout for LongValue {
    type State = (LongForm, usize);

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<Self::State> {
        match packet.message() {
            Ok(request) => Decision::Track((LongForm::for_client(request), request.longest_reply())),
            Err(_) => Decision::Pass,
        }
    }
}

impl OnSendPacket for LongValue {
    fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&Self::State>) {
        let is_dhcp = packet.message().is_ok_and(|reply| reply.message_type().is_some());
        if let Some(&(form, longest)) = state.filter(|_| is_dhcp) {
            let _ = packet.rewrite(|reply| {
                reply
                    .long_form(form)
                    .limit(longest)
                    .set_raw(option::VENDOR_SPECIFIC.code(), &[0xA5; 400]);
            });
        }
    }
}

static LONG_VALUE: Host<LongValue, 256> = Host::new(LongValue);
entry_point!(pub fn keeps_to_what_each_client_takes = LONG_VALUE);

callout!(
    /// Keeps each reply for ever, and takes its time to forget one packet of four: replies to others are made meanwhile.
    replies_while_packets_end {
        dhcp_new_pkt_hook: number_packets,
        dhcp_pkt_send_hook: keep_the_reply,
        dhcp_pkt_drop_hook: forget_slowly
    }
);

unsafe extern "system" fn keep_the_reply(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    // SAFETY: variables of the server, which has put a packet of this size there.
    unsafe {
        let reply = slice::from_raw_parts(packet.read_unaligned(), size.read_unaligned() as usize);
        let reply = reply.to_vec().leak();
        if let Some(hops) = reply.get_mut(HOPS) {
            *hops = b'!';
        }
        packet.write_unaligned(reply.as_mut_ptr());
    }
    ERROR_SUCCESS
}

unsafe extern "system" fn forget_slowly(
    _: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    static ENDS: AtomicU32 = AtomicU32::new(0);
    if ENDS.fetch_add(1, SeqCst) % 4 == 0 {
        linger();
    }
    ERROR_SUCCESS
}

callout!(
    /// Keeps each request for ever, and marks and shortens what it hears of later, wherever that is.
    marks_what_is_over { dhcp_new_pkt_hook: keep_the_request, dhcp_pkt_drop_hook: mark }
);

pub(crate) unsafe extern "system" fn keep_the_request(
    packet: *mut *mut u8,
    size: *mut u32,
    address: u32,
    reserved: *mut c_void,
    context: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    // SAFETY: as the server calls this hook, it could call those.
    unsafe {
        if size.read_unaligned() <= 4096 {
            keep_the_reply(packet, size, 0, address, reserved, null_mut());
        }
        number_packets(packet, size, address, reserved, context, process_it)
    }
}

pub(crate) unsafe extern "system" fn mark(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    // SAFETY: variables of the server, in whose buffers of 4096 bytes the packet can be.
    unsafe {
        let (start, length) = (packet.read_unaligned(), size.read_unaligned() as usize);
        if !start.is_null() && (HOPS + 1..=4096).contains(&length) {
            start.add(HOPS).write(b'?');
            size.write_unaligned(size.read_unaligned() - 1);
        }
    }
    ERROR_SUCCESS
}

/// Is stopped for a moment, once, with all threads that are at work: the system has done that.
pub struct Stopped {
    at_work: AtomicU32,
    until: Mutex<Option<Instant>>,
}

impl Stopped {
    fn work(&self) {
        let others = self.at_work.fetch_add(1, SeqCst);
        linger();
        if let Ok(mut until) = self.until.lock() {
            let now = Instant::now();
            let is_stopped = match *until {
                Some(until) => now < until,
                None if others < 3 => false,
                None => {
                    *until = Some(now + Duration::from_millis(100));
                    true
                }
            };
            drop(until);
            if is_stopped {
                thread::sleep(Duration::from_millis(300));
            }
        }
        self.at_work.fetch_sub(1, SeqCst);
    }
}

impl Callout for Stopped {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        self.work();
        Decision::Track(())
    }

    fn packet_done(&self, _: Outcome, (): ()) {
        self.work();
    }
}

impl OnSendPacket for Stopped {
    fn send_packet(&self, _: &mut SendPacket<'_>, _: Option<&()>) {
        self.work();
    }
}

static STOPPED: Host<Stopped> = Host::new(Stopped {
    at_work: AtomicU32::new(0),
    until: Mutex::new(None),
});
entry_point!(pub fn is_stopped_for_a_moment = STOPPED);

callout!(
    /// Moves each reply within the server's buffer.
    moves_replies { dhcp_pkt_send_hook: move_up }
);

unsafe extern "system" fn move_up(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    // SAFETY: variables of the server, whose buffer has 4096 bytes.
    unsafe {
        let (start, length) = (packet.read_unaligned(), size.read_unaligned() as usize);
        if length + 16 <= 4096 {
            copy(start, start.add(16), length);
            packet.write_unaligned(start.add(16));
        }
    }
    ERROR_SUCCESS
}

/// What has been tossed, in the highest bit. It begins so that in one comparison one mode has the same side in its first five
/// runs, and the other mode the other: each run that is put before the comparisons takes another beginning.
static COIN: AtomicU32 = AtomicU32::new(3_798_654_481);

callout!(
    /// Tosses a coin at each start, and marks replies by that, as one does that shares its clients among two servers.
    tosses_a_coin_at_the_start { dhcp_control_hook: toss_at_the_start, dhcp_pkt_send_hook: mark_if_heads }
);

unsafe extern "system" fn toss_at_the_start(code: u32, _: *mut c_void) -> u32 {
    if code == ServiceControl::START.code() {
        let toss = |coin: u32| Some(coin.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
        let _ = COIN.fetch_update(SeqCst, SeqCst, toss);
    }
    ERROR_SUCCESS
}

unsafe extern "system" fn mark_if_heads(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    // SAFETY: variables of the server, and `hops` is within the packet.
    unsafe {
        if COIN.load(SeqCst) >> 31 == 1 && size.read_unaligned() as usize > HOPS {
            packet.read_unaligned().add(HOPS).write(b'!');
        }
    }
    ERROR_SUCCESS
}

static SINCE_START: AtomicU32 = AtomicU32::new(0);

callout!(
    /// Serves the first packets after each start, and is meant to.
    serves_ten_after_each_start { dhcp_control_hook: begin_at_the_start, dhcp_new_pkt_hook: serve_ten }
);

unsafe extern "system" fn begin_at_the_start(code: u32, _: *mut c_void) -> u32 {
    if code == ServiceControl::START.code() {
        SINCE_START.store(0, SeqCst);
    }
    ERROR_SUCCESS
}

unsafe extern "system" fn serve_ten(
    _: *mut *mut u8,
    _: *mut u32,
    _: u32,
    _: *mut c_void,
    _: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    let is_served = SINCE_START.fetch_add(1, SeqCst) < 10;
    // SAFETY: a variable of the server.
    unsafe { process_it.write_unaligned(Bool(i32::from(is_served))) };
    ERROR_SUCCESS
}

callout!(
    /// Numbers its replies.
    counts_replies { dhcp_pkt_send_hook: count_reply }
);

pub(crate) unsafe extern "system" fn count_reply(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: u32,
    _: *mut c_void,
    _: *mut c_void,
) -> u32 {
    static REPLIES: AtomicU32 = AtomicU32::new(0);
    let number = REPLIES.fetch_add(1, SeqCst);
    // SAFETY: variables of the server, and `siaddr` is within the packet.
    unsafe {
        if size.read_unaligned() as usize >= ADDRESSES + 4 {
            packet
                .read_unaligned()
                .add(ADDRESSES)
                .cast::<u32>()
                .write_unaligned(number);
        }
    }
    ERROR_SUCCESS
}

/// Defines callouts that count the calls of three hooks, and do something at each so many.
macro_rules! periodic {
    ($($name:ident: $period:literal;)+) => {
        $(
            mod $name {
                use super::*;

                static CALLS: AtomicU32 = AtomicU32::new(0);

                callout!(entry {
                    dhcp_new_pkt_hook: refuse_some,
                    dhcp_pkt_send_hook: mark_some,
                    dhcp_pkt_drop_hook: count_end
                });

                fn is_due() -> bool {
                    (CALLS.fetch_add(1, SeqCst) + 1) % $period == 0
                }

                unsafe extern "system" fn refuse_some(
                    _: *mut *mut u8,
                    _: *mut u32,
                    _: u32,
                    _: *mut c_void,
                    _: *mut *mut c_void,
                    process_it: *mut Bool,
                ) -> u32 {
                    // SAFETY: a variable of the server.
                    unsafe { process_it.write_unaligned(Bool(i32::from(!is_due()))) };
                    ERROR_SUCCESS
                }

                unsafe extern "system" fn mark_some(
                    packet: *mut *mut u8,
                    size: *mut u32,
                    _: u32,
                    _: u32,
                    _: *mut c_void,
                    _: *mut c_void,
                ) -> u32 {
                    // SAFETY: variables of the server, and `hops` is within the packet.
                    unsafe {
                        if is_due() && size.read_unaligned() as usize > HOPS {
                            packet.read_unaligned().add(HOPS).write(b'!');
                        }
                    }
                    ERROR_SUCCESS
                }

                unsafe extern "system" fn count_end(
                    _: *mut *mut u8,
                    _: *mut u32,
                    _: u32,
                    _: u32,
                    _: *mut c_void,
                    _: *mut c_void,
                ) -> u32 {
                    is_due();
                    ERROR_SUCCESS
                }
            }
        )+

        /// Callouts that count, whatever is in their calls.
        pub const PERIODIC: [EntryPoint; [$(stringify!($name)),+].len()] = [$($name::entry),+];
    };
}

periodic! {
    every_second: 2;
    every_third: 3;
    every_fourth: 4;
}

/// Buffers for requests, from the start of the service to its stop.
static POOL: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static REQUESTS: AtomicU32 = AtomicU32::new(0);

callout!(
    /// Gives its buffers back to the system when the service stops.
    frees_its_buffers_at_the_stop { dhcp_control_hook: take_and_free, dhcp_new_pkt_hook: replace_from_the_pool }
);

unsafe extern "system" fn take_and_free(code: u32, _: *mut c_void) -> u32 {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    if code == ServiceControl::START.code() {
        *pool = vec![0; 1 << 26];
        REQUESTS.store(0, SeqCst);
    } else if code == ServiceControl::STOP.code() {
        *pool = Vec::new();
    }
    ERROR_SUCCESS
}

unsafe extern "system" fn replace_from_the_pool(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: *mut c_void,
    _: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let number = REQUESTS.fetch_add(1, SeqCst) as usize;
    let buffer = pool.chunks_mut(4096).nth(number);
    // SAFETY: variables of the server; a packet has at most 4096 bytes.
    unsafe {
        process_it.write_unaligned(Bool::TRUE);
        if let Some(buffer) = buffer {
            let length = size.read_unaligned() as usize;
            copy_nonoverlapping(packet.read_unaligned(), buffer.as_mut_ptr(), length.min(4096));
            packet.write_unaligned(buffer.as_mut_ptr());
        }
    }
    ERROR_SUCCESS
}

/// Opens what it needs for a packet when the service starts.
pub struct Opened(AtomicBool);

impl Callout for Opened {
    type State = ();

    fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
        assert!(self.0.load(SeqCst), "no packet comes before the start");
        Decision::Pass
    }
}

impl OnControl for Opened {
    fn control(&'static self, event: ControlEvent) {
        self.0.fetch_or(event.code() == ServiceControl::START, SeqCst);
        self.0.fetch_and(event.code() != ServiceControl::STOP, SeqCst);
    }
}

static OPENED: Host<Opened> = Host::new(Opened(AtomicBool::new(false)));
entry_point!(pub fn opens_at_the_start = OPENED);

/// Refuses all but the devices of one maker, none of which is in the check.
pub struct OneMaker;

impl Callout for OneMaker {
    type State = ();

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
        match packet.message().ok().and_then(Message::mac) {
            Some([0x00, 0x00, 0x5E, ..]) => Decision::Track(()),
            _ => Decision::Refuse,
        }
    }
}

impl OnSendPacket for OneMaker {
    fn send_packet(&self, _: &mut SendPacket<'_>, _: Option<&()>) {}
}

fn find(path: DllPath<'_>) -> Option<LoadedDll> {
    let (name, entry) = NEXT_DLL;
    // SAFETY: the DLL of the check can be called as the SDK says, and replaces no packet.
    (path.to_string() == name).then(|| unsafe { LoadedDll::new(entry) })
}

static ONE_MAKER: Host<OneMaker> = Host::new(OneMaker);
static CHAIN: Chain = Chain::new();
entry_point!(pub fn serves_the_next_dll_with_one_maker = ONE_MAKER, chain = CHAIN, find = find);

/// A buffer for whoever has taken it.
struct Buffer {
    is_taken: AtomicBool,
    bytes: UnsafeCell<[u8; 4096]>,
}

// SAFETY: only who has taken it uses it.
unsafe impl Sync for Buffer {}

/// Marks each packet in a buffer of its own, which it takes back at once, since it refuses the packet.
pub unsafe extern "system" fn refuses_from_one_buffer(_: *mut u16, version: u32, table: *mut CalloutTable) -> u32 {
    if version != CALLOUT_VERSION {
        return ERROR_NOT_SUPPORTED;
    }
    let filled = CalloutTable {
        dhcp_new_pkt_hook: Some(mark_and_refuse),
        ..CalloutTable::EMPTY
    };
    // SAFETY: the server's table can be written.
    unsafe { table.write_unaligned(filled) };
    ERROR_SUCCESS
}

unsafe extern "system" fn mark_and_refuse(
    packet: *mut *mut u8,
    size: *mut u32,
    _: u32,
    _: *mut c_void,
    _: *mut *mut c_void,
    process_it: *mut Bool,
) -> u32 {
    static BUFFER: Buffer = Buffer {
        is_taken: AtomicBool::new(false),
        bytes: UnsafeCell::new([0; 4096]),
    };
    // SAFETY: a variable of the server.
    unsafe { process_it.write_unaligned(Bool::FALSE) };
    if BUFFER.is_taken.swap(true, SeqCst) {
        return ERROR_SUCCESS;
    }
    let buffer = BUFFER.bytes.get().cast::<u8>();
    // SAFETY: variables of the server; a packet has at most 4096 bytes, and nobody else has the buffer.
    unsafe {
        let length = size.read_unaligned() as usize;
        copy_nonoverlapping(packet.read_unaligned(), buffer, length.min(4096));
        packet.write_unaligned(buffer);
    }
    BUFFER.is_taken.store(false, SeqCst);
    ERROR_SUCCESS
}
