//! What a chain does in each hook: it calls those of all members.

use core::ffi::c_void;
use core::ptr::null_mut;
use core::sync::atomic::Ordering::Relaxed;

use super::Chain;
use super::contexts::{Audience, MemberContexts};
use super::members::Members;
use crate::buffer::PacketBuffer;
use crate::control::DropReason;
use crate::ffi::{
    Bool, CalloutTable, ControlArguments, DeleteClientArguments, DropSendArguments, ERROR_SUCCESS,
    GiveAddressArguments, HandleOptionsArguments, NewPktArguments, ProbArguments,
};
use crate::hook::{
    AddressDeleted, AddressOffered, Argument, ClientDeleted, ControlEvent, Diagnostic, Handle, HookError, Keep,
    NewPacket, PacketNotice, PacketPair, ParsedOptions, SendPacket, check_packet, note_drop, read_packet,
    size_of_packet,
};
use crate::lifecycle::{Notice, Stage};
use crate::table::{Admitted, Borrowed, Context, ContextError, Finished, Progress};

fn first_failure(status: u32, next: u32) -> u32 {
    if status == ERROR_SUCCESS { next } else { status }
}

/// A notice on its way to the members: what they are told, without a context, and of which bytes.
#[derive(Clone, Copy)]
struct Told {
    notice: Notice,
    packet: (*mut u8, u32),
    ip_address: u32,
    reserved: *mut c_void,
}

impl Told {
    /// Tells one member, with variables of its own for the packet: what it leaves there, nobody reads.
    ///
    /// # Safety
    /// - The hook can be called with the packet.
    unsafe fn tell(self, table: &CalloutTable, pkt_context: *mut c_void) -> u32 {
        let Some(hook) = table.dhcp_pkt_drop_hook else {
            return ERROR_SUCCESS;
        };
        let (mut packet, mut packet_size) = self.packet;
        let raw = DropSendArguments {
            packet: &raw mut packet,
            packet_size: &raw mut packet_size,
            control_code: self.notice.code(),
            ip_address: self.ip_address,
            reserved: self.reserved,
            pkt_context,
        };
        // SAFETY: the two pointers are to variables, and the caller promises the rest.
        unsafe { raw.pass_to(hook) }
    }
}

/// What a member says of a new packet.
struct Answer {
    /// What its hook returns.
    status: u32,
    pkt_context: *mut c_void,
    is_refusal: bool,
}

/// The server's variables for a packet, which members may point elsewhere.
struct Watched<'a> {
    pair: PacketPair<'a>,
    /// The server's own packet.
    own: (*mut u8, u32),
    /// What the last member has left.
    last: (*mut u8, u32),
}

impl<'a> Watched<'a> {
    fn new(pair: PacketPair<'a>) -> Self {
        let (own, last) = (pair.get(), pair.get());
        Self { pair, own, last }
    }

    /// Sets the variables back to what they were before a member, if it has left what is no packet; returns whether it
    /// has left another buffer.
    fn check(&mut self) -> Result<bool, HookError> {
        let left = self.pair.get();
        if let Err(error) = check_packet(left.0, left.1) {
            self.pair.set(self.last);
            return Err(error);
        }
        let is_replaced = left.0 != self.last.0;
        self.last = left;
        if left.0 == self.own.0 {
            // Rewritten in place, perhaps: the bytes stay whatever comes, so this is their size.
            self.own = left;
        }
        Ok(is_replaced)
    }

    /// Points the server at its own packet again; returns whether it was pointed elsewhere.
    fn put_back(&self) -> bool {
        let is_replaced = self.last != self.own;
        if is_replaced {
            self.pair.set(self.own);
        }
        is_replaced
    }
}

impl<const PACKETS: usize, const MEMBERS: usize> Chain<PACKETS, MEMBERS> {
    fn tables(&self) -> impl DoubleEndedIterator<Item = (usize, &CalloutTable)> {
        self.members.get().into_iter().flat_map(Members::tables)
    }

