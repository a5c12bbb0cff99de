//! Every order an operator can give, over the control socket; and bans that outlive the daemon.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use nix::sys::signal::Signal;

use crate::process::daemon::{Client, Daemon, DaemonBuilder, TempDir, matches, run_to_end};

/// The order must be answered by these lines.
#[track_caller]
fn expect(daemon: &Daemon, order: &str, patterns: &[&str]) {
    let answer = daemon.order(order);
    let lines: Vec<&str> = answer.lines().collect();
    let fits = lines.len() == patterns.len() && patterns.iter().zip(&lines).all(|(one, other)| matches(one, other));
    assert!(fits, "{order}\nexpected: {patterns:#?}\n   found: {lines:#?}");
}

/// A client from 127.0.0.N that has sent nothing yet.
fn from(number: u8, daemon: &Daemon) -> Client {
    Client::connect_from(IpAddr::V4(Ipv4Addr::new(127, 0, 0, number)), daemon.address())
}

#[test]
fn list_and_rooms_show_who_and_what_is_there() {
    let daemon = Daemon::observed(&[]);
    let (mut alice, mut bob) = (daemon.user("alice"), daemon.user("bob"));
    alice.join("#dev");
    bob.ask("AWAY at lunch", &["+OK"]);
    bob.ask("DND on", &["+OK"]);
    let (a, b) = (alice.port(), bob.port());
    let answer = daemon.order("list");
    let rows: Vec<String> = answer.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    assert_eq!(rows.first().map(String::as_str), Some("UID NAME STATE HERE FROM"));
    assert_eq!(rows.get(1), Some(&format!("1 alice available 0s 127.0.0.1:{a}")));
    assert_eq!(rows.get(2), Some(&format!("2 bob available 0s 127.0.0.1:{b} do not disturb away: at lunch")));
    assert_eq!(rows.get(3).map(String::as_str), Some("2 in all"));
    expect(&daemon, "rooms", &["MEMBERS  ROOM", "      1  #dev", "1 in all"]);
    expect(&daemon, "list 1", &["{any}", "     2  bob {any}", "{any}"]);
    expect(&daemon, "rooms x", &["error: {any}"]);
}

#[test]
fn announcements_reach_all_and_kicks_one() {
    let daemon = Daemon::observed(&[]);
    let (mut alice, mut bob) = (daemon.user("alice"), daemon.user("bob"));
    expect(&daemon, "announce hello all", &["announced to 2"]);
    expect(&daemon, "kick bob", &["bob was removed"]);
    for client in [&mut alice, &mut bob] {
        client.expect("* announced 1 {time} operator hello all");
    }
    bob.expect("* bye kicked the operator removed you");
    bob.expect_closed();
    expect(&daemon, "kick 1 by number", &["alice was removed"]);
    alice.expect("* bye kicked the operator removed you: by number");
    daemon.user("alice").expect_quiet();
}

#[test]
fn a_name_is_shut_out_for_a_time_and_let_in_again() {
    let mut daemon = Daemon::observed(&[]);
    let (mut alice, mut bob) = (daemon.user("alice"), daemon.user("bob"));
    expect(&daemon, "ban BOB 1h too loud", &["BOB is shut out for 1h, until {any}"]);
    bob.expect("* bye banned the operator has shut you out: too loud");
    bob.expect_closed();
    daemon.expect_log("ban target=BOB closed=1");
    let mut back = Client::connect(daemon.address());
    let told = {
        back.send("ENTER bob");
        back.expect("-ERR banned the operator has shut that name out for {id} more seconds: too loud")
    };
    let left: Option<u32> = told.rsplit(' ').nth(4).and_then(|word| word.parse().ok());
    assert!(left.is_some_and(|left| (3_590..=3_600).contains(&left)), "{told}");
    back.ask("ENTER bobby", &["+OK entered {id} bobby"]);
    expect(&daemon, "bans", &["BOB  for {any}"]);
    expect(&daemon, "unban bob", &["bob is let in again"]);
    expect(&daemon, "unban bob", &["bob was not shut out; bans shows who is"]);
    expect(&daemon, "bans", &["nobody is shut out"]);
    daemon.user("bob").expect_quiet();
    alice.expect_quiet();
}

