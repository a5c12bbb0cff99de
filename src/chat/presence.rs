//! The state machine of one user.

use super::key::{RoomKey, UserKey};
use super::time::Millis;

/// What an invitation asks for, by key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    /// A private session.
    Session,
    /// To join a room, of which the inviter is a member for as long as the invitation stands.
    Room(RoomKey),
}

/// A user's one outgoing request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Invitation {
    pub(super) to: UserKey,
    pub(super) aim: Aim,
    pub(super) deadline: Millis,
}

/// Where a user stands. Before entry there is no user, after leaving there is none any more.
///
/// ```text
///                  invite                 pair
///   Available ───────────────▶ Inviting ─────────▶ Chatting
///       ▲ │ ◀─────────────────    │                  │  ▲
///       │ │    stop_inviting                         │  │
///       │ └──────────────────── pair ─────────────────────┘
///       └───────────────────── unpair ───────────────┘
/// ```
///
/// Every other transition is refused. Invitations from others are not part of it: any number can
/// wait beside any state but `Chatting`, which ends them.
#[derive(Debug, Default)]
pub(super) struct Presence(State);

#[derive(Debug, Default)]
enum State {
    #[default]
    Available,
    /// Boxed, since few users are inviting at a time.
    Inviting(Box<Invitation>),
    Chatting {
        with: UserKey,
    },
}

/// Why a transition is refused: the state the user is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Occupied {
    Inviting(UserKey),
    Chatting(UserKey),
}

impl Presence {
    /// Available → Inviting.
    pub(super) fn invite(&mut self, invitation: Invitation) -> Result<(), Occupied> {
        self.check_free()?;
        self.0 = State::Inviting(Box::new(invitation));
        Ok(())
    }

    /// Inviting → Available, giving back what stood; `None` and no change from any other state.
    pub(super) fn stop_inviting(&mut self) -> Option<Invitation> {
        let invitation = self.invitation()?;
        self.0 = State::Available;
        Some(invitation)
    }

    /// Available or Inviting → Chatting. The caller has ended the invitation before, so that
    /// nobody is left believing in it.
    pub(super) fn pair(&mut self, with: UserKey) -> Result<(), Occupied> {
        self.check_free()?;
        self.0 = State::Chatting { with };
        Ok(())
    }

    /// Chatting → Available, giving back the partner; `None` and no change from any other state.
    pub(super) fn unpair(&mut self) -> Option<UserKey> {
        let partner = self.partner()?;
        self.0 = State::Available;
        Some(partner)
    }

    /// The partner, in a session.
    pub(super) fn partner(&self) -> Option<UserKey> {
        match self.0 {
            State::Chatting { with } => Some(with),
            State::Available | State::Inviting(_) => None,
        }
    }

    /// The outgoing invitation, while one stands.
    pub(super) fn invitation(&self) -> Option<Invitation> {
        match &self.0 {
            State::Inviting(invitation) => Some(**invitation),
            State::Available | State::Chatting { .. } => None,
        }
    }

    /// Whether the user may start something.
    pub(super) fn check_free(&self) -> Result<(), Occupied> {
        match &self.0 {
            State::Available => Ok(()),
            State::Inviting(invitation) => Err(Occupied::Inviting(invitation.to)),
            State::Chatting { with } => Err(Occupied::Chatting(*with)),
        }
    }
}
