//! Names of any script: what is taken, as what it is stored, and which are the same.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]

use std::collections::HashSet;

use crate::memory::domain::model::same;
use crate::memory::fuzz;
use chatd::chat::{Mention, Name, RoomName, Uid, UserRef};
use proptest::prelude::*;

/// Letters of several scripts that may be a name together, with marks, and what may be in none.
fn texts() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => "[A-Za-z0-9_-]{1,25}",
        2 => "[a-zäöüéßçñőø\u{300}-\u{304}]{1,14}",
        2 => "[а-яА-ЯёЁїіѕјԛ0-9]{1,14}",
        1 => "[α-ωΑ-Ωάώ]{1,14}",
        1 => "[一-龥ぁ-んァ-ヶa-z]{1,8}",
        1 => "[가-힣\u{1100}-\u{1112}\u{1161}-\u{1175}]{1,8}",
        1 => "[\u{905}-\u{939}\u{93e}-\u{94d}]{1,8}",
        1 => "[א-תا-ي٠-٩]{1,8}",
        1 => "[a-z\u{200b}-\u{200f}\u{202a}-\u{202e}\u{2060}-\u{2069}\u{ad}\u{feff}ａ-ｚ]{1,6}",
        2 => "\\PC{1,6}",
    ]
}

/// Names with many among them that are the same as others.
fn alike() -> impl Strategy<Value = String> {
    let spelled = prop_oneof!["[aAаАoO0оОcCсСl1iI]{1,3}", "[rnmRNMeEеЕ]{1,4}", "[жЖёЁ]{1,2}"];
    spelled.prop_filter("a name", |text| Name::any(text).is_ok())
}

proptest! {
    #[test]
    fn what_is_taken_can_be_seen_and_stays_the_same_on_its_way(text in texts()) {
        fuzz::names(text.as_bytes());
    }

    #[test]
    fn to_be_the_same_is_an_equivalence(one in alike(), two in alike(), three in alike()) {
        let [a, b, c] = [&one, &two, &three].map(|text| Name::any(text).unwrap());
        prop_assert_eq!(a, a);
        prop_assert_eq!(a == b, b == a);
        prop_assert!(a != b || b != c || a == c, "{} {} {}", one, two, three);
        prop_assert_eq!(a == b, same(&one, &two), "{} {}", one, two);
        let rooms = [&one, &two].map(|text| RoomName::new(&format!("#{text}")).unwrap());
        prop_assert_eq!(a == b, rooms[0] == rooms[1]);
        // Whoever is the same is found as the same.
        let (names, rooms) = (HashSet::from([a, b, c]), HashSet::from(rooms));
        prop_assert_eq!(names.len(), if a == b { 1 + usize::from(a != c) } else { 2 + usize::from(c != a && c != b) });
        prop_assert_eq!(rooms.len(), 1 + usize::from(a != b));
    }

    #[test]
    fn a_mention_means_who_a_reference_refers_to(one in alike(), text in prop_oneof![alike(), texts(), "[0-9]{1,3}"]) {
        let (name, uid) = (Name::any(&one).unwrap(), Uid::new("11").unwrap());
        let refers = UserRef::new(&text).is_ok_and(|user| user == UserRef::Name(name) || user == UserRef::Uid(uid));
        prop_assert_eq!(Mention::new(&text).is_ok_and(|mention| mention.means(&name, uid)), refers);
    }
}

/// Every character by itself, and behind a letter.
#[test]
fn no_name_has_a_character_that_is_not_seen() {
    for c in char::MIN..=char::MAX {
        fuzz::names(c.encode_utf8(&mut [0; 4]).as_bytes());
        fuzz::names(format!("ж{c}").as_bytes());
    }
    for hidden in
        "\u{ad}\u{200b}\u{200c}\u{200d}\u{200e}\u{202e}\u{2060}\u{2066}\u{feff}\u{fe0f}\u{3164}\u{e0061}\u{34f}".chars()
    {
        for text in [format!("{hidden}bob"), format!("b{hidden}ob"), format!("bob{hidden}"), format!("ж{hidden}ж")] {
            assert!(Name::any(&text).is_err() && RoomName::new(&format!("#{text}")).is_none(), "{text:?}");
        }
    }
}
