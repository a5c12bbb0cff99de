//! The server's password: from the command line or from a person, and what if it is wrong.

use super::entry::Entry;
use super::{Actions, EXIT_FAILED, Line, Model, Stage, Wish};
use crate::wire::{AnyCommand, compose};

impl Model {
    /// The server asks for a password before it lets anybody in.
    pub(super) fn prove(&mut self, tried: Wish, out: &mut Actions) {
        if let Some(password) = &self.setup.password {
            out.send(compose(AnyCommand::Password(password)));
            self.stage = Stage::Entry(Entry::Proving(tried));
        } else if self.setup.scripted {
            out.show(Line::error(format!("{} asks for a password; --password-file FILE gives it", self.setup.server)));
            self.over(EXIT_FAILED, out);
        } else {
            out.show(Line::notice(format!("{} asks for a password", self.setup.server)));
            self.stage = Stage::Entry(Entry::AskingPassword(tried));
        }
    }

    /// The password was wrong.
    pub(super) fn ask_password_again(&mut self, tried: Wish, text: &str, out: &mut Actions) {
        out.show(Line::error(text));
        if self.setup.scripted || !self.is_password_typed {
            return self.over(EXIT_FAILED, out);
        }
        self.setup.password = None;
        self.stage = Stage::Entry(Entry::AskingPassword(tried));
    }

    /// The password was typed.
    pub(super) fn handle_typed_password(&mut self, typed: &str, out: &mut Actions) {
        let Stage::Entry(Entry::AskingPassword(tried)) = &self.stage else { return };
        let tried = tried.clone();
        let password = typed.lines().next().unwrap_or_default();
        if password.is_empty() {
            return out.show(Line::aside("Ctrl-D leaves"));
        }
        self.is_password_typed = true;
        self.setup.password = Some(password.to_owned());
        out.send(compose(AnyCommand::Password(password)));
        self.stage = Stage::Entry(Entry::Proving(tried));
    }
}
