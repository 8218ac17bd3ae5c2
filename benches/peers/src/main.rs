//! Lives of packets in a `PacketTable`, and in what a user would take instead; see `Cargo.toml` for how to run it.

mod heap;
mod peer;

use std::hint::black_box;
use std::process::Command;
use std::sync::Barrier;
use std::time::Instant;
use std::{env, thread};

use peer::{Boxed, Dash, Dense, LockedMap, Nothing, Peer, STATE_BYTES, Sharded, State, Table};

#[global_allocator]
static HEAP: heap::Counting = heap::Counting;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// In which order the packets in flight are processed.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    /// As they came.
    Queue,
    /// Any one of them.
    Scatter,
}

/// What happens to each packet beside admission and `Processed`.
#[derive(Clone, Copy)]
struct Life {
    gets: u32,
    dropped: bool,
}

const WHOLE: Life = Life { gets: 1, dropped: true };
const UNDROPPED: Life = Life {
    gets: 1,
    dropped: false,
};
const MORE_GET: Life = Life { gets: 2, dropped: true };

/// One thing to measure: a peer with room for, and a window of, so many packets in flight.
struct Case {
    name: &'static str,
    live: usize,
    order: Order,
    run: fn(usize, Order, Life, u64, usize) -> f64,
    /// Bytes for each packet that it has room for, and allocations per life.
    weigh: fn(usize, Order) -> (f64, f64),
}

fn case<P: Peer>(live: usize, order: Order) -> Case {
    Case {
        name: P::NAME,
        live,
        order,
        run: run::<P>,
        weigh: weigh::<P>,
    }
}

fn cases() -> Vec<Case> {
    use Order::{Queue, Scatter};
    let mut cases = Vec::new();
    macro_rules! at {
        ($live:literal) => {
            cases.push(case::<Nothing>($live, Queue));
            cases.push(case::<Table<$live>>($live, Queue));
            cases.push(case::<Dense<{ $live * 2 }>>($live, Scatter));
            cases.push(case::<Boxed>($live, Queue));
            cases.push(case::<LockedMap>($live, Queue));
            cases.push(case::<Dash>($live, Queue));
            cases.push(case::<Sharded>($live, Queue));
        };
    }
    at!(64);
    at!(1024);
    at!(16384);
    cases
}

/// The packets of one thread that are in flight.
struct Window<'p, P> {
    peer: &'p P,
    contexts: Vec<usize>,
    next: usize,
    random: u64,
}

impl<'p, P: Peer> Window<'p, P> {
    fn new(peer: &'p P, live: usize) -> Self {
        let contexts = (0..live).map(|_| peer.admit(state(7))).collect();
        let random = 0x9E37_79B9_7F4A_7C15;
        Self {
            peer,
            contexts,
            next: 0,
            random,
        }
    }

    /// Ends `lives` packets, and admits another one for each.
    fn go(&mut self, order: Order, life: Life, lives: u64) {
        match (order, life.gets, life.dropped) {
            (Order::Queue, 1, true) => self.live::<false, 1, true>(lives),
            (Order::Queue, 1, false) => self.live::<false, 1, false>(lives),
            (Order::Queue, _, _) => self.live::<false, 2, true>(lives),
            (Order::Scatter, 1, true) => self.live::<true, 1, true>(lives),
            (Order::Scatter, 1, false) => self.live::<true, 1, false>(lives),
            (Order::Scatter, _, _) => self.live::<true, 2, true>(lives),
        }
    }

    #[inline(never)]
    fn live<const SCATTER: bool, const GETS: u32, const DROPPED: bool>(&mut self, lives: u64) {
        let dropped = black_box(0xA);
        let (peer, contexts) = (self.peer, &mut self.contexts[..]);
        let (mut next, mut random, mut sum) = (self.next, self.random, 0_u64);
        for _ in 0..lives {
            if SCATTER {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                next = random as usize % contexts.len();
            } else {
                next = if next + 1 >= contexts.len() { 0 } else { next + 1 };
            }
            let context = contexts[next];
            for _ in 0..GETS {
                sum ^= peer.get(context).unwrap_or(0);
            }
            if DROPPED {
                peer.dropped(context, dropped);
            }
            sum ^= peer.processed(context).unwrap_or(0);
            contexts[next] = peer.admit(state(sum));
        }
        (self.next, self.random) = (next, random);
        black_box(sum);
    }
}

fn state(first: u64) -> State {
    [first, 0, 0, 0]
}

