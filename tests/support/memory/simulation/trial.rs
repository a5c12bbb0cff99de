//! One server, its shadow, and the judge between them: after each tick, every byte that the server
//! has written or would write must be what the shadow says, in order, for everybody.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use chatd::limits::Limits;
use chatd::server::{ConnectionId, Peer, Readiness, Server};

use super::journal::disconnects;
use super::net::at;
use super::pipe::{Call, Calls, Ends, Pipe};
use super::shadow::{Line, Meaning, Phase, Shadow};
use super::turns::{Turns, may_be_later};

/// What the server knows of a stream's readiness.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Latch {
    readable: bool,
    pub(super) hung_up: bool,
}

/// One connection, from outside.
#[derive(Debug)]
pub(crate) struct Wire {
    pub(crate) token: ConnectionId,
    pub(crate) ends: Rc<RefCell<Ends>>,
    pub(super) latch: Latch,
    /// What the stream had been offered and not taken before the current tick.
    before: Vec<u8>,
}

/// See the module.
pub(crate) struct Trial {
    pub(crate) server: Server<Pipe>,
    pub(crate) shadow: Shadow,
    pub(crate) wires: Vec<Wire>,
    pub(crate) now: u64,
    soft: usize,
    pub(super) soft_time: u64,
    pub(super) hard_time: u64,
    /// Whether lines may have to wait, so that only the answers tell how many were handled.
    pub(crate) has_rates: bool,
    /// How long an acknowledgement may wait for company, in milliseconds.
    acknowledge_within: u64,
    pub(crate) journal: String,
    /// What has been seen: the first words of lines, and why connections were closed.
    pub(crate) seen: BTreeSet<String>,
    calls: Calls,
    /// Connections the server has not let go of.
    pub(super) live: Vec<usize>,
    /// Those that were refused: they do not count against the limit.
    refused: BTreeSet<usize>,
    pub(super) by_address: HashMap<String, usize>,
    /// Who is to be served in the next tick, in order.
    pub(super) ready: Vec<usize>,
    pub(crate) turns: Turns,
}

impl Trial {
    pub(crate) fn new(server: Server<Pipe>, shadow: Shadow, limits: Limits, has_rates: bool) -> Self {
        Self {
            server,
            shadow,
            wires: Vec::new(),
            now: 0,
            soft: limits.output_soft,
            soft_time: millis(limits.output_soft_time),
            hard_time: millis(limits.output_hard_time),
            has_rates,
            acknowledge_within: millis(limits.acknowledge_within),
            journal: String::new(),
            seen: BTreeSet::new(),
            calls: Calls::default(),
            live: Vec::new(),
            refused: BTreeSet::new(),
            by_address: HashMap::new(),
            ready: Vec::new(),
            turns: Turns::default(),
        }
    }

    /// A client connects; says the number of the connection.
    pub(crate) fn connect(&mut self, address: SocketAddr) -> usize {
        let number = self.wires.len();
        let (pipe, ends) = Pipe::new(number, &self.calls);
        let let_in = self.live.iter().filter(|number| !self.refused.contains(*number)).count();
        let is_full = self.shadow.most > 0 && let_in >= self.shadow.most;
        let token = self.server.accept(pipe, Peer::Client(address), at(self.now));
        self.wires.push(Wire { token, ends, latch: Latch::default(), before: Vec::new() });
        self.live.push(number);
        self.by_address.insert(address.to_string(), number);
        let mut line = Line::new(address.to_string(), slot(token), self.now);
        line.is_mistrusted = self.shadow.mistrusted.get(line.machine()).is_some_and(|until| self.now < *until);
        self.shadow.lines.push(line);
        if is_full {
            self.refused.insert(number);
            self.shadow.append(number, "-ERR full \u{1}", false);
            self.shadow.lines[number].phase = Phase::Closing;
        }
        number
    }

    /// The event queue reports something.
    pub(crate) fn ready(&mut self, number: usize, readiness: Readiness) {
        let wire = &mut self.wires[number];
        self.server.handle_ready(wire.token, readiness);
        wire.latch.readable |= readiness.readable || readiness.hung_up;
        wire.latch.hung_up |= readiness.hung_up;
        let is_readable = wire.latch.readable;
        let line = &mut self.shadow.lines[number];
        let has_room = readiness.writable && std::mem::take(&mut line.is_blocked);
        let has_waited = line.unsent > self.soft && (is_readable || line.read > line.handled);
        if is_readable || (has_room && has_waited) {
            self.mark(number);
        }
    }

