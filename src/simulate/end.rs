//! Ends of packets, from which on a callout has back what it has put in their places.

use core::hint::spin_loop;
use core::sync::atomic::{AtomicU64, Ordering};

/// Ends, and the threads that read at the moment what a callout has put somewhere.
#[derive(Debug)]
pub(super) struct Ends {
    /// How many ends have come, in the upper half, and how many threads read, in the lower.
    come: AtomicU64,
    /// How many of these ends are over: their hooks have returned.
    over: AtomicU64,
}

impl Ends {
    const ONE: u64 = 1 << 32;

    pub(super) const fn new() -> Self {
        let [come, over] = [const { AtomicU64::new(0) }; 2];
        Self { come, over }
    }

    /// Returns how many ends are over. If more have come, what is put somewhere now may be taken back by one of them.
    pub(super) fn count(&self) -> u64 {
        self.over.load(Ordering::Acquire)
    }

    /// Reads what a callout has put somewhere since so many ends were over, if no other has come. It must not call the
    /// callout, for whom an end would wait.
    pub(super) fn before_next<R>(&self, count: u64, read: impl FnOnce() -> R) -> Option<R> {
        let now = self.come.fetch_add(1, Ordering::Acquire) / Self::ONE;
        let result = (now == count).then(read);
        self.come.fetch_sub(1, Ordering::Release);
        result
    }

    /// Lets an end come: what is read at the moment is read when this returns.
    pub(super) fn come(&self) {
        self.come.fetch_add(Self::ONE, Ordering::Relaxed);
        while self.come.load(Ordering::Acquire) % Self::ONE != 0 {
            spin_loop();
        }
    }

    /// Says that an end is over which has come.
    fn be_over(&self) {
        self.over.fetch_add(1, Ordering::Release);
    }
}

/// What a server knows of the ends of a packet that it has received.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) ends: Ends,
    /// The exposed address of the context that the packet was given.
    context: usize,
    /// How many other ends of the server were over before.
    since: u64,
}

impl Life {
    pub(super) const fn new(context: usize, since: u64) -> Self {
        Self {
            ends: Ends::new(),
            context,
            since,
        }
    }

    /// Returns whether this is the context that the packet was given.
    pub(super) const fn has(&self, context: usize) -> bool {
        self.context == context
    }
}

/// Calls the hook that reports the end of a packet, which is `about` one that a server has received, or none, by a
/// context. If that is not its own, another packet of the server ends; which, the server does not know.
pub(super) fn end<R>(about: Option<&Life>, context: usize, others: &Ends, call: impl FnOnce() -> R) -> R {
    if let Some(packet) = about {
        packet.ends.come();
    }
    if context == 0 || about.is_some_and(|packet| packet.has(context)) {
        return call();
    }
    others.come();
    let result = call();
    others.be_over();
    result
}

/// Reads what a callout has put somewhere, unless it may have that back.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    about: Option<&'a Life>,
    others: &'a Ends,
    /// How many other ends of the server were over before.
    since: u64,
}

impl<'a> Reader<'a> {
    /// Of what is put somewhere from now on.
    pub(super) fn now(about: Option<&'a Life>, others: &'a Ends) -> Self {
        let since = others.count();
        Self { about, others, since }
    }

    /// Of what was put in the place of a packet, or its reply, since that came.
    pub(super) const fn of(packet: &'a Life, others: &'a Ends) -> Self {
        Self {
            about: Some(packet),
            others,
            since: packet.since,
        }
    }

    /// As [`Ends::before_next`].
    pub(super) fn read<R>(self, read: impl FnOnce() -> R) -> Option<R> {
        let read = || self.others.before_next(self.since, read);
        match self.about {
            Some(packet) => packet.ends.before_next(0, read).flatten(),
            None => read(),
        }
    }
}

#[cfg(all(test, feature = "std"))]
mod tests {
    use core::sync::atomic::{AtomicBool, Ordering};
    use core::time::Duration;
    use std::sync::Barrier;
    use std::thread::{scope, sleep};

    use super::Ends;

    #[test]
    fn an_end_waits_for_what_is_read() {
        let (ends, begun, is_read) = (Ends::new(), Barrier::new(2), AtomicBool::new(false));
        scope(|scope| {
            scope.spawn(|| {
                ends.before_next(0, || {
                    begun.wait();
                    sleep(Duration::from_millis(20));
                    is_read.store(true, Ordering::Relaxed);
                })
            });
            begun.wait();
            assert_eq!(ends.count(), 0);
            ends.come();
            assert!(is_read.load(Ordering::Relaxed));
            assert_eq!(ends.before_next(ends.count(), || ()), None, "the hook may take it back");
            ends.be_over();
            assert_eq!(ends.count(), 1);
        });
        assert_eq!([0, 1].map(|count| ends.before_next(count, || ())), [None, Some(())]);
    }
}
