//! A naive model of editing: a packet as lists of options, a script applied to the lists one rule after the other.
#![expect(
    clippy::cast_possible_truncation,
    clippy::too_many_lines,
    reason = "a model is to be read, and a panic in it is a failed test"
)]

use dhcp_callout::message::{
    Area, EditError, LongForm, OptionCode, OptionErrorKind, ParseError, ValueError, ValueErrorKind,
};
use dhcp_callout::strategy::{Bytes, EditorCall};

/// Why the model refuses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Failure {
    /// The options have this fault, and nothing was wrong with the edits.
    Options(Fault),
    /// This error.
    Edit(EditError),
}

/// Where the framing of options is at fault.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Fault {
    code: OptionCode,
    offset: usize,
    kind: OptionErrorKind,
}

impl From<EditError> for Failure {
    fn from(error: EditError) -> Self {
        match error {
            EditError::Options(error) => Self::Options(Fault {
                code: error.code(),
                offset: error.offset(),
                kind: error.kind(),
            }),
            error => Self::Edit(error),
        }
    }
}

/// A PAD, or an option: its number in the walk, its code, its value with what continues it, and how it is written.
#[derive(Clone, Debug, PartialEq)]
enum Item {
    Pad,
    Option(usize, u8, Vec<u8>, Vec<u8>),
}

impl Item {
    fn new(number: usize, code: u8, value: Vec<u8>, form: LongForm) -> Self {
        let wire = encoded(code, &value, form);
        Self::Option(number, code, value, wire)
    }

    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Pad => vec![0],
            Self::Option(.., wire) => wire.clone(),
        }
    }
}

/// Puts a PAD before each option 250 that would continue the option before it, which has 255 bytes.
fn keep_apart(items: Vec<Item>) -> Vec<Item> {
    let mut apart: Vec<Item> = Vec::new();
    for item in items {
        // All pieces of an option have 255 bytes, but perhaps the last.
        let is_full = matches!(apart.last(), Some(Item::Option(.., wire)) if wire.len() % 257 == 0);
        if is_full && matches!(item, Item::Option(_, 250, ..)) {
            apart.push(Item::Pad);
        }
        apart.push(item);
    }
    apart
}

fn encoded(code: u8, value: &[u8], form: LongForm) -> Vec<u8> {
    let one = |code: u8, part: &[u8]| [&[code, u8::try_from(part.len()).unwrap_or(0)], part].concat();
    let (first, others) = value.split_at(value.len().min(255));
    let next = if form == LongForm::Continued { 250 } else { code };
    let others = others.chunks(255).flat_map(|part| one(next, part));
    one(code, first).into_iter().chain(others).collect()
}

/// The options of one field, up to the last; whether an END follows.
#[derive(Clone, Debug)]
struct List {
    items: Vec<Item>,
    ended: bool,
}

impl List {
    /// Reads the options of the field that ends at `end`, up to a fault.
    fn read(packet: &[u8], mut at: usize, end: usize) -> (Self, Option<Fault>) {
        let mut list = Self {
            items: Vec::new(),
            ended: false,
        };
        let mut fault = None;
        while at < end {
            match packet[at..end] {
                [255, ..] => {
                    list.ended = true;
                    break;
                }
                [0, ..] => {
                    list.items.push(Item::Pad);
                    at += 1;
                }
                [code, length, ref rest @ ..] if usize::from(length) <= rest.len() => {
                    let mut value = rest[..usize::from(length)].to_vec();
                    let start = at;
                    at += 2 + value.len();
                    let mut full = length == 255;
                    while full && at + 1 < end && packet[at] == 250 && at + 2 + usize::from(packet[at + 1]) <= end {
                        let length = packet[at + 1];
                        value.extend(&packet[at + 2..at + 2 + usize::from(length)]);
                        at += 2 + usize::from(length);
                        full = length == 255;
                    }
                    list.items
                        .push(Item::Option(0, code, value, packet[start..at].to_vec()));
                }
                [code, ref rest @ ..] => {
                    fault = Some(Fault {
                        code: OptionCode::from_code(code),
                        offset: at,
                        kind: match *rest {
                            [] => OptionErrorKind::NoLength,
                            [needed, ref rest @ ..] => OptionErrorKind::Truncated {
                                needed: needed.into(),
                                have: rest.len(),
                            },
                        },
                    });
                    break;
                }
                [] => break,
            }
        }
        while list.items.last() == Some(&Item::Pad) {
            list.items.pop();
        }
        (list, fault)
    }

