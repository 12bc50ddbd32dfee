//! CreateTable, DescribeTable, UpdateTable, ListTables, DeleteTable, DescribeLimits, DescribeEndpoints.

use super::members::{self, integer, string};
use super::step::{Answer, Environment};
use super::validate::arn;
use super::{ApiError, ErrorKind, Operation};
use crate::engine::catalog::describe::State;
use crate::engine::catalog::{self, Busy, BusyStatus, TableSchema};
use crate::engine::{Engine, Table};
use crate::item::{MapRef, ValueRef, tag};
use crate::storage::SeqNo;
use crate::wire::document::{DocWriter, MapWriter};

/// Tables of one ListTables page.
const MAX_PAGE: usize = 100;

/// A table operation.
pub enum TableTask {
    /// CreateTable. The schema is taken when it runs.
    Create(Box<Option<TableSchema>>, u64),
    /// DescribeTable.
    Describe(String, u64),
    /// UpdateTable, with its request.
    Update(String, Vec<u8>, u64),
    /// DescribeLimits.
    Limits,
    /// DescribeEndpoints, with the address that the request came to.
    Endpoints(String),
    /// ListTables.
    List {
        /// ExclusiveStartTableName.
        after: Option<String>,
        /// Limit.
        limit: usize,
    },
    /// DeleteTable.
    Delete(String, u64),
}

pub(super) fn begin(
    engine: &Engine,
    operation: Operation,
    document: &[u8],
    request: MapRef<'_>,
    environment: &Environment,
) -> Result<TableTask, ApiError> {
    let text = request.find(b"TableName").and_then(string).unwrap_or_default();
    let name = arn::table_name(text.as_bytes(), &engine.region, &engine.account)?.to_owned();
    Ok(match operation {
        Operation::CreateTable => {
            let mut schema = catalog::create::parse(request)?;
            schema.created_millis = environment.now_millis;
            schema.id = uuid(environment.random);
            TableTask::Create(Box::new(Some(schema)), environment.now_millis)
        }
        Operation::DeleteTable => TableTask::Delete(name, environment.now_millis),
        Operation::UpdateTable => {
            catalog::update::check(request)?;
            TableTask::Update(name, document.to_vec(), environment.now_millis)
        }
        Operation::DescribeLimits => TableTask::Limits,
        Operation::DescribeEndpoints => {
            let host = request.find(b"Host").and_then(string);
            TableTask::Endpoints(host.unwrap_or("localhost").to_owned())
        }
        Operation::ListTables => TableTask::List {
            after: request.find(b"ExclusiveStartTableName").and_then(string).map(str::to_owned),
            limit: request
                .find(b"Limit")
                .and_then(integer)
                .and_then(|l| usize::try_from(l).ok())
                .unwrap_or(MAX_PAGE),
        },
        _ => TableTask::Describe(name, environment.now_millis),
    })
}

impl TableTask {
    pub(super) fn run(&mut self, engine: &mut Engine) -> Answer {
        // What is said of tables waits until the newest change of the catalog is durable.
        let seen = engine.tables_seq();
        match self {
            Self::Create(schema, now) => match schema.take() {
                Some(schema) => create(engine, schema, *now),
                None => Answer::new(Err(ApiError::new(ErrorKind::InternalServerError, "")), seen),
            },
            Self::Describe(name, now) => {
                let described = find(engine, name).map(|table| {
                    let state = State::of_table(table.schema.status_at(*now), *now);
                    describe(engine, &table, "Table", state)
                });
                Answer::new(described, seen)
            }
            Self::Update(name, document, now) => {
                update(engine, name, document, *now).unwrap_or_else(|error| Answer::new(Err(error), seen))
            }
            Self::Limits => Answer::new(Ok(limits()), SeqNo::default()),
            Self::Endpoints(host) => Answer::new(Ok(endpoints(host)), SeqNo::default()),
            Self::List { after, limit } => Answer::new(Ok(list(engine, after.as_deref(), *limit)), seen),
            Self::Delete(name, now) => match find(engine, name) {
                Err(error) => Answer::new(Err(error), seen),
                Ok(table) if table.schema.deletion_protection => Answer::new(
                    Err(ApiError::validation(
                        "Resource cannot be deleted as it is currently protected against deletion. Disable deletion protection first.",
                    )),
                    seen,
                ),
                Ok(table) if table.indexes.iter().any(|index| index.backfilled.is_some()) => Answer::new(
                    Err(ApiError::new(
                        ErrorKind::ResourceInUse,
                        "Attempt to change a resource which is still in use: Cannot delete table while indexes are \
                         being created, updated, or deleted.",
                    )),
                    seen,
                ),
                Ok(table) => match check_idle(&table, *now) {
                    Err(error) => Answer::new(Err(error), seen),
                    Ok(()) => delete(engine, &table, *now),
                },
            },
        }
    }
}

