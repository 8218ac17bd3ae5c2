//! How values become the octets of an option: the way back from [`Format::decode`](super::Format::decode).

mod fields;

use core::net::{Ipv4Addr, Ipv6Addr};

use super::assigned::{Architecture, DataSource, LeaseState, NetbiosNodeType, Seconds, TimeOffset, UnixTime};
use super::code::{MessageType, OptionCode, Overload};
use super::list::{AddressPair, Element, Item, List, Sequence};
use super::name::{DomainList, DomainName};
use super::nested::Route;
use super::text::Text;
use super::value::Value;

/// A value that can be written in the format `F`: what [`Editor::set`](super::Editor::set) takes.
///
/// What a format decodes to can be written in it again, and decodes to an equal value. Besides, there are the types
/// that come to mind: slices and arrays of addresses, of routes, and of what else is listed; `str` and octets for text;
/// dotted text for domain names; numbers for seconds.
///
/// For a format of one's own:
///
/// ```
/// use dhcp_callout::PacketBuffer;
/// use dhcp_callout::message::{Encode, Encoder, Format, Key, MessageType, OptionCode, Value, ValueError};
///
/// #[derive(Clone, Copy, PartialEq, Debug)]
/// struct Vlan(u16);
///
/// impl Format for Vlan {
///     type Value<'a> = Vlan;
///
///     fn decode(value: Value<'_>) -> Result<Vlan, ValueError> {
///         u16::decode(value).map(Vlan)
///     }
/// }
///
/// impl Encode<Vlan> for Vlan {
///     fn encode(&self, out: &mut Encoder<'_>) {
///         out.put(&self.0.to_be_bytes());
///     }
/// }
///
/// const VLAN: Key<Vlan> = Key::new(OptionCode::from_code(224));
///
/// let mut buffer = PacketBuffer::request(MessageType::DISCOVER, 1, &[2, 0, 0, 0, 0, 1])?;
/// buffer.edit(|editor| {
///     editor.set(VLAN, Vlan(7));
/// })?;
/// assert_eq!(buffer.as_bytes()[243..248], [224, 2, 0, 7, 255]);
/// # Ok::<(), dhcp_callout::message::EditError>(())
/// ```
pub trait Encode<F> {
    /// Writes all octets of the value.
    fn encode(&self, out: &mut Encoder<'_>);
}

/// Takes the octets of one value.
#[derive(Debug)]
pub struct Encoder<'t> {
    pub(super) room: &'t mut [u8],
    /// Octets taken, or that would have been taken.
    pub(super) len: usize,
    /// Whether there is a value; its length is not kept here.
    instead: Option<Encoded>,
}

/// What an [`Encoder`] has been told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoded {
    /// A value of so many bytes.
    Value(usize),
    /// The option is to go.
    Omitted,
    /// The value has no encoding.
    Refused,
}

impl<'t> Encoder<'t> {
    #[inline]
    pub(super) fn new(room: &'t mut [u8]) -> Self {
        Self {
            room,
            len: 0,
            instead: None,
        }
    }

    /// Returns what has been encoded.
    #[inline]
    pub(super) fn encoded(&self) -> Encoded {
        self.instead.unwrap_or(Encoded::Value(self.len))
    }

    /// Adds octets.
    #[inline]
    pub fn put(&mut self, octets: &[u8]) {
        let end = self.len.wrapping_add(octets.len()); // Less than the memory there is.
        if let Some(place) = self.room.get_mut(self.len..end) {
            place.copy_from_slice(octets);
        }
        self.len = end;
    }

    /// Adds the octets of a value read elsewhere.
    pub fn put_value(&mut self, value: Value<'_>) {
        value.fragments().for_each(|fragment| self.put(fragment));
    }

    /// Says that the value has no encoding, so that the edit fails.
    #[cold]
    pub fn refuse(&mut self) {
        self.instead = Some(Encoded::Refused);
    }

    /// Says that there is nothing to write, so that the edit removes the option.
    #[cold]
    pub fn omit(&mut self) {
        self.instead.get_or_insert(Encoded::Omitted);
    }

    /// Adds a domain name from its labels, without the root.
    pub(super) fn put_labels<'l>(&mut self, labels: impl Iterator<Item = Value<'l>>) {
        for label in labels {
            match u8::try_from(label.len()) {
                Ok(length @ 1..=63) => self.put(&[length]),
                _ => self.refuse(),
            }
            self.put_value(label);
        }
    }
}

impl<F, V: Encode<F> + ?Sized> Encode<F> for &V {
    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) {
        V::encode(self, out);
    }
}

/// Implements [`Encode`] for a type in a format, from an expression for its octets.
macro_rules! octets {
    ($($Type:ty => $Format:ty, |$value:ident| $octets:expr;)+) => {$(
        impl Encode<$Format> for $Type {
            #[inline]
            fn encode(&self, out: &mut Encoder<'_>) {
                let $value = self;
                out.put(&$octets);
            }
        }
    )+};
}

