//! What was seen, counted without a lock, and the file in which it is written.

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Names the words of which the lines of the file are made.
macro_rules! words {
    ($($Word:ident $text:literal)+) => {
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub(super) enum Word { $($Word),+ }
        const WORDS: &[&str] = &[$($text),+];
    };
}

words! {
    // The hooks: the digits of their order.
    NewPkt "NewPkt" HandleOptions "HandleOptions" AddressOffer "AddressOffer" AddressDel "AddressDel" PktSend "PktSend"
    Dropped "PktDrop with a reason" Processed "PktDrop, processed" GivenUp "given up: not reported as processed"
    // What is seen of all packets.
    Nothing "" Context "*PktContext on entry" ProcessIt "*ProcessIt on entry" PktDrop "PktDrop by code: PktContext is"
    Null "NULL" NotNull "not NULL" Rejected "PktDrop by code: the context changes nothing" NoPacket "hook with a context of no packet"
    Stale "stale" Unknown "never given out" TooMany "too many hooks" Repeated "repeated"
    Order "hooks of a packet, in order" Time "milliseconds to the end of a packet, less than" Thread "hooks on thread"
    SameThread "on the thread of its NewPkt" OtherThread "on another thread than its NewPkt"
    AtOnce "hooks at the same time" Overlap "hooks of one packet at the same time"
    RequestLeaseTime "RequestLeaseTime" InNetworkOrder "in network order" InHostOrder "in host order" Neither "not option 51"
    NoArguments "hook whose arguments cannot be used" Untracked "packet not tracked: too many in flight" Panicked "panic in the probe"
    SwitchedOff "DLLs after this one in the list, which are switched off"
    // The experiments, and what is seen of them.
    ReplaceRequest "request replaced" RewriteRequest "request rewritten" Refuse "request refused"
    ReplaceOffer "OFFER replaced" RewriteOffer "OFFER rewritten" Made "done" Failed "not possible" Reported "PktDrop by code"
    GivenOurs "is given the buffer of the DLL" GivenAltered "is given altered bytes elsewhere"
    GivenOriginal "is given unaltered bytes" GivenOther "is given another buffer"
    Altered "altered" NotAltered "not altered" Echo "the REQUEST names"
    NamesAltered "the altered server" NamesOwn "the server's own address" NamesOther "another server"
}
const NOTES: &str = "
Hooks in order: 0 NewPkt, which is left out, 1 HandleOptions, 2 AddressOffer, 3 AddressDel, 4 PktSend, 5 PktDrop with a
reason, 6 PktDrop processed, 7 given up; the last nine. Numbers that begin with 0x are hexadecimal.

An OFFER was altered, and the REQUEST names the altered server: the server has sent what was altered. It names the server's
own address: the client got an OFFER that was not. No REQUEST: nothing is known.

No DLL can see whether the server reads a buffer after the last hook that is given it, nor what became of a packet that
nobody answers: take a capture.
";

/// How many lines there can be of what is seen.
const LINES: usize = 48;

/// How often each line of one kind was seen, its other two words and number in one integer, and what found no line.
/// Without a lock. Each kind has lines of its own, so that odd values of one leave the others room.
struct Kind {
    lines: [(AtomicU64, AtomicU64); LINES],
    left_out: AtomicU64,
}

static SEEN: [Kind; WORDS.len()] = [const {
    Kind {
        lines: [const { (AtomicU64::new(0), AtomicU64::new(0)) }; LINES],
        left_out: AtomicU64::new(0),
    }
}; WORDS.len()];

pub(super) fn seen(what: Word, how: Word, where_: Word, number: impl Into<Option<u64>>) {
    let Some(kind) = SEEN.get(what as usize) else { return };
    let number = number.into().map_or(0, |number| number.saturating_add(1));
    let key = [how, where_].iter().fold(1, |key, word| key << 7 | *word as u64) << 40 | number;
    let line = kind.lines.iter().find(|(line, _)| match line.load(Relaxed) {
        0 => {
            line.compare_exchange(0, key, Relaxed, Relaxed)
                .unwrap_or_else(|taken| taken ^ key)
                == 0
        }
        taken => taken == key,
    });
    line.map_or(&kind.left_out, |(_, count)| count).fetch_add(1, Relaxed);
}

/// What has a number that is not shown as a hexadecimal one.
const COUNTS: [Word; 4] = [Word::Time, Word::Thread, Word::AtOnce, Word::Overlap];

fn line(what: usize, key: u64, count: u64) -> String {
    let word = |place: u32| {
        WORDS
            .iter()
            .zip(0_u64..)
            .find(|(_, number)| *number == key >> place & 0x7F)
    };
    let word = |place| word(place).map_or("", |(word, _)| *word);
    let mut words = vec![kind(what), word(47), word(40)];
    words.retain(|word| !word.is_empty());
    let number = (key & 0xFF_FFFF_FFFF)
        .checked_sub(1)
        .map_or_else(String::new, |number| {
            if COUNTS.iter().any(|counted| *counted as usize == what) {
                format!(": {number}")
            } else {
                format!(": {number:#x}")
            }
        });
    format!("{count:>12}  {}{number}\n", words.join(", "))
}

fn kind(what: usize) -> &'static str {
    WORDS.get(what).unwrap_or(&"")
}

/// Writes the file; what cannot be written now is written ten seconds later.
pub(super) fn write(in_flight: usize) {
    let path =
        std::env::var_os("DHCP_PROBE_FILE").map_or_else(|| std::env::temp_dir().join("dhcp-probe.txt"), Into::into);
    let mut text = String::new();
    for (what, seen) in SEEN.iter().enumerate() {
        let mut rows: Vec<_> = seen
            .lines
            .iter()
            .map(|(key, count)| (key.load(Relaxed), count.load(Relaxed)))
            .collect();
        rows.retain(|(_, count)| *count > 0);
        rows.sort_unstable();
        text.extend(rows.iter().map(|(key, count)| line(what, *key, *count)));
        let left_out = seen.left_out.load(Relaxed);
        if left_out > 0 {
            text.extend([format!("{left_out:>12}  {}: other values, after {LINES}\n", kind(what))]);
        }
    }
    text.extend([format!("{in_flight:>12}  packets in flight\n{NOTES}")]);
    if let Err(error) = std::fs::write(&path, text) {
        eprintln!("probe: {}: {error}", path.display());
    }
}
