//! What a server says beside its results: `PRINT`, `RAISERROR` of low severity, and every error of a batch.
//!
//! tiberius hands out only the first error of a batch, and informational messages not at all; it tells both to
//! `tracing` (target [`TARGET`]). While a session waits for an answer it listens there, for itself alone.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use tracing::{
    Dispatch, Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span,
};

const TARGET: &str = "tiberius::tds::stream::token";

/// Changes of the session itself that tiberius tells in the same way as messages; a message that begins like one of
/// them cannot be told from it.
const ENVIRONMENT: [&str; 9] = [
    "Database change from '",
    "Packet size change from '",
    "SQL collation change",
    "Begin transaction",
    "Commit transaction",
    "Rollback transaction",
    "Ignored env change: `",
    "Fallback mirror server: `",
    "FeatureExtAck with ",
];

/// What was heard since the last look.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Heard {
    /// Informational messages, in order.
    pub(crate) messages: Vec<String>,
    /// Errors, in order.
    pub(crate) errors: Vec<String>,
}

/// Listens to one session.
#[derive(Clone, Default)]
pub(crate) struct Listener(Arc<Mutex<Heard>>);

impl Listener {
    /// For `WithSubscriber`: what runs under it is heard by this listener.
    pub(crate) fn dispatch(&self) -> Dispatch {
        Dispatch::new(Ear(self.clone()))
    }

    /// Takes out what was heard.
    pub(crate) fn take(&self) -> Heard {
        std::mem::take(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn hear(&self, level: Level, text: String) {
        let mut heard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if level == Level::ERROR {
            heard.errors.push(text);
        } else if !ENVIRONMENT.iter().any(|beginning| text.starts_with(beginning)) {
            heard.messages.push(text);
        }
    }
}

struct Ear(Listener);

impl Subscriber for Ear {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == TARGET && [Level::DEBUG, Level::ERROR].contains(metadata.level())
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(LevelFilter::DEBUG)
    }

    fn event(&self, event: &Event<'_>) {
        let mut text = Text(String::new());
        event.record(&mut text);
        self.0.hear(*event.metadata().level(), text.0);
    }

    fn new_span(&self, _: &span::Attributes<'_>) -> span::Id {
        span::Id::from_u64(1)
    }

    fn record(&self, _: &span::Id, _: &span::Record<'_>) {}

    fn record_follows_from(&self, _: &span::Id, _: &span::Id) {}

    fn enter(&self, _: &span::Id) {}

    fn exit(&self, _: &span::Id) {}
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing::instrument::WithSubscriber;

    use super::*;

    async fn say(texts: &[&str]) {
        for text in texts {
            tracing::event!(target: TARGET, Level::DEBUG, "{}", text);
        }
        tracing::event!(target: TARGET, Level::TRACE, "a token");
        tracing::event!(target: TARGET, Level::ERROR, message = %"Bad.", code = 207);
        tracing::event!(target: "tiberius::client", Level::DEBUG, "elsewhere");
    }

    #[tokio::test]
    async fn messages_and_errors_are_heard_and_nothing_else() {
        let listener = Listener::default();
        say(&["one", "Begin transaction", "two"]).with_subscriber(listener.dispatch()).await;
        say(&["not heard"]).await;
        let heard = Heard { messages: vec!["one".into(), "two".into()], errors: vec!["Bad.".into()] };
        assert_eq!(listener.take(), heard);
        assert_eq!(listener.take(), Heard::default());
    }
}