    /// Calls the hook `A` of each member that has it, with what `raw` returns for the member's context of the packet,
    /// and combines what they return.
    ///
    /// # Safety
    /// - The hook can be called with the arguments.
    unsafe fn each<A: Argument>(
        &self,
        context: *mut c_void,
        mut watched: Option<Watched<'_>>,
        raw: impl Fn(*mut c_void) -> A::Raw,
    ) -> u32 {
        let context = Context::from_raw(context);
        let contexts = context.map(|context| self.packets.get(context)).transpose();
        let (contexts, untracked, called) = match contexts {
            Ok(contexts) => (contexts, null_mut(), MEMBERS),
            Err(error) => {
                self.report(Diagnostic::ContextRefused { hook: A::HOOK, error });
                if self.may_be_taken_back(error) {
                    return ERROR_SUCCESS;
                }
                // The DLL's own callout bears any context, and refuses it once more if the packet may be over.
                let own = context.map_or(null_mut(), Audience::<MEMBERS>::own_context);
                let is_late = own.is_null() && !matches!(error, ContextError::Invalid(_));
                (None, if is_late { Context::UNTRACKED.as_raw() } else { own }, 1)
            }
        };
        let mut status = ERROR_SUCCESS;
        for (member, table) in self.tables().take(called) {
            if let Some(hook) = A::hook_of(table) {
                let own = contexts.as_ref().map_or(untracked, |contexts| contexts.get(member));
                // SAFETY: the caller promises the same, whatever context the member has set itself.
                status = first_failure(status, unsafe { A::pass(raw(own), hook) });
                self.check(A::HOOK, member, watched.as_mut());
            }
        }
        if let Some(contexts) = contexts {
            self.release(A::HOOK, contexts, watched.as_ref());
        }
        status
    }

    /// Returns whether the bytes of a packet that is not borrowed may be in a buffer that a member has taken back.
    fn may_be_taken_back(&self, error: ContextError) -> bool {
        // Of a packet that the chain does not track, the members have not heard.
        !matches!(error, ContextError::Invalid(_)) && self.has_replaced.load(Relaxed)
    }

    /// Looks at what a member has left in the server's variables.
    fn check(&self, hook: &'static str, member: usize, watched: Option<&mut Watched<'_>>) {
        match watched.map(Watched::check) {
            Some(Ok(true)) if member > 0 => self.has_replaced.store(true, Relaxed),
            Some(Err(error)) => self.report(Diagnostic::MemberPointers { hook, member, error }),
            _ => {}
        }
    }

    /// Tells the audience: of a drop in order, and of the end the last member first, since what a member puts in the
    /// place of a packet only those after it are given.
    ///
    /// # Safety
    /// - The hooks of the members can be called with the packet.
    unsafe fn tell(&self, told: Told, audience: Audience<'_, MEMBERS>) -> u32 {
        let tell = |status, (member, table): (usize, &CalloutTable)| match audience.context(member, told.notice) {
            // SAFETY: the caller promises the same.
            Some(context) => first_failure(status, unsafe { told.tell(table, context) }),
            None => status,
        };
        match told.notice {
            Notice::Dropped(_) => self.tables().fold(ERROR_SUCCESS, tell),
            Notice::Processed => self.tables().rfold(ERROR_SUCCESS, tell),
        }
    }

    /// Tells the audience with a copy of the packet, so that a buffer that one member takes back is not what the others
    /// read.
    #[inline(never)]
    fn tell_copy(&self, told: Told, mut copy: PacketBuffer, audience: Audience<'_, MEMBERS>) -> u32 {
        let size = size_of_packet(copy.size());
        let packet = (copy.block_mut().as_mut_ptr(), size);
        // SAFETY: the packet is in the copy, of the full size of a buffer.
        unsafe { self.tell(Told { packet, ..told }, audience) }
    }

    /// Passes a notice on; without bytes that can be read the members get an empty packet.
    fn pass_on(&self, notice: &PacketNotice<'_>, told: Told, audience: Audience<'_, MEMBERS>) -> u32 {
        if notice.error().is_some() {
            return self.tell_copy(told, PacketBuffer::new(), audience);
        }
        if let (Notice::Processed, Audience::Tracked(contexts)) = (told.notice, audience) {
            if contexts.is_replaced_by(told.packet.0) && self.tables().nth(1).is_some() {
                // A member frees the packet when it is told: nothing may still borrow it then.
                let mut copy = PacketBuffer::new();
                let copied = copy.copy_from(notice.bytes().unwrap_or_default());
                debug_assert!(copied.is_ok(), "{copied:?}: the server's packet is in its buffer");
                return self.tell_copy(told, copy, audience);
            }
        }
        // SAFETY: the packet is the server's, which passes what the prototype asks.
        unsafe { self.tell(told, audience) }
    }

