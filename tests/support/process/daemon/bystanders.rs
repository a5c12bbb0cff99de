//! Users who are not concerned: two who talk to each other in a room while something bad happens,
//! and what the daemon held before it.

use super::{Client, Daemon, Figures};

/// Two users in #by, and what the daemon held when they were settled.
pub(crate) struct Bystanders {
    one: Client,
    other: Client,
    said: usize,
    before: Figures,
}

impl Bystanders {
    pub(crate) fn new(daemon: &Daemon) -> Self {
        let (mut one, mut other) = (daemon.user("by_one"), daemon.user("by_other"));
        one.join("#by");
        other.join("#by");
        one.expect("* joined #by by_other");
        Self { one, other, said: 0, before: daemon.settled() }
    }

    /// They talk, and each hears what the other says, and nothing else, in order.
    #[track_caller]
    pub(crate) fn talk(&mut self) {
        for number in self.said..self.said + 5 {
            self.one.send(&format!("SAY #by {number}"));
            self.other.send(&format!("SAY #by {number} too"));
            for (listener, heard) in [(&mut self.one, "by_other {} too"), (&mut self.other, "by_one {}")] {
                let heard = heard.replace("{}", &number.to_string());
                let mut lines = [listener.line(), listener.line()];
                lines.sort_unstable_by_key(|line| line.starts_with('*'));
                let [taken, said] = lines;
                assert!(taken.starts_with("+OK taken "), "{taken}");
                assert!(said.ends_with(&format!(" #by {heard}")), "{said}, expected {heard}");
            }
        }
        self.said += 5;
    }

    /// They have lost nothing, and the daemon holds what it held before.
    #[track_caller]
    pub(crate) fn end(mut self, daemon: &Daemon) {
        self.talk();
        daemon.expect_figures(self.before);
        self.one.expect_quiet();
        self.other.expect_quiet();
    }
}
