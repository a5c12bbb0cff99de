//! Refusals of commands → what the screen says.

use super::here::Here;
use super::sent::Sent;
use super::{Actions, Focus, Line};

impl Here {
    pub(super) fn handle_refusal(&mut self, code: &str, text: &str, out: &mut Actions) {
        let Some(sent) = self.take_sent() else { return };
        self.rows.clear();
        match sent {
            // Not asked for by the user, who can do without.
            Sent::OpeningUsers | Sent::OpeningRooms | Sent::QuietUsers | Sent::Watch | Sent::Keep | Sent::Ping => {}
            Sent::CheckSession | Sent::CheckRequests => {}
            // There is no such room, or I am not in it.
            Sent::CheckRoom(room) => self.check_room(room, &[], 0, out),
            Sent::Rejoin(room) => {
                self.rejoining.retain(|other| *other != room);
                out.show(Line::error(format!("you are not in {room} any more: {text}")));
                self.leave_focus(Focus::Room(room), out);
            }
            Sent::Say(to) => self.fail(format!("not delivered to {to}: {text}"), out),
            Sent::Private(to) => self.fail(format!("not sent to {to}: {text}"), out),
            Sent::Announce => self.fail(format!("not announced: {text}"), out),
            Sent::Accept(whose) | Sent::Reject(whose) => {
                if code == "no-request" {
                    self.forget_request(&whose);
                }
                self.fail(text, out);
            }
            _ => self.fail(text, out),
        }
        self.count_those_before(out);
    }

    /// If that was the last message on its way, says how many before it the server has.
    fn count_those_before(&mut self, out: &mut Actions) {
        if self.unacknowledged() == 0 && self.acknowledged > 0 {
            let count = std::mem::take(&mut self.acknowledged);
            out.show(Line::new().dim(format!("✓ {count} before that")).indented());
        }
    }
}
