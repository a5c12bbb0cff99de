//! The server's password: one for all, asked for before one may enter.

use std::fmt;

use subtle::{Choice, ConstantTimeEq};

use crate::chat::is_unsafe;
use crate::limits::PASSWORD_BYTES;

/// A secret of at most [`PASSWORD_BYTES`]. Never shown, not even for debugging.
#[derive(Clone)]
pub struct Password {
    padded: [u8; PASSWORD_BYTES],
    length: usize,
}

impl Password {
    /// Takes a password; `None` when it is empty or too long, or has a character that is replaced
    /// on its way, so that nobody could give it.
    pub fn new(text: &str) -> Option<Self> {
        if text.contains(is_unsafe) {
            return None;
        }
        let mut padded = [0; PASSWORD_BYTES];
        padded.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        (!text.is_empty()).then_some(Self { padded, length: text.len() })
    }

    /// Compares in a time that does not depend on where the two differ.
    pub(in crate::server) fn matches(&self, text: &str) -> bool {
        let Some(other) = Self::new(text) else { return false };
        let same: Choice = self.padded.ct_eq(&other.padded) & Choice::from(u8::from(self.length == other.length));
        same.into()
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_password_matches() {
        let password = Password::new("open sesame").unwrap();
        assert!(password.matches("open sesame"));
        for wrong in ["", "open sesam", "open sesame ", "open sesame\0", &"x".repeat(PASSWORD_BYTES + 1)] {
            assert!(!password.matches(wrong), "{wrong:?}");
        }
        for none in ["", "bell\u{7}", "turned \u{202e}round", "one\ntwo"] {
            assert!(Password::new(none).is_none(), "{none:?}");
        }
        assert_eq!(format!("{password:?}"), "secret");
    }
}
