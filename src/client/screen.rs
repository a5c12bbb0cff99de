//! What the two threads of the terminal front end share: the model, the socket to write to, and
//! the text that waits for the screen.
//!
//! All text goes to the screen from the main thread, so that it stays in order: between two lines
//! directly, and while the editor runs as a part of its prompt, in front of the label. That works
//! because the editor moves its cursor only relative to where the prompt ends. The socket's thread
//! adds to the text that waits, and wakes the editor so that it paints.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::civil::Date;
use rustyline::ExternalPrinter;
use unicode_width::UnicodeWidthChar;

use super::draft::Extent;
use super::exit::{Exit, Way};
use super::model::{Action, EXIT_FAILED, Model, Place, Prompt};
use super::network::Plan;
use super::outbox::Outbox;
use super::view::{Line, PROMPT_WIDTH, Painted, Painter};
use super::{clock, prompt, tty};
use crate::limits::UNPAINTED_BYTES;

/// Printed through the editor, shows nothing and makes it paint its prompt: up a line, and down.
const REPAINT: &str = "\x1b[A\n";

/// Goes to the first row.
const HOME: &str = "\x1b[H";

/// Clears the screen and starts at its top.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// How long the editor may take to let the process end, if it is busy with a search for example.
const BUSY_TIME: Duration = Duration::from_secs(1);

/// See the module's text.
pub(super) struct Screen {
    state: Mutex<State>,
    changed: Condvar,
    painter: Painter,
    outbox: Arc<Outbox>,
    exit: Arc<Exit>,
}

pub(super) struct State {
    pub(super) model: Model,
    /// Painted text that the screen has not got yet.
    waiting: String,
    /// The line right above the prompt, if that is a text that was just typed.
    own_line: Option<OwnLine>,
    /// An acknowledgement of that line, to be painted before the text that waits.
    beside: Option<Line>,
    /// A line that has come back to be edited.
    returned: Option<String>,
    /// The editor has painted its prompt and can be woken.
    editing: bool,
    /// The editor has been woken and has not painted since.
    woken: bool,
    /// Enter was pressed behind the prompt as it is painted: it must not change any more.
    accepted: bool,
    /// The prompt as it was painted last.
    painted: Prompt,
    /// Where a line is begun behind that prompt.
    place: Place,
    /// The screen was cleared when it was this large: the prompt stands in its first row.
    cleared: Option<tty::Size>,
    /// The day of the line that was shown last.
    day: Option<Date>,
    /// The socket's thread has come to its end.
    hung_up: bool,
    /// The process is to end as soon as the editor paints again.
    leave_now: bool,
}

/// A typed line that stands on the screen.
struct OwnLine {
    /// Columns it takes in its last row.
    end: usize,
    /// Columns the terminal had.
    columns: usize,
    /// Where it ends in the text that waits; 0: it is on the screen.
    behind: usize,
}

impl Screen {
    pub(super) fn new(model: Model, painter: Painter, outbox: &Arc<Outbox>, exit: &Arc<Exit>) -> Self {
        let (outbox, exit) = (Arc::clone(outbox), Arc::clone(exit));
        Self { state: Mutex::new(State::new(model)), changed: Condvar::new(), painter, outbox, exit }
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
        state.perform(actions, &self.painter, &self.outbox);
        self.show_waiting(state);
    }

    /// Feeds the model what was entered, which takes so much of the screen.
    pub(super) fn do_typed(&self, typed: &str, Extent { rows, end, .. }: Extent) {
        let mut state = self.lock();
        state.enter(typed, rows, end, &self.painter, &self.outbox);
        self.show_waiting(state);
    }

    /// A line was dropped, which takes so many rows: what was not sent does not stand there.
    pub(super) fn erase(&self, rows: usize) {
        self.lock().waiting.insert_str(0, &erased(rows));
    }

