//! The queue through which an application passes work on: a storage queue outside of its sites, which all of them share.
//!
//! Semantics of Azure Queue Storage and of the WebJobs SDK: a message that is taken is hidden for a while and stays until whoever
//! took it says that it is done; one that failed too often goes to the poison queue, where nobody looks for it.

use crate::Messages;

/// How long a message that was taken is hidden from others, in seconds.
const HIDDEN: f64 = 30.0;

/// How often a message is tried (`maxDequeueCount` of the WebJobs SDK).
const MOST_TRIES: u32 = 5;

/// All messages that wait, and what became of the others.
#[derive(Debug, Clone, Default)]
pub(crate) struct Queue {
    waiting: Vec<Message>,
    queued: u64,
    processed: u64,
    failed: u64,
    poisoned: u64,
}

/// Work that a user's write asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Work {
    pub(crate) user: i64,
    pub(crate) sequence: i64,
    pub(crate) token: String,
}

#[derive(Debug, Clone)]
struct Message {
    id: u64,
    work: Work,
    hidden_until: f64,
    tries: u32,
}

/// A message in the hands of a worker.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    id: u64,
    /// Which try this is: the message is somebody else's as soon as there was another.
    receipt: u32,
    pub(crate) work: Work,
}

/// What a worker's "done" came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finished {
    Once,
    /// Somebody else had taken the message meanwhile: it is done twice, or will be.
    Twice,
}

impl Queue {
    pub(crate) fn put(&mut self, work: Work) {
        self.queued += 1;
        self.waiting.push(Message { id: self.queued, work, hidden_until: 0.0, tries: 0 });
    }

    /// The oldest message that is not hidden.
    pub(crate) fn take(&mut self, now: f64) -> Option<Taken> {
        let message = self.waiting.iter_mut().find(|message| message.hidden_until <= now)?;
        message.hidden_until = now + HIDDEN;
        message.tries += 1;
        Some(Taken { id: message.id, receipt: message.tries, work: message.work.clone() })
    }

    pub(crate) fn done(&mut self, taken: &Taken) -> Finished {
        self.processed += 1;
        match self.waiting.iter().position(|message| message.is(taken)) {
            Some(at) => {
                self.waiting.remove(at);
                Finished::Once
            }
            None => Finished::Twice,
        }
    }

    /// The message comes again, unless it was tried too often.
    pub(crate) fn failed(&mut self, taken: &Taken) {
        self.failed += 1;
        let Some(at) = self.waiting.iter().position(|message| message.is(taken)) else { return };
        if taken.receipt < MOST_TRIES {
            self.waiting[at].hidden_until = 0.0;
        } else {
            self.waiting.remove(at);
            self.poisoned += 1;
        }
    }

    pub(crate) fn counts(&self) -> Messages {
        Messages {
            queued: self.queued,
            processed: self.processed,
            failed: self.failed,
            lost: self.poisoned,
            waiting: self.waiting.len() as u64,
        }
    }
}

impl Message {
    fn is(&self, taken: &Taken) -> bool {
        self.id == taken.id && self.tries == taken.receipt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn queue() -> Queue {
        let mut queue = Queue::default();
        for sequence in 1..=2 {
            queue.put(Work { user: 1, sequence, token: "t".to_owned() });
        }
        queue
    }

    #[test]
    fn a_message_is_given_to_one_worker_and_gone_when_it_is_done() {
        let mut queue = queue();
        let first = queue.take(0.0).unwrap();
        assert_eq!(queue.take(0.0).unwrap().work.sequence, 2);
        assert!(queue.take(0.0).is_none());
        assert_eq!(queue.done(&first), Finished::Once);
        let expected = Messages { queued: 2, processed: 1, waiting: 1, ..Messages::default() };
        assert_eq!(queue.counts(), expected);
    }

    #[test]
    fn a_worker_that_takes_too_long_has_done_it_twice() {
        let mut queue = queue();
        let slow = queue.take(0.0).unwrap();
        let other = queue.take(HIDDEN + 1.0).unwrap();
        assert_eq!(slow.work, other.work);
        assert_eq!((queue.done(&other), queue.done(&slow)), (Finished::Once, Finished::Twice));
    }

    #[test]
    fn a_message_that_fails_again_and_again_is_lost() {
        let mut queue = queue();
        for _ in 0..MOST_TRIES {
            let taken = queue.take(0.0).unwrap();
            queue.failed(&taken);
        }
        assert_eq!(queue.take(0.0).unwrap().work.sequence, 2);
        let counts = queue.counts();
        assert_eq!((counts.failed, counts.lost, counts.waiting), (5, 1, 1));
    }
}
