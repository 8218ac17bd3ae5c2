//! What Microsoft's clients send and understand: their classes, and the sub-options of [`VENDOR_SPECIFIC`] (43) that a
//! server gives to them.
//!
//! The sub-options mean this only if the vendor class (60) of the client begins with [`CLASS_ID_PREFIX`]; other vendors
//! give the same numbers other meanings.
//!
//! ```
//! use dhcp_callout::PacketBuffer;
//! use dhcp_callout::message::option::{self, microsoft};
//! use dhcp_callout::message::{Message, MessageType, SuboptionChanges};
//!
//! let mut buffer = PacketBuffer::request(MessageType::ACK, 1, &[2, 0, 0, 0, 0, 1])?;
//! buffer.edit(|editor| {
//!     let changes = SuboptionChanges::new().set(microsoft::DISABLE_NETBIOS, 2);
//!     editor.set(option::VENDOR_SPECIFIC, changes);
//! })?;
//! let message = Message::parse(buffer.as_bytes())?;
//! let vendor = message.find(option::VENDOR_SPECIFIC).ok_or("it has been set")?;
//! assert_eq!(vendor.suboption(microsoft::DISABLE_NETBIOS)?, Some(2));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`VENDOR_SPECIFIC`]: super::VENDOR_SPECIFIC

use super::keys::keys;
use super::suboption::SuboptionCode;
use crate::codes::number;
use crate::message::codec::Key;
use crate::message::value::Value;

/// How the vendor class (60) of every Windows client begins.
pub const CLASS_ID_PREFIX: &str = "MSFT";
/// The vendor class (60) of clients with Windows 2000 or later.
pub const CLASS_ID_WINDOWS_2000: &str = "MSFT 5.0";
/// The vendor class (60) of clients with Windows 98.
pub const CLASS_ID_WINDOWS_98: &str = "MSFT 98";

/// The user class (77) of a Routing and Remote Access server that asks for addresses on behalf of its own clients.
pub const USER_CLASS_RRAS: &str = "RRAS.Microsoft";
/// The user class (77) of clients that use BOOTP.
pub const USER_CLASS_BOOTP: &str = "BOOTP.Microsoft";
/// The user class (77) of clients that Network Access Protection keeps apart.
pub const USER_CLASS_QUARANTINE: &str = "MSFT Quarantine";

number! {
    /// The code of a sub-option of Vendor Specific Information (43) for Microsoft's clients, one byte.
    ///
    /// Prints as its number in decimal, by which the documents and error texts call it; `name` returns the name in the
    /// table.
    MicrosoftCode
}

impl SuboptionCode for MicrosoftCode {}

keys! {
    MicrosoftCode, "sub-option";

    /// 1 enables and 2 disables NetBIOS over TCP/IP.
    1, DISABLE_NETBIOS, "Microsoft Disable NetBIOS", u32, "[MS-DHCPE] section 2.2.2";
    /// 1 has the client give its lease back when it shuts down.
    2, RELEASE_ON_SHUTDOWN, "Microsoft Release DHCP Lease on Shutdown", u32, "[MS-DHCPE] section 2.2.2";
    /// The metric of the default routes; 0 has the client choose by the speed of the link.
    3, ROUTER_METRIC_BASE, "Microsoft Default Router Metric Base", u32, "[MS-DHCPE] section 2.2.2";
    /// In the INFORM of a server that looks for others.
    94, ROGUE_DETECTION_REQUEST, "Rogue Detection Request", Value<'static>, "[MS-DHCPE] section 2.2.2";
    /// In the answer to that INFORM.
    95, ROGUE_DETECTION_REPLY, "Rogue Detection Reply", Value<'static>, "[MS-DHCPE] section 2.2.2";
}
