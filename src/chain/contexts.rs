//! What each member keeps with a packet, and who is told of it.

use core::ffi::c_void;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, AtomicU64, Ordering};

use crate::lifecycle::Notice;
use crate::table::Context;

/// What each member keeps with a packet; nobody but the member follows it.
#[derive(Debug)]
pub(super) struct Contexts<const MEMBERS: usize> {
    own: [AtomicPtr<c_void>; MEMBERS],
    /// A bit for each member that has heard of the packet, and not of its end.
    open: AtomicU64,
    /// The address of the server's own packet.
    original: usize,
}

impl<const MEMBERS: usize> Contexts<MEMBERS> {
    pub(super) fn new(original: *mut u8) -> Self {
        Self {
            own: [const { AtomicPtr::new(null_mut()) }; MEMBERS],
            open: AtomicU64::new(0),
            original: original.addr(),
        }
    }

    // Whoever has the context from the server has it after the hook that set it returned: no ordering is needed.
    pub(super) fn get(&self, member: usize) -> *mut c_void {
        self.own
            .get(member)
            .map_or(null_mut(), |context| context.load(Ordering::Relaxed))
    }

    /// Notes that a member has heard of the packet.
    pub(super) fn begin(&self, member: usize, context: *mut c_void) {
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
    Tracked(&'a Contexts<MEMBERS>),
    /// The same, but for the DLL's own callout.
    TrackedByOthers(&'a Contexts<MEMBERS>),
    /// With NULL, those to whom it was never offered, from this one on; and the DLL's own callout, which bears it always.
    From(usize),
}

impl<const MEMBERS: usize> Audience<'_, MEMBERS> {
    pub(super) const ALL: Self = Self::From(0);
    /// The DLL's own callout.
    pub(super) const OWN: Self = Self::From(MEMBERS);

    /// Returns what the server is to carry for a packet that the chain does not track, so that this audience is told.
    pub(super) fn withheld(from: usize) -> Context {
        let number = Context::UNTRACKED.as_raw().addr().wrapping_sub(from);
        Context::from_raw(core::ptr::without_provenance_mut(number)).unwrap_or(Context::UNTRACKED)
    }

    /// Returns who is told of a packet with a context that is none of the table's, if the chain has given it out.
    pub(super) fn of(context: Context) -> Option<Self> {
        let from = Context::UNTRACKED
            .as_raw()
            .addr()
            .checked_sub(context.as_raw().addr())?;
        (from <= MEMBERS).then_some(Self::From(from))
    }

    /// Returns the context of a member that is to be told of `notice`; of the end, once.
    pub(super) fn context(self, member: usize, notice: Notice) -> Option<*mut c_void> {
        match self {
            Self::Tracked(contexts) => contexts.hears(member, notice).then(|| contexts.get(member)),
            Self::TrackedByOthers(_) if member == 0 => None,
            Self::TrackedByOthers(contexts) => Self::Tracked(contexts).context(member, notice),
            Self::From(from) => (member == 0 || member >= from).then_some(null_mut()),
        }
    }
}

/// Returns the bit of a member; a chain has at most 64.
fn bit(member: usize) -> u64 {
    u32::try_from(member)
        .ok()
        .and_then(|member| 1_u64.checked_shl(member))
        .unwrap_or(0)
}
