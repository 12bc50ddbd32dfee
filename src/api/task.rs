//! Operations under way: parsed once, stepped until they have all blocks they need.

use std::rc::Rc;

use super::batch_get_item::BatchGetItem;
use super::batch_write_item::BatchWriteItem;
use super::get_item::GetItem;
use super::keys::not_found;
use super::page::Page;
use super::partiql::{self, Execution, StatementBatch, Transaction};
use super::single_write::SingleWrite;
use super::step::{Answer, Environment, Partition, Step};
use super::streams::{self, StreamTask};
use super::tables::TableTask;
use super::tags::TagTask;
use super::time_to_live::{self, TimeToLiveTask};
use super::transact::{self, TransactGetItems, TransactWriteItems};
use super::{
    ApiError, Operation, batch_get_item, batch_write_item, delete_item, get_item, put_item, query, scan,
    tables, tags, update_item, validate,
};
use crate::engine::{Engine, Table, Tables};
use crate::item::{ValueRef, View};
use crate::storage::SeqNo;

/// An operation under way.
pub enum Task {
    /// Table operations.
    Table(TableTask),
    /// Operations on tags.
    Tags(TagTask),
    /// Operations on time to live.
    TimeToLive(TimeToLiveTask),
    /// Operations on streams.
    Stream(StreamTask),
    /// GetItem.
    Get(Box<GetItem>),
    /// PutItem, UpdateItem, DeleteItem.
    Write(Box<SingleWrite>),
    /// Query and Scan.
    Page(Box<Page>),
    /// BatchGetItem.
    BatchGet(Box<BatchGetItem>),
    /// BatchWriteItem.
    BatchWrite(Box<BatchWriteItem>),
    /// TransactGetItems.
    TransactGet(Box<TransactGetItems>),
    /// TransactWriteItems.
    TransactWrite(Box<TransactWriteItems>),
    /// BatchExecuteStatement.
    Statements(Box<StatementBatch>),
}

impl Task {
    /// The tables it was begun on.
    fn tables(&self) -> Vec<&Rc<Table>> {
        match self {
            Self::Table(_) | Self::Tags(_) | Self::TimeToLive(_) | Self::Stream(_) => Vec::new(),
            Self::Get(get) => vec![&get.table],
            Self::Write(write) => vec![&write.item.table],
            Self::Page(page) => vec![page.table()],
            Self::BatchGet(batch) => batch.tables().collect(),
            Self::BatchWrite(batch) => batch.tables().collect(),
            Self::TransactGet(gets) => gets.tables().collect(),
            Self::TransactWrite(writes) => writes.tables().collect(),
            Self::Statements(batch) => batch.tables().collect(),
        }
    }

    /// A write goes on with its tables as they are now: they may have got or lost an index while it waited for blocks.
    fn renew(&mut self, tables: &Tables) {
        let renew = |table: &mut Rc<Table>| {
            if let Some(now) = tables.get(&table.schema.name) {
                *table = Rc::clone(now);
            }
        };
        match self {
            Self::Write(write) => renew(&mut write.item.table),
            Self::BatchWrite(batch) => batch.tables_mut().for_each(renew),
            Self::TransactWrite(writes) => writes.tables_mut().for_each(renew),
            Self::Statements(batch) => batch.tables_mut().for_each(renew),
            _ => {}
        }
    }

    /// The partition keys it writes to.
    pub fn partitions(&self) -> &[Partition] {
        match self {
            Self::Write(write) => std::slice::from_ref(&write.partition),
            Self::BatchWrite(batch) => &batch.partitions,
            Self::TransactWrite(writes) => &writes.partitions,
            Self::Statements(batch) => &batch.partitions,
            _ => &[],
        }
    }
}

