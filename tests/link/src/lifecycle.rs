//! `lifecycle`: the state machine of one packet.

use dhcp_callout::{Notice, Stage};

crate::operations! {
    notice_from_code(code: u32) => Notice::from_code(code);
    notice_code(notice: Notice) => notice.code();
    stage_advance(stage: Stage, notice: Notice) => stage.advance(notice);
    stage_advance_to_the_end(stage: Stage, notices: &[u8]) => notices
        .iter()
        .try_fold(stage, |stage, code| stage.advance(Notice::from_code(u32::from(*code))));
}
