//! What both programs do with a command line: read it, and say in words what came of it. Whoever
//! reads less than all of it (`chatd --help | head`) has read enough, which is no failure.

use std::fmt::Display;
use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;

use argh::TopLevelCommand;

/// Reads the words this program was started with. What there is to say instead of going on, help or
/// what is wrong, has been said; the code is then what to end with.
pub(crate) fn read<T: TopLevelCommand>(program: &str, when_wrong: u8) -> Result<T, ExitCode> {
    let wrong = |what: &str| {
        complain(format_args!("{}\nRun {program} --help for more information.", what.trim_end()));
        ExitCode::from(when_wrong)
    };
    let words: Result<Vec<String>, _> = std::env::args_os().skip(1).map(std::ffi::OsString::into_string).collect();
    let words = words.map_err(|word| wrong(&format!("{program}: this is not UTF-8: {}", word.display())))?;
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    T::from_args(&[program], &words).map_err(|exit| match exit.status {
        Ok(()) => say(program, format_args!("{}\n", exit.output.trim_end())),
        Err(()) => wrong(&exit.output),
    })
}

/// Writes to stdout; gives the exit code for it. Nothing is wrong if its reader has gone.
pub(crate) fn say(program: &str, text: impl Display) -> ExitCode {
    let mut stdout = io::stdout().lock();
    match write!(stdout, "{text}").and_then(|()| stdout.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            complain(format_args!("{program}: cannot write to stdout: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Writes a line to stderr. If nobody reads it, the exit code has to do.
pub(crate) fn complain(text: impl Display) {
    let _ = writeln!(io::stderr(), "{text}");
}
