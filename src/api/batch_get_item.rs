//! BatchGetItem.

use std::rc::Rc;

use super::expressions::{Wording, placeholders};
use super::keys::{check_scalars, find_table, request_key};
use super::members::{Members, list, map};
use super::step::{Answer, Step};
use super::{ApiError, ErrorKind, legacy};
use crate::collections::sort;
use crate::engine::capacity::{Consumed, ReturnConsumedCapacity, read_units};
use crate::engine::{Engine, Table};
use crate::expression::{Projection, parse_projection};
use crate::item::{ItemRef, MapRef, tag};
use crate::storage::{Bytes, SeqNo};
use crate::wire::document::DocWriter;

/// Most keys of one request.
const MAX_KEYS: usize = 100;
/// Largest answer in bytes; what does not fit comes back as UnprocessedKeys.
const MAX_ANSWER: u64 = 16 << 20;

/// A read of up to 100 items.
pub struct BatchGetItem {
    tables: Vec<TableKeys>,
    capacity: ReturnConsumedCapacity,
}

struct TableKeys {
    table: Rc<Table>,
    /// The table as the request named it.
    name: String,
    /// The request's part for this table, for UnprocessedKeys.
    request: Vec<(String, Vec<u8>)>,
    keys: Vec<(Vec<u8>, Vec<u8>)>,
    consistent: bool,
    projection: Option<Projection>,
}

pub(super) fn begin(engine: &Engine, request: MapRef<'_>) -> Result<BatchGetItem, ApiError> {
    const WORDING: Wording = Wording::Bare;
    let members = Members::read(request);
    let requests = members.request_items.unwrap_or_default();
    let mut parsed = Vec::with_capacity(requests.len());
    let mut total = 0;
    for (name, value) in requests.iter() {
        let table_request = map(value).unwrap_or_default();
        let own = Members::read(table_request);
        let mut keys = Vec::new();
        let mut others = Vec::new();
        for (member, value) in table_request.iter() {
            if member == b"Keys" {
                for key in list(value) {
                    let key_map = map(key).ok_or_else(|| ApiError::new(ErrorKind::Serialization, ""))?;
                    keys.push((WORDING.admit(key_map)?, key.bytes().to_vec()));
                }
            } else {
                others.push((String::from_utf8_lossy(member).into_owned(), value.bytes().to_vec()));
            }
        }
        total += keys.len();
        legacy::check_mixing(&own, WORDING)?;
        let mut placeholders = placeholders(&own, WORDING, own.projection.is_some(), "")?;
        let projection = own
            .projection
            .map(|text| parse_projection(text, &mut placeholders).map_err(|e| WORDING.error(e)))
            .transpose()?;
        placeholders.check_unused().map_err(|e| WORDING.error(e))?;
        let projection = projection.map_or_else(|| legacy::attributes_to_get(&own), |p| Ok(Some(p)))?;
        let name = String::from_utf8_lossy(name).into_owned();
        parsed.push((name, keys, others, own.consistent, projection, placeholders));
    }
    if total > MAX_KEYS {
        return Err(ApiError::validation("Too many items requested for the BatchGetItem call"));
    }
    let mut tables = Vec::with_capacity(parsed.len());
    for (name, keys, request, consistent, projection, placeholders) in parsed {
        let table = find_table(engine, Some(&name))?;
        let mut own: Vec<(Vec<u8>, Vec<u8>)> = Vec::with_capacity(keys.len());
        for (key, original) in keys {
            let key = request_key(&table, &key)?;
            if own.iter().any(|(k, _)| *k == key) {
                return Err(ApiError::validation("Provided list of item keys contains duplicates"));
            }
            own.push((key, original));
        }
        check_scalars(&table, placeholders.nested_roots())?;
        tables.push(TableKeys { table, name, request, keys: own, consistent, projection });
    }
    Ok(BatchGetItem { tables, capacity: ReturnConsumedCapacity::parse(members.return_capacity) })
}

