//! The shadow of the server: what everybody is to be told, worked out from docs/PROTOCOL.md and the
//! model of the domain (`memory::domain::model`), line by line and connection by connection. It is
//! told which connection is served when; what each line leads to it says itself.

use std::collections::{BTreeMap, HashSet, VecDeque};

use super::absence::Away;
use super::place::{Kept, Log};
use crate::memory::domain::model::{Model, same};

/// The longest wait for a wrong secret, in milliseconds.
const LONGEST_PENALTY: u64 = 15_000;

/// What a client's line asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Meaning {
    /// Something of the chat, as the model reads it.
    Chat(String),
    Enter(Option<String>),
    Keep,
    Resume {
        uid: u64,
        secret: String,
        seen: u64,
    },
    Seen(u64),
    Nothing,
    /// Answered with a line that starts so, whoever says it.
    Answered(&'static str),
    Pong(String),
    /// The start of another protocol.
    Foreign,
    Quit,
}

/// What a connection has become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    Entering,
    User(String),
    Closing,
    /// The server has let go of the stream.
    Gone,
}

/// A connection, as the server must see it.
#[derive(Debug)]
pub(crate) struct Line {
    pub(crate) address: String,
    /// Orders connections as the server's slots do.
    pub(crate) slot: usize,
    pub(crate) phase: Phase,
    /// What is to be appended to its output and has not been seen yet; a line that ends in `\u{1}`
    /// stands for all that start so.
    pub(crate) owed: VecDeque<Owed>,
    /// What was owed when the rest was cut off, and may have been written before that.
    pub(crate) may_have: VecDeque<Owed>,
    /// Since when something owed has waited to be written.
    pub(crate) owed_since: Option<u64>,
    /// Whole lines that were left to be written at the end of a tick.
    pub(crate) queued: Vec<String>,
    /// Bytes appended and not written.
    pub(crate) unsent: usize,
    /// Bytes that the stream still takes in this tick.
    pub(crate) room: usize,
    /// The last write was cut short, and no room has been reported since.
    pub(crate) is_blocked: bool,
    /// Whether what was written last is the start of a line.
    pub(crate) is_inside_line: bool,
    /// Only the line being written, and what is owed, is still to come.
    pub(crate) is_cut_short: bool,
    /// It has sent a wrong secret and is made to wait.
    pub(crate) is_penalised: bool,
    /// One before it from its machine has: it is made to wait if it sends any.
    pub(crate) is_mistrusted: bool,
    /// Lines of the client's that have been read, or are on their way: where each ends, and what it asks.
    pub(crate) inputs: VecDeque<(usize, Meaning)>,
    /// Bytes read by the server, and of those the ones it is done with.
    pub(crate) read: usize,
    pub(crate) handled: usize,
    pub(crate) accepted: u64,
    pub(crate) slow_since: Option<u64>,
    /// Since when the stream has taken nothing while more than the hard limit waited.
    pub(crate) stuck_since: Option<u64>,
    pub(crate) has_been_slow: bool,
    /// When it was told that it has to wait.
    pub(crate) wait_told: Option<u64>,
    /// When it was asked for a sign of life, and when somebody who wants its name had it asked.
    pub(crate) asked: u64,
    probed: u64,
    pub(crate) last_heard: u64,
}

/// A line that a connection is to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Owed {
    pub(crate) text: String,
    /// Whether it is among the lines of a kept place.
    pub(crate) is_logged: bool,
}

/// A user's place.
#[derive(Debug)]
pub(crate) struct Place {
    pub(crate) uid: u64,
    pub(crate) line: Option<usize>,
    pub(crate) kept: Option<Kept>,
    pub(crate) away: Option<Away>,
    pub(crate) last_heard: u64,
    /// Whether it had a connection that was slow.
    was_slow: bool,
}

