//! Does a callout behave? Runs it through all that a server may do, and names the rules that it breaks.

mod compare;
mod entry_rules;
mod exchange;
mod fuzz;
mod hostile;
mod next;
mod numbers;
mod pairs;
mod reply;
mod report;
mod rule;
mod run;

pub use fuzz::fuzz;
pub use next::NEXT_DLL;
pub use report::{Finding, Report};
pub use rule::{Rule, Severity};

use alloc::vec;
use alloc::vec::Vec;
use core::net::Ipv4Addr;
use core::time::Duration;

use self::compare::{Comparison, Effect};
use self::exchange::{Exchange, Transaction};
use self::next::{Heard, Served, listen};
use self::numbers::Numbers;
use self::run::{Run, Service};
use super::memory::{Arena, Remains};
use super::threads::{Threads, timed};
use super::watch::Watch;
use super::{Conduct, Contexts, Notices, Server};
use crate::ffi::{CalloutTable, ENTRY_POINT, EntryPoint};
use crate::hook::TEST_SOCKET;

/// Checks a callout: runs its entry point through all that a server may do, with good packets and hostile ones, and
/// returns the [rules](Rule) that it breaks.
///
/// The server plays 30 to 40 of the [`Conduct::COUNT`] conducts, each with good packets and with hostile ones: each
/// value of each switch by itself, and then so many that each value of a switch meets each of every other switch at
/// least once. Only [`Contexts::Repeated`] and [`Threads::Several`] do not meet, since the callout would then give up
/// at any time what the server still reads; and [`Threads::Several`] comes only if no fault was found until then.
///
/// Once, with the default conduct, come messages of each type that fill their 4096 bytes to the last, and such whose
/// options are too short: of each length from 0 to 20 bytes.
///
/// The callout is the only DLL of the server; once, with good packets and the default conduct, [`NEXT_DLL`] is after it.
/// A [`Chain`](crate::chain::Chain), which loads the DLLs after it once and for all, stays the only one.
///
/// Some rules are broken by what a callout does in one conduct and not in another. What it does not do each time in the
/// same conduct is left out of these comparisons: the bytes of a packet that differ, such as those of a counter, and if
/// more differs, such as which packets are refused, the comparison as a whole. The [`Report`] says so when it is
/// printed.
///
/// Contexts may come again for later packets. After the end of a packet, or if it was refused, its context is passed once
/// more ([`Notices::Repeated`], [`Contexts::Stale`], [`Conduct::refusals_reported`]), but not while another packet has the
/// same, nor if two ever had it at once ([`Rule::ContextShared`]): then NULL is.
///
/// The end is the call that reports a packet as processed. A callout that forgets it before, in `DhcpPktSendHook` or when
/// it is dropped, breaks [`Rule::ContextShared`] if it gives the context to another meanwhile, and
/// [`Rule::ContextAfterEnd`] if it forgets none at the end: the calls before can have come without the packet's context.
///
/// The calls are the same each time, but for those that [`Threads::Several`] makes at once. A callout that keeps
/// nothing from one check to the next gets the same report. A [`Host`](crate::Host) that replaces packets keeps less:
/// with packets that never end, or not by their own contexts, its buffers are gone, and a check that comes later in the
/// same test program finds no fault in what is never put in a packet's place. Each test takes statics of its own.
///
/// The [module](super) shows the test of a callout. Without feature `std` there is no clock and one thread, so that
/// [`Rule::Slow`], [`Rule::SlowTogether`], [`Rule::DependsOnThread`] and [`Rule::Panics`] are not checked.
///
/// A hook that does not return keeps the check from returning; which it is, is told on the standard error after 10 to
/// 20 seconds, with feature `std`.
///
/// What it cannot see: a callout that reads what it may not, which [`HookCall::exact`](super::HookCall::exact) shows to
/// a sanitizer; one that uses a context after its end, or what it has kept of an earlier call, if that changes nothing
/// of what it does; one that changes a reply after the call which has put it there by the context of another packet, or
/// of one that has ended; one that breaks a rule only after more packets than these; one that asks for too little room
/// for more than 12 bytes; one that refuses the packets of a later run, which are the same again; what its entry point
/// does to the list and beside the table when it is called once more for a later run; and whether a callout with hooks
/// serves the DLLs after it, for which there is [`check_chained`]. A hook that crashes, or panics in `extern` code,
/// ends the test.
///
/// # Safety
/// - As for [`Server::load`], with every [`Conduct`]: contexts that are NULL or whose packet has ended come as well.
///   For a callout that follows them as pointers this is undefined behaviour, which `AddressSanitizer` shows.
/// - What the callout writes where it may not is at most 64 bytes before or after the memory that it is given.
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
    // SAFETY: the caller promises that it can be called.
    unsafe { check_all(entry, seed, false) }
}

