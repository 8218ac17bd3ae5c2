//! What a table of codes becomes: a key for each row, and the lookup of a row by its code.

/// Declares a [`Key`](crate::message::Key) for each row, and the lookup of names and documents by code.
macro_rules! keys {
    (
        $Code:ident, $kind:literal $(, $extra:literal = $extra_name:literal)*;
        $(
            $(#[$attribute:meta])*
            $code:literal, $NAME:ident, $name:literal, $Format:ty $(as $Variant:ident)?, $reference:literal;
        )+
    ) => {
        $(
            #[doc = concat!("*", $name, "*: ", $kind, " ", $code, " (", $reference, ").")]
            ///
            $(#[$attribute])*
            pub const $NAME: Key<$Format, $Code> = Key::new($Code::from_code($code));
        )+

        impl $Code {
            /// Every code that has a value and a name, in ascending order.
            pub const ALL: &'static [Self] = &[$(Self::from_code($code)),+];

            /// Returns the registry's name of the code, or `None` for a code without one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self.code() {
                    $($code => Some($name),)+
                    $($extra => Some($extra_name),)*
                    _ => None,
                }
            }

            /// Returns the document that defines the code, or `None` for a code without a row in the table.
            #[must_use]
            pub const fn reference(self) -> Option<&'static str> {
                match self.code() {
                    $($code => Some($reference),)+
                    _ => None,
                }
            }
        }
    };
}

pub(super) use keys;
