//! The clients of a simulation: each does something at random, keeps its books, and comes back.

use std::net::SocketAddr;

use unicode_normalization::UnicodeNormalization;

use super::books::{Books, Noted};
use super::place::Log;
use super::shadow::Meaning;
use super::trial::Trial;
use crate::memory::domain::Random;

/// One client, over all its connections.
#[derive(Debug, Default)]
pub(crate) struct Actor {
    number: usize,
    pub(crate) name: Option<String>,
    pub(crate) wire: Option<usize>,
    /// The connection it has, or had last.
    last_wire: Option<usize>,
    pub(crate) books: Books,
    /// What it is to be told, once its place is kept.
    log: Option<Log>,
    has_entered: bool,
    /// Whether it has sent a line that is not empty over this connection.
    has_opened: bool,
    /// Whether it wants its place to be kept.
    keeps: bool,
    /// Whether it waits for an answer that decides who it is.
    is_waiting: bool,
    pub(crate) is_stalled: bool,
    unfinished: Vec<u8>,
    /// Bytes not yet on their way.
    outgoing: Vec<u8>,
    sent: usize,
    messages: u64,
    is_loud: bool,
}

/// Names that are wanted by more than one.
const NAMES: [&str; 10] = ["alice", "Bob", "coco", "сосо", "Zoë", "frank", "李雷", "hank", "ЖАННА", "_x-1"];
const ROOMS: [&str; 6] = ["#lobby", "#dev", "#Dev", "#Ёж", "#ёж", "#alice"];

impl Actor {
    pub(crate) fn new(number: usize, is_loud: bool, random: &mut Random) -> Self {
        let name = match random.below(6) {
            0 => None,
            1 => Some(format!("user_{number}")),
            _ if number < NAMES.len() => Some(NAMES[number].to_owned()),
            _ => Some(format!("{}{number}", random.pick(&["Zoe", "юрий", "x_"]))),
        };
        Self { number, name, is_loud, keeps: random.below(3) > 0, ..Self::default() }
    }

    /// Whether it may send anything; while its output is stuck it sends what is answered predictably.
    fn is_stuck(&self, trial: &Trial) -> bool {
        self.is_stalled || self.wire.is_some_and(|wire| trial.shadow.lines[wire].unsent > 0)
    }

    /// Connects, and says who it is.
    pub(crate) fn connect(&mut self, trial: &mut Trial, address: SocketAddr, random: &mut Random) {
        let own = trial.shadow.places.get(&self.books.name).and_then(|place| place.line);
        let mut before = own.into_iter().chain(self.last_wire);
        if (trial.has_rates || trial.turns.budget.is_some()) && before.any(|line| trial.shadow.lines[line].is_heard()) {
            // How much of what waits there is still answered could not be seen from outside.
            return;
        }
        let wire = trial.connect(address);
        (self.wire, self.last_wire) = (Some(wire), Some(wire));
        self.unfinished.clear();
        self.outgoing.clear();
        (self.sent, self.has_entered, self.is_stalled, self.is_waiting) = (0, false, false, false);
        self.has_opened = false;
        if self.books.token.is_none() {
            self.books = Books::default();
            if random.one_in(30) {
                self.speak_foreign(trial, random);
            }
            if random.one_in(8) {
                self.send(trial, "LIST");
            }
            if !random.one_in(20) {
                self.enter(trial, random);
            }
        } else {
            let mut line = self.books.resume_line().expect("there is a token");
            match random.below(12) {
                0 => line = line.replace(' ', "  "),
                1 => line.push_str("99999"),
                _ => {}
            }
            self.is_waiting = true;
            self.send(trial, &line);
        }
        self.deliver(trial, usize::MAX);
    }

    fn enter(&mut self, trial: &mut Trial, random: &mut Random) {
        let name = if random.one_in(6) { Some((*random.pick(&NAMES)).to_owned()) } else { self.name.clone() };
        // As one computer sends them, or as another does: with marks by themselves.
        let name = name.map(|name| if random.one_in(4) { name.nfd().collect() } else { name });
        let line = name.map_or_else(|| "ENTER".to_owned(), |name| format!("ENTER {name}"));
        self.send(trial, &line);
    }

