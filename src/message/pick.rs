//! Several options found in one pass.

use super::code::OptionCode;
use super::value::Value;
use super::walk::{Area, NEEDS_A_STEP, OptionError, RawOption, Walk};

/// What [`Message::pick`](super::Message::pick) has found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Picked<'a, const K: usize> {
    /// The value of each option that was asked for, in the order of asking; `None` for one that was not met.
    pub values: [Option<Value<'a>>; K],
    /// The fault that ended the walk: options that were not met before it cannot be called absent.
    pub fault: Option<OptionError>,
}

impl<'a, const K: usize> Picked<'a, K> {
    #[inline]
    pub(super) fn of(codes: [OptionCode; K], mut walk: Walk<'a>) -> Self {
        let mut stops = NEEDS_A_STEP;
        for code in codes {
            if let Some(stop) = stops.get_mut(usize::from(code.code())) {
                *stop = 1;
            }
        }
        let mut picked = Self {
            values: [None; K],
            fault: None,
        };
        loop {
            walk.pass_over(&stops);
            match walk.next() {
                Some(Ok(option)) => picked.note(codes, option, &walk),
                Some(Err(fault)) => picked.fault = Some(fault),
                None => return picked,
            }
        }
    }

    /// Notes an option, behind which the walk stands, wherever its code was asked for.
    #[inline]
    fn note(&mut self, codes: [OptionCode; K], option: RawOption<'a>, walk: &Walk<'a>) {
        if option.code == OptionCode::OVERLOAD && option.area != Area::Options {
            return;
        }
        for (value, _) in self
            .values
            .iter_mut()
            .zip(codes)
            .filter(|(_, code)| *code == option.code)
        {
            match value {
                Some(value) => value.extend(option.value),
                None => *value = Some(Value::new(option, walk)),
            }
        }
    }
}
