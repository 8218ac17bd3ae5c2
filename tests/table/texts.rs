//! Proves that what an author prints for a log says how many and at which stage, and no state unless asked for it.

use core::fmt::Debug;

use dhcp_callout::table::{BufferPool, PacketTable, PacketTally, Replacements};

/// A state that nobody may print.
struct Secret;

fn text(value: impl Debug) -> String {
    format!("{value:?}")
}

#[test]
fn a_table_and_the_packet_that_it_has_no_room_for_print_no_state() {
    let table = PacketTable::<Secret, 1>::default();
    assert_eq!(table.capacity(), 1);
    let _ = table.admit(Secret).unwrap();
    let Err(full) = table.admit(Secret) else {
        panic!("a table of one packet has room for a second")
    };
    assert_eq!(text(full), "Full(..)");
    let printed = text(&table);
    assert_eq!(
        printed,
        format!("PacketTable {{ capacity: 1, tally: {:?}, .. }}", table.tally())
    );
    assert!(printed.contains("admitted: 1, "), "{printed}");
}

#[test]
fn a_packet_in_flight_prints_its_stage_and_state() {
    let table = PacketTable::<_, 1>::new();
    let context = table.admit(7).unwrap().context;
    assert_eq!(text(context), format!("Context({context})"));
    let entry = table.get(context).unwrap();
    assert_eq!(text(entry), "Borrowed { stage: InFlight, state: 7 }");
}

#[test]
fn a_tally_prints_what_it_has_counted() {
    let tally = PacketTally::default();
    assert_eq!(text(&tally), format!("PacketTally({:?})", tally.snapshot()));
}

#[test]
fn a_buffer_prints_its_size_and_a_list_whether_it_holds_one() {
    let pool = BufferPool::<1>::default();
    let list = Replacements::default();
    assert!(list.is_empty());
    assert_eq!(text(&list), "Replacements { is_empty: true, .. }");
    let buffer = pool.take().unwrap();
    assert_eq!(text(&buffer), "PooledBuffer(PacketBuffer { size: 0, .. })");
    list.hold_for_server(buffer);
    assert!(!list.is_empty());
    assert_eq!(text(&list), "Replacements { is_empty: false, .. }");
}
