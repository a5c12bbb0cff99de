//! Lines that are wrong, and what could act on a terminal.

use chatd::chat::is_unsafe;
use chatd::limits::{DRAINED_BYTES, ENDLESS_LINE_BYTES, LINE_BYTES, REQUESTS_WAITING, ROOMS_PER_USER, TEXT_BYTES};
use chatd::wire::commands::{Place, commands_in};

use super::support::Bench;

/// The code of the one error line that answers.
fn code(lines: &[String]) -> &str {
    let [line] = lines else { panic!("one answer was expected: {lines:?}") };
    line.strip_prefix("-ERR ").and_then(|rest| rest.split(' ').next()).unwrap_or(line)
}

#[test]
fn an_over_long_line_is_skipped_and_answered_once() {
    for size in [LINE_BYTES, LINE_BYTES + 1, 20_000, ENDLESS_LINE_BYTES - 1] {
        for chunk in [1_000, 4_096, 16_384, size + 6] {
            let mut bench = Bench::new();
            let client = bench.user("alice");
            let line = [vec![b'x'; size], b"\nPING\n".to_vec()].concat();
            for part in line.chunks(chunk) {
                bench.send(&client, part);
            }
            let lines = client.lines();
            assert_eq!(code(&lines[..1]), "line-too-long");
            assert_eq!(lines[1..], ["+OK pong"], "{size} bytes in chunks of {chunk}");
        }
    }
}

#[test]
fn what_sends_no_newline_at_all_is_hung_up_on() {
    for chunk in [1_000, 4_096, 16_384, ENDLESS_LINE_BYTES] {
        let mut bench = Bench::new();
        let (client, other) = (bench.user("alice"), bench.user("bob"));
        bench.ask(&client, "KEEP\n");
        bench.log();
        let line = vec![b'x'; ENDLESS_LINE_BYTES];
        line.chunks(chunk).for_each(|part| bench.send(&client, part));
        assert!(client.lines()[0].starts_with("* bye endless-line "), "in chunks of {chunk}");
        assert_eq!(bench.server.user_count(), 1, "its place is not kept");
        let log = bench.log();
        assert!(log[0].ends_with(" name=alice reason=endless-line"), "{log:?}");
        bench.send(&client, vec![b'x'; DRAINED_BYTES]);
        assert!(!client.is_gone(), "it may read that in peace");
        bench.send(&client, "x");
        assert!(client.is_gone(), "but not go on for ever");
        bench.all_leave(&[&other]);
    }
}

/// However slowly a line comes, its end is found, and nobody is hung up on before.
#[test]
fn a_line_that_comes_byte_by_byte_is_a_line() {
    let mut bench = Bench::new();
    let (alice, bob) = bench.pair("alice", "bob");
    for byte in format!("SAY bob {}\r\nPING\n", "y".repeat(TEXT_BYTES)).bytes() {
        bench.send(&alice, [byte]);
    }
    assert_eq!(alice.lines().len(), 2);
    assert!(bob.lines()[0].ends_with("yyy"));
}

#[test]
fn the_longest_line_is_taken() {
    let mut bench = Bench::new();
    let (alice, bob) = bench.pair("alice", "bob");
    let text = "y".repeat(TEXT_BYTES);
    let line = format!("SAY {}bob {text}\n", " ".repeat(LINE_BYTES - TEXT_BYTES - 9));
    assert_eq!(line.len(), LINE_BYTES);
    assert!(bench.ask(&alice, line)[0].starts_with("+OK taken "));
    assert!(bob.lines()[0].ends_with(&text));
}

#[test]
fn no_line_of_the_servers_is_longer_than_a_line_may_be() {
    let mut bench = Bench::logging_rooms();
    let long_name = "n".repeat(24);
    let [alice, bob] = bench.room(["alice", &long_name]);
    let room = format!("#{}", "r".repeat(49));
    for client in [&alice, &bob] {
        bench.send(client, format!("JOIN {room}\n"));
    }
    let widest = "\u{7}".repeat(TEXT_BYTES / 3);
    let longest = "\u{7}".repeat(4_000);
    for text in [&widest, &longest] {
        for command in ["PING", "ANNOUNCE", "PRIVATE alice", &format!("SAY {room}"), "ENTER", "HELP", ""] {
            bench.send(&bob, format!("{command} {text}\n"));
        }
    }
    for client in [&alice, &bob] {
        let lines = client.lines();
        assert!(!lines.is_empty());
        let longest = lines.iter().map(|line| line.len() + 1).max().unwrap();
        assert!(longest <= LINE_BYTES, "a line of {longest} bytes was sent");
    }
}

#[test]
fn wrong_lines_cost_nothing_but_an_error() {
    let mut bench = Bench::new();
    let (alice, bob) = (bench.user("alice"), bench.user("bob"));
    let wrong: [(&[u8], &str); 16] = [
        (b"\xff\xfe\n", "not-utf8"),
        (b"SAY bob \xc3\n", "not-utf8"),
        (b"FLY\n", "unknown-command"),
        (b"\x1b[2J\n", "unknown-command"),
        (b"1\n", "unknown-command"),
        (b"KICK bob\n", "unknown-command"),
        (b"REQUEST\n", "usage"),
        (b"REQUEST bob carol\n", "usage"),
        (b"LIST x\n", "usage"),
        (b"REQUEST b\xc3\xb6b!\n", "bad-name"),
        (b"JOIN #\n", "bad-room"),
        (b"PRIVATE bob\n", "empty-text"),
        (b"ANNOUNCE  \t \n", "empty-text"),
        (b"ENTER carol\n", "already-entered"),
        (b"REQUEST 99\n", "no-such-user"),
        (b"REQUEST alice\n", "yourself"),
    ];
    for (line, expected) in wrong {
        assert_eq!(code(&bench.ask(&alice, line)), expected, "{}", String::from_utf8_lossy(line));
    }
    let long = format!("PRIVATE bob {}\n", "z".repeat(TEXT_BYTES + 1));
    assert_eq!(code(&bench.ask(&alice, long)), "text-too-long");
    assert_eq!(bob.received(), "", "nobody else hears of it");
    assert_eq!(bench.ask(&alice, "PING\n"), ["+OK pong"]);
    bench.all_leave(&[&alice, &bob]);
}

