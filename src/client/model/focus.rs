//! The focus: to whom the next line goes.

use crate::chat::{Name, RoomName};

/// To whom the next line goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Focus {
    /// To nobody: it is a command.
    Menu,
    /// To the partner in a private chat.
    Session(Name),
    /// To everybody in a room.
    Room(RoomName),
}

impl Focus {
    /// What the prompt shows.
    pub fn label(&self) -> &str {
        match self {
            Self::Menu => "menu",
            Self::Session(name) => name.as_str(),
            Self::Room(room) => room.as_str(),
        }
    }
}
