//! What goes into the model and what comes out of it, as its front ends see it.

use std::borrow::Cow;
use std::time::Duration;

use super::{Focus, Question};
use crate::client::view::Line;

/// Something for the front end to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Send this line to the server.
    Send(String),
    /// Show this line.
    Show(Line),
    /// The server has a message: show this beside it, or below.
    Acknowledge(Line),
    /// Ring the bell.
    Bell,
    /// Clear the screen.
    Clear,
    /// What was typed has been said: this stands for it from now on, in its place.
    Own(Line),
    /// The line that was entered comes back, to be edited.
    GiveBack(String),
    /// Connect again: the server did not want to wait for a name, or is not heard.
    Connect,
    /// Leave with this exit code.
    Leave(u8),
}

/// What leads a typed line: where it will go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// The name to enter under.
    Name,
    /// A command or a text.
    Line(Focus),
    /// As `Line`, but it has to wait until the connection is made again.
    Offline(Focus),
    /// The answer to a question.
    Question(Question),
    /// The server's password, which nobody should see.
    Password,
}

impl Prompt {
    /// The words that stand before the input.
    pub fn label(&self) -> Cow<'_, str> {
        match self {
            Self::Name => "name".into(),
            Self::Line(focus) | Self::Offline(focus) => focus.label().into(),
            Self::Question(question) => question.label(),
            Self::Password => "password".into(),
        }
    }
}

/// Under which name to enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// The one that will be typed.
    Ask,
    /// As a guest, whom the server names.
    Guest,
    /// This one.
    Name(String),
}

/// What the model has to know of the command line and the terminal.
#[derive(Clone, Debug)]
pub struct Setup {
    /// The server, as people call it: `HOST:PORT`.
    pub server: String,
    /// Under which name to enter.
    pub wish: Wish,
    /// Lines only: tell in words what a prompt would show.
    pub plain: bool,
    /// Nobody is there to be asked: a refused entry ends chatc, a refused command counts.
    pub scripted: bool,
    /// Ring for requests and private messages.
    pub bell: bool,
    /// Do not tell of acknowledgements, comings and goings.
    pub quiet: bool,
    /// Connect again when the connection is lost, and have one's place kept until then.
    pub reconnect: bool,
    /// The server's password, if it is known already.
    pub password: Option<String>,
    /// Silence after which the connection is given up; after half of it the server is asked.
    pub dead_after: Duration,
    /// Any number, for what is left to chance.
    pub seed: u64,
}

/// Exit code: all went well.
pub const EXIT_OK: u8 = 0;
/// Exit code: no connection, no chatd, not let in, or the connection ended.
pub const EXIT_FAILED: u8 = 1;
/// Exit code: a command of a script was refused.
pub const EXIT_REFUSED: u8 = 3;

/// What one is told who leaves while the server has not acknowledged so many messages.
pub fn left_too_early(unacknowledged: usize) -> Line {
    Line::error(format!("left before the server had acknowledged {unacknowledged} of your messages"))
}

/// Actions being collected.
#[derive(Debug, Default)]
pub(super) struct Actions(pub(super) Vec<Action>);

impl Actions {
    pub(super) fn show(&mut self, line: Line) {
        self.0.push(Action::Show(line));
    }

    pub(super) fn show_all(&mut self, lines: impl IntoIterator<Item = Line>) {
        self.0.extend(lines.into_iter().map(Action::Show));
    }

    pub(super) fn send(&mut self, line: String) {
        self.0.push(Action::Send(line));
    }
}
