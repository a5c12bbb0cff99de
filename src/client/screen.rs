//! What the two threads of the terminal front end share: the model, the socket to write to, and
//! the text that waits for the screen.
//!
//! All text goes to the screen from the main thread, so that it stays in order: between two lines
//! directly, and while the editor runs as a part of its prompt, in front of the label. That works
//! because the editor moves its cursor only relative to where the prompt ends. The socket's thread
//! adds to the text that waits, and wakes the editor so that it paints.

use std::net::TcpStream;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustyline::ExternalPrinter;
use unicode_width::UnicodeWidthChar;

use super::model::{Action, EXIT_FAILED, Model, Prompt};
use super::view::{Line, PROMPT_WIDTH, Painter};
use super::{connection, prompt, tty};

/// Printed through the editor, shows nothing and makes it paint its prompt: up a line, and down.
const REPAINT: &str = "\x1b[A\n";

/// Clears the screen and starts at its top.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// How long the goodbye of a process that was told to end may take to be written.
const GOODBYE_WRITE_TIME: Duration = Duration::from_millis(200);

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
    /// Where to send to; nowhere while the connection is lost.
    stream: Option<TcpStream>,
    /// Painted text that the screen has not got yet.
    waiting: String,
    /// The line right above the prompt, if that is a text that was just typed.
    own_line: Option<OwnLine>,
    /// The editor has painted its prompt and can be woken.
    editing: bool,
    /// The editor has been woken and has not painted since.
    woken: bool,
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

/// A typed line that stands on the screen.
struct OwnLine {
    /// Columns it takes, the prompt included.
    end: usize,
    /// Columns the terminal had.
    columns: usize,
}

