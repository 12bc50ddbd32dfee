//! TransactWriteItems.

use std::rc::Rc;

use super::super::keys::read_newest;
use super::super::members::{Members, list, map, string};
use super::super::metrics;
use super::super::single_write::{Change, ItemChange};
use super::super::step::{Answer, Environment, Partition, Step};
use super::actions::{self, Bound};
use super::reasons::Reasons;
use super::{Fingerprint, check_distinct, check_payload, fingerprint};
use crate::api::{ApiError, ErrorKind};
use crate::collections::sort;
use crate::engine::capacity::{Consumed, ReturnConsumedCapacity, UnitsOf, WriteCost, read_units};
use crate::engine::tokens::{Remembered, TokenWrite};
use crate::engine::{Engine, ItemWrite, Table};
use crate::item::{ItemBuf, ItemRef, MapRef, tag};
use crate::storage::{Bytes, SeqNo};
use crate::wire::document::DocWriter;

/// Up to 100 writes and checks.
pub struct TransactWriteItems {
    actions: Vec<Bound>,
    pub(in crate::api) partitions: Vec<Partition>,
    token: Option<Token>,
    /// It is of statements, which answer with Responses.
    pub(in crate::api) statements: bool,
    capacity: ReturnConsumedCapacity,
    now_millis: u64,
}

/// The ClientRequestToken and what it stands for.
pub(in crate::api) struct Token {
    pub token: Vec<u8>,
    pub fingerprint: Fingerprint,
}

#[inline(never)]
pub(in crate::api) fn begin(
    engine: &Engine,
    request: MapRef<'_>,
    environment: &Environment,
) -> Result<TransactWriteItems, ApiError> {
    let members = Members::read(request);
    let Some(items) = request.find(b"TransactItems") else {
        return Err(ApiError::new(ErrorKind::Serialization, ""));
    };
    let mut chosen = Vec::new();
    for entry in list(items) {
        chosen.push(actions::only_action(map(entry).unwrap_or_default())?);
    }
    let parsed = chosen.into_iter().map(actions::parse).collect::<Result<Vec<_>, _>>()?;
    check_payload(parsed.iter().map(|action| action.payload).sum())?;
    let mut actions = Vec::with_capacity(parsed.len());
    let mut reasons = Reasons::default();
    for action in parsed {
        match action.bind(engine, members.metrics, &mut reasons) {
            Ok(bound) => actions.extend(bound),
            // What was read before counts before.
            Err(missing) => return Err(check_actions(&actions).err().unwrap_or(missing)),
        }
    }
    let token = request
        .find(b"ClientRequestToken")
        .and_then(string)
        .map(|token| Token { token: token.as_bytes().to_vec(), fingerprint: fingerprint(items.bytes()) });
    let capacity = ReturnConsumedCapacity::parse(members.return_capacity);
    TransactWriteItems::new(actions, reasons, token, capacity, environment)
}

impl TransactWriteItems {
    /// Refuses several actions on one item, and then actions of which one does not fit its table.
    pub(in crate::api) fn new(
        actions: Vec<Bound>,
        reasons: Reasons,
        token: Option<Token>,
        capacity: ReturnConsumedCapacity,
        environment: &Environment,
    ) -> Result<Self, ApiError> {
        check_actions(&actions)?;
        if let Some(cancelled) = reasons.cancelled() {
            return Err(cancelled);
        }
        Ok(Self {
            partitions: actions.iter().map(|one| one.change.partition()).collect(),
            actions,
            token,
            statements: false,
            capacity,
            now_millis: environment.now_millis,
        })
    }

    /// No write of a statement answers with an item.
    fn write_responses(&self, out: &mut DocWriter) {
        if self.statements {
            out.name("Responses");
            let none = out.begin(tag::LIST, 0);
            out.end(none);
        }
    }

    pub(in crate::api) fn tables(&self) -> impl Iterator<Item = &Rc<Table>> {
        self.actions.iter().map(|one| &one.change.table)
    }