    /// Shows what waits; to be called before the editor starts. Gives a line that is to be edited again.
    pub(super) fn start_editing(&self) -> Option<String> {
        let mut state = self.lock();
        state.place = state.model.place();
        let returned = state.returned.take();
        self.show_waiting(state);
        returned
    }

    /// Shows what waits.
    pub(super) fn flush(&self) {
        self.show_waiting(self.lock());
    }

    fn show_waiting(&self, mut state: MutexGuard<'_, State>) {
        let waiting = state.take_waiting(&self.painter);
        // A terminal may take its time; only those wait who have something to show.
        drop(state);
        tty::put(&waiting);
        self.outbox.bell.ring();
    }

    /// The editor has returned.
    pub(super) fn end_editing(&self) {
        let mut state = self.lock();
        state.editing = false;
        state.accepted = false;
        state.cleared = None;
        state.forget_own_line(&self.painter);
    }

    /// Waits for the socket's thread to end, as long as the server is getting on with what it
    /// was sent; it takes the lines of somebody who says much at once rather slowly.
    pub(super) fn wait_for_hang_up(&self, patience: Duration) {
        let mut until = clock::now() + patience;
        let mut unanswered = usize::MAX;
        loop {
            self.flush();
            let state = self.lock();
            let now = state.model.unacknowledged();
            if now < unanswered {
                (unanswered, until) = (now, clock::now() + patience);
            }
            let left = until.since(clock::now());
            if state.is_over() || left.is_zero() {
                return drop(state);
            }
            let goes_on = |state: &mut State| !state.is_over() && state.waiting.is_empty();
            // Whatever came of it, it is looked at again.
            drop(self.changed.wait_timeout_while(state, left.min(BUSY_TIME), goes_on));
        }
    }

    // For the editor, which calls from the main thread.

    /// What the editor is to paint in front of the input: the text that waits, and the prompt if
    /// there is room for it.
    pub(super) fn paint_prompt(&self, has_room_for_it: bool) -> String {
        let mut state = self.lock();
        if state.leave_now {
            self.leave(state);
        }
        // The editor has been woken by going up and down a row, which it cannot do in the first.
        state.cleared = state.cleared.filter(|size| *size == tty::size());
        let mut text = if state.cleared.is_some() { HOME.to_owned() } else { String::new() };
        if !state.accepted {
            let waiting = state.take_waiting(&self.painter);
            if !waiting.is_empty() {
                state.cleared = None;
            }
            text.push_str(&waiting);
            if !has_room(&text) {
                self.outbox.bell.ring();
            }
            state.painted = state.model.prompt();
            state.place = state.model.place();
            state.editing = true;
            state.woken = false;
        }
        if has_room_for_it {
            text.push_str(&prompt::paint(&state.painted, &state.model.places(), &self.painter));
        }
        text
    }

    /// What is being typed has changed. Says whether the prompt is another now: it follows when nothing is typed.
    pub(super) fn note_draft(&self, draft: &str) -> bool {
        let state = &mut *self.lock();
        state.model.note_draft(draft, &state.place);
        // Once it wraps, nobody knows which row is right above.
        let fits = |own: &OwnLine| simple_width(draft).is_some_and(|width| PROMPT_WIDTH + width + 1 < own.columns);
        if !state.own_line.as_ref().is_some_and(fits) {
            state.forget_own_line(&self.painter);
        }
        !state.accepted && state.painted != state.model.prompt()
    }

    /// A paste comes, behind this part of the line.
    pub(super) fn note_paste(&self, before: &str) {
        self.lock().model.note_paste(before);
    }

    /// The screen is about to be cleared.
    pub(super) fn note_cleared(&self) {
        self.lock().cleared = Some(tty::size());
    }

    /// A key was pressed that may move what stands on the screen.
    pub(super) fn note_moved(&self) {
        self.lock().forget_own_line(&self.painter);
    }

    /// The key for yes, or the one for no, was pressed.
    pub(super) fn answer_by_key(&self, is_yes: bool) {
        let state = &mut *self.lock();
        let actions = state.model.handle_answer_key(is_yes);
        state.perform(actions, &self.painter, &self.outbox);
    }

