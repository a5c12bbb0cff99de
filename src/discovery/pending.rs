//! Answers to the group that wait: for company, for others who know them already, and since nothing
//! is said twice within a second.

use std::net::SocketAddr;
use std::time::Duration;

use super::link::Family;
use super::record::Kinds;

/// So many askers are told apart; what more of them ask goes out with another's answer.
const ASKERS: usize = 64;
/// A record is not multicast again sooner (RFC 6762, section 6).
const AGAIN: Duration = Duration::from_secs(1);
/// Unless somebody claims the name.
const AGAIN_IN_DEFENCE: Duration = Duration::from_millis(250);

#[derive(Clone, Debug, Default)]
pub(super) struct Pending {
    waiting: Vec<Answer>,
    /// When each kind was last said, to the IPv4 group and to the IPv6 group.
    said: [[Option<Duration>; 8]; 2],
}

#[derive(Clone, Debug)]
struct Answer {
    family: Family,
    asker: SocketAddr,
    kinds: Kinds,
    due: Duration,
}

/// Why an answer is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reason {
    Asked,
    /// Somebody is about to take our name.
    Defence,
}

impl Pending {
    /// Notes that `asker` is to be told `kinds`, at `due` or when they may be said again.
    pub(super) fn add(&mut self, family: Family, asker: SocketAddr, kinds: Kinds, due: Duration, reason: Reason) {
        let pause = if reason == Reason::Defence { AGAIN_IN_DEFENCE } else { AGAIN };
        let due = self.last_said(family, kinds).map_or(due, |said| due.max(said + pause));
        if self.waiting.len() >= ASKERS
            && let Some(other) = self.waiting.iter_mut().find(|answer| answer.family == family)
        {
            other.kinds = other.kinds.and(kinds);
            return;
        }
        self.waiting.push(Answer { family, asker, kinds, due });
    }

    /// The asker knows these: said in a further packet of its question (RFC 6762, section 7.2).
    pub(super) fn asker_knows(&mut self, asker: SocketAddr, kinds: Kinds) {
        self.remove(kinds, |answer| answer.asker == asker);
    }

    /// These have just been said to the group, by somebody else perhaps (RFC 6762, section 7.4).
    pub(super) fn said_to_all(&mut self, family: Family, kinds: Kinds) {
        self.remove(kinds, |answer| answer.family == family);
    }

    fn remove(&mut self, kinds: Kinds, is_meant: impl Fn(&Answer) -> bool) {
        for answer in self.waiting.iter_mut().filter(|answer| is_meant(answer)) {
            answer.kinds.remove(kinds);
        }
        self.waiting.retain(|answer| !answer.kinds.is_empty());
    }

    /// Takes what is due for one of the families.
    pub(super) fn take_due(&mut self, now: Duration) -> Option<(Family, Kinds)> {
        let family = self.waiting.iter().find(|answer| answer.due <= now)?.family;
        let mut kinds = Kinds::NONE;
        self.waiting.retain(|answer| {
            let is_now = answer.family == family && answer.due <= now;
            if is_now {
                kinds = kinds.and(answer.kinds);
            }
            !is_now
        });
        Some((family, kinds))
    }

    /// Notes what goes to the group of a family now: all who have asked for it hear it.
    pub(super) fn note_said(&mut self, family: Family, kinds: Kinds, now: Duration) {
        for (number, _) in kinds.each() {
            if let Some(said) = self.of(family).get_mut(number) {
                *said = Some(now);
            }
        }
        self.said_to_all(family, kinds);
    }

    /// Whether all of these have been said within `span`.
    pub(super) fn was_said_within(&self, family: Family, kinds: Kinds, span: Duration, now: Duration) -> bool {
        let said = |number| self.said_at(family, number);
        kinds.each().all(|(number, _)| said(number).is_some_and(|said| said + span > now))
    }

    pub(super) fn next_due(&self) -> Option<Duration> {
        self.waiting.iter().map(|answer| answer.due).min()
    }

    fn last_said(&self, family: Family, kinds: Kinds) -> Option<Duration> {
        kinds.each().filter_map(|(number, _)| self.said_at(family, number)).max()
    }

    fn said_at(&self, family: Family, number: usize) -> Option<Duration> {
        let [v4, v6] = &self.said;
        let said = if family == Family::V4 { v4 } else { v6 };
        said.get(number).copied().flatten()
    }

    fn of(&mut self, family: Family) -> &mut [Option<Duration>; 8] {
        let [v4, v6] = &mut self.said;
        if family == Family::V4 { v4 } else { v6 }
    }
}
