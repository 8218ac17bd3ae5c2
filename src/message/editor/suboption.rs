//! The value of option 43 or 82 with some of its sub-options changed.

use super::super::code::OptionCode;
use super::super::option;
use super::super::value::Value;
use super::EditError;
use super::decide::bit;
use super::script::{Change, Script};

/// What changing the sub-options came to.
#[derive(Clone, Copy, Default)]
pub(super) struct Summary {
    /// Octets of the new value.
    pub(super) length: usize,
    /// Whether it differs from the one it was made from.
    pub(super) changed: bool,
}

/// Makes the changes that `script` has for the sub-options of `code`, and gives the new value to `put`, in pieces.
///
/// In option 43, as RFC 2132 section 8.4 describes it, 0 is a PAD and 255 ends the sub-options; in option 82, RFC 3046
/// knows neither.
pub(super) fn compose(
    code: OptionCode,
    base: Option<Value<'_>>,
    script: &Script<'_>,
    mut put: impl FnMut(&[u8]),
) -> Result<Summary, EditError> {
    let mut summary = Summary::default();
    let mut put = |octets: &[u8]| {
        summary.length = summary.length.saturating_add(octets.len());
        put(octets);
    };
    let mut changed = false;
    let mut placed = 0_u16;
    let mut rest = base;
    while let Some(value) = rest {
        let Some((suboption, behind)) = value.split_first() else {
            break;
        };
        if code == option::VENDOR_SPECIFIC.code() && suboption == 0 {
            put(&[0]);
            rest = Some(behind);
            continue;
        }
        if code == option::VENDOR_SPECIFIC.code() && suboption == 255 {
            break;
        }
        let (whole, old, after) = split_suboption(value, behind).ok_or(EditError::MalformedSuboption {
            code,
            suboption,
            offset: value.offset(),
        })?;
        match change_of(script, code, suboption) {
            None => whole.fragments().for_each(&mut put),
            Some((_, None)) => changed = true,
            Some((index, Some(_))) if placed & bit(index) != 0 => changed = true,
            Some((index, Some(new))) => {
                placed |= bit(index);
                changed |= old != *new;
                put_suboption(suboption, new, &mut put);
            }
        }
        rest = Some(after);
    }
    for (index, edit) in (0..=u8::MAX).zip(script.edits()) {
        if let Change::SetInside(suboption, new) = edit.change {
            if edit.code == code && placed & bit(index) == 0 {
                changed = true;
                put_suboption(suboption, new, &mut put);
            }
        }
    }
    for octets in rest.iter().flat_map(Value::fragments) {
        put(octets);
    }
    summary.changed = changed;
    Ok(summary)
}

/// Splits off one sub-option: returns all of it, its value, and what follows. `value` begins with its code, `behind`
/// with its length.
fn split_suboption<'a>(value: Value<'a>, behind: Value<'a>) -> Option<(Value<'a>, Value<'a>, Value<'a>)> {
    let (length, body) = behind.split_first()?;
    let (old, after) = body.split_at(length.into())?;
    let (whole, _) = value.split_at(usize::from(length).saturating_add(2))?;
    Some((whole, old, after))
}

/// Returns the change of one sub-option, with its position in the script: a new value, or none.
fn change_of<'v>(script: &Script<'v>, code: OptionCode, suboption: u8) -> Option<(u8, Option<&'v [u8]>)> {
    (0..=u8::MAX)
        .zip(script.edits())
        .find_map(|(index, edit)| match edit.change {
            Change::SetInside(changed, new) if edit.code == code && changed == suboption => Some((index, Some(new))),
            Change::RemoveInside(changed) if edit.code == code && changed == suboption => Some((index, None)),
            _ => None,
        })
}

fn put_suboption(suboption: u8, value: &[u8], put: &mut impl FnMut(&[u8])) {
    // No longer than 255: the script refuses longer ones.
    put(&[suboption, u8::try_from(value.len()).unwrap_or(u8::MAX)]);
    put(value);
}
