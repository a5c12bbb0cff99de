//! The password, at the real daemon; how long wrong ones cost is for tests/sim/server_streams.

use crate::process::daemon::{Client, Daemon, DaemonBuilder, TempDir, run_to_end};

fn guarded() -> Daemon {
    let directory = TempDir::new();
    let file = directory.write("password", "open sesame\nnot this line\n");
    DaemonBuilder::unlimited(&["--password-file", &file]).keep(directory).start()
}

#[test]
fn without_the_password_nobody_enters() {
    let mut daemon = guarded();
    let mut client = Client::connect(daemon.address());
    client.ask("ENTER alice", &["-ERR password-required {any}"]);
    client.ask("LIST", &["-ERR not-entered {any}"]);
    client.ask("PASSWORD not this line", &["-ERR wrong-password {any}"]);
    client.ask("PASSWORD open sesame", &["+OK"]);
    client.ask("ENTER alice", &["+OK entered 1 alice"]);
    daemon.expect_log("enter name=alice {any}");
    daemon.signal(nix::sys::signal::Signal::SIGTERM);
    drop(client);
    let log = daemon.end().1;
    assert!(!log.contains("sesame") && !log.contains("not this line"), "{log}");
}

#[test]
fn a_place_is_taken_again_with_its_token_alone() {
    let daemon = guarded();
    daemon
        .script()
        .run(
            "A> PASSWORD open sesame
             A< +OK
             A> ENTER alice
             A< +OK entered 1 alice
             A> KEEP
             A< +OK kept {token} 120
             A> {hangs up}
             A> RESUME 1 {token} 0
             A< +OK resumed 1 alice 0 0",
        )
        .end();
}

#[test]
fn a_password_that_is_none_keeps_the_daemon_from_starting() {
    let directory = TempDir::new();
    let empty = directory.write("empty", "\nsecond line\n");
    let long = directory.write("long", "x".repeat(201));
    let binary = directory.write("binary", b"\xff\xfe");
    // Nobody could give it: the daemon replaces such characters before it looks at a line.
    let bell = directory.write("bell", "open\u{7}sesame\n");
    for (path, what) in [
        (&bell, "without control characters"),
        (&empty, "first line"),
        (&long, "first line"),
        (&binary, "no text in UTF-8"),
        (&directory.at("no"), "cannot read"),
    ] {
        let (status, out, error) = run_to_end(&["--listen", "127.0.0.1:0", "--password-file", path]);
        assert_eq!((status.code(), out.as_str()), (Some(1), ""), "{path}");
        assert!(error.contains(what) && error.contains(path.as_str()), "{error}");
    }
}

#[test]
fn whatever_editor_wrote_the_password_it_is_the_same() {
    let directory = TempDir::new();
    for (number, text) in
        ["\u{feff}open sesame\n", "open sesame\r\n", "\u{feff}open sesame\r\nmore", "open sesame\r"].iter().enumerate()
    {
        let file = directory.write(&number.to_string(), text);
        let daemon = DaemonBuilder::unlimited(&["--password-file", &file]).start();
        Client::connect(daemon.address()).ask("PASSWORD open sesame", &["+OK"]);
        // chatc reads its file in the same way.
        let address = daemon.address().to_string();
        let chatc = std::process::Command::new(env!("CARGO_BIN_EXE_chatc"))
            .args([&address, "--name", "ci", "--password-file", &file])
            .stdin(std::process::Stdio::null())
            .output()
            .expect("it starts");
        assert_eq!(chatc.status.code(), Some(0), "{text:?}: {chatc:?}");
    }
}

#[test]
fn odd_characters_and_blanks_of_a_password_are_meant() {
    let directory = TempDir::new();
    for (number, word) in
        [" two  blanks ", "\ttab", "日本 grüße", "-x", "\"quoted\"", "$HOME # no comment", "'"].iter().enumerate()
    {
        let file = directory.write(&number.to_string(), format!("{word}\n"));
        let daemon = DaemonBuilder::unlimited(&["--password-file", &file]).start();
        let mut client = Client::connect(daemon.address());
        client.ask(&format!("PASSWORD {word}"), &["+OK"]);
        client.ask("ENTER alice", &["+OK entered 1 alice"]);
    }
}
