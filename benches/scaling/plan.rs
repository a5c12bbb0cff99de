//! Which rows there are, how large, and what chatd is to reach in each.

use crate::attacks::{Attack, Origin};
use crate::child::Subject;
use crate::options::{Depth, Options};
use crate::pairs::Talk;
use crate::rooms::Shape;
use crate::{Outcome, system};

/// What clients do in a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    Pairs(Talk),
    /// The same by users whose places are kept, and by those whose are not.
    KeptPairs(Talk),
    Rooms(Shape),
    /// The same by users whose places are kept, and by those whose are not.
    KeptRooms(Shape),
    /// Connect and enter.
    Entry,
    /// Memory of users who do nothing, their places kept or not.
    Memory {
        kept: bool,
    },
    /// Ping-pong of [`ACTIVE`] beside users who do nothing.
    BesideIdle,
    /// Connect, enter, and join one room; everybody is told of everybody.
    Filling,
    /// Connections that are lost, and users who come back.
    Resume,
    /// A busy room of which one member does not read.
    StoppedReader,
    /// People who talk while others attack.
    Bystanders(Attack),
}

/// What the cost of a row is counted in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unit {
    /// CPU µs of the server per delivered message.
    PerDelivery,
    /// CPU µs of the server per client.
    PerClient,
    /// Bytes of the server's own memory per user.
    Bytes,
    /// CPU time per message with idle users, relative to without.
    Growth,
    /// Wall µs per delivered message, of all clients together.
    WallTime,
    /// µs within which 99 of 100 lines of bystanders arrive.
    Latency,
}

/// What is to be reached.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Reach {
    /// A cost relative to the other's.
    Ratio(f64),
    /// A cost.
    Cost(f64),
    /// A time: at most so many times the other's, and so many µs more.
    Delay(f64, f64),
}

/// One row of the table.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) workload: String,
    pub(crate) connections: usize,
    pub(crate) work: Work,
    pub(crate) reach: Option<Reach>,
    /// Deliveries (or messages of a sender) to measure; a hint.
    pub(crate) amount: u64,
}

/// Messages of each client in ping-pong, at least.
const TURNS: u64 = 20;

/// Clients that talk while others are idle.
pub(crate) const ACTIVE: usize = 200;

impl Row {
    pub(crate) fn name(&self) -> String {
        format!("{}/{}", self.workload, self.connections)
    }

    /// How often it is run; memory is the same each time.
    pub(crate) fn repetitions(&self, asked: usize) -> usize {
        if matches!(self.work, Work::Memory { .. }) { 1 } else { asked }
    }

    /// What is measured, and what it is compared with. A floor that acknowledges nothing has nobody waiting for it.
    pub(crate) fn subjects(&self) -> [Subject; 2] {
        match self.work {
            Work::Pairs(Talk::Wait) => [Subject::Chatd, Subject::Hasty],
            Work::Bystanders(_) => [Subject::Attacked, Subject::Alone],
            Work::KeptPairs(_) | Work::KeptRooms(_) => [Subject::Kept, Subject::Chatd],
            _ => [Subject::Chatd, Subject::Floor],
        }
    }

    pub(crate) fn unit(&self) -> Unit {
        match self.work {
            Work::Pairs(Talk::Wait) => Unit::WallTime,
            Work::Pairs(_) | Work::KeptPairs(_) | Work::Rooms(_) | Work::KeptRooms(_) | Work::StoppedReader => {
                Unit::PerDelivery
            }
            Work::Entry | Work::Filling | Work::Resume => Unit::PerClient,
            Work::Memory { .. } => Unit::Bytes,
            Work::BesideIdle => Unit::Growth,
            Work::Bystanders(_) => Unit::Latency,
        }
    }
}

impl Unit {
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::PerDelivery => "µs/msg",
            Self::PerClient => "µs/client",
            Self::Bytes => "B/user",
            Self::Growth => "growth",
            Self::WallTime => "wall µs",
            Self::Latency => "p99 µs",
        }
    }
}

/// One workload: what, how much of it to measure in a full run, at which sizes in full and quick.
struct Workload {
    name: &'static str,
    work: Work,
    amount: u64,
    reach: Option<Reach>,
    full: &'static [usize],
    quick: &'static [usize],
}

