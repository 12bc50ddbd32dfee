//! The thin JavaScript shell: bytes in, bytes out, callbacks. The only place that names a JavaScript type
//! above the platform.
//!
//! A call writes its request document into the input buffer, and finds the answer in the output buffer: at
//! once, or during the `settle` callback. `pkg/src/wasm.ts` is the only caller.

mod attend;
mod destroy;
mod encryption;
mod errors;
mod external;
mod files;
mod options;
mod repair;
mod storage;
mod transfer;
mod verify;

use std::cell::RefCell;
use std::rc::Rc;

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::prelude::*;

use self::options::Settings;
use self::transfer::Transfers;
use crate::api::{ApiError, Operation};
use crate::collections::VecMap;
use crate::driver::{Driver, Response, Ticket};
use crate::item::ItemRef;
use crate::item::tag;
use crate::platform::js;
use crate::platform::sealed::SealedStore;
use crate::wire::document::{DocWriter, MapWriter};
use crate::wire::http::{self, HttpAnswer};

#[wasm_bindgen]
extern "C" {
    /// What the shell calls back.
    pub type Callbacks;
    #[wasm_bindgen(method)]
    fn settle(this: &Callbacks, id: f64, client: f64);
    #[wasm_bindgen(method)]
    fn event(this: &Callbacks, kind: &str, detail: &str);
}

/// The answer of a call that came through the wire, still to be put into its envelope.
type HttpCalls = Rc<RefCell<VecMap<Ticket, Door>>>;

/// Through which door a call came, and so the form of its answer.
enum Door {
    /// A document.
    Native,
    /// AWS JSON, in the content type of the request.
    Http(Option<String>),
}

/// One open database.
#[wasm_bindgen]
pub struct Database {
    driver: Rc<Driver>,
    input: RefCell<Vec<u8>>,
    output: Rc<RefCell<Vec<u8>>>,
    http_calls: HttpCalls,
    settings: Settings,
    sealed: Option<Rc<SealedStore>>,
    transfers: Rc<Transfers>,
}

/// `call` and `http` return this when the answer is in the output buffer.
const READY: u32 = 1;
/// `call` and `http` return this when `settle` will be called.
const PENDING: u32 = 0;

#[wasm_bindgen]
impl Database {
    /// Opens a database; `EngineOptions` of `pkg/src/wasm.ts` is what `options` holds.
    #[wasm_bindgen(unchecked_return_type = "Promise<Database>")]
    pub fn open(options: JsValue, callbacks: Callbacks) -> Promise {
        let callbacks = Rc::new(callbacks);
        let output = Rc::new(RefCell::new(Vec::new()));
        let http_calls = HttpCalls::default();
        let settle = {
            let (output, http_calls, callbacks) =
                (Rc::clone(&output), Rc::clone(&http_calls), Rc::clone(&callbacks));
            Box::new(move |ticket: Ticket, response: Response| {
                let door = http_calls.borrow_mut().remove(&ticket).unwrap_or(Door::Native);
                write_answer(&mut output.borrow_mut(), &response, &door);
                callbacks.settle(ticket.request as f64, ticket.client as f64);
            })
        };
        js::promise(Box::pin(async move {
            let opened = options::open(options, settle, callbacks).await?;
            let database = Database {
                driver: opened.driver,
                input: RefCell::default(),
                output,
                http_calls,
                settings: opened.settings,
                sealed: opened.sealed,
                transfers: Rc::default(),
            };
            Ok(database.into())
        }))
    }

