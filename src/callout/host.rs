//! A callout with what it needs to be called: the table of its packets, and the buffers of replaced ones.

use super::{
    Callout, Decision, LoadError, OnAddressDeleted, OnAddressOffered, OnClientDeleted, OnControl, OnOptionsParsed,
    OnSendPacket, contain,
};
use crate::ffi::{ENTRY_POINT, ERROR_SUCCESS};
use crate::hook::{
    AddressDeleted, AddressOffered, Argument, Buffers, ClientDeleted, ControlEvent, Diagnostic, Handle, HookError,
    Keep, NewPacket, PacketArgument, PacketNotice, ParsedOptions, SendPacket, note_drop,
};
use crate::lifecycle::{Notice, Outcome, Stage};
use crate::table::{
    Admitted, Borrowed, BufferPool, Context, Entry, Finished, Full, PacketTable, PooledBuffer, Progress,
    packets_in_flight,
};

/// A callout, the states of up to `PACKETS` packets in flight, and `BUFFERS` buffers for replaced packets.
///
/// It lives in a `static` that the author names, and [`export!`](crate::export!) makes it a DLL. Its methods can be
/// called from any thread at any time.
///
/// ```
/// use dhcp_callout::{Callout, Decision, Host, NewPacket};
///
/// struct Quiet;
///
/// impl Callout for Quiet {
///     type State = ();
///
///     fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> {
///         Decision::Track(())
///     }
/// }
///
/// static QUIET: Host<Quiet> = Host::new(Quiet);
/// dhcp_callout::export!(QUIET);
///
/// assert_eq!(QUIET.in_flight(), 0);
/// ```
///
/// A buffer that [`replace`](NewPacket::replace) has put in the place of a packet is used again when the server reports
/// the packet as processed. A packet that is [lost](Callout::packet_lost) keeps its buffers for ever, since the server
/// may still read them: a server that loses replaced packets uses up the `BUFFERS`. [`rewrite`](NewPacket::rewrite)
/// takes none: it works with a `BUFFERS` of 0 as well.
///
/// If the server goes on about a packet by a context that is refused, and where such a buffer is, the bytes can be
/// those of another packet: a drop then comes without bytes, and the other hooks do not come, after a
/// [`Diagnostic::ArgumentsRefused`] with [`TakenBack`](crate::hook::HookError::TakenBack).
///
/// A packet takes 18 bytes and its state, rounded up to a multiple of 8, or of the alignment of the state if that is
/// 16, and one alignment more if it is above; a buffer 4.1 KB, and the index of the table 17 KB, for however many
/// packets. The static takes no room in the file of the DLL if the callout consists of zero bytes when it is created,
/// and all of its room if a single byte is not zero. An `AtomicU64` and a `Mutex<u64>` of 0, an `AtomicBool` of
/// `false`, and an `Option<Box<_>>` of `None` are zero bytes; an empty `OnceLock`, a `LazyLock`, an empty `Vec` and a
/// text are not: put these into a `static` of their own beside the host.
///
/// What cannot work does not compile:
///
/// ```compile_fail,E0080
/// # use dhcp_callout::{Callout, Decision, Host, NewPacket};
/// # struct Quiet;
/// # impl Callout for Quiet {
/// #     type State = ();
/// #     fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> { Decision::Pass }
/// # }
/// static QUIET: Host<Quiet, 0> = Host::new(Quiet);
/// ```
///
/// ```compile_fail,E0080
/// # use dhcp_callout::{Callout, Decision, Host, NewPacket};
/// # struct Quiet;
/// # impl Callout for Quiet {
/// #     type State = ();
/// #     fn new_packet(&self, _: &mut NewPacket<'_>) -> Decision<()> { Decision::Pass }
/// # }
/// static QUIET: Host<Quiet, 65_537> = Host::new(Quiet);
/// ```
#[derive(Debug)]
pub struct Host<C: Callout, const PACKETS: usize = 1024, const BUFFERS: usize = 16> {
    callout: C,
    packets: PacketTable<Entry<C::State>, PACKETS>,
    buffers: BufferPool<BUFFERS>,
}

impl<C: Callout, const PACKETS: usize, const BUFFERS: usize> Host<C, PACKETS, BUFFERS> {
    /// Creates a host without packets; `PACKETS` is 1 to 65,536, and `BUFFERS` at most 4096.
    #[must_use]
    pub const fn new(callout: C) -> Self {
        const { assert!(PACKETS >= 1, "a Host tracks at least 1 packet: Host<Callout, 1>") };
        Self {
            callout,
            packets: PacketTable::new(),
            buffers: BufferPool::new(),
        }
    }

