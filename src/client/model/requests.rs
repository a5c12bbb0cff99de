//! Requests of others: shown, and answered by a word or by a key. An answer reaches the request that it
//! was meant for, or none.

use super::here::Here;
use super::pending::Incoming;
use super::sent::Sent;
use super::typing::Fate;
use super::{Action, Actions, Focus, Line, Model, Place, Stage};
use crate::chat::{Name, Purpose};
use crate::client::view::listing;
use crate::wire::commands::{Spec, Verb, spec_of};

/// The keys that answer a request without giving up the line that is being typed. The editor has no
/// other use for them; Alt-y would be the same to it as Esc and then y.
const KEYS: &str = "Ctrl-X y or n";

impl Model {
    /// The key for yes, or the one for no, was pressed, whatever is being typed.
    pub fn handle_answer_key(&mut self, is_yes: bool) -> Vec<Action> {
        let mut out = Actions::default();
        if let Stage::Here(here) = &mut self.stage {
            here.answer_by_key(if is_yes { Verb::Accept } else { Verb::Reject }, &mut out);
        }
        self.finish(out)
    }
}

impl Here {
    pub(super) fn requested(&mut self, from: Name, purpose: Purpose, seconds: u64, out: &mut Actions) {
        let has_keys = self.pending.add(from, purpose) && !self.setup.plain;
        let how = match (self.pending.only(), self.shown_focus()) {
            (Some(_), Focus::Menu) => "yes or no?".to_owned(),
            (None, Focus::Menu) => format!("yes {from} or no {from}?"),
            (_, Focus::Session(_) | Focus::Room(_)) => format!("/yes {from} or /no {from}?"),
        };
        let keys = if has_keys { format!(" {KEYS}") } else { String::new() };
        let call = Line::call("").user(from).bold(format!(" asks you {}: {how}", listing::asks_for(purpose)));
        out.show(call.dim(format!(" ({seconds} s){keys}")));
        self.ring(out);
    }

    /// How a request can be answered whatever the prompt shows.
    pub(super) fn ways_to_answer(&self) -> &'static str {
        if self.setup.plain { "yes or no, after an empty line" } else { KEYS }
    }

    /// Answers the request of the one named, or the only one there was when the line was begun.
    pub(super) fn answer_request(
        &mut self,
        spec: &Spec,
        args: &str,
        place: &Place,
        at: Focus,
        out: &mut Actions,
    ) -> Fate {
        let meant = match args {
            "" => match place.requests.as_slice() {
                [only] => *only,
                [] => return self.say_what_waits(spec, at, out),
                _ => return self.ask_whose(spec, at, out),
            },
            whose => {
                let name = self.resolve(whose);
                match place.requests.iter().find(|known| Some(known.from) == name) {
                    Some(known) => *known,
                    // It came while the line was typed, or the server knows better.
                    None => return self.send_answer_to(spec, whose, out),
                }
            }
        };
        if !self.pending.contains(meant) {
            self.fail(format!("the request of {} is over; nothing was answered", meant.from), out);
            return Fate::ComesBack;
        }
        self.send_answer_to(spec, if args.is_empty() { meant.from.as_str() } else { args }, out)
    }

    fn send_answer_to(&mut self, spec: &Spec, whose: &str, out: &mut Actions) -> Fate {
        self.pending.answer(self.resolve(whose));
        let line = format!("{} {whose}", spec.word.to_ascii_uppercase());
        let whose = whose.to_owned();
        let sent = if spec.verb == Verb::Accept { Sent::Accept(whose) } else { Sent::Reject(whose) };
        self.send(line, sent, out);
        Fate::Done
    }

    /// No request stood when a bare answer was begun.
    fn say_what_waits(&mut self, spec: &Spec, at: Focus, out: &mut Actions) -> Fate {
        let Some(waiting) = self.pending.iter().next().copied() else {
            self.fail("no request waits for your answer", out);
            return Fate::Done;
        };
        let (from, word) = (waiting.from, as_typed(spec, at));
        self.fail(format!("{from} asked after you began to type; {word} {from} answers that"), out);
        Fate::ComesBack
    }

    fn ask_whose(&mut self, spec: &Spec, at: Focus, out: &mut Actions) -> Fate {
        self.fail(format!("several requests wait; say whose: {} NAME", as_typed(spec, at)), out);
        let line = |incoming: &Incoming| {
            let asks = format!(" asks you {}", listing::asks_for(incoming.purpose));
            Line::new().text("  ").user(incoming.from).text(asks)
        };
        out.show_all(self.pending.iter().map(line));
        Fate::Done
    }

    /// Answers the request whose line has named the keys; if that is over, says so and names another.
    fn answer_by_key(&mut self, verb: Verb, out: &mut Actions) {
        match self.pending.take_keyed() {
            Some(meant) if self.pending.contains(meant) && !self.is_answered(meant) => {
                out.show(Line::aside(if verb == Verb::Accept { "yes to " } else { "no to " }).user(meant.from));
                self.send_answer_to(spec_of(verb), meant.from.as_str(), out);
                return;
            }
            Some(over) => self.fail(format!("the request of {} is over; nothing was answered", over.from), out),
            None if self.next_to_answer().is_none() => self.fail("no request waits for your answer", out),
            None => {}
        }
        if let Some(next) = self.next_to_answer() {
            self.pending.key(next);
            let line = Line::call("").user(next.from).bold(format!(" asks you {}:", listing::asks_for(next.purpose)));
            out.show(line.bold(format!(" {KEYS}?")));
        }
    }

    fn next_to_answer(&self) -> Option<Incoming> {
        self.pending.iter().copied().find(|incoming| !self.is_answered(*incoming))
    }

    /// Whether the answer to this request is on its way.
    fn is_answered(&self, incoming: Incoming) -> bool {
        self.sent.iter().any(|command| match &command.what {
            Sent::Accept(whose) | Sent::Reject(whose) => self.resolve(whose) == Some(incoming.from),
            _ => false,
        })
    }
}

/// A command's word, with what leads it at this focus.
fn as_typed(spec: &Spec, at: Focus) -> String {
    let slash = if at == Focus::Menu { "" } else { "/" };
    format!("{slash}{}", spec.word)
}
