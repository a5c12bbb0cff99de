//! The one place where the process ends once it may have a connection: every way out goes through
//! [`Exit::end`], which knows whether its user meant to go, and so whether the server is told.

use std::io::{self, Write};
use std::process;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use signal_hook::consts::{SIGALRM, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGXCPU};
use signal_hook::iterator::Signals;

use super::model::{EXIT_FAILED, EXIT_OK};
use super::outbox::Outbox;
use super::tty;

/// How long the goodbye may take: a network that takes it does so at once.
const GOODBYE_TIME: Duration = Duration::from_millis(500);

/// How long an ending may take in all, with a terminal that takes no more for example.
const END_TIME: Duration = Duration::from_secs(1);

/// Signals that end a process which does not say otherwise. Ctrl-C is a key to the editor; a
/// SIGINT that somebody sends means the same as SIGTERM.
const END_SIGNALS: [i32; 8] = [SIGTERM, SIGHUP, SIGINT, SIGQUIT, SIGALRM, SIGUSR1, SIGUSR2, SIGXCPU];

/// The exit code of Rust's own after a panic.
const EXIT_PANICKED: u8 = 101;

/// What one is told after a panic, below what Rust says of it.
const PANICKED: &str = "chatc: this is a fault of chatc's; start it again, and report the lines above";

/// The ways out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// The model says that all is over, and has told the server what is to be told.
    Over(u8),
    /// Somebody sent this signal.
    Signal(i32),
    /// The terminal is gone: its window was closed, its line was cut.
    TerminalGone,
    /// The terminal cannot be used.
    Unusable,
    /// Nobody reads what is shown any more: that is a good end.
    NobodyReads,
    /// What is shown cannot be written, on a full disk for example.
    CannotWrite,
    /// A fault of this program.
    Panicked,
}

impl Way {
    /// Whether the server has to be told: the user goes, and does not come back to this place. After
    /// a fault of ours, too: the secret to come back with is lost with this process.
    fn says_goodbye(self) -> bool {
        match self {
            Self::Signal(_)
            | Self::TerminalGone
            | Self::Unusable
            | Self::NobodyReads
            | Self::CannotWrite
            | Self::Panicked => true,
            Self::Over(_) => false,
        }
    }

    fn code(self) -> i32 {
        match self {
            Self::Over(code) => i32::from(code),
            // As shells have it.
            Self::Signal(signal) => 128 + signal,
            Self::TerminalGone | Self::Unusable | Self::CannotWrite => i32::from(EXIT_FAILED),
            Self::NobodyReads => i32::from(EXIT_OK),
            Self::Panicked => i32::from(EXIT_PANICKED),
        }
    }
}

/// See the file's text.
#[derive(Debug)]
pub(super) struct Exit {
    outbox: Arc<Outbox>,
    has_begun: AtomicBool,
}

impl Exit {
    /// Watches for signals and panics from now on.
    ///
    /// # Errors
    /// When signals cannot be watched.
    pub(super) fn watch(outbox: Arc<Outbox>) -> io::Result<Arc<Self>> {
        let exit = Arc::new(Self { outbox, has_begun: AtomicBool::new(false) });
        let signalled = Arc::clone(&exit);
        let mut signals = Signals::new(END_SIGNALS.iter().filter(|signal| !is_ignored(**signal)))?;
        thread::Builder::new().name("signals".to_owned()).spawn(move || {
            if let Some(signal) = signals.forever().next() {
                signalled.end(Way::Signal(signal), "\r\n");
            }
        })?;
        let panicked = Arc::clone(&exit);
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            tty::restore("\r\n");
            usual(panic);
            // If nobody reads it, the exit code has to do.
            let _ = writeln!(io::stderr(), "{PANICKED}");
            // Whichever thread it was, the others must not go on alone.
            panicked.end(Way::Panicked, "");
        }));
        Ok(exit)
    }

    /// Ends the process this way, with the terminal as it was found and `last_words` on it. May be
    /// called from any thread; the first call counts.
    pub(super) fn end(&self, way: Way, last_words: &str) -> ! {
        if self.has_begun.swap(true, Ordering::SeqCst) {
            loop {
                thread::park();
            }
        }
        // Without a thread to spare, all that may block is a terminal that takes no more.
        let watch = move || {
            thread::sleep(END_TIME);
            process::exit(way.code());
        };
        drop(thread::Builder::new().name("ending".to_owned()).spawn(watch));
        if way.says_goodbye() {
            self.outbox.say_goodbye(GOODBYE_TIME);
        }
        tty::restore(last_words);
        process::exit(way.code());
    }
}

/// Whether whoever started this process wants it to live through this signal, as nohup(1) does and
/// shells do with what runs in the background.
fn is_ignored(signal: i32) -> bool {
    // Linux tells (proc(5)); elsewhere a signal means what it says.
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).map(str::trim);
    let mask = mask.and_then(|mask| u64::from_str_radix(mask, 16).ok()).unwrap_or_default();
    mask >> (signal - 1) & 1 == 1
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader, Read};
    use std::net::{TcpListener, TcpStream};
    use std::os::fd::AsFd;

    use nix::sys::termios::{LocalFlags, tcgetattr};

    use super::super::socket::Socket;
    use super::*;

    /// Where the process listens that runs this test once more, to see how it panics.
    const LISTENER: &str = "CHATD_TEST_LISTENER";

    const NAME: &str =
        "client::exit::tests::a_panic_in_any_thread_says_goodbye_and_leaves_the_terminal_as_it_was_found";

    fn panic_in_a_terminal(listener: &str) -> ! {
        let outbox = Arc::new(Outbox::new().unwrap());
        outbox.connect(Some(Arc::new(Socket::plain(TcpStream::connect(listener).unwrap()))));
        let _exit = Exit::watch(outbox).unwrap();
        tty::take_over();
        let modes = tcgetattr(io::stdin()).unwrap();
        assert!(!modes.local_flags.contains(LocalFlags::ICANON));
        drop(thread::spawn(|| panic!("a fault")));
        loop {
            thread::park();
        }
    }

    #[test]
    fn a_panic_in_any_thread_says_goodbye_and_leaves_the_terminal_as_it_was_found() {
        if let Ok(listener) = std::env::var(LISTENER) {
            panic_in_a_terminal(&listener);
        }
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let (mut terminal, inside) = pty_process::blocking::open().unwrap();
        let mut child = pty_process::blocking::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--nocapture", NAME])
            .env(LISTENER, listener.local_addr().unwrap().to_string())
            .spawn(inside)
            .unwrap();
        let said = BufReader::new(listener.accept().unwrap().0).lines().map_while(Result::ok).last();
        let mut shown = Vec::new();
        // A terminal that nobody has open any more ends with an error.
        let _ = terminal.read_to_end(&mut shown);
        assert_eq!(said.as_deref(), Some("QUIT"));
        assert_eq!(child.wait().unwrap().code(), Some(i32::from(EXIT_PANICKED)));
        let shown = String::from_utf8_lossy(&shown);
        assert!(shown.contains("a fault") && shown.contains(PANICKED), "{shown}");
        let modes = tcgetattr(terminal.as_fd()).unwrap();
        assert!(modes.local_flags.contains(LocalFlags::ICANON | LocalFlags::ECHO));
    }
}
