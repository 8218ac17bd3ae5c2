//! Atomics and cells: those of `core`, or those of the model checker `loom` in a build with `--cfg loom`.
//!
//! What is shared between threads and synchronises them comes from here, so that loom sees it. Plain counters do not:
//! nothing is read on the strength of them.

use core::cell::UnsafeCell;

#[cfg(not(target_has_atomic = "64"))]
compile_error!("the packet table needs 64-bit atomics; every Windows target has them");

#[cfg(not(loom))]
pub(crate) use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};
#[cfg(loom)]
pub(crate) use loom::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, Ordering};

/// Declares a function that is `const`, except under loom, whose atomics cannot be made at compile time.
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

/// Makes an array of `$count` values, each by its own evaluation of `$one`.
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

/// A place in memory whose accesses the caller orders; loom checks that they are ordered.
#[derive(Debug)]
pub(crate) struct Place<T> {
    value: UnsafeCell<T>,
    #[cfg(loom)]
    watched: loom::cell::UnsafeCell<()>,
}

/// A time of shared reading, until its [`end`](Self::end); under loom, a write meanwhile fails the test.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    #[cfg(loom)]
    _access: Option<loom::cell::ConstPtr<()>>,
}

/// A time of exclusive use, until its [`end`](Self::end); under loom, any other use meanwhile fails the test.
#[derive(Debug, Default)]
pub(crate) struct Writing {
    #[cfg(loom)]
    _access: Option<loom::cell::MutPtr<()>>,
}

impl<T> Place<T> {
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
            watched: loom::cell::UnsafeCell::new(()),
        }
    }

    /// Returns the place; to be used during a [`Reading`] or [`Writing`].
    #[inline]
    pub(crate) const fn pointer(&self) -> *mut T {
        self.value.get()
    }
}

impl Reading {
    #[inline]
    pub(crate) fn of<T>(place: &Place<T>) -> Self {
        let Place {
            value: _,
            #[cfg(loom)]
            watched,
        } = place;
        Self {
            #[cfg(loom)]
            _access: Some(watched.get()),
        }
    }

    #[inline]
    pub(crate) fn end(&mut self) {
        *self = Self::default();
    }
}

impl Writing {
    #[inline]
    pub(crate) fn of<T>(place: &Place<T>) -> Self {
        let Place {
            value: _,
            #[cfg(loom)]
            watched,
        } = place;
        Self {
            #[cfg(loom)]
            _access: Some(watched.get_mut()),
        }
    }

    #[inline]
    pub(crate) fn end(&mut self) {
        *self = Self::default();
    }
}
