//! Loading a dump into a database without tables: every byte is foreign until it was checked.
//!
//! Items go straight to sorted runs ([`crate::storage::Bulk`]), index entries are derived again, and nothing is to be
//! seen before the one edit that brings tables and items together. A database that lives in memory alone has no runs:
//! there they go into the memory table, under a sequence number that nobody reads at yet.

use std::rc::Rc;

use super::catalog::TableSchema;
use super::expiry::told;
use super::segments::Moment;
use super::table::{MAX_HASH, MAX_ITEM, MAX_RANGE, fit};
use super::{Engine, Progress, Stats, Table, Tables};
use crate::collections::VecMap;
use crate::dump::{DumpError, Section, SectionKind, SectionReader};
use crate::item::{ItemRef, MapRef, ValueRef, View, admit};
use crate::platform::Batch;
use crate::storage::coding::Reader;
use crate::storage::{Bulk, BulkStep, Bytes, Change, Checkpoint, SeqNo, Storage, TreeId};

/// Why a dump is not loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// The database has tables.
    NotEmpty,
    /// The database is at work, or something was written that is not flushed yet.
    Busy,
    /// The file.
    Dump(DumpError),
    /// What the file holds is nothing that may be in a database; the sentence.
    Refused(String),
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotEmpty => f.write_str(
                "a dump is loaded into an empty database only, and this one has tables; delete them, or choose another",
            ),
            Self::Busy => f.write_str("the database is at work; a dump is loaded right after opening"),
            Self::Dump(error) => error.fmt(f),
            Self::Refused(why) => write!(f, "the dump cannot be loaded: {why}"),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<DumpError> for LoadError {
    fn from(error: DumpError) -> Self {
        Self::Dump(error)
    }
}

/// What a load needs next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadStep {
    /// More bytes of the dump, or to be told that there are none.
    Read,
    /// A slice is over: let others have their turn.
    Yield,
    /// Commit these blocks, and wait until that is done.
    Write(Batch),
}

/// A load under way. Nothing else may be written before it ends with [`Loader::complete`] or [`Loader::abort`].
pub struct Loader {
    reader: SectionReader,
    /// The commit that brings all of it.
    at: Moment,
    /// `None`: into the memory table.
    bulk: Option<Bulk>,
    /// Bytes that went into it since the last pause.
    worked: usize,
    tables: Tables,
    stats: VecMap<TreeId, Stats>,
    /// The first section was read.
    begun: bool,
    open: Option<Open>,
    /// The items of a section, and how far they were taken in.
    section: Option<(Section, usize)>,
    table_count: u64,
    progress: Progress,
    /// All of it was read.
    settled: bool,
}

/// The table whose items are being read.
struct Open {
    table: Rc<Table>,
    last: Vec<u8>,
    items: u64,
    bytes: u64,
    /// The soonest expiry of its items.
    expiry: u64,
}

impl Engine {
    /// Begins to load a dump.
    #[inline(never)]
    pub fn begin_load(&mut self, now_millis: u64) -> Result<Loader, LoadError> {
        if self.tables().after(None).next().is_some() {
            return Err(LoadError::NotEmpty);
        }
        if self.has_writes() || self.storage.latest() != self.storage.durable() {
            return Err(LoadError::Busy);
        }
        let at = self.next_moment(now_millis);
        let bulk = if self.logged {
            Some(self.storage.begin_bulk(at.seq).map_err(|_| LoadError::Busy)?)
        } else {
            None
        };
        Ok(Loader {
            reader: SectionReader::default(),
            at,
            bulk,
            worked: 0,
            tables: (**self.tables()).clone(),
            stats: VecMap::new(),
            begun: false,
            open: None,
            section: None,
            table_count: 0,
            progress: Progress::default(),
            settled: false,
        })
    }
}

impl Loader {
    /// How far it has come.
    pub fn progress(&self) -> Progress {
        self.progress
    }

    /// How many tables it has brought.
    pub fn tables(&self) -> u64 {
        self.table_count
    }

    /// Takes in the next bytes of the dump; a slice of them, so that no more is held.
    pub fn push(&mut self, bytes: &[u8]) {
        self.reader.push(bytes);
    }

    /// Works on what is there.
    #[inline(never)]
    pub fn step(&mut self, engine: &mut Engine) -> Result<LoadStep, LoadError> {
        let storage = &mut engine.storage;
        loop {
            if let Some(bulk) = &mut self.bulk {
                match bulk.step(storage) {
                    BulkStep::Ready => {}
                    BulkStep::Yield => return Ok(LoadStep::Yield),
                    BulkStep::Write(batch) => return Ok(LoadStep::Write(batch)),
                }
            } else if self.worked >= storage.slice_bytes() {
                self.worked = 0;
                return Ok(LoadStep::Yield);
            }
            if let Some((section, from)) = self.section.take() {
                if let Some(next) = self.item(&section, from, storage)? {
                    self.section = Some((section, next));
                }
                continue;
            }
            match self.reader.next_section()? {
                Some(section) => self.take(section, storage)?,
                None => return Ok(LoadStep::Read),
            }
        }
    }

