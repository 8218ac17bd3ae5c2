//! The crate, the floor and the peers side by side; `benches/peers/run` says how.
//!
//! What is counted are instructions under callgrind: those of twice as many runs less those of once, for each run, less
//! the same of an empty loop. Each way is checked for the right answer first.

mod floor;
mod heap;
mod lives;
mod message;
mod peer;

use std::hint::black_box;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};
use std::{env, thread};

use comfy_table::{CellAlignment, Table, presets};
use dhcp_callout::table::PacketTable;

use lives::{KEPT, LIFE, Life, MORE_GET};
use message::{Bench, ROWS, Row, Way};
use peer::{Boxed, Dash, LockedMap, LockedSlab, Nothing, Peer, Probed, Sharded, State};

#[global_allocator]
static HEAP: heap::Counting = heap::Counting;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// One way to do one piece of work.
struct Case {
    work: &'static str,
    what: &'static str,
    name: &'static str,
    /// Does the work so many times; returns whether the answer was right, of lives whether each was.
    run: Box<dyn Fn(u64) -> bool>,
    /// Whether the answers are right for other packets, and what is handed on; of lives, for another state.
    is_right_elsewhere: Box<dyn Fn() -> bool>,
    /// Does the work so many times on each of so many threads.
    time: Box<dyn Fn(u64, usize) -> Duration>,
    /// Allocations for each time, where they are counted.
    allocations: Option<Box<dyn Fn() -> f64>>,
}

/// The empty loops, which are subtracted: the first is that of the messages, the others are of the lives.
const EMPTY: &str = "empty loop";

static EMPTY_ROW: Row = Row {
    name: EMPTY,
    what: "",
    is_right: |_, answer| answer > 0,
    others: Vec::new,
    ways: &[Way {
        name: EMPTY,
        run: |bench| bench.packets.ack.len(),
        hands_on: |_| true,
    }],
};

fn of_message(row: &'static Row, way: &'static Way) -> Case {
    let times = move |times: u64| {
        let mut bench = Bench::new();
        let mut answer = 0;
        for _ in 0..times {
            answer = black_box((black_box(way.run))(&mut bench));
        }
        (bench, answer)
    };
    Case {
        work: row.name,
        what: row.what,
        name: way.name,
        run: Box::new(move |count| {
            let (bench, answer) = times(count);
            (row.is_right)(&bench, answer)
        }),
        is_right_elsewhere: Box::new(move || {
            let others = (row.others)().into_iter().map(|packet| Bench::with(&packet));
            [Bench::new()].into_iter().chain(others).all(|mut bench| {
                let answer = (way.run)(&mut bench);
                (row.is_right)(&bench, answer) && (answer == 0 || (way.hands_on)(&bench.packets))
            })
        }),
        time: Box::new(move |count, threads| {
            thread::scope(|scope| {
                let threads: Vec<_> = (0..threads)
                    .map(|_| {
                        scope.spawn(move || {
                            let start = Instant::now();
                            black_box(times(count));
                            start.elapsed()
                        })
                    })
                    .collect();
                let elapsed = threads.into_iter().map(|thread| thread.join().unwrap_or_default());
                elapsed.max().unwrap_or_default()
            })
        }),
        allocations: None,
    }
}

fn of_peer<P: Peer + 'static>(work: &'static str, what: &'static str, life: Life) -> Case {
    Case {
        work,
        what,
        name: P::NAME,
        run: Box::new(move |count| lives::run::<P>(life, count)),
        is_right_elsewhere: Box::new(lives::is_whole::<P>),
        time: Box::new(move |count, threads| lives::time::<P>(life, count, threads)),
        allocations: Some(Box::new(move || lives::allocations::<P>(life))),
    }
}

