//! The thread that does the network once one is in: reads and writes, looks for a new connection,
//! waits, as the model says. It decides nothing.

use std::io;
use std::thread;
use std::time::Duration;

use super::clock;
use super::driver::{Driver, Heard};
use super::model::{Action, Model, Order};
use crate::chat::Millis;
use crate::lan::{News, Routes, route_to};

/// How often the clock is looked at while nothing happens, so that a sleep shows soon after.
const TICK: Duration = Duration::from_secs(2);

/// How often it is looked whether there is a way to the server, while there is no connection.
const ROUTE_TICK: Duration = Duration::from_millis(500);

/// The shortest wait: what has arrived already is read before anything is judged by the clock.
const SHORTEST: Duration = Duration::from_millis(5);

/// News of the network come in bursts: the first is looked at at once, what follows this often.
const NEWS_TIME: Duration = Duration::from_millis(200);

/// What the network has to do now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Plan {
    pub(super) order: Order,
    /// By when the model wants to know the time.
    pub(super) deadline: Option<Millis>,
    /// What comes can be shown. Otherwise nothing is read, and the server's lines wait on their way.
    pub(super) has_room: bool,
}

/// What the network needs of a front end.
pub(super) trait Front {
    fn plan(&self) -> Plan;
    /// Feeds the model, and does what comes of it.
    fn feed(&mut self, input: impl FnOnce(&mut Model) -> Vec<Action>);
    /// All is over.
    fn hang_up(&mut self);
}

/// Runs the network in a thread of its own until all is over.
///
/// # Errors
/// When there is no thread to be had.
pub(super) fn start(driver: Driver, front: impl Front + Send + 'static) -> io::Result<()> {
    let routes = Routes::watch();
    let (news_at, news_from, route_at, was_full) = (None, clock::now(), clock::now(), false);
    let mut network = Network { driver, routes, news_at, news_from, route_at, was_full, front };
    thread::Builder::new().name("network".to_owned()).spawn(move || network.run())?;
    Ok(())
}

struct Network<F> {
    driver: Driver,
    routes: Routes,
    /// When news of the network are to be looked at.
    news_at: Option<Millis>,
    /// When they may be looked at again.
    news_from: Millis,
    /// When it is looked again which way there is.
    route_at: Millis,
    /// Nothing was read the last time, for want of room.
    was_full: bool,
    front: F,
}

impl<F: Front> Network<F> {
    fn run(&mut self) {
        loop {
            let plan = self.front.plan();
            match plan.order {
                Order::Stop => return self.front.hang_up(),
                Order::Listen | Order::Seek => {}
                Order::Dial | Order::Wait => self.driver.forget(),
            }
            match plan.order {
                Order::Dial | Order::Seek if self.dial() => continue,
                Order::Listen | Order::Wait => self.driver.stop_dialing(),
                Order::Dial | Order::Seek | Order::Stop => {}
            }
            if self.wait(plan).is_err() {
                // Without descriptors to wait for there is time to wait for.
                thread::sleep(SHORTEST);
            }
            self.look_at_news();
            if plan.has_room {
                self.listen();
            }
            self.was_full = !plan.has_room;
        }
    }

    /// Until something can be done, or is due.
    fn wait(&mut self, plan: Plan) -> io::Result<()> {
        let is_up = matches!(plan.order, Order::Listen);
        let left = plan.deadline.filter(|_| plan.has_room).map_or(TICK, |deadline| deadline.since(clock::now()));
        let news = self.news_at.map_or(TICK, |at| at.since(clock::now()));
        let tick = if is_up { TICK } else { ROUTE_TICK };
        let time = left.min(news).clamp(SHORTEST, tick);
        let routes = self.routes.fd().filter(|_| self.news_at.is_none());
        if self.driver.wait(plan.has_room, routes, time)? {
            self.news_at = Some(clock::now().max(self.news_from));
        }
        Ok(())
    }

    /// Reads once, and lets the model look at the time, whether anything came or not.
    fn listen(&mut self) {
        let lines = match self.driver.read() {
            Heard::Lines(lines) => lines,
            Heard::Silence | Heard::End => return self.front.feed(|model| model.handle_closed(clock::now())),
        };
        let (now, was_full) = (clock::now(), self.was_full);
        let route = (self.route_at <= now).then(|| self.driver.last().and_then(route_to));
        if route.is_some() {
            self.route_at = now + ROUTE_TICK;
        }
        self.front.feed(|model| {
            if was_full {
                model.note_deafness(now);
            }
            let mut actions: Vec<Action> = lines.iter().flat_map(|line| model.handle_line(line, now)).collect();
            actions.extend(model.handle_time(now));
            actions.extend(route.into_iter().flat_map(|route| model.handle_route(route, now)));
            actions
        });
    }

    /// Looks for a connection; says whether something has come of it.
    fn dial(&mut self) -> bool {
        match self.driver.dial() {
            None => return false,
            Some(Ok(path)) => self.front.feed(|model| {
                model.note_path(path.own, path.round_trip);
                model.handle_connected(clock::now())
            }),
            Some(Err(failure)) => {
                self.front.feed(|model| model.handle_unreachable(failure.is_refusal(), clock::now()));
            }
        }
        true
    }

    /// Links, addresses or routes have changed: nothing that was known of the way need be so now.
    fn look_at_news(&mut self) {
        if self.news_at.is_none_or(|at| clock::now() < at) {
            return;
        }
        let now = clock::now();
        (self.news_at, self.news_from, self.route_at) = (None, now + NEWS_TIME, now);
        if let Some(news) = self.routes.take_news() {
            self.driver.dial_anew();
            self.front.feed(|model| model.handle_network_news(news == News::Gone, now));
        }
    }
}
