//! The terminal's modes: remembered at the start, put back on every way out.

use std::io;
use std::sync::OnceLock;
use std::thread;

use nix::libc::termios;
use nix::sys::termios::{LocalFlags, SetArg, Termios, tcgetattr, tcsetattr};
use nix::unistd::{getpgrp, tcgetpgrp, write};
use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;

/// How the terminal was found. Set once, before anything changes it.
static FOUND: OnceLock<termios> = OnceLock::new();

/// Ends what an interrupted editor may have left on: synchronised output, bracketed paste, colours.
const CALM: &str = "\x1b[?2026l\x1b[?2004l\x1b[0m";

/// Remembers the terminal's modes and sees to it that a panic puts them back. Turns off the
/// terminal's own echo and line editing: what is typed before the editor is ready for it waits
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
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        restore("\r\n");
        usual(panic);
        // Whichever thread it was, the other must not go on alone.
        std::process::exit(101);
    }));
}

/// Puts the terminal back as it was found and writes `last_words`. May be called from any thread,
/// any number of times; takes no lock, since another thread may hold it for ever.
pub(super) fn restore(last_words: &str) {
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
            Err(nix::errno::Errno::EINTR) => {}
            // The terminal is gone; so will this process be.
            Err(_) => return,
        }
    }
}

/// Does something while the terminal, if there is one, does not show what is typed.
pub(super) fn without_echo<T>(act: impl FnOnce() -> T) -> T {
    let found = tcgetattr(io::stdin()).ok();
    if let Some(found) = &found {
        let mut hidden = found.clone();
        hidden.local_flags &= !LocalFlags::ECHO;
        // If that is refused there is nothing better to do than to go on.
        let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &hidden);
    }
    let done = act();
    if let Some(found) = found {
        let _ = tcsetattr(io::stdin(), SetArg::TCSANOW, &found);
    }
    done
}

/// Calls `leave` in a thread of its own when somebody wants this process to end.
///
/// # Errors
/// When signals cannot be watched.
pub(super) fn on_end_signal(leave: impl FnOnce(i32) + Send + 'static) -> io::Result<()> {
    // Ctrl-C is a key to the editor; a SIGINT that somebody sends means the same as SIGTERM.
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT, SIGQUIT])?;
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        if let Some(signal) = signals.forever().next() {
            leave(signal);
        }
    })?;
    Ok(())
}
