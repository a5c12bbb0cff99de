//! How commands refer to users: by name, by UID, or by what is still to be compared with either.

use std::fmt;
use std::num::NonZeroU64;

use super::{Name, NameError};

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
/// already, nothing has to be copied, nor is a name beyond ASCII looked at that is spelled as the user spells it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mention<'a>(&'a str);

impl<'a> Mention<'a> {
    /// Reads a UID or a username. One beyond ASCII is taken as it is: if it is none, it means nobody.
    ///
    /// # Errors
    /// Says what is wrong when `text` is neither.
    pub fn new(text: &'a str) -> Result<Self, NameError> {
        if !Name::is_plain(text) && text.is_ascii() && Uid::new(text).is_none() {
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
        name.0.as_bytes() == self.0.as_bytes() || self.refers_to(name, uid)
    }

    fn refers_to(self, name: &Name, uid: Uid) -> bool {
        match UserRef::new(self.0) {
            Ok(UserRef::Uid(theirs)) => theirs == uid,
            Ok(UserRef::Name(theirs)) => theirs == *name,
            Err(_) => false,
        }
    }
}

impl<'a> From<&'a Name> for Mention<'a> {
    fn from(name: &'a Name) -> Self {
        Self(name.as_str())
    }
}

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
