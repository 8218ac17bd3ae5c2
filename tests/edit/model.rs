//! A naive model of editing: a packet as lists of options, a script applied to the lists one rule after the other.
#![expect(
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "a model is to be read, and a panic in it is a failed test"
)]

use dhcp_callout::PacketBuffer;
use dhcp_callout::message::{EditError, Editor, OptionCode};
use dhcp_callout::strategy::Edit;

/// Why the model refuses.
#[derive(Clone, Copy, Debug)]
pub(super) enum Failure {
    Header,
    Options,
    NoRoom(usize, usize),
    TooMany,
    Chaddr,
    Sname,
    File,
    Holds,
    Vendor,
    Inside,
}

impl Failure {
    /// An error of the same kind.
    pub(super) fn as_error(self) -> EditError {
        let code = OptionCode::from_code;
        let plain = [&[0; 236][..], &[99, 130, 83, 99]].concat();
        let fail = |packet: &[u8], note: &dyn Fn(&mut Editor<'_, '_>)| {
            let mut buffer = PacketBuffer::from_bytes(packet).unwrap_or_default();
            let mut editor = buffer.edit();
            note(&mut editor);
            match editor.finish() {
                Err(error) => error,
                Ok(_) => EditError::TooManyEdits,
            }
        };
        match self {
            Self::Header => fail(&[], &|_| {}),
            Self::Options => fail(&[plain, vec![1]].concat(), &|_| {}),
            Self::NoRoom(..) => fail(&plain, &|editor| {
                editor.limit(3).pad_to(4);
            }),
            Self::TooMany => EditError::TooManyEdits,
            Self::Chaddr => fail(&plain, &|editor| {
                editor.chaddr(&[0; 17]);
            }),
            Self::Sname => fail(&plain, &|editor| {
                editor.sname(&[0; 65]);
            }),
            Self::File => fail(&plain, &|editor| {
                editor.file(&[0; 129]);
            }),
            Self::Holds => fail(&[plain, vec![52, 1, 1]].concat(), &|editor| {
                editor.file(&[]);
            }),
            Self::Vendor => fail(&[0; 236].iter().copied().chain([1]).collect::<Vec<u8>>(), &|editor| {
                editor.set_raw(code(1), &[]);
            }),
            Self::Inside => fail(&[plain, vec![43, 1, 1]].concat(), &|editor| {
                editor.remove_suboption(code(43), 2);
            }),
        }
    }
}

/// PADs, or an option with its number in the walk.
#[derive(Clone, Debug, PartialEq)]
enum Item {
    Pad,
    Option(usize, u8, Vec<u8>),
}

impl Item {
    fn bytes(&self) -> Vec<u8> {
        match self {
            Self::Pad => vec![0],
            Self::Option(_, code, value) => encoded(*code, value),
        }
    }
}

fn encoded(code: u8, value: &[u8]) -> Vec<u8> {
    let one = |part: &[u8]| [&[code, u8::try_from(part.len()).unwrap_or(0)], part].concat();
    if value.is_empty() {
        return one(value);
    }
    value.chunks(255).flat_map(one).collect()
}

/// The options of one field, up to the last; whether an END follows.
#[derive(Clone, Debug)]
struct List {
    items: Vec<Item>,
    ended: bool,
}

impl List {
    fn read(mut field: &[u8]) -> Option<Self> {
        let mut list = Self {
            items: Vec::new(),
            ended: false,
        };
        loop {
            match field {
                [] => break,
                [255, ..] => {
                    list.ended = true;
                    break;
                }
                [0, rest @ ..] => {
                    list.items.push(Item::Pad);
                    field = rest;
                }
                [code, length, rest @ ..] => {
                    let (value, rest) = rest.split_at_checked(usize::from(*length))?;
                    list.items.push(Item::Option(0, *code, value.to_vec()));
                    field = rest;
                }
                [_] => return None,
            }
        }
        while list.items.last() == Some(&Item::Pad) {
            list.items.pop();
        }
        Some(list)
    }

    fn bytes(&self) -> Vec<u8> {
        self.items.iter().flat_map(Item::bytes).collect()
    }
}

