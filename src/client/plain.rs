//! The front end without a line editor: lines in, lines out. For pipes, scripts, screen readers
//! and dumb terminals. The main thread reads the input, another one the socket.
//!
//! A script is taken line by line: the next is read when the server has answered the last, so
//! that `join #x` and the texts behind it do what they say.

use std::io::{self, BufRead, Read, Write};
use std::net::TcpStream;
use std::process;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::handshake::{self, Person};
use super::model::{Action, EXIT_FAILED, EXIT_OK, Model, Order, left_too_early};
use super::network::{self, Front};
use super::view::{Line, Painter};
use super::{Config, connection, tty};
use crate::chat::Millis;
use crate::limits::Limits;

/// How long a script waits for an answer before it goes on, and for the server to get on with its
/// goodbye.
const ANSWER_TIME: Duration = Duration::from_secs(15);

// Else a script that announces much would run ahead of a server that only takes its time.
const _: () = assert!(ANSWER_TIME.as_millis() > Limits::DEFAULT.announcements.interval.as_millis());

/// Longest line of input, in bytes; what is longer is taken as several.
const INPUT_LINE_BYTES: u64 = 1024 * 1024;

struct State {
    model: Model,
    stream: Option<TcpStream>,
    painter: Painter,
}

struct Shared {
    state: Mutex<State>,
    /// The model has heard from the server.
    heard: Condvar,
}

/// Runs until the input or the connection ends.
pub(super) fn run(config: &Config, mut model: Model, painter: Painter, scripted: bool) -> u8 {
    let mut input = io::stdin().lock();
    let mut person = AtThePipe { painter: &painter, input: &mut input };
    let entered = match handshake::enter(&config.address, &mut model, &mut person) {
        Ok(entered) => entered,
        Err(code) => return code,
    };
    let stream = entered.stream.try_clone().ok();
    let state = Mutex::new(State { model, stream, painter });
    let shared = Arc::new(Shared { state, heard: Condvar::new() });
    if let Err(error) = network::start(&config.address, entered, Arc::clone(&shared)) {
        print(&format!("cannot start a thread: {error}\n"));
        return EXIT_FAILED;
    }
    loop {
        if scripted {
            shared.wait_until(|model| model.is_settled() || model.is_leaving());
            shared.wait_until_online();
        }
        match read_line(&mut input) {
            Some(line) => shared.do_with(|model| model.handle_typed(&line, &model.prompt())),
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
    EXIT_FAILED
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // A panic ends the process, so nobody sees what it left behind.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn do_with(&self, input: impl FnOnce(&mut Model) -> Vec<Action>) {
        let mut state = self.lock();
        let actions = input(&mut state.model);
        state.perform(actions);
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
    fn plan(&self) -> (Order, Option<Millis>) {
        let state = self.lock();
        (state.model.order(), state.model.deadline())
    }

    fn feed(&mut self, input: impl FnOnce(&mut Model) -> Vec<Action>) {
        self.do_with(input);
        self.heard.notify_all();
    }

    fn send_over(&mut self, stream: Option<TcpStream>) {
        self.lock().stream = stream;
    }

    fn wait(&mut self, time: Duration) {
        // Whatever came of it, the model is asked what to do.
        drop(self.heard.wait_timeout(self.lock(), time));
    }

    /// The main thread may be waiting for input that never comes, so the process ends here.
    fn hang_up(&mut self) {
        process::exit(i32::from(self.lock().model.exit_code().unwrap_or(EXIT_FAILED)));
    }
}

impl State {
    fn perform(&mut self, actions: Vec<Action>) {
        let mut text = String::new();
        for action in actions {
            match action {
                Action::Send(line) => self.send(&line),
                Action::Show(line) | Action::Acknowledge(line) => {
                    text.push_str(&self.painter.paint(&line));
                    text.push('\n');
                }
                Action::Bell => text.push('\x07'),
                // Nothing is moved or cleared here; and leaving follows from the model's state.
                Action::Clear | Action::Leave(_) | Action::Connect => {}
            }
        }
        print(&text);
    }

    fn send(&self, line: &str) {
        let Some(stream) = &self.stream else { return };
        if connection::send(stream, line).is_err() {
            // Half a line may have gone out; the network's thread sees the end.
            let _ = stream.shutdown(std::net::Shutdown::Both);
        }
    }
}

struct AtThePipe<'a> {
    painter: &'a Painter,
    input: &'a mut io::StdinLock<'static>,
}

impl Person for AtThePipe<'_> {
    /// Why one was not let in is for whoever runs the script, not for whoever reads the chat.
    fn show(&mut self, line: &Line) {
        let text = format!("{}\n", self.painter.paint(line));
        if line.is_error() {
            // Without a place for errors the exit code has to do.
            let _ = io::stderr().write_all(text.as_bytes());
        } else {
            print(&text);
        }
    }

    /// Only where somebody is there to be asked: a script has been turned away before.
    fn ask_password(&mut self, _: &mut Model) -> Option<String> {
        tty::without_echo(|| {
            self.show(&Line::notice("the password?"));
            read_line(self.input)
        })
    }

    fn ask_name(&mut self, _: &mut Model) -> Option<String> {
        self.show(&Line::notice("your name? (an empty line: enter as a guest)"));
        read_line(self.input)
    }
}

/// Reads a line without its end; `None` when there are no more.
fn read_line(input: &mut io::StdinLock<'_>) -> Option<String> {
    let mut bytes = Vec::new();
    let read = input.by_ref().take(INPUT_LINE_BYTES).read_until(b'\n', &mut bytes);
    match read {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(String::from_utf8_lossy(bytes.strip_suffix(b"\n").unwrap_or(&bytes)).into_owned()),
    }
}

/// Writes to stdout at once. Whoever stops reading has seen enough: that is a good end.
fn print(text: &str) {
    let mut stdout = io::stdout().lock();
    let written = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush());
    if let Err(error) = written {
        let is_closed = error.kind() == io::ErrorKind::BrokenPipe;
        process::exit(i32::from(if is_closed { EXIT_OK } else { EXIT_FAILED }));
    }
}
