//! chatc and the real daemon with a bad line between them: nothing is missed, nothing is done
//! twice, and the screen ends up as if nothing had happened.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::process::client::{Daemon, Peer, Proxy, Terminal, Watched};
use nix::sys::signal::Signal;

/// Sign-of-life times as short as chatd takes them.
const SHORT_TIMES: [&str; 4] = ["--ping-after", "5", "--dead-after", "6"];

const LEFT: &str = "\x1b[D";

/// alice behind a proxy, bob on the wire, and the two in a private chat.
fn pair(daemon: &Daemon, proxy: &Proxy) -> (Terminal, Peer) {
    let mut alice = Terminal::at(&proxy.address, "alice");
    let mut bob = Peer::enter(daemon, "bob");
    bob.send("REQUEST alice");
    alice.shows(">> bob asks you");
    alice.press("yes\r");
    alice.prompts("to bob > ");
    bob.waits_for("* paired alice");
    (alice, bob)
}

#[test]
fn what_is_typed_while_the_line_is_cut_is_sent_afterwards() {
    let daemon = Daemon::start();
    let proxy = Proxy::start(&daemon.address);
    let (mut alice, mut bob) = pair(&daemon, &proxy);
    alice.press("one\r");
    bob.waits_for("alice one");
    alice.shows("one  ✓");
    proxy.refuse();
    alice.shows("is out of reach; reconnecting (what you type waits)");
    alice.prompts("to bob…> ");
    alice.press("two\r");
    alice.shows("you → bob: two  … waits");
    alice.press(&format!("three\rhalf 日本 a line{LEFT}{LEFT}"));
    alice.prompts_at("to bob…> half 日本 a line", "to bob…> half 日本 a li");
    bob.send("SAY alice are you there?");
    bob.waits_for("+OK taken");
    proxy.heal();
    alice.shows("bob: are you there?");
    alice.prompts_at("to bob > half 日本 a line", "to bob > half 日本 a li");
    bob.waits_for("alice three");
    alice.shows("2 messages");
    alice.press("\r");
    bob.waits_for("alice half 日本 a line");
    assert_eq!(bob.texts_of("alice"), ["one", "two", "three", "half 日本 a line"]);
    let screen = alice.screen();
    let rows: Vec<_> = screen.lines().skip_while(|row| !row.contains("out of reach")).map(strip_times).collect();
    assert_eq!(rows[1..3], ["you → bob: two  … waits", "you → bob: three  … waits"], "{screen}");
    assert!(rows[3].starts_with("-- back after ") && rows[3].ends_with(" s; 1 line came meanwhile"), "{screen}");
    assert_eq!(rows[4..6], ["HH:MM bob: are you there?", "      ✓ HH:MM 2 messages"], "{screen}");
}

/// A row with `HH:MM` for every time of day.
fn strip_times(row: &str) -> String {
    let is_time = |word: &str| word.len() == 5 && word.as_bytes()[2] == b':';
    row.split(' ').map(|word| if is_time(word) { "HH:MM" } else { word }).collect::<Vec<_>>().join(" ")
}

#[test]
fn a_cut_while_pairing_loses_neither_request_nor_answer() {
    let daemon = Daemon::start();
    let proxy = Proxy::start(&daemon.address);
    let mut alice = Terminal::at(&proxy.address, "alice");
    let mut bob = Peer::enter(&daemon, "bob");
    proxy.refuse();
    alice.prompts("menu…> ");
    bob.send("REQUEST alice");
    bob.waits_for("+OK ringing");
    proxy.heal();
    alice.shows(">> bob asks you for a private chat: yes or no?");
    alice.prompts("menu > ");
    proxy.refuse();
    alice.prompts("menu…> ");
    alice.press("yes\r");
    alice.shows("… waits");
    proxy.heal();
    bob.waits_for("* paired alice");
    alice.prompts("to bob > ");
}

#[test]
fn every_line_arrives_once_and_in_order_though_the_line_is_cut_under_load() {
    const LINES: usize = 400;
    let daemon = Daemon::start();
    let proxy = Proxy::start(&daemon.address);
    let mut alice = Terminal::at_with(&proxy.address, "alice", &["--quiet"]);
    let mut bob = Peer::enter(&daemon, "bob");
    bob.send("JOIN #load");
    bob.waits_for("+OK room");
    alice.press("join #load\r");
    alice.prompts("#load > ");
    bob.waits_for("* joined #load alice");
    for number in 0..LINES {
        alice.press(&format!("a{number}.\r"));
        bob.send(&format!("SAY #load b{number}."));
        if number % 100 == 50 {
            // Somewhere in the middle of what is under way.
            bob.waits_for(&format!("alice a{}.", number - 30));
            proxy.cut();
        }
        if number % 100 == 80 {
            // So that not more waits than is kept.
            bob.waits_for(&format!("alice a{number}."));
        }
    }
    bob.waits_for(&format!("alice a{}.", LINES - 1));
    alice.writes(&format!("b{}.\r\n", LINES - 1));
    let expected: Vec<_> = (0..LINES).map(|number| format!("a{number}.")).collect();
    assert_eq!(bob.texts_of("alice"), expected);
    let raw = alice.raw();
    let shown: Vec<_> =
        raw.split("\r\n").filter_map(|row| row.rsplit_once("bob\x1b[0m\x1b[38;5;243m: \x1b[0m")).collect();
    let shown: Vec<_> = shown.iter().map(|(_, text)| (*text).to_owned()).collect();
    let expected: Vec<_> = (0..LINES).map(|number| format!("b{number}.")).collect();
    assert_eq!(shown, expected);
    assert!(proxy.taken() >= 5, "cut four times: {} connections", proxy.taken());
}

