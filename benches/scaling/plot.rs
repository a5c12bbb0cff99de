//! Cost and latency against connections, as an SVG.

use std::fmt::Write;
use std::path::{Path, PathBuf};

use crate::Outcome;
use crate::plan::Unit;
use crate::report::Outcomes;

const WIDTH: f64 = 460.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 70.0;
const TOP: f64 = 50.0;
const PANEL: f64 = WIDTH + 110.0;
const COLORS: [&str; 8] = ["#4269d0", "#efb118", "#ff725c", "#6cc5b0", "#3ca951", "#ff8ab7", "#a463f2", "#97bbf5"];

/// A line of one panel.
struct Line {
    name: String,
    color: &'static str,
    is_dashed: bool,
    points: Vec<(f64, f64)>,
}

/// Draws every workload that was measured at two sizes or more. Says where.
pub(crate) fn write(results: &[Outcomes], folder: &Path) -> Outcome<PathBuf> {
    let mut workloads: Vec<&str> = results.iter().map(|outcome| outcome.row.workload.as_str()).collect();
    workloads.dedup();
    let (mut costs, mut latencies) = (Vec::new(), Vec::new());
    for (workload, color) in workloads.into_iter().zip(COLORS.iter().cycle()) {
        let rows = || results.iter().filter(|outcome| outcome.row.workload == workload);
        let is_cost = rows().all(|outcome| matches!(outcome.row.unit(), Unit::PerDelivery | Unit::PerClient));
        if rows().count() < 2 {
            continue;
        }
        let line = |name: String, is_dashed: bool, y: &dyn Fn(&Outcomes) -> f64| {
            let points = rows().map(|outcome| (outcome.row.connections as f64, y(outcome))).collect();
            Line { name, color, is_dashed, points }
        };
        if is_cost {
            costs.push(line(workload.to_owned(), false, &|outcome| outcome.chatd.cost.median));
            costs.push(line(String::new(), true, &|outcome| outcome.floor.cost.median));
        }
        latencies.push(line(workload.to_owned(), false, &|outcome| outcome.chatd.latency[0]));
        latencies.push(line(String::new(), true, &|outcome| outcome.chatd.latency[1]));
    }
    let mut svg = String::new();
    let (width, height) = (LEFT + PANEL * 2.0 + 90.0, TOP + HEIGHT + 60.0);
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" \
         font-family=\"sans-serif\" font-size=\"12\"><rect width=\"100%\" height=\"100%\" fill=\"white\"/>"
    );
    panel(&mut svg, LEFT, "CPU µs per message or client: chatd —, floor - -", &costs);
    panel(&mut svg, LEFT + PANEL + 80.0, "latency with chatd, µs: p50 —, p99 - -", &latencies);
    svg.push_str("</svg>\n");
    let path = folder.join("scaling.svg");
    std::fs::write(&path, svg)?;
    Ok(path)
}

/// A logarithmic axis in whole decades around the values.
struct Axis {
    low: f64,
    high: f64,
    start: f64,
    length: f64,
}

impl Axis {
    fn around(values: impl Iterator<Item = f64>, start: f64, length: f64) -> Self {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.filter(|value| *value > 0.0) {
            low = low.min(value.log10().floor());
            high = high.max(value.log10().ceil());
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        Self { low, high: high.max(low + 1.0), start, length }
    }

    fn at(&self, value: f64) -> f64 {
        let share = (value.max(1e-9).log10() - self.low) / (self.high - self.low);
        self.start + self.length * share.clamp(0.0, 1.0)
    }

    fn decades(&self) -> impl Iterator<Item = f64> {
        (self.low as i32..=self.high as i32).map(|power| 10_f64.powi(power))
    }
}

fn panel(svg: &mut String, left: f64, title: &str, lines: &[Line]) {
    let points = || lines.iter().flat_map(|line| line.points.iter().copied());
    let across = Axis::around(points().map(|(x, _)| x), left, WIDTH);
    let up = Axis::around(points().map(|(_, y)| y), TOP + HEIGHT, -HEIGHT);
    let _ = writeln!(svg, "<text x=\"{left}\" y=\"{}\" font-weight=\"bold\">{title}</text>", TOP - 20.0);
    for decade in across.decades() {
        let (x, bottom) = (across.at(decade), TOP + HEIGHT);
        let _ = writeln!(svg, "<path d=\"M{x:.1} {TOP}V{bottom}\" stroke=\"#ddd\"/>");
        let _ = writeln!(svg, "<text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\">{decade}</text>", bottom + 18.0);
    }
    for decade in up.decades() {
        let y = up.at(decade);
        let _ = writeln!(svg, "<path d=\"M{left} {y:.1}H{}\" stroke=\"#ddd\"/>", left + WIDTH);
        let label = left - 6.0;
        let _ = writeln!(svg, "<text x=\"{label}\" y=\"{:.1}\" text-anchor=\"end\">{decade}</text>", y + 4.0);
    }
    let middle = left + WIDTH / 2.0;
    let _ =
        writeln!(svg, "<text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">connections</text>", TOP + HEIGHT + 40.0);
    let mut labels: Vec<(f64, &Line)> = Vec::new();
    for line in lines {
        let dashes = if line.is_dashed { " stroke-dasharray=\"5 4\"" } else { "" };
        let mut path = String::new();
        for (index, (x, y)) in line.points.iter().enumerate() {
            let verb = if index == 0 { 'M' } else { 'L' };
            let _ = write!(path, "{verb}{:.1} {:.1}", across.at(*x), up.at(*y));
        }
        let _ =
            writeln!(svg, "<path d=\"{path}\" fill=\"none\" stroke=\"{}\" stroke-width=\"2\"{dashes}/>", line.color);
        if let Some((_, y)) = line.points.last().filter(|_| !line.name.is_empty()) {
            labels.push((up.at(*y), line));
        }
    }
    // Names stand at the right, each below the one before.
    labels.sort_by(|(one, _), (two, _)| one.total_cmp(two));
    let mut free = TOP;
    for (y, line) in labels {
        let y = y.max(free);
        free = y + 14.0;
        let x = left + WIDTH + 6.0;
        let _ = writeln!(svg, "<text x=\"{x}\" y=\"{:.1}\" fill=\"{}\">{}</text>", y + 4.0, line.color, line.name);
    }
}
