//! Places that were given up while one was away.

use super::reconnect::kept;

#[test]
fn it_is_said_how_many_private_lines_were_lost_with_the_place() {
    for (count, what) in [(1, "1 private line to you was lost"), (3, "3 private lines to you were lost")] {
        let mut desk = kept();
        desk.loses().connects().server(&format!("* lost {count}\n-ERR bad-token nobody's place is kept"));
        desk.server("+OK chatd 0.1.0 protocol 1 11112222\n+OK entered 7 alice");
        let says = format!("-- {what} while you were away; rooms and announcements show what they keep\n");
        assert!(desk.screen.contains(&says), "{}", desk.screen);
    }
}
