//! What very many are told is put into their queues over several ticks, and nobody sees another order.

use std::time::Duration;

use chatd::limits::{Budget, Limits};
use chatd::server::Config;

use super::support::{Bench, Client, HUNG_UP};

/// With time for ten queues in a tick, for a line of 3 kB.
fn bench() -> Bench {
    let budget = Budget { copies: 16_000, ..Budget::DEFAULT };
    Bench::with(Config { limits: Limits::DEFAULT.without_rates(), budget, ..Config::default() })
}

fn announcement() -> String {
    format!("ANNOUNCE {}\n", "x".repeat(3_000))
}

fn crowd(bench: &mut Bench) -> Vec<Client> {
    (0..60).map(|number| bench.user(&format!("m{number}"))).collect()
}

/// The first words of the lines, without what they are about.
fn kinds(client: &Client) -> Vec<String> {
    let kind = |line: &String| line.split(' ').take(2).collect::<Vec<_>>().join(" ");
    client.lines().iter().map(kind).collect()
}

/// What its answer to `KEEP` says: what to come back with, having seen nothing since.
fn keep(bench: &mut Bench, uid: usize, client: &Client) -> String {
    let answer = bench.ask(client, "KEEP\n").concat();
    let token = answer.split(' ').nth(2).expect("a token");
    format!("RESUME {uid} {token} 0\n")
}

#[test]
fn what_very_many_are_told_is_put_into_some_queues_in_each_tick() {
    let mut bench = bench();
    let crowd = crowd(&mut bench);
    bench.arrive(&crowd[0], announcement());
    let mut told = 0;
    while told < 59 {
        bench.tick();
        let now = crowd.iter().filter(|client| client.received().contains("* announced ")).count();
        assert!((1..=10).contains(&now), "{now} in one tick");
        told += now;
    }
    assert_eq!(bench.server.poll_timeout(bench.now), None, "it is done");
    bench.all_leave(&crowd.iter().collect::<Vec<_>>());
}

#[test]
fn who_is_told_something_else_or_goes_meanwhile_is_told_first_what_was_said_before() {
    let mut bench = bench();
    let crowd = crowd(&mut bench);
    bench.arrive(&crowd[0], announcement() + "PRIVATE m59 psst\n");
    bench.arrive(&crowd[58], "QUIT\n");
    bench.arrive(&crowd[57], "PING\n");
    bench.tick();
    assert_eq!(kinds(&crowd[59]), ["* announced", "* private"]);
    assert_eq!(kinds(&crowd[58]), ["* announced", "+OK bye"]);
    assert_eq!(kinds(&crowd[57]), ["* announced", "+OK pong"]);
    assert_eq!(kinds(&crowd[50]), [""; 0], "those with nothing else wait");
    bench.server.shut_down(bench.now);
    bench.tick();
    assert_eq!(kinds(&crowd[50]), ["* announced", "* bye"]);
}

#[test]
fn two_lines_for_very_many_come_in_their_order() {
    let mut bench = bench();
    let crowd = crowd(&mut bench);
    let console = bench.console();
    bench.arrive(&crowd[0], announcement());
    bench.arrive(&console, format!("announce {}\n", "y".repeat(3_000)));
    bench.settle();
    for client in &crowd[1..] {
        let lines = client.lines();
        assert!(lines.len() == 2 && lines[0].ends_with('x') && lines[1].ends_with('y'), "{lines:?}");
    }
}

#[test]
fn who_loses_its_connection_or_changes_it_meanwhile_is_told_once() {
    let mut bench = bench();
    let crowd = crowd(&mut bench);
    let [lost, moved] = [56, 55].map(|number| keep(&mut bench, number + 1, &crowd[number]));
    bench.arrive(&crowd[0], announcement());
    crowd[56].script(|wire| wire.is_half_closed = true);
    bench.ready(&crowd[56], HUNG_UP);
    bench.tick();
    let (other, third) = (bench.connect(), bench.connect());
    bench.arrive(&other, moved);
    bench.tick();
    bench.arrive(&third, lost);
    bench.settle();
    for client in [other, third] {
        let kinds = kinds(&client);
        assert_eq!(kinds.iter().filter(|kind| *kind == "* announced").count(), 1, "{kinds:?}");
    }
}

#[test]
fn whoever_enters_in_the_place_of_one_who_went_is_told_once() {
    let mut bench = bench();
    let crowd = crowd(&mut bench);
    crowd[40].script(|wire| wire.is_broken = true);
    bench.arrive(&crowd[0], announcement());
    bench.ready(&crowd[40], HUNG_UP);
    bench.tick();
    let newcomer = bench.connect();
    bench.arrive(&newcomer, "ENTER newcomer\n");
    bench.settle();
    assert_eq!(kinds(&newcomer), ["* announced-earlier", "+OK entered"]);
    bench.advance(Duration::from_secs(1));
    assert_eq!(kinds(&newcomer), [""; 0]);
}
