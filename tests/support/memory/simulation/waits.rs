//! Clients that are made to wait, and are told so.

use super::shadow::Line;

impl Line {
    /// It is told that it has to wait: because it is too fast, or as a penalty; for
    /// more than a second, and not more often than each ten.
    pub(crate) fn note_wait(&mut self, found: &str, now: u64, has_rates: bool) {
        let seconds = found.strip_prefix("* waiting ").and_then(|seconds| seconds.parse::<u64>().ok());
        assert!(seconds.is_some_and(|seconds| seconds > 1), "{found:?}");
        assert!(
            (has_rates && self.read > 0) || self.is_penalised || self.is_mistrusted,
            "{found:?} without a reason: {self:?}"
        );
        assert!(self.wait_told.is_none_or(|told| told + 10_000 <= now), "{found:?} too soon: {self:?}");
        self.wait_told = Some(now);
    }
}