/// The whole of it.
pub(crate) struct Shadow {
    pub(crate) model: Model,
    pub(crate) lines: Vec<Line>,
    pub(crate) places: BTreeMap<String, Place>,
    pub(crate) now: u64,
    pub(crate) hard: usize,
    pub(crate) grace: u64,
    /// Most connections, and most places of users without one; 0 for any number.
    pub(crate) most: usize,
    /// Most places of users without a connection from one machine; 0 for any number.
    pub(crate) most_of_machine: usize,
    places_left: u64,
    /// Places that were given up with something unread.
    pub(crate) given_up: Vec<super::unread::GivenUp>,
    /// Until when no secret from a machine is looked at.
    pub(crate) mistrusted: BTreeMap<String, u64>,
    /// Connections that have come to their end, and why, since this was last emptied.
    pub(crate) ended: Vec<(usize, &'static str)>,
    pub(crate) next_secret: u128,
    /// What tokens of the daemon's life begin with.
    pub(crate) life: String,
    /// What the server answered to the line at hand: the wording of a refusal.
    said: Option<String>,
    pub(crate) is_shut_down: bool,
    pub(crate) has_rates: bool,
    /// Whether a place has ever been given up because there were too many.
    pub(crate) has_given_up: bool,
    /// Everything told to anybody whose place was kept, by the secret of the place.
    pub(crate) logs: BTreeMap<String, Log>,
    /// Every message that took effect.
    taken: HashSet<String>,
}

impl Line {
    pub(crate) fn new(address: String, slot: usize, now: u64) -> Self {
        Self {
            address,
            slot,
            phase: Phase::Entering,
            owed: VecDeque::new(),
            may_have: VecDeque::new(),
            owed_since: None,
            queued: Vec::new(),
            unsent: 0,
            room: usize::MAX,
            is_blocked: false,
            is_inside_line: false,
            is_cut_short: false,
            is_penalised: false,
            is_mistrusted: false,
            inputs: VecDeque::new(),
            read: 0,
            handled: 0,
            accepted: now,
            slow_since: None,
            stuck_since: None,
            has_been_slow: false,
            wait_told: None,
            asked: 0,
            probed: 0,
            last_heard: now,
        }
    }
}

impl Line {
    /// Where it comes from, without the port.
    pub(crate) fn machine(&self) -> &str {
        self.address.rsplit_once(':').expect("it has a port").0
    }

    /// Whether lines of its client's may still be handled.
    pub(crate) fn is_heard(&self) -> bool {
        matches!(self.phase, Phase::Entering | Phase::User(_)) && !self.inputs.is_empty()
    }

    /// Only the line being written, and what is owed from now on, is still to come.
    fn cut_off(&mut self) {
        self.may_have = std::mem::take(&mut self.owed);
        self.is_cut_short = true;
    }

    /// What waits is written before more is queued, as far as the stream takes it.
    pub(crate) fn offer(&mut self) {
        let taken = self.unsent.min(self.room);
        (self.unsent, self.room) = (self.unsent - taken, self.room - taken);
    }

    /// Whether its client's next line is handled: not while it leaves more than `soft` bytes unread.
    pub(crate) fn listens(&mut self, soft: usize) -> bool {
        if self.unsent > soft {
            self.offer();
        }
        matches!(self.phase, Phase::Entering | Phase::User(_)) && self.unsent <= soft
    }

    /// By when it has to give the sign of life it was asked for last.
    pub(crate) fn sign_of_life_due(&self) -> u64 {
        if self.probed >= self.asked { self.probed + 5_000 } else { self.asked + 30_000 }
    }
}

impl Shadow {
    pub(crate) fn new(model: Model, hard: usize, grace: u64, next_secret: u128) -> Self {
        Self {
            model,
            lines: Vec::new(),
            places: BTreeMap::new(),
            now: 0,
            hard,
            grace,
            most: 0,
            most_of_machine: 0,
            places_left: 0,
            given_up: Vec::new(),
            mistrusted: BTreeMap::new(),
            ended: Vec::new(),
            // The first is for the daemon's life.
            next_secret: next_secret + 1,
            life: format!("{:08x}", (next_secret + 1) & 0xffff_ffff),
            said: None,
            is_shut_down: false,
            has_rates: false,
            has_given_up: false,
            logs: BTreeMap::new(),
            taken: HashSet::new(),
        }
    }

