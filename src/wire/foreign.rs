//! Peers that speak something else: told apart on the first line, or the first bytes, of a
//! connection, and answered in a form that they can show.
//!
//! A web page can have any browser that looks at it connect here, and chooses what follows: the
//! body, and parts of the head. What it cannot choose is how the connection begins: with a request
//! line (RFC 9112, 3), or with TLS. So it is enough to look at the first line, if nothing behind it
//! is ever read. Only a line may be taken for foreign that nobody types who means this server.

use bytes::BytesMut;

use crate::limits::LINE_BYTES;

/// What the bytes at the start of a connection are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Opening {
    /// Too few to tell.
    Undecided,
    /// An empty line, which says nothing; what comes behind it may.
    Blank,
    /// A line for this server, mistyped perhaps.
    Native,
    /// Another protocol.
    Foreign(Foreign),
}

/// A protocol that is not spoken here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Foreign {
    /// A web browser, curl, a WebSocket.
    Http,
    /// Streaming (RFC 2326).
    Rtsp,
    /// Telephony (RFC 3261).
    Sip,
    /// A client that wants the line encrypted.
    Tls,
    /// Secure shell.
    Ssh,
    /// Mail, on its way (RFC 5321).
    Smtp,
    /// Mail, fetched (RFC 1939).
    Pop,
    /// Mail, read (RFC 9051).
    Imap,
    /// Files (RFC 959).
    Ftp,
    /// Another chat (RFC 1459).
    Irc,
    /// A store of keys and values, and what talks like it.
    Redis,
    /// A call in JSON.
    Json,
    /// XMPP, SOAP.
    Xml,
    /// Copies of files.
    Rsync,
    /// What a proxy says before the client does.
    Proxy,
    /// No text.
    Binary,
    /// A first line longer than [`LINE_BYTES`].
    Endless,
}

/// Looks at the first bytes of a connection, from the start of a line. The more of them there are
/// the more is decided, and what is decided stays so. Never undecided about [`LINE_BYTES`] or more.
pub fn recognise(bytes: &[u8]) -> Opening {
    if is_tls(bytes) {
        return Opening::Foreign(Foreign::Tls);
    }
    let end = memchr::memchr(b'\n', bytes);
    let line = bytes.get(..end.unwrap_or(bytes.len())).unwrap_or_default();
    if is_binary(line) && (end.is_some() || line.len() >= TLS_BYTES) {
        return Opening::Foreign(Foreign::Binary);
    }
    if line.len() >= LINE_BYTES {
        return Opening::Foreign(if starts_like_http(line) { Foreign::Http } else { Foreign::Endless });
    }
    if end.is_none() {
        return Opening::Undecided;
    }
    recognise_line(line.strip_suffix(b"\r").unwrap_or(line))
}

/// So many bytes tell whether it is TLS.
const TLS_BYTES: usize = 4;

/// A handshake record of any version (RFC 8446, 5.1), or a hello of the old form (RFC 5246, E.2).
fn is_tls(bytes: &[u8]) -> bool {
    matches!(bytes, [0x16, 3, ..] | [0x80..=0xff, _, 1, 3 | 0, ..]) && !is_telnet(bytes)
}

/// A telnet client begins with commands (RFC 854), behind which a person types.
fn is_telnet(bytes: &[u8]) -> bool {
    matches!(bytes, [0xff, 0xf0..=0xff, ..])
}

/// Text holds no NUL; what is not UTF-8 may be text of another encoding, if no other controls are
/// in it than a terminal sends.
fn is_binary(line: &[u8]) -> bool {
    if is_telnet(line) {
        return false;
    }
    let is_odd = |byte: &u8| byte.is_ascii_control() && !matches!(byte, b'\t' | b'\r' | 0x08 | 0x1b | 0x7f);
    // A character may have arrived in part.
    let is_text = std::str::from_utf8(line).map_or_else(|error| error.error_len().is_none(), |_| true);
    line.contains(&0) || (!is_text && line.iter().any(is_odd))
}

