//! Other protocols over the real network, and clients that say all they have to say at once.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use crate::process::daemon::{Daemon, PATIENCE};

/// Sends all of it, says that this was all if asked to, and reads to the end.
fn exchange(daemon: &Daemon, bytes: &[u8], is_all: bool) -> String {
    let mut stream = TcpStream::connect(daemon.address()).expect("the daemon takes connections");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    stream.write_all(bytes).expect("the daemon reads");
    if is_all {
        stream.shutdown(Shutdown::Write).expect("it is connected");
    }
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the daemon hangs up");
    answer
}

#[test]
fn a_web_page_is_answered_in_http_and_nothing_in_it_is_done() {
    let mut daemon = Daemon::observed(&[]);
    let mut alice = daemon.user("alice");
    alice.ask("WATCH on", &["+OK"]);
    let orders = "x\nENTER evil\nANNOUNCE hi\nJOIN alice\n";
    let body = orders.repeat(2_000);
    let head = format!("POST / HTTP/1.1\r\nHost: x:2428\r\nContent-Length: {}\r\n\r\n", body.len());
    let answer = exchange(&daemon, format!("{head}{body}").as_bytes(), false);
    let (head, text) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{head}");
    assert!(head.contains(&format!("\r\nContent-Length: {}\r\n", text.len())), "{head}");
    assert!(head.ends_with("\r\nConnection: close") && text.contains("This is chatd"), "{answer}");
    daemon.expect_log("foreign protocol=http count=1");
    daemon.expect_log("disconnect from=127.0.0.1:{id} reason=foreign");
    alice.expect_quiet();
    assert_eq!(daemon.figure("chatd_closed_total{reason=\"foreign\"}"), 1.0);
}

#[test]
fn one_who_says_that_this_was_all_gets_every_answer_and_every_row() {
    let daemon = Daemon::start(&[]);
    let crowd: Vec<_> = (0..520).map(|number| daemon.user(&format!("u{number}"))).collect();
    let answer = exchange(&daemon, b"ENTER bob\nLIST\nLIST 500\nJOIN #x\nSAY #x hi\nlsit\nPING last\nunfinished", true);
    let lines: Vec<&str> = answer.lines().collect();
    assert_eq!(lines.iter().filter(|line| line.starts_with("= user ")).count(), 500 + 21);
    let answers: Vec<&str> = lines.into_iter().filter(|line| line.starts_with(['+', '-'])).collect();
    assert_eq!(answers.len(), 7, "{answers:?}");
    assert!(answers[1] == "+OK listed 500 521 500" && answers[6] == "+OK pong last", "{answers:?}");
    drop(crowd);
}