    /// Says something above the line that is being typed, with the next repaint.
    pub(super) fn say(&self, line: &Line) {
        let state = &mut *self.lock();
        state.forget_own_line(&self.painter);
        drop(state.show(line, &self.painter));
    }

    /// Enter was pressed.
    pub(super) fn accept(&self) {
        let mut state = self.lock();
        state.accepted = true;
        state.editing = false;
        state.forget_own_line(&self.painter);
    }

    // For the network's thread.

    /// Feeds the model, and has the editor show what comes of it.
    pub(super) fn feed(&self, input: impl FnOnce(&mut Model) -> Vec<Action>, printer: &mut impl ExternalPrinter) {
        let mut state = self.lock();
        let actions = input(&mut state.model);
        state.perform(actions, &self.painter, &self.outbox);
        if state.model.is_leaving() {
            // The main thread may be waiting for just that.
            self.changed.notify_all();
        }
        if state.has_waiting() || state.painted != state.model.prompt() {
            wake(state, printer);
        }
    }

    /// What there is to do.
    pub(super) fn plan(&self) -> Plan {
        let state = self.lock();
        Plan { order: state.model.order(), deadline: state.model.deadline(), has_room: has_room(&state.waiting) }
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

    /// Ends the process with the terminal as it was found.
    fn leave(&self, mut state: MutexGuard<'_, State>) -> ! {
        let waiting = state.take_waiting(&self.painter);
        let way = Way::Over(state.model.exit_code().unwrap_or(EXIT_FAILED));
        drop(state);
        self.exit.end(way, &format!("\r\x1b[J{waiting}"))
    }
}

/// Whether more may come that is to be painted.
fn has_room(waiting: &str) -> bool {
    waiting.len() < UNPAINTED_BYTES
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
    fn new(model: Model) -> Self {
        let (painted, place) = (model.prompt(), model.place());
        Self {
            model,
            waiting: String::new(),
            own_line: None,
            beside: None,
            returned: None,
            editing: false,
            woken: false,
            accepted: false,
            painted,
            place,
            cleared: None,
            day: None,
            hung_up: false,
            leave_now: false,
        }
    }

    /// Whether nothing more comes from the server.
    fn is_over(&self) -> bool {
        self.hung_up || self.model.exit_code().is_some()
    }

    /// Feeds the model what was entered, and leaves what comes of it to be painted.
    fn enter(&mut self, typed: &str, rows: usize, end: usize, painter: &Painter, outbox: &Outbox) {
        let before = self.model.unacknowledged();
        let actions = self.model.handle_typed(typed);
        let held = std::mem::take(&mut self.waiting);
        let is_sent = actions.iter().any(|action| matches!(action, Action::Own(_)));
        if is_sent || actions.iter().any(|action| matches!(action, Action::GiveBack(_))) {
            self.waiting = erased(rows);
        }
        let columns = tty::size().columns;
        self.own_line = simple_width(typed).map(|_| OwnLine { end, columns, behind: 0 });
        // What has come since Enter was pressed stands below what was sent, and above anything else: it
        // may be why nothing was.
        if is_sent {
            self.perform(actions, painter, outbox);
            self.waiting.push_str(&held);
        } else {
            self.waiting.push_str(&held);
            self.perform(actions, painter, outbox);
        }
        // Else the next acknowledgement is not about this line.
        if self.beside.is_none() && (before, self.model.unacknowledged()) != (0, 1) {
            self.own_line = None;
        }
    }

    fn perform(&mut self, actions: Vec<Action>, painter: &Painter, outbox: &Outbox) {
        for action in actions {
            match action {
                Action::Send(line) => outbox.send(&line),
                Action::Show(line) => drop(self.show(&line, painter)),
                Action::Acknowledge(line) => self.acknowledge(&line, painter),
                Action::Bell => self.waiting.push('\x07'),
                Action::Clear => {
                    self.waiting.push_str(CLEAR);
                    self.cleared = Some(tty::size());
                }
                Action::Own(line) => {
                    let painted = self.show(&line, painter);
                    let behind = self.waiting.len();
                    self.own_line = self.own_line.take().map(|own| OwnLine { end: painted.end, behind, ..own });
                }
                Action::GiveBack(line) => self.returned = Some(line),
                // That follows from the model's state.
                Action::Leave(_) | Action::Connect => {}
            }
        }
    }

    fn show(&mut self, line: &Line, painter: &Painter) -> Painted {
        if self.waiting.ends_with(CLEAR) {
            self.cleared = None;
        }
        if let Some(day) = painter.new_day(&mut self.day) {
            self.show(&day, painter);
        }
        let painted = painter.rows(line, Some(tty::size().columns));
        self.waiting.push_str(&painted.text);
        self.waiting.push('\n');
        painted
    }

    /// Has it painted behind the line that was typed, if that still stands right above by then; else below.
    fn acknowledge(&mut self, line: &Line, painter: &Painter) {
        let is_last = |own: &&OwnLine| own.behind == self.waiting.len() && self.beside.is_none();
        let has_room = |own: &&OwnLine| own.end + 2 + painter.width(line) < own.columns;
        match self.own_line.as_ref().filter(is_last).filter(has_room) {
            Some(OwnLine { behind: 0, .. }) => self.beside = Some(line.clone()),
            Some(own) => self.waiting.push_str(&beside(own, line, painter)),
            None => drop(self.show(&line.clone().indented(), painter)),
        }
    }

    fn has_waiting(&self) -> bool {
        self.beside.is_some() || !self.waiting.is_empty()
    }

    /// The text that waits, to be painted now where the prompt starts. Only now it is known what stands above.
    fn take_waiting(&mut self, painter: &Painter) -> String {
        if self.own_line.as_ref().is_some_and(|own| own.columns != tty::size().columns) {
            self.forget_own_line(painter);
        }
        let own = self.own_line.take();
        let acknowledged = self.beside.take().zip(own.as_ref()).map(|(line, own)| beside(own, &line, painter));
        let is_last = acknowledged.is_none() && own.as_ref().is_some_and(|own| own.behind == self.waiting.len());
        self.own_line = own.filter(|_| is_last).map(|own| OwnLine { behind: 0, ..own });
        acknowledged.unwrap_or_default() + &std::mem::take(&mut self.waiting)
    }

    /// The line that was typed may not stand right above any more.
    fn forget_own_line(&mut self, painter: &Painter) {
        self.own_line = None;
        if let Some(line) = self.beside.take() {
            let behind = std::mem::take(&mut self.waiting);
            drop(self.show(&line.indented(), painter));
            self.waiting.push_str(&behind);
        }
    }
}

/// An acknowledgement behind the line above that it is about.
fn beside(own: &OwnLine, line: &Line, painter: &Painter) -> String {
    format!("\x1b[A\x1b[{}G{}\n", own.end + 3, painter.paint(line))
}

/// Takes back so many rows above, and all below them.
fn erased(rows: usize) -> String {
    format!("\x1b[{rows}A\x1b[J")
}

/// Ends the process from outside the editor if that does not do it in time.
fn leave_if_busy(screen: Arc<Screen>) {
    let watch = move || {
        let waited = screen.changed.wait_timeout_while(screen.lock(), BUSY_TIME, |state| state.leave_now);
        let state = waited.unwrap_or_else(PoisonError::into_inner).0;
        screen.leave(state);
    };
    // Without a thread to spare, an editor that is not busy still ends the process.
    drop(std::thread::Builder::new().name("leaving".to_owned()).spawn(watch));
}

/// The columns of a text, if all terminals agree on them: not so for what joins or combines.
fn simple_width(text: &str) -> Option<usize> {
    text.chars().map(|c| c.width().filter(|width| *width > 0)).sum()
}

#[cfg(test)]
mod tests;
