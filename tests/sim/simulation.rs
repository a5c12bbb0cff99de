//! The server layer and the domain, simulated: many clients at random over streams that read short,
//! write short, block, break, end and stall; clocks that jump, readiness that is spurious, stale or
//! late, slots that are used again, a shutdown in the middle. A shadow of the server, written from
//! docs/PROTOCOL.md (`memory::simulation::shadow`), says what every byte must be; at the end nothing
//! is left.
//!
//! The same seeds run every time. A failure prints the line that replays it:
//!
//! ```text
//! CHATD_SEED=7 cargo test --test sim simulation:: -- --nocapture
//! ```
//!
//! `CHATD_SEEDS=5000` tries that many seeds, `CHATD_STEPS=20000` as many steps in each.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]
#![allow(clippy::cast_possible_truncation, reason = "the numbers of a test are small")]

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use crate::memory::domain::Random;
use crate::memory::domain::model::Model;
use crate::memory::simulation::crowd::Actor;
use crate::memory::simulation::net::{secret, secret_before};
use crate::memory::simulation::shadow::Shadow;
use crate::memory::simulation::trial::Trial;
use chatd::limits::{Budget, Limits, WRITE_WORK};
use chatd::server::{Config, Readiness, Server};

const SEEDS: u64 = 256;
const STEPS: u64 = 3_000;

/// What must have happened somewhere: simulations that never get anywhere prove nothing.
const TO_BE_SEEN: [&str; 58] = [
    "quit",
    "foreign",
    "disconnected",
    "broken",
    "entry-timeout",
    "slow-consumer",
    "stuck",
    "surplus",
    "waits for its turn",
    "written later",
    "ping-timeout",
    "resumed-elsewhere",
    "shutdown",
    "lost lines",
    "* said",
    "* room",
    "* private",
    "* announced",
    "* earlier",
    "* announced-earlier",
    "* request",
    "* withdrawn",
    "* declined",
    "* paired",
    "* ended",
    "* joined",
    "* left",
    "* entered",
    "* gone",
    "* opened",
    "* closed",
    "* dropped",
    "* returned",
    "* unread",
    "* lost",
    "* ping",
    "* waiting",
    "* hello",
    "+OK entered",
    "+OK kept",
    "+OK resumed",
    "+OK taken",
    "+OK ringing",
    "+OK room",
    "+OK listed",
    "+OK bye",
    "-ERR name-taken",
    "-ERR name-silent",
    "-ERR bad-token",
    "-ERR bad-sequence",
    "-ERR not-kept",
    "-ERR full",
    "-ERR line-too-long",
    "-ERR not-utf8",
    "-ERR text-too-long",
    "-ERR unknown-command",
    "-ERR not-entered",
    "-ERR already-entered",
];

/// What kind of simulation a seed makes.
#[derive(Clone, Copy, Debug)]
struct Kind {
    crowd: usize,
    has_rates: bool,
    /// Whether much is said, at length, and the limits on queues are low.
    is_loud: bool,
    stops_at: Option<u64>,
    /// How many come from one machine.
    share_machine: u16,
    limits: Limits,
    /// What a tick may do, if that is little.
    budget: Option<Budget>,
}

impl Kind {
    fn new(seed: u64, steps: u64, random: &mut Random) -> Self {
        let has_rates = seed % 4 == 3;
        let mut limits = if has_rates { Limits::DEFAULT } else { Limits::DEFAULT.without_rates() };
        limits.backlog = *random.pick(&[0, 3, 100]);
        limits.invite_timeout = Duration::from_millis(1_000 + random.below(60_000));
        limits.resume_grace = Duration::from_secs(*random.pick(&[0, 2, 120, 120]));
        limits.acknowledge_within = Duration::from_millis(if has_rates { 0 } else { *random.pick(&[0, 10]) });
        let is_loud = seed % 8 < 4 && !has_rates;
        if is_loud {
            // Less than is allowed; but with so few users no listing is long.
            (limits.output_soft, limits.output_hard) = (5_000, *random.pick(&[20_000, 90_000]));
            limits.resume_grace = Duration::from_secs(*random.pick(&[2, 120, 120, 120]));
            limits.output_soft_time = Duration::from_secs(*random.pick(&[30, 600]));
            limits.output_hard_time = Duration::from_millis(*random.pick(&[0, 300, 2_000]));
        }
        let crowd = match seed % 64 {
            0 => 200,
            _ => 2 + random.below(12) as usize,
        };
        if random.one_in(8) {
            limits.connections = crowd / 2 + 1;
        }
        // The judge wants a line for every connection.
        limits.log = Limits::DEFAULT.without_rates().log;
        limits.places_per_address = *random.pick(&[0, 1, 3]);
        let has_little_time = matches!(seed % 8, 5 | 6);
        let budget = has_little_time.then(|| {
            // Nobody is slow, and every answer is to be seen when it is given.
            (limits.output_soft, limits.output_hard) = (1 << 20, 1 << 24);
            limits.acknowledge_within = Duration::ZERO;
            let writes = *random.pick(&[1, WRITE_WORK + 1, 5 * WRITE_WORK]);
            Budget {
                lines: *random.pick(&[1, 1_000, 5_000]),
                writes,
                short: *random.pick(&[0, u64::MAX]),
                ..Budget::DEFAULT
            }
        });
        let stops_at = random.one_in(6).then(|| random.below(steps));
        let share_machine = *random.pick(&[1, 3]);
        Self { crowd, has_rates, is_loud, stops_at, share_machine, limits, budget }
    }
}