    /// Puts a line on its way.
    pub(crate) fn send(&mut self, trial: &mut Trial, line: &str) {
        self.books.note_sent(line);
        self.send_bytes(trial, line.as_bytes(), meaning(line));
    }

    fn send_bytes(&mut self, trial: &mut Trial, bytes: &[u8], meaning: Meaning) {
        let Some(wire) = self.wire else { return };
        self.has_opened |= !bytes.trim_ascii().is_empty();
        self.outgoing.extend_from_slice(bytes);
        self.outgoing.push(b'\n');
        self.sent += bytes.len() + 1;
        trial.shadow.lines[wire].inputs.push_back((self.sent, meaning));
    }

    /// Some of the bytes on their way arrive.
    pub(crate) fn deliver(&mut self, trial: &mut Trial, most: usize) {
        let Some(wire) = self.wire.filter(|_| !self.outgoing.is_empty()) else { return };
        let count = most.min(self.outgoing.len());
        let bytes: Vec<u8> = self.outgoing.drain(..count).collect();
        let readiness = trial.wires[wire].ends.borrow_mut().arrive(&bytes);
        trial.ready(wire, readiness);
    }

    /// Takes bytes off the wire and does what the lines in them ask for.
    pub(crate) fn fetch(&mut self, trial: &mut Trial, most: usize) {
        let Some(wire) = self.wire else { return };
        let ends = std::rc::Rc::clone(&trial.wires[wire].ends);
        let (bytes, readiness) = ends.borrow_mut().fetch(most);
        if let Some(readiness) = readiness {
            trial.ready(wire, readiness);
        }
        self.unfinished.extend_from_slice(&bytes);
        let whole = self.unfinished.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
        let lines: Vec<u8> = self.unfinished.drain(..whole).collect();
        for line in String::from_utf8(lines).expect("the server sends UTF-8").lines() {
            self.hear(trial, line);
        }
        let (is_over, is_reset) = {
            let ends = ends.borrow();
            (ends.is_finished || ends.is_dropped, ends.is_reset)
        };
        if is_reset || (is_over && ends.borrow().sent.is_empty()) {
            self.hang_up(trial);
        }
    }

    fn hear(&mut self, trial: &mut Trial, line: &str) {
        let seen = usize::try_from(self.books.seen()).expect("fits");
        match self.books.note_received(line) {
            Noted::Before if line.starts_with("+OK entered") => {
                (self.has_entered, self.is_waiting) = (true, self.keeps);
                if self.keeps {
                    self.send(trial, "KEEP");
                }
            }
            Noted::Before if line.starts_with("-ERR name-") => self.is_waiting = false,
            Noted::Before => {}
            Noted::Kept => {
                self.is_waiting = false;
                let secret = self.books.token.as_ref().expect("it has just been told");
                self.log = Some(Log::clone(&trial.shadow.logs[secret]));
            }
            Noted::Resumed(again) => {
                (self.has_entered, self.is_waiting) = (true, false);
                again.iter().for_each(|line| self.send_bytes(trial, line.as_bytes(), meaning(line)));
            }
            Noted::Refused => {
                (self.books, self.log) = (Books::default(), None);
                // It is made to wait now; it has little to say until it is in.
                let line = self.name.as_ref().map_or_else(|| "ENTER".to_owned(), |name| format!("ENTER {name}"));
                self.send(trial, &line);
                self.deliver(trial, usize::MAX);
            }
            Noted::Counted => self.check(seen, line),
        }
        if line == "* ping" && !self.messages.is_multiple_of(4) {
            let line = format!("@ {}", self.books.seen());
            self.send(trial, &line);
        }
    }

