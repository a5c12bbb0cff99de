//! Scripts: what each client sends and what it must see next, in the form of the transcripts in
//! docs/PROTOCOL.md.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use super::Client;
use super::pattern::TOKEN_LENGTH;

const TOKEN: &str = "{token}";

/// Clients named by capital letters, connected when they are first used.
pub(crate) struct Script {
    address: SocketAddr,
    clients: BTreeMap<char, Client>,
    /// The last line each was sent.
    last: BTreeMap<char, String>,
    /// What `{token}` stands for, once it has been received.
    token: Option<String>,
}

impl Script {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, clients: BTreeMap::new(), last: BTreeMap::new(), token: None }
    }

    /// A client, to do with it what a script cannot say.
    pub(crate) fn client(&mut self, name: char) -> &mut Client {
        self.clients.entry(name).or_insert_with(|| Client::connect(self.address))
    }

    /// Takes a client out of the script.
    pub(crate) fn take(&mut self, name: char) -> Client {
        self.clients.remove(&name).expect("the client was used before")
    }

    /// Runs some lines; a failure names the line.
    #[track_caller]
    pub(crate) fn run(&mut self, lines: &str) -> &mut Self {
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            if let Err(failure) = self.step(line) {
                panic!("{line}\n{failure}\n");
            }
        }
        self
    }

    /// Runs one line: `A> text`, `A< pattern` or `A> {hangs up}`. `{token}` stands for a secret:
    /// what is received in its place first, and the same ever after.
    pub(crate) fn step(&mut self, line: &str) -> Result<(), String> {
        let bad = || format!("not a line of a script: {line}");
        let (head, text) = line.split_at_checked(2).ok_or_else(bad)?;
        let text = text.strip_prefix(' ').unwrap_or(text);
        let name = head.chars().next().filter(char::is_ascii_uppercase).ok_or_else(bad)?;
        match head.chars().nth(1) {
            Some('>') if text == "{hangs up}" => {
                self.last.remove(&name);
                self.clients.remove(&name).map(drop).ok_or_else(bad)
            }
            Some('>') => {
                let text = self.with_token(text);
                self.client(name).send(&text);
                Ok(())
            }
            Some('<') => self.expect(name, text),
            _ => Err(bad()),
        }
    }

    fn with_token(&self, text: &str) -> String {
        self.token.as_ref().map_or_else(|| text.to_owned(), |token| text.replace(TOKEN, token))
    }

    fn expect(&mut self, name: char, pattern: &str) -> Result<(), String> {
        let pattern = self.with_token(pattern);
        let found = self.client(name).check(&pattern)?;
        if let Some((before, _)) = pattern.split_once(TOKEN) {
            self.token = found.get(before.len()..before.len() + TOKEN_LENGTH).map(str::to_owned);
        }
        self.last.insert(name, found);
        Ok(())
    }

    /// Every client must have read everything; one that took its leave must have been hung up on.
    #[track_caller]
    pub(crate) fn end(&mut self) {
        if let Err(failure) = self.finish() {
            panic!("{failure}\n");
        }
    }

    /// As [`Self::end`], for callers that report failures themselves.
    pub(crate) fn finish(&mut self) -> Result<(), String> {
        for name in self.clients.keys().copied().collect::<Vec<_>>() {
            self.end_of(name).map_err(|failure| format!("{name} has something unread at the end\n{failure}"))?;
        }
        Ok(())
    }

    fn end_of(&mut self, name: char) -> Result<(), String> {
        match self.last.get(&name).map(String::as_str) {
            Some("{closed}") => Ok(()),
            Some("+OK bye") => self.expect(name, "{closed}"),
            _ => {
                self.client(name).send(&format!("PING end-of-{name}"));
                self.expect(name, &format!("+OK pong end-of-{name}"))
            }
        }
    }
}
