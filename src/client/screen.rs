//! What the two threads of the terminal front end share: the model, the socket to write to, and
//! the text that waits for the screen.
//!
//! Text goes to the screen from three places, none of which may disturb the editor's line:
//! the main thread, while the editor does not run; the editor itself, which takes over what the
//! socket's thread prints while it runs; and whoever ends the process. `editing` says which, and
//! the socket's thread waits while the main thread is between two lines.

use std::net::TcpStream;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustyline::ExternalPrinter;

use super::model::{Action, EXIT_FAILED, Focus, Model, Prompt};
use super::view::{LABEL_WIDTH, Painter, Style};
use super::{connection, tty};

/// Makes the editor paint its prompt again without showing anything: up a line, and down.
const REPAINT: &str = "\x1b[A\n";

/// Clears the screen and starts at its top.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// How long the editor may take to let the process end, if it is busy with a search for example.
const BUSY_TIME: Duration = Duration::from_secs(1);

/// See the module's text.
pub(super) struct Screen {
    state: Mutex<State>,
    changed: Condvar,
    painter: Painter,
}

pub(super) struct State {
    pub(super) model: Model,
    stream: TcpStream,
    /// Painted text that the screen has not got yet.
    waiting: String,
    /// The editor has painted its prompt and takes what is printed.
    editing: bool,
    /// Enter was pressed behind the prompt as it is painted: it must not change any more.
    accepted: bool,
    /// The prompt as it was painted last.
    painted: Prompt,
    /// Nothing is being typed, as far as the editor has said.
    draft_is_empty: bool,
    /// The socket's thread has come to its end.
    hung_up: bool,
    /// The process is to end as soon as the editor paints again.
    leave_now: bool,
}

