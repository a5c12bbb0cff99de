//! What is shown and kept: a table on stdout, JSON lines in `target/bench/`.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::child::Subject;
use crate::measure::{Figure, Sample};
use crate::options::Depth;
use crate::plan::{Reach, Row, Unit};
use crate::{Failure, Outcome, system};

/// A row's outcome.
#[derive(Clone, Debug)]
pub(crate) struct Outcomes {
    pub(crate) row: Row,
    pub(crate) chatd: Summary,
    pub(crate) floor: Summary,
    /// Of the runs that followed one another.
    pub(crate) ratio: Figure,
}

/// One server's figures in a row.
#[derive(Clone, Debug)]
pub(crate) struct Summary {
    pub(crate) cost: Figure,
    pub(crate) rate: Figure,
    /// p50, p99, p99.9, each the median over the repetitions.
    pub(crate) latency: [f64; 3],
}

impl Summary {
    fn of(samples: &[Sample]) -> Self {
        Self {
            cost: Figure::of(samples.iter().map(|sample| sample.cost)),
            rate: Figure::of(samples.iter().map(|sample| sample.rate)),
            latency: [0, 1, 2].map(|which| Figure::of(samples.iter().map(|sample| sample.latency[which])).median),
        }
    }
}

/// The report of one invocation.
pub(crate) struct Report {
    depth: Depth,
    json: File,
    folder: PathBuf,
    results: Vec<Outcomes>,
}