fn create(engine: &mut Engine, mut schema: TableSchema, now: u64) -> Answer {
    schema.busy = busy(BusyStatus::Creating, engine.delays.create, now);
    let name = schema.name.clone();
    if engine.tables().get(&name).is_some_and(|table| table.schema.is_gone_at(now)) {
        engine.delete_table(&name, now);
    }
    if engine.tables().get(&name).is_some() {
        let error = ApiError::new(ErrorKind::ResourceInUse, format!("Table already exists: {name}"));
        return Answer::new(Err(error), engine.tables_seq());
    }
    match engine.create_table(schema, now) {
        Some(seq) => {
            let state = State::of_table("CREATING", now);
            let response =
                find(engine, &name).map(|table| describe(engine, &table, "TableDescription", state));
            Answer::new(response, seq)
        }
        None => Answer::new(
            Err(ApiError::validation(
                "One or more parameter values were invalid: Some index key attributes are not defined in AttributeDefinitions.",
            )),
            engine.tables_seq(),
        ),
    }
}

pub(super) fn find(engine: &Engine, name: &str) -> Result<std::rc::Rc<Table>, ApiError> {
    let found = engine.tables().get(name).filter(|table| !table.schema.is_gone_at(engine.now_millis));
    found.cloned().ok_or_else(|| {
        ApiError::new(
            ErrorKind::ResourceNotFound,
            format!("Requested resource not found: Table: {name} not found"),
        )
    })
}

/// Changes a table. The answer shows mostly what was, as the service's does: it is to be described again.
fn update(engine: &mut Engine, name: &str, document: &[u8], now: u64) -> Result<Answer, ApiError> {
    let before = find(engine, name)?;
    check_idle(&before, now)?;
    let request = ValueRef::first(document).and_then(members::map).unwrap_or_default();
    let mut updated = catalog::update::apply(&before.schema, request, now)?;
    if !updated.at_once {
        updated.schema.busy = busy(BusyStatus::Updating, engine.delays.update, now);
    }
    let state = State {
        creating: updated.created.as_deref(),
        deleting: updated.deleted.as_deref(),
        updating: &updated.updated,
        ..State::of_table(if updated.at_once { "ACTIVE" } else { "UPDATING" }, now)
    };
    let told_before = describe(engine, &before, "TableDescription", state);
    let shows_after = updated.at_once || updated.created.is_some();
    let seq = engine
        .alter_table(updated.schema, now)
        .ok_or_else(|| ApiError::new(ErrorKind::InternalServerError, "The table could not be changed"))?;
    let response = if shows_after {
        describe(engine, &*find(engine, name)?, "TableDescription", state)
    } else {
        told_before
    };
    Ok(Answer::new(Ok(response), seq))
}

/// What is done with a table, if that takes time.
fn busy(status: BusyStatus, delay: u64, now: u64) -> Option<Busy> {
    (delay > 0).then(|| Busy { status, until_millis: now.saturating_add(delay) })
}

