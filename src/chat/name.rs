//! What users and rooms are called: names, UIDs, and the ways to refer to either.
//!
//! No two of these can be taken for one another: a username never starts with a digit, a room
//! name starts with `#`, and a bare number is a UID.

use std::fmt;
use std::num::NonZeroU64;

use crate::limits::{NAME_BYTES, NUMBERS_TRIED, ROOM_NAME_BYTES};

/// A short ASCII string stored in place, compared and hashed without regard to case.
#[derive(Clone, Copy)]
struct Inline<const N: usize> {
    length: u8,
    bytes: [u8; N],
}

impl<const N: usize> Inline<N> {
    /// `None` when `text` is longer than `N` bytes. It has been found to be ASCII.
    fn new(text: &str) -> Option<Self> {
        debug_assert!(text.is_ascii(), "names are ASCII");
        let length = u8::try_from(text.len()).ok()?;
        let mut bytes = [0; N];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self { length, bytes })
    }

    fn as_str(&self) -> &str {
        let written = self.bytes.get(..usize::from(self.length));
        written.and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default()
    }

    fn is(&self, text: &str) -> bool {
        let written = self.bytes.get(..usize::from(self.length)).unwrap_or_default();
        written == text.as_bytes() || written.eq_ignore_ascii_case(text.as_bytes())
    }

    fn folded(mut self) -> Self {
        self.bytes.make_ascii_lowercase();
        self
    }
}

impl<const N: usize> PartialEq for Inline<N> {
    fn eq(&self, other: &Self) -> bool {
        let same_length = self.length == other.length;
        same_length && (self.bytes == other.bytes || self.bytes.eq_ignore_ascii_case(&other.bytes))
    }
}

impl<const N: usize> Eq for Inline<N> {}

impl<const N: usize> std::hash::Hash for Inline<N> {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.folded().as_str().hash(state);
    }
}

/// A username: `[A-Za-z_][A-Za-z0-9_-]{0,23}`, equal to another without regard to case.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name(Inline<NAME_BYTES>);

/// Names nobody may take, because they would be mistaken for the server, for everybody or for whoever reads.
pub const RESERVED: [&str; 8] = ["server", "chatd", "all", "everybody", "everyone", "operator", "me", "you"];

/// What is wrong with a string that was meant as a username.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// It has no characters.
    Empty,
    /// It is longer than [`NAME_BYTES`].
    TooLong,
    /// It starts with a digit, a dash or something that no name may contain at all.
    BadStart,
    /// It holds something other than letters, digits, `_` and `-`.
    BadCharacter,
    /// It is one of [`RESERVED`] or looks like a guest's.
    Reserved,
}

impl Name {
    /// Reads a name that a person may enter under.
    ///
    /// # Errors
    /// Says what is wrong when `text` is no name, or is a reserved one.
    pub fn new(text: &str) -> Result<Self, NameError> {
        let name = Self::any(text)?;
        if name.is_reserved() { Err(NameError::Reserved) } else { Ok(name) }
    }

    /// Reads any name that may appear in the chat, guests' and the operator's included.
    ///
    /// # Errors
    /// Says what is wrong when `text` is no name.
    pub fn any(text: &str) -> Result<Self, NameError> {
        Self::check(text)?;
        Inline::new(text).map(Self).ok_or(NameError::TooLong)
    }

    fn check(text: &str) -> Result<(), NameError> {
        let first = text.bytes().next().ok_or(NameError::Empty)?;
        if !(first.is_ascii_alphabetic() || first == b'_') {
            return Err(NameError::BadStart);
        }
        if !text.bytes().all(is_name_byte) {
            return Err(NameError::BadCharacter);
        }
        if text.len() > NAME_BYTES { Err(NameError::TooLong) } else { Ok(()) }
    }

    /// The name of a user who gave none: `USER` and a number, usually the client's TCP port.
    pub fn guest(number: u64) -> Self {
        // "USER" and the 20 digits of a u64 are 24 bytes, which is NAME_BYTES.
        Self(Inline::new(&format!("USER{number}")).expect("a guest's name fits"))
    }

    /// The name under which the operator speaks.
    pub fn operator() -> Self {
        Self(Inline::new("operator").expect("the operator's name fits"))
    }

