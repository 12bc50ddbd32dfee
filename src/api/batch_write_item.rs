//! BatchWriteItem: up to 25 puts and deletes, each on its own.

use std::rc::Rc;

use super::expressions::Wording;
use super::keys::{check_index_keys, find_table, item_key, partition_of, read_newest, request_key};
use super::members::{Members, list, map};
use super::single_write::MAX_ITEM;
use super::step::{Answer, Environment, Partition, Step};
use super::{ApiError, metrics};
use crate::collections::sort;
use crate::engine::capacity::{Consumed, ReturnConsumedCapacity};
use crate::engine::{Engine, ItemWrite, Table};
use crate::item::{ItemBuf, ItemRef, MapRef, tag};
use crate::storage::SeqNo;
use crate::wire::document::DocWriter;

/// Most writes of one request.
const MAX_WRITES: usize = 25;

/// Up to 25 writes.
pub struct BatchWriteItem {
    /// Tables of the request with their names in it.
    tables: Vec<(String, Rc<Table>)>,
    writes: Vec<OneWrite>,
    pub(super) partitions: Vec<Partition>,
    capacity: ReturnConsumedCapacity,
    /// ItemCollectionMetrics are asked for.
    metrics: bool,
    now_millis: u64,
}

struct OneWrite {
    /// Position in `tables`.
    table: usize,
    key: Vec<u8>,
    new: Option<Vec<u8>>,
    collection: Option<ItemBuf>,
}

enum Request {
    Put(ItemBuf),
    Delete(ItemBuf),
}

pub(super) fn begin(
    engine: &Engine,
    request: MapRef<'_>,
    environment: &Environment,
) -> Result<BatchWriteItem, ApiError> {
    const WORDING: Wording = Wording::Bare;
    let members = Members::read(request);
    let requests = members.request_items.unwrap_or_default();
    let mut parsed = Vec::new();
    for (name, value) in requests.iter() {
        let mut own = Vec::new();
        for entry in list(value) {
            own.push(write_request(map(entry).unwrap_or_default(), WORDING)?);
        }
        parsed.push((String::from_utf8_lossy(name).into_owned(), own));
    }
    if parsed.iter().map(|(_, own)| own.len()).sum::<usize>() > MAX_WRITES {
        return Err(ApiError::validation("Too many items requested for the BatchWriteItem call"));
    }
    let mut batch = BatchWriteItem {
        tables: Vec::with_capacity(parsed.len()),
        writes: Vec::new(),
        partitions: Vec::new(),
        capacity: ReturnConsumedCapacity::parse(members.return_capacity),
        metrics: members.metrics,
        now_millis: environment.now_millis,
    };
    for (name, own) in parsed {
        let table = find_table(engine, Some(&name))?;
        for request in own {
            batch.add(&table, request)?;
        }
        batch.tables.push((name, table));
    }
    Ok(batch)
}

fn write_request(request: MapRef<'_>, wording: Wording) -> Result<Request, ApiError> {
    let put = request.find(b"PutRequest").and_then(map);
    let delete = request.find(b"DeleteRequest").and_then(map);
    match (put, delete) {
        (Some(put), None) => {
            Ok(Request::Put(wording.admit(put.find(b"Item").and_then(map).unwrap_or_default())?))
        }
        (None, Some(delete)) => {
            Ok(Request::Delete(wording.admit(delete.find(b"Key").and_then(map).unwrap_or_default())?))
        }
        _ => Err(ApiError::validation(
            "Supplied AttributeValue has more than one datatypes set, must contain exactly one of the supported datatypes",
        )),
    }
}

impl BatchWriteItem {
    pub(super) fn tables(&self) -> impl Iterator<Item = &Rc<Table>> {
        self.tables.iter().map(|(_, table)| table)
    }

    pub(super) fn tables_mut(&mut self) -> impl Iterator<Item = &mut Rc<Table>> {
        self.tables.iter_mut().map(|(_, table)| table)
    }

