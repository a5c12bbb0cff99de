//! From no connection to a user who is in: the same for both front ends.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use super::address::Address;
use super::clock::now;
use super::dial::Failure;
use super::driver::{Driver, Heard};
use super::fault::Fault;
use super::model::{Action, EXIT_FAILED, Model, Prompt};
use super::outbox::Outbox;
use super::view::Line;
use crate::chat::Millis;

/// How long a host may take to accept a connection: more than the farthest line needs.
const CONNECT_TIME: Duration = Duration::from_secs(40);

/// After this one is told that it takes a while.
const WORD_TIME: Duration = Duration::from_secs(4);

/// How long a server may take to say that it is chatd. A line that loses much has to say it several
/// times.
const HELLO_TIME: Duration = Duration::from_secs(60);

/// How long it may take after that to let somebody in; it lets those wait who enter in crowds.
const ENTRY_TIME: Duration = Duration::from_secs(60);

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
) -> Result<Driver, u8> {
    let mut driver = Driver::new(address, outbox);
    loop {
        match connect(&mut driver, address, model, person) {
            Ok(()) => {}
            Err(fault) if fault.is_silence && model.comes_back() => {
                person.show(&Line::aside(format!("{}; trying again (Ctrl-C leaves)", fault.text)));
                continue;
            }
            Err(fault) => {
                person.show(&Line::error(fault.text));
                return Err(EXIT_FAILED);
            }
        }
        if Attempt::start(&mut driver, outbox, model).run(model, person)? {
            return Ok(driver);
        }
        // What was asked on it must not be heard when another has taken its place.
        driver.forget();
    }
}

/// Connects; says so when that takes long.
fn connect(driver: &mut Driver, address: &Address, model: &mut Model, person: &mut dyn Person) -> Result<(), Fault> {
    let (begun, mut is_told) = (now(), false);
    loop {
        match driver.dial() {
            Some(Ok(path)) => {
                model.note_path(path.own, path.round_trip);
                return Ok(());
            }
            Some(Err(failure)) => return Err(Fault::new(address, &failure)),
            None => {}
        }
        let waited = now().since(begun);
        if waited >= CONNECT_TIME {
            driver.stop_dialing();
            return Err(Fault::new(address, &Failure::Io(io::ErrorKind::TimedOut.into())));
        }
        if waited >= WORD_TIME && !std::mem::replace(&mut is_told, true) {
            person.show(&Line::aside(format!("{address} does not answer yet; Ctrl-C leaves")));
        }
        let waiting = driver.wait(true, None, WORD_TIME);
        waiting.map_err(|error| Fault::final_one(format!("cannot wait for {address}: {error}")))?;
    }
}

/// One connection on the way in.
struct Attempt<'a> {
    driver: &'a mut Driver,
    outbox: &'a Outbox,
    actions: Vec<Action>,
    deadline: Millis,
    /// When the person is told that it takes a while.
    word_at: Option<Millis>,
}

impl<'a> Attempt<'a> {
    fn start(driver: &'a mut Driver, outbox: &'a Outbox, model: &mut Model) -> Self {
        let actions = model.handle_connected(now());
        let (deadline, word_at) = (now() + HELLO_TIME, Some(now() + WORD_TIME));
        Self { driver, outbox, actions, deadline, word_at }
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
        // If one cannot wait, the read finds nothing, or the end.
        let _ = self.driver.wait(true, None, left.min(word_in));
        match self.driver.read() {
            Heard::Lines(lines) => {
                let was_at_chatd = model.is_at_chatd();
                let actions = lines.iter().flat_map(|line| model.handle_line(line, now())).collect();
                if model.is_at_chatd() && !was_at_chatd {
                    self.deadline = now() + ENTRY_TIME;
                }
                actions
            }
            Heard::Silence => model.handle_timeout(),
            Heard::End => model.handle_closed(now()),
        }
    }
}
