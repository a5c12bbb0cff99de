//! The secret that proves whose place it is.

use subtle::ConstantTimeEq;

/// Random bits of a secret; before them in its token stand those of the daemon's life.
const SECRET_BITS: u32 = 96;

/// What tells this daemon from the one that ran before it: 32 random bits. Clocks do not; a board
/// without a battery starts with the same time again and again.
#[derive(Clone, Copy, Debug)]
pub(in crate::server) struct Life(u32);

impl Life {
    pub(in crate::server) fn new(random: u128) -> Self {
        Self(u32::try_from(random & u128::from(u32::MAX)).unwrap_or_default())
    }

    /// As clients are told: 8 hexadecimal digits.
    pub(in crate::server) fn to_text(self) -> String {
        format!("{:08x}", self.0)
    }

    /// Whether a token may be one of this life's. One of another's is no guess.
    pub(in crate::server) fn may_have_given(self, token: &str) -> bool {
        token.starts_with(&self.to_text())
    }

    /// A secret of this life.
    pub(in crate::server) fn secret(self, random: u128) -> u128 {
        u128::from(self.0) << SECRET_BITS | random & ((1 << SECRET_BITS) - 1)
    }
}

/// The secret that proves whose place it is: 96 random bits, and before them the daemon's life.
#[derive(Clone, Copy)]
pub(in crate::server) struct Secret(u128);

impl Secret {
    pub(in crate::server) fn new(secret: u128) -> Self {
        Self(secret)
    }

    /// As the client gets it: 32 hexadecimal digits.
    pub(in crate::server) fn to_text(self) -> String {
        format!("{:032x}", self.0)
    }

    /// Whether `text` is this token, in a time that does not depend on where it differs.
    pub(in crate::server) fn matches(self, text: &str) -> bool {
        self.to_text().as_bytes().ct_eq(text.as_bytes()).into()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_32_hex_digits_and_matches_itself_only() {
        let token = Secret(0xabc);
        assert_eq!(token.to_text(), format!("{}abc", "0".repeat(29)));
        assert!(token.matches(&token.to_text()));
        for wrong in ["", "abc", &"0".repeat(32), &token.to_text().to_uppercase()] {
            assert!(!token.matches(wrong));
        }
        assert_eq!(format!("{token:?}"), "secret");
    }

    #[test]
    fn a_token_tells_of_which_life_it_is_and_has_96_bits_of_its_own() {
        let (life, other) = (Life::new(0xfeed_0000_0001), Life::new(2));
        let text = Secret(life.secret(u128::MAX)).to_text();
        assert_eq!((life.to_text(), text.clone()), ("00000001".to_owned(), format!("00000001{}", "f".repeat(24))));
        assert!(life.may_have_given(&text) && !other.may_have_given(&text));
        assert!(!life.may_have_given("") && !life.may_have_given("0000000"));
    }
}
