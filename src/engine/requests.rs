//! Which request a commit answers, and how: written with the commit, so that who opens the database next does not carry
//! it out again when it comes again.
//!
//! A request writes all it writes in one step. Its records stay in one group, which the store takes whole or not at all,
//! so the last of them speaks for all. Between the end of a commit and its answers nothing waits, so no checkpoint can come
//! between: what was committed and not answered is in the log's tail.

use super::Engine;
use crate::item::tag;
use crate::log::{Record, RequestId, put_request};
use crate::storage::{Bytes, SeqNo};

/// The client whose requests are marked in the log, and how those in the tail were answered.
#[derive(Default)]
pub(super) struct Requests {
    client: Option<u64>,
    /// The last sequence number before the request that writes now.
    began: Option<SeqNo>,
    held: Vec<(u64, Option<Bytes>)>,
    /// The last request of those held.
    last: u64,
}

/// The answer to a write that asks for none: a document without members.
const EMPTY: [u8; 6] = [tag::MAP, 1, 0, 0, 0, 0];

impl Requests {
    /// Whether the record `seq` goes into the group of the one before, whatever its size.
    pub(super) fn goes_on(&self, seq: SeqNo) -> bool {
        self.began.is_some_and(|began| seq.0 > began.0 + 1)
    }

    /// Keeps the answer that a record of the log's tail holds.
    #[inline(never)]
    pub(super) fn note(&mut self, record: &Record) {
        if let Some(id) = record.request
            && self.client == Some(id.client)
        {
            self.last = self.last.max(id.request);
            self.held.push((id.request, record.answer.clone()));
        }
    }
}

impl Engine {
    /// Requests are those of `client`, which gives each a number greater than those before; told before the log is
    /// replayed. With `None`, no answer is kept.
    pub fn set_client(&mut self, client: Option<u64>) {
        self.requests.client = client;
    }

    /// How a request was answered, if it was carried out before the opening. The first one that is later than all that
    /// are held says that none of them will come again.
    #[inline(never)]
    pub fn answered(&mut self, request: u64) -> Option<Vec<u8>> {
        let requests = &mut self.requests;
        if request > requests.last {
            requests.held = Vec::new();
        }
        let (_, answer) = requests.held.iter().find(|(held, _)| *held == request)?;
        Some(answer.as_deref().unwrap_or(&EMPTY).to_vec())
    }

    /// A request begins to write: what it writes stays together until [`Engine::end_request`].
    pub fn begin_request(&mut self) {
        self.requests.began = Some(self.last_seq);
    }

    /// The request is evaluated; `answer` is its answer unless it failed or has to go on later.
    #[inline(never)]
    pub fn end_request(&mut self, request: u64, answer: Option<&[u8]>) {
        let wrote = self.requests.began.take().is_some_and(|began| self.last_seq > began);
        let Some(client) = self.requests.client else { return };
        let Some(answer) = answer.filter(|_| wrote) else { return };
        let Some(group) = self.groups.back_mut() else { return };
        let Some(record) = group.records.last_mut() else { return };
        let before = record.len();
        let told = (*answer != EMPTY).then_some(answer);
        put_request(record, RequestId { client, request }, told);
        group.bytes += record.len() - before;
    }
}
