//! Those who watch: what they are told is collected and told in one piece. `cargo test --test sim domain_watching`
//! runs it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]

use crate::memory::domain::{Recorder, at, command};
use chatd::chat::{Chat, CloseReason, Entry, Millis, Name, Settings, UserKey};
use chatd::limits::{NOTICE_DELAY, NOTICES_TOGETHER};

/// Milliseconds until those who watch are told.
fn delay() -> u64 {
    u64::try_from(NOTICE_DELAY.as_millis()).unwrap()
}

fn enter(chat: &mut Chat, name: &str, millis: u64, out: &mut Recorder) -> UserKey {
    chat.enter(Entry { name: Some(Name::new(name).unwrap()), address: None }, at(millis), out).unwrap().0
}

/// alice and bob watch, carol does not.
fn company(chat: &mut Chat) -> [UserKey; 3] {
    let mut out = Recorder::default();
    let keys = ["alice", "bob", "carol"].map(|name| enter(chat, name, 0, &mut out));
    for watcher in &keys[..2] {
        assert_eq!(command(chat, *watcher, "watch on", at(0), &mut out), "+OK");
    }
    assert!(out.told.is_empty(), "{:?}", out.told);
    keys
}

/// What each line is told to, for those lines that only watchers are told.
fn notices(out: &Recorder) -> Vec<(Vec<UserKey>, &str)> {
    let is_notice =
        |line: &str| ["* entered ", "* gone ", "* opened ", "* closed "].iter().any(|start| line.starts_with(start));
    out.told.iter().filter(|(_, line)| is_notice(line)).map(|(to, line)| (to.clone(), line.as_str())).collect()
}

#[test]
fn what_watchers_are_told_is_told_in_one_piece_a_quarter_of_a_second_after_the_first_of_it() {
    let (mut chat, mut out) = (Chat::new(Settings::default()), Recorder::default());
    let [alice, bob, carol] = company(&mut chat);
    command(&mut chat, carol, "join #one", at(100), &mut out);
    let dave = enter(&mut chat, "dave", 200, &mut out);
    chat.leave(dave, CloseReason::Quit, at(300), &mut out);
    assert_eq!(notices(&out), []);
    assert_eq!(chat.poll_timeout(), Some(Millis(100 + delay())));
    chat.handle_timeout(at(100 + delay() - 1), &mut out);
    assert_eq!(notices(&out), []);
    chat.handle_timeout(at(100 + delay()), &mut out);
    let told = ["* opened #one", "* entered 4 dave", "* gone dave quit"].map(|line| (vec![alice, bob], line));
    assert_eq!(notices(&out), told);
    assert_eq!(chat.poll_timeout(), None, "nothing is told twice");
    chat.check_invariants();
}

#[test]
fn of_a_room_that_opens_and_closes_in_between_nobody_hears() {
    let (mut chat, mut out) = (Chat::new(Settings::default()), Recorder::default());
    let [.., carol] = company(&mut chat);
    command(&mut chat, carol, "join #old", at(0), &mut out);
    chat.handle_timeout(at(delay()), &mut out);
    out.told.clear();
    for line in ["join #new", "leave #NEW", "join #new", "leave #new", "leave #old", "join #OLD", "join #stays"] {
        assert!(command(&mut chat, carol, line, at(1_000), &mut out).starts_with("+OK"));
    }
    chat.handle_timeout(at(1_000 + delay()), &mut out);
    let lines: Vec<&str> = notices(&out).into_iter().map(|(_, line)| line).collect();
    assert_eq!(lines, ["* opened #stays"]);
}

#[test]
fn many_notices_do_not_wait() {
    let (mut chat, mut out) = (Chat::new(Settings::default()), Recorder::default());
    company(&mut chat);
    for number in 1..=NOTICES_TOGETHER {
        assert_ne!(chat.poll_timeout(), Some(Millis(7)), "before the {number}th");
        enter(&mut chat, &format!("u{number}"), 7, &mut out);
    }
    assert_eq!(chat.poll_timeout(), Some(Millis(7)));
    chat.handle_timeout(at(7), &mut out);
    assert_eq!(notices(&out).len(), NOTICES_TOGETHER);
}

#[test]
fn who_starts_to_watch_is_told_of_nothing_from_before() {
    let (mut chat, mut out) = (Chat::new(Settings::default()), Recorder::default());
    let [alice, bob, _] = company(&mut chat);
    let dave = enter(&mut chat, "dave", 1, &mut out);
    command(&mut chat, dave, "watch on", at(2), &mut out);
    enter(&mut chat, "erin", 3, &mut out);
    let frank = enter(&mut chat, "frank", 3, &mut out);
    command(&mut chat, frank, "watch on", at(4), &mut out);
    command(&mut chat, frank, "watch off", at(5), &mut out);
    chat.handle_timeout(at(1 + delay()), &mut out);
    let old = vec![alice, bob];
    let lines = ["* entered 4 dave", "* entered 5 erin", "* entered 6 frank"];
    let mut expected: Vec<_> = lines.map(|line| (old.clone(), line)).to_vec();
    expected.extend(lines[1..].iter().map(|line| (vec![dave], *line)));
    assert_eq!(notices(&out), expected);
    out.told.clear();
    enter(&mut chat, "gina", 1_000, &mut out);
    chat.handle_timeout(at(2_000), &mut out);
    assert_eq!(notices(&out), [(vec![alice, bob, dave], "* entered 7 gina")]);
    chat.check_invariants();
}

#[test]
fn without_watchers_nothing_is_collected() {
    let (mut chat, mut out) = (Chat::new(Settings::default()), Recorder::default());
    let [alice, bob, carol] = company(&mut chat);
    command(&mut chat, carol, "join #one", at(0), &mut out);
    command(&mut chat, alice, "watch off", at(0), &mut out);
    chat.leave(bob, CloseReason::Quit, at(0), &mut out);
    assert_eq!(chat.poll_timeout(), None);
    command(&mut chat, alice, "watch on", at(0), &mut out);
    chat.handle_timeout(at(10_000), &mut out);
    assert_eq!(notices(&out), []);
}
