//! The platform under wasm, in pages, workers, Node and edge runtimes alike.
//!
//! It asks for features, never for the name of the runtime, and only when they are first needed.

use std::cell::{OnceCell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use super::js::{self, Port};
use super::oneshot::{self, Sender};
use super::{LocalFuture, Platform};

/// The last moment of JavaScript's dates. A clock that tells a later one would be stored, and taken for damage.
pub const LATEST_MILLIS: f64 = 8.64e15;

/// Time, randomness and tasks from JavaScript.
#[derive(Default)]
pub struct BrowserPlatform {
    macrotasks: OnceCell<Macrotasks>,
    /// The application's own clock.
    clock: Option<Function>,
    /// Loads the second file of the engine.
    complete: Option<Function>,
    /// Sets the alarm of a runtime that loses timers.
    wake: Option<Function>,
}

impl BrowserPlatform {
    /// The platform; touches nothing of the runtime yet.
    pub fn new(clock: Option<Function>, complete: Option<Function>, wake: Option<Function>) -> Self {
        Self { clock, complete, wake, ..Self::default() }
    }
}

impl Platform for BrowserPlatform {
    fn now_millis(&self) -> u64 {
        let told = self.clock.as_ref().and_then(|clock| clock.call0(&JsValue::UNDEFINED).ok()?.as_f64());
        told.unwrap_or_else(js_sys::Date::now).min(LATEST_MILLIS) as u64
    }

    fn fill_random(&self, out: &mut [u8]) {
        if getrandom::fill(out).is_err() {
            // No Web Crypto here: identifiers still differ from one another, and none of ours guards a secret.
            for byte in out {
                *byte = (js_sys::Math::random() * 256.0) as u8;
            }
        }
    }

    fn spawn(&self, task: LocalFuture<()>) {
        wasm_bindgen_futures::spawn_local(task);
    }

    fn yield_now(&self) -> LocalFuture<()> {
        let (sender, receiver) = oneshot::channel();
        self.macrotasks.get_or_init(Macrotasks::new).post(sender);
        Box::pin(async move {
            receiver.await;
        })
    }

    fn sleep(&self, millis: u32) -> LocalFuture<()> {
        js::sleep(millis)
    }

    fn wake_at(&self, millis: u64) -> bool {
        let asked =
            self.wake.as_ref().map(|wake| wake.call1(&JsValue::UNDEFINED, &JsValue::from(millis as f64)));
        matches!(asked, Some(Ok(_)))
    }

    fn complete(&self) -> LocalFuture<bool> {
        let loading = self.complete.as_ref().and_then(|complete| complete.call0(&JsValue::UNDEFINED).ok());
        Box::pin(async move {
            match loading {
                Some(loading) => JsFuture::from(loading.unchecked_into::<Promise>()).await.is_ok(),
                None => false,
            }
        })
    }

    fn turn_end(&self) -> LocalFuture<()> {
        Box::pin(async {
            // A resolved promise cannot reject.
            let _ = JsFuture::from(Promise::resolve(&JsValue::UNDEFINED)).await;
        })
    }
}

/// The fastest way here to come back after the event loop had its turn.
enum Macrotasks {
    /// Node and its kin. A pending one keeps the process alive, as a message port would for ever.
    Immediate(Function),
    /// Pages and workers; not slowed down in hidden tabs, unlike timers.
    Channel { port: Port, waiting: Rc<RefCell<VecDeque<Sender<()>>>>, _handler: Closure<dyn FnMut()> },
    /// Whatever is left.
    Timer(Option<Function>),
}

impl Macrotasks {
    fn new() -> Self {
        if let Some(function) = js::global_function("setImmediate") {
            return Self::Immediate(function);
        }
        // workerd: it gives up a port that nobody holds, though messages are on their way to it, and delivers them before
        // anything else has its turn. Its timers take no time.
        if js::global("scheduler").and_then(|scheduler| js::property(&scheduler, "wait")).is_some() {
            return Self::Timer(js::global_function("setTimeout"));
        }
        Self::channel().unwrap_or_else(|| Self::Timer(js::global_function("setTimeout")))
    }

    fn channel() -> Option<Self> {
        let constructor = js::global_function("MessageChannel")?;
        let channel = Reflect::construct(&constructor, &js_sys::Array::new()).ok()?;
        let receiving: Port = js::property(&channel, "port1")?.unchecked_into();
        let port: Port = js::property(&channel, "port2")?.unchecked_into();
        let waiting: Rc<RefCell<VecDeque<Sender<()>>>> = Rc::default();
        let queue = Rc::clone(&waiting);
        let handler = Closure::<dyn FnMut()>::new(move || {
            let next = queue.borrow_mut().pop_front();
            if let Some(sender) = next {
                sender.send(());
            }
        });
        receiving.set_onmessage(handler.as_ref());
        Some(Self::Channel { port, waiting, _handler: handler })
    }

    fn post(&self, sender: Sender<()>) {
        match self {
            Self::Channel { port, waiting, .. } => {
                waiting.borrow_mut().push_back(sender);
                port.post_message(&JsValue::NULL);
            }
            Self::Immediate(function) | Self::Timer(Some(function)) => {
                let callback = Closure::once_into_js(move || sender.send(()));
                // A call that throws drops the sender, which resolves the wait as well.
                let _ = function.call1(&JsValue::UNDEFINED, &callback);
            }
            Self::Timer(None) => sender.send(()),
        }
    }
}
