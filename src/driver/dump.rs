//! Dumping: reads what the dump misses, and hands out its parts one by one, as fast as they are asked for.

use std::rc::Rc;

use super::{Driver, closed};
use crate::api::{ApiError, ErrorKind};
use crate::engine::{self, DumpStep, Progress};

/// A dump under way. It pins what it reads until it is dropped; the database may be closed before.
pub struct Dump {
    driver: Rc<Driver>,
    /// `None` only while it is dropped.
    dump: Option<engine::Dump>,
}

impl Driver {
    /// Begins a dump of all that was written before the call, once that is durable.
    pub async fn dump(self: &Rc<Self>) -> Result<Dump, ApiError> {
        let wanted = self.state.borrow().engine.storage.latest();
        loop {
            let progress = {
                let mut state = self.state.borrow_mut();
                if state.closing || state.loading || state.closed.is_some() {
                    return Err(state.closed.clone().unwrap_or_else(closed));
                }
                // What was undone meanwhile is not waited for.
                let wanted = wanted.min(state.engine.storage.latest());
                if state.engine.storage.durable() >= wanted
                    && let Some(dump) = state.engine.begin_dump(self.platform.now_millis())
                {
                    return Ok(Dump { driver: Rc::clone(self), dump: Some(dump) });
                }
                state.progress.clone()
            };
            progress.wait().await;
        }
    }
}

impl Dump {
    /// How far it has come.
    pub fn progress(&self) -> Progress {
        self.dump.as_ref().map(engine::Dump::progress).unwrap_or_default()
    }

    /// The next bytes of the file; `None`: it is complete.
    pub async fn next(&mut self) -> Result<Option<Vec<u8>>, ApiError> {
        let mut gone = None;
        // Others have their turn, however fast the parts are taken.
        self.driver.platform.yield_now().await;
        loop {
            let step = {
                let Some(dump) = &mut self.dump else { return Ok(None) };
                let mut state = self.driver.state.borrow_mut();
                if state.closing || state.closed.is_some() {
                    return Err(state.closed.clone().unwrap_or_else(closed));
                }
                dump.step(&mut state.engine).map_err(damaged)?
            };
            let missing = match step {
                DumpStep::Part(part) => return Ok(Some(part)),
                DumpStep::End => return Ok(None),
                DumpStep::Missing(missing) => missing,
            };
            self.driver.supply(&missing, &mut gone).await?;
        }
    }
}

impl Drop for Dump {
    fn drop(&mut self) {
        self.dump = None;
        // What it kept from being deleted may go.
        self.driver.start_job();
    }
}

fn damaged(what: impl std::fmt::Display) -> ApiError {
    ApiError::new(ErrorKind::StorageFailed, format!("The database is damaged: {what}"))
}
