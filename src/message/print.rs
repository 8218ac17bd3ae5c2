//! Messages as text: one line for a log, or one line for each field and option.

use core::array;
use core::fmt;
use core::mem;
use core::net::Ipv4Addr;

use super::code::{Flags, OptionCode, Overload};
use super::codec::{Encoder, Format};
use super::option::values::Typed;
use super::option::{write_colons, write_escaped};
use super::pick::{Found, search};
use super::value::Value;
use super::walk::{Area, RawOption};
use super::{CAPACITY, FILE, HEADER_LENGTH, Key, MAGIC_COOKIE, Message, SNAME, option};

/// Text for people. Control characters are escaped, so that nothing from the wire can pass for something else.
///
/// `{}` is one line for a log: what the message is, who sent it, and the addresses, names and times in it. A fault in
/// the framing is named at the end.
///
/// `{:#}` is the whole message, one line for each field and each option. A line begins with the offset of the field, or
/// of the code byte, in bytes from the packet's first byte. The value of a split option is, joined, in the line of its
/// first fragment.
///
/// ```
/// use dhcp_callout::Message;
///
/// let mut packet = vec![1, 1, 6, 0, 0x39, 0x03, 0xf3, 0x26];
/// packet.resize(28, 0);
/// packet.extend([0x00, 0x05, 0x3c, 0x04, 0x8d, 0x59]);
/// packet.resize(236, 0);
/// packet.extend(b"\x63\x82\x53\x63\x35\x01\x01\x32\x04\xc0\x00\x02\x07\x0c\x02pc\x0c\x02\n1\xff");
///
/// let message = Message::parse(&packet)?;
/// assert_eq!(
///     message.to_string(),
///     r#"DISCOVER xid=0x3903f326 mac=00:05:3c:04:8d:59 requested=192.0.2.7 host="pc\n1""#,
/// );
/// let lines = format!("{message:#}");
/// assert!(lines.contains("  240  option 53 DHCP Message Type: DHCPDISCOVER\n"));
/// assert!(lines.contains("  249  option 12 Host Name: \"pc\\n1\" (2 fragments)\n"));
/// assert!(lines.contains("  253  option 12 Host Name: continued\n"));
/// # Ok::<(), dhcp_callout::message::ParseError>(())
/// ```
impl fmt::Display for Message<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if f.alternate() {
            write_fields(f, *self)?;
            write_options(f, *self)
        } else {
            write_line(f, *self)
        }
    }
}

fn write_line(f: &mut fmt::Formatter<'_>, message: Message<'_>) -> fmt::Result {
    write_kind(f, message)?;
    write!(f, " xid={:#010x}", message.xid())?;
    match (message.mac(), message.chaddr()) {
        (Some(mac), _) => {
            f.write_str(" mac=")?;
            write_colons(f, mac.into_iter())?;
        }
        (None, Ok([])) => {}
        (None, Ok(chaddr)) => {
            f.write_str(" chaddr=")?;
            write_colons(f, chaddr.iter().copied())?;
        }
        (None, Err(error)) => write!(f, " hlen={}", error.hlen)?,
    }
    let addresses = [
        ("ciaddr", message.ciaddr()),
        ("yiaddr", message.yiaddr()),
        ("siaddr", message.siaddr()),
        ("giaddr", message.giaddr()),
    ];
    for (name, address) in addresses {
        if address != Ipv4Addr::UNSPECIFIED {
            write!(f, " {name}={address}")?;
        }
    }
    write_option(f, message, "requested", option::REQUESTED_ADDRESS)?;
    write_option(f, message, "server", option::SERVER_ID)?;
    write_option(f, message, "lease", option::LEASE_TIME)?;
    write_option(f, message, "host", option::HOST_NAME)?;
    if let Ok(Some(fqdn)) = message.get(option::FQDN) {
        write!(f, " fqdn=\"{}\"", fqdn.name)?;
    }
    write_option(f, message, "class", option::CLASS_ID)?;
    write_option(f, message, "message", option::MESSAGE)?;
    match message.options().find_map(Result::err) {
        Some(fault) => write!(f, " (malformed at {})", fault.offset()),
        None => Ok(()),
    }
}

