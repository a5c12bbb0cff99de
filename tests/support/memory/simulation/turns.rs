//! Whose turn it is, and who is written to when: what holds where a tick has little time. Lines wait
//! for their turn in the order in which they came; nobody is passed over for ever; what many are told
//! may be written later, and nothing else.

use std::collections::{BTreeMap, VecDeque};

use chatd::limits::{Budget, COPY_WORK, WRITE_WORK};

use super::journal::disconnects;
use super::pipe::Call;
use super::shadow::{Meaning, Owed, Phase};
use super::trial::Trial;

/// What many are told.
const FOR_MANY: [&str; 10] =
    ["room", "announced", "entered", "gone", "opened", "closed", "joined", "left", "dropped", "returned"];

/// Whether a line may be written in a later tick.
pub(super) fn may_be_later(owed: &Owed) -> bool {
    owed.text.strip_prefix("* ").and_then(|rest| rest.split(' ').next()).is_some_and(|word| FOR_MANY.contains(&word))
}

/// Whether it is always told to many. Of the others some are told to one only, and written at once.
fn is_said(owed: &Owed) -> bool {
    ["* room ", "* announced "].iter().any(|start| owed.text.starts_with(start))
}

/// The server's ticks, as far as they have too little time.
#[derive(Debug, Default)]
pub(crate) struct Turns {
    /// What a tick may do, where that is little.
    pub(crate) budget: Option<Budget>,
    /// Whose next line waits for its turn.
    waiting: VecDeque<usize>,
    /// No line for many is handled any more in this tick, or in this part of it.
    is_spent: bool,
    /// The least that lines for many have taken in this part of a tick.
    spent: u64,
    /// For how many ticks nobody has had its turn.
    idle: usize,
    /// For how many ticks a connection has waited to be written to.
    unwritten: BTreeMap<usize, usize>,
}

impl Turns {
    /// A tick begins. Where somebody waits already, whoever comes now comes behind.
    pub(super) fn begin(&mut self) {
        (self.is_spent, self.spent) = (!self.waiting.is_empty(), 0);
    }

    pub(super) fn is_waiting(&self, number: usize) -> bool {
        self.waiting.contains(&number)
    }

    pub(super) fn has_waiting(&self) -> bool {
        !self.waiting.is_empty()
    }

    /// So many are told a line.
    fn note_told(&mut self, count: usize) {
        if count > 1 {
            self.spent += count as u64 * COPY_WORK;
        }
    }
}

impl Trial {
    /// Follows the server through the connections it has served, in order.
    pub(super) fn serve_all(&mut self, calls: &[(usize, Call)], journal: &str) {
        let mut order = std::mem::take(&mut self.ready);
        // Those whose waiting is over come behind those who had more to read.
        let is_served = |number: &usize| {
            let is_read = |(who, call): &(usize, Call)| who == number && call.is_read();
            let has_quit = || disconnects(journal).contains(&(self.shadow.lines[*number].address.as_str(), "quit"));
            calls.iter().any(is_read) || (self.may_wait(*number) && (!self.answers(*number).is_empty() || has_quit()))
        };
        let has_waited = |number: &usize| order.contains(number) || self.turns.is_waiting(*number);
        let others = self.live.iter().copied().filter(|number| !has_waited(number));
        let mut waited: Vec<usize> = others.filter(is_served).collect();
        waited.sort_by_key(|number| self.shadow.lines[*number].slot);
        for number in &waited {
            let is_closing = self.shadow.lines[*number].phase == Phase::Closing;
            assert!(is_closing || self.may_wait(*number), "{number} is served without being ready");
        }
        order.extend(waited);
        self.turns.begin();
        let had_waited = self.turns.has_waiting();
        // Those who wait are not heard before it is their turn.
        order.retain(|number| !self.turns.is_waiting(*number));
        for number in order.iter().copied() {
            let mine = calls.iter().filter(|(who, _)| *who == number).map(|(_, call)| *call);
            self.serve(number, &mine.collect::<Vec<_>>(), journal);
        }
        // What those have read is known who have been served before.
        let calls: Vec<_> =
            calls.iter().filter(|(who, call)| !call.is_read() || !order.contains(who)).copied().collect();
        self.take_turns(had_waited, &calls, journal);
    }

