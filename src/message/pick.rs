//! Several options found in one pass.

use super::code::OptionCode;
use super::value::Value;
use super::walk::{Area, OptionError, RawOption, Walk};

/// What [`Message::pick`](super::Message::pick) has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Picked<'a, const K: usize> {
    /// The value of each option that was asked for, in the order of asking; `None` for one that was not met.
    pub values: [Option<Value<'a>>; K],
    /// The fault that ended the walk: options that were not met before it cannot be called absent.
    pub fault: Option<OptionError>,
}

/// Marks a code that needs more than to look into one slot: PAD, END and option 52 always.
const SLOW_PATH: u8 = u8::MAX;

impl<'a, const K: usize> Picked<'a, K> {
    #[inline]
    pub(super) fn of(codes: [OptionCode; K], mut walk: Walk<'a>) -> Self {
        let mut picked = Self {
            values: [None; K],
            fault: None,
        };
        let marks = marks(codes);
        loop {
            walk.pass_over(&marks);
            match walk.take_option() {
                Some(option) => match marks.get(usize::from(option.code.code())) {
                    Some(&mark) if mark != SLOW_PATH && option.value.len() < 255 => picked.note_at(mark, option, &walk),
                    _ => picked.note(codes, option, &mut walk),
                },
                None if walk.is_at_end() => return picked,
                None => match walk.next() {
                    Some(Ok(option)) => picked.note(codes, option, &mut walk),
                    Some(Err(fault)) => picked.fault = Some(fault),
                    None => return picked,
                },
            }
        }
    }

    /// Notes an ordinary option, which ends its fragment, in the slot that its mark names; `walk` is after it.
    #[inline]
    fn note_at(&mut self, mark: u8, option: RawOption<'a>, walk: &Walk<'a>) {
        match self.values.get_mut(usize::from(mark).wrapping_sub(1)) {
            None => {}
            Some(Some(value)) => value.extend(option.value, walk),
            Some(value) => *value = Some(Value::new(option, walk)),
        }
    }

    /// Notes any option wherever its code was asked for, with the 250s that continue it; `walk` is after it.
    #[cold]
    #[inline(never)]
    fn note(&mut self, codes: [OptionCode; K], option: RawOption<'a>, walk: &mut Walk<'a>) {
        if option.continues || (option.code == OptionCode::OVERLOAD && option.area != Area::Options) {
            return;
        }
        let mut piece = option;
        loop {
            for (value, code) in self.values.iter_mut().zip(codes) {
                match value {
                    _ if code != piece.code => {}
                    Some(value) => value.extend(piece.value, walk),
                    None => *value = Some(Value::new(piece, walk)),
                }
            }
            if piece.value.len() < 255 {
                return;
            }
            match walk.take_continuation() {
                Some(value) => piece.value = value,
                None => return,
            }
        }
    }
}

/// Returns for each code 0 if it was not asked for, or else its slot, counted from 1, or [`SLOW_PATH`].
#[inline]
fn marks<const K: usize>(codes: [OptionCode; K]) -> [u8; 256] {
    let mut marks = [0; 256];
    for (index, code) in codes.into_iter().enumerate() {
        if let Some(mark) = marks.get_mut(usize::from(code.code())) {
            *mark = match u8::try_from(index.saturating_add(1)) {
                Ok(slot) if *mark == 0 => slot,
                _ => SLOW_PATH,
            };
        }
    }
    for code in [OptionCode::PAD, OptionCode::END, OptionCode::OVERLOAD] {
        if let Some(mark) = marks.get_mut(usize::from(code.code())) {
            *mark = SLOW_PATH;
        }
    }
    marks
}
