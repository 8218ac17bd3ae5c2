//! What a chain does in each hook: it calls those of all members.

use core::ffi::c_void;
use core::ptr::null_mut;

use super::Chain;
use super::contexts::Contexts;
use super::members::Members;
use crate::buffer::PACKET_CAPACITY;
use crate::control::{DropReason, ServiceControl};
use crate::ffi::{
    Bool, CalloutTable, ControlArguments, DeleteClientArguments, DropSendArguments, ERROR_SUCCESS,
    GiveAddressArguments, HandleOptionsArguments, NewPktArguments, ProbArguments,
};
use crate::hook::{
    AddressDeleted, AddressOffered, Argument, ClientDeleted, ControlEvent, Diagnostic, Handle, NewPacket, PacketNotice,
    PacketPair, ParsedOptions, Report, SendPacket, check_packet,
};
use crate::lifecycle::{Notice, Stage};
use crate::table::{Admitted, Borrowed, Context, Finished, Progress};

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

impl<const PACKETS: usize, const MEMBERS: usize> Chain<PACKETS, MEMBERS> {
    fn tables(&self) -> impl Iterator<Item = (usize, &CalloutTable)> {
        self.members.get().into_iter().flat_map(Members::tables)
    }

    /// Calls the hook `A` of each member that has it, with what `raw` returns for the member's context of the packet, and
    /// combines what they return. `put_back` is called if the packet is over by then.
    ///
    /// # Safety
    /// - The hook can be called with the arguments.
    unsafe fn each<A: Argument>(
        &self,
        context: *mut c_void,
        report: Report,
        raw: impl Fn(*mut c_void) -> A::Raw,
        mut after: impl FnMut(usize),
        put_back: impl FnOnce(),
    ) -> u32 {
        let contexts = match Context::from_raw(context) {
            None => None,
            Some(context) => match self.packets.get(context) {
                Ok(contexts) => Some(contexts),
                Err(error) => {
                    if context != Context::UNTRACKED {
                        report(Diagnostic::ContextRefused { hook: A::HOOK, error });
                    }
                    return ERROR_SUCCESS;
                }
            },
        };
        let mut status = ERROR_SUCCESS;
        for (member, table) in self.tables() {
            if let Some(hook) = A::hook_of(table) {
                let own = contexts.as_ref().map_or(null_mut(), |contexts| contexts.get(member));
                // SAFETY: the caller promises the same, whatever context the member has set itself.
                status = first_failure(status, unsafe { A::pass(raw(own), hook) });
                after(member);
            }
        }
        if let Some(contexts) = contexts {
            self.release(contexts, report, put_back);
        }
        status
    }

    /// Tells the members that have heard of a packet; all of them, with NULL, without contexts.
    ///
    /// # Safety
    /// - Their hooks can be called with the packet.
    unsafe fn tell(&self, told: Told, contexts: Option<&Contexts<MEMBERS>>) -> u32 {
        self.tables()
            .filter(|(member, _)| contexts.is_none_or(|contexts| contexts.hears(*member, told.notice)))
            .map(|(member, table)| {
                let context = contexts.map_or(null_mut(), |contexts| contexts.get(member));
                // SAFETY: the caller promises the same.
                unsafe { told.tell(table, context) }
            })
            .fold(ERROR_SUCCESS, first_failure)
    }

    /// Tells the members with a copy of `bytes`, so that a buffer that one of them takes back is not what the others read.
    #[inline(never)]
    fn tell_copy(&self, told: Told, bytes: &[u8], contexts: Option<&Contexts<MEMBERS>>) -> u32 {
        let mut copy = [0; PACKET_CAPACITY];
        let length = bytes.len().min(PACKET_CAPACITY);
        if let (Some(to), Some(from)) = (copy.get_mut(..length), bytes.get(..length)) {
            to.copy_from_slice(from);
        }
        let packet = (copy.as_mut_ptr(), u32::try_from(length).unwrap_or_default());
        // SAFETY: the packet is in the copy, of the full size of a buffer.
        unsafe { self.tell(Told { packet, ..told }, contexts) }
    }

    /// Passes a notice on; without bytes that can be read the members get an empty packet.
    fn tell_notice(&self, notice: &PacketNotice<'_>, told: Told, contexts: Option<&Contexts<MEMBERS>>) -> u32 {
        let Ok(bytes) = notice.bytes() else {
            return self.tell_copy(told, &[], contexts);
        };
        let is_replaced = contexts.is_some_and(|contexts| contexts.is_replaced_by(told.packet.0));
        if told.notice == Notice::Processed && is_replaced && self.tables().nth(1).is_some() {
            return self.tell_copy(told, bytes, contexts);
        }
        // SAFETY: the packet is the server's, which passes what the prototype asks.
        unsafe { self.tell(told, contexts) }
    }

