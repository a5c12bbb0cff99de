//! Whether those who are closed because their time is up deserve it, and nobody else stays.

use super::journal::disconnects;
use super::shadow::Phase;
use super::trial::Trial;

impl Trial {
    /// Connections that were closed because their time was up. Whether it was is checked here.
    pub(super) fn police(&mut self, journal: &str) {
        for (address, reason) in disconnects(journal) {
            let number = self.by_address[address];
            let line = &self.shadow.lines[number];
            if !matches!(line.phase, Phase::Entering | Phase::User(_)) {
                continue;
            }
            let slow_due = [(line.slow_since, self.soft_time), (line.stuck_since, self.hard_time)].into_iter();
            let slow_due = slow_due.filter_map(|(since, time)| Some(since? + time)).min();
            let is_due = match reason {
                "entry-timeout" => line.phase == Phase::Entering && self.now >= line.accepted + 20_000,
                "ping-timeout" => self.now >= line.last_heard + 35_000,
                "slow-consumer" => line.room == 0 && slow_due.is_some_and(|due| self.now >= due),
                _ => continue,
            };
            assert!(is_due, "{reason} at {}: {line:?}", self.now);
            let due = match reason {
                "ping-timeout" => Some(line.sign_of_life_due()),
                "slow-consumer" => slow_due,
                _ => None,
            };
            if reason == "slow-consumer" && line.unsent > self.shadow.hard {
                self.seen.insert("stuck".to_owned());
            }
            if let Some(due) = due {
                let slot = line.slot;
                self.shadow.absences((due, slot));
            }
            let reason = ["entry-timeout", "ping-timeout", "slow-consumer"].into_iter().find(|it| *it == reason);
            self.shadow.close(number, reason.expect("one of these"));
        }
    }

    /// Nobody stays who has taken nothing for long enough.
    pub(super) fn check_nobody_is_overdue(&self) {
        for line in self.live.iter().map(|number| &self.shadow.lines[*number]) {
            let is_over = |since: Option<u64>, time| since.is_some_and(|since| since + time <= self.now);
            let is_overdue = is_over(line.slow_since, self.soft_time) || is_over(line.stuck_since, self.hard_time);
            assert!(!is_overdue || !matches!(line.phase, Phase::User(_)), "not closed at {}: {line:?}", self.now);
        }
    }
}
