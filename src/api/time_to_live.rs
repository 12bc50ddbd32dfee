//! UpdateTimeToLive and DescribeTimeToLive.

use super::members::{boolean, map, string};
use super::step::{Answer, Environment};
use super::tables::find;
use super::validate::arn;
use super::{ApiError, Operation};
use crate::engine::Engine;
use crate::engine::catalog::{BusyStatus, TableSchema};
use crate::item::MapRef;
use crate::wire::document::{DocWriter, MapWriter};

/// An operation on the time to live of a table.
pub struct TimeToLiveTask {
    table: String,
    /// `None` describes.
    change: Option<Specification>,
    now_millis: u64,
}

struct Specification {
    enabled: bool,
    attribute: String,
}

#[inline(never)]
pub(super) fn begin(
    engine: &Engine,
    operation: Operation,
    request: MapRef<'_>,
    environment: &Environment,
) -> Result<TimeToLiveTask, ApiError> {
    let name = request.find(b"TableName").and_then(string).unwrap_or_default();
    let table = arn::table_name(name.as_bytes(), &engine.region, &engine.account)?.to_owned();
    let specification = request.find(b"TimeToLiveSpecification").and_then(map).map(|map| Specification {
        enabled: map.find(b"Enabled").is_some_and(boolean),
        attribute: map.find(b"AttributeName").and_then(string).unwrap_or_default().to_owned(),
    });
    let change = specification.filter(|_| operation == Operation::UpdateTimeToLive);
    Ok(TimeToLiveTask { table, change, now_millis: environment.now_millis })
}

impl TimeToLiveTask {
    #[inline(never)]
    pub(super) fn run(&mut self, engine: &mut Engine) -> Answer {
        let seen = engine.tables_seq();
        let answer = match &self.change {
            None => self.describe(engine).map(|answer| Answer::new(Ok(answer), seen)),
            Some(specification) => self.update(engine, specification),
        };
        answer.unwrap_or_else(|error| Answer::new(Err(error), seen))
    }

    fn describe(&self, engine: &Engine) -> Result<Vec<u8>, ApiError> {
        let table = find(engine, &self.table)?;
        if table.schema.busy_at(self.now_millis) == Some(BusyStatus::Creating) {
            return Err(ApiError::validation(
                "Cannot describe time to live while table is in CREATING state: Current table state is CREATING",
            ));
        }
        Ok(describe(&table.schema))
    }

    fn update(&self, engine: &mut Engine, wanted: &Specification) -> Result<Answer, ApiError> {
        let table = find(engine, &self.table)?;
        let schema = &table.schema;
        match (&schema.ttl, wanted.enabled) {
            (Some(current), _) if *current != wanted.attribute => {
                return Err(ApiError::validation(format!(
                    "TimeToLive is active on a different AttributeName: current AttributeName is {current}"
                )));
            }
            (Some(_), true) => return Err(ApiError::validation("TimeToLive is already enabled")),
            (None, false) => return Err(ApiError::validation("TimeToLive is already disabled")),
            (Some(_), false) | (None, true) => {}
        }
        let changed = schema.ttl_millis.filter(|_| engine.delays.time_to_live > 0);
        if changed.is_some_and(|millis| self.now_millis < millis + engine.delays.time_to_live) {
            return Err(ApiError::validation(
                "Time to live has been modified multiple times within a fixed interval",
            ));
        }
        let ttl = wanted.enabled.then(|| wanted.attribute.clone());
        let schema = TableSchema { ttl, ttl_millis: Some(self.now_millis), ..schema.clone() };
        let seq = engine.alter_table(schema, self.now_millis).unwrap_or_default();
        let mut out = DocWriter::default();
        let mut map = MapWriter::new(&mut out);
        map.map("TimeToLiveSpecification", |map| {
            map.member("Enabled").boolean(wanted.enabled);
            map.text("AttributeName", &wanted.attribute);
        });
        map.end();
        Ok(Answer::new(Ok(out.finish()), seq))
    }
}

/// A table that never had it looks like one that has it no more.
fn describe(schema: &TableSchema) -> Vec<u8> {
    let mut out = DocWriter::default();
    let mut map = MapWriter::new(&mut out);
    map.map("TimeToLiveDescription", |map| {
        map.text("TimeToLiveStatus", if schema.ttl.is_some() { "ENABLED" } else { "DISABLED" });
        if let Some(attribute) = &schema.ttl {
            map.text("AttributeName", attribute);
        }
    });
    map.end();
    out.finish()
}
