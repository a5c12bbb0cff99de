//! Every way in which words pass between people, under every rule that holds them back: one table, so
//! that a rule which holds in one place and not in another is seen.

use chatd::limits::Limits;
use chatd::server::{Config, Level};

use super::support::{Bench, Client};

/// How `bob`'s words, or what he wants, get to `ann`.
struct Way {
    name: &'static str,
    /// What leads there, before a rule is made.
    before: fn(&mut Stage),
    /// What `bob` does then; `TEXT` stands for his words.
    line: &'static str,
    /// What `ann` does to be told, if it is not by itself.
    after: fn(&mut Stage),
    /// How one sees that it got to her, and to the log; `TEXT` as above.
    sign: &'static str,
    log_sign: &'static str,
}

const NOTHING: fn(&mut Stage) = |_| {};

const WAYS: [Way; 10] = [
    Way {
        name: "said to a partner",
        before: |stage| stage.pair(),
        line: "SAY ann TEXT",
        after: NOTHING,
        sign: " bob TEXT",
        log_sign: "TEXT",
    },
    Way {
        name: "said in a room",
        before: |stage| stage.both("JOIN #r"),
        line: "SAY #r TEXT",
        after: NOTHING,
        sign: " #r bob TEXT",
        log_sign: "TEXT",
    },
    Way {
        name: "said before one joined",
        before: |stage| stage.bob("JOIN #r"),
        line: "SAY #r TEXT",
        after: |stage| stage.ann("JOIN #r"),
        sign: " #r bob TEXT",
        log_sign: "TEXT",
    },
    Way {
        name: "sent to one",
        before: NOTHING,
        line: "PRIVATE ann TEXT",
        after: NOTHING,
        sign: " bob TEXT",
        log_sign: "TEXT",
    },
    Way {
        name: "announced",
        before: NOTHING,
        line: "ANNOUNCE TEXT",
        after: NOTHING,
        sign: " bob TEXT",
        log_sign: "TEXT",
    },
    Way {
        name: "announced before one came",
        before: NOTHING,
        line: "ANNOUNCE TEXT",
        after: |stage| stage.come_again(),
        sign: "* announced-earlier 1 ",
        log_sign: "TEXT",
    },
    Way {
        name: "asked for a chat",
        before: NOTHING,
        line: "REQUEST ann",
        after: NOTHING,
        sign: "* request bob session ",
        log_sign: "request from=bob",
    },
    Way {
        name: "asked into a room",
        before: NOTHING,
        line: "JOIN ann",
        after: NOTHING,
        sign: "* request bob #bob ",
        log_sign: "request from=bob",
    },
    Way {
        name: "left when away, told",
        before: NOTHING,
        line: "AWAY TEXT",
        after: |stage| stage.ann("PRIVATE bob hello"),
        sign: "* away bob TEXT",
        log_sign: "TEXT",
    },
    Way {
        name: "left when away, listed",
        before: NOTHING,
        line: "AWAY TEXT",
        after: |stage| stage.ann("LIST"),
        sign: " away TEXT",
        log_sign: "TEXT",
    },
];

/// What becomes of it: `heard` by ann; `silent`, if bob is not told that she does not hear it; or what
/// he is told. `log`: whether the log tells at its usual level, and when it tells of rooms. `controls`:
/// what comes of an escape sequence. `invisible`: what comes of words that nobody can see.
const TABLE: &str = "
                            plain  ignored      muted  dnd          banned  log     controls  invisible
said to a partner           heard  heard        muted  heard        banned  -/-     replaced  empty-text
said in a room              heard  silent       muted  heard        banned  -/rooms replaced  empty-text
said before one joined      heard  silent       muted  heard        banned  -/rooms replaced  empty-text
sent to one                 heard  silent       muted  heard        banned  -/-     replaced  empty-text
announced                   heard  heard        muted  heard        banned  all     replaced  empty-text
announced before one came   heard  heard        muted  heard        banned  all     replaced  empty-text
asked for a chat            heard  no-requests  muted  no-requests  banned  all     none      none
asked into a room           heard  no-requests  muted  no-requests  banned  all     none      none
left when away, told        heard  heard        muted  heard        banned  -/-     replaced  empty-text
left when away, listed      heard  heard        muted  heard        banned  -/-     replaced  empty-text
";