    /// Gives borrowed contexts back. If the packet is over by then, `put_back` takes from the server what members may have
    /// put in its place, before they are told, and take their buffers back.
    fn release(&self, contexts: Borrowed<'_, Contexts<MEMBERS>>, report: Report, put_back: impl FnOnce()) {
        let (is_over, finished) = contexts.release_and_tell();
        if is_over {
            put_back();
        }
        if let Some(finished) = finished {
            self.finish(&finished, report);
        }
    }

    /// Ends the lifecycle of a packet of which nobody is told any more.
    fn finish(&self, Finished { stage, state }: &Finished<Contexts<MEMBERS>>, report: Report) {
        if !matches!(stage, Stage::Done(_)) {
            return report(Diagnostic::Lost { stage: *stage });
        }
        // Mostly all have been told. Who has not gets an empty packet: the server's is gone.
        let told = Told {
            notice: Notice::Processed,
            packet: (null_mut(), 0),
            ip_address: 0,
            reserved: null_mut(),
        };
        if state.is_open() {
            self.tell_copy(told, &[], Some(state));
        }
    }
}

/// Sets the server's variables back to what they were before a member, if it has left what is no packet.
fn correct(pair: PacketPair<'_>, before: (*mut u8, u32), hook: &'static str, member: usize, report: Report) {
    let (start, size) = pair.get();
    if let Err(error) = check_packet(start, size) {
        pair.set(before);
        report(Diagnostic::MemberPointers { hook, member, error });
    }
}

impl<const PACKETS: usize, const MEMBERS: usize> Handle<NewPacket<'static>> for Chain<PACKETS, MEMBERS> {
    unsafe fn handle(&'static self, mut packet: NewPacket<'static>, raw: NewPktArguments, report: Report) -> u32 {
        let pair = packet.pair();
        let mut original = pair.get();
        packet.set_context(Some(Context::UNTRACKED));
        let Ok(Admitted { context, lost }) = self.packets.admit(Contexts::new(original.0)) else {
            report(Diagnostic::NotTracked);
            return ERROR_SUCCESS;
        };
        if let Some(lost) = lost {
            self.finish(&lost, report);
        }
        let Ok(contexts) = self.packets.get(context) else {
            return ERROR_SUCCESS;
        };
        let mut status = ERROR_SUCCESS;
        let mut is_refused = false;
        for (member, table) in self.tables() {
            let mut pkt_context = null_mut();
            let mut process_it = Bool::TRUE;
            if let Some(hook) = table.dhcp_new_pkt_hook {
                let before = pair.get();
                let own = NewPktArguments {
                    pkt_context: &raw mut pkt_context,
                    process_it: &raw mut process_it,
                    ..raw
                };
                // SAFETY: the member's hook gets what the server passed, or the packet of a member before, whose buffer
                // `LoadedDll::new` asks about; and a context and an answer of its own.
                status = first_failure(status, unsafe { own.pass_to(hook) });
                correct(pair, before, NewPacket::HOOK, member, report);
                if pair.get().0 == original.0 {
                    // Rewritten in place, perhaps: the bytes stay whatever comes, so this is their size.
                    original = pair.get();
                }
            }
            contexts.begin(member, pkt_context);
            is_refused = process_it == Bool::FALSE;
            if is_refused || matches!(contexts.stage(), Stage::Done(_)) {
                break;
            }
        }
        if is_refused {
            // What a member has put in the place of the packet ends with the packet's lifecycle.
            pair.set(original);
            packet.set_process_it(false);
            let reason = Notice::Dropped(DropReason::GEN_FAILURE);
            for notice in [reason, Notice::Processed] {
                let _ = self.packets.notify(context, notice);
                let told = Told {
                    notice,
                    packet: original,
                    ip_address: raw.ip_address,
                    reserved: raw.reserved,
                };
                // SAFETY: the packet is the server's, which passes what the prototype asks.
                status = first_failure(status, unsafe { self.tell(told, Some(&contexts)) });
            }
        }
        let mut is_over = false;
        self.release(contexts, report, || is_over = true);
        if is_over {
            pair.set(original);
        } else {
            // Last, so that nothing is said about the packet before.
            packet.set_context(Some(context));
        }
        status
    }
}

