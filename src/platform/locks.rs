//! Web Locks: one owner per name among all contexts of an origin, given up when the holder goes, however it goes.

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Function, Promise};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use super::js::{self, Locks};
use super::oneshot;

/// Why a lock was not had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LockError {
    /// Another context holds it.
    Busy,
    /// This runtime has no Web Locks, or does not allow them here.
    Unavailable(String),
}

impl std::fmt::Display for LockError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Busy => f.write_str("another tab, window or worker has this database open"),
            Self::Unavailable(why) => write!(f, "Web Locks are unavailable: {why}"),
        }
    }
}

impl std::error::Error for LockError {}

/// A lock; given up when dropped.
pub struct LockGuard {
    release: Function,
}

impl Drop for LockGuard {
    fn drop(&mut self) {
        // The resolve function of a promise does not throw.
        let _ = self.release.call0(&JsValue::UNDEFINED);
    }
}

/// The runtime's lock manager, where there is one.
fn manager() -> Option<Locks> {
    let locks = js::property(&js::global("navigator")?, "locks")?;
    Some(locks.unchecked_into())
}

/// Whether this runtime has Web Locks.
pub fn available() -> bool {
    manager().is_some()
}

/// How long a lock is waited for, in milliseconds: a page that was reloaded or closed gives its locks up a moment
/// later than the next one asks for them.
const PATIENCE: u32 = 500;

/// Options of a request that waits a moment; where requests cannot be given up, of one that does not wait.
fn options() -> JsValue {
    let signal = || {
        let class = js::global("AbortSignal")?;
        let timeout: Function = js::property(&class, "timeout")?.dyn_into().ok()?;
        timeout.call1(&class, &JsValue::from(PATIENCE)).ok()
    };
    match signal() {
        Some(signal) => js::object("signal", &signal),
        None => js::object("ifAvailable", &JsValue::TRUE),
    }
}

/// Takes the exclusive lock `name`, unless another context goes on holding it.
pub async fn acquire(name: &str) -> Result<LockGuard, LockError> {
    let Some(locks) = manager() else {
        return Err(LockError::Unavailable("this runtime does not have them".to_owned()));
    };
    let (sender, receiver) = oneshot::channel();
    let sender = Rc::new(RefCell::new(Some(sender)));

    // Called with the lock, or with null when it is taken. The lock is held until the promise it returns resolves.
    let granted = Rc::clone(&sender);
    let callback = Closure::once_into_js(move |lock: JsValue| -> JsValue {
        let answer = granted.borrow_mut().take();
        let Some(answer) = answer else { return JsValue::UNDEFINED };
        if lock.is_null() {
            answer.send(Err(LockError::Busy));
            return JsValue::UNDEFINED;
        }
        let mut release = None;
        let held = Promise::new(&mut |resolve, _| release = Some(resolve));
        if let Some(release) = release {
            answer.send(Ok(LockGuard { release }));
        }
        held.into()
    });

    let ended = locks
        .request(name, &options(), &callback)
        .map_err(|error| LockError::Unavailable(js::error_text(&error)))?;
    // The end of patience and a refusal (an opaque origin, a page being unloaded) come as rejections.
    let rejected = Closure::once_into_js(move |error: JsValue| {
        let answer = sender.borrow_mut().take();
        if let Some(answer) = answer {
            answer.send(Err(match js::error_name(&error).as_str() {
                "TimeoutError" => LockError::Busy,
                _ => LockError::Unavailable(js::error_text(&error)),
            }));
        }
    });
    if let Some(then) = js::property(&ended, "then").and_then(|then| then.dyn_into::<Function>().ok()) {
        let _ = then.call2(&ended, &JsValue::UNDEFINED, &rejected);
    }

    receiver.await.unwrap_or_else(|| Err(LockError::Unavailable("the request was dropped".to_owned())))
}