#[test]
fn what_is_too_much_to_keep_is_counted() {
    let daemon = Daemon::start();
    let proxy = Proxy::start(&daemon.address);
    let mut alice = Terminal::at(&proxy.address, "alice");
    let mut bob = Peer::enter(&daemon, "bob");
    alice.press("join #load\r");
    alice.shows("in #load: alice (you)");
    bob.send("JOIN #load");
    bob.waits_for("+OK room");
    alice.shows("-- bob has joined");
    alice.shows("-- bob entered");
    proxy.refuse();
    alice.prompts("#load…> ");
    let filler = "x".repeat(1000);
    for number in 0..100 {
        bob.send(&format!("SAY #load {filler} {number}."));
        bob.waits_for("+OK taken");
    }
    proxy.heal();
    alice.writes(" 99.\r\n");
    alice.prompts("#load > ");
    let raw = alice.raw();
    let back = raw.split("\r\n").find_map(|row| row.split_once("back after")).unwrap().1;
    let numbers: Vec<usize> = back.split([' ', ',', ';']).filter_map(|word| word.parse().ok()).collect();
    let [_, came, lost] = numbers[..] else { panic!("{back}") };
    assert!(came + lost >= 100 && lost > 20, "{back}");
    let shown = (0..100).filter(|number| raw.contains(&format!(" {number}.\r\n"))).count();
    assert_eq!(shown, came, "what came is shown: {back}");
    bob.send("SAY #load now all is well");
    alice.shows("bob: now all is well");
}

#[test]
fn a_connection_that_is_dead_but_not_closed_is_found_and_replaced() {
    let daemon = Daemon::start();
    let proxy = Proxy::start(&daemon.address);
    let mut alice = Terminal::at_with(&proxy.address, "alice", &["--dead-after", "2"]);
    let mut bob = Peer::enter(&daemon, "bob");
    bob.send("JOIN #dev");
    bob.waits_for("+OK room");
    alice.press("join #dev\r");
    bob.waits_for("* joined #dev alice");
    alice.prompts("#dev > ");
    proxy.stall();
    alice.press("into the void\r");
    bob.send("SAY #dev out of the void");
    alice.shows("does not answer any more; reconnecting");
    alice.shows("bob: out of the void");
    bob.waits_for("alice into the void");
    bob.send("LIST");
    bob.waits_for("+OK listed 2 2");
    assert_eq!(bob.texts_of("alice"), ["into the void"]);
    assert!(!bob.lines.iter().any(|line| line.contains("dropped")), "{:#?}", bob.lines);
}

#[test]
fn a_process_that_was_stopped_goes_on_where_it_was() {
    let daemon = Daemon::start_with(&SHORT_TIMES);
    let proxy = Proxy::start(&daemon.address);
    let (mut alice, mut bob) = pair(&daemon, &proxy);
    alice.signal(Signal::SIGSTOP);
    bob.send("SAY alice while you slept");
    bob.waits_for("* dropped alice");
    alice.signal(Signal::SIGCONT);
    alice.shows("bob: while you slept");
    bob.waits_for("* returned alice");
    alice.press("good morning\r");
    bob.waits_for("alice good morning");
}

#[test]
fn a_name_is_not_lost_to_the_ghost_of_a_killed_chatc() {
    let daemon = Daemon::start_with(&SHORT_TIMES);
    let ghost = Terminal::at(&daemon.address, "alice");
    ghost.signal(Signal::SIGKILL);
    let mut alice = Terminal::start(&[&daemon.address, "--name", "alice"], &[]);
    alice.shows("!! the name alice is taken");
    alice.shows("if that is you: it is free half a minute after that connection broke");
    try_until_in(&mut alice);
    alice.prompts("menu > ");
}

/// Types the name again and again until it is free.
fn try_until_in(alice: &mut Terminal) {
    let clock = Watched::new(());
    for _ in 0..100 {
        alice.shows("name > ");
        alice.press("\x15alice\r");
        alice.waits("an answer", |screen| {
            let text = screen.contents();
            let last = text.trim_end().lines().last().unwrap_or_default().trim().to_owned();
            last == "menu >" || last.starts_with("name >")
        });
        if alice.screen().contains("You are alice") {
            return;
        }
        clock.pauses(Duration::from_millis(200));
    }
    panic!("the name is not free:\n{}", alice.screen());
}

