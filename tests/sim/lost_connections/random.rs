//! Long conversations among several, with cuts at random bytes, many of them: whatever anybody said
//! reaches everybody it was for once, in the order in which it was said.

use std::collections::BTreeMap;

use super::FREE;
use crate::memory::simulation::net::{Loss, Net};

const NAMES: [&str; 4] = ["alice", "bob", "carol", "dave"];
const SEEDS: u64 = 200;
const STEPS: u64 = 120;

/// SplitMix64 (Steele, Lea, Flood 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) % end as u64) as usize
    }
}

/// What was said, for whom, in the order of saying: by listener and speaker.
type Said = BTreeMap<(usize, usize), Vec<String>>;

struct Conversation {
    seed: u64,
    random: Random,
    net: Net,
    said: Said,
    commands: [usize; NAMES.len()],
}

/// Says how to see a failure again.
impl Drop for Conversation {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("replay: CHATD_SEED={} cargo test --test sim lost_connections::random", self.seed);
        }
    }
}

impl Conversation {
    fn new(seed: u64) -> Self {
        let mut net = Net::kept(FREE, &NAMES);
        (0..NAMES.len()).for_each(|who| net.say(who, "JOIN #dev"));
        net.say(0, "REQUEST bob");
        net.say(1, "ACCEPT");
        let commands = [2, 2, 1, 1];
        Self { seed, random: Random(seed), net, said: Said::new(), commands }
    }

    fn run(mut self) {
        for step in 0..STEPS {
            match self.random.below(10) {
                0 => self.cut(),
                1 => self.come_back(),
                2 => self.acknowledge(),
                3 => self.net.pass(1 + step % 40),
                _ => self.speak(step),
            }
        }
        self.everybody_comes_back();
        self.check();
    }

    /// From now on the connection lasts for so many bytes, one way or the other.
    fn cut(&mut self) {
        let (who, bytes) = (self.random.below(NAMES.len()), 1 + self.random.below(300));
        let person = &mut self.net.people[who];
        person.loss = Some(Loss::ALL[self.random.below(3)]);
        match self.random.below(2) {
            0 => person.up_left = Some(bytes),
            _ => person.down_left = Some(bytes),
        }
    }

    fn come_back(&mut self) {
        let who = self.random.below(NAMES.len());
        if self.net.people[who].link.is_none() {
            self.net.come_back(who);
        }
    }

    fn acknowledge(&mut self) {
        let who = self.random.below(NAMES.len());
        let line = format!("@ {}", self.net.people[who].books.seen());
        self.net.send(who, &line);
    }

    /// Somebody says something, connected or not, and does not wait for the answer.
    fn speak(&mut self, step: u64) {
        let (who, text) = (self.random.below(NAMES.len()), format!("line {step}"));
        let others = (0..NAMES.len()).filter(|other| *other != who);
        let (line, audience): (String, Vec<usize>) = match self.random.below(5) {
            0 => {
                let other = others.clone().nth(self.random.below(NAMES.len() - 1)).unwrap();
                (format!("PRIVATE {} {text}", NAMES[other]), vec![other])
            }
            1 if who < 2 => (format!("SAY {} {text}", NAMES[1 - who]), vec![1 - who]),
            2 => (format!("ANNOUNCE {text}"), others.collect()),
            _ => (format!("SAY #dev {text}"), others.collect()),
        };
        for listener in audience {
            self.said.entry((listener, who)).or_default().push(text.clone());
        }
        self.commands[who] += 1;
        self.net.send(who, &line);
        if self.random.below(3) == 0 {
            self.net.settle();
        }
    }

    fn everybody_comes_back(&mut self) {
        for _ in 0..100 {
            self.net.settle();
            let Some(who) = self.net.people.iter().position(|person| person.link.is_none()) else { return };
            self.net.come_back(who);
        }
        panic!("somebody never comes back");
    }

    fn check(&self) {
        for (listener, person) in self.net.people.iter().enumerate() {
            assert_eq!(person.books.lost, 0);
            let answers = person.books.lines.iter().filter(|line| line.starts_with("+OK"));
            assert_eq!(answers.count(), self.commands[listener], "each command is answered once");
            assert_eq!(person.books.unanswered(), 0);
            for (speaker, name) in NAMES.iter().enumerate() {
                let mark = format!(" {name} line ");
                let heard = person.books.lines.iter().filter(|line| line.starts_with('*') && line.contains(&mark));
                let heard: Vec<&str> = heard.map(|line| &line[line.find("line ").unwrap()..]).collect();
                let said = self.said.get(&(listener, speaker)).cloned().unwrap_or_default();
                assert_eq!(heard, said, "what {listener} heard of {speaker}");
            }
        }
    }
}

#[test]
fn random_conversations_with_many_cuts_lose_and_double_nothing() {
    let number = |name| std::env::var(name).ok().map(|value: String| value.parse::<u64>().unwrap());
    if let Some(seed) = number("CHATD_SEED") {
        return Conversation::new(seed).run();
    }
    for seed in 0..number("CHATD_SEEDS").unwrap_or(SEEDS).max(SEEDS) {
        Conversation::new(seed).run();
    }
}
