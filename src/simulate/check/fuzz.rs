//! Lets a fuzzer decide what a server does.

use alloc::vec::Vec;

use super::super::memory::{Arena, Remains};
use super::super::{Conduct, Server, Threads};
use super::exchange::{self, Exchange};
use super::numbers::Numbers;
use super::report::Report;
use super::run::{Run, Step};
use crate::buffer::PACKET_CAPACITY;
use crate::control::{DropReason, ServiceControl};
use crate::ffi::EntryPoint;
use crate::lifecycle::Notice;

/// How many packets a fuzzer has, and how many steps: more of them only take time.
const PACKETS: usize = 4;
const STEPS: usize = 24;
/// For how many calls it stays poison what was kept of one: to look at the memory of more takes longer than the calls.
const CALLS: usize = 8;

/// Fuzzes a callout: lets `data` choose the switches of the server, the packets, and the calls.
///
/// This is the whole of a fuzz target, as `cargo fuzz` has them:
///
/// ```
/// # use dhcp_callout::{Callout, Decision, Host, NewPacket, entry_point, simulate};
/// # struct Quiet;
/// # impl Callout for Quiet {
/// #     type State = ();
/// #     fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> { Decision::Pass }
/// # }
/// # static QUIET: Host<Quiet> = Host::new(Quiet);
/// # entry_point!(fn entry = QUIET);
/// # macro_rules! fuzz_target { ($target:expr) => { let target: fn(&[u8]) = $target; target(b"any bytes"); } }
/// fuzz_target!(|data: &[u8]| unsafe { simulate::fuzz(entry, data) });
/// ```
///
/// The service is started first, and before it returns all packets are reported as processed, and it is stopped. With
/// every conduct an end can be reported more than once: what [`check`](super::check()) says of contexts that come again
/// is so here, too. A reply to one packet can come more than once, and so can each other call, in any order.
///
/// # Seeds
///
/// A fuzzer that starts from nothing seldom makes the bytes that a callout looks for: give it packets like those that
/// yours is about, in its corpus. A seed with a packet, and what the server does with it:
///
/// ```
/// # use dhcp_callout::{Callout, Decision, Host, NewPacket, PACKET_CAPACITY, entry_point, simulate};
/// # use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
/// # struct Counter(AtomicUsize);
/// # impl Callout for Counter {
/// #     type State = ();
/// #     fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
/// #         self.0.fetch_add(packet.bytes().len() / PACKET_CAPACITY, Relaxed);
/// #         Decision::Pass
/// #     }
/// # }
/// # static FULL: Host<Counter> = Host::new(Counter(AtomicUsize::new(0)));
/// # entry_point!(fn entry = FULL);
/// # let packet = [0; PACKET_CAPACITY];
/// let length = u16::try_from(packet.len())?.to_le_bytes();
/// let seed = [
///     &[0, 0][..], // The number of the server's conduct, as for `Conduct::from_seed`: all defaults.
///     &[31],       // A packet of your own; lower numbers are captured exchanges.
///     &length,     // Up to 4096.
///     &packet,
///     // Three captured exchanges, 0 to 2, with 0 bytes changed. 0xE0 more makes packets as long as they can be: zeros
///     // follow.
///     &[0xE0, 0, 1, 0, 2, 0],
///     &[0x00, 0x30, 0xF0], // The packet is received, its options are parsed, and it is reported as processed.
///     &[0x01, 0x31, 0x51, 0x71, 0xF1], // The next: its address is told, and its reply sent, too.
/// ]
/// .concat();
/// # // SAFETY: the entry point is made by the macro.
/// # unsafe { simulate::fuzz(entry, &seed) };
/// # assert_eq!(FULL.callout().0.load(Relaxed), 2);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// What a byte means can change with the version of this crate.
///
/// # Panics
/// If the entry point fails; and with the [`Report`] as the message, if a rule is broken whose severity is
/// [`Severity::Fault`](super::Severity::Fault).
///
/// # Safety
/// - As for [`check`](super::check()).
pub unsafe fn fuzz(entry: EntryPoint, data: &[u8]) {
    let mut data = Data(data);
    let conduct = Conduct::from_seed(data.pair().into()).threads(Threads::One);
    let exchanges: Vec<_> = (0..PACKETS).filter_map(|_| data.exchange()).collect();
    let transactions: Vec<_> = exchanges.iter().filter_map(Exchange::transaction).collect();
    let steps: Vec<_> = core::iter::from_fn(|| data.step()).take(STEPS).collect();
    let mut report = Report::new(None);
    report.with_poison(Remains::Poison, |report, remains| {
        // SAFETY: the caller promises the same.
        let loaded = unsafe { Server::load_in(Arena::new(CALLS, remains), entry) };
        assert!(loaded.is_ok(), "{loaded:?}");
        let Ok(server) = loaded else { return };
        let mut run = Run::new(server.conduct(conduct), report, &exchanges, &transactions);
        let start = (0, Step::Service(ServiceControl::START));
        for step in [start].iter().chain(&steps) {
            run.steps(&[*step]);
        }
        run.finish();
    });
    assert!(!report.has_fault(), "{report}");
}

