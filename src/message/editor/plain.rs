//! The short way through the commonest edit: whole values are set, in a message without anything out of the way.

use super::super::code::OptionCode;
use super::super::{MAGIC_COOKIE, OPTIONS_OFFSET};
use super::script::Script;

/// Builds the packet as [`build`](super::build::build) does, if that needs nothing but values to be set, each of one
/// fragment; returns its size.
///
/// `None`, with nothing of `target` to be used, for all that needs a closer look, faults and want of room among it: a
/// PAD, overloaded fields, a relay agent's option, a code that occurs twice, a value that may be as it was.
#[inline(never)] // Its loop wants the registers for itself.
pub(super) fn build(source: &[u8], script: &Script<'_>, target: &mut [u8]) -> Option<usize> {
    let (header, mut rest) = source.split_at_checked(OPTIONS_OFFSET)?;
    if !script.is_plain() || !header.ends_with(&MAGIC_COOKIE) {
        return None;
    }
    let limit = script.limit.min(target.len());
    let mut free = target.get_mut(..limit)?;
    let marks = script.marks();
    let mut run = source;
    let mut placed = 0_u32;
    // From here on, `run` begins with the first byte that is not copied yet, and `rest` with the next option; both end
    // where the packet does.
    loop {
        let [code, behind_code @ ..] = rest else {
            return None;
        };
        let code = OptionCode::from_code(*code);
        if code == OptionCode::END {
            break;
        }
        let [length, behind_length @ ..] = behind_code else {
            return None;
        };
        let length = usize::from(*length);
        let mark = *marks.get(usize::from(code.code()))?;
        if mark == 0 {
            rest = behind_length.get(length..)?;
            continue;
        }
        let (index, value) = script.by_mark(mark)?;
        let behind = behind_length.get(length..)?;
        let bit = 1_u32.wrapping_shl(index.into());
        if placed & bit != 0 {
            return None;
        }
        placed |= bit;
        let copied = run.get(..run.len().wrapping_sub(rest.len()))?;
        free = put_option(put(free, copied)?, code, value)?;
        run = behind;
        rest = behind;
    }
    free = put(free, run.get(..run.len().wrapping_sub(rest.len()))?)?;
    let mut left = script.indices() & !placed;
    while left != 0 {
        let (code, value) = script.at(left.trailing_zeros())?;
        free = put_option(free, code, value)?;
        left &= left.wrapping_sub(1);
    }

    let last_end = source.len().wrapping_sub(rest.len());
    let mut size = limit.wrapping_sub(free.len());
    if size == last_end && source.len() <= limit {
        free = put(free, rest)?;
        size = source.len();
    } else {
        free = put(free, &[OptionCode::END.code()])?;
        size = size.wrapping_add(1);
    }
    let filled = if rest.len() > 1 { source.len().min(limit) } else { 0 }.max(script.pad_to);
    if let Some(filling) = filled.checked_sub(size) {
        free.get_mut(..filling)?.fill(0);
        size = filled;
    }
    Some(size)
}

/// Writes `octets` to the start of `free`, and returns what is left of it.
#[inline]
fn put<'t>(free: &'t mut [u8], octets: &[u8]) -> Option<&'t mut [u8]> {
    let (place, free) = free.split_at_mut_checked(octets.len())?;
    place.copy_from_slice(octets);
    Some(free)
}

/// Writes an option of one fragment to the start of `free`, and returns what is left of it.
#[inline]
fn put_option<'t>(free: &'t mut [u8], code: OptionCode, value: &[u8]) -> Option<&'t mut [u8]> {
    let length = u8::try_from(value.len()).ok()?;
    let ([code_octet, length_octet], free) = free.split_first_chunk_mut()?;
    (*code_octet, *length_octet) = (code.code(), length);
    put(free, value)
}
