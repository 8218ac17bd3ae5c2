//! Bytes and text, and how both are printed so that what came over the wire cannot pass for something else.

use core::ascii;
use core::fmt::{self, Display as _, Write as _};
use core::str;

use crate::message::codec::{Encode, Encoder, Expected, Format, ValueError};
use crate::message::value::{Value, equal_bytes};

/// The bytes as they are: the format of options whose layout is the vendor's own. Every value will do, even none.
impl Format for Value<'_> {
    type Value<'a> = Value<'a>;

    #[inline]
    fn decode(value: Value<'_>) -> Result<Value<'_>, ValueError> {
        Ok(value)
    }
}

impl Encode<Value<'static>> for Value<'_> {
    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put_value(*self);
    }
}

#[cfg(feature = "proptest")]
crate::message::readable::readable! {
    Value<'_> => prop_oneof![4 => bytes(0..24), 1 => text(0), 1 => bytes(0..400)];
    Text<'_> => text(1);
}

/// Two digits for each byte, and the text in quotes after it if all bytes are printable ASCII.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(self, f)?;
        if !self.is_empty() && self.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
            f.write_str(" (\"")?;
            write_escaped(f, *self)?;
            f.write_str("\")")?;
        }
        Ok(())
    }
}

/// Text as it came: bytes that should be ASCII or UTF-8, without the NULs that some senders append (RFC 2132 section
/// 2).
///
/// Any byte is kept, since clients do send the code page of their maker's country. Decoding gives
/// [`Length`](crate::message::ValueErrorKind::Length) for an empty value; one that holds nothing but NULs is empty
/// text.
///
/// `Display` puts the text in quotes and escapes every character that could disturb a log line: control characters,
/// quotes, backslashes, what is not UTF-8 (`\xe9`), and what is neither ASCII nor a letter of a script that is
/// written from left to right (`\u{202e}`). [`lossy`](Self::lossy) prints the text bare, as it came.
///
/// Text compares with strings and with bytes.
///
/// ```
/// use dhcp_callout::message::{Value, option};
///
/// let value = Value::from_slice(option::HOST_NAME.code(), b"pc\n12:00 OK\0");
/// let host_name = option::HOST_NAME.decode(value)?;
/// assert!(host_name.starts_with(b"pc"));
/// assert_eq!(host_name, "pc\n12:00 OK");
/// assert_eq!(host_name, b"pc\n12:00 OK");
/// assert_eq!(host_name.as_str(), Some("pc\n12:00 OK"));
/// assert_eq!(host_name.lossy().to_string(), "pc\n12:00 OK");
/// assert_eq!(host_name.to_string(), r#""pc\n12:00 OK""#);
/// # Ok::<(), dhcp_callout::message::ValueError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text<'a> {
    value: Value<'a>,
}

impl<'a> Text<'a> {
    /// Takes all of `value` but the NULs at its end; none may be left.
    pub(super) fn trimmed(value: Value<'a>) -> Self {
        if value.as_slice().is_some_and(|bytes| bytes.last() != Some(&0)) {
            return Self { value };
        }
        let (_, end) = value.bytes().fold((0_usize, 0), |(at, end), byte| {
            let at = at.saturating_add(1);
            (at, if byte == 0 { end } else { at })
        });
        Self {
            value: value.split_at(end).map_or(value, |(text, _)| text),
        }
    }

    /// Returns the bytes of the text.
    #[inline]
    #[must_use]
    pub const fn value(&self) -> Value<'a> {
        self.value
    }

    /// Returns the text, if it is in one piece and is UTF-8.
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> Option<&'a str> {
        str::from_utf8(self.value.as_slice()?).ok()
    }

    /// Returns the text in a form that prints bare: without quotes, and with [`char::REPLACEMENT_CHARACTER`] for each
    /// byte that is not UTF-8. What the sender put into it (line feeds, control characters) is printed too.
    #[must_use]
    pub fn lossy(&self) -> impl fmt::Display + use<'a> {
        LossyText(*self)
    }

    /// Returns whether the text begins with the bytes of `prefix`.
    #[must_use]
    pub fn starts_with(&self, prefix: impl AsRef<[u8]>) -> bool {
        self.value.starts_with(prefix)
    }
}

