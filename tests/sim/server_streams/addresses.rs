//! What counts against an address: connects, places that are kept, debts of connections that have
//! gone, wrong secrets. Nobody elsewhere pays for it, and a new connection is no way out.

use std::net::IpAddr;
use std::time::Duration;

use chatd::limits::{Limits, Rate};
use chatd::server::{Config, Password};

use super::support::{Bench, Client};

const FREE: Limits = Limits::DEFAULT.without_rates();
const HERE: [u8; 4] = [10, 0, 0, 7];
const ELSEWHERE: [u8; 4] = [10, 0, 0, 8];

fn rate(burst: u32, seconds: u64) -> Rate {
    Rate { burst, interval: Duration::from_secs(seconds) }
}

/// Asks for a kept place; gives the secret.
fn keep(bench: &mut Bench, client: &Client) -> String {
    let kept = bench.ask(client, "KEEP\n").concat();
    kept.split(' ').nth(2).expect("a token").to_owned()
}

/// Users from one address whose connections are lost one after the other.
fn lose_many(bench: &mut Bench, machine: [u8; 4], count: usize) {
    for number in 0..count {
        let client = bench.user_from(machine, &format!("u{}x{number}", machine[3]));
        keep(bench, &client);
        bench.reset(&client);
    }
}

fn resume(bench: &mut Bench, uid: usize, token: &str) -> String {
    let back = bench.connect_from(ELSEWHERE);
    bench.ask(&back, format!("RESUME {uid} {token} 0\n")).first().cloned().unwrap_or_default()
}

#[test]
fn a_kept_place_survives_whatever_another_address_leaves_behind() {
    let mut bench = Bench::limited(Limits { connections: 10, places_per_address: 4, ..FREE });
    let honest = bench.user_from(ELSEWHERE, "honest");
    let token = keep(&mut bench, &honest);
    lose_many(&mut bench, HERE, 50);
    assert_eq!(bench.server.user_count(), 1 + 4, "an address has so many");
    bench.reset(&honest);
    lose_many(&mut bench, HERE, 50);
    assert_eq!(resume(&mut bench, 1, &token), "+OK resumed 1 honest 0 0");
}

#[test]
fn when_all_addresses_leave_too_many_the_one_with_a_single_place_keeps_it() {
    let mut bench = Bench::limited(Limits { connections: 10, places_per_address: 8, ..FREE });
    let honest = bench.user_from(ELSEWHERE, "honest");
    let token = keep(&mut bench, &honest);
    for machine in 20..24 {
        lose_many(&mut bench, [10, 0, 0, machine], 8);
    }
    assert_eq!(bench.server.user_count(), 1 + 10);
    bench.reset(&honest);
    assert_eq!(bench.server.user_count(), 10, "its own is kept for all that");
    for machine in 20..24 {
        lose_many(&mut bench, [10, 0, 0, machine], 8);
    }
    assert_eq!(resume(&mut bench, 1, &token), "+OK resumed 1 honest 0 0");
}

#[test]
fn whose_place_is_given_up_is_gone_and_the_oldest_goes_first() {
    let mut bench = Bench::limited(Limits { places_per_address: 2, ..FREE });
    let watcher = bench.user_from(ELSEWHERE, "watcher");
    bench.ask(&watcher, "WATCH on\n");
    lose_many(&mut bench, HERE, 4);
    bench.advance(Duration::from_millis(250));
    let gone: Vec<String> = watcher.lines().into_iter().filter(|line| line.starts_with("* gone ")).collect();
    assert_eq!(gone, ["* gone u7x0 broken", "* gone u7x1 broken"]);
}

/// How many announcements a newcomer can make at once.
fn announced_at_once(bench: &mut Bench, machine: [u8; 4], name: &str) -> usize {
    let client = bench.user_from(machine, name);
    let answers = bench.ask(&client, "ANNOUNCE x\n".repeat(10) + "QUIT\n");
    bench.reset(&client);
    answers.iter().filter(|line| line.starts_with("+OK taken ")).count()
}

