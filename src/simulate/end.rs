//! Ends of packets, from which on a callout has back what it has put in their places.

use core::hint::spin_loop;
use core::sync::atomic::{AtomicU64, Ordering};

/// Ends, and who reads meanwhile what a callout has put somewhere: in the upper half how many ends are over, below in 16
/// bits how many hooks are hearing of one, and in 16 more how many threads read.
#[derive(Debug)]
pub(super) struct Ends(AtomicU64);

impl Ends {
    const OVER: u64 = 1 << 32;
    const HEARD: u64 = 1 << 16;

    pub(super) const fn new() -> Self {
        Self(AtomicU64::new(0))
    }

    /// Returns how many ends are over.
    fn over(&self) -> u64 {
        self.0.load(Ordering::Relaxed) / Self::OVER
    }

    /// Reads what a callout has put somewhere when so many ends were over, if none has come since, or was heard of then.
    /// It must not call the callout, for whom an end would wait.
    fn before_next<R>(&self, over: u64, read: impl FnOnce() -> R) -> Option<R> {
        let now = self.0.fetch_add(1, Ordering::Acquire);
        let has_none = now / Self::OVER == over && now % Self::OVER < Self::HEARD;
        let result = has_none.then(read);
        self.0.fetch_sub(1, Ordering::Release);
        result
    }

    /// Lets an end come, of which `hear` lets the callout hear: what is read at the moment is read before.
    fn come<R>(&self, hear: impl FnOnce() -> R) -> R {
        self.0.fetch_add(Self::HEARD, Ordering::Relaxed);
        while self.0.load(Ordering::Acquire) % Self::HEARD != 0 {
            spin_loop();
        }
        let result = hear();
        self.0.fetch_add(Self::OVER - Self::HEARD, Ordering::Release);
        result
    }
}

/// The ends that a server has reported.
#[derive(Debug)]
pub(super) struct ServerEnds {
    all: Ends,
    /// Those by a context that is not the packet's own, or of no packet: another packet may have ended, and which, the
    /// server does not know.
    of_others: Ends,
}

impl ServerEnds {
    pub(super) const fn new() -> Self {
        Self {
            all: Ends::new(),
            of_others: Ends::new(),
        }
    }

    /// Returns what the time is, as far as it matters to a [`Life`].
    pub(super) fn now(&self) -> u64 {
        self.of_others.over()
    }

    /// Lets a packet end, if it is one that a server has received, by a context.
    pub(super) fn come<R>(&self, packet: Option<&Life>, context: usize, hear: impl FnOnce() -> R) -> R {
        let is_own = is_own(packet, context);
        let hear = || match packet {
            Some(packet) => packet.ends.come(hear),
            None => hear(),
        };
        let hear = || if is_own { hear() } else { self.of_others.come(hear) };
        self.all.come(hear)
    }
}

/// What a server knows of a packet that it has received.
#[derive(Debug)]
pub(super) struct Life {
    ends: Ends,
    /// The exposed address of the context that the packet was given.
    context: usize,
    /// When the server has received it, or shortly before.
    since: u64,
}

impl Life {
    /// Of a packet that the server has received since [`ServerEnds::now`] was this.
    pub(super) const fn new(context: usize, since: u64) -> Self {
        let ends = Ends::new();
        Self { ends, context, since }
    }

    /// Returns whether this is the context that the packet was given.
    pub(super) const fn has(&self, context: usize) -> bool {
        self.context == context
    }

    /// Ends the packet, of which the callout hears later.
    pub(super) fn end(&self) {
        self.ends.come(|| ());
    }
}

/// Returns whether what a hook does with this context is about that packet, or about nobody knows which.
pub(super) fn is_own(packet: Option<&Life>, context: usize) -> bool {
    context == 0 || packet.is_some_and(|packet| packet.has(context))
}

/// Reads what a callout has put somewhere, unless it may have that back.
#[derive(Clone, Copy)]
pub(super) struct Reader<'a> {
    packet: Option<&'a Life>,
    /// The ends by which the callout may have that back, beside those of the packet.
    ends: &'a Ends,
    /// How many of these were over before.
    since: u64,
}

impl<'a> Reader<'a> {
    /// Of what is put somewhere from now on, in a call with this context.
    pub(super) fn now(packet: Option<&'a Life>, context: usize, ends: &'a ServerEnds) -> Self {
        let ends = if is_own(packet, context) {
            &ends.of_others
        } else {
            &ends.all
        };
        let since = ends.over();
        Self { packet, ends, since }
    }

    /// Of what was put in the place of a packet, or its reply, since that came.
    pub(super) const fn of(packet: &'a Life, ends: &'a ServerEnds) -> Self {
        Self {
            packet: Some(packet),
            ends: &ends.of_others,
            since: packet.since,
        }
    }

    /// Reads, if no end has come since, or was heard of then.
    pub(super) fn read<R>(self, read: impl FnOnce() -> R) -> Option<R> {
        let read = || self.ends.before_next(self.since, read);
        match self.packet {
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

    use super::{Ends, Life, Reader, ServerEnds};

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
            assert_eq!(ends.over(), 0);
            // Nor is anything read while the callout hears of it.
            let read = ends.come(|| (is_read.load(Ordering::Relaxed), ends.before_next(0, || ())));
            assert_eq!(read, (true, None));
        });
        assert_eq!([0, 1].map(|over| ends.before_next(over, || ())), [None, Some(())]);
    }

    /// The end of a packet, and then ends of nobody knows which: of calls by the packet's own context, by NULL, by that of
    /// another, and about no packet.
    #[test]
    fn an_end_keeps_from_reading_those_of_whose_packets_it_can_be() {
        let ends = ServerEnds::new();
        let life = |context| Life::new(context, ends.now());
        let (packet, other) = (&life(1), &life(2));
        let can_read = |readers: &[Reader<'_>]| -> Vec<bool> {
            readers.iter().map(|reader| reader.read(|| ()).is_some()).collect()
        };
        let calls = [(Some(packet), 1), (Some(packet), 0), (Some(packet), 2), (None, 1)];
        let begun = || calls.map(|(packet, context)| Reader::now(packet, context, &ends));
        let before = begun();
        assert_eq!(can_read(&before), [true; 4]);
        let during = ends.come(Some(other), 2, begun);
        assert_eq!(can_read(&before), [true, true, false, false]);
        assert_eq!(can_read(&during), [true, true, false, false]);
        assert_eq!(can_read(&begun()), [true; 4]);
        let during = ends.come(None, 3, || (begun(), can_read(&begun())));
        assert_eq!((can_read(&during.0), during.1), (vec![false; 4], vec![false; 4]));
        assert_eq!(
            can_read(&[Reader::of(packet, &ends), Reader::of(&life(4), &ends)]),
            [false, true]
        );
        let last = begun();
        packet.end();
        assert_eq!(can_read(&last), [false, false, false, true]);
    }
}
