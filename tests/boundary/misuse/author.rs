//! A callout that does what it is told, also to its own harm, and notes what it hears.

use core::cell::{Cell, RefCell};
use core::sync::atomic::{AtomicU64, Ordering};
use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread;

use dhcp_callout::message::{OptionCode, option};
use dhcp_callout::{
    AddressDeleted, AddressOffered, Callout, ClientDeleted, ControlEvent, Decision, Diagnostic, LoadError, NewPacket,
    OnAddressDeleted, OnAddressOffered, OnClientDeleted, OnControl, OnOptionsParsed, OnSendPacket, Outcome,
    PacketNotice, ParsedOptions, ReplaceError, SendPacket, Stage,
};
use proptest::prelude::*;

/// How many callouts a chain of the test has.
pub(crate) const MEMBERS: usize = 3;

/// What one callout does in all calls of one hook.
#[derive(Clone, Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a vice of its own")]
pub(crate) struct Plan {
    pub(crate) decision: Verdict,
    /// Replacements of a packet or reply, one after the other.
    pub(crate) edits: Vec<Edit>,
    pub(crate) panic: Option<When>,
    /// Whether what is thrown throws again when it is dropped.
    pub(crate) payload_panics: bool,
    /// Whether the state that is made now panics when it is dropped.
    pub(crate) state_panics: bool,
    /// Whether `diagnostic` panics when it is told of a panic.
    pub(crate) panicked_panics: bool,
    /// Whether context and `ProcessIt` are set by hand.
    pub(crate) meddles: bool,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Verdict {
    Pass,
    #[default]
    Track,
    Refuse,
}

/// Before or after the replacements.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum When {
    Before,
    After,
}

#[derive(Clone, Debug)]
pub(crate) enum Edit {
    /// So many bytes of this value; more than 4096 fail.
    Fill(usize, u8),
    /// An option set by the editor, which fails for what is no message.
    SetOption(Vec<u8>),
}

pub(crate) fn plan() -> impl Strategy<Value = Plan> {
    let verdict = prop_oneof![1 => Just(Verdict::Pass), 6 => Just(Verdict::Track), 1 => Just(Verdict::Refuse)];
    let edit = prop_oneof![
        3 => (0..80_usize, any::<u8>()).prop_map(|(size, value)| Edit::Fill(size, value)),
        1 => (4090..4100_usize, any::<u8>()).prop_map(|(size, value)| Edit::Fill(size, value)),
        2 => prop::collection::vec(any::<u8>(), 1..300).prop_map(Edit::SetOption),
    ];
    let panic = prop_oneof![8 => Just(None), 1 => Just(Some(When::Before)), 1 => Just(Some(When::After))];
    let edits = prop_oneof![2 => Just(Vec::new()), 1 => prop::collection::vec(edit, 1..3)];
    let rarely = || prop::bool::weighted(0.1);
    (verdict, edits, panic, any::<bool>(), rarely(), any::<bool>(), rarely()).prop_map(
        |(decision, edits, panic, payload_panics, state_panics, panicked_panics, meddles)| Plan {
            decision,
            edits,
            panic,
            payload_panics,
            state_panics,
            panicked_panics,
            meddles,
        },
    )
}

/// What a callout heard or did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) member: usize,
    pub(crate) kind: Kind,
    /// Which state the call was about.
    pub(crate) id: Option<u64>,
    /// Where the packet was.
    pub(crate) at: *const u8,
    pub(crate) bytes: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Load,
    New,
    Tracked,
    NotTracked,
    Send,
    Offered,
    Deleted,
    Parsed,
    Dropped,
    Done,
    Lost,
    Control,
    ClientDeleted,
    Replaced,
    Exhausted,
    NobodyKeeps,
    EditFailed,
    // What the diagnostics tell.
    Panicked,
    Rejected,
    ArgumentsRefused,
    TableFull,
    GivenUp,
    NotTold,
}

