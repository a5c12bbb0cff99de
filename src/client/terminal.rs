//! The front end with a line editor. The main thread is in the editor most of the time; another
//! one reads the socket and prints above the line that is being typed.

use std::cell::RefCell;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use rustyline::config::BellStyle;
use rustyline::error::ReadlineError;
use rustyline::history::MemHistory;
use rustyline::{ColorMode, CompletionType, Editor, ExternalPrinter};

use super::draft::{self, Draft};
use super::exit::{Exit, Way};
use super::hands::{Hands, Typed, Typing};
use super::handshake::{self, Person};
use super::history::HistoryFile;
use super::keys::Gate;
use super::model::{Action, EXIT_FAILED, EXIT_OK, Model, left_too_early};
use super::network::{self, Front, Plan};
use super::outbox::Outbox;
use super::ready::{self, READ, WRITE};
use super::screen::Screen;
use super::view::{Line, PROMPT_WIDTH, Painter};
use super::{Config, keys, login, tty};
use crate::limits::HISTORY_LINES;

/// How long the server may take to get on with its goodbye.
const GOODBYE_TIME: Duration = Duration::from_secs(3);

/// How long a terminal that gives nothing now is waited for at a time.
const BUSY_TIME: Duration = Duration::from_secs(60);

/// Typed instead of a name, it asks for one that the server makes. No name starts like that.
const GUEST: &str = "-";

pub(super) type Input = Editor<Hands, MemHistory>;

/// Runs until the user leaves or the connection ends.
pub(super) fn run(config: &Config, model: Model, painter: Painter, outbox: &Arc<Outbox>, exit: &Arc<Exit>) -> Way {
    tty::take_over();
    match start(config, model, painter, outbox, exit) {
        Ok(way) => way,
        Err(error) => {
            let way = Fault::of(&error).way();
            if way == Way::Unusable {
                tty::restore("");
                tty::put(&format!("chatc cannot use this terminal: {error}; try chatc --plain\n"));
            }
            way
        }
    }
}

fn start(
    config: &Config,
    mut model: Model,
    painter: Painter,
    outbox: &Arc<Outbox>,
    exit: &Arc<Exit>,
) -> Result<Way, ReadlineError> {
    let mut input = editor()?;
    let printer = input.create_external_printer()?;
    let gate = Gate::default();
    keys::watch(&mut input, None, &gate);
    let mut person = AtTheKeyboard { painter: &painter, input: &mut input, gate: &gate, asked: false, exit };
    let driver = match handshake::enter(&config.address, outbox, &mut model, &mut person) {
        Ok(driver) => driver,
        Err(code) => return Ok(Way::Over(code)),
    };
    let screen = Arc::new(Screen::new(model, painter.clone(), outbox, exit));
    let typing = Rc::new(RefCell::new(Draft::new(painter.charset())));
    input.set_helper(Some(Hands::new(Typed::Line(Arc::clone(&screen)), painter, &typing)));
    keys::bind(&mut input, &screen, &gate);
    network::start(driver, AboveTheLine { screen: Arc::clone(&screen), printer })?;
    type_lines(&mut input, &screen, &typing, &gate, config.history.as_deref())?;
    drop(input);
    // From here on Ctrl-C ends it, in case the server takes its time.
    tty::restore("");
    screen.wait_for_hang_up(GOODBYE_TIME);
    Ok(Way::Over(farewell(&screen)))
}

/// What an error of the editor means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Something was typed that is no character here.
    NotText,
    /// Nothing that matters: one asks again.
    Passing,
    /// There is no terminal any more.
    Gone,
    /// This terminal will not do.
    Unusable,
}

impl Fault {
    fn of(error: &ReadlineError) -> Self {
        let error = match error {
            ReadlineError::Io(error) if error.kind() == io::ErrorKind::InvalidData => return Self::NotText,
            ReadlineError::Signal(_) => return Self::Passing,
            ReadlineError::Io(error) => error.raw_os_error().map(Errno::from_raw),
            ReadlineError::Errno(error) => Some(*error),
            _ => None,
        };
        match error {
            Some(Errno::EINTR | Errno::EAGAIN) => Self::Passing,
            // What a terminal says whose other side was closed (tty_ioctl(4), read(2)).
            Some(Errno::EIO | Errno::ENXIO | Errno::EBADF | Errno::ENODEV | Errno::ENOTTY | Errno::EPIPE) => Self::Gone,
            _ => Self::Unusable,
        }
    }