    /// Returns the callout.
    pub const fn callout(&self) -> &C {
        &self.callout
    }

    packets_in_flight!();

    /// Gives up the packets that were last heard of before the clock showed `tick`: their states go to
    /// [`Callout::packet_lost`]. For an author who keeps time: see [`PacketTable::evict_before`].
    pub fn evict_before(&self, tick: u64) {
        self.packets.evict_before(tick, |finished| self.finish(finished));
    }

    /// Gives up all packets: their states go to [`Callout::packet_lost`].
    ///
    /// One that is in a hook at this moment is given up when the hook returns. Packets that arrive meanwhile may stay.
    pub fn drain(&self) {
        self.packets.drain(|finished| self.finish(finished));
    }

    #[cold]
    pub(crate) fn report(&self, diagnostic: Diagnostic<'_>) {
        contain(|| self.callout.diagnostic(diagnostic));
    }

    pub(crate) fn load(&'static self) -> Result<(), LoadError> {
        let loaded = self.contain(ENTRY_POINT, || self.callout.load());
        loaded.unwrap_or_else(|| Err(LoadError::default()))
    }

    #[inline]
    fn new_packet(&'static self, packet: NewPacket<'static>) {
        let mut aside = None;
        let mut packet: NewPacket<'_> = packet;
        packet.argument_mut().lend(&mut aside, Buffers::Pool(&self.buffers));
        let decision = self.contain(NewPacket::HOOK, || self.callout.new_packet(&mut packet));
        // The decision alone counts, whatever was set on the way.
        packet.set_process_it(!matches!(decision, Some(Decision::Refuse)));
        packet.set_context(None);
        let state = match decision {
            Some(Decision::Track(state)) => Some(state),
            Some(Decision::Pass) => None,
            Some(Decision::Refuse) | None => return,
        };
        if packet.argument_mut().is_altered() {
            // Moved here, so that it need not be in memory before.
            let altered = packet.take();
            return self.alter(altered, state);
        }
        // Nothing of it is left to be dropped.
        let variable = packet.into_context_variable();
        if state.is_some() {
            if let Some(context) = self.track(state) {
                variable.set(context.as_raw());
            }
        }
    }

    /// Gives the server what the callout made of a packet, and tracks it if it has a state, or a buffer to be held.
    #[inline(never)]
    fn alter(&self, mut packet: NewPacket<'_>, state: Option<C::State>) {
        let argument = packet.argument_mut();
        // SAFETY: the server passes a packet in a buffer of 4096 bytes, and waits for the hook.
        let replacement = unsafe { argument.settle() };
        if state.is_none() && replacement.is_none() {
            return;
        }
        let Some(context) = self.track(state) else { return };
        let is_in_flight = replacement.is_none() || {
            let entry = self.packets.get(context).ok();
            self.install(NewPacket::HOOK, argument, replacement, entry)
        };
        if is_in_flight {
            // Last, so that nothing is said about the packet before.
            packet.set_context(Some(context));
        }
    }

    /// Points the server at a replacement, and gives the entry back that holds it; returns whether the packet is still
    /// in flight. If it is not, the server gets its own again: nobody holds the buffer any longer.
    fn install(
        &self,
        hook: &'static str,
        packet: &PacketArgument<'_>,
        replacement: Option<PooledBuffer<'static>>,
        entry: Option<Borrowed<'_, Entry<C::State>>>,
    ) -> bool {
        let is_replaced = replacement.is_some();
        if let (Some(buffer), Some(entry)) = (replacement, &entry) {
            let holder = entry.replacements();
            // SAFETY: the list is given back when the server says that it has finished with the packet, and never
            // otherwise: `done`.
            unsafe { packet.install(buffer, holder) };
        }
        let (is_over, finished) = entry.map_or((true, None), Borrowed::release_and_tell);
        if is_over && is_replaced {
            packet.put_back();
            self.report(Diagnostic::ReplacementUndone { hook });
        }
        if let Some(finished) = finished {
            self.finish(finished);
        }
        !is_over
    }

    /// Keeps the state of a packet until the server has finished with it, if there is room.
    #[inline]
    fn track(&self, state: Option<C::State>) -> Option<Context> {
        match self.packets.admit(Entry::new(state)) {
            Ok(Admitted { context, lost }) => {
                if let Some(lost) = lost {
                    self.finish(lost);
                }
                Some(context)
            }
            Err(Full(entry)) => {
                self.not_tracked(entry);
                None
            }
        }
    }