#[test]
fn addresses_and_networks_are_shut_out_and_told_why_and_how_long() {
    let daemon = Daemon::observed(&[]);
    let mut alice = daemon.user("alice");
    let (mut two, mut three) = (from(2, &daemon), from(3, &daemon));
    two.ask("ENTER two", &["+OK entered {any}"]);
    three.ask("HELLO", &["+OK {any}"]);
    expect(&daemon, "ban 127.0.0.2/31 2h go away", &["127.0.0.2/31 is shut out for 2h, until {any}"]);
    for client in [&mut two, &mut three] {
        client.expect("* bye banned the operator has shut you out: go away");
        client.expect_closed();
    }
    let mut again = from(3, &daemon);
    again.expect("-ERR banned the operator has shut you out: for {any} more: go away");
    again.expect_closed();
    expect(&daemon, "ban 127.0.0.4", &["127.0.0.4 is shut out for ever; connections closed: 0"]);
    from(4, &daemon).expect("-ERR banned the operator has shut you out: for ever");
    from(5, &daemon).ask("HELLO", &["+OK {any}"]);
    expect(&daemon, "bans", &["127.0.0.2/31  for {any}  go away", "127.0.0.4  for ever"]);
    expect(&daemon, "ban 127.0.0.9/8 1s", &["127.0.0.0/8 is shut out for 1s, until {any}"]);
    alice.expect("* bye banned {any}");
    expect(&daemon, "unban 127.0.0.3/31", &["127.0.0.2/31 is let in again"]);
    for wrong in ["ban", "ban no:body", "ban 1.2.3.4/33", "unban", "ban 9lives"] {
        expect(&daemon, wrong, &["error: {any}"]);
    }
}

#[test]
fn a_muted_user_can_read_but_not_send() {
    let mut daemon = Daemon::observed(&[]);
    let (mut alice, mut bob) = (daemon.user("alice"), daemon.user("bob"));
    expect(&daemon, "mute bob 1h", &["bob is muted for 1h, until {any}"]);
    daemon.expect_log("mute name=bob");
    bob.ask("ANNOUNCE hello", &["-ERR muted {any}"]);
    bob.ask("PRIVATE alice hello", &["-ERR muted {any}"]);
    alice.ask("PRIVATE bob hello", &["+OK taken {any}"]);
    bob.expect("* private {any}");
    drop(bob);
    alice.expect_quiet();
    let mut bob = daemon.user("BOB");
    bob.ask("ANNOUNCE hello", &["-ERR muted {any}"]);
    expect(&daemon, "unmute bob", &["bob has its voice back"]);
    expect(&daemon, "unmute bob", &["bob was not muted; mutes shows who is"]);
    bob.ask("ANNOUNCE hello", &["+OK taken {any}"]);
    expect(&daemon, "mute bob 1s", &["bob is muted for 1s, until {any}"]);
    bob.ask("ANNOUNCE hello", &["-ERR muted {any}"]);
    Client::connect(daemon.address()).expect("* hello {any}");
    bob.ask("ANNOUNCE a second has passed", &["+OK taken {any}"]);
    expect(&daemon, "mute bob soon", &["error: {any}"]);
}

#[test]
fn stats_are_for_people_and_for_programs() {
    let daemon = Daemon::observed(&[]);
    let (mut alice, bob) = (daemon.user("alice"), daemon.user("bob"));
    alice.join("#dev");
    alice.ask("ANNOUNCE one", &["+OK taken {any}"]);
    bob.reset();
    daemon.user("carol").ask("QUIT", &["+OK bye", "{closed}"]);
    let people = daemon.order("stats");
    for what in ["1  users", "1  rooms", "1  messages", "1  closed: quit", "1  closed: broken"] {
        assert!(people.lines().any(|line| line.trim_start() == what), "{what} in {people}");
    }
    let report = daemon.order("stats prometheus");
    let mut typed = Vec::new();
    for line in report.lines() {
        if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (name, kind) = rest.split_once(' ').expect("a name and a kind");
            assert!(["gauge", "counter"].contains(&kind), "{line}");
            assert!(name.starts_with("chatd_") && !typed.contains(&name), "{line}");
            typed.push(name);
            continue;
        }
        let (series, value) = line.split_once(' ').expect("a series and a value");
        let name = series.split_once('{').map_or(series, |(name, labels)| {
            assert!(labels.starts_with("reason=\"") && labels.ends_with("\"}"), "{line}");
            name
        });
        assert_eq!(typed.last(), Some(&name), "its type stands before it");
        assert!(value.parse::<f64>().is_ok_and(|value| value.is_finite() && value >= 0.0), "{line}");
    }
    assert!(typed.len() > 15, "{report}");
    for (name, value) in [("chatd_users", 1.0), ("chatd_closed_total{reason=\"broken\"}", 1.0)] {
        assert_eq!(daemon.figure(name), value, "{name}");
    }
}

#[test]
fn the_log_can_be_made_to_tell_less_and_more() {
    let mut daemon = Daemon::observed(&[]);
    let mut alice = daemon.user("alice");
    alice.join("#dev");
    for (level, text) in [("quiet", "one"), ("rooms", "two"), ("normal", "three")] {
        expect(&daemon, &format!("log {level}"), &[&format!("the log is {level} now")]);
        alice.ask(&format!("SAY #dev {text}"), &["+OK taken {any}"]);
        alice.ask(&format!("ANNOUNCE {text}"), &["+OK taken {any}"]);
    }
    expect(&daemon, "log loud", &["error: {any}"]);
    daemon.expect_log("announce from=alice text=three");
    daemon.expect_log("said room=#dev from=alice text=two");
    daemon.signal(Signal::SIGTERM);
    let log = daemon.end().1;
    assert!(!log.contains("text=one") && !log.contains("said room=#dev from=alice text=three"), "{log}");
}

