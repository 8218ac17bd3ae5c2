#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), no_std)]

pub mod buffer;
mod codes;
pub mod control;
pub mod ffi;
pub mod hook;
pub mod lifecycle;
pub mod message;
#[cfg(feature = "simulate")]
pub mod simulate;
#[cfg(feature = "proptest")]
pub mod strategy;
mod sync;
pub mod table;

pub use buffer::{PACKET_CAPACITY, PacketBuffer, PacketTooLong};
pub use control::DropReason;
pub use lifecycle::{Notice, Outcome, Stage, Violation};
pub use message::Message;
pub use table::{
    Borrowed, BufferPool, Context, ContextError, Finished, Full, NotifyError, PacketTable, PacketTally, PoolExhausted,
    PooledBuffer, Progress, Replacements, TallySnapshot,
};