    /// Passes a notice on for which the members have no contexts, or these are not known.
    #[cold]
    fn pass_on_untracked(&self, notice: &PacketNotice<'_>, told: Told, audience: Audience<'_, MEMBERS>) -> u32 {
        for (member, _) in self.tables().filter(|(member, _)| audience.leaves_out(*member)) {
            let notice = told.notice;
            self.report(Diagnostic::NotTold { notice, member });
        }
        match audience {
            Audience::Untracked { own: Some(own), from } if !own.is_null() => {
                // The own callout may have put the packet there, and take it back at any time: on another thread the
                // server can report the end, and no table holds the packet for the others until then.
                let own = Some(own);
                let status = self.pass_on(notice, told, Audience::Untracked { own, from: MEMBERS });
                let others = self.tell_copy(told, PacketBuffer::new(), Audience::Untracked { own: None, from });
                first_failure(status, others)
            }
            _ => self.pass_on(notice, told, audience),
        }
    }

    /// Offers a packet that the chain does not track to the DLL's own callout alone.
    #[cold]
    #[inline(never)]
    fn offer_untracked(&self, packet: &mut NewPacket<'_>, raw: NewPktArguments, watched: &mut Watched<'_>) -> u32 {
        let Some((own, table)) = self.tables().next() else {
            return ERROR_SUCCESS;
        };
        // SAFETY: the hook gets what the server passed.
        let answer = unsafe { self.offer(own, table, raw, watched) };
        packet.set_process_it(!answer.is_refusal);
        // Last, so that nothing is said about the packet before.
        packet.set_context(Some(Audience::<MEMBERS>::untracked(answer.pkt_context)));
        answer.status
    }

    /// Offers a packet to a member, with variables of its own for the context and for the answer.
    ///
    /// # Safety
    /// - The hook can be called with the other arguments.
    #[inline]
    unsafe fn offer(
        &self,
        member: usize,
        table: &CalloutTable,
        raw: NewPktArguments,
        watched: &mut Watched<'_>,
    ) -> Answer {
        let (mut pkt_context, mut process_it) = (null_mut(), Bool::TRUE);
        let mut status = ERROR_SUCCESS;
        if let Some(hook) = table.dhcp_new_pkt_hook {
            let own = NewPktArguments {
                pkt_context: &raw mut pkt_context,
                process_it: &raw mut process_it,
                ..raw
            };
            // SAFETY: the two pointers are to variables, and the caller promises the rest.
            status = unsafe { own.pass_to(hook) };
            self.check(NewPacket::HOOK, member, Some(watched));
        }
        Answer {
            status,
            pkt_context,
            is_refusal: process_it == Bool::FALSE,
        }
    }

    /// Gives borrowed contexts back. If the packet is over by then, the server gets its own packet back before the
    /// members are told, and take their buffers back; returns whether it is.
    fn release(
        &self,
        hook: &'static str,
        contexts: Borrowed<'_, MemberContexts<MEMBERS>>,
        watched: Option<&Watched<'_>>,
    ) -> bool {
        let (is_over, finished) = contexts.release_and_tell();
        if is_over && watched.is_some_and(Watched::put_back) {
            self.report(Diagnostic::ReplacementUndone { hook });
        }
        if let Some(finished) = finished {
            self.finish(&finished);
        }
        is_over
    }

    /// Ends the lifecycle of a packet of which nobody is told any more.
    pub(super) fn finish(&self, Finished { stage, state }: &Finished<MemberContexts<MEMBERS>>) {
        if !matches!(stage, Stage::Done(_)) {
            return self.report(Diagnostic::ChainLost { stage: *stage });
        }
        // Mostly all have been told. Who has not gets an empty packet: the server's is gone.
        let told = Told {
            notice: Notice::Processed,
            packet: (null_mut(), 0),
            ip_address: 0,
            reserved: null_mut(),
        };
        if state.is_open() {
            self.tell_copy(told, PacketBuffer::new(), Audience::Tracked(state));
        }
    }
}

