//! The model at work, drawn as a screen: what the server says and what is typed go in, and what
//! was shown (plain), sent (`-> `) and done (in brackets) must be what stands here.

mod chats;
mod drafts;
mod entry;
mod given_up;
mod lines;
mod passwords;
mod reconnect;
mod returning;

use std::time::Duration;

use jiff::tz::TimeZone;

use super::{Action, Model, Setup, Wish};
use crate::chat::{Millis, UnixMillis};
use crate::client::view::{Charset, Colours, Painter};

const NOON: &str = "2026-11-20T12:00:00.000Z";

/// A moment of that day.
const MOMENT: UnixMillis = UnixMillis(1_795_159_019_123);

/// A model and the screen in front of it.
struct Desk {
    model: Model,
    screen: String,
    now: Millis,
}

impl Desk {
    fn new(change: impl FnOnce(&mut Setup)) -> Self {
        let mut setup = Setup {
            server: "lab7:2428".to_owned(),
            wish: Wish::Ask,
            plain: false,
            scripted: false,
            bell: true,
            quiet: false,
            reconnect: false,
            password: None,
            dead_after: Duration::from_secs(60),
            seed: 1,
        };
        change(&mut setup);
        let mut desk = Self { model: Model::new(setup), screen: String::new(), now: Millis(0) };
        let actions = desk.model.handle_connected(desk.now);
        desk.draw(actions);
        desk
    }

    /// alice, who has entered; bob is here too.
    fn inside() -> Self {
        Self::inside_as(|_| {})
    }

    fn inside_as(change: impl FnOnce(&mut Setup)) -> Self {
        let mut desk = Self::new(|setup| {
            setup.wish = Wish::Name("alice".to_owned());
            change(setup);
        });
        desk.server("+OK chatd 0.1.0 protocol 1\n+OK entered 1 alice\n+OK");
        desk.server("= user 1 alice available - 127.0.0.1:5001 0\n= user 2 bob available - 127.0.0.1:5002 61");
        desk.server("+OK listed 2 2\n+OK listed 0 0");
        desk.screen.clear();
        desk
    }

    fn server(&mut self, lines: &str) -> &mut Self {
        for line in lines.replace("@NOON", NOON).lines() {
            let actions = self.model.handle_line(line, self.now);
            self.draw(actions);
        }
        self
    }

    fn typed(&mut self, line: &str) -> &mut Self {
        self.screen.push_str(&format!("{} > {line}\n", self.model.prompt().label()));
        let actions = self.model.handle_typed(line);
        self.draw(actions);
        self
    }

    /// So much is typed of a line that is not entered yet.
    fn types(&mut self, draft: &str) -> &mut Self {
        let place = self.model.place();
        self.model.note_draft(draft, &place);
        self
    }

    /// A line is pasted and entered.
    fn pastes(&mut self, line: &str) -> &mut Self {
        self.model.note_paste("");
        self.types(line).typed(line)
    }

    fn presses(&mut self, is_yes: bool) -> &mut Self {
        self.screen.push_str(if is_yes { "(yes)\n" } else { "(no)\n" });
        let actions = self.model.handle_answer_key(is_yes);
        self.draw(actions);
        self
    }

    fn draw(&mut self, actions: Vec<Action>) {
        let painter = Painter::new(Colours::None, Charset::Utf8, TimeZone::UTC).at(TimeZone::UTC, || MOMENT);
        for action in actions {
            let line = match action {
                Action::Send(line) => format!("-> {line}"),
                Action::Show(line) => painter.paint(&line),
                Action::Acknowledge(line) => painter.paint(&line.indented()),
                Action::Bell => "(bell)".to_owned(),
                Action::Clear => "(clear)".to_owned(),
                // The typed line stands there already.
                Action::Own(_) => continue,
                Action::GiveBack(line) => format!("(back: {line})"),
                Action::Connect => "(connect)".to_owned(),
                Action::Leave(code) => format!("(leave {code})"),
            };
            self.screen.push_str(line.trim_end());
            self.screen.push('\n');
        }
    }

    /// Compares what was drawn since the last time.
    #[track_caller]
    fn shows(&mut self, expected: &str) -> &mut Self {
        let screen = neat(&std::mem::take(&mut self.screen), "");
        let expected = neat(expected, "        ");
        assert!(screen == expected, "expected:\n{expected}\n\nfound:\n{screen}");
        self
    }

    #[track_caller]
    fn prompts(&mut self, label: &str) -> &mut Self {
        assert_eq!(self.model.prompt().label(), label);
        self
    }
}

/// Without the blanks at the ends of lines, nor the indent that the source gives them.
fn neat(text: &str, indent: &str) -> String {
    let lines: Vec<_> = text.trim().lines().map(|line| line.strip_prefix(indent).unwrap_or(line).trim_end()).collect();
    lines.join("\n")
}
