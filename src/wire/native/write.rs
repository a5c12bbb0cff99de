//! Requests → lines for a native server: the client's half of `decode`.

use std::fmt::Display;

use crate::chat::{Command, UserRef};
use crate::wire::AnyCommand;
use crate::wire::commands::{self, Verb};

/// Writes a command as the line, without its end, that is read back as that command. An order has no
/// line in this dialect: it becomes an empty one, which asks for nothing.
pub fn compose<'a>(command: impl Into<AnyCommand<'a>>) -> String {
    match command.into() {
        AnyCommand::Nothing | AnyCommand::Order(_) => String::new(),
        AnyCommand::Seen(seen) => format!("@ {seen}"),
        AnyCommand::Hello => compose_typed(Verb::Hello, &[]),
        AnyCommand::Enter(name) => compose_typed(Verb::Enter, &[&if_any(name)]),
        AnyCommand::Help(word) => compose_typed(Verb::Help, &[&if_any(word)]),
        AnyCommand::Keep => compose_typed(Verb::Keep, &[]),
        AnyCommand::Resume { uid, token, seen } => compose_typed(Verb::Resume, &[&uid, &token, &seen]),
        AnyCommand::Password(word) => compose_typed(Verb::Password, &[&word]),
        AnyCommand::Ping(word) => compose_typed(Verb::Ping, &[&word]),
        AnyCommand::Quit => compose_typed(Verb::Quit, &[]),
        AnyCommand::Chat(command) => compose_command(command),
    }
}

fn compose_command(command: Command<'_>) -> String {
    match command {
        Command::List { after } => compose_typed(Verb::List, &[&behind(after)]),
        Command::Rooms { after } => compose_typed(Verb::Rooms, &[&behind(after)]),
        Command::Members { room, after } => compose_typed(Verb::Members, &[&room, &behind(after)]),
        Command::Requests => compose_typed(Verb::Requests, &[]),
        Command::Request(user) => compose_typed(Verb::Request, &[&word(user)]),
        Command::Accept(user) => compose_typed(Verb::Accept, &[&if_any(user.map(word))]),
        Command::Reject(user) => compose_typed(Verb::Reject, &[&if_any(user.map(word))]),
        Command::Cancel => compose_typed(Verb::Cancel, &[]),
        Command::Say { to, text } => compose_typed(Verb::Say, &[&to.as_str(), &text]),
        Command::End => compose_typed(Verb::End, &[]),
        Command::Private { to, text } => compose_typed(Verb::Private, &[&word(to), &text]),
        Command::Announce(text) => compose_typed(Verb::Announce, &[&text]),
        Command::Join(room) => compose_typed(Verb::Join, &[&room]),
        Command::JoinUser(user) => compose_typed(Verb::Join, &[&word(user)]),
        Command::Leave(room) => compose_typed(Verb::Leave, &[&if_any(room)]),
        Command::RoomSay { room, text } => compose_typed(Verb::Say, &[&room, &text]),
        Command::Ignore(user) => compose_typed(Verb::Ignore, &[&if_any(user.map(word))]),
        Command::Unignore(user) => compose_typed(Verb::Unignore, &[&word(user)]),
        Command::DoNotDisturb(on) => compose_typed(Verb::Dnd, &[&on_or_off(on)]),
        Command::Away(text) => compose_typed(Verb::Away, &[&if_any(text)]),
        Command::Here => compose_typed(Verb::Here, &[]),
        Command::Watch(on) => compose_typed(Verb::Watch, &[&on_or_off(on)]),
    }
}

/// Writes a command with arguments as somebody typed them: the server knows best what is wrong with
/// them. Empty ones are left out.
pub fn compose_typed(verb: Verb, arguments: &[&dyn Display]) -> String {
    let mut line = commands::spec_of(verb).word.to_ascii_uppercase();
    for argument in arguments.iter().map(ToString::to_string).filter(|argument| !argument.is_empty()) {
        line.push(' ');
        line.push_str(&argument);
    }
    line
}

