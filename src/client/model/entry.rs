//! From the first word to the server until it has let us in.

use super::events::announced_earlier;
use super::link::{Link, SILENT_NAME_TRIES, SILENT_NAME_WAIT};
use super::{Actions, EXIT_FAILED, Here, Line, Model, Stage, Wish};
use crate::chat::{Event, Millis, Name};
use crate::wire::commands::{Place, find};
use crate::wire::{Answer, AnyCommand, PROTOCOL_VERSION, ServerLine, compose};

/// How far the entry has come.
#[derive(Debug)]
pub(super) enum Entry {
    /// `HELLO` was sent; what comes then is known.
    AwaitingHello(Wish),
    /// A name has to be typed.
    Naming,
    /// `ENTER` was sent.
    Entering {
        /// With what.
        tried: Wish,
        /// Whether a new connection was made for it already.
        again: bool,
    },
    /// The name's holder is silent; it is tried again then.
    NameSilent {
        /// The name.
        name: String,
        /// When.
        until: Millis,
    },
    /// The password has to be typed, to be let in with this.
    AskingPassword(Wish),
    /// `PASSWORD` was sent.
    Proving(Wish),
    /// The server hung up while a name was thought about; connecting again with this one.
    Reconnecting(Wish),
}

impl Model {
    pub(super) fn handle_entry_line(&mut self, line: ServerLine<'_>, out: &mut Actions) {
        let Stage::Entry(entry) = &mut self.stage else { return };
        match (std::mem::replace(entry, Entry::Naming), line) {
            (was, ServerLine::Hello(_)) => *entry = was,
            (Entry::AwaitingHello(wish), ServerLine::Answer(Answer::Chatd { version, protocol, life, .. })) => {
                self.life = life.map(str::to_owned);
                if protocol > PROTOCOL_VERSION {
                    out.show(Line::aside(format!(
                        "chatd {version} speaks protocol {protocol}, newer than this chatc; not everything may be shown"
                    )));
                }
                self.enter(wish, false, out);
            }
            (Entry::Reconnecting(wish), ServerLine::Answer(Answer::Chatd { life, .. })) => {
                self.life = life.map(str::to_owned);
                self.enter(wish, true, out);
            }
            (Entry::AwaitingHello(_) | Entry::Reconnecting(_), ServerLine::Error { text, .. }) => {
                out.show(Line::error(format!("{} refuses: {text}", self.setup.server)));
                self.over(EXIT_FAILED, out);
            }
            (Entry::AwaitingHello(_) | Entry::Reconnecting(_), _) => self.not_chatd(out),
            (Entry::Entering { .. }, ServerLine::Answer(Answer::Entered { uid, name })) => {
                self.link = Link::new(self.now, self.setup.dead_after, self.setup.seed);
                let mut here = Here::new(&self.setup, uid, name);
                here.open(out);
                self.stage = Stage::Here(Box::new(here));
            }
            (Entry::Entering { tried, .. }, ServerLine::Error { code: "password-required", .. }) => {
                self.prove(tried, out);
            }
            (Entry::Proving(tried), ServerLine::Answer(_)) => self.enter(tried, true, out),
            (Entry::Proving(tried), ServerLine::Error { text, .. }) => self.ask_password_again(tried, text, out),
            (Entry::Entering { tried: Wish::Name(name), .. }, ServerLine::Error { code: "name-silent", .. })
                if self.silent_tries < SILENT_NAME_TRIES =>
            {
                self.await_silent_name(name, out);
            }
            (Entry::Entering { tried, .. }, ServerLine::Error { code, text }) => {
                self.offer = match tried {
                    // It may be free in a moment.
                    Wish::Name(name) if code == "name-silent" => Some(name),
                    _ => None,
                };
                self.refused_entry(text, out);
                self.explain_taken_name(code, out);
            }
            (was, ServerLine::Event(Event::AnnouncedEarlier { stamp, from, text })) => {
                *entry = was;
                out.show(announced_earlier(stamp, from, text));
            }
            (was, _) => *entry = was,
        }
    }

    /// A name was typed; nothing means a guest's.
    pub(super) fn handle_typed_name(&mut self, entry: &str, out: &mut Actions) {
        if self.wants_name() {
            let name = entry.lines().next().unwrap_or_default().trim();
            if self.doubts_name(name, out) {
                return;
            }
            let wish = if name.is_empty() { Wish::Guest } else { Wish::Name(name.to_owned()) };
            self.enter(wish, false, out);
        }
    }

    /// Whether a name that was typed looks like a command, which is said once: somebody may be called so.
    pub(super) fn doubts_name(&mut self, name: &str, out: &mut Actions) -> bool {
        let is_new = self.doubted_name.as_deref() != Some(name);
        let is_doubtful = !self.setup.scripted && is_new && find(name, Place::Chatc).is_some();
        if is_doubtful && Name::new(name).is_ok() {
            self.doubted_name = Some(name.to_owned());
            out.show(Line::aside(format!(
                "{name} would be your name here, and is a command; type it again to be called so, Ctrl-D leaves"
            )));
            return true;
        }
        false
    }