    /// The line is the one that was to come next, over whatever connection.
    fn check(&self, seen: usize, line: &str) {
        if line.starts_with("* bye ") {
            return;
        }
        let log = self.log.as_ref().expect("its place is kept").borrow();
        let owed = log.get(seen).unwrap_or_else(|| panic!("{}: {line:?} was never told", self.books.name));
        let matches = owed.strip_suffix('\u{1}').map_or(owed == line, |start| line.starts_with(start));
        assert!(
            matches,
            "{} sees {line:?} as number {seen} instead of {owed:?}; {:?}; {:?}",
            self.books.name,
            &log[seen.saturating_sub(8)..log.len().min(seen + 8)],
            &self.books.lines[seen.saturating_sub(8)..]
        );
    }

    /// The client lets its connection go, in one way or another.
    pub(crate) fn lose(&mut self, trial: &mut Trial, random: &mut Random) {
        let Some(wire) = self.wire.take() else { return };
        let mut ends = trial.wires[wire].ends.borrow_mut();
        let readiness = match random.below(4) {
            0 => ends.reset(),
            1 => ends.desert(),
            // The server is not told; it may find out.
            2 => return,
            _ => {
                // The last bytes and the end arrive together.
                let last: Vec<u8> = self.outgoing.drain(..).collect();
                ends.arrive(&last);
                ends.desert()
            }
        };
        drop(ends);
        trial.ready(wire, readiness);
    }

    fn hang_up(&mut self, trial: &mut Trial) {
        let Some(wire) = self.wire.take() else { return };
        let readiness = trial.wires[wire].ends.borrow_mut().desert();
        trial.ready(wire, readiness);
    }

    /// The client stops reading, or reads on.
    pub(crate) fn stall(&mut self, trial: &mut Trial, random: &mut Random) {
        let Some(wire) = self.wire.filter(|_| self.has_entered && !self.is_waiting) else { return };
        self.is_stalled = !self.is_stalled;
        if self.is_stalled {
            trial.wires[wire].ends.borrow_mut().window = 1 + usize::try_from(random.below(3_000)).expect("fits");
        }
    }

    /// Says something.
    pub(crate) fn speak(&mut self, trial: &mut Trial, others: &[String], random: &mut Random) {
        if self.wire.is_none() || self.is_waiting {
            return;
        }
        if self.is_stuck(trial) {
            let line = format!("PING p{}", self.messages);
            return self.send(trial, &line);
        }
        match random.below(40) {
            0 if !self.has_entered => self.enter(trial, random),
            0 => self.send(trial, "QUIT"),
            1 | 2 => {
                let line = format!("@ {}", self.books.seen());
                self.send(trial, &line);
            }
            3 => self.say_nonsense(trial, random),
            4 if !self.has_entered => self.enter(trial, random),
            _ => {
                let line = self.some_line(others, random);
                self.send(trial, &line);
            }
        }
    }

    /// Begins as a client of something else does: whatever comes behind that is not done.
    fn speak_foreign(&mut self, trial: &mut Trial, random: &mut Random) {
        let line = *random.pick(&["SSH-2.0-x", "*1", "\u{16}\u{3}\u{1}", "<?xml version='1.0'?>"]);
        self.send_bytes(trial, line.as_bytes(), Meaning::Foreign);
    }

    fn say_nonsense(&mut self, trial: &mut Trial, random: &mut Random) {
        if !self.has_opened && random.one_in(2) {
            return self.speak_foreign(trial, random);
        }
        let x = |count: usize| "x".repeat(count);
        let line = match random.below(12) {
            0 if self.has_opened => x(4_096),
            1 if self.has_opened => x(10_000),
            2 => format!("ANNOUNCE {}", x(3_841)),
            0 | 1 | 3 => String::new(),
            4 => "  \t ".to_owned(),
            5 => "@ no number".to_owned(),
            6 => "@later 7".to_owned(),
            7 => "REQUEST".to_owned(),
            8 => "~\u{1b}[2J \u{202e}".to_owned(),
            9 => "KEEP".to_owned(),
            10 => format!("@ {}", u64::MAX),
            _ if self.books.token.is_none() => {
                let junk: Vec<u8> = (0..random.below(60)).map(|_| random.below(256) as u8 | 0x80).collect();
                let junk = [&b"\xff"[..], &junk].concat();
                return self.send_bytes(trial, &junk, Meaning::Answered("-ERR not-utf8\u{1}"));
            }
            _ => "ENTER again".to_owned(),
        };
        if !(line == "KEEP" && self.books.token.is_none()) {
            self.send(trial, &line);
        }
    }

