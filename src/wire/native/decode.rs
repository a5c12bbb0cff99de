//! Lines from a native client → commands.

use crate::chat::{Command, Mention, Name, RoomName, Text, Uid, UserRef};
use crate::limits::AWAY_BYTES;
use crate::wire::Fault;
use crate::wire::asked::{AnyCommand, Asked, Decoded, Kind};
use crate::wire::commands::{self, Place, Verb};
use crate::wire::words::{Words, number};

/// Reads one cleaned line.
#[inline(always)]
pub(in crate::wire) fn decode(line: &str) -> Decoded<'_> {
    match known(line) {
        Some((asked, words)) => Decoded { asked, command: say(Arguments { verb: Verb::Say, words }) },
        None => decode_any(line),
    }
}

#[inline(never)]
fn decode_any(line: &str) -> Decoded<'_> {
    // So does every client whose place is kept.
    if let Some(seen) = line.strip_prefix("@ ").and_then(number) {
        return Decoded { asked: Asked { verb: None, kind: Kind::Usual, line }, command: Ok(AnyCommand::Seen(seen)) };
    }
    let (asked, word, words) = split(line);
    let command = match asked.verb {
        Some(verb) => decode_arguments(Arguments { verb, words }),
        None if word.is_empty() => Ok(AnyCommand::Nothing),
        None if word.starts_with('@') => Ok(seen(word, words).unwrap_or(AnyCommand::Nothing)),
        None => Err(Fault::UnknownCommand),
    };
    Decoded { asked, command }
}

/// What a line asks, by its first words, without reading the rest.
#[inline]
pub(in crate::wire) fn asked(line: &str) -> Asked<'_> {
    known(line).map_or_else(|| split(line).0, |(asked, _)| asked)
}

/// What comes most by far, as chatc writes it, need not be looked up.
#[inline]
fn known(line: &str) -> Option<(Asked<'_>, Words<'_>)> {
    let rest = line.strip_prefix("SAY ")?;
    Some((Asked { verb: Some(Verb::Say), kind: Kind::Usual, line }, Words::new(rest)))
}

/// What a line asks, its first word, and the words behind that.
fn split(line: &str) -> (Asked<'_>, &str, Words<'_>) {
    let mut words = Words::new(line);
    let word = words.next().unwrap_or_default();
    let verb = commands::find(word, Place::Wire).map(|spec| spec.verb);
    let kind = verb.map_or(Kind::Usual, |verb| kind(verb, words));
    (Asked { verb, kind, line }, word, words)
}

fn kind<'a>(verb: Verb, mut words: Words<'a>) -> Kind<'a> {
    match verb {
        Verb::Join if words.next().is_some_and(|target| !target.starts_with('#')) => Kind::Request,
        Verb::Resume => Kind::Return({
            words.next();
            words.next().unwrap_or_default()
        }),
        verb => verb.kind(),
    }
}

fn decode_arguments(mut arguments: Arguments<'_>) -> Result<AnyCommand<'_>, Fault> {
    let command = match arguments.verb {
        Verb::Say => return say(arguments),
        Verb::Private => return private(arguments).map(AnyCommand::Chat),
        Verb::Announce => return Ok(AnyCommand::Chat(Command::Announce(arguments.text()?))),
        Verb::Hello => return Ok(AnyCommand::Hello),
        Verb::Enter => AnyCommand::Enter(arguments.optional().map(Name::new).transpose()?),
        Verb::Help => AnyCommand::Help(arguments.optional()),
        Verb::Ping => AnyCommand::Ping(arguments.short_word()?),
        Verb::Quit => AnyCommand::Quit,
        Verb::Keep => AnyCommand::Keep,
        Verb::Resume => resume(&mut arguments)?,
        Verb::List => AnyCommand::Chat(Command::List { after: arguments.number()? }),
        Verb::Rooms => AnyCommand::Chat(Command::Rooms { after: arguments.number()? }),
        Verb::Members => {
            let room = room(arguments.required()?)?;
            AnyCommand::Chat(Command::Members { room, after: arguments.number()? })
        }
        Verb::Requests => AnyCommand::Chat(Command::Requests),
        Verb::Request => AnyCommand::Chat(Command::Request(UserRef::new(arguments.required()?)?)),
        Verb::Accept => AnyCommand::Chat(Command::Accept(arguments.optional_user()?)),
        Verb::Reject => AnyCommand::Chat(Command::Reject(arguments.optional_user()?)),
        Verb::Cancel => AnyCommand::Chat(Command::Cancel),
        Verb::End => AnyCommand::Chat(Command::End),
        Verb::Join => AnyCommand::Chat(join(arguments.optional())?),
        Verb::Leave => AnyCommand::Chat(Command::Leave(arguments.optional().map(room).transpose()?)),
        Verb::Ignore => AnyCommand::Chat(Command::Ignore(arguments.optional_user()?)),
        Verb::Unignore => AnyCommand::Chat(Command::Unignore(UserRef::new(arguments.required()?)?)),
        Verb::Dnd => AnyCommand::Chat(Command::DoNotDisturb(arguments.on_or_off()?)),
        Verb::Away => return away(arguments).map(AnyCommand::Chat),
        Verb::Here => AnyCommand::Chat(Command::Here),
        Verb::Watch => AnyCommand::Chat(Command::Watch(arguments.on_or_off()?)),
        Verb::Password => return Ok(AnyCommand::Password(arguments.words.rest())),
        Verb::Clear
        | Verb::Focus
        | Verb::Kick
        | Verb::Ban
        | Verb::Unban
        | Verb::Bans
        | Verb::Mute
        | Verb::Unmute
        | Verb::Mutes
        | Verb::Stats
        | Verb::Log
        | Verb::Shutdown => return Err(Fault::UnknownCommand),
    };
    arguments.end()?;
    Ok(command)
}

/// A line that starts with `@`: `@ SEEN`. Others are for later versions and are passed over.
fn seen<'a>(mark: &str, mut words: Words<'_>) -> Option<AnyCommand<'a>> {
    number(words.next().filter(|_| mark == "@")?).map(AnyCommand::Seen)
}

