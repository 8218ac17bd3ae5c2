//! Captures that a test makes of messages of its own.

use core::time::Duration;
use std::path::{Path, PathBuf};

use dhcp_callout_support::capture::{Linktype, file_header, record};
use etherparse::PacketBuilder;

/// A capture file; it goes when this is dropped.
pub(crate) struct Capture(PathBuf);

impl Capture {
    /// Writes a file of this name, with one message a second.
    pub(crate) fn of(name: &str, messages: &[Vec<u8>]) -> Self {
        let mut file = file_header(Linktype::RAW, false);
        for (second, message) in (0..).zip(messages) {
            let is_reply = message[0] == 2;
            let (from, to) = if is_reply { (67, 68) } else { (68, 67) };
            let mut data = Vec::new();
            PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64)
                .udp(from, to)
                .write(&mut data, message)
                .unwrap();
            let length = u32::try_from(data.len()).unwrap();
            file.extend(record(Duration::from_secs(second), false, &data, length).unwrap());
        }
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, file).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}
