//! `sp_getapplock` and `sp_releaseapplock`.

use std::time::Duration;

use super::{Engine, Failure, Outcome};
use crate::{
    Message,
    bind::Frame,
    clock,
    store::{LockMode, LockOwner, Waited},
    syntax::Argument,
};

/// The lock was granted at once.
const GRANTED: i64 = 0;
/// The lock was granted after a wait.
const GRANTED_AFTER_WAIT: i64 = 1;
const TIMED_OUT: i64 = -1;
const INVALID: i64 = -999;

impl Engine<'_> {
    /// Without `@LockTimeout` the session's own lock timeout holds, which is to wait for ever.
    pub(super) fn get_lock(&mut self, arguments: &[Argument], frame: &Frame) -> Outcome<i64> {
        let resource = self.required(arguments, 0, "@Resource", frame)?;
        let mode = self.required(arguments, 1, "@LockMode", frame)?;
        let owner = self.argument(arguments, 2, "@LockOwner", frame)?.unwrap_or_else(|| "Transaction".to_owned());
        let timeout = self.argument(arguments, 3, "@LockTimeout", frame)?;
        let (Some(mode), Some(owner)) = (LockMode::parse(&mode), LockOwner::parse(&owner)) else { return Ok(INVALID) };
        if owner == LockOwner::Transaction && self.state.transaction.count == 0 {
            return self.no_transaction();
        }
        let limit = match timeout.and_then(|text| text.parse::<i64>().ok()) {
            Some(milliseconds) => u64::try_from(milliseconds).ok().map(Duration::from_millis),
            None => self.state.settings.lock_timeout,
        };
        self.take_lock(&resource, mode, owner, limit)
    }

    fn take_lock(&mut self, resource: &str, mode: LockMode, owner: LockOwner, limit: Option<Duration>) -> Outcome<i64> {
        let id = self.member.id;
        let resource: String = resource.chars().take(255).collect();
        let store = &self.state.store;
        if store.lock().locks.take(id, &resource, mode, owner).is_some() {
            return Ok(GRANTED);
        }
        let deadline = limit.map(clock::deadline);
        match store.wait(self.member, deadline, |state| state.locks.take(id, &resource, mode, owner)) {
            Ok(()) => Ok(GRANTED_AFTER_WAIT),
            Err(Waited::TimedOut) => Ok(TIMED_OUT),
            Err(stopped) => Err(Failure::Stopped(stopped)),
        }
    }

    pub(super) fn release_lock(&mut self, arguments: &[Argument], frame: &Frame) -> Outcome<i64> {
        let resource = self.required(arguments, 0, "@Resource", frame)?;
        let owner = self.argument(arguments, 1, "@LockOwner", frame)?.unwrap_or_else(|| "Transaction".to_owned());
        let Some(owner) = LockOwner::parse(&owner) else { return Ok(INVALID) };
        let resource: String = resource.chars().take(255).collect();
        if self.state.store.lock().locks.release(self.member.id, &resource, owner) {
            self.state.store.notify();
            return Ok(GRANTED);
        }
        let text = format!(
            "Cannot release the application lock (Database Principal: 'public', Resource: '{resource}') because it is not currently held."
        );
        self.report_and_go_on(Message::new(1223, 16, text))
    }

    fn no_transaction(&mut self) -> Outcome<i64> {
        self.report_and_go_on(Message::new(
            16925,
            16,
            "The application lock cannot be acquired or released with a transaction owner without a transaction.",
        ))
    }

    /// Such errors come with a return code, outside a `TRY`.
    fn report_and_go_on(&mut self, message: Message) -> Outcome<i64> {
        if self.tries > 0 || self.state.settings.xact_abort {
            return Err(message.into());
        }
        self.refuse(message);
        Ok(INVALID)
    }
}
