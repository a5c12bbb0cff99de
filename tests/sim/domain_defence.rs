//! What users can do against being disturbed, and the operator against one who disturbs: each
//! scene is a list of commands with what everybody is told, as text.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]

use crate::memory::domain::{Recorder, at, command};
use chatd::chat::{Chat, CloseReason, Entry, Millis, Name, Settings, UserKey};

/// Users by name over one chat, and a script that reads like a play.
struct Stage {
    chat: Chat,
    keys: Vec<(&'static str, UserKey)>,
}

impl Stage {
    fn new(names: &[&'static str]) -> Self {
        let (mut chat, mut keys) = (Chat::new(Settings::default()), Vec::new());
        for name in names {
            let entry = Entry { name: Some(Name::new(name).unwrap()), address: None };
            let (key, ..) = chat.enter(entry, at(0), &mut Recorder::default()).unwrap();
            keys.push((*name, key));
        }
        Self { chat, keys }
    }

    fn key(&self, who: &str) -> UserKey {
        self.keys.iter().find(|(name, _)| *name == who).unwrap().1
    }

    /// Gives `line` as `who` and returns the answer, then what `watched` were told, each behind a name.
    fn act(&mut self, millis: u64, who: &str, line: &str) -> Vec<String> {
        let mut out = Recorder::default();
        let key = self.key(who);
        let answer = command(&mut self.chat, key, line, at(millis), &mut out);
        self.chat.check_invariants();
        let rows = out.rows.iter().map(|row| row.trim_end().to_owned());
        let mut told: Vec<String> = rows.collect();
        for (name, key) in &self.keys {
            let theirs = out.told.iter().filter(|(audience, _)| audience.contains(key));
            told.extend(theirs.map(|(_, event)| format!("{name}: {event}")));
        }
        told.push(answer.trim_end().to_owned());
        told
    }
}

fn has(told: &[String], start: &str) -> bool {
    told.iter().any(|line| line.starts_with(start))
}

#[test]
fn an_ignored_user_is_not_heard_and_not_told_so() {
    let mut stage = Stage::new(&["ann", "bob", "cat"]);
    for who in ["ann", "bob", "cat"] {
        stage.act(0, who, "join #dev");
    }
    assert_eq!(stage.act(0, "ann", "ignore BOB"), ["+OK"]);
    assert_eq!(stage.act(0, "ann", "ignore"), ["= ignored bob", "+OK listed 1 1"]);
    let told = stage.act(0, "bob", "say #dev hello");
    assert!(has(&told, "cat: * room") && !has(&told, "ann:"), "{told:?}");
    assert!(told.last().unwrap().ends_with(" 2"), "the sender is not told who ignores it: {told:?}");
    let told = stage.act(0, "bob", "private ann psst");
    assert!(!has(&told, "ann:") && told.last().unwrap().starts_with("+OK taken"), "{told:?}");
    assert!(has(&stage.act(0, "bob", "request ann"), "-ERR no-requests"));
    assert!(has(&stage.act(0, "cat", "private ann psst"), "ann: * private"), "others are heard");
    assert_eq!(stage.act(0, "ann", "unignore bob"), ["+OK"]);
    assert!(has(&stage.act(0, "bob", "say #dev again"), "ann: * room"));
    assert!(has(&stage.act(0, "ann", "unignore bob"), "-ERR not-ignored"));
    assert!(has(&stage.act(0, "ann", "ignore ann"), "-ERR yourself"));
}

#[test]
fn what_an_ignored_user_said_before_one_joined_is_not_shown() {
    let mut stage = Stage::new(&["ann", "bob", "cat"]);
    for who in ["bob", "cat"] {
        stage.act(0, who, "join #dev");
        stage.act(0, who, &format!("say #dev from {who}"));
    }
    stage.act(0, "ann", "ignore BOB");
    let told = stage.act(0, "ann", "join #dev");
    let earlier: Vec<&String> = told.iter().filter(|line| line.starts_with("ann: * earlier")).collect();
    assert!(earlier.len() == 1 && earlier[0].ends_with(" cat from cat"), "{told:?}");
    stage.act(0, "ann", "unignore bob");
    stage.act(0, "ann", "leave");
    let told = stage.act(0, "ann", "join #dev");
    assert_eq!(told.iter().filter(|line| line.starts_with("ann: * earlier")).count(), 2, "{told:?}");
}

#[test]
fn who_has_no_voice_leaves_no_words_behind() {
    let mut stage = Stage::new(&["ann", "bob"]);
    stage.act(0, "bob", "away words");
    stage.chat.mute(Name::new("bob").unwrap(), Some(Millis(1_000)), &mut Recorder::default());
    assert!(stage.act(0, "ann", "list")[1].ends_with(" muted away"));
    assert!(has(&stage.act(0, "ann", "private bob hi"), "ann: * away bob"));
    assert!(!stage.act(0, "ann", "private bob hi").iter().any(|line| line.contains("words")));
    assert_eq!(stage.act(0, "bob", "away more words"), ["-ERR muted"]);
    assert_eq!(stage.act(0, "bob", "away"), ["+OK"], "being away is no speech");
    stage.act(0, "bob", "here");
    assert_eq!(stage.act(1_000, "bob", "away words"), ["+OK"]);
    assert!(stage.act(1_000, "ann", "list")[1].ends_with(" away words"));
}

#[test]
fn ignoring_outlives_a_reentry_and_is_forgotten_with_its_owner() {
    let mut stage = Stage::new(&["ann", "bob"]);
    stage.act(0, "ann", "ignore bob");
    let bob = stage.key("bob");
    stage.chat.leave(bob, CloseReason::Quit, at(0), &mut Recorder::default());
    let entry = Entry { name: Some(Name::new("Bob").unwrap()), address: None };
    stage.keys[1].1 = stage.chat.enter(entry, at(0), &mut Recorder::default()).unwrap().0;
    assert!(!has(&stage.act(0, "bob", "private ann psst"), "ann:"), "by name, in any case");
    let ann = stage.key("ann");
    stage.chat.leave(ann, CloseReason::Quit, at(0), &mut Recorder::default());
    stage.chat.check_invariants();
}

#[test]
fn one_can_ignore_64_and_no_more() {
    let names: Vec<&'static str> = (0..66).map(|n| &*format!("u{n}").leak()).collect();
    let mut stage = Stage::new(&names);
    for name in &names[1..65] {
        assert_eq!(stage.act(0, "u0", &format!("ignore {name}")), ["+OK"]);
    }
    assert!(has(&stage.act(0, "u0", "ignore u65"), "-ERR too-many-ignored"));
    assert_eq!(stage.act(0, "u0", "ignore u1"), ["+OK"], "twice the same is one");
}

#[test]
fn do_not_disturb_refuses_requests_and_lets_messages_through() {
    let mut stage = Stage::new(&["ann", "bob"]);
    stage.act(0, "ann", "dnd on");
    assert!(has(&stage.act(0, "bob", "request ann"), "-ERR no-requests"));
    assert!(has(&stage.act(0, "bob", "join ann"), "-ERR no-requests"));
    assert!(has(&stage.act(0, "bob", "private ann psst"), "ann: * private"));
    assert!(stage.act(0, "bob", "list")[0].ends_with(" dnd"));
    stage.act(0, "ann", "dnd off");
    assert!(has(&stage.act(0, "bob", "request ann"), "+OK ringing"));
}

#[test]
fn who_turns_to_one_who_is_away_is_told_so() {
    let mut stage = Stage::new(&["ann", "bob"]);
    stage.act(0, "ann", "away back at two");
    assert!(stage.act(0, "bob", "list")[0].ends_with(" away back at two"));
    let told = stage.act(0, "bob", "private ann psst");
    assert!(has(&told, "bob: * away ann back at two") && has(&told, "ann: * private"), "{told:?}");
    let told = stage.act(0, "bob", "request ann");
    assert!(has(&told, "bob: * away ann") && has(&told, "ann: * request"), "{told:?}");
    stage.act(0, "ann", "away");
    assert!(stage.act(0, "bob", "list")[0].ends_with(" away"));
    stage.act(0, "ann", "here");
    assert!(!has(&stage.act(0, "bob", "private ann psst"), "bob: * away"));
}

#[test]
fn a_muted_user_reads_but_does_not_send_until_its_time_is_over() {
    let mut stage = Stage::new(&["ann", "bob"]);
    stage.act(0, "ann", "join #dev");
    stage.act(0, "bob", "join #dev");
    let name = Name::new("ANN").unwrap();
    stage.chat.mute(name, Some(Millis(1_000)), &mut Recorder::default());
    for line in ["say #dev hi", "private bob hi", "announce hi", "request bob", "join bob"] {
        let told = stage.act(500, "ann", line);
        assert!(has(&told, "-ERR muted") || line == "join bob", "{line}: {told:?}");
        assert!(!has(&told, "bob:"), "{line}: {told:?}");
    }
    assert!(has(&stage.act(500, "bob", "say #dev hi"), "ann: * room"));
    assert!(stage.act(500, "bob", "list")[0].ends_with(" muted"));
    assert!(has(&stage.act(1_000, "ann", "say #dev hi"), "bob: * room"));
    stage.chat.mute(name, None, &mut Recorder::default());
    assert!(has(&stage.act(900_000, "ann", "say #dev hi"), "-ERR muted"));
    assert!(stage.chat.unmute(name, &mut Recorder::default()));
    assert!(!stage.chat.unmute(name, &mut Recorder::default()));
    assert!(has(&stage.act(900_000, "ann", "say #dev hi"), "+OK taken"));
}
