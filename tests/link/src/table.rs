//! `table`: the packets in flight.

use dhcp_callout::table::{Borrowed, BufferPool, Context, PacketTable, Replacements};
use dhcp_callout::{DropReason, Notice, PacketTally, TallySnapshot};

use crate::each;
use crate::size::{BUFFERS, SLOTS};

static TABLE: PacketTable<[u8; 6], SLOTS> = PacketTable::new();
static POOL: BufferPool<BUFFERS> = BufferPool::new();
static REPLACEMENTS: Replacements = Replacements::new();

fn look<T>(item: T) {
    core::hint::black_box(item);
}

crate::methods! {
    Context = Context: as_raw;
    PacketTally = &mut PacketTally: snapshot;
    TallySnapshot = &mut TallySnapshot: dropped_in_all dropped_unknown in_flight;
    Borrowed = &mut Borrowed<'_, [u8; 6]>: stage;
}

crate::operations! {
    PacketTable::new() => look(PacketTable::<[u8; 6], 4>::new());
    PacketTable::admit(name: u8) => TABLE.admit([name; 6]);
    PacketTable::get(context: Context) => TABLE.get(context).map(|state| *state);
    PacketTable::notify(context: Context, notice: Notice) => TABLE.notify(context, notice);
    PacketTable::note_drop(context: Context, reason: DropReason) => TABLE.note_drop(context, reason).map(|state| *state);
    PacketTable::stage(context: Context) => TABLE.stage(context);
    PacketTable::now() => TABLE.now();
    PacketTable::set_patience(admissions: u64) => TABLE.set_patience(admissions);
    PacketTable::evict_before(tick: u64) => TABLE.evict_before(tick, look);
    PacketTable::drain() => TABLE.drain(look);
    PacketTable::reap() => TABLE.reap(look);
    PacketTable::len() => TABLE.len();
    PacketTable::is_empty() => TABLE.is_empty();
    PacketTable::capacity() => TABLE.capacity();
    PacketTable::tally() => TABLE.tally();
    Borrowed::release(context: Context) => TABLE.get(context).map(Borrowed::release);

    PacketTally::new() => look(PacketTally::new());
    PacketTally::count_drop(tally: &mut PacketTally, reason: DropReason) => tally.count_drop(reason);
    TallySnapshot::dropped(tally: &mut TallySnapshot, reason: DropReason) => tally.dropped(reason);
    TallySnapshot::drops(tally: &mut TallySnapshot) => each(tally.drops());

    BufferPool::new() => look(BufferPool::<2>::new());
    BufferPool::take() => POOL.take().map(|mut buffer| (buffer.copy_from(&[1, 2]), buffer.size()));
    BufferPool::taken() => POOL.taken();
    BufferPool::give_back() => POOL.take().map(|buffer| {
        let list = Replacements::new();
        list.hold_for_server(buffer);
        // SAFETY: the buffer is of this pool, and there is no server.
        unsafe { POOL.give_back(list) };
    });
    Replacements::new() => Replacements::new();
    Replacements::is_empty() => REPLACEMENTS.is_empty();
    Replacements::hold_for_server() => POOL.take().map(|buffer| {
        let list = Replacements::new();
        list.hold_for_server(buffer);
    });
    Context::from_raw(raw: usize) => Context::from_raw(core::ptr::without_provenance_mut(raw));
}
