//! chatd and chatc together, as people use them: two or three terminals and one daemon.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]

use std::io::Write;
use std::process::{Command, Stdio};

use crate::process::client::{Daemon, Peer, Terminal};
use nix::sys::signal::Signal;

const CTRL_D: &str = "\x04";
const CTRL_U: &str = "\x15";
const LEFT: &str = "\x1b[D";

/// Two who are chatting with each other.
fn pair(daemon: &Daemon) -> (Terminal, Terminal) {
    let mut alice = Terminal::at(&daemon.address, "alice");
    let mut bob = Terminal::at(&daemon.address, "bob");
    bob.press("2 alice\r");
    alice.shows(">> bob asks you");
    alice.press("yes\r");
    alice.prompts("to bob > ");
    bob.prompts("to alice > ");
    (alice, bob)
}

#[test]
fn from_the_first_name_to_a_private_chat_and_back() {
    let daemon = Daemon::start();
    let mut alice = Terminal::start(&[&daemon.address], &[]);
    alice.prompts_at("name > [tester]", "name > ");
    alice.press(&format!("{CTRL_U}alice\r"));
    alice.shows("You are alice, user 1 at 127.0.0.1:");
    alice.shows("Nobody else is here yet.");
    alice.prompts("menu > ");

    let mut bob = Terminal::start(&[&daemon.address, "--name", "ALICE"], &[]);
    bob.shows("!! the name ALICE is taken; choose another");
    bob.prompts_at("name > [tester]", "name > ");
    bob.press(&format!("{CTRL_U}bob\r"));
    bob.shows("    1  alice  available");
    bob.prompts("menu > ");
    alice.shows("-- bob entered");
    let mut carol = Terminal::at(&daemon.address, "carol");

    alice.press(&format!("announce lunch, 日本 {LEFT}{LEFT}"));
    alice.prompts_at("menu > announce lunch, 日本", "menu > announce lunch, 日");
    bob.press("request\r");
    bob.prompts("who? > ");
    bob.press("1\r");
    bob.shows("-- it rings at alice; cancel takes it back (60 s)");
    alice.shows(">> bob asks you for a private chat: yes or no? (60 s)");
    alice.prompts_at("menu > announce lunch, 日本", "menu > announce lunch, 日");
    assert!(alice.raw().contains('\x07'), "it rings");
    alice.press("!\r");
    bob.shows("[everyone] alice: lunch, 日!本");
    carol.shows("[everyone] alice: lunch, 日!本");

    alice.press("y\r");
    for (who, other) in [(&alice, "bob"), (&bob, "alice")] {
        who.shows(&format!("-- you are chatting with {other}; quit ends it"));
        who.prompts(&format!("to {other} > "));
    }
    alice.press("hello bob\r");
    bob.shows("alice: hello bob");
    bob.press("hello alice\r");
    alice.shows("bob: hello alice");
    alice.shows("hello bob  ✓");

    carol.press("1\r");
    carol.shows("alice  chatting with bob");
    carol.shows("bob    chatting with alice");
    carol.press("2 bob\r");
    carol.shows("!! busy: bob is chatting with alice");

    bob.press("quit\r");
    bob.shows("-- you ended the chat with alice");
    alice.shows("-- bob ended the chat");
    for who in [&alice, &bob] {
        who.prompts("menu > ");
    }
    carol.press("list\r");
    carol.waits("both available", |screen| {
        let text = screen.contents();
        text.rsplit("menu > list").next().unwrap().matches(" available ").count() == 3
    });
    bob.press("3\r");
    assert_eq!(bob.ends().code(), Some(0));
    alice.shows("-- bob left the chat");
}

#[test]
fn a_request_is_rejected_cancelled_or_chosen_among_several() {
    let daemon = Daemon::start();
    let mut alice = Terminal::at(&daemon.address, "alice");
    let mut bob = Terminal::at(&daemon.address, "bob");
    let mut carol = Terminal::at(&daemon.address, "carol");
    bob.press("2 alice\r");
    alice.shows(">> bob asks you");
    carol.press("2 alice\r");
    alice.shows(">> carol asks you for a private chat: yes carol or no carol?");
    alice.press("yes\r");
    alice.shows("!! several requests wait; say whose: accept NAME");
    alice.press("no bob\r");
    bob.shows("-- alice said no");
    carol.press("cancel\r");
    alice.shows("-- carol took the request back");
    bob.press("2 alice\r");
    bob.shows("it rings at alice");
    carol.press("2 alice\r");
    alice.waits("four requests", |screen| screen.contents().matches(">> ").count() == 4);
    alice.press("accept carol\r");
    carol.prompts("to alice > ");
    bob.shows("-- alice is in a private chat with somebody else now");
    bob.prompts("menu > ");
}

#[test]
fn the_loss_of_a_partner_is_told_and_one_is_free_again() {
    let daemon = Daemon::start_with(&["--resume-grace", "0"]);
    let (mut alice, bob) = pair(&daemon);
    alice.press("half a line");
    alice.prompts("to bob > half a line");
    bob.signal(Signal::SIGKILL);
    alice.shows("-- bob is gone; the chat is over");
    alice.prompts("to bob > half a line");
    alice.press(&format!("{CTRL_U}list"));
    alice.prompts("menu > list");
    alice.press("\r");
    alice.shows("alice  available");
}

