//! `table`: the packets in flight.

use dhcp_callout::table::{BufferPool, Context, PacketTable};
use dhcp_callout::{DropReason, Notice};

static TABLE: PacketTable<[u8; 6], 64> = PacketTable::new();
static POOL: BufferPool<8> = BufferPool::new();

crate::operations! {
    table_admit(name: u8) => TABLE.admit([name; 6]);
    table_get(context: Context) => TABLE.get(context).map(|state| *state);
    table_borrowed_stage(context: Context) => TABLE.get(context).map(|state| state.stage());
    table_borrowed_release(context: Context) => TABLE.get(context).map(|state| state.release());
    table_notify(context: Context, notice: Notice) => TABLE.notify(context, notice);
    table_note_drop(context: Context, reason: DropReason) => TABLE.note_drop(context, reason).map(|state| *state);
    table_stage(context: Context) => TABLE.stage(context);
    table_now() => TABLE.now();
    table_set_patience(admissions: u32) => TABLE.set_patience(u64::from(admissions));
    table_evict_before(tick: u32) => TABLE.evict_before(u64::from(tick), |finished| {
        let _ = core::hint::black_box(finished);
    });
    table_drain() => TABLE.drain(|finished| {
        let _ = core::hint::black_box(finished);
    });
    table_reap() => TABLE.reap(|finished| {
        let _ = core::hint::black_box(finished);
    });
    table_len() => TABLE.len();
    table_is_empty() => TABLE.is_empty();
    table_capacity() => TABLE.capacity();
    table_tally() => TABLE.tally();
    tally_dropped(reason: DropReason) => TABLE.tally().dropped(reason);
    tally_dropped_in_all() => TABLE.tally().dropped_in_all();
    tally_drops_to_the_end() => TABLE.tally().drops().for_each(|drops| {
        let _ = core::hint::black_box(drops);
    });
    pool_take() => POOL.take();
    pool_taken() => POOL.taken();
    context_as_raw(context: Context) => context.as_raw();
}