/// The lists of options, file and sname; the latter two if they hold options.
fn lists(packet: &[u8]) -> Option<[Option<List>; 3]> {
    let options = List::read(&packet[240..])?;
    let overload: Vec<&Vec<u8>> = options
        .items
        .iter()
        .filter_map(|item| match item {
            Item::Option(_, 52, value) => Some(value),
            _ => None,
        })
        .collect();
    let joined: Vec<u8> = overload.into_iter().flatten().copied().collect();
    let fields = match joined[..] {
        [fields @ 1..=3] => fields,
        _ => 0,
    };
    let mut lists = [Some(options), None, None];
    if fields & 1 != 0 {
        lists[1] = Some(List::read(&packet[108..236])?);
    }
    if fields & 2 != 0 {
        lists[2] = Some(List::read(&packet[44..108])?);
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
    Some(lists)
}

fn has_cookie(packet: &[u8]) -> bool {
    packet.len() >= 240 && packet[236..240] == [99, 130, 83, 99]
}

/// Tells whether the packet is well-formed and has the option.
pub(super) fn has(packet: &[u8], code: u8) -> bool {
    has_cookie(packet) && lists(packet).is_some_and(|lists| value_in(&lists, code).is_some())
}

/// The value of an option over all fields; empty if there is none.
pub(super) fn joined(packet: &[u8], code: u8) -> Vec<u8> {
    if !has_cookie(packet) {
        return Vec::new();
    }
    lists(packet)
        .and_then(|lists| value_in(&lists, code))
        .unwrap_or_default()
}

fn value_in(lists: &[Option<List>; 3], code: u8) -> Option<Vec<u8>> {
    let mut found: Option<Vec<u8>> = None;
    for item in lists.iter().flatten().flat_map(|list| &list.items) {
        if let Item::Option(_, own, value) = item {
            if *own == code {
                found.get_or_insert_default().extend(value);
            }
        }
    }
    found
}

/// What the script comes to for one code.
#[derive(Clone, Debug, PartialEq)]
enum Entry {
    Set(u8, Vec<u8>),
    Remove(u8),
    Append(u8, Vec<u8>),
    Inside(u8, u8, Option<Vec<u8>>),
}

impl Entry {
    fn code(&self) -> u8 {
        match self {
            Self::Set(code, _) | Self::Remove(code) | Self::Append(code, _) | Self::Inside(code, ..) => *code,
        }
    }
}

/// The packet that `packet` becomes.
pub(super) fn edited(packet: &[u8], ops: &[Edit]) -> Result<Vec<u8>, Failure> {
    if packet.len() < 236 {
        return Err(Failure::Header);
    }
    let mut entries: Vec<Entry> = Vec::new();
    let mut dropped: Vec<usize> = Vec::new();
    let (mut limit, mut pad_to) = (4096, 0);
    let mut header = packet[..236].to_vec();
    let (mut sname, mut file) = (false, false);
    let mut fixed = |range: core::ops::Range<usize>, value: &[u8]| {
        header[range.clone()].fill(0);
        header[range.start..range.start + value.len()].copy_from_slice(value);
    };
    for op in ops {
        let entry = match op {
            Edit::SetRaw(code, value) => Entry::Set(code.code(), value.clone()),
            Edit::AppendRaw(code, value) => Entry::Append(code.code(), value.clone()),
            Edit::Remove(code) => Entry::Remove(code.code()),
            Edit::SetSuboption(code, sub, value) => Entry::Inside(code.code(), *sub, Some(value.clone())),
            Edit::RemoveSuboption(code, sub) => Entry::Inside(code.code(), *sub, None),
            Edit::Retain(keep) => {
                if let Some(lists) = has_cookie(packet).then(|| lists(packet)).flatten() {
                    dropped.extend(dropped_by(&lists, keep));
                }
                continue;
            }
            Edit::Limit(bytes) => {
                limit = 4096.min(*bytes);
                continue;
            }
            Edit::PadTo(bytes) => {
                pad_to = *bytes;
                continue;
            }
            Edit::Xid(xid) => {
                fixed(4..8, &xid.to_be_bytes());
                continue;
            }
            Edit::Yiaddr(address) => {
                fixed(16..20, &address.octets());
                continue;
            }
            Edit::Sname(name) if name.len() > 64 => return Err(Failure::Sname),
            Edit::File(name) if name.len() > 128 => return Err(Failure::File),
            Edit::Chaddr(address) if address.len() > 16 => return Err(Failure::Chaddr),
            Edit::Sname(name) => {
                fixed(44..108, name);
                sname = true;
                continue;
            }
            Edit::File(name) => {
                fixed(108..236, name);
                file = true;
                continue;
            }
            Edit::Chaddr(address) => {
                fixed(28..44, address);
                fixed(2..3, &[u8::try_from(address.len()).unwrap_or(0)]);
                continue;
            }
        };
        match &entry {
            Entry::Set(code, _) | Entry::Remove(code) => entries.retain(|other| other.code() != *code),
            Entry::Inside(code, sub, _) => {
                entries.retain(|other| !matches!(other, Entry::Inside(c, s, _) if c == code && s == sub));
            }
            Entry::Append(..) => {}
        }
        if entries.len() == 16 {
            return Err(Failure::TooMany);
        }
        entries.push(entry);
    }

    if !has_cookie(packet) {
        let none = [None, None, None];
        let mut options = Vec::new();
        for relay in [false, true] {
            for (code, value) in additions(&none, &entries, &[])? {
                if (code == 82) == relay {
                    options.extend(encoded(code, &value));
                }
            }
        }
        let mut out = header;
        if options.is_empty() {
            out.extend(&packet[236..]);
        } else if packet[236..].iter().any(|octet| *octet != 0) {
            return Err(Failure::Vendor);
        } else {
            out.extend([99, 130, 83, 99]);
            out.extend(options);
            out.push(255);
            out.resize(out.len().max(packet.len().min(limit)), 0);
        }
        return sized(out, pad_to, limit);
    }

    let original = lists(packet).ok_or(Failure::Options)?;
    let mut lists = original.clone();
    for list in lists.iter_mut().flatten() {
        list.items.retain(|item| match item {
            Item::Option(number, code, _) => !dropped.contains(number) || decided(&entries, *code),
            Item::Pad => true,
        });
    }
    // Values that change: all fragments go, and the first leaves a mark, an option with the number `usize::MAX`.
    let mut codes: Vec<u8> = entries.iter().map(Entry::code).collect();
    codes.dedup();
    let mut settled: Vec<u8> = Vec::new();
    for code in codes {
        if settled.contains(&code) || !decided(&entries, code) {
            continue;
        }
        let Some(old) = value_in(&original, code) else {
            continue;
        };
        settled.push(code);
        let (new, changed) = new_value(&original, &entries, code)?;
        if !changed
            || new.as_ref() == Some(&old) && !entries.iter().any(|e| matches!(e, Entry::Inside(c, ..) if *c == code))
        {
            continue;
        }
        let mut marked = new.is_none();
        for list in lists.iter_mut().flatten() {
            list.items.retain_mut(|item| match item {
                Item::Option(number, own, value) if *own == code => {
                    if marked {
                        return false;
                    }
                    marked = true;
                    *number = usize::MAX;
                    *value = new.clone().unwrap_or_default();
                    true
                }
                _ => true,
            });
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
            } else if let Item::Option(_, code, _) = item {
                settled.retain(|settled| settled != code);
            }
            fits
        });
    }
    // The fields, and option 52.
    let (mut before, mut after) = (0, 0);
    for (area, start, length) in [(1, 108, 128), (2, 44, 64)] {
        let (Some(list), Some(original)) = (&lists[area], &original[area]) else {
            continue;
        };
        before |= area as u8;
        let unchanged = list.bytes() == original.bytes();
        let holds = list.items.iter().any(|item| *item != Item::Pad);
        if unchanged || holds {
            if if area == 1 { file } else { sname } {
                return Err(Failure::Holds);
            }
            after |= area as u8;
        }
        if !unchanged {
            if holds {
                let mut field = list.bytes();
                field.push(255);
                field.resize(length, 0);
                header[start..start + length].copy_from_slice(&field);
            } else if !if area == 1 { file } else { sname } {
                header[start..start + length].fill(0);
            }
        }
    }
    let options = lists[0].as_mut().ok_or(Failure::Options)?;
    if before != after {
        options
            .items
            .retain(|item| after != 0 || !matches!(item, Item::Option(_, 52, _)));
        for item in &mut options.items {
            if let Item::Option(_, 52, value) = item {
                value.fill(after);
            }
        }
    }
    // New options.
    let mut at = options.items.len();
    for (index, item) in options.items.iter().enumerate().rev() {
        match item {
            Item::Option(_, 82, _) => at = index,
            Item::Option(..) => break,
            Item::Pad => {}
        }
    }
    for (code, value) in additions(&original, &entries, &settled)? {
        if code == 82 {
            options.items.push(Item::Option(0, code, value));
        } else {
            options.items.insert(at, Item::Option(0, code, value));
            at += 1;
        }
    }

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
        return Err(Failure::NoRoom(out.len(), limit));
    }
    Ok(out)
}

