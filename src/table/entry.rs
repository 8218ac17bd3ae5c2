//! What a host keeps for a packet, in as few bytes as can be.
#![expect(unsafe_code, reason = "a mark says whether there is a state")]

use core::mem::{self, ManuallyDrop, MaybeUninit};

use super::pool::Replacements;

/// The state of a packet, if the callout tracks it, and the buffers that it was given.
///
/// An `Option<S>` beside the list would take up to 8 bytes more.
pub(crate) struct Entry<S> {
    /// INVARIANT: if it is marked, `state` is initialised.
    replacements: Replacements,
    state: MaybeUninit<S>,
}

const _: () = assert!(size_of::<Entry<[u8; 6]>>() == 8 || cfg!(loom));

impl<S> Entry<S> {
    #[inline]
    pub(crate) fn new(state: Option<S>) -> Self {
        Self {
            replacements: Replacements::marked(state.is_some()),
            state: state.map_or(MaybeUninit::uninit(), MaybeUninit::new),
        }
    }

    /// Returns the state, unless the callout does not track the packet, but has replaced it.
    #[inline]
    pub(crate) fn state(&self) -> Option<&S> {
        // SAFETY: it is initialised, says the invariant.
        let state = || unsafe { self.state.assume_init_ref() };
        self.replacements.is_marked().then(state)
    }

    #[inline]
    pub(crate) const fn replacements(&self) -> &Replacements {
        &self.replacements
    }

    #[inline]
    pub(crate) fn into_parts(self) -> (Option<S>, Replacements) {
        let mut entry = ManuallyDrop::new(self);
        // SAFETY:
        // - it is initialised, says the invariant;
        // - nobody else reads or drops it: the entry is used up here, and not dropped.
        let state = || unsafe { entry.state.assume_init_read() };
        let state = entry.replacements.is_marked().then(state);
        (state, mem::take(&mut entry.replacements))
    }
}

impl<S> Drop for Entry<S> {
    #[inline]
    fn drop(&mut self) {
        if mem::needs_drop::<S>() && self.replacements.is_marked() {
            // SAFETY: it is initialised, says the invariant, and this value is at its end.
            unsafe { self.state.assume_init_drop() }
        }
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::AtomicUsize;
    use core::sync::atomic::Ordering::Relaxed;
    use std::rc::Rc;

    use super::Entry;
    use crate::table::BufferPool;

    #[test]
    fn keeps_its_state_until_it_is_dropped_or_taken_apart() {
        let state = Rc::new(());
        let [first, second] = [(); 2].map(|()| Entry::new(Some(Rc::clone(&state))));
        assert_eq!((first.state(), Rc::strong_count(&state)), (Some(&state), 3));
        drop(first);
        assert_eq!(Rc::strong_count(&state), 2);
        assert_eq!(second.into_parts().0.as_ref(), Some(&state));
        assert_eq!(Rc::strong_count(&state), 1);
    }

    #[test]
    fn drops_a_state_only_if_it_has_one() {
        static DROPPED: AtomicUsize = AtomicUsize::new(0);

        struct Counted;

        impl Drop for Counted {
            fn drop(&mut self) {
                DROPPED.fetch_add(1, Relaxed);
            }
        }

        for (state, dropped) in [(None, 0), (Some(Counted), 1)] {
            drop(Entry::new(state));
            assert_eq!(DROPPED.load(Relaxed), dropped);
        }
    }

    #[test]
    fn keeps_buffers_beside_a_state_and_without_one() {
        let pool = BufferPool::<3>::new();
        for state in [Some(Rc::new(7)), None] {
            let entry = Entry::new(state.clone());
            for held in 1..=3 {
                entry.replacements().hold_for_server(pool.take().unwrap());
                assert_eq!((entry.state(), pool.taken()), (state.as_ref(), held));
            }
            let (handed_out, replacements) = entry.into_parts();
            assert_eq!((handed_out, replacements.is_empty()), (state, false));
            // SAFETY: all are of this pool, and there is no server.
            unsafe { pool.give_back(replacements) };
            assert_eq!(pool.taken(), 0);
        }
    }
}
