//! The front end with a line editor. The main thread is in the editor most of the time; another
//! one reads the socket and prints above the line that is being typed.

use std::borrow::Cow;
use std::cell::RefCell;
use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use nix::errno::Errno;
use rustyline::completion::Completer;
use rustyline::config::BellStyle;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{ColorMode, CompletionType, Context, Editor, ExternalPrinter, Helper};
use unicode_width::UnicodeWidthStr;

use super::exit::{Exit, Way};
use super::handshake::{self, Person};
use super::model::{Action, EXIT_FAILED, EXIT_OK, Model, Prompt, left_too_early};
use super::network::{self, Front, Plan};
use super::outbox::Outbox;
use super::ready::{self, READ, WRITE};
use super::screen::Screen;
use super::view::{Line, PROMPT_WIDTH, Painter};
use super::{Config, keys, login, prompt, tty};

/// How long the server may take to get on with its goodbye.
const GOODBYE_TIME: Duration = Duration::from_secs(3);

/// How long a terminal that gives nothing now is waited for at a time.
const BUSY_TIME: Duration = Duration::from_secs(60);

/// Typed lines that are remembered.
const HISTORY_LINES: usize = 1_000;

pub(super) type Input = Editor<Hands, FileHistory>;

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
    let mut person = AtTheKeyboard { painter: &painter, input: &mut input, asked: false, exit };
    let entered = match handshake::enter(&config.address, outbox, &mut model, &mut person) {
        Ok(entered) => entered,
        Err(code) => return Ok(Way::Over(code)),
    };
    let screen = Arc::new(Screen::new(model, painter, outbox, exit));
    input.set_helper(Some(Hands::Inside(Arc::clone(&screen))));
    keys::bind(&mut input, &screen);
    network::start(entered, outbox, AboveTheLine { screen: Arc::clone(&screen), printer })?;
    type_lines(&mut input, &screen, config.history.as_deref())?;
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
fn recover(error: ReadlineError, mut show: impl FnMut(Line)) -> Result<(), ReadlineError> {
    match Fault::of(&error) {
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
        .max_history_size(HISTORY_LINES)?
        .build();
    Editor::with_config(config)
}

fn type_lines(input: &mut Input, screen: &Screen, history: Option<&Path>) -> Result<(), ReadlineError> {
    if let Some(path) = history {
        // There is none the first time.
        let _ = input.load_history(path);
    }
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
        let last = screen.end_editing();
        match typed {
            Ok(line) => {
                screen.do_typed(&line);
                remember(input, &line, history, screen)?;
            }
            Err(ReadlineError::Interrupted) => screen.do_with(Model::handle_interrupt),
            Err(ReadlineError::Eof) => screen.do_with(Model::handle_end_of_input),
            Err(error) => {
                draft = last;
                recover(error, |line| screen.do_with(|_| vec![Action::Show(line)]))?;
            }
        }
    }
}

fn remember(input: &mut Input, line: &str, history: Option<&Path>, screen: &Screen) -> Result<(), ReadlineError> {
    let is_new = !line.trim().is_empty() && input.add_history_entry(line)?;
    if let Some(path) = history.filter(|_| is_new)
        && let Err(error) = input.append_history(path)
    {
        let shown = Line::error(format!("the history file {} cannot be written: {error}", path.display()));
        screen.do_with(|_| vec![Action::Show(shown)]);
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
        let offer = model.offered_name().map(str::to_owned).or(login).unwrap_or_default();
        if !self.asked {
            let taking = if offer.is_empty() { "" } else { "Enter takes this one, Ctrl-U clears it; " };
            self.show(&Line::aside(format!("your name? {taking}an empty one: a guest")));
        }
        self.asked = true;
        self.ask(model, Hands::AtTheDoor, &offer)
    }

    fn ask_password(&mut self, model: &mut Model) -> Option<String> {
        self.ask(model, Hands::Hidden, "")
    }
}

