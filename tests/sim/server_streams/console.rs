//! The operator's lines, and what is printed at the console.

use chatd::limits::Limits;
use chatd::server::Seat;

use super::support::Bench;

#[test]
fn listings_show_who_is_here_and_which_rooms_there_are() {
    let mut bench = Bench::new();
    let console = bench.console();
    let nobody = bench.ask(&console, "list\n");
    assert_eq!(nobody[1..], ["none"]);
    let (alice, bob) = bench.pair("alice", "bob");
    bench.send(&alice, "JOIN\n");
    let list = bench.ask(&console, "LIST\n");
    assert_eq!(list.len(), 4, "{list:#?}");
    assert!(list[0].contains("NAME") && list[0].ends_with("FROM"));
    assert!(list[1].contains("alice") && list[1].contains("chatting with bob") && list[1].ends_with("10.0.0.7:40001"));
    assert_eq!(list[3], "2 in all");
    let rooms = bench.ask(&console, "<rooms>\n");
    assert_eq!(rooms[1].split_whitespace().collect::<Vec<_>>(), ["1", "#lobby"]);
    bench.all_leave(&[&alice, &bob, &console]);
}

#[test]
fn announcements_reach_everybody_and_a_missing_text_is_asked_for() {
    let mut bench = Bench::new();
    let console = bench.console();
    let (alice, bob) = bench.pair("alice", "bob");
    assert_eq!(bench.ask(&console, "announce lunch\n"), ["announced to 2"]);
    assert_eq!(bench.ask(&console, "announce\n"), ["what shall be announced?"]);
    assert_eq!(bench.ask(&console, "list\n"), ["announced to 2"], "whatever it is");
    for user in [&alice, &bob] {
        let heard = user.lines();
        assert!(heard[0].starts_with("* announced ") && heard[0].ends_with(" operator lunch"), "{heard:?}");
        assert!(heard[1].ends_with(" operator list"), "{heard:?}");
        assert_eq!(heard.len(), 2);
    }
    bench.all_leave(&[&alice, &bob, &console]);
}

#[test]
fn a_faulty_text_ends_the_question() {
    for faulty in [&b"\n"[..], b" \t\n", b"\xff\n", &[vec![b'x'; 3_900], b"\n".to_vec()].concat(), &{
        let mut line = vec![b'x'; 5_000];
        line.push(b'\n');
        line
    }] {
        let mut bench = Bench::new();
        let console = bench.console();
        let alice = bench.user("alice");
        bench.send(&console, "announce\n");
        console.received();
        let answer = bench.ask(&console, faulty);
        assert!(answer[0].starts_with("error: "), "{answer:?}");
        let list = bench.ask(&console, "list\n");
        assert_eq!(list.last().unwrap(), "1 in all", "an order again: {list:?}");
        assert_eq!(alice.received(), "");
    }
}

#[test]
fn kicking_tells_the_user_and_everybody_concerned() {
    let mut bench = Bench::new();
    let console = bench.console();
    let (alice, bob) = bench.pair("alice", "bob");
    assert_eq!(bench.ask(&console, "kick bob too \u{1b}[31mloud\n"), ["bob was removed"]);
    assert_eq!(bob.lines(), ["* bye kicked the operator removed you: too \u{fffd}[31mloud"]);
    assert_eq!(alice.lines(), ["* ended bob gone"]);
    assert!(bench.log().iter().any(|line| line == "gone name=bob reason=kicked"));
    assert_eq!(bench.ask(&console, "kick 1\n"), ["alice was removed"], "by number");
    assert_eq!(bench.ask(&console, "kick 1\n")[0], "error: nobody here is UID 1; LIST shows who is");
    bench.all_leave(&[&alice, &bob, &console]);
}

#[test]
fn help_clear_and_wrong_orders_are_answered() {
    let mut bench = Bench::new();
    let console = bench.console();
    let help = bench.ask(&console, "help\n");
    for word in ["list", "rooms", "announce", "kick", "clear", "quit", "help"] {
        assert!(help.iter().any(|line| line.trim_start().starts_with(word)), "{word} in {help:#?}");
    }
    assert_eq!(bench.ask(&console, "help kick\n").len(), 1);
    assert_eq!(bench.ask(&console, "clear\n").concat(), "\u{1b}[2J\u{1b}[H");
    for wrong in ["fly\n", "join #x\n", "kick\n", "kick nobody\n", "quit now\n", "help fly\n", "kick 9x\n"] {
        let answer = bench.ask(&console, wrong);
        assert_eq!(answer.len(), 1, "{answer:?}");
        assert!(answer[0].starts_with("error: "), "{wrong}: {answer:?}");
    }
    assert!(bench.ask(&console, "\n  \n").is_empty());
    assert!(!bench.server.stop_asked());
}

#[test]
fn quit_asks_the_loop_to_stop() {
    let mut bench = Bench::new();
    let console = bench.console();
    bench.send(&console, "quit\n");
    assert!(bench.server.stop_asked());
}

#[test]
fn the_console_is_no_user() {
    let mut bench = Bench::new();
    let console = bench.console();
    let alice = bench.user("alice");
    bench.send(&alice, "WATCH on\nJOIN\nANNOUNCE hello\n");
    assert_eq!(console.received(), "", "it is told nothing it did not ask for");
    alice.received();
    assert!(bench.ask(&alice, "PRIVATE operator hi\n")[0].starts_with("-ERR no-such-user "));
    assert_eq!(bench.server.user_count(), 1);
    bench.all_leave(&[&alice, &console]);
}

