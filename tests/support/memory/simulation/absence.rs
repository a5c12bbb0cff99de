//! Those who are away: when others are told, when a place is given up, and whose if there are too many.

use super::place::{Left, surplus};
use super::shadow::Shadow;

/// A user without a connection.
#[derive(Clone, Debug)]
pub(crate) struct Away {
    pub(crate) reason: &'static str,
    pub(crate) since: u64,
    pub(crate) slot: usize,
    pub(crate) is_told: bool,
    pub(crate) machine: String,
    pub(crate) number: u64,
}

impl Shadow {
    /// Who has left too many places loses the oldest.
    pub(crate) fn give_up_surplus(&mut self) {
        loop {
            let places = self.places.iter().filter_map(|(name, place)| Some((name, place.away.as_ref()?)));
            let left: Vec<Left> =
                places.map(|(name, away)| (away.machine.clone(), away.number, name.clone())).collect();
            let Some(name) = surplus(&left, self.most_of_machine, self.most) else { return };
            let reason = self.places[&name].away.as_ref().expect("it is away").reason;
            self.has_given_up = true;
            self.leave(&name, reason);
        }
    }

    /// What is due for those who are away: telling others, and giving up, in the order of time; all
    /// of it, or what is due before a moment and, at that moment, a slot.
    pub(crate) fn absences(&mut self, before: (u64, usize)) {
        loop {
            let due = self.places.iter().filter_map(|(name, place)| {
                let away = place.away.as_ref()?;
                let until = away.since + self.grace;
                let at = if away.is_told { until } else { until.min(away.since + 3_000) };
                (at <= self.now && (at, away.slot) < before).then_some((at, away.slot, name.clone(), until <= self.now))
            });
            let Some((_, _, name, is_over)) = due.min() else { return };
            let away = self.places.get_mut(&name).and_then(|place| place.away.as_mut()).expect("just found");
            if is_over {
                let reason = away.reason;
                self.leave(&name, reason);
            } else {
                away.is_told = true;
                self.model.tell_drop(&name);
                self.pass_on();
            }
        }
    }
}