    fn some_line(&mut self, others: &[String], random: &mut Random) -> String {
        self.messages += 1;
        let other = if random.one_in(10) { "nobody".to_owned() } else { random.pick(others).clone() };
        let other = if random.one_in(10) { other.nfd().flat_map(char::to_uppercase).collect() } else { other };
        let room = *random.pick(&ROOMS);
        let mut text = format!("m{} of {}", self.messages, self.number);
        match random.below(12) {
            0 => text.push_str(" \u{1b}[31m\u{7}\u{2066}"),
            1 => text.push_str(&" y".repeat(usize::try_from(random.below(1_800)).expect("fits"))),
            2..7 if self.is_loud => text.push_str(&" z".repeat(1_700)),
            _ => {}
        }
        if self.is_loud && random.one_in(3) {
            return if random.one_in(6) { "JOIN #lobby".to_owned() } else { format!("SAY #lobby {text}") };
        }
        match random.below(44) {
            0..5 => format!("REQUEST {other}"),
            5..9 => "ACCEPT".to_owned(),
            9 => format!("ACCEPT {other}"),
            10 => format!("REJECT {other}"),
            11 => "CANCEL".to_owned(),
            12 => "END".to_owned(),
            13..16 => format!("SAY {other} {text}"),
            16..25 => format!("SAY {room} {text}"),
            25..28 => format!("PRIVATE {other} {text}"),
            28 => format!("ANNOUNCE {text}"),
            29..33 => format!("JOIN {room}"),
            33 => format!("JOIN {other}"),
            34 => "LEAVE".to_owned(),
            35 => (*random.pick(&["WATCH on", "WATCH off"])).to_owned(),
            36 => "LIST".to_owned(),
            37 => (*random.pick(&["ROOMS", "REQUESTS"])).to_owned(),
            38 => format!("MEMBERS {room}"),
            39 => format!("{} {other}", random.pick(&["IGNORE", "UNIGNORE", "UNIGNORE"])),
            40 => (*random.pick(&["IGNORE", "DND on", "DND off", "DND off"])).to_owned(),
            41 => (*random.pick(&["AWAY", "AWAY back at two", "HERE", "HERE"])).to_owned(),
            _ => format!("PING p{}", self.messages),
        }
    }
}

/// What a line asks for. Only lines that this file makes are read here.
fn meaning(line: &str) -> Meaning {
    let words: Vec<&str> = line.split_ascii_whitespace().collect();
    if line.len() >= 4_096 {
        return Meaning::Answered("-ERR line-too-long\u{1}");
    }
    match words[..] {
        [] => Meaning::Nothing,
        ["@", number] => number.parse().map_or(Meaning::Nothing, Meaning::Seen),
        [word, ..] if word.starts_with('@') => Meaning::Nothing,
        [word, ..] if word.starts_with('~') => Meaning::Answered("-ERR unknown-command\u{1}"),
        ["REQUEST"] => Meaning::Answered("-ERR usage\u{1}"),
        ["ANNOUNCE", text] if text.len() > 3_840 => Meaning::Answered("-ERR text-too-long\u{1}"),
        ["ENTER", name] => Meaning::Enter(Some(name.to_owned())),
        ["ENTER"] => Meaning::Enter(None),
        ["KEEP"] => Meaning::Keep,
        ["QUIT"] => Meaning::Quit,
        ["PING", word] => Meaning::Pong(word.to_owned()),
        ["RESUME", uid, secret, seen] => {
            let number = |word: &str| word.parse().expect("a number");
            Meaning::Resume { uid: number(uid), secret: secret.to_owned(), seen: number(seen) }
        }
        [verb, ..] => {
            let rest = &line[verb.len()..];
            let clean = rest.replace(['\u{1b}', '\u{7}', '\u{2066}'], "\u{fffd}");
            Meaning::Chat(format!("{}{clean}", verb.to_lowercase()))
        }
    }
}
