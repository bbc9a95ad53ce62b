//! What goes wrong at log-ins and batches.

use std::sync::Arc;

use sim_control::{Protocol, What};
use sim_tds::{Greeting, Login, Verdict};

use super::{Faults, Gone, Met, REFUSED_AFTER_FAILOVER, request_log::plain, unavailable};
use crate::cloud::Cloud;

/// More characters of a batch than this tell nothing more.
const SHOWN: usize = 200;

/// The logical server that a log-in means, in lower case.
fn server(login: &Login) -> String {
    login.server.split('.').next().unwrap_or_default().to_ascii_lowercase()
}

impl Cloud {
    /// A log-in has come. Blocks while a hand acts.
    pub(crate) fn greet(self: &Arc<Self>, login: &Login) -> Greeting {
        let server = server(login);
        let who = if login.token.is_some() { "a token" } else { &login.user };
        let request = format!("{server}/{}: log in with {who}", login.database);
        let met = self.faults.meet(Protocol::LogIn, request, login.token.is_some());
        if let Some(hand) = met.hand() {
            tokio::task::block_in_place(|| self.let_hand_act(Some(hand)));
        }
        let what = met.what;
        if what == Some(What::Failover) {
            self.restart_instances(&server);
        }
        if let (Some(What::TokenExpired), Some(token)) = (what, &login.token) {
            self.issued().end(token);
        }
        self.notify();
        self.faults.greeting(&server, &login.database, what)
    }

    /// A batch is about to run. Answers its number too.
    pub(crate) fn meet_batch(self: &Arc<Self>, login: &Login, sql: &str) -> (usize, Verdict) {
        let server = server(login);
        let shown: String = plain(&self.without_secrets(sql)).chars().take(SHOWN).collect();
        let met = self.faults.meet(Protocol::Batch, format!("{server}/{}: {shown}", login.database), false);
        self.let_hand_act(met.hand());
        if met.what == Some(What::Failover) {
            self.wire.end_sessions_on(&server);
            self.restart_instances(&server);
        }
        let verdict = self.faults.verdict(&server, &login.database, &met);
        self.notify();
        (met.number, verdict)
    }

    /// Another instance goes on with the databases of a server.
    fn restart_instances(&self, server: &str) {
        let world = self.world();
        let here = world.databases.values().filter(|database| database.server == *server);
        here.filter_map(|database| database.store.as_ref()).for_each(|store| store.restart_instance());
    }

    /// A batch was run to its end.
    pub(crate) fn ran(&self, number: usize) {
        self.faults.acted(number);
        self.notify();
    }
}

impl Faults {
    fn greeting(&self, server: &str, database: &str, what: Option<What>) -> Greeting {
        let mut state = self.state();
        let gone = state.gone == Some(Gone::Sql(server.to_owned()));
        let failing = state.refuses_log_in(server);
        let refuse = |number| Greeting::Refuse(unavailable(number, database, server));
        // A log-in has no effect but its session: it has happened, whichever way it ends.
        state.fired |= what.is_some();
        match what {
            Some(What::Refused) => Greeting::Cut,
            Some(What::RefusedForGood) => {
                state.gone = Some(Gone::Sql(server.to_owned()));
                Greeting::Cut
            }
            Some(What::Slow | What::HeldBefore) => Greeting::Hold,
            Some(What::Garbage) => Greeting::Garble,
            Some(What::Busy) => refuse(40501),
            Some(What::Failover) => {
                state.failing_over = Some((server.to_owned(), REFUSED_AFTER_FAILOVER - 1));
                refuse(40613)
            }
            _ if gone => Greeting::Cut,
            _ if failing => refuse(40613),
            _ => Greeting::Open,
        }
    }

    fn verdict(&self, server: &str, database: &str, met: &Met) -> Verdict {
        let mut state = self.state();
        let gone = state.gone == Some(Gone::Sql(server.to_owned()));
        if met.what.is_some_and(What::is_for_good) {
            state.gone = Some(Gone::Sql(server.to_owned()));
        }
        match met.what {
            Some(What::Refused | What::RefusedForGood) => Verdict::CutBefore,
            Some(What::Failover) => {
                state.failing_over = Some((server.to_owned(), REFUSED_AFTER_FAILOVER));
                Verdict::CutBefore
            }
            Some(What::Lost | What::LostForGood) => Verdict::RunThenCut,
            Some(What::Slow | What::HeldAfter) => Verdict::RunThenHold,
            Some(What::Half) => Verdict::RunThenHalve,
            Some(What::Garbage) => Verdict::RunThenGarble,
            Some(What::HeldBefore) => Verdict::Hold,
            Some(What::Busy) => Verdict::Refuse(unavailable(40501, database, server)),
            _ if gone => Verdict::CutBefore,
            _ => Verdict::Run,
        }
    }
}

impl super::State {
    /// The server still refuses log-ins after a failover; each one counts.
    fn refuses_log_in(&mut self, server: &str) -> bool {
        match &mut self.failing_over {
            Some((failing, left)) if failing == server && *left > 0 => {
                *left -= 1;
                true
            }
            _ => false,
        }
    }
}
