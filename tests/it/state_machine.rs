//! Golden table of the state machine: what every input does to a user called `ann` in every state,
//! with the answer, who is told what in which order, and whose state is another one afterwards.
//! The table is tests/golden/state_machine.txt; it is meant to be read. After a change that is
//! meant, renew it and read what changed:
//!
//! ```text
//! GOLDEN=renew cargo test --test it state_machine && git diff tests/golden
//! ```

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "in a test a panic is a failure that says where")]

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::memory::domain::{Recorder, at, command, difference};
use chatd::chat::{Chat, CloseReason, Entry, Name, Settings, UserKey};

const GOLDEN: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/state_machine.txt");
const RENEW: &str = "GOLDEN=renew cargo test --test it state_machine";

/// Everybody on the stage. Dave may be anything; erin and frank are in a session, gina is in
/// `#club`, wanda watches.
const CAST: [&str; 8] = ["ann", "bob", "carol", "dave", "erin", "frank", "gina", "wanda"];
const SCENE: [&str; 4] = ["erin> request frank", "frank> accept erin", "gina> join #club", "wanda> watch on"];

/// A state of `ann`: what leads there from the scene.
struct State {
    name: &'static str,
    steps: &'static [&'static str],
}

const STATES: [State; 9] = [
    State { name: "available", steps: &[] },
    State { name: "available, one request waiting", steps: &["carol> request ann"] },
    State { name: "available, a request into a room waiting", steps: &["carol> join ann"] },
    State { name: "available, two requests waiting", steps: &["carol> request ann", "dave> request ann"] },
    State { name: "asking bob", steps: &["ann> request bob"] },
    State { name: "asking bob, one request waiting", steps: &["ann> request bob", "carol> request ann"] },
    State { name: "asking bob into a room", steps: &["ann> join bob"] },
    State { name: "asking bob into a room, he asks for a session", steps: &["bob> request ann", "ann> join bob"] },
    State { name: "chatting with bob", steps: &["ann> request bob", "bob> accept"] },
];

/// The same while in a room, where only what has to do with rooms is another matter.
const STATES_IN_ROOM: [State; 5] = [
    State { name: "in #club, available", steps: &["ann> join #club"] },
    State { name: "in #club, one request waiting", steps: &["ann> join #club", "carol> request ann"] },
    State { name: "in #club, asking bob", steps: &["ann> join #club", "ann> request bob"] },
    State { name: "in #club, asking bob into another room", steps: &["ann> join #club", "ann> join bob"] },
    State { name: "in #club, chatting with bob", steps: &["ann> join #club", "ann> request bob", "bob> accept"] },
];

/// `who> command`, `who gone`, or `60 s pass`. Blank entries part the groups.
const INPUTS: &[&str] = &[
    "ann> request bob",
    "ann> request 2",
    "ann> request carol",
    "ann> request erin",
    "ann> request ann",
    "ann> request nobody",
    "",
    "ann> accept",
    "ann> accept bob",
    "ann> accept carol",
    "ann> accept ann",
    "ann> accept nobody",
    "ann> reject",
    "ann> reject bob",
    "ann> reject carol",
    "ann> reject ann",
    "ann> reject nobody",
    "ann> cancel",
    "ann> requests",
    "",
    "ann> say bob hi",
    "ann> say 2 hi",
    "ann> say carol hi",
    "ann> say ann hi",
    "ann> say nobody hi",
    "ann> end",
    "",
    "ann> private bob hi",
    "ann> private erin hi",
    "ann> private ann hi",
    "ann> private nobody hi",
    "ann> announce hi",
    "",
    "ann> join",
    "ann> join #club",
    "ann> join gina",
    "ann> join bob",
    "ann> join carol",
    "ann> join erin",
    "ann> join ann",
    "ann> join nobody",
    "ann> leave",
    "ann> leave #club",
    "ann> leave #ann",
    "ann> leave #nowhere",
    "ann> say #club hi",
    "ann> say #ann hi",
    "ann> say #nowhere hi",
    "",
    "ann> list",
    "ann> list 1",
    "ann> rooms",
    "ann> members #club",
    "ann> members #nowhere",
    "ann> watch on",
    "ann> watch off",
    "",
    "bob> request ann",
    "bob> accept ann",
    "bob> reject ann",
    "bob> cancel",
    "bob> request dave",
    "bob> say ann hi",
    "bob> end",
    "bob> join ann",
    "bob> leave",
    "bob> private ann hi",
    "",
    "carol> request ann",
    "carol> join ann",
    "carol> cancel",
    "carol> say ann hi",
    "carol> request erin",
    "carol> private ann hi",
    "carol> announce hi",
    "erin> request ann",
    "erin> join ann",
    "dave> request carol, then accepted",
    "dave> request bob, then accepted",
    "",
    "60 s pass",
    "ann gone",
    "bob gone",
    "carol gone",
    "erin gone",
    "gina gone",
];