fn cases() -> Vec<Case> {
    let rows = [&EMPTY_ROW].into_iter().chain(ROWS);
    let mut cases: Vec<_> = rows
        .flat_map(|row| row.ways.iter().map(move |way| of_message(row, way)))
        .collect();
    let lives = [
        ("life", "admit, get, dropped, processed; 24 bytes", LIFE),
        ("life, kept", "the same, not dropped", KEPT),
        ("life, 2 gets", "the same as life, one more get", MORE_GET),
    ];
    for (work, what, life) in lives {
        cases.push(of_peer::<Nothing>(work, what, life));
        cases.push(of_peer::<Probed<4096>>(work, what, life));
        cases.push(of_peer::<PacketTable<State, 4096>>(work, what, life));
        cases.push(of_peer::<Boxed>(work, what, life));
        cases.push(of_peer::<LockedSlab>(work, what, life));
        cases.push(of_peer::<LockedMap>(work, what, life));
        cases.push(of_peer::<Dash>(work, what, life));
        cases.push(of_peer::<Sharded>(work, what, life));
    }
    cases
}

impl Case {
    fn is_right(&self) -> bool {
        // More than slots, so that each is used again.
        (self.run)(6_000) && (self.is_right_elsewhere)()
    }

    fn is_loop(&self) -> bool {
        [EMPTY, Nothing::NAME].contains(&self.name)
    }

    fn is_ours(&self) -> bool {
        self.name.starts_with("ours") || self.name == "PacketTable"
    }

    fn is_peer(&self) -> bool {
        !self.is_ours() && !self.is_loop() && self.name != "floor"
    }
}

/// Returns how many instructions `program` takes for so many runs of a case.
///
/// Without an environment, and by a name that says nothing of where the program is: they lie above the stack, and where
/// that begins decides how a copy of more than 256 bytes is aligned.
fn instructions(valgrind: &Path, program: &Path, case: usize, times: u64) -> Result<f64, Failure> {
    let [Some(folder), Some(name)] = [program.parent().map(Path::as_os_str), program.file_name()] else {
        return Err("no program".into());
    };
    let output = Command::new(valgrind)
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(Path::new(".").join(name))
        .args(["one", &format!("{case:03}"), &times.to_string()])
        .current_dir(folder)
        .env_clear()
        .output()?;
    let text = String::from_utf8_lossy(&output.stderr);
    let mut collected = text.lines().filter_map(|line| line.split_once("Collected : "));
    let (_, count) = collected.next().ok_or_else(|| format!("valgrind said: {text}"))?;
    Ok(count.trim().parse()?)
}

/// Returns the instructions of one run of each case, less those of its empty loop.
fn count(valgrind: &Path, program: &Path, cases: &[Case]) -> Result<Vec<f64>, Failure> {
    const TIMES: u64 = 1_000;
    let mut counts = Vec::new();
    let mut empty = 0.0;
    for (index, case) in cases.iter().enumerate() {
        // More than slots, so that each has been used and every map has grown.
        let once = instructions(valgrind, program, index, 4 * TIMES)?;
        let each = (instructions(valgrind, program, index, 5 * TIMES)? - once) / TIMES as f64;
        empty = if case.is_loop() { each } else { empty };
        counts.push((each - empty).round());
    }
    Ok(counts)
}

/// Returns whether each case is right in that build.
fn rights(program: &Path) -> Result<Vec<bool>, Failure> {
    let output = Command::new(program).arg("right").output()?;
    if !output.status.success() {
        return Err(format!("{}: {}", program.display(), output.status).into());
    }
    let lines = String::from_utf8(output.stdout)?;
    Ok(lines.lines().map(|line| line.starts_with("right")).collect())
}

/// Returns nanoseconds of one run on so many threads: the median of some.
fn nanoseconds(case: &Case, threads: usize) -> f64 {
    const TIMES: u64 = 100_000;
    let mut times: Vec<_> = (0..9).map(|_| (case.time)(TIMES, threads)).collect();
    times.sort();
    times[times.len() / 2].as_nanos() as f64 / TIMES as f64
}