    fn add(&mut self, table: &Rc<Table>, request: Request) -> Result<(), ApiError> {
        let (key, new, collection) = match request {
            Request::Put(item) => {
                // The batch words a wrong key as the Key operations do.
                let map = item.as_ref().map();
                let keys = table.key_part(map);
                let fits = table
                    .key_attributes()
                    .all(|a| keys.get(&a.name).and_then(crate::item::ValueRef::kind) == Some(a.kind));
                if !fits {
                    return Err(ApiError::validation("The provided key element does not match the schema"));
                }
                let key = item_key(table, keys)?;
                if item.as_ref().size() > MAX_ITEM {
                    return Err(ApiError::validation("Item size has exceeded the maximum allowed size"));
                }
                check_index_keys(table, map, false)?;
                let collection = metrics::collection(table, map, self.metrics);
                (key, Some(item.into_bytes()), collection)
            }
            Request::Delete(key) => {
                let collection = metrics::collection(table, key.as_ref().map(), self.metrics);
                (request_key(table, &key)?, None, collection)
            }
        };
        let position = self.tables.len();
        if self.writes.iter().any(|w| w.table == position && w.key == key) {
            return Err(ApiError::validation("Provided list of item keys contains duplicates"));
        }
        self.partitions.push(partition_of(table, &key));
        self.writes.push(OneWrite { table: position, key, new, collection });
        Ok(())
    }

    pub(super) fn step(&mut self, engine: &mut Engine) -> Step {
        let mut missing = Vec::new();
        let mut olds = Vec::with_capacity(self.writes.len());
        for write in &self.writes {
            let Some((_, table)) = self.tables.get(write.table) else { continue };
            // Where nothing depends on the item as it is, it is not read for the write alone.
            let blind = self.capacity == ReturnConsumedCapacity::None && !engine.is_old_needed(table);
            let before = missing.len();
            let old = read_newest(engine, table, &write.key, &mut missing);
            if blind && old.is_none() {
                missing.truncate(before);
            }
            olds.push((old.is_none(), old.and_then(|(_, item)| item)));
        }
        if !missing.is_empty() {
            sort(&mut missing);
            missing.dedup();
            return Step::Missing(missing);
        }
        for (write, old) in self.writes.iter().zip(&olds) {
            let Some((_, table)) = self.tables.get(write.table) else { continue };
            let (old, new) = (old.1.as_deref().and_then(ItemRef::parse), write.new.as_deref());
            if new.and_then(ItemRef::parse).is_some_and(|new| engine.is_collection_full(table, old, new)) {
                return Step::Done(Answer::new(Err(metrics::collection_full()), engine.storage.latest()));
            }
        }
        let mut consumed = vec![Consumed::default(); self.tables.len()];
        let mut after = SeqNo::default();
        for (write, (blind, old)) in self.writes.iter_mut().zip(olds) {
            let Some((_, table)) = self.tables.get(write.table) else { continue };
            let (key, new) = (std::mem::take(&mut write.key), write.new.take());
            let item = ItemWrite { table, key, old, new, blind };
            let (seq, cost) = engine.write_item(item, self.now_millis);
            after = after.max(seq);
            if let Some(sum) = consumed.get_mut(write.table) {
                sum.add(&cost.consumed());
            }
        }
        Step::Done(Answer::new(Ok(self.response(engine, &consumed)), after))
    }

    fn response(&mut self, engine: &Engine, consumed: &[Consumed]) -> Vec<u8> {
        let mut out = DocWriter::default();
        let with_capacity = self.capacity != ReturnConsumedCapacity::None;
        let mut written: Vec<metrics::Written<'_>> = Vec::new();
        for (position, (name, table)) in self.tables.iter().enumerate() {
            let own = self.writes.iter_mut().filter(|write| write.table == position);
            let keys: Vec<ItemBuf> = own.filter_map(|write| write.collection.take()).collect();
            if !keys.is_empty() {
                written.push((name, table, keys));
            }
        }
        let open = out.begin(tag::MAP, 1 + usize::from(with_capacity) + usize::from(!written.is_empty()));
        out.name("UnprocessedItems");
        let none = out.begin(tag::MAP, 0);
        out.end(none);
        if !written.is_empty() {
            out.name("ItemCollectionMetrics");
            metrics::write_by_table(&mut out, engine, written);
        }
        if with_capacity {
            out.name("ConsumedCapacity");
            let list = out.begin(tag::LIST, self.tables.len());
            for ((name, table), consumed) in self.tables.iter().zip(consumed) {
                consumed.write(&mut out, table, name, self.capacity);
            }
            out.end(list);
        }
        out.end(open);
        out.finish()
    }
}
