//! A callout DLL without the standard library: with what the linker then asks of its author, and nothing else.
#![cfg_attr(not(test), no_std)]

#[path = "../../boundary/abi.rs"]
mod abi;

use dhcp_callout::{Callout, Decision, Host, NewPacket, OnSendPacket, SendPacket, option};

struct Gate;

impl Callout for Gate {
    type State = [u8; 6];

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<[u8; 6]> {
        let Ok(message) = packet.message() else {
            return Decision::Pass;
        };
        match message.find(option::CLASS_ID) {
            Some(class) if class.starts_with(b"rogue") => Decision::Refuse,
            _ => message.mac().map_or(Decision::Pass, Decision::Track),
        }
    }
}

impl OnSendPacket for Gate {
    fn send_packet(&self, packet: &mut SendPacket<'_>, _: Option<&[u8; 6]>) {
        // Without a buffer the reply goes out as it is.
        let _ = packet.replace(|reply| {
            reply.set(option::DEFAULT_IP_TTL, 64);
        });
    }
}

static GATE: Host<Gate, 1024> = Host::new(Gate);
dhcp_callout::export!(GATE);

#[cfg(not(test))]
#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {
        core::hint::spin_loop();
    }
}

/// The core library that rustup offers is built to unwind, and names this function; with `panic = "abort"` nobody calls it.
#[cfg(not(test))]
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
