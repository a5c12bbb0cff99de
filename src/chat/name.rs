//! What users and rooms are called: names, UIDs, and the ways to refer to either.
//!
//! No two of these can be taken for one another: a username never starts with a digit, a room
//! name starts with `#`, and a bare number is a UID.

mod reference;
mod skeleton;
mod spelling;

use std::borrow::Cow;
use std::fmt;

pub use reference::{Mention, Uid, UserRef};

use crate::limits::{MARKS_TOGETHER, NAME_BYTES, NAME_COLUMNS, NUMBERS_TRIED, ROOM_NAME_BYTES, ROOM_NAME_COLUMNS};
use spelling::{Bounds, is_plain, starts_name, tidy};

const NAME_BOUNDS: Bounds = Bounds { bytes: NAME_BYTES, columns: NAME_COLUMNS };
/// Without the `#`.
const ROOM_BOUNDS: Bounds = Bounds { bytes: ROOM_NAME_BYTES - 1, columns: ROOM_NAME_COLUMNS - 1 };

/// A short string stored in place.
#[derive(Clone, Copy)]
struct Inline<const N: usize> {
    length: u8,
    bytes: [u8; N],
}

impl<const N: usize> Inline<N> {
    /// `None` when `text` is longer than `N` bytes.
    fn new(text: &str) -> Option<Self> {
        let length = u8::try_from(text.len()).ok()?;
        let mut bytes = [0; N];
        bytes.get_mut(..text.len())?.copy_from_slice(text.as_bytes());
        Some(Self { length, bytes })
    }

    fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..usize::from(self.length)).unwrap_or_default()
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

/// A username: letters, marks and digits of any script in use, `_` and `-`, as `spelling` has it. It is the same as
/// another that looks like it, in whatever case, as `skeleton` has it.
#[derive(Clone, Copy)]
pub struct Name(Inline<NAME_BYTES>);

impl PartialEq for Name {
    fn eq(&self, other: &Self) -> bool {
        self.0.bytes == other.0.bytes || skeleton::same(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for Name {}

/// A name that is compared with many, and its print: what others are told from it by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct NameKey {
    print: u64,
    pub(super) name: Name,
}

impl From<Name> for NameKey {
    fn from(name: Name) -> Self {
        Self { print: skeleton::print_of(name.0.as_bytes()), name }
    }
}

impl std::hash::Hash for Name {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        skeleton::hash(self.0.as_bytes(), state);
    }
}

/// Names nobody may take, because they would be mistaken for the server, for everybody or for whoever reads.
pub const RESERVED: [&str; 8] = ["server", "chatd", "all", "everybody", "everyone", "operator", "me", "you"];

/// What is wrong with a string that was meant as a username.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// It has no characters.
    Empty,
    /// It is longer than [`NAME_BYTES`], or wider than [`NAME_COLUMNS`].
    TooLong,
    /// It starts with a digit, a dash or something that no name may contain at all.
    BadStart,
    /// It holds something other than letters, marks and digits in use today, `_` and `-`.
    BadCharacter,
    /// More than [`MARKS_TOGETHER`](crate::limits::MARKS_TOGETHER) marks stand on one letter, or the same twice.
    TooManyMarks,
    /// Its letters are of scripts that are not written together.
    MixedScripts,
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
        let text = if Self::is_plain(text) { Cow::Borrowed(text) } else { Self::check(text)? };
        Inline::new(&text).map(Self).ok_or(NameError::TooLong)
    }

    /// Whether it is a name in ASCII: most are.
    #[inline]
    fn is_plain(text: &str) -> bool {
        let starts_so = text.bytes().next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_');
        starts_so && is_plain(text, NAME_COLUMNS)
    }

    #[cold]
    fn check(text: &str) -> Result<Cow<'_, str>, NameError> {
        if !text.is_empty() && !starts_name(text) {
            return Err(NameError::BadStart);
        }
        tidy(text, NAME_BOUNDS)
    }

    /// The name of a user who gave none: `USER` and a number, usually the client's TCP port.
    pub fn guest(number: u64) -> Self {
        // "USER" and the 20 digits of a u64 are 24 bytes.
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

    /// Whether it looks like the name of a user who gave none.
    pub fn is_guest(&self) -> bool {
        // What is left of 0 and 1 are letters.
        let is_digit = |c: char| matches!(c, 'o' | 'l' | '2'..='9');
        let skeleton = skeleton::of(self.as_str());
        skeleton.strip_prefix("user").is_some_and(|digits| !digits.is_empty() && digits.chars().all(is_digit))
    }

    /// Whether it has no other characters than those of ASCII.
    pub fn is_ascii(&self) -> bool {
        self.as_str().is_ascii()
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
        RESERVED.iter().any(|reserved| skeleton::same(reserved.as_bytes(), self.0.as_bytes())) || self.is_guest()
    }
}

/// A room's name: `#` and what a username may have, in any order. It is the same as another that looks like it.
#[derive(Clone, Copy)]
pub struct RoomName(Inline<ROOM_NAME_BYTES>);

impl PartialEq for RoomName {
    fn eq(&self, other: &Self) -> bool {
        self.0.bytes == other.0.bytes || skeleton::same(self.0.as_bytes(), other.0.as_bytes())
    }
}

impl Eq for RoomName {}

impl std::hash::Hash for RoomName {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        skeleton::hash(self.0.as_bytes(), state);
    }
}

impl RoomName {
    /// Reads a room name; `None` when `text` is not one.
    pub fn new(text: &str) -> Option<Self> {
        let rest = text.strip_prefix('#')?;
        if !rest.is_empty() && is_plain(rest, ROOM_BOUNDS.columns) {
            return Inline::new(text).map(Self);
        }
        match tidy(rest, ROOM_BOUNDS).ok()? {
            Cow::Borrowed(_) => Inline::new(text).map(Self),
            Cow::Owned(tidied) => Inline::new(&format!("#{tidied}")).map(Self),
        }
    }

    /// The common room, where `JOIN` without a room leads.
    pub fn lobby() -> Self {
        Self(Inline::new("#lobby").expect("the lobby's name fits"))
    }

    /// The `number`th choice for a room that `owner` opens without naming it: `#owner`, `#owner-2`, …
    pub fn of(owner: Name, number: u64) -> Self {
        let text = if number <= 1 { format!("#{}", owner.as_str()) } else { format!("#{}-{number}", owner.as_str()) };
        // At most 1 + 36 + 1 + 20 bytes, and 1 + 24 + 1 + 20 columns.
        Self(Inline::new(&text).expect("a name and a number fit a room name"))
    }

    /// Whether it has no other characters than those of ASCII.
    pub fn is_ascii(&self) -> bool {
        self.as_str().is_ascii()
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

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a name is missing"),
            Self::TooLong => write!(f, "a name is at most {NAME_COLUMNS} columns wide, and {NAME_BYTES} bytes long"),
            Self::BadStart => f.write_str("a name starts with a letter or _"),
            Self::BadCharacter => f.write_str("a name has only letters, digits, _ and -"),
            Self::TooManyMarks => {
                write!(f, "a letter of a name has at most {MARKS_TOGETHER} marks, and none of them twice")
            }
            Self::MixedScripts => f.write_str(
                "a name's letters are of one script; only Latin may stand beside Chinese, Japanese or Korean ones",
            ),
            Self::Reserved => f.write_str("that name is reserved; choose another"),
        }
    }
}

impl std::error::Error for NameError {}

#[cfg(test)]
mod tests;