impl Screen {
    pub(super) fn new(model: Model, stream: TcpStream, painter: Painter) -> Self {
        let painted = model.prompt();
        let state = State {
            model,
            stream: Some(stream),
            waiting: String::new(),
            own_line: None,
            editing: false,
            woken: false,
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

    /// Tells the server that the user leaves, if that can be done without waiting: whoever closes
    /// the terminal's window does not mean to come back.
    pub(super) fn say_goodbye(&self) {
        if let Ok(state) = self.state.try_lock() {
            if let Some(stream) = &state.stream {
                let _ = stream.set_write_timeout(Some(GOODBYE_WRITE_TIME));
            }
            state.send("QUIT");
        }
    }

    // For the main thread, while the editor does not run.

    /// Feeds the model, sends what it wants sent and shows the rest.
    pub(super) fn do_with(&self, input: impl FnOnce(&mut Model) -> Vec<Action>) {
        let mut state = self.lock();
        let actions = input(&mut state.model);
        state.perform(actions, &self.painter);
        self.show_waiting(state);
    }

    /// Feeds the model what was typed behind `prompt` on a terminal of so many columns.
    pub(super) fn do_typed(&self, typed: &str, prompt: &Prompt, columns: usize) {
        let mut state = self.lock();
        let before = state.model.unacknowledged();
        let actions = state.model.handle_typed(typed, prompt);
        // Then the next acknowledgement is about this line.
        let is_answered = matches!(actions.as_slice(), [Action::Acknowledge(_)]);
        let is_one_message = is_answered || actions.len() == 1 && (before, state.model.unacknowledged()) == (0, 1);
        let width = simple_width(typed).filter(|_| is_one_message);
        state.own_line = width.map(|width| OwnLine { end: PROMPT_WIDTH + width, columns });
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
            let goes_on = |state: &mut State| !state.hung_up && state.model.exit_code().is_none();
            let waited = self.changed.wait_timeout_while(state, patience, goes_on);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
            if state.hung_up || state.model.exit_code().is_some() || state.model.unacknowledged() >= before {
                return;
            }
        }
    }

    // For the editor, which calls from the main thread.

    /// What the editor is to paint in front of the input: the text that waits, and the prompt.
    pub(super) fn paint_prompt(&self) -> String {
        let mut state = self.lock();
        if state.leave_now {
            leave(state);
        }
        let mut text = String::new();
        if !state.accepted {
            text = std::mem::take(&mut state.waiting);
            state.painted = state.model.prompt();
            state.editing = true;
            state.woken = false;
        }
        text.push_str(&prompt::paint(&state.painted, &state.model.places(), &self.painter));
        text
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

    // For the network's thread.

    /// Feeds the model, and has the editor show what comes of it.
    pub(super) fn feed(&self, input: impl FnOnce(&mut Model) -> Vec<Action>, printer: &mut impl ExternalPrinter) {
        let mut state = self.lock();
        let actions = input(&mut state.model);
        state.perform(actions, &self.painter);
        if state.model.is_leaving() && !state.editing {
            return self.show_waiting(state);
        }
        if !state.waiting.is_empty() || state.painted != state.model.prompt() {
            wake(state, printer);
        }
    }

    /// What is sent from now on goes here.
    pub(super) fn send_over(&self, stream: Option<TcpStream>) {
        self.lock().stream = stream;
    }

    /// Waits until something was typed, or for this long.
    pub(super) fn wait(&self, time: Duration) {
        // Whatever came of it, the model is asked what to do.
        drop(self.changed.wait_timeout(self.lock(), time));
    }

    /// All is over. If the editor runs, the process ends from inside it, with
    /// nothing left on the screen of the line that was being typed.
    pub(super) fn hang_up(self: &Arc<Self>, printer: &mut impl ExternalPrinter) {
        let mut state = self.lock();
        state.hung_up = true;
        state.leave_now = true;
        self.changed.notify_all();
        leave_if_busy(Arc::clone(self));
        wake(state, printer);
    }
}

/// Has the editor paint, if it runs and is not about to. The editor takes one waking at a time:
/// this may wait until it has taken the one before, so it must not hold the state.
fn wake(mut state: MutexGuard<'_, State>, printer: &mut impl ExternalPrinter) {
    if state.editing && !state.woken {
        state.woken = true;
        drop(state);
        // An editor that takes nothing any more has ended, and the main thread shows the rest.
        let _ = printer.print(REPAINT.to_owned());
    }
}

impl State {
    fn perform(&mut self, actions: Vec<Action>, painter: &Painter) {
        for action in actions {
            match action {
                Action::Send(line) => self.send(&line),
                Action::Show(line) => self.show(&painter.paint(&line)),
                Action::Acknowledge(line) => self.acknowledge(&line, painter),
                Action::Bell => self.waiting.push('\x07'),
                Action::Clear => {
                    self.own_line = None;
                    self.waiting.push_str(CLEAR);
                }
                // That follows from the model's state.
                Action::Leave(_) | Action::Connect => {}
            }
        }
    }

    fn show(&mut self, painted: &str) {
        self.own_line = None;
        self.waiting.push_str(painted);
        self.waiting.push('\n');
    }

    /// Puts it behind the line that was typed, if that still stands right above; else below.
    fn acknowledge(&mut self, line: &Line, painter: &Painter) {
        let has_room = |own: &OwnLine| own.end + 2 + painter.width(line) < own.columns;
        match self.own_line.take().filter(has_room) {
            Some(own) => {
                let beside = format!("\x1b[A\x1b[{}G{}\n", own.end + 3, painter.paint(line));
                self.waiting.push_str(&beside);
            }
            None => self.show(&painter.paint(&line.clone().indented())),
        }
    }

    fn send(&self, line: &str) {
        let Some(stream) = &self.stream else { return };
        if connection::send(stream, line).is_err() {
            // Half a line may have gone out; the network's thread sees the end and says so.
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

/// Ends the process with the terminal as it was found.
fn leave(mut state: MutexGuard<'_, State>) -> ! {
    let waiting = std::mem::take(&mut state.waiting);
    tty::restore(&format!("\r\x1b[J{waiting}"));
    std::process::exit(i32::from(state.model.exit_code().unwrap_or(EXIT_FAILED)));
}

/// Ends the process from outside the editor if that does not do it in time.
fn leave_if_busy(screen: Arc<Screen>) {
    let watch = move || {
        let waited = screen.changed.wait_timeout_while(screen.lock(), BUSY_TIME, |state| state.leave_now);
        leave(waited.unwrap_or_else(PoisonError::into_inner).0);
    };
    // Without a thread to spare, an editor that is not busy still ends the process.
    drop(std::thread::Builder::new().name("leaving".to_owned()).spawn(watch));
}

/// The columns of a text, if all terminals agree on them: not so for what joins or combines.
fn simple_width(text: &str) -> Option<usize> {
    text.chars().map(|c| c.width().filter(|width| *width > 0)).sum()
}