thread_local! {
    static PLANS: RefCell<[Plan; MEMBERS]> = const { RefCell::new([const { Plan {
        decision: Verdict::Track, edits: Vec::new(), panic: None, payload_panics: false, state_panics: false,
        panicked_panics: false, meddles: false,
    } }; MEMBERS]) };
    static EVENTS: RefCell<Vec<Event>> = const { RefCell::new(Vec::new()) };
    pub(crate) static IN_HOOK: Cell<bool> = const { Cell::new(false) };
}

/// Calls a hook with the callouts told what to do in it, and returns what they heard.
pub(crate) fn with_plans<R>(plans: &[Plan; MEMBERS], call: impl FnOnce() -> R) -> (R, Vec<Event>) {
    PLANS.with(|place| place.borrow_mut().clone_from(plans));
    IN_HOOK.set(true);
    let returned = call();
    IN_HOOK.set(false);
    (returned, EVENTS.take())
}

fn note(member: usize, kind: Kind, id: Option<u64>, packet: &[u8]) {
    let (at, bytes) = (packet.as_ptr(), packet.to_vec());
    EVENTS.with_borrow_mut(|events| {
        events.push(Event {
            member,
            kind,
            id,
            at,
            bytes,
        });
    });
}

/// What should never happen, and cannot be asserted where a panic is contained.
pub(crate) fn fault(message: String) {
    lock(&FAULTS).push(message);
}

pub(crate) static FAULTS: Mutex<Vec<String>> = Mutex::new(Vec::new());
static NEXT_ID: AtomicU64 = AtomicU64::new(0);

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What became of the states of one set of callouts.
#[derive(Debug)]
pub(crate) struct Ledger(Mutex<BTreeMap<u64, Fate>>);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Fate {
    handed_back: u32,
    destroyed: u32,
}

pub(crate) static LEDGERS: [Ledger; 6] = [const { Ledger(Mutex::new(BTreeMap::new())) }; 6];

impl Ledger {
    fn change(&self, id: u64, change: impl FnOnce(&mut Fate)) {
        match lock(&self.0).get_mut(&id) {
            Some(fate) => change(fate),
            None => fault(format!("no state {id} was made")),
        }
    }

    pub(crate) fn forget(&self) {
        lock(&self.0).clear();
    }

    /// Checks that each state was handed back once, and destroyed once, and forgets them.
    pub(crate) fn settle(&self) {
        for (id, fate) in core::mem::take(&mut *lock(&self.0)) {
            assert!((fate.handed_back, fate.destroyed) == (1, 1), "state {id}: {fate:?}");
        }
    }
}

/// A state that knows its number.
#[derive(Debug)]
pub(crate) struct Canary {
    ledger: &'static Ledger,
    id: u64,
    /// On the heap, so that `AddressSanitizer` sees a late use.
    check: Box<u64>,
    panics: bool,
}

impl Canary {
    fn new(ledger: &'static Ledger, panics: bool) -> Self {
        let id = NEXT_ID.fetch_add(1, Ordering::Relaxed);
        lock(&ledger.0).insert(id, Fate::default());
        Self {
            ledger,
            id,
            check: Box::new(!id),
            panics,
        }
    }

    fn id(&self) -> u64 {
        if *self.check != !self.id {
            fault(format!("state {} is damaged", self.id));
        }
        self.id
    }

    fn hand_back(&self) {
        self.ledger.change(self.id(), |fate| fate.handed_back += 1);
    }
}

impl Drop for Canary {
    fn drop(&mut self) {
        self.ledger.change(self.id(), |fate| fate.destroyed += 1);
        if self.panics && !thread::panicking() {
            throw(false);
        }
    }
}

/// What is thrown; it may throw again.
struct Thrown(bool);

impl Drop for Thrown {
    fn drop(&mut self) {
        if self.0 {
            throw(false);
        }
    }
}

/// Panics without a word of the panic hook, which thus knows this panic from one that nobody asked for.
pub(crate) fn throw(again: bool) -> ! {
    resume_unwind(Box::new(Thrown(again)))
}

