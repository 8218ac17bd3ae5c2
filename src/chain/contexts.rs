//! What each member keeps with a packet, and who is told of it.

use core::ffi::c_void;
use core::ptr::{null_mut, without_provenance_mut};
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use crate::lifecycle::Notice;
use crate::table::Context;

/// What each member keeps with a packet; nobody but the member follows it.
#[derive(Debug)]
pub(super) struct MemberContexts<const MEMBERS: usize> {
    own: [AtomicPtr<c_void>; MEMBERS],
    /// A bit for each member that has heard of the packet, and not of its end.
    open: AtomicU64,
    /// The address of the server's own packet.
    original: usize,
}

impl<const MEMBERS: usize> MemberContexts<MEMBERS> {
    pub(super) fn new(original: *mut u8) -> Self {
        Self {
            own: [const { AtomicPtr::new(null_mut()) }; MEMBERS],
            open: AtomicU64::new(0),
            original: original.addr(),
        }
    }

    // Whoever has the context from the server has it after the hook that set it returned: no ordering is needed.
    pub(super) fn get(&self, member: usize) -> *mut c_void {
        debug_assert!(member < MEMBERS, "member {member} of {MEMBERS}");
        self.own
            .get(member)
            .map_or(null_mut(), |context| context.load(Ordering::Relaxed))
    }

    /// Notes that a member has heard of the packet.
    pub(super) fn begin(&self, member: usize, context: *mut c_void) {
        debug_assert!(member < MEMBERS, "member {member} of {MEMBERS}");
        if let Some(place) = self.own.get(member) {
            place.store(context, Ordering::Relaxed);
        }
        // `Release`: who sees the bit sees the context.
        self.open.fetch_or(bit(member), Ordering::Release);
    }

    /// Returns whether `packet` is not the server's own.
    pub(super) fn is_replaced_by(&self, packet: *mut u8) -> bool {
        self.original != packet.addr()
    }

    /// Returns whether a member has not been told of the end.
    pub(super) fn is_open(&self) -> bool {
        self.open.load(Ordering::Acquire) != 0
    }

    /// Returns whether a member is to be told of `notice`; of the end, once.
    pub(super) fn hears(&self, member: usize, notice: Notice) -> bool {
        let open = match notice {
            Notice::Dropped(_) => self.open.load(Ordering::Acquire),
            Notice::Processed => self.open.fetch_and(!bit(member), Ordering::Acquire),
        };
        open & bit(member) != 0
    }
}

/// Who is told of a packet, and with which contexts.
#[derive(Clone, Copy)]
pub(super) enum Audience<'a, const MEMBERS: usize> {
    /// The members that have heard of it, with their own.
    Tracked(&'a MemberContexts<MEMBERS>),
    /// The same, but for the DLL's own callout.
    TrackedByOthers(&'a MemberContexts<MEMBERS>),
    /// All, with NULL, as the server says it.
    Everybody,
    /// The DLL's own callout, with the context that it has set, or without it; and of drops, with NULL, those to whom
    /// the packet was never offered.
    Untracked {
        own: Option<*mut c_void>,
        /// The first of those.
        from: usize,
    },
}

impl<const MEMBERS: usize> Audience<'_, MEMBERS> {
    /// The DLL's own callout.
    pub(super) const OWN: Self = Self::from(MEMBERS);

    /// The DLL's own callout, of a packet that the chain does not know any more: with a context that its host refuses,
    /// so that it looks whether it has taken the packet's buffer back.
    pub(super) fn own_late() -> Self {
        let own = Some(Context::UNTRACKED.as_raw());
        Self::Untracked { own, from: MEMBERS }
    }

    /// Returns the DLL's own callout, and the members from this one on.
    pub(super) const fn from(from: usize) -> Self {
        let own = Some(null_mut());
        Self::Untracked { own, from }
    }

    /// Returns what the server is to carry for a packet that the chain does not track, so that [`from`](Self::from) is
    /// told.
    pub(super) fn withheld(from: usize) -> Context {
        let number = Context::UNTRACKED.as_raw().addr().wrapping_sub(from);
        Context::from_raw(without_provenance_mut(number)).unwrap_or(Context::UNTRACKED)
    }

    /// Returns what the server is to carry for a packet that the chain does not track, and for which the DLL's own
    /// callout has set a context: one that no table gives out, so that the chain's does not take it for its own.
    /// Another context than a table's, such as NULL, is not kept.
    pub(super) fn untracked(own: *mut c_void) -> Context {
        let turned = Context::from_raw(Context::turned(own));
        let is_kept = |turned: &Context| !Self::own_context(*turned).is_null();
        turned.filter(is_kept).unwrap_or(Context::UNTRACKED)
    }

    /// Returns who is told of a packet with a context that is none of a table's, but
    /// [`withheld`](Self::withheld) or [`untracked`](Self::untracked).
    pub(super) fn of(context: Context) -> Option<Self> {
        let raw = context.as_raw();
        let from = Context::UNTRACKED.as_raw().addr().checked_sub(raw.addr())?;
        if from <= MEMBERS {
            return Some(Self::from(from));
        }
        let own = Some(Context::turned(raw));
        Some(Self::Untracked { own, from: 1 })
    }

    /// Returns the context that the DLL's own callout has for a packet that the chain does not track; NULL if there is
    /// none.
    pub(super) fn own_context(context: Context) -> *mut c_void {
        match Self::of(context) {
            Some(Self::Untracked { own: Some(own), .. }) => own,
            _ => null_mut(),
        }
    }

    /// Returns whether a member is not to be told, although it may have heard of the packet.
    pub(super) const fn leaves_out(self, member: usize) -> bool {
        matches!(self, Self::Untracked { from, .. } if 0 < member && member < from)
    }

    /// Returns the context of a member that is to be told of `notice`; of the end, once.
    pub(super) fn context(self, member: usize, notice: Notice) -> Option<*mut c_void> {
        match self {
            Self::Tracked(contexts) => contexts.hears(member, notice).then(|| contexts.get(member)),
            Self::TrackedByOthers(_) if member == 0 => None,
            Self::TrackedByOthers(contexts) => Self::Tracked(contexts).context(member, notice),
            Self::Everybody => Some(null_mut()),
            Self::Untracked { own, .. } if member == 0 => own,
            Self::Untracked { from, .. } => (member >= from && notice != Notice::Processed).then_some(null_mut()),
        }
    }
}

/// Returns the bit of a member; a chain has at most 64.
fn bit(member: usize) -> u64 {
    let bit = u32::try_from(member).ok().and_then(|member| 1_u64.checked_shl(member));
    debug_assert!(bit.is_some(), "member {member} has no bit");
    bit.unwrap_or(0)
}