impl<const PACKETS: usize, const MEMBERS: usize> Handle<NewPacket<'static>> for Chain<PACKETS, MEMBERS> {
    unsafe fn handle(&'static self, mut packet: NewPacket<'static>, raw: NewPktArguments) -> u32 {
        let mut watched = Watched::new(packet.argument_mut().pair());
        // Whatever is said about the packet before the hook returns, the members know nothing of.
        packet.set_context(Some(Audience::<MEMBERS>::withheld(MEMBERS)));
        let admitted = self.packets.admit(MemberContexts::new(watched.own.0));
        let Ok(Admitted { context, lost }) = admitted else {
            self.report(Diagnostic::ChainFull);
            return self.offer_untracked(&mut packet, raw, &mut watched);
        };
        if let Some(lost) = lost {
            self.finish(&lost);
        }
        let Ok(contexts) = self.packets.get(context) else {
            // Given up by another thread, which has told so.
            return self.offer_untracked(&mut packet, raw, &mut watched);
        };
        let mut status = ERROR_SUCCESS;
        let mut refused_by = None;
        for (member, table) in self.tables() {
            // SAFETY: the member's hook gets what the server passed, or the packet of a member before, whose buffer
            // `LoadedDll::new` asks about.
            let answer = unsafe { self.offer(member, table, raw, &mut watched) };
            status = first_failure(status, answer.status);
            contexts.begin(member, answer.pkt_context);
            refused_by = answer.is_refusal.then_some(member);
            if refused_by.is_some() || matches!(contexts.stage(), Stage::Done(_)) {
                break;
            }
        }
        if let Some(member) = refused_by {
            // What a member has put in the place of the packet ends with the packet's lifecycle.
            watched.pair.set(watched.own);
            if member > 0 {
                // SAFETY: the server's own buffer is there until the hook returns, of the full size, and no member is
                // called in the meantime.
                let packet = unsafe { read_packet(watched.own.0, watched.own.1) };
                debug_assert!(packet.is_ok(), "{packet:?}: its pointers were checked");
                let packet = packet.unwrap_or_default();
                self.report(Diagnostic::MemberRefused { member, packet });
            }
            packet.set_process_it(false);
            // The DLL's own callout hears of a drop from the server alone; the other members are told both here.
            for (notice, audience) in [
                (
                    Notice::Dropped(DropReason::GEN_FAILURE),
                    Audience::TrackedByOthers(&contexts),
                ),
                (Notice::Processed, Audience::Tracked(&contexts)),
            ] {
                let _ = self.packets.notify(context, notice);
                let told = Told {
                    notice,
                    packet: watched.own,
                    ip_address: raw.ip_address,
                    reserved: raw.reserved,
                };
                // SAFETY: the packet is the server's, which passes what the prototype asks.
                status = first_failure(status, unsafe { self.tell(told, audience) });
            }
            self.release(NewPacket::HOOK, contexts, None);
            packet.set_context(Some(Audience::<MEMBERS>::withheld(member.saturating_add(1))));
        } else if !self.release(NewPacket::HOOK, contexts, Some(&watched)) {
            // Last, so that nothing is said about the packet before.
            packet.set_context(Some(context));
        }
        status
    }
}

