//! One-shot messages: to one user, or to everybody.

use super::Chat;
use super::audience::Audience;
use super::event::Event;
use super::key::UserKey;
use super::name::{Name, UserRef};
use super::refusal::Refusal;
use super::reply::{Recipients, Reply};
use super::sink::{Record, Sink};
use super::text::Text;
use super::time::Now;
use crate::limits::ANNOUNCEMENTS_KEPT;

impl Chat {
    /// Sends one message to one user, in whatever state either is.
    pub(super) fn send_private(
        &mut self,
        user: UserKey,
        to: UserRef,
        text: Text<'_>,
        now: Now,
        out: &mut dyn Sink,
    ) -> Result<Reply, Refusal> {
        self.check_voice(user, now)?;
        let other = self.other_user(user, to)?;
        let (stamp, from) = (self.next_stamp(now), self.users.of(user).name);
        self.tell_away(user, other, now, out);
        let recipients = Recipients::one(self.users.of(other).is_dropped());
        if self.is_ignoring(other, from) {
            // Who is ignored is not told so.
            return Ok(Reply::Taken { stamp, to: recipients });
        }
        out.tell(other, &Event::Private { stamp, from, text });
        Ok(Reply::Taken { stamp, to: recipients })
    }

    /// Sends one message to everybody but its sender; the operator's, which is no user's, to all.
    pub(super) fn announce(&mut self, sender: Option<UserKey>, text: Text<'_>, now: Now, out: &mut dyn Sink) -> Reply {
        let stamp = self.next_stamp(now);
        let from = sender.map_or_else(Name::operator, |user| self.users.of(user).name);
        let everybody: Vec<UserKey> = self.users.after(0).map(|user| user.key).collect();
        self.announcements.push(stamp, from, text, ANNOUNCEMENTS_KEPT);
        out.record(&Record::Announced { from, text });
        out.tell_all(Audience::once(&everybody).without(sender), &Event::Announced { stamp, from, text });
        let others = self.users.after(0).filter(|user| Some(user.key) != sender);
        let dropped = others.filter(|user| user.is_dropped()).count();
        Reply::Taken { stamp, to: Recipients::of(everybody.len() - usize::from(sender.is_some()), dropped) }
    }
}
