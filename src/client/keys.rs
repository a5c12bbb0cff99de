//! The keys of chatc's own, beside those of the editor.

use std::sync::{Arc, Mutex, PoisonError};

use rustyline::{
    Cmd, ConditionalEventHandler, Event, EventContext, EventHandler, KeyCode, KeyEvent, Modifiers, RepeatCount,
};

use super::intake::{Fate, Intake};
use super::screen::Screen;
use super::terminal::Input;
use super::view::Line;

/// What comes into the drafts, for whoever starts the editor, too.
pub(super) type Gate = Arc<Mutex<Intake>>;

/// Binds them. `Ctrl-X` is a first key in the editor already, with no use for `y` and `n` behind it;
/// Alt and a letter would not do: it is the same to it as Esc and then that letter, however much later.
pub(super) fn bind(input: &mut Input, screen: &Arc<Screen>, gate: &Gate) {
    for (letters, is_yes) in [(['y', 'Y'], true), (['n', 'N'], false)] {
        for second in letters.map(KeyEvent::from).into_iter().chain([KeyEvent::ctrl(letters[1])]) {
            let answer = Box::new(Answer { screen: Arc::clone(screen), is_yes });
            let keys = Event::KeySeq(vec![KeyEvent::ctrl('X'), second]);
            input.bind_sequence(keys, EventHandler::Conditional(answer));
        }
    }
    watch(input, Some(Arc::clone(screen)), gate);
}

/// Watches all that is typed, at the prompts before one is in, too, where there is no screen yet to
/// say anything on.
pub(super) fn watch(input: &mut Input, screen: Option<Arc<Screen>>, gate: &Gate) {
    let watch = Watch { screen, gate: Arc::clone(gate) };
    input.bind_sequence(Event::Any, EventHandler::Conditional(Box::new(watch)));
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

/// Looks on: every key does what it does otherwise, as long as there is room for it.
struct Watch {
    screen: Option<Arc<Screen>>,
    gate: Gate,
}

impl ConditionalEventHandler for Watch {
    fn handle(&self, event: &Event, times: RepeatCount, _: bool, context: &EventContext<'_>) -> Option<Cmd> {
        let key = event.get(0)?;
        let line = context.line();
        // A panic ends the process, so nobody sees what it left behind.
        let fate = self.gate.lock().unwrap_or_else(PoisonError::into_inner).take(key, times.into(), line);
        let screen = self.screen.as_ref();
        match fate {
            Fate::Goes => {
                if let Some(screen) = screen {
                    note(screen, key);
                }
                None
            }
            Fate::Becomes(command) => Some(command),
            Fate::Pasted(text) => {
                if let Some(screen) = screen {
                    screen.note_moved();
                    screen.note_paste(line.get(..context.pos()).unwrap_or_default());
                }
                Some(Cmd::Insert(1, text))
            }
            Fate::Refused(None) => Some(Cmd::Noop),
            Fate::Refused(Some(why)) => {
                if let Some(screen) = screen {
                    screen.say(&Line::error(why));
                }
                Some(Cmd::Repaint)
            }
        }
    }
}

/// A key is about to do what it does.
fn note(screen: &Screen, key: &KeyEvent) {
    if *key == KeyEvent::ctrl('L') {
        screen.note_cleared();
    }
    if !edits_only(key) {
        screen.note_moved();
    }
}

/// Whether a key changes nothing on the screen but the line that is being typed.
fn edits_only(key: &KeyEvent) -> bool {
    let KeyEvent(code, modifiers) = *key;
    modifiers == Modifiers::NONE
        && matches!(code, KeyCode::Char(_) | KeyCode::Backspace | KeyCode::Delete | KeyCode::Left | KeyCode::Right)
}
