//! Dumps and loads: bytes to and from the application, part by part.
//!
//! What is under way is kept by the database as `Rc<dyn Any>`, so that the code of what few call stands apart.

use std::any::Any;
use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;

use super::errors::error;
use crate::api::ApiError;
use crate::collections::VecMap;
use crate::driver::{Driver, Dump, Load, LoadError};
use crate::engine::{self, Progress};
use crate::platform::LocalFuture;

/// Dumps and loads under way, by the shell's numbers.
#[derive(Default)]
pub(super) struct Transfers(RefCell<VecMap<u64, Rc<dyn Any>>>);

type Answer = LocalFuture<Result<JsValue, JsValue>>;

/// Taken out while it works; a shell asks one thing after the other.
type Slot<T> = RefCell<Option<T>>;

impl Transfers {
    fn get<T: 'static>(&self, id: u64) -> Option<Rc<Slot<T>>> {
        Rc::clone(self.0.borrow().get(&id)?).downcast().ok()
    }

    /// Forgets what is under way by that number.
    fn end(&self, id: u64) {
        let ended = self.0.borrow_mut().remove(&id);
        drop(ended);
    }
}

/// The next part of dump `id`, which begins with its first: bytes and progress; without bytes, it is complete.
#[inline(never)]
pub(super) fn dump(driver: Rc<Driver>, transfers: Rc<Transfers>, id: u64) -> Answer {
    Box::pin(async move {
        let Some(slot) = transfers.get::<Dump>(id) else {
            let dump = driver.dump().await.map_err(|cause| api_error(&cause))?;
            let answer = progress(None, dump.progress());
            transfers.0.borrow_mut().insert(id, Rc::new(Slot::new(Some(dump))));
            return Ok(answer);
        };
        let Some(mut dump) = slot.take() else { return Ok(JsValue::UNDEFINED) };
        match dump.next().await {
            Ok(Some(part)) => {
                let answer = progress(Some(&part), dump.progress());
                slot.replace(Some(dump));
                Ok(answer)
            }
            ended => {
                transfers.end(id);
                ended.map(|_| JsValue::UNDEFINED).map_err(|cause| api_error(&cause))
            }
        }
    })
}

/// Gives `part` to load `id`, which begins with its first; without a part, the dump is complete.
#[inline(never)]
pub(super) fn load(
    driver: Rc<Driver>,
    transfers: Rc<Transfers>,
    id: u64,
    part: Option<Uint8Array>,
) -> Answer {
    Box::pin(async move {
        let failed = |cause: LoadError| load_error(&cause);
        let begun = transfers.get::<Load>(id);
        let slot = if let Some(slot) = begun {
            slot
        } else {
            let load = driver.load().await.map_err(failed)?;
            let slot = Rc::new(Slot::new(Some(load)));
            transfers.0.borrow_mut().insert(id, Rc::clone(&slot) as Rc<dyn Any>);
            slot
        };
        let Some(mut load) = slot.take() else { return Ok(JsValue::UNDEFINED) };
        let Some(part) = part else {
            transfers.end(id);
            let done = load.finish().await.map_err(failed)?;
            return Ok(progress(None, done));
        };
        if let Err(cause) = load.feed(&part.to_vec()).await {
            transfers.end(id);
            return Err(failed(cause));
        }
        let answer = progress(None, load.progress());
        slot.replace(Some(load));
        Ok(answer)
    })
}

/// Gives up what is under way by that number; resolves when nothing is left of it.
#[inline(never)]
pub(super) fn abandon(transfers: Rc<Transfers>, id: u64) -> Answer {
    Box::pin(async move {
        let load = transfers.get::<Load>(id).and_then(|slot| slot.take());
        transfers.end(id);
        if let Some(mut load) = load {
            load.abort().await;
        }
        Ok(JsValue::UNDEFINED)
    })
}

/// Items, bytes, and the totals of both; then the part, if there is one.
fn progress(part: Option<&[u8]>, progress: Progress) -> JsValue {
    let Progress { items, bytes, total_items, total_bytes } = progress;
    let numbers = [items, bytes, total_items, total_bytes];
    let answer: Array = numbers.into_iter().map(|number| JsValue::from(number as f64)).collect();
    if let Some(part) = part {
        answer.push(&Uint8Array::from(part));
    }
    answer.into()
}

fn api_error(cause: &ApiError) -> JsValue {
    error(cause.kind.name(), &cause.message)
}

fn load_error(cause: &LoadError) -> JsValue {
    match cause {
        LoadError::Database(cause) => api_error(cause),
        LoadError::Load(engine::LoadError::NotEmpty) => error("DatabaseNotEmptyError", &cause.to_string()),
        LoadError::Load(_) => error("DumpError", &cause.to_string()),
    }
}
