//! The list of dialects. A connection speaks one of them, and may change it.

use super::asked::{Asked, Decoded};
use super::commands::Place;
use super::{console, native};
use crate::chat::Name;

/// What a connection speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// The protocol of docs/PROTOCOL.md, which chatc speaks; what a client speaks until it shows
    /// that it speaks something else.
    #[default]
    Native,
    /// What an operator types and reads.
    Console,
}

impl Dialect {
    /// All of them, in their order.
    pub const ALL: [Self; 2] = [Self::Native, Self::Console];

    /// Its place in the list.
    pub fn index(self) -> usize {
        self as usize
    }

    /// Reads one cleaned line.
    #[inline(always)]
    pub fn decode(self, line: &str) -> Decoded<'_> {
        match self {
            Self::Native => native::decode(line),
            Self::Console => console::decode(line),
        }
    }

    /// What a line asks, which is cheaper than reading it.
    #[inline]
    pub fn asked(self, line: &str) -> Asked<'_> {
        match self {
            Self::Native => native::asked(line),
            Self::Console => console::asked(line),
        }
    }

    /// Where its commands stand in the table of commands.
    pub fn place(self) -> Place {
        match self {
            Self::Native => Place::Wire,
            Self::Console => Place::Console,
        }
    }

    /// The sender and the number of a message to one alone, if a line that was encoded is one.
    pub fn private(self, line: &[u8]) -> Option<(Name, u64)> {
        match self {
            Self::Native => native::private(line),
            Self::Console => None,
        }
    }
}
