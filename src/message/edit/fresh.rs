//! Messages created from nothing: the request of a client, and the reply to one.

use zerocopy::{FromZeros, IntoBytes};

use super::super::code::{HardwareType, MessageType, OpCode, OptionCode};
use super::super::codec::Encoder;
use super::super::option;
use super::super::{CAPACITY, Header, MAGIC_COOKIE, MIN_LENGTH, Message};
use super::error::EditError;
use super::write::field_of;

/// Writes the request of a client with a hardware address for Ethernet; returns its size.
pub(crate) fn request(
    message_type: MessageType,
    xid: u32,
    chaddr: &[u8],
    block: &mut [u8; CAPACITY],
) -> Result<usize, EditError> {
    let (chaddr, hlen) = field_of("chaddr", chaddr)?;
    let header = Header {
        op: OpCode::REQUEST.code(),
        htype: HardwareType::ETHERNET.code(),
        hlen,
        xid: xid.into(),
        chaddr,
        ..Header::new_zeroed()
    };
    let mut out = Encoder::new(block);
    out.put(header.as_bytes());
    out.put(&MAGIC_COOKIE);
    out.put_option(option::MESSAGE_TYPE.code(), &[message_type.code()]);
    finish(out)
}

/// Writes a reply to `request` with what it has to echo; returns its size.
pub(crate) fn reply(request: Message<'_>, block: &mut [u8; CAPACITY]) -> Result<usize, EditError> {
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
    let mut out = Encoder::new(block);
    out.put(header.as_bytes());
    if !request.has_cookie() {
        out.fill_to(MIN_LENGTH);
        return fitting(&out);
    }
    out.put(&MAGIC_COOKIE);
    for echoed in [option::CLIENT_ID.code(), option::RELAY_AGENT_INFORMATION.code()] {
        let mut is_echoed = false;
        for option in request.options() {
            let option = option?;
            // Options 250 that continue an option go with it.
            is_echoed = option.code == echoed || option.continues && is_echoed;
            if is_echoed {
                out.put_option(option.code, option.value);
            }
        }
    }
    finish(out)
}

fn finish(mut out: Encoder<'_>) -> Result<usize, EditError> {
    out.put(&[OptionCode::END.code()]);
    out.fill_to(MIN_LENGTH);
    fitting(&out)
}

/// Returns the size of what has been written, if there was room for it.
fn fitting(out: &Encoder<'_>) -> Result<usize, EditError> {
    match out.len {
        needed if needed > CAPACITY => Err(EditError::NoRoom {
            needed,
            available: CAPACITY,
        }),
        size => Ok(size),
    }
}
