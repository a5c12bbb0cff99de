//! Private lines that were typed while a daemon was started anew.

use super::Desk;
use super::reconnect::kept;

/// alice, whom a daemon that was started anew has let in again; two lines to carol were typed before.
fn entered_anew() -> Desk {
    let mut desk = kept();
    desk.server("* entered 3 carol")
        .loses()
        .typed("/private carol one")
        .typed("/private carol two")
        .waits(3)
        .connects();
    desk.server("-ERR bad-token nobody's place is kept\n+OK chatd 0.1.0 protocol 1 33334444\n+OK entered 1 alice");
    desk.server("+OK kept 11 120\n+OK\n= user 1 alice available - - 0");
    desk.screen.clear();
    desk
}

#[test]
fn private_lines_wait_for_their_reader_after_a_restart() {
    let mut desk = entered_anew();
    desk.server("+OK listed 1 1").waits(20).shows("-> @ 3");
    assert!(!desk.model.is_settled() && desk.model.unacknowledged() == 2);
    desk.server("* entered 2 Carol").shows("-- Carol entered\n-> PRIVATE carol one\n-> PRIVATE carol two");
    desk.server("+OK sent 1 @NOON\n+OK sent 2 @NOON");
    assert_eq!(desk.model.unacknowledged(), 0);
    desk.server("* gone carol quit\n* entered 4 carol");
    assert!(!desk.screen.contains("PRIVATE"), "once only: {}", desk.screen);
    // Who was back first is in the listing.
    let mut desk = entered_anew();
    desk.server("= user 2 carol available - - 0\n+OK listed 2 2");
    desk.shows("-> PRIVATE carol one\n-> PRIVATE carol two");
}

#[test]
fn private_lines_come_back_to_their_writer_if_nobody_else_does() {
    let mut desk = entered_anew();
    desk.server("+OK listed 1 1").waits(29);
    assert_eq!(desk.model.unacknowledged(), 2);
    desk.screen.clear();
    desk.waits(1);
    let said =
        "!! not delivered to carol, who has not come back: one\n!! not delivered to carol, who has not come back: two";
    assert!(desk.screen.contains(said), "{}", desk.screen);
    assert_eq!(desk.model.unacknowledged(), 0);
}
