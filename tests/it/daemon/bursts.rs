//! What many say at once to those who read at once, over real sockets: nobody is closed for it, and
//! nothing is lost.

use std::net::SocketAddr;
use std::thread::JoinHandle;

use crate::process::daemon::{Client, Daemon};

const LINES: usize = 4;

/// Reads as fast as it can until `count` lines that begin so have come; gives the client back.
fn reading(mut client: Client, start: &'static str, count: usize) -> JoinHandle<Client> {
    std::thread::spawn(move || {
        let mut left = count;
        while left > 0 {
            let line = client.line();
            assert!(!line.starts_with('{') && !line.starts_with("* bye"), "{left} are missing: {line}");
            left -= usize::from(line.starts_with(start));
        }
        client
    })
}

fn crowd(address: SocketAddr, size: usize) -> Vec<Client> {
    (0..size).map(|number| Client::entered(address, &format!("c{number}"))).collect()
}

/// Each of a crowd sends one victim some long lines in one go.
#[test]
fn who_reads_at_once_is_not_closed_for_what_a_crowd_sends_it() {
    let daemon = Daemon::start(&["--rate-lines", "10/0.333", "--max-per-address", "64"]);
    let victim = daemon.user("victim");
    let mut crowd = crowd(daemon.address(), 56);
    let victim = reading(victim, "* private ", crowd.len() * LINES);
    let lines = format!("PRIVATE victim {}\n", "x".repeat(3_800)).repeat(LINES);
    for client in &mut crowd {
        client.send_bytes(lines.as_bytes());
    }
    victim.join().expect("it has every line").expect_quiet();
}

/// A busy room, and little memory for all queues together.
#[test]
fn who_reads_at_once_is_not_closed_when_all_queues_together_are_bounded_tightly() {
    let daemon = Daemon::start(&["--max-memory-queued", "1048576"]);
    let mut talkers = crowd(daemon.address(), 10);
    let mut readers: Vec<Client> = (0..49).map(|number| daemon.user(&format!("r{number}"))).collect();
    readers.iter_mut().chain(&mut talkers).for_each(|client| client.send("JOIN #r"));
    readers.iter_mut().chain(&mut talkers).for_each(|client| drop(client.wait_for("+OK room {any}")));
    let readers: Vec<_> = readers.into_iter().map(|reader| reading(reader, "* room ", 3 * 10 * LINES)).collect();
    let lines = format!("SAY #r {}\n", "x".repeat(3_800)).repeat(LINES);
    for _ in 0..3 {
        talkers.iter_mut().for_each(|talker| talker.send_bytes(lines.as_bytes()));
        for talker in &mut talkers {
            (0..LINES).for_each(|_| drop(talker.wait_for("+OK taken {any}")));
        }
    }
    let mut readers: Vec<_> = readers.into_iter().map(|reader| reader.join().expect("it has every line")).collect();
    readers.iter_mut().for_each(Client::expect_quiet);
}