    pub(super) fn mark(&mut self, number: usize) {
        if self.shadow.lines[number].phase != Phase::Gone && !self.ready.contains(&number) {
            self.ready.push(number);
        }
    }

    /// When the server wants to be called again, in milliseconds from now.
    pub(crate) fn wait(&self) -> Option<u64> {
        self.server.poll_timeout(at(self.now)).map(|wait| u64::try_from(wait.as_millis()).expect("not for ever"))
    }

    /// Ticks until nobody has more to be served.
    pub(crate) fn run(&mut self) {
        self.tick();
        for _ in 0..1_000 {
            if self.wait() != Some(0) {
                return self.check_nobody_is_overdue();
            }
            self.tick();
        }
        panic!("the server never comes to rest");
    }

    /// Lets time pass, ticking whenever something is due.
    pub(crate) fn pass(&mut self, millis: u64) {
        let end = self.now + millis;
        loop {
            match self.wait() {
                Some(wait) if self.now + wait < end => self.now += wait,
                _ => break,
            }
            self.run();
        }
        self.now = end;
        self.run();
    }

    /// A round of the loop that comes when it comes, perhaps later than was asked for. Where several
    /// wait for their turn it comes in time: who is first would depend on when each was to be heard.
    pub(crate) fn run_after(&mut self, millis: u64) {
        let waits = |number: &&usize| {
            let line = &self.shadow.lines[**number];
            self.may_wait(**number) && !line.inputs.is_empty()
        };
        let waiting = self.live.iter().filter(waits).count();
        if waiting > 1 {
            return self.pass(millis);
        }
        self.now += millis;
        // Sometimes more comes before all is done.
        if self.turns.budget.is_some() && waiting == 0 && self.now.is_multiple_of(2) { self.tick() } else { self.run() }
    }

    fn tick(&mut self) {
        self.calls.borrow_mut().clear();
        for number in &self.live {
            let wire = &mut self.wires[*number];
            let mut ends = wire.ends.borrow_mut();
            ends.taken.clear();
            wire.before.clone_from(&ends.left);
            let room = if ends.is_reset { 0 } else { ends.window.saturating_sub(ends.sent.len()) };
            self.shadow.lines[*number].room = room;
        }
        self.server.tick(at(self.now));
        self.server.check_invariants();
        let (calls, journal) = (self.calls.borrow().clone(), self.server.journal().take());
        self.shadow.now = self.now;
        self.shadow.model.now = self.now;
        self.shadow.model.wall = chatd::wire::format_time(at(self.now).wall);
        self.serve_all(&calls, &journal);
        self.police(&journal);
        self.shadow.absences((u64::MAX, 0));
        if self.shadow.has_given_up {
            self.seen.insert("surplus".to_owned());
        }
        self.shadow.model.timeout();
        self.shadow.pass_on();
        for (at, (number, _)) in calls.iter().enumerate().filter(|(_, (_, call))| *call == Call::WriteBroken) {
            // One that is found broken too early to be given up is found so again, writing or reading.
            let is_over = self.shadow.lines[*number].phase == Phase::Gone;
            let is_again = |(who, call): &(usize, Call)| who == number && *call != Call::Dropped;
            if !is_over && !calls[at + 1..].iter().any(is_again) {
                self.compare(*number, true);
                self.shadow.close(*number, "broken");
            }
        }
        self.judge(&calls, &journal);
        self.mark_after(&calls);
        self.journal.push_str(&journal);
    }

