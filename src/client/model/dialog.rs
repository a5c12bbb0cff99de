//! Questions: what a command that was typed alone still needs.

use std::borrow::Cow;

use super::draft::Origin;
use super::here::Here;
use super::sent::Sent;
use super::typed::{command_like, first_word};
use super::typing::Fate;
use super::{Actions, Line};
use crate::chat::Name;
use crate::wire::commands::{Place, Verb, find};
use crate::wire::compose_typed;

/// A question that the prompt asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// Whom to ask for a private chat.
    Who,
    /// Who gets the private message.
    ToWhom,
    /// What to tell this user.
    TextFor(String),
    /// What to tell everybody.
    Announcement,
    /// Under which name to go on, when one's own is taken.
    NewName,
}

impl Question {
    /// What the prompt shows, where there is room for it.
    pub fn label(&self) -> Cow<'_, str> {
        Cow::Borrowed(match self {
            Self::Who => "who?",
            Self::ToWhom => "to whom?",
            Self::TextFor(to) => return Cow::Owned(format!("text to {to}?")),
            Self::Announcement => "announcement?",
            Self::NewName => "new name?",
        })
    }

    fn dropped(&self) -> &'static str {
        match self {
            Self::Who => "nobody was asked",
            Self::ToWhom | Self::TextFor(_) | Self::Announcement | Self::NewName => "nothing was sent",
        }
    }
}

impl Here {
    /// Asks; without a prompt to see, in words.
    pub(super) fn ask(&mut self, question: Question, out: &mut Actions) {
        if self.setup.plain {
            out.show(Line::notice(format!("{} (an empty line: never mind)", question.label())));
        }
        self.question = Some(question);
    }

    /// An answer was entered; what cannot be one is told so, and the question stands.
    pub(super) fn handle_answer_to(
        &mut self,
        question: Question,
        entry: &str,
        origin: Origin,
        out: &mut Actions,
    ) -> Fate {
        if entry.trim().is_empty() {
            self.drop_question(out);
            return Fate::Done;
        }
        match question {
            Question::Who | Question::ToWhom => self.handle_named(&question, entry, out),
            Question::TextFor(_) | Question::Announcement => match command_like(entry) {
                Some(word) if origin != Origin::Pasted => self.doubt(&question, word, out),
                _ => self.send_answer(&question, entry, origin, out),
            },
            // Answered elsewhere: without that there is nobody who could send anything.
            Question::NewName => {}
        }
        Fate::Done
    }

    fn handle_named(&mut self, question: &Question, entry: &str, out: &mut Actions) {
        let (name, more) = first_word(entry);
        let is_user = Name::any(name).is_ok_and(|name| self.is_here(name));
        let is_number = name.bytes().all(|byte| byte.is_ascii_digit());
        if !more.trim().is_empty() || name.starts_with(['/', '<']) {
            return self.doubt(question, entry.trim(), out);
        }
        if find(name, Place::Chatc).is_some() && !is_user && !is_number {
            return self.doubt(question, name, out);
        }
        self.question = None;
        if *question == Question::Who {
            self.send(compose_typed(Verb::Request, &[&name]), Sent::Other, out);
        } else {
            self.ask_text_for(name, out);
        }
    }

    /// Asks what to tell this user, by its name if that is known: the prompt says to whom.
    pub(super) fn ask_text_for(&mut self, user: &str, out: &mut Actions) {
        let name = self.resolve(user).map(|name| name.to_string());
        self.ask(Question::TextFor(name.unwrap_or_else(|| user.to_owned())), out);
    }

    fn send_answer(&mut self, question: &Question, entry: &str, origin: Origin, out: &mut Actions) {
        self.question = None;
        let text = match entry.strip_prefix('/') {
            Some(quoted) if origin != Origin::Pasted && quoted.starts_with('/') => quoted,
            _ => entry,
        };
        match question {
            Question::TextFor(to) => self.send_private(to, text, out),
            _ => self.announce(text, out),
        }
    }

    /// Says that this looks like something else than an answer, and how to go on.
    fn doubt(&mut self, question: &Question, what: &str, out: &mut Actions) {
        let what = first_word(what).0;
        self.fail(
            match question {
                Question::Who | Question::ToWhom | Question::NewName => {
                    format!("{what} is nobody's name; one name is asked for here, or nothing: never mind")
                }
                Question::TextFor(_) | Question::Announcement => {
                    format!("{what} looks like a command, and a text is asked for here; nothing: never mind")
                }
            },
            out,
        );
        if let Some(waiting) = self.pending.iter().next() {
            let line = Line::aside("the request of ").user(waiting.from);
            out.show(line.dim(format!(" is answered with {}", self.ways_to_answer())));
        }
    }

    /// Drops the question, if there is one, and says so.
    pub(super) fn drop_question(&mut self, out: &mut Actions) -> bool {
        let question = self.question.take();
        if let Some(question) = &question {
            out.show(Line::aside(question.dropped()));
        }
        question.is_some()
    }
}