fn if_any(argument: Option<impl Display>) -> String {
    argument.map_or_else(String::new, |argument| argument.to_string())
}

/// Where rows start; nothing for all of them.
fn behind(after: u64) -> String {
    if_any((after > 0).then_some(after))
}

/// A user as one word.
fn word(user: UserRef) -> String {
    match user {
        UserRef::Uid(uid) => uid.to_string(),
        UserRef::Name(name) => name.to_string(),
    }
}

fn on_or_off(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::{Mention, Name, RoomName, Text, Uid};
    use crate::limits::{AWAY_BYTES, TEXT_BYTES};
    use crate::wire::Dialect;
    use proptest::prelude::*;

    /// Every kind of command, of these words.
    fn commands<'a>(
        name: &'a Name,
        room: RoomName,
        uid: Uid,
        number: u64,
        said: &'a str,
        word: &'a str,
    ) -> Vec<AnyCommand<'a>> {
        let text = Text::new(said).unwrap();
        let away = Text::new(said).ok().filter(|text| text.as_str().len() <= AWAY_BYTES);
        let mut all = vec![
            AnyCommand::Nothing,
            AnyCommand::Hello,
            AnyCommand::Enter(None),
            AnyCommand::Enter(Some(*name)),
            AnyCommand::Help(None),
            AnyCommand::Help(Some(word)),
            AnyCommand::Keep,
            AnyCommand::Resume { uid, token: word, seen: number },
            AnyCommand::Seen(number),
            AnyCommand::Password(said),
            AnyCommand::Ping(""),
            AnyCommand::Ping(word),
            AnyCommand::Quit,
        ];
        let users = [UserRef::Name(*name), UserRef::Uid(uid)];
        let mut commands = vec![
            Command::List { after: number },
            Command::Rooms { after: number },
            Command::Members { room, after: number },
            Command::Requests,
            Command::Accept(None),
            Command::Reject(None),
            Command::Cancel,
            Command::Say { to: Mention::from(name), text },
            Command::End,
            Command::Announce(text),
            Command::Join(room),
            Command::Leave(None),
            Command::Leave(Some(room)),
            Command::RoomSay { room, text },
            Command::Ignore(None),
            Command::DoNotDisturb(number.is_multiple_of(2)),
            Command::Away(away),
            Command::Here,
            Command::Watch(number.is_multiple_of(2)),
        ];
        for to in users {
            commands.extend([Command::Request(to), Command::Accept(Some(to)), Command::Reject(Some(to))]);
            commands.extend([Command::Private { to, text }, Command::JoinUser(to)]);
            commands.extend([Command::Ignore(Some(to)), Command::Unignore(to)]);
        }
        all.extend(commands.into_iter().map(AnyCommand::Chat));
        all
    }

    proptest! {
        #[test]
        fn what_a_client_writes_is_what_the_server_reads(
            name in "[A-Za-z_][A-Za-z0-9_-]{0,23}",
            room in "#[A-Za-z0-9_-]{1,49}",
            uid in 1..=u64::MAX,
            number in prop_oneof![0..3_u64, any::<u64>()],
            said in prop_oneof!["\\PC{1,80}", "[ \ta-z*=#@-]{1,40}", Just("x".repeat(TEXT_BYTES))],
            word in "[!-~é日]{1,40}",
        ) {
            let said = crate::chat::sanitize(&said).into_owned();
            prop_assume!(Text::new(&said).is_ok());
            let Ok(name) = Name::new(&name) else { return Ok(()) };
            let (room, uid) = (RoomName::new(&room).unwrap(), Uid::new(&uid.to_string()).unwrap());
            for command in commands(&name, room, uid, number, &said, &word) {
                let line = compose(command);
                prop_assert!(!line.contains('\n'));
                prop_assert_eq!(Dialect::Native.decode(&line).command, Ok(command), "{}", line);
            }
        }
    }
}