    fn bytes(&self) -> Vec<u8> {
        self.items.iter().flat_map(Item::bytes).collect()
    }
}

/// The lists of options, file and sname, the latter two if they hold options; up to a fault.
fn lists(packet: &[u8]) -> ([Option<List>; 3], Option<Fault>) {
    let mut lists = [None, None, None];
    if !has_cookie(packet) {
        return (lists, None);
    }
    let (options, mut fault) = List::read(packet, 240, packet.len());
    let overload = value_in(&[Some(options.clone()), None, None], 52).unwrap_or_default();
    let fields = match overload[..] {
        [fields @ 1..=3] => fields,
        _ => 0,
    };
    lists[0] = Some(options);
    for (area, start, end) in [(1, 108, 236), (2, 44, 108)] {
        if fault.is_none() && fields & area as u8 != 0 {
            let list;
            (list, fault) = List::read(packet, start, end);
            lists[area] = Some(list);
        }
    }
    let mut number = 0;
    for list in lists.iter_mut().flatten() {
        for item in &mut list.items {
            if let Item::Option(own, ..) = item {
                *own = number;
                number += 1;
            }
        }
    }
    (lists, fault)
}

fn has_cookie(packet: &[u8]) -> bool {
    packet.len() >= 240 && packet[236..240] == [99, 130, 83, 99]
}

/// Returns whether the packet is well-formed and has the option.
pub(super) fn has(packet: &[u8], code: u8) -> bool {
    let (lists, fault) = lists(packet);
    fault.is_none() && value_in(&lists, code).is_some()
}

/// The value of an option over all fields, up to a fault; empty if there is none.
pub(super) fn joined(packet: &[u8], code: u8) -> Vec<u8> {
    value_in(&lists(packet).0, code).unwrap_or_default()
}

fn value_in(lists: &[Option<List>; 3], code: u8) -> Option<Vec<u8>> {
    let mut found: Option<Vec<u8>> = None;
    for item in lists.iter().flatten().flat_map(|list| &list.items) {
        if let Item::Option(_, own, value, _) = item {
            if *own == code {
                found.get_or_insert_default().extend(value);
            }
        }
    }
    found
}

/// A change of one option.
#[derive(Clone, Debug, PartialEq)]
enum Entry {
    Set(u8, Vec<u8>),
    Remove(u8),
    Append(u8, Vec<u8>),
}

impl Entry {
    fn code(&self) -> u8 {
        match self {
            Self::Set(code, _) | Self::Remove(code) | Self::Append(code, _) => *code,
        }
    }
}

