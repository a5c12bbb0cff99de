//! Who is shut out: names, addresses and networks, each for a time or for ever.

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use ipnet::IpNet;

use crate::chat::{Name, NameError, UnixMillis};
use crate::wire::text_lines;

/// What a ban hits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Target {
    Name(Name),
    Network(IpNet),
}

impl Target {
    /// Reads a name, an address, or a network in CIDR notation (RFC 4632).
    pub(super) fn new(text: &str) -> Result<Self, NameError> {
        if let Ok(network) = text.parse::<IpNet>() {
            return Ok(Self::Network(network.trunc()));
        }
        match text.parse::<IpAddr>() {
            Ok(address) => Ok(Self::Network(IpNet::from(address.to_canonical()))),
            Err(_) => Name::any(text).map(Self::Name),
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "{name}"),
            Self::Network(network) if network.prefix_len() == network.max_prefix_len() => {
                write!(f, "{}", network.addr())
            }
            Self::Network(network) => write!(f, "{network}"),
        }
    }
}

/// One ban. Its end is by the wall clock, since it outlives the daemon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Ban {
    pub(super) target: Target,
    pub(super) until: Option<UnixMillis>,
    pub(super) reason: Option<String>,
}

impl Ban {
    /// What is left of it, in seconds rounded up; `None` for ever.
    pub(super) fn left(&self, now: UnixMillis) -> Option<Duration> {
        self.until.map(|until| Duration::from_secs(until.0.saturating_sub(now.0).div_ceil(1_000)))
    }

    fn is_over(&self, now: UnixMillis) -> bool {
        self.until.is_some_and(|until| until <= now)
    }
}

/// All bans, in the order in which they were made.
#[derive(Debug, Default)]
pub(super) struct Bans {
    list: Vec<Ban>,
    /// Whether they differ from what was last taken to be saved.
    is_changed: bool,
}

impl Bans {
    pub(super) fn add(&mut self, ban: Ban) {
        self.list.retain(|other| other.target != ban.target);
        self.list.push(ban);
        self.is_changed = true;
    }

    /// Says whether there was one.
    pub(super) fn remove(&mut self, target: Target) -> bool {
        let before = self.list.len();
        self.list.retain(|ban| ban.target != target);
        self.is_changed |= self.list.len() < before;
        self.list.len() < before
    }

    pub(super) fn of_address(&self, address: IpAddr, now: UnixMillis) -> Option<&Ban> {
        let hits = |ban: &&Ban| matches!(ban.target, Target::Network(network) if network.contains(&address));
        self.list.iter().filter(hits).find(|ban| !ban.is_over(now))
    }

    pub(super) fn of_name(&self, name: Name, now: UnixMillis) -> Option<&Ban> {
        let hits = |ban: &&Ban| ban.target == Target::Name(name);
        self.list.iter().filter(hits).find(|ban| !ban.is_over(now))
    }

    /// Those in force. What is over is forgotten.
    pub(super) fn in_force(&mut self, now: UnixMillis) -> &[Ban] {
        let before = self.list.len();
        self.list.retain(|ban| !ban.is_over(now));
        self.is_changed |= self.list.len() < before;
        &self.list
    }

    /// All bans as text, one a line, if they have changed since.
    pub(super) fn take_changed(&mut self) -> Option<String> {
        let line = |ban: &Ban| {
            let until = ban.until.map_or_else(|| "-".to_owned(), |until| until.0.to_string());
            format!("{until} {} {}\n", ban.target, ban.reason.as_deref().unwrap_or_default())
        };
        std::mem::take(&mut self.is_changed).then(|| self.list.iter().map(line).collect())
    }

    /// Reads what [`Self::take_changed`] wrote.
    pub(super) fn load(&mut self, text: &str) -> Result<(), BadBans> {
        let parse = |(number, line): (usize, &str)| parse(line).ok_or(BadBans { line: number + 1 });
        // Somebody may have looked at it with an editor.
        let lines = text_lines(text).enumerate().filter(|(_, line)| !line.trim().is_empty());
        self.list = lines.map(parse).collect::<Result<_, _>>()?;
        Ok(())
    }
}

/// A file of bans is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadBans {
    /// The first line that is wrong, counted from 1.
    pub line: usize,
}

fn parse(line: &str) -> Option<Ban> {
    let mut parts = line.splitn(3, ' ');
    let until = match parts.next()? {
        "-" => None,
        number => Some(UnixMillis(number.parse().ok()?)),
    };
    let target = Target::new(parts.next()?).ok()?;
    let reason = parts.next().filter(|reason| !reason.is_empty());
    Some(Ban { target, until, reason: reason.map(|reason| crate::chat::sanitize(reason).into_owned()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ban(target: &str, until: Option<u64>, reason: Option<&str>) -> Ban {
        let target = Target::new(target).unwrap();
        Ban { target, until: until.map(UnixMillis), reason: reason.map(str::to_owned) }
    }

    #[test]
    fn a_network_hits_its_addresses_and_a_name_itself_in_any_case() {
        let mut bans = Bans::default();
        bans.add(ban("10.1.0.0/16", None, None));
        bans.add(ban("::1", Some(500), None));
        bans.add(ban("Bob", None, None));
        let hit = |address: &str, now| bans.of_address(address.parse().unwrap(), UnixMillis(now)).is_some();
        assert!(hit("10.1.2.3", 0) && !hit("10.2.0.1", 0));
        assert!(hit("::1", 499) && !hit("::1", 500), "a ban ends in time");
        assert!(bans.of_name(Name::new("bOB").unwrap(), UnixMillis(0)).is_some());
    }

    #[test]
    fn bans_are_written_and_read_back_and_damage_is_found() {
        let mut bans = Bans::default();
        assert_eq!(bans.take_changed(), None);
        for one in [ban("10.1.0.0/16", None, None), ban("bob", Some(77), Some("too loud")), ban("fe80::1", None, None)]
        {
            bans.add(one);
        }
        let text = bans.take_changed().unwrap();
        assert_eq!(text, "- 10.1.0.0/16 \n77 bob too loud\n- fe80::1 \n");
        assert_eq!(bans.take_changed(), None);
        let mut read = Bans::default();
        read.load(&text).unwrap();
        assert_eq!(read.list, bans.list);
        read.load(&format!("\u{feff}{}\r\n\r\n", text.replace('\n', "\r\n"))).unwrap();
        assert_eq!(read.list, bans.list, "an editor of another system has been over it");
        assert_eq!(read.load("- bob \nx bob \n"), Err(BadBans { line: 2 }));
        assert_eq!(read.load("- bob! \n"), Err(BadBans { line: 1 }));
        assert!(bans.remove(Target::new("BOB").unwrap()));
        assert!(!bans.remove(Target::new("bob").unwrap()));
    }
}
