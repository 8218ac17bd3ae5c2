//! [guide]: crate::guide
//!
#![doc = include_str!("../README.md")]
#![cfg_attr(not(test), no_std)]
#![cfg_attr(docsrs, feature(doc_cfg), doc(auto_cfg(hide(loom))))]
#![cfg_attr(loom, allow(unused, reason = "what the left-out modules use is left over"))]

#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "simulate")]
extern crate alloc;

/// How the crate is built, and why: the file `DESIGN.md`.
#[cfg(doc)]
#[doc = include_str!("../DESIGN.md")]
pub mod _design {}

pub mod buffer;
// Their tables are in statics, where the atomics of the model checker cannot be.
#[cfg(not(loom))]
pub mod callout;
#[cfg(not(loom))]
pub mod chain;
mod codes;
pub mod control;
#[cfg(not(loom))]
pub mod export;
pub mod ffi;
#[cfg(any(doc, doctest))]
pub mod guide;
pub mod hook;
pub mod lifecycle;
pub mod message;
#[cfg(feature = "simulate")]
pub mod simulate;
#[cfg(feature = "proptest")]
pub mod strategy;
pub mod table;

pub use buffer::{PACKET_CAPACITY, PacketBuffer, PacketTooLong};
#[cfg(not(loom))]
pub use callout::{
    Callout, Decision, Host, LoadError, OnAddressDeleted, OnAddressOffered, OnClientDeleted, OnControl,
    OnOptionsParsed, OnSendPacket,
};
pub use control::{AddressGrant, AddressProblem, ClientType, DropReason, SendCode, ServiceControl};
pub use hook::{
    AddressDeleted, AddressOffered, ClientDeleted, ControlEvent, Diagnostic, DllPath, HookError, LeftOut, NewPacket,
    PacketNotice, ParsedOptions, ReplaceError, SendPacket,
};
pub use lifecycle::{Notice, Outcome, Stage, Violation};
pub use message::{EditError, Editor, Message, MessageType, option};
pub use table::{NotifyError, PacketTally, TallySnapshot};
