//! BatchExecuteStatement: up to 25 statements, each on its own.

use std::rc::Rc;

use super::super::keys::{check_scalars, find_table, read_newest};
use super::super::members::{list, map};
use super::super::single_write::{ItemChange, ReturnValues};
use super::super::step::{Answer, Environment, Partition, Step};
use super::super::transact::Get;
use super::keys::pinned;
use super::request::{self, Request};
use super::{ONLY_IN_TRANSACTIONS, capacity, write};
use crate::api::{ApiError, ErrorKind};
use crate::collections::sort;
use crate::engine::capacity::{Consumed, ReturnConsumedCapacity, read_units};
use crate::engine::{Engine, ItemWrite, Table};
use crate::expression::Reach;
use crate::item::{ItemBuf, ItemRef, MapRef, tag};
use crate::partiql::Verb;
use crate::storage::{Bytes, SeqNo};
use crate::wire::document::{DocWriter, MapWriter};

/// Up to 25 statements: all of them read, or all of them write.
pub struct StatementBatch {
    /// Those that cannot run stand here with the reason.
    statements: Vec<Result<Work, ApiError>>,
    pub(in crate::api) partitions: Vec<Partition>,
    capacity: ReturnConsumedCapacity,
    now_millis: u64,
}

/// What a statement does.
enum Work {
    Read { get: Get, consistent: bool },
    Write { change: ItemChange, values: ReturnValues },
}

#[inline(never)]
pub(in crate::api) fn begin(
    engine: &Engine,
    document: MapRef<'_>,
    environment: &Environment,
) -> Result<StatementBatch, ApiError> {
    let entries = document.find(b"Statements").into_iter().flat_map(list);
    let (mut reads, mut writes) = (false, false);
    let requests: Vec<_> = entries
        .map(|entry| {
            let unread = Request::parameters(map(entry).unwrap_or_default())?;
            let outcome = unread.parse();
            // What is refused, but is a statement, is a read or a write all the same.
            match &outcome {
                Err(refusal) if refusal.is_malformed() => {}
                Ok(request) if !request.is_read() => writes = true,
                Err(_) if !unread.is_select() => writes = true,
                _ => reads = true,
            }
            outcome.map_err(|refusal| request::error(&refusal))
        })
        .collect();
    if reads && writes {
        return Err(ApiError::validation(
            "Read and write requests together in the same batch is not supported.",
        ));
    }
    let statements: Vec<_> =
        requests.into_iter().map(|request| request.and_then(|request| work(engine, request))).collect();
    for (number, one) in statements.iter().enumerate() {
        let Ok(one) = one else { continue };
        let mut before = statements.iter().take(number).flatten();
        if before.any(|other| other.table().tree == one.table().tree && other.key() == one.key()) {
            return Err(ApiError::validation("Provided list of item keys contains duplicates"));
        }
    }
    Ok(StatementBatch {
        partitions: statements.iter().flatten().filter_map(Work::partition).collect(),
        statements,
        capacity: capacity(document),
        now_millis: environment.now_millis,
    })
}

fn work(engine: &Engine, request: Request) -> Result<Work, ApiError> {
    if let Verb::Exists = request.statement.verb {
        return Err(ApiError::validation(ONLY_IN_TRANSACTIONS));
    }
    if request.is_read() {
        let consistent = request.consistent;
        let get = get(engine, request)?.ok_or_else(|| {
            ApiError::validation(
                "Select statements within BatchExecuteStatement must specify the primary key in the where clause.",
            )
        })?;
        return Ok(Work::Read { get, consistent });
    }
    let values = write::return_values(&request.statement);
    Ok(Work::Write { change: write::change(engine, request)??, values })
}

/// The read of one item, if a SELECT is no more than that.
pub(super) fn get(engine: &Engine, request: Request) -> Result<Option<Get>, ApiError> {
    let statement = *request.statement;
    let table = find_table(engine, Some(&statement.table))?;
    let Verb::Select { columns, .. } = statement.verb else { return Ok(None) };
    if statement.index.is_some() {
        return Ok(None);
    }
    let pinned = pinned(&table, statement.condition.as_ref(), Reach::Any)?;
    let Some(pinned) = pinned.filter(|pinned| pinned.alone) else { return Ok(None) };
    check_scalars(&table, &statement.nested_roots)?;
    Ok(Some(Get { table, name: statement.table, key: pinned.tree_key, projection: columns }))
}

impl Work {
    fn table(&self) -> &Rc<Table> {
        match self {
            Self::Read { get, .. } => &get.table,
            Self::Write { change, .. } => &change.table,
        }
    }

    fn name(&self) -> &str {
        match self {
            Self::Read { get, .. } => &get.name,
            Self::Write { change, .. } => &change.table_name,
        }
    }

    fn key(&self) -> &[u8] {
        match self {
            Self::Read { get, .. } => &get.key,
            Self::Write { change, .. } => &change.key,
        }
    }

    fn partition(&self) -> Option<Partition> {
        if let Self::Write { change, .. } = self { Some(change.partition()) } else { None }
    }