    /// Tells a user something.
    pub(crate) fn tell(&mut self, name: &str, text: &str) {
        let Some(place) = self.places.get_mut(name) else { return };
        let line = place.line;
        if let Some(kept) = &mut place.kept {
            kept.push(text);
            if place.away.is_some() {
                kept.bound(0);
            }
        }
        let is_logged = place.kept.is_some();
        if let Some(line) = line {
            self.append(line, text, is_logged);
        }
    }

    /// Appends to a connection's output.
    pub(crate) fn append(&mut self, number: usize, text: &str, is_logged: bool) {
        let line = &mut self.lines[number];
        line.owed.push_back(Owed { text: text.to_owned(), is_logged });
        line.unsent += text.len() + 1;
    }

    /// Does what one line of a client's asks. `said` is what the server answered, which decides
    /// nothing but who may have a name that is taken.
    pub(crate) fn obey(&mut self, number: usize, meaning: Meaning, said: Option<&str>) {
        self.said = said.map(str::to_owned);
        if !matches!(meaning, Meaning::Nothing | Meaning::Seen(_)) {
            // What is handled need not wait any longer.
            self.lines[number].is_penalised = false;
        }
        let user = match &self.lines[number].phase {
            Phase::User(name) => Some(name.clone()),
            Phase::Entering => None,
            Phase::Closing | Phase::Gone => return,
        };
        match (meaning, user) {
            (Meaning::Nothing, _) | (Meaning::Seen(_), None) => {}
            (Meaning::Seen(seen), Some(name)) => self.acknowledge(&name, seen),
            (Meaning::Answered(start), user) => self.answer(number, user.as_deref(), start),
            (Meaning::Pong(word), user) => self.answer(number, user.as_deref(), &format!("+OK pong {word}")),
            (Meaning::Foreign, _) => {
                self.append(number, "-ERR foreign\u{1}", false);
                self.close(number, "foreign");
            }
            (Meaning::Quit, user) => {
                self.answer(number, user.as_deref(), "+OK bye");
                self.close(number, "quit");
            }
            (Meaning::Enter(name), None) => self.enter(number, name.as_deref(), said),
            (Meaning::Resume { uid, secret, seen }, None) => self.resume(number, uid, &secret, seen),
            (Meaning::Enter(_), user) => self.answer(number, user.as_deref(), "-ERR already-entered\u{1}"),
            // Neither is counted among the commands.
            (Meaning::Resume { .. }, Some(name)) => self.tell(&name, "-ERR already-entered\u{1}"),
            (Meaning::Keep, Some(name)) => self.keep(number, &name),
            (Meaning::Keep | Meaning::Chat(_), None) => self.answer(number, None, "-ERR not-entered\u{1}"),
            (Meaning::Chat(line), Some(name)) => self.chat(number, &name, &line),
        }
    }

    fn chat(&mut self, number: usize, name: &str, line: &str) {
        let answer = self.model.command(name, line);
        self.pass_on();
        for row in std::mem::take(&mut self.model.rows) {
            self.tell(name, &row);
        }
        if answer.starts_with("+OK taken") {
            assert!(self.taken.insert(line.to_owned()), "{line:?} takes effect once");
        }
        let answer = if answer.starts_with('-') { answer + " \u{1}" } else { answer };
        self.answer(number, Some(name), &answer);
    }

    pub(crate) fn answer(&mut self, number: usize, user: Option<&str>, text: &str) {
        let said =
            self.said.take().filter(|said| text.strip_suffix('\u{1}').is_some_and(|start| said.starts_with(start)));
        let text = said.as_deref().unwrap_or(text);
        let Some(name) = user else { return self.append(number, text, false) };
        if let Some(kept) = self.places.get_mut(name).and_then(|place| place.kept.as_mut()) {
            kept.answered += 1;
        }
        self.tell(name, text);
    }