impl Engine {
    /// Checks a request and prepares it.
    pub fn begin(
        &mut self,
        operation: Operation,
        document: &[u8],
        environment: &Environment,
    ) -> Result<Task, ApiError> {
        let Some(View::M(request)) = ValueRef::first(document).and_then(ValueRef::view) else {
            return Err(ApiError::new(super::ErrorKind::Serialization, ""));
        };
        validate::envelope(operation, request)?;
        self.now_millis = environment.now_millis;
        Ok(match operation {
            Operation::CreateTable
            | Operation::DescribeTable
            | Operation::ListTables
            | Operation::UpdateTable
            | Operation::DescribeLimits
            | Operation::DescribeEndpoints
            | Operation::DeleteTable => {
                Task::Table(tables::begin(self, operation, document, request, environment)?)
            }
            Operation::TagResource | Operation::UntagResource | Operation::ListTagsOfResource => {
                Task::Tags(tags::begin(self, operation, request, environment)?)
            }
            Operation::UpdateTimeToLive | Operation::DescribeTimeToLive => {
                Task::TimeToLive(time_to_live::begin(self, operation, request, environment)?)
            }
            Operation::ListStreams
            | Operation::DescribeStream
            | Operation::GetShardIterator
            | Operation::GetRecords => Task::Stream(streams::begin(self, operation, request, environment)?),
            Operation::GetItem => Task::Get(Box::new(get_item::begin(self, request)?)),
            Operation::PutItem => Task::Write(Box::new(put_item::begin(self, request, environment)?)),
            Operation::UpdateItem => Task::Write(Box::new(update_item::begin(self, request, environment)?)),
            Operation::DeleteItem => Task::Write(Box::new(delete_item::begin(self, request, environment)?)),
            Operation::Query => Task::Page(Box::new(query::begin(self, request)?)),
            Operation::Scan => Task::Page(Box::new(scan::begin(self, request)?)),
            Operation::BatchGetItem => Task::BatchGet(Box::new(batch_get_item::begin(self, request)?)),
            Operation::BatchWriteItem => {
                Task::BatchWrite(Box::new(batch_write_item::begin(self, request, environment)?))
            }
            Operation::TransactGetItems => Task::TransactGet(Box::new(transact::begin_get(self, request)?)),
            Operation::TransactWriteItems => {
                Task::TransactWrite(Box::new(transact::begin_write(self, request, environment)?))
            }
            Operation::ExecuteStatement => match partiql::execute(self, request, environment)? {
                Execution::Page(page) => Task::Page(page),
                Execution::Write(write) => Task::Write(write),
            },
            Operation::BatchExecuteStatement => {
                Task::Statements(Box::new(partiql::begin_batch(self, request, environment)?))
            }
            Operation::ExecuteTransaction => match partiql::transaction(self, request, environment)? {
                Transaction::Get(gets) => Task::TransactGet(gets),
                Transaction::Write(writes) => Task::TransactWrite(writes),
            },
        })
    }

    /// Goes on with a task. Its answer waits for the newest change of the catalog too.
    pub fn step(&mut self, task: &mut Task) -> Step {
        // A table may have been deleted, or its creation undone, while the task waited for blocks.
        let gone =
            |table: &&Rc<Table>| self.tables().get(&table.schema.name).is_none_or(|t| t.tree != table.tree);
        let step = if task.tables().iter().any(gone) {
            Step::Done(Answer::new(Err(not_found()), SeqNo::default()))
        } else {
            task.renew(self.tables());
            self.advance(task)
        };
        match step {
            Step::Done(answer) => Step::Done(Answer { after: answer.after.max(self.tables_seq()), ..answer }),
            missing @ Step::Missing(_) => missing,
        }
    }

    fn advance(&mut self, task: &mut Task) -> Step {
        match task {
            Task::Table(task) => Step::Done(task.run(self)),
            Task::Tags(task) => Step::Done(task.run(self)),
            Task::TimeToLive(task) => Step::Done(task.run(self)),
            Task::Stream(task) => task.step(self),
            Task::Get(get) => get.step(self),
            Task::Write(write) => write.step(self),
            Task::Page(page) => page.step(self),
            Task::BatchGet(batch) => batch.step(self),
            Task::BatchWrite(batch) => batch.step(self),
            Task::TransactGet(gets) => gets.step(self),
            Task::TransactWrite(writes) => writes.step(self),
            Task::Statements(batch) => batch.step(self),
        }
    }
}
