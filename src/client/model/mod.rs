//! The model: what chatc knows, and what it does with what arrives.
//!
//! Sans I/O: no socket, no terminal, no clock. Lines that the server sent and lines that were
//! typed go in; a list of [`Action`]s comes out, to be done in that order. A front end shows
//! [`Model::prompt`] and, where it sees the keys, says what is being typed: a line means what its
//! prompt said when it was begun.
//!
//! ```text
//!                 hello            name               entered
//! awaiting hello ───────▶ naming ───────▶ entering ───────────▶ here ───▶ over
//!                            ▲                │ refused
//!                            └────────────────┘
//! ```
//!
//! One file a subject: `entry` and `password` (up to `here`), `here` (the state after it), `draft`
//! (where a line was begun), `typing` (from the keys to a line), `typed` (what a line is), `commands`
//! (doing it), `dialog` (questions), `events`, `answers`,
//! `requests`, `refusals` and `opening` (what the server says); `link` (when the connection is doubted, given
//! up and made again), `reconnect`, `check` and `reentry` (what follows); the records `focus`, `kept`,
//! `pending`, `returning`, `roster`, `sent`; and `api`, what goes in and comes out.

mod answers;
mod api;
mod check;
mod commands;
mod complete;
mod dialog;
mod draft;
mod entry;
mod events;
mod focus;
mod here;
mod kept;
mod link;
mod missed;
mod opening;
mod password;
mod pending;
mod reconnect;
mod reentry;
mod refusals;
mod requests;
mod returning;
mod roster;
mod sent;
mod split;
#[cfg(test)]
mod tests;
mod typed;
mod typing;

pub use api::{Action, EXIT_FAILED, EXIT_OK, EXIT_REFUSED, Prompt, Setup, Wish, left_too_early};
pub use dialog::Question;
pub use draft::Place;
pub use focus::Focus;
pub use link::Order;

use std::borrow::Cow;

use super::view::Line;
use crate::chat::Millis;
use crate::wire::{self, ServerLine};
use api::Actions;
use entry::Entry;
use here::Here;
use link::{Link, Loss};

