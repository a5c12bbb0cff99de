//! Users whose places are kept: what they have seen, and how they come back when their connection
//! is cut.

use std::ops::Range;
use std::time::Duration;

use crate::admission::{AT_A_TIME, MOST, name};
use crate::child::{Server, Subject};
use crate::fleet::{Fleet, Listener, Outputs};
use crate::measure::{Latency, Meter};
use crate::speech::{Heard, Said};
use crate::{Failure, Outcome};
use chatd::limits::KEPT_BYTES;

/// A client says what it has seen whenever it has seen so many bytes more, as chatc does.
const SEEN_EVERY: usize = KEPT_BYTES / 4;

/// Messages that each is sent while it is away.
const MISSED: u32 = 4;

/// How many lines a client has seen since its place is kept, and bytes of those it has not said so of.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    lines: u64,
    untold: usize,
}

impl Seen {
    /// Counts a line, and tells the server now and then.
    pub(crate) fn note(&mut self, who: usize, line: &[u8], heard: Heard<'_>, out: &mut Outputs) {
        self.lines += 1;
        self.untold += line.len();
        if self.untold >= SEEN_EVERY || heard == Heard::Ping {
            self.untold = 0;
            out.to(who).extend_from_slice(format!("@ {}\n", self.lines).as_bytes());
        }
    }
}

/// Has the places of these clients kept. Nothing may be on its way. Gives back their tokens.
pub(crate) fn keep(fleet: &mut Fleet, clients: Range<usize>) -> Outcome<Vec<String>> {
    for who in clients.clone() {
        fleet.out.to(who).extend_from_slice(b"KEEP\n");
    }
    let mut keeping = Keeping { first: clients.start, tokens: vec![String::new(); clients.len()], left: clients.len() };
    fleet.run(&mut keeping, MOST)?;
    Ok(keeping.tokens)
}

struct Keeping {
    first: usize,
    tokens: Vec<String>,
    left: usize,
}

impl Listener for Keeping {
    fn line(&mut self, who: usize, line: &[u8], _out: &mut Outputs) -> Outcome<()> {
        let text = String::from_utf8_lossy(line);
        let token = text.strip_prefix("+OK kept ").and_then(|rest| rest.split_once(' '));
        let (Some((token, _)), Some(place)) = (token, self.tokens.get_mut(who.wrapping_sub(self.first))) else {
            return Err(Failure::new(format!("client {who} is not kept: {text:?}")));
        };
        if !place.is_empty() {
            return Err(Failure::new(format!("client {who} was told twice that it is kept")));
        }
        token.clone_into(place);
        self.left -= 1;
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.left == 0
    }
}

/// Pairs in sessions whose members lose their connections and come back: client 0 with 1, 2 with 3.
pub(crate) struct Returns {
    users: Vec<User>,
    /// From connecting anew to the last missed line.
    pub(crate) latency: Latency,
    /// CPU time of the server from the new connections to the last missed line.
    pub(crate) coming_back: Duration,
    /// Answers and lines that are still to come.
    left: usize,
}

struct User {
    uid: u64,
    token: String,
    name: Vec<u8>,
    seen: Seen,
    /// Messages sent, which are all its commands.
    sent: u32,
    taken: u32,
    /// The number of the partner's next message.
    next: u32,
    last_heard: u64,
    last_taken: u64,
    is_away: bool,
    /// When it started to come back.
    back: u64,
}

impl Returns {
    pub(crate) fn new(uids: &[u64], tokens: Vec<String>) -> Outcome<Self> {
        let user = |(who, (uid, token)): (usize, (&u64, String))| User {
            uid: *uid,
            token,
            name: name(who).into_bytes(),
            seen: Seen::default(),
            sent: 0,
            taken: 0,
            next: 0,
            last_heard: 0,
            last_taken: 0,
            is_away: false,
            back: 0,
        };
        let users = uids.iter().zip(tokens).enumerate().map(user).collect();
        Ok(Self { users, latency: Latency::new()?, coming_back: Duration::ZERO, left: 0 })
    }

    /// Forgets the figures.
    pub(crate) fn clear(&mut self) {
        self.latency.clear();
        self.coming_back = Duration::ZERO;
    }