    /// There are no more bytes: writes what still waits, until it is [`LoadStep::Read`], which means that all is there.
    #[inline(never)]
    pub fn end(&mut self, engine: &mut Engine) -> Result<LoadStep, LoadError> {
        if !self.settled {
            let step = self.step(engine)?;
            if step != LoadStep::Read {
                return Ok(step);
            }
            if !self.reader.has_ended() {
                return Err(self.reader.cut_off().into());
            }
            self.settled = true;
        }
        Ok(match self.bulk.as_mut().map(|bulk| bulk.settle(&mut engine.storage)) {
            None | Some(BulkStep::Ready) => LoadStep::Read,
            Some(BulkStep::Yield) => LoadStep::Yield,
            Some(BulkStep::Write(batch)) => LoadStep::Write(batch),
        })
    }

    /// The edit that makes all of it visible, with the log going on at frame `next_log`; `None` in memory.
    #[inline(never)]
    pub fn plan(&mut self, engine: &mut Engine, next_log: u64) -> Option<Batch> {
        let catalog = self.tables.encode(&self.stats);
        let checkpoint = Checkpoint { seq: self.at.seq, next_log, catalog };
        self.bulk.as_mut().map(|bulk| bulk.plan(&mut engine.storage, checkpoint))
    }

    /// It is in the store, or all of it in memory: it is there for everybody.
    #[inline(never)]
    pub fn complete(self, engine: &mut Engine) {
        if let Some(bulk) = self.bulk {
            bulk.complete(&mut engine.storage);
        }
        engine.storage.advance(self.at.seq);
        engine.storage.set_durable(self.at.seq);
        engine.adopt_load(self.tables, self.stats, self.at);
    }

    /// Leaves the database as it was. The writes that are given delete at once what a job would delete later.
    #[inline(never)]
    pub fn abort(self, engine: &mut Engine) -> Batch {
        if let Some(bulk) = self.bulk {
            return bulk.abort(&mut engine.storage);
        }
        engine.storage.rollback();
        Batch::new()
    }

    fn take(&mut self, section: Section, storage: &mut Storage) -> Result<(), LoadError> {
        let misplaced = section.damaged("it stands where none of its kind may stand");
        match (section.kind, &self.open) {
            (SectionKind::Database, None) if !self.begun => {
                self.begun = true;
                self.about(&section)?;
            }
            (SectionKind::Table, None) if self.begun => self.begin_table(&section)?,
            (SectionKind::Items, Some(_)) => self.section = Some((section, 0)),
            (SectionKind::TableEnd, Some(_)) => self.end_table(&section, storage)?,
            (SectionKind::End, None) if self.begun => {
                let progress = self.progress;
                check_counts(&section, &[self.table_count, progress.items, progress.bytes])?;
            }
            _ => return Err(misplaced.into()),
        }
        Ok(())
    }

    /// Members of the first section that are unknown are passed over.
    fn about(&mut self, section: &Section) -> Result<(), LoadError> {
        let malformed = || section.damaged("it is no document");
        let document = ValueRef::first(&section.payload).and_then(ValueRef::view);
        let Some(View::M(about)) = document else { return Err(malformed().into()) };
        let number = |name: &str| about.find(name.as_bytes()).and_then(ValueRef::integer);
        let total = |name| number(name).and_then(|number| u64::try_from(number).ok()).unwrap_or_default();
        (self.progress.total_items, self.progress.total_bytes) = (total("items"), total("bytes"));
        Ok(())
    }

    fn begin_table(&mut self, section: &Section) -> Result<(), LoadError> {
        let unreadable = || section.damaged("its schema cannot be read");
        let mut schema = TableSchema::decode(&section.payload).ok_or_else(unreadable)?;
        let refused = |why: String| LoadError::Refused(format!("table {}: {why}", schema.name));
        schema.check().map_err(refused)?;
        if self.tables.get(&schema.name).is_some() {
            return Err(refused("it is there twice".into()));
        }
        // Where its indexes are, and what was being done with it, meant something elsewhere.
        schema.busy = None;
        for index in schema.lsis.iter_mut().chain(&mut schema.gsis) {
            (index.tree, index.backfilled) = (None, None);
        }
        // A new stream: one that went on by the old name would lack records that a reader counts on.
        schema.stream_millis = schema.stream.map(|_| self.at.millis);
        schema.ttl_seq = schema.ttl.as_ref().map(|_| self.at.seq.0);
        let table = self.tables.add(schema, self.at).ok_or_else(unreadable)?;
        for tree in table.trees() {
            self.stats.insert(tree, Stats::default());
        }
        self.table_count += 1;
        self.open = Some(Open { table, last: Vec::new(), items: 0, bytes: 0, expiry: u64::MAX });
        Ok(())
    }

