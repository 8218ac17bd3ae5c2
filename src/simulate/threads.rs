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

#[cfg(feature = "std")]
impl Threads {
    /// Does some work for each item, and returns the results in the order of the items.
    pub(super) fn each<T: Sync, R: Send>(self, items: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
        use std::panic::resume_unwind;
        use std::thread::{ScopedJoinHandle, scope};

        fn join<R>(thread: ScopedJoinHandle<'_, R>) -> R {
            thread.join().unwrap_or_else(|panic| resume_unwind(panic))
        }
        let work = &work;
        match self {
            Self::One => items.iter().map(work).collect(),
            Self::Changing => {
                let on_another = |item| scope(|scope| join(scope.spawn(move || work(item))));
                items.iter().map(on_another).collect()
            }
            Self::Several => scope(|scope| {
                let threads: Vec<_> = items.iter().map(|item| scope.spawn(move || work(item))).collect();
                threads.into_iter().map(join).collect()
            }),
        }
    }
}

#[cfg(not(feature = "std"))]
impl Threads {
    /// Does some work for each item, and returns the results.
    #[expect(clippy::unused_self, reason = "there is one thread only")]
    pub(super) fn each<T, R>(self, items: &[T], work: impl Fn(&T) -> R) -> Vec<R> {
        items.iter().map(work).collect()
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