octets! {
    () => (), |_nothing| [];
    bool => bool, |value| [u8::from(*value)];
    u8 => u8, |value| [*value];
    u16 => u16, |value| value.to_be_bytes();
    u32 => u32, |value| value.to_be_bytes();
    Ipv4Addr => Ipv4Addr, |value| value.octets();
    Ipv6Addr => Ipv6Addr, |value| value.octets();
    Seconds => Seconds, |value| value.0.to_be_bytes();
    u32 => Seconds, |value| value.to_be_bytes();
    TimeOffset => TimeOffset, |value| value.0.to_be_bytes();
    i32 => TimeOffset, |value| value.to_be_bytes();
    UnixTime => UnixTime, |value| value.0.to_be_bytes();
    u32 => UnixTime, |value| value.to_be_bytes();
    OptionCode => OptionCode, |value| [value.code()];
    MessageType => MessageType, |value| [value.code()];
    Overload => Overload, |value| [value.bits()];
    NetbiosNodeType => NetbiosNodeType, |value| [value.code()];
    LeaseState => LeaseState, |value| [value.code()];
    DataSource => DataSource, |value| [value.bits()];
    Architecture => Architecture, |value| value.code().to_be_bytes();
}

impl Encode<Self> for AddressPair {
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put(&self.0.octets());
        out.put(&self.1.octets());
    }
}

impl Encode<Self> for Route {
    fn encode(&self, out: &mut Encoder<'_>) {
        let octets = self.destination.octets();
        match octets.get(..usize::from(self.width.div_ceil(8))) {
            Some(network) if self.width <= 32 => {
                out.put(&[self.width]);
                out.put(network);
                out.put(&self.router.octets());
            }
            _ => out.refuse(),
        }
    }
}

impl<T: Item, const LEAST: usize> Encode<List<'static, T, LEAST>> for List<'_, T, LEAST> {
    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put_value(self.value());
    }
}

impl<T: Encode<T>, const LEAST: usize> Encode<List<'static, T, LEAST>> for [T] {
    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) {
        for item in self {
            item.encode(out);
        }
    }
}

impl<T: Encode<T>, const LEAST: usize, const N: usize> Encode<List<'static, T, LEAST>> for [T; N] {
    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) {
        for item in self {
            item.encode(out);
        }
    }
}

/// A list of one.
impl<const LEAST: usize> Encode<List<'static, Self, LEAST>> for Ipv4Addr {
    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put(&self.octets());
    }
}

impl<E: Element> Encode<Sequence<'static, E>> for Sequence<'_, E> {
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put_value(self.value());
    }
}

impl Encode<Sequence<'static, Route>> for [Route] {
    fn encode(&self, out: &mut Encoder<'_>) {
        for route in self {
            route.encode(out);
        }
    }
}

impl<const N: usize> Encode<Sequence<'static, Route>> for [Route; N] {
    fn encode(&self, out: &mut Encoder<'_>) {
        for route in self {
            route.encode(out);
        }
    }
}

impl Encode<Value<'static>> for Value<'_> {
    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put_value(*self);
    }
}

impl Encode<Value<'static>> for [u8] {
    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put(self);
    }
}

impl<const N: usize> Encode<Value<'static>> for [u8; N] {
    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put(self);
    }
}

/// Text that is empty is written as one NUL, since an option of text has at least one octet.
impl Encode<Text<'static>> for Text<'_> {
    fn encode(&self, out: &mut Encoder<'_>) {
        if self.is_empty() {
            out.put(&[0]);
        }
        out.put_value(self.value());
    }
}

impl Encode<Text<'static>> for str {
    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put(self.as_bytes());
    }
}

impl Encode<Text<'static>> for [u8] {
    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put(self);
    }
}

impl<const N: usize> Encode<Text<'static>> for [u8; N] {
    #[inline]
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put(self);
    }
}

/// Names are written without compression.
impl Encode<DomainName<'static>> for DomainName<'_> {
    fn encode(&self, out: &mut Encoder<'_>) {
        out.put_labels(self.labels());
        out.put(&[0]);
    }
}

/// Dotted text, with or without the last dot; labels are 1 to 63 octets, taken as they are.
impl Encode<DomainName<'static>> for str {
    fn encode(&self, out: &mut Encoder<'_>) {
        let name = self.strip_suffix('.').unwrap_or(self);
        if !name.is_empty() || self.is_empty() {
            let code = OptionCode::PAD;
            out.put_labels(name.split('.').map(|label| Value::from_slice(code, label.as_bytes())));
        }
        out.put(&[0]);
    }
}

/// Names are written without compression.
impl Encode<DomainList<'static>> for DomainList<'_> {
    fn encode(&self, out: &mut Encoder<'_>) {
        for name in self {
            name.encode(out);
        }
    }
}

impl<S: Encode<DomainName<'static>>> Encode<DomainList<'static>> for [S] {
    fn encode(&self, out: &mut Encoder<'_>) {
        for name in self {
            name.encode(out);
        }
    }
}

impl<S: Encode<DomainName<'static>>, const N: usize> Encode<DomainList<'static>> for [S; N] {
    fn encode(&self, out: &mut Encoder<'_>) {
        for name in self {
            name.encode(out);
        }
    }
}