/// Member `MEMBER` of the callouts that share ledger `SET`.
#[derive(Debug)]
pub(crate) struct Member<const SET: usize, const MEMBER: usize>;

impl<const SET: usize, const MEMBER: usize> Member<SET, MEMBER> {
    /// Notes a call, and does in it what the plan says.
    fn act(kind: Kind, state: Option<&Canary>, packet: &mut dyn Replace) {
        let plan = plan_of(MEMBER);
        note(MEMBER, kind, state.map(Canary::id), packet.shown());
        if plan.panic == Some(When::Before) {
            throw(plan.payload_panics);
        }
        for edit in &plan.edits {
            let kind = match packet.replace_by(edit) {
                None => continue,
                Some(Ok(())) => Kind::Replaced,
                Some(Err(ReplaceError::Exhausted(_))) => Kind::Exhausted,
                Some(Err(ReplaceError::NotTracked)) => Kind::NobodyKeeps,
                Some(Err(_)) => Kind::EditFailed,
            };
            note(MEMBER, kind, None, packet.shown());
        }
        if plan.panic == Some(When::After) {
            throw(plan.payload_panics);
        }
    }
}

fn plan_of(member: usize) -> Plan {
    PLANS.with_borrow(|plans| plans[member].clone())
}

/// A packet as the argument of a hook shows it.
trait Replace {
    fn shown(&self) -> &[u8];

    fn replace_by(&mut self, _: &Edit) -> Option<Result<(), ReplaceError>> {
        None
    }
}

impl Replace for &[u8] {
    fn shown(&self) -> &[u8] {
        self
    }
}

/// Implements `Replace` for a packet that can be replaced.
macro_rules! replace {
    ($($Packet:ident),+) => {$(
        impl Replace for $Packet<'_> {
            fn shown(&self) -> &[u8] {
                let _ = self.message().map(|message| format!("{message:#}"));
                self.bytes()
            }

            fn replace_by(&mut self, edit: &Edit) -> Option<Result<(), ReplaceError>> {
                Some(match edit {
                    Edit::Fill(size, value) => self.replace_with(&vec![*value; *size]),
                    Edit::SetOption(value) => {
                        let replaced = self.replace(|editor| {
                            editor.set_raw(OptionCode::from_code(43), value).set(option::LEASE_TIME, 60);
                        });
                        replaced.map(drop)
                    }
                })
            }
        }
    )+};
}

replace!(NewPacket, SendPacket);

impl<const SET: usize, const MEMBER: usize> Callout for Member<SET, MEMBER> {
    type State = Canary;

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<Canary> {
        let plan = plan_of(MEMBER);
        if plan.meddles {
            packet.set_process_it(false);
            packet.set_raw_context(core::ptr::without_provenance_mut(0x5A5A));
        }
        Self::act(Kind::New, None, packet);
        match plan.decision {
            Verdict::Pass => Decision::Pass,
            Verdict::Refuse => Decision::Refuse,
            Verdict::Track => {
                let canary = Canary::new(&LEDGERS[SET], plan.state_panics);
                note(MEMBER, Kind::Tracked, Some(canary.id), &[]);
                Decision::Track(canary)
            }
        }
    }

    fn packet_dropped(&self, _: &PacketNotice<'_>, state: Option<&Canary>) {
        Self::act(Kind::Dropped, state, &mut &[][..]);
    }

    fn packet_done(&self, _: Outcome, state: Canary) {
        state.hand_back();
        Self::act(Kind::Done, Some(&state), &mut &[][..]);
    }

    fn packet_lost(&self, _: Stage, state: Canary) {
        state.hand_back();
        Self::act(Kind::Lost, Some(&state), &mut &[][..]);
    }

    fn not_tracked(&self, state: Canary) {
        state.hand_back();
        Self::act(Kind::NotTracked, Some(&state), &mut &[][..]);
    }

