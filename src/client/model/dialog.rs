//! Questions: what a command that was typed alone still needs.

use super::here::Here;
use super::sent::Sent;
use super::typed::first_word;
use super::{Actions, Line};

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
    /// What the prompt shows.
    pub fn label(&self) -> &str {
        match self {
            Self::Who => "who?",
            Self::ToWhom => "to whom?",
            Self::TextFor(_) => "text?",
            Self::Announcement => "announcement?",
            Self::NewName => "new name?",
        }
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

    pub(super) fn handle_answer_to(&mut self, question: Question, line: &str, out: &mut Actions) {
        self.question = None;
        if line.trim().is_empty() {
            out.show(Line::aside(question.dropped()));
            return;
        }
        match question {
            Question::Who => self.send(format!("REQUEST {}", first_word(line).0), Sent::Other, out),
            Question::ToWhom => self.ask(Question::TextFor(first_word(line).0.to_owned()), out),
            Question::TextFor(to) => self.send_private(&to, line, out),
            Question::Announcement => self.announce(line, out),
            // Answered elsewhere: without that there is nobody who could send anything.
            Question::NewName => {}
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
