//! The work of a tick is bounded: what is said to many is handled and written over several ticks,
//! and what is short is answered in between. Who makes much work waits.

use std::time::Duration;

use chatd::limits::{Budget, GREETING_DELAY, Limits, WRITE_WORK};
use chatd::server::{Config, Readiness};

use super::support::{Bench, Client, HUNG_UP};

/// Of 3 kB each.
fn line(target: &str) -> String {
    format!("{target} {}\n", "x".repeat(3_000))
}

fn bench(limits: Limits, budget: Budget) -> Bench {
    Bench::with(Config { limits, budget, ..Config::default() })
}

/// So many users in #r, each from a machine of its own.
fn room(bench: &mut Bench, size: u8) -> Vec<Client> {
    let join = |number: u8| {
        let client = bench.connect_from([10, 0, 1, number]);
        bench.send(&client, format!("ENTER m{number}\nJOIN #r\n"));
        client
    };
    let members: Vec<Client> = (0..size).map(join).collect();
    members.iter().for_each(|member| drop(member.received()));
    members
}

fn count(lines: &[String], start: &str) -> usize {
    lines.iter().filter(|line| line.starts_with(start)).count()
}

#[test]
fn what_is_short_is_answered_in_its_tick_however_much_is_said_to_many() {
    let budget = Budget { lines: 50_000, writes: 10 * WRITE_WORK, ..Budget::DEFAULT };
    let mut bench = bench(Limits::DEFAULT.without_rates(), budget);
    let members = room(&mut bench, 60);
    let (alice, bob) = bench.pair("alice", "bob");
    for member in &members {
        bench.arrive(member, line("SAY #r").repeat(4));
    }
    let mut ticks = 0;
    while bench.server.poll_timeout(bench.now) == Some(Duration::ZERO) {
        bench.arrive(&alice, format!("SAY bob {ticks}\n"));
        bench.tick();
        let heard = bob.lines();
        assert!(heard.len() == 1 && heard[0].ends_with(&format!(" {ticks}")), "{heard:?}");
        assert_eq!(count(&alice.lines(), "+OK taken "), 1);
        ticks += 1;
    }
    assert!(ticks > 100, "only {ticks} ticks for 14160 deliveries");
    for member in &members {
        let heard = member.lines();
        assert_eq!((count(&heard, "* room "), count(&heard, "+OK taken ")), (59 * 4, 4));
    }
}

#[test]
fn what_many_are_told_is_written_to_some_in_each_tick() {
    let budget = Budget { writes: 10 * WRITE_WORK, ..Budget::DEFAULT };
    let mut bench = bench(Limits::DEFAULT.without_rates(), budget);
    let members = room(&mut bench, 60);
    bench.send(&members[0], "SAY #r before\n");
    members.iter().for_each(|member| drop(member.received()));
    bench.arrive(&members[0], "ANNOUNCE hello\n");
    let mut told = 0;
    while told < 59 {
        bench.tick();
        let now = members.iter().filter(|member| member.received().contains("* announced ")).count();
        assert!((1..=10).contains(&now), "{now} in one tick");
        told += now;
    }
    bench.all_leave(&members.iter().collect::<Vec<_>>());
}

#[test]
fn long_lines_for_many_are_written_to_fewer_in_a_tick() {
    let text = "x".repeat(3_800);
    let budget = Budget { writes: 10 * WRITE_WORK, ..Budget::DEFAULT };
    let mut bench = bench(Limits::DEFAULT.without_rates(), budget);
    let members = room(&mut bench, 60);
    bench.send(&members[0], "SAY #r before\n");
    members.iter().for_each(|member| drop(member.received()));
    bench.arrive(&members[0], format!("ANNOUNCE {text}\n"));
    let mut told = 0;
    while told < 59 {
        bench.tick();
        let now = members.iter().filter(|member| member.received().contains("* announced ")).count();
        assert!((1..=3).contains(&now), "{now} in one tick");
        told += now;
    }
    bench.all_leave(&members.iter().collect::<Vec<_>>());
}

#[test]
fn listings_take_turns_too() {
    let budget = Budget { lines: 50_000, ..Budget::DEFAULT };
    let mut bench = bench(Limits::DEFAULT.without_rates(), budget);
    let members = room(&mut bench, 120);
    for member in members.iter().take(20) {
        bench.arrive(member, "LIST\n");
    }
    let mut ticks = 0;
    while bench.server.poll_timeout(bench.now) == Some(Duration::ZERO) {
        bench.tick();
        let listed = members.iter().filter(|member| member.received().contains("+OK listed 120 120")).count();
        assert!(listed <= 1, "{listed} in one tick");
        ticks += 1;
    }
    assert!(ticks >= 20, "{ticks}");
}

