//! Text options, and how text from the wire is printed so that it cannot pass for something else.

use core::fmt::{self, Write as _};
use core::str;

use super::format::{Expected, Format, ValueError};
use super::value::Value;

/// Text as it came: octets that should be ASCII or UTF-8, without the NULs that some senders append (RFC 2132
/// section 2).
///
/// Any octet is kept, since clients do send the code page of their maker's country. Decoding gives
/// [`ValueError::Length`] for an empty value; one that holds nothing but NULs is empty text.
///
/// `Display` puts the text in quotes and escapes every character that could disturb a log line: control characters,
/// quotes, backslashes, what is not UTF-8 (`\xe9`), and what is neither ASCII nor a letter of a script that is
/// written from left to right (`\u{202e}`).
///
/// ```
/// use dhcp_callout::message::{Value, option};
///
/// let value = Value::from_slice(option::HOST_NAME.code(), b"pc\n12:00 OK\0");
/// let host_name = option::HOST_NAME.decode(value)?;
/// assert!(host_name.starts_with(b"pc"));
/// assert_eq!(host_name.as_str(), Some("pc\n12:00 OK"));
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
        let (mut length, mut end) = (0_usize, 0);
        for octet in value.bytes() {
            length = length.saturating_add(1);
            if octet != 0 {
                end = length;
            }
        }
        Self {
            value: value.split_at(end).map_or(value, |(text, _)| text),
        }
    }

    /// Returns the octets of the text.
    #[inline]
    #[must_use]
    pub const fn value(&self) -> Value<'a> {
        self.value
    }

    /// Returns how many octets the text has.
    #[inline]
    #[must_use]
    pub const fn len(&self) -> usize {
        self.value.len()
    }

    /// Tells whether the text has no octets.
    #[inline]
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.value.is_empty()
    }

    /// Returns the octets in wire order.
    #[inline]
    pub fn bytes(&self) -> impl Iterator<Item = u8> + Clone + use<'a> {
        self.value.bytes()
    }

    /// Returns the octets as a slice, if they stand in one piece.
    #[inline]
    #[must_use]
    pub const fn as_slice(&self) -> Option<&'a [u8]> {
        self.value.as_slice()
    }

    /// Returns the text, if it stands in one piece and is UTF-8.
    #[inline]
    #[must_use]
    pub fn as_str(&self) -> Option<&'a str> {
        str::from_utf8(self.as_slice()?).ok()
    }

    /// Returns the characters, with [`char::REPLACEMENT_CHARACTER`] for each octet that is not UTF-8.
    pub fn chars_lossy(&self) -> impl Iterator<Item = char> + Clone + use<'a> {
        Characters { rest: self.value }.map(|character| character.unwrap_or(char::REPLACEMENT_CHARACTER))
    }

    /// Tells whether the text begins with the octets of `prefix`.
    #[must_use]
    pub fn starts_with(&self, prefix: &[u8]) -> bool {
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

/// The octets are the same.
impl PartialEq<[u8]> for Text<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        self.value == *other
    }
}

/// The octets are those of the string.
impl PartialEq<str> for Text<'_> {
    fn eq(&self, other: &str) -> bool {
        self.value == *other.as_bytes()
    }
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

/// Prints octets as text that stays inside its line and its quotes.
pub(super) fn write_escaped(f: &mut fmt::Formatter<'_>, octets: Value<'_>) -> fmt::Result {
    for character in (Characters { rest: octets }) {
        match character {
            Err(octet) => write!(f, "\\x{octet:02x}")?,
            Ok('\t') => f.write_str("\\t")?,
            Ok('\r') => f.write_str("\\r")?,
            Ok('\n') => f.write_str("\\n")?,
            Ok(quoted @ ('"' | '\\')) => write!(f, "\\{quoted}")?,
            Ok(plain) if is_plain(plain) => f.write_char(plain)?,
            Ok(other) => write!(f, "\\u{{{:x}}}", u32::from(other))?,
        }
    }
    Ok(())
}

/// Tells whether a character prints as itself, moves nothing around it, and stays on its line.
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

/// The characters of UTF-8 text, and the octets that belong to none.
#[derive(Clone)]
struct Characters<'a> {
    rest: Value<'a>,
}

impl Iterator for Characters<'_> {
    type Item = Result<char, u8>;

    fn next(&mut self) -> Option<Result<char, u8>> {
        let (first, behind) = self.rest.split_first()?;
        let width = match first {
            0xc2..=0xdf => 2,
            0xe0..=0xef => 3,
            0xf0..=0xf4 => 4,
            _ => 1,
        };
        let mut octets = [0; 4];
        let character = self.rest.split_at(width).and_then(|(character, behind)| {
            let character = str::from_utf8(character.copy_to(&mut octets).ok()?).ok()?;
            Some((character.chars().next()?, behind))
        });
        let (character, behind) = character.map_or((Err(first), behind), |(character, behind)| (Ok(character), behind));
        self.rest = behind;
        Some(character)
    }
}

/// Two digits for each octet, and the text in quotes behind it if all octets are printable ASCII.
impl fmt::Display for Value<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::LowerHex::fmt(self, f)?;
        if !self.is_empty() && self.bytes().all(|octet| matches!(octet, b' '..=b'~')) {
            f.write_str(" (\"")?;
            write_escaped(f, *self)?;
            f.write_str("\")")?;
        }
        Ok(())
    }
}

/// Prints octets in pairs of digits with colons between them, as hardware addresses are.
pub(super) fn write_colons(f: &mut fmt::Formatter<'_>, octets: impl Iterator<Item = u8>) -> fmt::Result {
    let mut separator = "";
    for octet in octets {
        write!(f, "{separator}{octet:02x}")?;
        separator = ":";
    }
    Ok(())
}
