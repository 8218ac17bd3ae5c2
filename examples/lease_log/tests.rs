//! What was to be written is written when STOP returns, and no rule of the check is broken.
#![expect(
    unsafe_code,
    reason = "entry points are called as the server calls them, and other threads may read the environment"
)]

use core::sync::atomic::AtomicU32;

use dhcp_callout::simulate::{self, Server};
use dhcp_callout::{MessageType, Outcome, PacketBuffer, ServiceControl};

use super::{DhcpServerCalloutEntry, Request, writer};

#[test]
fn all_is_written_when_stop_returns_and_no_rule_is_broken() {
    let log = std::env::temp_dir().join(format!("dhcp-leases-{}.log", std::process::id()));
    // SAFETY: this is the only test of the program, and no thread of the callout is there.
    unsafe { std::env::set_var("DHCP_LEASE_LOG", &log) };
    // SAFETY: the entry point and its hooks are those that `export!` made.
    let server = unsafe { Server::load(DhcpServerCalloutEntry) }.unwrap();
    let send = |number| {
        let request = Request {
            client: [2; 6],
            message_type: MessageType::REQUEST,
            // Like padding, once it is escaped.
            host_name: *br"fffffffffffffffffffffffffffe\x00",
            circuit: [0; 32],
            lease: [number, 60].map(AtomicU32::new),
        };
        writer::send(request, Outcome::Processed)
    };
    // Faster than the thread writes.
    assert_eq!((0..1000).filter(|number| send(*number)).count(), 1000);
    server.control(ServiceControl::STOP);
    let text = std::fs::read_to_string(&log).unwrap();
    assert_eq!(
        text.lines()
            .filter(|line| line.contains(r#"e\\x00" "" "#) && line.contains(" 60 s: processed"))
            .count(),
        1000
    );
    assert!(text.ends_with(" stopped; 0 missed\n"), "{text}");

    server.control(ServiceControl::START);
    let discover = PacketBuffer::request(MessageType::DISCOVER, 1, &[2; 6]).unwrap();
    server.receive(discover.as_bytes()).unwrap();
    server.control(ServiceControl::STOP);
    server.control(ServiceControl::START);
    assert!(send(0));
    server.control(ServiceControl::STOP);
    let text = std::fs::read_to_string(&log).unwrap();
    assert_eq!(text.lines().filter(|line| !line.ends_with("; 0 missed")).count(), 1);
    assert!(
        text.contains(" stopped; 1 missed\n"),
        "what is in flight is told once: {text}"
    );

    // SAFETY: as above.
    let report = unsafe { simulate::check(DhcpServerCalloutEntry) };
    report.assert_clean();
    assert!(report.is_complete());
    std::fs::remove_file(log).unwrap();
}
