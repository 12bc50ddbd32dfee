//! What PutItem, UpdateItem and DeleteItem share: read the item, check the condition, write, answer.

use std::rc::Rc;

use super::expressions::condition_failed;
use super::members::Members;
use super::step::{Answer, Environment, Partition, Step};
use super::{ApiError, ErrorKind, keys, metrics};
use crate::engine::capacity::{Consumed, ReturnConsumedCapacity};
use crate::engine::{Engine, ItemWrite, Table};
use crate::expression::{Condition, Outcome, Update};
use crate::item::{ItemBuf, ItemRef, tag};
use crate::storage::{Bytes, SeqNo};
use crate::wire::document::DocWriter;

pub(super) use crate::engine::table::MAX_ITEM;

/// ReturnValues.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ReturnValues {
    None,
    AllOld,
    UpdatedOld,
    AllNew,
    UpdatedNew,
}

impl ReturnValues {
    pub(super) fn parse(text: Option<&str>) -> Self {
        match text {
            Some("ALL_OLD") => Self::AllOld,
            Some("UPDATED_OLD") => Self::UpdatedOld,
            Some("ALL_NEW") => Self::AllNew,
            Some("UPDATED_NEW") => Self::UpdatedNew,
            _ => Self::None,
        }
    }
}

/// How the new item comes about.
pub(super) enum Change {
    Put(ItemBuf),
    /// A put that finds no item.
    Insert(ItemBuf),
    Update {
        key: ItemBuf,
        update: Update,
    },
    Delete,
    /// It does not: only the condition counts.
    Check,
}

/// What becomes of one item, if its condition holds.
pub(super) struct ItemChange {
    pub(super) table: Rc<Table>,
    /// The table as the request named it.
    pub(super) table_name: String,
    pub(super) key: Vec<u8>,
    pub(super) condition: Option<Condition>,
    pub(super) change: Change,
    pub(super) return_old_on_failure: bool,
}

/// A write of one item.
pub struct SingleWrite {
    pub(super) item: ItemChange,
    pub(super) partition: Partition,
    pub(super) return_values: ReturnValues,
    pub(super) capacity: ReturnConsumedCapacity,
    /// The partition key, when ItemCollectionMetrics are asked for and there are any.
    pub(super) collection: Option<ItemBuf>,
    /// It is a statement, which answers with Items.
    pub(super) statement: bool,
    pub(super) now_millis: u64,
}

impl ItemChange {
    /// The partition its key belongs to.
    pub(super) fn partition(&self) -> Partition {
        keys::partition_of(&self.table, &self.key)
    }

    /// An update that is larger than any item is refused before its condition is looked at.
    pub(super) fn check_charge(&self) -> Result<(), ApiError> {
        match &self.change {
            Change::Update { update, .. } if !update.is_legacy() && update.request_charge() > MAX_ITEM => {
                Err(update_too_large())
            }
            _ => Ok(()),
        }
    }

    /// What a write answers with, of the item as it was and as it is.
    pub(super) fn returned(
        &self,
        values: ReturnValues,
        old: Option<&Bytes>,
        new: Option<&ItemBuf>,
    ) -> Option<ItemBuf> {
        let old = old.and_then(|bytes| ItemRef::parse(bytes));
        let new = new.map(ItemBuf::as_ref);
        let touched = |item: Option<ItemRef<'_>>| match &self.change {
            Change::Update { update, .. } => {
                item.map(|i| update.touched(i)).filter(|touched| !touched.as_ref().map().is_empty())
            }
            _ => None,
        };
        let whole = |item: Option<ItemRef<'_>>| item.map(ItemBuf::copy_of);
        match values {
            ReturnValues::None => None,
            ReturnValues::AllOld => whole(old),
            ReturnValues::AllNew => whole(new),
            ReturnValues::UpdatedOld => touched(old),
            ReturnValues::UpdatedNew => touched(new),
        }
    }

    /// The item after the write. `Ok(None)` inside means deleted or still absent. It is asked once: what is put is
    /// handed on, not copied.
    pub(super) fn evaluate(
        &mut self,
        engine: &Engine,
        old: Option<&Bytes>,
    ) -> Result<Option<ItemBuf>, ApiError> {
        let new = self.outcome(old)?;
        let old = old.and_then(|bytes| ItemRef::parse(bytes));
        if new.as_ref().is_some_and(|new| engine.is_collection_full(&self.table, old, new.as_ref())) {
            return Err(metrics::collection_full());
        }
        Ok(new)
    }

    fn outcome(&mut self, old: Option<&Bytes>) -> Result<Option<ItemBuf>, ApiError> {
        let old_item = old.and_then(|bytes| ItemRef::parse(bytes));
        if let Some(condition) = &self.condition
            && !condition.evaluate(old_item.map(|i| i.map()))
        {
            return Err(condition_failed(old.map(|b| &**b), self.return_old_on_failure));
        }
        match &mut self.change {
            Change::Delete | Change::Check => Ok(None),
            Change::Insert(_) if old.is_some() => {
                Err(ApiError::new(ErrorKind::DuplicateItem, "Duplicate primary key exists in table"))
            }
            Change::Put(item) | Change::Insert(item) => Ok(Some(std::mem::take(item))),
            Change::Update { key, update } => {
                let outcome = update
                    .apply(key.as_ref(), old_item)
                    .map_err(|error| ApiError::validation(error.to_string()))?;
                let Outcome::Item(item) = outcome else { return Ok(None) };
                if item.as_ref().size() > MAX_ITEM {
                    return Err(update_too_large());
                }
                keys::check_index_keys(&self.table, item.as_ref().map(), true)?;
                Ok(Some(item))
            }
        }
    }
}