fn decided(entries: &[Entry], code: u8) -> bool {
    entries
        .iter()
        .any(|entry| entry.code() == code && !matches!(entry, Entry::Append(..)))
}

/// The numbers of the options that go.
fn dropped_by(lists: &[Option<List>; 3], keep: &[bool]) -> Vec<usize> {
    let mut keep = keep.iter().cycle();
    let mut dropped = Vec::new();
    for (area, list) in lists.iter().enumerate() {
        for item in list.iter().flat_map(|list| &list.items) {
            if let Item::Option(number, code, _) = item {
                if !(area == 0 && *code == 52) && keep.next() == Some(&false) {
                    dropped.push(*number);
                }
            }
        }
    }
    dropped
}

/// The options that have no place yet, in the order of the script.
fn additions(original: &[Option<List>; 3], entries: &[Entry], settled: &[u8]) -> Result<Vec<(u8, Vec<u8>)>, Failure> {
    let mut additions = Vec::new();
    let mut seen = settled.to_vec();
    for entry in entries {
        let code = entry.code();
        match entry {
            Entry::Append(_, value) => additions.push((code, value.clone())),
            _ if seen.contains(&code) => {}
            _ => {
                seen.push(code);
                if let (Some(value), _) = new_value(original, entries, code)? {
                    additions.push((code, value));
                }
            }
        }
    }
    Ok(additions)
}

