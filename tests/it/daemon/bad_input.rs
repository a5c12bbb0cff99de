//! Bad input over the wire costs an error and nothing else.

use crate::process::daemon::{Client, Daemon};

#[test]
fn wrong_lines_are_answered_and_the_connection_is_kept() {
    let daemon = Daemon::start(&[]);
    let mut alice = daemon.user("alice");
    alice.send_bytes(&[&vec![b'x'; 60_000][..], b"\n"].concat());
    alice.expect("-ERR line-too-long {any}");
    alice.send_bytes(b"SAY \xff\n");
    alice.expect("-ERR not-utf8 {any}");
    alice.send_bytes(b"\r\n\n  \n");
    alice.ask("FLY", &["-ERR unknown-command {any}"]);
    alice.ask("REQUEST", &["-ERR usage type: REQUEST USER"]);
    alice.ask("REQUEST 9x", &["-ERR bad-name {any}"]);
    alice.ask("ANNOUNCE ", &["-ERR empty-text {any}"]);
    alice.ask(&format!("ANNOUNCE {}", "x".repeat(3_900)), &["-ERR text-too-long {any}"]);
    alice.expect_quiet();
}

#[test]
fn commands_before_entry_are_refused() {
    let daemon = Daemon::start(&[]);
    let mut client = Client::connect(daemon.address());
    for command in ["LIST", "REQUEST bob", "JOIN", "ANNOUNCE x", "END"] {
        client.ask(command, &["-ERR not-entered {any}"]);
    }
    client.ask("ENTER alice\u{7}", &["-ERR bad-name {any}"]);
    client.ask("ENTER alice", &["+OK entered 1 alice"]);
}

#[test]
fn control_characters_reach_nobody() {
    let daemon = Daemon::start(&[]);
    let (mut alice, mut bob) = (daemon.user("alice"), daemon.user("bob"));
    alice.ask("PRIVATE bob \u{1b}[2J\u{7}\u{9b}\u{202e}\tend", &["+OK taken {any}"]);
    bob.expect("* private 1 {time} alice \u{fffd}[2J\u{fffd}\u{fffd}\u{fffd}\tend");
}

#[test]
fn a_client_that_vanishes_in_mid_line_says_nothing() {
    let daemon = Daemon::start(&[]);
    let mut bob = daemon.user("bob");
    bob.ask("WATCH on", &["+OK"]);
    let mut alice = daemon.user("alice");
    bob.expect("* entered 2 alice");
    alice.send_bytes(b"ANNOUNCE half a li");
    drop(alice);
    bob.expect("* gone alice disconnected");
    bob.expect_quiet();
}

#[test]
fn a_person_who_says_nothing_is_greeted() {
    let daemon = Daemon::start(&[]);
    let mut client = Client::connect(daemon.address());
    client.expect("* hello This is chatd {any}");
    client.ask("enter alice", &["+OK entered 1 alice"]);
}

#[test]
fn a_crowd_in_one_room_hears_every_line_in_order() {
    let daemon = Daemon::start(&[]);
    let mut crowd: Vec<Client> = (0..60).map(|number| daemon.user(&format!("u{number}"))).collect();
    for client in &mut crowd {
        client.send("JOIN");
        client.wait_for("+OK room #lobby");
    }
    for client in crowd.iter_mut().take(59) {
        client.wait_for("* joined #lobby u59");
    }
    let (speaker, others) = crowd.split_first_mut().expect("there is a crowd");
    for number in 0..50 {
        speaker.send(&format!("SAY #lobby {number}"));
    }
    for number in 0..50 {
        speaker.expect("+OK taken {id} {time} 59");
        for other in &mut *others {
            other.expect(&format!("* room {{id}} {{time}} #lobby u0 {number}"));
        }
    }
}