    pub(in crate::api) fn tables_mut(&mut self) -> impl Iterator<Item = &mut Rc<Table>> {
        self.actions.iter_mut().map(|one| &mut one.change.table)
    }

    #[inline(never)]
    pub(in crate::api) fn step(&mut self, engine: &mut Engine) -> Step {
        let mut missing = Vec::new();
        let mut after = SeqNo::default();
        let mut olds: Vec<Option<Bytes>> = Vec::with_capacity(self.actions.len());
        for Bound { change, .. } in &self.actions {
            if let Some((seen, old)) = read_newest(engine, &change.table, &change.key, &mut missing) {
                after = after.max(seen);
                olds.push(old);
            }
        }
        let before = match &self.token {
            Some(token) => engine.remembered(&token.token, self.now_millis, &mut missing),
            None => Some(None),
        };
        if !missing.is_empty() {
            sort(&mut missing);
            missing.dedup();
            return Step::Missing(missing);
        }
        if let (Some(token), Some(Some(remembered))) = (&self.token, before) {
            let response = if remembered.fingerprint == token.fingerprint {
                Ok(self.repetition(&remembered))
            } else {
                Err(ApiError::new(
                    ErrorKind::IdempotentParameterMismatch,
                    "The request was rejected because it was retried with the same ClientRequestToken, but with other parameters",
                ))
            };
            // The transaction it repeats may be on its way to the disk.
            return Step::Done(Answer::new(response, engine.storage.latest()));
        }
        match self.evaluate(engine, &olds) {
            Err(cancelled) => Step::Done(Answer::new(Err(cancelled), after)),
            Ok(news) => Step::Done(self.carry_out(engine, olds, news, after)),
        }
    }

    /// The items after the transaction, or why it is cancelled.
    fn evaluate(
        &mut self,
        engine: &Engine,
        olds: &[Option<Bytes>],
    ) -> Result<Vec<Option<ItemBuf>>, ApiError> {
        let mut reasons = Reasons::default();
        let mut news = Vec::with_capacity(olds.len());
        for (Bound { change, .. }, old) in self.actions.iter_mut().zip(olds) {
            reasons.add(change.evaluate(engine, old.as_ref()).map(|new| news.push(new)));
        }
        reasons.cancelled().map_or(Ok(news), Err)
    }

    fn carry_out(
        &mut self,
        engine: &mut Engine,
        olds: Vec<Option<Bytes>>,
        news: Vec<Option<ItemBuf>>,
        after: SeqNo,
    ) -> Answer {
        let mut sums = Sums::default();
        let mut writes = Vec::with_capacity(self.actions.len());
        let mut places = Vec::with_capacity(self.actions.len());
        for ((Bound { change, .. }, old), new) in self.actions.iter().zip(olds).zip(news) {
            let size = |bytes: Option<&[u8]>| bytes.and_then(ItemRef::parse).map_or(0, |item| item.size());
            let (before, behind) =
                (size(old.as_deref()), new.as_ref().map_or(0, |item| item.as_ref().size()));
            let place = sums.place(change);
            sums.add_repetition(place, read_units(u64::from(before.max(behind)), true) * 2);
            if let Change::Check = change.change {
                sums.add_table(place, WriteCost::units(before));
                continue;
            }
            places.push(place);
            let (table, key) = (&*change.table, change.key.clone());
            writes.push(ItemWrite { table, key, old, new: new.map(ItemBuf::into_bytes), blind: false });
        }
        let token = self.token.as_mut().map(|token| TokenWrite {
            token: std::mem::take(&mut token.token),
            value: sums.remembered(self.now_millis, token.fingerprint).encode(),
        });
        let (seq, costs) = engine.write_items(writes, token, self.now_millis);
        for (place, cost) in places.into_iter().zip(&costs) {
            sums.add(place, cost);
        }
        let response = self.response(engine, &sums.consumed, UnitsOf::Writes);
        Answer::new(Ok(response), seq.max(after))
    }