impl Screen {
    pub(super) fn new(model: Model, stream: TcpStream, painter: Painter) -> Self {
        let painted = model.prompt();
        let state = State {
            model,
            stream,
            waiting: String::new(),
            editing: false,
            accepted: false,
            painted,
            draft_is_empty: true,
            hung_up: false,
            leave_now: false,
        };
        Self { state: Mutex::new(state), changed: Condvar::new(), painter }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic ends the process, so nobody sees what it left behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    // For the main thread, while the editor does not run.

    /// Feeds the model, sends what it wants sent and shows the rest.
    pub(super) fn do_with(&self, input: impl FnOnce(&mut Model) -> Vec<Action>) {
        let mut state = self.lock();
        let actions = input(&mut state.model);
        state.perform(actions, &self.painter);
        self.show_waiting(state);
    }

    /// Shows what waits; to be called before the editor starts.
    pub(super) fn flush(&self) {
        self.show_waiting(self.lock());
    }

    fn show_waiting(&self, mut state: MutexGuard<'_, State>) {
        tty::put(&std::mem::take(&mut state.waiting));
        self.changed.notify_all();
    }

    /// The editor has returned: the prompt behind which the line was typed, and whether there
    /// was nothing typed.
    pub(super) fn end_editing(&self) -> (Prompt, bool) {
        let mut state = self.lock();
        state.editing = false;
        state.accepted = false;
        (state.painted.clone(), state.draft_is_empty)
    }

    /// Waits for the socket's thread to end, as long as the server is getting on with what it
    /// was sent; it takes the lines of somebody who says much at once rather slowly.
    pub(super) fn wait_for_hang_up(&self, patience: Duration) {
        self.changed.notify_all();
        let mut state = self.lock();
        loop {
            let before = state.model.unacknowledged();
            let waited = self.changed.wait_timeout_while(state, patience, |state| !state.hung_up);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if state.hung_up || state.model.unacknowledged() >= before {
                return;
            }
        }
    }

    // For the editor, which calls from the main thread.

    /// The prompt as it is to be painted now. Text may be printed above it from now on.
    pub(super) fn paint_prompt(&self) -> String {
        let mut state = self.lock();
        if state.leave_now {
            leave(state);
        }
        if !state.accepted {
            state.painted = state.model.prompt();
            state.editing = true;
            self.changed.notify_all();
        }
        label(&state.painted, &self.painter)
    }

    /// What is being typed has changed.
    pub(super) fn note_draft(&self, draft: &str) {
        self.lock().draft_is_empty = draft.is_empty();
    }

    /// Enter was pressed.
    pub(super) fn accept(&self) {
        let mut state = self.lock();
        state.accepted = true;
        state.editing = false;
    }

    // For the socket's thread.

    /// Feeds lines of the server's to the model and shows what comes of it.
    pub(super) fn hear(&self, lines: &[String], printer: &mut impl ExternalPrinter) {
        let mut state = self.lock();
        for line in lines {
            let actions = state.model.handle_line(line);
            state.perform(actions, &self.painter);
        }
        if !state.waiting.is_empty() {
            self.print(state, printer);
        } else if state.editing && state.painted != state.model.prompt() {
            drop(state);
            // An editor that takes nothing any more needs no prompt.
            let _ = printer.print(REPAINT.to_owned());
        }
    }

    fn print<'a>(&'a self, mut state: MutexGuard<'a, State>, printer: &mut impl ExternalPrinter) {
        while !state.waiting.is_empty() {
            if state.editing {
                let text = std::mem::take(&mut state.waiting);
                drop(state);
                // The editor is gone when its last line was typed meanwhile.
                if printer.print(text.clone()).is_err() {
                    tty::put(&text);
                }
                state = self.lock();
            } else if state.model.is_leaving() {
                tty::put(&std::mem::take(&mut state.waiting));
            } else {
                state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// The connection has ended. If the editor runs, the process ends as soon as it has shown
    /// why: each print returns when the editor has taken the one before.
    pub(super) fn hang_up(&self, printer: &mut impl ExternalPrinter) {
        let mut state = self.lock();
        let actions = state.model.handle_closed();
        let last_words = state.perform(actions, &self.painter);
        let code = state.model.exit_code().unwrap_or(EXIT_FAILED);
        if state.editing {
            leave_if_busy(last_words, code);
        }
        self.print(state, printer);
        if self.lock().editing {
            let _ = printer.print(REPAINT.to_owned());
        }
        let mut state = self.lock();
        state.hung_up = true;
        state.leave_now = true;
        let editing = state.editing;
        drop(state);
        self.changed.notify_all();
        if editing {
            let _ = printer.print(REPAINT.to_owned());
        }
    }
}

impl State {
    /// Does what the model wants; returns the text that this adds to what waits for the screen.
    fn perform(&mut self, actions: Vec<Action>, painter: &Painter) -> String {
        let mut text = String::new();
        for action in actions {
            match action {
                Action::Send(line) => self.send(&line),
                Action::Show(line) => {
                    text.push_str(&painter.paint(&line));
                    text.push('\n');
                }
                Action::Bell => text.insert(0, '\x07'),
                Action::Clear => text.push_str(CLEAR),
                // That follows from the model's state.
                Action::Leave(_) | Action::Connect => {}
            }
        }
        self.waiting.push_str(&text);
        text
    }

    fn send(&self, line: &str) {
        if connection::send(&self.stream, line).is_err() {
            // Half a line may have gone out; the socket's thread sees the end and says so.
            let _ = self.stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

/// Ends the process from inside the editor, with the terminal as it was.
fn leave(mut state: MutexGuard<'_, State>) -> ! {
    let waiting = std::mem::take(&mut state.waiting);
    tty::restore(&format!("\r\x1b[J{waiting}"));
    std::process::exit(i32::from(state.model.exit_code().unwrap_or(EXIT_FAILED)));
}

/// Ends the process from outside the editor if that does not do it in time.
fn leave_if_busy(last_words: String, code: u8) {
    let watch = move || {
        std::thread::sleep(BUSY_TIME);
        tty::restore(&format!("\r\n{last_words}"));
        std::process::exit(i32::from(code));
    };
    // Without a thread to spare, an editor that is not busy still ends the process.
    drop(std::thread::Builder::new().name("leaving".to_owned()).spawn(watch));
}

/// The prompt in words and colours, always as wide as the next.
pub(super) fn label(prompt: &Prompt, painter: &Painter) -> String {
    let label = fitted(prompt.label());
    let padding = " ".repeat(LABEL_WIDTH.saturating_sub(label.chars().count()));
    let style = match prompt {
        Prompt::Line(Focus::Session(_)) => Style::User,
        Prompt::Line(_) | Prompt::Question(_) | Prompt::Name => Style::Bold,
    };
    format!("{padding}{} > ", painter.styled(style, &label))
}

/// Cuts a label to the width of the prompt.
fn fitted(label: &str) -> String {
    if label.chars().count() <= LABEL_WIDTH {
        return label.to_owned();
    }
    let mut cut: String = label.chars().take(LABEL_WIDTH - 1).collect();
    cut.push('…');
    cut
}
