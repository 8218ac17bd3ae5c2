// Keys of options where those of sub-options belong: the numbers would mean something else there.
#![allow(unused)]

use dhcp_callout::PacketBuffer;
use dhcp_callout::message::{SuboptionChanges, option};

pub fn nest(buffer: &mut PacketBuffer) {
    let changes = SuboptionChanges::new()
        .set(option::LEASE_TIME, 3600)
        .remove(option::HOST_NAME.code());
    let _ = buffer.edit(|editor| {
        editor.set(option::VENDOR_SPECIFIC, changes);
    });
}

fn main() {}
