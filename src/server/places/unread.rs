//! Private lines that were taken, and of which it is not known that they were read when their
//! reader's place ends, or when there is no room to keep them: how many, and whose.

use std::collections::{HashMap, VecDeque};

use super::secret::Secret;
use crate::chat::{CloseReason, Millis, Name, Uid, UserKey};
use crate::limits::{GIVEN_UP_REMEMBERED, GIVEN_UP_TIME, UNREAD_SENDERS};
use crate::server::connection::{Connection, Phase};
use crate::wire::Dialect;

/// One sender's lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) struct Unread {
    pub(in crate::server) from: Name,
    /// The number of the first message, which tells its sender from another of the same name.
    pub(in crate::server) first: u64,
    pub(in crate::server) count: u64,
}

/// All senders' lines, in the order in which each began.
#[derive(Debug, Default)]
pub(in crate::server) struct Tally {
    senders: Vec<Unread>,
    by_name: HashMap<Name, usize>,
}

impl Tally {
    /// The senders, in the order in which each began.
    pub(in crate::server) fn senders(&self) -> impl Iterator<Item = &Unread> {
        self.senders.iter()
    }

    pub(in crate::server) fn add(&mut self, more: Unread) {
        let next = self.senders.len();
        let place = *self.by_name.entry(more.from).or_insert(next);
        match self.senders.get_mut(place) {
            Some(sender) => sender.count += more.count,
            None => self.senders.push(more),
        }
    }

    /// Counts those among whole lines.
    pub(in crate::server) fn add_lines(&mut self, dialect: Dialect, lines: &[u8]) {
        for (from, first) in lines.split(|byte| *byte == b'\n').filter_map(|line| dialect.private(line)) {
            self.add(Unread { from, first, count: 1 });
        }
    }

    fn count(&self) -> u64 {
        self.senders.iter().map(|sender| sender.count).sum()
    }
}

/// Private lines of a kept place that had to be forgotten and have not been confirmed.
#[derive(Debug, Default)]
pub(in crate::server) struct Forgotten(Vec<Sender>);

#[derive(Debug)]
struct Sender {
    unread: Unread,
    /// Which of the lines since `KEEP` the last was.
    last: u64,
}

impl Forgotten {
    /// The line with this number is forgotten.
    pub(in crate::server) fn note(&mut self, dialect: Dialect, line: &[u8], number: u64) {
        let Some((from, first)) = dialect.private(line) else { return };
        if let Some(sender) = self.0.iter_mut().find(|sender| sender.unread.from == from) {
            sender.unread.count += 1;
            sender.last = number;
            return;
        }
        if self.0.len() >= UNREAD_SENDERS {
            self.0.remove(0);
        }
        self.0.push(Sender { unread: Unread { from, first, count: 1 }, last: number });
    }

    /// Those behind the `seen`th line. Of one whose lines are on both sides, some may be counted that were seen.
    pub(in crate::server) fn behind(&self, seen: u64) -> impl Iterator<Item = Unread> {
        let behind = move |sender: &Sender| {
            let count = sender.unread.count.min(sender.last.saturating_sub(seen));
            (count > 0).then_some(Unread { count, ..sender.unread })
        };
        self.0.iter().filter_map(behind)
    }

    pub(in crate::server) fn clear(&mut self) {
        self.0 = Vec::new();
    }
}

/// Places that were given up with private lines unread, the latest of them: who comes back is told.
#[derive(Debug, Default)]
pub(in crate::server) struct GivenUp(VecDeque<Place>);

#[derive(Debug)]
struct Place {
    uid: Uid,
    secret: Secret,
    /// How many lines it was told since `KEEP`, and how many private ones were not confirmed.
    told: u64,
    unread: u64,
    until: Millis,
}

impl GivenUp {
    /// A connection's place is given up, if it has one.
    pub(super) fn note<S>(&mut self, connection: &Connection<S>, unread: &Tally, now: Millis) {
        let (uid, kept) = (connection.user().map(UserKey::uid), connection.output.kept());
        if let (Some(uid), Some(kept), unread @ 1..) = (uid, kept, unread.count())
            && connection.is_dropped()
        {
            let (secret, told, until) = (kept.secret, connection.output.told(), now + GIVEN_UP_TIME);
            self.add(Place { uid, secret, told, unread, until });
        }
    }

