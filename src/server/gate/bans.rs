//! Who is shut out: names, addresses and networks, each for a time or for ever.

use std::net::SocketAddr;
use std::time::Duration;

use crate::chat::{Millis, Name, Now};
use crate::wire::{Target, text_lines};

/// How long a ban is in force.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::server) enum Term {
    ForEver,
    /// Until then by the steady clock, which nobody sets; it was made for so long.
    Until {
        end: Millis,
        length: Duration,
    },
}

/// One ban.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::server) struct Ban {
    pub(in crate::server) target: Target,
    pub(in crate::server) term: Term,
    pub(in crate::server) reason: Option<String>,
}

impl Term {
    /// From now on; `None` for ever.
    pub(in crate::server) fn of(time: Option<Duration>, now: Millis) -> Self {
        time.map_or(Self::ForEver, |length| Self::Until { end: now + length, length })
    }
}

impl Ban {
    /// What is left of it, in seconds rounded up; `None` for ever.
    pub(in crate::server) fn left(&self, now: Millis) -> Option<Duration> {
        self.end().map(|end| Duration::from_secs(end.0.saturating_sub(now.0).div_ceil(1_000)))
    }

    fn is_over(&self, now: Millis) -> bool {
        self.end().is_some_and(|end| end <= now)
    }

    fn end(&self) -> Option<Millis> {
        match self.term {
            Term::ForEver => None,
            Term::Until { end, .. } => Some(end),
        }
    }

    /// As in the file: until when by the wall clock, since it outlives the daemon, and for how long it was
    /// made, which is as long as it can still last if that clock is wrong when it is read.
    fn term_in_file(&self, now: Now) -> String {
        match self.term {
            Term::ForEver => "-".to_owned(),
            Term::Until { end, length } => {
                let until = now.wall.0.saturating_add(end.0.saturating_sub(now.steady.0));
                format!("{until}/{}", length.as_secs())
            }
        }
    }
}

/// All bans, in the order in which they were made.
#[derive(Debug, Default)]
pub(in crate::server) struct Bans {
    list: Vec<Ban>,
    /// When the next of them is over.
    due: Option<Millis>,
    /// Whether they differ from what was last taken to be saved.
    is_changed: bool,
    /// How far the wall clock was ahead of the steady one when they were saved.
    saved_at: Option<i128>,
}

/// The wall clock has been set when it is so many milliseconds off.
const CLOCK_SET: i128 = 1_000;

impl Bans {
    pub(in crate::server) fn add(&mut self, ban: Ban) {
        self.list.retain(|other| other.target != ban.target);
        self.list.push(ban);
        self.is_changed = true;
        self.set_due();
    }

    /// Says whether there was one.
    pub(in crate::server) fn remove(&mut self, target: Target) -> bool {
        let before = self.list.len();
        self.list.retain(|ban| ban.target != target);
        self.is_changed |= self.list.len() < before;
        self.set_due();
        self.list.len() < before
    }

    pub(in crate::server) fn of_address(&self, address: SocketAddr, now: Millis) -> Option<&Ban> {
        self.in_force(now).find(|ban| ban.target.hits(address))
    }

    pub(in crate::server) fn of_name(&self, name: Name, now: Millis) -> Option<&Ban> {
        self.in_force(now).find(|ban| ban.target == Target::Name(name))
    }

    /// Those in force.
    pub(in crate::server) fn in_force(&self, now: Millis) -> impl Iterator<Item = &Ban> {
        self.list.iter().filter(move |ban| !ban.is_over(now))
    }

    /// When [`Self::forget_over`] has something to do next.
    pub(in crate::server) fn due(&self) -> Option<Millis> {
        self.due
    }

    /// Forgets those that are over.
    pub(in crate::server) fn forget_over(&mut self, now: Millis) {
        if self.due.is_some_and(|due| due <= now) {
            self.list.retain(|ban| !ban.is_over(now));
            self.is_changed = true;
            self.set_due();
        }
    }

    fn set_due(&mut self) {
        self.due = self.list.iter().filter_map(Ban::end).min();
    }