/// Stands for as many connections as the descriptor limit allows.
const MOST: usize = usize::MAX;

const PONG: Work = Work::Pairs(Talk::PingPong);

const fn pipe(window: u32) -> Work {
    Work::Pairs(Talk::Pipe { window })
}

const fn rooms(size: usize, senders: usize, window: u32) -> Work {
    Work::Rooms(Shape { size, senders, window })
}

const HUNDRED: Shape = Shape { size: 100, senders: 4, window: 50 };
const THOUSAND: Shape = Shape { size: 1000, senders: 1, window: 1 };

/// What those pay who come back to where they were, as every chatc does, beside those who do not.
const fn kept(name: &'static str, work: Work, amount: u64, full: &'static [usize]) -> Workload {
    Workload { name, work, amount, reach: Some(Reach::Ratio(1.15)), full, quick: full }
}

/// Whatever the attack, others may be delayed by so much. How many lines they exchange is a time, too: 200 are a
/// second alone.
const fn bystanders(name: &'static str, attack: Attack, full: &'static [usize], quick: &'static [usize]) -> Workload {
    let reach = Some(Reach::Delay(1.5, 5_000.0));
    Workload { name, work: Work::Bystanders(attack), amount: 1_000, reach, full, quick }
}

#[rustfmt::skip]
const WORKLOADS: [Workload; 26] = [
    Workload { name: "pair-pong", work: PONG, amount: 200_000, reach: Some(Reach::Ratio(1.10)),
        full: &[2, 10, 100, 200, 1000, 5000, 10_000, MOST], quick: &[2, 200, 1000, 10_000] },
    Workload { name: "pair-pipe-8", work: pipe(8), amount: 1_000_000, reach: Some(Reach::Ratio(1.15)),
        full: &[10, 100, 1000, 5000, 10_000, MOST], quick: &[100] },
    Workload { name: "pair-pipe-64", work: pipe(64), amount: 4_000_000, reach: Some(Reach::Ratio(1.5)),
        full: &[10, 100, 1000, 5000, 10_000, MOST], quick: &[100] },
    kept("pair-kept-8", Work::KeptPairs(Talk::Pipe { window: 8 }), 1_000_000, &[100, 1000]),
    kept("pair-kept-64", Work::KeptPairs(Talk::Pipe { window: 64 }), 4_000_000, &[100, 1000]),
    Workload { name: "pair-wait", work: Work::Pairs(Talk::Wait), amount: 100_000, reach: Some(Reach::Ratio(1.11)),
        full: &[2, 40, 160, 400], quick: &[2, 40, 160, 400] },
    Workload { name: "room-10x1x1", work: rooms(10, 1, 1), amount: 200_000, reach: None,
        full: &[10, 100, 1000, 5000, 10_000, MOST], quick: &[1000] },
    Workload { name: "room-100x4x50", work: Work::Rooms(HUNDRED), amount: 10_000_000, reach: Some(Reach::Ratio(1.3)),
        full: &[100, 1000], quick: &[100] },
    Workload { name: "room-1000x1x1", work: Work::Rooms(THOUSAND), amount: 300_000, reach: Some(Reach::Ratio(1.06)),
        full: &[1000, 5000, 10_000, MOST], quick: &[1000] },
    Workload { name: "room-1000x4x8", work: rooms(1000, 4, 8), amount: 4_000_000, reach: None,
        full: &[1000], quick: &[] },
    kept("room-kept-100x4x50", Work::KeptRooms(HUNDRED), 10_000_000, &[100, 1000]),
    kept("room-kept-1000x1x1", Work::KeptRooms(THOUSAND), 300_000, &[1000]),
    Workload { name: "entry", work: Work::Entry, amount: 0, reach: Some(Reach::Ratio(1.3)),
        full: &[100, 1000, 5000, 10_000, MOST], quick: &[1000, 10_000] },
    Workload { name: "idle-memory", work: Work::Memory { kept: false }, amount: 0, reach: Some(Reach::Cost(400.0)),
        full: &[1000, 5000, 10_000, 18_000], quick: &[18_000] },
    Workload { name: "idle-kept", work: Work::Memory { kept: true }, amount: 0, reach: None,
        full: &[10_000], quick: &[10_000] },
    Workload { name: "resume", work: Work::Resume, amount: 10_000, reach: None,
        full: &[1000], quick: &[1000] },
    Workload { name: "beside-idle", work: Work::BesideIdle, amount: 200_000, reach: Some(Reach::Ratio(1.05)),
        full: &[1000, 5000, 10_000, 18_000], quick: &[18_000] },
    Workload { name: "room-fill", work: Work::Filling, amount: 0, reach: Some(Reach::Ratio(10.0)),
        full: &[100, 1000], quick: &[1000] },
    Workload { name: "stopped-reader", work: Work::StoppedReader, amount: 30_000_000, reach: None,
        full: &[100], quick: &[100] },
    bystanders("bystander-room", Attack::Room(Origin::One), &[400], &[400]),
    bystanders("bystander-room-many", Attack::Room(Origin::Many), &[400], &[400]),
    bystanders("bystander-comings", Attack::Comings, &[1000], &[400]),
    bystanders("bystander-quits", Attack::Quits, &[1000], &[200]),
    bystanders("bystander-announce", Attack::Announcements, &[6000], &[1000]),
    bystanders("bystander-list", Attack::Listings, &[3000], &[400]),
    bystanders("bystander-past", Attack::Pasts, &[1000], &[200]),
];

