//! View: what the screen says. Styled lines, and the tables and help texts made of them.

mod calendar;
mod charset;
mod colour;
pub(super) mod help;
mod line;
pub(super) mod listing;
mod paint;
mod wrap;

pub use charset::Charset;
pub use colour::Colours;
pub use line::{Line, Span, Style};
pub use paint::{Painted, Painter};
pub(super) use wrap::width;

/// Columns of the prompt before its ` > `. Longer labels are cut, shorter ones padded, so that
/// the input starts in the same column whatever the focus is.
pub const LABEL_WIDTH: usize = 15;

/// Columns of the whole prompt.
pub const PROMPT_WIDTH: usize = LABEL_WIDTH + 3;

/// Columns by which the rows are indented that continue a line, so that none looks like a line.
pub const HANGING: usize = 6;