fn recognise_line(line: &[u8]) -> Opening {
    let mut split = line.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    let mut words: [&[u8]; 5] = [&[]; 5];
    let mut count = 0;
    let mut last: &[u8] = &[];
    for word in &mut split {
        if let Some(place) = words.get_mut(count) {
            *place = word;
        }
        (last, count) = (word, count + 1);
    }
    let [first, second, ..] = words;
    let is_answer = count > 1;
    let found = by_version(first, last, count).or_else(|| versioned(first).filter(|_| is_answer));
    let found = found.or_else(|| by_first_bytes(line.trim_ascii_start())).or_else(|| match (first, count) {
        (b"EHLO" | b"HELO" | b"LHLO", 2) => Some(Foreign::Smtp),
        (word, 2) if is_hello(word) && second.iter().any(|byte| b".[".contains(byte)) => Some(Foreign::Smtp),
        (b"CAPA" | b"STLS", 1) | (b"APOP", 3) => Some(Foreign::Pop),
        (b"FEAT" | b"SYST", 1) => Some(Foreign::Ftp),
        (b"AUTH", 2) if matches!(second, b"TLS" | b"SSL") => Some(Foreign::Ftp),
        (b"CAP", _) if matches!(second, b"LS" | b"LIST" | b"REQ" | b"END") => Some(Foreign::Irc),
        (b"NICK" | b"PASS", 2) => Some(Foreign::Irc),
        (b"USER", 4..) => Some(Foreign::Irc),
        (b"PROXY", 2..) if matches!(second, b"TCP4" | b"TCP6" | b"UNKNOWN") => Some(Foreign::Proxy),
        (_, 2..) if is_imap(second) => Some(Foreign::Imap),
        _ => None,
    });
    match found {
        Some(foreign) => Opening::Foreign(foreign),
        None if count == 0 => Opening::Blank,
        None => Opening::Native,
    }
}

/// METHOD TARGET PROTOCOL/VERSION. A page chooses the method, too, and some clients leave blanks in
/// the target.
fn by_version(method: &[u8], version: &[u8], words: usize) -> Option<Foreign> {
    let is_request = words == 3 || (words > 1 && METHODS.contains(&method));
    versioned(version).filter(|_| is_request)
}

/// PROTOCOL/VERSION, with which a request ends and an answer begins.
fn versioned(word: &[u8]) -> Option<Foreign> {
    let slash = word.iter().position(|byte| *byte == b'/')?;
    let (protocol, number) = word.split_at_checked(slash)?;
    if !number.get(1).is_some_and(u8::is_ascii_digit) {
        return None;
    }
    match protocol.to_ascii_uppercase().as_slice() {
        b"HTTP" | b"ICAP" => Some(Foreign::Http),
        b"RTSP" => Some(Foreign::Rtsp),
        b"SIP" => Some(Foreign::Sip),
        _ => None,
    }
}

const METHODS: [&[u8]; 10] =
    [b"GET", b"HEAD", b"POST", b"PUT", b"DELETE", b"CONNECT", b"OPTIONS", b"TRACE", b"PATCH", b"PRI"];

fn by_first_bytes(line: &[u8]) -> Option<Foreign> {
    let starts = |with: &[u8]| line.starts_with(with);
    let is_count = line.strip_prefix(b"*").is_some_and(|rest| !rest.is_empty() && rest.iter().all(u8::is_ascii_digit));
    if starts(b"SSH-") {
        Some(Foreign::Ssh)
    } else if is_count {
        Some(Foreign::Redis)
    } else if line == b"{" || starts(b"{\"") || starts(b"{ \"") || starts(b"[{") {
        Some(Foreign::Json)
    } else if starts(b"<?xml") || starts(b"<stream:") || starts(b"<!") || starts(b"<html") || starts(b"<soap") {
        Some(Foreign::Xml)
    } else if starts(b"@RSYNCD:") {
        Some(Foreign::Rsync)
    } else {
        None
    }
}