impl SingleWrite {
    pub(super) fn new(
        item: ItemChange,
        return_values: ReturnValues,
        members: &Members<'_>,
        collection: Option<ItemBuf>,
        environment: &Environment,
    ) -> Self {
        Self {
            partition: item.partition(),
            item,
            return_values,
            capacity: ReturnConsumedCapacity::parse(members.return_capacity),
            collection,
            statement: false,
            now_millis: environment.now_millis,
        }
    }

    pub(super) fn step(&mut self, engine: &mut Engine) -> Step {
        let mut missing = Vec::new();
        let Some((seen, old)) = keys::read_newest(engine, &self.item.table, &self.item.key, &mut missing)
        else {
            if !self.is_blind(engine) {
                return Step::Missing(missing);
            }
            let new = match &mut self.item.change {
                Change::Put(item) => Some(std::mem::take(item)),
                _ => None,
            };
            let write = ItemWrite {
                table: &self.item.table,
                key: std::mem::take(&mut self.item.key),
                old: None,
                new: new.map(ItemBuf::into_bytes),
                blind: true,
            };
            let (seq, _) = engine.write_item(write, self.now_millis);
            return Step::Done(Answer::new(Ok(self.response(engine, None, &Consumed::default())), seq));
        };
        match self.item.check_charge().and_then(|()| self.item.evaluate(engine, old.as_ref())) {
            Err(mut error) => {
                error.statement = self.statement;
                Step::Done(Answer::new(Err(error), seen))
            }
            Ok(new) => Step::Done(self.write(engine, old, new, seen)),
        }
    }

    /// Nothing that is asked for depends on the item as it is: then it is not read for the write alone.
    fn is_blind(&self, engine: &Engine) -> bool {
        matches!(self.item.change, Change::Put(_) | Change::Delete)
            && self.item.condition.is_none()
            && self.return_values == ReturnValues::None
            && self.capacity == ReturnConsumedCapacity::None
            && !self.statement
            && !engine.is_old_needed(&self.item.table)
    }

    fn write(
        &mut self,
        engine: &mut Engine,
        old: Option<Bytes>,
        new: Option<ItemBuf>,
        after: SeqNo,
    ) -> Answer {
        let attributes = self.item.returned(self.return_values, old.as_ref(), new.as_ref());
        let write = ItemWrite {
            table: &self.item.table,
            key: std::mem::take(&mut self.item.key),
            old,
            new: new.map(ItemBuf::into_bytes),
            blind: false,
        };
        let (seq, cost) = engine.write_item(write, self.now_millis);
        let consumed = cost.consumed();
        Answer::new(Ok(self.response(engine, attributes.as_ref(), &consumed)), seq.max(after))
    }

    fn response(&self, engine: &Engine, attributes: Option<&ItemBuf>, consumed: &Consumed) -> Vec<u8> {
        let mut out = DocWriter::default();
        let with_capacity = self.capacity != ReturnConsumedCapacity::None;
        let members = [self.statement || attributes.is_some(), with_capacity, self.collection.is_some()];
        let open = out.begin(tag::MAP, members.into_iter().filter(|there| *there).count());
        if self.statement {
            out.name("Items");
            let list = out.begin(tag::LIST, usize::from(attributes.is_some()));
            if let Some(item) = attributes {
                out.item(&item.as_ref());
            }
            out.end(list);
        } else if let Some(attributes) = attributes {
            out.name("Attributes");
            out.item(&attributes.as_ref());
        }
        if with_capacity {
            out.name("ConsumedCapacity");
            consumed.write(&mut out, &self.item.table, &self.item.table_name, self.capacity);
        }
        if let Some(key) = &self.collection {
            out.name("ItemCollectionMetrics");
            metrics::write(&mut out, engine, &self.item.table, key);
        }
        out.end(open);
        out.finish()
    }
}

pub(super) fn update_too_large() -> ApiError {
    ApiError::validation("Item size to update has exceeded the maximum allowed size")
}

/// Put and delete return the old item or nothing.
pub(super) fn only_all_old(text: Option<&str>) -> Result<ReturnValues, ApiError> {
    let values = ReturnValues::parse(text);
    if matches!(values, ReturnValues::None | ReturnValues::AllOld) {
        return Ok(values);
    }
    Err(ApiError::validation("1 validation error detected: ReturnValues can only be ALL_OLD or NONE"))
}