#[test]
fn empty_lines_are_no_commands() {
    let mut bench = Bench::new();
    let client = bench.user("alice");
    assert_eq!(bench.ask(&client, "\n\r\n   \n\t\nPING\n"), ["+OK pong"]);
}

#[test]
fn before_entry_only_what_needs_no_name_is_understood() {
    let mut bench = Bench::new();
    let client = bench.connect();
    for line in ["LIST", "ROOMS", "REQUEST bob", "SAY bob x", "JOIN", "ANNOUNCE x", "WATCH on", "END", "CANCEL"] {
        assert_eq!(code(&bench.ask(&client, format!("{line}\n"))), "not-entered", "{line}");
    }
    for name in ["9lives", "a b", "server", "Me", "USER12", "-x", "a\u{1b}[31m", &"x".repeat(25)] {
        let lines = bench.ask(&client, format!("ENTER {name}\n"));
        assert!(["bad-name", "usage"].contains(&code(&lines)), "{name}: {lines:?}");
    }
    assert!(bench.ask(&client, "HELLO\n")[0].starts_with("+OK chatd "));
    assert_eq!(bench.ask(&client, "HELP ENTER\n").len(), 2);
    assert_eq!(bench.server.user_count(), 0);
    assert_eq!(bench.ask(&client, "ENTER\n"), ["+OK entered 1 USER40001"]);
    bench.all_leave(&[&client]);
}

#[test]
fn nothing_that_one_sends_can_act_on_anothers_terminal() {
    let mut bench = Bench::logging_rooms();
    let [alice, bob] = bench.room(["alice", "bob"]);
    let evil = "\u{1b}]0;owned\u{7}\u{1b}[2J\u{9b}31m\u{0}\u{8}\u{7f}\r\u{202e}txt\u{2066}\u{2028}\u{200f}\u{61c}";
    bench.send(&bob, "REQUEST alice\n");
    bench.send(&alice, "ACCEPT\n");
    for command in ["SAY alice", "SAY #r", "PRIVATE alice", "ANNOUNCE"] {
        bench.send(&bob, format!("{command} {evil}\ttab\n"));
    }
    for command in ["ENTER", "JOIN", "REQUEST", "PING", "HELP", "JOIN #", ""] {
        bench.send(&bob, format!("{command} {evil}\n"));
        bench.send(&bob, format!("{command}{evil}\n"));
    }
    let (heard, answered) = (alice.received(), bob.received());
    let replaced = "\u{fffd}]0;owned\u{fffd}\u{fffd}[2J";
    assert_eq!(heard.lines().filter(|line| line.contains(replaced) && line.ends_with("\ttab")).count(), 4);
    let log = bench.server.journal().take();
    for text in [heard, answered, log] {
        let unsafe_one = text.chars().find(|c| *c != '\n' && is_unsafe(*c));
        assert_eq!(unsafe_one, None, "{text:?}");
    }
}

#[test]
fn private_words_are_not_in_the_log() {
    let mut bench = Bench::logging_rooms();
    let (alice, bob) = bench.pair("alice", "bob");
    bench.send(&alice, "JOIN #r\nSAY bob secret1\nPRIVATE bob secret2\nSAY #r public1\nANNOUNCE public2\n");
    let log = bench.log().join("\n");
    assert!(!log.contains("secret"), "{log}");
    assert!(log.contains("said room=#r from=alice text=public1"), "{log}");
    assert!(log.contains("announce from=alice text=public2"), "{log}");
    bench.all_leave(&[&alice, &bob]);
}

#[test]
fn rooms_are_logged_only_when_asked_for() {
    let mut bench = Bench::new();
    let [alice, bob] = bench.room(["alice", "bob"]);
    bench.send(&alice, "SAY #r words\n");
    assert!(!bench.log().join("\n").contains("words"));
    bench.all_leave(&[&alice, &bob]);
}

#[test]
fn bounds_on_rooms_and_requests_are_told() {
    let mut bench = Bench::new();
    let alice = bench.user("alice");
    for number in 0..ROOMS_PER_USER {
        bench.send(&alice, format!("JOIN #r{number}\n"));
    }
    alice.received();
    assert_eq!(code(&bench.ask(&alice, "JOIN #more\n")), "too-many-rooms");
    let askers: Vec<_> = (0..=REQUESTS_WAITING).map(|number| bench.user(&format!("u{number}"))).collect();
    for asker in &askers {
        bench.send(asker, "REQUEST alice\n");
    }
    assert_eq!(code(&askers[REQUESTS_WAITING].lines()), "too-many-requests");
    assert_eq!(code(&askers[0].lines()), "+OK ringing alice session 60");
    let all: Vec<_> = askers.iter().chain([&alice]).collect();
    bench.all_leave(&all);
}

#[test]
fn in_band_help_shows_every_command_or_one() {
    let mut bench = Bench::new();
    let client = bench.connect();
    let all = bench.ask(&client, "HELP\n");
    assert_eq!(all.len(), commands_in(Place::Wire).count() + 1, "{all:#?}");
    assert_eq!(bench.ask(&client, "help say\n").len(), 2);
    assert_eq!(code(&bench.ask(&client, "HELP kick\n")), "unknown-command");
}
