//! Clients in rooms, some of whom talk; a talker's next message waits until all have an earlier one.

use crate::admission::{name, room};
use crate::child::Subject;
use crate::fleet::{Fleet, Listener, Outputs};
use crate::keeping::Seen;
use crate::measure::Latency;
use crate::speech::{Heard, Said};
use crate::{Failure, Outcome};

/// What the rooms are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    pub(crate) size: usize,
    pub(crate) senders: usize,
    /// Messages of each sender on their way at a time.
    pub(crate) window: u32,
}

/// Rooms in use: the first clients make up the first room, and so on.
pub(crate) struct Rooms {
    subject: Subject,
    shape: Shape,
    members: Vec<Member>,
    senders: Vec<Sender>,
    /// What each has seen, when their places are kept.
    seen: Option<Vec<Seen>>,
    /// A member that does not read; nobody waits for it.
    stopped: Option<usize>,
    pub(crate) latency: Latency,
    pub(crate) delivered: u64,
    /// How many were told that the stopped one is gone.
    pub(crate) told_of_leaving: usize,
    taken: u64,
    goal: u64,
    goal_taken: u64,
}

struct Member {
    name: Vec<u8>,
    /// The number of each sender's next message.
    next: Vec<u32>,
    last_heard: u64,
}

struct Sender {
    who: usize,
    prefix: Vec<u8>,
    sent: u32,
    limit: u32,
    last_taken: u64,
    /// How many have heard each message on its way.
    heard: Vec<u32>,
}

impl Rooms {
    pub(crate) fn new(subject: Subject, shape: Shape, clients: usize) -> Outcome<Self> {
        let member = |who| Member { name: name(who).into_bytes(), next: vec![0; shape.senders], last_heard: 0 };
        let sender = |who| {
            let mut prefix = Vec::new();
            subject.put_address(room(who, shape.size).as_bytes(), &mut prefix);
            Sender { who, prefix, sent: 0, limit: 0, last_taken: 0, heard: vec![0; shape.window as usize] }
        };
        Ok(Self {
            subject,
            shape,
            members: (0..clients).map(member).collect(),
            senders: (0..clients).filter(|who| who % shape.size < shape.senders).map(sender).collect(),
            seen: None,
            stopped: None,
            latency: Latency::new()?,
            delivered: 0,
            told_of_leaving: 0,
            taken: 0,
            goal: 0,
            goal_taken: 0,
        })
    }

    /// The places of all have just been kept: they say now and then what they have seen.
    pub(crate) fn note_kept(&mut self) {
        self.seen = Some(vec![Seen::default(); self.members.len()]);
    }

    /// One member reads no more. Only between runs.
    pub(crate) fn stop(&mut self, who: usize, fleet: &mut Fleet) {
        fleet.stop_reading(who);
        self.stopped = Some(who);
    }

    /// Sets off: every sender says `messages` more.
    pub(crate) fn start(&mut self, messages: u32, fleet: &mut Fleet) {
        self.latency.clear();
        (self.delivered, self.taken) = (0, 0);
        self.goal_taken = self.senders.len() as u64 * u64::from(messages);
        self.goal = self.goal_taken * u64::from(self.listeners());
        fleet.out.now = fleet.now();
        for index in 0..self.senders.len() {
            self.senders[index].limit += messages;
            for _ in 0..self.shape.window {
                self.say(index, &mut fleet.out);
            }
        }
    }

    /// How many hear a message.
    fn listeners(&self) -> u32 {
        (self.shape.size - 1 - usize::from(self.stopped.is_some())) as u32
    }

    fn say(&mut self, index: usize, out: &mut Outputs) {
        let sender = &mut self.senders[index];
        if sender.sent < sender.limit {
            let said = Said { sender: sender.who as u32, number: sender.sent, sent: out.now };
            sender.sent += 1;
            let queue = out.to(sender.who);
            queue.extend_from_slice(&sender.prefix);
            said.put(queue);
        }
    }

    fn hear(&mut self, who: usize, id: u64, from: &[u8], text: &[u8], out: &mut Outputs) -> Outcome<()> {
        let said = Said::read(text)?;
        let (size, listeners) = (self.shape.size, self.listeners());
        let (sender_room, place) = (said.sender as usize / size, said.sender as usize % size);
        let is_known = sender_room == who / size && place < self.shape.senders && said.sender as usize != who;
        if !is_known {
            return Err(Failure::new(format!("client {who} heard {said:?}, which was not for it")));
        }
        let is_named = !self.subject.acknowledges() || self.members[said.sender as usize].name == from;
        let member = &mut self.members[who];
        let is_ordered = !self.subject.acknowledges() || id > member.last_heard;
        if said.number != member.next[place] || !is_named || !is_ordered {
            let expected = member.next[place];
            return Err(Failure::new(format!("client {who} heard {said:?} (id {id}) instead of number {expected}")));
        }
        member.next[place] += 1;
        member.last_heard = id;
        self.delivered += 1;
        self.latency.record(out.now - said.sent);
        let index = sender_room * self.shape.senders + place;
        let slot = (said.number % self.shape.window) as usize;
        let heard = &mut self.senders[index].heard[slot];
        *heard += 1;
        if *heard == listeners {
            *heard = 0;
            self.say(index, out);
        }
        Ok(())
    }

    fn note_taken(&mut self, who: usize, id: u64, to: u64) -> Outcome<()> {
        let (place, room) = (who % self.shape.size, who / self.shape.size);
        let sender = self.senders.get_mut(room * self.shape.senders + place).filter(|sender| sender.who == who);
        let Some(sender) = sender else { return Err(Failure::new(format!("client {who} never spoke"))) };
        let all = self.shape.size as u64 - 1;
        let is_right = to == all || self.stopped.is_some() && to == all - 1;
        if !is_right || id <= sender.last_taken {
            return Err(Failure::new(format!("client {who}: id {id} taken for {to} out of order")));
        }
        sender.last_taken = id;
        self.taken += 1;
        Ok(())
    }
}

impl Listener for Rooms {
    fn line(&mut self, who: usize, line: &[u8], out: &mut Outputs) -> Outcome<()> {
        let heard = self.subject.hear(line)?;
        if let Some(seen) = &mut self.seen {
            seen[who].note(who, line, heard, out);
        }
        match heard {
            Heard::Ping => Ok(()),
            Heard::Message { id, from, text } => self.hear(who, id, from, text, out),
            Heard::Taken { id, to } => self.note_taken(who, id, to),
            Heard::Left if self.stopped.is_some() => {
                self.told_of_leaving += 1;
                Ok(())
            }
            other => Err(Failure::new(format!("{other:?} among messages"))),
        }
    }

    fn closed(&mut self, who: usize) -> Outcome<()> {
        if self.stopped == Some(who) { Ok(()) } else { Err(Failure::new(format!("client {who} was closed"))) }
    }

    fn is_done(&self) -> bool {
        self.delivered == self.goal && (!self.subject.acknowledges() || self.taken == self.goal_taken)
    }
}
