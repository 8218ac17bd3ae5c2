//! Proves with real threads that of millions of packets none is lost, none is handed back twice, and none is moved
//! while it is borrowed.
#![expect(clippy::print_stdout, reason = "counting, and showing the counts")]

use core::array;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use core::time::Duration;
use std::sync::Mutex;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;

use dhcp_callout::Notice;
use dhcp_callout::table::{Admitted, Borrowed, Context, Finished, Full, PacketTable, Progress};

/// Enough for every path to be taken; the release build takes ten times as many.
const PACKETS: u64 = if cfg!(debug_assertions) { 1_000_000 } else { 10_000_000 };
const THREADS: u64 = 4;
const SLOTS: usize = 64;
/// After how many admissions a packet that is not heard of is given up.
const PATIENCE: u64 = 400;
/// How long nothing may happen before the test says where it is, and fails.
const HANGS: Duration = Duration::from_secs(60);

/// State that tells whether it is whole; zeroed when dropped.
struct Canary {
    name: u64,
    echoes: [u64; 3],
}

static DROPPED: AtomicU64 = AtomicU64::new(0);
/// How many packets each thread has admitted.
static PROGRESS: [AtomicU64; 4] = [const { AtomicU64::new(0) }; 4];
static TABLE: PacketTable<Canary, SLOTS> = PacketTable::new();

/// Contexts on their way to another thread, with the name of their packet.
static POST: [Mutex<Option<(Context, u64)>>; 8] = [const { Mutex::new(None) }; 8];

impl Canary {
    fn new(name: u64) -> Self {
        let echoes = array::from_fn(|_| !name);
        Self { name, echoes }
    }

    fn look(&self) -> u64 {
        assert_eq!(self.echoes, [!self.name; 3], "torn state");
        self.name
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.look();
        self.name = 0;
        self.echoes = [0; 3];
        DROPPED.fetch_add(1, Relaxed);
    }
}

/// What one thread saw.
#[derive(Default)]
struct Seen {
    admitted: u64,
    admitted_names: u64,
    back: u64,
    back_names: u64,
}

impl Seen {
    fn get_back(&mut self, state: &Canary) {
        self.back += 1;
        self.back_names = self.back_names.wrapping_add(state.look());
    }

    fn finish(&mut self, finished: Option<Finished<Canary>>) {
        if let Some(finished) = finished {
            self.get_back(&finished.state);
        }
    }

    fn add(&self, other: &Self) -> Self {
        Self {
            admitted: self.admitted + other.admitted,
            admitted_names: self.admitted_names.wrapping_add(other.admitted_names),
            back: self.back + other.back,
            back_names: self.back_names.wrapping_add(other.back_names),
        }
    }
}

/// Marsaglia's xorshift.
fn random(seed: &mut u64) -> u64 {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    *seed
}

/// Takes a quarter of the packets from admission to the end, its own and those that come by post.
fn live(thread: u64, progress: &AtomicU64) -> Seen {
    let mut dice_state = 0x9E37_79B9_7F4A_7C15 ^ (thread + 1);
    let mut seen = Seen::default();
    let mut guard: Option<(Borrowed<'static, Canary>, u64)> = None;
    let mut own: Option<(Context, u64)> = None;
    while seen.admitted < PACKETS / THREADS {
        let name = thread << 32 | seen.admitted;
        let dice = random(&mut dice_state);
        let mut packet = own;
        match TABLE.admit(Canary::new(name)) {
            Ok(Admitted { context, lost }) => {
                seen.finish(lost);
                seen.admitted += 1;
                progress.store(seen.admitted, Relaxed);
                seen.admitted_names = seen.admitted_names.wrapping_add(name);
                own = Some((context, name));
                // Now two threads have the context.
                if let Some(Ok(mut letter)) = POST.get(usize::from(dice.to_le_bytes()[7] % 8)).map(Mutex::try_lock) {
                    packet = letter.replace((context, name)).or(packet);
                }
            }
            // Others have the packets that could make room.
            Err(Full(_)) => thread::yield_now(),
        }
        for (context, name) in [packet, own].into_iter().flatten() {
            let notice = Notice::from_code(u32::from(dice.to_le_bytes()[6]) % 0xB);
            let borrowed = match (dice & 0x300, notice) {
                (0, notice) => {
                    let _ = TABLE.notify(context, notice);
                    None
                }
                (0x100, Notice::Dropped(reason)) => TABLE.note_drop(context, reason).ok(),
                _ if dice & 0xC00 == 0 => None,
                _ => TABLE.get(context).ok(),
            };
            if let Some(borrowed) = borrowed {
                assert_eq!(borrowed.look(), name, "another packet");
                if let Some((before, name)) = guard.replace((borrowed, name)) {
                    assert_eq!(before.look(), name, "moved while it was borrowed");
                    if dice & 0x1000 == 0 {
                        seen.finish(before.release());
                    }
                }
            }
        }
        // One in 64 is never reported.
        if let Some((context, name)) = packet.filter(|_| dice >> 40 & 0x3F != 0) {
            if let Ok(Progress::Done { state, .. }) = TABLE.notify(context, Notice::Processed) {
                assert_eq!(state.look(), name, "another packet");
                seen.get_back(&state);
            }
        }
        TABLE.reap(|finished| seen.get_back(&finished.state));
        if dice & 0x00FF_F000 == 0 {
            TABLE.evict_before(TABLE.now().saturating_sub(100), |finished| {
                seen.get_back(&finished.state);
            });
        }
    }
    seen.finish(guard.and_then(|(guard, _)| guard.release()));
    seen
}

/// Fails with the state of all when nothing happens for long, until told that all has ended.
fn watch(ended: &Receiver<()>) {
    let progress = || PROGRESS.each_ref().map(|admitted| admitted.load(Relaxed));
    let mut before = progress();
    while ended.recv_timeout(HANGS) == Err(RecvTimeoutError::Timeout) {
        let now = progress();
        if now == before {
            eprintln!(
                "the threads hang: admitted {now:?}, {} in flight\n{}",
                TABLE.len(),
                TABLE.tally()
            );
            std::process::abort();
        }
        before = now;
    }
}

#[test]
fn no_packet_of_four_threads_is_lost() {
    TABLE.set_patience(PATIENCE);
    let (end, ended) = channel();
    let watchdog = thread::spawn(move || watch(&ended));
    let threads = (0..THREADS).zip(&PROGRESS);
    let threads: Vec<_> = threads
        .map(|(thread, progress)| thread::spawn(move || live(thread, progress)))
        .collect();
    let mut seen = threads
        .into_iter()
        .map(|thread| thread.join().expect("no check failed"))
        .fold(Seen::default(), |all, one| all.add(&one));
    drop(end);
    watchdog.join().expect("the watchdog waits only");
    TABLE.drain(|finished| seen.get_back(&finished.state));

    let tally = TABLE.tally();
    println!("{tally}");
    assert_eq!(seen.admitted, PACKETS);
    assert_eq!((seen.back, seen.back_names), (PACKETS, seen.admitted_names));
    assert_eq!(DROPPED.load(Relaxed), PACKETS + tally.full);
    assert_eq!((tally.admitted, tally.done + tally.evicted), (PACKETS, PACKETS));
    assert!(TABLE.is_empty());
    // Every path was taken.
    assert!(tally.evicted > 0 && tally.stale > 0 && tally.dropped_in_all() > 0);
}