    /// Deletes a closed database; its code is in the second file.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn destroy(options: JsValue) -> Promise {
        destroy::run(options)
    }

    /// Repairs a closed database; its code is in the second file.
    #[wasm_bindgen(unchecked_return_type = "Promise<RepairReport>")]
    pub fn repair(options: JsValue) -> Promise {
        repair::run(options)
    }

    /// A store of files alone, for an engine elsewhere: see `storage::open`.
    #[wasm_bindgen(unchecked_return_type = "Promise<Function>")]
    pub fn storage(files: JsValue) -> Promise {
        storage::open(files)
    }

    /// Where the input buffer is, once it holds `len` bytes. The memory may have moved.
    pub fn input(&self, len: usize) -> *const u8 {
        let mut input = self.input.borrow_mut();
        if input.len() < len {
            input.resize(len, 0);
        } else if input.len() > MAX_KEPT && len <= MAX_KEPT {
            // A large request must not hold its memory for ever.
            *input = vec![0; MAX_KEPT];
        }
        input.as_ptr()
    }

    /// Evaluates the request document in the first `len` bytes of the input buffer.
    pub fn call(&self, operation: u32, len: usize, id: f64, client: f64) -> u32 {
        let response = {
            let input = self.input.borrow();
            let document = input.get(..len).unwrap_or_default();
            match Operation::from_number(operation) {
                Some(operation) => self.driver.call(operation, document, ticket(id, client)),
                None => Some(Err(ApiError::new(crate::api::ErrorKind::UnknownOperation, ""))),
            }
        };
        match response {
            Some(response) => {
                write_answer(&mut self.output.borrow_mut(), &response, &Door::Native);
                READY
            }
            None => PENDING,
        }
    }

    /// Answers an HTTP request whose body is in the first `len` bytes of the input buffer. `host` is where it came to;
    /// only DescribeEndpoints asks for it.
    #[expect(clippy::too_many_arguments, reason = "an object would be taken apart member by member")]
    pub fn http(
        &self,
        method: &str,
        path: &str,
        target: Option<String>,
        content_type: Option<String>,
        host: Option<String>,
        len: usize,
        id: f64,
        client: f64,
    ) -> u32 {
        let decoded = {
            let input = self.input.borrow();
            let body = input.get(..len).unwrap_or_default();
            http::decode(method, path, target.as_deref(), content_type.as_deref(), body)
        };
        let (operation, mut document) = match decoded {
            Ok(decoded) => decoded,
            Err(answer) => {
                write_http(&mut self.output.borrow_mut(), &answer);
                return READY;
            }
        };
        if let Some(host) = host {
            let mut out = DocWriter::default();
            let mut map = MapWriter::new(&mut out);
            map.text("Host", &host);
            map.end();
            document = out.finish();
        }
        let door = Door::Http(content_type);
        let ticket = ticket(id, client);
        let Some(response) = self.driver.call(operation, &document, ticket) else {
            self.http_calls.borrow_mut().insert(ticket, door);
            return PENDING;
        };
        write_answer(&mut self.output.borrow_mut(), &response, &door);
        READY
    }

    /// Remembers the answers to what `client` writes, see [`Driver::join`].
    pub fn join(&self, client: f64) {
        self.driver.join(client as u64);
    }

    /// Forgets them.
    pub fn leave(&self, client: f64) {
        self.driver.leave(client as u64);
    }

    /// Forgets those to calls of lower numbers than `below`.
    pub fn received(&self, client: f64, below: f64) {
        self.driver.received(client as u64, below as u64);
    }

    /// Makes commits strict from now on, see [`Driver::require_strict`].
    #[wasm_bindgen(js_name = requireStrict)]
    pub fn require_strict(&self) {
        self.driver.require_strict();
    }

    /// Whether another owner has come, so that nothing this one says counts.
    #[wasm_bindgen(js_name = isFenced)]
    pub fn is_fenced(&self) -> bool {
        self.driver.is_fenced()
    }

    /// Where the answer is.
    #[wasm_bindgen(js_name = outputPtr)]
    pub fn output_ptr(&self) -> *const u8 {
        self.output.borrow().as_ptr()
    }

    /// How long the answer is.
    #[wasm_bindgen(js_name = outputLen)]
    pub fn output_len(&self) -> usize {
        self.output.borrow().len()
    }

    /// What it was opened as, see `options::Settings`.
    pub fn settings(&self) -> Result<JsValue, JsValue> {
        Ok(serde_wasm_bindgen::to_value(&self.settings)?)
    }

    /// Deletes what has expired, now; gives the number of items once their deletion is durable.
    #[wasm_bindgen(js_name = deleteExpired, unchecked_return_type = "Promise<number>")]
    pub fn delete_expired(&self) -> Promise {
        let driver = Rc::clone(&self.driver);
        js::promise(Box::pin(async move {
            match driver.delete_expired().await {
                Ok(count) => Ok(JsValue::from(count as f64)),
                Err(cause) => Err(errors::error(cause.kind.name(), &cause.message)),
            }
        }))
    }

    /// Does what is due, see [`Driver::attend`]; its code is in the second file.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn attend(&self) -> Promise {
        attend::run(Rc::clone(&self.driver))
    }

    /// The next part of dump `id`, which begins with its first: see `transfer::dump`.
    #[wasm_bindgen(unchecked_return_type = "Promise<number[] | undefined>")]
    pub fn dump(&self, id: f64) -> Promise {
        js::promise(transfer::dump(Rc::clone(&self.driver), Rc::clone(&self.transfers), id as u64))
    }

    /// Gives a part to load `id`, which begins with its first; without a part, the dump is complete.
    #[wasm_bindgen(unchecked_return_type = "Promise<number[]>")]
    pub fn load(&self, id: f64, part: Option<Uint8Array>) -> Promise {
        js::promise(transfer::load(Rc::clone(&self.driver), Rc::clone(&self.transfers), id as u64, part))
    }

    /// Gives up a dump or a load.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn abandon(&self, id: f64) -> Promise {
        js::promise(transfer::abandon(Rc::clone(&self.transfers), id as u64))
    }

    /// The keyring of an encrypted database, which its key is wrapped in.
    #[wasm_bindgen(unchecked_return_type = "Promise<Uint8Array>")]
    pub fn keyring(&self) -> Option<Promise> {
        self.sealed.clone().map(encryption::keyring)
    }

    /// Replaces it: `change` is the present one and, as long, the next.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn rekey(&self, change: Vec<u8>) -> Option<Promise> {
        self.sealed.clone().map(|store| encryption::rekey(store, change))
    }

    /// Checks all that is stored; resolves with a `VerifyReport`.
    #[wasm_bindgen(unchecked_return_type = "Promise<object>")]
    pub fn verify(&self) -> Promise {
        verify::run(Rc::clone(&self.driver))
    }

    /// Waits for what is under way, then releases the store.
    #[wasm_bindgen(unchecked_return_type = "Promise<void>")]
    pub fn close(&self) -> Promise {
        let driver = Rc::clone(&self.driver);
        js::promise(Box::pin(async move {
            driver.close().await;
            Ok(JsValue::UNDEFINED)
        }))
    }
}

