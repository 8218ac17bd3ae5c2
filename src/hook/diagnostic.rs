//! What an author is told beside the packets.

use core::fmt;

use super::dlls::DllPath;
use super::raw::HookError;
use crate::lifecycle::{Notice, Stage};
use crate::table::{ContextError, NotifyError};

/// Something that was refused, ignored, given up or contained; nothing of the kind happens without a word.
///
/// Meant to be counted or logged. None of it needs an answer, and the server goes on in each case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Diagnostic<'a> {
    /// The server called a hook with arguments that cannot be used; the callout does not hear of the call.
    ///
    /// For `DhcpPktDropHook` only the packet's bytes are refused: the notice counts. For the list of
    /// `DhcpServerCalloutEntry` only what was not read of it is: the DLL is loaded.
    ArgumentsRefused {
        /// The hook, as the SDK names it, or `DhcpServerCalloutEntry`.
        hook: &'static str,
        /// What is wrong with them.
        error: HookError,
    },
    /// A hook came with a context that names no packet in flight, or one with 255 borrowers; the callout hears of the
    /// call without a state, but for what [`HookError::TakenBack`] keeps from it. If it was the table of a chain that
    /// refused it, the members after the first do not hear of the call; [`chain`](crate::chain) says what the first one
    /// hears. With a chain it can come twice for one call.
    ContextRefused {
        /// The hook, as the SDK names it.
        hook: &'static str,
        /// What is wrong with it.
        error: ContextError,
    },
    /// `DhcpPktDropHook` reported something that changes nothing: a drop that is repeated, or an unknown packet.
    ///
    /// The server's documentation tells authors to expect several notices for one packet. A drop is
    /// [heard](crate::Callout::packet_dropped) all the same. With a chain it can come twice for one notice: from the
    /// table of the chain, and from that of the DLL's own callout.
    NoticeRejected {
        /// What was reported.
        notice: Notice,
        /// Why it changes nothing.
        error: NotifyError,
    },
    /// A method of the callout has panicked in this hook, and the panic was contained.
    Panicked {
        /// The hook, as the SDK names it, or `DhcpServerCalloutEntry`.
        hook: &'static str,
    },
    /// As many packets as the table holds are in flight: this one is processed, but not tracked.
    ///
    /// A `replace` of it is undone, since nobody would hold the buffer; a `rewrite` stays.
    NotTracked,
    /// As many packets as the chain holds are in flight: of this one the members hear nothing but that it is dropped,
    /// and the DLL's own callout, the first, what it would hear without the chain. Its own table may have room for the
    /// packet.
    ChainFull,
    /// What was put in the place of a packet or a reply in this hook was taken back from the server, which has its own
    /// again: the packet was reported as processed, or given up, before the hook returned.
    ReplacementUndone {
        /// The hook, as the SDK names it.
        hook: &'static str,
    },
    /// The callout's packet was given up at this stage, since the server had not reported its end.
    Lost {
        /// The last that was heard of it.
        stage: Stage,
    },
    /// The chain has given up a packet at this stage, since the server had not reported its end: the members hear no
    /// more of it. The state of the DLL's own callout is in the table of that, and stays.
    ChainLost {
        /// The last that was heard of it.
        stage: Stage,
    },
    /// A DLL of the server's list is not a member of the chain.
    LeftOut {
        /// Its path; `None` if the list ends within it.
        path: Option<DllPath<'a>>,
        /// Why it is not.
        reason: LeftOut,
    },
    /// The server has left other DLLs of its list to this one, which was exported without a chain: none of their hooks
    /// is called.
    Unchained {
        /// How many there are.
        dlls: usize,
    },
    /// A member of the chain after the DLL's own callout has refused a packet, so that the server drops it. The own
    /// callout is told next that it is over: the [`Outcome`](crate::Outcome) is `Processed`.
    MemberRefused {
        /// Which member, counted from 0, the DLL's own callout; never 0.
        member: usize,
        /// The bytes of the packet, as the server has them.
        packet: &'a [u8],
    },
    /// A member of the chain does not hear of this notice, since its own context for the packet is not known (any
    /// more), or it has been told the end of the packet, or will be when a hook on another thread returns: see
    /// [`chain`](crate::chain).
    NotTold {
        /// What was reported.
        notice: Notice,
        /// Which member, counted from 0, the DLL's own callout; never 0, since that one hears of each.
        member: usize,
    },
    /// A member of the chain has left pointers that are no packet, which were set back to what they were before.
    MemberPointers {
        /// The hook, as the SDK names it.
        hook: &'static str,
        /// Which member, counted from 0, the DLL's own callout.
        member: usize,
        /// What is wrong with the pointers.
        error: HookError,
    },
}

/// Why a DLL is not a member of a chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum LeftOut {
    /// The server's list ends within its path.
    #[error("the list ends within its path")]
    Unterminated,
    /// The author's loader found no entry point, or panicked.
    #[error("no entry point was found")]
    NotFound,
    /// Its entry point is that of a member already: the list names a DLL twice.
    #[error("it is a member already")]
    Repeated,
    /// Its entry point returned this value.
    #[error("its entry point returned Win32 error {status}, expected 0")]
    Refused {
        /// Anything but 0.
        status: u32,
    },
    /// The chain has no room for more members.
    #[error("the chain has {members} members, and no room for more")]
    TooMany {
        /// How many members it has.
        members: usize,
    },
}

impl fmt::Display for Diagnostic<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ArgumentsRefused { hook, error } => write!(f, "{hook}: arguments refused: {error}"),
            Self::ContextRefused { hook, error } => write!(f, "{hook}: {error}"),
            Self::NoticeRejected { notice, error } => {
                write!(f, "notice {notice} rejected: {error}")
            }
            Self::Panicked { hook } => write!(f, "{hook}: the callout panicked"),
            Self::NotTracked => f.write_str("packet not tracked: packet table full: `PACKETS` says how many it holds"),
            Self::ChainFull => f.write_str(
                "packet kept from the chain's members: table of the chain full: `PACKETS` says how many it holds",
            ),
            Self::ReplacementUndone { hook } => write!(f, "{hook}: replacement undone: the packet is over"),
            Self::Lost { stage } => write!(f, "packet given up, for its end was not reported: {stage}"),
            Self::ChainLost { stage } => {
                write!(f, "packet given up by the chain, for its end was not reported: {stage}")
            }
            Self::LeftOut { path, reason } => match path {
                Some(path) => write!(f, "{path} left out of the chain: {reason}"),
                None => write!(f, "a DLL left out of the chain: {reason}"),
            },
            Self::Unchained { dlls } => write!(
                f,
                "exported without a chain, which switches off so many DLLs of the list: {dlls}"
            ),
            Self::MemberRefused { member, .. } => write!(f, "packet refused by chain member {member}"),
            Self::NotTold { notice, member } => {
                write!(f, "notice {notice} not told to chain member {member}")
            }
            Self::MemberPointers { hook, member, error } => {
                write!(f, "{hook}: packet of chain member {member} set back: {error}")
            }
        }
    }
}
