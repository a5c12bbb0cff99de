//! How clients come in: connect, enter, and take the place that the workload gives them.

use std::time::{Duration, Instant};

use crate::child::Subject;
use crate::fleet::{Fleet, Listener, Outputs};
use crate::measure::Latency;
use crate::speech::Heard;
use crate::{Failure, Outcome};

/// Clients that are connecting or entering at a time.
pub(crate) const AT_A_TIME: usize = 64;

/// How long an admission may take.
pub(crate) const MOST: Duration = Duration::from_secs(120);

/// The place of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Entered, and nothing else.
    Idle,
    /// In a session with its neighbour: 0 with 1, 2 with 3.
    Paired,
    /// In a room of so many.
    Member { of: usize },
}

/// A client's name on chatd.
pub(crate) fn name(who: usize) -> String {
    format!("u{who}")
}

/// The name of a client's room on chatd.
pub(crate) fn room(who: usize, size: usize) -> String {
    format!("#r{}", who / size)
}

/// What a client sends first.
fn first_line(subject: Subject, who: usize, role: Role) -> String {
    match (subject, role) {
        (Subject::Floor, Role::Idle) => "N\n".to_owned(),
        (Subject::Floor, Role::Paired) => format!("P {}\n", who / 2),
        (Subject::Floor, Role::Member { of }) => format!("R {}\n", who / of),
        _ => format!("ENTER {}\n", name(who)),
    }
}

/// Connects `count` more clients and has them enter, [`AT_A_TIME`]; all know then that they are in. Gives back
/// their UIDs, of which the floor knows none.
pub(crate) fn enter(
    fleet: &mut Fleet,
    subject: Subject,
    count: usize,
    role: Role,
    times: &mut Latency,
) -> Outcome<Vec<u64>> {
    let first = fleet.len();
    let begin = Instant::now();
    let mut entering =
        Entering { subject, answered: 0, first, started: Vec::with_capacity(count), uids: vec![0; count], times };
    while entering.answered < count {
        while fleet.len() < first + count && fleet.len() - first - entering.answered < AT_A_TIME {
            entering.started.push(fleet.now());
            let who = fleet.connect(None)?;
            fleet.out.to(who).extend_from_slice(first_line(subject, who, role).as_bytes());
        }
        fleet.round(&mut entering)?;
        if begin.elapsed() > MOST {
            return Err(Failure::new("entering took too long"));
        }
    }
    Ok(entering.uids)
}

/// As [`enter`], and takes up the sessions and rooms. Afterwards nothing is on its way.
pub(crate) fn admit(fleet: &mut Fleet, subject: Subject, count: usize, role: Role) -> Outcome<Vec<u64>> {
    let first = fleet.len();
    let uids = enter(fleet, subject, count, role, &mut Latency::new()?)?;
    let mut settling = match (subject, role) {
        (Subject::Floor, _) | (_, Role::Idle) => return Ok(uids),
        (_, Role::Paired) => Settling { answers: count, paired: count, ..Settling::default() },
        (_, Role::Member { of }) => {
            Settling { answers: count, joined: count / of * (of * (of + 1) / 2), ..Settling::default() }
        }
    };
    for who in first..first + count {
        // Both ask the other: crossing requests are a session.
        let line = match role {
            Role::Member { of } => format!("JOIN {}\n", room(who, of)),
            _ => format!("REQUEST {}\n", name(who ^ 1)),
        };
        fleet.out.to(who).extend_from_slice(line.as_bytes());
    }
    fleet.run(&mut settling, MOST)?;
    Ok(uids)
}

struct Entering<'a> {
    subject: Subject,
    answered: usize,
    first: usize,
    started: Vec<u64>,
    uids: Vec<u64>,
    times: &'a mut Latency,
}

impl Listener for Entering<'_> {
    fn line(&mut self, who: usize, line: &[u8], out: &mut Outputs) -> Outcome<()> {
        if self.subject.acknowledges() {
            let uid = uid_entered(line, &name(who));
            let uid = uid.ok_or_else(|| Failure::new(format!("not entered: {:?}", String::from_utf8_lossy(line))))?;
            self.uids[who - self.first] = uid;
        }
        match self.subject.hear(line)? {
            Heard::Answer => {
                self.answered += 1;
                self.times.record(out.now - self.started[who - self.first]);
                Ok(())
            }
            other => Err(Failure::new(format!("{other:?} while entering"))),
        }
    }

    fn is_done(&self) -> bool {
        false
    }
}

/// The UID in `+OK entered UID NAME`.
fn uid_entered(line: &[u8], name: &str) -> Option<u64> {
    let line = std::str::from_utf8(line).ok()?;
    line.strip_prefix("+OK entered ")?.strip_suffix(name)?.trim_end().parse().ok()
}

/// Counts down what still has to come.
#[derive(Default)]
struct Settling {
    answers: usize,
    paired: usize,
    joined: usize,
}

impl Listener for Settling {
    fn line(&mut self, _who: usize, line: &[u8], _out: &mut Outputs) -> Outcome<()> {
        let left = match Subject::Chatd.hear(line)? {
            Heard::Answer => &mut self.answers,
            Heard::Paired => &mut self.paired,
            Heard::Joined { .. } => &mut self.joined,
            Heard::Request => return Ok(()),
            other => return Err(Failure::new(format!("{other:?} while taking places"))),
        };
        *left = left.checked_sub(1).ok_or_else(|| Failure::new("told twice while taking places"))?;
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.answers == 0 && self.paired == 0 && self.joined == 0
    }
}
