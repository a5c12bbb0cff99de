//! `chatd ctl`: an operator's console in a running daemon, from anywhere on its machine.

use std::io::{self, ErrorKind, Read, Write};
use std::net::Shutdown;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitCode;

use chatd::event_loop::default_control_paths;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use crate::arguments::Ctl;
use crate::command_line::complain;

/// Does what the command line asks.
pub(crate) fn run(ctl: &Ctl) -> ExitCode {
    let usual = || default_control_paths(ctl.port);
    let paths = ctl.control.clone().map_or_else(usual, |path| vec![path]);
    let done = connect(&paths)
        .and_then(|stream| if ctl.words.is_empty() { converse(stream) } else { ask(stream, &ctl.words.join(" ")) });
    match done {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            complain(format_args!("chatd ctl: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Connects to the first that answers; a daemon that was killed leaves its socket behind.
fn connect(paths: &[PathBuf]) -> io::Result<UnixStream> {
    let mut failed = None;
    for path in paths {
        match UnixStream::connect(path) {
            Ok(stream) => return Ok(stream),
            // Where there is something, the reason is there.
            Err(error) if error.kind() == ErrorKind::NotFound && failed.is_some() => {}
            Err(error) => failed = Some((path, error)),
        }
    }
    let Some((path, error)) = failed else {
        let what = "no daemon of this user is running; if one is, say where its control socket is with --control";
        return Err(io::Error::new(ErrorKind::NotFound, what));
    };
    let path = path.display();
    let what = format!("no daemon answers at {path}: {error}; is it running, on this port, as this user?");
    Err(io::Error::new(error.kind(), what))
}

/// Gives one command and prints the answer. Says whether it was obeyed.
fn ask(mut stream: UnixStream, command: &str) -> io::Result<bool> {
    stream.write_all(format!("{command}\n").as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    show(answer.as_bytes())?;
    Ok(!answer.lines().any(|line| line.starts_with("error:")))
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

/// Carries lines both ways until either side ends.
fn converse(mut stream: UnixStream) -> io::Result<bool> {
    let (stdin, mut buffer) = (io::stdin(), [0; 4096]);
    let mut is_typing = true;
    loop {
        let mut fds = vec![PollFd::new(stream.as_fd(), PollFlags::POLLIN)];
        if is_typing {
            fds.push(PollFd::new(stdin.as_fd(), PollFlags::POLLIN));
        }
        poll(&mut fds, PollTimeout::NONE)?;
        let ready: Vec<bool> = fds.iter().map(|fd| fd.any().unwrap_or(false)).collect();
        if ready.first() == Some(&true) {
            match stream.read(&mut buffer)? {
                0 => return Ok(true),
                count if show(buffer.get(..count).unwrap_or_default())? => {}
                _ => return Ok(true),
            }
        }
        if ready.get(1) == Some(&true) {
            match nix::unistd::read(&stdin, &mut buffer)? {
                0 => {
                    is_typing = false;
                    stream.shutdown(Shutdown::Write)?;
                }
                count => stream.write_all(buffer.get(..count).unwrap_or_default())?,
            }
        }
    }
}
