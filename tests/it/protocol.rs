//! docs/PROTOCOL.md against the code: every transcript in it is run against the real daemon, and
//! its lists of commands, reasons and codes are compared with the code's own.

use crate::process::daemon::Daemon;
use chatd::chat::{CloseReason, Refusal};
use chatd::wire::Fault;
use chatd::wire::commands::{Place, commands_in};

const PROTOCOL: &str = include_str!("../../docs/PROTOCOL.md");

/// A transcript: the number of the line it starts at, and its numbered lines.
struct Block<'a> {
    start: usize,
    lines: Vec<(usize, &'a str)>,
}

fn blocks() -> Vec<Block<'static>> {
    let mut blocks = Vec::new();
    let mut current: Option<Block<'_>> = None;
    for (number, line) in PROTOCOL.lines().enumerate().map(|(number, line)| (number + 1, line)) {
        match &mut current {
            None if line == "```transcript" => current = Some(Block { start: number, lines: Vec::new() }),
            None => {}
            Some(_) if line == "```" => blocks.extend(current.take()),
            Some(block) => block.lines.push((number, line)),
        }
    }
    assert!(current.is_none(), "every transcript ends");
    blocks
}

fn run(block: &Block<'_>) -> Result<(), String> {
    let daemon = Daemon::start(&["--rate-announcements", "3/10"]);
    let mut script = daemon.script();
    for (number, line) in &block.lines {
        script.step(line).map_err(|failure| format!("line {number}: {line}\n{failure}"))?;
    }
    script.finish()
}

#[test]
fn the_transcripts_are_what_the_daemon_does() {
    let blocks = blocks();
    assert!(blocks.len() >= 5, "only {} transcripts were found", blocks.len());
    let failures: Vec<String> = blocks
        .iter()
        .filter_map(|block| {
            let failure = run(block).err()?;
            Some(format!("docs/PROTOCOL.md, transcript at line {}, {failure}\n", block.start))
        })
        .collect();
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

/// The rows of the table behind a marker comment.
fn listed(marker: &str) -> Vec<&'static str> {
    let start = format!("<!-- {marker}:");
    let rows: Vec<_> = PROTOCOL
        .lines()
        .skip_while(|line| !line.starts_with(&start))
        .take_while(|line| *line != "<!-- end -->")
        .filter(|line| line.starts_with("| `"))
        .collect();
    assert!(!rows.is_empty(), "docs/PROTOCOL.md has no list of {marker}");
    rows
}

/// The code in the first column of a row.
fn first_code(row: &'static str) -> &'static str {
    row.trim_start_matches("| `").split('`').next().unwrap_or_default()
}

/// Compares two lists that are to be equal, in order, and says what to change.
fn compare(what: &str, documented: &[String], actual: &[String]) {
    let missing: Vec<_> = actual.iter().filter(|line| !documented.contains(line)).collect();
    let surplus: Vec<_> = documented.iter().filter(|line| !actual.contains(line)).collect();
    assert!(
        missing.is_empty() && surplus.is_empty(),
        "docs/PROTOCOL.md, {what}\nto add:\n{missing:#?}\nto take out:\n{surplus:#?}"
    );
    assert_eq!(documented, actual, "docs/PROTOCOL.md, {what}: the order is the code's");
}

#[test]
fn the_list_of_commands_is_the_table() {
    let documented: Vec<String> = listed("commands").into_iter().map(str::to_owned).collect();
    let row = |usage: String, summary| format!("| `{}` | {summary} |", usage.replace('|', "\\|"));
    let actual: Vec<String> = commands_in(Place::Wire).map(|spec| row(spec.usage(), spec.summary)).collect();
    compare("commands", &documented, &actual);
}

#[test]
fn the_list_of_reasons_is_complete() {
    let documented: Vec<String> = listed("reasons").into_iter().map(|row| first_code(row).to_owned()).collect();
    let actual: Vec<String> = CloseReason::ALL.into_iter().map(|reason| reason.word().to_owned()).collect();
    compare("reasons", &documented, &actual);
}

#[test]
fn the_list_of_error_codes_is_complete() {
    let documented: Vec<String> = listed("codes").into_iter().map(|row| first_code(row).to_owned()).collect();
    let actual: Vec<String> = Fault::CODES.iter().chain(&Refusal::CODES).map(|code| (*code).to_owned()).collect();
    compare("codes", &documented, &actual);
}
