//! The domain where a simulation seldom gets: crowds, full lists, listings in parts, names that are
//! taken. `cargo test --test domain_limits` runs it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]

mod domain_support;

use chatd::chat::{Chat, Command, Entry, Mention, Name, Settings, Text, UserKey};
use chatd::limits::{REQUESTS_WAITING, ROWS_PER_REPLY};
use chatd::wire::Fault;
use domain_support::{Recorder, at, command};

/// Lets `count` users in, called `u0`, `u1` and so on.
fn crowd(chat: &mut Chat, count: usize) -> Vec<UserKey> {
    let enter = |index| {
        let name = Some(Name::new(&format!("u{index}")).unwrap());
        chat.enter(Entry { name, address: None }, at(0), &mut Recorder::default()).unwrap().0
    };
    (0..count).map(enter).collect()
}

#[test]
fn a_user_has_at_most_so_many_requests_waiting() {
    let mut chat = Chat::new(Settings::default());
    let users = crowd(&mut chat, REQUESTS_WAITING + 2);
    let mut out = Recorder::default();
    for asker in &users[1..=REQUESTS_WAITING] {
        assert_eq!(command(&mut chat, *asker, "request u0", at(0), &mut out), "+OK ringing u0 session 60");
    }
    let last = *users.last().unwrap();
    for line in ["request u0", "join u0"] {
        assert_eq!(command(&mut chat, last, line, at(0), &mut out), "-ERR too-many-requests");
    }
    assert_eq!(command(&mut chat, users[0], "request u7", at(0), &mut out), "+OK", "a crossing one pairs all the same");
    out.told.clear();
    assert_eq!(chat.poll_timeout(), None, "the session ended all the others");
    chat.check_invariants();
}

#[test]
fn long_listings_come_in_parts_that_show_everybody_once() {
    let mut chat = Chat::new(Settings::default());
    let users = crowd(&mut chat, 2 * ROWS_PER_REPLY + 3);
    for user in &users {
        command(&mut chat, *user, "join #all", at(0), &mut Recorder::default());
    }
    for line in ["list", "members #all"] {
        let (mut uids, mut after, mut parts) = (Vec::new(), String::new(), 0);
        while parts < 10 {
            let mut out = Recorder::default();
            let answer = command(&mut chat, users[0], &format!("{line}{after}"), at(0), &mut out);
            let column = if line == "list" { 2 } else { 3 };
            uids.extend(out.rows.iter().map(|row| row.split(' ').nth(column).unwrap().parse::<u64>().unwrap()));
            (assert!(out.rows.len() <= ROWS_PER_REPLY), parts += 1);
            match answer.split(' ').nth(4) {
                Some(next) => after = format!(" {next}"),
                None => break,
            }
        }
        assert_eq!((parts, uids), (3, (1..=users.len() as u64).collect()), "{line}");
    }
}

#[test]
fn a_guest_may_not_push_a_name_out_of_use() {
    let mut chat = Chat::new(Settings::default());
    let address = Some("10.0.0.1:5".parse().unwrap());
    let mut enter = |name: Option<&str>| {
        let name = name.map(|name| Name::new(name).unwrap());
        let entered = chat.enter(Entry { name, address }, at(0), &mut Recorder::default());
        entered.map(|(_, _, name)| name.to_string()).map_err(|refusal| Fault::from(refusal).to_string())
    };
    assert_eq!(enter(None).unwrap(), "USER5");
    assert_eq!(enter(None).unwrap(), "USER6", "the next number that is free");
    assert_eq!(enter(Some("Alice")).unwrap(), "Alice");
    assert_eq!(enter(Some("ALICE")).unwrap_err(), "the name ALICE is taken; choose another");
}

#[test]
fn a_command_names_the_partner_of_now_and_not_of_then() {
    let mut chat = Chat::new(Settings::default());
    let users = crowd(&mut chat, 3);
    let mut out = Recorder::default();
    for (who, line) in [(0, "request u1"), (1, "request u0"), (1, "end"), (0, "request u2"), (2, "accept u0")] {
        assert!(command(&mut chat, users[who], line, at(0), &mut out).starts_with("+OK"));
    }
    out.told.clear();
    let text = Text::new("for u1's eyes").unwrap();
    let late = Command::Say { to: Mention::new("u1").unwrap(), text };
    assert_eq!(chat.handle_command(users[0], late, at(0), &mut out).unwrap_err().code(), "wrong-partner");
    assert!(out.told.is_empty());
}
