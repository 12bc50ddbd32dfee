//! Which request a commit answers, and how: written with the commit, so that who opens the database next does not carry
//! it out again when it comes again.
//!
//! A request writes all it writes in one step. Its records stay in one group, which the store takes whole or not at all,
//! so the last of them speaks for all.
//!
//! Between the end of a commit and its answers nothing waits, so no checkpoint can come between: what was committed and
//! has not reached a client in the owner's own context is in the log's tail. An answer to a client elsewhere is on its way
//! for longer. Such a client joins, and says what has arrived; until then its answers are remembered, and are written
//! again with each checkpoint that takes their records from the log.

use super::Engine;
use crate::collections::VecMap;
use crate::item::tag;
use crate::log::{KeptAnswer, Record, RequestId, put_request};
use crate::storage::{Bytes, SeqNo};

/// How long a checkpoint keeps an answer that nobody has asked for, or has said to have.
const KEPT_MILLIS: u64 = 10 * 60 * 1000;

/// What is known of clients, and of what they ask.
#[derive(Default)]
pub(super) struct Requests {
    /// The last sequence number before the request that writes now.
    began: Option<SeqNo>,
    /// Those that the opening found in the log's tail, and those that joined.
    clients: VecMap<u64, Client>,
}

#[derive(Default)]
struct Client {
    joined: bool,
    /// How its requests were answered that may come again: what the opening found, and once it joined, what was committed.
    held: VecMap<u64, Held>,
}

struct Held {
    answer: KeptAnswer,
    /// It is in the log before this frame; 0 for all that the opening found, since the first checkpoint takes the whole
    /// tail.
    before: u64,
}

/// The answer to a write that asks for none: a document without members.
const EMPTY: [u8; 6] = [tag::MAP, 1, 0, 0, 0, 0];

impl Requests {
    /// Whether the record `seq` goes into the group of the one before, whatever its size.
    pub(super) fn goes_on(&self, seq: SeqNo) -> bool {
        self.began.is_some_and(|began| seq.0 > began.0 + 1)
    }

    /// Holds the answers that a record of the log's tail has.
    #[inline(never)]
    pub(super) fn note(&mut self, record: &Record) {
        for answer in &record.kept {
            self.hold(answer.clone());
        }
        if let Some(id) = record.request {
            let (time_millis, answer) = (record.time_millis, record.answer.clone());
            self.hold(KeptAnswer { id, time_millis, answer });
        }
    }

    #[inline(never)]
    fn hold(&mut self, answer: KeptAnswer) {
        let RequestId { client, request } = answer.id;
        self.clients.get_or_default(client).held.insert(request, Held { answer, before: 0 });
    }

    /// Remembers what a group answered, whose frames end before `next_log`.
    pub(super) fn remember(&mut self, answers: Vec<KeptAnswer>, next_log: u64) {
        for answer in answers {
            // It may have left since.
            if let Some(client) = self.clients.get_mut(&answer.id.client) {
                client.held.insert(answer.id.request, Held { answer, before: next_log });
            }
        }
    }

    fn has_joined(&self, client: u64) -> bool {
        self.clients.get(&client).is_some_and(|client| client.joined)
    }
}

impl Engine {
    /// The answers to what `client` writes are remembered from now on, until it says that it has them; so are those that
    /// the opening found.
    pub fn join(&mut self, client: u64) {
        self.requests.clients.get_or_default(client).joined = true;
    }

    /// None of the client's requests will come again.
    pub fn leave(&mut self, client: u64) {
        self.requests.clients.remove(&client);
    }

    /// The client has all answers to its requests of lower numbers than `below`.
    pub fn received(&mut self, client: u64, below: u64) {
        if let Some(client) = self.requests.clients.get_mut(&client) {
            client.held.retain(|request, _| *request >= below);
        }
    }

    /// How a request was answered, if it was carried out before the opening, or since then for a client that joined.
    ///
    /// A client gives each request a greater number than those before. Of one that did not join, the first that is later
    /// than all that are held says that none of these will come again.
    #[inline(never)]
    pub fn answered(&mut self, id: RequestId) -> Option<Vec<u8>> {
        let client = self.requests.clients.get(&id.client)?;
        if !client.joined && client.held.keys().last().is_none_or(|last| *last < id.request) {
            self.leave(id.client);
            return None;
        }
        let Held { answer, .. } = client.held.get(&id.request)?;
        Some(answer.answer.as_deref().unwrap_or(&EMPTY).to_vec())
    }

    /// A request begins to write: what it writes stays together until [`Engine::end_request`].
    pub fn begin_request(&mut self) {
        self.requests.began = Some(self.last_seq);
    }

    /// The request is evaluated; `answer` is its answer unless it failed or has to go on later.
    #[inline(never)]
    pub fn end_request(&mut self, id: RequestId, answer: Option<&[u8]>) {
        let wrote = self.requests.began.take().is_some_and(|began| self.last_seq > began);
        if id.client == 0 {
            return;
        }
        let Some(answer) = answer.filter(|_| wrote) else { return };
        let Some(group) = self.groups.back_mut() else { return };
        let Some(record) = group.records.last_mut() else { return };
        let before = record.len();
        let told = (*answer != EMPTY).then_some(answer);
        put_request(record, id, told);
        group.bytes += record.len() - before;
        if self.requests.has_joined(id.client) {
            let answer = told.map(Bytes::from);
            group.answers.push(KeptAnswer { id, time_millis: self.last_time, answer });
        }
    }

    /// The log is to begin at frame `log_start`: gives the record that has to be written with that, of the answers that
    /// are still to be kept and whose records go.
    #[inline(never)]
    pub fn keep_answers(&mut self, log_start: u64, now_millis: u64) -> Option<Vec<u8>> {
        let mut kept = Vec::new();
        self.requests.clients.retain(|_, client| {
            client.held.retain(|_, Held { answer, before }| {
                // A clock that is set back does not make it last for longer.
                answer.time_millis = answer.time_millis.min(now_millis);
                let lasts = now_millis - answer.time_millis < KEPT_MILLIS;
                if lasts && *before <= log_start {
                    kept.push(answer.clone());
                }
                lasts
            });
            client.joined || !client.held.is_empty()
        });
        (!kept.is_empty()).then(|| Record { kept, ..Record::default() }.encode())
    }
}
