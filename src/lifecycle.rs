//! What happens to one packet: a pure state machine.
//!
//! The server reports the end of a packet through `DhcpPktDropHook`: once, as processed, when all went well; twice when
//! it dropped the packet, first with the reason, then as processed. [`Notice`] is one such report, [`Stage`] is what is
//! known so far, and [`Stage::advance`] is the whole machine:
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

use crate::control::{DropReason, PACKET_PROCESSED};

/// How far the life of a packet has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The server has the packet, and has not reported its end.
    InFlight,
    /// The server has dropped the packet, and has not yet reported it as processed.
    Dropped(DropReason),
    /// The server has finished with the packet; its context is finished too.
    Done(Outcome),
}

/// How the life of a packet ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The server processed the packet and reported no drop.
    Processed,
    /// The server dropped the packet, for the first reason that it gave.
    Dropped(DropReason),
}

/// What `DhcpPktDropHook` reports of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Notice {
    /// The packet was dropped, for this reason; a report as processed follows.
    Dropped(DropReason),
    /// The packet has been completely processed (`DHCP_DROP_PROCESSED`).
    Processed,
}

/// A notice that does not fit the stage; the stage stays as it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Violation {
    /// A drop was reported for a packet that had been reported as dropped before.
    #[error("packet reported as dropped again: {again} ({code:#x}), after: {first}", code = again.code())]
    RepeatedDrop {
        /// The reason given first, which stays.
        first: DropReason,
        /// The reason given now.
        again: DropReason,
    },
    /// A notice came for a packet that had been reported as processed before.
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
