//! Safe types for Microsoft DHCP Server callout DLLs.
#![cfg_attr(not(test), no_std)]

pub mod buffer;
mod codes;
pub mod control;
pub mod lifecycle;
mod sync;
pub mod table;

pub use buffer::{PACKET_CAPACITY, PacketBuffer, PacketTooLong};
pub use control::DropReason;
pub use lifecycle::{Notice, Outcome, Stage, Violation};
pub use table::{
    Borrowed, BufferPool, Context, ContextError, Finished, Full, NotifyError, PacketTable, PacketTally, PoolExhausted,
    PooledBuffer, Progress, Replacements, TallySnapshot,
};
