//! Proves that no misuse of the raw hooks does harm: any codes, sizes, NULLs, contexts and orders, callouts that panic,
//! two threads. No hook unwinds, the server's variables are as promised, each state comes back once, and buffers stay
//! until their packet is done and return then. (Those of a packet that is lost never return: scripts that count buffers
//! end replaced packets before they stop the service, and scripts that do not have buffers enough.) What hooks may read
//! are allocations of exactly that size, so that `AddressSanitizer` (`.ci/run asan`) sees each byte too many.
#![expect(unsafe_code, reason = "a server calls hooks with raw pointers")]
#![expect(
    clippy::too_many_lines,
    reason = "a hook, its arguments and what is expected of it are read together"
)]
#![expect(
    clippy::undocumented_unsafe_blocks,
    reason = "every block calls a hook with what the prototype asks, or reads what a hook promised: see `Call`"
)]

mod author;
mod model;
mod script;

use core::panic::AssertUnwindSafe;
use std::panic::{catch_unwind, resume_unwind};
use std::sync::Once;
use std::thread;

use author::{IN_HOOK, LEDGERS, MEMBERS, Member, fault, throw, with_plans};
use dhcp_callout::chain::{Chain, LoadedDll};
use dhcp_callout::ffi::EntryPoint;
use dhcp_callout::simulate::{EntryCall, Server};
use dhcp_callout::{DllPath, Host, entry_point};
use model::{Contexts, Model, Shape};
use proptest::prelude::*;
use script::Step;

static ALONE_HOST: Host<Member<0, 0>, 4, 3> = Host::new(Member);
static FIRST: Host<Member<1, 0>, 6, 4> = Host::new(Member);
static SECOND: Host<Member<1, 1>, 4, 3> = Host::new(Member);
static THIRD: Host<Member<1, 2>, 5, 2> = Host::new(Member);
static SHARED: Host<Member<2, 0>, 4, 3> = Host::new(Member);
static SHARED_FIRST: Host<Member<3, 0>, 6, 4> = Host::new(Member);
static SHARED_SECOND: Host<Member<3, 1>, 4, 3> = Host::new(Member);
static SHARED_THIRD: Host<Member<3, 2>, 5, 2> = Host::new(Member);
static STOPPED: Host<Member<4, 0>, 4, 4096> = Host::new(Member);
static STOPPED_FIRST: Host<Member<5, 0>, 6, 4096> = Host::new(Member);
static STOPPED_SECOND: Host<Member<5, 1>, 4, 4096> = Host::new(Member);
static STOPPED_THIRD: Host<Member<5, 2>, 5, 4096> = Host::new(Member);
static OF_FIRST: Chain<6> = Chain::new();
static OF_SHARED: Chain<6> = Chain::new();
static OF_STOPPED: Chain<6> = Chain::new();

entry_point!(fn alone = ALONE_HOST);
entry_point!(fn first = FIRST, chain = OF_FIRST, find = find);
entry_point!(fn second = SECOND);
entry_point!(fn third = THIRD);
entry_point!(fn shared = SHARED);
entry_point!(fn shared_first = SHARED_FIRST, chain = OF_SHARED, find = find);
entry_point!(fn shared_second = SHARED_SECOND);
entry_point!(fn shared_third = SHARED_THIRD);
entry_point!(fn stopped = STOPPED);
entry_point!(fn stopped_first = STOPPED_FIRST, chain = OF_STOPPED, find = find);
entry_point!(fn stopped_second = STOPPED_SECOND);
entry_point!(fn stopped_third = STOPPED_THIRD);

#[expect(clippy::unnecessary_wraps, reason = "the signature is that of a loader")]
fn find(path: DllPath<'_>) -> Option<LoadedDll> {
    let entry: EntryPoint = match path.to_string().as_str() {
        "second" => second,
        "third" => third,
        "shared second" => shared_second,
        "shared third" => shared_third,
        "stopped second" => stopped_second,
        "stopped third" => stopped_third,
        // Contained: this DLL is left out.
        path => throw(path.len() == 7),
    };
    // SAFETY: the entry points are made by the macro.
    Some(unsafe { LoadedDll::new(entry) })
}

const ALONE: Shape = Shape {
    packets: [4, 0, 0],
    buffers: [3, 0, 0],
    chain: None,
};

