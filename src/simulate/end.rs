//! The end of a packet, from which on its callout has back what it has put in the packet's place.

use core::hint::spin_loop;
use core::sync::atomic::{AtomicUsize, Ordering};

/// Whether a packet has ended, and how many threads read at the moment what its callout has put in its place.
#[derive(Debug, Default)]
pub(super) struct End(AtomicUsize);

impl End {
    const HAS_COME: usize = 1 << (usize::BITS - 1);

    pub(super) fn has_come(&self) -> bool {
        self.0.load(Ordering::Relaxed) & Self::HAS_COME != 0
    }

    /// Reads what the callout has put in the place of the packet, unless that has ended. It must not call the callout,
    /// for whom the end would wait.
    pub(super) fn before<R>(&self, read: impl FnOnce() -> R) -> Option<R> {
        let has_come = self.0.fetch_add(1, Ordering::Acquire) & Self::HAS_COME != 0;
        let result = (!has_come).then(read);
        self.0.fetch_sub(1, Ordering::Release);
        result
    }

    /// Ends the packet: what is read at the moment is read when this returns, and nothing more.
    pub(super) fn come(&self) {
        self.0.fetch_or(Self::HAS_COME, Ordering::Relaxed);
        while self.0.load(Ordering::Acquire) != Self::HAS_COME {
            spin_loop();
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use core::sync::atomic::{AtomicBool, Ordering};
    use core::time::Duration;
    use std::sync::Barrier;
    use std::thread::{scope, sleep};

    use super::End;

    #[test]
    fn an_end_waits_for_what_is_read() {
        let (end, begun, is_read) = (End::default(), Barrier::new(2), AtomicBool::new(false));
        scope(|scope| {
            scope.spawn(|| {
                end.before(|| {
                    begun.wait();
                    sleep(Duration::from_millis(20));
                    is_read.store(true, Ordering::Relaxed);
                })
            });
            begun.wait();
            assert!(!end.has_come());
            end.come();
            assert!(is_read.load(Ordering::Relaxed) && end.has_come());
        });
        assert_eq!(end.before(|| ()), None);
        end.come();
    }
}