impl Format for Text<'_> {
    type Value<'a> = Text<'a>;

    #[inline]
    fn decode(value: Value<'_>) -> Result<Text<'_>, ValueError> {
        if value.is_empty() {
            Err(value.bad_length(Expected::AtLeast(1)))
        } else {
            Ok(Text::trimmed(value))
        }
    }
}

/// Text that is empty is written as one NUL, since an option of text has at least one byte.
impl Encode<Text<'static>> for Text<'_> {
    fn encode(&self, out: &mut Encoder<'_>) {
        if self.value.is_empty() {
            out.put(&[0]);
        }
        out.put_value(self.value);
    }
}

impl<'a> From<Text<'a>> for Value<'a> {
    #[inline]
    fn from(text: Text<'a>) -> Self {
        text.value
    }
}

equal_bytes!(Text);

/// Implements [`Encode`] for types that have the bytes of a format.
macro_rules! encode_bytes {
    ($($Format:ident from [$($generics:tt)*] $Type:ty;)+) => {$(
        impl<$($generics)*> Encode<$Format<'static>> for $Type {
            #[inline]
            fn encode(&self, out: &mut Encoder<'_>) {
                out.put(self.as_ref());
            }
        }
    )+};
}

encode_bytes! {
    Value from [] [u8];
    Value from [const N: usize] [u8; N];
    Text from [] [u8];
    Text from [const N: usize] [u8; N];
    Text from [] str;
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_char('"')?;
        write_escaped(f, self.value)?;
        f.write_char('"')
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// [`Text`] in a form that prints bare.
struct LossyText<'a>(Text<'a>);

impl fmt::Display for LossyText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut characters = Characters { rest: self.0.value };
        characters.try_for_each(|character| f.write_char(character.unwrap_or(char::REPLACEMENT_CHARACTER)))
    }
}

/// Prints bytes as text that stays inside its line and its quotes.
pub(crate) fn write_escaped(f: &mut fmt::Formatter<'_>, bytes: Value<'_>) -> fmt::Result {
    for character in (Characters { rest: bytes }) {
        match character {
            Err(byte) => ascii::escape_default(byte).fmt(f)?,
            Ok(special @ ('\t' | '\r' | '\n' | '"' | '\\')) => special.escape_default().fmt(f)?,
            Ok(plain) if is_plain(plain) => f.write_char(plain)?,
            Ok(other) => other.escape_unicode().fmt(f)?,
        }
    }
    Ok(())
}

/// Returns whether a character prints as itself, moves nothing around it, and stays on its line.
const fn is_plain(character: char) -> bool {
    matches!(character,
        ' '..='~'
        | '\u{c0}'..='\u{24f}' // Latin
        | '\u{388}'..='\u{3ff}' // Greek
        | '\u{400}'..='\u{481}' | '\u{48a}'..='\u{52f}' // Cyrillic
        | '\u{3041}'..='\u{3096}' | '\u{30a1}'..='\u{30fa}' // Japanese syllables
        | '\u{4e00}'..='\u{9fff}' // Chinese characters
        | '\u{ac00}'..='\u{d7a3}' // Korean syllables
    )
}

/// The characters of UTF-8 text, and the bytes that belong to none.
#[derive(Clone)]
struct Characters<'a> {
    rest: Value<'a>,
}

impl Iterator for Characters<'_> {
    type Item = Result<char, u8>;

    fn next(&mut self) -> Option<Result<char, u8>> {
        let (first, after) = self.rest.split_first()?;
        let width = match first {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 1,
        };
        let mut bytes = [0; 4];
        let character = self.rest.split_at(width).and_then(|(character, after)| {
            let character = str::from_utf8(character.copy_to(&mut bytes).ok()?).ok()?;
            Some((character.chars().next()?, after))
        });
        let (character, after) = character.map_or((Err(first), after), |(character, after)| (Ok(character), after));
        self.rest = after;
        Some(character)
    }
}

/// Prints bytes in pairs of digits with colons between them, as hardware addresses are.
pub(crate) fn write_colons(f: &mut fmt::Formatter<'_>, bytes: impl Iterator<Item = u8>) -> fmt::Result {
    let mut separator = "";
    for byte in bytes {
        write!(f, "{separator}{byte:02x}")?;
        separator = ":";
    }
    Ok(())
}