/// The packet that `packet` becomes.
pub(super) fn edited(packet: &[u8], ops: &[EditorCall]) -> Result<Vec<u8>, Failure> {
    if packet.len() < 236 {
        return Err(Failure::Edit(EditError::Header(ParseError::TruncatedHeader {
            needed: 236,
            have: packet.len(),
        })));
    }
    let (original, fault) = lists(packet);
    let mut entries: Vec<Entry> = Vec::new();
    let mut dropped: Vec<usize> = Vec::new();
    let (mut limit, mut pad_to) = (4096, 0);
    let mut header = packet[..236].to_vec();
    let (mut sname, mut file, mut frees) = (false, false, false);
    let mut typed_bytes = 0;
    let mut long_form = LongForm::Repeated;
    let mut set_field = |range: core::ops::Range<usize>, name: &'static str, value: &[u8]| {
        if value.len() > range.len() {
            return Err(Failure::Edit(EditError::FieldTooLong {
                field: name,
                length: value.len(),
                capacity: range.len(),
            }));
        }
        header[range.clone()].fill(0);
        header[range.start..range.start + value.len()].copy_from_slice(value);
        Ok(())
    };
    for op in ops {
        let entry = match op {
            EditorCall::SetRaw(code, value) => Entry::Set(code.code(), value.to_vec()),
            EditorCall::AppendRaw(code, value) => Entry::Append(code.code(), value.to_vec()),
            EditorCall::Remove(code) => Entry::Remove(code.code()),
            EditorCall::Suboptions(code, changes) => {
                match suboptions(*code, value_in(&original, code.code()), changes)? {
                    Some(value) => {
                        typed_bytes += value.len();
                        if 240 + typed_bytes > 4096 {
                            return Err(no_room(240 + typed_bytes, 4096));
                        }
                        check_suboptions(*code, &value)?;
                        Entry::Set(code.code(), value)
                    }
                    None => Entry::Remove(code.code()),
                }
            }
            EditorCall::Retain(keep) => {
                dropped.extend(dropped_by(&original, keep));
                continue;
            }
            EditorCall::LongForm(form) => {
                long_form = *form;
                continue;
            }
            EditorCall::FreeFields => {
                frees = true;
                continue;
            }
            EditorCall::Limit(bytes) => {
                limit = 4096.min(*bytes);
                continue;
            }
            EditorCall::PadTo(bytes) => {
                pad_to = *bytes;
                continue;
            }
            EditorCall::Xid(xid) => {
                set_field(4..8, "xid", &xid.to_be_bytes())?;
                continue;
            }
            EditorCall::Yiaddr(address) => {
                set_field(16..20, "yiaddr", &address.octets())?;
                continue;
            }
            EditorCall::Sname(name) => {
                set_field(44..108, "sname", name)?;
                sname = true;
                continue;
            }
            EditorCall::File(name) => {
                set_field(108..236, "file", name)?;
                file = true;
                continue;
            }
            EditorCall::Chaddr(address) => {
                set_field(28..44, "chaddr", address)?;
                set_field(2..3, "hlen", &[u8::try_from(address.len()).unwrap_or(0)])?;
                continue;
            }
        };
        if matches!(entry, Entry::Set(..) | Entry::Remove(_)) {
            entries.retain(|other| other.code() != entry.code());
        }
        if entries.len() == 16 {
            return Err(Failure::Edit(EditError::TooManyEdits));
        }
        entries.push(entry);
    }
    if let Some(fault) = fault {
        return Err(Failure::Options(fault));
    }

    if !has_cookie(packet) {
        let mut options = Vec::new();
        for relay in [false, true] {
            for (code, value) in additions(&entries, &[]) {
                if (code == 82) == relay {
                    options.push(Item::new(0, code, value, long_form));
                }
            }
        }
        let options = keep_apart(options);
        let mut out = header;
        if options.is_empty() {
            out.extend(&packet[236..]);
        } else if packet[236..].iter().any(|byte| *byte != 0) {
            return Err(Failure::Edit(EditError::VendorArea));
        } else {
            out.extend([99, 130, 83, 99]);
            out.extend(options.iter().flat_map(Item::bytes));
            out.push(255);
            out.resize(out.len().max(packet.len().min(limit)), 0);
        }
        return sized(out, pad_to, limit);
    }

    let mut lists = original.clone();
    for list in lists.iter_mut().flatten() {
        list.items.retain(|item| match item {
            Item::Option(number, code, ..) => !dropped.contains(number) || decided(&entries, *code).is_some(),
            Item::Pad => true,
        });
    }
    // Values that change: all fragments go, and the first leaves a mark, an option with the number `usize::MAX`.
    let mut settled: Vec<u8> = Vec::new();
    for code in 1..255 {
        let (Some(change), Some(old)) = (decided(&entries, code), value_in(&original, code)) else {
            continue;
        };
        settled.push(code);
        let new = match change {
            Entry::Set(_, value) => Some(value.clone()),
            Entry::Remove(_) | Entry::Append(..) => None,
        };
        if new.as_ref() == Some(&old) {
            continue;
        }
        let mut marked = new.is_none();
        let form = form_of(&original, code).unwrap_or(long_form);
        for list in lists.iter_mut().flatten() {
            list.items.retain_mut(|item| match item {
                Item::Option(_, own, ..) if *own == code => {
                    if marked {
                        return false;
                    }
                    marked = true;
                    *item = Item::new(usize::MAX, code, new.clone().unwrap_or_default(), form);
                    true
                }
                _ => true,
            });
        }
    }
    // Options that move out of the fields.
    let mut moved: Vec<(u8, Vec<u8>)> = Vec::new();
    if frees {
        for list in lists[1..].iter_mut().flatten() {
            for item in list.items.drain(..) {
                match item {
                    Item::Option(_, code, value, _) if code != 52 => moved.push((code, value)),
                    _ => {}
                }
            }
        }
    }
    // Values in the fields that do not fit there any more go to the options field.
    for (area, length) in [(1, 128), (2, 64)] {
        let Some(list) = &mut lists[area] else {
            continue;
        };
        let is_new = |item: &Item| matches!(item, Item::Option(usize::MAX, ..));
        let mut used: usize = list
            .items
            .iter()
            .filter(|item| !is_new(item))
            .map(|item| item.bytes().len())
            .sum();
        list.items.retain(|item| {
            if !is_new(item) {
                return true;
            }
            let fits = used + item.bytes().len() < length;
            if fits {
                used += item.bytes().len();
            } else if let Item::Option(_, code, ..) = item {
                settled.retain(|settled| settled != code);
            }
            fits
        });
    }
    // The fields, and option 52.
    let (mut before, mut after) = (0, 0);
    for (area, start, length, set) in [(1, 108, 128, file), (2, 44, 64, sname)] {
        let (Some(list), Some(original)) = (&lists[area], &original[area]) else {
            continue;
        };
        before |= area as u8;
        let unchanged = !frees && list.bytes() == original.bytes();
        let holds = list.items.iter().any(|item| *item != Item::Pad);
        if set && holds {
            return Err(Failure::Edit(EditError::FieldHoldsOptions {
                area: if area == 1 { Area::File } else { Area::Sname },
            }));
        }
        if holds || unchanged && !set {
            after |= area as u8;
        }
        if !unchanged && !set {
            let mut field = list.bytes();
            field.truncate(if holds { length } else { 0 });
            if holds {
                field.push(255);
            }
            field.resize(length, 0);
            header[start..start + length].copy_from_slice(&field);
        }
    }
    let Some(options) = lists[0].as_mut() else {
        return Err(Failure::Edit(EditError::VendorArea)); // There is a cookie.
    };
    if before != after {
        options
            .items
            .retain(|item| after != 0 || !matches!(item, Item::Option(_, 52, ..)));
        for item in &mut options.items {
            if let Item::Option(_, 52, value, wire) = item {
                value.fill(after);
                wire[2..].fill(after);
            }
        }
    }
    // New options.
    let mut at = options.items.len();
    for (index, item) in options.items.iter().enumerate().rev() {
        match item {
            Item::Option(_, 82, ..) => at = index,
            Item::Option(..) => break,
            Item::Pad => {}
        }
    }
    for (code, value) in moved.into_iter().chain(additions(&entries, &settled)) {
        if code == 82 {
            options.items.push(Item::new(0, code, value, long_form));
        } else {
            options.items.insert(at, Item::new(0, code, value, long_form));
            at += 1;
        }
    }

    options.items = keep_apart(core::mem::take(&mut options.items));

    let mut out = header;
    out.extend(&packet[236..240]);
    out.extend(options.bytes());
    let (ended, last_end) = match &original[0] {
        Some(list) => (list.ended, 240 + list.bytes().len()),
        None => (false, 240),
    };
    if out.len() == last_end && packet.len() <= limit && (ended || out == packet[..last_end]) {
        out.extend(&packet[last_end..]);
    } else {
        out.push(255);
        if packet.len() > last_end + 1 {
            out.resize(out.len().max(packet.len().min(limit)), 0);
        }
    }
    sized(out, pad_to, limit)
}

