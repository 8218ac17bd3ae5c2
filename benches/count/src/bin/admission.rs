//! Admissions into a packet table in the state that is worst for them: `admission STATE`, for `benches/admission` to
//! count the instructions of each. Without arguments it prints the states.

use core::hint::black_box;
use std::process::ExitCode;

use dhcp_callout::Notice;
use dhcp_callout::table::{Context, PacketTable};

/// How a table gets into its state, for the admissions that are counted.
type State<const N: usize> = (&'static str, fn(&PacketTable<u64, N>));

/// Of a table of `N` slots with a patience of `4 N`.
const fn states<const N: usize>() -> [State<N>; 10] {
    [
        ("one packet", |table| {
            fill(table, 1);
        }),
        ("full, all young", |table| {
            fill(table, N);
        }),
        ("full, all heard of", |table| hear(table, &fill(table, N))),
        ("full, all heard of, and looked at before", |table| {
            let packets = fill(table, N);
            age(table, 2 * N);
            hear(table, &packets);
        }),
        ("full, old debris in one run, after the young", |table| {
            let packets = fill(table, N);
            age(table, 3 * N);
            hear(table, &packets[..N - N / 16]);
            age(table, N + 1);
        }),
        ("full, old debris in one run, before the young", |table| {
            let packets = fill(table, N);
            age(table, 3 * N);
            hear(table, &packets[N / 16..]);
            age(table, N + 1);
        }),
        ("full, vacant everywhere before", |table| {
            // Of each 16 slots one gets vacant, and is taken again.
            let packets = fill(table, N);
            end(table, packets.iter().step_by(16));
            fill(table, N.div_ceil(16));
        }),
        ("one slot vacant, the farthest", |table| {
            let packets = fill(table, N);
            end(table, packets.iter().take(1));
            fill(table, 1);
            end(table, packets.iter().skip(N / 2).take(1));
        }),
        ("full, some noted as old, and then all heard of", |table| {
            let packets = fill(table, N);
            while table.admit(7).is_err() {}
            while table.now() % 32 != 31 {
                age(table, 1);
            }
            hear(table, &packets);
        }),
        ("all noted as old, and then heard of", |table| {
            let packets = fill(table, N * 3 / 4);
            for _ in 0..8 * N {
                end(table, fill(table, 1).iter());
            }
            hear(table, &packets);
            fill(table, 1);
        }),
    ]
}

fn fill<const N: usize>(table: &PacketTable<u64, N>, packets: usize) -> Vec<Context> {
    let admitted = (0..packets).filter_map(|_| table.admit(7).ok());
    admitted.map(|admitted| admitted.context).collect()
}

fn end<'c, const N: usize>(table: &PacketTable<u64, N>, contexts: impl Iterator<Item = &'c Context>) {
    for context in contexts {
        let _ = table.notify(*context, Notice::Processed);
    }
}

fn hear<const N: usize>(table: &PacketTable<u64, N>, contexts: &[Context]) {
    for context in contexts {
        drop(table.get(*context));
    }
}

/// Asks for admissions into a full table.
fn age<const N: usize>(table: &PacketTable<u64, N>, admissions: usize) {
    for _ in 0..admissions {
        let _ = table.admit(7);
    }
}

/// What is counted.
#[inline(never)]
fn counted_admission<const N: usize>(table: &PacketTable<u64, N>) -> bool {
    black_box(table.admit(black_box(7))).is_ok()
}

fn run<const N: usize>(state: &str) -> bool {
    let Some((_, prepare)) = states::<N>().into_iter().find(|(name, _)| *name == state) else {
        return false;
    };
    let table = Box::new(PacketTable::<u64, N>::new());
    // Less than without this, so that packets grow old in a short time.
    table.set_patience(4 * N as u64);
    prepare(&table);
    // Enough for each kind of admission in turn to come.
    for _ in 0..150 {
        black_box(counted_admission(&table));
    }
    true
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let known = match arguments.as_slice() {
        [size, state] if size == "4096" => run::<4096>(state),
        [size, state] if size == "65536" => run::<65_536>(state),
        _ => {
            for (state, _) in states::<4096>() {
                println!("{state}");
            }
            true
        }
    };
    if known { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
