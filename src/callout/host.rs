//! A callout with what it needs to be called: the table of its packets, and the buffers of replaced ones.

use super::export::Events;
use super::{Callout, Decision};
use crate::hook::{AddressDeleted, AddressOffered, ClientDeleted, ControlEvent, NewPacket, ParsedOptions, SendPacket};
use crate::lifecycle::{Notice, Outcome, Stage};
use crate::table::{
    Admitted, Borrowed, BufferPool, Context, Finished, Full, PacketTable, PooledBuffer, Progress, Replacements,
};

/// A callout, the states of up to `PACKETS` packets in flight, and `BUFFERS` buffers for replaced packets.
///
/// [`export!`](crate::export) makes one as a `static`, and the hooks that call it.
#[derive(Debug)]
pub struct Host<C: Callout, const PACKETS: usize, const BUFFERS: usize> {
    callout: C,
    events: Events<C>,
    packets: PacketTable<Entry<C::State>, PACKETS>,
    buffers: BufferPool<BUFFERS>,
}

/// What is kept for a packet in flight.
#[derive(Debug)]
struct Entry<S> {
    /// `None` if the callout does not track the packet, but has replaced it.
    state: Option<S>,
    replacements: Replacements<'static>,
}

impl<C: Callout, const PACKETS: usize, const BUFFERS: usize> Host<C, PACKETS, BUFFERS> {
    /// Makes a host without packets.
    #[must_use]
    pub const fn new(callout: C, events: Events<C>) -> Self {
        Self {
            callout,
            events,
            packets: PacketTable::new(),
            buffers: BufferPool::new(),
        }
    }

    pub(super) const fn events(&self) -> &Events<C> {
        &self.events
    }

    pub(super) fn load(&self) -> bool {
        self.contain("DhcpServerCalloutEntry", || self.callout.load())
            .unwrap_or(false)
    }

    pub(super) fn new_packet(&'static self, packet: NewPacket<'static>) {
        let mut packet = packet.with_buffers(&self.buffers);
        let decision = self.contain("DhcpNewPktHook", || self.callout.new_packet(&mut packet));
        // The decision alone counts, whatever was set on the way.
        packet.set_process_it(!matches!(decision, Some(Decision::Refuse)));
        packet.set_context(None);
        let replacement = packet.take_replacement();
        let state = match decision {
            Some(Decision::Track(state)) => Some(state),
            Some(Decision::Pass) if replacement.is_some() => None,
            Some(Decision::Pass | Decision::Refuse) | None => return,
        };
        let entry = Entry {
            state,
            replacements: Replacements::new(),
        };
        let context = match self.packets.admit(entry) {
            Ok(Admitted { context, lost }) => {
                if let Some(lost) = lost {
                    self.finish(lost);
                }
                context
            }
            Err(Full(entry)) => return self.not_tracked(entry),
        };
        packet.set_context(Some(context));
        if let (Some(buffer), Ok(entry)) = (replacement, self.packets.get(context)) {
            // SAFETY: the entry is dropped when the server has reported the packet as processed.
            unsafe { packet.commit(buffer, &entry.replacements) };
            self.release(entry);
        }
    }

    pub(super) fn notice(&'static self, notice: Notice, context: Option<Context>) {
        let Some(context) = context else { return };
        // Borrowed while the callout looks at it; the notice that ends the life needs no borrow.
        let entry = match notice {
            Notice::Dropped(_) => self.packets.get(context).ok(),
            Notice::Processed => None,
        };
        match self.packets.notify(context, notice) {
            Ok(Progress::Dropped(reason)) => {
                if let Some(state) = entry.as_ref().and_then(|entry| entry.state.as_ref()) {
                    self.contain("DhcpPktDropHook", || self.callout.packet_dropped(reason, state));
                }
            }
            Ok(Progress::Done { outcome, state }) => self.done(outcome, state),
            // The last borrower hands it back.
            Ok(Progress::Deferred(_)) => {}
            Err(error) => {
                self.contain("DhcpPktDropHook", || self.callout.report_ignored(error));
            }
        }
        if let Some(entry) = entry {
            self.release(entry);
        }
    }

    pub(super) fn send_packet(&'static self, packet: SendPacket<'static>) {
        let Some(call) = self.events.send_packet else { return };
        self.with_entry(packet.context(), |entry| {
            // Without an entry nobody would keep a replacement.
            let mut packet = if entry.is_some() {
                packet.with_buffers(&self.buffers)
            } else {
                packet
            };
            let state = entry.and_then(|entry| entry.state.as_ref());
            let called = self.contain("DhcpPktSendHook", || call(&self.callout, &mut packet, state));
            let replacement: Option<PooledBuffer<'static>> = packet.take_replacement();
            if let (Some(()), Some(buffer), Some(entry)) = (called, replacement, entry) {
                // SAFETY: the entry is dropped when the server has reported the packet as processed.
                unsafe { packet.commit(buffer, &entry.replacements) };
            }
        });
    }

