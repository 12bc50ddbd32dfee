//! Loading a dump: takes its bytes part by part, writes blocks beside the log, and at last commits the one edit that
//! brings tables and items together. Until then no call is taken, no job begins, and nothing is to be seen.

use std::rc::Rc;

use super::fetch::storage_error;
use super::{Driver, closed};
use crate::api::{ApiError, ErrorKind};
use crate::engine::{self, LoadStep, Loader, Progress};
use crate::platform::{Batch, Durability, StoreError};

/// Why a dump was not loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// The dump, or what the database holds already.
    Load(engine::LoadError),
    /// The database.
    Database(ApiError),
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Load(error) => error.fmt(f),
            Self::Database(error) => error.fmt(f),
        }
    }
}

impl std::error::Error for LoadError {}

impl From<engine::LoadError> for LoadError {
    fn from(error: engine::LoadError) -> Self {
        Self::Load(error)
    }
}

impl From<ApiError> for LoadError {
    fn from(error: ApiError) -> Self {
        Self::Database(error)
    }
}

/// A load under way. One that is dropped before [`Load::finish`] leaves the database as it was.
pub struct Load {
    driver: Rc<Driver>,
    /// `None` once it has ended, one way or the other.
    loader: Option<Loader>,
    wrote: bool,
}

impl Driver {
    /// Begins to load a dump into this database, which has no tables.
    pub async fn load(self: &Rc<Self>) -> Result<Load, LoadError> {
        {
            let mut state = self.state.borrow_mut();
            if state.loading || state.closing || state.closed.is_some() {
                return Err(state.closed.clone().unwrap_or_else(closed).into());
            }
            if state.engine.tables().after(None).next().is_some() {
                return Err(engine::LoadError::NotEmpty.into());
            }
            state.loading = true;
        }
        let loader = self.begin_load().await;
        if loader.is_err() {
            self.end_load();
        }
        Ok(Load { driver: Rc::clone(self), loader: Some(loader?), wrote: false })
    }

    async fn begin_load(self: &Rc<Self>) -> Result<Loader, LoadError> {
        // Upkeep writes: it drops old records of streams.
        while !self.hold_upkeep() {
            let progress = self.state.borrow().progress.clone();
            progress.wait().await;
        }
        self.settled().await;
        if self.state.borrow().opening.is_some() {
            // What is loaded is written beside the log, which only an owner may do.
            self.finish(Batch::new(), false).await.map_err(|error| failed(&error))?;
        }
        let flushes = {
            let mut state = self.state.borrow_mut();
            if state.closing || state.closed.is_some() {
                return Err(state.closed.clone().unwrap_or_else(closed).into());
            }
            // What tables that are gone left, say: the load's edit will say that all of the log is in pieces.
            let flushes = self.durability.get().is_some() && state.engine.storage.has_unflushed();
            if flushes {
                let next_frame = state.next_frame;
                state.engine.freeze_all(next_frame);
                state.job_running = true;
            }
            flushes
        };
        if flushes {
            self.run_flushes().await;
        }
        let mut state = self.state.borrow_mut();
        if self.durability.get().is_some() && state.engine.storage.has_unflushed() {
            let message = "What the database holds in memory could not be written; nothing was loaded";
            return Err(ApiError::new(ErrorKind::StorageFailed, message).into());
        }
        Ok(state.engine.begin_load(self.platform.now_millis())?)
    }

    /// Calls are taken again, and jobs begin.
    fn end_load(self: &Rc<Self>) {
        {
            let mut state = self.state.borrow_mut();
            state.loading = false;
            state.progress.wake();
        }
        self.start_job();
        self.release_upkeep();
    }
}

impl Load {
    /// How far it has come.
    pub fn progress(&self) -> Progress {
        self.loader.as_ref().map(Loader::progress).unwrap_or_default()
    }

    /// Takes in the next bytes of the dump. After an error the load is over, and the database as it was.
    pub async fn feed(&mut self, bytes: &[u8]) -> Result<(), LoadError> {
        if let Some(loader) = &mut self.loader {
            loader.push(bytes);
        }
        self.work(Loader::step).await
    }

    /// There are no more bytes: makes all of it visible, durably.
    pub async fn finish(self) -> Result<Progress, LoadError> {
        self.finish_with(Batch::new()).await
    }

    /// [`Load::finish`], with more to be written in the commit that makes it visible.
    pub(super) async fn finish_with(mut self, mut more: Batch) -> Result<Progress, LoadError> {
        self.work(Loader::end).await?;
        let edit = {
            let Some(loader) = &mut self.loader else { return Err(closed().into()) };
            let mut state = self.driver.state.borrow_mut();
            let next_frame = state.next_frame;
            loader.plan(&mut state.engine, next_frame)
        };
        if let Some(mut edit) = edit {
            edit.append(&mut more);
            if let Err(error) = self.driver.finish(edit, self.wrote).await {
                self.abort().await;
                return Err(failed(&error));
            }
        }
        let Some(loader) = self.loader.take() else { return Err(closed().into()) };
        let progress = loader.progress();
        loader.complete(&mut self.driver.state.borrow_mut().engine);
        self.driver.end_load();
        Ok(progress)
    }

    /// Gives it up; what was written is deleted.
    pub async fn abort(&mut self) {
        let Some(loader) = self.loader.take() else { return };
        let deletion = loader.abort(&mut self.driver.state.borrow_mut().engine);
        // Of an owner that stopped it is not known what its last commit came to: only the next one may delete.
        if !deletion.is_empty() && !self.driver.is_closed() {
            // Should it fail, a job or the next opening deletes it.
            let _ = self.driver.store.commit(deletion, Durability::Relaxed).await;
        }
        self.driver.end_load();
    }

    /// Steps until more bytes are needed.
    async fn work(
        &mut self,
        step: impl Fn(&mut Loader, &mut engine::Engine) -> Result<LoadStep, engine::LoadError>,
    ) -> Result<(), LoadError> {
        loop {
            let stepped = {
                let Some(loader) = &mut self.loader else { return Err(closed().into()) };
                let mut state = self.driver.state.borrow_mut();
                if state.closing || state.closed.is_some() {
                    Err(state.closed.clone().unwrap_or_else(closed).into())
                } else {
                    step(loader, &mut state.engine).map_err(LoadError::from)
                }
            };
            let error = match stepped {
                Ok(LoadStep::Read) => return Ok(()),
                Ok(LoadStep::Yield) => {
                    self.driver.platform.yield_now().await;
                    continue;
                }
                Ok(LoadStep::Write(batch)) => match self.write(batch).await {
                    Ok(()) => continue,
                    Err(error) => failed(&error),
                },
                Err(error) => error,
            };
            self.abort().await;
            return Err(error);
        }
    }

    /// Commits blocks that no manifest names yet.
    async fn write(&mut self, batch: Batch) -> Result<(), StoreError> {
        self.wrote = true;
        self.driver.store.commit(batch, Durability::Relaxed).await
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        if let Some(loader) = self.loader.take() {
            // A job deletes what was written.
            loader.abort(&mut self.driver.state.borrow_mut().engine);
            self.driver.end_load();
        }
    }
}

fn failed(error: &StoreError) -> LoadError {
    LoadError::Database(storage_error(error))
}
