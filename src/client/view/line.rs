//! A line for the screen, in pieces that say what they are rather than what colour they get.

use super::HANGING;
use crate::chat::{Name, UnixMillis};

/// Columns of the signs that lead what is no message.
const SIGN: usize = 3;

/// What a piece of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// What people say, and answers they asked for.
    Plain,
    /// What may be overlooked: comings and goings, acknowledgements.
    Dim,
    /// What should not be overlooked.
    Bold,
    /// Something did not work.
    Error,
    /// A user's name, in the colour of that user.
    User,
}

/// A piece of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Span {
    /// Text of one kind.
    Text(Style, String),
    /// A moment, shown as the hour and minute where the reader is.
    Time(UnixMillis),
}

/// One line for the screen, without its newline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    spans: Vec<Span>,
    /// Columns by which its rows are indented, but for the first.
    hanging: usize,
}

impl Default for Line {
    fn default() -> Self {
        Self { spans: Vec::new(), hanging: HANGING }
    }
}

impl Line {
    /// An empty line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Something that happened and may be overlooked: `-- carol entered`.
    pub fn aside(text: impl Into<String>) -> Self {
        Self::new().hung_by(SIGN).dim("-- ").dim(text)
    }

    /// Something that happened and matters: `-- bob ended the chat`.
    pub fn notice(text: impl Into<String>) -> Self {
        Self::new().hung_by(SIGN).dim("-- ").text(text)
    }

    /// Something that wants an answer: `>> bob asks you for a private chat`.
    pub fn call(text: impl Into<String>) -> Self {
        Self::new().hung_by(SIGN).bold(">> ").bold(text)
    }

    /// Something that did not work: `!! no such command`.
    pub fn error(text: impl Into<String>) -> Self {
        Self::new().hung_by(SIGN).with(Style::Error, "!! ").with(Style::Error, text)
    }

    /// Something one has said oneself: `you → bob: hello`.
    pub fn own(tag: &str, to: &str) -> Self {
        Self::new().dim("you → ").bold(tag).bold(to).dim(": ")
    }

    /// Adds ordinary text.
    pub fn text(self, text: impl Into<String>) -> Self {
        self.with(Style::Plain, text)
    }

    /// Adds text that may be overlooked.
    pub fn dim(self, text: impl Into<String>) -> Self {
        self.with(Style::Dim, text)
    }

    /// Adds text that stands out.
    pub fn bold(self, text: impl Into<String>) -> Self {
        self.with(Style::Bold, text)
    }

    /// Adds a user's name in that user's colour.
    pub fn user(self, name: Name) -> Self {
        self.with(Style::User, name.as_str())
    }

    /// Adds a moment.
    pub fn time(mut self, at: UnixMillis) -> Self {
        self.spans.push(Span::Time(at));
        self
    }

    /// Adds text of some kind.
    pub fn with(mut self, style: Style, text: impl Into<String>) -> Self {
        self.spans.push(Span::Text(style, text.into()));
        self
    }

    /// The line, as one that continues the line before.
    pub fn indented(mut self) -> Self {
        self.spans.insert(0, Span::Text(Style::Plain, " ".repeat(HANGING)));
        self
    }

    /// The line, with the rows it goes on in indented by so many columns.
    #[must_use]
    pub fn hung_by(mut self, columns: usize) -> Self {
        self.hanging = columns;
        self
    }

    /// By how much the rows are indented that it goes on in.
    pub fn hanging(&self) -> usize {
        self.hanging
    }

    /// Whether this tells of something that did not work.
    pub fn is_error(&self) -> bool {
        matches!(self.spans.first(), Some(Span::Text(Style::Error, _)))
    }

    /// The pieces, from the left.
    pub fn spans(&self) -> &[Span] {
        &self.spans
    }
}
