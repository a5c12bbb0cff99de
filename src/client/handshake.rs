//! From no connection to a user who is in: the same for both front ends.

use std::net::TcpStream;
use std::time::Duration;

use super::address::Address;
use super::clock::now;
use super::connection::{self, LineReader};
use super::model::{Action, EXIT_FAILED, Model, Prompt};
use super::view::Line;
use crate::chat::Millis;

/// How long a server may take to say that it is chatd.
const HELLO_TIME: Duration = Duration::from_secs(5);

/// How long it may take after that to let somebody in; it lets those wait who enter in crowds.
const ENTRY_TIME: Duration = Duration::from_secs(30);

/// A connection through which one has entered.
#[derive(Debug)]
pub(super) struct Entered {
    /// For sending.
    pub(super) stream: TcpStream,
    /// For receiving; may hold bytes already.
    pub(super) reader: LineReader<TcpStream>,
}

/// What the handshake needs of a front end.
pub(super) trait Person {
    /// Shows a line.
    fn show(&mut self, line: &Line);
    /// Asks for the password, without showing it; `None` at the end of the input.
    fn ask_password(&mut self, model: &mut Model) -> Option<String>;
    /// Asks for a name; `None` at the end of the input.
    fn ask_name(&mut self, model: &mut Model) -> Option<String>;
}

/// Connects, makes sure that it is chatd, and enters.
///
/// # Errors
/// The exit code, when that comes to nothing; the person has been told why.
pub(super) fn enter(address: &Address, model: &mut Model, person: &mut dyn Person) -> Result<Entered, u8> {
    loop {
        let mut attempt = Attempt::start(address, model, person)?;
        if let Some(entered) = attempt.run(model, person)? {
            return Ok(entered);
        }
    }
}

/// One connection on the way in.
struct Attempt {
    stream: TcpStream,
    reader: LineReader<TcpStream>,
    actions: Vec<Action>,
    deadline: Millis,
}

impl Attempt {
    fn start(address: &Address, model: &mut Model, person: &mut dyn Person) -> Result<Self, u8> {
        let failed = |error: String, person: &mut dyn Person| {
            person.show(&Line::error(error));
            EXIT_FAILED
        };
        let stream = connection::connect(address).map_err(|error| failed(error, person))?;
        let reading = stream.try_clone().map_err(|error| failed(error.to_string(), person))?;
        let reader = LineReader::new(reading);
        Ok(Self { stream, reader, actions: model.handle_connected(now()), deadline: now() + HELLO_TIME })
    }

    /// `None` when another connection is needed.
    fn run(&mut self, model: &mut Model, person: &mut dyn Person) -> Result<Option<Entered>, u8> {
        loop {
            for action in std::mem::take(&mut self.actions) {
                match action {
                    // A connection that takes no more shows itself when it is read from.
                    Action::Send(line) => drop(connection::send(&self.stream, &line)),
                    Action::Show(line) | Action::Acknowledge(line) => person.show(&line),
                    Action::Leave(code) => return Err(code),
                    Action::Connect => return Ok(None),
                    Action::Bell | Action::Clear => {}
                }
            }
            if model.is_here() {
                return self.entered().map(Some);
            }
            self.actions =
                if model.wants_name() || model.wants_password() { self.ask(model, person) } else { self.listen(model) };
        }
    }

    fn ask(&mut self, model: &mut Model, person: &mut dyn Person) -> Vec<Action> {
        let prompt = model.prompt();
        let answer = if prompt == Prompt::Password { person.ask_password(model) } else { person.ask_name(model) };
        self.deadline = now() + ENTRY_TIME;
        match answer {
            Some(answer) => model.handle_typed(&answer, &prompt),
            None => model.handle_end_of_input(),
        }
    }

    fn listen(&mut self, model: &mut Model) -> Vec<Action> {
        let planned = model.deadline();
        let left = planned.unwrap_or(self.deadline).since(now());
        if left.is_zero() {
            if planned.is_none() {
                return model.handle_timeout();
            }
            self.deadline = now() + ENTRY_TIME;
            return model.handle_time(now());
        }
        match self.reader.read_lines_within(left) {
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
            Ok(None) | Err(_) => model.handle_closed(now()),
        }
    }

    /// Hands the connection over, to be read without a deadline.
    fn entered(&mut self) -> Result<Entered, u8> {
        let stream = self.stream.try_clone().map_err(|_| EXIT_FAILED)?;
        let empty = self.stream.try_clone().map_err(|_| EXIT_FAILED)?;
        let reader = std::mem::replace(&mut self.reader, LineReader::new(empty));
        Ok(Entered { stream, reader })
    }
}