/// One seed's run.
struct Simulation {
    seed: u64,
    step: u64,
    kind: Kind,
    random: Random,
    actors: Vec<Actor>,
    trial: Trial,
    ports: u16,
}

/// Says how to see a failure again.
impl Drop for Simulation {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let last: Vec<&str> = self.trial.journal.lines().rev().take(8).collect();
            eprintln!("the log's last lines:\n  {}", last.into_iter().rev().collect::<Vec<_>>().join("\n  "));
            eprintln!("seed {} step {} at {} ms, {:?}", self.seed, self.step, self.trial.now, self.kind);
            eprintln!("replay: CHATD_SEED={} cargo test --test sim simulation:: -- --nocapture", self.seed);
        }
    }
}

impl Simulation {
    fn new(seed: u64, steps: u64) -> Self {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x51ed);
        let kind = Kind::new(seed, steps, &mut random);
        let limits = kind.limits;
        let patience = limits.invite_timeout.as_millis() as u64;
        let model = Model::new(patience, false, limits.backlog);
        let grace = limits.resume_grace.as_millis() as u64;
        let mut shadow = Shadow::new(model, limits.output_hard, grace, secret_before());
        (shadow.most, shadow.has_rates) = (limits.connections, kind.has_rates);
        shadow.most_of_machine = limits.places_per_address;
        // Where the shadow does not foretell who is written to later there is time for everybody.
        let budget = kind.budget.unwrap_or(Budget { writes: u64::MAX, ..Budget::DEFAULT });
        let server = Server::new(Config { limits, budget, secrets: secret, ..Config::default() });
        let actors = (0..kind.crowd).map(|number| Actor::new(number, kind.is_loud, &mut random)).collect();
        let mut trial = Trial::new(server, shadow, limits, kind.has_rates);
        trial.turns.budget = kind.budget;
        Self { seed, step: 0, kind, random, actors, trial, ports: 1_024 }
    }

    /// Runs to the end; says what was seen.
    fn run(mut self, steps: u64) -> BTreeSet<String> {
        for step in 0..steps {
            self.step = step;
            if self.kind.stops_at == Some(step) {
                self.shut_down();
                return std::mem::take(&mut self.trial.seen);
            }
            self.act();
            if self.random.below(4) > 0 {
                self.tick();
            }
        }
        self.everybody_leaves();
        std::mem::take(&mut self.trial.seen)
    }

    /// Something happens to somebody.
    fn act(&mut self) {
        let who = self.random.below(self.actors.len() as u64) as usize;
        match self.random.below(100) {
            0..70 => self.speak(who),
            70..76 => self.deliver_some(who),
            76..80 => self.lose(who),
            80..84 => self.misreport(who),
            84..87 => self.stall(who),
            87..90 => self.interrupt(who),
            99 if !self.kind.is_loud || self.random.one_in(8) => self.pass_time(),
            _ => self.connect(who),
        }
    }

    fn speak(&mut self, who: usize) {
        if self.actors[who].wire.is_none() {
            return self.connect(who);
        }
        let others: Vec<String> = self.actors.iter().take(12).map(|actor| actor.books.name.clone()).collect();
        let others: Vec<String> = others.into_iter().filter(|name| !name.is_empty()).chain(["alice".into()]).collect();
        let (actor, trial) = (&mut self.actors[who], &mut self.trial);
        actor.speak(trial, &others, &mut self.random);
        if self.random.below(4) > 0 {
            actor.deliver(trial, usize::MAX);
        }
    }

    fn deliver_some(&mut self, who: usize) {
        let most = 1 + self.random.below(40) as usize;
        self.actors[who].deliver(&mut self.trial, most);
    }

    fn lose(&mut self, who: usize) {
        self.actors[who].lose(&mut self.trial, &mut self.random);
    }

    /// The event queue says what is not so, or says it of a connection that is no more.
    fn misreport(&mut self, who: usize) {
        let bits = self.random.below(4);
        let readiness = Readiness { readable: bits & 1 > 0, writable: bits & 2 > 0, hung_up: false };
        let wire = if self.random.one_in(2) {
            self.random.below(self.trial.wires.len() as u64 + 1) as usize
        } else {
            self.actors[who].wire.unwrap_or(usize::MAX)
        };
        if wire < self.trial.wires.len() {
            self.trial.ready(wire, readiness);
        }
    }

    fn stall(&mut self, who: usize) {
        let is_rare = if self.actors[who].is_stalled { 40 } else { 4 };
        if !self.kind.is_loud || self.random.one_in(is_rare) {
            self.actors[who].stall(&mut self.trial, &mut self.random);
        }
    }

    fn interrupt(&mut self, who: usize) {
        if let Some(wire) = self.actors[who].wire {
            let mut ends = self.trial.wires[wire].ends.borrow_mut();
            ends.interruptions = self.random.below(3) as u32;
            ends.most_per_write = if self.random.one_in(2) { 1 + self.random.below(50) as usize } else { usize::MAX };
        }
    }

    fn connect(&mut self, who: usize) {
        let actor = &self.actors[who];
        // Where much is said some stay away for long, so that not all of it can be kept for them.
        let stays_away = self.kind.is_loud && actor.books.token.is_some() && !self.random.one_in(60);
        if actor.wire.is_some() || stays_away {
            return;
        }
        self.ports = if self.ports == u16::MAX { 1_024 } else { self.ports + 1 };
        // What a connection owes of one before it cannot be seen from outside.
        let machine = if self.kind.has_rates { self.ports } else { who as u16 / self.kind.share_machine };
        let [high, low] = machine.to_be_bytes();
        let address = SocketAddr::from(([10, (self.seed % 250) as u8, high, low], self.ports));
        self.actors[who].connect(&mut self.trial, address, &mut self.random);
    }

    fn pass_time(&mut self) {
        let millis = match self.random.below(12) {
            0 => 30_000,
            1 => 130_000,
            2 if self.random.one_in(20) => 3_700_000,
            3 => self.trial.wait().unwrap_or(7),
            4 => self.trial.wait().unwrap_or(7).saturating_sub(1),
            _ => self.random.below(6_000),
        };
        self.trial.pass(millis);
    }

    /// A round of the loop, then everybody who reads does so.
    fn tick(&mut self) {
        let millis = if self.random.one_in(200) { 2_000 } else { self.random.below(20) };
        self.trial.run_after(millis);
        let mut somebody_reads_on = false;
        for actor in &mut self.actors {
            let is_stuck = actor.wire.is_some_and(|wire| self.trial.shadow.lines[wire].unsent > 0);
            if actor.is_stalled || (is_stuck && somebody_reads_on) {
                continue;
            }
            somebody_reads_on |= is_stuck;
            actor.fetch(&mut self.trial, usize::MAX);
            if self.random.below(4) > 0 {
                actor.deliver(&mut self.trial, usize::MAX);
            }
        }
    }

    fn shut_down(&mut self) {
        self.trial.run();
        self.trial.shut_down();
        self.trial.run();
        for actor in &mut self.actors {
            actor.is_stalled = false;
            actor.fetch(&mut self.trial, usize::MAX);
        }
        self.trial.run();
        self.trial.pass(2_000);
        self.check_nothing_is_left();
    }

    fn everybody_leaves(&mut self) {
        for round in 0..6 {
            for actor in &mut self.actors {
                actor.is_stalled = false;
                if round == 3 {
                    actor.send(&mut self.trial, "QUIT");
                }
            }
            self.tick();
            self.trial.pass(1_000);
        }
        for actor in &mut self.actors {
            actor.lose(&mut self.trial, &mut self.random);
        }
        self.trial.desert_all();
        self.trial.run();
        // Ten minutes at most until the last is found slow, two until it is given up.
        self.trial.pass(750_000);
        self.trial.pass(3_600_000);
        self.check_nothing_is_left();
    }

    fn check_nothing_is_left(&self) {
        let server = &self.trial.server;
        assert_eq!((server.user_count(), server.connection_count()), (0, 0), "nobody is left");
        assert!(self.trial.shadow.places.is_empty() && self.trial.shadow.model.is_empty());
        if self.kind.stops_at.is_none() {
            assert_eq!(self.trial.wait(), None, "nothing is due any more");
        }
        assert!(self.trial.wires.iter().all(|wire| wire.ends.borrow().is_dropped), "every stream is closed");
    }
}

fn number_from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

/// Every `of`th seed, beginning with `from`: the test runner has two threads at least.
fn simulate(from: u64, of: usize) {
    let steps = number_from_environment("CHATD_STEPS").unwrap_or(STEPS);
    if let Some(seed) = number_from_environment("CHATD_SEED") {
        if seed % of as u64 == from {
            drop(Simulation::new(seed, steps).run(steps));
        }
        return;
    }
    let seeds = number_from_environment("CHATD_SEEDS").unwrap_or(SEEDS);
    let mut seen = BTreeSet::new();
    for seed in (from..seeds).step_by(of) {
        seen.append(&mut Simulation::new(seed, steps).run(steps));
    }
    if seeds >= SEEDS && steps >= STEPS {
        let missing: Vec<&&str> = TO_BE_SEEN.iter().filter(|what| !seen.contains(**what)).collect();
        assert!(missing.is_empty(), "no simulation met {missing:?} among {seen:?}");
    }
}

#[test]
fn even_seeds_agree_with_the_shadow() {
    simulate(0, 2);
}

#[test]
fn odd_seeds_agree_with_the_shadow() {
    simulate(1, 2);
}