    pub(super) fn serve(&mut self, number: usize, calls: &[Call], journal: &str) {
        let line = &mut self.shadow.lines[number];
        let listens = line.listens(self.soft);
        let is_idle = listens && self.shadow.lines[number].inputs.is_empty() && !self.may_wait(number);
        let is_served = calls.iter().any(|call| call.is_read() || *call == Call::ReadInterrupted);
        let is_left_out = is_idle && self.wires[number].latch.readable && !is_served;
        assert!(!is_left_out, "{number} has something to read and is not read");
        let line = &mut self.shadow.lines[number];
        for call in calls {
            if let Call::Read { count, .. } = call {
                line.read += count;
                if *count > 0 {
                    line.last_heard = self.now;
                }
            }
        }
        // The end of what a client has to say is not taken note of while some of it has to wait.
        let has_gone = |reason| disconnects(journal).contains(&(self.shadow.lines[number].address.as_str(), reason));
        let is_noted = |call, reason| calls.contains(&call) && (!self.may_wait(number) || has_gone(reason));
        let is_at_end = is_noted(Call::ReadEnd, "disconnected");
        // One that is written to afterwards has not been taken for broken then.
        let is_broken = is_noted(Call::ReadBroken, "broken") && !calls.contains(&Call::WriteBroken);
        let is_ended = is_at_end || is_broken;
        // The answer to `QUIT` may be offered to a stream that is broken; the log tells of it in any case.
        let is_over = is_ended || has_gone("quit");
        let (answers, mut answered) = (self.answers(number), 0);
        loop {
            // What has to wait is told from what need not by the answers.
            let only_silent = self.may_wait(number) && !is_over && answered >= answers.len();
            if self.waits_for_turn(number, is_over || answered < answers.len()) {
                break;
            }
            let Some(meaning) = self.next_line(number, only_silent) else { break };
            let has_answer = !matches!(meaning, Meaning::Nothing | Meaning::Seen(_));
            let (before, later) = (self.owed_answers(number), self.count_said());
            // What one that comes back is told again is no work of this kind.
            let is_return = matches!(meaning, Meaning::Resume { .. });
            self.shadow.obey(number, meaning, answers.get(answered).map(String::as_str));
            // A return has more than its own: those that are told again.
            if !is_return {
                self.note_handled(later);
            }
            answered += (self.owed_answers(number) - before).max(usize::from(has_answer));
        }
        if is_ended {
            let reason = if is_at_end { "disconnected" } else { "broken" };
            self.shadow.close(number, reason);
        }
    }

    /// Whether the server may make a client wait: for its speed, or for a wrong secret.
    pub(super) fn may_wait(&self, number: usize) -> bool {
        let line = &self.shadow.lines[number];
        let is_secret = matches!(line.inputs.front(), Some((_, Meaning::Resume { .. })));
        self.has_rates || line.is_penalised || line.is_mistrusted && is_secret
    }

    /// The next line of a connection that the server handles, if it listens.
    fn next_line(&mut self, number: usize, only_silent: bool) -> Option<Meaning> {
        let line = &mut self.shadow.lines[number];
        let listens = line.listens(self.soft);
        let (end, meaning) = line.inputs.front()?;
        let is_silent = matches!(meaning, Meaning::Nothing | Meaning::Seen(_));
        if !listens || *end > line.read || (only_silent && !is_silent) {
            return None;
        }
        line.handled = *end;
        line.inputs.pop_front().map(|(_, meaning)| meaning)
    }

    /// The answers to what is handled in this tick, as far as the stream was offered them.
    pub(super) fn answers(&self, number: usize) -> Vec<String> {
        let wire = &self.wires[number];
        let ends = wire.ends.borrow();
        let all = [&ends.taken[..], &ends.left[..]].concat();
        let new = String::from_utf8_lossy(all.get(wire.before.len()..).unwrap_or_default()).into_owned();
        let is_answer = |line: &&str| line.starts_with(['+', '-']);
        // Those that have waited since an earlier tick come first.
        new.lines().filter(is_answer).skip(self.owed_answers(number)).map(str::to_owned).collect()
    }

    fn owed_answers(&self, number: usize) -> usize {
        self.shadow.lines[number].owed.iter().filter(|owed| owed.text.starts_with(['+', '-'])).count()
    }

