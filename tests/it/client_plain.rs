//! chatc without a terminal: lines in, lines out, an exit code.

#![allow(clippy::unwrap_used, reason = "a test that panics has failed, as it should")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};

use crate::process::client::server::{Client, answer};
use crate::process::client::{Server, Terminal};

fn start(arguments: &[&str]) -> Child {
    Command::new(env!("CARGO_BIN_EXE_chatc"))
        .args(arguments)
        .env("TZ", "UTC")
        .env("LOGNAME", "tester")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs a script to its end.
fn run(arguments: &[&str], script: &str) -> Output {
    let mut chatc = start(arguments);
    // It may have ended before it has read everything.
    let _ = chatc.stdin.take().unwrap().write_all(script.as_bytes());
    chatc.wait_with_output().unwrap()
}

/// What it told whoever ran it, when it was not let in.
fn error(output: &Output) -> String {
    assert!(output.stdout.is_empty(), "{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// What it showed of the chat, when it was.
fn text(output: &Output) -> String {
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[test]
fn a_script_is_done_line_by_line_and_ends_well() {
    let server = Server::start();
    let output =
        run(&[&server.address, "--name", "ci"], "join #builds\nnightly is green\n\nsecond line\n/menu\nlist\n");
    let shown = text(&output);
    assert_eq!(output.status.code(), Some(0), "{shown}");
    assert_eq!(
        server.received(),
        [
            "ENTER ci",
            "JOIN #builds",
            "MEMBERS #builds",
            "SAY #builds nightly is green",
            "SAY #builds second line",
            "LIST",
            "QUIT"
        ]
    );
    for line in
        ["You are ci, user 3 at 127.0.0.1:", "-- now talking to #builds\n", "ok 1 to 2\n", "-- now at the menu\n"]
    {
        assert!(shown.contains(line), "{line:?} is missing in:\n{shown}");
    }
    assert!(!shown.contains('\x1b') && !shown.contains('\x07'), "{shown:?}");
}

#[test]
fn a_refused_command_counts() {
    let server = Server::start();
    for script in ["private nobody hello\nlist\n", "fly\n", "yes\n"] {
        let output = run(&[&server.address, "--name", "ci"], script);
        assert_eq!(output.status.code(), Some(3), "{script:?}: {}", text(&output));
    }
    assert!(server.received().contains(&"LIST".to_owned()), "the script went on");
}

#[test]
fn without_a_name_the_login_name_is_used_and_guests_have_none() {
    let server = Server::start();
    assert_eq!(run(&[&server.address], "").status.code(), Some(0));
    assert_eq!(run(&[&server.address, "--guest"], "").status.code(), Some(0));
    assert_eq!(
        server.received().iter().filter(|line| line.starts_with("ENTER")).collect::<Vec<_>>(),
        ["ENTER tester", "ENTER"]
    );
}

#[test]
fn a_refused_entry_is_told_and_ends_it() {
    let server = Server::start();
    for (name, reason) in
        [("bob", "the name bob is taken"), ("9lives", "a name starts with a letter"), ("me", "reserved")]
    {
        let output = run(&[&server.address, "--name", name], "list\n");
        assert_eq!(output.status.code(), Some(1));
        assert!(error(&output).contains(reason), "{}", error(&output));
    }
}

#[test]
fn a_password_is_not_shown_while_the_one_before_is_looked_at() {
    fn guarded(client: &mut Client, line: &str) -> Option<String> {
        match line {
            "ENTER alice" if client.messages == 0 => Some("-ERR password-required asks for a password\n".to_owned()),
            "PASSWORD frist" => Some(String::new()),
            "PASSWORD first" => {
                client.messages = 1;
                Some("+OK\n".to_owned())
            }
            _ => answer(client, line),
        }
    }
    let server = Server::start_with(guarded);
    let mut chatc = Terminal::start(&[&server.address, "--name", "alice", "--plain"], &[]);
    chatc.shows("-- the password?");
    chatc.press("frist\n");
    server.wait_for("PASSWORD frist");
    chatc.press("first\n");
    server.say("-ERR wrong-password that is not it");
    chatc.shows("You are alice");
    let screen = chatc.screen();
    assert!(!screen.contains("frist") && !screen.contains("first"), "{screen}");
    chatc.press("list all");
    chatc.shows("list all");
}

#[test]
fn what_is_not_chatd_is_told_so() {
    fn web(_: &mut Client, _: &str) -> Option<String> {
        Some("HTTP/1.1 400 Bad Request\r\n\r\n".to_owned())
    }
    fn hangs_up(_: &mut Client, _: &str) -> Option<String> {
        None
    }
    for (server, reason) in [
        (Server::start_with(web), "does not speak chatd's protocol"),
        (Server::start_with(hangs_up), "hung up without a word; is that chatd?"),
    ] {
        let output = run(&[&server.address], "");
        assert_eq!(output.status.code(), Some(1));
        assert!(error(&output).contains(reason), "{}", error(&output));
    }
}

#[test]
fn an_unreachable_server_is_told_with_what_to_do() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let output = run(&[&format!("127.0.0.1:{port}")], "");
    assert_eq!(output.status.code(), Some(1));
    let shown = error(&output);
    assert!(shown.contains(&format!("cannot reach 127.0.0.1:{port}: nothing listens there")), "{shown}");
    assert!(shown.contains("Is chatd running there? Start it with: chatd"), "{shown}");
}

#[test]
fn a_lost_connection_ends_it_while_it_waits_for_input() {
    let server = Server::start();
    let mut chatc = start(&[&server.address, "--name", "ci"]);
    let mut shown = BufReader::new(chatc.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("3 quit") {
        line.clear();
        assert_ne!(shown.read_line(&mut line).unwrap(), 0);
    }
    server.vanish();
    let mut rest = String::new();
    shown.read_to_string(&mut rest).unwrap();
    assert!(rest.contains("is lost"), "{rest}");
    assert_eq!(chatc.wait().unwrap().code(), Some(1));
}

#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let server = Server::start();
    let mut chatc = start(&[&server.address, "--name", "ci"]);
    let mut input = chatc.stdin.take().unwrap();
    drop(chatc.stdout.take());
    let _ = input.write_all(b"list\n");
    assert_eq!(chatc.wait().unwrap().code(), Some(0));
}

#[test]
fn a_refused_text_says_that_it_was_not_delivered() {
    fn alone(client: &mut Client, line: &str) -> Option<String> {
        if line.starts_with("SAY") {
            return Some("-ERR not-in-room you are not in #x; JOIN #x first\n".to_owned());
        }
        answer(client, line)
    }
    let server = Server::start_with(alone);
    let output = run(&[&server.address, "--name", "ci"], "join #x\nhello\n");
    assert_eq!(output.status.code(), Some(3));
    assert!(text(&output).contains("!! not delivered to #x: you are not in #x"), "{}", text(&output));
}

#[test]
fn the_command_line_is_explained() {
    let help = run(&["--help"], "");
    assert_eq!(help.status.code(), Some(0));
    let shown = text(&help);
    for word in ["--name", "--guest", "--plain", "--color", "--no-bell", "--history", "Examples", "lab7:2428"] {
        assert!(shown.contains(word), "{word} is missing in:\n{shown}");
    }
    assert_eq!(run(&["--version"], "").status.code(), Some(0));
    for wrong in [
        &["--frobnicate"][..],
        &["a:b:c:d", "e"],
        &["lab7:x"],
        &["--color", "blue"],
        &["--guest", "--name", "x"],
        &["--reconnect", "--no-reconnect"],
        &["--plain", "--color", "always"],
        &["--plain", "--history", "/tmp/x"],
    ] {
        let output = run(wrong, "");
        assert_eq!(output.status.code(), Some(2), "{wrong:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
}