#[test]
fn a_console_that_ends_leaves_the_server_running() {
    let mut bench = Bench::new();
    let console = bench.console();
    let alice = bench.user("alice");
    bench.arrive(&console, "announce bye\n");
    bench.half_close(&console);
    assert_eq!(console.lines(), ["announced to 1"]);
    assert!(console.is_gone());
    assert!(!bench.server.stop_asked());
    alice.received();
    assert_eq!(bench.ask(&alice, "PING\n"), ["+OK pong"]);
    bench.all_leave(&[&alice]);
}

#[test]
fn a_console_that_is_not_read_costs_nobody_else() {
    let mut bench = Bench::new();
    let console = bench.console();
    let alice = bench.user("alice");
    console.script(|wire| wire.room = 0);
    bench.send(&console, "help\n".repeat(3_000));
    assert_eq!(bench.ask(&alice, "PING\n"), ["+OK pong"]);
    bench.make_room(&console, usize::MAX);
    assert!(console.lines().len() > 3_000 * 6);
    assert_eq!(console.unread(), 0);
}

#[test]
fn leaving_a_control_console_ends_that_console_and_nothing_else() {
    for word in ["quit", "exit", "bye", "3", ".exit", "QUIT", "<exit>"] {
        let mut bench = Bench::new();
        let (alice, one, other) = (bench.user("alice"), bench.console_at(Seat::Socket), bench.console_at(Seat::Socket));
        bench.send(&one, format!("{word}\nannounce said behind the door\nshutdown\n"));
        assert_eq!(one.received(), "", "{word}");
        assert!(one.is_gone());
        assert!(!bench.server.stop_asked(), "{word}");
        assert_eq!(alice.received(), "");
        assert_eq!(bench.ask(&other, "announce on it goes\n"), ["announced to 1"]);
        alice.received();
        bench.all_leave(&[&alice, &other]);
    }
}

#[test]
fn stopping_is_shutdown_from_any_console() {
    for seat in [Seat::Terminal, Seat::Pipe, Seat::Socket] {
        let mut bench = Bench::new();
        let (alice, console) = (bench.user("alice"), bench.console_at(seat));
        let other = bench.console_at(Seat::Socket);
        assert_eq!(bench.ask(&console, "shutdown now\n"), ["error: type: SHUTDOWN"]);
        assert!(!bench.server.stop_asked());
        bench.send(&console, "shutdown\n");
        assert!(bench.server.stop_asked());
        bench.server.shut_down(bench.now);
        bench.settle();
        for console in [&console, &other] {
            assert_eq!(console.lines(), ["the server is shutting down"]);
        }
        assert!(alice.received().starts_with("* bye shutdown "));
    }
}

#[test]
fn quit_at_the_servers_own_terminal_asks_while_others_are_connected() {
    for (answer, stops) in
        [("yes", true), ("Y", true), ("  yes ", true), ("no", false), ("", false), ("quit", false), ("list", false)]
    {
        let mut bench = Bench::new();
        let (alice, console) = (bench.user("alice"), bench.console_at(Seat::Terminal));
        let asked = bench.ask(&console, "quit\n");
        assert_eq!(asked, ["1 connected: shut the server down for everybody? yes or no"]);
        assert!(!bench.server.stop_asked());
        let told = bench.ask(&console, format!("{answer}\n"));
        assert_eq!(bench.server.stop_asked(), stops, "{answer:?}");
        assert_eq!(told, if stops { &[][..] } else { &["the server goes on"] });
        if !stops {
            assert_eq!(bench.ask(&console, "rooms\n")[1..], ["none"], "what comes next is an order");
        }
        drop(alice);
    }
    let mut bench = Bench::new();
    let (alice, console) = (bench.user("alice"), bench.console_at(Seat::Terminal));
    bench.ask(&console, "quit\n");
    assert!(bench.ask(&console, b"\xff\n")[0].starts_with("error: "));
    bench.send(&console, "quit\n");
    bench.half_close(&console);
    assert!(!bench.server.stop_asked(), "no answer is no");
    drop(alice);
}

#[test]
fn quit_does_not_ask_where_nobody_types_or_nobody_is_there() {
    for (seat, is_there) in [(Seat::Pipe, true), (Seat::Pipe, false), (Seat::Terminal, false)] {
        let mut bench = Bench::new();
        let console = bench.console_at(seat);
        let alice = is_there.then(|| bench.user("alice"));
        assert_eq!(bench.ask(&console, "quit\n"), Vec::<String>::new());
        assert!(bench.server.stop_asked(), "{seat:?}");
        drop(alice);
    }
    let mut bench = Bench::new();
    let (console, alice) = (bench.console_at(Seat::Terminal), bench.user("alice"));
    bench.send(&console, "kick alice\nquit\n");
    assert!(bench.server.stop_asked(), "one who is on the way out is not there any more");
    drop(alice);
    let mut bench = Bench::new();
    let console = bench.console_at(Seat::Terminal);
    let alice = bench.user("alice");
    bench.send(&alice, "KEEP\n");
    bench.half_close(&alice);
    assert!(bench.ask(&console, "quit\n")[0].starts_with("1 connected: "), "a place that is kept is somebody's");
    bench.advance(Limits::DEFAULT.resume_grace);
    bench.send(&console, "no\nquit\n");
    assert!(bench.server.stop_asked());
}