#[test]
fn the_loss_of_a_partner_that_may_come_back_is_told_as_such() {
    let daemon = Daemon::start();
    let (mut alice, bob) = pair(&daemon);
    bob.signal(Signal::SIGKILL);
    alice.shows("-- bob has lost the connection and may come back");
    alice.prompts("to bob > ");
    alice.press("/list\r");
    alice.shows("reconnecting");
    alice.press("quit\r");
    alice.prompts("menu > ");
}

#[test]
fn rooms_hold_more_than_two_and_keep_their_last_lines() {
    let daemon = Daemon::start();
    let mut alice = Terminal::at(&daemon.address, "alice");
    let mut bob = Terminal::at(&daemon.address, "bob");
    alice.press("JOIN\r");
    alice.shows("-- welcome to #lobby; a line goes to everybody in it, leave leaves");
    alice.prompts("#lobby > ");
    alice.press("anybody?\r");
    alice.shows("✓");
    bob.press("join alice\r");
    bob.shows("-- #lobby keeps its last lines for those who come later:");
    bob.shows("(earlier) alice: anybody?");
    bob.prompts("#lobby > ");
    alice.shows("-- bob has joined");
    let mut guest = Terminal::start(&[&daemon.address, "--guest"], &[]);
    guest.shows("You are USER");
    guest.press("rooms\r");
    guest.shows("#lobby  2 people");
    guest.press("join #LOBBY\r");
    guest.shows("-- in #lobby: alice, bob, USER");
    guest.press("hello all\r");
    for who in [&alice, &bob] {
        who.shows(": hello all");
    }
    guest.shows("hello all  ✓");
    bob.press("LEAVE\r");
    bob.prompts("menu > ");
    alice.shows("-- bob has left");
    guest.press(CTRL_D);
    assert_eq!(guest.ends().code(), Some(0));
    alice.shows("has left (left the chat)");
}

#[test]
fn one_who_is_in_no_room_is_asked_into_a_new_one() {
    let daemon = Daemon::start();
    let mut alice = Terminal::at(&daemon.address, "alice");
    let mut bob = Terminal::at(&daemon.address, "bob");
    alice.press("join bob\r");
    alice.shows("-- #alice is open; it rings at bob");
    bob.shows(">> alice asks you to join #alice: yes or no?");
    bob.press("yes\r");
    bob.prompts("#alice > ");
    alice.shows("-- bob has joined");
    bob.press("here I am\r");
    alice.shows("bob: here I am");
}

#[test]
fn private_messages_reach_one_and_nobody_who_is_not_there() {
    let daemon = Daemon::start();
    let (mut alice, mut bob) = pair(&daemon);
    let mut carol = Terminal::at(&daemon.address, "carol");
    carol.press("private\r");
    carol.prompts("to whom? > ");
    carol.press("alice\r");
    carol.prompts("text to alice? > ");
    carol.press("psst, alice\r");
    alice.shows("[private] carol: psst, alice");
    carol.press("private nobody hello\r");
    carol.shows("!! not sent to nobody: nobody here is nobody");
    alice.press("/private carol later\r");
    carol.shows("[private] alice: later");
    alice.press("//list\r");
    bob.shows("alice: /list");
    bob.press("/frobnicate\r");
    bob.shows("!! there is no command /frobnicate");
    bob.press("seen?\r");
    alice.shows("bob: seen?");
    let screen = bob.screen();
    assert!(!screen.contains("psst") && !alice.screen().contains("frobnicate"), "{screen}");
}

#[test]
fn nothing_one_sends_acts_on_anothers_terminal() {
    let daemon = Daemon::start();
    let alice = Terminal::at(&daemon.address, "alice");
    let mut mallory = Peer::enter(&daemon, "mallory");
    mallory.send("PRIVATE alice \x1b[2J\x1b]0;owned\x07\u{9b}2J\u{202e}txt");
    mallory.waits_for("+OK taken");
    alice.writes("\u{fffd}[2J\u{fffd}]0;owned\u{fffd}\u{fffd}2J\u{fffd}txt");
    let raw = alice.raw();
    assert!(!raw.contains("\x1b[2J") && !raw.contains("\x1b]0"), "{raw:?}");
}