impl<const PACKETS: usize, const MEMBERS: usize> Handle<PacketNotice<'static>> for Chain<PACKETS, MEMBERS> {
    unsafe fn handle(&'static self, notice: PacketNotice<'static>, raw: DropSendArguments, report: Report) -> u32 {
        if let Err(error) = notice.bytes() {
            let hook = PacketNotice::HOOK;
            report(Diagnostic::ArgumentsRefused { hook, error });
        }
        let told = Told {
            notice: notice.notice(),
            packet: notice.start_and_size(),
            ip_address: raw.ip_address,
            reserved: raw.reserved,
        };
        let Some(context) = notice.context() else {
            return self.tell_notice(&notice, told, None);
        };
        if context == Context::UNTRACKED {
            return ERROR_SUCCESS;
        }
        // Borrowed while the members are told.
        let contexts = self.packets.get(context);
        let tell = |contexts: &Contexts<MEMBERS>| self.tell_notice(&notice, told, Some(contexts));
        match (self.packets.notify(context, told.notice), contexts) {
            (Ok(Progress::Done { state, .. }), _) => tell(&state),
            // While another hook has the packet, a member may read what one that is told of the end takes back: then the
            // last hook tells them.
            (Ok(Progress::Deferred(_)), Ok(contexts)) => match contexts.release() {
                Some(finished) => tell(&finished.state),
                None => ERROR_SUCCESS,
            },
            (Ok(_), Ok(contexts)) => {
                let status = tell(&contexts);
                self.release(contexts, report, || {});
                status
            }
            // The last hook that has the packet tells them.
            (Ok(Progress::Deferred(_)), Err(_)) => ERROR_SUCCESS,
            (Ok(_), Err(error)) => {
                let hook = PacketNotice::HOOK;
                report(Diagnostic::ContextRefused { hook, error });
                ERROR_SUCCESS
            }
            (Err(error), contexts) => {
                let notice = told.notice;
                report(Diagnostic::NoticeRejected { notice, error });
                let Ok(contexts) = contexts else { return ERROR_SUCCESS };
                // A drop that is repeated is the members' to judge.
                let status = if let Notice::Dropped(_) = notice {
                    tell(&contexts)
                } else {
                    ERROR_SUCCESS
                };
                self.release(contexts, report, || {});
                status
            }
        }
    }
}

impl<const PACKETS: usize, const MEMBERS: usize> Handle<SendPacket<'static>> for Chain<PACKETS, MEMBERS> {
    unsafe fn handle(&'static self, packet: SendPacket<'static>, raw: DropSendArguments, report: Report) -> u32 {
        let pair = packet.pair();
        let original = pair.get();
        let mut before = original;
        let own = |pkt_context| DropSendArguments { pkt_context, ..raw };
        let after = |member| {
            correct(pair, before, SendPacket::HOOK, member, report);
            before = pair.get();
        };
        let put_back = || pair.set(original);
        // SAFETY: the members' hooks get what the server passed, or the packet of a member before, whose buffer
        // `LoadedDll::new` asks about; and their own contexts.
        unsafe { self.each::<SendPacket<'static>>(raw.pkt_context, report, own, after, put_back) }
    }
}

impl<const PACKETS: usize, const MEMBERS: usize> Handle<ControlEvent> for Chain<PACKETS, MEMBERS> {
    unsafe fn handle(&'static self, event: ControlEvent, raw: ControlArguments, report: Report) -> u32 {
        // Before the members hear of it, which then give up their packets: what they track from now on, so does the chain.
        if event.code() == ServiceControl::STOP {
            self.packets
                .drain(|Finished { stage, .. }| report(Diagnostic::Lost { stage }));
        }
        // SAFETY: the members' hooks get what the server passed.
        unsafe { self.each::<ControlEvent>(null_mut(), report, |_| raw, |_| {}, || {}) }
    }
}

impl<const PACKETS: usize, const MEMBERS: usize> Handle<ClientDeleted<'static>> for Chain<PACKETS, MEMBERS> {
    unsafe fn handle(&'static self, _: ClientDeleted<'static>, raw: DeleteClientArguments, report: Report) -> u32 {
        // SAFETY: the members' hooks get what the server passed.
        unsafe { self.each::<ClientDeleted<'static>>(null_mut(), report, |_| raw, |_| {}, || {}) }
    }
}

/// Passes on the hooks that tell something about a packet.
macro_rules! pass_on {
    ($($Argument:ident($Raw:ident);)+) => {$(
        impl<const PACKETS: usize, const MEMBERS: usize> Handle<$Argument<'static>> for Chain<PACKETS, MEMBERS> {
            unsafe fn handle(&'static self, _: $Argument<'static>, raw: $Raw, report: Report) -> u32 {
                let own = |pkt_context| $Raw { pkt_context, ..raw };
                // SAFETY: the members' hooks get what the server passed, and their own contexts.
                unsafe { self.each::<$Argument<'static>>(raw.pkt_context, report, own, |_| {}, || {}) }
            }
        }
    )+};
}

pass_on! {
    AddressDeleted(ProbArguments);
    AddressOffered(GiveAddressArguments);
    ParsedOptions(HandleOptionsArguments);
}