    /// Each is cut once, is sent [`MISSED`] messages and comes back; [`AT_A_TIME`], never both of a pair.
    pub(crate) fn everybody(&mut self, server: &Server, fleet: &mut Fleet) -> Outcome<()> {
        for half in 0..2 {
            let clients: Vec<usize> = (half..self.users.len()).step_by(2).collect();
            for some in clients.chunks(AT_A_TIME) {
                self.cut(some, fleet)?;
                let meter = Meter::start(server);
                self.come_back(some, fleet)?;
                self.coming_back += meter.stop(server).server;
            }
        }
        Ok(())
    }

    fn cut(&mut self, clients: &[usize], fleet: &mut Fleet) -> Outcome<()> {
        for &who in clients {
            fleet.cut(who);
            self.users[who].is_away = true;
            fleet.out.now = fleet.now();
            let partner = &mut self.users[who ^ 1];
            for _ in 0..MISSED {
                let queue = fleet.out.to(who ^ 1);
                Subject::Chatd.put_address(name(who).as_bytes(), queue);
                Said { sender: (who ^ 1) as u32, number: partner.sent, sent: 0 }.put(queue);
                partner.sent += 1;
            }
        }
        self.left = clients.len() * MISSED as usize;
        fleet.run(self, MOST)
    }

    fn come_back(&mut self, clients: &[usize], fleet: &mut Fleet) -> Outcome<()> {
        for &who in clients {
            fleet.reconnect(who)?;
            let user = &mut self.users[who];
            user.back = fleet.now();
            let line = format!("RESUME {} {} {}\n", user.uid, user.token, user.seen.lines);
            fleet.out.to(who).extend_from_slice(line.as_bytes());
        }
        self.left = clients.len() * (1 + MISSED as usize);
        fleet.run(self, MOST)?;
        // A pair agrees on what was said: nothing is lost, and what comes twice is found when it comes.
        for &who in clients {
            let (user, partner) = (&self.users[who], &self.users[who ^ 1]);
            if user.next != partner.sent || partner.taken != partner.sent || user.last_heard != partner.last_taken {
                return Err(Failure::new(format!("client {who} and its partner disagree on the last message")));
            }
        }
        Ok(())
    }

    fn resumed(&mut self, who: usize, line: &[u8]) -> Outcome<()> {
        let user = &mut self.users[who];
        let expected = format!("+OK resumed {} {} {} 0", user.uid, name(who), user.sent);
        if line != expected.as_bytes() {
            let got = String::from_utf8_lossy(line);
            return Err(Failure::new(format!("client {who} was told {got:?} instead of {expected:?}")));
        }
        user.is_away = false;
        self.one_less()
    }

    fn hear(&mut self, who: usize, id: u64, from: &[u8], text: &[u8], now: u64) -> Outcome<()> {
        let said = Said::read(text)?;
        let is_named = self.users[who ^ 1].name == from && said.sender as usize == who ^ 1;
        let user = &mut self.users[who];
        if !is_named || said.number != user.next || id <= user.last_heard {
            let expected = user.next;
            return Err(Failure::new(format!("client {who} heard {said:?} (id {id}) instead of number {expected}")));
        }
        user.next += 1;
        user.last_heard = id;
        if user.next.is_multiple_of(MISSED) {
            self.latency.record(now - user.back);
        }
        self.one_less()
    }

    fn note_taken(&mut self, who: usize, id: u64, to: u64) -> Outcome<()> {
        let user = &mut self.users[who];
        if to != 1 || id <= user.last_taken || user.taken == user.sent {
            return Err(Failure::new(format!("client {who}: id {id} taken for {to} out of order")));
        }
        user.taken += 1;
        user.last_taken = id;
        self.one_less()
    }

    fn one_less(&mut self) -> Outcome<()> {
        self.left = self.left.checked_sub(1).ok_or_else(|| Failure::new("more lines than were to come"))?;
        Ok(())
    }
}

impl Listener for Returns {
    fn line(&mut self, who: usize, line: &[u8], out: &mut Outputs) -> Outcome<()> {
        if self.users[who].is_away {
            return self.resumed(who, line);
        }
        let heard = Subject::Chatd.hear(line)?;
        self.users[who].seen.note(who, line, heard, out);
        match heard {
            Heard::Message { id, from, text } => self.hear(who, id, from, text, out.now),
            Heard::Taken { id, to } => self.note_taken(who, id, to),
            Heard::Ping | Heard::Contact => Ok(()),
            other => Err(Failure::new(format!("{other:?} among messages"))),
        }
    }

    fn is_done(&self) -> bool {
        self.left == 0
    }
}
