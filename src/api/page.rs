//! One page of a Query or Scan: a cursor at one sequence number that goes on where it missed a block.

use std::rc::Rc;

use super::select::Selection;
use super::step::{Answer, Step};
use crate::engine::capacity::{Consumed, ReturnConsumedCapacity, read_units};
use crate::engine::{Engine, Index, Table};
use crate::expression::Condition;
use crate::item::{ItemRef, tag};
use crate::storage::{BlockId, Bytes, Cursor, CursorStep, SeqNo, TreeId};
use crate::wire::document::DocWriter;

/// Evaluated data after which a page ends, in bytes.
const PAGE_BYTES: u64 = 1 << 20;

/// From this limit on, a page reads ahead as one without a limit does.
const LARGE_LIMIT: u64 = 256;

/// What to read.
pub(super) struct Plan {
    pub table: Rc<Table>,
    pub table_name: String,
    /// Number of the index in the table.
    pub index: Option<usize>,
    /// First tree key.
    pub lower: Vec<u8>,
    /// End of the tree keys, exclusive.
    pub upper: Option<Vec<u8>>,
    pub backward: bool,
    pub consistent: bool,
    pub limit: Option<u64>,
    pub filter: Option<Condition>,
    pub selection: Selection,
    pub capacity: ReturnConsumedCapacity,
}

/// A page under way.
pub struct Page {
    plan: Plan,
    cursor: Option<(Cursor, SeqNo)>,
    /// An entry whose item is still to be read.
    waiting: Option<Bytes>,
    items: DocWriter,
    count: u64,
    scanned: u64,
    bytes: u64,
    /// Half units of items read beside an LSI.
    table_units: u64,
    last: Option<Bytes>,
    newest: SeqNo,
}

impl Page {
    pub(super) fn new(plan: Plan) -> Self {
        Self {
            plan,
            cursor: None,
            waiting: None,
            items: DocWriter::default(),
            count: 0,
            scanned: 0,
            bytes: 0,
            table_units: 0,
            last: None,
            newest: SeqNo::default(),
        }
    }

    pub(super) fn table(&self) -> &Rc<Table> {
        &self.plan.table
    }

    fn index(&self) -> Option<&Index> {
        self.plan.index.and_then(|number| self.plan.table.indexes.get(number))
    }

    fn tree(&self) -> TreeId {
        self.index().map_or(self.plan.table.tree, |index| index.tree)
    }

    pub(super) fn step(&mut self, engine: &mut Engine) -> Step {
        let (mut cursor, at) = self.cursor.take().unwrap_or_else(|| {
            let at = if self.plan.consistent { engine.storage.latest() } else { engine.storage.durable() };
            let lower = std::mem::take(&mut self.plan.lower);
            let upper = self.plan.upper.take();
            let mut cursor = engine.storage.cursor(self.tree(), lower, upper, self.plan.backward, at);
            if self.plan.limit.is_none_or(|limit| limit >= LARGE_LIMIT) {
                cursor.expect_most();
            }
            (cursor, at)
        });
        let more = loop {
            if self.is_full() {
                break true;
            }
            let entry = match self.waiting.take() {
                Some(entry) => entry,
                None => match cursor.next(&mut engine.storage) {
                    CursorStep::Entry { value, .. } => value,
                    CursorStep::End => break false,
                    CursorStep::Missing(blocks) => {
                        self.cursor = Some((cursor, at));
                        return Step::Missing(blocks);
                    }
                },
            };
            if let Err(blocks) = self.take(engine, entry, at) {
                self.cursor = Some((cursor, at));
                return Step::Missing(blocks);
            }
        };
        let after = cursor.max_seq().max(self.newest);
        drop(cursor);
        Step::Done(Answer::new(Ok(self.response(more)), after))
    }

    fn is_full(&self) -> bool {
        self.plan.limit.is_some_and(|limit| self.scanned >= limit) || self.bytes > PAGE_BYTES
    }

    /// Evaluates one entry, or says which blocks its item needs.
    fn take(&mut self, engine: &mut Engine, entry: Bytes, at: SeqNo) -> Result<(), Vec<BlockId>> {
        let Some(entry_item) = ItemRef::parse(&entry) else { return Ok(()) };
        let mut whole = None;
        if self.plan.selection.from_table
            && let Some(key) = self.plan.table.key_of(entry_item.map())
        {
            let mut missing = Vec::new();
            let Some(found) = engine.storage.get(self.plan.table.tree, &key, at, &mut missing) else {
                self.waiting = Some(entry.clone());
                return Err(missing);
            };
            self.newest = self.newest.max(found.seq);
            whole = found.value;
        }
        let item = whole.as_deref().and_then(ItemRef::parse).unwrap_or(entry_item);
        if whole.is_some() {
            self.table_units += read_units(u64::from(item.size()), self.plan.consistent);
        }
        self.scanned += 1;
        self.bytes += u64::from(entry_item.size());
        if self.plan.filter.as_ref().is_none_or(|filter| filter.evaluate(Some(item.map()))) {
            self.count += 1;
            if !self.plan.selection.count_only {
                match &self.plan.selection.projection {
                    Some(projection) => self.items.item(&projection.apply(item).as_ref()),
                    None if self.plan.selection.whole => self.items.item(&item),
                    None => self.items.item(&entry_item),
                }
            }
        }
        self.last = Some(entry);
        Ok(())
    }

    fn response(&mut self, more: bool) -> Vec<u8> {
        let position = if more {
            self.last.as_deref().and_then(ItemRef::parse).map(|item| match self.index() {
                Some(index) => index.position(&self.plan.table, item.map()),
                None => self.plan.table.primary_key(item.map()),
            })
        } else {
            None
        };
        let with_items = !self.plan.selection.count_only;
        let with_capacity = self.plan.capacity != ReturnConsumedCapacity::None;
        let items = std::mem::take(&mut self.items).finish();
        let mut out = DocWriter::with_capacity(items.len() + 256);
        let members =
            2 + usize::from(with_items) + usize::from(position.is_some()) + usize::from(with_capacity);
        let open = out.begin(tag::MAP, members);
        if with_items {
            out.name("Items");
            let list = out.begin(tag::LIST, self.count as usize);
            out.raw(&items);
            out.end(list);
        }
        out.name("Count");
        out.integer(self.count as i64);
        out.name("ScannedCount");
        out.integer(self.scanned as i64);
        if let Some(position) = position {
            out.name("LastEvaluatedKey");
            out.item(&position.as_ref());
        }
        if with_capacity {
            out.name("ConsumedCapacity");
            self.consumed().write(&mut out, &self.plan.table, &self.plan.table_name, self.plan.capacity);
        }
        out.end(open);
        out.finish()
    }

    fn consumed(&self) -> Consumed {
        let units = read_units(self.bytes, self.plan.consistent);
        match self.plan.index {
            Some(number) => Consumed { table: self.table_units, indexes: vec![(number, units)] },
            None => Consumed { table: units, indexes: Vec::new() },
        }
    }
}
