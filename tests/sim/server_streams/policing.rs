//! What the operator does against those who disturb, and what the answers promise.

use std::time::Duration;

use chatd::chat::UnixMillis;
use chatd::limits::Limits;
use chatd::server::{Config, Password};

use super::support::{Bench, Client};

/// An hour after the bench's wall clock starts.
const AN_HOUR_ON: &str = "2027-01-15T09:00:00Z";

/// The same order from the console; one line comes back.
fn ask(bench: &mut Bench, console: &Client, order: &str) -> String {
    let told = bench.ask(console, format!("{order}\n"));
    assert_eq!(told.len(), 1, "{order}: {told:?}");
    told.into_iter().next().unwrap_or_default()
}

#[test]
fn a_ban_and_a_mute_say_until_when() {
    let mut bench = Bench::new();
    let console = bench.console();
    for (order, answer) in [
        (
            "ban ann 1h too loud",
            format!("ann is shut out for 1h, until {AN_HOUR_ON}; connections closed: 0; reason: too loud"),
        ),
        ("ban ann 60M", format!("ann is shut out for 1h, until {AN_HOUR_ON}; connections closed: 0")),
        ("ban ann for 1h", "ann is shut out for ever; connections closed: 0; reason: for 1h".to_owned()),
        ("ban ann too loud", "ann is shut out for ever; connections closed: 0; reason: too loud".to_owned()),
        ("ban ::ffff:10.9.0.0/104", "10.0.0.0/8 is shut out for ever; connections closed: 0".to_owned()),
        ("mute ann 1h", format!("ann is muted for 1h, until {AN_HOUR_ON}; nobody here has that name now")),
        ("mute ann", "ann is muted for ever; nobody here has that name now".to_owned()),
    ] {
        assert_eq!(ask(&mut bench, &console, order), answer);
    }
    for wrong in [
        "ban ann 30",
        "ban ann 1h 30m",
        "ban ann (1h)",
        "ban ann 99999d",
        "kick ann 30",
        "mute ann 30",
        "mute ann soon",
        "ban 127.0.0.1:5",
        "mute operator",
    ] {
        assert!(ask(&mut bench, &console, wrong).starts_with("error: "), "{wrong}");
    }
    let bans = bench.ask(&console, "bans\n");
    assert_eq!(bans, ["ann  for ever  too loud", "10.0.0.0/8  for ever"], "what was wrong has changed nothing");
}

#[test]
fn mutes_in_force_are_listed() {
    let mut bench = Bench::new();
    let (console, ann) = (bench.console(), bench.user("ann"));
    assert_eq!(ask(&mut bench, &console, "mutes"), "nobody is muted");
    assert_eq!(ask(&mut bench, &console, "mute 1 90s"), "ann is muted for 1m30s, until 2027-01-15T08:01:30Z");
    ask(&mut bench, &console, "mute eve");
    assert_eq!(bench.ask(&console, "mutes\n"), ["ann  for 1m", "eve  for ever"]);
    bench.advance(Duration::from_secs(90));
    assert_eq!(bench.ask(&console, "mutes\n"), ["eve  for ever"]);
    assert_eq!(ask(&mut bench, &console, "unmute ann"), "ann was not muted; mutes shows who is");
    assert_eq!(ask(&mut bench, &console, "unmute EVE"), "EVE has its voice back");
    bench.all_leave(&[&ann, &console]);
}

#[test]
fn one_who_is_muted_opens_no_room_whose_name_others_are_shown() {
    let mut bench = Bench::new();
    let (console, ann, bob) = (bench.console(), bench.user("ann"), bench.user("bob"));
    bench.send(&ann, "WATCH on\nJOIN #open\n");
    bench.advance(Duration::from_secs(1));
    ask(&mut bench, &console, "mute bob");
    ann.received();
    assert!(bench.ask(&bob, "JOIN #telling\n")[0].starts_with("-ERR muted "));
    assert_eq!(bench.ask(&bob, "JOIN #open\n").last().map(String::as_str), Some("+OK room #open"));
    bench.advance(Duration::from_secs(1));
    assert_eq!(ann.lines(), ["* joined #open bob"]);
    ask(&mut bench, &console, "unmute bob");
    assert_eq!(bench.ask(&bob, "JOIN #telling\n").last().map(String::as_str), Some("+OK room #telling"));
    bench.all_leave(&[&ann, &bob, &console]);
}

#[test]
fn a_guests_name_that_is_shut_out_is_not_given_again() {
    let mut bench = Bench::new();
    let (console, guest) = (bench.console(), bench.connect());
    assert_eq!(bench.ask(&guest, "ENTER\n"), ["+OK entered 1 USER40001"]);
    let told = ask(&mut bench, &console, "ban USER40001 1h spam");
    assert!(told.ends_with("; a guest comes back as another one: its address can be shut out"), "{told}");
    assert!(guest.received().starts_with("* bye banned "));
    bench.half_close(&guest);
    let back = bench.connect_on([10, 0, 0, 7].into(), 40_001);
    let told = bench.ask(&back, "ENTER\n");
    assert_eq!(told, ["-ERR banned the operator has shut that name out for 3600 more seconds: spam"]);
    bench.advance(Duration::from_secs(15));
    ask(&mut bench, &console, "unban user40001");
    let back = bench.connect_on([10, 0, 0, 7].into(), 40_001);
    assert_eq!(bench.ask(&back, "ENTER\n"), ["+OK entered 2 USER40001"]);
    assert!(ask(&mut bench, &console, "mute USER40001").ends_with("; a guest comes back as another one"));
}

