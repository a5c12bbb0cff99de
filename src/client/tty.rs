//! The terminal's modes: remembered at the start, put back on every way out.

use std::io;
use std::os::fd::AsFd;
use std::sync::{LazyLock, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc::termios;
use nix::sys::termios::{FlushArg, LocalFlags, SetArg, Termios, tcflush, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, tcgetpgrp, write};
use rustix::termios::tcgetwinsize;

use super::ready::{self, READ, WRITE};
use super::view::Charset;

/// How the terminal was found. Set once, before anything changes it.
static FOUND: OnceLock<termios> = OnceLock::new();

/// How it was found by a front end that has only turned its echo off for a while.
static HIDDEN: Mutex<Option<termios>> = Mutex::new(None);

/// How long a terminal that takes nothing now is waited for at a time.
const BUSY_TIME: Duration = Duration::from_secs(1);

/// How long nothing comes when what was thrown away is over.
const QUIET_TIME: Duration = Duration::from_millis(100);

/// How often at most something is thrown away: each time what fits the terminal's buffer, 4095 bytes.
const MOST_DISCARDED: usize = 1_000;

/// What a program that crashed may have left on: reports of the mouse and of the window's focus, a
/// set of characters for drawing; and off: the breaking of lines at the edge, the cursor.
const FRESH: &str = "\x1b[?9l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1004l\x1b[?1005l\x1b[?1006l\x1b[?1015l\x1b[?1016l\
    \x0f\x1b(B\x1b[?7h\x1b[?25h\x1b[0m";

/// Ends what an interrupted editor may have left on: synchronised output, bracketed paste, colours.
const CALM: &str = "\x1b[?2026l\x1b[?2004l\x1b[0m";

/// Remembers the terminal's modes. Turns off the terminal's own echo and line editing: what is typed before the editor is ready for it waits
/// unseen, instead of standing in the way of what is shown.
pub(super) fn take_over() {
    if let Ok(found) = tcgetattr(io::stdin()) {
        let mut quiet = found.clone();
        quiet.local_flags &= !(LocalFlags::ECHO | LocalFlags::ICANON);
        quiet.local_flags |= LocalFlags::NOFLSH;
        // The first to come is right; there is only one terminal.
        let _ = FOUND.set(found.into());
        // If that is refused, the editor still works.
        let _ = tcsetattr(io::stdin(), SetArg::TCSADRAIN, &quiet);
    }
    put(FRESH);
}

/// Puts the terminal back as it was found and writes `last_words`. May be called from any thread,
/// any number of times; takes no lock, since another thread may hold it for ever.
pub(super) fn restore(last_words: &str) {
    if let Some(found) = HIDDEN.try_lock().ok().and_then(|mut hidden| hidden.take()) {
        let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &Termios::from(found));
    }
    // From the background, touching the terminal would only stop this process (tcsetattr(3));
    // the shell has taken it back already.
    let in_foreground = tcgetpgrp(io::stdin()).is_ok_and(|group| group == getpgrp());
    let Some(found) = FOUND.get().filter(|_| in_foreground) else { return };
    // There is nobody left to tell of a failure.
    let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &Termios::from(*found));
    put(&format!("{CALM}{last_words}"));
}

/// Columns and rows of the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Size {
    pub(super) columns: usize,
    pub(super) rows: usize,
}

impl Default for Size {
    fn default() -> Self {
        Self { columns: 80, rows: 24 }
    }
}

/// How large the terminal is now; what most are if it does not say.
pub(super) fn size() -> Size {
    let usual = Size::default();
    let told = |cells: u16, usual| if cells == 0 { usual } else { usize::from(cells) };
    tcgetwinsize(rustix::stdio::stdout())
        .map_or(usual, |size| Size { columns: told(size.ws_col, usual.columns), rows: told(size.ws_row, usual.rows) })
}

/// What the terminal can show.
pub(super) fn charset() -> Charset {
    static CHARSET: LazyLock<Charset> =
        LazyLock::new(|| Charset::of_locale(["LC_ALL", "LC_CTYPE", "LANG"].map(|name| std::env::var(name).ok())));
    *CHARSET
}

/// Whether the terminal breaks long rows anew when it gets narrower, as far as is known. If it does
/// not and is believed to, lines are lost; the other way round some of the draft stands there twice.
pub(super) fn reflows() -> bool {
    let named = |name: &str| std::env::var(name).unwrap_or_default();
    let term = named("TERM");
    // mosh sets it, and does not reflow whatever its terminal does.
    let is_mosh = named("NCURSES_NO_UTF8_ACS") == "1";
    // tmux may call itself screen, which keeps its rows, and is told from it by this.
    let is_tmux = term.starts_with("screen") && !named("TMUX").is_empty() && named("STY").is_empty();
    let is_known = is_tmux || REFLOWING.iter().any(|start| term.starts_with(start));
    let is_told = ["VTE_VERSION", "KONSOLE_VERSION", "WT_SESSION"].iter().any(|name| !named(name).is_empty());
    !is_mosh && (is_known || term.starts_with("xterm") && is_told)
}

/// What the names of terminals start with that reflow.
const REFLOWING: [&str; 6] = ["alacritty", "foot", "tmux", "wezterm", "xterm-ghostty", "xterm-kitty"];

/// Writes to the terminal past all buffers; used where another thread may be writing too.
pub(super) fn put(text: &str) {
    let text = charset().carry(text);
    let mut rest = text.as_bytes();
    while !rest.is_empty() {
        match write(io::stdout(), rest) {
            Ok(written) => rest = rest.get(written..).unwrap_or_default(),
            Err(Errno::EINTR) => {}
            // Somebody who shares the terminal has made it so; it takes more in a while.
            Err(Errno::EAGAIN) => drop(ready::is_ready(io::stdout().as_fd(), WRITE, BUSY_TIME)),
            // The terminal is gone; so will this process be.
            Err(_) => return,
        }
    }
}

/// Throws away what is typed until nothing comes for a moment.
pub(super) fn discard_typed() {
    for _ in 0..MOST_DISCARDED {
        if !ready::is_ready(io::stdin().as_fd(), READ, QUIET_TIME) {
            return;
        }
        // If that is refused, the next time it is no better.
        let _ = tcflush(io::stdin(), FlushArg::TCIFLUSH);
    }
}

/// Has the terminal, if there is one, not show what is typed. For a front end that leaves the
/// terminal alone otherwise.
pub(super) fn hide_typing() {
    let mut hidden_from = HIDDEN.lock().unwrap_or_else(PoisonError::into_inner);
    let Ok(found) = tcgetattr(io::stdin()) else { return };
    let mut hidden = found.clone();
    hidden.local_flags &= !LocalFlags::ECHO;
    // Without it, a signal would leave a terminal that does not show what is typed.
    hidden_from.get_or_insert_with(|| found.into());
    // If that is refused there is nothing better to do than to go on.
    let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &hidden);
}

/// Has the terminal show again what is typed, as it did when it was found.
pub(super) fn show_typing() {
    if let Some(found) = HIDDEN.lock().unwrap_or_else(PoisonError::into_inner).take() {
        let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &Termios::from(found));
    }
}
