//! What the editor calls back: how a line is painted, completed and accepted.

use std::borrow::Cow;
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::Arc;

use rustyline::completion::Completer;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};

use super::draft::{Draft, columns};
use super::model::Prompt;
use super::screen::Screen;
use super::view::{PROMPT_WIDTH, Painter, Style};
use super::{prompt, tty};

/// What is being typed, for whoever starts the editor, too.
pub(super) type Typing = Rc<RefCell<Draft>>;

/// See the file's text.
pub(super) struct Hands {
    what: Typed,
    painter: Painter,
    typing: Typing,
    /// Whether the terminal breaks the rows of a draft anew when it gets narrower.
    reflows: bool,
}

/// What is typed.
pub(super) enum Typed {
    /// A name to enter under, or nothing for the one that is offered.
    Name(Option<String>),
    /// A password, which nobody should see.
    Password,
    /// Anything, once one is inside.
    Line(Arc<Screen>),
}

/// A name that is taken if nothing is typed.
pub(super) struct Offer {
    name: String,
    shown: String,
}

impl Hint for Offer {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        Some(&self.name)
    }
}

impl Hands {
    pub(super) fn new(what: Typed, painter: Painter, typing: &Typing) -> Self {
        Self { what, painter, typing: Rc::clone(typing), reflows: tty::reflows() }
    }

    /// What is being typed has become this; says whether the editor has to paint all of it.
    fn note(&self, line: &str, cursor: usize) -> bool {
        let is_prompt_new = matches!(&self.what, Typed::Line(screen) if screen.note_draft(line));
        self.typing.borrow_mut().change(line, cursor) || is_prompt_new
    }

    fn label(&self, prompt: &Prompt) -> String {
        prompt::paint(prompt, &[], &self.painter)
    }

    /// As wide as what is typed, and empty.
    fn hide(&self, line: &str, cursor: usize) -> String {
        let blank = |text: &str| " ".repeat(columns(text));
        let mut hidden = Draft::new(self.painter.charset());
        hidden.lay_out_for(tty::size(), PROMPT_WIDTH);
        hidden.change(&blank(line), blank(line.get(..cursor).unwrap_or(line)).len());
        hidden.paint()
    }
}

impl Helper for Hands {}

impl Hinter for Hands {
    type Hint = Offer;

    /// Called before all is painted, while the screen is as it was.
    fn hint(&self, line: &str, cursor: usize, _: &Context<'_>) -> Option<Offer> {
        let now = tty::size();
        let regained = self.typing.borrow_mut().lay_out_anew(now).filter(|_| self.reflows);
        regained.inspect(|text| tty::put(text));
        self.note(line, cursor);
        match &self.what {
            Typed::Name(Some(name)) if line.is_empty() => {
                Some(Offer { name: name.clone(), shown: format!("[{name}]") })
            }
            _ => None,
        }
    }
}

impl Highlighter for Hands {
    fn highlight<'l>(&self, line: &'l str, cursor: usize) -> Cow<'l, str> {
        self.note(line, cursor);
        match self.what {
            Typed::Password => Cow::Owned(self.hide(line, cursor)),
            Typed::Name(_) | Typed::Line(_) => Cow::Owned(self.typing.borrow().paint()),
        }
    }

    /// `is_usual` is false for a prompt of the editor's own, as in a search.
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, is_usual: bool) -> Cow<'b, str> {
        let charset = self.painter.charset();
        let columns = if is_usual { PROMPT_WIDTH } else { columns(prompt) };
        self.typing.borrow_mut().lay_out_for(tty::size(), columns);
        match &self.what {
            Typed::Password => Cow::Owned(self.label(&Prompt::Password)),
            Typed::Name(_) => Cow::Owned(self.label(&Prompt::Name)),
            Typed::Line(screen) if is_usual => Cow::Owned(screen.paint_prompt(self.typing.borrow().shows_prompt())),
            Typed::Line(_) => charset.carry_as_wide(prompt),
        }
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(self.painter.styled(Style::Dim, hint))
    }

    fn highlight_char(&self, line: &str, cursor: usize, _: CmdKind) -> bool {
        // Only a line that is painted as a whole is painted as `highlight` says.
        self.note(line, cursor) || matches!(self.what, Typed::Password)
    }
}

impl Validator for Hands {
    /// Called when Enter is pressed: every line is a good line.
    fn validate(&self, _: &mut ValidationContext<'_>) -> Result<ValidationResult, ReadlineError> {
        if let Typed::Line(screen) = &self.what {
            screen.accept();
        }
        Ok(ValidationResult::Valid(None))
    }
}

impl Completer for Hands {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> Result<(usize, Vec<String>), ReadlineError> {
        let typed = line.get(..at).unwrap_or(line);
        match &self.what {
            Typed::Name(_) | Typed::Password => Ok((at, Vec::new())),
            Typed::Line(screen) => Ok(screen.lock().model.complete(typed)),
        }
    }
}
