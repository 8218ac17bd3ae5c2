//! The lifecycle of one packet in a table, with others in flight; `benches/peers` compares it with what else there is.
#![expect(missing_docs, reason = "criterion's macros define undocumented functions")]

use core::hint::black_box;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use dhcp_callout::table::{BufferPool, PacketTable, Replacements};
use dhcp_callout::{DropReason, Notice};

/// What a callout might keep: a hardware address, a transaction, a time.
type State = [u64; 4];

fn lifecycles<const N: usize>(criterion: &mut Criterion, live: usize) {
    let table = Box::new(PacketTable::<State, N>::new());
    for _ in 1..live {
        let _ = table.admit([0; 4]);
    }
    let mut group = criterion.benchmark_group("lifecycle");
    group.bench_function(BenchmarkId::new("processed", live), |bencher| {
        bencher.iter(|| {
            let context = table.admit(black_box([1; 4])).ok()?.context;
            black_box(table.get(context).ok()?.first().copied());
            table.notify(context, Notice::Processed).ok()
        });
    });
    group.bench_function(BenchmarkId::new("dropped and processed", live), |bencher| {
        bencher.iter(|| {
            let context = table.admit(black_box([1; 4])).ok()?.context;
            black_box(table.get(context).ok()?.first().copied());
            let _ = table.notify(context, Notice::Dropped(DropReason::NOADDRESS)).ok()?;
            table.notify(context, Notice::Processed).ok()
        });
    });
    group.finish();
}

fn lifecycle(criterion: &mut Criterion) {
    lifecycles::<128>(criterion, 64);
    lifecycles::<2048>(criterion, 1024);
    lifecycles::<32768>(criterion, 16384);
}

fn refusals(criterion: &mut Criterion) {
    let table = PacketTable::<State, 1024>::new();
    let stale = table.admit([0; 4]).ok().map(|admitted| admitted.context);
    let _ = stale.map(|context| table.notify(context, Notice::Processed));
    criterion.bench_function("refuse/stale context", |bencher| {
        bencher.iter(|| stale.map(|context| table.get(black_box(context)).is_err()));
    });
    while table.admit([0; 4]).is_ok() {}
    criterion.bench_function("refuse/table full", |bencher| {
        bencher.iter(|| table.admit(black_box([0; 4])).is_err());
    });
}

fn replacement(criterion: &mut Criterion) {
    static BUFFERS: BufferPool<64> = BufferPool::new();
    criterion.bench_function("replace/take and hold", |bencher| {
        bencher.iter(|| {
            let packet = Replacements::new();
            BUFFERS.take().map(|buffer| black_box(packet.hold_for_server(buffer)))
        });
    });
}

criterion_group!(benches, lifecycle, refusals, replacement);
criterion_main!(benches);