    /// The name as its owner spelled it.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The name with zeros behind it, and how long it is: so many bytes are copied without a call.
    pub fn padded(&self) -> (&[u8; NAME_BYTES], usize) {
        (&self.0.bytes, usize::from(self.0.length))
    }

    /// Whether it is the name of a user who gave none.
    pub fn is_guest(&self) -> bool {
        is_guest(self.as_str())
    }

    /// Whether somebody can be called so: by choice, or as a guest.
    pub fn can_be_had(&self) -> bool {
        if !self.is_guest() {
            return !self.is_reserved();
        }
        let digits = self.as_str().get(4..).unwrap_or_default();
        digits.parse().is_ok_and(|number| Self::guest(number) == *self)
    }

    fn is_reserved(&self) -> bool {
        let name = self.as_str();
        RESERVED.iter().any(|reserved| reserved.eq_ignore_ascii_case(name)) || is_guest(name)
    }
}

fn is_name_byte(byte: u8) -> bool {
    /// The characters of names by their ASCII codes: one bit each, for the upper half as well.
    const NAME_BYTES: u128 = {
        let (mut bits, mut byte) = (0, 0_u8);
        while byte < 0x80 {
            let is_name_byte = byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
            bits |= (is_name_byte as u128) << byte;
            byte += 1;
        }
        bits
    };
    byte < 0x80 && NAME_BYTES >> byte & 1 == 1
}

fn is_guest(name: &str) -> bool {
    match name.split_at_checked(4) {
        Some((start, digits)) => {
            start.eq_ignore_ascii_case("USER") && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
        }
        None => false,
    }
}

/// A room's name: `#` and up to 49 of `[A-Za-z0-9_-]`, equal to another without regard to case.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct RoomName(Inline<ROOM_NAME_BYTES>);

impl RoomName {
    /// Reads a room name; `None` when `text` is not one.
    pub fn new(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('#')?;
        let valid = !rest.is_empty() && rest.bytes().all(is_name_byte);
        if valid { Inline::new(text).map(Self) } else { None }
    }

    /// The common room, where `JOIN` without a room leads.
    pub fn lobby() -> Self {
        Self(Inline::new("#lobby").expect("the lobby's name fits"))
    }

    /// The `number`th choice for a room that `owner` opens without naming it: `#owner`, `#owner-2`, …
    pub fn of(owner: Name, number: u64) -> Self {
        let text = if number <= 1 { format!("#{}", owner.as_str()) } else { format!("#{}-{number}", owner.as_str()) };
        // At most 1 + 24 + 1 + 20 bytes.
        Self(Inline::new(&text).expect("a name and a number fit a room name"))
    }

    /// The name as whoever created the room spelled it.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The numbers to try one after the other for a name that is taken: some from `first` on, then some
/// that belong to whoever asks, who has the number `own`. However many names are taken, few are
/// tried: those who come next have other numbers.
pub(super) fn numbers_for(first: u64, own: u64) -> impl Iterator<Item = u64> {
    // Beyond all ports.
    let own = own.saturating_mul(NUMBERS_TRIED << 16).saturating_add(first);
    (first..first.saturating_add(NUMBERS_TRIED)).chain(own..)
}

/// A user's number: given on entry, counted from 1, never given twice while the daemon runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Uid(pub NonZeroU64);

impl Uid {
    /// Reads a UID: digits only, not zero, no sign.
    pub fn new(text: &str) -> Option<Self> {
        let starts_so = text.bytes().next().is_some_and(|first| first.is_ascii_digit());
        let digits = starts_so && text.bytes().all(|byte| byte.is_ascii_digit());
        if digits { text.parse().ok().map(Self) } else { None }
    }
}

/// How a command names a user: by UID or by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserRef {
    /// By number.
    Uid(Uid),
    /// By name, reserved ones included: nobody has those, so the answer is "no such user".
    Name(Name),
}

impl UserRef {
    /// Reads a UID or a username.
    ///
    /// # Errors
    /// Says what is wrong when `text` is neither.
    pub fn new(text: &str) -> Result<Self, NameError> {
        match Uid::new(text) {
            Some(uid) => Ok(Self::Uid(uid)),
            None => Name::any(text).map(Self::Name),
        }
    }
}

/// As [`UserRef`], but left where it is read: to tell whether a user is meant that is known
/// already, nothing has to be copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mention<'a>(&'a str);

