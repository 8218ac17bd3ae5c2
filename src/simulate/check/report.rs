//! What a check found.

use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::mem::take;
use core::time::Duration;

use super::super::Conduct;
use super::super::memory::Remains;
use super::super::threads::Threads;
use super::rule::{Rule, Severity};
use crate::message::Message;

/// What [`check`](super::check) found: each broken rule once. Of a reply that is another's, is none, or cannot be read,
/// it says only that; and once a callout breaks [`Rule::KeptArguments`], nothing of what is written in a wrong place,
/// since that can be such memory.
#[derive(Clone, Debug)]
pub struct Report {
    /// `None` for calls that no seed gives.
    seed: Option<u64>,
    calls: usize,
    /// How long they took together.
    took: Duration,
    is_complete: bool,
    /// Whether several threads at once were not tried.
    spares_threads: bool,
    findings: Vec<Finding>,
    /// What is to be found, in this order, if it is not by chance that poison was seen.
    suspected: Vec<Finding>,
    /// What differs when the same is played again, and whether that is more than bytes of a packet.
    left_out: Vec<(Finding, bool)>,
    /// The contexts that two packets had at once.
    shared: Vec<usize>,
    /// The call that took longest, and how long.
    slowest: Option<(Duration, Finding)>,
}

/// A broken rule, and the first call that broke it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// The function that was called, as the SDK names it.
    pub hook: &'static str,
    /// The number of the call, from 1. What is counted are the first calls of the entry point, of which each has another
    /// version, and those of hooks; not that of the entry point before each run, nor the ends that are told after a stop.
    pub call: usize,
    /// The packet or the reply that the function was given; empty if the finding is about no single one.
    pub packet: Vec<u8>,
    /// What the server did where the documentation is silent, and on which threads.
    pub conduct: Conduct,
    /// What the callout did otherwise, if it was found by that; or what it made of a reply.
    pub(super) difference: Option<String>,
}

impl Report {
    pub(super) const fn new(seed: Option<u64>) -> Self {
        Self {
            seed,
            calls: 0,
            took: Duration::ZERO,
            is_complete: true,
            spares_threads: false,
            findings: Vec::new(),
            suspected: Vec::new(),
            left_out: Vec::new(),
            shared: Vec::new(),
            slowest: None,
        }
    }

    /// Counts a call.
    pub(super) const fn count(&mut self) {
        self.calls = self.calls.saturating_add(1);
    }

    /// Adds the time that the last call took, of `hook`, and returns how long all took together.
    pub(super) fn add_time(&mut self, took: Duration, hook: &'static str, conduct: Conduct, packet: &[u8]) -> Duration {
        self.took = self.took.saturating_add(took);
        if self.slowest.as_ref().is_none_or(|(slowest, _)| *slowest < took) {
            let finding = self.finding(Rule::SlowTogether, hook, conduct, packet);
            self.slowest = Some((took, finding));
        }
        self.took
    }

    /// Notes that all calls together were slow.
    pub(super) fn note_slowest(&mut self) {
        if let Some((_, finding)) = self.slowest.take() {
            self.note(finding);
        }
    }

    /// Returns the finding that the last call, of `hook` with `packet`, broke `rule`.
    pub(super) fn finding(&self, rule: Rule, hook: &'static str, conduct: Conduct, packet: &[u8]) -> Finding {
        Finding {
            rule,
            hook,
            call: self.calls,
            packet: packet.to_vec(),
            conduct,
            difference: None,
        }
    }

    /// Notes a finding, if there is none of its rule.
    pub(super) fn note(&mut self, finding: Finding) {
        if !self.has(finding.rule) {
            self.findings.push(finding);
        }
    }

    /// Notes a finding of a call that has left poison in a packet. It counts only if the poison is there by chance; if
    /// not, [`Rule::KeptArguments`] is the finding, which was noted first.
    pub(super) fn suspect(&mut self, finding: Finding) {
        let is_known = |suspected: &Finding| suspected.rule == finding.rule;
        if !self.has(Rule::KeptArguments) && !self.suspected.iter().any(is_known) {
            self.suspected.push(finding);
        }
    }

    /// Plays a run; and if poison was seen, plays it once more with other poison, to see whether that is seen then.
    pub(super) fn with_poison<T>(&mut self, remains: Remains, mut play: impl FnMut(&mut Self, Remains) -> T) -> T {
        let played = play(self, remains);
        let mut suspected = take(&mut self.suspected);
        if !suspected.is_empty() {
            play(self, remains.other());
            if take(&mut self.suspected).is_empty() {
                suspected.retain(|finding| finding.rule != Rule::KeptArguments);
            } else {
                suspected.truncate(1);
            }
        }
        for finding in suspected {
            self.note(finding);
        }
        played
    }

    /// Notes that this call differs when the same is played again, so that its bytes were left out of the comparison
    /// for a rule, or that as a whole.
    pub(super) fn leave_out(&mut self, finding: Finding, is_whole: bool) {
        if !self.left_out.iter().any(|(known, _)| known.rule == finding.rule) {
            self.left_out.push((finding, is_whole));
        }
    }

    /// Ends the check before all was tried.
    pub(super) const fn cut_short(&mut self) {
        self.is_complete = false;
    }

    /// Notes that two packets have this context at once.
    pub(super) fn share(&mut self, context: usize) {
        if !self.is_shared(context) {
            self.shared.push(context);
        }
    }