/// One thing is done with a table at a time.
fn check_idle(table: &Table, now: u64) -> Result<(), ApiError> {
    let name = &table.schema.name;
    let what = match table.schema.busy_at(now) {
        None => return Ok(()),
        Some(BusyStatus::Creating) => format!("Table is being created: {name}"),
        Some(BusyStatus::Deleting) => format!("Table is being deleted: {name}"),
        Some(BusyStatus::Updating) => format!("Table: {name} is in the process of being updated."),
    };
    Err(ApiError::new(
        ErrorKind::ResourceInUse,
        format!("Attempt to change a resource which is still in use: {what}"),
    ))
}

fn delete(engine: &mut Engine, table: &Table, now: u64) -> Answer {
    let response = describe(engine, table, "TableDescription", State::of_table("DELETING", now));
    let seq = match busy(BusyStatus::Deleting, engine.delays.delete, now) {
        None => engine.delete_table(&table.schema.name, now),
        // It goes once its time has come.
        busy => engine.alter_table(TableSchema { busy, ..table.schema.clone() }, now).unwrap_or_default(),
    };
    Answer::new(Ok(response), seq)
}

/// The quotas that accounts begin with. Nothing here holds anybody to them.
fn limits() -> Vec<u8> {
    let mut out = DocWriter::default();
    let open = out.begin(tag::MAP, 4);
    for (name, units) in [
        ("AccountMaxReadCapacityUnits", 80_000),
        ("AccountMaxWriteCapacityUnits", 80_000),
        ("TableMaxReadCapacityUnits", 40_000),
        ("TableMaxWriteCapacityUnits", 40_000),
    ] {
        out.name(name);
        out.integer(units);
    }
    out.end(open);
    out.finish()
}

/// Clients that look for an endpoint are to stay with the one they asked.
fn endpoints(host: &str) -> Vec<u8> {
    let mut out = DocWriter::default();
    let mut answer = MapWriter::new(&mut out);
    answer.list("Endpoints", std::iter::once(host), |writer, host| {
        let mut map = MapWriter::new(writer);
        map.text("Address", host);
        map.integer("CachePeriodInMinutes", 1440);
        map.end();
    });
    answer.end();
    out.finish()
}

fn describe(engine: &Engine, table: &Table, member: &str, state: State<'_>) -> Vec<u8> {
    let mut out = DocWriter::default();
    let open = out.begin(tag::MAP, 1);
    out.name(member);
    let counts: Vec<(u64, u64)> = table
        .trees()
        .map(|tree| engine.stats(tree))
        .map(|stats| (stats.count.max(0) as u64, stats.bytes.max(0) as u64))
        .collect();
    catalog::describe(&mut out, &table.schema, state, &counts, &engine.region, &engine.account);
    out.end(open);
    out.finish()
}

fn list(engine: &Engine, after: Option<&str>, limit: usize) -> Vec<u8> {
    let there = |table: &&std::rc::Rc<Table>| !table.schema.is_gone_at(engine.now_millis);
    let mut tables = engine.tables().after(after).filter(there).map(|table| table.schema.name.clone());
    let names: Vec<String> = tables.by_ref().take(limit).collect();
    let more = tables.next().is_some();
    let mut out = DocWriter::default();
    let open = out.begin(tag::MAP, 1 + usize::from(more));
    out.name("TableNames");
    let list = out.begin(tag::LIST, names.len());
    for name in &names {
        out.string(name.as_bytes());
    }
    out.end(list);
    if more && let Some(last) = names.last() {
        out.name("LastEvaluatedTableName");
        out.string(last.as_bytes());
    }
    out.end(open);
    out.finish()
}

/// A version 4 UUID of random bytes.
fn uuid(random: [u8; 16]) -> String {
    let mut text = String::with_capacity(36);
    for (position, byte) in random.into_iter().enumerate() {
        if matches!(position, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        let byte = match position {
            6 => byte & 0x0F | 0x40,
            8 => byte & 0x3F | 0x80,
            _ => byte,
        };
        for digit in [byte >> 4, byte & 0xF] {
            text.push(char::from_digit(u32::from(digit), 16).unwrap_or('0'));
        }
    }
    text
}