fn resume<'a>(arguments: &mut Arguments<'a>) -> Result<AnyCommand<'a>, Fault> {
    let uid = Uid::new(arguments.required()?).ok_or(Fault::Usage(arguments.verb))?;
    let token = arguments.required()?;
    let seen = number(arguments.required()?).ok_or(Fault::Usage(arguments.verb))?;
    Ok(AnyCommand::Resume { uid, token, seen })
}

fn say(mut arguments: Arguments<'_>) -> Result<AnyCommand<'_>, Fault> {
    let target = arguments.required()?;
    if target.starts_with('#') {
        let (room, text) = (room(target)?, arguments.text()?);
        return Ok(AnyCommand::Chat(Command::RoomSay { room, text }));
    }
    let (to, text) = (Mention::new(target)?, arguments.text()?);
    Ok(AnyCommand::Chat(Command::Say { to, text }))
}

fn private(mut arguments: Arguments<'_>) -> Result<Command<'_>, Fault> {
    Ok(Command::Private { to: UserRef::new(arguments.required()?)?, text: arguments.text()? })
}

fn away(arguments: Arguments<'_>) -> Result<Command<'_>, Fault> {
    if arguments.words.is_empty() {
        return Ok(Command::Away(None));
    }
    let text = arguments.text()?;
    if text.as_str().len() > AWAY_BYTES { Err(Fault::AwayTooLong) } else { Ok(Command::Away(Some(text))) }
}

fn join(target: Option<&str>) -> Result<Command<'static>, Fault> {
    match target {
        None => Ok(Command::Join(RoomName::lobby())),
        Some(name) if name.starts_with('#') => Ok(Command::Join(room(name)?)),
        Some(user) => Ok(Command::JoinUser(UserRef::new(user)?)),
    }
}

fn room(text: &str) -> Result<RoomName, Fault> {
    RoomName::new(text).ok_or(Fault::BadRoom)
}

/// The words behind a verb, and the verb to name when they do not fit it.
struct Arguments<'a> {
    verb: Verb,
    words: Words<'a>,
}

impl<'a> Arguments<'a> {
    fn required(&mut self) -> Result<&'a str, Fault> {
        self.words.next().ok_or(Fault::Usage(self.verb))
    }

    fn optional(&mut self) -> Option<&'a str> {
        self.words.next()
    }

    /// A word that will be sent back, and with it must fit a line; empty when there is none.
    fn short_word(&mut self) -> Result<&'a str, Fault> {
        let Some(word) = self.optional() else { return Ok("") };
        Ok(Text::new(word)?.as_str())
    }

    fn optional_user(&mut self) -> Result<Option<UserRef>, Fault> {
        Ok(self.optional().map(UserRef::new).transpose()?)
    }

    fn number(&mut self) -> Result<u64, Fault> {
        match self.optional() {
            None => Ok(0),
            Some(word) => number(word).ok_or(Fault::Usage(self.verb)),
        }
    }

    fn on_or_off(&mut self) -> Result<bool, Fault> {
        match self.required()? {
            word if word.eq_ignore_ascii_case("on") => Ok(true),
            word if word.eq_ignore_ascii_case("off") => Ok(false),
            _ => Err(Fault::Usage(self.verb)),
        }
    }

    fn text(self) -> Result<Text<'a>, Fault> {
        Ok(Text::new(self.words.rest())?)
    }

    fn end(self) -> Result<(), Fault> {
        if self.words.is_empty() { Ok(()) } else { Err(Fault::Usage(self.verb)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{NameError, TextError};
    use crate::limits::TEXT_BYTES;

    fn decode(line: &str) -> Result<AnyCommand<'_>, Fault> {
        super::decode(line).command
    }

    fn chat(line: &str) -> Command<'_> {
        match decode(line) {
            Ok(AnyCommand::Chat(command)) => command,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn commands_are_read_in_any_case_and_spacing() {
        assert_eq!(chat("list"), Command::List { after: 0 });
        assert_eq!(chat("  LIST   500 "), Command::List { after: 500 });
        assert_eq!(chat("Join"), Command::Join(RoomName::lobby()));
        assert_eq!(chat("JOIN #dev"), Command::Join(RoomName::new("#DEV").unwrap()));
        assert_eq!(chat("join 7"), Command::JoinUser(UserRef::new("7").unwrap()));
        assert_eq!(chat("accept"), Command::Accept(None));
        assert_eq!(chat("watch OFF"), Command::Watch(false));
        assert_eq!(decode("   \t"), Ok(AnyCommand::Nothing));
        assert_eq!(decode("enter"), Ok(AnyCommand::Enter(None)));
        assert_eq!(decode("@ 5"), Ok(AnyCommand::Seen(5)));
        assert_eq!(decode("@ +5"), Ok(AnyCommand::Nothing));
    }

    #[test]
    fn what_is_said_is_read_alike_in_any_case() {
        for rest in
            ["bob hi", "#lobby hi", "bob", "", "#", "bob  two  blanks ", " bob hi", "\tbob\thi", "7 x", "b\u{f6}b x"]
        {
            assert_eq!(decode(&format!("SAY {rest}")), decode(&format!("say {rest}")), "{rest:?}");
            assert_eq!(decode(&format!("SAY {rest}")), decode(&format!(" SAY {rest}")), "{rest:?}");
        }
    }

    #[test]
    fn a_text_is_everything_behind_one_blank() {
        let text = Text::new("  two  blanks ").unwrap();
        assert_eq!(chat("SAY bob   two  blanks "), Command::Say { to: Mention::new("bob").unwrap(), text });
        let room = RoomName::lobby();
        assert_eq!(chat("say #lobby hi"), Command::RoomSay { room, text: Text::new("hi").unwrap() });
    }

    #[test]
    fn a_word_that_would_not_fit_the_answer_is_refused() {
        let fits = format!("ping {}", "x".repeat(TEXT_BYTES));
        assert!(matches!(decode(&fits), Ok(AnyCommand::Ping(_))));
        let too_long = format!("ping {}", "\u{fffd}".repeat(TEXT_BYTES / 3 + 1));
        assert_eq!(decode(&too_long), Err(Fault::BadText(TextError::TooLong)));
    }

    #[test]
    fn wrong_lines_say_what_is_wrong() {
        for (line, fault) in [
            ("nonsense", Fault::UnknownCommand),
            ("clear", Fault::UnknownCommand),
            ("kick bob", Fault::UnknownCommand),
            ("request", Fault::Usage(Verb::Request)),
            ("request bob carol", Fault::Usage(Verb::Request)),
            ("list -1", Fault::Usage(Verb::List)),
            ("list +1", Fault::Usage(Verb::List)),
            ("rooms +1", Fault::Usage(Verb::Rooms)),
            ("members #dev +1", Fault::Usage(Verb::Members)),
            ("members #dev x", Fault::Usage(Verb::Members)),
            ("members #dev 1 2", Fault::Usage(Verb::Members)),
            ("resume 1 x +3", Fault::Usage(Verb::Resume)),
            ("resume +1 x 3", Fault::Usage(Verb::Resume)),
            ("leave dev", Fault::BadRoom),
            ("leave #dev 5", Fault::Usage(Verb::Leave)),
            ("list 99999999999999999999", Fault::Usage(Verb::List)),
            ("watch maybe", Fault::Usage(Verb::Watch)),
            ("say bob", Fault::BadText(TextError::Blank)),
            ("say", Fault::Usage(Verb::Say)),
            ("say # hi", Fault::BadRoom),
            ("members dev", Fault::BadRoom),
            ("enter 9lives", Fault::BadName(NameError::BadStart)),
            ("enter Operator", Fault::BadName(NameError::Reserved)),
            ("request a\u{fffd}b", Fault::BadName(NameError::BadCharacter)),
        ] {
            assert_eq!(decode(line), Err(fault), "{line}");
        }
    }

    #[test]
    fn a_line_is_known_by_its_first_word() {
        use Kind::{Announcement, Entry, Password, Request, Return, Short, Usual};
        for (line, kind) in [
            ("SAY bob hi", Usual),
            ("  say #r hi", Usual),
            ("private bob x", Usual),
            ("announce", Announcement),
            ("REQUEST bob", Request),
            ("join bob", Request),
            ("join #r", Usual),
            ("join", Usual),
            ("enter", Entry),
            ("PASSWORD x", Password),
            ("RESUME 1 00ff 2", Return("00ff")),
            ("RESUME", Return("")),
            ("list 5", Short),
            ("QUIT", Short),
            ("end", Short),
            ("accept", Short),
            ("leave #r", Short),
            ("", Usual),
            ("@ 5", Usual),
            ("FLY", Usual),
        ] {
            assert_eq!(super::asked(line).kind, kind, "{line}");
        }
    }
}