/// The bytes of a fuzzer.
struct Data<'d>(&'d [u8]);

impl Data<'_> {
    fn byte(&mut self) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(*first)
    }

    /// Returns two bytes as a number; what is missing is 0.
    fn pair(&mut self) -> u16 {
        u16::from_le_bytes([self.byte().unwrap_or_default(), self.byte().unwrap_or_default()])
    }

    /// Returns an exchange, whose packets may be made as long as a packet can be.
    fn exchange(&mut self) -> Option<Exchange> {
        let byte = self.byte()?;
        let mut exchange = self.chosen(byte & 31)?;
        if byte >> 5 == 7 {
            exchange.request.resize(PACKET_CAPACITY, 0);
            if let Some(reply) = &mut exchange.reply {
                reply.resize(PACKET_CAPACITY, 0);
            }
        }
        Some(exchange)
    }

    /// Returns one of the good exchanges with some bytes changed, or one of bytes that follow.
    fn chosen(&mut self, chosen: u8) -> Option<Exchange> {
        let xid = Numbers(chosen.into()).next_u32();
        let Some(mut exchange) = exchange::exchange(chosen.into(), xid) else {
            let length = usize::from(self.pair()) % (PACKET_CAPACITY + 1);
            let (request, rest) = self.0.split_at(length.min(self.0.len()));
            self.0 = rest;
            let request = request.to_vec();
            return Some(Exchange { request, reply: None });
        };
        for _ in 0..self.byte()? & 7 {
            let (at, byte) = (usize::from(self.pair()), self.byte()?);
            let packet = exchange
                .reply
                .as_mut()
                .filter(|_| at & 1 == 1)
                .unwrap_or(&mut exchange.request);
            if let Some(place) = packet.get_mut(at >> 1) {
                *place = byte;
            }
        }
        Some(exchange)
    }

    /// Returns a packet by its number, and what happens to it.
    fn step(&mut self) -> Option<(usize, Step)> {
        let byte = self.byte()?;
        let step = match byte >> 4 {
            0..=2 => Step::Received,
            3..=4 => Step::OptionsParsed,
            5..=6 => Step::Address,
            7..=9 => Step::Sent,
            10 => Step::Notice(Notice::Dropped(DropReason::TIMEOUT)),
            11 => Step::Notice(Notice::Dropped(DropReason::DUPLICATE)),
            12 => Step::ClientDeleted,
            13 if byte & 4 == 0 => Step::Service(ServiceControl::PAUSE),
            13 => Step::Service(ServiceControl::CONTINUE),
            _ => Step::Notice(Notice::Processed),
        };
        Some((usize::from(byte & 3), step))
    }
}
