//! One page of a Query or Scan: a cursor at one sequence number that goes on where it missed a block.

use std::rc::Rc;

use super::next_token;
use super::select::Selection;
use super::step::{Answer, Step};
use super::transact::Fingerprint;
use crate::engine::capacity::{Consumed, ReturnConsumedCapacity, read_units};
use crate::engine::{Engine, Index, Table};
use crate::expression::Condition;
use crate::item::{ItemBuf, ItemRef, tag};
use crate::storage::{BlockId, Bytes, Cursor, CursorStep, SeqNo, TreeId};
use crate::wire::document::{DocWriter, MapWriter};

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
    /// Of a statement.
    pub statement: Option<Box<Ranges>>,
    pub capacity: ReturnConsumedCapacity,
}

/// What a page of a statement has beside that of a Query: further ranges, and a token to go on with.
pub(super) struct Ranges {
    /// What is read after the first range; the next one stands last.
    pub rest: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    /// Which of all its ranges the statement reads now.
    pub number: u64,
    pub fingerprint: Fingerprint,
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
    /// Half units of the ranges that were read to their end, and the bytes evaluated by then.
    done: (u64, u64),
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
            done: (0, 0),
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
                    CursorStep::End => match self.next_range() {
                        // Made before the cursor it follows is given up, so that what it reads is still kept.
                        Some((lower, upper)) => {
                            cursor = engine.storage.cursor(self.tree(), lower, upper, self.plan.backward, at);
                            continue;
                        }
                        None => break false,
                    },
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
        if let Some(ranges) = self.plan.statement.take() {
            return Step::Done(Answer::new(Ok(self.statement_response(&ranges, more)), after));
        }
        Step::Done(Answer::new(Ok(self.response(more)), after))
    }

    /// Each range is read, and paid, as a Query of its own.
    fn next_range(&mut self) -> Option<(Vec<u8>, Option<Vec<u8>>)> {
        let next = self.plan.statement.as_mut().and_then(|ranges| {
            ranges.number += 1;
            ranges.rest.pop()
        })?;
        let (units, bytes) = self.done;
        self.done = (units + read_units(self.bytes - bytes, self.plan.consistent), self.bytes);
        Some(next)
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

    /// LastEvaluatedKey, and the tree key it stands for.
    fn position(&self) -> Option<(ItemBuf, Vec<u8>)> {
        let last = self.last.as_deref().and_then(ItemRef::parse)?.map();
        let table = &self.plan.table;
        Some(match self.index() {
            Some(index) => (index.position(table, last), index.key_of(table, last)?),
            None => (table.primary_key(last), table.key_of(last)?),
        })
    }

    fn statement_response(&mut self, ranges: &Ranges, more: bool) -> Vec<u8> {
        let position = if more { self.position() } else { None };
        let items = std::mem::take(&mut self.items).finish();
        let mut out = DocWriter::with_capacity(items.len() + 256);
        let mut map = MapWriter::new(&mut out);
        let writer = map.member("Items");
        let list = writer.begin(tag::LIST, self.count as usize);
        writer.raw(&items);
        writer.end(list);
        if let Some((key, tree_key)) = position {
            map.text("NextToken", &next_token::encode(ranges.fingerprint, ranges.number, &tree_key));
            map.member("LastEvaluatedKey").item(&key.as_ref());
        }
        if self.plan.capacity != ReturnConsumedCapacity::None {
            let writer = map.member("ConsumedCapacity");
            self.consumed().write(writer, &self.plan.table, &self.plan.table_name, self.plan.capacity);
        }
        map.end();
        out.finish()
    }

    fn response(&mut self, more: bool) -> Vec<u8> {
        let position = if more { self.position().map(|(key, _)| key) } else { None };
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
        let (units, bytes) = self.done;
        let units = units + read_units(self.bytes - bytes, self.plan.consistent);
        match self.plan.index {
            Some(number) => Consumed { table: self.table_units, indexes: vec![(number, units)] },
            None => Consumed { table: units, indexes: Vec::new() },
        }
    }
}
