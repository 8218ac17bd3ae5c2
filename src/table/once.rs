//! A value that is set once and read from then on, without a lock: for `chain` and `simulate`, whose `unsafe` touches
//! no memory.
#![expect(unsafe_code, reason = "the value is lent to all readers once it is written")]

use core::fmt;
use core::mem::MaybeUninit;
use core::sync::atomic::Ordering::{Acquire, Relaxed, Release};

use super::sync::{AtomicU8, ReadAccess, TrackedCell, WriteAccess, const_fn};

const EMPTY: u8 = 0;
const WRITING: u8 = 1;
const SET: u8 = 2;

/// A value that is set at most once, by the first who comes, and read by any number of threads.
///
/// Nobody waits: who comes while another thread writes the value does not see it yet.
pub(crate) struct Once<T> {
    state: AtomicU8,
    /// INVARIANT: initialised, and only read, while `state` is `SET`; while it is `WRITING`, used only by the thread
    /// that made it so.
    value: TrackedCell<MaybeUninit<T>>,
}

// SAFETY: the value is written by one thread, before all reads, and then only shared.
unsafe impl<T: Send + Sync> Sync for Once<T> {}

impl<T: Copy> Once<T> {
    const_fn! {
        pub(crate) fn new() -> Self {
            Self {
                state: AtomicU8::new(EMPTY),
                value: TrackedCell::new(MaybeUninit::uninit()),
            }
        }
    }

    /// Sets the value unless it has been set, or is being set, before; returns whether it did.
    pub(crate) fn set(&self, value: T) -> bool {
        let first = self.state.compare_exchange(EMPTY, WRITING, Relaxed, Relaxed).is_ok();
        if first {
            let mut writing = WriteAccess::of(&self.value);
            // SAFETY: only this thread uses the value while the state is `WRITING`.
            unsafe { self.value.pointer().write(MaybeUninit::new(value)) };
            writing.end();
            // `Release`: for the `Acquire` of those who read the value.
            self.state.store(SET, Release);
        }
        first
    }

    /// Returns the value, if it has been set.
    pub(crate) fn get(&self) -> Option<&T> {
        if self.state.load(Acquire) != SET {
            return None;
        }
        ReadAccess::of(&self.value).end();
        // SAFETY: nobody writes the value once the state is `SET`.
        let value = unsafe { &*self.value.pointer() };
        // SAFETY: it was written before the state became `SET`.
        Some(unsafe { value.assume_init_ref() })
    }
}

impl<T: Copy> fmt::Debug for Once<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Once")
            .field("is_set", &self.get().is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::Once;

    #[test]
    fn the_first_value_stays() {
        let once = Once::new();
        assert_eq!(once.get(), None);
        assert_eq!(format!("{once:?}"), "Once { is_set: false, .. }");
        assert!(once.set(1));
        assert!(!once.set(2));
        assert_eq!(once.get(), Some(&1));
        assert_eq!(format!("{once:?}"), "Once { is_set: true, .. }");
    }
}

#[cfg(all(test, loom))]
mod model {
    use std::sync::Arc;

    use loom::thread;

    use super::Once;

    #[test]
    fn one_of_two_values_stays_and_is_whole() {
        for reads_here in [false, true] {
            loom::model(move || {
                let once = Arc::new(Once::new());
                let setters = [[1, 1], [2, 2]].map(|value| {
                    let once = Arc::clone(&once);
                    move || once.set(value)
                });
                let [first, second] = setters;
                let seen = {
                    let once = Arc::clone(&once);
                    move || once.get().copied()
                };
                let (set, seen) = if reads_here {
                    let others = [thread::spawn(first), thread::spawn(second)];
                    let seen = seen();
                    (others.map(|other| other.join().unwrap()), seen)
                } else {
                    let other = thread::spawn(second);
                    let reader = thread::spawn(seen);
                    let first = first();
                    ([first, other.join().unwrap()], reader.join().unwrap())
                };
                let value = if set[0] { [1, 1] } else { [2, 2] };
                assert!(set[0] != set[1]);
                assert_eq!(once.get(), Some(&value));
                assert!(seen.is_none_or(|seen| seen == value));
            });
        }
    }
}