/// The rows that the options select.
pub(crate) fn rows(options: &Options) -> Outcome<Vec<Row>> {
    let allowed = system::raise_descriptor_limit()?;
    let most = options.most.unwrap_or(allowed).min(allowed);
    let mut rows = Vec::new();
    for workload in &WORKLOADS {
        let sizes = match options.depth {
            Depth::Full => workload.full,
            Depth::Quick => workload.quick,
            Depth::Smoke => workload.full.get(..1).unwrap_or_default(),
        };
        let fitting = sizes.iter().map(|size| if *size == MOST { most } else { *size });
        for size in fitting {
            rows.extend(row(workload, size, most, options.depth));
        }
    }
    rows.dedup_by_key(|row| row.name());
    // A whole name selects its row alone, not also the ten times larger one.
    let is_name = |part: &str| rows.iter().any(|row: &Row| row.name() == part);
    let filters: Vec<(&str, bool)> = options.filters.iter().map(|part| (part.as_str(), is_name(part))).collect();
    rows.retain(|row| {
        let name = row.name();
        filters.is_empty()
            || filters.iter().any(|(part, whole)| if *whole { name == *part } else { name.contains(part) })
    });
    Ok(rows)
}

fn row(workload: &Workload, size: usize, most: usize, depth: Depth) -> Option<Row> {
    let (mut work, mut size) = (workload.work, size);
    if depth == Depth::Smoke {
        size = size.min(20);
        if let Work::Rooms(shape) | Work::KeptRooms(shape) = &mut work {
            shape.size = shape.size.min(10);
        }
    }
    let room = match work {
        Work::Rooms(shape) | Work::KeptRooms(shape) => shape.size,
        Work::Pairs(_) | Work::KeptPairs(_) | Work::Resume => 2,
        _ => 1,
    };
    let active = if work == Work::BesideIdle { ACTIVE } else { 0 };
    let connections = if size + active > most { most.checked_sub(active)? } else { size };
    let connections = connections - connections % room;
    // The limit may be so low that nothing is left of a size.
    if connections == 0 || connections * 2 < size {
        return None;
    }
    let amount = match depth {
        Depth::Full => workload.amount,
        Depth::Quick => workload.amount / 5,
        Depth::Smoke if matches!(work, Work::Bystanders(_)) => 20,
        Depth::Smoke => workload.amount.min(200),
    };
    // Each client's last answer travels alone: with few messages a client that would be most of it.
    let is_long = work == PONG && depth != Depth::Smoke;
    let amount = if is_long { amount.max(TURNS * connections as u64) } else { amount };
    Some(Row { workload: workload.name.to_owned(), connections, work, reach: workload.reach, amount })
}

/// Prints the names of the rows.
pub(crate) fn list(options: &Options) {
    for row in rows(options).unwrap_or_default() {
        println!("{}: {}", row.name(), row.unit().word());
    }
}
