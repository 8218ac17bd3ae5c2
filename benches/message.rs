//! Times each piece of work of `count/src/work.rs` with criterion; `benches/instructions` counts their instructions.
#![expect(missing_docs, reason = "criterion's macros define undocumented functions")]
#![expect(
    clippy::arithmetic_side_effects,
    clippy::indexing_slicing,
    reason = "the packets are built once, and a mistake in them may panic"
)]

// Not a library that both link: calls into it would be counted, and the optimiser would see less of the tables of hooks.
#[path = "count/src/hook.rs"]
mod hook;
#[path = "count/src/work.rs"]
mod work;

use core::hint::black_box;

use criterion::{Criterion, criterion_group, criterion_main};

fn time(criterion: &mut Criterion) {
    let mut packets = work::Packets::new();
    for work in work::ALL {
        criterion.bench_function(&format!("{}: {}", work.name, work.what), |bencher| {
            bencher.iter(|| black_box((work.run)(&mut packets)));
        });
    }
}

criterion_group!(benches, time);
criterion_main!(benches);
