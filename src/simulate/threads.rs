//! On which threads hooks are called, and how long they take.

use alloc::boxed::Box;
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

/// Work for one item, which keeps its result.
///
/// Without the types of either: what starts threads is compiled once, not for each of them.
type Job<'a> = Box<dyn FnOnce() + Send + 'a>;

impl Threads {
    /// Does some work for each item, and returns the results in the order of the items.
    pub(super) fn each<T: Sync, R: Send>(self, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        let work = &work;
        let mut results: Vec<_> = items.iter().map(|_| None).collect();
        let jobs = items.iter().zip(&mut results);
        self.run(
            jobs.map(|(item, result)| -> Job<'_> { Box::new(move || *result = Some(work(item))) })
                .collect(),
        );
        results.into_iter().flatten().collect()
    }

    #[cfg(feature = "std")]
    fn run(self, mut jobs: Vec<Job<'_>>) {
        let at_once = match self {
            Self::One => return jobs.into_iter().for_each(|job| job()),
            Self::Changing => 1,
            Self::Several => jobs.len(),
        };
        while !jobs.is_empty() {
            std::thread::scope(|scope| {
                let threads: Vec<_> = jobs.drain(..at_once).map(|job| scope.spawn(job)).collect();
                for thread in threads {
                    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
                }
            });
        }
    }

    #[cfg(not(feature = "std"))]
    #[expect(clippy::unused_self, reason = "there is one thread only")]
    fn run(self, jobs: Vec<Job<'_>>) {
        for job in jobs {
            job();
        }
    }
}

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
