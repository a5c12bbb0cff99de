//! A bar on stderr, where that is a terminal.

use std::io::{IsTerminal, Write};

use crate::child::Subject;

const WIDTH: usize = 30;

pub(crate) struct Progress {
    done: usize,
    total: usize,
    is_shown: bool,
}

impl Progress {
    pub(crate) fn new(total: usize) -> Self {
        Self { done: 0, total, is_shown: std::io::stderr().is_terminal() }
    }

    /// Shows what is about to be run.
    pub(crate) fn show(&mut self, row: &str, subject: Subject) {
        if self.is_shown {
            let filled = WIDTH * self.done / self.total.max(1);
            let bar = "#".repeat(filled) + &".".repeat(WIDTH - filled);
            eprint!("\r\x1b[K[{bar}] {}/{} {row} {}", self.done, self.total, subject.name());
            let _ = std::io::stderr().flush();
        }
        self.done += 1;
    }

    /// Makes way for other output.
    pub(crate) fn clear(&self) {
        if self.is_shown {
            eprint!("\r\x1b[K");
        }
    }
}
