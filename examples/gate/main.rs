//! A hardware-address filter, with the list file of Microsoft's MAC filter callout for Windows Server 2003 and 2008.
//!
//! The first line of the file is `MAC_ACTION = {ALLOW}` or `MAC_ACTION = {DENY}`; each line after it is one address of
//! 12 hexadecimal digits without separators, and a `#` begins a comment. With `ALLOW` only the addresses of the list
//! are served, with `DENY` all others. With a bad action the DLL is not loaded; a bad address is left out; both are
//! reported. The file is read once, when the server loads the DLL, and looked up without a lock.
//!
//! In a DLL of your own this folder is `src`, and this file `lib.rs`, without `main`, `tests` and `show`, and the path
//! is where the administrator keeps the list. Here it comes from `DHCP_GATE_LIST`, and `main` shows the gate at work.

use std::collections::HashSet;
use std::sync::OnceLock;

use dhcp_callout::{Callout, Decision, Host, LoadError, Message, NewPacket};
use dhcp_callout_support::show;

#[cfg(test)]
mod tests;

type Mac = [u8; 6];

struct Gate;

/// Read when the DLL is loaded.
static LIST: OnceLock<List> = OnceLock::new();

struct List {
    allow: bool,
    addresses: HashSet<Mac>,
}

impl Callout for Gate {
    type State = ();

    fn load(&'static self) -> Result<(), LoadError> {
        let path = std::env::var("DHCP_GATE_LIST").unwrap_or_else(|_| "MACList.txt".to_owned());
        let text = std::fs::read_to_string(&path).inspect_err(|error| report(&format!("{path}: {error}")))?;
        let list = List::parse(&text).map_err(|error| {
            report(&format!("{path}: {error}"));
            LoadError::default()
        })?;
        LIST.get_or_init(|| list);
        Ok(())
    }

    fn new_packet(&self, packet: &mut NewPacket<'_>) -> Decision<()> {
        let mac = packet.message().ok().and_then(Message::mac);
        match (LIST.get(), mac) {
            (Some(list), Some(mac)) if list.addresses.contains(&mac) != list.allow => Decision::Refuse,
            _ => Decision::Pass,
        }
    }
}

impl List {
    fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text
            .lines()
            .map(|line| line.split('#').next().unwrap_or_default().trim());
        let action: String = lines.next().unwrap_or_default().split_whitespace().collect();
        let allow = match action.to_ascii_uppercase().as_str() {
            "MAC_ACTION={ALLOW}" => true,
            "MAC_ACTION={DENY}" => false,
            _ => return Err(format!("line 1: bad action {action:?}")),
        };
        let mut addresses = HashSet::new();
        for (number, line) in (2_u32..).zip(lines).filter(|(_, line)| !line.is_empty()) {
            match parse_mac(line) {
                Some(mac) => drop(addresses.insert(mac)),
                None => report(&format!("line {number}: bad address {line:?} left out")),
            }
        }
        Ok(Self { allow, addresses })
    }
}

fn parse_mac(digits: &str) -> Option<Mac> {
    let all_hex = digits.len() == 12 && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let number = u64::from_str_radix(digits, 16).ok().filter(|_| all_hex)?;
    let [_, _, mac @ ..] = number.to_be_bytes();
    Some(mac)
}

/// On a server: into a file or the event log, for what a service writes to stderr is lost.
fn report(what: &str) {
    eprintln!("gate: {what}");
}

static GATE: Host<Gate, 1, 0> = Host::new(Gate);
dhcp_callout::export!(GATE);

fn main() {
    show::lifecycles(DhcpServerCalloutEntry);
}
