//! Chat: the domain. Who is here, who asks whom, who talks with whom, which rooms there are.
//!
//! No sockets, no clock, no text encoding, and no hash order that could reach an output: the same
//! calls give the same outputs. Commands go in with [`Chat::handle_command`] and come back as one
//! reply; events go to a [`Sink`], each with everybody it is for. Time comes in as an argument;
//! whoever drives this calls [`Chat::handle_timeout`] no later than [`Chat::poll_timeout`] asks.
//!
//! One file a subject: `entry` (coming and going), `reconnect`, `requests`, `sessions`, `membership` (rooms),
//! `messages` (one-shot), `defence` (ignore, mute), `listing`; below them the records: `users`, `presence`, `rooms`, `backlog`, `notices`.

mod audience;
mod backlog;
mod close;
mod command;
mod defence;
mod dormant;
mod entry;
mod event;
mod eviction;
mod invariants;
mod key;
mod listing;
mod membership;
mod messages;
mod name;
mod notices;
mod origin;
mod presence;
mod reach;
mod reconnect;
mod refusal;
mod reply;
mod requests;
mod rooms;
mod sessions;
mod sink;
mod text;
mod time;
mod users;

pub use audience::{Audience, Edition};
pub use close::CloseReason;
pub use command::{Command, OperatorCommand};
pub use entry::Entry;
pub use event::{Decline, Ending, Event, Purpose, Stamp, Withdrawal};
pub use key::UserKey;
pub use name::{Mention, Name, NameError, RESERVED, RoomName, Uid, UserRef};
pub use origin::Origin;
pub use reach::Reach;
pub use refusal::Refusal;
pub use reply::{Availability, Marks, Recipients, Reply, Row};
pub use sink::{Record, Sink};
pub use text::{Text, TextError, are_harmless_lines, is_unsafe, sanitize};
pub use time::{Millis, Now, UnixMillis};

use std::collections::BTreeSet;
use std::time::Duration;

use crate::limits::{EXPIRED_PER_TICK, Limits};
use backlog::Backlog;
use name::NameKey;
use notices::Watchers;
use rooms::Rooms;
use users::Users;

/// What an operator can set.
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    /// How long a request waits for an answer.
    pub invite_timeout: Duration,
    /// Whether users are kept from seeing each other's addresses.
    pub hide_addresses: bool,
    /// Whether new names, of users and rooms, have ASCII characters only.
    pub ascii_names: bool,
    /// How many lines of each room are kept for those who join later.
    pub backlog: usize,
    /// Memory for what is kept of all rooms together, in bytes.
    pub backlogs_total: usize,
}

impl Default for Settings {
    fn default() -> Self {
        let Limits { invite_timeout, backlog, backlogs_total, .. } = Limits::DEFAULT;
        Self { invite_timeout, hide_addresses: false, ascii_names: false, backlog, backlogs_total }
    }
}

/// The whole chat.
#[derive(Debug)]
pub struct Chat {
    settings: Settings,
    users: Users,
    rooms: Rooms,
    /// When the requests that stand expire, and whose they are.
    deadlines: BTreeSet<(Millis, UserKey)>,
    /// Who is told of comings and goings.
    watchers: Watchers,
    messages: u64,
    announcements: Backlog,
    /// How many entries all users' lists of ignored ones have together.
    ignored: usize,
    /// Whose voice the operator has taken away, and until when.
    mutes: Vec<(NameKey, Option<Millis>)>,
}

impl Chat {
    /// An empty chat.
    pub fn new(settings: Settings) -> Self {
        Self {
            settings,
            users: Users::new(),
            rooms: Rooms::new(settings.backlogs_total),
            deadlines: BTreeSet::new(),
            watchers: Watchers::default(),
            messages: 0,
            announcements: Backlog::default(),
            ignored: 0,
            mutes: Vec::new(),
        }
    }

    /// How many users are here.
    pub fn user_count(&self) -> usize {
        self.users.len()
    }

    /// How many rooms there are.
    pub fn room_count(&self) -> usize {
        self.rooms.len()
    }

    /// How many private sessions there are. Counts them: for reports.
    pub fn pair_count(&self) -> usize {
        self.users.after(0).filter(|user| user.presence.partner().is_some()).count() / 2
    }