#[test]
fn who_connects_anew_does_not_have_its_burst_again() {
    let limits = Limits { announcements: rate(3, 10), ..FREE };
    let mut bench = Bench::limited(limits);
    assert_eq!(announced_at_once(&mut bench, HERE, "one"), 3);
    assert_eq!(announced_at_once(&mut bench, HERE, "two"), 0);
    assert_eq!(announced_at_once(&mut bench, ELSEWHERE, "three"), 3, "another address owes nothing");
    bench.advance(Duration::from_secs(10));
    assert_eq!(announced_at_once(&mut bench, HERE, "four"), 1);
    bench.advance(Duration::from_secs(60));
    assert_eq!(announced_at_once(&mut bench, HERE, "five"), 3, "what is owed is forgotten in time");
}

#[test]
fn lines_and_requests_are_owed_as_announcements_are() {
    let limits = Limits { lines: rate(4, 5), requests: rate(2, 20), ..FREE };
    let mut bench = Bench::limited(limits);
    let bob = bench.user_from(ELSEWHERE, "bob");
    let first = bench.user_from(HERE, "first");
    assert_eq!(bench.ask(&first, "REQUEST bob\nCANCEL\nREQUEST bob\n").len(), 3);
    bench.reset(&first);
    let second = bench.connect_from(HERE);
    assert_eq!(bench.ask(&second, "ENTER second\n"), ["* waiting 5"], "four lines have been");
    bench.advance(Duration::from_secs(20));
    assert_eq!(second.lines().len(), 1);
    let answers = bench.ask(&second, "REQUEST bob\nCANCEL\nREQUEST bob\n");
    let is_told = answers.last().is_some_and(|line| line.starts_with("* waiting "));
    assert!(answers.len() == 3 && is_told, "two requests have been, the first of which is forgotten: {answers:?}");
    bench.reset(&second);
    bench.advance(Duration::from_secs(60));
    bench.all_leave(&[&bob]);
}

/// Many from one address who have owed nothing are not throttled as one.
#[test]
fn a_debt_is_taken_over_by_one_newcomer_and_not_by_all() {
    let limits = Limits { announcements: rate(3, 10), ..FREE };
    let mut bench = Bench::limited(limits);
    assert_eq!(announced_at_once(&mut bench, HERE, "noisy"), 3);
    let unlucky = bench.user_from(HERE, "unlucky");
    assert_eq!(bench.ask(&unlucky, "ANNOUNCE x\n"), ["* waiting 10"]);
    let next = bench.user_from(HERE, "next");
    assert_eq!(bench.ask(&next, "ANNOUNCE y\n").len(), 1);
}

#[test]
fn a_return_carries_its_debts_over() {
    for from in [HERE, ELSEWHERE] {
        let limits = Limits { announcements: rate(3, 10), ..FREE };
        let mut bench = Bench::limited(limits);
        let alice = bench.user_from(HERE, "alice");
        let token = keep(&mut bench, &alice);
        assert_eq!(bench.ask(&alice, "ANNOUNCE x\n".repeat(3)).len(), 3);
        bench.reset(&alice);
        let back = bench.connect_from(from);
        assert_eq!(bench.ask(&back, format!("RESUME 1 {token} 3\n")), ["+OK resumed 1 alice 3 0"]);
        assert_eq!(bench.ask(&back, "ANNOUNCE x\n"), ["* waiting 10"], "from {from:?}");
        let again = bench.connect_from(from);
        let _ = bench.ask(&again, format!("RESUME 1 {token} 3\n"));
        let answers = bench.ask(&again, "ANNOUNCE x\n");
        assert!(answers.iter().all(|line| line.starts_with("* waiting ")), "nor while the old connection is there");
    }
}

#[test]
fn one_address_connects_so_often_and_another_as_often() {
    let mut bench = Bench::limited(Limits { connects: rate(5, 1), ..FREE });
    let crowd: Vec<Client> = (0..50).map(|_| bench.connect_from(HERE)).collect();
    bench.settle();
    let refused: Vec<String> = crowd.iter().skip(5).map(Client::received).collect();
    assert!(refused.iter().all(|line| line.starts_with("-ERR connecting-too-fast ")), "{refused:?}");
    assert!(crowd.iter().skip(5).all(Client::is_gone), "they are not kept for a farewell");
    assert_eq!(bench.server.connection_count(), 5);
    let log = bench.log();
    assert_eq!(log.iter().filter(|line| line.starts_with("refused ")).count(), 1, "{log:?}");
    let elsewhere = bench.user_from(ELSEWHERE, "elsewhere");
    bench.advance(Duration::from_secs(1));
    let next = bench.user_from(HERE, "next");
    bench.advance(Duration::from_secs(9));
    assert!(bench.log().contains(&"refused reason=connecting-too-fast count=44".to_owned()));
    let all: Vec<&Client> = crowd.iter().take(5).chain([&elsewhere, &next]).collect();
    bench.all_leave(&all);
}

