//! The model: what chatc knows, and what it does with what arrives.
//!
//! Sans I/O: no socket, no terminal, no clock. Lines that the server sent and lines that were
//! typed go in; a list of [`Action`]s comes out, to be done in that order. A front end shows
//! [`Model::prompt`] and says, with each typed line, which prompt it stood behind.
//!
//! ```text
//!                 hello            name               entered
//! awaiting hello ───────▶ naming ───────▶ entering ───────────▶ here ───▶ over
//!                            ▲                │ refused
//!                            └────────────────┘
//! ```
//!
//! One file a subject: `entry` (up to `here`), `here` (the state after it), `typed` (what a typed
//! line is), `commands` (doing it), `dialog` (questions), `events`, `answers`, `refusals` and
//! `opening` (what the server says), and the records `focus`, `pending`, `roster`, `sent`.

mod answers;
mod commands;
mod complete;
mod dialog;
mod entry;
mod events;
mod focus;
mod here;
mod opening;
mod pending;
mod refusals;
mod roster;
mod sent;
mod split;
#[cfg(test)]
mod tests;
mod typed;

pub use dialog::Question;
pub use focus::Focus;

use super::view::Line;
use crate::chat::sanitize;
use crate::wire::native::{self, ServerLine};
use entry::Entry;
use here::Here;

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
    /// Connect again: the server did not want to wait for a name.
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
    /// The answer to a question.
    Question(Question),
}