    /// Returns whether two packets have had this context at once.
    pub(super) fn is_shared(&self, context: usize) -> bool {
        self.shared.contains(&context)
    }

    /// Leaves out a run on several threads at once, if a fault was found; returns whether it does.
    pub(super) fn spares_threads(&mut self, conduct: Conduct) -> bool {
        let is_spared = conduct.threads == Threads::Several && self.has_fault();
        self.spares_threads |= is_spared;
        is_spared
    }

    /// Returns the broken rules, in the order in which they were found.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.findings
    }

    /// Returns whether `rule` is broken.
    #[must_use]
    pub fn has(&self, rule: Rule) -> bool {
        self.findings.iter().any(|finding| finding.rule == rule)
    }

    /// Returns how many functions of the callout were called.
    pub(super) const fn calls(&self) -> usize {
        self.calls
    }

    /// Returns whether all was tried: a callout that cannot be loaded, gives another table, or is too slow, is not called
    /// to the end. That it is not called on several threads at once after a fault does not count.
    #[must_use]
    pub const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// Returns whether a rule is broken whose severity is [`Severity::Fault`].
    pub(super) fn has_fault(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.rule.severity() == Severity::Fault)
    }

    /// Fails a test with the report as its message.
    ///
    /// # Panics
    /// If a rule is broken, be it a fault or advice. A check that [ended](Self::is_complete) before all was tried has
    /// found one.
    #[track_caller]
    pub fn assert_clean(&self) {
        self.assert_clean_but(&[]);
    }

    /// As [`assert_clean`](Self::assert_clean), for a callout that is meant to do what these rules are about: one that
    /// counts anew from each start breaks [`Rule::DependsOnRestart`]. A fault among them keeps several threads from being
    /// tried.
    ///
    /// # Panics
    /// If another rule is broken, or the check [ended](Self::is_complete) before all was tried, as it does for
    /// [`Rule::Slow`].
    #[track_caller]
    pub fn assert_clean_but(&self, meant: &[Rule]) {
        let are_meant = self.findings.iter().all(|finding| meant.contains(&finding.rule));
        assert!(are_meant && self.is_complete, "{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.findings.len() {
            0 => f.write_str("no rule is broken"),
            1 => f.write_str("1 rule is broken"),
            count => write!(f, "{count} rules are broken"),
        }?;
        write!(f, " in {} calls", self.calls)?;
        if let Some(seed) = self.seed {
            write!(f, ", seed {seed}")?;
        }
        for finding in &self.findings {
            write!(f, "\n- {finding}")?;
        }
        for (Finding { rule, hook, call, .. }, is_whole) in &self.left_out {
            let what = if *is_whole {
                "does something else"
            } else {
                "leaves other bytes"
            };
            let compared = if *is_whole {
                "not tried"
            } else {
                "tried without these bytes"
            };
            write!(
                f,
                "\n{rule} was {compared}: when the same is played again, {hook} {what}, as at call {call}"
            )?;
        }
        if self.has(Rule::KeptArguments) {
            let [outside, input, beyond] = [Rule::WriteOutside, Rule::WriteToInput, Rule::WriteBeyondSize];
            write!(
                f,
                "\n{outside}, {input} and {beyond} were not tried after KeptArguments."
            )?;
        }
        let [shared, after_end] = [Rule::ContextShared, Rule::ContextAfterEnd];
        if self.has(shared) && !self.has(after_end) {
            write!(f, "\n{after_end} was not tried with the contexts of {shared}.")?;
        }
        if self.spares_threads {
            f.write_str("\nAfter a fault several threads at once were not tried any more.")?;
        }
        if !self.is_complete {
            f.write_str("\nThe check ended there; the rest was not tried.")?;
        }
        Ok(())
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            rule,
            hook,
            call,
            packet,
            conduct,
            difference,
        } = self;
        let severity = match rule.severity() {
            Severity::Fault => "fault",
            Severity::Advice => "advice",
        };
        write!(f, "{severity} {rule}: {}", rule.meaning())?;
        write!(f, "\n  first at call {call}, {hook}; conduct: {conduct}")?;
        if let Some(difference) = difference {
            write!(f, "\n  {difference}")?;
        }
        match Message::parse(packet) {
            _ if packet.is_empty() => Ok(()),
            Ok(message) => write!(f, "\n  packet of {} bytes: {message}", packet.len()),
            Err(error) => write!(f, "\n  {error}"),
        }?;
        if !packet.is_empty() {
            f.write_str("\n  bytes: ")?;
        }
        packet.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;
    use core::time::Duration;

    use super::super::rule::Rule;
    use super::{Conduct, Report};

    #[test]
    fn the_slowest_call_is_named() {
        let mut report = Report::new(None);
        for (hook, took) in [("first", 3), ("slowest", 9), ("as slow", 9), ("last", 2)] {
            report.count();
            report.add_time(Duration::from_secs(took), hook, Conduct::DEFAULT, hook.as_bytes());
        }
        report.note_slowest();
        let found = report.findings().iter();
        let found: Vec<_> = found
            .map(|found| (found.rule, found.hook, found.call, &found.packet[..]))
            .collect();
        assert_eq!(found, [(Rule::SlowTogether, "slowest", 2, &b"slowest"[..])]);
    }
}
