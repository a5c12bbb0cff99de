//! What the operator does against those who disturb: kick, ban, mute.

use std::net::{SocketAddr, SocketAddrV6};
use std::time::Duration;

use super::connection::{Closing, Phase};
use super::connection_id::ConnectionId;
use super::gate::{BadBans, Ban, Term};
use super::output::LogOnly;
use super::{Server, Stream};
use crate::chat::{CloseReason, Name, Now, Refusal, Text, UserRef};
use crate::wire::{Asked, Fault, Target, TargetError, console};

impl<S: Stream> Server<S> {
    pub(super) fn kick(
        &mut self,
        id: ConnectionId,
        asked: &Asked<'_>,
        user: UserRef,
        reason: Option<Text<'_>>,
        now: Now,
    ) -> Result<(), Fault> {
        let key = self.chat.find(user).ok_or(Refusal::NoSuchUser(user))?;
        if let Some(target) = self.connections.of_user(key) {
            let words = reason.map(|text| text.as_str());
            let name = self.chat.name_of(key);
            self.close(target, Closing { reason: CloseReason::Kicked, words, is_refusal: false }, now);
            self.say(id, asked, &name.map_or_else(|| "done".to_owned(), |name| format!("{name} was removed")));
        }
        Ok(())
    }

    pub(super) fn ban(
        &mut self,
        id: ConnectionId,
        asked: &Asked<'_>,
        (target, time, reason): (Target, Option<Duration>, Option<Text<'_>>),
        now: Now,
    ) {
        let words = reason.map(|text| text.as_str());
        self.gate.bans.add(Ban { target, term: Term::of(time, now.steady), reason: words.map(str::to_owned) });
        let hit = self.hit_by(target);
        for victim in &hit {
            self.close(*victim, Closing { reason: CloseReason::Banned, words, is_refusal: false }, now);
        }
        let (count, term, given) = (hit.len(), console::term(time, now.wall), console::reason_given(words));
        self.journal.note(format_args!("ban target={target} closed={count}"));
        let hint = match target {
            Target::Name(name) if name.is_guest() => "; a guest comes back as another one: its address can be shut out",
            Target::Name(_) | Target::Network(_) | Target::OnLink { .. } => "",
        };
        self.say(id, asked, &format!("{target} is shut out {term}; connections closed: {count}{given}{hint}"));
    }

    fn hit_by(&self, target: Target) -> Vec<ConnectionId> {
        let is_hit = |peer: super::Peer| peer.address().is_some_and(|address| target.hits(address));
        let is_there = |phase| !matches!(phase, Phase::Closing { .. } | Phase::Lingering { .. } | Phase::Gone);
        let hit = self.connections.iter().filter(|it| is_hit(it.peer) && is_there(it.phase));
        let by_address = hit.map(|it| it.id);
        let by_name = match target {
            Target::Name(name) => self.chat.find(UserRef::Name(name)).and_then(|user| self.connections.of_user(user)),
            Target::Network(_) | Target::OnLink { .. } => None,
        };
        by_address.chain(by_name).collect()
    }

    pub(super) fn unban(&mut self, id: ConnectionId, asked: &Asked<'_>, target: Target, now: Now) {
        if self.gate.bans.remove(target) {
            self.journal.note(format_args!("unban target={target}"));
            return self.say(id, asked, &format!("{target} is let in again"));
        }
        let address = match target {
            Target::Network(network) => Some(SocketAddr::new(network.addr(), 0)),
            Target::OnLink { address, link } => Some(SocketAddrV6::new(address, 0, 0, link).into()),
            Target::Name(_) => None,
        };
        let wider = address.and_then(|address| self.gate.bans.of_address(address, now.steady)).map(|ban| ban.target);
        let what = match wider {
            Some(wider) => format!("{target} is shut out with {wider}; unban {wider}"),
            None => format!("{target} was not shut out; bans shows who is"),
        };
        self.say(id, asked, &what);
    }

    pub(super) fn show_bans(&mut self, id: ConnectionId, asked: &Asked<'_>, now: Now) {
        let mut text = String::new();
        for ban in self.gate.bans.in_force(now.steady) {
            let (left, reason) = (left_over(ban.left(now.steady)), ban.reason.as_deref().unwrap_or_default());
            text.push_str(&format!("{}  {left}  {reason}\n", ban.target));
        }
        let text = if text.is_empty() { "nobody is shut out" } else { text.trim_end() };
        self.say(id, asked, text);
    }

    pub(super) fn mute(
        &mut self,
        id: ConnectionId,
        asked: &Asked<'_>,
        user: UserRef,
        time: Option<Duration>,
        now: Now,
    ) -> Result<(), Fault> {
        let name = self.name_meant(user)?;
        if !name.can_be_had() {
            return Err(TargetError::NobodysName.into());
        }
        self.chat.mute(name, time.map(|time| now.steady + time), &mut LogOnly(&mut self.journal));
        let term = console::term(time, now.wall);
        let hint = match self.chat.find(UserRef::Name(name)) {
            Some(_) if name.is_guest() => "; a guest comes back as another one",
            Some(_) => "",
            None => "; nobody here has that name now",
        };
        self.say(id, asked, &format!("{name} is muted {term}{hint}"));
        Ok(())
    }

    pub(super) fn unmute(&mut self, id: ConnectionId, asked: &Asked<'_>, user: UserRef) -> Result<(), Fault> {
        let name = self.name_meant(user)?;
        let was_muted = self.chat.unmute(name, &mut LogOnly(&mut self.journal));
        let what = if was_muted { "has its voice back" } else { "was not muted; mutes shows who is" };
        self.say(id, asked, &format!("{name} {what}"));
        Ok(())
    }

    pub(super) fn show_mutes(&mut self, id: ConnectionId, asked: &Asked<'_>, now: Now) {
        let mut text = String::new();
        for (name, left) in self.chat.mutes(now) {
            text.push_str(&format!("{name}  {}\n", left_over(left)));
        }
        let text = if text.is_empty() { "nobody is muted" } else { text.trim_end() };
        self.say(id, asked, text);
    }

    /// The name of one who need not be here, unless it is meant by number.
    fn name_meant(&self, user: UserRef) -> Result<Name, Refusal> {
        match user {
            UserRef::Name(name) => Ok(name),
            UserRef::Uid(_) => {
                let key = self.chat.find(user).ok_or(Refusal::NoSuchUser(user))?;
                self.chat.name_of(key).ok_or(Refusal::NoSuchUser(user))
            }
        }
    }

    /// What one who wants a name that is shut out is told, the operator's reason included; `None` when
    /// it is not.
    pub(super) fn name_ban(&self, name: Name, now: Now) -> Option<(Fault, Option<String>)> {
        let ban = self.gate.bans.of_name(name, now.steady)?;
        let fault = Fault::Banned(ban.left(now.steady).map(|left| left.as_secs()));
        Some((fault, ban.reason.clone()))
    }

    /// The bans as text, to be kept for the next start, if they have changed since this was asked.
    pub fn take_changed_bans(&mut self, now: Now) -> Option<String> {
        self.gate.bans.take_changed(now)
    }

    /// Takes the bans of an earlier start over.
    ///
    /// # Errors
    /// Says which line is not a ban; none is taken over then.
    pub fn load_bans(&mut self, text: &str, now: Now) -> Result<(), BadBans> {
        self.gate.bans.load(text, now)
    }
}

/// What is left of a ban or a mute.
fn left_over(left: Option<Duration>) -> String {
    left.map_or_else(|| "for ever".to_owned(), |left| format!("for {}", console::span(left)))
}
