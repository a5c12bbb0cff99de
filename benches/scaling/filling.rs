//! A room that fills: every newcomer is told to all who are there, and the order is the same for all.

use std::time::Instant;

use crate::admission::{AT_A_TIME, MOST, name};
use crate::child::Subject;
use crate::fleet::{Fleet, Listener, Outputs};
use crate::measure::Latency;
use crate::speech::Heard;
use crate::{Failure, Outcome};

/// Connects `count` clients that enter and join one room at once, and checks what each was told.
/// The floor tells nobody of a newcomer; its figure is the bare connections.
pub(crate) fn fill(fleet: &mut Fleet, subject: Subject, count: usize, times: &mut Latency) -> Outcome<()> {
    let begin = Instant::now();
    let mut filling = Filling {
        subject,
        answered: vec![0; count],
        admitted: 0,
        seen: vec![Vec::new(); count],
        left: if subject.acknowledges() { count * (count + 1) / 2 } else { 0 },
        started: Vec::with_capacity(count),
        times,
    };
    while filling.admitted < count || filling.left > 0 {
        while fleet.len() < count && fleet.len() - filling.admitted < AT_A_TIME {
            filling.started.push(fleet.now());
            let who = fleet.connect(None)?;
            let line = match subject {
                Subject::Floor => "R 0\n".to_owned(),
                _ => format!("ENTER {}\nJOIN #fill\n", name(who)),
            };
            fleet.out.to(who).extend_from_slice(line.as_bytes());
        }
        fleet.round(&mut filling)?;
        if begin.elapsed() > MOST {
            return Err(Failure::new("the room did not fill in time"));
        }
    }
    filling.check()
}

struct Filling<'a> {
    subject: Subject,
    /// Answers that each client has had: to ENTER and to JOIN.
    answered: Vec<u8>,
    admitted: usize,
    /// Who each client was told has joined, itself included.
    seen: Vec<Vec<u32>>,
    left: usize,
    started: Vec<u64>,
    times: &'a mut Latency,
}

impl Filling<'_> {
    /// The first member saw all; every other saw the same from itself on.
    fn check(&self) -> Outcome<()> {
        if self.subject == Subject::Floor {
            return Ok(());
        }
        let order = self.seen.iter().max_by_key(|seen| seen.len()).map(Vec::as_slice).unwrap_or_default();
        let complete = order.len() == self.seen.len();
        for (who, seen) in self.seen.iter().enumerate() {
            if !complete || seen.first() != Some(&(who as u32)) || !order.ends_with(seen) {
                return Err(Failure::new(format!("client {who} was told of newcomers in another order")));
            }
        }
        Ok(())
    }
}

impl Listener for Filling<'_> {
    fn line(&mut self, who: usize, line: &[u8], out: &mut Outputs) -> Outcome<()> {
        match self.subject.hear(line)? {
            Heard::Answer => {
                self.answered[who] += 1;
                let expected = if self.subject.acknowledges() { 2 } else { 1 };
                if self.answered[who] == expected {
                    self.admitted += 1;
                    self.times.record(out.now - self.started[who]);
                }
                Ok(())
            }
            Heard::Joined { name } => {
                let number = std::str::from_utf8(name).ok().and_then(|name| name.strip_prefix('u')?.parse().ok());
                let number = number.ok_or_else(|| Failure::new("a stranger joined"))?;
                self.seen[who].push(number);
                self.left = self.left.checked_sub(1).ok_or_else(|| Failure::new("told of a newcomer twice"))?;
                Ok(())
            }
            other => Err(Failure::new(format!("{other:?} while a room fills"))),
        }
    }

    fn is_done(&self) -> bool {
        false
    }
}
