//! Proves when packets are given up that the server never reports: not while there is room, not while they are young,
//! and always before a packet that arrives goes untracked.

use dhcp_callout::table::{Admitted, Borrowed, Context, Finished, Full, PacketTable, Progress};
use dhcp_callout::{DropReason, Notice, Stage};

const SLOTS: usize = 4096;
const PATIENCE: u64 = 65_536;
/// A packet of which a hook was is old after this at the latest, as the documentation of the table says.
const OLD: u64 = PATIENCE + 6 * SLOTS as u64 + 192;

type Table = Box<PacketTable<u32, SLOTS>>;

fn table() -> Table {
    Box::new(PacketTable::new())
}

fn admit(table: &Table, state: u32) -> (Context, Option<Finished<u32>>) {
    let Admitted { context, lost } = table
        .admit(state)
        .unwrap_or_else(|Full(state)| panic!("{state} is untracked"));
    (context, lost)
}

/// Admits so many packets, which are named by `state`.
fn fill(table: &Table, packets: usize, state: u32) -> Vec<Context> {
    let admitted = (0..packets).map(|_| admit(table, state));
    admitted.map(|(context, _)| context).collect()
}

fn end(table: &Table, context: Context) -> bool {
    matches!(table.notify(context, Notice::Processed), Ok(Progress::Done { .. }))
}

fn hear_all(table: &Table, contexts: &[Context]) {
    for context in contexts {
        hear(table, *context);
    }
}

fn hear(table: &Table, context: Context) {
    assert_eq!(table.get(context).map(Borrowed::release), Ok(None));
}

/// Lets so many packets come and go, one after the other, and checks that none is given up for them.
fn pass(table: &Table, packets: u64) {
    for _ in 0..packets {
        let (context, lost) = admit(table, u32::MAX);
        assert_eq!(lost, None);
        assert!(end(table, context));
    }
}

const DEBRIS: u32 = 1;
const YOUNG: u32 = 2;

/// Admits a burst of so many packets that all have to be tracked, and returns how many of the debris went for that.
fn burst(table: &Table, packets: usize) -> usize {
    let lost = (0..packets).filter_map(|_| admit(table, YOUNG).1);
    lost.inspect(|lost| assert_eq!((lost.stage, lost.state), (Stage::InFlight, DEBRIS)))
        .count()
}

#[test]
fn a_burst_finds_all_old_debris_wherever_it_is() {
    // Debris in one run of slots, in which hooks have been, or not; and as far from it as can be, the next vacant one.
    for (debris, is_heard) in [(3000, false), (3000, true), (1024, true), (64, false), (1, true)] {
        let table = table();
        let young = fill(&table, SLOTS * 3 / 4 - debris, YOUNG);
        for context in fill(&table, debris, DEBRIS) {
            if is_heard {
                hear(&table, context);
            }
        }
        for _ in 0..=OLD / 1000 {
            pass(&table, 1000);
            hear_all(&table, &young);
        }
        let vacant = SLOTS - debris - young.len();
        assert_eq!(burst(&table, vacant + debris), debris);
        assert!(
            young.iter().all(|context| end(&table, *context)),
            "a young packet was given up"
        );
    }
}

#[test]
fn debris_is_found_whatever_the_pattern_of_traffic() {
    // Of two packets that overlap only the second finds the room short; it may be the one that goes on in the next
    // word.
    for shift in 0..64 {
        let table = table();
        // A run of vacant slots in each word.
        let packets = fill(&table, SLOTS, DEBRIS);
        let (vacant, debris): (Vec<_>, Vec<_>) = packets
            .chunks(16)
            .enumerate()
            .partition(|(run, _)| run % 4 == shift % 4);
        for (_, packets) in vacant {
            assert!(packets.iter().all(|context| end(&table, *context)));
        }
        for (_, packets) in debris {
            hear_all(&table, packets);
        }
        for _ in 0..shift {
            pass(&table, 1);
        }
        let mut given_up = 0;
        let heard = table.now();
        while table.now() < heard + OLD {
            let both = [admit(&table, YOUNG), admit(&table, YOUNG)];
            for (context, lost) in both {
                given_up += usize::from(lost.is_some());
                assert!(end(&table, context));
            }
        }
        assert_eq!(given_up + burst(&table, SLOTS), SLOTS * 3 / 4, "shift {shift}");
    }
}

#[test]
fn each_packet_is_looked_at_in_time_whenever_room_becomes_short() {
    // How long ago the last look was then; 64 admissions in a row need not look.
    for since_look in 0..64 {
        let table = table();
        table.set_patience(u64::MAX);
        pass(&table, since_look);
        let packets = fill(&table, SLOTS * 3 / 4 + 1, DEBRIS);
        hear_all(&table, &packets);
        pass(&table, 3 * SLOTS as u64 + 96);
        // One that a look has not found since counts as heard of now.
        let mut given_up = 0;
        table.evict_before(u64::MAX, |_| given_up += 1);
        assert_eq!(given_up, packets.len(), "{since_look}");
    }
}