    /// A connection that ends while a name is awaited is made again; else the entry has failed.
    pub(super) fn handle_closed_on_entry(&mut self, out: &mut Actions) {
        let Stage::Entry(entry) = &mut self.stage else { return };
        match std::mem::replace(entry, Entry::Naming) {
            Entry::NameSilent { name, .. } => {
                *entry = Entry::Reconnecting(Wish::Name(name));
                out.0.push(super::Action::Connect);
            }
            Entry::Entering { tried, again: false } | Entry::Proving(tried) => {
                *entry = Entry::Reconnecting(tried);
                out.0.push(super::Action::Connect);
            }
            Entry::AwaitingHello(_) if self.farewell.is_none() => {
                out.show(Line::error(format!("{} hung up without a word; is that chatd?", self.setup.server)));
                self.over(EXIT_FAILED, out);
            }
            Entry::Naming | Entry::AskingPassword(_) => {}
            Entry::AwaitingHello(_) | Entry::Entering { .. } | Entry::Reconnecting(_) => {
                if self.farewell.is_none() {
                    out.show(Line::error(format!("{} hung up before it let us in", self.setup.server)));
                }
                self.over(EXIT_FAILED, out);
            }
        }
    }

    /// The server is not heard on the way in. That may be the line: another connection is tried, if any may be.
    pub(super) fn handle_silence_on_entry(&mut self, out: &mut Actions) {
        let Stage::Entry(entry) = &mut self.stage else { return };
        let server = &self.setup.server;
        let (what, next) = match std::mem::replace(entry, Entry::Naming) {
            Entry::AwaitingHello(wish) => {
                (format!("{server} took the connection but says nothing; is that chatd?"), Entry::AwaitingHello(wish))
            }
            Entry::Entering { tried: wish, .. } | Entry::Proving(wish) | Entry::Reconnecting(wish) => {
                (format!("{server} does not answer"), Entry::Reconnecting(wish))
            }
            Entry::NameSilent { name, .. } => {
                (format!("{server} does not answer"), Entry::Reconnecting(Wish::Name(name)))
            }
            // Nothing is awaited of it: what becomes of the line shows when something is sent.
            waiting @ (Entry::Naming | Entry::AskingPassword(_)) => {
                *entry = waiting;
                return;
            }
        };
        if self.setup.reconnect {
            *entry = next;
            let again = if what.ends_with('?') { " Trying" } else { "; trying" };
            out.show(Line::aside(format!("{what}{again} again (Ctrl-C leaves)")));
            out.0.push(super::Action::Connect);
        } else {
            out.show(Line::error(what));
            self.over(EXIT_FAILED, out);
        }
    }

    /// Whether the server may be tired of waiting for a name.
    pub(super) fn is_waiting_for_name(&self) -> bool {
        matches!(
            self.stage,
            Stage::Entry(
                Entry::Naming
                    | Entry::Entering { again: false, .. }
                    | Entry::AskingPassword(_)
                    | Entry::Proving(_)
                    | Entry::NameSilent { .. }
            )
        )
    }

    pub(super) fn not_chatd(&mut self, out: &mut Actions) {
        out.show(Line::error(format!("{} does not speak chatd's protocol", self.setup.server)));
        self.over(EXIT_FAILED, out);
    }

    pub(super) fn enter(&mut self, wish: Wish, again: bool, out: &mut Actions) {
        let Stage::Entry(entry) = &mut self.stage else { return };
        *entry = match &wish {
            Wish::Ask => Entry::Naming,
            Wish::Guest => {
                out.send(compose(AnyCommand::Enter(None)));
                Entry::Entering { tried: wish, again }
            }
            Wish::Name(name) => match Name::new(name) {
                Ok(name) => {
                    out.send(compose(AnyCommand::Enter(Some(name))));
                    Entry::Entering { tried: wish, again }
                }
                Err(error) => {
                    let text = error.to_string();
                    return self.refused_entry(&text, out);
                }
            },
        };
    }

    /// Somebody has the name but is silent: the server finds out whether that is a ghost.
    fn await_silent_name(&mut self, name: String, out: &mut Actions) {
        self.silent_tries += 1;
        out.show(Line::aside(format!(
            "{name} is in use, but silent; the server asks for a sign of life. Trying again in 5 s"
        )));
        self.stage = Stage::Entry(Entry::NameSilent { name, until: self.now + SILENT_NAME_WAIT });
    }

    /// Time has passed: perhaps it is time to try the silent name again.
    pub(super) fn try_silent_name(&mut self, out: &mut Actions) {
        if let Stage::Entry(Entry::NameSilent { name, until }) = &self.stage
            && *until <= self.now
        {
            let wish = Wish::Name(name.clone());
            self.enter(wish, false, out);
        }
    }

    fn explain_taken_name(&mut self, code: &str, out: &mut Actions) {
        if code == "name-taken" && !std::mem::replace(&mut self.is_taken_explained, true) {
            out.show(Line::aside("if that is you: it is free half a minute after that connection broke"));
        }
    }

    pub(super) fn refused_entry(&mut self, text: &str, out: &mut Actions) {
        out.show(Line::error(text));
        if self.setup.scripted {
            self.over(EXIT_FAILED, out);
        } else {
            self.stage = Stage::Entry(Entry::Naming);
        }
    }
}