    pub(super) fn address_offered(&'static self, event: &AddressOffered<'_>) {
        let Some(call) = self.events.address_offered else {
            return;
        };
        self.with_entry(event.context(), |entry| {
            let state = entry.and_then(|entry| entry.state.as_ref());
            self.contain("DhcpAddressOfferHook", || call(&self.callout, event, state));
        });
    }

    pub(super) fn address_deleted(&'static self, event: &AddressDeleted<'_>) {
        let Some(call) = self.events.address_deleted else {
            return;
        };
        self.with_entry(event.context(), |entry| {
            let state = entry.and_then(|entry| entry.state.as_ref());
            self.contain("DhcpAddressDelHook", || call(&self.callout, event, state));
        });
    }

    pub(super) fn options_parsed(&'static self, options: &ParsedOptions<'_>) {
        let Some(call) = self.events.options_parsed else { return };
        self.with_entry(options.context(), |entry| {
            let state = entry.and_then(|entry| entry.state.as_ref());
            self.contain("DhcpHandleOptionsHook", || call(&self.callout, options, state));
        });
    }

    pub(super) fn client_deleted(&self, event: &ClientDeleted<'_>) {
        let Some(call) = self.events.client_deleted else { return };
        self.contain("DhcpDeleteClientHook", || call(&self.callout, event));
    }

    pub(super) fn control(&self, event: ControlEvent) {
        let Some(call) = self.events.control else { return };
        self.contain("DhcpControlHook", || call(&self.callout, event));
    }

    fn not_tracked(&self, entry: Entry<C::State>) {
        if let Some(state) = entry.state {
            self.contain("DhcpNewPktHook", || self.callout.not_tracked(state));
        }
    }

    /// Lends the entry of a packet to `call`, if there is one.
    fn with_entry(&'static self, context: Option<Context>, call: impl FnOnce(Option<&Entry<C::State>>)) {
        let entry = context.and_then(|context| self.packets.get(context).ok());
        call(entry.as_deref());
        if let Some(entry) = entry {
            self.release(entry);
        }
    }

    /// Gives a borrowed entry back; if the packet was reported as processed meanwhile, this is its end.
    fn release(&self, entry: Borrowed<'_, Entry<C::State>>) {
        if let Some(finished) = entry.release() {
            self.finish(finished);
        }
    }

    fn finish(&self, finished: Finished<Entry<C::State>>) {
        if let Stage::Done(outcome) = finished.stage {
            self.done(outcome, finished.state);
        }
    }

    fn done(&self, outcome: Outcome, entry: Entry<C::State>) {
        // The buffers go back to the pool whatever the callout does.
        let Entry { state, replacements } = entry;
        drop(replacements);
        if let Some(state) = state {
            self.contain("DhcpPktDropHook", || self.callout.packet_done(outcome, state));
        }
    }

    /// Calls the author's code; `None` if it panicked, after telling the callout.
    fn contain<R>(&self, hook: &'static str, call: impl FnOnce() -> R) -> Option<R> {
        let returned = contain(call);
        if returned.is_none() {
            contain(|| self.callout.panicked(hook));
        }
        returned
    }
}

/// Calls the author's code; `None` if it panicked.
#[cfg(feature = "std")]
pub(crate) fn contain<R>(call: impl FnOnce() -> R) -> Option<R> {
    use core::panic::AssertUnwindSafe;
    use std::panic::catch_unwind;

    let mut payload = match catch_unwind(AssertUnwindSafe(call)) {
        Ok(returned) => return Some(returned),
        Err(payload) => payload,
    };
    // Dropping what was thrown can panic as well, and so on: what goes on for too long is leaked.
    for _ in 0..8 {
        match catch_unwind(AssertUnwindSafe(|| drop(payload))) {
            Ok(()) => return None,
            Err(again) => payload = again,
        }
    }
    core::mem::forget(payload);
    None
}

/// Calls the author's code; a panic ends as the author's panic handler ends it.
#[cfg(not(feature = "std"))]
#[expect(clippy::unnecessary_wraps, reason = "as with the feature `std`")]
pub(crate) fn contain<R>(call: impl FnOnce() -> R) -> Option<R> {
    Some(call())
}
