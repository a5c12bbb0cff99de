//! The domain where a simulation seldom gets: crowds, full lists, listings in parts, names that are
//! taken. `cargo test --test sim domain_limits` runs it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]

use crate::memory::domain::{Recorder, at, command};
use chatd::chat::{Chat, Command, Entry, Mention, Name, Settings, Text, UserKey};
use chatd::limits::{REQUESTS_WAITING, ROWS_PER_REPLY};
use chatd::wire::Dialect;
use chatd::wire::Fault;

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

/// Lets somebody in from a machine.
fn enter_from(chat: &mut Chat, machine: u8, name: &str) -> UserKey {
    let (name, address) = (Some(Name::new(name).unwrap()), Some(([10, 0, 0, machine], 5).into()));
    chat.enter(Entry { name, address }, at(0), &mut Recorder::default()).unwrap().0
}

#[test]
fn one_address_cannot_fill_what_waits_for_somebody() {
    let mut chat = Chat::new(Settings::default());
    let bob = enter_from(&mut chat, 1, "bob");
    let crowd: Vec<UserKey> =
        (0..=REQUESTS_WAITING).map(|number| enter_from(&mut chat, 2, &format!("m{number}"))).collect();
    let mut out = Recorder::default();
    for asker in &crowd[..REQUESTS_WAITING] {
        assert_eq!(command(&mut chat, *asker, "request bob", at(0), &mut out), "+OK ringing bob session 60");
    }
    let last = crowd[REQUESTS_WAITING];
    assert_eq!(command(&mut chat, last, "request bob", at(0), &mut out), "-ERR too-many-requests");
    let honest = enter_from(&mut chat, 3, "honest");
    out.told.clear();
    assert_eq!(command(&mut chat, honest, "request bob", at(0), &mut out), "+OK ringing bob session 60");
    let told: Vec<&str> = out.told.iter().map(|(_, line)| line.as_str()).collect();
    let expected = ["* declined bob expired", "* withdrawn m0 expired", "* request honest session 60"];
    assert_eq!(told, expected, "the oldest of the crowd gives way, and both are told");
    chat.check_invariants();
    assert_eq!(command(&mut chat, crowd[0], "request bob", at(0), &mut out), "-ERR too-many-requests");
    assert_eq!(command(&mut chat, bob, "accept honest", at(0), &mut out), "+OK");
}

/// Says as much as a room keeps, in rooms of one's own that one leaves again.
fn fill_rooms(chat: &mut Chat, user: UserKey, prefix: &str, rooms: usize) {
    let (text, mut out) = ("x".repeat(3_800), Recorder::default());
    for room in 0..rooms {
        let answer = command(chat, user, &format!("join #{prefix}{room}"), at(0), &mut out);
        assert!(answer.starts_with("+OK"), "{answer}");
        for _ in 0..9 {
            command(chat, user, &format!("say #{prefix}{room} {text}"), at(0), &mut out);
        }
        command(chat, user, &format!("leave #{prefix}{room}"), at(0), &mut out);
        chat.check_invariants();
    }
}

fn lines_kept(chat: &mut Chat, user: UserKey, room: &str) -> usize {
    let mut out = Recorder::default();
    command(chat, user, &format!("join {room}"), at(0), &mut out);
    command(chat, user, &format!("leave {room}"), at(0), &mut Recorder::default());
    out.told.iter().filter(|(_, line)| line.starts_with("* earlier ")).count()
}

#[test]
fn backlogs_are_bounded_together_and_who_fills_many_rooms_loses_its_own() {
    let mut chat = Chat::new(Settings { backlogs_total: 1 << 20, ..Settings::default() });
    let (honest, noisy) = (enter_from(&mut chat, 1, "honest"), enter_from(&mut chat, 2, "noisy"));
    fill_rooms(&mut chat, honest, "dev", 2);
    fill_rooms(&mut chat, noisy, "n", 300);
    assert_eq!(lines_kept(&mut chat, honest, "#dev0"), 8, "others' rooms keep what they had");
    assert_eq!(lines_kept(&mut chat, honest, "#dev1"), 8);
    assert_eq!(lines_kept(&mut chat, noisy, "#n0"), 0, "the oldest went");
    assert_eq!(lines_kept(&mut chat, noisy, "#n299"), 8, "the newest is there");
    chat.check_invariants();
}

#[test]
fn empty_rooms_in_which_little_was_said_are_bounded_as_well() {
    let mut chat = Chat::new(Settings { backlogs_total: 1 << 20, ..Settings::default() });
    let alice = enter_from(&mut chat, 1, "alice");
    let mut out = Recorder::default();
    for room in 0..3_000 {
        for line in [format!("join #r{room}"), format!("say #r{room} x"), format!("leave #r{room}")] {
            assert!(command(&mut chat, alice, &line, at(0), &mut out).starts_with("+OK"));
        }
    }
    chat.check_invariants();
    let kept = (0..3_000).filter(|room| lines_kept(&mut chat, alice, &format!("#r{room}")) > 0).count();
    assert!((1_000..(1 << 20) / 512).contains(&kept), "each takes 512 bytes besides what was said: {kept}");
}

