//! Private sessions: two users and nobody else.

use super::Chat;
use super::event::{Decline, Ending, Event, Withdrawal};
use super::key::UserKey;
use super::name::Mention;
use super::refusal::Refusal;
use super::reply::{Recipients, Reply};
use super::sink::{Record, Sink};
use super::text::Text;
use super::time::Now;

impl Chat {
    /// Pairs two users who are not chatting. The request between them is fulfilled; every other
    /// one to or from either ends, and the third parties are told.
    pub(super) fn pair(&mut self, user: UserKey, other: UserKey, out: &mut dyn Sink) {
        for (one, two) in [(user, other), (other, user)] {
            if self.users.of(one).presence.invitation().is_some_and(|invitation| invitation.to == two) {
                self.take_request(one);
            }
        }
        let (name, other_name) = (self.users.of(user).name, self.users.of(other).name);
        out.record(&Record::Paired(other_name, name));
        out.tell(user, &Event::Paired(other_name));
        out.tell(other, &Event::Paired(name));
        for one in [user, other] {
            self.withdraw_request(one, Withdrawal::Paired, out);
            self.decline_requests(one, Decline::Paired, out);
        }
        for (one, two) in [(user, other), (other, user)] {
            self.users.of_mut(one).presence.pair(two).expect("both were found not chatting");
        }
    }

    /// Takes both sides out of a session; gives back who the other was.
    pub(super) fn unpair(&mut self, user: UserKey) -> Option<UserKey> {
        let partner = self.users.of_mut(user).presence.unpair()?;
        self.users.of_mut(partner).presence.unpair();
        Some(partner)
    }

    /// Ends the user's session; both are told.
    pub(super) fn end_session(&mut self, user: UserKey, out: &mut dyn Sink) -> Result<Reply, Refusal> {
        let partner = self.unpair(user).ok_or(Refusal::NotChatting)?;
        let (name, other_name) = (self.users.of(user).name, self.users.of(partner).name);
        out.record(&Record::Ended(name, other_name));
        out.tell(user, &Event::Ended { with: other_name, why: Ending::ByYou });
        out.tell(partner, &Event::Ended { with: name, why: Ending::ByPartner });
        Ok(Reply::Done)
    }

    /// Says something to the partner, if `to` still is the partner.
    pub(super) fn say(
        &mut self,
        user: UserKey,
        to: Mention<'_>,
        text: Text<'_>,
        now: Now,
        out: &mut dyn Sink,
    ) -> Result<Reply, Refusal> {
        self.check_voice(user, now)?;
        let speaker = self.users.of(user);
        let from = speaker.name;
        let partner = self.users.of(speaker.presence.partner().ok_or(Refusal::NotChatting)?);
        if !to.means(&partner.name, partner.key.uid()) {
            return Err(Refusal::WrongPartner(partner.name));
        }
        let (key, to) = (partner.key, Recipients::one(partner.is_dropped()));
        let stamp = self.next_stamp(now);
        out.tell(key, &Event::Said { stamp, from, text });
        Ok(Reply::Taken { stamp, to })
    }
}