/// Prints what the message is: `DISCOVER`, or for a message without a type which way it goes.
fn write_kind(f: &mut fmt::Formatter<'_>, message: Message<'_>) -> fmt::Result {
    match message.message_type() {
        Some(message_type) => match message_type.name() {
            Some(name) => f.write_str(name.strip_prefix("DHCP").unwrap_or(name)),
            None => write!(f, "{message_type}"),
        },
        None => write!(f, "{}", message.op()),
    }
}

/// Prints an option under a short name, if it is there and in order.
fn write_option<'a, F>(f: &mut fmt::Formatter<'_>, message: Message<'a>, name: &str, key: Key<F>) -> fmt::Result
where
    F: Format<Value<'a>: fmt::Display>,
{
    match message.get(key) {
        Ok(Some(value)) => write!(f, " {name}={value}"),
        Ok(None) | Err(_) => Ok(()),
    }
}

fn write_fields(f: &mut fmt::Formatter<'_>, message: Message<'_>) -> fmt::Result {
    write_kind(f, message)?;
    writeln!(f, ", {} bytes", message.as_bytes().len())?;
    writeln!(f, "    0  op: {}", message.op())?;
    writeln!(f, "    1  htype: {}", message.htype())?;
    writeln!(f, "    2  hlen: {}", message.hlen())?;
    writeln!(f, "    3  hops: {}", message.hops())?;
    writeln!(f, "    4  xid: {:#010x}", message.xid())?;
    writeln!(f, "    8  secs: {}", message.secs())?;
    let broadcast = if message.flags().contains(Flags::BROADCAST) {
        " (broadcast)"
    } else {
        ""
    };
    writeln!(f, "   10  flags: {:#06x}{broadcast}", message.flags().bits())?;
    writeln!(f, "   12  ciaddr: {}", message.ciaddr())?;
    writeln!(f, "   16  yiaddr: {}", message.yiaddr())?;
    writeln!(f, "   20  siaddr: {}", message.siaddr())?;
    writeln!(f, "   24  giaddr: {}", message.giaddr())?;
    f.write_str("   28  chaddr: ")?;
    match message.chaddr() {
        Ok(chaddr) => write_colons(f, chaddr.iter().copied())?,
        Err(error) => {
            write_colons(f, message.chaddr_field().iter().copied())?;
            write!(f, " (malformed: {error})")?;
        }
    }
    writeln!(f)?;
    let overload = message.overload().ok().flatten().unwrap_or(Overload::NONE);
    let sname = (SNAME.start, "sname", message.sname().as_slice(), Overload::SNAME);
    let file = (FILE.start, "file", message.file().as_slice(), Overload::FILE);
    for (offset, name, field, flag) in [sname, file] {
        write!(f, "{offset:5}  {name}: ")?;
        if overload.contains(flag) {
            writeln!(f, "(options)")?;
        } else {
            // Up to the first NUL.
            let text = field.split(|byte| *byte == 0).next().unwrap_or_default();
            f.write_str("\"")?;
            write_escaped(f, Value::from_slice(OptionCode::PAD, text))?;
            writeln!(f, "\"")?;
        }
    }
    Ok(())
}

