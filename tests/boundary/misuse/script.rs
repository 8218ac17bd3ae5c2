//! What a server can do to a callout table: any arguments within what the types can express.

use dhcp_callout::hook::Dword;
use dhcp_callout::simulate::ServerFields;
use dhcp_callout::strategy::{self, control_code, packet};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::author::{MEMBERS, Plan, plan};

pub(crate) const STOP: u32 = 0x2;

/// One call of a hook, and what the callouts do in it.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub(crate) hook: Hook,
    pub(crate) packet: Packet,
    pub(crate) context: Context,
    pub(crate) code: u32,
    pub(crate) plans: [Plan; MEMBERS],
}

#[derive(Clone, Debug)]
pub(crate) enum Hook {
    New {
        /// What `*PktContext` and `*ProcessIt` hold before.
        before: (usize, i32),
        context: Variable,
        process_it: Variable,
    },
    Drop,
    Send,
    Deleted,
    Offered,
    /// With what the server has parsed, at that distance from an aligned address.
    Parsed(Option<(Box<ServerFields>, usize)>),
    Control,
    DeleteClient,
    Entry {
        version: u32,
        table: Variable,
    },
}

impl Step {
    /// Whether the service stops, so that packets are lost.
    pub(crate) fn stops(&self) -> bool {
        matches!(self.hook, Hook::Control) && self.code == STOP
    }

    /// Whether a packet of which the server may have spoken before is called by its context.
    pub(crate) fn is_about_packet(&self) -> bool {
        matches!(
            self.hook,
            Hook::Drop | Hook::Send | Hook::Deleted | Hook::Offered | Hook::Parsed(_)
        )
    }
}

/// A variable of the server: `None` for NULL, otherwise how far from an aligned address.
pub(crate) type Variable = Option<usize>;

/// A packet, or anything else with a length.
#[derive(Clone, Debug)]
pub(crate) struct Packet {
    pub(crate) bytes: Bytes,
    /// A claim beyond what any packet may have; otherwise the length is the true one.
    pub(crate) too_long: Option<u32>,
    /// Where the variables for pointer and size are.
    pub(crate) variables: (Variable, Variable),
    /// Whether it is in an allocation of its size, or else in a server's buffer.
    pub(crate) is_exact: bool,
}

#[derive(Clone, Debug)]
pub(crate) enum Bytes {
    Null,
    Own(Vec<u8>),
    /// What a callout has put into place of some packet, if there is any.
    Replaced(Index),
}

#[derive(Clone, Debug)]
pub(crate) enum Context {
    Null,
    /// One that a hook has set, whatever became of it.
    Given(Index),
    /// The one set last.
    Last,
    /// One that a hook has set, with one bit wrong.
    Flipped(Index, u32),
    Any(usize),
}

pub(crate) fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    vec(step(), 1..most)
}

pub(crate) fn two() -> impl Strategy<Value = [Vec<Step>; 2]> {
    [vec(step(), 20..60), vec(step(), 20..60)]
}

fn step() -> impl Strategy<Value = Step> {
    let code = prop_oneof![2 => Just(0xB_u32), 2 => 1..0xB_u32, 3 => Just(0x1000_0000), 4 => control_code()];
    let plans = [plan().boxed(), plan().boxed(), plan().boxed()];
    (
        hook().boxed(),
        argument().boxed(),
        context().boxed(),
        code.boxed(),
        plans,
    )
        .prop_map(|(hook, packet, context, code, plans)| Step {
            // Mostly a code of the hook's own family.
            code: match (&hook, code >> 31) {
                (Hook::Drop, 0) => code & 0x8000_000F,
                (Hook::Send, 0) => 0x1000_0000 | code & 0xFF,
                (Hook::Control, 0) if code == 0xB => STOP,
                (Hook::Control, 0) => code & 0x7,
                (Hook::Deleted, 0) => 0x2000_0000 | code & 0xFF,
                (Hook::Offered, 0) => 0x3000_0000 | code & 0xFF,
                _ => code,
            },
            hook,
            packet,
            context,
            plans,
        })
}

