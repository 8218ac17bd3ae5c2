//! What a message is: of DHCP, of BOOTP, or neither.

use crate::message::{Message, MessageType, option};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Dhcp(MessageType),
    /// Without a message type, and without a fault in the options.
    Bootp,
    /// Its options cannot be read as far as a message type.
    Malformed,
}

impl Kind {
    pub(super) fn of(message: Message<'_>) -> Self {
        match message.value(option::MESSAGE_TYPE.code()) {
            Ok(None) => Self::Bootp,
            Ok(Some(value)) => match value.to_array() {
                Some([code]) => Self::Dhcp(MessageType::from_code(code)),
                None => Self::Malformed,
            },
            Err(_) => Self::Malformed,
        }
    }
}