/// As [`check`], of a callout with a DLL after it, which it serves: it has to load [`NEXT_DLL`], which is on its list,
/// to have all hooks that this has, and to pass each call on, with the context that the next DLL has set for the packet.
/// Or it breaks [`Rule::NotLoaded`], [`Rule::NotChained`] or [`Rule::NextContext`]. A packet that it refuses it may keep
/// to itself. How often the next DLL is called, and with which other arguments, is not looked at; nor what it hears on
/// another thread than the one on which the server calls.
///
/// It is not loaded as the only DLL, which is for [`check`]. A [`Chain`](crate::chain::Chain) that was loaded so in the
/// same test program, by `check` or a [`Server`], has nobody after it any more, and breaks [`Rule::NotLoaded`]: each
/// test takes statics of its own.
///
/// ```
/// use dhcp_callout::chain::{Chain, LoadedDll};
/// use dhcp_callout::simulate::{NEXT_DLL, check_chained};
/// use dhcp_callout::{DllPath, Host, entry_point};
/// # use dhcp_callout::{Callout, Decision, NewPacket};
/// # struct Quiet;
/// # impl Callout for Quiet {
/// #     type State = ();
/// #     fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> { Decision::Pass }
/// # }
///
/// /// In place of the function that asks Windows.
/// fn find(path: DllPath<'_>) -> Option<LoadedDll> {
///     let (name, entry) = NEXT_DLL;
///     // SAFETY: the DLL of the check can be called as the SDK says, and replaces no packet.
///     (path.to_string() == name).then(|| unsafe { LoadedDll::new(entry) })
/// }
///
/// static QUIET: Host<Quiet> = Host::new(Quiet);
/// static CHAIN: Chain = Chain::new();
/// entry_point!(fn entry = QUIET, chain = CHAIN, find = find);
///
/// // SAFETY: the entry point is made by the macro.
/// unsafe { check_chained(entry) }.assert_clean();
/// ```
///
/// Without feature `std`, do not run two checks at once: the DLL is the same.
///
/// # Safety
/// As for [`check`].
#[must_use]
pub unsafe fn check_chained(entry: EntryPoint) -> Report {
    // SAFETY: the caller promises the same.
    unsafe { check_all(entry, 0, true) }
}

/// Checks a callout by all rules, by those of a chain only if it `is_chained`.
///
/// # Safety
/// As for [`check`].
unsafe fn check_all(entry: EntryPoint, seed: u64, is_chained: bool) -> Report {
    let watch = Watch::default();
    // SAFETY: the caller promises the same.
    watch.over(seed, || unsafe { check_watched(entry, seed, is_chained, &watch) })
}

/// As [`check_all`]; `watch` hears of the calls.
///
/// # Safety
/// As for [`check`].
unsafe fn check_watched(entry: EntryPoint, seed: u64, is_chained: bool, watch: &Watch) -> Report {
    let mut report = Report::new(Some(seed));
    // Kept to the end, since a callout can have kept what is in it.
    let entry_memory = Arena::new(2 * entry_rules::CALLS, Remains::Poison);
    // The DLLs after it: a callout can load those of its first list once and for all.
    let lists: [&[_]; 2] = [&[], &[NEXT_DLL]];
    let lists = lists.into_iter().skip(usize::from(is_chained));
    // SAFETY: the caller promises that it can be called.
    let mut table = |next| unsafe { entry_rules::check(entry, next, &entry_memory, &mut report) };
    let load = || lists.map(|next| Some((next, table(next)?))).collect::<Option<Vec<_>>>();
    let (loaded, heard) = listen(|| watch.call(ENTRY_POINT, load));
    let loaded = loaded.as_deref().filter(|_| !report.has(Rule::EntryUnstable));
    let Some((&(next, table), others)) = loaded.and_then(<[_]>::split_first) else {
        report.cut_short();
        return report;
    };
    let numbers = &mut Numbers(seed);
    let good = exchange::exchanges(numbers);
    let hostile = hostile::exchanges(&good, numbers);
    let at_limits = hostile::at_the_limits(&good, numbers);
    let all = good.iter().chain(&hostile).chain(&at_limits);
    let transactions = all.filter_map(Exchange::transaction).collect();
    let mut check = Check {
        entry,
        next,
        table,
        entry_memory,
        served: None,
        watch,
        report,
        transactions,
    };
    // Last what can cost a callout its buffers, packets that never end, or not by their own contexts; before, and there
    // last, what could be worse for a callout with a fault: several threads at once.
    let is_costly = |conduct: &Conduct| conduct.contexts == Contexts::Repeated || conduct.notices == Notices::Withheld;
    let order = |conduct: &Conduct| (is_costly(conduct), conduct.threads == Threads::Several);
    let (first, mut later): (Vec<_>, Vec<_>) = pairs::singles()
        .into_iter()
        .filter(|conduct| *conduct != Conduct::DEFAULT)
        .partition(|conduct| order(conduct) == (false, false));
    later.extend(pairs::pairs(numbers));
    later.sort_by_key(order);
    let (costly, harmless): (Vec<_>, Vec<_>) = later.into_iter().partition(is_costly);
    if is_chained {
        check.chain(&heard, [&good, &hostile]);
    }
    // What a callout has seen once can count for it for ever: then it makes a difference in the first run alone.
    check.run_all([Conduct::DEFAULT], [&good, &hostile]);
    check.run(Mode::USUAL, &at_limits, Duration::ZERO);
    check.compare_all(&good, &hostile);
    check.run_all(first.into_iter().chain(harmless), [&good, &hostile]);
    for &with_next in others {
        (check.next, check.table) = with_next;
        check.run(Mode::USUAL, &good, Duration::ZERO);
    }
    (check.next, check.table) = (next, table);
    check.run_all(costly, [&good, &hostile]);
    check.report
}