/// A daemon that keeps its bans in `state`.
fn keeping(state: &str) -> Daemon {
    DaemonBuilder::observed(&["--state-dir", state]).start()
}

#[test]
fn bans_survive_a_restart_and_even_a_kill() {
    let directory = TempDir::new();
    let state = directory.at("state");
    let daemon = keeping(&state);
    let bans = ["ban bob 1h too loud", "ban 127.0.0.3", "ban 10.0.0.0/8 7d"];
    bans.iter().for_each(|ban| drop(daemon.order(ban)));
    let before = daemon.order("bans");
    assert_eq!(before.lines().count(), 3);
    daemon.signal(Signal::SIGKILL);
    drop(daemon);
    let daemon = keeping(&state);
    assert_eq!(daemon.order("bans").replace("59m", "1h0m"), before.replace("59m", "1h0m"));
    from(3, &daemon).expect("-ERR banned {any}");
    expect(&daemon, "unban 127.0.0.3", &["{any}"]);
    daemon.signal(Signal::SIGTERM);
    assert_eq!(daemon.end().0, Some(0));
    let daemon = keeping(&state);
    assert_eq!(daemon.order("bans").lines().count(), 2);
    from(3, &daemon).ask("ENTER bob", &["-ERR banned {any}"]);
    let files: Vec<_> = std::fs::read_dir(&state).expect("it is there").flatten().map(|it| it.file_name()).collect();
    assert_eq!(files, ["bans"], "nothing half-written is left");
}

#[test]
fn the_file_of_bans_is_replaced_as_a_whole() {
    let directory = TempDir::new();
    let state = directory.at("state");
    let daemon = keeping(&state);
    daemon.order("ban bob");
    let path = Path::new(&state).join("bans");
    // A reader who has the old file open keeps reading the old bans.
    let old = std::fs::File::open(&path).expect("it was written");
    daemon.order("ban carol");
    assert_eq!(std::io::read_to_string(old).expect("it can be read"), "- bob \n");
    assert_eq!(std::fs::read_to_string(&path).expect("it can be read"), "- bob \n- carol \n");
}

#[test]
fn a_damaged_file_of_bans_is_set_aside_and_the_daemon_starts() {
    for damaged in [&b"- bob \nnonsense\n"[..], b"\xff\xfe\x00", b"99 bob\n- \n"] {
        let directory = TempDir::new();
        directory.write("bans", damaged);
        let state = directory.path().to_str().expect("it is text").to_owned();
        let mut daemon = keeping(&state);
        daemon.expect_log("bans-damaged line={any}");
        expect(&daemon, "bans", &["nobody is shut out"]);
        assert_eq!(std::fs::read(directory.at("bans.damaged")).expect("it was set aside"), damaged);
        daemon.order("ban bob");
        assert_eq!(std::fs::read_to_string(directory.at("bans")).expect("it was written"), "- bob \n");
    }
}

#[test]
fn what_is_kept_is_its_owners_alone_whatever_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let mode = |path: &str| std::fs::metadata(path).expect("it is there").permissions().mode() & 0o7777;
    let directory = TempDir::new();
    let (state, control) = (directory.at("above/state"), directory.at("control"));
    // What somebody could have put there, if the directory had been open to others once.
    let precious = directory.write("precious", "do not overwrite");
    std::fs::create_dir_all(&state).expect("it can be made");
    std::os::unix::fs::symlink(&precious, format!("{state}/bans.new")).expect("it can be made");
    std::fs::write(format!("{state}/bans"), "- carol \n").expect("it can be written");
    let new = directory.at("above/new/deep");
    for state in [&state, &new] {
        let script = "umask 0; exec \"$0\" --listen 127.0.0.1:0 --state-dir \"$1\" --control \"$2\"";
        let shell = ["-c", script, env!("CARGO_BIN_EXE_chatd"), state, &control];
        let daemon = DaemonBuilder::program("sh", &shell).start();
        let ban = ["ctl", "--control", &control, "ban", "bob"];
        assert!(run_to_end(&ban).0.success());
        assert_eq!(mode(&control), 0o600);
        daemon.signal(Signal::SIGTERM);
        assert_eq!(daemon.end().0, Some(0));
    }
    assert_eq!([&state, &new].map(|state| mode(&format!("{state}/bans"))), [0o600, 0o600]);
    assert_eq!([mode(&new), mode(&directory.at("above/new"))], [0o700, 0o700]);
    assert_eq!(std::fs::read_to_string(&precious).expect("it is there"), "do not overwrite");
}
