//! What is a name, and which are the same, name by name.

use super::*;

#[test]
fn names_are_checked_and_compared_without_case() {
    assert_eq!(Name::new("Alice").unwrap(), Name::new("aLICE").unwrap());
    assert_eq!(Name::new("").unwrap_err(), NameError::Empty);
    assert_eq!(Name::new("9lives").unwrap_err(), NameError::BadStart);
    assert_eq!(Name::new("-x").unwrap_err(), NameError::BadStart);
    assert_eq!(Name::new("a b").unwrap_err(), NameError::BadCharacter);
    assert_eq!(Name::new("a\u{1b}[m").unwrap_err(), NameError::BadCharacter);
    assert_eq!(Name::new(&"a".repeat(25)).unwrap_err(), NameError::TooLong);
    assert_eq!(Name::new(&"a".repeat(24)).unwrap().as_str().len(), 24);
}

#[test]
fn reserved_names_and_guest_names_are_not_for_people() {
    for name in ["Server", "CHATD", "all", "Everyone", "everybody", "operator", "me", "YOU", "USER1", "user51324"] {
        assert_eq!(Name::new(name).unwrap_err(), NameError::Reserved, "{name}");
        assert!(Name::any(name).is_ok(), "{name} may be seen");
    }
    assert!(Name::new("USER").is_ok());
    assert!(Name::new("USERx").is_ok());
    assert!(Name::new("young").is_ok());
    assert_eq!(Name::guest(u64::MAX).as_str().len(), NAME_COLUMNS);
}

#[test]
fn a_bare_number_is_a_uid_and_nothing_else_is() {
    assert_eq!(UserRef::new("7").unwrap(), UserRef::Uid(Uid::new("7").unwrap()));
    assert!(Uid::new("0").is_none());
    assert!(Uid::new("+7").is_none());
    assert!(UserRef::new("7a").is_err());
}

#[test]
fn a_mention_means_who_a_reference_refers_to() {
    let (name, uid) = (Name::new("Alice_7").unwrap(), Uid::new("7").unwrap());
    for text in ["Alice_7", "aLICE_7", "alice", "alice_77", "7", "07", "77", "0", "", "bob", "a b", "-x"] {
        let refers = UserRef::new(text).map(|user| user == UserRef::Name(name) || user == UserRef::Uid(uid));
        assert_eq!(Mention::new(text).map(|mention| mention.means(&name, uid)), refers, "{text}");
    }
}

#[test]
fn room_names_need_a_hash_and_fit_even_when_made_up() {
    assert!(RoomName::new("#dev").is_some());
    assert!(RoomName::new("dev").is_none());
    assert!(RoomName::new("#").is_none());
    assert!(RoomName::new(&format!("#{}", "a".repeat(49))).is_some());
    assert!(RoomName::new(&format!("#{}", "a".repeat(50))).is_none());
    let longest = RoomName::of(Name::new(&"a".repeat(24)).unwrap(), u64::MAX);
    assert!(RoomName::new(longest.as_str()).is_some());
}

#[test]
fn people_of_any_script_have_names() {
    for name in [
        "Zoë",
        "Müller",
        "Øyvind",
        "Žaneta",
        "Ưng",
        "Жанна",
        "Ίκαρος",
        "Աննա",
        "გიორგი",
        "אברהם",
        "محمد",
        "नमिता",
        "রহিমা",
        "สมชาย",
        "李雷",
        "山田たろう",
        "タロウ",
        "김철수",
        "Bob_李",
        "ローラLaura",
        "김Kim",
        "Gal·la",
        "ስላሴ",
    ] {
        assert_eq!(Name::new(name).map(|name| name.to_string()), Ok(name.to_owned()));
        assert!(RoomName::new(&format!("#{name}")).is_some(), "{name}");
    }
    assert_eq!(Name::new("Zoe\u{308}").unwrap().as_str(), "Zoë", "names are stored as NFC");
    assert_eq!(RoomName::new("#Zoe\u{308}").unwrap().as_str(), "#Zoë");
}

#[test]
fn what_cannot_be_seen_or_told_from_something_else_is_in_no_name() {
    use NameError::{BadCharacter, BadStart, MixedScripts, TooManyMarks};
    for (name, error) in [
        ("ali\u{200b}ce", BadCharacter),
        ("ali\u{200d}ce", BadCharacter),
        ("ali\u{202e}ce", BadCharacter),
        ("ali\u{ad}ce", BadCharacter),
        ("ｂob", BadCharacter),
        ("ﬁona", BadStart),
        ("a\u{a0}b", BadCharacter),
        ("bob👍", BadCharacter),
        ("\u{301}a", BadStart),
        ("٣ab", BadStart),
        ("аdmin", MixedScripts),
        ("Жanna", MixedScripts),
        ("αβγabc", MixedScripts),
        ("李ж", MixedScripts),
        ("x\u{301}\u{301}", TooManyMarks),
        ("x\u{301}\u{302}\u{303}\u{304}\u{306}", TooManyMarks),
    ] {
        let error = if error == BadStart { Name::new(name).err() } else { Some(error) };
        assert_eq!(Name::new(name).err(), error, "{name:?}");
        assert!(error.is_some_and(|error| !error.to_string().is_empty()));
    }
}

#[test]
fn names_that_look_like_reserved_ones_are_reserved() {
    for name in ["a11", "rne", "ореrаtоr", "еvегуоnе", "USERl", "USERO", "user1O", "ѕеrvеr"] {
        let error = Name::new(name).unwrap_err();
        assert!(matches!(error, NameError::Reserved | NameError::MixedScripts), "{name}: {error:?}");
    }
    assert_eq!(Name::new("уоu").unwrap_err(), NameError::MixedScripts);
    assert!(Name::new("юзер1").is_ok());
}

#[test]
fn a_name_is_found_by_what_it_looks_like() {
    let hash = |name: &str| {
        std::hash::BuildHasher::hash_one(
            &std::hash::BuildHasherDefault::<std::hash::DefaultHasher>::default(),
            Name::any(name).unwrap(),
        )
    };
    for (one, two) in [("alice", "A1ICE"), ("coco", "сосо"), ("Жанна", "жанна"), ("mia", "rnia")] {
        assert_eq!(Name::any(one), Name::any(two));
        assert_eq!(hash(one), hash(two), "{one} {two}");
        assert_eq!(NameKey::from(Name::any(one).unwrap()), Name::any(two).unwrap().into());
    }
    assert_ne!(Name::any("zoe"), Name::any("zoë"));
    assert_eq!(RoomName::new("#Кафе"), RoomName::new("#кафе"));
}
