//! Clients two by two: ping-pong, one-way with a number of messages in flight, and one-way by a sender
//! that waits for each answer.

use crate::admission::name;
use crate::child::Subject;
use crate::fleet::{Fleet, Listener, Outputs};
use crate::keeping::Seen;
use crate::measure::Latency;
use crate::speech::{Heard, Said};
use crate::{Failure, Outcome};

/// How a pair talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Talk {
    /// Each answers the other's message with one of its own.
    PingPong,
    /// The first sends, the second listens; so many messages are on their way at a time.
    Pipe { window: u32 },
    /// The first sends its next message when the last is acknowledged, the second listens.
    Wait,
}

/// Pairs that talk: client 0 with 1, 2 with 3.
pub(crate) struct Pairs {
    subject: Subject,
    talk: Talk,
    ends: Vec<End>,
    /// What each has seen, when their places are kept.
    seen: Option<Vec<Seen>>,
    pub(crate) latency: Latency,
    pub(crate) delivered: u64,
    taken: u64,
    goal: u64,
}

struct End {
    name: Vec<u8>,
    /// What comes before a text to the partner.
    prefix: Vec<u8>,
    sent: u32,
    /// How many to have sent in all.
    limit: u32,
    /// The number of the partner's next message.
    next: u32,
    last_heard: u64,
    last_taken: u64,
    taken: u32,
}

impl Pairs {
    pub(crate) fn new(subject: Subject, talk: Talk, clients: usize) -> Outcome<Self> {
        let end = |who: usize| {
            let mut prefix = Vec::new();
            subject.put_address(name(who ^ 1).as_bytes(), &mut prefix);
            let name = name(who).into_bytes();
            End { name, prefix, sent: 0, limit: 0, next: 0, last_heard: 0, last_taken: 0, taken: 0 }
        };
        let ends = (0..clients).map(end).collect();
        Ok(Self { subject, talk, ends, seen: None, latency: Latency::new()?, delivered: 0, taken: 0, goal: 0 })
    }

    /// The places of all have just been kept: they say now and then what they have seen.
    pub(crate) fn note_kept(&mut self) {
        self.seen = Some(vec![Seen::default(); self.ends.len()]);
    }

    /// Sets off: every pair exchanges `messages` from now on.
    pub(crate) fn start(&mut self, messages: u32, fleet: &mut Fleet) {
        self.latency.clear();
        (self.delivered, self.taken) = (0, 0);
        self.goal = 0;
        for who in 0..self.ends.len() {
            let share = match self.talk {
                Talk::PingPong => messages / 2,
                Talk::Pipe { .. } | Talk::Wait => messages * u32::from(who % 2 == 0),
            };
            self.ends[who].limit += share;
            self.goal += u64::from(share);
        }
        fleet.out.now = fleet.now();
        for who in (0..self.ends.len()).step_by(2) {
            let first = match self.talk {
                Talk::PingPong | Talk::Wait => 1,
                Talk::Pipe { window } => window,
            };
            for _ in 0..first {
                self.say(who, &mut fleet.out);
            }
        }
    }

    /// What can only be said at the end: both sides agree on the last message.
    pub(crate) fn check(&self) -> Outcome<()> {
        for (who, end) in self.ends.iter().enumerate() {
            let partner = &self.ends[who ^ 1];
            let agrees = !self.subject.acknowledges() || end.last_taken == partner.last_heard;
            if end.sent != partner.next || !agrees {
                return Err(Failure::new(format!("client {who} and its partner disagree on the last message")));
            }
        }
        Ok(())
    }

    fn say(&mut self, who: usize, out: &mut Outputs) {
        let end = &mut self.ends[who];
        if end.sent < end.limit {
            let said = Said { sender: who as u32, number: end.sent, sent: out.now };
            end.sent += 1;
            let queue = out.to(who);
            queue.extend_from_slice(&end.prefix);
            said.put(queue);
        }
    }

    fn hear(&mut self, who: usize, id: u64, from: &[u8], text: &[u8], out: &mut Outputs) -> Outcome<()> {
        let (partner, said) = (who ^ 1, Said::read(text)?);
        let is_named = !self.subject.acknowledges() || self.ends[partner].name == from;
        let end = &mut self.ends[who];
        let is_ordered = !self.subject.acknowledges() || id > end.last_heard;
        if said.sender != partner as u32 || said.number != end.next || !is_named || !is_ordered {
            let expected = end.next;
            return Err(Failure::new(format!("client {who} heard {said:?} (id {id}) instead of number {expected}")));
        }
        end.next += 1;
        end.last_heard = id;
        self.delivered += 1;
        self.latency.record(out.now - said.sent);
        match self.talk {
            Talk::PingPong => self.say(who, out),
            Talk::Pipe { .. } => self.say(partner, out),
            Talk::Wait => {}
        }
        Ok(())
    }
}

impl Listener for Pairs {
    fn line(&mut self, who: usize, line: &[u8], out: &mut Outputs) -> Outcome<()> {
        let heard = self.subject.hear(line)?;
        if let Some(seen) = &mut self.seen {
            seen[who].note(who, line, heard, out);
        }
        match heard {
            Heard::Ping if self.seen.is_some() => Ok(()),
            Heard::Message { id, from, text } => self.hear(who, id, from, text, out),
            Heard::Taken { id, to } => {
                let end = &mut self.ends[who];
                if to != 1 || id <= end.last_taken || end.taken == end.sent {
                    return Err(Failure::new(format!("client {who}: id {id} taken for {to} out of order")));
                }
                end.taken += 1;
                end.last_taken = id;
                self.taken += 1;
                if self.talk == Talk::Wait {
                    self.say(who, out);
                }
                Ok(())
            }
            other => Err(Failure::new(format!("{other:?} among messages"))),
        }
    }

    fn is_done(&self) -> bool {
        self.delivered == self.goal && (!self.subject.acknowledges() || self.taken == self.goal)
    }
}
