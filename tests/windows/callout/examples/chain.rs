//! A callout DLL that loads those that the server leaves to it, and has a part in their packets itself.

use core::ffi::{CStr, c_char, c_void};
use core::sync::atomic::AtomicU64;
use core::sync::atomic::Ordering::SeqCst;

use dhcp_callout::chain::{Chain, LoadedDll};
use dhcp_callout::ffi::{CALLOUT_ENTRY_POINT, EntryPoint};
use dhcp_callout::message::OptionCode;
use dhcp_callout::{
    Callout, Decision, DllPath, Host, LoadError, Message, NewPacket, OnSendPacket, Outcome, SendPacket,
};

/// Offset of `file`, where a replaced packet is marked.
const FILE: usize = 108;

/// Tracks every packet by its transaction id, and replaces every reply.
struct First;

static FIRST: Host<First, 64, 64> = Host::new(First);
static CHAIN: Chain<64> = Chain::new();
dhcp_callout::export!(FIRST, chain = CHAIN, find = load);

macro_rules! probes {
    ($($NAME:ident)+) => {
        $(
            static $NAME: AtomicU64 = AtomicU64::new(0);

            const _: () = {
                #[unsafe(export_name = concat!("probe_", stringify!($NAME)))]
                extern "system" fn read() -> u64 {
                    $NAME.load(SeqCst)
                }
            };
        )+
    };
}

probes! { LOADED NOT_LOADED TRACKED DONE DONE_DROPPED WITH_STATE WRONG_STATE REPLACED }

fn add(probe: &AtomicU64) {
    probe.fetch_add(1, SeqCst);
}

impl Callout for First {
    type State = u32;

    fn load(&'static self) -> Result<(), LoadError> {
        // The panic of this test is meant.
        std::panic::set_hook(Box::new(|_| {}));
        Ok(())
    }

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<u32> {
        let Ok(message) = packet.message() else {
            return Decision::Pass;
        };
        let name = message.value(OptionCode::from_code(12));
        let marks = matches!(name, Ok(Some(name)) if name.bytes().eq(*b"chain-rewrite"));
        let xid = message.xid();
        if marks {
            let replaced = marked(packet.bytes()).is_some_and(|bytes| packet.replace_with(&bytes).is_ok());
            assert!(replaced);
            add(&REPLACED);
        }
        add(&TRACKED);
        Decision::Track(xid)
    }

    fn packet_done(&self, outcome: Outcome, _: u32) {
        add(&DONE);
        if matches!(outcome, Outcome::Dropped(_)) {
            add(&DONE_DROPPED);
        }
    }
}

impl OnSendPacket for First {
    fn send_packet(&self, packet: &mut SendPacket<'_>, state: Option<&u32>) {
        let Some(xid) = state else { return };
        add(&WITH_STATE);
        if Message::parse(packet.bytes()).is_ok_and(|message| message.xid() != *xid) {
            add(&WRONG_STATE);
        }
        if marked(packet.bytes()).is_some_and(|bytes| packet.replace_with(&bytes).is_ok()) {
            add(&REPLACED);
        }
    }
}

fn marked(packet: &[u8]) -> Option<Vec<u8>> {
    let mut packet = packet.to_vec();
    packet.get_mut(FILE..)?.get_mut(..5)?.copy_from_slice(b"chain");
    Some(packet)
}

#[link(name = "kernel32")]
unsafe extern "system" {
    fn LoadLibraryW(path: *const u16) -> *mut c_void;
    fn GetProcAddress(module: *mut c_void, name: *const c_char) -> *mut c_void;
}

/// Finds the entry point of a DLL, which stays loaded.
fn load(path: DllPath<'_>) -> Option<LoadedDll> {
    let found = find(path, CALLOUT_ENTRY_POINT);
    add(if found.is_some() { &LOADED } else { &NOT_LOADED });
    assert!(path.to_string() != "panic.dll", "asked for");
    // SAFETY: what a DLL exports by this name is an entry point, and the DLL stays loaded.
    found.map(|entry| unsafe { LoadedDll::new(entry) })
}

fn find(path: DllPath<'_>, name: &CStr) -> Option<EntryPoint> {
    let path: Vec<u16> = path.units().iter().copied().chain([0]).collect();
    // SAFETY: the path ends in NUL.
    let module = unsafe { LoadLibraryW(path.as_ptr()) };
    if module.is_null() {
        return None;
    }
    // SAFETY: the module is loaded, and the name ends in NUL.
    let entry = unsafe { GetProcAddress(module, name.as_ptr()) };
    // SAFETY: a DLL that exports this name exports an entry point, and NULL is `None`.
    unsafe { core::mem::transmute::<*mut c_void, Option<EntryPoint>>(entry) }
}