#[test]
fn a_password_is_asked_for_without_showing_it() {
    let file = std::env::temp_dir().join(format!("chatd-password-{}", std::process::id()));
    std::fs::write(&file, "open sesame\n").unwrap();
    let path = file.to_str().unwrap();
    let daemon = Daemon::start_with(&["--password-file", path]);
    let mut alice = Terminal::start(&[&daemon.address, "--name", "alice"], &[]);
    alice.shows("asks for a password");
    alice.prompts("password > ");
    alice.press("guess\r");
    alice.shows("!! that is not the password");
    alice.prompts("password > ");
    alice.press("open sesame\r");
    alice.shows("You are alice");
    alice.press("rooms\r");
    alice.shows("there are no rooms");
    alice.press("\x1b[A\x1b[A\x1b[A");
    alice.prompts("menu > rooms");
    let raw = alice.raw();
    assert!(!raw.contains("guess") && !raw.contains("sesame") && !raw.contains("gu"), "{raw:?}");

    let mut plain = Terminal::start(&[&daemon.address, "--plain", "--name", "paula"], &[]);
    plain.shows("-- the password?");
    plain.press("open sesame\n");
    plain.shows("You are paula");
    let (before, now) = plain.modes();
    assert_eq!(before.local_flags, now.local_flags);
    assert!(!plain.raw().contains("sesame"), "{}", plain.raw());

    let script = |arguments: &[&str]| {
        let chatc = Command::new(env!("CARGO_BIN_EXE_chatc"))
            .args([&daemon.address, "--name", "ci"])
            .args(arguments)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        (chatc.status.code(), String::from_utf8(chatc.stderr).unwrap())
    };
    let (code, error) = script(&[]);
    assert_eq!(code, Some(1));
    assert!(error.contains("asks for a password") && error.contains("--password-file"), "{error}");
    assert_eq!(script(&["--password-file", path]), (Some(0), String::new()));
    let (code, error) = script(&["--password-file", "/nonexistent/file"]);
    assert_eq!(code, Some(1));
    assert!(error.contains("cannot read /nonexistent/file"), "{error}");
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn a_script_talks_to_a_terminal() {
    let daemon = Daemon::start();
    let mut alice = Terminal::at(&daemon.address, "alice");
    alice.press("join #builds\r");
    alice.prompts("#builds > ");
    let mut script = Command::new(env!("CARGO_BIN_EXE_chatc"))
        .args([&daemon.address, "--name", "ci"])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    script.stdin.take().unwrap().write_all(b"join #builds\nnightly is green\n/private alice done\n").unwrap();
    alice.shows("ci: nightly is green");
    alice.shows("[private] ci: done");
    assert_eq!(script.wait().unwrap().code(), Some(0));
}

#[test]
fn without_an_editor_too_chatc_waits_while_the_server_takes_its_time() {
    let daemon = Daemon::start_with(&["--rate-lines", "8/3.5"]);
    let mut bob = Peer::enter(&daemon, "bob");
    let mut alice = Terminal::start(&[&daemon.address, "--name", "alice", "--plain"], &[]);
    alice.shows("3 quit");
    let lines: String = (1..=5).map(|number| format!("private bob line {number}\n")).collect();
    alice.press(&format!("{lines}{CTRL_D}"));
    for number in 1..=5 {
        bob.waits_for(&format!("alice line {number}"));
    }
    assert_eq!(alice.ends().code(), Some(0));
    assert!(!alice.screen().contains("!!"), "{}", alice.screen());
}

/// What README.md draws, without its remarks, and with the same time everywhere.
fn drawn() -> Vec<String> {
    let readme = include_str!("../../README.md");
    let block = readme.split("```text\n").nth(1).unwrap().split("```").next().unwrap();
    block.lines().map(|row| same_times(row.split('←').next().unwrap().trim_end())).collect()
}

fn same_times(row: &str) -> String {
    let is_time = |word: &str| word.len() == 5 && word.as_bytes()[2] == b':';
    let words: Vec<_> = row.split(' ').map(|word| if is_time(word) { "HH:MM" } else { word }).collect();
    words.join(" ")
}

#[test]
fn what_the_readme_draws_happens() {
    let daemon = Daemon::start();
    let mut carol = Peer::enter(&daemon, "carol");
    let mut bob = Peer::enter(&daemon, "bob");
    let mut alice = Terminal::at(&daemon.address, "alice");
    let rows = drawn();
    let draft = rows[0].trim();
    alice.press(draft.strip_prefix("menu > ").unwrap());
    alice.prompts(draft);
    bob.send("REQUEST alice");
    alice.shows(&rows[1..3].join("\n"));
    alice.press("\x18y");
    bob.waits_for("* paired alice");
    alice.shows(&rows[3..5].join("\n"));
    alice.prompts(draft);
    alice.press("ule\r");
    carol.waits_for("alice about the schedule");
    alice.shows("to carol\n");
    bob.send("SAY alice got a minute?");
    alice.shows("bob: got a minute?");
    alice.prompts("to bob > ");
    alice.press("for you, two\r");
    bob.waits_for("alice for you, two");
    alice.shows("for you, two  ✓");
    bob.send("END");
    alice.prompts("menu > ");
    let screen = alice.screen();
    let shown: Vec<_> = screen.lines().map(same_times).skip_while(|row| !row.starts_with(">>")).collect();
    let left: Vec<_> = rows.iter().filter(|row| row.trim() != draft).collect();
    let trimmed = |row: &String| row.trim_end().to_owned();
    assert_eq!(shown.iter().map(trimmed).collect::<Vec<_>>(), left.into_iter().map(trimmed).collect::<Vec<_>>());
}
