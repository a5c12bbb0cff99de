//! What comes behind the answer to `RESUME`, until all of it has come. Outlives a connection that is
//! lost meanwhile: what has arrived need not come again.

use crate::limits::MISSED_BYTES;

/// See the file's text.
#[derive(Debug, Default)]
pub(super) struct Missed {
    /// The lines so far.
    pub(super) lines: Vec<String>,
    /// What they take, in bytes.
    size: usize,
    /// How many before them the server had to forget.
    pub(super) lost: u64,
    /// How many answers are among all these.
    pub(super) answers: usize,
    /// The answer that ends them.
    pub(super) end: String,
}

impl Missed {
    /// One more line has come; says whether there may be another.
    pub(super) fn add(&mut self, line: &str) -> bool {
        self.size += line.len() + size_of::<String>();
        self.lines.push(line.to_owned());
        self.size < MISSED_BYTES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_missed_has_a_bound() {
        let mut missed = Missed::default();
        let mut lines = 0;
        while missed.add("") {
            lines += 1;
        }
        assert_eq!(lines + 1, MISSED_BYTES.div_ceil(size_of::<String>()));
    }
}