impl Prompt {
    /// The words that stand before the input.
    pub fn label(&self) -> &str {
        match self {
            Self::Name => "name",
            Self::Line(focus) => focus.label(),
            Self::Question(question) => question.label(),
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
}

/// Exit code: all went well.
pub const EXIT_OK: u8 = 0;
/// Exit code: no connection, no chatd, not let in, or the connection ended.
pub const EXIT_FAILED: u8 = 1;
/// Exit code: a command of a script was refused.
pub const EXIT_REFUSED: u8 = 3;

/// What chatc knows. See the module's text.
#[derive(Debug)]
pub struct Model {
    setup: Setup,
    stage: Stage,
    /// A name that was refused but may do when it is tried again.
    offer: Option<String>,
    /// `QUIT` has been sent: the end of the connection is no accident.
    leaving: bool,
    /// The server has said why it will hang up.
    farewell: bool,
    /// Something a script asked for was refused.
    refused: bool,
}

#[derive(Debug)]
enum Stage {
    Entry(Entry),
    Here(Box<Here>),
    Over(u8),
}

impl Model {
    /// A model with no connection yet.
    pub fn new(setup: Setup) -> Self {
        let stage = Stage::Entry(Entry::AwaitingHello(setup.wish.clone()));
        Self { setup, stage, offer: None, leaving: false, farewell: false, refused: false }
    }

    /// A connection stands.
    pub fn handle_connected(&mut self) -> Vec<Action> {
        self.farewell = false;
        vec![Action::Send("HELLO".to_owned())]
    }

    /// The server sent a line.
    pub fn handle_line(&mut self, line: &str) -> Vec<Action> {
        let clean = sanitize(line);
        let line = native::read(&clean);
        let mut out = Actions::default();
        if let ServerLine::Bye { text, .. } = line {
            self.handle_bye(text, &mut out);
            return out.0;
        }
        match &mut self.stage {
            Stage::Entry(_) => self.handle_entry_line(line, &mut out),
            Stage::Here(here) => here.handle_line(line, &mut out),
            Stage::Over(_) => {}
        }
        self.finish(out)
    }

    /// A line was typed behind `at`, or several were pasted at once.
    pub fn handle_typed(&mut self, entry: &str, at: &Prompt) -> Vec<Action> {
        let mut out = Actions::default();
        match &mut self.stage {
            Stage::Entry(_) => self.handle_typed_name(entry, &mut out),
            Stage::Here(here) => here.handle_typed(entry, at, &mut out),
            Stage::Over(_) => {}
        }
        self.finish(out)
    }

    /// Ctrl-C was pressed on an empty line: a question is dropped, or a hint given.
    pub fn handle_interrupt(&mut self) -> Vec<Action> {
        let mut out = Actions::default();
        match &mut self.stage {
            Stage::Here(here) => {
                if !here.drop_question(&mut out) {
                    out.show(Line::aside(here.way_out()));
                }
            }
            Stage::Entry(_) => out.show(Line::aside("Ctrl-D leaves")),
            Stage::Over(_) => {}
        }
        out.0
    }

    /// No more input: Ctrl-D on an empty line, or the end of the script.
    pub fn handle_end_of_input(&mut self) -> Vec<Action> {
        let mut out = Actions::default();
        match &mut self.stage {
            Stage::Here(here) if !self.leaving => here.quit(&mut out),
            Stage::Here(_) | Stage::Over(_) => {}
            Stage::Entry(_) => self.over(EXIT_OK, &mut out),
        }
        self.finish(out)
    }

    /// The connection has ended.
    pub fn handle_closed(&mut self) -> Vec<Action> {
        let mut out = Actions::default();
        match &self.stage {
            Stage::Entry(_) => self.handle_closed_on_entry(&mut out),
            Stage::Here(_) if self.leaving => self.over(EXIT_OK, &mut out),
            Stage::Here(_) => {
                if !self.farewell {
                    out.show(Line::error(format!("the connection to {} is lost", self.setup.server)));
                }
                self.over(EXIT_FAILED, &mut out);
            }
            Stage::Over(_) => {}
        }
        out.0
    }

    /// The server has not answered in time while it was to let us in.
    pub fn handle_timeout(&mut self) -> Vec<Action> {
        let mut out = Actions::default();
        match self.stage {
            Stage::Entry(Entry::AwaitingHello(_)) => self.not_chatd(&mut out),
            Stage::Entry(_) => {
                out.show(Line::error(format!("{} does not answer", self.setup.server)));
                self.over(EXIT_FAILED, &mut out);
            }
            Stage::Here(_) | Stage::Over(_) => {}
        }
        out.0
    }

    /// What a line typed now would be.
    pub fn prompt(&self) -> Prompt {
        match &self.stage {
            Stage::Entry(_) => Prompt::Name,
            Stage::Here(here) => here.prompt(),
            Stage::Over(_) => Prompt::Line(Focus::Menu),
        }
    }

    /// Whether a name has to be typed now.
    pub fn wants_name(&self) -> bool {
        matches!(self.stage, Stage::Entry(Entry::Naming))
    }

    /// A name worth trying again.
    pub fn offered_name(&self) -> Option<&str> {
        self.offer.as_deref()
    }

    /// Whether the server has shown that it is chatd.
    pub fn is_at_chatd(&self) -> bool {
        !matches!(self.stage, Stage::Entry(Entry::AwaitingHello(_) | Entry::Reconnecting(_)))
    }

    /// Whether the server has let us in.
    pub fn is_here(&self) -> bool {
        matches!(self.stage, Stage::Here(_))
    }

    /// Whether the server has answered everything it was asked.
    pub fn is_settled(&self) -> bool {
        match &self.stage {
            Stage::Entry(_) => false,
            Stage::Here(here) => here.is_settled(),
            Stage::Over(_) => true,
        }
    }

    /// Whether chatc is on its way out: nothing more is to be typed.
    pub fn is_leaving(&self) -> bool {
        self.leaving || matches!(self.stage, Stage::Over(_))
    }

    /// The exit code, once chatc is to leave.
    pub fn exit_code(&self) -> Option<u8> {
        match self.stage {
            Stage::Over(code) => Some(code),
            Stage::Entry(_) | Stage::Here(_) => None,
        }
    }

    /// What TAB offers behind `line`, the input up to the cursor: where the word to replace
    /// starts, and what could stand there instead.
    pub fn complete(&self, line: &str) -> (usize, Vec<String>) {
        match &self.stage {
            Stage::Here(here) => here.complete(line),
            Stage::Entry(_) | Stage::Over(_) => (line.len(), Vec::new()),
        }
    }

    /// How many messages the server has not said it has.
    pub fn unacknowledged(&self) -> usize {
        match &self.stage {
            Stage::Here(here) => here.unacknowledged(),
            Stage::Entry(_) | Stage::Over(_) => 0,
        }
    }

    fn handle_bye(&mut self, text: &str, out: &mut Actions) {
        self.farewell = true;
        let expected = self.leaving || matches!(self.stage, Stage::Entry(_)) && self.is_waiting_for_name();
        if !expected {
            out.show(Line::error(format!("{} hangs up: {text}", self.setup.server)));
        }
    }

    fn over(&mut self, code: u8, out: &mut Actions) {
        let refused = self.setup.scripted && self.refused && code == EXIT_OK;
        let code = if refused { EXIT_REFUSED } else { code };
        self.stage = Stage::Over(code);
        out.0.push(Action::Leave(code));
    }

    /// Takes over what the state has noted while it made these actions.
    fn finish(&mut self, out: Actions) -> Vec<Action> {
        if let Stage::Here(here) = &self.stage {
            self.leaving |= here.has_quit();
            self.refused |= here.was_refused();
        }
        out.0
    }
}

/// Actions being collected.
#[derive(Debug, Default)]
struct Actions(Vec<Action>);

impl Actions {
    fn show(&mut self, line: Line) {
        self.0.push(Action::Show(line));
    }

    fn show_all(&mut self, lines: impl IntoIterator<Item = Line>) {
        self.0.extend(lines.into_iter().map(Action::Show));
    }

    fn send(&mut self, line: String) {
        self.0.push(Action::Send(line));
    }
}
