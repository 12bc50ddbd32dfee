//! TransactGetItems.

use std::rc::Rc;

use super::super::expressions::{Wording, placeholders};
use super::super::keys::{self, find_table};
use super::super::members::{Members, list, map};
use super::super::step::{Answer, Step};
use super::reasons::Reasons;
use super::{MAX_BYTES, check_distinct};
use crate::api::ApiError;
use crate::collections::sort;
use crate::engine::capacity::{Consumed, ReturnConsumedCapacity, UnitsOf, read_units};
use crate::engine::{Engine, Table};
use crate::expression::{Projection, parse_projection};
use crate::item::{ItemRef, MapRef, tag};
use crate::storage::{Bytes, SeqNo};
use crate::wire::document::DocWriter;

const WORDING: Wording = Wording::Bare;

/// Up to 100 reads of one moment.
pub struct TransactGetItems {
    gets: Vec<Get>,
    capacity: ReturnConsumedCapacity,
}

/// A read of one item.
pub(in crate::api) struct Get {
    pub table: Rc<Table>,
    /// The table as the request named it.
    pub name: String,
    pub key: Vec<u8>,
    pub projection: Option<Projection>,
}

#[inline(never)]
pub(in crate::api) fn begin(engine: &Engine, request: MapRef<'_>) -> Result<TransactGetItems, ApiError> {
    let members = Members::read(request);
    let mut parsed = Vec::new();
    for entry in request.find(b"TransactItems").into_iter().flat_map(list) {
        let get = map(entry).and_then(|entry| entry.find(b"Get")).and_then(map).unwrap_or_default();
        let own = Members::read(get);
        let key = WORDING.admit(own.key.unwrap_or_default())?;
        let mut placeholders = placeholders(&own, WORDING, own.projection.is_some(), "")?;
        let projection = own
            .projection
            .map(|text| parse_projection(text, &mut placeholders).map_err(|e| WORDING.error(e)))
            .transpose()?;
        placeholders.check_unused().map_err(|e| WORDING.error(e))?;
        parsed.push((own.table, key, projection, placeholders));
    }
    let mut gets = Vec::with_capacity(parsed.len());
    let mut reasons = Reasons::default();
    for (name, key, projection, placeholders) in parsed {
        let table = match find_table(engine, name) {
            Ok(table) => table,
            // What was read before counts before.
            Err(missing) => return Err(check_gets(&gets).err().unwrap_or(missing)),
        };
        match keys::request_key(&table, &key) {
            Ok(key) => {
                reasons.add(keys::check_scalars(&table, placeholders.nested_roots()));
                gets.push(Get { table, name: name.unwrap_or_default().to_owned(), key, projection });
            }
            Err(error) => reasons.add(Err(error)),
        }
    }
    TransactGetItems::new(gets, reasons, ReturnConsumedCapacity::parse(members.return_capacity))
}

fn check_gets(gets: &[Get]) -> Result<(), ApiError> {
    check_distinct(gets.iter().map(|get| (&*get.table, get.key.as_slice())))
}

impl TransactGetItems {
    /// Refuses several reads of one item, and then reads of which one does not fit its table.
    pub(in crate::api) fn new(
        gets: Vec<Get>,
        reasons: Reasons,
        capacity: ReturnConsumedCapacity,
    ) -> Result<Self, ApiError> {
        check_gets(&gets)?;
        reasons.cancelled().map_or(Ok(Self { gets, capacity }), Err)
    }

    pub(in crate::api) fn tables(&self) -> impl Iterator<Item = &Rc<Table>> {
        self.gets.iter().map(|get| &get.table)
    }

    #[inline(never)]
    pub(in crate::api) fn step(&mut self, engine: &mut Engine) -> Step {
        let mut missing = Vec::new();
        let mut after = SeqNo::default();
        let mut found: Vec<Option<Bytes>> = Vec::with_capacity(self.gets.len());
        for get in &self.gets {
            if let Some((seen, value)) = keys::read_newest(engine, &get.table, &get.key, &mut missing) {
                after = after.max(seen);
                found.push(value);
            }
        }
        if !missing.is_empty() {
            sort(&mut missing);
            missing.dedup();
            return Step::Missing(missing);
        }
        let size: u64 =
            found.iter().flatten().filter_map(|b| ItemRef::parse(b)).map(|i| u64::from(i.size())).sum();
        let response = if size > MAX_BYTES {
            Err(ApiError::validation(
                "Collection size of items exceeded, which can also be caused by the aggregate size of the items in \
                 the transaction exceeding the 4MB limit",
            ))
        } else {
            Ok(self.response(&found))
        };
        Step::Done(Answer::new(response, after))
    }

    fn response(&self, found: &[Option<Bytes>]) -> Vec<u8> {
        let mut out = DocWriter::default();
        let with_capacity = self.capacity != ReturnConsumedCapacity::None;
        let open = out.begin(tag::MAP, 1 + usize::from(with_capacity));
        out.name("Responses");
        let responses = out.begin(tag::LIST, found.len());
        for (get, value) in self.gets.iter().zip(found) {
            let item = value.as_deref().and_then(ItemRef::parse);
            // Nothing selected of an item reads like no item.
            let projected = match (item, &get.projection) {
                (Some(item), Some(projection)) => {
                    Some(projection.apply(item)).filter(|p| !p.as_ref().map().is_empty())
                }
                _ => None,
            };
            let shown = if get.projection.is_some() { projected.as_ref().map(|p| p.as_ref()) } else { item };
            let entry = out.begin(tag::MAP, usize::from(shown.is_some()));
            if let Some(item) = shown {
                out.name("Item");
                out.item(&item);
            }
            out.end(entry);
        }
        out.end(responses);
        if with_capacity {
            out.name("ConsumedCapacity");
            let sums = self.consumed(found);
            let list = out.begin(tag::LIST, sums.len());
            for (get, consumed) in sums {
                consumed.write_of(&mut out, &get.table, &get.name, self.capacity, UnitsOf::Reads);
            }
            out.end(list);
        }
        out.end(open);
        out.finish()
    }

    /// By table, in the order in which they come first.
    fn consumed(&self, found: &[Option<Bytes>]) -> Vec<(&Get, Consumed)> {
        let mut sums: Vec<(&Get, Consumed)> = Vec::new();
        for (get, value) in self.gets.iter().zip(found) {
            let size = value.as_deref().and_then(ItemRef::parse).map_or(0, |item| u64::from(item.size()));
            let own = Consumed::of_table(read_units(size, true) * 2);
            match sums.iter_mut().find(|(first, _)| first.name == get.name) {
                Some((_, sum)) => sum.add(&own),
                None => sums.push((get, own)),
            }
        }
        sums
    }
}