impl AtTheKeyboard<'_> {
    /// Asks until there is an answer, or the input ends.
    fn ask(&mut self, model: &mut Model, hands: fn(Painter, Typing) -> Hands, offer: &str) -> Option<String> {
        let typing = Typing::default();
        typing.replace((offer.to_owned(), offer.len()));
        self.input.set_helper(Some(hands(self.painter.clone(), Rc::clone(&typing))));
        loop {
            let (text, cursor) = typing.take();
            let initial = text.split_at_checked(cursor).unwrap_or((&text, ""));
            match self.input.readline_with_initial(&blank_prompt(), initial) {
                Ok(answer) => return Some(answer),
                Err(ReadlineError::Eof) => return None,
                Err(ReadlineError::Interrupted) => {
                    typing.replace((offer.to_owned(), offer.len()));
                    for action in model.handle_interrupt() {
                        if let Action::Show(line) = action {
                            self.show(&line);
                        }
                    }
                }
                Err(error) => {
                    let fault = recover(error, |line| put(self.painter, &line));
                    if let Err(error) = fault {
                        self.exit.end(Fault::of(&error).way(), "\r\n");
                    }
                }
            }
        }
    }
}

/// What is being typed before one has entered, and where the cursor stands in it.
type Typing = Rc<RefCell<(String, usize)>>;

/// What the editor calls back.
pub(super) enum Hands {
    /// Before one has entered.
    AtTheDoor(Painter, Typing),
    /// While a password is typed.
    Hidden(Painter, Typing),
    /// Afterwards.
    Inside(Arc<Screen>),
}

impl Helper for Hands {}

impl Hinter for Hands {
    type Hint = String;
}

impl Highlighter for Hands {
    fn highlight<'l>(&self, line: &'l str, cursor: usize) -> Cow<'l, str> {
        self.note_draft(line, cursor);
        match self {
            // As wide as what is typed, and empty.
            Self::Hidden(..) => Cow::Owned(" ".repeat(line.width())),
            Self::AtTheDoor(..) | Self::Inside(_) => Cow::Borrowed(line),
        }
    }

    /// `is_usual` is false for a prompt of the editor's own, as in a search.
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, is_usual: bool) -> Cow<'b, str> {
        match self {
            Self::Hidden(painter, _) => Cow::Owned(prompt::paint(&Prompt::Password, &[], painter)),
            Self::AtTheDoor(painter, _) => Cow::Owned(prompt::paint(&Prompt::Name, &[], painter)),
            Self::Inside(screen) if is_usual => Cow::Owned(screen.paint_prompt()),
            Self::Inside(_) => Cow::Borrowed(prompt),
        }
    }

    fn highlight_char(&self, line: &str, cursor: usize, _: CmdKind) -> bool {
        // Only a line that is painted as a whole is painted as `highlight` says.
        self.note_draft(line, cursor) || matches!(self, Self::Hidden(..))
    }
}

impl Hands {
    /// Says whether the prompt has to be painted anew.
    fn note_draft(&self, draft: &str, cursor: usize) -> bool {
        match self {
            Self::AtTheDoor(_, typing) | Self::Hidden(_, typing) => {
                typing.replace((draft.to_owned(), cursor));
                false
            }
            Self::Inside(screen) => screen.note_draft(draft, cursor),
        }
    }
}

impl Validator for Hands {
    /// Called when Enter is pressed: every line is a good line.
    fn validate(&self, _: &mut ValidationContext<'_>) -> Result<ValidationResult, ReadlineError> {
        if let Self::Inside(screen) = self {
            screen.accept();
        }
        Ok(ValidationResult::Valid(None))
    }
}

impl Completer for Hands {
    type Candidate = String;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> Result<(usize, Vec<String>), ReadlineError> {
        let typed = line.get(..at).unwrap_or(line);
        match self {
            Self::AtTheDoor(..) | Self::Hidden(..) => Ok((at, Vec::new())),
            Self::Inside(screen) => Ok(screen.lock().model.complete(typed)),
        }
    }
}
