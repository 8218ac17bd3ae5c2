//! What a server does where the documentation is silent.

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
    pub(crate) swaps: Swaps,
    pub(crate) edits_in_place: bool,
    pub(crate) refusals_reported: bool,
    pub(crate) contexts: Contexts,
    pub(crate) notices: Notices,
    pub(crate) never_offered: bool,
    pub(crate) options_parsed: u8,
    pub(crate) threads: u8,
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

impl Conduct {
    /// The conduct with all defaults.
    pub const DEFAULT: Self = Self {
        swaps: Swaps::Followed,
        edits_in_place: true,
        refusals_reported: false,
        contexts: Contexts::Own,
        notices: Notices::Once,
        never_offered: false,
        options_parsed: 1,
        threads: 1,
    };

    /// How many values [`from_seed`](Self::from_seed) chooses from for each switch.
    pub(crate) const CHOICES: [u64; 8] = [3, 2, 2, 4, 3, 2, 3, 2];

    /// How many combinations [`from_seed`](Self::from_seed) gives.
    pub const COUNT: u64 = {
        let [a, b, c, d, e, f, g, h] = Self::CHOICES;
        a * b * c * d * e * f * g * h
    };

    /// Returns the combination of this number; numbers from [`COUNT`](Self::COUNT) on begin again.
    #[must_use]
    pub fn from_seed(seed: u64) -> Self {
        let rest = &mut { seed };
        Self {
            swaps: pick(rest, [Swaps::Followed, Swaps::Ignored, Swaps::ReadAgain]),
            edits_in_place: pick(rest, [true, false]),
            refusals_reported: pick(rest, [false, true]),
            contexts: pick(
                rest,
                [Contexts::Own, Contexts::Null, Contexts::Stale, Contexts::Repeated],
            ),
            notices: pick(rest, [Notices::Once, Notices::Repeated, Notices::Withheld]),
            never_offered: pick(rest, [false, true]),
            options_parsed: pick(rest, [1, 0, 3]),
            threads: pick(rest, [1, 4]),
        }
    }

    /// Sets what becomes of a swapped pointer: [`Swaps::Followed`] or another.
    #[must_use]
    pub const fn swaps(mut self, swaps: Swaps) -> Self {
        self.swaps = swaps;
        self
    }

    /// Sets whether the server takes what a hook wrote into its own buffer, and the size that it set: true, or false,
    /// in which case it goes on with the packet as it was.
    #[must_use]
    pub const fn edits_in_place(mut self, honoured: bool) -> Self {
        self.edits_in_place = honoured;
        self
    }

    /// Sets whether [`replay`](super::Server::replay) reports packets that the callout refused, as dropped and then as
    /// processed: false, or true.
    #[must_use]
    pub const fn refusals_reported(mut self, reported: bool) -> Self {
        self.refusals_reported = reported;
        self
    }

    /// Sets the context that later hooks get: [`Contexts::Own`] or another.
    #[must_use]
    pub const fn contexts(mut self, contexts: Contexts) -> Self {
        self.contexts = contexts;
        self
    }

    /// Sets how often the end of a packet is reported: [`Notices::Once`] or else.
    #[must_use]
    pub const fn notices(mut self, notices: Notices) -> Self {
        self.notices = notices;
        self
    }

    /// Sets whether [`replay`](super::Server::replay) drops duplicates without a call of `DhcpNewPktHook` before, so that
    /// they have no context: false, or true.
    #[must_use]
    pub const fn never_offered(mut self, never_offered: bool) -> Self {
        self.never_offered = never_offered;
        self
    }

    /// Sets how often [`replay`](super::Server::replay) calls `DhcpHandleOptionsHook` for a packet: once, or another
    /// number of times.
    #[must_use]
    pub const fn options_parsed(mut self, times: u8) -> Self {
        self.options_parsed = times;
        self
    }

    /// Sets on how many threads at once [`replay`](super::Server::replay) makes the calls about one packet that come
    /// between its first and its last: one, or more. Needs feature `std`; without it there is one.
    #[must_use]
    pub const fn threads(mut self, threads: u8) -> Self {
        self.threads = threads;
        self
    }
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