/// What chatc knows. See the module's text.
#[derive(Debug)]
pub struct Model {
    setup: Setup,
    stage: Stage,
    /// A name that was refused but may do when it is tried again.
    offer: Option<String>,
    /// `QUIT` has been sent: the end of the connection is no accident.
    leaving: bool,
    /// The server has said that it will hang up; whether for good.
    farewell: Option<bool>,
    /// Something a script asked for was refused.
    refused: bool,
    /// The connection, once one is here.
    link: Link,
    /// The time of what is being handled.
    now: Millis,
    /// How often a name was tried again whose holder is silent.
    silent_tries: u32,
    /// It has been said when a taken name becomes free.
    is_taken_explained: bool,
    /// A name that was typed and looks like a command.
    doubted_name: Option<String>,
    /// How often the place was taken again.
    resumptions: u64,
    /// What tells the daemon that is spoken to from others before it, if it says so. Times do not.
    life: Option<String>,
    /// Where the password came from: it was typed, and may be typed again.
    is_password_typed: bool,
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
        let link = Link::new(Millis(0), setup.dead_after, setup.seed);
        Self {
            setup,
            stage,
            offer: None,
            leaving: false,
            farewell: None,
            refused: false,
            link,
            now: Millis(0),
            silent_tries: 0,
            is_taken_explained: false,
            doubted_name: None,
            resumptions: 0,
            life: None,
            is_password_typed: false,
        }
    }

    /// A connection stands.
    pub fn handle_connected(&mut self, now: Millis) -> Vec<Action> {
        let mut out = Actions::default();
        self.now = now;
        self.farewell = None;
        match self.stage {
            Stage::Here(_) => self.come_back(&mut out),
            Stage::Entry(_) | Stage::Over(_) => out.send(wire::compose(wire::AnyCommand::Hello)),
        }
        out.0
    }

    /// No connection could be made; whether because somebody was there and said no.
    pub fn handle_unreachable(&mut self, was_refused: bool, now: Millis) -> Vec<Action> {
        let mut out = Actions::default();
        if self.link.is_seeking() {
            self.link.note_unreachable(now);
        } else if matches!(self.stage, Stage::Here(_)) && !was_refused {
            self.now = now;
            self.lose("is out of reach", Loss::Silent, &mut out);
        } else {
            return self.handle_closed(now);
        }
        out.0
    }

    /// Time has passed.
    pub fn handle_time(&mut self, now: Millis) -> Vec<Action> {
        let mut out = Actions::default();
        self.now = now;
        match self.stage {
            Stage::Here(_) => {
                let due = self.link.handle_time(now);
                self.handle_due(due, &mut out);
            }
            Stage::Entry(_) => self.try_silent_name(&mut out),
            Stage::Over(_) => {}
        }
        out.0
    }

    /// When there is something to do, if nothing happens before.
    pub fn deadline(&self) -> Option<Millis> {
        match &self.stage {
            Stage::Here(here) => {
                let telling = here.kept.as_ref().and_then(|kept| kept.deadline());
                let [telling, giving_up] =
                    [telling, here.returning.deadline()].map(|at| at.filter(|_| self.link.is_up()));
                [self.link.deadline(), telling, giving_up].into_iter().flatten().min()
            }
            Stage::Entry(Entry::NameSilent { until, .. }) => Some(*until),
            Stage::Entry(_) | Stage::Over(_) => None,
        }
    }

    /// What the thread that does the network has to do now, once one is here.
    pub fn order(&self) -> Order {
        match self.stage {
            Stage::Over(_) => Order::Stop,
            Stage::Here(_) => self.link.order(),
            Stage::Entry(_) => Order::Listen,
        }
    }

    /// The server sent a line.
    pub fn handle_line(&mut self, line: &str, now: Millis) -> Vec<Action> {
        self.now = now;
        let clean = refusals::in_own_words(Cow::Borrowed(line));
        let line = wire::read(&clean);
        let mut out = Actions::default();
        if let ServerLine::Bye { reason, text } = line {
            self.handle_bye(reason, text, &mut out);
            return out.0;
        }
        match self.stage {
            Stage::Entry(_) => self.handle_entry_line(line, &mut out),
            Stage::Here(_) => {
                let before = self.standing().prompt;
                self.handle_line_here(&clean, &mut out);
                let now = self.standing().prompt;
                if let Stage::Here(here) = &mut self.stage {
                    here.note_moved(before, &now);
                }
            }
            Stage::Over(_) => {}
        }
        self.finish(out)
    }

    /// A line was entered, or several at once. It is done as the place where it was begun says.
    pub fn handle_typed(&mut self, entry: &str) -> Vec<Action> {
        let mut out = Actions::default();
        match &self.stage {
            Stage::Entry(Entry::AskingPassword(_)) => self.handle_typed_password(entry, &mut out),
            Stage::Entry(_) => self.handle_typed_name(entry, &mut out),
            Stage::Here(_) => self.handle_typed_here(entry, &mut out),
            Stage::Over(_) => {}
        }
        self.finish(out)
    }

    /// Ctrl-C was pressed: what was being typed is dropped, or else a question, or a hint given.
    pub fn handle_interrupt(&mut self) -> Vec<Action> {
        let mut out = Actions::default();
        if let Stage::Here(here) = &mut self.stage
            && here.draft.drop_line()
        {
            return out.0;
        }
        if self.is_renaming() {
            out.show(Line::aside("Ctrl-D leaves"));
            return out.0;
        }
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
        if self.is_offline() {
            self.leave_offline(&mut out);
            return out.0;
        }
        match &mut self.stage {
            Stage::Here(here) if !self.leaving => here.quit(&mut out),
            Stage::Here(_) | Stage::Over(_) => {}
            Stage::Entry(_) => self.over(EXIT_OK, &mut out),
        }
        self.finish(out)
    }

    /// The connection has ended.
    pub fn handle_closed(&mut self, now: Millis) -> Vec<Action> {
        let mut out = Actions::default();
        self.now = now;
        match &self.stage {
            Stage::Entry(_) => self.handle_closed_on_entry(&mut out),
            Stage::Here(_) if self.leaving => self.leave_offline(&mut out),
            Stage::Here(_) if self.setup.reconnect && self.farewell != Some(true) => {
                self.lose("is out of reach", Loss::Ended, &mut out);
            }
            Stage::Here(_) => {
                if self.farewell.is_none() {
                    out.show(Line::error(format!("the connection to {} is lost", self.setup.server)));
                }
                self.over(EXIT_FAILED, &mut out);
            }
            Stage::Over(_) => {}
        }
        out.0
    }

    /// The server has not answered in time while it was to let us in, or there is no way to it any more.
    pub fn handle_timeout(&mut self) -> Vec<Action> {
        let mut out = Actions::default();
        match self.stage {
            Stage::Entry(_) => self.handle_silence_on_entry(&mut out),
            Stage::Here(_) | Stage::Over(_) => {}
        }
        out.0
    }

    /// What the prompt shows: where the line belongs that is being typed, or the next.
    pub fn prompt(&self) -> Prompt {
        match self.place().prompt {
            Prompt::Line(focus) if self.is_offline() => Prompt::Offline(focus),
            prompt => prompt,
        }
    }

    /// The names of all places that the prompt may come to name.
    pub fn places(&self) -> Vec<String> {
        match &self.stage {
            Stage::Here(here) => here.places(),
            Stage::Entry(_) | Stage::Over(_) => Vec::new(),
        }
    }

    /// Whether a name has to be typed now.
    pub fn wants_name(&self) -> bool {
        matches!(self.stage, Stage::Entry(Entry::Naming))
    }

    /// Whether the password has to be typed now.
    pub fn wants_password(&self) -> bool {
        matches!(self.stage, Stage::Entry(Entry::AskingPassword(_)))
    }

    /// Whether the connection is lost and being made again.
    pub fn is_offline(&self) -> bool {
        matches!(&self.stage, Stage::Here(here) if !here.is_online)
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

    /// Whether a connection that is lost is made again.
    pub fn comes_back(&self) -> bool {
        self.setup.reconnect
    }

    /// Whether nobody is there to be asked.
    pub fn is_scripted(&self) -> bool {
        self.setup.scripted
    }

    /// Whether the server has answered everything it was asked.
    pub fn is_settled(&self) -> bool {
        match &self.stage {
            Stage::Entry(_) => false,
            Stage::Here(here) => here.is_settled() && here.returning.len() == 0,
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
            Stage::Here(here) => here.complete(line, &self.prompt()),
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

    fn handle_bye(&mut self, reason: &str, text: &str, out: &mut Actions) {
        if reason == "resumed-elsewhere" && self.link.take_stray() {
            // It was oneself: the server has heard an older connection late.
            self.farewell = Some(false);
            return;
        }
        self.farewell = Some(reconnect::is_final(reason));
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
            self.link.note_place(here.kept.is_some());
            self.link.note_unanswered(!here.is_settled(), here.may_be_held_back());
        }
        out.0
    }
}
