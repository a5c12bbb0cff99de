//! Everybody an event is for.

use super::key::UserKey;

/// Which list of users an audience is taken from, and in which state: two audiences of the same
/// edition have the same users, which need not be compared one by one then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edition {
    /// The members of a room; the number changes with them, and is no other room's.
    Members(u64),
    /// Those who watch; the number changes with them.
    Watchers(u64),
    /// A list made for one event.
    Once,
}

/// Users, each once, perhaps without one of them.
#[derive(Clone, Copy, Debug)]
pub struct Audience<'a> {
    users: &'a [UserKey],
    but: Option<UserKey>,
    edition: Edition,
}

impl<'a> Audience<'a> {
    /// All of these, which are the users of that edition.
    pub fn new(users: &'a [UserKey], edition: Edition) -> Self {
        Self { users, but: None, edition }
    }

    /// All of these, a list made for one event.
    pub fn once(users: &'a [UserKey]) -> Self {
        Self::new(users, Edition::Once)
    }

    /// The same without one who is among them.
    #[must_use]
    pub fn without(self, but: Option<UserKey>) -> Self {
        Self { but, ..self }
    }

    /// The list, with the one who is left out.
    pub fn users(self) -> &'a [UserKey] {
        self.users
    }

    /// Who of the list is left out.
    pub fn but(self) -> Option<UserKey> {
        self.but
    }

    /// Which list it is.
    pub fn edition(self) -> Edition {
        self.edition
    }

    /// Everybody it consists of.
    pub fn iter(self) -> impl Iterator<Item = UserKey> {
        self.users.iter().copied().filter(move |user| Some(*user) != self.but)
    }

    /// How many.
    pub fn len(self) -> usize {
        self.users.len() - usize::from(self.but.is_some())
    }

    /// Whether nobody is in it.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }
}
