//! How packets shrink: by their bytes, whatever they were made of; and choices: to the first that fails.

use core::fmt;
use core::iter::successors;
use core::mem::take;
use core::ops::Range;
use std::vec::Vec;

use proptest::prelude::*;
use proptest::strategy::{NewTree, ValueTree};
use proptest::test_runner::TestRunner;

use super::sample::Bytes;
use crate::message::{HEADER_LENGTH, MAGIC_COOKIE};

/// Yields what another strategy yields, and lets it shrink to fewer bytes, and the rest to zeros.
#[derive(Clone, Debug)]
pub(super) struct ByBytes<S>(pub(super) S);

impl<S: Strategy<Value = Bytes>> Strategy for ByBytes<S> {
    type Tree = Shrinking;
    type Value = Bytes;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let Bytes(failing) = self.0.new_tree(runner)?.current();
        Ok(Shrinking {
            failing,
            tried: None,
            attempts: Vec::new(),
            has_shrunk: true,
        })
    }
}

/// A packet that shrinks.
#[derive(Debug)]
pub(super) struct Shrinking {
    /// The smallest packet that is known to fail.
    failing: Vec<u8>,
    /// What is tried now.
    tried: Option<Vec<u8>>,
    /// What is left of a round, in the opposite order.
    attempts: Vec<Attempt>,
    /// Whether this round has made the packet smaller, so that there is to be another.
    has_shrunk: bool,
}

/// A way to make a packet smaller.
#[derive(Debug)]
enum Attempt {
    /// Without these bytes, if they are at its end, or among the options.
    Without(Range<usize>),
    /// With zeros there, which between options are PADs.
    Zeros(Range<usize>),
}

impl ValueTree for Shrinking {
    type Value = Bytes;

    fn current(&self) -> Bytes {
        Bytes(self.tried.as_ref().unwrap_or(&self.failing).clone())
    }

    /// Goes on from what was tried, which failed.
    fn simplify(&mut self) -> bool {
        if let Some(tried) = self.tried.take() {
            self.failing = tried;
            self.has_shrunk = true;
        }
        self.complicate()
    }

    /// Tries something else in place of what was tried; at the end goes back to what failed, or else nothing that is
    /// beside the packet would shrink.
    fn complicate(&mut self) -> bool {
        let was_tried = self.tried.take().is_some();
        while self.tried.is_none() {
            match self.attempts.pop() {
                Some(attempt) => self.tried = attempt.make(&self.failing),
                None if take(&mut self.has_shrunk) => self.attempts = attempts(self.failing.len()),
                None => return was_tried,
            }
        }
        true
    }
}

impl Attempt {
    /// Returns the packet made smaller, unless it is already.
    fn make(self, packet: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Without(Range { start, end }) => {
                let is_possible = start >= HEADER_LENGTH.saturating_add(MAGIC_COOKIE.len()) || end == packet.len();
                let rest = [packet.get(..start)?, packet.get(end..)?];
                is_possible.then(|| rest.concat())
            }
            Self::Zeros(range) => {
                let mut packet = packet.to_vec();
                let bytes = packet.get_mut(range)?;
                let is_other = bytes.iter().any(|byte| *byte != 0);
                bytes.fill(0);
                is_other.then_some(packet)
            }
        }
    }
}

/// Returns the attempts of a round for a packet of `length` bytes, the last to be tried first: the larger come before
/// the smaller, and those at the end before those at the beginning, which leaves the places of the others as they are.
fn attempts(length: usize) -> Vec<Attempt> {
    let sizes = successors(Some(length), |size| Some(size / 2)).take_while(|size| *size > 0);
    let spans = sizes.flat_map(|size| {
        let ends = (1..=length).rev().step_by(size);
        ends.map(move |end| end.saturating_sub(size)..end)
    });
    let mut all: Vec<_> = spans
        .flat_map(|span| [Attempt::Without(span.clone()), Attempt::Zeros(span)])
        .collect();
    all.reverse();
    all
}

/// Yields one of these values. It shrinks to the first with which a test fails, while
/// [`select`](proptest::sample::select) does not try the first if one between passes.
#[derive(Clone, Debug)]
pub(super) struct InOrder<T>(pub(super) Vec<T>);

impl<T: Clone + fmt::Debug> Strategy for InOrder<T> {
    type Tree = Choice<T>;
    type Value = T;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        let chosen = (0..self.0.len()).new_tree(runner)?.current();
        let mut simpler: Vec<_> = self.0.iter().take(chosen).cloned().collect();
        simpler.reverse();
        let failing = self.0.get(chosen).cloned().ok_or("there is no value")?;
        Ok(Choice {
            failing,
            tried: None,
            simpler,
        })
    }
}

/// A choice that shrinks.
#[derive(Debug)]
pub(super) struct Choice<T> {
    failing: T,
    /// What is tried now.
    tried: Option<T>,
    /// What is left to try, in the opposite order.
    simpler: Vec<T>,
}

impl<T: Clone + fmt::Debug> ValueTree for Choice<T> {
    type Value = T;

    fn current(&self) -> T {
        self.tried.as_ref().unwrap_or(&self.failing).clone()
    }

    /// Keeps what was tried, which failed: all before it have passed.
    fn simplify(&mut self) -> bool {
        if let Some(tried) = self.tried.take() {
            self.failing = tried;
            self.simpler.clear();
        }
        self.complicate()
    }

    fn complicate(&mut self) -> bool {
        let was_tried = self.tried.is_some();
        self.tried = self.simpler.pop();
        was_tried || self.tried.is_some()
    }
}
