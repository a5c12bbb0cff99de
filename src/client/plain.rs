//! The front end without a line editor: lines in, lines out. For pipes, scripts, screen readers
//! and dumb terminals. The main thread reads the input, another one the socket.
//!
//! A script is taken line by line: the next is read when the server has answered the last, so
//! that `join #x` and the texts behind it do what they say.

use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use nix::errno::Errno;

use jiff::civil::Date;

use super::exit::{Exit, Way};
use super::handshake::{self, Person};
use super::model::{Action, EXIT_FAILED, Model, left_too_early};
use super::network::{self, Front, Plan};
use super::outbox::Outbox;
use super::ready::{self, READ, WRITE};
use super::view::{Line, Painter};
use super::{Config, tty};
use crate::limits::Limits;

/// How long a script waits for an answer before it goes on, and for the server to get on with its
/// goodbye.
const ANSWER_TIME: Duration = Duration::from_secs(15);

// Else a script that announces much would run ahead of a server that only takes its time.
const _: () = assert!(ANSWER_TIME.as_millis() > Limits::DEFAULT.announcements.interval.as_millis());

/// Longest line of input, in bytes; what is longer is taken as several.
const INPUT_LINE_BYTES: u64 = 1024 * 1024;

/// How long a pipe that takes or gives nothing now is waited for at a time.
const BUSY_TIME: Duration = Duration::from_secs(60);

struct State {
    model: Model,
    painter: Painter,
    /// The day of the line that was shown last.
    day: Option<Date>,
    /// Painted lines that nobody has begun to write.
    unwritten: String,
}

struct Shared {
    state: Mutex<State>,
    /// The model has heard from the server.
    heard: Condvar,
    /// Held while something is written, so that all of it comes in order; never together with the
    /// state, which is wanted by those who have nothing to write.
    writing: Mutex<()>,
    outbox: Arc<Outbox>,
    exit: Arc<Exit>,
}

/// Runs until the input or the connection ends.
pub(super) fn run(config: &Config, mut model: Model, painter: Painter, outbox: &Arc<Outbox>, exit: &Arc<Exit>) -> Way {
    let scripted = model.is_scripted();
    let mut input = io::stdin().lock();
    let mut person = AtThePipe { painter: &painter, input: &mut input, exit };
    let driver = match handshake::enter(&config.address, outbox, &mut model, &mut person) {
        Ok(driver) => driver,
        Err(code) => return Way::Over(code),
    };
    let state = Mutex::new(State { model, painter, day: None, unwritten: String::new() });
    let (outbox, exit) = (Arc::clone(outbox), Arc::clone(exit));
    let shared = Arc::new(Shared { state, heard: Condvar::new(), writing: Mutex::new(()), outbox, exit });
    if let Err(error) = network::start(driver, Arc::clone(&shared)) {
        print(&format!("cannot start a thread: {error}\n"), &shared.exit);
        return Way::Unusable;
    }
    loop {
        if scripted {
            shared.wait_until(|model| model.is_settled() || model.is_leaving());
            shared.wait_until_online();
        }
        match read_line(&mut input) {
            Some(line) => shared.do_with(|model| model.handle_typed(&line)),
            None => break,
        }
    }
    shared.do_with(Model::handle_end_of_input);
    // The listener ends the process when the server has hung up.
    shared.wait_for_hang_up();
    shared.do_with(|model| match model.unacknowledged() {
        0 => Vec::new(),
        count => vec![Action::Show(left_too_early(count))],
    });
    Way::Over(EXIT_FAILED)
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic ends the process, so nobody sees what it left behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn do_with(&self, input: impl FnOnce(&mut Model) -> Vec<Action>) {
        let mut state = self.lock();
        let actions = input(&mut state.model);
        state.perform(actions, &self.outbox);
        drop(state);
        self.outbox.bell.ring();
        self.write();
    }

    /// Writes what is to be shown, in the order in which it was painted. Whoever reads it may take
    /// its time: then only those wait who have something to show.
    fn write(&self) {
        let _turn = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            let text = std::mem::take(&mut self.lock().unwritten);
            if text.is_empty() {
                return;
            }
            print(&text, &self.exit);
        }
    }

    /// A script does not run ahead while the connection is made again, however long that takes.
    fn wait_until_online(&self) {
        let waiting = |state: &mut State| state.model.is_offline();
        drop(self.heard.wait_while(self.lock(), waiting));
    }

    /// Waits as long as the server is getting on with what it was sent; it takes the lines of
    /// somebody who says much at once rather slowly.
    fn wait_for_hang_up(&self) {
        loop {
            let before = self.lock().model.unacknowledged();
            self.wait_until(|_| false);
            if self.lock().model.unacknowledged() >= before {
                return;
            }
        }
    }

    fn wait_until(&self, is_so: impl Fn(&Model) -> bool) {
        let waiting = |state: &mut State| !is_so(&state.model);
        // Whatever came of it, the script goes on.
        drop(self.heard.wait_timeout_while(self.lock(), ANSWER_TIME, waiting));
    }
}

