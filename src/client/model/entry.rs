//! From the first word to the server until it has let us in.

use super::events::announced_earlier;
use super::{Actions, EXIT_FAILED, Here, Line, Model, Stage, Wish};
use crate::chat::{Event, Name};
use crate::wire::native::{Answer, ServerLine, VERSION};

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
    /// The server hung up while a name was thought about; connecting again with this one.
    Reconnecting(Wish),
}

impl Model {
    pub(super) fn handle_entry_line(&mut self, line: ServerLine<'_>, out: &mut Actions) {
        let Stage::Entry(entry) = &mut self.stage else { return };
        match (std::mem::replace(entry, Entry::Naming), line) {
            (was, ServerLine::Hello(_)) => *entry = was,
            (Entry::AwaitingHello(wish), ServerLine::Answer(Answer::Chatd { version, protocol })) => {
                if protocol > VERSION {
                    out.show(Line::aside(format!(
                        "chatd {version} speaks protocol {protocol}, newer than this chatc; not everything may be shown"
                    )));
                }
                self.enter(wish, false, out);
            }
            (Entry::Reconnecting(wish), ServerLine::Answer(Answer::Chatd { .. })) => self.enter(wish, true, out),
            (Entry::AwaitingHello(_) | Entry::Reconnecting(_), ServerLine::Error { text, .. }) => {
                out.show(Line::error(format!("{} refuses: {text}", self.setup.server)));
                self.over(EXIT_FAILED, out);
            }
            (Entry::AwaitingHello(_) | Entry::Reconnecting(_), _) => self.not_chatd(out),
            (Entry::Entering { .. }, ServerLine::Answer(Answer::Entered { uid, name })) => {
                let mut here = Here::new(&self.setup, uid, name);
                here.open(out);
                self.stage = Stage::Here(Box::new(here));
            }
            (Entry::Entering { tried, .. }, ServerLine::Error { code, text }) => {
                self.offer = match tried {
                    // It may be free in a moment.
                    Wish::Name(name) if code == "name-silent" => Some(name),
                    _ => None,
                };
                self.refused_entry(text, out);
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
            let wish = if name.is_empty() { Wish::Guest } else { Wish::Name(name.to_owned()) };
            self.enter(wish, false, out);
        }
    }

    /// A connection that ends while a name is awaited is made again; else the entry has failed.
    pub(super) fn handle_closed_on_entry(&mut self, out: &mut Actions) {
        let Stage::Entry(entry) = &mut self.stage else { return };
        match std::mem::replace(entry, Entry::Naming) {
            Entry::Entering { tried, again: false } => {
                *entry = Entry::Reconnecting(tried);
                out.0.push(super::Action::Connect);
            }
            Entry::AwaitingHello(_) if !self.farewell => self.not_chatd(out),
            Entry::Naming => {}
            Entry::AwaitingHello(_) | Entry::Entering { .. } | Entry::Reconnecting(_) => {
                if !self.farewell {
                    out.show(Line::error(format!("{} hung up before it let us in", self.setup.server)));
                }
                self.over(EXIT_FAILED, out);
            }
        }
    }

    /// Whether the server may be tired of waiting for a name.
    pub(super) fn is_waiting_for_name(&self) -> bool {
        matches!(self.stage, Stage::Entry(Entry::Naming | Entry::Entering { again: false, .. }))
    }

    pub(super) fn not_chatd(&mut self, out: &mut Actions) {
        out.show(Line::error(format!("{} does not speak chatd's protocol", self.setup.server)));
        self.over(EXIT_FAILED, out);
    }

    fn enter(&mut self, wish: Wish, again: bool, out: &mut Actions) {
        let Stage::Entry(entry) = &mut self.stage else { return };
        *entry = match &wish {
            Wish::Ask => Entry::Naming,
            Wish::Guest => {
                out.send("ENTER".to_owned());
                Entry::Entering { tried: wish, again }
            }
            Wish::Name(name) => match Name::new(name) {
                Ok(name) => {
                    out.send(format!("ENTER {name}"));
                    Entry::Entering { tried: wish, again }
                }
                Err(error) => {
                    let text = error.to_string();
                    return self.refused_entry(&text, out);
                }
            },
        };
    }

    fn refused_entry(&mut self, text: &str, out: &mut Actions) {
        out.show(Line::error(text));
        if self.setup.scripted {
            self.over(EXIT_FAILED, out);
        } else {
            self.stage = Stage::Entry(Entry::Naming);
        }
    }
}
