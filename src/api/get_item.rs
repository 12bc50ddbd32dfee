//! GetItem.

use std::rc::Rc;

use super::expressions::{Wording, placeholders};
use super::keys::{check_scalars, find_table, request_key};
use super::members::Members;
use super::step::{Answer, Step};
use super::{ApiError, legacy};
use crate::engine::capacity::{Consumed, ReturnConsumedCapacity, read_units};
use crate::engine::{Engine, Table};
use crate::expression::{Projection, parse_projection};
use crate::item::{ItemRef, MapRef, tag};
use crate::wire::document::DocWriter;

/// A read of one item.
pub struct GetItem {
    pub(super) table: Rc<Table>,
    table_name: Option<String>,
    key: Vec<u8>,
    consistent: bool,
    projection: Option<Projection>,
    capacity: ReturnConsumedCapacity,
}

pub(super) fn begin(engine: &Engine, request: MapRef<'_>) -> Result<GetItem, ApiError> {
    const WORDING: Wording = Wording::Bare;
    let members = Members::read(request);
    let key = WORDING.admit(members.key.unwrap_or_default())?;
    legacy::check_mixing(&members, WORDING)?;
    let mut placeholders = placeholders(&members, WORDING, members.projection.is_some(), "")?;
    let projection = members
        .projection
        .map(|text| parse_projection(text, &mut placeholders).map_err(|e| WORDING.error(e)))
        .transpose()?;
    placeholders.check_unused().map_err(|e| WORDING.error(e))?;
    let projection = projection.map_or_else(|| legacy::attributes_to_get(&members), |p| Ok(Some(p)))?;

    let table = find_table(engine, members.table)?;
    let key = request_key(&table, &key)?;
    check_scalars(&table, placeholders.nested_roots())?;
    let capacity = ReturnConsumedCapacity::parse(members.return_capacity);
    let table_name =
        (capacity != ReturnConsumedCapacity::None).then(|| members.table.unwrap_or_default().to_owned());
    Ok(GetItem { table, table_name, key, consistent: members.consistent, projection, capacity })
}

impl GetItem {
    pub(super) fn step(&mut self, engine: &mut Engine) -> Step {
        // An eventually consistent read sees what is durable and need not wait; a strongly consistent one sees
        // the newest write and waits for its commit.
        let at = if self.consistent { engine.storage.latest() } else { engine.storage.durable() };
        let mut missing = Vec::new();
        let Some(found) = engine.storage.get(self.table.tree, &self.key, at, &mut missing) else {
            return Step::Missing(missing);
        };
        let item = found.value.as_deref().and_then(ItemRef::parse);
        Step::Done(Answer::new(Ok(self.response(item)), found.seq))
    }

    fn response(&self, item: Option<ItemRef<'_>>) -> Vec<u8> {
        let mut out = DocWriter::with_capacity(item.map_or(0, |i| i.bytes().len()) + 64);
        let open = out.begin(tag::MAP, usize::from(item.is_some()) + usize::from(self.table_name.is_some()));
        if let Some(item) = item {
            out.name("Item");
            match &self.projection {
                Some(projection) => out.item(&projection.apply(item).as_ref()),
                None => out.item(&item),
            }
        }
        if let Some(name) = &self.table_name {
            let units = read_units(item.map_or(0, |i| u64::from(i.size())), self.consistent);
            out.name("ConsumedCapacity");
            Consumed { table: units, indexes: Vec::new() }.write(&mut out, &self.table, name, self.capacity);
        }
        out.end(open);
        out.finish()
    }
}