/// The new value of a code, none if it goes; and whether it may differ from the old one.
fn new_value(original: &[Option<List>; 3], entries: &[Entry], code: u8) -> Result<(Option<Vec<u8>>, bool), Failure> {
    let own = || entries.iter().filter(|entry| entry.code() == code);
    let mut base = value_in(original, code);
    let mut replaced = false;
    for entry in own() {
        match entry {
            Entry::Set(_, value) => (base, replaced) = (Some(value.clone()), true),
            Entry::Remove(_) => (base, replaced) = (None, true),
            _ => {}
        }
    }
    let inside: Vec<(u8, Option<Vec<u8>>)> = own()
        .filter_map(|entry| match entry {
            Entry::Inside(_, sub, value) => Some((*sub, value.clone())),
            _ => None,
        })
        .collect();
    if inside.is_empty() {
        return Ok((base, replaced));
    }
    let old = base.clone().unwrap_or_default();
    let mut rest = &old[..];
    let mut parts: Vec<(Option<u8>, Vec<u8>)> = Vec::new();
    loop {
        match rest {
            [] => break,
            [255, ..] if code == 43 => break,
            [0, behind @ ..] if code == 43 => {
                parts.push((None, vec![0]));
                rest = behind;
            }
            [sub, length, behind @ ..] => {
                let (value, behind) = behind.split_at_checked(usize::from(*length)).ok_or(Failure::Inside)?;
                parts.push((Some(*sub), value.to_vec()));
                rest = behind;
            }
            [_] => return Err(Failure::Inside),
        }
    }
    for (sub, value) in inside {
        let first = parts.iter().position(|part| part.0 == Some(sub));
        parts = {
            let mut number = 0;
            parts.retain(|part| {
                number += 1;
                part.0 != Some(sub) || (value.is_some() && Some(number - 1) == first)
            });
            parts
        };
        if let Some(value) = value {
            match parts.iter_mut().find(|part| part.0 == Some(sub)) {
                Some(part) => part.1 = value,
                None => parts.push((Some(sub), value)),
            }
        }
    }
    let mut new = Vec::new();
    for (sub, value) in parts {
        if let Some(sub) = sub {
            new.extend([sub, u8::try_from(value.len()).unwrap_or(0)]);
        }
        new.extend(value);
    }
    new.extend(rest);
    let changed = replaced || new != old;
    Ok((Some(new).filter(|new| !new.is_empty()), changed))
}
