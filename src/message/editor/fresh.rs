//! Messages made from nothing: the request of a client, and the reply to one.

use zerocopy::{FromZeros, IntoBytes};

use super::super::code::{HardwareType, MessageType, OpCode, OptionCode};
use super::super::option;
use super::super::{Header, MAGIC_COOKIE, Message};
use super::EditError;
use super::writer::Writer;

/// The least length of a BOOTP message in bytes (RFC 951, RFC 1542 section 2.1), and so of a DHCP message.
const LEAST: usize = 300;

/// Writes the request of a client with a hardware address for Ethernet; returns its size.
pub(crate) fn request(
    message_type: MessageType,
    xid: u32,
    chaddr: &[u8],
    target: &mut [u8],
) -> Result<usize, EditError> {
    let error = EditError::ChaddrTooLong { length: chaddr.len() };
    let mut header = Header {
        op: OpCode::REQUEST.code(),
        htype: HardwareType::ETHERNET.code(),
        hlen: u8::try_from(chaddr.len()).map_err(|_| error)?,
        xid: xid.into(),
        ..Header::new_zeroed()
    };
    header
        .chaddr
        .get_mut(..chaddr.len())
        .ok_or(error)?
        .copy_from_slice(chaddr);

    let mut out = Writer::new(target);
    out.put(header.as_bytes());
    out.put(&MAGIC_COOKIE);
    out.put_option(option::MESSAGE_TYPE.code(), &[message_type.code()]);
    finish(out)
}

/// Writes a reply to `request` with what it has to echo; returns its size.
pub(crate) fn reply(request: Message<'_>, target: &mut [u8]) -> Result<usize, EditError> {
    let header = Header {
        op: OpCode::REPLY.code(),
        htype: request.header.htype,
        hlen: request.header.hlen,
        xid: request.header.xid,
        flags: request.header.flags,
        giaddr: request.header.giaddr,
        chaddr: request.header.chaddr,
        ..Header::new_zeroed()
    };
    let mut out = Writer::new(target);
    out.put(header.as_bytes());
    if !request.has_cookie() {
        out.fill_to(LEAST);
        return out.size();
    }
    out.put(&MAGIC_COOKIE);
    for echoed in [option::CLIENT_ID.code(), option::RELAY_AGENT_INFORMATION.code()] {
        for option in request.options() {
            let option = option?;
            if option.code == echoed {
                out.put_option(echoed, option.value);
            }
        }
    }
    finish(out)
}

fn finish(mut out: Writer<'_>) -> Result<usize, EditError> {
    out.put(&[OptionCode::END.code()]);
    out.fill_to(LEAST);
    out.size()
}
