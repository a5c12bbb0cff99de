//! A fixed amount of work in one process, whose instructions benches/guard.sh counts. Not a
//! benchmark of its own: it prints nothing and measures nothing.
//!
//! `guard WORK COUNT`, where WORK is one of [`WORKS`].

#![allow(clippy::indexing_slicing, reason = "a wrong index in a benchmark may end it")]

#[path = "support/memory.rs"]
#[allow(dead_code, reason = "shared with the micro benches and a test, which use other parts")]
mod memory;

use std::process::ExitCode;

use memory::Desk;

const TEXT: &str = "the quick brown fox jumps over the lazy dog, again and again";

/// The names of what can be counted, each with what does it so many times.
const WORKS: [(&str, fn(usize)); 13] = [
    ("say", |count| say(count, 1)),
    ("say-64", |count| say(count, 64)),
    ("say-kept", |count| say_kept(count, 1)),
    ("say-kept-64", |count| say_kept(count, 64)),
    ("room-say-100", |count| room_say(count, 100, 1, false)),
    ("room-kept-100", |count| room_say(count, 100, 1, true)),
    ("room-say-100-64", |count| room_say(count, 100, 64, false)),
    ("room-kept-100-64", |count| room_say(count, 100, 64, true)),
    ("room-say-1000", |count| room_say(count, 1000, 1, false)),
    ("room-kept-1000", |count| room_say(count, 1000, 1, true)),
    ("enter", enter),
    ("join-100", join),
    ("resume", resume),
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let (name, count) = match arguments.as_slice() {
        [name, count] => (name.as_str(), count.parse().unwrap_or(0)),
        // `cargo test --benches`: does it work?
        [] => {
            for (_, work) in WORKS {
                work(2);
            }
            return ExitCode::SUCCESS;
        }
        _ => ("", 0),
    };
    match WORKS.iter().find(|(known, _)| *known == name) {
        Some((_, work)) if count > 0 => {
            work(count);
            ExitCode::SUCCESS
        }
        _ => {
            for (name, _) in WORKS {
                println!("{name}");
            }
            ExitCode::FAILURE
        }
    }
}

/// Ticks in which one of a pair says something; a millisecond passes between them.
fn say(count: usize, messages: usize) {
    let mut desk = Desk::default();
    let (one, two) = desk.pair();
    let lines = format!("SAY u{two} {TEXT}\n").repeat(messages);
    let before = desk.lines_to(two);
    for _ in 0..count {
        desk.pass(1);
        desk.send(one, lines.as_bytes());
        desk.tick();
    }
    assert_eq!(desk.lines_to(two) - before, count * messages, "every message arrived");
}

/// As [`say`], by two whose places are kept; both say what they have seen every 50 lines.
fn say_kept(count: usize, messages: usize) {
    let mut desk = Desk::default();
    let (one, two) = desk.pair();
    for who in [one, two] {
        desk.keep(who);
    }
    let lines = format!("SAY u{two} {TEXT}\n").repeat(messages);
    let before = [one, two].map(|who| desk.lines_to(who));
    let (mut seen, mut told) = (0, 0);
    for _ in 0..count {
        desk.pass(1);
        while seen - told >= 50 {
            told += 50;
            for who in [one, two] {
                desk.send(who, format!("@ {told}\n").as_bytes());
            }
        }
        desk.send(one, lines.as_bytes());
        desk.tick();
        seen += messages;
    }
    for (who, before) in [one, two].into_iter().zip(before) {
        assert_eq!(desk.lines_to(who) - before, count * messages, "every line arrived");
    }
}

/// One of a pair that loses its connection, is told something meanwhile, and comes back in the
/// next tick.
fn resume(count: usize) {
    let mut desk = Desk::default();
    let (one, two) = desk.pair();
    let token = desk.keep(two);
    let line = format!("SAY u{two} {TEXT}\n");
    for seen in 0..count {
        desk.pass(1);
        desk.cut(two);
        desk.send(one, line.as_bytes());
        desk.tick();
        desk.reconnect(two);
        // Users are numbered from 1 up.
        desk.send(two, format!("RESUME {} {token} {seen}\n", two + 1).as_bytes());
        desk.tick();
        desk.drop_log();
        assert_eq!(desk.lines_to(two), 2, "the answer, and what was missed");
    }
}

/// Ticks in which one member of a room says something, so many times. Where places are kept, each member
/// says what it has seen every 50 lines.
fn room_say(count: usize, size: usize, messages: usize, are_kept: bool) {
    let mut desk = Desk::default();
    let speaker = desk.room(size);
    if are_kept {
        (0..size).for_each(|member| drop(desk.keep(speaker + member)));
    }
    let (mut seen, mut told) = (0, 0);
    let lines = format!("SAY #lobby {TEXT}\n").repeat(messages);
    let before = desk.lines_to(speaker + 1);
    for _ in 0..count {
        desk.pass(1);
        if are_kept && seen - told >= 50 {
            told = seen;
            (0..size).for_each(|member| desk.send(speaker + member, format!("@ {seen}\n").as_bytes()));
        }
        desk.send(speaker, lines.as_bytes());
        desk.tick();
        seen += messages;
    }
    desk.settle();
    assert_eq!(desk.lines_to(speaker + 1) - before, count * messages, "every message arrived");
}

/// Connections that enter, one a tick.
fn enter(count: usize) {
    let mut desk = Desk::default();
    for _ in 0..count {
        desk.enter();
        desk.drop_log();
    }
    assert_eq!(desk.server().user_count(), count);
}

/// Members that leave a room of 100 and come back, one a tick.
fn join(count: usize) {
    let mut desk = Desk::default();
    let first = desk.room(100);
    for number in 0..count {
        desk.send(first + number % 100, b"LEAVE\nJOIN\n");
        desk.tick();
        desk.drop_log();
    }
}