#[test]
fn of_many_that_never_enter_the_log_has_one_line_for_each_reason() {
    let mut bench = Bench::limited(Limits { log: rate(4, 60), ..FREE });
    for _ in 0..30 {
        let client = bench.connect();
        bench.settle();
        bench.half_close(&client);
    }
    for _ in 0..20 {
        let client = bench.connect();
        bench.send(&client, "QUIT\n");
        bench.half_close(&client);
    }
    let alice = bench.user("alice");
    let log = bench.log();
    let starting = |word: &str| log.iter().filter(|line| line.starts_with(word)).count();
    assert_eq!((starting("connect "), starting("disconnect ")), (2, 2), "{log:?}");
    assert_eq!(starting("enter name=alice uid=1 from="), 1, "who enters is named");
    bench.advance(Duration::from_secs(10));
    let told: Vec<String> = [log, bench.log()].concat();
    let of = |reason: &str| -> usize {
        let counts = told.iter().filter_map(|line| line.strip_prefix("never-entered reason=")?.strip_prefix(reason));
        counts.filter_map(|rest| rest.strip_prefix(" count=")?.parse::<usize>().ok()).sum()
    };
    assert_eq!((of("disconnected"), of("quit")), (28, 20), "none is passed over in silence: {told:?}");
    bench.half_close(&alice);
    assert_eq!(bench.log()[0].split(' ').nth(2), Some("name=alice"), "and who has entered has a line always");
    bench.assert_empty();
}

fn guess(bench: &mut Bench, machine: [u8; 4]) -> bool {
    let client = bench.connect_from(machine);
    let is_heard = !bench.ask(&client, "PASSWORD wrong\n").is_empty();
    bench.reset(&client);
    is_heard
}

#[test]
fn a_new_connection_is_no_way_around_the_wait_for_a_wrong_secret() {
    let config = Config { limits: FREE, password: Password::new("open sesame"), ..Config::default() };
    let mut bench = Bench::with(config);
    assert!(guess(&mut bench, HERE));
    assert!(!guess(&mut bench, HERE), "nobody looks at it");
    assert!(guess(&mut bench, ELSEWHERE));
    bench.advance(Duration::from_secs(1));
    assert!(guess(&mut bench, HERE), "a second is over");
    bench.advance(Duration::from_secs(1));
    assert!(!guess(&mut bench, HERE), "the second one costs two");
    let client = bench.connect_from(HERE);
    assert_eq!(bench.ask(&client, "PING\n"), ["+OK pong"], "all else is heard");
    assert!(bench.ask(&client, "PASSWORD open sesame\n").is_empty());
    bench.advance(Duration::from_secs(1));
    assert_eq!(client.lines(), ["+OK"]);
}

fn address(text: &str) -> IpAddr {
    text.parse().expect("an address")
}

#[test]
fn ipv6_counts_by_its_64_and_an_ipv4_address_however_it_is_written() {
    let limits = Limits { connections_per_address: 2, connects: rate(4, 60), ..FREE };
    for (same, other) in [
        (["2001:db8:1:2::1", "2001:db8:1:2:ffff::2", "2001:db8:1:2:3::3"], "2001:db8:1:3::1"),
        (["::ffff:10.0.0.9", "10.0.0.9", "::ffff:10.0.0.9"], "::ffff:10.0.0.10"),
    ] {
        let mut bench = Bench::limited(limits);
        let clients = same.map(|machine| bench.connect_at(address(machine)));
        bench.settle();
        assert!(clients[2].received().starts_with("-ERR address-full "), "{same:?}");
        let elsewhere = bench.connect_at(address(other));
        assert!(bench.ask(&elsewhere, "ENTER other\n")[0].starts_with("+OK entered "), "{other}");
        let _ = bench.connect_at(address(same[0]));
        let fast = bench.connect_at(address(same[1]));
        assert!(fast.received().starts_with("-ERR connecting-too-fast "), "{same:?}");
    }
}
