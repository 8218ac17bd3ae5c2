//! Does a callout behave? Runs it through all that a server may do, and names the rules that it breaks.

mod entry;
mod exchange;
mod fuzz;
mod hostile;
mod next;
mod numbers;
mod reply;
mod report;
mod rule;
mod run;
mod threads;

pub use fuzz::fuzz;
pub use next::NEXT_DLL;
pub use report::{Finding, Report};
pub use rule::{Rule, Severity};

use alloc::vec::Vec;

use self::exchange::Exchange;
use self::numbers::Numbers;
use self::run::{Mode, Outcome, Run};
use self::threads::Threads;
use super::{Conduct, Contexts, Notices, Server, Swaps};
use crate::ffi::EntryPoint;

/// How many combinations of switches are tried, besides the default and each switch alone.
const COMBINATIONS: usize = 8;

/// Checks a callout: runs its entry point through all that a server may do, with good packets and hostile ones, and
/// returns the [rules](Rule) that it breaks.
///
/// The calls are the same each time. A callout that keeps nothing from one check to the next gets the same report.
///
/// The [module](super) shows the test of a callout. Without feature `std` there is no clock and one thread, so that
/// [`Rule::Slow`] and [`Rule::DependsOnThread`] are not checked.
///
/// What it cannot see: a callout that reads what it may not, which [`HookCall::exact`](super::HookCall::exact) shows to a
/// sanitizer; one that uses a context after its end, if that changes nothing of what it does; one that breaks a rule only after
/// more packets than these; and whether a callout with hooks serves the DLLs after it, for which there is [`check_chained`]. A
/// hook that crashes, or panics in `extern` code, ends the test.
///
/// # Safety
/// - As for [`Server::load`], with every [`Conduct`]: contexts that are NULL or whose packet has ended come as well. For a
///   callout that follows them as pointers this is undefined behaviour, which `AddressSanitizer` shows.
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
    unsafe { check_all(entry, seed) }
}

/// As [`check`], of a callout that serves the DLLs after it: it has to load [`NEXT_DLL`], which is on its list, and to call
/// it, or it breaks [`Rule::NotChained`].
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
/// Of two such checks at once one can hide what the other would have found: the DLL is the same.
///
/// # Safety
/// As for [`check`].
#[must_use]
pub unsafe fn check_chained(entry: EntryPoint) -> Report {
    let before = next::calls();
    // SAFETY: the caller promises that it can be called.
    let mut report = unsafe { check_all(entry, 0) };
    if report.is_complete() && next::calls() == before {
        report.note(Rule::NotChained, entry::NAME, Conduct::DEFAULT);
    }
    report
}

/// Checks a callout by all rules but that of a chain.
///
/// # Safety
/// As for [`check`].
unsafe fn check_all(entry: EntryPoint, seed: u64) -> Report {
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
    for conduct in single_switches() {
        check.run((conduct, Threads::One), &good);
        check.run((conduct, Threads::One), &hostile);
    }
    if !check.report.has(Rule::EntryUnstable) {
        let usual = (Conduct::DEFAULT, Threads::One);
        let changing = (Conduct::DEFAULT, Threads::Changing);
        check.compare(Rule::DependsOnThread, usual, changing, &good);
        let without = (Conduct::DEFAULT.contexts(Contexts::Null), Threads::One);
        let stale = (Conduct::DEFAULT.contexts(Contexts::Stale), Threads::One);
        check.compare(Rule::ContextAfterEnd, without, stale, &good);
    }
    // What a callout does wrong could be worse on several threads at once.
    if check.report.findings().is_empty() {
        check.run((Conduct::DEFAULT, Threads::Several), &good);
        check.run((Conduct::DEFAULT, Threads::Several), &hostile);
    }
    // Last what can cost a callout its buffers: packets that never end, or not by their own contexts.
    let usual = Conduct::DEFAULT;
    let endless = [usual.contexts(Contexts::Repeated), usual.notices(Notices::Withheld)];
    let combinations: Vec<_> = (0..COMBINATIONS).map(|_| Conduct::from_seed(numbers.next())).collect();
    for conduct in endless.into_iter().chain(combinations) {
        check.run((conduct, Threads::One), &good);
        check.run((conduct, Threads::One), &hostile);
    }
    check.report
}

/// A check under way.
struct Check {
    /// INVARIANT: a server can load it, and call its hooks.
    entry: EntryPoint,
    report: Report,
    /// The transaction ids of all packets.
    xids: Vec<u32>,
}

impl Check {
    /// Loads the callout once more, and shows it all exchanges.
    fn run(&mut self, mode: Mode, exchanges: &[Exchange]) -> Vec<Outcome> {
        // SAFETY: it can be loaded, says the invariant, and so can the DLL after it.
        let (server, refused) = unsafe { Server::load_first(&[(entry::NAME, self.entry), NEXT_DLL]) };
        if !refused.is_empty() {
            self.report.note(Rule::EntryUnstable, entry::NAME, mode.0);
            return Vec::new();
        }
        Run::new(server, mode, &mut self.report, exchanges, &self.xids).play()
    }

    /// Notes `rule` if a run goes otherwise in `other` than it goes in `usual`: twice before, so that it is not the callout
    /// that goes on counting, and once after.
    fn compare(&mut self, rule: Rule, usual: Mode, other: Mode, exchanges: &[Exchange]) {
        let before = self.run(usual, exchanges);
        let mut is_steady = self.run(usual, exchanges) == before;
        let calls = self.report.calls();
        let between = self.run(other, exchanges);
        is_steady &= self.run(usual, exchanges) == before && self.report.is_complete();
        let mut pairs = before.iter().zip(&between).zip(1_usize..).filter(|_| is_steady);
        if let Some(((_, outcome), number)) = pairs.find(|((one, other), _)| one != other) {
            self.report
                .note_at(rule, outcome.hook, calls.saturating_add(number), other.0);
        }
    }
}

/// Returns the default, and each switch alone that lets packets end.
fn single_switches() -> [Conduct; 11] {
    let usual = Conduct::DEFAULT;
    [
        usual,
        usual.swaps(Swaps::Ignored),
        usual.swaps(Swaps::ReadAgain),
        usual.edits_in_place(false),
        usual.refusals_reported(true),
        usual.contexts(Contexts::Null),
        usual.contexts(Contexts::Stale),
        usual.notices(Notices::Repeated),
        usual.never_offered(true),
        usual.options_parsed(0),
        usual.options_parsed(3),
    ]
}