    /// What a repetition is answered: nothing is written again, and reading what was written is paid.
    fn repetition(&self, remembered: &Remembered) -> Vec<u8> {
        let mut out = DocWriter::default();
        let with_capacity = self.capacity != ReturnConsumedCapacity::None;
        let open = out.begin(tag::MAP, usize::from(self.statements) + usize::from(with_capacity));
        self.write_responses(&mut out);
        if with_capacity {
            out.name("ConsumedCapacity");
            let known = |name: &str| self.actions.iter().find(|one| one.change.table_name == name);
            let parts: Vec<_> = remembered
                .units
                .iter()
                .filter_map(|(name, units)| Some((&known(name)?.change, Consumed::of_table(*units))))
                .collect();
            let list = out.begin(tag::LIST, parts.len());
            for (change, consumed) in parts {
                consumed.write_of(&mut out, &change.table, &change.table_name, self.capacity, UnitsOf::Reads);
            }
            out.end(list);
        }
        out.end(open);
        out.finish()
    }

    fn response(&mut self, engine: &Engine, consumed: &[Part], of: UnitsOf) -> Vec<u8> {
        let mut out = DocWriter::default();
        let with_capacity = self.capacity != ReturnConsumedCapacity::None;
        let mut written: Vec<metrics::Written<'_>> = Vec::new();
        for part in consumed {
            let own = self.actions.iter_mut().filter(|one| one.change.table_name == part.name);
            let keys: Vec<ItemBuf> = own.filter_map(|one| one.collection.take()).collect();
            if !keys.is_empty() {
                written.push((&part.name, &part.table, keys));
            }
        }
        let members = [self.statements, with_capacity, !written.is_empty()];
        let open = out.begin(tag::MAP, members.into_iter().filter(|there| *there).count());
        self.write_responses(&mut out);
        if with_capacity {
            out.name("ConsumedCapacity");
            let list = out.begin(tag::LIST, consumed.len());
            for Part { name, table, consumed, .. } in consumed {
                consumed.write_of(&mut out, table, name, self.capacity, of);
            }
            out.end(list);
        }
        if !written.is_empty() {
            out.name("ItemCollectionMetrics");
            metrics::write_by_table(&mut out, engine, written);
        }
        out.end(open);
        out.finish()
    }
}

fn check_actions(actions: &[Bound]) -> Result<(), ApiError> {
    check_distinct(actions.iter().map(|one| (&*one.change.table, one.change.key.as_slice())))
}

/// What a transaction consumes of one table.
struct Part {
    /// The table as the request named it.
    name: String,
    table: Rc<Table>,
    consumed: Consumed,
    /// Half units that a repetition of the request consumes.
    repetition: u64,
}

/// What a transaction consumes, by table. The table's own entries count twice, those of its indexes once.
#[derive(Default)]
struct Sums {
    consumed: Vec<Part>,
}

impl Sums {
    /// Where the table of an action is.
    fn place(&mut self, change: &ItemChange) -> usize {
        let found = self.consumed.iter().position(|part| part.name == change.table_name);
        found.unwrap_or_else(|| {
            self.consumed.push(Part {
                name: change.table_name.clone(),
                table: Rc::clone(&change.table),
                consumed: Consumed::default(),
                repetition: 0,
            });
            self.consumed.len() - 1
        })
    }

    fn add_table(&mut self, place: usize, units: u64) {
        if let Some(part) = self.consumed.get_mut(place) {
            part.consumed.add(&Consumed::of_table(units * 4));
        }
    }

    fn add_repetition(&mut self, place: usize, halves: u64) {
        if let Some(part) = self.consumed.get_mut(place) {
            part.repetition += halves;
        }
    }

    fn add(&mut self, place: usize, cost: &WriteCost) {
        self.add_table(place, cost.table);
        if let Some(part) = self.consumed.get_mut(place) {
            part.consumed.add(&Consumed { table: 0, ..cost.consumed() });
        }
    }

    fn remembered(&self, now_millis: u64, fingerprint: Fingerprint) -> Remembered {
        let units = self.consumed.iter().map(|part| (part.name.clone(), part.repetition)).collect();
        Remembered { time_millis: now_millis, fingerprint, units }
    }
}
