//! Whatever a server does, chatc's memory has a bound and its keys are answered.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]

use std::sync::atomic::Ordering;

use crate::process::client::hostile::Act;
use crate::process::client::{Hostile, Terminal};

/// What chatc may take, whoever it speaks with.
const MOST_MEMORY: u64 = 64 * 1024 * 1024;

/// Bytes that would fill it, painted or not.
const ENOUGH: u64 = 48 * 1024 * 1024;

/// Bytes after which one sees whether something grows with them: more than the kernel holds.
const SOME: u64 = 6 * 1024 * 1024;

const SAID: &str = "* room 1 @NOON #lobby bob to and fro and to and fro and to and fro\n";

/// alice before a server that has begun with it.
fn begins(act: Act, enough: u64) -> (Hostile, Terminal) {
    let server = Hostile::start(act, enough);
    let terminal = Terminal::start(&[&server.address, "--name", "alice"], &[]);
    terminal.writes("You are ");
    (server, terminal)
}

#[track_caller]
fn memory_is_bounded(server: &Hostile, alice: &Terminal, act: Act) {
    server.shows();
    let (peak, written) = (alice.peak_memory(), server.written.load(Ordering::SeqCst));
    println!("{act:?}: {} KB at most, {} KB were sent", peak / 1024, written / 1024);
    assert!(peak < MOST_MEMORY, "{act:?}: {peak} bytes");
}

/// Presses a key that nothing else shows, and waits for it.
#[track_caller]
fn keys_are_answered(alice: &mut Terminal) {
    for (key, draft) in [("k", " > k"), ("q", " > kq"), ("z", " > kqz")] {
        alice.press(key);
        alice.waits("key", |screen| {
            let (row, _) = screen.cursor_position();
            let text = screen.contents();
            text.lines().nth(row.into()).is_some_and(|line| line.trim_end().ends_with(draft))
        });
    }
}

#[test]
fn lines_without_end_behind_a_resume_fill_nothing() {
    // Short ones that nothing is painted of: each takes many times its bytes if it is held.
    let act = Act::Replay("* hello\n");
    let (server, mut alice) = begins(act, ENOUGH / 2);
    memory_is_bounded(&server, &alice, act);
    keys_are_answered(&mut alice);
}

#[test]
fn a_flood_before_a_stopped_terminal_waits_outside() {
    let act = Act::Flood(SAID);
    let (server, mut alice) = begins(act, 2 * ENOUGH);
    alice.stops(true);
    memory_is_bounded(&server, &alice, act);
    alice.stops(false);
    keys_are_answered(&mut alice);
    alice.press("\x15\x04");
    alice.ends();
}

#[test]
fn floods_of_all_kinds_fill_nothing_and_freeze_no_key() {
    for lines in [
        "* request dave session 60\n* withdrawn dave gone\n",
        "* joined #a alice\n* joined #b alice\n* left #a alice\n* left #b alice\n",
        "* paired bob\n* ended bob by-partner\n",
        "= user 7 dave available - - 1\n",
        "+OK listed 1 1 7\n",
        "-ERR nonsense of all kinds\n",
        "* bye shutdown but it does not go\n",
        "* hello you\n\n",
        "no line at all and no end ",
    ] {
        let act = Act::Flood(lines);
        let (server, mut alice) = begins(act, SOME);
        memory_is_bounded(&server, &alice, act);
        keys_are_answered(&mut alice);
    }
}

#[test]
fn a_server_that_pings_and_never_reads_freezes_no_key() {
    let act = Act::DeafFlood("* ping\n");
    let (server, mut alice) = begins(act, ENOUGH);
    memory_is_bounded(&server, &alice, act);
    keys_are_answered(&mut alice);
}

#[test]
fn a_large_paste_to_a_server_that_does_not_read_freezes_no_key() {
    let act = Act::Deaf;
    let (server, mut alice) = begins(act, SOME);
    alice.press("join #x\r");
    server.shows();
    alice.prompts("#x > ");
    let line = "x".repeat(3000);
    let paste = format!("\x1b[200~{line}\n{line}\x1b[201~\r");
    for _ in 0..100 {
        alice.press(&paste);
    }
    memory_is_bounded(&server, &alice, act);
    keys_are_answered(&mut alice);
    alice.press("\x15\x04");
    alice.ends();
}
