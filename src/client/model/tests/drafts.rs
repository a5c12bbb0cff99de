//! A line belongs to the place where it was begun, whatever happens while it is typed.

use super::Desk;

#[test]
fn what_is_begun_at_the_menu_is_a_command_though_a_chat_has_begun_meanwhile() {
    let mut desk = Desk::inside();
    desk.server("* request bob session 60").types("private carl he is so slow").server("* paired bob").prompts("menu");
    desk.typed("private carl he is so slow to answer").prompts("bob").shows(
        ">> bob asks you for a private chat: yes or no? (60 s) Ctrl-X y or n
        (bell)
        -- you are chatting with bob; quit ends it, /help shows more
        menu > private carl he is so slow to answer
        -> PRIVATE carl he is so slow to answer",
    );
    let mut desk = Desk::inside();
    desk.types("good morning").server("* joined #dev alice\n+OK").prompts("menu").typed("good morning");
    desk.prompts("#dev").shows(
        "-- welcome to #dev; a line goes to everybody in it, leave leaves
        -> MEMBERS #dev
        menu > good morning
        !! there is no command good; help shows those there are",
    );
}

#[test]
fn what_was_begun_in_a_chat_that_is_over_is_sent_to_nobody_and_comes_back() {
    let mut desk = Desk::inside();
    desk.server("* paired bob").types("announce it").server("* ended bob by-partner").prompts("bob");
    desk.typed("announce it to everyone").prompts("menu").typed("announce it to everyone").shows(
        "-- you are chatting with bob; quit ends it, /help shows more
        -- bob ended the chat
        1 list   2 request NAME   3 quit   (help shows the rest)
        bob > announce it to everyone
        !! not sent: the chat with bob in which you began this line is over
        (back: announce it to everyone)
        menu > announce it to everyone
        -- not sent: change the line first, or clear it with Ctrl-U
        (back: announce it to everyone)",
    );
    desk.types("private bob announce it").typed("private bob announce it to everyone").shows(
        "menu > private bob announce it to everyone
        -> PRIVATE bob announce it to everyone",
    );
}

#[test]
fn a_new_chat_with_the_same_name_is_another_place() {
    let mut desk = Desk::inside();
    desk.server("* paired bob").types("quit").server("* ended bob gone\n* gone bob quit\n* paired bob").typed("quit");
    desk.shows(
        "-- you are chatting with bob; quit ends it, /help shows more
        -- bob is gone; the chat is over
        1 list   2 request NAME   3 quit   (help shows the rest)
        -- you are chatting with bob; quit ends it, /help shows more
        bob > quit
        !! not sent: the chat with bob in which you began this line is over
        (back: quit)",
    );
}

#[test]
fn quit_begun_in_a_chat_never_leaves_the_program() {
    for word in ["quit", ".exit", "/end", "/quit"] {
        let mut desk = Desk::inside();
        desk.server("* paired bob").types(word).server("* ended bob by-partner").typed(word).typed(word);
        assert!(!desk.screen.contains("->") && desk.model.exit_code().is_none(), "{}", desk.screen);
    }
}

#[test]
fn what_was_begun_in_a_room_goes_there_or_nowhere() {
    let mut desk = Desk::inside();
    desk.server("* joined #dev alice\n+OK listed 0 0\n* joined #x alice\n+OK listed 0 0").prompts("#x");
    desk.screen.clear();
    desk.types("leave").server("* joined #y alice\n+OK listed 0 0").typed("leave").server("* left #x alice\n+OK");
    desk.types("good").typed("/focus #dev").types("so ").server("* left #dev alice").prompts("#dev").typed("so be it");
    desk.prompts("menu").shows(
        "-- welcome to #y; a line goes to everybody in it, leave leaves
        -> MEMBERS #y
        -- in #y:
        #x > leave
        -> LEAVE #x
        -- you left #x
        #y > /focus #dev
        -- you left #dev
        1 list   2 request NAME   3 quit   (help shows the rest)
        #dev > so be it
        !! not sent: you are not in #dev any more
        (back: so be it)",
    );
}

