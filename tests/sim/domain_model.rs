//! The domain against a model of it: random comings, goings, commands and timeouts, every answer,
//! row and delivery compared with what `memory::domain::model` says, `check_invariants` after each
//! step, and nothing left when everybody has gone.
//!
//! The same seeds run every time. A failure prints the seed and the step; to replay it alone, and
//! to see every line of it:
//!
//! ```text
//! CHATD_SEED=7 cargo test --test sim domain_model::simulation -- --nocapture
//! ```
//!
//! `CHATD_SEEDS=5000` tries that many seeds instead of the usual 64.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use crate::memory::domain::model::Model;
use crate::memory::domain::{Random, Recorder, at, command};
use chatd::chat::{Chat, CloseReason, Entry, Name, OperatorCommand, Settings, Text, UserKey, UserRef};

const SEEDS: u64 = 64;
const STEPS: u64 = 1200;
const NAMES: [&str; 12] =
    ["alice", "Bob", "coco", "сосо", "erin", "Zoë", "李雷", "b0b", "Жанна", "A1ice", "USERx", "_x-1"];

/// The chat and its model side by side.
struct Simulation {
    seed: u64,
    step: u64,
    doing: String,
    random: Random,
    chat: Chat,
    model: Model,
    keys: BTreeMap<String, UserKey>,
    gone: Vec<UserKey>,
    millis: u64,
    log: Vec<String>,
    transcript: String,
}