struct Stage {
    bench: Bench,
    ann: Client,
    bob: Client,
    console: Client,
    told: String,
}

impl Stage {
    fn new(level: Level) -> Self {
        let limits = Limits::DEFAULT.without_rates();
        let mut bench = Bench::with(Config { limits, log_level: level, ..Config::default() });
        let (ann, bob, console) = (bench.user("ann"), bench.user_from([10, 0, 0, 9], "bob"), bench.console());
        Self { bench, ann, bob, console, told: String::new() }
    }

    fn ann(&mut self, line: &str) {
        self.bench.send(&self.ann, format!("{line}\n"));
    }

    /// Gives bob's line; if he has been shut out, he comes again for it.
    fn bob(&mut self, line: &str) {
        let is_out = self.bob.received().contains("* bye ");
        if is_out {
            self.bob = self.bench.connect_from([10, 0, 0, 9]);
            self.bench.settle();
            if !self.bob.history().is_empty() {
                return;
            }
            self.bench.send(&self.bob, "ENTER bob\n");
        }
        self.bench.send(&self.bob, format!("{line}\n"));
    }

    fn both(&mut self, line: &str) {
        self.ann(line);
        self.bob(line);
    }

    fn pair(&mut self) {
        self.ann("REQUEST bob");
        self.bob("ACCEPT");
    }

    fn operator(&mut self, line: &str) {
        let told = self.bench.ask(&self.console, format!("{line}\n"));
        assert!(!told.iter().any(|line| line.starts_with("error")), "{line}: {told:?}");
    }

    /// Ann leaves and enters anew.
    fn come_again(&mut self) {
        self.ann("QUIT");
        self.ann.received();
        self.ann = self.bench.connect();
        self.bench.send(&self.ann, "ENTER ann\n");
    }

    /// What becomes of the words under a rule.
    fn outcome(&mut self, way: &Way, rule: fn(&mut Self), text: &str) -> String {
        (way.before)(self);
        rule(self);
        self.ann.received();
        self.bench.log();
        self.bob(&way.line.replace("TEXT", text));
        let answers = self.bob.received();
        self.told.push_str(&self.ann.received());
        (way.after)(self);
        self.told.push_str(&self.ann.received());
        if self.told.contains(&way.sign.replace("TEXT", text)) {
            return "heard".to_owned();
        }
        let refusal = answers.lines().find_map(|line| line.strip_prefix("-ERR ")?.split(' ').next());
        refusal.unwrap_or("silent").to_owned()
    }
}

/// The outcome on a new stage.
fn outcome(way: &Way, rule: fn(&mut Stage)) -> String {
    Stage::new(Level::Normal).outcome(way, rule, "words")
}

/// Whether the log tells of it.
fn log_of(way: &Way) -> &'static str {
    let tells = |level| {
        let mut stage = Stage::new(level);
        assert_eq!(stage.outcome(way, NOTHING, "words"), "heard");
        stage.bench.log().iter().any(|line| line.contains(&way.log_sign.replace("TEXT", "words")))
    };
    match (tells(Level::Normal), tells(Level::Rooms)) {
        (false, false) => "-/-",
        (false, true) => "-/rooms",
        (true, true) => "all",
        (true, false) => "normal/-",
    }
}

/// What comes of something that acts on a terminal, to ann and in the log.
fn controls_of(way: &Way) -> &'static str {
    if !way.line.contains("TEXT") {
        return "none";
    }
    let mut stage = Stage::new(Level::Rooms);
    stage.outcome(way, NOTHING, "\u{1b}[2J\u{9b}x\u{202e}");
    let log = stage.bench.log().concat();
    let is_clean = !format!("{}{log}", stage.told.replace('\n', "")).contains(chatd::chat::is_unsafe);
    if is_clean && stage.told.contains("\u{fffd}[2J\u{fffd}x\u{fffd}") { "replaced" } else { "passed on" }
}