#[test]
fn where_somebody_sits_the_past_goes_last_and_an_empty_rooms_goes_to_whom_it_was() {
    let mut chat = Chat::new(Settings { backlogs_total: 1 << 20, ..Settings::default() });
    let (honest, noisy) = (enter_from(&mut chat, 1, "honest"), enter_from(&mut chat, 2, "noisy"));
    fill_rooms(&mut chat, honest, "dev", 1);
    // Sitting in it does not make it one's own.
    let mut out = Recorder::default();
    command(&mut chat, noisy, "join #dev0", at(0), &mut out);
    command(&mut chat, noisy, "leave #dev0", at(0), &mut out);
    command(&mut chat, noisy, "join #mine", at(0), &mut out);
    command(&mut chat, noisy, "say #mine old but open", at(0), &mut out);
    fill_rooms(&mut chat, noisy, "n", 100);
    assert_eq!(lines_kept(&mut chat, honest, "#dev0"), 8);
    assert_eq!(lines_kept(&mut chat, honest, "#mine"), 1, "empty rooms went before it");
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
        entered
            .map(|(_, _, name)| name.to_string())
            .map_err(|refusal| Fault::from(refusal).sentence(Dialect::Native).to_string())
    };
    assert_eq!(enter(None).unwrap(), "USER5");
    assert_eq!(enter(None).unwrap(), "USER6", "the next number that is free");
    assert_eq!(enter(Some("Alice")).unwrap(), "Alice");
    assert_eq!(enter(Some("ALICE")).unwrap_err(), "the name ALICE is taken; choose another");
}

/// However many have taken the numbers that come next, another is found at once.
#[test]
fn guests_of_one_port_and_rooms_of_one_owner_find_a_number_among_few() {
    let mut chat = Chat::new(Settings::default());
    let address = Some("10.0.0.1:40000".parse().unwrap());
    let mut out = Recorder::default();
    let mut names = Vec::new();
    for _ in 0..12 {
        names.push(chat.enter(Entry { name: None, address }, at(0), &mut out).unwrap().2.to_string());
    }
    let expected: Vec<String> = (40_000..40_008).map(|number| format!("USER{number}")).collect();
    assert_eq!(names[..8], expected);
    let own = |uid: u64| format!("USER{}", uid * 8 * 65_536 + 40_000);
    assert_eq!(names[8..], [own(9), own(10), own(11), own(12)], "each has numbers of its own");
    let alice = enter_from(&mut chat, 1, "alice");
    let bob = enter_from(&mut chat, 2, "bob");
    let squatter = enter_from(&mut chat, 3, "squatter");
    command(&mut chat, squatter, "join #alice", at(0), &mut out);
    for number in 2..=8 {
        command(&mut chat, squatter, &format!("join #alice-{number}"), at(0), &mut out);
    }
    let answer = command(&mut chat, alice, "join bob", at(0), &mut out);
    let _ = bob;
    assert_eq!(answer, format!("+OK ringing bob #alice-{} 60", 9 * 8 * 65_536 + 1));
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

#[test]
fn one_ignores_sixty_four_and_no_more() {
    let mut chat = Chat::new(Settings::default());
    let users = crowd(&mut chat, 66);
    let mut out = Recorder::default();
    for number in 1..=64 {
        assert_eq!(command(&mut chat, users[0], &format!("ignore u{number}"), at(0), &mut out), "+OK");
    }
    assert_eq!(command(&mut chat, users[0], "ignore u65", at(0), &mut out), "-ERR too-many-ignored");
    assert_eq!(command(&mut chat, users[0], "unignore u1", at(0), &mut out), "+OK");
    assert_eq!(command(&mut chat, users[0], "ignore u65", at(0), &mut out), "+OK", "there is room again");
}

#[test]
fn the_last_twenty_announcements_are_kept_for_those_who_come_later() {
    let mut chat = Chat::new(Settings::default());
    let alice = crowd(&mut chat, 1)[0];
    for number in 0..25 {
        command(&mut chat, alice, &format!("announce {number}"), at(0), &mut Recorder::default());
    }
    let mut out = Recorder::default();
    let entry = Entry { name: Some(Name::new("late").unwrap()), address: None };
    let late = chat.enter(entry, at(0), &mut out).unwrap().0;
    chat.show_announcements(late, &mut out);
    let kept = out.told.iter().filter(|(_, line)| line.starts_with("* announced-earlier "));
    let texts: Vec<&str> = kept.filter_map(|(_, line)| line.rsplit(' ').next()).collect();
    assert_eq!(texts, (5..25).map(|number| number.to_string()).collect::<Vec<_>>(), "{:?}", out.told);
}

#[test]
fn names_and_texts_are_as_long_as_is_told() {
    let is_name = |length: usize| Name::new(&"x".repeat(length)).is_ok();
    assert!(is_name(24) && !is_name(25));
    let (is_wide, is_long) =
        (|count| Name::new(&"李".repeat(count)).is_ok(), |count| Name::new(&"ж".repeat(count)).is_ok());
    assert!(is_wide(12) && !is_wide(13) && is_long(18) && !is_long(19));
    let piled = |marks: &str| Name::new(&format!("ж{marks}")).is_ok();
    assert!(piled("\u{300}\u{301}\u{300}\u{301}") && !piled("\u{300}\u{301}\u{300}\u{301}\u{300}"));
    let is_room = |length: usize| chatd::chat::RoomName::new(&format!("#{}", "x".repeat(length - 1))).is_some();
    assert!(is_room(50) && !is_room(51));
    let is_room_of = |letter: &str, count| chatd::chat::RoomName::new(&format!("#{}", letter.repeat(count))).is_some();
    assert!(is_room_of("李", 24) && !is_room_of("李", 25) && is_room_of("ж", 37) && !is_room_of("ж", 38));
    assert!(chatd::chat::RoomName::new(&format!("#{}1", "ж".repeat(37))).is_none(), "a byte too much");
    let is_text = |length: usize| Text::new(&"x".repeat(length)).is_ok();
    assert!(is_text(3_840) && !is_text(3_841));
    let is_away = |length: usize| Dialect::Native.decode(&format!("AWAY {}", "x".repeat(length))).command.is_ok();
    assert!(is_away(120) && !is_away(121));
}
