//! The edit of an ordinary packet: the same bytes as from a [pass](super::pass), in one straight walk.
//!
//! The packet is copied as a whole first. Where no change has moved what follows, an option is then in its place, and
//! only what changes is written over. Whatever is out of the ordinary is left to a pass.

use core::ops::Range;

use super::super::code::OptionCode;
use super::super::walk::{LONGEST, pass_while};
use super::super::{HEADER_LENGTH, MAGIC_COOKIE, OPTIONS_OFFSET};
use super::script::{Change, Edit, Marks, RELAY, Script};
use super::write::{copy_value, write_option};

const RELAY_CODE: u8 = RELAY.code();

/// Writes what `source` becomes by the changes of `script` to `target`, like [`pass::build`](super::pass::build), and
/// returns the size; `None` if that has to do it, and then nothing that has been written means anything.
///
/// This is for packets with an END and without option 52, in which no option is changed that is split, and none before
/// or after a 250; for values that fit into one option; and with option 82 only as it is in replies, last and
/// unchanged.
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
    let (at, mut len) = change(source, edits, marks, values, target)?;
    for edit in edits.iter().flatten() {
        if matches!(edit.change, Change::Set | Change::Append) {
            len = write_option(target, len, edit.code, edit.short_value(values)?)?;
        }
    }
    let mut kept = source.len();
    let mut size = kept;
    if len != at {
        let mut last_end = at;
        if let [RELAY_CODE, length, ..] = *source.get(at..)? {
            last_end = at.wrapping_add(2).wrapping_add(usize::from(length));
            let last = source.get(at..last_end)?;
            let end = len.wrapping_add(last.len());
            target.get_mut(len..end)?.copy_from_slice(last);
            len = end;
        }
        *target.get_mut(len)? = OptionCode::END.code();
        kept = len + 1;
        // Bytes after END were there to fill the packet.
        let was_filled = size > last_end + 1;
        size = if was_filled { kept.max(size) } else { kept };
    }
    size = size.max(script.pad_to);
    target.get_mut(kept..size)?.fill(0);
    (size <= script.limit).then_some(size)
}

/// Makes the changes to the options that are there; returns where new ones go in the source, and where in the target:
/// before option 82 if that is the last, and after the last otherwise.
#[inline(always)]
fn change(
    source: &[u8],
    edits: &mut [Option<Edit<'_>>],
    marks: Marks,
    values: &[u8],
    target: &mut [u8],
) -> Option<(usize, usize)> {
    let mut moved = Moved {
        run: OPTIONS_OFFSET,
        by: 0,
    };
    let mut at = OPTIONS_OFFSET;
    let new = loop {
        at = pass_while(source, at, |code| !marks.may_have(code));
        let code = *source.get(at)?;
        if code == OptionCode::END.code() {
            break at;
        }
        if code == OptionCode::PAD.code() {
            let last_end = at;
            at = end_of_pads(source, at + 1);
            if source.get(at) == Some(&OptionCode::END.code()) {
                break last_end;
            }
            continue;
        }
        let length = *source.get(at.wrapping_add(1))?;
        let end = at.wrapping_add(2).wrapping_add(usize::from(length));
        if let Some(edit) = find(edits, code) {
            if usize::from(length) == LONGEST || code == OptionCode::CONTINUATION.code() {
                return None;
            }
            match edit.change {
                Change::Set => {
                    let value = edit.short_value(values)?;
                    edit.change = Change::Placed;
                    if moved.by == 0 && value.len() == usize::from(length) {
                        copy_value(target.get_mut(at.wrapping_add(2)..end)?, value);
                    } else {
                        moved.replace(source, target, at..end, Some((edit.code, value)))?;
                    }
                }
                Change::Remove => moved.replace(source, target, at..end, None)?,
                Change::Append => {}
                Change::Placed => return None,
            }
        } else if code == RELAY_CODE && source.get(end) == Some(&OptionCode::END.code()) {
            break at;
        } else if code == OptionCode::OVERLOAD.code() || code == RELAY_CODE {
            return None;
        }
        at = end;
    };
    moved.copy_until(source, target, new)?;
    Some((new, new.wrapping_add(moved.by)))
}

/// Returns the first edit of the options `code`: the one that decides about them, or one that appends another.
#[inline(always)]
fn find<'e, 'v>(edits: &'e mut [Option<Edit<'v>>], code: u8) -> Option<&'e mut Edit<'v>> {
    edits.iter_mut().flatten().find(|edit| edit.code.code() == code)
}

/// What follows the last change, and is not where it was.
struct Moved {
    /// Where it begins in the source.
    run: usize,
    /// By how many bytes it moves towards the end, or back: this wraps around.
    by: usize,
}

impl Moved {
    /// Writes an option, or nothing, in place of the one that is at `old` in the source.
    #[inline(never)]
    fn replace(
        &mut self,
        source: &[u8],
        target: &mut [u8],
        old: Range<usize>,
        new: Option<(OptionCode, &[u8])>,
    ) -> Option<()> {
        self.copy_until(source, target, old.start)?;
        let mut end = old.start.wrapping_add(self.by);
        if let Some((code, value)) = new {
            end = write_option(target, end, code, value)?;
        } else if source.get(old.end) == Some(&OptionCode::CONTINUATION.code()) {
            return None; // It might continue what comes before it then.
        }
        (self.run, self.by) = (old.end, end.wrapping_sub(old.end));
        Some(())
    }

    /// Copies what comes before `offset` in the source, unless it is in its place, perhaps with changes.
    #[inline]
    fn copy_until(&self, source: &[u8], target: &mut [u8], offset: usize) -> Option<()> {
        if self.by == 0 {
            return Some(());
        }
        let place = self.run.wrapping_add(self.by)..offset.wrapping_add(self.by);
        target.get_mut(place)?.copy_from_slice(source.get(self.run..offset)?);
        Some(())
    }
}

/// Returns where the PADs end that begin at `at`.
#[inline]
fn end_of_pads(source: &[u8], mut at: usize) -> usize {
    while source.get(at) == Some(&0) {
        at += 1;
    }
    at
}
