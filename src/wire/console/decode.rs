//! Lines that an operator types → commands.

use super::read_time;
use super::time::begins_like_a_time;
use crate::chat::{Text, UserRef};
use crate::wire::asked::{AnyCommand, Asked, Decoded, Kind, Order};
use crate::wire::commands::{self, Place, Verb};
use crate::wire::words::{Words, number};
use crate::wire::{Fault, Mistake, Target};

/// Reads one cleaned line.
pub(in crate::wire) fn decode(line: &str) -> Decoded<'_> {
    let (asked, words) = split(line);
    let command = match asked.verb {
        None if Words::new(asked.line).is_empty() => Ok(AnyCommand::Nothing),
        None => Err(Fault::UnknownCommand),
        Some(verb) => decode_arguments(verb, words),
    };
    Decoded { asked, command }
}

/// What a line asks, by its first word.
pub(in crate::wire) fn asked(line: &str) -> Asked<'_> {
    split(line).0
}

/// What a line asks, and the words behind the first.
fn split(line: &str) -> (Asked<'_>, Words<'_>) {
    // Orders from a file that an editor of another system has written.
    let line = line.strip_prefix('\u{feff}').unwrap_or(line);
    let mut words = Words::new(line);
    let word = words.next().unwrap_or_default();
    let word = word.strip_prefix('<').and_then(|word| word.strip_suffix('>')).unwrap_or(word);
    let verb = commands::find(word, Place::Console).map(|spec| spec.verb);
    (Asked { verb, kind: Kind::Usual, line }, words)
}

