//! Who is let in, how often one may do something, and who is shut out.

mod addresses;
mod admission;
mod bans;
mod password;
mod tally;
mod throttle;

pub use bans::BadBans;
pub use password::Password;

pub(super) use addresses::Addresses;
pub(super) use admission::{Strangers, origin_of};
pub(super) use bans::{Ban, Bans, Term};
pub(super) use throttle::{Debts, Pace, Throttle};
