//! Names the function of a callout that does not return.

#[cfg(feature = "std")]
pub(super) use self::clock::Watch;
#[cfg(not(feature = "std"))]
pub(super) use self::no_clock::Watch;

#[cfg(feature = "std")]
mod clock {
    use alloc::vec::Vec;
    use core::time::Duration;
    use std::io::{Write, stderr};
    use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
    use std::sync::{Arc, Mutex, PoisonError};
    use std::thread::{current, scope};

    /// How often it is looked whether calls go on.
    const PATIENCE: Duration = Duration::from_secs(10);

    /// The calls that are being made.
    #[derive(Clone, Debug, Default)]
    pub(in super::super) struct Watch(Arc<Mutex<Calls>>);

    #[derive(Debug, Default)]
    struct Calls {
        /// How many have begun.
        begun: usize,
        /// Those that have not returned, by number and name.
        running: Vec<(usize, &'static str)>,
    }

    impl Watch {
        fn with<R>(&self, work: impl FnOnce(&mut Calls) -> R) -> R {
            work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
        }

        /// Does some work, which is a call of `function`.
        pub(in super::super) fn call<R>(&self, function: &'static str, work: impl FnOnce() -> R) -> R {
            let number = self.with(|calls| {
                calls.begun = calls.begun.saturating_add(1);
                calls.running.push((calls.begun, function));
                calls.begun
            });
            let result = work();
            self.with(|calls| calls.running.retain(|call| call.0 != number));
            result
        }

        /// Does some work, and says on the standard error which call in it does not return.
        pub(in super::super) fn over<R>(&self, seed: u64, work: impl FnOnce() -> R) -> R {
            let (done, is_done) = channel();
            // That of the test.
            let checking = current();
            scope(move |scope| {
                // Dropped at the end of the work, also by a panic.
                let _done = done;
                scope.spawn(move || self.look(checking.name().unwrap_or("check"), seed, &is_done));
                work()
            })
        }

        /// Looks at the calls until nobody is left to send that the work is done.
        fn look(&self, name: &str, seed: u64, is_done: &Receiver<()>) {
            let (mut before, mut told) = (Vec::new(), 0);
            while is_done.recv_timeout(PATIENCE) == Err(RecvTimeoutError::Timeout) {
                let now = self.with(|calls| calls.running.clone());
                let hanging = now.iter().filter(|call| before.contains(*call)).copied();
                for (number, function) in hanging {
                    if number > told {
                        told = number;
                        let seconds = PATIENCE.as_secs();
                        // Not by a macro: a test hides what these print until it ends.
                        let _ = writeln!(
                            stderr(),
                            "{name}, check with seed {seed}: {function} has not returned for {seconds} s"
                        );
                    }
                }
                before = now;
            }
        }
    }
}

#[cfg(not(feature = "std"))]
mod no_clock {
    /// Nothing: there is no clock.
    #[derive(Clone, Debug, Default)]
    pub(in super::super) struct Watch(());

    #[expect(clippy::unused_self, reason = "there is no clock")]
    impl Watch {
        pub(in super::super) fn call<R>(&self, _: &'static str, work: impl FnOnce() -> R) -> R {
            work()
        }

        pub(in super::super) fn over<R>(&self, _: u64, work: impl FnOnce() -> R) -> R {
            work()
        }
    }
}
