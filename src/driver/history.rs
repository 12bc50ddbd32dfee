//! Histories for whoever follows a table: what is kept, the records of it, and the table as it was.

use std::fmt;
use std::rc::Rc;

use super::awaited::Fate;
use super::reads::Unread;
use super::{Driver, closed};
use crate::api::ApiError;
use crate::engine::history::{
    History, HistoryError, HistoryId, HistoryOptions, HistoryRecord, ItemStep, ReadStep, ScanStep,
};
use crate::engine::{self, Engine, Position};
use crate::storage::{BlockId, Bytes, SeqNo};

/// A page ends once it holds as many bytes.
const PAGE_BYTES: usize = 1 << 20;

/// Why a history, or a table as it was, could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadError {
    /// The history has not what was asked for.
    History(HistoryError),
    /// The database is closed, or the storage failed.
    Database(ApiError),
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::History(error) => error.fmt(f),
            Self::Database(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for ReadError {}

impl From<HistoryError> for ReadError {
    fn from(error: HistoryError) -> Self {
        Self::History(error)
    }
}

impl From<ApiError> for ReadError {
    fn from(error: ApiError) -> Self {
        Self::Database(error)
    }
}

impl From<Unread> for ReadError {
    fn from(unread: Unread) -> Self {
        Self::Database(unread.into())
    }
}

/// Records of a history, in order.
#[derive(Clone, Debug)]
pub struct HistoryPage {
    /// The history.
    pub history: Rc<History>,
    /// Its records.
    pub records: Vec<HistoryRecord>,
    /// Where the next page begins.
    pub next: Position,
    /// All that was durable up to this commit has been read with this page; without: more is there already.
    pub up_to: Option<SeqNo>,
    /// Nothing will follow: the history has ended, and this is the end of it.
    pub is_last: bool,
}

impl Driver {
    /// Keeps the changes of a table from now on; a history that it has goes on as `options` say. Gives the history once
    /// that is durable.
    pub async fn keep_history(
        self: &Rc<Self>,
        table: &str,
        options: HistoryOptions,
    ) -> Result<HistoryId, ReadError> {
        let mut id = None;
        self.change_history(|engine, now| {
            let seq = engine.keep_history(table, options, now)?;
            let tables = engine.tables();
            id =
                tables.get(table).and_then(|table| tables.histories().of_table(table.tree)).map(|own| own.id);
            Some(seq)
        })
        .await?;
        id.ok_or(ReadError::History(HistoryError::NotKept))
    }

    /// Keeps nothing of later changes of a table.
    pub async fn stop_history(self: &Rc<Self>, table: &str) -> Result<(), ReadError> {
        self.change_history(|engine, now| engine.stop_history(table, now)).await
    }

    /// Drops all of a history at once.
    pub async fn forget_history(self: &Rc<Self>, id: HistoryId) -> Result<(), ReadError> {
        self.change_history(|engine, now| engine.forget_history(id, now)).await
    }

    async fn change_history(
        self: &Rc<Self>,
        change: impl FnOnce(&mut Engine, u64) -> Option<SeqNo>,
    ) -> Result<(), ReadError> {
        let seq = self.look(|engine| change(engine, self.platform.now_millis()))?;
        let seq = seq.ok_or(HistoryError::NotKept)?;
        let fate = Fate::default();
        self.state.borrow_mut().awaited.add(seq, &fate);
        self.schedule_commit();
        self.watch_upkeep();
        self.until_durable(
            seq,
            &fate,
            "What is kept of the table's changes could not be changed: the storage failed",
        )
        .await?;
        Ok(())
    }

    /// The next records of a history, `most` at most, from `from` on.
    pub async fn read_history(
        self: &Rc<Self>,
        id: HistoryId,
        from: Position,
        most: usize,
    ) -> Result<HistoryPage, ReadError> {
        let mut read = self.look(|engine| engine.read_history(id, from))??;
        let history = Rc::clone(read.history());
        let mut page = HistoryPage { history, records: Vec::new(), next: from, up_to: None, is_last: false };
        let (mut bytes, mut gone) = (0, None);
        while page.records.len() < most && bytes < PAGE_BYTES {
            match self.look(|engine| read.next(engine))?? {
                ReadStep::Record(record) => {
                    bytes += record.old.iter().chain(&record.new).map(|image| image.len()).sum::<usize>();
                    page.records.push(record);
                }
                ReadStep::Missing(blocks) => self.supply(&blocks, &mut gone).await?,
                ReadStep::End => {
                    page.up_to = Some(read.at());
                    page.is_last = read.is_last();
                    break;
                }
            }
        }
        page.next = read.position();
        Ok(page)
    }

    /// The table as it was after commit `at`.
    pub fn table_at(self: &Rc<Self>, table: &str, at: SeqNo) -> Result<TableAt, ReadError> {
        let table = self.look(|engine| engine.table_at(table, at))??;
        Ok(TableAt { driver: Rc::clone(self), table: Some(table), scan: None, gone: None })
    }

    /// Works on an engine that takes calls.
    fn look<T>(&self, work: impl FnOnce(&mut Engine) -> T) -> Result<T, ApiError> {
        let mut state = self.state.borrow_mut();
        if state.closing || state.loading || state.closed.is_some() {
            return Err(state.closed.clone().unwrap_or_else(closed));
        }
        Ok(work(&mut state.engine))
    }
}

/// A table as it was. It pins what it reads until it is dropped.
pub struct TableAt {
    driver: Rc<Driver>,
    /// `None` only while it is dropped.
    table: Option<engine::history::TableAt>,
    scan: Option<engine::history::ScanAt>,
    /// The block that was missing from the storage when it was last asked for.
    gone: Option<BlockId>,
}

impl TableAt {
    /// The item of that tree key, as it was.
    pub async fn item(&mut self, key: &[u8]) -> Result<Option<Bytes>, ReadError> {
        let Some(mut item) = self.table.as_ref().map(|table| table.item(key.to_vec())) else {
            return Ok(None);
        };
        loop {
            match self.driver.look(|engine| item.step(engine))? {
                ItemStep::Found(found) => return Ok(found),
                ItemStep::Missing(blocks) => self.driver.supply(&blocks, &mut self.gone).await?,
            }
        }
    }

    /// The next items with their tree keys, `most` at most, in the order of the keys; none: there are no more.
    pub async fn scan(&mut self, most: usize) -> Result<Vec<(Bytes, Bytes)>, ReadError> {
        let (mut items, mut bytes) = (Vec::new(), 0);
        while items.len() < most && bytes < PAGE_BYTES {
            let step = {
                let Self { table: Some(table), scan, driver, .. } = self else { break };
                driver.look(|engine| {
                    let scan = scan.get_or_insert_with(|| table.scan(engine, Vec::new()));
                    scan.next(engine)
                })?
            };
            match step {
                ScanStep::Item { key, item } => {
                    bytes += item.len();
                    items.push((key, item));
                }
                ScanStep::Missing(blocks) => self.driver.supply(&blocks, &mut self.gone).await?,
                ScanStep::Yield => self.driver.platform.yield_now().await,
                ScanStep::End => break,
            }
        }
        Ok(items)
    }

    /// Scans again, from the item of that tree key or what follows it.
    pub fn seek(&mut self, key: Vec<u8>) -> Result<(), ReadError> {
        let Some(table) = &self.table else { return Ok(()) };
        self.scan = Some(self.driver.look(|engine| table.scan(engine, key))?);
        Ok(())
    }
}

impl Drop for TableAt {
    fn drop(&mut self) {
        (self.table, self.scan) = (None, None);
        // What it kept from being deleted may go.
        self.driver.start_job();
    }
}