fn is_hello(word: &[u8]) -> bool {
    [&b"EHLO"[..], b"HELO", b"LHLO"].iter().any(|hello| hello.eq_ignore_ascii_case(word))
}

/// Behind a tag of the client's choice.
fn is_imap(word: &[u8]) -> bool {
    matches!(word, b"CAPABILITY" | b"LOGIN" | b"STARTTLS" | b"AUTHENTICATE")
}

/// A request line whose end has not come within [`LINE_BYTES`].
fn starts_like_http(line: &[u8]) -> bool {
    let mut words = line.split(|byte| *byte == b' ');
    let method = words.next().unwrap_or_default();
    let target = words.next().unwrap_or_default();
    METHODS.contains(&method) || (!method.is_empty() && (target.starts_with(b"/") || target.starts_with(b"http")))
}

impl Foreign {
    /// The word for it in the log.
    pub fn word(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Rtsp => "rtsp",
            Self::Sip => "sip",
            Self::Tls => "tls",
            Self::Ssh => "ssh",
            Self::Smtp => "smtp",
            Self::Pop => "pop3",
            Self::Imap => "imap",
            Self::Ftp => "ftp",
            Self::Irc => "irc",
            Self::Redis => "redis",
            Self::Json => "json",
            Self::Xml => "xml",
            Self::Rsync => "rsync",
            Self::Proxy => "proxy",
            Self::Binary => "binary",
            Self::Endless => "endless-line",
        }
    }

    /// Appends the one answer it gets: what this server is, in the form of a refusal there.
    pub fn answer(self, out: &mut BytesMut) {
        const WHAT: &str = "this is chatd, a chat server";
        const HOW: &str = "chatc joins it, or nc and ENTER NAME";
        let text = match self {
            Self::Http => return answer_request("HTTP/1.1", out),
            Self::Rtsp => return answer_request("RTSP/1.0", out),
            Self::Sip => return answer_request("SIP/2.0", out),
            Self::Tls => format!("-ERR foreign {WHAT} without TLS: switch it off in your client; {HOW}\n"),
            Self::Ssh => format!("-ERR foreign {WHAT}, not a secure shell; {HOW}\n"),
            Self::Smtp => format!("554 {WHAT}, not a mail server; {HOW}\r\n"),
            Self::Ftp => format!("421 {WHAT}, not a file server; {HOW}\r\n"),
            Self::Pop => format!("-ERR {WHAT}, not a mail server; {HOW}\r\n"),
            Self::Imap => format!("* BYE {WHAT}, not a mail server; {HOW}\r\n"),
            Self::Irc => format!("ERROR :{WHAT} that does not speak IRC yet; {HOW}\r\n"),
            Self::Redis => format!("-ERR foreign {WHAT}, not a database; {HOW}\r\n"),
            Self::Json => format!("{{\"error\":\"{WHAT} that takes no JSON; {HOW}\"}}\n"),
            Self::Xml => format!("-ERR foreign {WHAT} that takes no XML; {HOW}\n"),
            Self::Rsync => format!("@ERROR: {WHAT}, not an rsync server; {HOW}\n"),
            Self::Proxy => format!("-ERR foreign {WHAT}; switch the PROXY protocol off in the proxy before it\n"),
            Self::Binary => format!("-ERR foreign {WHAT} that takes lines of text; {HOW}\n"),
            Self::Endless => format!("-ERR foreign {WHAT}: the first line has more than {LINE_BYTES} bytes; {HOW}\n"),
        };
        out.extend_from_slice(text.as_bytes());
    }
}