impl BatchGetItem {
    pub(super) fn tables(&self) -> impl Iterator<Item = &Rc<Table>> {
        self.tables.iter().map(|part| &part.table)
    }

    pub(super) fn step(&mut self, engine: &mut Engine) -> Step {
        let mut missing = Vec::new();
        let mut after = SeqNo::default();
        let mut found: Vec<Vec<Option<Bytes>>> = Vec::with_capacity(self.tables.len());
        for part in &self.tables {
            let at = if part.consistent { engine.storage.latest() } else { engine.storage.durable() };
            let mut items = Vec::with_capacity(part.keys.len());
            for (key, _) in &part.keys {
                if let Some(got) = engine.storage.get(part.table.tree, key, at, &mut missing) {
                    after = after.max(got.seq);
                    items.push(got.value);
                }
            }
            found.push(items);
        }
        if !missing.is_empty() {
            sort(&mut missing);
            missing.dedup();
            return Step::Missing(missing);
        }
        Step::Done(Answer::new(Ok(self.response(&found)), after))
    }

    fn response(&self, found: &[Vec<Option<Bytes>>]) -> Vec<u8> {
        let mut left = MAX_ANSWER;
        let mut bodies = Vec::with_capacity(self.tables.len());
        for (part, items) in self.tables.iter().zip(found) {
            let mut body = Body::default();
            for (position, value) in items.iter().enumerate() {
                let item = value.as_deref().and_then(ItemRef::parse);
                let size = item.map_or(0, |i| u64::from(i.size()));
                if size > left {
                    body.unprocessed.push(position);
                    continue;
                }
                left -= size;
                body.units += read_units(size, part.consistent);
                if let Some(item) = item {
                    body.count += 1;
                    match &part.projection {
                        Some(projection) => body.items.item(&projection.apply(item).as_ref()),
                        None => body.items.item(&item),
                    }
                }
            }
            bodies.push(body);
        }
        let mut out = DocWriter::default();
        let with_capacity = self.capacity != ReturnConsumedCapacity::None;
        let open = out.begin(tag::MAP, 2 + usize::from(with_capacity));
        let unprocessed = bodies.iter().filter(|b| !b.unprocessed.is_empty()).count();
        out.name("UnprocessedKeys");
        let left_over = out.begin(tag::MAP, unprocessed);
        for (part, body) in self.tables.iter().zip(&bodies).filter(|(_, b)| !b.unprocessed.is_empty()) {
            part.write_unprocessed(&mut out, &body.unprocessed);
        }
        out.end(left_over);
        if with_capacity {
            out.name("ConsumedCapacity");
            let list = out.begin(tag::LIST, self.tables.len());
            for (part, body) in self.tables.iter().zip(&bodies) {
                let consumed = Consumed { table: body.units, indexes: Vec::new() };
                consumed.write(&mut out, &part.table, &part.name, self.capacity);
            }
            out.end(list);
        }
        out.name("Responses");
        let responses = out.begin(tag::MAP, self.tables.len());
        for (part, body) in self.tables.iter().zip(bodies) {
            out.name(&part.name);
            let list = out.begin(tag::LIST, body.count);
            out.raw(&body.items.finish());
            out.end(list);
        }
        out.end(responses);
        out.end(open);
        out.finish()
    }
}

/// One table's part of the answer.
#[derive(Default)]
struct Body {
    items: DocWriter,
    count: usize,
    units: u64,
    unprocessed: Vec<usize>,
}

impl TableKeys {
    /// The request for the keys that were left, as the caller can send it again.
    fn write_unprocessed(&self, out: &mut DocWriter, positions: &[usize]) {
        out.name(&self.name);
        let open = out.begin(tag::MAP, 1 + self.request.len());
        out.name("Keys");
        let list = out.begin(tag::LIST, positions.len());
        for (_, original) in positions.iter().filter_map(|p| self.keys.get(*p)) {
            out.raw(original);
        }
        out.end(list);
        for (name, value) in &self.request {
            out.name(name);
            out.raw(value);
        }
        out.end(open);
    }
}