/// Waits are told apart by when the next line is heard.
#[test]
fn who_makes_much_work_waits_and_so_do_others_from_its_address() {
    let work = |burst| chatd::limits::Rate { burst, interval: Duration::from_millis(100) };
    for (own, shared, others_wait) in [(2, 0, false), (0, 2, true)] {
        let limits = Limits { work: work(own), work_per_address: work(shared), ..Limits::DEFAULT.without_rates() };
        let mut bench = bench(limits, Budget::DEFAULT);
        let mut members = room(&mut bench, 100);
        let neighbour = bench.connect_from([10, 0, 1, 0]);
        bench.send(&neighbour, "ENTER neighbour\nJOIN #r\n");
        bench.advance(Duration::from_secs(60));
        members.push(neighbour);
        members.iter().for_each(|member| drop(member.received()));
        let (talker, neighbour) = (&members[0], &members[100]);
        // Each is 0.7 ms of work.
        for said in 0..4 {
            bench.send(talker, line("SAY #r"));
            assert_eq!(count(&talker.lines(), "+OK taken "), usize::from(said < 2), "number {said}");
        }
        bench.send(neighbour, "PING\n");
        assert_eq!(count(&neighbour.lines(), "+OK pong"), 1, "what is short is heard from everybody");
        bench.send(neighbour, line("SAY #r"));
        bench.send(neighbour, "PING\n");
        assert_eq!(count(&neighbour.lines(), "+OK pong"), usize::from(!others_wait));
        bench.advance(Duration::from_secs(2));
        assert_eq!(count(&talker.lines(), "+OK taken "), 2, "nothing is lost");
    }
}

/// Going costs as much as saying something, however one goes: 30 go at once, from four rooms of 120.
#[test]
fn those_who_go_at_once_take_turns() {
    let quit: fn(&mut Bench, &Client) = |bench, client| bench.arrive(client, "QUIT\n");
    let hang_up: fn(&mut Bench, &Client) = |bench, client| {
        client.script(|wire| wire.is_half_closed = true);
        bench.ready(client, Readiness { writable: false, ..HUNG_UP });
    };
    let reset: fn(&mut Bench, &Client) = |bench, client| {
        client.script(|wire| wire.is_broken = true);
        bench.ready(client, HUNG_UP);
    };
    let found_broken: fn(&mut Bench, &Client) = |_, client| client.script(|wire| wire.is_broken = true);
    let keep_and_lose: fn(&mut Bench, &Client) = |bench, client| {
        bench.send(client, "KEEP\n");
        bench.half_close(client);
    };
    let ways =
        [("QUIT", quit), ("end", hang_up), ("reset", reset), ("broken", found_broken), ("given up", keep_and_lose)];
    for (way, go) in ways {
        let budget = Budget { lines: 10_000, due: 10_000, ..Budget::DEFAULT };
        let mut bench = bench(Limits::DEFAULT.without_rates(), budget);
        let members = room(&mut bench, 120);
        members.iter().for_each(|member| bench.send(member, "JOIN #s\nJOIN #t\nJOIN #u\n"));
        members.iter().for_each(|member| drop(member.received()));
        let (go_on, leavers) = members.split_at(90);
        leavers.iter().for_each(|member| go(&mut bench, member));
        if way == "given up" {
            bench.settle();
            bench.now.steady = bench.now.steady + Limits::DEFAULT.resume_grace;
        }
        if way == "broken" {
            bench.arrive(&go_on[0], "SAY #r hello\n");
        }
        let before = bench.server.user_count();
        let (mut ticks, mut most, mut here) = (0, 0, before);
        while bench.server.user_count() > 90 && ticks < 1_000 {
            bench.tick();
            most = most.max(here - bench.server.user_count());
            here = bench.server.user_count();
            ticks += 1;
        }
        assert!(before == 120 && here == 90 && most <= 3, "{way}: {most} in one tick, {here} of {before} left");
        for member in go_on {
            assert_eq!(count(&member.lines(), "* left #r "), 30, "{way}");
        }
    }
}

/// At most so many of them are told in one tick that they are in.
fn most_in_one_tick(bench: &mut Bench, newcomers: &[Client]) -> usize {
    let mut most = 0;
    while bench.server.poll_timeout(bench.now) == Some(Duration::ZERO) {
        bench.tick();
        most = most.max(newcomers.iter().filter(|newcomer| newcomer.received().contains("+OK")).count());
    }
    most
}

