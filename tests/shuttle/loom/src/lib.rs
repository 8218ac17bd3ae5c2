//! As much of loom's interface as the crate and its models use, over shuttle.

pub use shuttle::{sync, thread};

/// Runs of each model. They are the same ones each time.
const RUNS: usize = 20_000;
const SEED: u64 = 0x6c6f_6f6d;

pub mod model {
    use shuttle::scheduler::RandomScheduler;
    use shuttle::{Config, Runner};

    /// Runs models; how many preemptions there may be is of no interest to a random scheduler.
    #[derive(Default)]
    pub struct Builder {
        pub preemption_bound: Option<usize>,
    }

    impl Builder {
        pub fn new() -> Self {
            Self::default()
        }

        pub fn check(&self, model: impl Fn() + Send + Sync + 'static) {
            let scheduler = RandomScheduler::new_from_seed(super::SEED, super::RUNS);
            Runner::new(scheduler, Config::new()).run(model);
        }
    }
}

pub mod cell {
    //! A cell that knows who uses it: a use that overlaps with one that it excludes fails the test.

    use std::sync::Arc;
    use std::sync::atomic::{AtomicIsize, Ordering::SeqCst};

    /// Counts shared uses; an exclusive one is `EXCLUSIVE`.
    type Uses = Arc<AtomicIsize>;

    const EXCLUSIVE: isize = -1;

    #[derive(Debug, Default)]
    pub struct UnsafeCell<T> {
        uses: Uses,
        /// Watched, and never written: what the models keep in such cells is `()`.
        value: T,
    }

    /// A shared use, until it is dropped.
    #[derive(Debug)]
    pub struct ConstPtr<T>(Uses, std::marker::PhantomData<T>);

    /// An exclusive use, until it is dropped.
    #[derive(Debug)]
    pub struct MutPtr<T>(Uses, std::marker::PhantomData<T>);

    impl<T> UnsafeCell<T> {
        pub fn new(value: T) -> Self {
            Self {
                uses: Uses::default(),
                value,
            }
        }

        pub fn get(&self) -> ConstPtr<T> {
            assert_ne!(self.uses.fetch_add(1, SeqCst), EXCLUSIVE, "read while it is written");
            ConstPtr(Arc::clone(&self.uses), std::marker::PhantomData)
        }

        pub fn get_mut(&self) -> MutPtr<T> {
            assert_eq!(self.uses.swap(EXCLUSIVE, SeqCst), 0, "written while it is used");
            MutPtr(Arc::clone(&self.uses), std::marker::PhantomData)
        }

        pub fn with<R>(&self, read: impl FnOnce(*const T) -> R) -> R {
            let _use = self.get();
            shuttle::thread::yield_now();
            read(&raw const self.value)
        }

        pub fn with_mut<R>(&self, write: impl FnOnce(*mut T) -> R) -> R {
            let _use = self.get_mut();
            shuttle::thread::yield_now();
            write((&raw const self.value).cast_mut())
        }
    }

    impl<T> Drop for ConstPtr<T> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, SeqCst);
        }
    }

    impl<T> Drop for MutPtr<T> {
        fn drop(&mut self) {
            self.0.store(0, SeqCst);
        }
    }
}
