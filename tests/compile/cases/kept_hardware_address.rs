// The hardware address of an event, kept beyond the event.
use dhcp_callout::ClientDeleted;

fn keep(event: ClientDeleted<'static>) -> &'static [u8] {
    event.hardware_address()
}

fn main() {}
