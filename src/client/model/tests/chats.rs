//! Requests, private chats, rooms, and where the next line goes.

use super::Desk;

#[test]
fn a_private_chat_from_request_to_end() {
    let mut desk = Desk::inside();
    desk.typed("2 bob").server("+OK ringing bob session 60").prompts("menu");
    desk.server("* paired bob").prompts("bob").typed("hello").server("+OK taken 1 @NOON 1");
    desk.server("* said 2 @NOON bob hi there").typed("/frobnicate").typed("//etc").server("+OK taken 3 @NOON 1");
    desk.typed("Quit").server("* ended bob by-you\n+OK").prompts("menu").shows(
        "menu > 2 bob
        -> REQUEST bob
        -- it rings at bob; cancel takes it back (60 s)
        -- you are chatting with bob; quit ends it, /help shows more
        bob > hello
        -> SAY bob hello
              ✓ 12:00
        12:00 bob: hi there
        bob > /frobnicate
        !! there is no command /frobnicate; /help shows those there are, //frobnicate says it
        bob > //etc
        -> SAY bob /etc
              ✓ 12:00
        bob > Quit
        -> END
        -- you ended the chat with bob
        1 list   2 request NAME   3 quit   (help shows the rest)",
    );
}

#[test]
fn requests_are_told_and_answered() {
    let mut desk = Desk::inside();
    desk.typed("yes").server("* request bob session 60").typed("Y").server("* paired bob\n+OK").shows(
        "menu > yes
        !! no request waits for your answer
        >> bob asks you for a private chat: yes or no? (60 s) Ctrl-X y or n
        (bell)
        menu > Y
        -> ACCEPT bob
        -- you are chatting with bob; quit ends it, /help shows more",
    );
    desk.server("* ended bob gone\n* gone bob disconnected").shows(
        "-- bob is gone; the chat is over
        1 list   2 request NAME   3 quit   (help shows the rest)",
    );
    desk.server("* request carol session 60\n* request dave #dev 9").typed("no").typed("no carol").server("+OK");
    desk.server("* withdrawn dave cancelled").typed("n").shows(
        ">> carol asks you for a private chat: yes or no? (60 s) Ctrl-X y or n
        (bell)
        >> dave asks you to join #dev: yes dave or no dave? (9 s)
        (bell)
        menu > no
        !! several requests wait; say whose: reject NAME
          carol asks you for a private chat
          dave asks you to join #dev
        menu > no carol
        -> REJECT carol
        -- carol is told no
        -- dave took the request back
        menu > n
        !! no request waits for your answer",
    );
}

#[test]
fn a_request_to_join_a_room_reaches_one_in_a_chat() {
    let mut desk = Desk::inside();
    desk.server("* paired bob\n* request carol #dev 60").typed("yes").typed("/yes").shows(
        "-- you are chatting with bob; quit ends it, /help shows more
        >> carol asks you to join #dev: /yes carol or /no carol? (60 s) Ctrl-X y or n
        (bell)
        bob > yes
        -> SAY bob yes
        bob > /yes
        -> ACCEPT carol",
    );
    desk.server("+OK taken 1 @NOON 1\n* joined #dev alice\n+OK").prompts("#dev");
    desk.server("= member #dev 3 carol\n= member #dev 1 alice\n+OK listed 2 2\n* said 2 @NOON bob still there?").shows(
        "      ✓ 12:00
        -- welcome to #dev; a line goes to everybody in it, leave leaves
        -> MEMBERS #dev
        -- in #dev: carol, alice (you)
        12:00 [bob] still there?",
    );
    desk.typed("LEAVE").server("* left #dev alice\n+OK room #dev").typed("focus BOB").prompts("bob").shows(
        "#dev > LEAVE
        -> LEAVE #dev
        -- you left #dev
        -- you are still chatting with bob; focus bob goes there
        menu > focus BOB",
    );
}

#[test]
fn who_watches_is_told_late_and_it_is_neither_said_twice_nor_taken_for_a_newcomer() {
    let mut desk = Desk::inside();
    desk.server("* request bob session 60\n* withdrawn bob gone\n* request bob session 60\n* paired bob");
    desk.server("* ended bob gone\n* private 3 @NOON carol oh\n* request bob session 60");
    desk.screen.clear();
    desk.server("* gone bob quit\n* entered 9 bob").shows("");
    desk.server("* entered 10 dora").shows("-- dora entered");
    desk.typed("yes").shows("menu > yes\n        -> ACCEPT bob");
    desk.server("* gone bob quit").shows("-- bob left the chat");
}

#[test]
fn what_is_not_in_focus_is_tagged() {
    let mut desk = Desk::inside();
    desk.server("* joined #lobby alice\n+OK listed 0 0\n* joined #dev alice\n+OK listed 0 0");
    desk.screen.clear();
    desk.server("* room 1 @NOON #lobby bob here\n* room 2 @NOON #dev bob there\n* private 3 @NOON bob psst");
    desk.server("* announced 4 @NOON operator lunch\n* joined #lobby carol\n* left #dev bob quit\n* gone bob quit")
        .shows(
            "12:00 [#lobby] bob: here
        12:00 bob: there
        12:00 [private] bob: psst
        (bell)
        12:00 [everyone] operator: lunch
        -- [#lobby] carol has joined
        -- bob has left (left the chat)",
        );
    desk.typed("/focus #LOBBY").prompts("#lobby").typed("/menu").prompts("menu").typed("focus carol");
    desk.server("* room 5 @NOON #dev carol anybody?").typed("join #dev").prompts("#dev").shows(
        "#dev > /focus #LOBBY
        #lobby > /menu
        menu > focus carol
        !! you are not chatting with carol; request carol first
        12:00 [#dev] carol: anybody?
        menu > join #dev
        -- you are in #dev already",
    );
}

#[test]
fn plain_says_in_words_what_a_prompt_would_show() {
    let mut desk = Desk::inside_as(|setup| (setup.plain, setup.scripted, setup.bell) = (true, true, false));
    desk.typed("join #x").server("* joined #x alice\n+OK room #x\n= member #x 1 alice\n+OK listed 1 1");
    desk.typed("hi").server("+OK taken 17 @NOON 0").typed("/menu").typed("fly").typed("2").shows(
        "menu > join #x
        -> JOIN #x
        -- welcome to #x; a line goes to everybody in it, leave leaves
        -- now talking to #x
        -> MEMBERS #x
        -- in #x: alice (you)
        #x > hi
        -> SAY #x hi
        ok 17 to 0
        #x > /menu
        -- now at the menu
        menu > fly
        !! there is no command fly; help shows those there are
        menu > 2
        -- who? (an empty line: never mind)",
    );
    let mut actions = desk.model.handle_end_of_input();
    actions.extend(desk.model.handle_line("+OK bye", desk.now));
    actions.extend(desk.model.handle_closed(desk.now));
    desk.draw(actions);
    desk.shows("-> QUIT\n(leave 3)");
}
