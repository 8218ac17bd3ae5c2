//! The edit of an ordinary packet: the same bytes as from a [pass](super::pass), in one straight walk.
//!
//! The packet is copied as a whole first. Where no change has moved what follows, an option is then in its place, and
//! only what changes is written over. Whatever is out of the ordinary is left to a pass.

use core::ops::Range;

use super::super::code::OptionCode;
use super::super::walk::pass_while;
use super::super::{HEADER_LENGTH, MAGIC_COOKIE, OPTIONS_OFFSET};
use super::script::{Change, Edit, RELAY, Script};
use super::write::write_option;

/// Writes what `source` becomes by the changes of `script` to `target`, like [`pass::build`](super::pass::build), and
/// returns the size; `None` if that has to do it, and then nothing that has been written means anything.
///
/// This is for packets with an END, in which no option is changed that is split, no option 52 or 82, and none before or
/// after a 250; and for values that fit into one option.
#[inline]
pub(super) fn build(source: &[u8], script: &mut Script<'_>, values: &[u8], target: &mut [u8]) -> Option<usize> {
    if !script.is_plain {
        return None;
    }
    let copied = script.copied;
    target
        .get_mut(copied..source.len())?
        .copy_from_slice(source.get(copied..)?);
    if source.get(HEADER_LENGTH..OPTIONS_OFFSET) != Some(&MAGIC_COOKIE) {
        return None;
    }

    let marks = script.marks;
    let edits = script.edits_mut();
    // What follows the last change, and begins at `run`, moves by so many bytes towards the end, or back: it wraps around.
    let (mut run, mut by) = (OPTIONS_OFFSET, 0_usize);
    let mut pads = 0..0;
    let mut at = OPTIONS_OFFSET;
    loop {
        at = pass_while(source, at, |code| !marks.may_have(code));
        let (code, length) = match source.get(at..)? {
            [255, ..] => break,
            [0, ..] => {
                pads = at..end_of_pads(source, at);
                at = pads.end;
                continue;
            }
            [code, length, ..] => (*code, *length),
            _ => return None,
        };
        let end = at.wrapping_add(2).wrapping_add(usize::from(length));
        if let Some(edit) = find(edits, code) {
            if length == 255 {
                return None;
            }
            if by != 0 {
                copy_moved(source, target, run..at, by)?;
            }
            let mut new_end = at.wrapping_add(by);
            match edit.change {
                Change::Set => {
                    new_end = write_option(target, new_end, edit.code, edit.short_value(values)?)?;
                    edit.change = Change::Placed;
                }
                Change::Remove if !continues_or_would(source, at, end) => {}
                _ => return None,
            }
            (run, by) = (end, new_end.wrapping_sub(end));
        } else if code == OptionCode::OVERLOAD.code() || code == RELAY.code() {
            return None;
        }
        at = end;
    }
    let last_end = if at == pads.end { pads.start } else { at };
    if by != 0 {
        copy_moved(source, target, run..last_end, by)?;
    }

    let mut len = last_end.wrapping_add(by);
    for edit in edits.iter().flatten() {
        if matches!(edit.change, Change::Set | Change::Append) {
            len = write_option(target, len, edit.code, edit.short_value(values)?)?;
        }
    }
    let mut kept = source.len();
    let mut size = kept.max(script.pad_to);
    if len != last_end {
        *target.get_mut(len)? = OptionCode::END.code();
        kept = len + 1;
        // Bytes after END were there to fill the packet.
        let filled = if source.len() > last_end + 1 {
            source.len()
        } else {
            kept
        };
        size = kept.max(filled).max(script.pad_to);
    }
    target.get_mut(kept..size)?.fill(0);
    (size <= script.limit).then_some(size)
}

/// Returns the edit that decides about the options `code`.
#[inline(always)]
fn find<'e, 'v>(edits: &'e mut [Option<Edit<'v>>], code: u8) -> Option<&'e mut Edit<'v>> {
    let mut edits = edits.iter_mut().flatten();
    edits.find(|edit| edit.code.code() == code && edit.change != Change::Append)
}

/// Returns whether the option from `at` to `end` is a 250, which may continue another, or whether one follows, which might
/// without it.
#[cold]
fn continues_or_would(source: &[u8], at: usize, end: usize) -> bool {
    let continuation = OptionCode::CONTINUATION.code();
    source.get(at) == Some(&continuation) || source.get(end) == Some(&continuation)
}

/// Copies what is at `run` in `source` to where it moves `by` so many bytes.
#[cold]
fn copy_moved(source: &[u8], target: &mut [u8], run: Range<usize>, by: usize) -> Option<()> {
    let place = run.start.wrapping_add(by)..run.end.wrapping_add(by);
    target.get_mut(place)?.copy_from_slice(source.get(run)?);
    Some(())
}

/// Returns where the PADs end that begin at `at`.
#[inline]
fn end_of_pads(source: &[u8], mut at: usize) -> usize {
    while source.get(at) == Some(&0) {
        at += 1;
    }
    at
}