impl Report {
    pub(crate) fn new(depth: Depth, repetitions: usize, machine: &str, is_pinned: bool) -> Outcome<Self> {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().map(|target| target.join("bench"));
        let folder = folder.ok_or_else(|| Failure::new("there is no target folder"))?;
        std::fs::create_dir_all(&folder)?;
        let name = if depth == Depth::Smoke { "smoke.jsonl" } else { "scaling.jsonl" };
        let mut json = File::create(folder.join(name))?;
        writeln!(json, r#"{{"machine":"{machine}","repetitions":{repetitions},"pinned":{is_pinned}}}"#)?;
        let report = Self { depth, json, folder, results: Vec::new() };
        if depth != Depth::Smoke {
            report.head(repetitions, machine, is_pinned);
        }
        Ok(report)
    }

    fn head(&self, repetitions: usize, machine: &str, is_pinned: bool) {
        println!("{machine}; {repetitions} repetitions, chatd and the other in turn; medians (least – most)");
        if !is_pinned {
            println!("server and generator could not be pinned to cores of their own: expect a wider spread");
        }
        if system::cpu_time(std::process::id()).is_none() {
            println!("this system does not tell another process's CPU time: costs are wall time here");
        }
        println!(
            "{:<21} {:<9} {:>24} {:>24} {:>21} {:>9} {:>9} {:>8} {:>8} {:>8}",
            "row",
            "cost in",
            "chatd",
            "floor, hasty, alone, …",
            "ratio",
            "to reach",
            "rate /s",
            "p50 µs",
            "p99 µs",
            "p99.9 µs"
        );
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn results(&self) -> &[Outcomes] {
        &self.results
    }

    /// Keeps one run.
    pub(crate) fn sample(&mut self, row: &Row, subject: Subject, repetition: usize, sample: &Sample) -> Outcome<()> {
        let (name, unit) = (row.name(), row.unit().word());
        let [p50, p99, p999] = sample.latency;
        let more: String = sample.more.iter().map(|(name, value)| format!(r#","{name}":{value:.3}"#)).collect();
        writeln!(
            self.json,
            concat!(
                r#"{{"row":"{}","workload":"{}","connections":{},"server":"{}","repetition":{},"unit":"{}","#,
                r#""cost":{:.4},"rate":{:.0},"p50_us":{:.1},"p99_us":{:.1},"p999_us":{:.1},"#,
                r#""server_load":{:.3},"generator_load":{:.3}{}}}"#
            ),
            name,
            row.workload,
            row.connections,
            subject.name(),
            repetition,
            unit,
            sample.cost,
            sample.rate,
            p50,
            p99,
            p999,
            sample.server_load,
            sample.generator_load,
            more
        )?;
        Ok(())
    }

    /// Shows a row that is complete.
    pub(crate) fn row(&mut self, row: &Row, chatd: &[Sample], floor: &[Sample]) -> Outcome<()> {
        let ratios = chatd.iter().zip(floor).map(|(chatd, floor)| chatd.cost / floor.cost);
        let ratio = Figure::of(ratios);
        let outcome = Outcomes { row: row.clone(), chatd: Summary::of(chatd), floor: Summary::of(floor), ratio };
        if self.depth != Depth::Smoke {
            println!("{}", line(&outcome, chatd, floor));
        }
        writeln!(
            self.json,
            r#"{{"row":"{}","ratio":{:.4},"ratio_min":{:.4},"ratio_max":{:.4},"chatd":{:.4},"floor":{:.4}}}"#,
            row.name(),
            ratio.median,
            ratio.min,
            ratio.max,
            outcome.chatd.cost.median,
            outcome.floor.cost.median
        )?;
        self.results.push(outcome);
        Ok(())
    }

    /// Says where things are.
    pub(crate) fn finish(&self, plotted: &Path) {
        println!("scaling: {} rows; every message arrived once, whole and in order", self.results.len());
        if self.depth != Depth::Smoke {
            println!("runs: {}  plot: {}", self.folder.join("scaling.jsonl").display(), plotted.display());
        }
    }
}

/// A row of the table.
fn line(outcome: &Outcomes, chatd: &[Sample], floor: &[Sample]) -> String {
    let Outcomes { row, ratio, .. } = outcome;
    let [p50, p99, p999] = outcome.chatd.latency;
    format!(
        "{:<21} {:<9} {:>24} {:>24} {:>21} {:>9} {:>9.0} {:>8} {:>8} {:>8}{}",
        row.name(),
        row.unit().word(),
        shown(outcome.chatd.cost, row.unit()),
        shown(outcome.floor.cost, row.unit()),
        format!("{:.2} ({:.2} – {:.2})", ratio.median, ratio.min, ratio.max),
        reach(outcome),
        outcome.chatd.rate.median,
        short(p50),
        short(p99),
        short(p999),
        notes(row, chatd, floor)
    )
}

fn shown(figure: Figure, unit: Unit) -> String {
    let digits = match unit {
        Unit::Bytes | Unit::Latency => 0,
        Unit::Growth => 2,
        Unit::PerDelivery | Unit::PerClient | Unit::WallTime => 3,
    };
    format!("{:.*} ({:.*} – {:.*})", digits, figure.median, digits, figure.min, digits, figure.max)
}

fn short(micros: f64) -> String {
    if micros < 1e5 { format!("{micros:.0}") } else { format!("{:.0}k", micros / 1000.0) }
}

/// The goal, and whether it is met.
fn reach(outcome: &Outcomes) -> String {
    let (goal, is_met) = match outcome.row.reach {
        None => return String::new(),
        Some(Reach::Ratio(most)) => (format!("{most:.2}"), outcome.ratio.median <= most),
        Some(Reach::Delay(times, more)) => {
            let most = outcome.floor.cost.median * times + more;
            (format!("{most:.0}"), outcome.chatd.cost.median <= most)
        }
        Some(Reach::Cost(most)) => (format!("{most:.0}"), outcome.chatd.cost.median <= most),
    };
    format!("{goal} {}", if is_met { "met" } else { "not" })
}

fn notes(row: &Row, chatd: &[Sample], floor: &[Sample]) -> String {
    let (mut notes, [first, other]) = (String::new(), row.subjects().map(Subject::name));
    for (name, samples) in [(first, chatd), (other, floor)] {
        let bound = samples.iter().filter(|sample| sample.is_generator_bound()).count();
        if bound * 2 > samples.len() {
            notes.push_str(&format!("  the generator sets the pace with {name};"));
        }
    }
    for (which, (name, _)) in chatd.first().map(|first| first.more.as_slice()).unwrap_or_default().iter().enumerate() {
        let figure = |samples: &[Sample]| Figure::of(samples.iter().map(|sample| sample.more[which].1)).median;
        notes.push_str(&format!("  {name} {:.1} ({other} {:.1})", figure(chatd), figure(floor)));
    }
    notes
}
