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
    SwitchedOff "DLLs behind this one in the list, which are switched off"
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

/// How often each line was seen: its words and number in one integer, and the count. Without a lock.
static SEEN: [(AtomicU64, AtomicU64); 512] = [const { (AtomicU64::new(0), AtomicU64::new(0)) }; 512];
static LEFT_OUT: AtomicU64 = AtomicU64::new(0);

pub(super) fn seen(what: Word, how: Word, where_: Word, number: impl Into<Option<u64>>) {
    let number = number.into().map_or(0, |number| number.saturating_add(1));
    let key = [what, how, where_].iter().fold(1, |key, word| key << 7 | *word as u64) << 40 | number;
    let start = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 55;
    let mut places = SEEN.iter().cycle().skip(start as usize).take(SEEN.len());
    let place = places.find(|(place, _)| match place.load(Relaxed) {
        0 => {
            place
                .compare_exchange(0, key, Relaxed, Relaxed)
                .unwrap_or_else(|taken| taken ^ key)
                == 0
        }
        taken => taken == key,
    });
    place.map_or(&LEFT_OUT, |(_, count)| count).fetch_add(1, Relaxed);
}

/// What has a number that is not shown as a hexadecimal one.
const COUNTS: [Word; 4] = [Word::Time, Word::Thread, Word::AtOnce, Word::Overlap];

fn line(key: u64, count: u64) -> String {
    let word = |place: u32| {
        WORDS
            .iter()
            .zip(0_u64..)
            .find(|(_, number)| *number == key >> place & 0x7F)
    };
    let word = |place| word(place).map_or("", |(word, _)| *word);
    let mut words = vec![word(54), word(47), word(40)];
    words.retain(|word| !word.is_empty());
    let number = (key & 0xFF_FFFF_FFFF)
        .checked_sub(1)
        .map_or_else(String::new, |number| {
            let is_count = COUNTS.iter().any(|what| *what as u64 == key >> 54 & 0x7F);
            if is_count {
                format!(": {number}")
            } else {
                format!(": {number:#x}")
            }
        });
    format!("{count:>12}  {}{number}\n", words.join(", "))
}

/// Writes the file; what cannot be written now is written ten seconds later.
pub(super) fn write(in_flight: usize) {
    let path =
        std::env::var_os("DHCP_PROBE_FILE").map_or_else(|| std::env::temp_dir().join("dhcp-probe.txt"), Into::into);
    let mut rows: Vec<_> = SEEN
        .iter()
        .map(|(key, count)| (key.load(Relaxed), count.load(Relaxed)))
        .collect();
    rows.retain(|(_, count)| *count > 0);
    rows.sort_unstable();
    let lines: String = rows.iter().map(|(key, count)| line(*key, *count)).collect();
    let left_out = LEFT_OUT.load(Relaxed);
    let text = format!("{lines}{in_flight:>12}  packets in flight\n{left_out:>12}  counts without a line\n{NOTES}");
    if let Err(error) = std::fs::write(&path, text) {
        eprintln!("probe: {}: {error}", path.display());
    }
}
