//! Who is let in: the limits on connections, and the password.

use std::time::Duration;

use chatd::limits::{Limits, REFUSAL_TIME, REFUSED_LINGERING};
use chatd::server::{Config, Password};

use super::support::{Bench, Client};

const FREE: Limits = Limits::DEFAULT.without_rates();

fn full_at(connections: usize) -> Bench {
    Bench::limited(Limits { connections, ..FREE })
}

fn is_refused(client: &Client, code: &str) -> bool {
    client.received().starts_with(&format!("-ERR {code} "))
}

#[test]
fn at_the_limit_a_newcomer_is_told_and_when_one_leaves_the_next_is_let_in() {
    let mut bench = full_at(2);
    let (alice, bob) = (bench.user("alice"), bench.user("bob"));
    bench.log();
    let late = bench.connect();
    bench.settle();
    assert!(is_refused(&late, "full"));
    assert!(bench.ask(&late, "ENTER late\n").is_empty(), "it is not heard");
    bench.half_close(&bob);
    let next = bench.user("next");
    assert_eq!(bench.log()[0], "refused reason=full count=1");
    bench.advance(REFUSAL_TIME);
    assert!(late.is_gone());
    alice.received();
    assert_eq!(bench.ask(&alice, "PING\n"), ["+OK pong"]);
    bench.all_leave(&[&alice, &next]);
}

#[test]
fn those_who_read_why_they_are_refused_take_nobodys_place() {
    let mut bench = Bench::limited(Limits { connections: 2, connections_per_address: 2, ..FREE });
    let (alice, bob) = (bench.user("alice"), bench.user("bob"));
    let refused: Vec<Client> = (0..2 * REFUSED_LINGERING).map(|_| bench.connect()).collect();
    bench.settle();
    assert!(refused.iter().all(|client| is_refused(client, "full")));
    assert_eq!(bench.server.connection_count(), 2 + REFUSED_LINGERING, "only so many may take their time");
    bench.half_close(&bob);
    let next = bench.user("next");
    bench.advance(REFUSAL_TIME);
    assert_eq!(bench.server.connection_count(), 2);
    bench.all_leave(&[&alice, &next]);
}

#[test]
fn a_lost_connection_and_an_operators_take_nobodys_place() {
    let mut bench = Bench::limited(Limits { connections: 2, connections_per_address: 2, ..FREE });
    let consoles = [bench.console(), bench.console()];
    let (alice, bob) = (bench.user("alice"), bench.user("bob"));
    let kept = bench.ask(&alice, "KEEP\n").concat();
    let token = kept.split(' ').nth(2).expect("a token");
    bench.reset(&alice);
    let back = bench.connect();
    assert_eq!(bench.ask(&back, format!("RESUME 1 {token} 0\n")), ["+OK resumed 1 alice 0 0"]);
    let late = bench.connect();
    bench.settle();
    assert!(is_refused(&late, "full"));
    bench.half_close(&late);
    bench.half_close(&back);
    bench.advance(FREE.resume_grace);
    bench.all_leave(&[&bob, &consoles[0], &consoles[1]]);
}

#[test]
fn one_address_has_so_many_and_another_as_many() {
    let mut bench = Bench::limited(Limits { connections_per_address: 2, ..FREE });
    let (alice, bob) = (bench.user("alice"), bench.user("bob"));
    let third = bench.connect();
    let elsewhere = bench.connect_from([10, 0, 0, 8]);
    bench.settle();
    assert!(is_refused(&third, "address-full"));
    assert_eq!(bench.ask(&elsewhere, "ENTER elsewhere\n"), ["+OK entered 3 elsewhere"]);
    bench.half_close(&third);
    bench.half_close(&alice);
    let next = bench.user("next");
    bench.all_leave(&[&bob, &elsewhere, &next]);
}

#[test]
fn the_log_tells_of_refusals_every_ten_seconds() {
    let mut bench = full_at(1);
    let alice = bench.user("alice");
    bench.log();
    for _ in 0..25 {
        bench.connect();
        bench.advance(Duration::from_secs(1));
    }
    let log = bench.log();
    assert_eq!(log, ["refused reason=full count=1", "refused reason=full count=9", "refused reason=full count=10"]);
    bench.advance(Duration::from_secs(5));
    assert_eq!(bench.log(), ["refused reason=full count=5"], "the last ones, too");
    bench.all_leave(&[&alice]);
}

