//! What a server does where the documentation is silent.

use core::fmt;

use super::threads::Threads;

/// Defines the switches, a row each: what it is, its type, its values with the default first.
macro_rules! switches {
    ($($(#[$attribute:meta])+ $switch:ident: $Type:ty = $default:expr $(, $value:expr)+;)+) => {
        /// What a simulated server does where the documentation is silent or contradicts itself.
        ///
        /// [`Server::replay`](super::Server::replay) and [`check`](super::check()) go by all of it, and each other call
        /// of a [`Server`](super::Server) by what is about that call.
        ///
        /// Each switch has a default, which is the first value that its method names. [`from_seed`](Self::from_seed)
        /// gives each combination by a number, so that a test can go through all of them and name the one that it
        /// failed with.
        ///
        /// ```
        /// use dhcp_callout::simulate::{Conduct, Swaps};
        ///
        /// let conduct = Conduct::DEFAULT.swaps(Swaps::Ignored).edits_in_place(true);
        /// assert!((0..Conduct::COUNT).any(|seed| Conduct::from_seed(seed) == conduct));
        /// assert_eq!(Conduct::from_seed(0), Conduct::DEFAULT);
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct Conduct {
            $(pub(crate) $switch: $Type,)+
        }

        impl Conduct {
            /// The conduct with all defaults.
            pub const DEFAULT: Self = Self { $($switch: $default,)+ };

            /// How many values each switch has.
            pub(crate) const CHOICES: [u64; [$(stringify!($switch)),+].len()] =
                [$(1 $(+ one(stringify!($value)))+),+];

            /// How many combinations [`from_seed`](Self::from_seed) gives.
            pub const COUNT: u64 = product(&Self::CHOICES);

            /// Returns the combination of this number; numbers from [`COUNT`](Self::COUNT) on begin again.
            #[must_use]
            pub fn from_seed(mut seed: u64) -> Self {
                Self::of(Self::CHOICES.map(|base| {
                    let digit = seed.checked_rem(base).unwrap_or_default();
                    seed = seed.checked_div(base).unwrap_or_default();
                    digit
                }))
            }

            /// Returns the combination of the values with these numbers, a number for each switch; 0 is the default.
            pub(crate) fn of([$($switch),+]: [u64; Self::CHOICES.len()]) -> Self {
                Self { $($switch: pick($switch, &[$default $(, $value)+]),)+ }
            }

            $(
                $(#[$attribute])+
                #[must_use]
                pub const fn $switch(mut self, $switch: $Type) -> Self {
                    self.$switch = $switch;
                    self
                }
            )+
        }

        /// The calls that make the conduct from the default, as in `default.swaps(Ignored).threads(Several)`.
        impl fmt::Display for Conduct {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("default")?;
                $(
                    if self.$switch != Self::DEFAULT.$switch {
                        write!(f, ".{}({:?})", stringify!($switch), self.$switch)?;
                    }
                )+
                Ok(())
            }
        }
    };
}

const fn one(_: &str) -> u64 {
    1
}

const fn product(mut factors: &[u64]) -> u64 {
    let mut product = 1_u64;
    while let Some((first, rest)) = factors.split_first() {
        product = product.saturating_mul(*first);
        factors = rest;
    }
    product
}

switches! {
    /// Sets what becomes of a swapped pointer: [`Swaps::Followed`] or another.
    swaps: Swaps = Swaps::Followed, Swaps::Ignored, Swaps::ReadAgain;
    /// Sets whether the server takes what a hook wrote into its own buffer, and the size that it set: true, or false,
    /// in which case it goes on with the packet as it was.
    edits_in_place: bool = true, false;
    /// Sets whether [`replay`](super::Server::replay) reports packets that the callout refused, as dropped and then as
    /// processed: false, or true.
    refusals_reported: bool = false, true;
    /// Sets the context that later hooks get: [`Contexts::Own`] or another.
    contexts: Contexts = Contexts::Own, Contexts::Null, Contexts::Stale, Contexts::Repeated;
    /// Sets how often the end of a packet is reported: [`Notices::Once`] or else.
    notices: Notices = Notices::Once, Notices::Repeated, Notices::Withheld;
    /// Sets whether [`replay`](super::Server::replay) drops duplicates without a call of `DhcpNewPktHook` before, so
    /// that they have no context: false, or true.
    never_offered: bool = false, true;
    /// Sets how often [`replay`](super::Server::replay) calls `DhcpHandleOptionsHook` for a packet: once, or another
    /// number of times.
    options_parsed: u8 = 1, 0, 3;
    /// Sets on which threads the hooks are called: [`Threads::One`] or others.
    threads: Threads = Threads::One, Threads::Changing, Threads::Several;
    /// Sets what `*ProcessIt` holds before `DhcpNewPktHook`, which is to set it: 1, 0, or a number that is no `BOOL`.
    process_it_before: i32 = 1, 0, 0x5A5A_5A5A;
    /// Sets whether the DWORDs that `DHCP_SERVER_OPTIONS` points at are in the byte order of the host: false, in which
    /// case they are in the network's, as in the packet, or true.
    host_order: bool = false, true;
}

/// What the server does when a hook has pointed `*Packet` at another buffer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Swaps {
    /// It copies the other packet when the hook returns.
    #[default]
    Followed,
    /// It goes on with its own packet.
    Ignored,
    /// It keeps the pointer, passes it to the later hooks of the packet, and reads the packet there again before each.
    /// A reply that was sent by the packet's own context it reads again when the packet is reported as processed
    /// ([`Observation::reply`](super::Observation::reply)). From an end on that was reported by a context which is not
    /// the packet's own, it goes on with its copies, as for [`Followed`](Self::Followed): which packet has ended, and is
    /// the callout's again, it does not know.
    ReadAgain,
}

/// Which context the hooks of a packet get after `DhcpNewPktHook`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Contexts {
    /// The packet's own.
    #[default]
    Own,
    /// NULL.
    Null,
    /// The one by which a packet was last reported as processed; the packet's own if there is none.
    /// [`check`](super::check()) passes NULL if there is none, or another packet has the same, and reports each packet
    /// as processed by its own.
    Stale,
    /// The one of the packet that was received before; the packet's own if there is none. [`check`](super::check())
    /// does not combine this with [`Threads::Several`]: by such a context a callout gives up a packet that the server
    /// reads at that moment on another thread, and is not to blame.
    Repeated,
}

/// How often [`replay`](super::Server::replay) makes each call that reports a packet's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Notices {
    /// Once.
    #[default]
    Once,
    /// Twice.
    Repeated,
    /// Never.
    Withheld,
}

impl Default for Conduct {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Returns the value of this number.
fn pick<T: Copy + Default>(number: u64, values: &[T]) -> T {
    let value = usize::try_from(number)
        .ok()
        .and_then(|number| values.get(number).copied());
    debug_assert!(value.is_some(), "a switch has no value {number}");
    value.unwrap_or_default()
}