const CHAIN: Shape = Shape {
    packets: [6, 4, 5],
    buffers: [4, 3, 2],
    chain: Some(6),
};

/// Reports each panic that nobody asked for: what the callouts throw passes the panic hook by.
fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if IN_HOOK.get() {
                fault(format!("in a hook: {info}"));
            }
            before(info);
        }));
    });
}

fn load(entry: EntryPoint, list: &str) -> Server {
    watch_panics();
    let list: Vec<u16> = list.encode_utf16().collect();
    let call = EntryCall::DEFAULT.chain(Some(&list));
    let (result, _) = with_plans(&Default::default(), || unsafe { call.enter(entry) });
    unsafe { Server::new(result.table().unwrap()) }
}

/// Runs one script, and then reports every packet as processed: nothing may be left.
fn run(entry: EntryPoint, list: &str, shape: Shape, set: usize, steps: &[Step]) {
    let server = load(entry, list);
    let mut model = Model::new(&server, entry, shape);
    let outcome = catch_unwind(AssertUnwindSafe(|| {
        for step in steps {
            model.step(step);
        }
        model.finish();
        LEDGERS[set].settle();
    }));
    if let Err(failure) = outcome {
        // So that the next run, of fewer steps, begins as this one did.
        model.end_given();
        LEDGERS[set].forget();
        resume_unwind(failure);
    }
}

/// Runs two scripts at once, each thread with the contexts of both if they are `mixed`. If the service `stops`, buffers
/// are lost, and are not counted.
fn run_two(
    (entry, list, shape, set): (EntryPoint, &str, Shape, usize),
    stops: bool,
    scripts: &[Vec<Step>; 2],
    mixed: bool,
) {
    let server = &load(entry, list);
    let one = Contexts::default();
    let contexts = [one.clone(), if mixed { one } else { Contexts::default() }];
    thread::scope(|scope| {
        for (steps, contexts) in scripts.iter().zip(&contexts) {
            scope.spawn(move || {
                let mut model = Model::one_of_several(server, entry, shape, contexts.clone());
                for step in steps.iter().filter(|step| stops || !step.stops()) {
                    model.step(step);
                }
            });
        }
    });
    for contexts in contexts {
        Model::one_of_several(server, entry, shape, contexts).end_given();
    }
    if stops {
        // A packet that was on its way in when the service stopped may be left in the table of a member.
        Model::one_of_several(server, entry, shape, Contexts::default()).stop();
    } else {
        Model::new(server, entry, shape).finish();
    }
    LEDGERS[set].settle();
}

/// A share of the usual cases, or of those that `PROPTEST_CASES` asks for.
fn one_in(share: u32) -> ProptestConfig {
    let usual = ProptestConfig::default();
    ProptestConfig {
        cases: usual.cases.div_ceil(share),
        // What fails is shrunk to a few steps, which then become a test of their own.
        failure_persistence: None,
        ..usual
    }
}

proptest! {
    #![proptest_config(one_in(1))]

    #[test]
    fn one_callout_survives_any_calls(steps in script::steps(60)) {
        run(alone, "\0\0", ALONE, 0, &steps);
    }

    #[test]
    fn a_chain_survives_any_calls(steps in script::steps(60)) {
        run(first, "second\0missing\0third\0\0", CHAIN, 1, &steps);
    }
}

proptest! {
    #![proptest_config(one_in(4))]

    #[test]
    fn one_callout_survives_two_threads(scripts in script::two(), mixed in any::<bool>()) {
        run_two((shared, "\0\0", ALONE, 2), false, &scripts, mixed);
    }

    #[test]
    fn a_chain_survives_two_threads(scripts in script::two(), mixed in any::<bool>()) {
        run_two((shared_first, "shared second\0shared third\0\0", CHAIN, 3), false, &scripts, mixed);
    }

    #[test]
    fn one_callout_survives_stops_on_two_threads(scripts in script::two(), mixed in any::<bool>()) {
        run_two((stopped, "\0\0", ALONE, 4), true, &scripts, mixed);
    }

    #[test]
    fn a_chain_survives_stops_on_two_threads(scripts in script::two(), mixed in any::<bool>()) {
        run_two((stopped_first, "stopped second\0stopped third\0\0", CHAIN, 5), true, &scripts, mixed);
    }
}

const _: () = assert!(MEMBERS == ALONE.packets.len());
