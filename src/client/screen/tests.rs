//! In which order things come to the screen.

use jiff::tz::TimeZone;

use super::*;
use crate::chat::Millis;
use crate::client::model::{Setup, Wish};
use crate::client::view::{Charset, Colours};

fn chatting_with_bob() -> Model {
    let mut model = Model::new(Setup {
        server: "lab7:2428".to_owned(),
        wish: Wish::Name("alice".to_owned()),
        plain: false,
        scripted: false,
        bell: false,
        quiet: false,
        reconnect: false,
        password: None,
        dead_after: Duration::from_secs(60),
        seed: 1,
    });
    drop(model.handle_connected(Millis(0)));
    for line in ["+OK chatd 0.1.0 protocol 1", "+OK entered 1 alice", "* paired bob"] {
        drop(model.handle_line(line, Millis(0)));
    }
    model
}

/// What waits for the screen when this came between Enter and what Enter does.
fn entered(typed: &str, came: &str) -> String {
    let painter = Painter::new(Colours::None, Charset::Utf8, TimeZone::UTC);
    let outbox = Outbox::new().unwrap();
    let mut state = State::new(chatting_with_bob());
    let place = state.model.place();
    state.model.note_draft(typed, &place);
    let actions = state.model.handle_line(came, Millis(1));
    state.perform(actions, &painter, &outbox);
    state.enter(typed, 1, 20, &painter, &outbox);
    state.waiting
}

#[test]
fn what_came_with_enter_stands_below_what_was_sent_and_above_why_nothing_was() {
    let after = |text: &str, first: &str, then: &str| {
        let at = |part| text.find(part).unwrap_or_else(|| panic!("no {part:?}: {text:?}"));
        at(first) < at(then)
    };
    let sent = entered("hello", "* private 1 2026-11-20T12:00:00.000Z carol psst");
    assert!(after(&sent, "bob: hello", "carol: psst"), "{sent:?}");
    let refused = entered("hello", "* ended bob gone");
    assert!(after(&refused, "bob is gone; the chat is over", "!! not sent: "), "{refused:?}");
}