fn sized(mut out: Vec<u8>, pad_to: usize, limit: usize) -> Result<Vec<u8>, Failure> {
    out.resize(out.len().max(pad_to), 0);
    if out.len() > limit {
        return Err(no_room(out.len(), limit));
    }
    Ok(out)
}

fn no_room(needed: usize, available: usize) -> Failure {
    Failure::Edit(EditError::NoRoom { needed, available })
}

/// The form of a value that is long, and begins in the options field.
fn form_of(lists: &[Option<List>; 3], code: u8) -> Option<LongForm> {
    let fragments: Vec<_> = lists
        .iter()
        .flatten()
        .enumerate()
        .flat_map(|(area, list)| list.items.iter().map(move |item| (area, item)))
        .filter_map(|(area, item)| match item {
            Item::Option(_, own, value, wire) if *own == code => Some((area, value, wire)),
            _ => None,
        })
        .collect();
    match fragments[..] {
        [(0, value, wire), ..] if wire.len() > 2 + value.len() => Some(LongForm::Continued),
        [(0, ..), ..] if fragments.iter().filter(|(_, value, _)| !value.is_empty()).count() > 1 => {
            Some(LongForm::Repeated)
        }
        _ => None,
    }
}

/// The change that sets or removes a code.
fn decided(entries: &[Entry], code: u8) -> Option<&Entry> {
    entries
        .iter()
        .find(|entry| entry.code() == code && !matches!(entry, Entry::Append(..)))
}