const INPUTS_IN_ROOM: &[&str] = &[
    "ann> request bob",
    "ann> accept",
    "ann> cancel",
    "ann> say bob hi",
    "ann> end",
    "",
    "ann> join",
    "ann> join #CLUB",
    "ann> join gina",
    "ann> join bob",
    "ann> join carol",
    "ann> leave",
    "ann> leave #club",
    "ann> leave #nowhere",
    "ann> say #club hi",
    "ann> members #club",
    "",
    "gina> say #club hi",
    "gina> leave",
    "gina gone",
    "bob> accept ann",
    "bob> join ann",
    "ann gone",
    "bob gone",
];

struct Stage {
    chat: Chat,
    keys: BTreeMap<&'static str, UserKey>,
}

impl Stage {
    fn set(steps: &[&str]) -> Self {
        let mut stage = Self { chat: Chat::new(Settings::default()), keys: BTreeMap::new() };
        for name in CAST {
            let entry = Entry { name: Some(Name::new(name).unwrap()), address: None };
            let entered = stage.chat.enter(entry, at(0), &mut Recorder::default());
            stage.keys.insert(name, entered.unwrap().0);
        }
        for step in SCENE.iter().chain(steps) {
            let answer = stage.put_in(step, &mut Recorder::default());
            assert!(answer.starts_with("+OK"), "{step}: {answer}");
        }
        stage.tell_watchers(&mut Recorder::default());
        stage
    }

    /// Has those who watch told of what has happened until now.
    fn tell_watchers(&mut self, out: &mut Recorder) {
        self.chat.handle_timeout(at(1_000), out);
    }

    /// Does what an input says and gives back the answer, empty where there is none.
    fn put_in(&mut self, input: &str, out: &mut Recorder) -> String {
        let answer = if let Some((who, line)) = input.split_once("> ") {
            self.command(who, line, out)
        } else if let Some(who) = input.strip_suffix(" gone") {
            self.chat.leave(self.keys.remove(who).unwrap(), CloseReason::Disconnected, at(0), out);
            String::new()
        } else {
            assert_eq!(input, "60 s pass");
            self.chat.handle_timeout(at(59_999), out);
            assert!(out.told.is_empty(), "a millisecond before nothing happens");
            self.chat.handle_timeout(at(60_000), out);
            String::new()
        };
        self.chat.check_invariants();
        answer
    }

    fn command(&mut self, who: &str, line: &str, out: &mut Recorder) -> String {
        let Some((line, _)) = line.split_once(", then accepted") else {
            return command(&mut self.chat, self.keys[who], line, at(0), out);
        };
        let asked = line.rsplit(' ').next().unwrap();
        let answer = command(&mut self.chat, self.keys[who], line, at(0), out);
        if answer.starts_with("-ERR") {
            return answer;
        }
        command(&mut self.chat, self.keys[asked], &format!("accept {who}"), at(0), out)
    }

