//! Does one piece of work of `work.rs` over and over, for `benches/instructions` to count: `count NAME TIMES`;
//! without arguments, prints
//! for each its name, what is not counted of it, and what it is.

use core::hint::black_box;
use std::io::{self, Write};

use dhcp_callout_count::work;

fn main() -> io::Result<()> {
    let arguments: Vec<_> = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench")
        .collect();
    let mut out = io::stdout().lock();
    match arguments.as_slice() {
        [name, times] => {
            let work = work::ALL.iter().find(|work| work.name == name);
            let (Some(work), Ok(times)) = (work, times.parse::<u32>()) else {
                return Err(io::Error::other("no such work, or no number"));
            };
            let mut packets = work::Packets::default();
            let done: usize = (0..times).map(|_| black_box((black_box(work.run))(&mut packets))).sum();
            writeln!(out, "{done}")
        }
        _ => work::ALL
            .iter()
            .try_for_each(|work| writeln!(out, "{}\t{}\t{}", work.name, work.less, work.what)),
    }
}