    fn way(self) -> Way {
        if self == Self::Gone { Way::TerminalGone } else { Way::Unusable }
    }
}

/// Goes on after an error that is not the end.
///
/// # Errors
/// When it is.
fn recover(error: ReadlineError, gate: &Gate, mut show: impl FnMut(Line)) -> Result<(), ReadlineError> {
    match Fault::of(&error) {
        // The editor has lost some of it, perhaps the end; what is left must not be taken for keys.
        Fault::NotText if gate.lock().unwrap_or_else(PoisonError::into_inner).drop_paste() => {
            tty::discard_typed();
            show(Line::error("nothing was pasted: there are bytes in it that are not UTF-8"));
        }
        Fault::NotText => show(Line::aside("that key sent bytes that are not UTF-8: they are left out")),
        // Somebody who shares the terminal may have made it so that it does not wait.
        Fault::Passing => {
            ready::is_ready(io::stdout().as_fd(), WRITE, BUSY_TIME);
            ready::is_ready(io::stdin().as_fd(), READ, BUSY_TIME);
        }
        Fault::Gone | Fault::Unusable => return Err(error),
    }
    Ok(())
}

fn editor() -> Result<Input, ReadlineError> {
    let config = rustyline::Config::builder()
        .auto_add_history(false)
        .bell_style(BellStyle::None)
        .color_mode(ColorMode::Forced)
        .completion_type(CompletionType::List)
        .grapheme_cluster_mode(draft::WIDTHS)
        .max_history_size(HISTORY_LINES)?
        .build();
    let history = MemHistory::with_config(&config);
    Editor::with_history(config, history)
}

fn type_lines(
    input: &mut Input,
    screen: &Screen,
    typing: &Typing,
    gate: &Gate,
    history: Option<&Path>,
) -> Result<(), ReadlineError> {
    let mut memory = match history {
        Some(path) => Memory::recall(path, input, screen)?,
        None => None,
    };
    let mut draft = (String::new(), 0);
    loop {
        if let Some(returned) = screen.start_editing() {
            draft = (returned.clone(), returned.len());
        }
        if screen.lock().model.is_leaving() {
            return Ok(());
        }
        let (text, cursor) = std::mem::take(&mut draft);
        let typed = input.readline_with_initial(&blank_prompt(), text.split_at_checked(cursor).unwrap_or((&text, "")));
        screen.end_editing();
        let extent = typing.borrow().extent();
        let last = typing.borrow_mut().take();
        match typed {
            Ok(line) => {
                screen.do_typed(&line, extent);
                remember(input, &line, &mut memory, screen)?;
            }
            Err(ReadlineError::Interrupted) => {
                if !last.0.is_empty() {
                    screen.erase(extent.rows);
                }
                screen.do_with(Model::handle_interrupt);
            }
            Err(ReadlineError::Eof) => screen.do_with(Model::handle_end_of_input),
            Err(error) => {
                screen.erase(extent.to_cursor);
                draft = last;
                recover(error, gate, |line| screen.do_with(|_| vec![Action::Show(line)]))?;
            }
        }
    }
}

/// The lines of the times before, and of this one.
struct Memory<'a> {
    path: &'a Path,
    file: HistoryFile,
}

impl<'a> Memory<'a> {
    /// None if the file will not do, which is said once.
    fn recall(path: &'a Path, input: &mut Input, screen: &Screen) -> Result<Option<Self>, ReadlineError> {
        let memory = Self { path, file: HistoryFile::new(path) };
        match memory.file.load() {
            Ok(entries) => {
                for entry in entries {
                    input.add_history_entry(entry)?;
                }
                Ok(Some(memory))
            }
            Err(error) => {
                memory.give_up("read", &error, screen);
                Ok(None)
            }
        }
    }

    fn give_up(&self, what: &str, error: &io::Error, screen: &Screen) {
        let path = self.path.display();
        let line = Line::error(format!("the history file {path} cannot be {what}: {error}; no line is kept"));
        screen.do_with(|_| vec![Action::Show(line)]);
    }
}

