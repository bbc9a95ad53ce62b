//! What goes wrong at log-ins and batches.

use sim_control::{Protocol, What};
use sim_tds::{Greeting, Login, Verdict};

use super::{Faults, Gone, Met, REFUSED_AFTER_FAILOVER, Wire, request_log::plain, unavailable};
use crate::{azure::Azure, secrets, world::World};

/// More characters of a batch than this tell nothing more.
const SHOWN: usize = 200;

/// The logical server that a log-in means, in lower case.
fn server(login: &Login) -> String {
    login.server.split('.').next().unwrap_or_default().to_ascii_lowercase()
}

/// Another instance goes on with the databases of a server.
fn restart_instances(world: &World, server: &str) {
    let here = world.databases.values().filter(|database| database.server == *server);
    here.filter_map(|database| database.store.as_ref()).for_each(|store| store.restart_instance());
}

impl Faults {
    /// A log-in has come.
    pub(crate) fn meet_log_in(&self, login: &Login) -> Met {
        let who = if login.token.is_some() { "a token" } else { &login.user };
        let request = format!("{}/{}: log in with {who}", server(login), login.database);
        self.meet(Protocol::LogIn, request, login.token.is_some())
    }

    /// What happens to a log-in.
    pub(crate) fn greet(&self, azure: &Azure, login: &Login, met: &Met) -> Greeting {
        let server = server(login);
        if met.what == Some(What::Failover) {
            restart_instances(&azure.world(), &server);
        }
        if let (Some(What::TokenExpired), Some(token)) = (met.what, &login.token) {
            azure.issued().end(token);
        }
        azure.changes.notify();
        self.greeting(&server, &login.database, met.what)
    }

    /// A batch is about to run.
    pub(crate) fn meet_batch(&self, azure: &Azure, login: &Login, sql: &str) -> Met {
        let shown: String = plain(&secrets::hide(azure, sql)).chars().take(SHOWN).collect();
        self.meet(Protocol::Batch, format!("{}/{}: {shown}", server(login), login.database), false)
    }

    /// What happens to a batch.
    pub(crate) fn judge_batch(&self, azure: &Azure, wire: &Wire, login: &Login, met: &Met) -> Verdict {
        let server = server(login);
        if met.what == Some(What::Failover) {
            wire.end_sessions_on(&server);
            restart_instances(&azure.world(), &server);
        }
        let verdict = self.verdict(&server, &login.database, met);
        azure.changes.notify();
        verdict
    }

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