fn write_options(f: &mut fmt::Formatter<'_>, message: Message<'_>) -> fmt::Result {
    if !message.has_cookie() {
        let after_header = message.as_bytes().get(HEADER_LENGTH..).unwrap_or_default();
        let bytes = Value::from_slice(OptionCode::PAD, after_header);
        return writeln!(f, "{HEADER_LENGTH:5}  no magic cookie: {bytes:x}");
    }
    let cookie = Value::from_slice(OptionCode::PAD, &MAGIC_COOKIE);
    writeln!(f, "{HEADER_LENGTH:5}  magic cookie: {cookie:x}")?;
    let mut lines = OptionLines::new(message);
    let mut area = Area::Options;
    for option in message.options() {
        match option {
            Ok(option) => {
                if area == Area::Options && option.area != area {
                    write_end(f, message)?;
                }
                area = option.area;
                lines.write(f, option)?;
            }
            Err(fault) => return writeln!(f, "{:5}  malformed: {fault}", fault.offset()),
        }
    }
    if area == Area::Options {
        write_end(f, message)
    } else {
        Ok(())
    }
}

/// Prints the line of the END of the options field.
fn write_end(f: &mut fmt::Formatter<'_>, message: Message<'_>) -> fmt::Result {
    match message.end_offset() {
        Some(offset) => writeln!(f, "{offset:5}  end"),
        None => Ok(()),
    }
}

/// Prints a line for each option as it is on the wire.
struct OptionLines<'a> {
    message: Message<'a>,
    /// The values from option 1 on that have not been printed.
    found: [Found<'a>; 254],
    overload: u8,
    /// For the joined values.
    buffer: [u8; CAPACITY],
    /// The code of the value that a 250 continues.
    value_of: OptionCode,
}

impl<'a> OptionLines<'a> {
    fn new(message: Message<'a>) -> Self {
        let mut codes = (1..=254).map(OptionCode::from_code);
        let codes: [_; 254] = array::from_fn(|_| codes.next().unwrap_or(OptionCode::END));
        let mut found = [Found::default(); 254];
        let (overload, _) = search(message.packet, &codes, &mut found);
        Self {
            message,
            found,
            overload,
            buffer: [0; CAPACITY],
            value_of: OptionCode::PAD,
        }
    }

    fn write(&mut self, f: &mut fmt::Formatter<'_>, option: RawOption<'_>) -> fmt::Result {
        let RawOption { code, offset, .. } = option;
        write!(f, "{offset:5}  option {}", code.code())?;
        match code.name() {
            Some(name) => write!(f, " {name}: ")?,
            None => f.write_str(": ")?,
        }
        if option.continues {
            return writeln!(f, "continues option {}", self.value_of.code());
        }
        self.value_of = code;
        if code == OptionCode::OVERLOAD && option.area != Area::Options {
            let bytes = Value::from_slice(code, option.value);
            return writeln!(f, "{bytes:x} (means nothing in this field)");
        }
        let place = usize::from(code.code())
            .checked_sub(1)
            .and_then(|index| self.found.get_mut(index));
        let found = place.map(mem::take);
        match found.and_then(|found| found.value(self.message.packet, code, self.overload)) {
            Some(value) => write_value(f, value, &mut self.buffer),
            None => writeln!(f, "continued"),
        }
    }
}

/// Prints a value in the format of its code, and how many fragments it has.
fn write_value(f: &mut fmt::Formatter<'_>, value: Value<'_>, buffer: &mut [u8]) -> fmt::Result {
    // Each of many fragments is walked to just once, to be copied.
    let mut copy = Encoder::new(buffer);
    let fragments = value.fragments().fold(0_usize, |count, fragment| {
        copy.put(fragment);
        count.saturating_add(1)
    });
    let whole = match buffer.get(..value.len()) {
        Some(bytes) => Value::from_slice(value.code(), bytes),
        None => value,
    };
    if let Ok(typed) = Typed::decode(whole) {
        write!(f, "{typed}")?;
    } else {
        write!(f, "{whole}")?;
        // A copy does not know where in the packet the fault is.
        if let Err(error) = Typed::decode(value) {
            write!(f, " (malformed: {error})")?;
        }
    }
    match fragments {
        0 | 1 => writeln!(f),
        fragments => writeln!(f, " ({fragments} fragments)"),
    }
}
