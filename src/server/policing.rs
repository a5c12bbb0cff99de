//! What the operator does against those who disturb: kick, ban, mute.

use std::time::Duration;

use super::bans::{BadBans, Ban, Target, Term};
use super::connection::{Closing, Phase, Token};
use super::outbox::LogOnly;
use super::{Server, Stream};
use crate::chat::{CloseReason, Name, Now, Refusal, Text, UserRef};
use crate::wire::Fault;
use crate::wire::console;

impl<S: Stream> Server<S> {
    pub(super) fn kick(
        &mut self,
        token: Token,
        user: UserRef,
        reason: Option<Text<'_>>,
        now: Now,
    ) -> Result<(), Fault> {
        let key = self.chat.find(user).ok_or(Refusal::NoSuchUser(user))?;
        if let Some(target) = self.connections.of_user(key) {
            let words = reason.map(|text| text.as_str());
            let name = self.chat.name_of(key);
            self.close(target, Closing { reason: CloseReason::Kicked, words, is_refusal: false }, now);
            self.connections.append(token, |_, out| console::kicked(name, out));
        }
        Ok(())
    }

    pub(super) fn ban(
        &mut self,
        token: Token,
        target: &str,
        time: Option<Duration>,
        reason: Option<Text<'_>>,
        now: Now,
    ) -> Result<(), Fault> {
        let target = Target::new(target)?;
        let words = reason.map(|text| text.as_str());
        self.bans.add(Ban { target, term: Term::of(time, now.steady), reason: words.map(str::to_owned) });
        let hit = self.hit_by(target);
        for victim in &hit {
            self.close(*victim, Closing { reason: CloseReason::Banned, words, is_refusal: false }, now);
        }
        let count = hit.len();
        self.connections.journal.note(format_args!("ban target={target} closed={count}"));
        self.connections.append(token, |_, out| {
            console::say(format_args!("{target} is shut out; connections closed: {count}"), out);
        });
        Ok(())
    }

    fn hit_by(&self, target: Target) -> Vec<Token> {
        let is_hit = |peer: super::Peer| match target {
            Target::Network(network) => peer.address().is_some_and(|address| network.contains(&address.ip())),
            Target::Name(_) => false,
        };
        let is_there = |phase| !matches!(phase, Phase::Closing { .. } | Phase::Lingering { .. } | Phase::Gone);
        let hit = self.connections.iter().filter(|it| is_hit(it.peer) && is_there(it.phase));
        let by_address = hit.map(|it| it.token);
        let by_name = match target {
            Target::Name(name) => self.chat.find(UserRef::Name(name)).and_then(|user| self.connections.of_user(user)),
            Target::Network(_) => None,
        };
        by_address.chain(by_name).collect()
    }

    pub(super) fn unban(&mut self, token: Token, target: &str) -> Result<(), Fault> {
        let target = Target::new(target)?;
        let was_banned = self.bans.remove(target);
        if was_banned {
            self.connections.journal.note(format_args!("unban target={target}"));
        }
        let what = if was_banned { "is let in again" } else { "was not shut out; bans shows who is" };
        self.connections.append(token, |_, out| console::say(format_args!("{target} {what}"), out));
        Ok(())
    }

    pub(super) fn show_bans(&mut self, token: Token, now: Now) {
        let mut text = String::new();
        for ban in self.bans.in_force(now.steady) {
            let left = ban
                .left(now.steady)
                .map_or_else(|| "for ever".to_owned(), |left| format!("for {}", console::span(left)));
            let reason = ban.reason.as_deref().unwrap_or_default();
            text.push_str(&format!("{}  {left}  {reason}\n", ban.target));
        }
        let text = if text.is_empty() { "nobody is shut out" } else { text.trim_end() };
        self.connections.append(token, |_, out| console::say(format_args!("{text}"), out));
    }

    pub(super) fn mute(&mut self, token: Token, user: UserRef, time: Option<Duration>, now: Now) -> Result<(), Fault> {
        let name = self.name_meant(user)?;
        self.chat.mute(name, time.map(|time| now.steady + time), &mut LogOnly(&mut self.connections.journal));
        self.connections.append(token, |_, out| console::say(format_args!("{name} is muted"), out));
        Ok(())
    }

    pub(super) fn unmute(&mut self, token: Token, user: UserRef) -> Result<(), Fault> {
        let name = self.name_meant(user)?;
        let was_muted = self.chat.unmute(name, &mut LogOnly(&mut self.connections.journal));
        let what = if was_muted { "has its voice back" } else { "was not muted" };
        self.connections.append(token, |_, out| console::say(format_args!("{name} {what}"), out));
        Ok(())
    }

    /// The name of one who need not be here, unless it is meant by number.
    fn name_meant(&self, user: UserRef) -> Result<Name, Fault> {
        match user {
            UserRef::Name(name) => Ok(name),
            UserRef::Uid(_) => {
                let key = self.chat.find(user).ok_or(Refusal::NoSuchUser(user))?;
                self.chat.name_of(key).ok_or(Refusal::NoSuchUser(user).into())
            }
        }
    }

    /// Refused while the name is shut out.
    pub(super) fn check_not_banned(&self, name: Name, now: Now) -> Result<(), Fault> {
        match self.bans.of_name(name, now.steady) {
            Some(ban) => Err(Fault::Banned(ban.left(now.steady).map(|left| left.as_secs()))),
            None => Ok(()),
        }
    }

    /// The bans as text, to be kept for the next start, if they have changed since this was asked.
    pub fn take_changed_bans(&mut self, now: Now) -> Option<String> {
        self.bans.take_changed(now)
    }

    /// Takes the bans of an earlier start over.
    ///
    /// # Errors
    /// Says which line is not a ban; none is taken over then.
    pub fn load_bans(&mut self, text: &str, now: Now) -> Result<(), BadBans> {
        self.bans.load(text, now)
    }
}