/// Says how to see a failure again, from wherever it came.
impl Drop for Simulation {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let last = self.transcript.lines().rev().take(30).collect::<Vec<_>>().into_iter().rev();
            eprintln!("the last lines before:\n  {}", last.collect::<Vec<_>>().join("\n  "));
            eprintln!("seed {} step {}: {}", self.seed, self.step, self.doing);
            eprintln!("replay: CHATD_SEED={} cargo test --test sim domain_model::simulation -- --nocapture", self.seed);
        }
    }
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let mut random = Random(seed);
        let (patience, hide_addresses, ascii_names) = (1000 + random.below(60_000), random.one_in(3), random.one_in(4));
        let backlog = *random.pick(&[0, 1, 5, 100]);
        let invite_timeout = Duration::from_millis(patience);
        let settings = Settings { invite_timeout, hide_addresses, ascii_names, backlog, ..Settings::default() };
        let mut model = Model::new(patience, hide_addresses, backlog);
        model.ascii_names = ascii_names;
        Self {
            seed,
            step: 0,
            doing: String::new(),
            random,
            chat: Chat::new(settings),
            model,
            keys: BTreeMap::new(),
            gone: Vec::new(),
            millis: 0,
            log: Vec::new(),
            transcript: String::new(),
        }
    }

    fn run(mut self) -> String {
        for step in 1..=STEPS {
            self.step = step;
            self.do_something();
        }
        self.everybody_leaves();
        std::mem::take(&mut self.transcript)
    }

    fn do_something(&mut self) {
        let crowd = self.keys.len() as u64;
        match self.random.below(100) {
            0..6 => self.pass_time(),
            6..8 => self.leave_again(),
            8..10 => self.operator(),
            10..13 if crowd > 0 => self.connection_is_lost_or_back(),
            13..20 if crowd > 1 => self.somebody_leaves(),
            13..34 if crowd < 12 => self.somebody_enters(),
            _ if crowd == 0 => self.somebody_enters(),
            _ => self.somebody_acts(),
        }
    }

    fn somebody_enters(&mut self) {
        let name = if self.random.one_in(5) { None } else { Some(*self.random.pick(&NAMES)) };
        let address = format!("10.0.0.{}:{}", 1 + self.random.below(3), 40_000 + self.random.below(3));
        self.begin(format!("{address} enters as {name:?}"));
        let mut out = Recorder::default();
        let parsed: SocketAddr = address.parse().unwrap();
        let entry = Entry { name: name.map(|name| Name::new(name).unwrap()), address: Some(parsed) };
        let entered = self.chat.enter(entry, at(self.millis), &mut out);
        let expected = self.model.enter(name, &address);
        let found = entered.map(|(_, _, name)| name.to_string()).map_err(|refusal| refusal.code());
        assert_eq!(found, expected);
        // Before the newcomer is known to the comparison: it must not be told of its own entry.
        self.compare("", "", out);
        if let Ok((key, uid, name)) = entered {
            assert_eq!(uid.0.get(), self.model.people.last().unwrap().uid);
            let (name, mut out) = (name.to_string(), Recorder::default());
            self.keys.insert(name.clone(), key);
            self.chat.show_announcements(key, &mut out);
            self.model.show_announcements(&name);
            self.compare("", "", out);
        }
    }

    fn somebody_leaves(&mut self) {
        let who = self.somebody();
        let reason = *self.random.pick(&CloseReason::ALL);
        self.leave(&who, reason);
    }

    fn leave(&mut self, who: &str, reason: CloseReason) {
        self.begin(format!("{who} leaves: {reason}"));
        let mut out = Recorder::default();
        let key = self.keys.remove(who).unwrap();
        self.chat.leave(key, reason, at(self.millis), &mut out);
        self.model.leave(who, reason.word());
        self.gone.push(key);
        self.compare("", "", out);
    }

    /// One who is gone already: nothing happens, even when somebody else has the place by now.
    fn leave_again(&mut self) {
        let Some(key) = self.gone.get(usize::try_from(self.random.below(self.gone.len() as u64 + 1)).unwrap()) else {
            return;
        };
        let mut out = Recorder::default();
        self.chat.leave(*key, CloseReason::Broken, at(self.millis), &mut out);
        assert!(out.told.is_empty() && out.log.is_empty());
        assert_eq!(self.chat.name_of(*key), None);
    }

    /// Somebody's connection is lost, the others are told, and the user comes back from elsewhere.
    fn connection_is_lost_or_back(&mut self) {
        let (who, mut out) = (self.somebody(), Recorder::default());
        let key = self.keys[&who];
        if !self.model.is_lost(&who) {
            self.begin(format!("{who} loses its connection"));
            self.chat.handle_drop(key, CloseReason::Broken, &mut out);
            self.model.drop_connection(&who);
        } else if self.random.one_in(2) {
            self.begin(format!("{who} is said to be lost"));
            self.chat.tell_drop(key, &mut out);
            self.model.tell_drop(&who);
        } else {
            let address = format!("10.0.1.1:{}", self.random.below(100));
            self.begin(format!("{who} is back from {address}"));
            self.chat.handle_return(key, Some(address.parse().unwrap()), &mut out);
            self.model.come_back(&who, &address);
        }
        self.compare("", "", out);
    }

    /// Lets some time pass, to just before or exactly when something is due as likely as not.
    fn pass_time(&mut self) {
        let due = self.chat.poll_timeout().map(|at| at.0);
        self.millis = match (due, self.random.below(4)) {
            (Some(due), 0) => due.max(self.millis),
            (Some(due), 1) => due.saturating_sub(1).max(self.millis),
            (_, 2) if self.random.one_in(20) => self.millis + self.random.below(4_000_000),
            _ => self.millis + self.random.below(2 * self.model.patience),
        };
        self.begin(format!("time passes until {}", self.millis));
        let mut out = Recorder::default();
        self.chat.handle_timeout(at(self.millis), &mut out);
        self.model.timeout();
        assert!(due.is_none_or(|due| due <= self.millis) || out.told.is_empty(), "nothing happens before it is due");
        self.compare("", "", out);
        assert!(self.chat.poll_timeout().is_none_or(|due| due.0 > self.millis), "what is due has been done");
    }

    fn operator(&mut self) {
        let (mut out, now) = (Recorder::default(), at(self.millis));
        let (verb, after) = (self.random.below(3), self.random.below(4));
        self.begin(format!("operator does {verb} after {after}"));
        let (command, expected) = match verb {
            0 => (OperatorCommand::List { after }, self.model.list(after, false)),
            1 => (OperatorCommand::Rooms { after }, self.model.list_rooms(after)),
            _ => (
                OperatorCommand::Announce(Text::new("closing soon").unwrap()),
                self.model.announce(None, "closing soon"),
            ),
        };
        let reply = self.chat.handle_operator(command, now, &mut out);
        let answer = out.answer(Ok(reply));
        self.compare(&answer, &format!("+OK {}", expected.unwrap()), out);
    }

    fn somebody_acts(&mut self) {
        let who = self.somebody();
        let line = self.some_line();
        self.begin(format!("{who}> {line}"));
        let mut out = Recorder::default();
        let answer = command(&mut self.chat, self.keys[&who], &line, at(self.millis), &mut out);
        let expected = self.model.command(&who, &line);
        if answer.starts_with("-ERR") {
            assert!(out.told.is_empty() && out.rows.is_empty() && out.log.is_empty(), "a refusal changes nothing");
        }
        let is_listing =
            ["list", "rooms", "members", "requests"].iter().any(|verb| line.split(' ').next() == Some(verb))
                || line == "ignore";
        assert!(is_listing || out.rows.is_empty(), "rows come from listings only");
        assert_eq!(answer.starts_with("+OK listed"), is_listing && !answer.starts_with("-ERR"));
        self.compare(&answer, &expected, out);
    }

    fn some_line(&mut self) -> String {
        let user = self.some_ref();
        let room = self.some_room();
        let after = self.random.below(6);
        if self.is_about_rooms() && self.random.one_in(2) {
            return format!("join {room}");
        }
        match self.random.below(48) {
            0..7 => format!("request {user}"),
            7..9 => "accept".to_owned(),
            9..12 => format!("accept {user}"),
            12 => "reject".to_owned(),
            13 => format!("reject {user}"),
            14 => "cancel".to_owned(),
            15..17 => "end".to_owned(),
            17..21 => format!("say {user} {}", self.some_text()),
            21..24 => format!("say {room} {}", self.some_text()),
            24 => format!("private {user} {}", self.some_text()),
            25 => format!("announce {}", self.some_text()),
            26..30 => format!("join {room}"),
            30 => "join".to_owned(),
            31..33 => format!("join {user}"),
            33 => "leave".to_owned(),
            34 => format!("leave {room}"),
            35 => self.random.pick(&["watch on", "watch on", "watch off"]).to_string(),
            36 => format!("list {after}"),
            37 => format!("rooms {after}"),
            38 => format!("members {room} {after}"),
            39 => format!("ignore {user}"),
            40 => self.random.pick(&["ignore", "unignore nobody", "here"]).to_string(),
            41 => format!("unignore {user}"),
            42 => self.random.pick(&["dnd on", "dnd off", "dnd off"]).to_string(),
            43 => self.random.pick(&["away", "away back at two", "here"]).to_string(),
            _ => "requests".to_owned(),
        }
    }

    /// A user by name in some spelling, by UID, or one who is not here.
    fn some_ref(&mut self) -> String {
        if self.random.one_in(12) {
            return self.random.pick(&["nobody", "operator", "999999", "1", "2"]).to_string();
        }
        let name = self.somebody();
        match self.random.below(4) {
            0 => name.to_uppercase(),
            1 => self.keys[&name].uid().to_string(),
            _ => name,
        }
    }

    /// In some simulations everybody joins whatever there is, and so gets into too many rooms.
    fn is_about_rooms(&self) -> bool {
        self.seed.is_multiple_of(4)
    }

    /// Mostly one of a few rooms; now and then one of many.
    fn some_room(&mut self) -> String {
        if self.is_about_rooms() || self.random.one_in(6) {
            format!("#r{}", self.random.below(20))
        } else {
            self.random.pick(&["#lobby", "#LOBBY", "#dev", "#Ёж", "#ёж", "#alice", "#bob-2"]).to_string()
        }
    }

    fn some_text(&mut self) -> String {
        format!("text {} of step {}", self.random.below(1000), self.step)
    }

    fn somebody(&mut self) -> String {
        let index = usize::try_from(self.random.below(self.keys.len() as u64)).unwrap();
        self.keys.keys().nth(index).unwrap().clone()
    }

    fn begin(&mut self, doing: String) {
        self.transcript.push_str(&format!("{} {doing}\n", self.step));
        self.doing = doing;
        self.model.now = self.millis;
        self.model.wall = chatd::wire::format_time(at(self.millis).wall);
    }

    /// Compares what came out of both: the answer, the rows, and every user's own stream in order.
    fn compare(&mut self, answer: &str, expected: &str, out: Recorder) {
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (audience, line) in &out.told {
            for key in audience {
                let name = self.keys.iter().find(|(_, other)| *other == key).map(|(name, _)| name);
                let name = name.unwrap_or_else(|| panic!("{line:?} went to one who is not here: {key:?}"));
                found.entry(name.clone()).or_default().push(line.clone());
            }
        }
        let mut predicted: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for (name, line) in self.model.told.drain(..) {
            predicted.entry(name).or_default().push(line);
        }
        for (name, lines) in &found {
            lines.iter().for_each(|line| self.transcript.push_str(&format!("    {name} < {line}\n")));
        }
        out.rows.iter().for_each(|row| self.transcript.push_str(&format!("    {row}\n")));
        self.transcript.push_str(&format!("    {answer}\n"));
        assert_eq!(answer, expected, "the answer");
        assert_eq!(out.rows, std::mem::take(&mut self.model.rows), "the rows");
        assert_eq!(found, predicted, "who is told what (left: by the chat, right: by the model)");
        self.log.extend(out.log);
        self.check_state();
    }

    fn check_state(&self) {
        self.chat.check_invariants();
        assert_eq!(self.chat.user_count(), self.model.people.len());
        assert_eq!(self.chat.room_count(), self.model.room_count());
        assert_eq!(self.chat.poll_timeout().map(|at| at.0), self.model.next_due());
        for person in &self.model.people {
            let found = self.chat.find(UserRef::new(&person.name).unwrap());
            assert_eq!(
                found.and_then(|key| self.chat.name_of(key)).map(|name| name.to_string()),
                Some(person.name.clone())
            );
        }
    }

    fn everybody_leaves(&mut self) {
        while !self.keys.is_empty() {
            let who = self.somebody();
            self.leave(&who, CloseReason::Shutdown);
        }
        assert!(self.model.is_empty());
        // What was said in the rooms is kept for an hour after; then that is gone too.
        self.millis += 3_600_000;
        self.begin("an hour passes".to_owned());
        let mut out = Recorder::default();
        self.chat.handle_timeout(at(self.millis), &mut out);
        self.model.timeout();
        self.compare("", "", out);
        assert_eq!((self.chat.user_count(), self.chat.room_count(), self.chat.poll_timeout()), (0, 0, None));
        let count = |kind: &str| self.log.iter().filter(|record| record.starts_with(kind)).count();
        assert_eq!(count("Entered"), count("Gone"), "the log tells of every entry and departure");
        assert_eq!(count("Paired"), count("Ended"), "the log tells of every session's start and end");
        assert_eq!(count("Joined"), count("Left"), "the log tells of every join and leave");
    }
}

