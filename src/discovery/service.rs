//! What is announced: a server's name, its host's, its port and what else one should know beforehand.

use std::fmt;

use simple_dns::{Label, Name};

/// A label of a name has at most so many bytes (RFC 1035, section 2.3.4).
const LABEL_BYTES: usize = 63;
/// All that is told beforehand, so that an announcement fits into one packet of any link.
const TEXT_BYTES: usize = 255;

/// A server as others on the LAN are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Service {
    /// What people read in a list of servers: `chatd on lab7`.
    instance: Numbered,
    /// The label before `.local` under which its addresses stand.
    host: Numbered,
    port: u16,
    text: Vec<String>,
}

/// A name, and the number it got when others had it first.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Numbered {
    name: String,
    number: u32,
}

/// Why something cannot be the name of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BadName {
    /// It is empty, or nothing but blanks.
    Empty,
    /// It has more than 63 bytes.
    TooLong,
    /// It has a control character.
    Control,
}

impl fmt::Display for BadName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("a name needs a letter"),
            Self::TooLong => write!(f, "a name has at most {LABEL_BYTES} bytes"),
            Self::Control => f.write_str("a name is one line of text"),
        }
    }
}

impl Service {
    /// A server called `name` on the machine `hostname`, and what is said of it beforehand, each
    /// `KEY=VALUE`; what does not fit into 255 bytes is left out.
    ///
    /// # Errors
    /// When `name` is none that can be told.
    pub fn new(name: &str, hostname: &str, port: u16, text: &[(&str, &str)]) -> Result<Self, BadName> {
        let instance = Numbered { name: checked(name)?.to_owned(), number: 1 };
        // Not the host's own name: that is announced by others (avahi, systemd-resolved), who know
        // addresses that we do not.
        let host = Numbered { name: format!("{}-chatd", host_label(hostname)), number: 1 };
        let mut bytes = 0;
        let said = text.iter().map(|(key, value)| format!("{key}={value}"));
        let fits = |line: &String| {
            bytes += line.len() + 1;
            bytes <= TEXT_BYTES
        };
        Ok(Self { instance, host, port, text: said.filter(fits).collect() })
    }

    /// The name under which it is to be found now.
    pub fn shown(&self) -> String {
        self.instance.with(" (", ")")
    }

    /// The port at which it is reached.
    pub fn port(&self) -> u16 {
        self.port
    }

    pub(super) fn text(&self) -> &[String] {
        &self.text
    }

    /// `chatd on lab7._chatd._tcp.local`
    pub(super) fn instance_name(&self) -> Name<'static> {
        named(&[&self.shown(), "_chatd", "_tcp", "local"])
    }

    /// `lab7-chatd.local`
    pub(super) fn host_name(&self) -> Name<'static> {
        named(&[&self.host.with("-", ""), "local"])
    }

    /// Gives up the name it has, since others have it, for the next one.
    pub(super) fn rename_instance(&mut self) {
        self.instance.number = self.instance.number.saturating_add(1);
    }

    pub(super) fn rename_host(&mut self) {
        self.host.number = self.host.number.saturating_add(1);
    }
}

/// `_chatd._tcp.local`
pub(super) fn service_name() -> Name<'static> {
    named(&["_chatd", "_tcp", "local"])
}

/// Under which all kinds of services are listed (RFC 6763, section 9).
pub(super) fn services_name() -> Name<'static> {
    named(&["_services", "_dns-sd", "_udp", "local"])
}

fn named(labels: &[&str]) -> Name<'static> {
    let labels: Vec<_> = labels.iter().map(|label| Label::new_unchecked(label.as_bytes().to_vec())).collect();
    Name::new_with_labels(&labels)
}

impl Numbered {
    /// The name, with its number in it from the second on; the name is cut so that it fits a label.
    fn with(&self, before: &str, behind: &str) -> String {
        let number = if self.number == 1 { String::new() } else { format!("{before}{}{behind}", self.number) };
        format!("{}{number}", cut(&self.name, LABEL_BYTES.saturating_sub(number.len())))
    }
}

fn checked(name: &str) -> Result<&str, BadName> {
    match name.trim() {
        "" => Err(BadName::Empty),
        name if name.len() > LABEL_BYTES => Err(BadName::TooLong),
        name if name.chars().any(char::is_control) => Err(BadName::Control),
        name => Ok(name),
    }
}

/// The first part of a host's name, made of what names of hosts are made of.
fn host_label(hostname: &str) -> String {
    let first = hostname.split('.').next().unwrap_or_default();
    let fit = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
    let label: String = first.chars().map(fit).collect();
    let label = label.trim_matches('-');
    if label.is_empty() { "host".to_owned() } else { cut(label, LABEL_BYTES - "-chatd".len()).to_owned() }
}

/// At most so many bytes of a text, without half a character.
fn cut(text: &str, bytes: usize) -> &str {
    let end = (0..=bytes.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text.get(..end).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_others_have_gets_a_number_and_still_fits() {
        let mut service = Service::new("chatd on lab7", "lab7.example.org", 2428, &[]).unwrap();
        assert_eq!(service.instance_name().to_string(), "chatd on lab7._chatd._tcp.local");
        assert_eq!(service.host_name().to_string(), "lab7-chatd.local");
        service.rename_instance();
        service.rename_host();
        assert_eq!(service.shown(), "chatd on lab7 (2)");
        assert_eq!(service.host_name().to_string(), "lab7-chatd-2.local");
        let mut long = Service::new(&"é".repeat(31), &"x".repeat(99), 1, &[]).unwrap();
        assert_eq!(long.host_name().get_labels().first().map(Label::len), Some(63));
        long.rename_instance();
        long.rename_host();
        assert_eq!(long.shown(), format!("{} (2)", "é".repeat(29)));
        assert_eq!(long.host_name().get_labels().first().map(Label::len), Some(63));
    }

    #[test]
    fn what_cannot_be_told_is_refused() {
        let error = |name: &str| Service::new(name, "lab7", 1, &[]).unwrap_err();
        assert_eq!(error("  "), BadName::Empty);
        assert_eq!(error(&"x".repeat(64)), BadName::TooLong);
        assert_eq!(error("a\nb"), BadName::Control);
    }

    #[test]
    fn a_host_without_a_usable_name_has_one_all_the_same() {
        for (hostname, label) in [("", "host"), ("..", "host"), ("lab_7", "lab-7"), ("Müller", "M-ller")] {
            assert_eq!(host_label(hostname), label, "{hostname}");
        }
    }

    #[test]
    fn what_does_not_fit_is_not_told() {
        let long = "x".repeat(240);
        let service = Service::new("a", "b", 1, &[("k", &long), ("more", "than fits"), ("v", "1")]).unwrap();
        assert_eq!(service.text().len(), 1, "{:?}", service.text());
    }
}