#[test]
fn what_comes_while_a_line_is_typed_is_tagged_as_its_prompt_wants() {
    let mut desk = Desk::inside();
    desk.server("* joined #dev alice\n+OK listed 0 0").types("I was").server("* paired bob").screen.clear();
    desk.server("* said 1 @NOON bob psst\n* room 2 @NOON #dev carol hello").types("").prompts("bob");
    desk.server("* said 3 @NOON bob psst\n* room 4 @NOON #dev carol hello").shows(
        "12:00 [bob] psst
        12:00 carol: hello
        12:00 bob: psst
        12:00 [#dev] carol: hello",
    );
}

#[test]
fn a_bare_yes_answers_only_the_request_that_stood_when_it_was_begun() {
    let mut desk = Desk::inside();
    desk.types("ye").server("* request bob session 60").screen.clear();
    desk.typed("yes").types("yes bob").typed("yes bob").shows(
        "menu > yes
        !! bob asked after you began to type; accept bob answers that
        (back: yes)
        menu > yes bob
        -> ACCEPT bob",
    );
    let mut desk = Desk::inside();
    desk.server("* request bob session 60").types("ye").server("* withdrawn bob cancelled\n* request carol session 60");
    desk.screen.clear();
    desk.typed("yes").typed("yes").shows(
        "menu > yes
        !! the request of bob is over; nothing was answered
        (back: yes)
        menu > yes
        -- not sent: change the line first, or clear it with Ctrl-U
        (back: yes)",
    );
    let mut desk = Desk::inside();
    desk.server("* request bob session 60").types("n").server("* request carol session 60").screen.clear();
    desk.typed("no").shows("menu > no\n-> REJECT bob");
    let mut desk = Desk::inside();
    desk.server("* request bob session 60").types("yes").server("* withdrawn bob cancelled\n* request bob #dev 60");
    desk.screen.clear();
    desk.typed("yes bob").shows(
        "menu > yes bob
        !! the request of bob is over; nothing was answered
        (back: yes bob)",
    );
}

#[test]
fn the_keys_answer_the_request_that_named_them_whatever_is_typed() {
    let mut desk = Desk::inside();
    desk.server("* joined #dev alice\n+OK listed 0 0").types("so I was thinking").screen.clear();
    desk.server("* request bob session 60").presses(true).server("* paired bob\n+OK").prompts("#dev");
    desk.typed("so I was thinking about it").prompts("bob").shows(
        ">> bob asks you for a private chat: /yes bob or /no bob? (60 s) Ctrl-X y or n
        (bell)
        (yes)
        -- yes to bob
        -> ACCEPT bob
        -- you are chatting with bob; quit ends it, /help shows more
        #dev > so I was thinking about it
        -> SAY #dev so I was thinking about it",
    );
}

#[test]
fn of_several_requests_the_keys_answer_one_that_is_named() {
    let mut desk = Desk::inside();
    desk.server("* request bob session 60\n* request carol session 60").presses(false).presses(false).shows(
        ">> bob asks you for a private chat: yes or no? (60 s) Ctrl-X y or n
        (bell)
        >> carol asks you for a private chat: yes carol or no carol? (60 s)
        (bell)
        (no)
        -- no to bob
        -> REJECT bob
        (no)
        >> carol asks you for a private chat: Ctrl-X y or n?",
    );
    desk.server("+OK").presses(true).presses(true).shows(
        "-- bob is told no
        (yes)
        -- yes to carol
        -> ACCEPT carol
        (yes)
        !! no request waits for your answer",
    );
}

#[test]
fn a_key_pressed_as_its_request_is_withdrawn_answers_no_other() {
    let mut desk = Desk::inside();
    desk.server("* request bob session 60\n* withdrawn bob cancelled\n* request carol session 60").presses(true).shows(
        ">> bob asks you for a private chat: yes or no? (60 s) Ctrl-X y or n
        (bell)
        -- bob took the request back
        >> carol asks you for a private chat: yes or no? (60 s) Ctrl-X y or n
        (bell)
        (yes)
        !! the request of bob is over; nothing was answered
        >> carol asks you for a private chat: Ctrl-X y or n?",
    );
    desk.presses(true).shows("(yes)\n-- yes to carol\n-> ACCEPT carol");
    let mut desk = Desk::inside();
    desk.server("* request bob session 60\n* withdrawn bob cancelled").typed("").server("* request carol session 60");
    desk.screen.clear();
    desk.presses(false).shows("(no)\n-- no to carol\n-> REJECT carol");
    let mut desk = Desk::inside();
    desk.presses(true).shows("(yes)\n!! no request waits for your answer");
}

#[test]
fn a_question_takes_no_command_for_an_answer() {
    let mut desk = Desk::inside();
    desk.typed("2").server("* request bob session 60").screen.clear();
    desk.typed("yes").typed("/list").typed("bob or carol").prompts("who?").typed("bob").shows(
        "who? > yes
        !! yes is nobody's name; one name is asked for here, or nothing: never mind
        -- the request of bob is answered with Ctrl-X y or n
        who? > /list
        !! /list is nobody's name; one name is asked for here, or nothing: never mind
        -- the request of bob is answered with Ctrl-X y or n
        who? > bob or carol
        !! bob is nobody's name; one name is asked for here, or nothing: never mind
        -- the request of bob is answered with Ctrl-X y or n
        who? > bob
        -> REQUEST bob",
    );
    let mut desk = Desk::inside();
    desk.typed("announce").typed("yes").typed("/private bob x").typed("<private> bob x").prompts("announcement?");
    desk.typed("//etc is full").shows(
        "menu > announce
        announcement? > yes
        !! yes looks like a command, and a text is asked for here; nothing: never mind
        announcement? > /private bob x
        !! private looks like a command, and a text is asked for here; nothing: never mind
        announcement? > <private> bob x
        !! private looks like a command, and a text is asked for here; nothing: never mind
        announcement? > //etc is full
        -> ANNOUNCE /etc is full",
    );
    desk.typed("private bob").pastes("/usr/bin\nquit").shows(
        "menu > private bob
        text to bob? > /usr/bin
        quit
        -> PRIVATE bob /usr/bin
        -> PRIVATE bob quit",
    );
    // Somebody may be called so.
    desk.server("* entered 9 list").typed("request").typed("list").shows(
        "-- list entered
        menu > request
        who? > list
        -> REQUEST list",
    );
}

#[test]
fn a_question_that_is_not_asked_any_more_is_not_answered() {
    let mut desk = Desk::inside();
    desk.typed("announce").types("lunch is ").model.handle_interrupt();
    desk.prompts("announcement?").types("lunch");
    desk.model.handle_interrupt();
    desk.screen.clear();
    desk.prompts("announcement?");
    let actions = desk.model.handle_interrupt();
    desk.draw(actions);
    desk.shows("-- nothing was sent").prompts("menu");
}

#[test]
fn a_pasted_line_at_the_menu_asks_for_a_second_enter() {
    let mut desk = Desk::inside();
    desk.pastes("quit").prompts("menu");
    assert!(desk.model.exit_code().is_none());
    desk.typed("rooms").pastes("one\nquit").shows(
        "menu > quit
        !! \"quit\" was pasted; nothing was done. Enter takes it for a command
        (back: quit)
        menu > rooms
        -> ROOMS
        menu > one
        quit
        !! a command is one line; nothing was done. In a chat or a room several lines are text
        (back: one
        quit)",
    );
}

#[test]
fn leaving_takes_one_word() {
    let mut desk = Desk::inside();
    desk.typed("3 of us will come").typed("quit smoking").typed("clear the table").typed("<quit> now").shows(
        "menu > 3 of us will come
        !! 3 is a command of one word; nothing was done
        (back: 3 of us will come)
        menu > quit smoking
        !! quit is a command of one word; nothing was done
        (back: quit smoking)
        menu > clear the table
        !! clear is a command of one word; nothing was done
        (back: clear the table)
        menu > <quit> now
        !! quit is a command of one word; nothing was done
        (back: <quit> now)",
    );
}

#[test]
fn where_keys_are_not_seen_the_first_line_after_a_move_is_not_done_if_it_may_belong_elsewhere() {
    let mut desk = Desk::inside_as(|setup| setup.plain = true);
    desk.server("* paired bob").typed("private carl he is slow").typed("private carl he is slow").shows(
        "-- you are chatting with bob; quit ends it, /help shows more
        -- now talking to bob
        bob > private carl he is slow
        !! not sent: the prompt has moved from menu to bob, and you may not have seen that
        bob > private carl he is slow
        -> SAY bob private carl he is slow",
    );
    desk.server("* ended bob by-partner").typed("announce it to all").typed("2 bob").server("* paired bob\n+OK\n+OK");
    desk.typed("hello").server("* ended bob by-partner\n* paired carol").typed("between us").shows(
        "-- bob ended the chat
        -- now at the menu
        1 list   2 request NAME   3 quit   (help shows the rest)
        menu > announce it to all
        !! not sent: the prompt has moved from bob to menu, and you may not have seen that
        menu > 2 bob
        -> REQUEST bob
        -- you are chatting with bob; quit ends it, /help shows more
        -- now talking to bob
        bob > hello
        -> SAY bob hello
        -- bob ended the chat
        -- now at the menu
        1 list   2 request NAME   3 quit   (help shows the rest)
        -- you are chatting with carol; quit ends it, /help shows more
        -- now talking to carol
        carol > between us
        !! not sent: the prompt has moved from bob to carol, and you may not have seen that",
    );
    // An empty line takes note; what is no command was not meant for the menu.
    let mut desk = Desk::inside_as(|setup| setup.plain = true);
    desk.server("* paired bob").typed("").typed("list me").server("* ended bob gone\n* paired carol").typed("");
    desk.typed("hello").shows(
        "-- you are chatting with bob; quit ends it, /help shows more
        -- now talking to bob
        bob >
        bob > list me
        -> SAY bob list me
        -- bob is gone; the chat is over
        -- now at the menu
        1 list   2 request NAME   3 quit   (help shows the rest)
        -- you are chatting with carol; quit ends it, /help shows more
        -- now talking to carol
        carol >
        carol > hello
        -> SAY carol hello",
    );
    let mut desk = Desk::inside_as(|setup| setup.plain = true);
    desk.server("* paired bob").screen.clear();
    desk.typed("hello").shows("bob > hello\n-> SAY bob hello");
    // One's own doing is no surprise.
    let mut desk = Desk::inside_as(|setup| setup.plain = true);
    desk.typed("join #dev").server("* joined #dev alice\n+OK\n+OK listed 0 0").screen.clear();
    desk.typed("hello").shows("#dev > hello\n-> SAY #dev hello");
    let mut desk = Desk::inside_as(|setup| setup.plain = true);
    desk.server("* request bob session 60\n* withdrawn bob cancelled\n* request carol session 60").screen.clear();
    desk.typed("yes").typed("yes").shows(
        "menu > yes
        !! several requests wait; say whose: accept NAME
          carol asks you for a private chat
        menu > yes
        -> ACCEPT carol",
    );
}
