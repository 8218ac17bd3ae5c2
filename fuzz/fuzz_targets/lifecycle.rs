//! Any notices in any order: the state machine and a model of two variables agree at each step.
#![no_main]

use arbitrary::{Arbitrary, Unstructured};
use dhcp_callout::{DropReason, Notice, Outcome, Stage, Violation};
use libfuzzer_sys::fuzz_target;

/// A control code, more often than not one that means something.
#[derive(Clone, Copy, Debug)]
struct Code(u32);

impl<'a> Arbitrary<'a> for Code {
    fn arbitrary(input: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        match u8::arbitrary(input)? {
            0xFF => Ok(Self(0x100)),
            0xFE => Ok(Self(u32::arbitrary(input)?)),
            code => Ok(Self(u32::from(code % 0x10))),
        }
    }
}

/// What is remembered of one packet, told without stages.
#[derive(Default)]
struct Model {
    first_reason: Option<u32>,
    processed: bool,
}

fuzz_target!(|codes: Vec<Code>| {
    let mut stage = Stage::InFlight;
    let mut model = Model::default();
    let mut done = 0;
    for Code(code) in codes {
        let notice = Notice::from_code(code);
        assert_eq!(notice.code(), code);
        let before = stage;
        match stage.advance(notice) {
            Ok(next) => stage = next,
            Err(violation) => {
                let expected = match model.first_reason {
                    _ if model.processed => Violation::AfterDone,
                    Some(first) => Violation::RepeatedDrop {
                        first: reason(first),
                        again: reason(code),
                    },
                    None => panic!("{violation}: the first notice"),
                };
                assert_eq!(violation, expected);
                assert!(!violation.to_string().is_empty());
                assert_eq!(stage, before);
                continue;
            }
        }
        done += u32::from(matches!(stage, Stage::Done(_)));
        if code == 0xB {
            model.processed = true;
        } else {
            assert_eq!(model.first_reason.replace(code), None, "a second reason was taken");
        }
        assert_eq!(stage, model.stage());
    }
    assert_eq!(done, u32::from(model.processed), "done exactly once");
});

impl Model {
    fn stage(&self) -> Stage {
        match (self.first_reason, self.processed) {
            (None, false) => Stage::InFlight,
            (Some(first), false) => Stage::Dropped(reason(first)),
            (None, true) => Stage::Done(Outcome::Processed),
            (Some(first), true) => Stage::Done(Outcome::Dropped(reason(first))),
        }
    }
}

fn reason(code: u32) -> DropReason {
    DropReason::from_code(code).expect("a reason")
}
