//! Does a callout behave? Runs it through all that a server may do, and names the rules that it breaks.

mod entry;
mod exchange;
mod hostile;
mod numbers;
mod reply;
mod report;
mod rule;
mod run;
mod threads;

pub use report::{Finding, Report};
pub use rule::{Rule, Severity};

use alloc::vec::Vec;

use self::exchange::Exchange;
use self::numbers::Numbers;
use self::run::{Outcome, Run, Step};
use self::threads::Threads;
use super::{Conduct, Contexts, Notices, Server, Swaps};
use crate::control::{DropReason, ServiceControl};
use crate::ffi::EntryPoint;

/// How many combinations of switches are tried, besides the default and each switch alone.
const COMBINATIONS: usize = 8;
/// How many packets a fuzzer has.
const PACKETS: usize = 4;

/// Checks a callout: runs its entry point through all that a server may do, with good packets and hostile ones, and
/// returns the [rules](Rule) that it breaks.
///
/// The calls are the same each time. A callout that keeps nothing from one check to the next gets the same report.
///
/// ```
/// use dhcp_callout::{Callout, Decision, Host, NewPacket, entry_point, simulate};
///
/// struct Quiet;
///
/// impl Callout for Quiet {
///     type State = ();
///
///     fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
///         Decision::Pass
///     }
/// }
///
/// static QUIET: Host<Quiet> = Host::new(Quiet);
/// entry_point!(fn entry = QUIET);
///
/// // SAFETY: the entry point is made by the macro.
/// unsafe { simulate::check(entry) }.assert_clean();
/// ```
///
/// What it cannot see: a callout that reads what it may not, or that breaks a rule only after more packets than these. A
/// hook that crashes ends the test; a hook that panics in `extern` code does too.
///
/// # Safety
/// - As for [`Server::load`], with every [`Conduct`]; what a callout does wrong may only show in the memory that it is
///   given, and around it.
#[must_use]
pub unsafe fn check(entry: EntryPoint) -> Report {
    // SAFETY: the caller promises the same.
    unsafe { check_seeded(entry, 0) }
}

/// As [`check`], with other hostile packets and combinations of switches for each `seed`; [`check`] has seed 0.
///
/// # Safety
/// As for [`check`].
#[must_use]
pub unsafe fn check_seeded(entry: EntryPoint, seed: u64) -> Report {
    let mut report = Report::new(Some(seed));
    // SAFETY: the caller promises that it can be called.
    if !unsafe { entry::check(entry, &mut report) } {
        report.cut_short();
        return report;
    }
    let numbers = &mut Numbers(seed);
    let good = exchange::exchanges(numbers);
    let hostile = hostile::exchanges(&good, numbers);
    let xids = good.iter().chain(&hostile).filter_map(Exchange::xid).collect();
    let mut check = Check { entry, report, xids };
    let combinations: Vec<_> = (0..COMBINATIONS).map(|_| Conduct::from_seed(numbers.next())).collect();
    for conduct in single_switches().into_iter().chain(combinations) {
        for exchanges in [&good, &hostile] {
            check.run((conduct, Threads::One), exchanges);
        }
    }
    let usual = (Conduct::DEFAULT, Threads::One);
    let without = (Conduct::DEFAULT.contexts(Contexts::Null), Threads::One);
    let stale = (Conduct::DEFAULT.contexts(Contexts::Stale), Threads::One);
    if !check.report.has(Rule::EntryUnstable) {
        check.compare(
            Rule::DependsOnThread,
            usual,
            (Conduct::DEFAULT, Threads::Changing),
            &good,
        );
        check.compare(Rule::ContextAfterEnd, without, stale, &good);
    }
    // What a callout does wrong could be worse on several threads at once.
    if check.report.findings().is_empty() {
        check.run((Conduct::DEFAULT, Threads::Several), &good);
        check.run((Conduct::DEFAULT, Threads::Several), &hostile);
    }
    check.report
}

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
/// All packets are reported as processed, and the service is stopped, before it returns.
///
/// # Panics
/// With the [`Report`] as the message, if a rule is broken whose severity is [`Severity::Fault`].
///
/// # Safety
/// As for [`check`].
pub unsafe fn fuzz(entry: EntryPoint, data: &[u8]) {
    // SAFETY: the caller promises the same.
    let Ok(server) = (unsafe { Server::load(entry) }) else {
        return;
    };
    let mut data = Data(data);
    let conduct = Conduct::from_seed(u64::from(data.pair())).threads(1);
    let server = server.conduct(conduct);
    let good = exchange::exchanges(&mut Numbers(0));
    let exchanges: Vec<_> = (0..PACKETS).filter_map(|_| data.exchange(&good)).collect();
    let mut report = Report::new(None);
    let xids: Vec<_> = exchanges.iter().filter_map(Exchange::xid).collect();
    let mut run = Run::new(&server, conduct, Threads::One, &mut report, &exchanges, &xids);
    while let Some(step) = data.step() {
        run.steps([step]);
    }
    run.steps((0..PACKETS).map(|number| (number, Step::Processed)));
    run.stop();
    assert!(!report.has_fault(), "{report}");
}

