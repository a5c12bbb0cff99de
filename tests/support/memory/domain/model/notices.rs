//! The model of what watchers are told: a quarter of a second after the first of it, or when much waits;
//! nothing of a room that has opened and closed, or closed and opened, meanwhile.

use std::collections::BTreeMap;

use super::same;

const DELAY: u64 = 250;
const TOGETHER: usize = 256;

#[derive(Default)]
pub(super) struct Notices {
    /// Who watches, and how many notices there had been before.
    watchers: BTreeMap<String, u64>,
    waiting: Vec<(u64, String)>,
    count: u64,
    pub(super) due: Option<u64>,
}

impl Notices {
    pub(super) fn watch(&mut self, who: &str) {
        self.watchers.entry(who.to_owned()).or_insert(self.count);
    }

    pub(super) fn unwatch(&mut self, who: &str) {
        self.watchers.remove(who);
        if self.watchers.is_empty() {
            self.waiting.clear();
            self.due = None;
        }
    }

    pub(super) fn note(&mut self, line: &str, now: u64) {
        if self.watchers.is_empty() {
            return;
        }
        let room = |line: &str| line.split_once(" #").map(|(_, room)| room.to_owned());
        let is_about = |other: &str| matches!((room(line), room(other)), (Some(one), Some(two)) if same(&one, &two));
        let before = self.waiting.iter().position(|(_, other)| is_about(other));
        if let Some(before) = before {
            self.waiting.remove(before);
            return;
        }
        self.waiting.push((self.count, line.to_owned()));
        self.count += 1;
        let due = if self.waiting.len() < TOGETHER { now + DELAY } else { now };
        self.due = Some(self.due.unwrap_or(due).min(due));
    }

    /// Who is told what now.
    pub(super) fn take_due(&mut self, now: u64) -> Vec<(String, String)> {
        if self.due.is_none_or(|due| due > now) {
            return Vec::new();
        }
        self.due = None;
        let lines = std::mem::take(&mut self.waiting);
        let of = |since: u64| lines.iter().filter(move |(number, _)| *number >= since);
        let all = self.watchers.iter();
        all.flat_map(|(who, since)| of(*since).map(|(_, line)| (who.clone(), line.clone()))).collect()
    }
}