    fn diagnostic(&self, diagnostic: Diagnostic<'_>) {
        let plan = plan_of(MEMBER);
        let (kind, panics) = match diagnostic {
            Diagnostic::Panicked { .. } => (Kind::Panicked, plan.panicked_panics),
            Diagnostic::NoticeRejected { .. } => (Kind::Rejected, plan.panic.is_some()),
            Diagnostic::ArgumentsRefused { .. } => (Kind::ArgumentsRefused, plan.panic.is_some()),
            Diagnostic::NotTracked | Diagnostic::ChainFull => (Kind::TableFull, plan.panic.is_some()),
            Diagnostic::Lost { .. } | Diagnostic::ChainLost { .. } => (Kind::GivenUp, plan.panic.is_some()),
            Diagnostic::NotTold { .. } => (Kind::NotTold, plan.panic.is_some()),
            _ => return,
        };
        note(MEMBER, kind, None, &[]);
        if panics {
            throw(plan.payload_panics);
        }
    }

    fn load(&'static self) -> Result<(), LoadError> {
        Self::act(Kind::Load, None, &mut &[][..]);
        Ok(())
    }
}

impl<const SET: usize, const MEMBER: usize> OnControl for Member<SET, MEMBER> {
    fn control(&'static self, _: ControlEvent) {
        Self::act(Kind::Control, None, &mut &[][..]);
    }
}

impl<const SET: usize, const MEMBER: usize> OnSendPacket for Member<SET, MEMBER> {
    fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&Canary>) {
        Self::act(Kind::Send, state, packet);
    }
}

impl<const SET: usize, const MEMBER: usize> OnAddressOffered for Member<SET, MEMBER> {
    fn address_offered(&self, event: &AddressOffered<'_>, state: Option<&Canary>) {
        Self::act(Kind::Offered, state, &mut event.bytes());
    }
}

impl<const SET: usize, const MEMBER: usize> OnAddressDeleted for Member<SET, MEMBER> {
    fn address_deleted(&self, event: &AddressDeleted<'_>, state: Option<&Canary>) {
        Self::act(Kind::Deleted, state, &mut event.bytes());
    }
}

impl<const SET: usize, const MEMBER: usize> OnOptionsParsed for Member<SET, MEMBER> {
    fn options_parsed(&self, options: &mut ParsedOptions<'_>, state: Option<&Canary>) {
        let _ = (options.bytes().to_vec(), format!("{options:?}"));
        write_back(options);
        Self::act(Kind::Parsed, state, &mut &fields(options)[..]);
    }
}

impl<const SET: usize, const MEMBER: usize> OnClientDeleted for Member<SET, MEMBER> {
    fn client_deleted(&self, event: &ClientDeleted<'_>) {
        Self::act(Kind::ClientDeleted, None, &mut event.hardware_address());
    }
}

/// Changes each field that is there to what it is.
fn write_back(options: &mut ParsedOptions<'_>) {
    macro_rules! each {
        ($($field:ident $set:ident)+) => {
            $(assert_eq!(options.$field().is_some(), options.$field().is_some_and(|value| options.$set(value).is_ok()));)+
        };
    }
    each! {
        message_type set_message_type
        subnet_mask set_subnet_mask
        requested_address set_requested_address
        request_lease_time set_request_lease_time
        overlay_fields set_overlay_fields
        router_address set_router_address
        server set_server
        scope_id set_scope_id
    }
}

/// Every byte that the fields lead to.
fn fields(options: &ParsedOptions<'_>) -> Vec<u8> {
    let bytes = [options.message_type(), options.overlay_fields()];
    let dwords = [
        options.subnet_mask(),
        options.requested_address(),
        options.request_lease_time(),
        options.router_address(),
        options.server(),
        options.scope_id(),
    ];
    let texts = [
        options.parameter_request_list(),
        options.machine_name(),
        options.client_hardware_address(),
        options.class_identifier(),
        options.vendor_class(),
        options.dns_name(),
        options.ds_domain_name(),
    ];
    let mut all: Vec<u8> = bytes.into_iter().flatten().collect();
    all.extend(dwords.into_iter().flatten().flat_map(|dword| dword.0));
    all.extend(texts.into_iter().flatten().flatten());
    all
}