/// Lives `lives` packets on each of `threads` threads; returns nanoseconds per packet and thread.
fn run<P: Peer>(live: usize, order: Order, life: Life, lives: u64, threads: usize) -> f64 {
    let peer = P::new(live);
    if threads == 1 {
        let mut window = Window::new(&*peer, live);
        window.go(order, life, live as u64);
        let start = Instant::now();
        window.go(order, life, lives);
        return start.elapsed().as_nanos() as f64 / lives as f64;
    }
    let barrier = Barrier::new(threads);
    let (peer, barrier) = (&*peer, &barrier);
    let elapsed = thread::scope(|scope| {
        let threads: Vec<_> = (0..threads)
            .map(|_| {
                scope.spawn(move || {
                    let mut window = Window::new(peer, live / threads);
                    barrier.wait();
                    let start = Instant::now();
                    window.go(order, life, lives);
                    start.elapsed().as_nanos()
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap_or(0)).max()
    });
    elapsed.unwrap_or(0) as f64 / lives as f64
}

fn weigh<P: Peer>(live: usize, order: Order) -> (f64, f64) {
    const LIVES: u64 = 10_000;
    let before = heap::bytes();
    let peer = P::new(live);
    let mut window = Window::new(&*peer, live);
    let window_bytes = window.contexts.capacity() * size_of::<usize>();
    window.go(order, WHOLE, LIVES);
    let room = peer.room().unwrap_or(live);
    let bytes = (heap::bytes() - before - window_bytes) as f64 / room as f64;
    let allocations = heap::allocations();
    window.go(order, WHOLE, LIVES);
    (bytes, (heap::allocations() - allocations) as f64 / LIVES as f64)
}

/// Runs this program under callgrind, and returns how many instructions it took.
fn instructions(case: usize, gets: u32, dropped: bool, lives: u64) -> Result<f64, Failure> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args([
            "run",
            &case.to_string(),
            &gets.to_string(),
            &dropped.to_string(),
            &lives.to_string(),
        ])
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let collected = text
        .lines()
        .find_map(|line| line.split_once("Collected : ").map(|(_, count)| count));
    Ok(collected
        .ok_or_else(|| format!("valgrind said: {text}"))?
        .trim()
        .parse()?)
}

/// Returns instructions per life.
fn per_life(case: usize, life: Life) -> Result<f64, Failure> {
    const LIVES: u64 = 2_000;
    let once = instructions(case, life.gets, life.dropped, LIVES)?;
    Ok((instructions(case, life.gets, life.dropped, 2 * LIVES)? - once) / LIVES as f64)
}

fn label(case: &Case) -> String {
    match case.order {
        Order::Queue => case.name.to_owned(),
        Order::Scatter => format!("{}, any order", case.name),
    }
}

fn count() -> Result<(), Failure> {
    println!("instructions, admission to processed; state of {STATE_BYTES} bytes");
    println!(
        "{:39} {:>6} {:>8} {:>8} {:>9} {:>11} {:>7}",
        "", "live", "life", "no drop", "more get", "bytes/room", "allocs"
    );
    let mut loops = [0.0; 2];
    for (index, case) in cases().iter().enumerate() {
        let [whole, undropped, more] = [
            per_life(index, WHOLE)?,
            per_life(index, UNDROPPED)?,
            per_life(index, MORE_GET)?,
        ];
        if case.name == Nothing::NAME {
            loops = [whole, undropped];
        }
        let (bytes, allocations) = (case.weigh)(case.live, case.order);
        println!(
            "{:39} {:>6} {:>8.1} {:>8.1} {:>9.1} {:>11.1} {:>7.2}",
            label(case),
            case.live,
            whole - loops[0],
            undropped - loops[1],
            more - whole,
            bytes,
            allocations,
        );
    }
    println!(
        "(the empty loop, {:.1} and {:.1} instructions, is subtracted)",
        loops[0], loops[1]
    );
    Ok(())
}

fn time() {
    const LIVES: u64 = 400_000;
    println!("nanoseconds per life and thread, least of five");
    println!("{:39} {:>6} {:>9} {:>10}", "", "live", "1 thread", "2 threads");
    for case in cases() {
        let least = |threads| {
            let times = (0..5).map(|_| (case.run)(case.live, case.order, WHOLE, LIVES, threads));
            times.fold(f64::INFINITY, f64::min)
        };
        println!(
            "{:39} {:>6} {:>9.1} {:>10.1}",
            label(&case),
            case.live,
            least(1),
            least(2)
        );
    }
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => count(),
        ["time"] => {
            time();
            Ok(())
        }
        ["run", case, gets, dropped, lives] => {
            let case = cases().into_iter().nth(case.parse()?).ok_or("no such case")?;
            let life = Life {
                gets: gets.parse()?,
                dropped: dropped.parse()?,
            };
            (case.run)(case.live, case.order, life, lives.parse()?, 1);
            Ok(())
        }
        _ => Err("usage: dhcp-callout-peers [time]".into()),
    }
}
