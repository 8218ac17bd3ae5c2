//! What a server does where the documentation is silent.

/// Defines the switches, a row each: what it is, its type, its values with the default first.
macro_rules! switches {
    ($($(#[$attribute:meta])+ $switch:ident: $Type:ty = $default:expr $(, $value:expr)+;)+) => {
        /// What a simulated server does where the documentation is silent or contradicts itself.
        ///
        /// Each switch has a default, which is the first value that its method names. [`from_seed`](Self::from_seed) gives each
        /// combination by a number, so that a test can go through all of them and name the one that it failed with.
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

            /// How many values [`from_seed`](Self::from_seed) chooses from for each switch.
            pub(crate) const CHOICES: [u64; [$(stringify!($switch)),+].len()] =
                [$(1 $(+ one(stringify!($value)))+),+];

            /// How many combinations [`from_seed`](Self::from_seed) gives.
            pub const COUNT: u64 = product(&Self::CHOICES);

            /// Returns the combination of this number; numbers from [`COUNT`](Self::COUNT) on begin again.
            #[must_use]
            pub fn from_seed(seed: u64) -> Self {
                let rest = &mut { seed };
                Self { $($switch: pick(rest, [$default $(, $value)+]),)+ }
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
    /// Sets whether [`replay`](super::Server::replay) drops duplicates without a call of `DhcpNewPktHook` before, so that
    /// they have no context: false, or true.
    never_offered: bool = false, true;
    /// Sets how often [`replay`](super::Server::replay) calls `DhcpHandleOptionsHook` for a packet: once, or another
    /// number of times.
    options_parsed: u8 = 1, 0, 3;
    /// Sets on how many threads at once [`replay`](super::Server::replay) makes the calls about one packet that come
    /// between its first and its last: one, or more. Needs feature `std`; without it there is one.
    threads: u8 = 1, 4;
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
    /// The one of the packet that was last reported as processed; the packet's own if there is none.
    Stale,
    /// The one of the packet that was received before; the packet's own if there is none.
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

/// Returns the value that the lowest digit of `number` chooses, and takes the digit away.
fn pick<T: Copy + Default, const N: usize>(number: &mut u64, values: [T; N]) -> T {
    let base = u64::try_from(N).unwrap_or(1);
    let digit = number.checked_rem(base).unwrap_or_default();
    *number = number.checked_div(base).unwrap_or_default();
    let value = usize::try_from(digit).ok().and_then(|digit| values.get(digit).copied());
    debug_assert!(value.is_some(), "a digit is less than its base");
    value.unwrap_or_default()
}