    /// Compares what every connection was offered with what it is owed.
    fn judge(&mut self, calls: &[(usize, Call)], journal: &str) {
        let has = |number: usize, call: Call| calls.contains(&(number, call));
        self.judge_time(calls);
        for number in self.live.clone() {
            let phase = self.shadow.lines[number].phase.clone();
            if phase == Phase::Gone {
                self.shadow.lines[number].owed.clear();
            } else if has(number, Call::WriteBroken) {
                // Compared when it broke.
                self.shadow.lines[number].owed.clear();
            } else if has(number, Call::Wrote) {
                self.compare(number, false);
                self.settle(number);
                self.judge_unwritten(number, true);
            } else if has(number, Call::Dropped) {
                // Whether that was right is judged below.
            } else if self.judge_unwritten(number, false) {
                self.shadow.lines[number].owed_since = None;
            } else {
                let line = &mut self.shadow.lines[number];
                let owed = &line.owed;
                let may_wait = |text: &str| text.starts_with("+OK taken ") || phase == Phase::Closing;
                assert!(owed.iter().all(|owed| may_wait(&owed.text)), "{number} is owed {owed:?}");
                line.owed_since = line.owed_since.or((!owed.is_empty()).then_some(self.now));
                let is_in_time = line.owed_since.is_none_or(|since| self.now < since + self.acknowledge_within);
                assert!(is_in_time || phase == Phase::Closing, "{number} waits for {owed:?}");
            }
        }
        for (number, _) in calls.iter().filter(|(_, call)| *call == Call::Dropped) {
            let phase = &self.shadow.lines[*number].phase;
            let is_over = matches!(phase, Phase::Closing | Phase::Gone);
            assert!(is_over, "{number} was dropped as {phase:?}");
            let ends = self.wires[*number].ends.borrow();
            let owed = &self.shadow.lines[*number].owed;
            let is_told = owed.is_empty() || owed[0].text.starts_with("-ERR full") || ends.is_reset || ends.is_deserted;
            assert!(is_told, "{number} was dropped and is owed {owed:?}");
            self.shadow.lines[*number].phase = Phase::Gone;
        }
        self.live.retain(|number| !self.wires[*number].ends.borrow().is_dropped);
        let found = disconnects(journal).into_iter();
        let mut found: Vec<(usize, &str)> = found.map(|(address, reason)| (self.by_address[address], reason)).collect();
        self.seen.extend(found.iter().map(|(_, reason)| (*reason).to_owned()));
        let mut expected = std::mem::take(&mut self.shadow.ended);
        found.sort_unstable();
        expected.sort_unstable();
        assert_eq!(found, expected, "who is closed and why");
        assert!(journal.chars().all(|c| c == '\n' || !chatd::chat::is_unsafe(c)), "the log is clean: {journal:?}");
    }

    /// What has been offered must be what is owed, all of it unless the stream `is_broken`: then others
    /// may have gone in the same moment, of whom nobody was left to be told.
    fn compare(&mut self, number: usize, is_broken: bool) {
        let wire = &self.wires[number];
        let ends = wire.ends.borrow();
        let all = [&ends.taken[..], &ends.left[..]].concat();
        let line = &mut self.shadow.lines[number];
        let mut before = wire.before.as_slice();
        if std::mem::take(&mut line.is_cut_short) && !all.starts_with(before) {
            let rest = before.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
            before = &before[..if line.is_inside_line { rest } else { 0 }];
        }
        assert!(all.starts_with(before), "{number}: what was queued stays queued");
        let new = std::str::from_utf8(&all[before.len()..]).expect("the server writes UTF-8");
        assert!(new.is_empty() || new.ends_with('\n'), "{number} gets whole lines: {new:?}");
        let lines: Vec<String> = new.lines().map(str::to_owned).collect();
        let is_inside_line = ends.taken.last().map_or(line.is_inside_line, |last| *last != b'\n');
        let left = String::from_utf8_lossy(&ends.left);
        line.queued = left.lines().skip(usize::from(is_inside_line)).map(str::to_owned).collect();
        if is_broken {
            line.unsent = left.len();
        }
        drop(ends);
        for found in lines {
            assert!(!found.chars().any(chatd::chat::is_unsafe), "{number} gets clean lines: {found:?}");
            let second = found.match_indices(' ').nth(1).map_or(found.len(), |(at, _)| at);
            if !self.seen.contains(&found[..second]) {
                self.seen.insert(found[..second].to_owned());
            }
            if found.starts_with("+OK resumed") && !found.ends_with(" 0") {
                self.seen.insert("lost lines".to_owned());
            }
            self.match_line(number, &found);
        }
        self.shadow.lines[number].may_have.clear();
        let owed = &self.shadow.lines[number].owed;
        let is_later = self.turns.budget.is_some() && owed.iter().all(may_be_later);
        assert!(
            is_broken || owed.is_empty() || is_later,
            "{number} is still owed {owed:?}: {:?}",
            self.shadow.lines[number]
        );
    }

