//! Strategies for property tests (feature `proptest`): control codes, notices, values of options, packets, edits, and
//! what clients and servers say to each other.
//!
//! Every strategy yields what the server or the network could hand over, unknown and hostile values among it. Known
//! codes come up far more often than their share of the value range.
//!
//! | of | well-formed | one thing wrong | anything |
//! | --- | --- | --- | --- |
//! | control codes, notices | [`notice`] | | [`control_code`], [`notices`] |
//! | values of options | [`option_value`], [`value_of`], [`relay_value_of`] | [`nearly_option_value`] | |
//! | edits | | | [`editor_call`], [`edit_script`] |
//! | packets | [`message`], [`typical_message`], [`typical_message_of`], [`split`] | | [`any_bytes`], [`packet`] |
//! | several packets | [`exchange`], [`conversation`] | | [`server_run`], with a [`conduct`] |
//!
//! A value reads the same in one piece and in many:
//!
//! ```
//! use dhcp_callout::Message;
//! use dhcp_callout::message::{Typed, Value};
//! use dhcp_callout::strategy::{option_value, split};
//! use proptest::prelude::*;
//!
//! proptest!(|(((code, value), sample) in split(option_value()))| {
//!     let whole = Typed::decode(Value::from_slice(code, &value))?;
//!     let joined = Message::parse(&sample.packet)?.value(code)?;
//!     prop_assert_eq!(joined.map(Typed::decode).transpose()?, Some(whole));
//! });
//! ```
//!
//! A failure shrinks to the least that still fails: of [`message`] to the options that matter, after a header of zeros;
//! of [`packet`] to the bytes that matter; of [`typical_message`] and the like to the options that matter or must be
//! there; of [`conversation`], [`server_run`] and [`edit_script`] to the packets or calls that matter; and of
//! [`conduct`] to the defaults of all other switches. A test tries four times as many smaller samples as it has
//! `cases`, which can be too few for long packets, for [`edit_script`] or for [`server_run`]: set `max_shrink_iters` of
//! the [configuration](https://docs.rs/proptest/1/proptest/test_runner/struct.Config.html) to 20,000, or the variable
//! `PROPTEST_MAX_SHRINK_ITERS` for a single run.

mod editor_call;
mod option_value;
mod packets;
mod sample;
mod server;
mod shrink;
mod split;
mod typical;

pub use editor_call::{EditorCall, edit_script, editor_call};
pub use option_value::{nearly_option_value, option_value, relay_value_of, value_of};
pub use packets::{any_bytes, message, packet};
pub use sample::{Bytes, Sample};
pub use server::{conduct, server_run};
pub use split::split;
pub use typical::{conversation, exchange, typical_message, typical_message_of};

use std::vec::Vec;

use proptest::collection::vec as vec_of;
use proptest::prelude::*;
use proptest::sample::select;

use crate::control::{
    AddressGrant, AddressProblem, ClientType, DropReason, PACKET_PROCESSED, SendCode, ServiceControl,
};
use crate::lifecycle::Notice;

/// Yields DWORDs as control codes: known codes of every hook, their neighbours, and any other value.
#[inline]
pub fn control_code() -> impl Strategy<Value = u32> {
    let known = ServiceControl::ALL
        .iter()
        .map(|code| code.code())
        .chain(DropReason::ALL.iter().map(|code| code.code()))
        .chain([PACKET_PROCESSED])
        .chain(SendCode::ALL.iter().map(|code| code.code()))
        .chain(AddressProblem::ALL.iter().map(|code| code.code()))
        .chain(AddressGrant::ALL.iter().map(|code| code.code()))
        .chain(ClientType::ALL.iter().map(|code| code.code()))
        .collect::<Vec<_>>();
    prop_oneof![
        4 => select(known.clone()),
        1 => (select(known), any::<bool>()).prop_map(|(code, up)| {
            if up { code.wrapping_add(1) } else { code.wrapping_sub(1) }
        }),
        1 => any::<u32>(),
    ]
}

/// Yields drop reasons, known and unknown.
#[inline]
fn drop_reason() -> impl Strategy<Value = DropReason> {
    prop_oneof![
        3 => select(DropReason::ALL),
        1 => any::<u32>().prop_filter_map("DHCP_DROP_PROCESSED is no reason", DropReason::from_code),
    ]
}

/// Yields the notices of one packet: mostly in the documented order, and else anything, several ends among it.
#[inline]
pub fn notices() -> impl Strategy<Value = Vec<Notice>> {
    prop_oneof![
        1 => Just(std::vec![Notice::Processed]),
        2 => drop_reason().prop_map(|reason| std::vec![Notice::Dropped(reason), Notice::Processed]),
        3 => vec_of(notice(), 0..12),
    ]
}

/// Yields notices: drops for known and unknown reasons, and completions.
#[inline]
pub fn notice() -> impl Strategy<Value = Notice> {
    prop_oneof![drop_reason().prop_map(Notice::Dropped), Just(Notice::Processed)]
}