fn remember(
    input: &mut Input,
    line: &str,
    memory: &mut Option<Memory<'_>>,
    screen: &Screen,
) -> Result<(), ReadlineError> {
    let is_new = !line.trim().is_empty() && input.add_history_entry(line)?;
    if let Some(kept) = memory.as_ref().filter(|_| is_new)
        && let Err(error) = kept.file.append(line)
    {
        kept.give_up("written", &error, screen);
        *memory = None;
    }
    Ok(())
}

fn farewell(screen: &Screen) -> u8 {
    screen.flush();
    let (unacknowledged, code) = {
        let state = screen.lock();
        (state.model.unacknowledged(), state.model.exit_code())
    };
    match (unacknowledged, code) {
        (_, Some(code)) => code,
        (0, None) => EXIT_OK,
        (count, None) => {
            screen.do_with(|_| vec![Action::Show(left_too_early(count))]);
            EXIT_FAILED
        }
    }
}

/// Shows a line while the editor does not run.
fn put(painter: &Painter, line: &Line) {
    tty::put(&format!("{}\n", painter.rows(line, Some(tty::size().columns)).text));
}

/// A prompt of the width that all have. What it says is painted at each repaint.
fn blank_prompt() -> String {
    " ".repeat(PROMPT_WIDTH)
}

/// Where the network's thread shows what happens.
struct AboveTheLine<P> {
    screen: Arc<Screen>,
    printer: P,
}

impl<P: ExternalPrinter> Front for AboveTheLine<P> {
    fn plan(&self) -> Plan {
        self.screen.plan()
    }

    fn feed(&mut self, input: impl FnOnce(&mut Model) -> Vec<Action>) {
        self.screen.feed(input, &mut self.printer);
    }

    fn hang_up(&mut self) {
        self.screen.hang_up(&mut self.printer);
    }
}

/// The person at the keyboard, until they are in.
struct AtTheKeyboard<'a> {
    painter: &'a Painter,
    input: &'a mut Input,
    gate: &'a Gate,
    asked: bool,
    exit: &'a Exit,
}

impl Person for AtTheKeyboard<'_> {
    fn show(&mut self, line: &Line) {
        put(self.painter, line);
    }

    /// Offers the login name the first time.
    fn ask_name(&mut self, model: &mut Model) -> Option<String> {
        let login = login::name().filter(|_| !self.asked).map(|name| name.to_string());
        let offer = model.offered_name().map(str::to_owned).or(login);
        if !self.asked {
            self.show(&Line::aside(match &offer {
                Some(name) => format!("your name? Enter alone takes {name}, {GUEST} a guest's"),
                None => "your name? Enter alone takes a guest's".to_owned(),
            }));
        }
        self.asked = true;
        let answer = self.ask(model, Typed::Name(offer.clone()))?;
        Some(match answer.trim() {
            "" => offer.unwrap_or_default(),
            GUEST => String::new(),
            _ => answer,
        })
    }

    fn ask_password(&mut self, model: &mut Model) -> Option<String> {
        self.ask(model, Typed::Password)
    }

    fn enter(&mut self) {}
}

impl AtTheKeyboard<'_> {
    /// Asks until there is an answer, or the input ends.
    fn ask(&mut self, model: &mut Model, what: Typed) -> Option<String> {
        let typing = Rc::new(RefCell::new(Draft::new(self.painter.charset())));
        self.input.set_helper(Some(Hands::new(what, self.painter.clone(), &typing)));
        loop {
            let (text, cursor) = typing.borrow_mut().take();
            let initial = text.split_at_checked(cursor).unwrap_or((&text, ""));
            match self.input.readline_with_initial(&blank_prompt(), initial) {
                Ok(answer) => return Some(answer),
                Err(ReadlineError::Eof) => return None,
                Err(ReadlineError::Interrupted) => {
                    typing.borrow_mut().take();
                    for action in model.handle_interrupt() {
                        if let Action::Show(line) = action {
                            self.show(&line);
                        }
                    }
                }
                Err(error) => {
                    let fault = recover(error, self.gate, |line| put(self.painter, &line));
                    if let Err(error) = fault {
                        self.exit.end(Fault::of(&error).way(), "\r\n");
                    }
                }
            }
        }
    }
}
