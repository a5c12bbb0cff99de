//! Whoever reads less than all that a program prints has read enough; and help by its usual flags.

use std::fs::File;
use std::io::Read;
use std::process::{Command, Stdio};

use crate::process::daemon::{Daemon, Reaped};

const CHATD: &str = env!("CARGO_BIN_EXE_chatd");
const CHATC: &str = env!("CARGO_BIN_EXE_chatc");

/// Runs a program whose stdout is this; gives its exit code and what it says on stderr.
fn run(program: &str, args: &[&str], stdout: Stdio) -> (Option<i32>, String) {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(stdout).stderr(Stdio::piped());
    let mut child = Reaped(command.spawn().expect("it starts"));
    // The command holds the pipe's end as well.
    drop(command);
    let mut error = String::new();
    child.0.stderr.take().expect("stderr is piped").read_to_string(&mut error).expect("it is text");
    (child.0.wait().expect("it was started").code(), error)
}

/// A pipe whose reader has gone.
fn unread() -> Stdio {
    let (reader, writer) = std::io::pipe().expect("a pipe");
    drop(reader);
    Stdio::from(writer)
}

#[test]
fn a_reader_that_has_gone_is_no_failure_of_what_is_printed() {
    let daemon = Daemon::observed(&[]);
    let control = daemon.control();
    for args in [
        &["--help"][..],
        &["-h"],
        &["help"],
        &["--version"],
        &["--print-config"],
        &["ctl", "--help"],
        &["ctl", "-h"],
        &["ctl", "--control", &control, "list"],
        &["ctl", "--control", &control, "stats"],
    ] {
        assert_eq!(run(CHATD, args, unread()), (Some(0), String::new()), "chatd {args:?}");
    }
    let (code, error) = run(CHATD, &["ctl", "--control", &control, "fly"], unread());
    assert_eq!((code, error.as_str()), (Some(1), ""), "what is refused is refused, read or not");
    for args in [["--help"], ["-h"], ["help"], ["--version"]] {
        assert_eq!(run(CHATC, &args, unread()), (Some(0), String::new()), "chatc {args:?}");
    }
}

#[test]
fn a_disk_that_is_full_is_a_failure_and_told() {
    let Ok(full) = File::options().write(true).open("/dev/full") else { return };
    for (program, args) in [(CHATD, "--help"), (CHATD, "--version"), (CHATD, "--print-config"), (CHATC, "--help")] {
        let (code, error) = run(program, &[args], Stdio::from(full.try_clone().expect("a descriptor")));
        assert_eq!(code, Some(1), "{program} {args}");
        assert!(error.contains(": cannot write to stdout: No space left on device"), "{error}");
    }
}

#[test]
fn nobody_who_reads_errors_is_no_reason_to_panic() {
    for (program, args, code) in [
        (CHATD, &["--fly"][..], 1),
        (CHATD, &["--listen", "nonsense:x"], 1),
        (CHATD, &["--max-memory-queued", "1"], 1),
        (CHATD, &["ctl", "--control", "/nonexistent", "list"], 1),
        (CHATC, &["--fly"], 2),
        (CHATC, &["--password-file", "/nonexistent"], 1),
    ] {
        let mut command = Command::new(program);
        let status = command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).stderr(unread()).status();
        assert_eq!(status.expect("it starts").code(), Some(code), "{program} {args:?}");
    }
}

#[test]
fn a_word_that_is_no_text_is_named() {
    use std::os::unix::ffi::OsStrExt;
    for (program, code) in [(CHATD, 1), (CHATC, 2)] {
        let word = std::ffi::OsStr::from_bytes(b"--\xff");
        let output = Command::new(program).arg(word).stdin(Stdio::null()).output().expect("it starts");
        assert_eq!(output.status.code(), Some(code), "{program}");
        assert!(String::from_utf8_lossy(&output.stderr).contains("this is not UTF-8: --\u{fffd}"), "{output:?}");
    }
}
