//! One run of one row with one server, and the order in which all are run.

use std::time::Duration;

use crate::admission::{self, Role, admit};
use crate::attacks;
use crate::child::{Server, Subject};
use crate::filling;
use crate::fleet::Fleet;
use crate::keeping::{self, Returns};
use crate::measure::{Latency, Meter, Sample};
use crate::options::{Depth, Options};
use crate::pairs::{Pairs, Talk};
use crate::plan::{self, ACTIVE, Row, Unit, Work};
use crate::progress::Progress;
use crate::report::Report;
use crate::rooms::{Rooms, Shape};
use crate::{Failure, Outcome, plot, system};

/// How long the messages of one measurement may take.
const MOST: Duration = Duration::from_secs(60);

/// Share of the messages that are exchanged before the measurement.
const WARM_UP: u64 = 8;

/// Measures all rows, chatd and what it is compared with in turn, and reports each as it is done.
pub(crate) fn run_all(options: &Options) -> Outcome<()> {
    let rows = plan::rows(options)?;
    if rows.is_empty() {
        // `cargo bench -- some-micro-bench` selects nothing here, and that is no mistake.
        println!("scaling: no row is called so; --list shows them");
        return Ok(());
    }
    let repetitions = options.repetitions.unwrap_or(match options.depth {
        Depth::Smoke => 1,
        Depth::Quick => 3,
        Depth::Full => 5,
    });
    let machine = system::machine();
    let is_pinned = system::pin(std::process::id(), 1);
    let mut report = Report::new(options.depth, repetitions, &machine, is_pinned)?;
    let mut progress = Progress::new(rows.iter().map(|row| row.repetitions(repetitions) * 2).sum());
    for row in &rows {
        let mut samples = [Vec::new(), Vec::new()];
        for repetition in 0..row.repetitions(repetitions) {
            // Neither server is always the one that finds the machine as the other left it.
            let order = if repetition % 2 == 0 { [0, 1] } else { [1, 0] };
            for which in order {
                let subject = row.subjects()[which];
                progress.show(&row.name(), subject);
                let sample = run(row, subject)
                    .map_err(|failure| Failure::new(format!("{} with {}: {failure}", row.name(), subject.name())))?;
                report.sample(row, subject, repetition, &sample)?;
                samples[which].push(sample);
            }
        }
        progress.clear();
        let [chatd, floor] = samples;
        report.row(row, &chatd, &floor)?;
    }
    let plotted = plot::write(report.results(), report.folder())?;
    report.finish(&plotted);
    Ok(())
}

/// Starts a server, runs a row, stops the server.
fn run(row: &Row, subject: Subject) -> Outcome<Sample> {
    let server = Server::start(subject)?;
    let mut fleet = Fleet::new(server.address)?;
    let mut sample = match row.work {
        Work::Pairs(talk) | Work::KeptPairs(talk) => pairs(row, talk, &server, &mut fleet),
        Work::Rooms(shape) | Work::KeptRooms(shape) => rooms(row, shape, &server, &mut fleet),
        Work::Entry => entry(row, &server, &mut fleet),
        Work::Memory { kept } => memory(row, kept, &server, &mut fleet),
        Work::Resume => resume(row, &server, &mut fleet),
        Work::BesideIdle => beside_idle(row, &server, &mut fleet),
        Work::Filling => fill(row, &server, &mut fleet),
        Work::StoppedReader => stopped_reader(row, &server, &mut fleet),
        Work::Bystanders(attack) => attacks::beside(attack, row.connections, row.amount, &server, &mut fleet),
    };
    if let Ok(sample) = &mut sample
        && row.unit() == Unit::WallTime
    {
        sample.cost = 1e6 / sample.rate;
    }
    // The server goes first: see `Server::drop`.
    drop(server);
    sample
}

fn pairs(row: &Row, talk: Talk, server: &Server, fleet: &mut Fleet) -> Outcome<Sample> {
    admit(fleet, server.subject, row.connections, Role::Paired)?;
    let mut pairs = Pairs::new(server.subject, talk, row.connections)?;
    if server.subject == Subject::Kept {
        keeping::keep(fleet, 0..row.connections)?;
        pairs.note_kept();
    }
    let window = match talk {
        Talk::PingPong | Talk::Wait => 2,
        Talk::Pipe { window } => u64::from(window),
    };
    let messages = (row.amount / (row.connections as u64 / 2)).max(window * 4);
    exchange(&mut pairs, messages, server, fleet)
}

/// Has pairs exchange messages, some before the clock starts.
fn exchange(pairs: &mut Pairs, messages: u64, server: &Server, fleet: &mut Fleet) -> Outcome<Sample> {
    pairs.start((messages / WARM_UP).max(2) as u32, fleet);
    fleet.run(pairs, MOST)?;
    let meter = Meter::start(server);
    pairs.start(messages as u32, fleet);
    fleet.run(pairs, MOST)?;
    let spent = meter.stop(server);
    pairs.check()?;
    Ok(spent.sample(pairs.delivered, &pairs.latency))
}

fn rooms(row: &Row, shape: Shape, server: &Server, fleet: &mut Fleet) -> Outcome<Sample> {
    admit(fleet, server.subject, row.connections, Role::Member { of: shape.size })?;
    let mut rooms = Rooms::new(server.subject, shape, row.connections)?;
    if server.subject == Subject::Kept {
        keeping::keep(fleet, 0..row.connections)?;
        rooms.note_kept();
    }
    let deliveries = (row.connections / shape.size * shape.senders * (shape.size - 1)) as u64;
    let messages = (row.amount / deliveries).max(u64::from(shape.window) * 4);
    talk(&mut rooms, messages, server, fleet)
}