    /// Hands everybody what the model has for them.
    pub(crate) fn pass_on(&mut self) {
        for (name, line) in std::mem::take(&mut self.model.told) {
            self.tell(&name, &line);
        }
    }

    fn enter(&mut self, number: usize, name: Option<&str>, said: Option<&str>) {
        let address = self.lines[number].address.clone();
        if let Some(holder) = name.and_then(|name| self.holder(name)) {
            return self.contest(number, name.expect("it has a holder"), &holder, said);
        }
        let name = self.model.enter(name, &address).expect("the name is free");
        let uid = self.model.people.last().expect("somebody has just entered").uid;
        self.pass_on();
        let place = Place { uid, line: Some(number), kept: None, away: None, last_heard: self.now, was_slow: false };
        self.places.insert(name.clone(), place);
        self.lines[number].phase = Phase::User(name.clone());
        self.model.show_announcements(&name);
        self.pass_on();
        self.tell(&name, &format!("+OK entered {uid} {name}"));
    }

    fn holder(&self, name: &str) -> Option<String> {
        self.places.keys().find(|other| same(other, name)).cloned()
    }

    /// A name that is taken: who has been silent for 30 s may lose it. What has become of it is the
    /// server's word; here it is only judged.
    fn contest(&mut self, number: usize, name: &str, holder: &str, said: Option<&str>) {
        let place = &self.places[holder];
        let heard = place.line.map_or(place.last_heard, |line| self.lines[line].last_heard);
        let is_silent = heard + 30_000 <= self.now && place.kept.is_some();
        match said.and_then(|said| said.split(' ').nth(1)) {
            Some("name-silent") => {
                assert!(is_silent && place.away.is_none(), "{holder} is silent and there: {place:?}");
                let line = place.line.expect("it is there");
                self.lines[line].probed = self.now;
                self.answer(number, None, "-ERR name-silent\u{1}");
            }
            Some("entered") => {
                assert!(is_silent && place.away.is_some(), "{holder} is silent and away: {place:?}");
                let reason = place.away.as_ref().expect("just found").reason;
                self.leave(holder, reason);
                self.enter(number, Some(name), None);
            }
            _ => {
                // One that was made to wait, or was slow, may have spoken without having been heard.
                let is_lost = is_silent && place.away.is_some() && !self.has_rates && !place.was_slow;
                assert!(!is_lost, "{holder} is away and silent, and the name can be had: {place:?}");
                self.answer(number, None, "-ERR name-taken\u{1}");
            }
        }
    }

    fn keep(&mut self, number: usize, name: &str) {
        let seconds = self.grace / 1000;
        if seconds == 0 {
            return self.answer(number, Some(name), "-ERR not-kept\u{1}");
        }
        let place = self.places.get_mut(name).expect("a user has a place");
        if let Some(kept) = &place.kept {
            let text = format!("+OK kept {} {seconds}", kept.secret);
            return self.tell(name, &text);
        }
        self.next_secret += 1;
        let secret = format!("{}{:024x}", self.life, self.next_secret & ((1 << 96) - 1));
        self.append(number, &format!("+OK kept {secret} {seconds}"), false);
        let place = self.places.get_mut(name).expect("a user has a place");
        let log = Log::default();
        self.logs.insert(secret.clone(), Log::clone(&log));
        place.kept = Some(Kept { secret, log, ..Kept::default() });
    }

    fn acknowledge(&mut self, name: &str, seen: u64) {
        if let Some(kept) = self.places.get_mut(name).and_then(|place| place.kept.as_mut()) {
            kept.acknowledge(seen);
        }
    }