    #[inline]
    fn notice(&self, notice: &PacketNotice<'_>) {
        if let Some(error) = notice.error() {
            let hook = PacketNotice::HOOK;
            self.report(Diagnostic::ArgumentsRefused { hook, error });
        }
        match (notice.notice(), notice.context()) {
            (Notice::Dropped(reason), context) => {
                let entry = note_drop(&self.packets, context, reason, |diagnostic| self.report(diagnostic)).ok();
                let is_refused = entry.is_none() && context.is_some();
                if is_refused && self.is_taken_back(PacketNotice::HOOK, notice.start()) {
                    return self.packet_dropped(&notice.taken_back(), None);
                }
                self.packet_dropped(notice, entry.as_deref().and_then(Entry::state));
                if let Some(entry) = entry {
                    self.release(entry);
                }
            }
            (Notice::Processed, None) => {}
            (notice @ Notice::Processed, Some(context)) => match self.packets.notify(context, notice) {
                Ok(Progress::Done { outcome, state }) => self.done(outcome, state),
                // The last borrower hands it back.
                Ok(_) => {}
                Err(error) => self.report(Diagnostic::NoticeRejected { notice, error }),
            },
        }
    }

    #[inline]
    fn packet_dropped(&self, notice: &PacketNotice<'_>, state: Option<&C::State>) {
        self.contain(PacketNotice::HOOK, || self.callout.packet_dropped(notice, state));
    }

    fn send_packet(&'static self, packet: SendPacket<'static>)
    where
        C: OnSendPacket,
    {
        let mut aside = None;
        let mut packet: SendPacket<'_> = packet;
        let Ok(entry) = self.entry(SendPacket::HOOK, packet.context(), packet.start()) else {
            return;
        };
        let buffers = entry
            .as_ref()
            .map_or(Buffers::Nowhere, |_| Buffers::Pool(&self.buffers));
        packet.argument_mut().lend(&mut aside, buffers);
        let state = entry.as_deref().and_then(Entry::state);
        let called = self.contain(SendPacket::HOOK, || self.callout.send_packet(&mut packet, state));
        let argument = packet.argument_mut();
        // SAFETY: the server passes a packet in a buffer of 4096 bytes, and waits for the hook.
        let replacement = called.and_then(|()| unsafe { argument.settle() });
        if entry.is_some() {
            self.install(SendPacket::HOOK, argument, replacement, entry);
        }
    }

    fn options_parsed(&self, mut options: ParsedOptions<'static>)
    where
        C: OnOptionsParsed,
    {
        let (context, start) = (options.context(), options.start());
        let call = |state: Option<&_>| self.callout.options_parsed(&mut options, state);
        if self.event(ParsedOptions::HOOK, context, start, call).is_none() {
            options.put_back();
        }
    }

    /// Lends the state of a packet to an event about it; `None` if the callout panicked, or was not called.
    fn event(
        &self,
        hook: &'static str,
        context: Option<Context>,
        start: *const u8,
        call: impl FnOnce(Option<&C::State>),
    ) -> Option<()> {
        let entry = self.entry(hook, context, start).ok()?;
        let called = self.contain(hook, || call(entry.as_deref().and_then(Entry::state)));
        if let Some(entry) = entry {
            self.release(entry);
        }
        called
    }

    /// Borrows the entry of a packet, if there is one; an error if the author is not to see the packet.
    #[inline]
    fn entry(
        &self,
        hook: &'static str,
        context: Option<Context>,
        start: *const u8,
    ) -> Result<Option<Borrowed<'_, Entry<C::State>>>, ()> {
        let Some(context) = context else { return Ok(None) };
        match self.packets.get(context) {
            Ok(entry) => Ok(Some(entry)),
            Err(error) => {
                self.report(Diagnostic::ContextRefused { hook, error });
                if self.is_taken_back(hook, start) {
                    Err(())
                } else {
                    Ok(None)
                }
            }
        }
    }

    /// Returns whether a packet whose context was refused is in a buffer of the host, where another may be by now, and
    /// tells the callout.
    #[cold]
    fn is_taken_back(&self, hook: &'static str, start: *const u8) -> bool {
        let is_taken_back = self.buffers.contains(start);
        if is_taken_back {
            let error = HookError::TakenBack;
            self.report(Diagnostic::ArgumentsRefused { hook, error });
        }
        is_taken_back
    }