    fn end_table(&mut self, section: &Section, storage: &mut Storage) -> Result<(), LoadError> {
        let Some(open) = self.open.take() else { return Ok(()) };
        check_counts(section, &[open.items, open.bytes])?;
        let stats = self.stats.get_or_default(open.table.tree);
        stats.count = open.items as i64;
        stats.bytes = open.bytes as i64;
        if open.table.schema.ttl.is_some() {
            stats.expiry = open.expiry;
        }
        if let Some(bulk) = &mut self.bulk {
            bulk.end_sorted(storage);
        }
        Ok(())
    }

    /// Takes in the item at `from` in a section; gives where the next one is.
    fn item(
        &mut self,
        section: &Section,
        from: usize,
        storage: &mut Storage,
    ) -> Result<Option<usize>, LoadError> {
        let mut reader = Reader::starting_at(&section.payload, from);
        if reader.is_empty() {
            return Ok(None);
        }
        let bytes = reader.prefixed().ok_or_else(|| section.damaged("its last item is cut off"))?;
        let Some(open) = &mut self.open else { return Ok(None) };
        let table = Rc::clone(&open.table);
        let item = admitted(&table, bytes).and_then(|(key, item)| {
            if *key > *open.last {
                Ok((key, item))
            } else {
                Err("the items are not in the order of their keys")
            }
        });
        let (key, item) = item.map_err(|why| {
            LoadError::Refused(format!("table {}, item {}: {why}", table.schema.name, open.items + 1))
        })?;
        open.items += 1;
        open.bytes += u64::from(item.size());
        self.progress.items += 1;
        self.progress.bytes += u64::from(item.size());
        let due = told(table.due(item), self.at.millis);
        open.expiry = due.checked_sub(1).map_or(open.expiry, |seconds| seconds.min(open.expiry));
        if let Some(bulk) = &mut self.bulk {
            bulk.put_sorted(storage, table.tree, &key, bytes, due);
        } else {
            self.worked += bytes.len();
            remember(storage, self.at.seq, table.tree, &key, bytes, due);
        }
        for index in &table.indexes {
            let Some((key, value)) = index.entry(&table, item) else { continue };
            let stats = self.stats.get_or_default(index.tree);
            let size = ItemRef::parse(&value).map_or(0, |entry| i64::from(entry.size()));
            stats.add(1, size);
            match &mut self.bulk {
                Some(bulk) => bulk.put(storage, index.tree, &key, &value),
                None => remember(storage, self.at.seq, index.tree, &key, &value, 0),
            }
        }
        open.last = key;
        Ok(Some(reader.position()))
    }
}

impl Engine {
    fn adopt_load(&mut self, tables: Tables, stats: VecMap<TreeId, Stats>, at: Moment) {
        self.tables = Rc::new(tables);
        self.stats = stats;
        self.last_seq = at.seq;
        self.last_time = self.last_time.max(at.millis);
        self.tables_seq = at.seq;
        self.sweep = None;
        self.plan_upkeep(at.millis);
    }
}

fn remember(storage: &mut Storage, seq: SeqNo, tree: TreeId, key: &[u8], value: &[u8], due: u64) {
    storage.apply(seq, Change { due, ..Change::put(tree, Bytes::from(key), Bytes::from(value)) });
}

/// An item as it may be stored in `table`, with its tree key; or why it may not.
pub(super) fn admitted<'a>(table: &Table, bytes: &'a [u8]) -> Result<(Vec<u8>, ItemRef<'a>), &'static str> {
    let item = ItemRef::parse(bytes).ok_or("it is no item")?;
    let canonical = admit::item(item.map()).map_err(|_| "it holds a value that no item may hold")?;
    if canonical.bytes() != bytes {
        return Err("it is not in its canonical form");
    }
    if item.size() > MAX_ITEM {
        return Err("it is larger than items may be");
    }
    let key = key_of(table, item.map()).ok_or("its key does not fit the table")?;
    Ok((key, item))
}

fn key_of(table: &Table, item: MapRef<'_>) -> Option<Vec<u8>> {
    let fits = fit([&table.hash], MAX_HASH, item) && fit(&table.range, MAX_RANGE, item);
    if fits { table.key_of(item) } else { None }
}

/// Counts that a section tells are those that were counted.
fn check_counts(section: &Section, counted: &[u64]) -> Result<(), DumpError> {
    let mut reader = Reader::new(&section.payload);
    let told = counted.iter().all(|count| reader.leb() == Some(*count));
    if told { Ok(()) } else { Err(section.damaged("its counts are not those of what came before")) }
}
