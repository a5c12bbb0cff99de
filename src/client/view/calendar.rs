//! The reader's calendar: moments as they are told there.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

use crate::chat::UnixMillis;

/// A time zone, and what time it is.
#[derive(Clone, Debug)]
pub(super) struct Calendar {
    zone: TimeZone,
    now: fn() -> UnixMillis,
}

impl Calendar {
    pub(super) fn new(zone: TimeZone, now: fn() -> UnixMillis) -> Self {
        Self { zone, now }
    }

    /// A moment as hour and minute, with its date unless that is today.
    pub(super) fn tell(&self, at: UnixMillis) -> String {
        let moment = self.local(at);
        let form = if moment.date() == self.today() { "%H:%M" } else { "%Y-%m-%d %H:%M" };
        moment.strftime(form).to_string()
    }

    /// Which day it is, if that is another than `last`.
    pub(super) fn new_day(&self, last: &mut Option<Date>) -> Option<String> {
        let now = self.local((self.now)());
        let before = last.replace(now.date());
        (before.is_some_and(|day| day != now.date())).then(|| now.strftime("%A, %Y-%m-%d").to_string())
    }

    fn today(&self) -> Date {
        self.local((self.now)()).date()
    }

    fn local(&self, at: UnixMillis) -> Zoned {
        let millis = i64::try_from(at.0).unwrap_or(i64::MAX);
        Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MAX).to_zoned(self.zone.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-20, 07:16:59 in UTC.
    const MORNING: UnixMillis = UnixMillis(1_795_159_019_123);
    const DAY: u64 = 86_400_000;

    #[test]
    fn a_moment_of_another_day_has_its_date() {
        let utc = Calendar::new(TimeZone::UTC, || MORNING);
        assert_eq!(utc.tell(MORNING), "07:16");
        assert_eq!(utc.tell(UnixMillis(MORNING.0 - 7 * 3_600_000)), "00:16");
        assert_eq!(utc.tell(UnixMillis(MORNING.0 - 8 * 3_600_000)), "2026-11-19 23:16");
        assert_eq!(utc.tell(UnixMillis(MORNING.0 - 5 * DAY)), "2026-11-15 07:16");
        assert_eq!(utc.tell(UnixMillis(MORNING.0 - 365 * DAY)), "2025-11-20 07:16");
        assert_eq!(utc.tell(UnixMillis(MORNING.0 + DAY)), "2026-11-21 07:16", "the server's clock is wrong");
        assert_eq!(utc.tell(UnixMillis(u64::MAX)), "9999-12-30 22:00");
    }

    #[test]
    fn a_day_is_the_readers() {
        let east = Calendar::new(TimeZone::fixed(jiff::tz::offset(10)), || MORNING);
        assert_eq!(east.tell(UnixMillis(MORNING.0 - 17 * 3_600_000)), "00:16");
        assert_eq!(east.tell(UnixMillis(MORNING.0 - 18 * 3_600_000)), "2026-11-19 23:16");
    }

    #[test]
    fn a_new_day_is_told_once() {
        let mut last = None;
        assert_eq!(Calendar::new(TimeZone::UTC, || MORNING).new_day(&mut last), None);
        let tomorrow = Calendar::new(TimeZone::UTC, || UnixMillis(MORNING.0 + DAY));
        assert_eq!(tomorrow.new_day(&mut last).as_deref(), Some("Saturday, 2026-11-21"));
        assert_eq!(tomorrow.new_day(&mut last), None);
    }
}