    /// Gives a borrowed entry back; if the packet has finished meanwhile, this is its end.
    #[inline]
    fn release(&self, entry: Borrowed<'_, Entry<C::State>>) {
        if let Some(finished) = entry.release() {
            self.finish(finished);
        }
    }

    /// Hands the state of a packet back that is done.
    #[inline]
    fn done(&self, outcome: Outcome, entry: Entry<C::State>) {
        let (state, replacements) = entry.into_parts();
        // First, whatever the callout does.
        // SAFETY:
        // - the list holds what was taken from this pool, and no other buffer: `new_packet`, `send_packet`;
        // - the server has finished with the packet: it was reported as processed.
        unsafe { self.buffers.give_back(replacements) };
        if let Some(state) = state {
            self.contain(PacketNotice::HOOK, || self.callout.packet_done(outcome, state));
        }
    }

    /// Hands the state of a packet back that is given up, or was done while it was borrowed.
    #[cold]
    fn finish(&self, Finished { stage, state: entry }: Finished<Entry<C::State>>) {
        if let Stage::Done(outcome) = stage {
            return self.done(outcome, entry);
        }
        self.report(Diagnostic::Lost { stage });
        // The server has not said that it has finished: it may still read the buffers, so nobody else gets them.
        let (state, _) = entry.into_parts();
        if let Some(state) = state {
            self.contain(PacketNotice::HOOK, || self.callout.packet_lost(stage, state));
        }
    }

    #[cold]
    fn not_tracked(&self, entry: Entry<C::State>) {
        self.report(Diagnostic::NotTracked);
        if let Some(state) = entry.into_parts().0 {
            self.contain(NewPacket::HOOK, || self.callout.not_tracked(state));
        }
    }

    /// Calls the author's code; `None` if it panicked, after telling the callout.
    #[inline]
    fn contain<R>(&self, hook: &'static str, call: impl FnOnce() -> R) -> Option<R> {
        let returned = contain(call);
        if returned.is_none() {
            self.report(Diagnostic::Panicked { hook });
        }
        returned
    }
}

impl<C: Callout, const PACKETS: usize, const BUFFERS: usize> Keep for Host<C, PACKETS, BUFFERS> {
    fn stop(&self) {
        self.drain();
    }

    fn hear(&self, context: Context) -> Option<Context> {
        if let Ok(entry) = self.packets.get(context) {
            self.release(entry);
        }
        None
    }
}

/// Says what a host does with the argument of a hook, for all callouts or for those that implement a trait; without one
/// of these the hook is not in the table.
macro_rules! handles {
    ($($Argument:ident $(<$life:lifetime>)?: $Bound:ident, |$host:ident, $argument:ident| $call:expr;)+) => {$(
        impl<C: $Bound, const PACKETS: usize, const BUFFERS: usize> Handle<$Argument $(<$life>)?>
            for Host<C, PACKETS, BUFFERS>
        {
            #[inline]
            unsafe fn handle(
                &'static self,
                $argument: $Argument $(<$life>)?,
                _: <$Argument $(<$life>)? as Argument>::Raw,
            ) -> u32 {
                let $host = self;
                $call;
                ERROR_SUCCESS
            }
        }
    )+};
}

handles! {
    NewPacket<'static>: Callout, |host, packet| host.new_packet(packet);
    PacketNotice<'static>: Callout, |host, notice| host.notice(&notice);
    SendPacket<'static>: OnSendPacket, |host, packet| host.send_packet(packet);
    AddressDeleted<'static>: OnAddressDeleted, |host, event| {
        let call = |state: Option<&_>| host.callout.address_deleted(&event, state);
        host.event(AddressDeleted::HOOK, event.context(), event.start(), call)
    };
    AddressOffered<'static>: OnAddressOffered, |host, event| {
        let call = |state: Option<&_>| host.callout.address_offered(&event, state);
        host.event(AddressOffered::HOOK, event.context(), event.start(), call)
    };
    ParsedOptions<'static>: OnOptionsParsed, |host, options| host.options_parsed(options);
    ClientDeleted<'static>: OnClientDeleted, |host, event| {
        host.contain(ClientDeleted::HOOK, || host.callout.client_deleted(&event))
    };
    ControlEvent: OnControl, |host, event| {
        host.contain(ControlEvent::HOOK, || host.callout.control(event))
    };
}
