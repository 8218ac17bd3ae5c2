//! The lifecycle of one packet: a pure state machine.
//!
//! The server tells the end of a packet through `DhcpPktDropHook`: once, as processed, when all went well; twice when
//! it dropped the packet, first with the reason, then as processed. A [`Notice`] is one such call, a [`Stage`] is what
//! is known so far, and [`Stage::advance`] is the whole machine:
//!
#![doc = include_str!("lifecycle.svg")]
//!
//! | from \ notice | `Dropped(r)` | `Processed` |
//! | --- | --- | --- |
//! | `InFlight` | `Dropped(r)` | `Done(Processed)` |
//! | `Dropped(first)` | [`Violation::RepeatedDrop`] | `Done(Dropped(first))` |
//! | `Done(_)` | [`Violation::AfterDone`] | [`Violation::AfterDone`] |
//!
//! A violation changes nothing: the first reason stays. The documentation of the server tells authors to expect several
//! calls for one packet, so a violation is something to count, not a reason to fail.
//!
//! ```
//! use dhcp_callout::{DropReason, Notice, Outcome, Stage};
//!
//! let stage = Stage::InFlight
//!     .advance(Notice::from_code(0xA))?
//!     .advance(Notice::from_code(0xB))?;
//! assert_eq!(stage, Stage::Done(Outcome::Dropped(DropReason::NOADDRESS)));
//! # Ok::<(), dhcp_callout::Violation>(())
//! ```

use core::fmt;

use crate::codes::pad;
use crate::control::{DropReason, PACKET_PROCESSED};

/// How far a packet is in its lifecycle.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The server has the packet, and has given no notice of its end.
    InFlight,
    /// The server has dropped the packet, and has not yet given notice that it is processed.
    Dropped(DropReason),
    /// The server has finished with the packet; its context is finished too.
    Done(Outcome),
}

/// How the lifecycle of a packet ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The packet was reported as processed, and no drop before; or a member of a [chain](crate::chain) has refused it:
    /// [`Diagnostic::MemberRefused`](crate::Diagnostic::MemberRefused).
    Processed,
    /// The server dropped the packet, for the first reason that it gave.
    Dropped(DropReason),
}

/// What `DhcpPktDropHook` tells of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    /// The packet was dropped, for this reason; [`Processed`](Self::Processed) follows.
    Dropped(DropReason),
    /// The packet has been completely processed (`DHCP_DROP_PROCESSED`).
    Processed,
}

/// A notice that does not fit the stage; the stage stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// Notice of a drop, for a packet that had been dropped before.
    #[error("packet reported as dropped again: {again}, after: {first}")]
    RepeatedDrop {
        /// The reason given first, which stays.
        first: DropReason,
        /// The reason given now.
        again: DropReason,
    },
    /// A notice for a packet that had been processed before.
    #[error("notice for a packet that has been processed")]
    AfterDone,
}

impl Notice {
    /// Reads the `ControlCode` of `DhcpPktDropHook`; total: an unknown code is a drop with that code kept.
    #[inline]
    #[must_use]
    pub const fn from_code(code: u32) -> Self {
        match DropReason::from_code(code) {
            Some(reason) => Self::Dropped(reason),
            None => Self::Processed,
        }
    }

    /// Returns the `ControlCode` that [`from_code`](Self::from_code) reads as this notice.
    #[inline]
    #[must_use]
    pub const fn code(self) -> u32 {
        match self {
            Self::Dropped(reason) => reason.code(),
            Self::Processed => PACKET_PROCESSED,
        }
    }
}

impl Stage {
    /// Returns the stage that follows when the server gives `notice`.
    ///
    /// # Errors
    /// - [`Violation::RepeatedDrop`] for a drop of a packet that is [`Stage::Dropped`];
    /// - [`Violation::AfterDone`] for any notice on a packet that is [`Stage::Done`].
    #[inline]
    pub const fn advance(self, notice: Notice) -> Result<Self, Violation> {
        match (self, notice) {
            (Self::InFlight, Notice::Dropped(reason)) => Ok(Self::Dropped(reason)),
            (Self::InFlight, Notice::Processed) => Ok(Self::Done(Outcome::Processed)),
            (Self::Dropped(first), Notice::Dropped(again)) => Err(Violation::RepeatedDrop { first, again }),
            (Self::Dropped(first), Notice::Processed) => Ok(Self::Done(Outcome::Dropped(first))),
            (Self::Done(_), _) => Err(Violation::AfterDone),
        }
    }
}

/// The SDK's name of the code, as [`DropReason`] prints.
impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dropped(reason) => fmt::Display::fmt(reason, f),
            Self::Processed => f.pad("DHCP_DROP_PROCESSED"),
        }
    }
}

/// `processed`, or `dropped (DHCP_DROP_NOADDRESS)`.
impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Processed => f.pad("processed"),
            Self::Dropped(reason) => pad(f, format_args!("dropped ({reason})")),
        }
    }
}

/// `in flight`, `dropped (DHCP_DROP_NOADDRESS)`, or `done: ` and the [`Outcome`].
impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::InFlight => f.pad("in flight"),
            Self::Dropped(reason) => pad(f, format_args!("dropped ({reason})")),
            Self::Done(outcome) => pad(f, format_args!("done: {outcome}")),
        }
    }
}