/// A check under way.
struct Check {
    /// INVARIANT: a server can load it, and call its hooks.
    entry: EntryPoint,
    report: Report,
    /// The transaction ids of all packets.
    xids: Vec<u32>,
}

/// What the server does in a run, and on which threads.
type Mode = (Conduct, Threads);

impl Check {
    /// Loads the callout once more, and shows it all exchanges.
    fn run(&mut self, (conduct, threads): Mode, exchanges: &[Exchange]) -> Vec<Outcome> {
        // SAFETY: it can be loaded, says the invariant.
        let Ok(server) = (unsafe { Server::load(self.entry) }) else {
            return Vec::new();
        };
        let server = server.conduct(conduct);
        Run::new(&server, conduct, threads, &mut self.report, exchanges, &self.xids).play()
    }

    /// Notes `rule` if a run goes otherwise in `other` than it goes in `usual`, before and after.
    fn compare(&mut self, rule: Rule, usual: Mode, other: Mode, exchanges: &[Exchange]) {
        let before = self.run(usual, exchanges);
        let calls = self.report.calls();
        let between = self.run(other, exchanges);
        let is_steady = self.run(usual, exchanges) == before && self.report.is_complete();
        let differs = |(one, other): (&Outcome, &Outcome)| one != other;
        if let (true, Some(at)) = (is_steady, before.iter().zip(&between).position(differs)) {
            let hook = between.get(at).map_or("", Outcome::hook);
            let call = calls.saturating_add(at).saturating_add(1);
            self.report.note_at(rule, hook, call, other.0);
        }
    }
}

/// Returns the default, and each switch alone.
fn single_switches() -> [Conduct; 13] {
    let usual = Conduct::DEFAULT;
    [
        usual,
        usual.swaps(Swaps::Ignored),
        usual.swaps(Swaps::ReadAgain),
        usual.edits_in_place(false),
        usual.refusals_reported(true),
        usual.contexts(Contexts::Null),
        usual.contexts(Contexts::Stale),
        usual.contexts(Contexts::Repeated),
        usual.notices(Notices::Repeated),
        usual.notices(Notices::Withheld),
        usual.never_offered(true),
        usual.options_parsed(0),
        usual.options_parsed(3),
    ]
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

    /// Returns one of the good exchanges with some bytes changed, or one of bytes that follow.
    fn exchange(&mut self, good: &[Exchange]) -> Option<Exchange> {
        let chosen = usize::from(self.byte()?);
        let Some(exchange) = good.get(chosen) else {
            let (request, rest) = self.0.split_at(chosen.min(self.0.len()));
            self.0 = rest;
            return Some(Exchange {
                request: request.to_vec(),
                reply: None,
            });
        };
        let mut exchange = exchange.clone();
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
            10 => Step::Dropped(DropReason::TIMEOUT),
            11 => Step::Dropped(DropReason::DUPLICATE),
            12 => Step::ClientDeleted,
            13 => Step::Service(ServiceControl::PAUSE),
            _ => Step::Processed,
        };
        Some((usize::from(byte & 3), step))
    }
}
