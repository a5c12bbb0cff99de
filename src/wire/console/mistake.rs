//! What can be wrong with an order.

use std::fmt;

use super::target::TargetError;
use super::time::TimeError;
use crate::chat::{NameError, Refusal};
use crate::wire::Fault;

/// Why an order was not followed; nothing was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mistake {
    /// What can be wrong with anybody's line.
    Fault(Fault),
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
            Self::Fault(fault) => write!(f, "{fault}"),
            Self::Time(error) => write!(f, "{error}"),
            Self::Target(error) => write!(f, "{error}"),
            Self::KickForATime => {
                f.write_str("kick ends a connection and takes no time, as ban and mute do; a reason begins with a word")
            }
            Self::SecondTime => f.write_str("a time is one word, as in 1h30m, and a reason begins with a word"),
        }
    }
}

macro_rules! from {
    ($($variant:ident($type:ty)),*) => {$(
        impl From<$type> for Mistake {
            fn from(what: $type) -> Self {
                Self::$variant(what.into())
            }
        }
    )*};
}

from!(Fault(Fault), Fault(Refusal), Fault(NameError), Time(TimeError), Target(TargetError));