fn hook() -> impl Strategy<Value = Hook> {
    let out = || prop_oneof![12 => (0..8_usize).prop_map(Some), 1 => Just(None)];
    let new = || {
        (any::<(usize, i32)>(), out(), out()).prop_map(|(before, context, process_it)| Hook::New {
            before,
            context,
            process_it,
        })
    };
    let version = prop_oneof![2 => Just(0), 1 => any::<u32>()];
    prop_oneof![
        8 => new(),
        6 => Just(Hook::Drop),
        4 => Just(Hook::Send),
        1 => Just(Hook::Deleted),
        1 => Just(Hook::Offered),
        1 => prop_oneof![6 => fields().prop_map(|(fields, offset)| Hook::Parsed(Some((Box::new(fields), offset)))).boxed(), 1 => Just(Hook::Parsed(None))],
        2 => Just(Hook::Control),
        1 => Just(Hook::DeleteClient),
        1 => (version, out()).prop_map(|(version, table)| Hook::Entry { version, table }),
    ]
}

fn argument() -> impl Strategy<Value = Packet> {
    let variable = || prop_oneof![20 => (0..8_usize).prop_map(Some), 1 => Just(None)];
    let too_long = prop_oneof![10 => Just(None), 1 => too_long().prop_map(Some)];
    let bytes = prop_oneof![
        1 => Just(Bytes::Null),
        16 => contents().prop_map(Bytes::Own),
        4 => any::<Index>().prop_map(Bytes::Replaced),
    ];
    let variables = (variable(), variable());
    (bytes, too_long, variables, any::<bool>()).prop_map(|(bytes, too_long, variables, is_exact)| Packet {
        bytes,
        too_long,
        variables,
        is_exact,
    })
}

fn contents() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        4 => vec(any::<u8>(), 0..40),
        2 => packet().boxed().prop_map(|strategy::Bytes(mut packet)| {
            packet.truncate(4096);
            packet
        }),
        1 => (4090..=4096_usize, any::<u8>()).prop_map(|(size, value)| vec![value; size]),
    ]
}

fn too_long() -> impl Strategy<Value = u32> {
    prop_oneof![Just(4097), Just(u32::MAX), 4097..=u32::MAX]
}

fn context() -> impl Strategy<Value = Context> {
    prop_oneof![
        1 => Just(Context::Null),
        6 => any::<Index>().prop_map(Context::Given),
        6 => Just(Context::Last),
        1 => (any::<Index>(), 0..usize::BITS).prop_map(|(index, bit)| Context::Flipped(index, bit)),
        1 => any::<usize>().prop_map(Context::Any),
        1 => (0..100_usize).prop_map(Context::Any),
    ]
}

fn fields() -> impl Strategy<Value = (ServerFields, usize)> {
    let dword = || prop::option::of(any::<[u8; 4]>().prop_map(Dword)).boxed();
    let text = || prop::option::of(contents().boxed()).boxed();
    let length = || prop_oneof![30 => Just(None), 1 => too_long().prop_map(Some)].boxed();
    (
        any::<[Option<u8>; 2]>(),
        [dword(), dword(), dword(), dword(), dword(), dword()],
        [text(), text(), text(), text(), text(), text(), text()],
        [length(), length(), length(), length(), length(), length(), length()],
        any::<(u8, u32, u8)>(),
        (0..4_usize, 0..8_usize),
    )
        .prop_map(|(bytes, dwords, texts, lengths, numbers, (offset, structure))| {
            let (hardware_type, dns_flags, domain_requested) = numbers;
            let fields = ServerFields {
                bytes,
                dwords,
                texts,
                lengths,
                hardware_type,
                dns_flags,
                domain_requested,
                offset,
            };
            (fields, structure)
        })
}