    fn add(&mut self, place: Place) {
        if self.0.len() >= GIVEN_UP_REMEMBERED {
            self.0.pop_front();
        }
        self.0.push_back(place);
    }

    /// How many private lines one has lost who has seen so many lines; nothing if its place is not known.
    pub(in crate::server) fn lost(&mut self, uid: Uid, secret: &str, seen: u64, now: Millis) -> Option<u64> {
        while self.0.front().is_some_and(|place| place.until <= now) {
            self.0.pop_front();
        }
        let place = self.0.iter().find(|place| place.uid == uid && place.secret.matches(secret))?;
        Some(place.unread.min(place.told.saturating_sub(seen)))
    }
}

impl<S> Connection<S> {
    /// The private lines that are lost, as far as is known, when a user's connection or place ends.
    pub(in crate::server) fn count_unread(&self, reason: CloseReason) -> Tally {
        let (mut tally, output) = (Tally::default(), &self.output);
        match (self.phase, reason) {
            // A client that says goodbye has read what it wanted.
            (Phase::User(_), CloseReason::Quit) => {}
            (Phase::User(_), _) if output.kept().is_some() => output.count_unconfirmed(&mut tally),
            (Phase::User(_), CloseReason::Broken | CloseReason::SlowConsumer) => {
                output.count_unsent(self.dialect, &mut tally);
            }
            _ => {}
        }
        tally
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(id: u64, from: &str) -> String {
        format!("* said {id} 2026-11-20T07:16:59.123Z {from} hi")
    }

    fn name(name: &str) -> Name {
        Name::new(name).unwrap()
    }

    #[test]
    fn only_what_was_said_to_one_alone_is_counted_by_sender() {
        let lines = [
            said(3, "bob"),
            "* room 4 2026-11-20T07:16:59.123Z #dev bob * said 4".to_owned(),
            "* private 5 2026-11-20T07:16:59.123Z carol psst".to_owned(),
            said(6, "BOB"),
            "+OK".to_owned(),
            String::new(),
        ];
        let mut tally = Tally::default();
        tally.add_lines(Dialect::default(), lines.join("\n").as_bytes());
        let (bob, carol) = (name("bob"), name("carol"));
        let expected = [Unread { from: bob, first: 3, count: 2 }, Unread { from: carol, first: 5, count: 1 }];
        assert_eq!((tally.senders.as_slice(), tally.count()), (&expected[..], 3));
    }

    #[test]
    fn of_forgotten_lines_those_behind_what_was_seen_count_and_senders_are_bounded() {
        let mut forgotten = Forgotten::default();
        for number in 1..=10 {
            forgotten.note(Dialect::default(), said(number, "bob").as_bytes(), number);
        }
        let counts = |seen| forgotten.behind(seen).map(|sender| sender.count).collect::<Vec<_>>();
        assert_eq!((counts(0), counts(7), counts(10)), (vec![10], vec![3], vec![]));
        for number in 0..2 * UNREAD_SENDERS {
            forgotten.note(Dialect::default(), said(11, &format!("x{number}")).as_bytes(), 11);
        }
        assert_eq!(forgotten.behind(0).count(), UNREAD_SENDERS);
    }

    #[test]
    fn places_given_up_are_known_by_their_secret_for_a_while_and_bounded() {
        let mut given_up = GivenUp::default();
        let uid = |number: usize| Uid(std::num::NonZeroU64::new(number as u64).unwrap());
        let secret = Secret::new(7);
        let place = |number| Place { uid: uid(number), secret, told: 10, unread: 3, until: Millis(100) };
        (1..=GIVEN_UP_REMEMBERED + 1).for_each(|number| given_up.add(place(number)));
        let mut lost = |number, secret: &str, seen, now| given_up.lost(uid(number), secret, seen, Millis(now));
        let text = secret.to_text();
        assert_eq!(lost(1, &text, 0, 0), None, "the oldest gave way");
        assert_eq!(lost(2, &text, 0, 99), Some(3));
        assert_eq!(lost(2, &text, 9, 99), Some(1), "what was seen is not lost");
        assert_eq!(lost(2, &Secret::new(8).to_text(), 0, 99), None);
        assert_eq!(lost(2, &text, 0, 100), None);
    }
}