impl<'a> Mention<'a> {
    /// Reads a UID or a username.
    ///
    /// # Errors
    /// Says what is wrong when `text` is neither.
    pub fn new(text: &'a str) -> Result<Self, NameError> {
        if Uid::new(text).is_none() {
            Name::check(text)?;
        }
        Ok(Self(text))
    }

    /// As it was read.
    pub fn as_str(self) -> &'a str {
        self.0
    }

    /// Whether the user with this name and number is meant.
    pub fn means(self, name: &Name, uid: Uid) -> bool {
        name.0.is(self.0) || Uid::new(self.0) == Some(uid)
    }
}

impl<'a> From<&'a Name> for Mention<'a> {
    fn from(name: &'a Name) -> Self {
        Self(name.as_str())
    }
}

macro_rules! text_like {
    ($($type:ty),*) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    )*};
}
text_like!(Name, RoomName);

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Display for UserRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Uid(uid) => write!(f, "UID {uid}"),
            Self::Name(name) => fmt::Display::fmt(name, f),
        }
    }
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a name is missing"),
            Self::TooLong => write!(f, "a name has at most {NAME_BYTES} characters"),
            Self::BadStart => f.write_str("a name starts with a letter or _"),
            Self::BadCharacter => f.write_str("a name has only letters, digits, _ and -"),
            Self::Reserved => f.write_str("that name is reserved; choose another"),
        }
    }
}

impl std::error::Error for NameError {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_checked_and_compared_without_case() {
        assert_eq!(Name::new("Alice").unwrap(), Name::new("aLICE").unwrap());
        assert_eq!(Name::new("").unwrap_err(), NameError::Empty);
        assert_eq!(Name::new("9lives").unwrap_err(), NameError::BadStart);
        assert_eq!(Name::new("-x").unwrap_err(), NameError::BadStart);
        assert_eq!(Name::new("a b").unwrap_err(), NameError::BadCharacter);
        assert_eq!(Name::new("a\u{1b}[m").unwrap_err(), NameError::BadCharacter);
        assert_eq!(Name::new(&"a".repeat(25)).unwrap_err(), NameError::TooLong);
        assert_eq!(Name::new(&"a".repeat(24)).unwrap().as_str().len(), 24);
    }

    #[test]
    fn reserved_names_and_guest_names_are_not_for_people() {
        for name in ["Server", "CHATD", "all", "Everyone", "everybody", "operator", "me", "YOU", "USER1", "user51324"] {
            assert_eq!(Name::new(name).unwrap_err(), NameError::Reserved, "{name}");
            assert!(Name::any(name).is_ok(), "{name} may be seen");
        }
        assert!(Name::new("USER").is_ok());
        assert!(Name::new("USERx").is_ok());
        assert!(Name::new("young").is_ok());
        assert_eq!(Name::guest(u64::MAX).as_str().len(), NAME_BYTES);
    }

    #[test]
    fn a_bare_number_is_a_uid_and_nothing_else_is() {
        assert_eq!(UserRef::new("7").unwrap(), UserRef::Uid(Uid::new("7").unwrap()));
        assert!(Uid::new("0").is_none());
        assert!(Uid::new("+7").is_none());
        assert!(UserRef::new("7a").is_err());
    }

    #[test]
    fn a_mention_means_who_a_reference_refers_to() {
        let (name, uid) = (Name::new("Alice_7").unwrap(), Uid::new("7").unwrap());
        for text in ["Alice_7", "aLICE_7", "alice", "alice_77", "7", "07", "77", "0", "", "bob", "a b", "-x"] {
            let refers = UserRef::new(text).map(|user| user == UserRef::Name(name) || user == UserRef::Uid(uid));
            assert_eq!(Mention::new(text).map(|mention| mention.means(&name, uid)), refers, "{text}");
        }
    }

    #[test]
    fn room_names_need_a_hash_and_fit_even_when_made_up() {
        assert!(RoomName::new("#dev").is_some());
        assert!(RoomName::new("dev").is_none());
        assert!(RoomName::new("#").is_none());
        assert!(RoomName::new(&format!("#{}", "a".repeat(49))).is_some());
        assert!(RoomName::new(&format!("#{}", "a".repeat(50))).is_none());
        let longest = RoomName::of(Name::new(&"a".repeat(24)).unwrap(), u64::MAX);
        assert!(RoomName::new(longest.as_str()).is_some());
    }
}
