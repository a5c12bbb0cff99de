//! The front end with a line editor. The main thread is in the editor most of the time; another
//! one reads the socket and prints above the line that is being typed.

use std::borrow::Cow;
use std::net::TcpStream;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use rustyline::completion::Completer;
use rustyline::config::BellStyle;
use rustyline::error::ReadlineError;
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{ColorMode, CompletionType, Context, Editor, ExternalPrinter, Helper};
use unicode_width::UnicodeWidthStr;

use super::handshake::{self, Person};
use super::model::{Action, EXIT_FAILED, EXIT_OK, Model, Order, Prompt, left_too_early};
use super::network::{self, Front};
use super::screen::Screen;
use super::view::{Line, PROMPT_WIDTH, Painter};
use super::{Config, login, prompt, tty};
use crate::chat::Millis;

/// How long the server may take to get on with its goodbye.
const GOODBYE_TIME: Duration = Duration::from_secs(3);

/// Typed lines that are remembered.
const HISTORY_LINES: usize = 1_000;

type Input = Editor<Hands, FileHistory>;

/// Runs until the user leaves or the connection ends.
pub(super) fn run(config: &Config, model: Model, painter: Painter) -> u8 {
    tty::take_over();
    let ended = start(config, model, painter);
    tty::restore("");
    match ended {
        Ok(code) => code,
        Err(error) => {
            tty::put(&format!("chatc cannot use this terminal: {error}; try chatc --plain\n"));
            EXIT_FAILED
        }
    }
}

fn start(config: &Config, mut model: Model, painter: Painter) -> Result<u8, ReadlineError> {
    let inside: Arc<OnceLock<Arc<Screen>>> = Arc::default();
    let leaving = Arc::clone(&inside);
    tty::on_end_signal(move |signal| {
        tty::restore("\r\n");
        leaving.get().inspect(|screen| screen.say_goodbye());
        std::process::exit(128 + signal);
    })?;
    let mut input = editor()?;
    let printer = input.create_external_printer()?;
    input.set_helper(Some(Hands::AtTheDoor(painter.clone())));
    let mut person = AtTheKeyboard { painter: &painter, input: &mut input, asked: false };
    let entered = match handshake::enter(&config.address, &mut model, &mut person) {
        Ok(entered) => entered,
        Err(code) => return Ok(code),
    };
    let screen = Arc::new(Screen::new(model, entered.stream.try_clone()?, painter));
    let _ = inside.set(Arc::clone(&screen));
    input.set_helper(Some(Hands::Inside(Arc::clone(&screen))));
    let front = AboveTheLine { screen: Arc::clone(&screen), printer };
    network::start(&config.address, entered, front)?;
    type_lines(&mut input, &screen, config.history.as_deref())?;
    drop(input);
    // From here on Ctrl-C ends it, in case the server takes its time.
    tty::restore("");
    screen.wait_for_hang_up(GOODBYE_TIME);
    Ok(farewell(&screen))
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
    loop {
        screen.flush();
        if screen.lock().model.is_leaving() {
            return Ok(());
        }
        let typed = input.readline(&blank_prompt());
        let columns = input.dimensions().map_or(0, |(columns, _)| usize::from(columns));
        let (prompt, nothing_typed) = screen.end_editing();
        match typed {
            Ok(line) => {
                remember(input, &line, history, screen)?;
                screen.do_typed(&line, &prompt, columns);
            }
            Err(ReadlineError::Interrupted) if nothing_typed => screen.do_with(Model::handle_interrupt),
            Err(ReadlineError::Interrupted) => {}
            Err(ReadlineError::Eof) => screen.do_with(Model::handle_end_of_input),
            Err(error) => return Err(error),
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
    fn plan(&self) -> (Order, Option<Millis>) {
        let state = self.screen.lock();
        (state.model.order(), state.model.deadline())
    }

    fn feed(&mut self, input: impl FnOnce(&mut Model) -> Vec<Action>) {
        self.screen.feed(input, &mut self.printer);
    }

    fn send_over(&mut self, stream: Option<TcpStream>) {
        self.screen.send_over(stream);
    }

    fn wait(&mut self, time: Duration) {
        self.screen.wait(time);
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
}

impl Person for AtTheKeyboard<'_> {
    fn show(&mut self, line: &Line) {
        tty::put(&format!("{}\n", self.painter.paint(line)));
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
        self.ask(model, &offer)
    }

    fn ask_password(&mut self, model: &mut Model) -> Option<String> {
        self.input.set_helper(Some(Hands::Hidden(self.painter.clone())));
        let password = self.ask(model, "");
        self.input.set_helper(Some(Hands::AtTheDoor(self.painter.clone())));
        password
    }
}

impl AtTheKeyboard<'_> {
    fn ask(&mut self, model: &mut Model, offer: &str) -> Option<String> {
        loop {
            match self.input.readline_with_initial(&blank_prompt(), (offer, "")) {
                Ok(answer) => return Some(answer),
                Err(ReadlineError::Interrupted) => {
                    for action in model.handle_interrupt() {
                        if let Action::Show(line) = action {
                            self.show(&line);
                        }
                    }
                }
                Err(_) => return None,
            }
        }
    }
}

/// What the editor calls back.
enum Hands {
    /// Before one has entered.
    AtTheDoor(Painter),
    /// While a password is typed.
    Hidden(Painter),
    /// Afterwards.
    Inside(Arc<Screen>),
}

impl Helper for Hands {}

impl Hinter for Hands {
    type Hint = String;
}

impl Highlighter for Hands {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        self.note_draft(line);
        match self {
            // As wide as what is typed, and empty.
            Self::Hidden(_) => Cow::Owned(" ".repeat(line.width())),
            Self::AtTheDoor(_) | Self::Inside(_) => Cow::Borrowed(line),
        }
    }

    /// `is_usual` is false for a prompt of the editor's own, as in a search.
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, is_usual: bool) -> Cow<'b, str> {
        match self {
            Self::Hidden(painter) => Cow::Owned(prompt::paint(&Prompt::Password, &[], painter)),
            Self::AtTheDoor(painter) => Cow::Owned(prompt::paint(&Prompt::Name, &[], painter)),
            Self::Inside(screen) if is_usual => Cow::Owned(screen.paint_prompt()),
            Self::Inside(_) => Cow::Borrowed(prompt),
        }
    }

    fn highlight_char(&self, line: &str, _: usize, _: CmdKind) -> bool {
        self.note_draft(line);
        // Only a line that is painted as a whole is painted as `highlight` says.
        matches!(self, Self::Hidden(_))
    }
}

impl Hands {
    fn note_draft(&self, draft: &str) {
        if let Self::Inside(screen) = self {
            screen.note_draft(draft);
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
            Self::AtTheDoor(_) | Self::Hidden(_) => Ok((at, Vec::new())),
            Self::Inside(screen) => Ok(screen.lock().model.complete(typed)),
        }
    }
}