    /// How many messages there have been.
    pub fn message_count(&self) -> u64 {
        self.messages
    }

    /// Finds a user.
    pub fn find(&self, user: UserRef) -> Option<UserKey> {
        self.users.find(user).map(|user| user.key)
    }

    /// A present user's name.
    pub fn name_of(&self, user: UserKey) -> Option<Name> {
        self.users.get(user).map(|user| user.name)
    }

    /// Does what a user asks. Events and rows go to `out` first, then the reply is returned.
    ///
    /// # Errors
    /// Says why when the command is refused; nothing has happened then.
    ///
    /// # Panics
    /// When `user` is gone: whoever drives this drops what a client sent behind its leaving.
    #[inline(always)]
    pub fn handle_command(
        &mut self,
        user: UserKey,
        command: Command<'_>,
        now: Now,
        out: &mut dyn Sink,
    ) -> Result<Reply, Refusal> {
        match command {
            Command::Say { to, text } => self.say(user, to, text, now, out),
            Command::RoomSay { room, text } => self.say_in_room(user, room, text, now, out),
            Command::Private { to, text } => self.send_private(user, to, text, now, out),
            Command::Announce(text) => {
                self.check_voice(user, now)?;
                Ok(self.announce(Some(user), text, now, out))
            }
            Command::Request(to) => self.request_session(user, to, now, out),
            Command::Accept(from) => self.accept(user, from, out),
            Command::Reject(from) => self.reject(user, from, out),
            Command::Cancel => self.cancel(user, out),
            Command::Requests => Ok(self.list_requests(user, now, out)),
            Command::End => self.end_session(user, out),
            Command::Join(room) => self.join(user, room, now, out),
            Command::JoinUser(other) => self.join_user(user, other, now, out),
            Command::Leave(room) => self.leave_room(user, room, now, out),
            Command::List { after } => Ok(self.list_users(after, self.settings.hide_addresses, now, out)),
            Command::Rooms { after } => Ok(self.list_rooms(after, out)),
            Command::Members { room, after } => self.list_members(room, after, out),
            Command::Ignore(Some(other)) => self.ignore(user, other),
            Command::Ignore(None) => Ok(self.list_ignored(user, out)),
            Command::Unignore(other) => self.unignore(user, other),
            Command::DoNotDisturb(on) => Ok(self.set_do_not_disturb(user, on)),
            Command::Away(text) => self.set_away(user, text, now),
            Command::Here => Ok(self.end_away(user)),
            Command::Watch(on) => Ok(self.watch(user, on)),
        }
    }

    /// Does what the operator asks.
    pub fn handle_operator(&mut self, command: OperatorCommand<'_>, now: Now, out: &mut dyn Sink) -> Reply {
        match command {
            OperatorCommand::List { after } => self.list_users(after, false, now, out),
            OperatorCommand::Rooms { after } => self.list_rooms(after, out),
            OperatorCommand::Announce(text) => self.announce(None, text, now, out),
        }
    }

    /// When [`Self::handle_timeout`] has something to do next.
    pub fn poll_timeout(&self) -> Option<Millis> {
        let request = self.deadlines.first().map(|(at, _)| *at);
        [request, self.rooms.poll_timeout(), self.watchers.poll_timeout()].into_iter().flatten().min()
    }

    /// Does what is due by `now`. Of requests whose time is over so many are ended; the rest is due still.
    pub fn handle_timeout(&mut self, now: Now, out: &mut dyn Sink) {
        self.rooms.forget_dormant(now.steady);
        self.mutes.retain(|(_, until)| until.is_none_or(|until| until > now.steady));
        for _ in 0..EXPIRED_PER_TICK {
            let first = self.deadlines.first().copied();
            let Some((_, user)) = first.filter(|(at, _)| *at <= now.steady) else { break };
            self.deadlines.pop_first();
            self.expire_request(user, out);
        }
        self.watchers.handle_timeout(now.steady, out);
    }

    fn next_stamp(&mut self, now: Now) -> Stamp {
        self.messages += 1;
        Stamp { id: self.messages, at: now.wall }
    }
}