/// The numbers of the options that go.
fn dropped_by(lists: &[Option<List>; 3], keep: &[bool]) -> Vec<usize> {
    let mut keep = keep.iter().cycle();
    let mut dropped = Vec::new();
    for (area, list) in lists.iter().enumerate() {
        for item in list.iter().flat_map(|list| &list.items) {
            if let Item::Option(number, code, ..) = item {
                if !(area == 0 && *code == 52) && keep.next() == Some(&false) {
                    dropped.push(*number);
                }
            }
        }
    }
    dropped
}

/// The options that have no place yet, in the order of the script.
fn additions(entries: &[Entry], settled: &[u8]) -> Vec<(u8, Vec<u8>)> {
    let new = |entry: &Entry| match entry {
        Entry::Append(code, value) => Some((*code, value.clone())),
        Entry::Set(code, value) if !settled.contains(code) => Some((*code, value.clone())),
        Entry::Set(..) | Entry::Remove(_) => None,
    };
    entries.iter().filter_map(new).collect()
}

/// The value of an option with some of its sub-options changed; none if nothing is left.
fn suboptions(
    option: OptionCode,
    before: Option<Vec<u8>>,
    changes: &[(u8, Option<Bytes>)],
) -> Result<Option<Vec<u8>>, Failure> {
    let padded = option.code() == 43;
    if padded && changes.iter().any(|(code, _)| matches!(code, 0 | 255)) {
        return Err(Failure::Edit(EditError::NoEncoding { code: option }));
    }
    let before = before.unwrap_or_default();
    let mut rest = &before[..];
    let mut parts: Vec<(Option<u8>, Vec<u8>)> = Vec::new();
    loop {
        match rest {
            [255, ..] if padded => break,
            [0, after @ ..] if padded => {
                parts.push((None, vec![0]));
                rest = after;
            }
            [code, length, after @ ..] if usize::from(*length) <= after.len() => {
                let (value, after) = after.split_at(usize::from(*length));
                parts.push((Some(*code), value.to_vec()));
                rest = after;
            }
            // The end, or a fault that is found when the value is checked.
            _ => break,
        }
    }
    // The last change of a code counts, and has its turn where it is.
    for (index, (code, value)) in changes.iter().enumerate() {
        if changes[index + 1..].iter().any(|(later, _)| later == code) {
            continue;
        }
        let mut new = value.as_deref().cloned();
        let mut others = Vec::new();
        for (own, old) in parts {
            if own != Some(*code) {
                others.push((own, old));
            } else if let Some(new) = new.take() {
                others.push((own, new));
            }
        }
        others.extend(new.map(|new| (Some(*code), new)));
        parts = others;
    }
    let mut new = Vec::new();
    for (code, value) in parts {
        if let Some(code) = code {
            new.extend([code, u8::try_from(value.len()).unwrap_or(0)]);
        }
        new.extend(value);
    }
    new.extend(rest);
    Ok(Some(new).filter(|new| !new.is_empty()))
}

/// Finds the first sub-option that runs past the end.
fn check_suboptions(option: OptionCode, value: &[u8]) -> Result<(), Failure> {
    let mut at = 0;
    while at < value.len() {
        let kind = match value[at..] {
            [255, ..] if option.code() == 43 => break,
            [0, ..] if option.code() == 43 => {
                at += 1;
                continue;
            }
            [_, length, ref after @ ..] if usize::from(length) <= after.len() => {
                at += 2 + usize::from(length);
                continue;
            }
            [suboption, length, ref after @ ..] => ValueErrorKind::SuboptionTruncated {
                suboption,
                needed: length.into(),
                have: after.len(),
            },
            [suboption] => ValueErrorKind::SuboptionNoLength { suboption },
            [] => break,
        };
        return Err(Failure::Edit(EditError::Value(ValueError::new(option, at, kind))));
    }
    Ok(())
}