#[test]
fn a_silent_ghost_is_asked_for_a_sign_of_life_and_gives_way() {
    let daemon = Daemon::start_with(&SHORT_TIMES);
    let proxy = Proxy::start(&daemon.address);
    let ghost = Terminal::at(&proxy.address, "alice");
    ghost.signal(Signal::SIGSTOP);
    let mut watcher = Peer::enter(&daemon, "watcher");
    watcher.send("KEEP");
    watcher.waits_for("* ping");
    // The ghost has been silent for about as long; one of the two entries finds it so.
    let mut alice = Terminal::start(&[&daemon.address, "--name", "alice"], &[]);
    alice.waits("an answer", |screen| {
        let text = screen.contents();
        text.contains("Trying again in 5 s") || text.contains("name >") || text.contains("You are alice")
    });
    if alice.screen().contains("name >") {
        try_until_in(&mut alice);
    }
    alice.shows("You are alice");
    alice.prompts("menu > ");
}

#[test]
fn after_a_restart_of_the_server_one_is_in_again_and_in_ones_rooms() {
    let daemon = Daemon::start();
    let address = daemon.address.clone();
    let mut alice = Terminal::at(&address, "alice");
    let mut bob = Terminal::at(&address, "bob");
    for (who, other) in [(&mut alice, ""), (&mut bob, "alice, ")] {
        who.press("join #dev\r");
        who.shows(&format!("-- in #dev: {other}"));
        who.prompts("#dev > ");
    }
    daemon.stop();
    for who in [&alice, &bob] {
        who.shows("hangs up: the server is shutting down");
        who.prompts("#dev…> ");
    }
    alice.press("written in between\r");
    alice.shows("… waits");
    let _daemon = Daemon::start_at(&address, &[]);
    for who in [&alice, &bob] {
        who.shows("as a new user: the server does not know your place any more");
        who.shows("-- you are in #dev again");
        who.prompts("#dev > ");
    }
    // It was sent when alice was in again; bob sees it now or in the backlog.
    bob.shows("alice: written in between");
    bob.press("welcome back\r");
    alice.shows("bob: welcome back");
}

#[test]
fn scripts_end_when_the_connection_is_lost_unless_told_otherwise() {
    let daemon = Daemon::start();
    for (arguments, code) in [(&[][..], Some(1)), (&["--reconnect"], Some(0))] {
        let proxy = Proxy::start(&daemon.address);
        let mut bob = Peer::enter(&daemon, "bob");
        let mut script = Command::new(env!("CARGO_BIN_EXE_chatc"))
            .args([&proxy.address, "--name", "ci"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut input = script.stdin.take().unwrap();
        input.write_all(b"private bob before\n").unwrap();
        bob.waits_for("ci before");
        let mut shown = BufReader::new(script.stdout.take().unwrap()).lines().map(Result::unwrap);
        shown.find(|line| line.starts_with("ok ")).unwrap();
        proxy.cut();
        if code == Some(0) {
            shown.find(|line| line.contains("reconnecting")).unwrap();
            input.write_all(b"private bob after\n").unwrap();
            bob.waits_for("ci after");
        }
        // The end of the input is one way to end, the end of the connection the other.
        let held = (code == Some(1)).then_some(input);
        assert_eq!(script.wait().unwrap().code(), code, "{arguments:?}");
        drop(held);
        bob.send("QUIT");
        bob.waits_for("+OK bye");
    }
}

#[test]
fn one_can_leave_while_the_connection_is_lost() {
    let daemon = Daemon::start();
    let proxy = Proxy::start(&daemon.address);
    let (mut alice, _bob) = pair(&daemon, &proxy);
    proxy.refuse();
    alice.prompts("to bob…> ");
    alice.press("unsent\r");
    alice.shows("… waits");
    alice.prompts("to bob…> ");
    alice.press("\x04");
    assert_eq!(alice.ends().code(), Some(1));
    assert!(
        alice.screen().contains("!! left before the server had acknowledged 1 of your messages"),
        "{}",
        alice.screen()
    );
}

#[test]
fn one_who_is_removed_does_not_come_back_by_itself() {
    let socket = std::env::temp_dir().join(format!("chatd-reconnect-{}.sock", std::process::id()));
    let socket = socket.to_str().unwrap();
    let daemon = Daemon::start_with(&["--control", socket]);
    let mut alice = Terminal::at(&daemon.address, "alice");
    let chatd = |arguments: &[&str]| {
        Command::new(env!("CARGO_BIN_EXE_chatd")).args(arguments).stdout(Stdio::null()).status().unwrap()
    };
    assert!(chatd(&["ctl", "--control", socket, "kick", "alice", "that is enough"]).success());
    assert_eq!(alice.ends().code(), Some(1));
    assert!(alice.screen().contains("that is enough"), "{}", alice.screen());
}