    /// Whether the next line of a connection has to wait for its turn. `is_answered` says whether the
    /// server has answered it.
    pub(super) fn waits_for_turn(&mut self, number: usize, is_answered: bool) -> bool {
        let Some(budget) = self.turns.budget.filter(|budget| budget.short == 0) else { return false };
        let line = &self.shadow.lines[number];
        let is_next = |(end, meaning): &(usize, Meaning)| *end <= line.read && matches!(meaning, Meaning::Chat(_));
        if !matches!(line.phase, Phase::User(_)) || !line.inputs.front().is_some_and(is_next) {
            return false;
        }
        if is_answered && !self.turns.is_spent {
            assert!(self.turns.spent < budget.lines, "{number} has its turn when there is no time left");
            return false;
        }
        self.turns.is_spent = true;
        if !self.turns.is_waiting(number) {
            self.turns.waiting.push_back(number);
        }
        self.seen.insert("waits for its turn".to_owned());
        true
    }

    /// A line has been handled; so many lines were owed before.
    pub(super) fn note_handled(&mut self, before: usize) {
        if self.turns.budget.is_some() {
            let told = self.count_said().saturating_sub(before);
            self.turns.note_told(told);
        }
    }

    /// How much of what was said to many has not been written.
    pub(super) fn count_said(&self) -> usize {
        if self.turns.budget.is_none() {
            return 0;
        }
        let owed = self.live.iter().flat_map(|number| &self.shadow.lines[*number].owed);
        owed.filter(|owed| is_said(owed)).count()
    }

    /// Those who had to wait have their turns, the first first.
    fn take_turns(&mut self, had_waited: bool, calls: &[(usize, Call)], journal: &str) {
        (self.turns.is_spent, self.turns.spent) = (false, 0);
        let mut has_begun = false;
        while let Some(number) = self.turns.waiting.front().copied() {
            let is_open = matches!(self.shadow.lines[number].phase, Phase::Entering | Phase::User(_));
            let mine: Vec<Call> = calls.iter().filter(|(who, _)| *who == number).map(|(_, call)| *call).collect();
            let has_ended = mine.iter().any(|call| matches!(call, Call::ReadEnd | Call::ReadBroken));
            if is_open && (!had_waited || (self.answers(number).is_empty() && !has_ended)) {
                break;
            }
            self.turns.waiting.pop_front();
            if is_open {
                has_begun = true;
                self.serve(number, &mine, journal);
                // What it has said is answered before its end is taken note of.
                if self.wires[number].latch.hung_up {
                    self.mark(number);
                }
            }
        }
        let is_idle = had_waited && !self.turns.waiting.is_empty() && !has_begun;
        self.turns.idle = if is_idle { self.turns.idle + 1 } else { 0 };
        assert!(self.turns.idle <= self.live.len() + 2, "nobody has its turn: {:?}", self.turns.waiting);
    }

    /// What is owed to a connection that was not written to: only what many are told may be, and not
    /// for ever.
    pub(super) fn judge_unwritten(&mut self, number: usize, is_written: bool) -> bool {
        if is_written {
            self.turns.unwritten.remove(&number);
        }
        let owed = &self.shadow.lines[number].owed;
        if owed.is_empty() || !owed.iter().any(may_be_later) {
            self.turns.unwritten.remove(&number);
            return false;
        }
        if self.turns.budget.is_none() {
            return false;
        }
        assert!(owed.iter().all(may_be_later), "{number} is owed what is not for many: {owed:?}");
        // Each tick somebody is written to; some who stood before it may be gone now.
        let most = 2 * self.live.len() + 8;
        let ticks = self.turns.unwritten.entry(number).or_default();
        *ticks += 1;
        assert!(*ticks <= most, "{number} has waited for {ticks} ticks: {owed:?}");
        assert_eq!(self.wait(), Some(0), "there is work left");
        self.seen.insert("written later".to_owned());
        true
    }

    /// Of those who are told nothing but what many are, so many are written to as there is time for.
    pub(super) fn judge_time(&self, calls: &[(usize, Call)]) {
        let Some(budget) = self.turns.budget else { return };
        let is_written = |number: &&usize| calls.contains(&(**number, Call::Wrote));
        let is_bulk = |number: &&usize| {
            let line = &self.shadow.lines[**number];
            matches!(line.phase, Phase::User(_)) && !line.owed.is_empty() && line.owed.iter().all(is_said)
        };
        let count = self.live.iter().filter(is_written).filter(is_bulk).count() as u64;
        assert!(count <= budget.writes.div_ceil(WRITE_WORK), "{count} are written to in {budget:?}");
    }
}
