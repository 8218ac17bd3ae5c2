//! The rules of a reply: what a callout may not change of what the server wants to send.

use alloc::vec::Vec;

use super::rule::Rule;
use crate::message::{Message, OptionCode, option};

/// Reads a part of a message.
type Part = fn(Message<'_>) -> Vec<u8>;

/// What a reply must have in common with the server's.
const SAME: [(Rule, Part); 6] = [
    (Rule::ReplyType, |reply| {
        let mut part = value(reply, option::MESSAGE_TYPE.code());
        part.push(reply.op().code());
        part
    }),
    (Rule::ReplyTransaction, |reply| reply.xid().to_be_bytes().to_vec()),
    (Rule::ReplyClient, |reply| {
        [&[reply.htype().code(), reply.hlen()][..], &reply.chaddr_field()[..]].concat()
    }),
    (Rule::ReplyAddress, |reply| {
        [reply.ciaddr().octets(), reply.yiaddr().octets()].concat()
    }),
    (Rule::ReplyServer, |reply| value(reply, option::SERVER_ID.code())),
    (Rule::ReplyRelay, |reply| {
        let mut part = value(reply, option::RELAY_AGENT_INFORMATION.code());
        part.extend(reply.giaddr().octets());
        part
    }),
];

/// Passes each rule to `found` that `reply` breaks, into which a callout has turned the server's reply to `request`.
///
/// `is_of_another` says of a transaction id whether it is that of another packet.
pub(super) fn judge(
    request: &[u8],
    original: &[u8],
    reply: &[u8],
    is_of_another: impl Fn(u32) -> bool,
    mut found: impl FnMut(Rule),
) {
    let Ok(before) = Message::parse(original) else { return };
    if reply == original || !is_readable(before) {
        return;
    }
    let Ok(after) = Message::parse(reply) else {
        return found(Rule::ReplyMalformed);
    };
    if after.xid() != before.xid() && is_of_another(after.xid()) {
        return found(Rule::ReplyOfAnother);
    }
    if !is_readable(after) || (before.has_cookie() && !after.has_cookie()) {
        return found(Rule::ReplyMalformed);
    }
    for (rule, part) in SAME {
        if part(before) != part(after) {
            found(rule);
            // What a reply of another type or transaction has else follows from that.
            if matches!(rule, Rule::ReplyType | Rule::ReplyTransaction) {
                return;
            }
        }
    }
    // Surely too long: also for a client whose option 57 does not count the headers.
    let longest = Message::parse(request).map_or(usize::MAX, Message::longest_datagram);
    if original.len() <= longest && longest < reply.len() {
        found(Rule::ReplyTooLong);
    }
    if before.end_offset().is_some() && after.end_offset().is_none() {
        found(Rule::ReplyWithoutEnd);
    }
    if stray_continuations(after) > stray_continuations(before) {
        found(Rule::ReplyContinuation);
    }
}

fn is_readable(message: Message<'_>) -> bool {
    message.options().all(|option| option.is_ok())
}

/// The bytes of an option; none if it is not there.
fn value(message: Message<'_>, code: OptionCode) -> Vec<u8> {
    let value = message.value(code).ok().flatten();
    value.map_or_else(Vec::new, |value| value.bytes().collect())
}

fn stray_continuations(message: Message<'_>) -> usize {
    let options = message.options().filter_map(Result::ok);
    options
        .filter(|option| option.code == OptionCode::CONTINUATION && !option.continues)
        .count()
}
