//! Boot file and boot server for PXE clients by their architecture (option 93): BIOS, 32-bit and 64-bit UEFI, ARM.
//!
//! The answer is decided when the client's packet comes in, and is the packet's state. The reply is edited in the
//! server's own buffer.
//!
//! In a DLL of your own this folder is `src`, and this file `lib.rs`, without `main`, `tests` and `show`.

use core::net::Ipv4Addr;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

use dhcp_callout::message::{Architecture, option};
use dhcp_callout::{Callout, Decision, Host, MessageType, NewPacket, OnSendPacket, SendPacket};
use dhcp_callout_support::show;

#[cfg(test)]
mod tests;

/// How many replies went out as the server made them. The table of files is not part of the host, which would be in
/// the file of the DLL then, with all its slots.
struct Pxe(AtomicU64);

impl Callout for Pxe {
    /// The boot file, and how long the reply may be.
    type State = (&'static str, usize);

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<Self::State> {
        let Ok(message) = packet.message() else {
            return Decision::Pass;
        };
        if !message
            .find(option::CLASS_ID)
            .is_some_and(|class| class.starts_with(b"PXEClient"))
        {
            return Decision::Pass;
        }
        // A client names all architectures that it can boot, the preferred one first.
        let architectures = message.find(option::CLIENT_ARCH);
        let mut preferred = architectures.iter().flatten();
        let file = preferred.find_map(|wanted| FILES.iter().find(|(known, _)| *known == wanted));
        file.map_or(Decision::Pass, |(_, name)| {
            Decision::Track((*name, message.longest_reply()))
        })
    }
}

impl OnSendPacket for Pxe {
    fn send_packet(&self, reply: &mut SendPacket<'_>, state: Option<&Self::State>) {
        let Some((file, limit)) = state else { return };
        // A refusal has no boot file (RFC 2131, table 3).
        if reply
            .message()
            .is_ok_and(|message| message.message_type() == Some(MessageType::NAK))
        {
            return;
        }
        let rewritten = reply.rewrite(|editor| {
            editor
                .siaddr(SERVER)
                .file(file.as_bytes())
                .set(option::TFTP_SERVER_NAME, "boot.example.net")
                .set(option::BOOT_FILE_NAME, *file)
                .free_fields()
                .limit(*limit);
        });
        if rewritten.is_err() {
            self.0.fetch_add(1, Relaxed);
        }
    }
}

static FILES: [(Architecture, &str); 4] = [
    (Architecture::X86_BIOS, "bios/undionly.kpxe"),
    (Architecture::X86_UEFI, "ia32/ipxe.efi"),
    (Architecture::X64_UEFI, "x64/ipxe.efi"),
    (Architecture::ARM64_UEFI, "arm64/ipxe.efi"),
];

const SERVER: Ipv4Addr = Ipv4Addr::new(192, 0, 2, 66);

// No buffers: replies are rewritten where they are.
static PXE: Host<Pxe, 1024, 0> = Host::new(Pxe(AtomicU64::new(0)));
dhcp_callout::export!(PXE);

fn main() {
    show::lifecycles(DhcpServerCalloutEntry);
}