/// How many rounds of eight runs two modes are compared in that differ: what differs by chance is left out then. Of a callout
/// that tosses a coin at each start, all runs of a mode are alike, and none is like the other mode's, once in 2²⁵ times.
const ROUNDS: usize = 3;

const OTHER_SOCKET: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 1);

/// How a run is played.
#[derive(Clone, Copy)]
struct Mode {
    /// What the server does where the documentation is silent.
    conduct: Conduct,
    /// What is in memory that it takes back.
    remains: Remains,
    /// What becomes of the service in the middle of the run.
    service: Service,
    /// Whether an end that is reported again has the context of its packet, or else NULL.
    repeats_context: bool,
    /// The address of the socket on which all packets are received.
    socket: Ipv4Addr,
}

impl Mode {
    const USUAL: Self = Self::of(Conduct::DEFAULT);

    const fn of(conduct: Conduct) -> Self {
        Self {
            conduct,
            remains: Remains::Poison,
            service: Service::Running,
            repeats_context: true,
            socket: TEST_SOCKET,
        }
    }
}

/// A check under way.
struct Check<'w> {
    /// INVARIANT: a server can load it, and call its hooks.
    entry: EntryPoint,
    /// The DLLs after it.
    next: &'static [(&'static str, EntryPoint)],
    /// The table that it gives.
    table: CalloutTable,
    /// What was lent to it for that.
    entry_memory: Arena,
    /// How it serves the next DLL, while that is asked.
    served: Option<Served>,
    watch: &'w Watch,
    report: Report,
    /// The transactions of all packets.
    transactions: Vec<Transaction>,
}

