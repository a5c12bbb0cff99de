//! What can be wrong with an order alone.

use std::fmt;

use super::Fault;
use super::console::TimeError;
use super::target::TargetError;

/// Why an order was not followed; nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// What should be a time is none.
    Time(TimeError),
    /// What should be a target is none.
    Target(TargetError),
    /// A time where there can be none: it would be taken for a reason.
    KickForATime,
    /// A second time, or what looks like one, where a reason stands.
    SecondTime,
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Time(error) => write!(f, "{error}"),
            Self::Target(error) => write!(f, "{error}"),
            Self::KickForATime => {
                f.write_str("kick ends a connection and takes no time, as ban and mute do; a reason begins with a word")
            }
            Self::SecondTime => f.write_str("a time is one word, as in 1h30m, and a reason begins with a word"),
        }
    }
}

impl From<Mistake> for Fault {
    fn from(mistake: Mistake) -> Self {
        Self::Order(mistake)
    }
}

impl From<TimeError> for Fault {
    fn from(error: TimeError) -> Self {
        Self::Order(Mistake::Time(error))
    }
}

impl From<TargetError> for Fault {
    fn from(error: TargetError) -> Self {
        Self::Order(Mistake::Target(error))
    }
}