fn number_from_environment(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap_or_else(|_| panic!("{name} is a number")))
}

#[test]
fn simulation_agrees_with_the_model() {
    if let Some(seed) = number_from_environment("CHATD_SEED") {
        println!("{}", Simulation::new(seed).run());
        return;
    }
    let mut seen = String::new();
    for seed in 0..number_from_environment("CHATD_SEEDS").unwrap_or(SEEDS).max(SEEDS) {
        let transcript = Simulation::new(seed).run();
        if seed < SEEDS {
            seen.push_str(&transcript);
        }
    }
    assert_every_code_was_seen(&seen);
}

/// A simulation that never gets anywhere proves nothing.
fn assert_every_code_was_seen(transcripts: &str) {
    // Thirty-two requests to one user take more users than a simulation has; it has its own test.
    // So have those of tests/sim/domain_defence.rs.
    let rare = ["name-taken", "too-many-requests", "too-many-ignored", "muted"];
    for code in chatd::chat::Refusal::CODES.iter().filter(|code| !rare.contains(code)) {
        assert!(transcripts.contains(&format!("-ERR {code}\n")), "no simulation met {code}");
    }
    for event in
        ["said", "room", "private", "announced", "paired", "ended", "left", "opened", "closed", "entered", "earlier"]
            .into_iter()
            .chain(["announced-earlier", "dropped", "returned"])
    {
        assert!(transcripts.contains(&format!(" < * {event} ")), "no simulation met {event}");
    }
    for why in ["expired", "paired", "gone"] {
        assert!(transcripts.lines().any(|line| line.contains("< * withdrawn") && line.ends_with(why)), "{why}");
        assert!(transcripts.lines().any(|line| line.contains("< * declined") && line.ends_with(why)), "{why}");
    }
}

#[test]
fn the_same_seed_gives_the_same_outputs() {
    for seed in [3, 4] {
        let (first, second) = (Simulation::new(seed).run(), Simulation::new(seed).run());
        assert!(first == second, "{}", crate::memory::domain::difference(&first, &second));
    }
}
