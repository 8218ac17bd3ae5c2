//! Atomics and cells: those of `core`, or those of the model checker `loom` in a build with `--cfg loom`.
//!
//! What synchronises threads comes from here, so that loom sees it. Plain counters and hints do not: no memory is read
//! on the strength of them.

use core::cell::UnsafeCell;

#[cfg(not(target_has_atomic = "64"))]
compile_error!("the packet table needs 64-bit atomics; every Windows target has them");

#[cfg(not(loom))]
pub(crate) use core::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicU64, AtomicUsize};
#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicU64, AtomicUsize};

/// Declares a function that is `const`, except under loom, whose atomics cannot be created at compile time.
macro_rules! const_fn {
    ($(#[$attribute:meta])* $visibility:vis fn $name:ident() -> $Output:ty $body:block) => {
        #[cfg(not(loom))]
        $(#[$attribute])*
        $visibility const fn $name() -> $Output $body

        #[cfg(loom)]
        $(#[$attribute])*
        $visibility fn $name() -> $Output $body
    };
}

/// Creates an array of `$count` values, each by its own evaluation of `$one`.
macro_rules! array_of {
    ($one:expr, $count:expr) => {{
        #[cfg(not(loom))]
        let array = [const { $one }; $count];
        #[cfg(loom)]
        let array = core::array::from_fn(|_| $one);
        array
    }};
}

pub(crate) use {array_of, const_fn};

/// A cell whose accesses the caller orders; loom checks that they are ordered.
#[derive(Debug)]
pub(crate) struct TrackedCell<T> {
    value: UnsafeCell<T>,
    #[cfg(loom)]
    tracked: loom::cell::UnsafeCell<()>,
}

/// A time of shared reading, until its [`end`](Self::end); under loom, a write meanwhile fails the test.
#[derive(Debug, Default)]
pub(crate) struct ReadAccess {
    #[cfg(loom)]
    _access: Option<loom::cell::ConstPtr<()>>,
}

/// A time of exclusive use, until its [`end`](Self::end); under loom, any other use meanwhile fails the test.
#[derive(Debug, Default)]
pub(crate) struct WriteAccess {
    #[cfg(loom)]
    _access: Option<loom::cell::MutPtr<()>>,
}

impl<T> TrackedCell<T> {
    #[cfg(not(loom))]
    pub(crate) const fn new(value: T) -> Self {
        Self {
            value: UnsafeCell::new(value),
        }
    }

    #[cfg(loom)]
    pub(crate) fn new(value: T) -> Self {
        Self {
            value: UnsafeCell::new(value),
            tracked: loom::cell::UnsafeCell::new(()),
        }
    }

    /// Returns a pointer to the value; to be used during a [`ReadAccess`] or [`WriteAccess`].
    #[inline]
    pub(crate) const fn pointer(&self) -> *mut T {
        self.value.get()
    }
}

impl ReadAccess {
    #[inline]
    pub(crate) fn of<T>(cell: &TrackedCell<T>) -> Self {
        let TrackedCell {
            value: _,
            #[cfg(loom)]
            tracked,
        } = cell;
        Self {
            #[cfg(loom)]
            _access: Some(tracked.get()),
        }
    }

    #[inline]
    pub(crate) fn end(&mut self) {
        *self = Self::default();
    }
}

impl WriteAccess {
    #[inline]
    pub(crate) fn of<T>(cell: &TrackedCell<T>) -> Self {
        let TrackedCell {
            value: _,
            #[cfg(loom)]
            tracked,
        } = cell;
        Self {
            #[cfg(loom)]
            _access: Some(tracked.get_mut()),
        }
    }

    #[inline]
    pub(crate) fn end(&mut self) {
        *self = Self::default();
    }
}
