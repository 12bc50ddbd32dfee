//! Dumping a database: its tables and items at one sequence number, as the sections of a dump, a part at a time.
//!
//! A snapshot pins what it reads, so that writes, merges and even the deletion of a table go on meanwhile. Index entries
//! are not dumped: they follow from the items. Nor are records of streams, tokens of transactions, and tables that are
//! being deleted.

use std::rc::Rc;

use super::catalog::{BusyStatus, TableSchema};
use super::load::admitted;
use super::{Engine, Progress, Table};
use crate::dump::{SectionKind, SectionWriter};
use crate::item::ItemRef;
use crate::item::varint;
use crate::storage::coding::put_prefixed;
use crate::storage::{BlockId, Bytes, Corruption, Cursor, CursorStep, Snapshot};
use crate::wire::document::{DocWriter, MapWriter};

/// Bytes at which a section of items ends.
const ITEMS_BYTES: usize = 64 << 10;
/// Bytes at which a part is handed out.
const PART_BYTES: usize = 64 << 10;

/// What a dump came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DumpStep {
    /// The next bytes of the file.
    Part(Vec<u8>),
    /// These blocks must be in memory first.
    Missing(Vec<BlockId>),
    /// The file is complete.
    End,
}

/// A dump under way.
pub struct Dump {
    snapshot: Snapshot,
    /// Those that are still to come, the next one last.
    tables: Vec<Rc<Table>>,
    open: Option<Open>,
    writer: SectionWriter,
    table_count: u64,
    progress: Progress,
    ended: bool,
    /// Goes on behind damage: items that are none are counted here and left out.
    passed_over: Option<u64>,
}

/// The table whose items are being read.
struct Open {
    table: Rc<Table>,
    cursor: Cursor,
    /// The key before.
    last: Bytes,
    /// Of the section that is being filled.
    payload: Vec<u8>,
    items: u64,
    bytes: u64,
}

impl Engine {
    /// Begins a dump of all that is durable. `None`: a change of the catalog is not durable yet.
    #[inline(never)]
    pub fn begin_dump(&mut self, now_millis: u64) -> Option<Dump> {
        let at = self.storage.durable();
        if self.tables_seq() > at {
            return None;
        }
        let leaving = |table: &Table| {
            table.schema.busy_at(now_millis) == Some(BusyStatus::Deleting)
                || table.schema.is_gone_at(now_millis)
        };
        let mut tables: Vec<_> = self.tables().after(None).filter(|table| !leaving(table)).cloned().collect();
        let mut progress = Progress::default();
        for table in &tables {
            let stats = self.stats(table.tree);
            // What was stored may be any number.
            let told = [stats.count, stats.bytes].map(|number| u64::try_from(number).unwrap_or_default());
            progress.total_items = progress.total_items.saturating_add(told[0]);
            progress.total_bytes = progress.total_bytes.saturating_add(told[1]);
        }
        let mut writer = SectionWriter::default();
        writer.section(SectionKind::Database, &self.about(&tables, progress, now_millis));
        let table_count = tables.len() as u64;
        tables.reverse();
        let snapshot = self.storage.snapshot(at);
        Some(Dump {
            snapshot,
            tables,
            open: None,
            writer,
            table_count,
            progress,
            ended: false,
            passed_over: None,
        })
    }

    fn about(&self, tables: &[Rc<Table>], progress: Progress, now_millis: u64) -> Vec<u8> {
        let mut out = DocWriter::default();
        let mut map = MapWriter::new(&mut out);
        map.text("region", &self.region);
        map.text("account", &self.account);
        map.integer("created", now_millis);
        map.text("writer", concat!("dynatab ", env!("CARGO_PKG_VERSION")));
        map.integer("tables", tables.len() as u64);
        map.integer("items", progress.total_items);
        map.integer("bytes", progress.total_bytes);
        map.end();
        out.finish()
    }
}

impl Dump {
    /// Leaves out what a load would refuse, instead of ending there.
    pub fn pass_over_damage(&mut self) {
        self.passed_over = Some(0);
    }

    /// Items that were left out.
    pub fn passed_over(&self) -> u64 {
        self.passed_over.unwrap_or_default()
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// Goes on until a part is full or something is missing.
    #[inline(never)]
    pub fn step(&mut self, engine: &mut Engine) -> Result<DumpStep, Corruption> {
        loop {
            if self.writer.len() >= PART_BYTES || self.ended {
                let part = self.writer.take();
                return Ok(if part.is_empty() { DumpStep::End } else { DumpStep::Part(part) });
            }
            let Some(open) = &mut self.open else {
                self.open_next(engine);
                continue;
            };
            let (key, value) = match open.cursor.next(&mut engine.storage) {
                CursorStep::Entry { key, value, .. } => (key, value),
                CursorStep::Missing(blocks) => return Ok(DumpStep::Missing(blocks)),
                CursorStep::End => {
                    self.end_table();
                    continue;
                }
            };
            let item = match &mut self.passed_over {
                None => ItemRef::parse(&value).ok_or(Corruption::new(
                    "item",
                    key.len() as u64,
                    "it is no item",
                ))?,
                Some(count) => {
                    let fits = |found: &Vec<u8>| **found == *key && *key > *open.last;
                    let whole = admitted(&open.table, &value).ok().filter(|(found, _)| fits(found));
                    let Some((_, item)) = whole else {
                        *count += 1;
                        continue;
                    };
                    item
                }
            };
            open.last = key;
            open.items += 1;
            open.bytes += u64::from(item.size());
            self.progress.items += 1;
            self.progress.bytes += u64::from(item.size());
            if !open.payload.is_empty() && open.payload.len() + value.len() > ITEMS_BYTES {
                self.writer.section(SectionKind::Items, &open.payload);
                open.payload.clear();
            }
            put_prefixed(&mut open.payload, &value);
        }
    }

    fn open_next(&mut self, engine: &Engine) {
        let Some(table) = self.tables.pop() else {
            let mut totals = Vec::new();
            for number in [self.table_count, self.progress.items, self.progress.bytes] {
                varint::put(&mut totals, number);
            }
            self.writer.section(SectionKind::End, &totals);
            self.ended = true;
            return;
        };
        self.writer.section(SectionKind::Table, &dumped(&table.schema).encode());
        let mut cursor = engine.storage.cursor_at(&self.snapshot, table.tree, Vec::new(), None, false);
        cursor.expect_most();
        let last = Bytes::default();
        self.open = Some(Open { table, cursor, last, payload: Vec::new(), items: 0, bytes: 0 });
    }

    fn end_table(&mut self) {
        let Some(open) = self.open.take() else { return };
        if !open.payload.is_empty() {
            self.writer.section(SectionKind::Items, &open.payload);
        }
        let mut counts = Vec::new();
        varint::put(&mut counts, open.items);
        varint::put(&mut counts, open.bytes);
        self.writer.section(SectionKind::TableEnd, &counts);
    }
}

/// What of a schema means something elsewhere: not where its indexes are, nor what is being done with it, nor numbers of
/// commits.
fn dumped(schema: &TableSchema) -> TableSchema {
    let mut schema = TableSchema { busy: None, ttl_seq: None, ..schema.clone() };
    for index in schema.lsis.iter_mut().chain(&mut schema.gsis) {
        (index.tree, index.backfilled) = (None, None);
    }
    schema
}
