//! The login name, as a username.

use nix::unistd::{User, getuid};

use crate::chat::Name;
use crate::limits::NAME_BYTES;

/// The name one is logged in under, changed as little as it takes to be a username.
pub(super) fn name() -> Option<Name> {
    let named = |variable| std::env::var(variable).ok().filter(|name| !name.is_empty());
    let login = named("LOGNAME").or_else(|| named("USER"));
    let login = login.or_else(|| User::from_uid(getuid()).ok().flatten().map(|user| user.name))?;
    fit(&login)
}

fn fit(login: &str) -> Option<Name> {
    let kept = |c: char| if c.is_ascii_alphanumeric() || c == '_' || c == '-' { c } else { '_' };
    let mut fitted: String = login.chars().map(kept).take(NAME_BYTES).collect();
    if !fitted.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        fitted.insert(0, '_');
        fitted.truncate(NAME_BYTES);
    }
    Name::new(&fitted).ok().or_else(|| Name::new(&format!("{fitted}_")).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_names_are_changed_as_little_as_it_takes() {
        for (login, name) in
            [("alice", "alice"), ("jo.doe", "jo_doe"), ("7of9", "_7of9"), ("operator", "operator_"), ("zoë", "zo_")]
        {
            assert_eq!(fit(login).unwrap().as_str(), name);
        }
        assert_eq!(fit(&"9".repeat(40)).unwrap().as_str().len(), NAME_BYTES);
    }
}
