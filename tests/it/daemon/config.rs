//! Limits on the command line: what is in force is shown, what cannot be is refused.

use std::collections::BTreeMap;

use chatd::limits::{Limits, RESERVED_FILES};

use crate::process::daemon::{DaemonBuilder, run_to_end};

fn print_config(args: &[&str]) -> BTreeMap<String, String> {
    let (status, out, error) = run_to_end(&[&["--print-config"], args].concat());
    assert!(status.success(), "{error}");
    let row = |line: &str| line.split_once(' ').map(|(name, value)| (name.to_owned(), value.to_owned()));
    // What the limits come to is no limit.
    let limits = out.lines().filter(|line| !line.starts_with('#'));
    limits.map(|line| row(line).expect("a name and a value")).collect()
}

#[test]
fn the_limits_in_force_are_shown_as_flags_are_given() {
    let shown = print_config(&[]);
    for (name, value) in Limits::DEFAULT.rows() {
        if name != "max-connections" {
            assert_eq!(shown.get(name), Some(&value), "{name}");
        }
    }
    let connections = shown.get("max-connections").and_then(|value| value.parse::<usize>().ok());
    assert!(connections.is_some_and(|count| count > 0), "as many as the system allows: {connections:?}");
    let (_, help, _) = run_to_end(&["--help"]);
    assert!(shown.keys().all(|name| help.contains(&format!("--{name} "))), "{help}");
}

#[test]
fn what_is_shown_can_be_given_back() {
    let given = [
        ("max-connections", "3"),
        ("max-per-address", "2"),
        ("rate-lines", "5/0.01"),
        ("rate-entries", "0"),
        ("output-soft", "8192"),
        ("entry-timeout", "2"),
        ("resume-grace", "0"),
        ("backlog", "7"),
    ];
    let flags: Vec<String> = given.iter().map(|(name, value)| format!("--{name}={value}")).collect();
    let args: Vec<&str> = flags.iter().flat_map(|flag| flag.split('=')).collect();
    let shown = print_config(&args);
    for (name, value) in given {
        assert_eq!(shown.get(name).map(String::as_str), Some(value), "{name}");
    }
    let all: Vec<String> = shown.iter().flat_map(|(name, value)| [format!("--{name}"), value.clone()]).collect();
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    assert_eq!(print_config(&all), shown);
}

#[test]
fn limits_that_contradict_each_other_are_refused_at_the_start() {
    for (args, message) in [
        (&["--output-soft", "4096"][..], "--output-soft must be more than a line"),
        (&["--output-soft", "200000"], "--output-hard must be more than --output-soft and the longest listing"),
        (&["--output-hard", "200000"], "--output-hard must be more than --output-soft and the longest listing"),
        (&["--max-memory-queued", "262143"], "--max-memory-queued must be at least --output-hard"),
        (&["--max-memory-backlogs", "4194303"], "--max-memory-backlogs must be at least 4194304"),
        (&["--entry-timeout", "1"], "--entry-timeout must be more than a second"),
        (&["--ping-after", "60"], "--dead-after must be more than --ping-after"),
        (&["--dead-after", "30"], "--dead-after must be more than --ping-after"),
        (&["--ping-after", "4"], "--ping-after must be at least 5 seconds"),
        (&["--output-soft", "18446744073709551615"], "--output-hard must be more than --output-soft"),
        (&["--max-connections", "18446744073709551615"], "18446744073709551615 connections need"),
    ] {
        for more in [&["--listen", "127.0.0.1:0"][..], &["--print-config"]] {
            let (status, out, error) = run_to_end(&[args, more].concat());
            assert_eq!(status.code(), Some(1), "{args:?}");
            assert_eq!(out, "", "{args:?}");
            assert!(error.starts_with(&format!("chatd: {message}")), "{args:?}: {error}");
        }
    }
}

#[test]
fn values_that_are_none_are_refused() {
    for args in [
        ["--max-connections", "0"],
        ["--max-connections", "-1"],
        ["--max-connections", "many"],
        ["--rate-lines", "0/1"],
        ["--rate-lines", "0/0"],
        ["--rate-lines", "5/0"],
        ["--rate-lines", "5/0.0001"],
        ["--rate-lines", "5/NaN"],
        ["--rate-lines", "fast"],
        ["--rate-lines", "5"],
        ["--rate-lines", "5/-1"],
        ["--rate-lines", "5/1e9"],
        ["--rate-requests", "/3"],
        ["--output-soft-time", "0"],
        ["--entry-timeout", "2.5"],
        ["--max-connections", "-1"],
        ["--backlog", "many"],
        ["--output-hard", "1e6"],
        ["--max-per-address", "-1"],
    ] {
        let (status, out, error) = run_to_end(&args);
        assert_eq!(status.code(), Some(1), "{args:?}");
        assert!(out.is_empty() && !error.is_empty(), "{args:?}: {out}");
    }
}

/// A daemon that may open so many files.
fn with_files(files: usize, args: &str) -> DaemonBuilder {
    let script = format!("ulimit -n {files}; exec \"$0\" --listen 127.0.0.1:0 {args}");
    DaemonBuilder::program("sh", &["-c", &script, env!("CARGO_BIN_EXE_chatd")])
}

#[test]
fn too_few_files_are_told_at_the_start() {
    for (files, args) in [(RESERVED_FILES, ""), (RESERVED_FILES + 10, "--max-connections 11")] {
        let Err(error) = with_files(files, args).try_start() else { panic!("{files} files are too few") };
        assert!(error.contains(&format!("the system allows {files}")), "{error}");
        assert!(error.contains("ulimit -n"), "it says what to do: {error}");
    }
    with_files(RESERVED_FILES + 10, "--max-connections 10").start().user("alice").expect_quiet();
}