impl Front for Arc<Shared> {
    fn plan(&self) -> Plan {
        let state = self.lock();
        Plan { order: state.model.order(), deadline: state.model.deadline(), has_room: true }
    }

    fn feed(&mut self, input: impl FnOnce(&mut Model) -> Vec<Action>) {
        let mut state = self.lock();
        let actions = input(&mut state.model);
        state.perform(actions, &self.outbox);
        drop(state);
        self.heard.notify_all();
        self.write();
    }

    /// The main thread may be waiting for input that never comes, so the process ends here.
    fn hang_up(&mut self) {
        self.write();
        let code = self.lock().model.exit_code().unwrap_or(EXIT_FAILED);
        self.exit.end(Way::Over(code), "");
    }
}

impl State {
    fn perform(&mut self, actions: Vec<Action>, outbox: &Outbox) {
        for action in actions {
            match action {
                Action::Send(line) => outbox.send(&line),
                Action::Show(line) | Action::Acknowledge(line) => {
                    for line in self.painter.new_day(&mut self.day).into_iter().chain([line]) {
                        self.unwritten.push_str(&self.painter.rows(&line, columns()).text);
                        self.unwritten.push('\n');
                    }
                }
                Action::Bell => self.unwritten.push('\x07'),
                // Nothing is moved or cleared here; and leaving follows from the model's state.
                Action::Clear | Action::Own(_) | Action::GiveBack(_) | Action::Leave(_) | Action::Connect => {}
            }
        }
    }
}

struct AtThePipe<'a> {
    painter: &'a Painter,
    input: &'a mut io::StdinLock<'static>,
    exit: &'a Exit,
}

impl Person for AtThePipe<'_> {
    /// Why one was not let in is for whoever runs the script, not for whoever reads the chat.
    fn show(&mut self, line: &Line) {
        let text = format!("{}\n", self.painter.rows(line, columns()).text);
        if line.is_error() {
            // Without a place for errors the exit code has to do.
            let _ = io::stderr().write_all(text.as_bytes());
        } else {
            print(&text, self.exit);
        }
    }

    /// Only where somebody is there to be asked: a script has been turned away before. What is typed while
    /// the server thinks about one try may be the next.
    fn ask_password(&mut self, _: &mut Model) -> Option<String> {
        tty::hide_typing();
        self.show(&Line::notice("the password?"));
        read_line(self.input)
    }

    fn ask_name(&mut self, _: &mut Model) -> Option<String> {
        tty::show_typing();
        self.show(&Line::notice("your name? (an empty line: enter as a guest)"));
        read_line(self.input)
    }

    fn enter(&mut self) {
        tty::show_typing();
    }
}

/// How wide stdout is, if that is a terminal: it would break long lines where a text wants it.
fn columns() -> Option<usize> {
    io::stdout().is_terminal().then(|| tty::size().columns)
}

/// Reads a line without its end; `None` when there are no more.
fn read_line(input: &mut io::StdinLock<'_>) -> Option<String> {
    let mut bytes = Vec::new();
    loop {
        let room = INPUT_LINE_BYTES.saturating_sub(bytes.len() as u64);
        let read = input.by_ref().take(room).read_until(b'\n', &mut bytes);
        match read {
            // Somebody who shares the input has made it so; more comes in a while.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                ready::is_ready(io::stdin().as_fd(), READ, BUSY_TIME);
            }
            Ok(0) | Err(_) if bytes.is_empty() => return None,
            _ => break,
        }
    }
    Some(String::from_utf8_lossy(bytes.strip_suffix(b"\n").unwrap_or(&bytes)).into_owned())
}

/// Writes to stdout at once. Whoever stops reading has seen enough: that is a good end.
fn print(text: &str, exit: &Exit) {
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match nix::unistd::write(io::stdout(), rest) {
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(Errno::EINTR) => {}
            Err(Errno::EAGAIN) => drop(ready::is_ready(io::stdout().as_fd(), WRITE, BUSY_TIME)),
            Err(Errno::EPIPE) => exit.end(Way::NobodyReads, ""),
            Err(_) => exit.end(Way::CannotWrite, ""),
        }
    }
}