    /// All bans as text, one a line, if they have changed since, or the clock by which they end there has
    /// been set.
    pub(in crate::server) fn take_changed(&mut self, now: Now) -> Option<String> {
        let ahead = i128::from(now.wall.0) - i128::from(now.steady.0);
        let is_set = self.saved_at.is_some_and(|before| (before - ahead).abs() >= CLOCK_SET);
        let is_timed = |ban: &Ban| ban.term != Term::ForEver;
        let is_moved = is_set && self.list.iter().any(is_timed);
        if !std::mem::take(&mut self.is_changed) && !is_moved {
            return None;
        }
        self.saved_at = Some(ahead);
        let line = |ban: &Ban| {
            format!("{} {} {}\n", ban.term_in_file(now), ban.target, ban.reason.as_deref().unwrap_or_default())
        };
        Some(self.list.iter().map(line).collect())
    }

    /// Reads what [`Self::take_changed`] wrote.
    pub(in crate::server) fn load(&mut self, text: &str, now: Now) -> Result<(), BadBans> {
        let parse = |(number, line): (usize, &str)| parse(line, now).ok_or(BadBans { line: number + 1 });
        self.saved_at = Some(i128::from(now.wall.0) - i128::from(now.steady.0));
        // Somebody may have looked at it with an editor.
        let lines = text_lines(text).enumerate().filter(|(_, line)| !line.trim().is_empty());
        self.list = lines.map(parse).collect::<Result<_, _>>()?;
        self.set_due();
        Ok(())
    }
}

/// A file of bans is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadBans {
    /// The first line that is wrong, counted from 1.
    pub line: usize,
}

fn parse(line: &str, now: Now) -> Option<Ban> {
    let mut parts = line.splitn(3, ' ');
    let term = match parts.next()? {
        "-" => Term::ForEver,
        term => parse_term(term, now)?,
    };
    let target = Target::new(parts.next()?).ok()?;
    let reason = parts.next().filter(|reason| !reason.is_empty());
    Some(Ban { target, term, reason: reason.map(|reason| crate::chat::sanitize(reason).into_owned()) })
}

fn parse_term(text: &str, now: Now) -> Option<Term> {
    // An older daemon did not write for how long.
    let (until, length) = text.split_once('/').map_or((text, None), |(until, length)| (until, Some(length)));
    let left = Duration::from_millis(until.parse::<u64>().ok()?.saturating_sub(now.wall.0));
    let length = length.map_or(Some(left), |seconds| seconds.parse().ok().map(Duration::from_secs))?;
    Some(Term::Until { end: now.steady + left.min(length), length })
}

#[cfg(test)]
mod tests {
    use super::*;

    use crate::chat::UnixMillis;

    fn ban(target: &str, seconds: Option<u64>, reason: Option<&str>) -> Ban {
        let term = Term::of(seconds.map(Duration::from_secs), Millis(0));
        Ban { target: Target::new(target).unwrap(), term, reason: reason.map(str::to_owned) }
    }

    /// So many seconds after the start, by a wall clock that is so many ahead.
    fn at(seconds: u64, ahead: u64) -> Now {
        Now { steady: Millis(1_000 * seconds), wall: UnixMillis(1_000 * (seconds + ahead)) }
    }

    #[test]
    fn a_network_hits_its_addresses_and_a_name_itself_in_any_case() {
        let mut bans = Bans::default();
        bans.add(ban("10.1.0.0/16", None, None));
        bans.add(ban("::1", Some(500), None));
        bans.add(ban("Bob", None, None));
        let hit =
            |address: &str, now| bans.of_address(SocketAddr::new(address.parse().unwrap(), 1), Millis(now)).is_some();
        assert!(hit("10.1.2.3", 0) && !hit("10.2.0.1", 0));
        assert!(hit("::1", 499_999) && !hit("::1", 500_000), "a ban ends in time");
        assert!(bans.of_name(Name::new("bOB").unwrap(), Millis(0)).is_some());
    }

