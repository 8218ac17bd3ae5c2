// A number is no key: it does not say what its value looks like.
#![allow(unused)]

use dhcp_callout::{Editor, Message};

fn edit(editor: &mut Editor<'_, '_>) {
    editor.set(51, 3600);
}

fn read(message: Message<'_>) {
    let _ = message.find(12);
}

fn main() {}