/// Buffers above this size are given back after use.
const MAX_KEPT: usize = 1 << 20;

fn write_answer(output: &mut Vec<u8>, response: &Response, door: &Door) {
    if let Door::Http(content_type) = door {
        let answer = http::answer(response.as_deref());
        return write_http(output, &answer.for_request(content_type.as_deref()));
    }
    renew(output);
    match response {
        Ok(document) => {
            output.push(0);
            output.extend_from_slice(document);
        }
        Err(error) => {
            output.push(1);
            output.extend_from_slice(&error_document(error));
        }
    }
}

fn ticket(id: f64, client: f64) -> Ticket {
    Ticket { client: client as u64, request: id as u64 }
}

fn renew(output: &mut Vec<u8>) {
    output.clear();
    output.shrink_to(MAX_KEPT);
}

fn error_document(error: &ApiError) -> Vec<u8> {
    let item = error.item.as_deref().and_then(ItemRef::parse);
    let mut out = DocWriter::default();
    let members = 3 + usize::from(item.is_some()) + usize::from(!error.reasons.is_empty());
    let open = out.begin(tag::MAP, members);
    out.name("name");
    out.string(error.kind.name().as_bytes());
    out.name("message");
    out.string(error.message.as_bytes());
    out.name("status");
    out.integer(i64::from(error.kind.status()));
    if let Some(item) = item {
        out.name("Item");
        out.item(&item);
    }
    if !error.reasons.is_empty() {
        out.name("CancellationReasons");
        let list = out.begin(tag::LIST, error.reasons.len());
        for reason in &error.reasons {
            let item = reason.item.as_deref().and_then(ItemRef::parse);
            let told = !reason.message.is_empty();
            let entry = out.begin(tag::MAP, 1 + usize::from(told) + usize::from(item.is_some()));
            out.name("Code");
            out.string(reason.code.as_bytes());
            if told {
                out.name("Message");
                out.string(reason.message.as_bytes());
            }
            if let Some(item) = item {
                out.name("Item");
                out.item(&item);
            }
            out.end(entry);
        }
        out.end(list);
    }
    out.end(open);
    out.finish()
}

/// u16 status, u32 CRC-32 of the body, u8 length and bytes of the content type, body.
fn write_http(output: &mut Vec<u8>, answer: &HttpAnswer) {
    renew(output);
    output.extend_from_slice(&answer.status.to_le_bytes());
    output.extend_from_slice(&answer.crc32.to_le_bytes());
    output.push(answer.content_type.len() as u8);
    output.extend_from_slice(answer.content_type.as_bytes());
    output.extend_from_slice(&answer.body);
}
