//! Where a panic of the author's code ends: nothing unwinds into the server.

/// Calls the author's code; `None` if it panicked.
#[cfg(feature = "std")]
#[inline]
pub(crate) fn contain<R>(call: impl FnOnce() -> R) -> Option<R> {
    use core::panic::AssertUnwindSafe;
    use std::panic::catch_unwind;

    catch_unwind(AssertUnwindSafe(call)).map_err(discard).ok()
}

#[cfg(all(feature = "std", feature = "simulate"))]
std::thread_local! {
    static CONTAINED: core::cell::Cell<usize> = const { core::cell::Cell::new(0) };
}

/// Returns how many panics were contained on this thread, for the simulated server to see; 0 without feature `std`.
#[cfg(feature = "simulate")]
pub(crate) fn contained() -> usize {
    #[cfg(feature = "std")]
    return CONTAINED.get();
    #[cfg(not(feature = "std"))]
    return 0;
}

/// Drops what was thrown, which can panic as well, and so on: what goes on for too long is leaked.
#[cfg(feature = "std")]
#[cold]
fn discard(mut payload: std::boxed::Box<dyn core::any::Any + Send>) {
    use core::panic::AssertUnwindSafe;
    use std::panic::catch_unwind;

    #[cfg(feature = "simulate")]
    CONTAINED.set(CONTAINED.get().wrapping_add(1));
    for _ in 0..8 {
        match catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            Ok(()) => return,
            Err(again) => payload = again,
        }
    }
    core::mem::forget(payload);
}

/// Calls the author's code; a panic ends as the author's panic handler ends it.
#[cfg(not(feature = "std"))]
#[expect(clippy::unnecessary_wraps, reason = "as with the feature `std`")]
#[inline]
pub(crate) fn contain<R>(call: impl FnOnce() -> R) -> Option<R> {
    Some(call())
}

#[cfg(all(test, feature = "simulate", feature = "std"))]
mod tests {
    use super::{contain, contained};

    #[test]
    fn counts_each_panic_of_its_thread() {
        let before = contained();
        assert_eq!(contain(|| 3), Some(3));
        assert_eq!(contained(), before);
        for count in [1, 2] {
            assert_eq!(contain(|| std::panic::panic_any(count)), None::<()>);
            assert_eq!(contained(), before + count);
        }
        std::thread::spawn(|| assert_eq!(contained(), 0)).join().unwrap();
    }
}