impl Check<'_> {
    /// Shows the callout all exchanges with each conduct, on a socket for the good ones and one for the hostile ones.
    fn run_all(&mut self, conducts: impl IntoIterator<Item = Conduct>, exchanges: [&[Exchange]; 2]) {
        for conduct in conducts {
            if !self.report.spares_threads(conduct) {
                for (exchanges, socket) in exchanges.into_iter().zip([TEST_SOCKET, OTHER_SOCKET]) {
                    let usual = Mode::of(conduct);
                    self.run(Mode { socket, ..usual }, exchanges, Duration::ZERO);
                }
            }
        }
    }

    /// Loads the callout once more, and shows it all exchanges, with `pace` or more from one call to the next.
    fn run(&mut self, mode: Mode, exchanges: &[Exchange], pace: Duration) -> Vec<Effect> {
        let Mode {
            conduct,
            remains,
            service,
            repeats_context,
            socket,
        } = mode;
        if !self.report.is_complete() {
            return Vec::new();
        }
        let (entry, next, watch) = (self.entry, self.next, self.watch);
        let (table, transactions, heard) = (&self.table, &self.transactions, &mut self.served);
        let effects = self.report.with_poison(remains, |report, remains| {
            let dlls = [&[(ENTRY_POINT, entry)], next].concat();
            // SAFETY: it can be loaded, says the invariant, and so can the DLL after it.
            let load = || unsafe { Server::load_first_in(remains, &dlls) };
            let (mut server, refused) = watch.call(ENTRY_POINT, load);
            server.watch = Some(watch.clone());
            if !refused.is_empty() || !entry_rules::are_equal(&server.table, table) {
                report.note(report.finding(Rule::EntryUnstable, ENTRY_POINT, conduct, &[]));
                report.cut_short();
                return Vec::new();
            }
            let mut run = Run::new(server.conduct(conduct).at(socket), report, exchanges, transactions);
            run.served = heard.as_mut();
            run.repeats_context = repeats_context;
            run.play(service, pace)
        });
        if self.entry_memory.was_written_late() {
            let finding = self.report.finding(Rule::KeptArguments, ENTRY_POINT, conduct, &[]);
            self.report.note(finding);
        }
        effects
    }

    /// Looks whether the callout serves the next DLL, which has `heard` this while the callout was loaded.
    fn chain(&mut self, heard: &Heard, exchanges: [&[Exchange]; 2]) {
        let conduct = Conduct::DEFAULT.never_offered(true);
        self.served.get_or_insert_default().hear(heard);
        self.run_all([conduct], exchanges);
        let paused = Mode {
            service: Service::Paused,
            ..Mode::of(conduct)
        };
        self.run(paused, exchanges[0], Duration::ZERO);
        if let Some(served) = self.served.take().filter(|_| self.report.is_complete()) {
            served.judge(&self.table, conduct, &mut self.report);
        }
    }

    /// Looks for what makes a difference to the callout, and should not.
    fn compare_all(&mut self, good: &[Exchange], hostile: &[Exchange]) {
        let usual = Mode::USUAL;
        let with = |conduct| Mode { conduct, ..usual };
        let during = |service| Mode { service, ..usual };
        let contents = Mode {
            remains: Remains::Contents,
            ..usual
        };
        let conduct = usual.conduct;
        let null = conduct.contexts(Contexts::Null);
        let ended = with(conduct.notices(Notices::Repeated));
        // The same calls, so that a callout which counts them is not blamed.
        let unknown = Mode {
            repeats_context: false,
            ..ended
        };
        let zero = with(conduct.process_it_before(0));
        // Where it can read nothing, it may go by what is there. The worst packets come first.
        let (worst, _) = hostile.split_at(hostile.len() / 2);
        self.compare(Rule::ProcessIt, usual, zero, worst);
        let mut rows = vec![
            (Rule::KeptArguments, usual, contents),
            (Rule::ProcessIt, usual, zero),
            (Rule::DependsOnByteOrder, usual, with(conduct.host_order(true))),
            (Rule::DependsOnThread, usual, with(conduct.threads(Threads::Changing))),
            (Rule::ContextAfterEnd, unknown, ended),
            (Rule::ContextAfterEnd, with(null), with(null.contexts(Contexts::Stale))),
        ];
        // Without this hook it hears of neither.
        if self.table.dhcp_control_hook.is_some() {
            let [paused, parted, restarted] = [Service::Paused, Service::Parted, Service::Restarted].map(during);
            rows.extend([
                (Rule::DependsOnPause, usual, paused),
                (Rule::DependsOnRestart, parted, restarted),
            ]);
        }
        for (rule, usual, other) in rows {
            self.compare(rule, usual, other, good);
        }
    }

    /// Notes `rule` if a run goes otherwise in `other` than it goes in `usual`. That can be because the callout goes on
    /// counting, or goes by a clock; so both are played again, in an order without a period, and what is usual in the
    /// time that the other takes, too: only what is so each time is held against the callout.
    fn compare(&mut self, rule: Rule, usual: Mode, other: Mode, exchanges: &[Exchange]) {
        if self.report.has(rule) {
            return;
        }
        let before = self.run(usual, exchanges, Duration::ZERO);
        let (between, took) = timed(Duration::ZERO, || self.run(other, exchanges, Duration::ZERO));
        let count = u32::try_from(before.len()).unwrap_or(u32::MAX);
        let pace = took.checked_div(count).unwrap_or_default();
        let [fast, slow, others] = [(false, Duration::ZERO), (false, pace), (true, Duration::ZERO)];
        // Of a context that it does not know, a callout need not think what it thinks of NULL.
        let mut comparison = Comparison::new(before, between, other.conduct.contexts == Contexts::Stale);
        for _ in 0..ROUNDS {
            for (is_other, pace) in [fast, slow, others, fast, others, others, slow, fast] {
                if comparison.differs() {
                    let mode = if is_other { other } else { usual };
                    let played = self.run(mode, exchanges, pace);
                    comparison.repeat(is_other, &played, rule, mode.conduct);
                }
            }
        }
        if self.report.is_complete() {
            comparison.judge(rule, other.conduct, &mut self.report);
        }
    }
}
