//! What users can do against being disturbed: ignore somebody, take no requests, say that they
//! are away; and what the operator can do against one who disturbs: mute.

use std::time::Duration;

use super::Chat;
use super::event::Event;
use super::key::UserKey;
use super::name::{Name, NameKey, UserRef};
use super::refusal::Refusal;
use super::reply::{Reply, Row};
use super::sink::{Record, Sink};
use super::text::Text;
use super::time::Now;
use super::users::User;
use crate::limits::IGNORED_PER_USER;

impl Chat {
    /// Stops showing the user what another asks, sends and says in rooms. By name: it holds when
    /// the other leaves and comes back.
    pub(super) fn ignore(&mut self, user: UserKey, other: UserRef) -> Result<Reply, Refusal> {
        let other = NameKey::from(self.users.of(self.other_user(user, other)?).name);
        let me = self.users.of_mut(user);
        if me.ignored().contains(&other) {
            return Ok(Reply::Done);
        }
        if me.ignored().len() >= IGNORED_PER_USER {
            return Err(Refusal::TooManyIgnored);
        }
        me.ignored_mut().push(other);
        self.ignored += 1;
        Ok(Reply::Done)
    }

    /// Shows the user again what the other says. The other need not be here.
    pub(super) fn unignore(&mut self, user: UserKey, other: UserRef) -> Result<Reply, Refusal> {
        let name = match other {
            UserRef::Name(name) => name,
            UserRef::Uid(_) => self.users.find(other).ok_or(Refusal::NoSuchUser(other))?.name,
        };
        let me = self.users.of_mut(user);
        let before = me.ignored().len();
        me.ignored_mut().retain(|ignored| ignored.name != name);
        if me.ignored().len() == before {
            return Err(Refusal::NotIgnored(name));
        }
        self.ignored -= 1;
        Ok(Reply::Done)
    }

    /// Lists whom the user ignores.
    pub(super) fn list_ignored(&self, user: UserKey, out: &mut dyn Sink) -> Reply {
        let ignored = self.users.of(user).ignored();
        ignored.iter().for_each(|ignored| out.row(&Row::Ignored(ignored.name)));
        Reply::Listed { shown: ignored.len(), total: ignored.len(), next: None }
    }

    /// Sets whether requests to the user are refused.
    pub(super) fn set_do_not_disturb(&mut self, user: UserKey, on: bool) -> Reply {
        self.users.of_mut(user).do_not_disturb = on;
        Reply::Done
    }

    /// The user is absent from the keyboard, and has something left to say perhaps.
    pub(super) fn set_away(&mut self, user: UserKey, text: Option<Text<'_>>, now: Now) -> Result<Reply, Refusal> {
        if text.is_some() {
            self.check_voice(user, now)?;
        }
        self.users.of_mut(user).set_away(Some(text.map_or("", |text| text.as_str())));
        Ok(Reply::Done)
    }

    /// The user is here again.
    pub(super) fn end_away(&mut self, user: UserKey) -> Reply {
        self.users.of_mut(user).set_away(None);
        Reply::Done
    }

    /// What a user who is away has left to say: nothing while it has no voice.
    pub(super) fn away_text<'a>(&self, user: &'a User, now: Now) -> Option<&'a str> {
        user.away().map(|text| if self.is_muted(user, now) { "" } else { text })
    }

    /// Tells one who has just turned to a user that it is away, and what it has left to say.
    pub(super) fn tell_away(&self, user: UserKey, other: UserKey, now: Now, out: &mut dyn Sink) {
        let other = self.users.of(other);
        if let Some(text) = self.away_text(other, now) {
            let text = Text::new(text).ok();
            out.tell(user, &Event::Away { name: other.name, text });
        }
    }

    /// Whether the user is not to be shown what this name says.
    pub(super) fn is_ignoring(&self, user: UserKey, name: Name) -> bool {
        self.ignored > 0 && self.users.of(user).ignored().contains(&name.into())
    }

    /// Of these, those who do not ignore the name; `None` when that is all of them, which costs
    /// nothing to find out while nobody ignores anybody.
    pub(super) fn listeners(&self, audience: &[UserKey], name: Name) -> Option<Vec<UserKey>> {
        if self.ignored == 0 {
            return None;
        }
        let name = name.into();
        Some(audience.iter().copied().filter(|user| !self.users.of(*user).ignored().contains(&name)).collect())
    }

    /// The operator takes a name's voice away, for ever or until then.
    pub fn mute(&mut self, name: Name, until: Option<super::Millis>, out: &mut dyn Sink) {
        self.mutes.retain(|(muted, _)| muted.name != name);
        self.mutes.push((name.into(), until));
        out.record(&Record::Muted { name, on: true });
    }

    /// The operator gives a name its voice back. Says whether it had been taken.
    pub fn unmute(&mut self, name: Name, out: &mut dyn Sink) -> bool {
        let before = self.mutes.len();
        self.mutes.retain(|(muted, _)| muted.name != name);
        let was_muted = self.mutes.len() < before;
        if was_muted {
            out.record(&Record::Muted { name, on: false });
        }
        was_muted
    }

    /// Whose voice is taken away, and for how much longer if not for ever.
    pub fn mutes(&self, now: Now) -> impl Iterator<Item = (Name, Option<Duration>)> {
        let in_force = self.mutes.iter().filter(move |(_, until)| until.is_none_or(|until| until > now.steady));
        in_force.map(move |(muted, until)| (muted.name, until.map(|until| until.since(now.steady))))
    }

    /// Refused while the user is muted.
    pub(super) fn check_voice(&self, user: UserKey, now: Now) -> Result<(), Refusal> {
        if self.mutes.is_empty() || !self.is_muted(self.users.of(user), now) { Ok(()) } else { Err(Refusal::Muted) }
    }

    pub(super) fn is_muted(&self, user: &User, now: Now) -> bool {
        if self.mutes.is_empty() {
            return false;
        }
        let name = user.name.into();
        self.mutes.iter().any(|(muted, until)| *muted == name && until.is_none_or(|until| until > now.steady))
    }
}
