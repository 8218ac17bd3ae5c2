//! The rules of a reply: what a callout may not change of what the server wants to send.

use alloc::vec::Vec;

use super::exchange::{Transaction, transaction};
use super::rule::Rule;
use crate::message::{FILE, HEADER_LENGTH, MAGIC_COOKIE, Message, OpCode, OptionCode, Overload, SNAME, option};

/// Reads a part of a message.
type Part = fn(Message<'_>) -> Vec<u8>;

/// What a reply must have in common with the server's.
const SAME: [(Rule, Part); 6] = [
    (Rule::ReplyType, |reply| value(reply, option::MESSAGE_TYPE.code())),
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

/// The rules for a reply to whichever packet.
pub(super) const OF_ANY_PACKET: [Rule; 3] = [Rule::ReplyMalformed, Rule::ReplyWithoutEnd, Rule::ReplyContinuation];

/// Passes each rule to `found` that `reply` breaks, into which a callout has turned the server's reply to `request`.
///
/// `transactions` are those of all packets.
pub(super) fn judge(
    request: &[u8],
    original: &[u8],
    reply: &[u8],
    transactions: &[Transaction],
    mut found: impl FnMut(Rule),
) {
    let Ok(before) = Message::parse(original) else { return };
    if reply == original || !is_sensible(before) {
        return;
    }
    let Ok(after) = Message::parse(reply) else {
        return found(Rule::ReplyMalformed);
    };
    // Of what is another's, is no reply or cannot be read, all else follows from that.
    let (own, given) = (transaction(before), transaction(after));
    let is_of_another = |(xid, mac): &Transaction| {
        let is_other_client = given.1.is_some() && given.1 != own.1 && given.1 == *mac;
        is_other_client || (given.0 != own.0 && given.0 == *xid)
    };
    if transactions.iter().any(is_of_another) {
        return found(Rule::ReplyOfAnother);
    }
    if after.op() != before.op() {
        return found(Rule::ReplyType);
    }
    if !is_readable(after) || (before.has_cookie() && !after.has_cookie()) {
        return found(Rule::ReplyMalformed);
    }
    // A server sends back the relay agent's information as it came (RFC 3046 section 2.2). With other, who knows whose it is.
    let relayed = |message| value(message, option::RELAY_AGENT_INFORMATION.code());
    let is_sent_back = Message::parse(request).is_ok_and(|request| relayed(request) == relayed(before));
    for (rule, part) in SAME {
        if part(before) != part(after) && (rule != Rule::ReplyRelay || is_sent_back) {
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
    let [lacked, lacks] = [before, after].map(lacks_end);
    if lacked.iter().zip(lacks).any(|(lacked, lacks)| lacks && !lacked) {
        found(Rule::ReplyWithoutEnd);
    }
    if stray_continuations(after) > stray_continuations(before) {
        found(Rule::ReplyContinuation);
    }
}

/// Returns whether a server sends such replies; what becomes of others is no fault.
fn is_sensible(reply: Message<'_>) -> bool {
    let is_dhcp = reply.find(option::MESSAGE_TYPE).is_some();
    reply.op() == OpCode::REPLY && is_readable(reply) && is_dhcp == reply.find(option::SERVER_ID).is_some()
}

/// Returns whether the options field, `file` and `sname` have no END, of the latter two only if they hold options, and
/// whether none of these has one.
fn lacks_end(message: Message<'_>) -> [bool; 4] {
    let overload = message.overload().ok().flatten().unwrap_or(Overload::NONE);
    let fields = [(Overload::FILE, FILE), (Overload::SNAME, SNAME)];
    let [file, sname] = fields.map(|(field, range)| {
        let options = message.as_bytes().get(range).unwrap_or_default();
        let alone = [&[0; HEADER_LENGTH], &MAGIC_COOKIE[..], options].concat();
        let has_end = Message::parse(&alone).is_ok_and(|alone| alone.end_offset().is_some());
        overload.contains(field).then_some(has_end)
    });
    let ends = [Some(message.end_offset().is_some()), file, sname];
    let [options, file, sname] = ends.map(|has_end| has_end == Some(false));
    [options, file, sname, !ends.contains(&Some(true))]
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

#[cfg(test)]
mod tests {
    use alloc::vec::Vec;

    use super::super::exchange::{Exchange, exchange};
    use super::{Message, Rule, judge};

    /// The field `xid`, the last byte of the hardware address, the last of `yiaddr`, and the value of option 53.
    const XID: usize = 4;
    const CLIENT: usize = 33;
    const ADDRESS: usize = 19;
    const TYPE: usize = 242;

    /// Returns the rules that a reply breaks in which these bytes are changed, each by a number that is added to it.
    fn broken(changes: &[(usize, u8)]) -> Vec<Rule> {
        let exchanges = [0_u8, 1].map(|number| exchange(number.into(), number.into()).unwrap());
        let [
            Exchange {
                request,
                reply: Some(original),
            },
            _,
        ] = &exchanges
        else {
            return Vec::new();
        };
        let transactions: Vec<_> = exchanges.iter().filter_map(Exchange::transaction).collect();
        let mut reply = original.clone();
        for (at, change) in changes {
            reply[*at] = reply[*at].wrapping_add(*change);
        }
        let mut rules = Vec::new();
        judge(request, original, &reply, &transactions, |rule| rules.push(rule));
        rules
    }

    /// As long as others have one, a field may lose its options.
    #[test]
    fn a_reply_without_any_end_has_lost_it() {
        let exchanges = (0..).map_while(|number| exchange(number, 1));
        let has_end = |reply: &[u8]| Message::parse(reply).unwrap().end_offset().is_some();
        let mut overloaded = exchanges.filter_map(|Exchange { request, reply }| Some((request, reply?)));
        let (request, original) = overloaded.find(|(_, reply)| !has_end(reply)).unwrap();
        let mut reply = original.clone();
        let overload = reply.windows(3).position(|option| option == [52, 1, 1]).unwrap();
        reply[overload..overload + 3].fill(0);
        let mut rules = Vec::new();
        judge(&request, &original, &reply, &[], |rule| rules.push(rule));
        assert_eq!(rules, [Rule::ReplyWithoutEnd]);
        *reply.last_mut().unwrap() = 255;
        assert!(has_end(&reply));
        judge(&request, &original, &reply, &[], |rule| panic!("{rule}"));
    }

    /// What a relay agent has sent comes back, or nobody knows what should.
    #[test]
    fn relay_agent_information_is_held_against_that_of_the_request() {
        let exchanges = (0..).map_while(|number| exchange(number, 1));
        let relay = |packet: &[u8]| packet.windows(2).position(|bytes| bytes[0] == 82 && bytes[1] > 2);
        let mut relayed = exchanges.filter_map(|Exchange { request, reply }| Some((relay(&request)?, request, reply?)));
        let (at, mut request, original) = relayed.next().unwrap();
        let mut reply = original.clone();
        let last = relay(&reply).unwrap() + 4;
        reply[last] ^= 1;
        let mut rules = Vec::new();
        judge(&request, &original, &reply, &[], |rule| rules.push(rule));
        assert_eq!(rules, [Rule::ReplyRelay]);
        request[at + 4] ^= 1;
        judge(&request, &original, &reply, &[], |rule| panic!("{rule}"));
    }

    #[test]
    fn what_follows_from_another_fault_is_not_told() {
        for (changes, rules) in [
            (&[(0, 255), (ADDRESS, 1)][..], &[Rule::ReplyType][..]),
            (&[(TYPE, 1), (ADDRESS, 1)], &[Rule::ReplyType]),
            (&[(CLIENT, 1), (ADDRESS, 1)], &[Rule::ReplyOfAnother]),
            (&[(XID + 3, 1), (ADDRESS, 1)], &[Rule::ReplyOfAnother]),
            (&[(XID, 1), (ADDRESS, 1)], &[Rule::ReplyTransaction]),
            (&[(236, 1), (ADDRESS, 1)], &[Rule::ReplyMalformed]),
            // Two faults.
            (&[(CLIENT, 9), (ADDRESS, 1)], &[Rule::ReplyClient, Rule::ReplyAddress]),
        ] {
            assert_eq!(broken(changes), rules, "{changes:?}");
        }
    }
}