    /// The item as it is; `None` when blocks are missing.
    fn read(
        &self,
        engine: &mut Engine,
        missing: &mut Vec<crate::storage::BlockId>,
    ) -> Option<(SeqNo, Option<Bytes>)> {
        if let Self::Read { get, consistent: false } = self {
            let durable = engine.storage.durable();
            let found = engine.storage.get(get.table.tree, &get.key, durable, missing)?;
            return Some((found.seq, found.value));
        }
        read_newest(engine, self.table(), self.key(), missing)
    }

    /// What it answers with, what it consumed, and what that was written as.
    fn run(
        &mut self,
        engine: &mut Engine,
        old: Option<Bytes>,
        now_millis: u64,
    ) -> (Result<Option<ItemBuf>, ApiError>, Consumed, SeqNo) {
        match self {
            Self::Read { get, consistent } => {
                let item = old.as_deref().and_then(ItemRef::parse);
                let units = read_units(item.map_or(0, |item| u64::from(item.size())), *consistent);
                let shown = item.map(|item| match &get.projection {
                    Some(projection) => projection.apply(item),
                    None => ItemBuf::copy_of(item),
                });
                (Ok(shown), Consumed::of_table(units), SeqNo::default())
            }
            Self::Write { change, values } => {
                let new = match change.check_charge().and_then(|()| change.evaluate(engine, old.as_ref())) {
                    Ok(new) => new,
                    Err(error) => return (Err(error), Consumed::default(), SeqNo::default()),
                };
                let shown = change.returned(*values, old.as_ref(), new.as_ref());
                let key = std::mem::take(&mut change.key);
                let new = new.map(ItemBuf::into_bytes);
                let write = ItemWrite { table: &change.table, key, old, new, blind: false };
                let (seq, cost) = engine.write_item(write, now_millis);
                (Ok(shown), cost.consumed(), seq)
            }
        }
    }
}

impl StatementBatch {
    pub(in crate::api) fn tables(&self) -> impl Iterator<Item = &Rc<Table>> {
        self.statements.iter().flatten().map(Work::table)
    }

    pub(in crate::api) fn tables_mut(&mut self) -> impl Iterator<Item = &mut Rc<Table>> {
        self.statements.iter_mut().flatten().map(|work| match work {
            Work::Read { get, .. } => &mut get.table,
            Work::Write { change, .. } => &mut change.table,
        })
    }

    #[inline(never)]
    pub(in crate::api) fn step(&mut self, engine: &mut Engine) -> Step {
        let mut missing = Vec::new();
        let mut after = SeqNo::default();
        let mut olds = Vec::with_capacity(self.statements.len());
        for work in &self.statements {
            let Ok(work) = work else {
                olds.push(None);
                continue;
            };
            if let Some((seen, old)) = work.read(engine, &mut missing) {
                after = after.max(seen);
                olds.push(old);
            }
        }
        if !missing.is_empty() {
            sort(&mut missing);
            missing.dedup();
            return Step::Missing(missing);
        }
        let mut sums: Vec<(String, Rc<Table>, Consumed)> = Vec::new();
        let mut out = DocWriter::default();
        let mut map = MapWriter::new(&mut out);
        let writer = map.member("Responses");
        let responses = writer.begin(tag::LIST, self.statements.len());
        for (statement, old) in self.statements.iter_mut().zip(olds) {
            let mut entry = MapWriter::new(writer);
            let outcome = match statement {
                Err(error) => Err(error.clone()),
                Ok(work) => {
                    let (outcome, consumed, seq) = work.run(engine, old, self.now_millis);
                    after = after.max(seq);
                    match sums.iter_mut().find(|(name, ..)| name == work.name()) {
                        Some((_, _, sum)) => sum.add(&consumed),
                        None => sums.push((work.name().to_owned(), Rc::clone(work.table()), consumed)),
                    }
                    entry.text("TableName", work.name());
                    outcome
                }
            };
            match outcome {
                Ok(Some(item)) => entry.member("Item").item(&item.as_ref()),
                Ok(None) => {}
                Err(error) => entry.map("Error", |map| write_error(map, &error)),
            }
            entry.end();
        }
        writer.end(responses);
        if self.capacity != ReturnConsumedCapacity::None {
            map.list("ConsumedCapacity", sums.iter(), |out, (name, table, consumed)| {
                consumed.write(out, table, name, self.capacity);
            });
        }
        map.end();
        Step::Done(Answer::new(Ok(out.finish()), after))
    }
}

fn write_error(map: &mut MapWriter<'_>, error: &ApiError) {
    let code = match error.kind {
        ErrorKind::ConditionalCheckFailed => "ConditionalCheckFailed",
        ErrorKind::DuplicateItem => "DuplicateItem",
        ErrorKind::ItemCollectionSizeLimitExceeded => "ItemCollectionSizeLimitExceeded",
        ErrorKind::ResourceNotFound => "ResourceNotFound",
        _ => "ValidationError",
    };
    map.text("Code", code);
    map.text("Message", &error.message);
    if let Some(item) = error.item.as_deref().and_then(ItemRef::parse) {
        map.member("Item").item(&item);
    }
}