fn guarded() -> Bench {
    Bench::with(Config { limits: FREE, password: Password::new("open sesame"), ..Config::default() })
}

/// How many seconds it takes until the client is heard again.
fn wait_for_answer(bench: &mut Bench, client: &Client) -> u64 {
    bench.send(client, "PING\n");
    for seconds in 0..60 {
        if client.received() == "+OK pong\n" {
            return seconds;
        }
        bench.advance(Duration::from_secs(1));
    }
    panic!("it is never heard again");
}

#[test]
fn a_password_is_asked_for_and_the_right_one_lets_in() {
    let mut bench = guarded();
    let client = bench.connect();
    assert!(bench.ask(&client, "ENTER alice\n")[0].starts_with("-ERR password-required "));
    assert!(bench.ask(&client, "ENTER\n")[0].starts_with("-ERR password-required "), "guests, too");
    assert_eq!(bench.ask(&client, "PASSWORD open sesame\nENTER alice\n"), ["+OK", "+OK entered 1 alice"]);
    bench.all_leave(&[&client]);
}

#[test]
fn each_wrong_password_from_an_address_costs_a_second_more() {
    let mut bench = guarded();
    for expected in [1, 2, 3] {
        let client = bench.connect();
        assert!(bench.ask(&client, "PASSWORD wrong\n")[0].starts_with("-ERR wrong-password "));
        assert_eq!(wait_for_answer(&mut bench, &client), expected);
        bench.half_close(&client);
    }
    let client = bench.connect_from([10, 0, 0, 8]);
    bench.send(&client, "PASSWORD wrong\n");
    client.received();
    assert_eq!(wait_for_answer(&mut bench, &client), 1, "another address begins anew");
    let client = bench.connect();
    assert_eq!(bench.ask(&client, "PASSWORD open sesame\nENTER alice\n").len(), 2, "the right one costs nothing");
}

#[test]
fn the_wait_has_a_bound_and_ends_being_longer_when_nothing_wrong_comes() {
    let mut bench = guarded();
    let mut longest = 0;
    for _ in 0..20 {
        let client = bench.connect();
        bench.send(&client, "PASSWORD wrong\n");
        client.received();
        longest = wait_for_answer(&mut bench, &client);
        bench.half_close(&client);
    }
    assert_eq!(longest, 15);
    bench.advance(Duration::from_secs(31));
    let client = bench.connect();
    bench.send(&client, "PASSWORD wrong\n");
    client.received();
    assert_eq!(wait_for_answer(&mut bench, &client), 1);
}

#[test]
fn a_token_is_proof_enough_to_come_back_with() {
    let mut bench = guarded();
    let client = bench.connect();
    let kept = bench.ask(&client, "PASSWORD open sesame\nENTER alice\nKEEP\n").concat();
    let token = kept.rsplit(' ').nth(1).expect("a token");
    bench.reset(&client);
    let back = bench.connect();
    assert_eq!(bench.ask(&back, format!("RESUME 1 {token} 0\n")), ["+OK resumed 1 alice 0 0"]);
    bench.half_close(&back);
    bench.advance(FREE.resume_grace);
    bench.assert_empty();
}

#[test]
fn without_a_password_any_is_right() {
    let mut bench = Bench::new();
    let client = bench.connect();
    assert_eq!(bench.ask(&client, "PASSWORD whatever\nENTER alice\n"), ["+OK", "+OK entered 1 alice"]);
    bench.all_leave(&[&client]);
}

#[test]
fn a_client_whose_place_is_kept_is_told_no_bye_when_its_connection_is_given_up() {
    for keeps in [true, false] {
        let mut bench = Bench::limited(FREE);
        let client = bench.user("alice");
        if keeps {
            bench.send(&client, "KEEP\n");
        }
        let before = client.lines().len();
        assert_eq!(before, usize::from(keeps));
        client.script(|wire| wire.room = 0);
        let speaker = bench.user("bob");
        for _ in 0..100 {
            bench.send(&speaker, format!("PRIVATE alice {}\n", "x".repeat(3_000)));
        }
        client.script(|wire| wire.room = 0);
        bench.advance(FREE.output_hard_time);
        bench.make_room(&client, usize::MAX);
        let farewells = client.lines().iter().filter(|line| line.starts_with("* bye ")).count();
        assert_eq!(farewells, usize::from(!keeps), "keeps: {keeps}");
        assert_eq!(bench.server.user_count(), 1 + usize::from(keeps), "it may come back");
    }
}