impl<const PACKETS: usize, const MEMBERS: usize> Handle<PacketNotice<'static>> for Chain<PACKETS, MEMBERS> {
    unsafe fn handle(&'static self, mut notice: PacketNotice<'static>, raw: DropSendArguments) -> u32 {
        let hook = PacketNotice::HOOK;
        if let Some(error) = notice.error() {
            self.report(Diagnostic::ArgumentsRefused { hook, error });
        }
        let told = Told {
            notice: notice.notice(),
            packet: notice.start_and_size(),
            ip_address: raw.ip_address,
            reserved: raw.reserved,
        };
        let Some(context) = notice.context() else {
            return self.pass_on(&notice, told, Audience::Everybody);
        };
        if let Some(audience) = Audience::of(context) {
            return self.pass_on_untracked(&notice, told, audience);
        }
        let report = |diagnostic: Diagnostic<'_>| self.report(diagnostic);
        match told.notice {
            Notice::Dropped(reason) => match note_drop(&self.packets, Some(context), reason, report) {
                Ok(contexts) => {
                    let status = self.pass_on(&notice, told, Audience::Tracked(&contexts));
                    self.release(hook, contexts, None);
                    status
                }
                // It names no packet of the members'.
                Err(Some(ContextError::Invalid(_))) => self.pass_on_untracked(&notice, told, Audience::from(0)),
                Err(error) => {
                    if error.is_some_and(|error| self.may_be_taken_back(error)) {
                        notice = notice.taken_back();
                    }
                    self.pass_on_untracked(&notice, told, Audience::own_late())
                }
            },
            end @ Notice::Processed => match self.packets.notify(context, end) {
                Ok(Progress::Done { state, .. }) => self.pass_on(&notice, told, Audience::Tracked(&state)),
                // While another hook has the packet, a member may read what one that is told of the end takes back:
                // then the last hook tells them.
                Ok(_) => ERROR_SUCCESS,
                Err(error) => {
                    report(Diagnostic::NoticeRejected { notice: end, error });
                    if self.has_replaced.load(Relaxed) {
                        notice = notice.taken_back();
                    }
                    self.pass_on_untracked(&notice, told, Audience::OWN)
                }
            },
        }
    }
}

impl<const PACKETS: usize, const MEMBERS: usize> Handle<SendPacket<'static>> for Chain<PACKETS, MEMBERS> {
    unsafe fn handle(&'static self, mut packet: SendPacket<'static>, raw: DropSendArguments) -> u32 {
        let watched = Watched::new(packet.argument_mut().pair());
        let own = |pkt_context| DropSendArguments { pkt_context, ..raw };
        // SAFETY: the members' hooks get what the server passed, or the packet of a member before, whose buffer
        // `LoadedDll::new` asks about; and their own contexts.
        unsafe { self.each::<SendPacket<'static>>(raw.pkt_context, Some(watched), own) }
    }
}

impl<const PACKETS: usize, const MEMBERS: usize> Keep for Chain<PACKETS, MEMBERS> {
    /// The members give up their own packets. Those of which the server reports an end after the stop are kept for
    /// that, but not at the cost of new ones.
    fn stop(&self) {
        self.packets.let_go(|finished| self.finish(&finished));
    }

    fn hear(&self, context: Context) -> Option<Context> {
        let own = match self.packets.get(context) {
            Ok(contexts) => {
                let own = contexts.get(0);
                self.release(PacketNotice::HOOK, contexts, None);
                own
            }
            Err(_) => Audience::<MEMBERS>::own_context(context),
        };
        Context::from_raw(own)
    }
}

/// Passes on the hooks that tell something, of a packet or not.
macro_rules! pass_on {
    ($($Argument:ty, $Raw:ident $(, $pkt_context:ident)?;)+) => {$(
        impl<const PACKETS: usize, const MEMBERS: usize> Handle<$Argument> for Chain<PACKETS, MEMBERS> {
            unsafe fn handle(&'static self, _: $Argument, raw: $Raw) -> u32 {
                pass_on!(@each self $Argument, $Raw, raw $($pkt_context)?)
            }
        }
    )+};
    (@each $chain:ident $Argument:ty, $Raw:ident, $raw:ident) => {
        // SAFETY: the members' hooks get what the server passed.
        unsafe { $chain.each::<$Argument>(null_mut(), None, |_| $raw) }
    };
    (@each $chain:ident $Argument:ty, $Raw:ident, $raw:ident $pkt_context:ident) => {
        // SAFETY: the members' hooks get what the server passed, and their own contexts.
        unsafe { $chain.each::<$Argument>($raw.$pkt_context, None, |$pkt_context| $Raw { $pkt_context, ..$raw }) }
    };
}

pass_on! {
    ControlEvent, ControlArguments;
    ClientDeleted<'static>, DeleteClientArguments;
    AddressDeleted<'static>, ProbArguments, pkt_context;
    AddressOffered<'static>, GiveAddressArguments, pkt_context;
    ParsedOptions<'static>, HandleOptionsArguments, pkt_context;
}
