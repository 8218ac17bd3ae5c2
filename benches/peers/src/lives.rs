//! Lives of packets: admitted, looked up, dropped, processed, while others are in flight.
//!
//! The floor checks contexts and lends states, as the crate's table does. It does not find a vacant slot for certain in
//! a nearly full table, or know how many packets it holds and for how long, or count them: that is what the table's
//! further locked operations are for. `Box`, among the peers, does not check either.

use std::hint::black_box;
use std::sync::Barrier;
use std::thread;
use std::time::{Duration, Instant};

use crate::heap;
use crate::peer::{Peer, consume};

/// How many packets are in flight at any time.
const LIVE: usize = 1024;

/// What happens to each packet beside its admission and its end.
#[derive(Clone, Copy)]
pub struct Life {
    gets: u32,
    is_dropped: bool,
}

pub const LIFE: Life = Life {
    gets: 1,
    is_dropped: true,
};
pub const KEPT: Life = Life {
    gets: 1,
    is_dropped: false,
};
pub const MORE_GET: Life = Life {
    gets: 2,
    is_dropped: true,
};

/// The packets of one thread that are in flight; they end in the order in which they came.
struct Window<'p, P> {
    peer: &'p P,
    contexts: Vec<usize>,
    next: usize,
    /// The number of the packet that is admitted next; each has its own as its state.
    number: u64,
}

impl<'p, P: Peer> Window<'p, P> {
    fn new(peer: &'p P, live: usize) -> Self {
        Self {
            peer,
            contexts: (0..live as u64).map(|number| peer.admit([number, 0, 0])).collect(),
            next: live - 1,
            number: live as u64,
        }
    }

    /// Ends `lives` packets, and admits another one for each; returns whether each state was lent and came back, with the reason.
    fn go(&mut self, life: Life, lives: u64) -> bool {
        match (life.gets, life.is_dropped) {
            (1, true) => self.live::<1, true>(lives),
            (1, false) => self.live::<1, false>(lives),
            _ => self.live::<2, true>(lives),
        }
    }

    #[inline(never)]
    fn live<const GETS: u32, const DROPPED: bool>(&mut self, lives: u64) -> bool {
        let dropped = black_box(0xA);
        let (peer, contexts) = (self.peer, &mut self.contexts[..]);
        let reason = if DROPPED { dropped } else { 0 };
        let (live, mut next, mut number, mut all_came_back) = (contexts.len(), self.next, self.number, true);
        for _ in 0..lives {
            next = if next + 1 >= live { 0 } else { next + 1 };
            let (context, first) = (contexts[next], number - live as u64);
            for _ in 0..GETS {
                all_came_back &= peer.get(context) == Some(first);
            }
            if DROPPED {
                peer.dropped(context, dropped);
            }
            all_came_back &= peer.processed(context) == Some(consume([first, 0, 0], reason));
            contexts[next] = peer.admit([number, 0, 0]);
            number += 1;
        }
        self.number = number;
        self.next = next;
        all_came_back
    }
}

/// Lives `lives` packets; returns whether each state was lent and came back, with the reason.
pub fn run<P: Peer>(life: Life, lives: u64) -> bool {
    let peer = P::new();
    Window::new(&*peer, LIVE).go(life, lives)
}

/// Whether each word of a state comes back, and the reason: in a life that is counted two words are 0; and whether the
/// packet is gone then.
pub fn is_whole<P: Peer>() -> bool {
    let peer = P::new();
    let context = peer.admit([1, 2, 4]);
    let is_lent = peer.get(context) == Some(1);
    peer.dropped(context, 9);
    let came_back = peer.processed(context) == Some(consume([1, 2, 4], 9));
    is_lent && came_back && (!P::CHECKS || (peer.get(context).is_none() && peer.processed(context).is_none()))
}

/// Lives `lives` packets on each of `threads` threads; returns how long that took.
pub fn time<P: Peer>(life: Life, lives: u64, threads: usize) -> Duration {
    let peer = &*P::new();
    let barrier = &Barrier::new(threads);
    thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(move || {
                    let mut window = Window::new(peer, LIVE / threads);
                    window.go(life, LIVE as u64);
                    barrier.wait();
                    let start = Instant::now();
                    black_box(window.go(life, lives));
                    start.elapsed()
                })
            })
            .collect();
        let times = threads.into_iter().map(|thread| thread.join().unwrap_or_default());
        times.max().unwrap_or_default()
    })
}

/// Returns how many allocations a life takes, once the peer has grown.
pub fn allocations<P: Peer>(life: Life) -> f64 {
    const LIVES: u64 = 10_000;
    let peer = P::new();
    let mut window = Window::new(&*peer, LIVE);
    window.go(life, LIVES);
    let before = heap::allocations();
    window.go(life, LIVES);
    (heap::allocations() - before) as f64 / LIVES as f64
}
