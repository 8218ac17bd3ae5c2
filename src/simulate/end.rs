//! Ends of packets, from which on a callout has back what it has put in their places.

use core::hint::spin_loop;
use core::sync::atomic::{AtomicU64, Ordering};

/// How many ends have come, in the upper half, and how many threads read at the moment what a callout has put somewhere,
/// in the lower.
#[derive(Debug)]
pub(super) struct Ends(AtomicU64);

impl Ends {
    const ONE: u64 = 1 << 32;

    pub(super) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Returns how many ends have come.
    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed) / Self::ONE
    }

    /// Reads what a callout has put somewhere when so many ends had come, if no other has come since. It must not call
    /// the callout, for whom an end would wait.
    pub(super) fn before_next<R>(&self, count: u64, read: impl FnOnce() -> R) -> Option<R> {
        let now = self.0.fetch_add(1, Ordering::Acquire) / Self::ONE;
        let result = (now == count).then(read);
        self.0.fetch_sub(1, Ordering::Release);
        result
    }

    /// Lets an end come: what is read at the moment is read when this returns.
    pub(super) fn come(&self) {
        self.0.fetch_add(Self::ONE, Ordering::Relaxed);
        while self.0.load(Ordering::Acquire) % Self::ONE != 0 {
            spin_loop();
        }
    }
}

/// What a server knows of the ends of a packet that it has received.
#[derive(Debug)]
pub(super) struct Life {
    pub(super) ends: Ends,
    /// The exposed address of the context that the packet was given.
    context: usize,
    /// How many other ends of the server had come before.
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
}

/// Notes the end of a packet, if it is one that a server has received, by a context. If that is not its own, another
/// packet of the server ends; which, the server does not know.
pub(super) fn end(packet: Option<&Life>, context: usize, others: &Ends) {
    if let Some(packet) = packet {
        packet.ends.come();
    }
    if context != 0 && packet.is_none_or(|packet| packet.context != context) {
        others.come();
    }
}

/// Reads what a callout has put somewhere, unless it may have that back.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    about: Option<&'a Life>,
    others: &'a Ends,
    /// How many other ends of the server had come before.
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
            assert!(is_read.load(Ordering::Relaxed) && ends.count() == 1);
        });
        assert_eq!([0, 1].map(|count| ends.before_next(count, || ())), [None, Some(())]);
    }
}
