// A number is no key: it does not say how its value reads. And a key of a sub-option is none of an option.
#![allow(unused)]

use dhcp_callout::message::option::relay;
use dhcp_callout::{Editor, Message};

fn edit(editor: &mut Editor<'_, '_>) {
    editor.set(51, 3600);
}

fn read(message: Message<'_>) {
    let _ = message.find(12);
    let _ = message.get(relay::CIRCUIT_ID);
}

fn main() {}
