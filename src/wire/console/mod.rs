//! The operator's dialect: what is typed at chatd's own terminal, and what is printed there.

mod print;

pub use print::{clear, fault, heading, help, kicked, reply, row, say, span};

use std::time::Duration;

use super::Fault;
use super::commands::{self, Place, Verb};
use super::words::Words;
use crate::chat::{Text, UserRef};

/// What the operator can order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order<'a> {
    /// Show who is here.
    List {
        /// Rows start behind this UID.
        after: u64,
    },
    /// Show which rooms there are.
    Rooms {
        /// Rows start behind this room.
        after: u64,
    },
    /// Send a message to everybody; the text is asked for when it is missing.
    Announce(Option<Text<'a>>),
    /// Remove a user.
    Kick {
        /// Whom.
        user: UserRef,
        /// What to tell that user.
        reason: Option<Text<'a>>,
    },
    /// Shut a user or an address out, and remove those it hits.
    Ban {
        /// A username, an address, or a network in CIDR notation.
        target: &'a str,
        /// For how long; for ever when it is missing.
        time: Option<Duration>,
        /// What to tell those who are shut out.
        reason: Option<Text<'a>>,
    },
    /// Let them in again.
    Unban(&'a str),
    /// Show who is shut out.
    Bans,
    /// Take a user's voice away.
    Mute {
        /// Whose; the user need not be here.
        user: UserRef,
        /// For how long; for ever when it is missing.
        time: Option<Duration>,
    },
    /// Give it back.
    Unmute(UserRef),
    /// Show how the server is doing.
    Stats {
        /// For a program: Prometheus text.
        for_programs: bool,
    },
    /// Choose what the log tells.
    Log(&'a str),
    /// Shut the server down.
    Quit,
    /// Clear the screen.
    Clear,
    /// Show help, on one command perhaps.
    Help(Option<&'a str>),
}

/// Reads one cleaned line; `Ok(None)` for an empty one.
///
/// # Errors
/// Says what is wrong with the line.
pub fn decode(line: &str) -> Result<Option<Order<'_>>, Fault> {
    let mut words = Words::new(line);
    let Some(word) = words.next() else { return Ok(None) };
    let word = word.strip_prefix('<').and_then(|word| word.strip_suffix('>')).unwrap_or(word);
    let spec = commands::find(word, Place::Console).ok_or(Fault::UnknownCommand)?;
    decode_arguments(spec.verb, words).map(Some)
}

fn decode_arguments(verb: Verb, mut words: Words<'_>) -> Result<Order<'_>, Fault> {
    let order = match verb {
        Verb::List => Order::List { after: after(&mut words, verb)? },
        Verb::Rooms => Order::Rooms { after: after(&mut words, verb)? },
        Verb::Announce => return optional_text(words).map(Order::Announce),
        Verb::Kick => {
            let user = UserRef::new(words.next().ok_or(Fault::Usage(verb))?)?;
            return Ok(Order::Kick { user, reason: optional_text(words)? });
        }
        Verb::Ban => return ban(words),
        Verb::Unban => Order::Unban(words.next().ok_or(Fault::Usage(verb))?),
        Verb::Bans => Order::Bans,
        Verb::Mute => {
            let user = UserRef::new(words.next().ok_or(Fault::Usage(verb))?)?;
            let time = words.next().map(|word| time(word).ok_or(Fault::Usage(verb))).transpose()?;
            Order::Mute { user, time }
        }
        Verb::Unmute => Order::Unmute(UserRef::new(words.next().ok_or(Fault::Usage(verb))?)?),
        Verb::Stats => match words.next() {
            None => Order::Stats { for_programs: false },
            Some("prometheus") => Order::Stats { for_programs: true },
            Some(_) => return Err(Fault::Usage(verb)),
        },
        Verb::Log => Order::Log(words.next().ok_or(Fault::Usage(verb))?),
        Verb::Quit => Order::Quit,
        Verb::Clear => Order::Clear,
        Verb::Help => Order::Help(words.next()),
        _ => return Err(Fault::UnknownCommand),
    };
    if words.is_empty() { Ok(order) } else { Err(Fault::Usage(verb)) }
}

fn after(words: &mut Words<'_>, verb: Verb) -> Result<u64, Fault> {
    words.next().map_or(Ok(0), |word| word.parse().map_err(|_| Fault::Usage(verb)))
}

fn optional_text(words: Words<'_>) -> Result<Option<Text<'_>>, Fault> {
    if words.is_empty() { Ok(None) } else { Ok(Some(Text::new(words.rest())?)) }
}

fn ban(mut words: Words<'_>) -> Result<Order<'_>, Fault> {
    let target = words.next().ok_or(Fault::Usage(Verb::Ban))?;
    let mut behind = words;
    let time = behind.next().and_then(time);
    let reason = optional_text(if time.is_some() { behind } else { words })?;
    Ok(Order::Ban { target, time, reason })
}

/// Reads a time as operators write it: `90s`, `10m`, `2h`, `7d`.
fn time(word: &str) -> Option<Duration> {
    let (number, unit) = word.split_at_checked(word.len().checked_sub(1)?)?;
    let seconds = match unit {
        "s" => 1,
        "m" => 60,
        "h" => 3_600,
        "d" => 86_400,
        _ => return None,
    };
    let number: u64 = number.bytes().all(|byte| byte.is_ascii_digit()).then(|| number.parse().ok())??;
    number.checked_mul(seconds).filter(|seconds| *seconds <= 3_650 * 86_400).map(Duration::from_secs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orders_are_read_as_operators_type_them() {
        assert_eq!(decode("LIST"), Ok(Some(Order::List { after: 0 })));
        assert_eq!(decode("<list>"), Ok(Some(Order::List { after: 0 })));
        assert_eq!(decode("announce"), Ok(Some(Order::Announce(None))));
        assert_eq!(decode("announce lunch now"), Ok(Some(Order::Announce(Some(Text::new("lunch now").unwrap())))));
        let user = UserRef::new("bob").unwrap();
        let reason = Some(Text::new("too loud").unwrap());
        assert_eq!(decode("kick bob too loud"), Ok(Some(Order::Kick { user, reason })));
        assert_eq!(decode("kick"), Err(Fault::Usage(Verb::Kick)));
        assert_eq!(decode("quit now"), Err(Fault::Usage(Verb::Quit)));
        assert_eq!(decode("join #x"), Err(Fault::UnknownCommand));
        assert_eq!(decode(""), Ok(None));
    }

    #[test]
    fn a_ban_takes_a_time_and_a_reason_or_neither() {
        let reason = Some(Text::new("too loud").unwrap());
        let hour = Some(Duration::from_secs(3_600));
        let ban = |target, time, reason| Ok(Some(Order::Ban { target, time, reason }));
        assert_eq!(decode("ban bob"), ban("bob", None, None));
        assert_eq!(decode("ban bob 1h"), ban("bob", hour, None));
        assert_eq!(decode("ban 10.0.0.0/8 1h too loud"), ban("10.0.0.0/8", hour, reason));
        assert_eq!(decode("ban bob too loud"), ban("bob", None, reason));
        assert_eq!(decode("ban"), Err(Fault::Usage(Verb::Ban)));
        assert_eq!(decode("mute bob soon"), Err(Fault::Usage(Verb::Mute)));
        for wrong in ["", "s", "1", "1w", "-1s", "99999999999999999999s", "1é"] {
            assert_eq!(time(wrong), None, "{wrong}");
        }
    }
}
