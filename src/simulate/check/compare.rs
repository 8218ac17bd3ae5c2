//! What a callout makes of the same packets in two modes of the server, and which of that is the mode's doing.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use super::super::Conduct;
use super::report::{Finding, Report};
use super::rule::Rule;
use crate::hook::HookError;

/// What a callout made of a packet in one call.
pub(super) struct Effect {
    /// The number of the packet.
    pub(super) number: usize,
    pub(super) hook: &'static str,
    /// The number of the call.
    pub(super) call: usize,
    /// The packet before the call, and after it.
    pub(super) given: Vec<u8>,
    pub(super) packet: Result<Vec<u8>, HookError>,
    pub(super) process_it: Option<i32>,
}

/// Two runs, and what is known from more of them.
pub(super) struct Comparison {
    /// What was first made of the packets in each mode, without the bytes that differ from run to run of one mode.
    usual: Vec<Effect>,
    other: Vec<Effect>,
    /// Whether a callout may leave alone in the other mode what it alters in the usual one.
    may_leave_alone: bool,
    /// A call whose effect differs from run to run of one mode.
    unsteady: Option<Finding>,
    /// Whether not only bytes do.
    is_lost: bool,
}

impl Comparison {
    pub(super) const fn new(usual: Vec<Effect>, other: Vec<Effect>, may_leave_alone: bool) -> Self {
        Self {
            usual,
            other,
            may_leave_alone,
            unsteady: None,
            is_lost: false,
        }
    }

    /// Returns whether there is a difference between the modes, be it one that may be.
    pub(super) fn differs(&self) -> bool {
        !self.is_lost && self.usual != self.other
    }

    /// Returns the first call that is another in the other mode and may not be, after the usual one.
    fn difference(&self) -> Option<(&Effect, &Effect)> {
        let mut pairs = self.usual.iter().zip(&self.other).filter(|_| !self.is_lost);
        pairs.find(|(usual, other)| usual != other && !(self.may_leave_alone && other.is_nothing()))
    }

    /// Takes in another run of one of the modes, to be held against it for `rule`.
    pub(super) fn repeat(&mut self, is_other: bool, played: &[Effect], rule: Rule, conduct: Conduct) {
        let first = if is_other { &self.other } else { &self.usual };
        self.is_lost |= first.len() != played.len();
        let mut bytes = Vec::new();
        for (index, (first, played)) in first.iter().zip(played).enumerate() {
            let is_like = first.is_like(played);
            self.is_lost |= !is_like;
            let differing = first.bytes().iter().zip(played.bytes()).enumerate();
            let differing = differing.filter_map(|(at, (one, other))| (one != other).then_some((index, at)));
            bytes.extend(differing);
            if first != played {
                self.unsteady.get_or_insert_with(|| played.finding(rule, conduct));
            }
        }
        for (index, at) in bytes {
            for effect in self.usual.get_mut(index).into_iter().chain(self.other.get_mut(index)) {
                if let Some(byte) = effect.packet.as_mut().ok().and_then(|packet| packet.get_mut(at)) {
                    *byte = 0;
                }
            }
        }
    }

    /// Notes that `rule` is broken if there is a difference, and otherwise what was left out.
    pub(super) fn judge(self, rule: Rule, conduct: Conduct, report: &mut Report) {
        if let Some((usual, effect)) = self.difference() {
            report.note(Finding {
                difference: Some(effect.difference(usual)),
                ..effect.finding(rule, conduct)
            });
        } else if let Some(finding) = self.unsteady {
            report.leave_out(finding, self.is_lost);
        }
    }
}

impl Effect {
    fn bytes(&self) -> &[u8] {
        self.packet.as_deref().unwrap_or_default()
    }

    /// Returns whether the callout did the same, but for bytes of the packet.
    fn is_like(&self, other: &Self) -> bool {
        let all = |effect: &Self| {
            let size = effect.packet.as_ref().map(Vec::len).map_err(|error| *error);
            (effect.number, effect.hook, effect.process_it, size)
        };
        all(self) == all(other)
    }

    /// Returns whether a hook that refuses no packets has left this one as it was.
    fn is_nothing(&self) -> bool {
        self.process_it.is_none() && self.packet.as_ref() == Ok(&self.given)
    }

    /// Returns the finding that this call broke `rule`.
    fn finding(&self, rule: Rule, conduct: Conduct) -> Finding {
        Finding {
            rule,
            hook: self.hook,
            call: self.call,
            packet: self.given.clone(),
            conduct,
            difference: None,
        }
    }

    /// Says what this call left, and what the usual one did.
    fn difference(&self, usual: &Self) -> String {
        let [now, before] = [self, usual].map(Self::bytes);
        let mut bytes = now.iter().zip(before).enumerate();
        match (self.process_it, usual.process_it) {
            _ if (self.number, self.hook) != (usual.number, usual.hook) => {
                format!("otherwise {} is called", usual.hook)
            }
            (Some(now), Some(before)) if now != before => format!("ProcessIt is {now}, otherwise {before}"),
            _ if now.len() != before.len() => format!("{} bytes are left, otherwise {}", now.len(), before.len()),
            _ => bytes
                .find(|(_, (now, before))| now != before)
                .map_or_else(String::new, |(at, (now, before))| {
                    format!("byte {at} is {now:#04x}, otherwise {before:#04x}")
                }),
        }
    }
}

/// Whether the callout did the same, be it in another call.
impl PartialEq for Effect {
    fn eq(&self, other: &Self) -> bool {
        self.is_like(other) && self.packet == other.packet
    }
}
