//! Private lines that may not have been read when a place ends, and who is told so.

use super::place::Kept;
use super::shadow::{Line, Shadow};
use crate::memory::domain::model::same;

/// For how long it is known what was lost with a place, in milliseconds.
const KNOWN: u64 = 60 * 60 * 1000;

/// One sender's lines: whose, the number of the first message, how many, and the place of the last.
#[derive(Clone, Debug)]
pub(crate) struct Unread {
    from: String,
    first: u64,
    count: u64,
    last: u64,
}

/// A place that is no more, and what was unread there.
#[derive(Debug)]
pub(crate) struct GivenUp {
    uid: u64,
    secret: String,
    told: u64,
    unread: u64,
    until: u64,
}

/// Those among lines, of which the first has this number, in the order in which each sender began.
pub(crate) fn tally<'a>(lines: impl Iterator<Item = &'a str>, first: usize) -> Vec<Unread> {
    let mut all: Vec<Unread> = Vec::new();
    for (line, number) in lines.zip(first as u64..) {
        let words: Vec<&str> = line.split(' ').collect();
        let &["*", "said" | "private", id, _, from, ..] = &words[..] else { continue };
        match all.iter_mut().find(|unread| same(&unread.from, from)) {
            Some(unread) => (unread.count, unread.last) = (unread.count + 1, number),
            None => {
                let first = id.parse().expect("a number");
                all.push(Unread { from: from.to_owned(), first, count: 1, last: number });
            }
        }
    }
    all
}

impl Kept {
    /// Of the lines up to one, those that have not been confirmed, nor told to be lost.
    fn unread(&self, end: usize) -> Vec<Unread> {
        let start = self.seen.max(self.told_lost);
        let log = self.log.borrow();
        tally(log.iter().map(String::as_str).take(end).skip(start), start + 1)
    }

    /// Who comes back has seen so many: what is lost, to be told its senders.
    pub(crate) fn lose_behind(&mut self, seen: u64) -> Vec<Unread> {
        let mut lost = self.unread(self.forgotten);
        self.told_lost = self.forgotten;
        lost.iter_mut().for_each(|unread| unread.count = unread.count.min(unread.last.saturating_sub(seen)));
        lost.retain(|unread| unread.count > 0);
        lost
    }
}

impl Line {
    /// Whole lines that have not been written.
    fn unsent_lines(&self) -> Vec<&str> {
        let all = self.queued.iter().map(String::as_str).chain(self.owed.iter().map(|owed| owed.text.as_str()));
        let (mut lines, mut size): (Vec<&str>, usize) = (all.collect(), 0);
        let fits = |line: &&&str| {
            size += line.len() + 1;
            size <= self.unsent
        };
        let count = lines.iter().rev().take_while(fits).count();
        lines.split_off(lines.len() - count)
    }
}

impl Shadow {
    /// What may not have been read by a user who is about to be gone.
    pub(crate) fn unread(&self, name: &str, reason: &str) -> Vec<Unread> {
        let place = &self.places[name];
        match (&place.kept, place.line) {
            (_, Some(_)) if reason == "quit" => Vec::new(),
            (Some(kept), _) => kept.unread(usize::MAX),
            (None, Some(line)) if matches!(reason, "broken" | "slow-consumer") => {
                tally(self.lines[line].unsent_lines().into_iter(), 1)
            }
            (None, _) => Vec::new(),
        }
    }

    /// A user whose place was kept without a connection is gone.
    pub(crate) fn leave(&mut self, name: &str, reason: &str) {
        let unread = self.unread(name, reason);
        let place = &self.places[name];
        let count = unread.iter().map(|unread| unread.count).sum();
        if let Some(kept) = place.kept.as_ref().filter(|_| count > 0) {
            let (secret, told, until) = (kept.secret.clone(), kept.log.borrow().len() as u64, self.now + KNOWN);
            self.given_up.push(GivenUp { uid: place.uid, secret, told, unread: count, until });
        }
        self.leave_unread(name, reason, &unread);
    }

    /// A user is gone.
    pub(crate) fn leave_unread(&mut self, name: &str, reason: &str, unread: &[Unread]) {
        if self.places.remove(name).is_some() {
            self.model.leave(name, reason);
            self.pass_on();
            self.tell_unread(name, unread);
        }
    }

    pub(crate) fn tell_unread(&mut self, reader: &str, unread: &[Unread]) {
        for Unread { from, first, count, .. } in unread {
            self.model.tell_unread(from, *first, reader, *count);
        }
        self.pass_on();
    }

    /// There is no such place to come back to (any more).
    pub(crate) fn refuse_return(&mut self, number: usize, uid: u64, secret: &str, seen: u64) {
        let is_it = |place: &&GivenUp| place.uid == uid && place.secret == secret && self.now < place.until;
        let known = self.given_up.iter().find(is_it).map(|place| place.unread.min(place.told.saturating_sub(seen)));
        match known {
            Some(0) => {}
            Some(lost) => self.append(number, &format!("* lost {lost}"), false),
            // One of another life is no guess.
            None if secret.starts_with(&self.life) => self.mistrust(number),
            None => {}
        }
        self.answer(number, None, "-ERR bad-token\u{1}");
    }
}
