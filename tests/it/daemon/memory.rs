//! The memory of the real daemon at its worst, term by term, against what `--print-config` says and
//! docs/OPERATIONS.md explains.

use std::net::{IpAddr, Ipv4Addr};

use crate::process::daemon::{Client, Daemon, run_to_end};

const MIB: u64 = 1024 * 1024;

/// Small limits, so that each term can be driven to its worst in a moment.
const SMALL: [&str; 6] =
    ["--max-connections", "300", "--max-memory-queued", "16777216", "--max-memory-backlogs", "8388608"];

/// What the daemon says it takes at worst, of these terms together.
fn promised(terms: &[&str]) -> u64 {
    let (status, out, error) = run_to_end(&[&SMALL[..], &["--print-config"]].concat());
    assert!(status.success(), "{error}");
    let term = |line: &str| {
        let (term, bytes) = line.strip_prefix("# memory ")?.split_once(' ')?;
        terms.contains(&term).then(|| bytes.parse::<u64>().expect("a number"))
    };
    let found: Vec<u64> = out.lines().filter_map(term).collect();
    assert_eq!(found.len(), terms.len(), "{out}");
    found.iter().sum()
}

#[test]
fn the_guide_says_what_the_daemon_says() {
    let guide = include_str!("../../../docs/OPERATIONS.md");
    let (_, block) = guide.split_once("--print-config | grep '^# '\n").expect("the guide shows it");
    let (shown, _) = block.split_once("```").expect("the block ends");
    let args = ["--max-connections", "400", "--max-memory-queued", "33554432", "--print-config"];
    let (_, out, _) = run_to_end(&args);
    let said: Vec<&str> = out.lines().filter(|line| line.starts_with("# ")).collect();
    assert_eq!(shown.lines().collect::<Vec<_>>(), said);
}

/// Has something take as much as it can, and compares the most the daemon has used beyond what it used
/// at rest: less than is promised, and so much that it must have been meant.
#[track_caller]
fn compare<T>(terms: &[&str], least: u64, more: &[&str], drive: impl FnOnce(&Daemon) -> T) {
    let daemon = Daemon::observed(&[&SMALL[..], more].concat());
    daemon.settled();
    let before = daemon.memory();
    let held = drive(&daemon);
    daemon.settled();
    let (taken, most) = (daemon.memory_at_most() - before, promised(terms));
    assert!((least..=most).contains(&taken), "{taken} bytes for {terms:?}, {least} to {most} expected");
    drop(held);
}

/// Says long lines to each of so many until that closes somebody, and some more. What is said to one alone
/// is in memory for itself.
fn say_too_much(speaker: &mut Client, sleepers: usize) {
    let text = "x".repeat(3_800);
    let (mut is_over, mut rest) = (false, 40);
    for number in (0..sleepers).cycle() {
        if rest == 0 {
            return;
        }
        speaker.send(&format!("PRIVATE s{number} {text}"));
        loop {
            let heard = speaker.line();
            is_over |= heard.starts_with("* unread ");
            if heard.starts_with("+OK taken ") || heard.starts_with("-ERR no-such-user ") {
                break;
            }
        }
        rest -= usize::from(is_over);
    }
}

#[test]
fn what_is_not_read_takes_no_more_memory_than_is_promised() {
    compare(&["queues", "handed-out", "users"], 10 * MIB, &[], |daemon| {
        let mut speaker = daemon.user("speaker");
        let sleeper = |number| Client::narrow(daemon.address(), &format!("s{number}"));
        let sleepers: Vec<Client> = (0..90).map(sleeper).collect();
        say_too_much(&mut speaker, sleepers.len());
        (speaker, sleepers)
    });
}

/// Much has waited for each, and little of it still does.
#[test]
fn kept_places_take_no_more_memory_than_is_promised() {
    compare(&["queues", "handed-out", "users"], MIB, &[], |daemon| {
        let mut speaker = daemon.user("speaker");
        let text = "x".repeat(3_800);
        for number in 0..280 {
            let mut kept = Client::narrow(daemon.address(), &format!("k{number}"));
            kept.ask("KEEP", &["+OK kept {any}"]);
            let lines = format!("PRIVATE k{number} {text}\n").repeat(60);
            speaker.send_bytes(lines.as_bytes());
            (0..60).for_each(|_| drop(speaker.expect("+OK taken {any}")));
            (0..60).for_each(|_| drop(kept.expect("* private {any}")));
            kept.ask("@ 57\nPING", &["+OK pong"]);
            kept.reset();
        }
        speaker
    });
}

#[test]
fn lines_that_have_to_wait_take_no_more_memory_than_is_promised() {
    compare(&["input", "users"], 4 * MIB, &["--rate-lines", "1/600"], |daemon| {
        let clients = (0..290).map(|_| {
            let mut client = Client::connect(daemon.address());
            client.send_bytes("PING x\n".repeat(2_900).as_bytes());
            client.expect("+OK pong x");
            client
        });
        clients.collect::<Vec<_>>()
    });
}

#[test]
fn backlogs_take_no_more_memory_than_is_promised() {
    compare(&["backlogs", "users"], 5 * MIB, &[], |daemon| {
        let mut alice = daemon.user("alice");
        let text = "x".repeat(3_800);
        for room in 0..400 {
            alice.join(&format!("#r{room}"));
            alice.send_bytes(format!("SAY #r{room} {text}\n").repeat(9).as_bytes());
            (0..9).for_each(|_| drop(alice.expect("+OK taken {any}")));
            alice.send(&format!("LEAVE #r{room}"));
            alice.expect(&format!("* left #r{room} alice"));
            alice.expect("+OK room {any}");
        }
        alice
    });
}

#[test]
fn users_take_no_more_memory_than_is_promised() {
    compare(&["users"], MIB, &[], |daemon| {
        let mut users: Vec<Client> = (0..200).map(|number| daemon.user(&format!("u{number}"))).collect();
        for (number, user) in users.iter_mut().enumerate() {
            (0..16).for_each(|room| user.join(&format!("#r{number}-{room}")));
            for other in (0..200).filter(|other| *other != number).take(64) {
                user.ask(&format!("IGNORE u{other}"), &["+OK"]);
            }
            user.ask(&format!("AWAY {}", "x".repeat(100)), &["+OK"]);
        }
        users
    });
}

#[test]
fn addresses_take_no_more_memory_than_is_promised() {
    // Who has entered from an address is remembered there.
    compare(&["addresses"], MIB / 2, &["--rate-entries", "1000/60"], |daemon| {
        for number in 0..5_000_u32 {
            let ip = IpAddr::from(Ipv4Addr::from(0x7f01_0000 + number));
            let mut client = Client::connect_from(ip, daemon.address());
            client.ask("ENTER x", &["+OK entered {any}"]);
            client.ask("QUIT", &["+OK bye"]);
            client.reset();
        }
    });
}
