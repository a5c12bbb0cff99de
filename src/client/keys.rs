//! The keys of chatc's own, beside those of the editor.

use std::sync::Arc;

use rustyline::{
    Cmd, ConditionalEventHandler, Event, EventContext, EventHandler, KeyCode, KeyEvent, Modifiers, RepeatCount,
};

use super::screen::Screen;
use super::terminal::Input;

/// Binds them. `Ctrl-X` is a first key in the editor already, with no use for `y` and `n` behind it;
/// Alt and a letter would not do: it is the same to it as Esc and then that letter, however much later.
pub(super) fn bind(input: &mut Input, screen: &Arc<Screen>) {
    for (letters, is_yes) in [(['y', 'Y'], true), (['n', 'N'], false)] {
        for second in letters.map(KeyEvent::from).into_iter().chain([KeyEvent::ctrl(letters[1])]) {
            let answer = Box::new(Answer { screen: Arc::clone(screen), is_yes });
            let keys = Event::KeySeq(vec![KeyEvent::ctrl('X'), second]);
            input.bind_sequence(keys, EventHandler::Conditional(answer));
        }
    }
    input.bind_sequence(Event::Any, EventHandler::Conditional(Box::new(Watch(Arc::clone(screen)))));
}

/// Answers a request, whatever is being typed.
struct Answer {
    screen: Arc<Screen>,
    is_yes: bool,
}

impl ConditionalEventHandler for Answer {
    fn handle(&self, _: &Event, _: RepeatCount, _: bool, _: &EventContext<'_>) -> Option<Cmd> {
        self.screen.answer_by_key(self.is_yes);
        Some(Cmd::Repaint)
    }
}

/// Looks on: every key does what it does otherwise.
struct Watch(Arc<Screen>);

impl ConditionalEventHandler for Watch {
    fn handle(&self, event: &Event, _: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        let key = event.get(0)?;
        if key.0 == KeyCode::BracketedPasteStart {
            let before = context.line().get(..context.pos()).unwrap_or_default();
            self.0.note_paste(before);
        }
        if *key == KeyEvent::ctrl('L') {
            self.0.note_cleared();
        }
        if !edits_only(key) {
            self.0.note_moved();
        }
        None
    }
}

/// Whether a key changes nothing on the screen but the line that is being typed.
fn edits_only(key: &KeyEvent) -> bool {
    let KeyEvent(code, modifiers) = *key;
    modifiers == Modifiers::NONE
        && matches!(code, KeyCode::Char(_) | KeyCode::Backspace | KeyCode::Delete | KeyCode::Left | KeyCode::Right)
}