#[test]
fn the_operators_reason_is_told_whatever_was_shut_out() {
    let mut bench = Bench::new();
    let console = bench.console();
    ask(&mut bench, &console, "ban ann 1h too loud");
    ask(&mut bench, &console, "ban 10.0.0.9 1h too loud");
    let peer = bench.connect();
    assert!(bench.ask(&peer, "ENTER ann\n")[0].ends_with(": too loud"));
    let peer = bench.connect_from([10, 0, 0, 9]);
    bench.settle();
    assert!(peer.received().ends_with(": too loud\n"));
}

#[test]
fn what_is_shut_out_with_more_is_not_let_in_alone() {
    let mut bench = Bench::new();
    let console = bench.console();
    ask(&mut bench, &console, "ban 10.0.0.0/8");
    assert_eq!(ask(&mut bench, &console, "unban 10.1.2.3"), "10.1.2.3 is shut out with 10.0.0.0/8; unban 10.0.0.0/8");
    assert_eq!(ask(&mut bench, &console, "unban 11.1.2.3"), "11.1.2.3 was not shut out; bans shows who is");
    assert_eq!(ask(&mut bench, &console, "unban ::ffff:10.9.9.9/104"), "10.0.0.0/8 is let in again");
}

#[test]
fn wrong_passwords_are_in_the_log_by_their_number_and_never_by_the_word() {
    let password = Password::new("open sesame");
    let mut bench = Bench::with(Config { password, limits: Limits::DEFAULT.without_rates(), ..Config::default() });
    let (one, other) = (bench.connect(), bench.connect_from([10, 0, 0, 9]));
    bench.log();
    bench.send(&one, "PASSWORD guess1\n");
    assert_eq!(bench.log(), ["wrong-password count=1 from=10.0.0.7:40001"]);
    bench.send(&other, "PASSWORD guess2\n");
    bench.advance(Duration::from_secs(2));
    bench.send(&one, "PASSWORD guess3\n");
    assert_eq!(bench.log(), Vec::<String>::new(), "once in 10 seconds");
    bench.advance(Duration::from_secs(10));
    assert_eq!(bench.log(), ["wrong-password count=2 from=10.0.0.7:40001"]);
    let told = bench.ask(&one, "PASSWORD open sesame\nENTER bob\n");
    assert_eq!(told.last().map(String::as_str), Some("+OK entered 1 bob"), "it is told apart from the right one");
    assert!(!bench.log().concat().contains("wrong-password"));
}

#[test]
fn a_ban_that_is_over_leaves_the_list_and_the_file_by_itself() {
    let mut bench = Bench::new();
    let console = bench.console();
    ask(&mut bench, &console, "ban ann 1m");
    ask(&mut bench, &console, "ban eve");
    assert!(bench.server.take_changed_bans(bench.now).is_some());
    bench.advance(Duration::from_secs(59));
    assert_eq!(bench.server.take_changed_bans(bench.now), None);
    bench.advance(Duration::from_secs(1));
    assert_eq!(bench.server.take_changed_bans(bench.now).as_deref(), Some("- eve \n"));
    assert_eq!(bench.server.poll_timeout(bench.now), None, "nothing is due any more");
}

#[test]
fn a_wall_clock_that_is_ahead_for_a_while_lifts_and_deletes_no_ban() {
    let mut bench = Bench::new();
    let console = bench.console();
    ask(&mut bench, &console, "ban ann 1h");
    let before = bench.server.take_changed_bans(bench.now).unwrap();
    let right = bench.now.wall;
    bench.now.wall = UnixMillis(right.0 + 100 * 86_400_000);
    assert_eq!(ask(&mut bench, &console, "bans"), "ann  for 1h0m");
    bench.advance(Duration::from_secs(60));
    bench.now.wall = UnixMillis(right.0 + 60_000);
    assert_eq!(ask(&mut bench, &console, "bans"), "ann  for 59m");
    assert_eq!(bench.server.take_changed_bans(bench.now).unwrap_or(before.clone()), before);
}

#[test]
fn bans_of_an_earlier_daemon_that_are_over_hold_nobody_off_and_go() {
    let mut bench = Bench::new();
    let console = bench.console();
    bench.server.load_bans("1700000000000/3600 ann \n- eve \n", bench.now).unwrap();
    assert_eq!(bench.ask(&console, "bans\n"), ["eve  for ever"]);
    assert_eq!(bench.server.take_changed_bans(bench.now).as_deref(), Some("- eve \n"));
    bench.user("ann");
}
