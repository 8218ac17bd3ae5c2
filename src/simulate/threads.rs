//! On which threads hooks are called, and how long they take.

use alloc::vec::Vec;
use core::time::Duration;

/// The threads on which [`check`](super::check()) and [`replay`](super::Server::replay) call hooks; without feature
/// `std` it is always the caller's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Threads {
    /// The caller's.
    #[default]
    One,
    /// Another for each call, one after the other.
    Changing,
    /// Several at once: [`check`](super::check()) calls hooks about up to 14 packets,
    /// [`replay`](super::Server::replay) makes each call about a packet four times that neither receives it nor reports
    /// its end.
    Several,
}

impl Threads {
    /// Does some work for each item, and returns the results in the order of the items. What makes no call needs no
    /// thread.
    #[cfg_attr(
        not(feature = "std"),
        expect(clippy::unused_self, unused_variables, reason = "there is one thread only")
    )]
    pub(super) fn each<T: Sync, R: Send>(
        self,
        items: &[T],
        makes_call: impl Fn(&T) -> bool,
        work: impl Fn(&T) -> R + Sync,
    ) -> Vec<R> {
        #[cfg(feature = "std")]
        if self != Self::One {
            use alloc::boxed::Box;

            let work = &work;
            let mut results: Vec<_> = items.iter().map(|_| None).collect();
            let mut jobs: Vec<Job<'_>> = Vec::new();
            for (item, result) in items.iter().zip(&mut results) {
                if makes_call(item) {
                    jobs.push(Box::new(move || *result = Some(work(item))));
                } else {
                    *result = Some(work(item));
                }
            }
            self.run(jobs);
            return results.into_iter().flatten().collect();
        }
        items.iter().map(work).collect()
    }

    /// Does each job on a thread of its own.
    #[cfg(feature = "std")]
    fn run(self, mut jobs: Vec<Job<'_>>) {
        let at_once = if self == Self::Changing { 1 } else { jobs.len() };
        while !jobs.is_empty() {
            std::thread::scope(|scope| {
                let threads: Vec<_> = jobs.drain(..at_once).map(|job| scope.spawn(job)).collect();
                for thread in threads {
                    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                }
            });
        }
    }
}

/// Work for one item, which keeps its result.
///
/// Without the types of either: what starts threads is compiled once, not for each of them.
#[cfg(feature = "std")]
type Job<'a> = alloc::boxed::Box<dyn FnOnce() + Send + 'a>;

/// Does some work, waits until that has taken `least`, and says how long the work took.
#[cfg(feature = "std")]
pub(super) fn timed<R>(least: Duration, work: impl FnOnce() -> R) -> (R, Duration) {
    let start = std::time::Instant::now();
    let result = work();
    let took = start.elapsed();
    std::thread::sleep(least.saturating_sub(took));
    (result, took)
}

/// Does some work; nobody knows how long it took.
#[cfg(not(feature = "std"))]
pub(super) fn timed<R>(_: Duration, work: impl FnOnce() -> R) -> (R, Duration) {
    (work(), Duration::ZERO)
}
