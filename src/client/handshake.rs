//! From no connection to a user who is in: the same for both front ends.

use std::sync::Arc;
use std::time::Duration;

use super::address::Address;
use super::clock::now;
use super::connection::{self, Connection, WORD_TIME};
use super::dial::Dialer;
use super::model::{Action, EXIT_FAILED, Model, Prompt};
use super::outbox::Outbox;
use super::view::Line;
use crate::chat::Millis;

/// How long a server may take to say that it is chatd. A line that loses much has to say it several
/// times.
const HELLO_TIME: Duration = Duration::from_secs(60);

/// How long it may take after that to let somebody in; it lets those wait who enter in crowds.
const ENTRY_TIME: Duration = Duration::from_secs(60);

/// A connection through which one has entered.
pub(super) struct Entered {
    /// May hold bytes already.
    pub(super) connection: Connection,
    /// Knows where the server was found.
    pub(super) dialer: Dialer,
}

/// What the handshake needs of a front end.
pub(super) trait Person {
    /// Shows a line.
    fn show(&mut self, line: &Line);
    /// Asks for the password, without showing it; `None` at the end of the input.
    fn ask_password(&mut self, model: &mut Model) -> Option<String>;
    /// Asks for a name; `None` at the end of the input.
    fn ask_name(&mut self, model: &mut Model) -> Option<String>;
    /// One is in; called before anything is shown of it.
    fn enter(&mut self);
}

/// Connects, makes sure that it is chatd, and enters.
///
/// # Errors
/// The exit code, when that comes to nothing; the person has been told why.
pub(super) fn enter(
    address: &Address,
    outbox: &Arc<Outbox>,
    model: &mut Model,
    person: &mut dyn Person,
) -> Result<Entered, u8> {
    let mut dialer = Dialer::new(address, outbox);
    loop {
        let takes_long = || person.show(&Line::aside(format!("{address} does not answer yet; Ctrl-C leaves")));
        let connection = match connection::connect(&mut dialer, address, outbox, takes_long) {
            Ok(connection) => connection,
            Err(fault) if fault.is_silence && model.comes_back() => {
                person.show(&Line::aside(format!("{}; trying again (Ctrl-C leaves)", fault.text)));
                continue;
            }
            Err(fault) => {
                person.show(&Line::error(fault.text));
                return Err(EXIT_FAILED);
            }
        };
        let mut attempt = Attempt::start(connection, outbox, model);
        if attempt.run(model, person)? {
            return Ok(Entered { connection: attempt.connection, dialer });
        }
        // What was asked on it must not be heard when another has taken its place.
        outbox.connect(None);
        attempt.connection.forget();
    }
}

/// One connection on the way in.
struct Attempt<'a> {
    connection: Connection,
    outbox: &'a Outbox,
    actions: Vec<Action>,
    deadline: Millis,
    /// When the person is told that it takes a while.
    word_at: Option<Millis>,
}

impl<'a> Attempt<'a> {
    fn start(connection: Connection, outbox: &'a Outbox, model: &mut Model) -> Self {
        model.note_path(connection.own(), connection.round_trip);
        let actions = model.handle_connected(now());
        let (deadline, word_at) = (now() + HELLO_TIME, Some(now() + WORD_TIME));
        Self { connection, outbox, actions, deadline, word_at }
    }

    /// Whether one is in; else another connection is needed.
    fn run(&mut self, model: &mut Model, person: &mut dyn Person) -> Result<bool, u8> {
        loop {
            if model.is_here() {
                person.enter();
            }
            for action in std::mem::take(&mut self.actions) {
                match action {
                    Action::Send(line) => self.outbox.send(&line),
                    Action::Show(line) | Action::Acknowledge(line) => person.show(&line),
                    Action::Leave(code) => return Err(code),
                    Action::Connect => return Ok(false),
                    Action::Bell | Action::Clear | Action::Own(_) | Action::GiveBack(_) => {}
                }
            }
            if model.is_here() {
                return Ok(true);
            }
            self.actions = if model.wants_name() || model.wants_password() {
                self.ask(model, person)
            } else {
                self.listen(model, person)
            };
        }
    }

    fn ask(&mut self, model: &mut Model, person: &mut dyn Person) -> Vec<Action> {
        let prompt = model.prompt();
        let answer = if prompt == Prompt::Password { person.ask_password(model) } else { person.ask_name(model) };
        self.deadline = now() + ENTRY_TIME;
        match answer {
            Some(answer) => model.handle_typed(&answer),
            None => model.handle_end_of_input(),
        }
    }

    fn listen(&mut self, model: &mut Model, person: &mut dyn Person) -> Vec<Action> {
        let planned = model.deadline();
        let left = planned.unwrap_or(self.deadline).since(now());
        if left.is_zero() {
            if planned.is_none() {
                return model.handle_timeout();
            }
            self.deadline = now() + ENTRY_TIME;
            return model.handle_time(now());
        }
        if model.is_at_chatd() {
            self.word_at = None;
        } else if self.word_at.is_some_and(|at| at <= now()) {
            self.word_at = None;
            person.show(&Line::aside("connected, but nothing comes yet; Ctrl-C leaves"));
        }
        let word_in = self.word_at.map_or(left, |at| at.since(now()));
        match self.connection.read_lines_within(self.outbox, left.min(word_in)) {
            Ok(Some(lines)) => {
                let was_at_chatd = model.is_at_chatd();
                let actions = lines.iter().flat_map(|line| model.handle_line(line, now())).collect();
                if model.is_at_chatd() && !was_at_chatd {
                    self.deadline = now() + ENTRY_TIME;
                }
                actions
            }
            // Then the time is looked at again.
            Err(error) if connection::is_timeout(&error) => Vec::new(),
            Err(error) if connection::is_silence(&error) => model.handle_timeout(),
            Ok(None) | Err(_) => model.handle_closed(now()),
        }
    }
}
