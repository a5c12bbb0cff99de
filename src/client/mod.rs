//! chatc, the terminal client: a pure [`model`], and two front ends that feed it.
//!
//! - [`model`] decides: lines from the server and from the keyboard in, actions out.
//! - [`view`] says how things look: styled lines, tables, help.
//! - `terminal` is the front end with a line editor, `plain` the one for pipes, screen readers and
//!   dumb terminals. The main thread reads the input; the other one is `network`'s: it reads the
//!   socket, and connects again, as the model says.
//! - `handshake` gets one in, `network` goes on from there; `driver` drives the socket for both. `socket` is the connection to the server, `outbox` what waits to be
//!   sent over it, `connection` the lines that come;
//!   `dial`, `resolve` and `routes` find the way to the server, and find it again.
//! - `search` finds servers on the network, `choose` says which is meant when none was named.
//! - `exit` is the one way out. `address`, `clock`, `login`, `ready` and `tty` are edges to the system.

mod address;
mod choose;
mod clock;
mod connection;

mod dial;
mod draft;
mod driver;
mod exit;
mod fault;
mod hands;
mod handshake;
mod history;
mod intake;
mod keys;
mod login;
pub mod model;
mod network;
mod outbox;
mod plain;
mod prompt;
mod ready;
mod resolve;
mod screen;
mod search;
mod socket;
mod terminal;
mod tty;
pub mod view;

pub use address::Address;
pub use choose::{find_server, server_rows};
pub use search::{Server, search};

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;

use crate::wire::text_lines;
use exit::Exit;
use model::{EXIT_FAILED, Model, Setup, Wish};
use outbox::Outbox;
use view::{Charset, Colours, Painter};

/// When to use colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Colour {
    /// On a terminal, unless NO_COLOR is set.
    #[default]
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl FromStr for Colour {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "auto" => Ok(Self::Auto),
            "always" => Ok(Self::Always),
            "never" => Ok(Self::Never),
            _ => Err("say auto, always or never".to_owned()),
        }
    }
}

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub struct Config {
    /// Where the server is.
    pub address: Address,
    /// The name to enter under, if one was given.
    pub name: Option<String>,
    /// Enter as a guest.
    pub guest: bool,
    /// Lines only: no line editor, no cursor movement, no colour.
    pub plain: bool,
    /// When to use colours.
    pub colour: Colour,
    /// Never ring.
    pub no_bell: bool,
    /// Do not tell of acknowledgements, comings and goings.
    pub quiet: bool,
    /// Never connect again.
    pub no_reconnect: bool,
    /// Connect again though there is no terminal.
    pub reconnect: bool,
    /// Silence after which the connection is given up.
    pub dead_after: Duration,
    /// The file whose first line is the server's password.
    pub password_file: Option<PathBuf>,
    /// Where typed lines are kept from one time to the next.
    pub history: Option<PathBuf>,
}

/// Terminals that cannot do what the line editor asks of them.
const DUMB_TERMINALS: [&str; 3] = ["dumb", "cons25", "emacs"];

/// Runs chatc and returns its exit code.
pub fn run(config: &Config) -> u8 {
    let has_terminal = io::stdin().is_terminal() && io::stdout().is_terminal();
    let term = std::env::var("TERM").unwrap_or_default();
    let is_dumb = DUMB_TERMINALS.iter().any(|dumb| dumb.eq_ignore_ascii_case(&term));
    let plain = config.plain || is_dumb || !has_terminal;
    let scripted = !io::stdin().is_terminal();
    let password = match config.password_file.as_deref().map(read_password).transpose() {
        Ok(password) => password,
        Err(error) => {
            // If nobody reads it, the exit code has to do.
            let _ = writeln!(io::stderr(), "chatc: {error}");
            return EXIT_FAILED;
        }
    };
    let model = Model::new(Setup { password, ..setup(config, plain, scripted) });
    let painter = painter(config, &term, is_dumb);
    let started = Outbox::new().map(Arc::new).and_then(|outbox| Ok((Arc::clone(&outbox), Exit::watch(outbox)?)));
    let (outbox, exit) = match started {
        Ok(started) => started,
        Err(error) => {
            let _ = writeln!(io::stderr(), "chatc: cannot start: {error}");
            return EXIT_FAILED;
        }
    };
    let run = if plain { plain::run } else { terminal::run };
    let way = run(config, model, painter, &outbox, &exit);
    exit.end(way, "")
}

fn setup(config: &Config, plain: bool, scripted: bool) -> Setup {
    let login = login::name();
    let wish = match (&config.name, config.guest, login) {
        (Some(name), _, _) => Wish::Name(name.clone()),
        (None, true, _) => Wish::Guest,
        (None, false, Some(name)) if scripted => Wish::Name(name.to_string()),
        (None, false, None) if scripted => Wish::Guest,
        (None, false, _) => Wish::Ask,
    };
    let bell = !config.no_bell && io::stdout().is_terminal();
    Setup {
        server: config.address.to_string(),
        wish,
        plain,
        scripted,
        bell,
        quiet: config.quiet,
        reconnect: (config.reconnect || !scripted) && !config.no_reconnect,
        dead_after: config.dead_after,
        password: None,
        // Without chance all the same: the number of the process differs from others' too.
        seed: getrandom::u64().unwrap_or_else(|_| u64::from(std::process::id())),
    }
}

/// The first line of a file.
fn read_password(path: &Path) -> Result<String, String> {
    let shown = path.display();
    let bytes = std::fs::read(path).map_err(|error| format!("cannot read {shown}: {error}"))?;
    let text = String::from_utf8(bytes)
        .map_err(|_| format!("cannot read {shown}: it is no text in UTF-8; save it as that"))?;
    let line = text_lines(&text).next().unwrap_or_default();
    if line.is_empty() {
        Err(format!("{shown} is empty; its first line should be the password"))
    } else {
        Ok(line.to_owned())
    }
}

/// A painter for stdout. What goes into a pipe is UTF-8 in whatever locale.
fn painter(config: &Config, term: &str, is_dumb: bool) -> Painter {
    let colorterm = std::env::var("COLORTERM").unwrap_or_default();
    let colours = if wants_colour(config, is_dumb) { Colours::of_terminal(term, &colorterm) } else { Colours::None };
    let charset = if io::stdout().is_terminal() { tty::charset() } else { Charset::Utf8 };
    Painter::new(colours, charset, TimeZone::system())
}

fn wants_colour(config: &Config, is_dumb: bool) -> bool {
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    match config.colour {
        _ if config.plain => false,
        Colour::Always => true,
        Colour::Never => false,
        Colour::Auto => io::stdout().is_terminal() && !is_dumb && !no_color,
    }
}