    /// What each user is doing, in words, by asking the chat itself.
    fn states(&mut self) -> BTreeMap<&'static str, String> {
        let rooms =
            self.rows_for("ann", "rooms").into_iter().filter_map(|row| row.split(' ').nth(2).map(str::to_owned));
        let rooms: Vec<String> = rooms.collect();
        let present: Vec<&str> = self.keys.keys().copied().collect();
        present.into_iter().map(|who| (who, self.state_of(who, &rooms))).collect()
    }

    fn state_of(&mut self, who: &str, rooms: &[String]) -> String {
        let user = self.rows_for(who, "list").into_iter().find(|row| row.split(' ').nth(3) == Some(who)).unwrap();
        let words: Vec<&str> = user.split(' ').collect();
        let mut state = words[4..6].join(" ").replace(" -", "");
        for row in self.rows_for(who, "requests") {
            let words: Vec<&str> = row.split(' ').collect();
            let verb = if words[1] == "request-to" { "asks" } else { "asked by" };
            let aim = if words[3] == "session" { String::new() } else { format!(" into {}", words[3]) };
            write!(state, ", {verb} {}{aim}", words[2]).unwrap();
        }
        for room in rooms {
            let members = self.rows_for(who, &format!("members {room}"));
            if members.iter().any(|row| row.ends_with(&format!(" {who}"))) {
                write!(state, ", in {room}").unwrap();
            }
        }
        state
    }

    /// The rows of a listing, whoever is there to ask for it.
    fn rows_for(&mut self, who: &str, line: &str) -> Vec<String> {
        let mut out = Recorder::default();
        let asker = self.keys.get(who).or(self.keys.values().next()).copied().unwrap();
        command(&mut self.chat, asker, line, at(0), &mut out);
        out.rows
    }

    fn name_of(&self, key: UserKey) -> &'static str {
        self.keys.iter().find(|(_, other)| **other == key).expect("only those who are here are told").0
    }
}

/// Everything one input does in one state, as a few lines of the table.
fn describe(steps: &[&str], input: &str) -> String {
    let mut stage = Stage::set(steps);
    let before = stage.states();
    let mut out = Recorder::default();
    let answer = stage.put_in(input, &mut out);
    stage.tell_watchers(&mut out);
    let time = chatd::wire::format_time(at(0).wall);
    let mut text = format!("{input:<36} {answer}").replace(&time, "TIME").trim_end().to_owned() + "\n";
    for row in out.rows.iter().filter(|row| !row.starts_with("= user") || row.contains(" ann ")) {
        writeln!(text, "        {row}").unwrap();
    }
    for (audience, line) in &out.told {
        let names: Vec<&str> = audience.iter().map(|key| stage.name_of(*key)).collect();
        writeln!(text, "        {:<7} {}", names.join(","), line.replace(&time, "TIME")).unwrap();
    }
    let after = stage.states();
    for (who, state) in &before {
        match after.get(who) {
            None => writeln!(text, "        -> {who}: gone").unwrap(),
            Some(now) if now != state => writeln!(text, "        -> {who}: {now}").unwrap(),
            Some(_) => {}
        }
    }
    text
}

fn table() -> String {
    let mut text = String::from(
        "What every input does to `ann` in every state. Written by tests/it/state_machine.rs, which says how to renew it.\n\
         Input, answer; below them rows (of = user only ann's), who is told what, and whose state is another one now.\n\
         erin and frank are in a session, gina is in #club, wanda watches, nobody is nobody; bob has UID 2.\n",
    );
    let in_room = STATES_IN_ROOM.iter().map(|state| (state, INPUTS_IN_ROOM));
    for (state, inputs) in STATES.iter().map(|state| (state, INPUTS)).chain(in_room) {
        let start = Stage::set(state.steps).states()["ann"].clone();
        write!(text, "\n=== {} ===  ann: {start}\n\n", state.name).unwrap();
        for input in inputs {
            text.push_str(&if input.is_empty() { "\n".to_owned() } else { describe(state.steps, input) });
        }
    }
    text
}

#[test]
fn every_input_in_every_state_does_what_the_table_says() {
    let found = table();
    if std::env::var("GOLDEN").is_ok_and(|wish| wish == "renew") {
        std::fs::write(GOLDEN, &found).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(GOLDEN).unwrap_or_default();
    if expected != found {
        let lines = difference(&expected, &found);
        panic!(
            "the state machine is not what {GOLDEN} says (- expected, + found):\n{lines}\nif that is meant: {RENEW}"
        );
    }
}

#[test]
fn the_same_table_comes_out_twice() {
    assert!(table() == table());
}
