#![no_std]

use core::panic::PanicInfo;

use dhcp_callout::{Callout, Decision, Host, Message, NewPacket};

struct OnlyEthernet;

impl Callout for OnlyEthernet {
    type State = ();

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
        match packet.message().map(Message::mac) {
            Ok(None) => Decision::Refuse,
            Ok(Some(_)) | Err(_) => Decision::Pass,
        }
    }
}

static ONLY_ETHERNET: Host<OnlyEthernet, 1, 0> = Host::new(OnlyEthernet);
dhcp_callout::export!(ONLY_ETHERNET);

/// Nothing above panics. If it did, the server would stop here rather than go on with half a packet.
#[panic_handler]
fn panic(_: &PanicInfo<'_>) -> ! {
    // SAFETY: `ud2` ends the process, whatever its state.
    unsafe { core::arch::asm!("ud2", options(noreturn, nomem, nostack)) }
}

/// Named by the precompiled `core` of windows-gnu, never called.
#[cfg(target_env = "gnu")]
#[unsafe(no_mangle)]
extern "C" fn rust_eh_personality() {}