    #[test]
    fn bans_are_written_and_read_back_and_damage_is_found() {
        let mut bans = Bans::default();
        assert_eq!(bans.take_changed(at(0, 7)), None);
        for one in [ban("10.1.0.0/16", None, None), ban("bob", Some(77), Some("too loud")), ban("fe80::1", None, None)]
        {
            bans.add(one);
        }
        let text = bans.take_changed(at(0, 7)).unwrap();
        assert_eq!(text, "- 10.1.0.0/16 \n84000/77 bob too loud\n- fe80::1 \n");
        assert_eq!(bans.take_changed(at(0, 7)), None);
        let mut read = Bans::default();
        read.load(&text, at(0, 7)).unwrap();
        assert_eq!(read.list, bans.list);
        read.load(&format!("\u{feff}{}\r\n\r\n", text.replace('\n', "\r\n")), at(0, 7)).unwrap();
        assert_eq!(read.list, bans.list, "an editor of another system has been over it");
        assert_eq!(read.load("- bob \nx bob \n", at(0, 0)), Err(BadBans { line: 2 }));
        assert_eq!(read.load("- bob! \n", at(0, 0)), Err(BadBans { line: 1 }));
        assert_eq!(read.load("5/x bob \n", at(0, 0)), Err(BadBans { line: 1 }));
        assert!(bans.remove(Target::new("BOB").unwrap()));
        assert!(!bans.remove(Target::new("bob").unwrap()));
    }

    #[test]
    fn a_wall_clock_that_is_set_neither_ends_bans_nor_makes_them_longer() {
        let (bob, year) = (Name::new("bob").unwrap(), 365 * 86_400);
        let mut bans = Bans::default();
        bans.add(ban("bob", Some(3_600), None));
        bans.take_changed(at(0, 56 * year)).unwrap();
        assert_eq!(bans.in_force(at(60, 57 * year).steady).count(), 1, "it is a year later for a minute");
        let moved = bans.take_changed(at(60, 57 * year)).expect("the end in the file is another now");
        assert_eq!(moved, format!("{}/3600 bob \n", 1_000 * (57 * year + 3_600)));
        let back = bans.take_changed(at(61, 56 * year)).unwrap();
        assert_eq!(bans.take_changed(at(62, 56 * year)), None);
        let mut read = Bans::default();
        read.load(&back, at(0, 5)).unwrap();
        assert!(read.of_name(bob, Millis(3_599_999)).is_some() && read.of_name(bob, Millis(3_600_000)).is_none());
        read.load(&back, at(0, 56 * year + 3_500)).unwrap();
        assert!(read.of_name(bob, Millis(99_999)).is_some() && read.of_name(bob, Millis(100_000)).is_none());
        read.load("3600000 bob \n", at(0, 0)).unwrap();
        assert_eq!(read.in_force(Millis(3_599_999)).count(), 1, "an older daemon's");
        assert_eq!(read.in_force(Millis(3_600_000)).count(), 0);
        read.forget_over(Millis(3_600_000));
        assert_eq!(read.take_changed(at(3_600, 0)).as_deref(), Some(""));
    }

    #[test]
    fn what_an_older_daemon_wrote_is_read_and_means_what_was_meant() {
        let mut read = Bans::default();
        read.load("- ::ffff:10.0.0.0/104 \n- operator \n- 0.0.0.0/0 x\n", at(0, 0)).unwrap();
        assert!(read.of_address("10.9.9.9:1".parse().unwrap(), Millis(0)).is_some());
        assert_eq!(read.in_force(Millis(0)).count(), 3, "they can be listed and lifted");
    }

    #[test]
    fn a_ban_that_is_over_is_forgotten_by_itself() {
        let mut bans = Bans::default();
        bans.add(ban("carol", None, None));
        assert_eq!(bans.due(), None);
        [ban("bob", Some(60), None), ban("eve", Some(90), None)].into_iter().for_each(|ban| bans.add(ban));
        bans.take_changed(at(0, 0));
        assert_eq!(bans.due(), Some(Millis(60_000)));
        bans.forget_over(Millis(59_999));
        assert_eq!(bans.take_changed(at(59, 0)), None);
        bans.forget_over(Millis(60_000));
        assert_eq!(bans.take_changed(at(60, 0)).as_deref(), Some("- carol \n90000/90 eve \n"));
        assert_eq!(bans.due(), Some(Millis(90_000)));
        assert!(bans.remove(Target::new("eve").unwrap()));
        assert_eq!(bans.due(), None);
    }
}