    fn resume(&mut self, number: usize, uid: u64, secret: &str, seen: u64) {
        let knows = |place: &Place| place.uid == uid && place.kept.as_ref().is_some_and(|kept| kept.secret == secret);
        let Some((name, place)) = self.places.iter_mut().find(|(_, place)| knows(place)) else {
            return self.refuse_return(number, uid, secret, seen);
        };
        let (name, kept) = (name.clone(), place.kept.as_mut().expect("just found"));
        let answered = kept.answered;
        let Some((again, lost)) = kept.rewind(seen) else {
            return self.answer(number, None, "-ERR bad-sequence\u{1}");
        };
        let unread = if lost > 0 { kept.lose_behind(seen) } else { Vec::new() };
        let old = place.line.replace(number);
        place.away = None;
        if let Some(old) = old {
            self.take_over(old);
        }
        self.append(number, &format!("+OK resumed {uid} {name} {answered} {lost}"), false);
        self.lines[number].phase = Phase::User(name.clone());
        // However many they are: they have been within the bounds before.
        let line = &mut self.lines[number];
        line.unsent += again.iter().map(|line| line.len() + 1).sum::<usize>();
        line.owed.extend(again.into_iter().map(|text| Owed { text, is_logged: true }));
        let address = self.lines[number].address.clone();
        self.model.come_back(&name, &address);
        self.pass_on();
        self.tell_unread(&name, &unread);
    }

    /// Somebody guesses secrets.
    pub(crate) fn mistrust(&mut self, number: usize) {
        self.lines[number].is_penalised = true;
        let machine = self.lines[number].machine().to_owned();
        self.mistrusted.insert(machine, self.now + LONGEST_PENALTY);
    }

    /// The old connection gets the rest of the line it is in and the farewell.
    fn take_over(&mut self, old: usize) {
        let line = &mut self.lines[old];
        line.cut_off();
        line.phase = Phase::Closing;
        self.ended.push((old, "resumed-elsewhere"));
        self.append(old, "* bye resumed-elsewhere you go on over another connection", false);
    }

    /// A connection comes to its end; with it its user, unless the place is kept.
    pub(crate) fn close(&mut self, number: usize, reason: &'static str) {
        let is_lost = matches!(reason, "disconnected" | "broken" | "slow-consumer" | "ping-timeout");
        let Phase::User(name) = self.lines[number].phase.clone() else { return self.say_farewell(number, reason) };
        let place = self.places.get_mut(&name).expect("a user has a place");
        if let Some(kept) = place.kept.as_mut().filter(|_| is_lost) {
            kept.bound(0);
            let slot = self.lines[number].slot;
            let machine = self.lines[number].machine().to_owned();
            self.places_left += 1;
            place.last_heard = self.lines[number].last_heard;
            place.was_slow |= self.lines[number].has_been_slow;
            place.away =
                Some(Away { reason, since: self.now, slot, is_told: false, machine, number: self.places_left });
            place.line = None;
            self.lines[number].phase = Phase::Gone;
            self.lines[number].owed.clear();
            self.ended.push((number, reason));
            self.model.drop_connection(&name);
            return self.give_up_surplus();
        }
        let unread = self.unread(&name, reason);
        self.say_farewell(number, reason);
        if !self.is_shut_down {
            return self.leave_unread(&name, reason, &unread);
        }
        // Everybody leaves at once, and nobody is told of anybody.
        self.model.leave(&name, reason);
        self.model.told.clear();
        self.places.remove(&name);
    }

    fn say_farewell(&mut self, number: usize, reason: &'static str) {
        let line = &mut self.lines[number];
        if !matches!(line.phase, Phase::Entering | Phase::User(_)) {
            return;
        }
        line.phase = Phase::Closing;
        self.ended.push((number, reason));
        if reason == "slow-consumer" && line.unsent > self.hard {
            line.cut_off();
        }
        if !matches!(reason, "quit" | "disconnected" | "broken" | "foreign") {
            self.append(number, &format!("* bye {reason} \u{1}"), false);
        }
    }
}