fn decode_arguments(verb: Verb, words: Words<'_>) -> Result<AnyCommand<'_>, Fault> {
    let mut words = words;
    let command = match verb {
        Verb::Quit => AnyCommand::Quit,
        Verb::Help => AnyCommand::Help(words.next()),
        _ => return order(verb, words).map(AnyCommand::Order),
    };
    if words.is_empty() { Ok(command) } else { Err(Fault::Usage(verb)) }
}

fn order(verb: Verb, mut words: Words<'_>) -> Result<Order<'_>, Fault> {
    let usage = || Fault::Usage(verb);
    let order = match verb {
        Verb::List => Order::List { after: after(&mut words, verb)? },
        Verb::Rooms => Order::Rooms { after: after(&mut words, verb)? },
        Verb::Announce => return optional_text(words).map(Order::Announce),
        Verb::Kick => {
            let user = UserRef::new(words.next().ok_or_else(usage)?)?;
            return Ok(Order::Kick { user, reason: reason(words, Mistake::KickForATime)? });
        }
        Verb::Ban => return ban(words),
        Verb::Unban => Order::Unban(Target::new(words.next().ok_or_else(usage)?)?),
        Verb::Bans => Order::Bans,
        Verb::Mute => {
            let user = UserRef::new(words.next().ok_or_else(usage)?)?;
            Order::Mute { user, time: words.next().map(read_time).transpose()? }
        }
        Verb::Unmute => Order::Unmute(UserRef::new(words.next().ok_or_else(usage)?)?),
        Verb::Mutes => Order::Mutes,
        Verb::Stats => match words.next() {
            None => Order::Stats { for_programs: false },
            Some(word) if word.eq_ignore_ascii_case("prometheus") => Order::Stats { for_programs: true },
            Some(_) => return Err(usage()),
        },
        Verb::Log => Order::Log(words.next().ok_or_else(usage)?),
        Verb::Shutdown => Order::Shutdown,
        Verb::Clear => Order::Clear,
        _ => return Err(Fault::UnknownCommand),
    };
    if words.is_empty() { Ok(order) } else { Err(usage()) }
}

fn after(words: &mut Words<'_>, verb: Verb) -> Result<u64, Fault> {
    words.next().map_or(Ok(0), |word| number(word).ok_or(Fault::Usage(verb)))
}

fn optional_text(words: Words<'_>) -> Result<Option<Text<'_>>, Fault> {
    if words.is_empty() { Ok(None) } else { Ok(Some(Text::new(words.rest())?)) }
}

/// A reason begins with a word: what begins like a number was meant for a time, perhaps.
fn reason(words: Words<'_>, otherwise: Mistake) -> Result<Option<Text<'_>>, Fault> {
    let text = optional_text(words)?;
    if text.is_some_and(|text| begins_like_a_time(text.as_str())) { Err(otherwise.into()) } else { Ok(text) }
}

/// What begins like a number is a time, or a mistake.
fn ban(mut words: Words<'_>) -> Result<Order<'_>, Fault> {
    let target = Target::new(words.next().ok_or(Fault::Usage(Verb::Ban))?)?.check()?;
    let mut behind = words;
    let time = behind.next().filter(|word| begins_like_a_time(word)).map(read_time).transpose()?;
    let words = if time.is_some() { behind } else { words };
    let reason = reason(words, Mistake::SecondTime)?;
    Ok(Order::Ban { target, time, reason })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::console::TimeError;
    use std::time::Duration;

    /// The order a line is; `None` for an empty one.
    fn decode(line: &str) -> Result<Option<Order<'_>>, Fault> {
        match super::decode(line).command? {
            AnyCommand::Order(order) => Ok(Some(order)),
            AnyCommand::Nothing => Ok(None),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn orders_are_read_as_operators_type_them() {
        assert_eq!(decode("LIST"), Ok(Some(Order::List { after: 0 })));
        assert_eq!(decode("\u{feff}list"), decode("list"), "the first line of some editors' files");
        assert_eq!(decode("<list>"), Ok(Some(Order::List { after: 0 })));
        assert_eq!(decode("announce"), Ok(Some(Order::Announce(None))));
        assert_eq!(decode("announce lunch now"), Ok(Some(Order::Announce(Some(Text::new("lunch now").unwrap())))));
        let user = UserRef::new("bob").unwrap();
        let reason = Some(Text::new("too loud").unwrap());
        assert_eq!(decode("kick bob too loud"), Ok(Some(Order::Kick { user, reason })));
        assert_eq!(decode("kick bob 10m"), Err(Mistake::KickForATime.into()));
        assert_eq!(decode("kick bob 1h too loud"), Err(Mistake::KickForATime.into()));
        for line in ["kick bob 3 times too loud", "kick bob 30", "kick bob (5 min)", "kick bob -- 1h"] {
            assert_eq!(decode(line), Err(Mistake::KickForATime.into()), "{line}");
        }
        assert_eq!(decode("kick"), Err(Fault::Usage(Verb::Kick)));
        assert_eq!(decode("quit now"), Err(Fault::Usage(Verb::Quit)));
        assert_eq!(decode("join #x"), Err(Fault::UnknownCommand));
        assert_eq!(decode(""), Ok(None));
    }

    #[test]
    fn a_ban_takes_a_time_and_a_reason_or_neither() {
        let reason = Some(Text::new("too loud").unwrap());
        let hour = Some(Duration::from_secs(3_600));
        let ban = |target, time, reason| {
            let target = Target::new(target).unwrap();
            Ok(Some(Order::Ban { target, time, reason }))
        };
        assert_eq!(decode("ban bob"), ban("bob", None, None));
        assert_eq!(decode("ban bob 1h"), ban("bob", hour, None));
        assert_eq!(decode("ban bob 1H"), ban("bob", hour, None));
        assert_eq!(decode("ban bob 60m"), ban("bob", hour, None));
        assert_eq!(decode("ban 10.0.0.0/8 1h too loud"), ban("10.0.0.0/8", hour, reason));
        assert_eq!(decode("ban bob too loud"), ban("bob", None, reason));
        assert_eq!(decode("ban bob  \t too loud"), ban("bob", None, Some(Text::new(" \t too loud").unwrap())));
        assert_eq!(decode("ban"), Err(Fault::Usage(Verb::Ban)));
    }

    #[test]
    fn a_number_that_is_no_time_is_never_a_reason() {
        for time in ["30", "1y", "3 strikes", "1h30", "-1h", "+1h", "1.5h", "30 too loud", "٣h", "½h"] {
            for line in [format!("ban bob {time}"), format!("ban 10.0.0.1 {time} x"), format!("mute bob {time}")] {
                assert_eq!(decode(&line), Err(TimeError::Malformed.into()), "{line}");
            }
        }
        assert_eq!(decode("ban bob 99999d"), Err(TimeError::TooLong.into()));
        assert_eq!(decode("mute bob 99999d"), Err(TimeError::TooLong.into()));
        assert_eq!(decode("ban bob 0s"), Err(TimeError::Zero.into()));
        for behind in ["1h 30m", "1h 30", "1h (30m)", "1h 3 strikes", "1h - 1h", "1h \u{2003}30m"] {
            assert_eq!(decode(&format!("ban bob {behind}")), Err(Mistake::SecondTime.into()), "{behind}");
        }
        for time in ["(1h)", "\"1h\"", "'1h'", "~1h", "<1h>", "#1", "-- 1h", "(1 hour)", "= 30"] {
            assert!(decode(&format!("ban bob {time}")).is_err(), "{time}");
        }
        assert_eq!(decode("mute bob soon"), Err(TimeError::Malformed.into()));
        assert_eq!(decode("mute bob 1h spam"), Err(Fault::Usage(Verb::Mute)));
    }

    #[test]
    fn a_listing_goes_on_behind_a_number() {
        assert_eq!(decode("list 007"), Ok(Some(Order::List { after: 7 })));
        for wrong in ["list +1", "list -1", "list bob", "list 1 2", "list 18446744073709551616"] {
            assert_eq!(decode(wrong), Err(Fault::Usage(Verb::List)), "{wrong}");
        }
        assert_eq!(decode("rooms #dev"), Err(Fault::Usage(Verb::Rooms)));
    }
}
