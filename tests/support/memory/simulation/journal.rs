//! What the daemon's log tells the judge.

/// The addresses of connections that were closed, and why, from the log.
pub(crate) fn disconnects(journal: &str) -> Vec<(&str, &str)> {
    let lines = journal.lines().filter(|line| line.split(' ').nth(1) == Some("disconnect"));
    lines
        .map(|line| {
            let word = |name: &str| line.split(' ').find_map(|word| word.strip_prefix(name)).expect("the log says it");
            (word("from="), word("reason="))
        })
        .collect()
}
