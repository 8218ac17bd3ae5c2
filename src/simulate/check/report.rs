//! What a check found.

use alloc::vec::Vec;
use core::fmt;
use core::time::Duration;

use super::super::Conduct;
use super::rule::{Rule, Severity};
use crate::message::Message;

/// What [`check`](super::check) found: each broken rule once.
#[derive(Clone, Debug)]
pub struct Report {
    /// `None` for calls that no seed gives.
    seed: Option<u64>,
    calls: usize,
    /// How long they took together.
    took: Duration,
    is_complete: bool,
    findings: Vec<Finding>,
}

/// A broken rule, and the first call that broke it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Finding {
    /// The rule.
    pub rule: Rule,
    /// The function that was called, as the SDK names it.
    pub hook: &'static str,
    /// The number of the call, from 1.
    pub call: usize,
    /// The packet or the reply that the function was given; empty if the finding is about no single one.
    pub packet: Vec<u8>,
    /// What the server did where the documentation is silent, and on which threads.
    pub conduct: Conduct,
}

impl Report {
    pub(super) const fn new(seed: Option<u64>) -> Self {
        Self {
            seed,
            calls: 0,
            took: Duration::ZERO,
            is_complete: true,
            findings: Vec::new(),
        }
    }

    /// Counts a call, and returns how long all took together.
    pub(super) const fn count(&mut self, took: Duration) -> Duration {
        self.calls = self.calls.saturating_add(1);
        self.took = self.took.saturating_add(took);
        self.took
    }

    /// Notes that the last call, of `hook`, broke `rule`, if no earlier one did.
    pub(super) fn note(&mut self, rule: Rule, hook: &'static str, conduct: Conduct) {
        self.note_at(rule, hook, self.calls, conduct, &[]);
    }

    /// As [`note`](Self::note), for any call, which was given `packet`.
    pub(super) fn note_at(&mut self, rule: Rule, hook: &'static str, call: usize, conduct: Conduct, packet: &[u8]) {
        if !self.has(rule) {
            let packet = packet.to_vec();
            self.findings.push(Finding {
                rule,
                hook,
                call,
                packet,
                conduct,
            });
        }
    }

    /// Ends the check before all was tried.
    pub(super) const fn cut_short(&mut self) {
        self.is_complete = false;
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

    /// Returns whether all was tried: a callout that cannot be loaded, or is too slow, is not called to the end.
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
    /// If a rule is broken, be it a fault or advice.
    #[track_caller]
    pub fn assert_clean(&self) {
        assert!(self.findings.is_empty(), "{self}");
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
        } = self;
        let severity = match rule.severity() {
            Severity::Fault => "fault",
            Severity::Advice => "advice",
        };
        write!(f, "{severity} {rule}: {}", rule.meaning())?;
        write!(f, "\n  first at call {call}, {hook}; conduct: {conduct}")?;
        match Message::parse(packet) {
            _ if packet.is_empty() => Ok(()),
            Ok(message) => write!(f, "\n  packet of {} bytes: {message}", packet.len()),
            Err(error) => write!(f, "\n  {error}"),
        }
    }
}