fn answer_request(version: &str, out: &mut BytesMut) {
    const BODY: &str = "This is chatd, a chat server, not a web server. \
                        To join, run chatc with this host and port, or nc, and type ENTER and a name.\n";
    let head = format!(
        "{version} 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{BODY}",
        BODY.len()
    );
    out.extend_from_slice(head.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    /// First lines of other programs, without their end.
    const FOREIGN: [(&[u8], Foreign); 50] = [
        (b"GET / HTTP/1.1", Foreign::Http),
        (b"get / http/1.0", Foreign::Http),
        (b"POST /x?y=ENTER%20evil HTTP/1.1", Foreign::Http),
        (b"OPTIONS * HTTP/1.1", Foreign::Http),
        (b"PRI * HTTP/2.0", Foreign::Http),
        (b"CONNECT example.org:443 HTTP/1.1", Foreign::Http),
        (b"GET http://example.org/ HTTP/1.1", Foreign::Http),
        // A page chooses the method.
        (b"ENTER /evil HTTP/1.1", Foreign::Http),
        (b"ANNOUNCE /hi HTTP/1.1", Foreign::Http),
        (b"  GET  /  HTTP/1.1 ", Foreign::Http),
        (b"GET /two words HTTP/1.1", Foreign::Http),
        (b"GET HTTP/1.1", Foreign::Http),
        (b"GET /gr\xfc\xdfe HTTP/1.1", Foreign::Http),
        (b"OPTIONS icap://x/ ICAP/1.0", Foreign::Http),
        (b"OPTIONS rtsp://x/ RTSP/1.0", Foreign::Rtsp),
        (b"OPTIONS sip:nm SIP/2.0", Foreign::Sip),
        (b"INVITE sip:bob@example.org SIP/2.0", Foreign::Sip),
        (b"\x16\x03\x01\x02\x00\x01", Foreign::Tls),
        (b"\x80\x2e\x01\x03\x01", Foreign::Tls),
        (b"SSH-2.0-OpenSSH_9.6", Foreign::Ssh),
        (b"EHLO localhost", Foreign::Smtp),
        (b"HELO mail.example.org", Foreign::Smtp),
        (b"ehlo [192.0.2.1]", Foreign::Smtp),
        (b"CAPA", Foreign::Pop),
        (b"a001 CAPABILITY", Foreign::Imap),
        (b"1 LOGIN bob secret", Foreign::Imap),
        (b"AUTH TLS", Foreign::Ftp),
        (b"CAP LS 302", Foreign::Irc),
        (b"NICK bob", Foreign::Irc),
        (b"PASS secret", Foreign::Irc),
        (b"USER bob 0 * :Bob", Foreign::Irc),
        (b"*1", Foreign::Redis),
        (b"{\"id\":1,\"method\":\"x\"}", Foreign::Json),
        (b"{", Foreign::Json),
        (b"[{\"id\":1}]", Foreign::Json),
        (b"<?xml version='1.0'?><stream:stream>", Foreign::Xml),
        (b"PROXY TCP4 192.0.2.1 192.0.2.2 5 6", Foreign::Proxy),
        (b"PROXY UNKNOWN", Foreign::Proxy),
        (b"@RSYNCD: 31.0 sha512 sha256", Foreign::Rsync),
        (b"HTTP/1.1 200 OK", Foreign::Http),
        (b"http/1.0 404 Not Found", Foreign::Http),
        (b"RTSP/1.0 200 OK", Foreign::Rtsp),
        (b"SIP/2.0 100 Trying", Foreign::Sip),
        (b"  {\"id\":1}", Foreign::Json),
        (b"<!DOCTYPE html>", Foreign::Xml),
        (b"<html><body>", Foreign::Xml),
        (b"<soap:Envelope>", Foreign::Xml),
        (b"\0\0\0\x08\x04\xd2\x16\x2f", Foreign::Binary),
        (b"\x05\x01\0", Foreign::Binary),
        (b"\x03\xff\x91\x13\xfe", Foreign::Binary),
    ];

    /// What people and clients of this server send first.
    const NATIVE: [&[u8]; 45] = [
        b"ENTER bob",
        b"enter bob",
        b"HELLO",
        b"LIST",
        b"PASSWORD GET / HTTP/1.1 or not",
        b"RESUME 1 00000000000000000000000000000000 3",
        b"@ 5",
        b"@later",
        b"PING",
        b"hello",
        b"helo",
        b"helo all",
        b"hello server",
        b"list",
        b"GETT",
        b"get help",
        b"GET me a beer",
        b"GET / please",
        b"GET /",
        b"get",
        b"user bob",
        b"USER bob",
        b"nick bob",
        b"pass secret",
        b"cap",
        b"<enter> bob",
        b"?",
        b"*",
        b"* 5",
        b"*hi*",
        b"1",
        b"{x}",
        b"[bob]",
        b"SAY bob we speak HTTP/1.1",
        b"ANNOUNCE and/or so 1/2",
        b"HTTP/1.1",
        b"1/2 of us",
        b"<list>",
        b"@rsync",
        b"gr\xfc\xdf dich",
        "grüß dich".as_bytes(),
        b"\xff\xfb\x1f\xff\xfb\x20\xff\xfa\x1f\0\x50\0\x18\xff\xf0",
        b"\x1b[Alist",
        b"lsit\x08\x08\x08ist",
        b"\xd0\xd2\xc9\xd7\xc5\xd4",
    ];

    fn recognised(line: &[u8]) -> Opening {
        recognise(&[line, b"\r\n"].concat())
    }

    #[test]
    fn others_are_told_apart_on_their_first_line() {
        for (line, foreign) in FOREIGN {
            assert_eq!(recognised(line), Opening::Foreign(foreign), "{}", line.escape_ascii());
            assert_eq!(recognise(&[line, b"\n"].concat()), Opening::Foreign(foreign), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn who_mistypes_is_not_taken_for_another() {
        for line in NATIVE {
            assert_eq!(recognised(line), Opening::Native, "{}", line.escape_ascii());
        }
        for line in [&b""[..], b" ", b"\t "] {
            assert_eq!(recognised(line), Opening::Blank);
        }
    }

    #[test]
    fn what_is_decided_stays_so_however_the_bytes_arrive() {
        let all = FOREIGN.iter().map(|(line, _)| *line).chain(NATIVE);
        for line in all {
            let whole = [line, b"\r\nENTER x\r\n"].concat();
            let end = recognise(&whole);
            let first = (0..=whole.len()).map(|count| recognise(&whole[..count])).find(|it| *it != Opening::Undecided);
            assert_eq!(first, Some(end), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn a_first_line_without_an_end_is_foreign() {
        let long = |start: &str| format!("{start}{}", "x".repeat(LINE_BYTES));
        let page = long("GET /");
        for end in ["", " HTTP/1.1\r\n\r\nENTER evil\r\n"] {
            assert_eq!(recognise(format!("{page}{end}").as_bytes()), Opening::Foreign(Foreign::Http));
        }
        assert_eq!(recognise(long("SAY bob ").as_bytes()), Opening::Foreign(Foreign::Endless));
        assert_eq!(recognise(&long("").as_bytes()[1..]), Opening::Undecided, "one byte less");
    }

    #[test]
    fn each_is_answered_in_lines_that_are_safe_to_show() {
        for (_, foreign) in FOREIGN.into_iter().chain([(&b""[..], Foreign::Endless)]) {
            let mut out = BytesMut::new();
            foreign.answer(&mut out);
            let text = String::from_utf8(out.to_vec()).unwrap();
            assert!(text.to_lowercase().contains("this is chatd, a chat server"), "{text}");
            assert!(text.ends_with('\n') && text.lines().all(|line| !line.contains(crate::chat::is_unsafe)), "{text}");
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                assert!(head.contains(" 400 "), "{head}");
                assert!(head.contains(&format!("Content-Length: {}\r\n", body.len())), "{head}");
            } else {
                assert_eq!(text.lines().count(), 1);
            }
        }
    }
}
