//! The model of what users do against being disturbed.

use std::collections::{BTreeMap, BTreeSet};

use super::{Answer, Model, ok, same};

const IGNORED: usize = 64;

#[derive(Default)]
pub(super) struct Defence {
    /// Who ignores whom, in order.
    ignored: Vec<(String, String)>,
    undisturbed: BTreeSet<String>,
    away: BTreeMap<String, String>,
}

impl Defence {
    pub(super) fn forget(&mut self, who: &str) {
        self.ignored.retain(|(owner, _)| owner != who);
        self.undisturbed.remove(who);
        self.away.remove(who);
    }

    pub(super) fn ignores(&self, who: &str, other: &str) -> bool {
        self.ignored.iter().any(|(owner, ignored)| owner == who && same(ignored, other))
    }

    pub(super) fn takes_no_request(&self, who: &str, asker: &str) -> bool {
        self.undisturbed.contains(who) || self.ignores(who, asker)
    }

    /// What a listing shows behind a user.
    pub(super) fn marks(&self, who: &str) -> String {
        let undisturbed = if self.undisturbed.contains(who) { " dnd" } else { "" };
        let away = self.away.get(who).map(|text| format!(" away {text}").trim_end().to_owned());
        format!("{undisturbed}{}", away.unwrap_or_default())
    }
}

impl Model {
    pub(super) fn list_ignored(&mut self, who: &str) -> Answer {
        let mine = self.defence.ignored.iter().filter(|(owner, _)| owner == who);
        self.rows.extend(mine.map(|(_, ignored)| format!("= ignored {ignored}")));
        self.listed(self.rows.len())
    }

    pub(super) fn ignore(&mut self, who: &str, user: &str) -> Answer {
        let other = self.other(who, user)?;
        let count = self.defence.ignored.iter().filter(|(owner, _)| owner == who).count();
        if self.defence.ignores(who, &other) {
            return ok();
        }
        if count >= IGNORED {
            return Err("too-many-ignored");
        }
        self.defence.ignored.push((who.to_owned(), other));
        ok()
    }

    /// By name the other need not be here.
    pub(super) fn unignore(&mut self, who: &str, user: &str) -> Answer {
        let is_number = user.starts_with(|c: char| c.is_ascii_digit());
        let name = if is_number { self.find(user).ok_or("no-such-user")?.name.clone() } else { user.to_owned() };
        if !self.defence.ignores(who, &name) {
            return Err("not-ignored");
        }
        self.defence.ignored.retain(|(owner, ignored)| owner != who || !same(ignored, &name));
        ok()
    }

    pub(super) fn set_do_not_disturb(&mut self, who: &str, on: bool) -> Answer {
        if on {
            self.defence.undisturbed.insert(who.to_owned())
        } else {
            self.defence.undisturbed.remove(who)
        };
        ok()
    }

    pub(super) fn set_away(&mut self, who: &str, text: Option<&str>) -> Answer {
        match text {
            Some(text) => drop(self.defence.away.insert(who.to_owned(), text.to_owned())),
            None => drop(self.defence.away.remove(who)),
        }
        ok()
    }

    /// Who turns to one who is away is told so.
    pub(super) fn tell_away(&mut self, who: &str, other: &str) {
        if let Some(text) = self.defence.away.get(other).cloned() {
            self.tell(who, format!("* away {other} {text}").trim_end());
        }
    }
}