/// Prints the table of instructions, plain and with fat LTO, with the ratios to the floor and to the best
/// peer in the same build.
fn table(valgrind: &Path, fat: &Path, is_tsv: bool) -> Result<(), Failure> {
    let cases = cases();
    let plain = env::current_exe()?;
    let rights: Vec<_> = rights(&plain)?
        .into_iter()
        .zip(rights(fat)?)
        .map(|(plain, fat)| plain && fat)
        .collect();
    let plain = count(valgrind, &plain, &cases)?;
    let fat = count(valgrind, fat, &cases)?;
    let mut rows = vec![];
    for (index, case) in cases.iter().enumerate().filter(|(_, case)| !case.is_loop()) {
        let ratio = |counts: &[f64], to: &dyn Fn(&Case) -> bool| {
            let others = cases
                .iter()
                .zip(counts)
                .zip(&rights)
                .filter(|((other, _), is_right)| other.work == case.work && to(other) && **is_right);
            let best = others.map(|((_, count), _)| *count).reduce(f64::min);
            best.map(|best| counts[index] / best)
        };
        let ratios = |to: &dyn Fn(&Case) -> bool| match [&plain, &fat].map(|counts| ratio(counts, to)) {
            [Some(plain), Some(fat)] => format!("{plain:.2} / {fat:.2}"),
            _ => String::new(),
        };
        rows.push(vec![
            case.work.to_owned(),
            case.name.to_owned(),
            plain[index].to_string(),
            fat[index].to_string(),
            ratios(&|other| other.name == "floor"),
            if case.is_ours() {
                ratios(&Case::is_peer)
            } else {
                String::new()
            },
            case.allocations
                .as_ref()
                .map_or(String::new(), |count| format!("{:.2}", count())),
            if rights[index] {
                case.what.to_owned()
            } else {
                "WRONG ANSWER".to_owned()
            },
        ]);
    }
    let header = [
        "work",
        "by",
        "plain",
        "fat LTO",
        "to floor",
        "to best peer",
        "allocations",
        "what",
    ];
    print(&header, &rows, is_tsv);
    Ok(())
}

/// Prints the table of times, each against that of ours in the same row.
fn times(is_tsv: bool) {
    let cases = cases();
    let mut rows = vec![];
    let mut ours = [0.0; 2];
    let mut work = "";
    let is_first = |case: &Case| case.is_ours();
    for case in cases
        .iter()
        .filter(|case| is_first(case) || case.is_peer() || case.name == "floor")
    {
        if case.work != work {
            work = case.work;
            let first = cases.iter().find(|other| other.work == work && is_first(other));
            ours = first.map_or([0.0; 2], |first| [1, 2].map(|threads| nanoseconds(first, threads)));
        }
        let [one, two] = [1, 2].map(|threads| nanoseconds(case, threads));
        rows.push(vec![
            case.work.to_owned(),
            case.name.to_owned(),
            format!("{one:.1}"),
            format!("{:.2}", one / ours[0]),
            format!("{two:.1}"),
            format!("{:.2}", two / ours[1]),
        ]);
    }
    let header = ["work", "by", "ns, 1 thread", "to ours", "ns, 2 threads", "to ours"];
    print(&header, &rows, is_tsv);
}

fn print(header: &[&str], rows: &[Vec<String>], is_tsv: bool) {
    if is_tsv {
        println!("{}", header.join("\t"));
        for row in rows {
            println!("{}", row.join("\t"));
        }
        return;
    }
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(header).add_rows(rows);
    for column in table.column_iter_mut().skip(2).take(4) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    println!("{table}");
}

fn main() -> Result<(), Failure> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["one", case, count] => {
            let case = cases().into_iter().nth(case.parse()?).ok_or("no such case")?;
            black_box((case.run)(count.parse()?));
        }
        ["table", valgrind, fat] => table(Path::new(valgrind), Path::new(fat), false)?,
        ["table", valgrind, fat, "--tsv"] => table(Path::new(valgrind), Path::new(fat), true)?,
        ["right"] => {
            for case in cases() {
                let right = if case.is_right() { "right" } else { "wrong" };
                println!("{right}\t{}\t{}", case.work, case.name);
            }
        }
        ["times"] => times(false),
        ["times", "--tsv"] => times(true),
        _ => return Err("see benches/peers/run".into()),
    }
    Ok(())
}
