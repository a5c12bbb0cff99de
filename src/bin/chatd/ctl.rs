//! `chatd ctl`: an operator's console in a running daemon, from anywhere on its machine.

use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use chatd::event_loop::{connect_control, default_control_paths};
use chatd::limits::CONTROL_PATIENCE;
use chatd::wire::console::compose;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::arguments::Ctl;
use crate::command_line::complain;

/// The words of the command line are no command.
const NOT_SENT: u8 = 2;

/// Does what the command line asks.
pub(crate) fn run(ctl: &Ctl) -> ExitCode {
    let line = match compose(&ctl.words) {
        Ok(line) => line,
        Err(wrong) => {
            complain(format_args!("chatd ctl: {wrong}"));
            return ExitCode::from(NOT_SENT);
        }
    };
    let usual = || default_control_paths(ctl.port);
    let paths = ctl.control.clone().map_or_else(usual, |path| vec![path]);
    let done = connect(&paths).and_then(|(stream, path)| {
        let console = Console { stream, path, patience: patience()? };
        if ctl.words.is_empty() { console.converse() } else { console.ask(&line) }
    });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            complain(format_args!("chatd ctl: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// How long anything may take that the daemon does at once.
fn patience() -> io::Result<PollTimeout> {
    PollTimeout::try_from(CONTROL_PATIENCE).map_err(|_| ErrorKind::InvalidInput.into())
}

/// Connects to the first that answers; a daemon that was killed leaves its socket behind.
fn connect(paths: &[PathBuf]) -> io::Result<(UnixStream, &Path)> {
    let mut failed = None;
    for path in paths {
        match connect_in_time(path) {
            Ok(stream) => return Ok((stream, path)),
            // Where there is something, the reason is there.
            Err(error) if error.kind() == ErrorKind::NotFound && failed.is_some() => {}
            Err(error) => failed = Some((path, error)),
        }
    }
    let Some((path, error)) = failed else {
        let what = "no daemon of this user is running; if one is, say where its control socket is with --control";
        return Err(io::Error::new(ErrorKind::NotFound, what));
    };
    if error.kind() == ErrorKind::WouldBlock {
        return Err(silent(path));
    }
    let path = path.display();
    let what = format!("no daemon answers at {path}: {error}; is it running, on this port, as this user?");
    Err(io::Error::new(error.kind(), what))
}

/// Tries for a while to connect to one who has more waiting than it takes.
fn connect_in_time(path: &Path) -> io::Result<UnixStream> {
    const PAUSE: u8 = 50;
    for _ in 0..CONTROL_PATIENCE.as_millis() / u128::from(PAUSE) {
        match connect_control(path) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => poll(&mut [], PAUSE)?,
            done => return done,
        };
    }
    Err(ErrorKind::WouldBlock.into())
}

fn silent(path: impl AsRef<Path>) -> io::Error {
    let (path, seconds) = (path.as_ref().display(), CONTROL_PATIENCE.as_secs());
    let what = format!(
        "the daemon at {path} has not answered for {seconds} seconds: it is stopped (kill -CONT lets it go on) or \
         very busy; what was asked may still be done"
    );
    io::Error::new(ErrorKind::TimedOut, what)
}

/// What is typed, on its way to the daemon.
enum Typing {
    /// There may be more.
    Open,
    /// This was all, and the daemon has been told so.
    Ended,
}

/// A connection to a daemon's control socket.
struct Console<'a> {
    stream: UnixStream,
    path: &'a Path,
    patience: PollTimeout,
}

impl Console<'_> {
    /// Gives one command and prints the answer. Says whether it was obeyed.
    fn ask(mut self, command: &str) -> io::Result<bool> {
        self.stream.write_all(format!("{command}\n").as_bytes())?;
        self.stream.shutdown(Shutdown::Write)?;
        let (mut answer, mut buffer, mut answers) = (Vec::new(), [0; 4096], Answers::default());
        loop {
            self.wait(&mut [PollFd::new(self.stream.as_fd(), PollFlags::POLLIN)], true)?;
            match self.stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => answer.extend_from_slice(buffer.get(..count).unwrap_or_default()),
                Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                Err(error) => return Err(error),
            }
        }
        answers.show(&answer)?;
        Ok(!answers.is_any_refusal)
    }

    /// Waits until one of these is ready; not for ever if the daemon is to answer.
    fn wait(&self, fds: &mut [PollFd<'_>], is_owed: bool) -> io::Result<()> {
        loop {
            match poll(fds, if is_owed { self.patience } else { PollTimeout::NONE }) {
                Ok(0) => return Err(silent(self.path)),
                // Stopped and gone on, for example.
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
                Ok(_) => return Ok(()),
            }
        }
    }

    /// Carries lines both ways until either side ends. Waits for ever for one who types, but not for
    /// the daemon. Says whether all was obeyed that did not come from a terminal: one who types has seen it.
    fn converse(mut self) -> io::Result<bool> {
        let stdin = io::stdin();
        if stdin.is_terminal() {
            let path = self.path.display();
            complain(format_args!(
                "console of the daemon at {path}: help shows the commands; exit or Ctrl-D leaves it"
            ));
        }
        let (mut typing, mut is_owed, mut unsent, mut buffer) = (Typing::Open, false, Vec::new(), [0; 4096]);
        let (mut inside_line, mut answers) = (false, Answers::default());
        let obeyed = |answers: &Answers| Ok(io::stdin().is_terminal() || !answers.is_any_refusal);
        loop {
            let takes_keys = matches!(typing, Typing::Open) && unsent.is_empty();
            let out = if unsent.is_empty() { PollFlags::empty() } else { PollFlags::POLLOUT };
            let mut fds = vec![PollFd::new(self.stream.as_fd(), PollFlags::POLLIN | out)];
            if takes_keys {
                fds.push(PollFd::new(stdin.as_fd(), PollFlags::POLLIN));
            }
            self.wait(&mut fds, is_owed)?;
            let ready = |at: usize| fds.get(at).and_then(PollFd::revents).unwrap_or(PollFlags::empty());
            let (theirs, keys) = (ready(0), !ready(1).is_empty());
            if theirs.intersects(PollFlags::POLLIN | PollFlags::POLLHUP | PollFlags::POLLERR) {
                match self.stream.read(&mut buffer) {
                    Ok(0) => return obeyed(&answers),
                    Ok(count) if !answers.show(buffer.get(..count).unwrap_or_default())? => return obeyed(&answers),
                    // One that was told that this is all has its end to say, too.
                    Ok(_) => is_owed = matches!(typing, Typing::Ended) || !unsent.is_empty(),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    Err(error) => return Err(error),
                }
            }
            if theirs.contains(PollFlags::POLLOUT) {
                let count = self.stream.write(&unsent)?;
                unsent.drain(..count);
            }
            if keys {
                let count = nix::unistd::read(&stdin, &mut buffer)?;
                unsent.extend_from_slice(buffer.get(..count).unwrap_or_default());
                let was_inside_line = std::mem::replace(&mut inside_line, unsent.last().is_some_and(|it| *it != b'\n'));
                if count == 0 {
                    if was_inside_line {
                        complain("chatd ctl: the last line has no end and was not done; a line break ends it");
                    }
                    (typing, is_owed) = (Typing::Ended, true);
                    self.stream.shutdown(Shutdown::Write)?;
                }
                // An empty line gets no answer, and neither does half of one.
                is_owed |= unsent.contains(&b'\n') && !unsent.trim_ascii().is_empty();
            }
        }
    }
}

/// What the daemon answers, in pieces that may end within a line.
#[derive(Default)]
struct Answers {
    is_any_refusal: bool,
    /// The start of the line that has not ended yet, as far as it tells whether that is a refusal.
    begun: Vec<u8>,
}

impl Answers {
    /// Notes refusals among them, and writes them to stdout. Says whether somebody reads on.
    fn show(&mut self, bytes: &[u8]) -> io::Result<bool> {
        const REFUSAL: &[u8] = b"error:";
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = REFUSAL.len() - self.begun.len();
            self.begun.extend(piece.iter().take(room));
            self.is_any_refusal |= self.begun == REFUSAL;
            if piece.ends_with(b"\n") {
                self.begun.clear();
            }
        }
        show(bytes)
    }
}

/// Writes to stdout. Says whether somebody reads on.
fn show(bytes: &[u8]) -> io::Result<bool> {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(bytes).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}