/// Has senders say so much each, some before the clock starts.
fn talk(rooms: &mut Rooms, messages: u64, server: &Server, fleet: &mut Fleet) -> Outcome<Sample> {
    rooms.start((messages / WARM_UP).max(1) as u32, fleet);
    fleet.run(rooms, MOST)?;
    let meter = Meter::start(server);
    rooms.start(messages as u32, fleet);
    fleet.run(rooms, MOST)?;
    let spent = meter.stop(server);
    Ok(spent.sample(rooms.delivered, &rooms.latency))
}

fn entry(row: &Row, server: &Server, fleet: &mut Fleet) -> Outcome<Sample> {
    let mut times = Latency::new()?;
    let meter = Meter::start(server);
    admission::enter(fleet, server.subject, row.connections, Role::Idle, &mut times)?;
    let spent = meter.stop(server);
    Ok(spent.sample(row.connections as u64, &times))
}

/// Connections cut and made again, so many at a time. What the floor does is a bare connection.
fn resume(row: &Row, server: &Server, fleet: &mut Fleet) -> Outcome<Sample> {
    if server.subject == Subject::Floor {
        let mut sample = entry(row, server, fleet)?;
        sample.more.push(("of it coming back µs", sample.cost));
        return Ok(sample);
    }
    let uids = admit(fleet, server.subject, row.connections, Role::Paired)?;
    let tokens = keeping::keep(fleet, 0..row.connections)?;
    let mut returns = Returns::new(&uids, tokens)?;
    returns.everybody(server, fleet)?;
    returns.clear();
    let turns = (row.amount / row.connections as u64).max(1);
    let meter = Meter::start(server);
    for _ in 0..turns {
        returns.everybody(server, fleet)?;
    }
    let spent = meter.stop(server);
    let units = turns * row.connections as u64;
    let mut sample = spent.sample(units, &returns.latency);
    sample.more.push(("of it coming back µs", returns.coming_back.as_secs_f64() * 1e6 / units as f64));
    Ok(sample)
}

fn memory(row: &Row, kept: bool, server: &Server, fleet: &mut Fleet) -> Outcome<Sample> {
    let mut times = Latency::new()?;
    let enter = |fleet: &mut Fleet, count, times: &mut Latency| {
        let first = fleet.len();
        admission::enter(fleet, server.subject, count, Role::Idle, times)?;
        if kept && server.subject == Subject::Chatd {
            keeping::keep(fleet, first..first + count)?;
        }
        Outcome::Ok(())
    };
    // What a server needs once, it has after its first clients.
    enter(fleet, admission::AT_A_TIME, &mut Latency::new()?)?;
    let (before, meter) = (server.memory(), Meter::start(server));
    enter(fleet, row.connections, &mut times)?;
    let mut sample = meter.stop(server).sample(row.connections as u64, &times);
    let (Some(before), Some(after)) = (before, server.memory()) else {
        return Err(Failure::new("this system does not tell a process's memory; leave idle-memory and idle-kept out"));
    };
    let per_user = |before: u64, after: u64| after.saturating_sub(before) as f64 / row.connections as f64;
    sample.cost = per_user(before.anonymous, after.anonymous);
    sample.more.push(("resident_bytes_per_user", per_user(before.resident, after.resident)));
    Ok(sample)
}

fn beside_idle(row: &Row, server: &Server, fleet: &mut Fleet) -> Outcome<Sample> {
    admit(fleet, server.subject, ACTIVE, Role::Paired)?;
    let mut pairs = Pairs::new(server.subject, Talk::PingPong, ACTIVE)?;
    let messages = (row.amount / (ACTIVE as u64 / 2)).max(8);
    let alone = exchange(&mut pairs, messages, server, fleet)?;
    admission::enter(fleet, server.subject, row.connections, Role::Idle, &mut Latency::new()?)?;
    let mut sample = exchange(&mut pairs, messages, server, fleet)?;
    sample.more.push(("alone_us_per_message", alone.cost));
    sample.more.push(("beside_us_per_message", sample.cost));
    sample.cost /= alone.cost;
    Ok(sample)
}

fn fill(row: &Row, server: &Server, fleet: &mut Fleet) -> Outcome<Sample> {
    let mut times = Latency::new()?;
    let meter = Meter::start(server);
    filling::fill(fleet, server.subject, row.connections, &mut times)?;
    let spent = meter.stop(server);
    Ok(spent.sample(row.connections as u64, &times))
}

/// The last member stops reading; the latencies are the others'.
fn stopped_reader(row: &Row, server: &Server, fleet: &mut Fleet) -> Outcome<Sample> {
    let shape = Shape { size: row.connections, senders: 4, window: 8 };
    admit(fleet, server.subject, row.connections, Role::Member { of: shape.size })?;
    let mut rooms = Rooms::new(server.subject, shape, row.connections)?;
    let messages = (row.amount / (shape.senders * shape.size) as u64).max(u64::from(shape.window) * 4);
    let before = talk(&mut rooms, messages / 4, server, fleet)?;
    rooms.stop(row.connections - 1, fleet);
    let mut sample = talk(&mut rooms, messages, server, fleet)?;
    let [_, p99, _] = before.latency;
    sample.more.push(("p99_us_before", p99));
    sample.more.push(("told_of_leaving", rooms.told_of_leaving as f64));
    Ok(sample)
}