/// What comes of words of invisible characters, whichever those are.
fn invisible_of(way: &Way) -> String {
    if !way.line.contains("TEXT") {
        return "none".to_owned();
    }
    let texts = [
        "\u{200b}",
        "\u{2060}\u{ad}",
        "\u{e0041}\u{e007f}",
        "\u{3164}",
        "\u{115f}\u{1160}\u{ffa0}",
        "\u{2800} \u{fe0f}",
    ];
    let mut outcomes = texts.map(|text| Stage::new(Level::Normal).outcome(way, NOTHING, text)).to_vec();
    outcomes.dedup();
    outcomes.join("|")
}

#[test]
fn every_rule_holds_in_every_way_that_words_pass() {
    let mut found = TABLE.lines().take(2).map(str::to_owned).collect::<Vec<_>>();
    for way in &WAYS {
        let banned = outcome(way, |stage| stage.operator("ban bob"));
        let by_address = outcome(way, |stage| stage.operator("ban 10.0.0.8/29 1h"));
        let by_address = if by_address == banned { banned.clone() } else { format!("{banned}|{by_address}") };
        found.push(format!(
            "{:<27} {:<6} {:<12} {:<6} {:<12} {:<7} {:<7} {:<9} {}",
            way.name,
            outcome(way, NOTHING),
            outcome(way, |stage| stage.ann("IGNORE bob")),
            outcome(way, |stage| stage.operator("mute bob")),
            outcome(way, |stage| stage.ann("DND on")),
            by_address,
            log_of(way),
            controls_of(way),
            invisible_of(way),
        ));
    }
    let words = |line: &str| line.split_whitespace().collect::<Vec<_>>().join(" ");
    let expected: Vec<String> = TABLE.lines().map(words).collect();
    let rows: Vec<String> = found.iter().map(|line| words(line)).collect();
    assert!(rows == expected, "found:{}", found.join("\n"));
}

#[test]
fn a_rule_that_is_lifted_holds_nothing_back() {
    for way in &WAYS {
        let lifted = |stage: &mut Stage| {
            stage.ann("IGNORE bob");
            stage.ann("DND on");
            stage.operator("mute bob");
            stage.ann("UNIGNORE bob");
            stage.ann("DND off");
            stage.operator("unmute bob");
        };
        assert_eq!(outcome(way, lifted), "heard", "{}", way.name);
        if !way.name.contains("away") {
            assert_eq!(outcome(way, |stage| stage.ann("AWAY")), "heard", "{}: who is away is reached", way.name);
        }
    }
}

#[test]
fn words_left_behind_before_one_is_muted_are_not_shown_until_it_has_its_voice_back() {
    let mut stage = Stage::new(Level::Normal);
    stage.bob("AWAY words");
    let shown = |stage: &mut Stage| {
        stage.ann("LIST");
        stage.ann("PRIVATE bob hello");
        let told = stage.ann.received();
        (told.contains("= user 2 bob ") && told.contains("* away bob"), told.matches("words").count())
    };
    assert_eq!(shown(&mut stage), (true, 2));
    stage.operator("mute bob");
    assert_eq!(shown(&mut stage), (true, 0));
    stage.operator("unmute bob");
    assert_eq!(shown(&mut stage), (true, 2));
}

