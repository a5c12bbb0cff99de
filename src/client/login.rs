//! The login name, as a username.

use nix::unistd::{User, getuid};
use unicode_normalization::UnicodeNormalization;

use crate::chat::{Name, NameError};

/// The name one is logged in under, changed as little as it takes to be a username.
pub(super) fn name() -> Option<Name> {
    let named = |variable| std::env::var(variable).ok().filter(|name| !name.is_empty());
    let login = named("LOGNAME").or_else(|| named("USER"));
    let login = login.or_else(|| User::from_uid(getuid()).ok().flatten().map(|user| user.name))?;
    fit(&login)
}

fn fit(login: &str) -> Option<Name> {
    let is_ascii = |c: char| c.is_ascii_alphanumeric() || c == '-';
    // What cannot stand together may do without some of it.
    fit_with(login, |c| is_ascii(c) || Name::any(&format!("_{c}")).is_ok()).or_else(|| fit_with(login, is_ascii))
}

fn fit_with(login: &str, may_stand: impl Fn(char) -> bool) -> Option<Name> {
    let mut fitted: String = login.nfc().map(|c| if may_stand(c) { c } else { '_' }).collect();
    if Name::any(&fitted) == Err(NameError::BadStart) {
        fitted.insert(0, '_');
    }
    while Name::any(&fitted) == Err(NameError::TooLong) {
        fitted.pop();
    }
    Name::new(&fitted).ok().or_else(|| Name::new(&format!("{fitted}_")).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_names_are_changed_as_little_as_it_takes() {
        for (login, name) in [
            ("alice", "alice"),
            ("jo.doe", "jo_doe"),
            ("7of9", "_7of9"),
            ("operator", "operator_"),
            ("zoë", "zoë"),
            ("zoe\u{308}", "zoë"),
            ("李.雷", "李_雷"),
            ("аdmin", "_dmin"),
            ("٣ab", "_ab"),
        ] {
            assert_eq!(fit(login).unwrap().as_str(), name);
        }
        assert_eq!(fit(&"9".repeat(40)).unwrap().as_str().len(), 24);
        assert_eq!(fit(&"李".repeat(40)).unwrap().as_str(), "李".repeat(12));
    }
}