    /// One line that came must be the one that is owed next; some come on their own account.
    fn match_line(&mut self, number: usize, found: &str) {
        let line = &mut self.shadow.lines[number];
        let next = line.owed.front();
        let matches = |owed: &str| owed.strip_suffix('\u{1}').map_or(found == owed, |start| found.starts_with(start));
        let behind = line.owed.iter().filter(|owed| owed.is_logged).count();
        let Phase::User(name) = &line.phase else {
            if line.may_have.front().is_some_and(|owed| matches(&owed.text)) {
                line.may_have.pop_front();
                return;
            }
            match next {
                Some(owed) if matches(&owed.text) => drop(line.owed.pop_front()),
                _ if found.starts_with("* waiting ") => line.note_wait(found, self.now, self.has_rates),
                _ => assert!(
                    found.starts_with("* hello ") && line.read == 0,
                    "{number}: {found:?}, owed {next:?}: {line:?}"
                ),
            }
            return;
        };
        let kept = self.shadow.places.get_mut(name).and_then(|place| place.kept.as_mut());
        match (next, kept) {
            (Some(owed), kept) if matches(&owed.text) => {
                if let Some(kept) = kept.filter(|_| owed.is_logged && owed.text != found) {
                    kept.correct(behind, found);
                }
                line.owed.pop_front();
            }
            (_, kept) if found.starts_with("* waiting ") => {
                line.note_wait(found, self.now, self.has_rates);
                if let Some(kept) = kept {
                    kept.insert(behind, found);
                }
            }
            (_, Some(kept)) if found == "* ping" => {
                assert!(self.now >= line.last_heard + 30_000, "{name} is asked too early");
                kept.insert(behind, found);
                line.asked = self.now;
            }
            (next, kept) => panic!("{name} ({number}) gets {found:?} and is owed {next:?}: {kept:?}"),
        }
    }

    /// Takes note of what was written.
    fn settle(&mut self, number: usize) {
        let ends = self.wires[number].ends.borrow();
        let line = &mut self.shadow.lines[number];
        (line.unsent, line.is_blocked) = (ends.left.len(), !ends.left.is_empty());
        line.owed_since = None;
        let was_stuck = line.stuck_since.filter(|_| ends.taken.is_empty());
        line.stuck_since = (line.unsent > self.shadow.hard).then(|| was_stuck.unwrap_or(self.now));
        let is_slow = line.unsent > self.soft;
        line.has_been_slow |= is_slow;
        line.slow_since = if is_slow { line.slow_since.or(Some(self.now)) } else { None };
        let Some(last) = ends.taken.last() else { return };
        line.is_inside_line = *last != b'\n';
        if let Phase::User(name) = &line.phase
            && let Some(kept) = self.shadow.places.get_mut(name).and_then(|place| place.kept.as_mut())
        {
            kept.bound(line.unsent);
        }
    }

    /// Who is served in the next tick: those with more to read.
    fn mark_after(&mut self, calls: &[(usize, Call)]) {
        for (number, call) in calls {
            let latch = &mut self.wires[*number].latch;
            match call {
                Call::Read { count, is_full } => {
                    latch.readable = *is_full || (*count > 0 && latch.hung_up);
                    if latch.readable {
                        self.mark(*number);
                    }
                }
                Call::ReadInterrupted => self.mark(*number),
                Call::ReadEnd => *latch = Latch { readable: false, hung_up: true },
                Call::ReadBroken | Call::WriteBroken | Call::Wrote | Call::Dropped => {}
            }
        }
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).expect("not for ever")
}

fn slot(token: ConnectionId) -> usize {
    token.to_usize() & (usize::MAX >> (usize::BITS / 2))
}
