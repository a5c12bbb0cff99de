//! The real daemon under mixed load for a long time: no message lost, memory and files flat. Ten
//! minutes, or as many seconds as `CHATD_SOAK_SECONDS` says:
//!
//! ```sh
//! cargo test --release --test it -- --ignored soak --nocapture
//! ```

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread::Scope;
use std::time::{Duration, Instant};

use crate::process::daemon::{Client, Daemon, Figures};

/// What the parts of the load share.
struct Load {
    address: SocketAddr,
    is_over: AtomicBool,
    /// Messages that were received as they should be.
    received: AtomicU64,
    rounds: [AtomicU64; 5],
}

const PARTS: [&str; 5] = ["rooms", "pairs", "comings and goings", "returns", "nuisances"];

impl Load {
    fn goes_on(&self) -> bool {
        !self.is_over.load(Ordering::Relaxed)
    }

    fn user(&self, name: &str) -> Client {
        Client::entered(self.address, name)
    }

    fn count(&self, part: usize, received: u64) {
        self.received.fetch_add(received, Ordering::Relaxed);
        if let Some(rounds) = self.rounds.get(part) {
            rounds.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// Eight users in a room; each says something, all others must hear it, each speaker's in order.
fn room(load: &Load, room: &str) {
    const MEMBERS: usize = 8;
    let mut members: Vec<Client> =
        (0..MEMBERS).map(|number| load.user(&format!("{room}_{number}").replace('#', ""))).collect();
    for member in &mut members {
        member.send(&format!("JOIN {room}"));
        member.wait_for(&format!("+OK room {room}"));
    }
    for member in members.iter_mut().take(MEMBERS - 1) {
        member.wait_for(&format!("* joined {room} {}_{}", room.replace('#', ""), MEMBERS - 1));
    }
    let mut round = 0_u64;
    while load.goes_on() {
        for (number, member) in members.iter_mut().enumerate() {
            let text = "x".repeat(1 + (number * 37 + usize::try_from(round % 500).unwrap_or_default()) % 700);
            member.send(&format!("SAY {room} {number}:{round} {text}"));
        }
        for (me, member) in members.iter_mut().enumerate() {
            let mut missing: Vec<usize> = (0..MEMBERS).filter(|other| *other != me).collect();
            for _ in 0..MEMBERS {
                let line = member.line();
                if line.starts_with("+OK taken ") {
                    continue;
                }
                let words: Vec<&str> = line.split(' ').collect();
                let from = missing.iter().position(|other| words.get(6) == Some(&format!("{other}:{round}").as_str()));
                missing.remove(from.unwrap_or_else(|| panic!("round {round}, member {me}: {line}")));
            }
            assert!(missing.is_empty(), "round {round}, member {me}: nothing from {missing:?}");
        }
        load.count(0, (MEMBERS * (MEMBERS - 1)) as u64);
        round += 1;
    }
}

/// Two users who meet, talk, and part, again and again.
fn pair(load: &Load) {
    let (mut one, mut two) = (load.user("pair_one"), load.user("pair_two"));
    while load.goes_on() {
        one.ask("REQUEST pair_two", &["+OK ringing {any}"]);
        two.expect("* request pair_one {any}");
        two.ask("ACCEPT", &["* paired pair_one", "+OK"]);
        one.expect("* paired pair_two");
        for number in 0..20 {
            one.send(&format!("SAY pair_two {number}"));
            two.expect(&format!("* said {{id}} {{time}} pair_one {number}"));
        }
        (0..20).for_each(|_| drop(one.expect("+OK taken {any}")));
        two.ask("END", &["* ended pair_one by-you", "+OK"]);
        one.expect("* ended pair_two by-partner");
        load.count(1, 20);
    }
}

/// Users who come, look around, and go in one of three ways.
fn visitors(load: &Load) {
    let mut number = 0_u64;
    while load.goes_on() {
        let mut visitor = load.user(&format!("visitor{number}"));
        visitor.send(&format!("JOIN #visit{}\nLIST\nROOMS\nSAY #visit{} hello\nPING end", number % 50, number % 50));
        visitor.wait_for("+OK pong end");
        match number % 3 {
            0 => visitor.ask("QUIT", &["+OK bye", "{closed}"]),
            1 => visitor.reset(),
            _ => drop(visitor),
        }
        number += 1;
        load.count(2, 0);
    }
}

/// One who is sent something while its connection is lost, and must get it when it is back.
fn returning(load: &Load) {
    let (mut sender, mut keeper) = (load.user("sender"), load.user("keeper"));
    keeper.send("KEEP");
    let kept = keeper.expect("+OK kept {token} 120");
    let token = kept.split(' ').nth(2).expect("a token").to_owned();
    let uid = sender_sees(&mut sender, "keeper");
    let mut seen = 0;
    while load.goes_on() {
        drop(keeper);
        for number in 0..3 {
            sender.ask(&format!("PRIVATE keeper {number}"), &["+OK taken {any}"]);
        }
        keeper = Client::connect(load.address);
        keeper.ask(&format!("RESUME {uid} {token} {seen}"), &["+OK resumed {any}"]);
        for number in 0..3 {
            keeper.expect(&format!("* private {{id}} {{time}} sender {number}"));
        }
        seen += 3;
        load.count(3, 3);
    }
    keeper.ask("QUIT", &["+OK bye", "{closed}"]);
}

/// The UID of a user, as another sees it.
fn sender_sees(sender: &mut Client, name: &str) -> u64 {
    sender.send("LIST");
    let row = loop {
        let line = sender.expect("= user {any}");
        if line.split(' ').nth(3) == Some(name) {
            break line;
        }
    };
    sender.wait_for("+OK listed {any}");
    row.split(' ').nth(2).and_then(|word| word.parse().ok()).expect("a number")
}

/// Connections that are none, clients that do not read, lines that have no end.
fn nuisances(load: &Load) {
    let mut number = 0_u64;
    while load.goes_on() {
        let mut silent: Vec<Client> = (0..20).map(|_| Client::connect(load.address)).collect();
        for client in &mut silent {
            client.try_send(&[0xff; 3_000]);
        }
        let mut deaf = Client::narrow(load.address, &format!("deaf{number}"));
        deaf.try_send(&b"HELP\n".repeat(200));
        deaf.try_send(b"PING end\n");
        if number.is_multiple_of(2) {
            deaf.wait_for("+OK pong end");
        }
        silent.into_iter().for_each(Client::reset);
        number += 1;
        load.count(4, 0);
    }
}

/// Memory and files at a moment of the test.
#[derive(Clone, Copy, Debug)]
struct Sample {
    memory: u64,
    files: usize,
}

/// Watches the daemon until the time is over.
#[expect(clippy::disallowed_methods, reason = "a test that takes a given time")]
fn watch(daemon: &Daemon, load: &Load, time: Duration) -> Vec<Sample> {
    let (_wake, asleep) = channel::<()>();
    let end = Instant::now() + time;
    let mut samples = Vec::new();
    while Instant::now() < end {
        assert_eq!(asleep.recv_timeout(Duration::from_millis(500)), Err(RecvTimeoutError::Timeout));
        samples.push(Sample { memory: daemon.memory(), files: daemon.files() });
        if samples.len() % 60 == 0 {
            println!("{:?}, {} messages received", samples.last(), load.received.load(Ordering::Relaxed));
        }
    }
    samples
}

/// The largest memory and number of files among these.
fn most(samples: &[Sample]) -> Sample {
    let memory = samples.iter().map(|sample| sample.memory).max().unwrap_or_default();
    Sample { memory, files: samples.iter().map(|sample| sample.files).max().unwrap_or_default() }
}

fn start<'scope>(scope: &'scope Scope<'scope, '_>, load: &'scope Load) {
    for name in ["#soak_a", "#soak_b", "#soak_c"] {
        scope.spawn(move || room(load, name));
    }
    for part in [pair, visitors, returning, nuisances] {
        scope.spawn(move || part(load));
    }
}

fn report(daemon: &Daemon, load: &Load, time: Duration, before: Figures, samples: &[Sample]) {
    let received = load.received.load(Ordering::Relaxed);
    println!("{time:?}: {received} messages received, none lost; {} a second", received / time.as_secs().max(1));
    for (part, rounds) in PARTS.iter().zip(&load.rounds) {
        println!("  {part}: {} rounds", rounds.load(Ordering::Relaxed));
    }
    let (first, second) = samples.split_at(samples.len() / 2);
    println!("  first half at most {:?}, second half at most {:?}", most(first), most(second));
    println!("  before {before:?}, after {:?}, memory {}", daemon.figures(), daemon.memory());
}

#[test]
#[ignore = "takes ten minutes"]
fn nothing_grows_and_nothing_is_lost() {
    let seconds = std::env::var("CHATD_SOAK_SECONDS").ok().and_then(|seconds| seconds.parse().ok()).unwrap_or(600);
    let time = Duration::from_secs(seconds);
    let daemon = Daemon::observed(&[]);
    daemon.order("log quiet");
    let before = daemon.settled();
    let load = Load {
        address: daemon.address(),
        is_over: AtomicBool::new(false),
        received: AtomicU64::new(0),
        rounds: Default::default(),
    };
    let samples = std::thread::scope(|scope| {
        start(scope, &load);
        let samples = watch(&daemon, &load, time);
        load.is_over.store(true, Ordering::Relaxed);
        samples
    });
    daemon.expect_figures(before);
    report(&daemon, &load, time, before, &samples);
    let (first, second) = samples.split_at(samples.len() / 2);
    assert!(most(second).memory <= most(first).memory + most(first).memory / 5, "memory grows");
    assert!(most(second).files <= most(first).files + 25, "files grow");
}
