//! How a trial comes to its end.

use super::net::at;
use super::trial::Trial;

impl Trial {
    /// Every client is gone for good.
    pub(crate) fn desert_all(&mut self) {
        for number in self.live.clone() {
            let readiness = self.wires[number].ends.borrow_mut().desert();
            self.ready(number, readiness);
        }
    }

    /// The server is told to stop.
    pub(crate) fn shut_down(&mut self) {
        self.server.shut_down(at(self.now));
        self.shadow.is_shut_down = true;
        self.shadow.now = self.now;
        self.live.iter().for_each(|number| self.shadow.close(*number, "shutdown"));
        for name in self.shadow.places.keys().cloned().collect::<Vec<_>>() {
            self.shadow.places.remove(&name);
            self.shadow.model.leave(&name, "shutdown");
        }
        self.shadow.model.told.clear();
    }
}
