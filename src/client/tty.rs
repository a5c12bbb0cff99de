//! The terminal's modes: remembered at the start, put back on every way out.

use std::io;
use std::os::fd::AsFd;
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use nix::errno::Errno;
use nix::libc::termios;
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, tcgetpgrp, write};

use super::ready::{self, WRITE};

/// How the terminal was found. Set once, before anything changes it.
static FOUND: OnceLock<termios> = OnceLock::new();

/// How it was found by a front end that has only turned its echo off for a moment.
static HIDDEN: Mutex<Option<termios>> = Mutex::new(None);

/// How long a terminal that takes nothing now is waited for at a time.
const BUSY_TIME: Duration = Duration::from_secs(1);

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

/// Writes to the terminal past all buffers; used where another thread may be writing too.
pub(super) fn put(text: &str) {
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

/// Does something while the terminal, if there is one, does not show what is typed. For a front
/// end that leaves the terminal alone otherwise.
pub(super) fn without_echo<T>(act: impl FnOnce() -> T) -> T {
    let found = tcgetattr(io::stdin()).ok();
    if let Some(found) = &found {
        let mut hidden = found.clone();
        hidden.local_flags &= !LocalFlags::ECHO;
        // Without it, a signal would leave a terminal that does not show what is typed.
        *HIDDEN.lock().unwrap_or_else(PoisonError::into_inner) = Some(found.clone().into());
        // If that is refused there is nothing better to do than to go on.
        let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &hidden);
    }
    let done = act();
    if let Some(found) = found {
        let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &found);
        *HIDDEN.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }
    done
}