#[test]
fn the_operators_words_reach_whom_they_are_for_and_nobody_can_be_taken_for_the_operator() {
    let tell = |order: &str, who: fn(&mut Stage) -> String| {
        let mut stage = Stage::new(Level::Rooms);
        stage.bob.received();
        stage.ann("IGNORE operator");
        assert!(stage.ann.received().starts_with("-ERR no-such-user"));
        stage.operator(order);
        let told = who(&mut stage);
        let log = stage.bench.log().concat();
        assert!(!told.replace('\n', "").contains(chatd::chat::is_unsafe) && !log.contains(chatd::chat::is_unsafe));
        (told, log.contains("words"))
    };
    let bob_hears = |stage: &mut Stage| stage.bob.received();
    let bob_returns = |stage: &mut Stage| {
        stage.bob("LIST");
        stage.bob.received()
    };
    for (order, who, sign, is_logged) in [
        ("announce \u{1b}words", bob_hears as fn(&mut Stage) -> String, " operator \u{fffd}words\n", true),
        ("kick bob \u{1b}words", bob_hears, ": \u{fffd}words\n", false),
        ("ban bob 1h \u{1b}words", bob_hears, ": \u{fffd}words\n", false),
        ("ban bob \u{1b}words", bob_returns, ": \u{fffd}words\n", false),
        ("ban 10.0.0.9 1h \u{1b}words", bob_hears, ": \u{fffd}words\n", false),
        ("ban 10.0.0.9 \u{1b}words", bob_returns, ": \u{fffd}words\n", false),
    ] {
        let (told, is_in_log) = tell(order, who);
        assert!(told.contains(sign), "{order}: {told}");
        assert_eq!(is_in_log, is_logged, "{order}");
    }
    let mut stage = Stage::new(Level::Normal);
    for order in ["announce \u{200b}", "kick bob \u{200b}", "ban bob \u{200b}", "ban bob 1h \u{2800}"] {
        let told = stage.bench.ask(&stage.console, format!("{order}\n"));
        assert_eq!(told, ["error: there is nothing to send; type a text"], "{order}");
    }
    for order in ["mute operator", "ban operator", "ban Server"] {
        assert_eq!(stage.bench.ask(&stage.console, format!("{order}\n")), ["error: nobody can have that name"]);
    }
    for name in ["operator", "OPERATOR", "server", "chatd", "all", "everybody", "Everyone", "me", "you"] {
        let other = stage.bench.connect();
        assert!(stage.bench.ask(&other, format!("ENTER {name}\n"))[0].starts_with("-ERR bad-name"));
    }
}

#[test]
fn hidden_addresses_are_shown_to_the_operator_and_in_no_way_to_users() {
    let limits = Limits::DEFAULT.without_rates();
    let mut bench = Bench::with(Config { limits, hide_addresses: true, ..Config::default() });
    let (ann, bob, console) = (bench.user("ann"), bench.user_from([10, 0, 0, 9], "bob"), bench.console());
    let mut told = String::new();
    for (who, line) in [
        (&ann, "WATCH on"),
        (&ann, "KEEP"),
        (&ann, "JOIN #r"),
        (&bob, "JOIN #r"),
        (&bob, "SAY #r hi"),
        (&ann, "MEMBERS #r"),
        (&ann, "ROOMS"),
        (&bob, "REQUEST ann"),
        (&ann, "REQUESTS"),
        (&ann, "ACCEPT"),
        (&bob, "SAY ann hi"),
        (&bob, "PRIVATE ann hi"),
        (&bob, "ANNOUNCE hi"),
        (&bob, "AWAY lunch"),
        (&ann, "PRIVATE bob hi"),
        (&ann, "IGNORE bob"),
        (&ann, "IGNORE"),
        (&ann, "LIST"),
        (&bob, "QUIT"),
    ] {
        bench.send(who, format!("{line}\n"));
        told.push_str(&ann.received());
    }
    bench.advance(std::time::Duration::from_secs(1));
    told.push_str(&ann.received());
    assert!(told.contains("= user 2 bob chatting ann - 0 away lunch") && told.contains("* gone bob quit"), "{told}");
    assert!(!told.contains("10.0.0."), "{told}");
    assert!(bench.ask(&console, "list\n")[1].contains("10.0.0.7:"));
    assert!(bench.log().iter().any(|line| line.ends_with("from=10.0.0.9:40002")));
}