#[test]
fn what_becomes_old_in_a_full_table_is_found_at_once() {
    let table = table();
    let young = fill(&table, 2000, YOUNG);
    fill(&table, 64, DEBRIS);
    let other = fill(&table, SLOTS - 2064, YOUNG);
    // All but the debris is heard of all the time, and at the same moment.
    for given_up in 0..64 {
        let lost = loop {
            if table.now() % 8192 == 0 {
                hear_all(&table, &young);
                hear_all(&table, &other);
            }
            if let Ok(Admitted { lost, .. }) = table.admit(YOUNG) {
                break lost;
            }
        };
        assert_eq!(lost.map(|lost| lost.state), Some(DEBRIS));
        // It was the 2001st that was admitted, or a later one.
        let is_old = 2001 + given_up + PATIENCE;
        assert!(
            // An admission in the place of an old packet need not look.
            (is_old + 1..=is_old + SLOTS as u64 / 32 + 64).contains(&table.now()),
            "{}",
            table.now()
        );
    }
}

#[test]
fn a_large_table_is_patient_for_16_times_its_capacity() {
    const MANY: usize = 8192;
    let table = Box::new(PacketTable::<(), MANY>::new());
    assert_eq!(table.capacity(), MANY);
    let mut admitted = 0;
    while table.now() <= 16 * MANY as u64 {
        admitted += usize::from(table.admit(()).is_ok());
    }
    assert_eq!(admitted, MANY);
    // It looks at 32 slots in so many admissions.
    assert!((0..MANY + 64).any(|_| table.admit(()).is_ok()));
}

#[test]
fn nothing_is_given_up_while_a_quarter_is_vacant() {
    let table = table();
    fill(&table, SLOTS * 3 / 4, DEBRIS);
    pass(&table, 2 * OLD);
    assert_eq!(table.tally().evicted, 0);
    // The quarter is not vacant any more after the first.
    let young = fill(&table, 1, YOUNG);
    assert_eq!(burst(&table, 1), 1);
    assert!(end(&table, young[0]));
    assert_eq!(admit(&table, YOUNG).1, None);
}

#[test]
fn nothing_is_given_up_that_was_heard_of() {
    // By any hook, also by a notice that the packet refuses.
    let hooks: [fn(&Table, Context); 4] = [
        |table, context| hear(table, context),
        |table, context| assert!(table.notify(context, Notice::Dropped(DropReason::TIMEOUT)).is_err()),
        |table, context| assert!(table.note_drop(context, DropReason::TIMEOUT).is_err()),
        |_, _| {},
    ];
    for (index, hook) in hooks.into_iter().enumerate() {
        let table = table();
        let packets = fill(&table, SLOTS, DEBRIS);
        for context in &packets {
            assert!(table.notify(*context, Notice::Dropped(DropReason::NOADDRESS)).is_ok());
        }
        let mut given_up = 0;
        for round in 1..=4 {
            while table.now() < round * (PATIENCE / 2) {
                given_up += usize::from(table.admit(YOUNG).is_ok());
            }
            for context in packets.iter().filter(|context| table.stage(**context).is_ok()) {
                hook(&table, *context);
            }
        }
        assert_eq!(given_up > 0, index == 3, "hook {index}");
    }
}

#[test]
fn stale_notes_of_old_packets_are_no_hindrance() {
    let table = table();
    let young = fill(&table, 2000, YOUNG);
    fill(&table, 1000, DEBRIS);
    // All are noted as old, and then most are heard of.
    pass(&table, OLD);
    hear_all(&table, &young);
    assert_eq!(burst(&table, SLOTS - 3000 + 1000), 1000);
    assert!(table.admit(YOUNG).is_err());
    assert!(young.iter().all(|context| end(&table, *context)));
}

#[test]
fn a_clock_of_the_authors_gives_up_the_last_packet_before_a_quiet_time() {
    let table = table();
    let (context, _) = admit(&table, 7);
    hear(&table, context);
    let noted = table.now() + 1;
    let mut lost = Vec::new();
    // At the first call the packet counts as heard of, and never again.
    for _ in 0..2 {
        assert_eq!(lost, []);
        table.evict_before(noted, |finished| lost.push(finished.state));
    }
    assert_eq!(lost, [7]);
}

#[test]
fn a_time_that_no_clock_shows_is_after_all() {
    let table = table();
    for tick in [2, 1 << 47, (1 << 47) + 1, u64::MAX] {
        let now = table.now();
        admit(&table, 7);
        let mut lost = Vec::new();
        table.evict_before(now + 1, |finished| lost.push(finished.state));
        assert_eq!(lost, []);
        table.evict_before(tick.max(now + 2), |finished| lost.push(finished.state));
        assert_eq!(lost, [7], "{tick}");
    }
}