#[test]
fn joining_by_a_users_name_takes_turns_too() {
    let budget = Budget { lines: 10_000, due: 10_000, ..Budget::DEFAULT };
    let mut bench = bench(Limits::DEFAULT.without_rates(), budget);
    let _members = room(&mut bench, 120);
    let newcomers: Vec<Client> = (0..40).map(|n| bench.user_from([10, 0, 2, n], &format!("n{n}"))).collect();
    newcomers.iter().for_each(|newcomer| bench.arrive(newcomer, "JOIN m100\n"));
    assert_eq!(most_in_one_tick(&mut bench, &newcomers), 1);
}

#[test]
fn accepting_an_invitation_to_a_full_room_takes_turns_too() {
    let budget = Budget { lines: 10_000, due: 10_000, ..Budget::DEFAULT };
    let mut bench = bench(Limits::DEFAULT.without_rates(), budget);
    let members = room(&mut bench, 120);
    members.iter().for_each(|member| bench.send(member, "LEAVE\n"));
    let newcomers: Vec<Client> = (0..4).map(|n| bench.user_from([10, 0, 2, n], &format!("n{n}"))).collect();
    for (number, member) in members.iter().take(4).enumerate() {
        bench.send(member, format!("JOIN n{number}\n"));
    }
    for member in &members[4..] {
        bench.send(member, "JOIN m0\nJOIN m1\nJOIN m2\nJOIN m3\n");
    }
    newcomers.iter().for_each(|newcomer| drop(newcomer.received()));
    newcomers.iter().for_each(|newcomer| bench.arrive(newcomer, "ACCEPT\n"));
    assert_eq!(most_in_one_tick(&mut bench, &newcomers), 1);
}

#[test]
fn what_is_due_on_many_is_done_for_some_in_each_tick() {
    let budget = Budget { due: 10_000, ..Budget::DEFAULT };
    let mut bench = bench(Limits::DEFAULT.without_rates(), budget);
    let silent: Vec<Client> = (0..30).map(|_| bench.connect()).collect();
    bench.now.steady = bench.now.steady + GREETING_DELAY;
    for _ in 0..3 {
        bench.tick();
        assert_eq!(silent.iter().filter(|client| !client.received().is_empty()).count(), 10);
    }
}

#[test]
fn requests_that_are_over_are_ended_some_in_each_tick() {
    let limits = Limits::DEFAULT.without_rates();
    let mut bench = bench(limits, Budget::DEFAULT);
    let askers: Vec<Client> = (0..600).map(|number| bench.user(&format!("asker{number}"))).collect();
    for (number, asker) in askers.iter().enumerate() {
        bench.send(asker, format!("REQUEST asker{}\n", (number + 1) % 600));
        asker.received();
    }
    askers.iter().for_each(|asker| drop(asker.received()));
    bench.now.steady = bench.now.steady + limits.invite_timeout;
    for expected in [256, 256, 88] {
        bench.tick();
        let over = askers.iter().filter(|asker| asker.received().contains("* declined ")).count();
        assert_eq!(over, expected);
    }
}

#[test]
fn help_is_paid_for() {
    let work = chatd::limits::Rate { burst: 1, interval: Duration::from_secs(1) };
    let limits = Limits { work, ..Limits::DEFAULT.without_rates() };
    let mut bench = bench(limits, Budget::DEFAULT);
    let client = bench.user("client");
    bench.send(&client, "HELP\n".repeat(200));
    client.received();
    assert_eq!(count(&bench.ask(&client, "JOIN #r\n"), "+OK"), 0, "it waits");
    bench.advance(Duration::from_secs(60));
    assert_eq!(count(&client.lines(), "+OK"), 1);
}

#[test]
fn a_line_that_waits_for_its_turn_is_charged_once() {
    let lines = chatd::limits::Rate { burst: 4, interval: Duration::from_secs(100) };
    let limits = Limits { lines, ..Limits::DEFAULT.without_rates() };
    let mut bench = bench(limits, Budget { lines: 10_000, ..Budget::DEFAULT });
    let members = room(&mut bench, 60);
    bench.advance(Duration::from_secs(1_000));
    members.iter().for_each(|member| drop(member.received()));
    let (first, second) = (&members[1], &members[2]);
    bench.arrive(first, line("SAY #r"));
    bench.arrive(second, line("SAY #r"));
    bench.tick();
    assert_eq!(count(&second.lines(), "+OK taken "), 0, "it waits for its turn");
    bench.settle();
    assert_eq!(count(&second.lines(), "+OK taken "), 1);
    bench.send(second, "SAY nobody x\n".repeat(4));
    assert_eq!(count(&second.lines(), "-ERR "), 3, "as many as are left of its burst");
}
