//! Capacity units: what reads and writes consume, and how ConsumedCapacity reports it.
//!
//! Units are counted in halves, because an eventually consistent read costs half a unit.

use super::table::{IndexKind, Table};
use crate::item::tag;
use crate::wire::document::DocWriter;

/// Which ConsumedCapacity was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ReturnConsumedCapacity {
    /// None.
    #[default]
    None,
    /// The sum only.
    Total,
    /// The sum, and the table's and each index's part.
    Indexes,
}

impl ReturnConsumedCapacity {
    /// The member of that name in a request.
    pub fn parse(text: Option<&str>) -> Self {
        match text {
            Some("TOTAL") => Self::Total,
            Some("INDEXES") => Self::Indexes,
            _ => Self::None,
        }
    }
}

/// Whether the kind of units is told apart, as transactions do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum UnitsOf {
    /// It is not.
    #[default]
    Either,
    /// `ReadCapacityUnits` beside `CapacityUnits`.
    Reads,
    /// `WriteCapacityUnits` beside `CapacityUnits`.
    Writes,
}

impl UnitsOf {
    fn member(self) -> Option<&'static str> {
        match self {
            Self::Either => None,
            Self::Reads => Some("ReadCapacityUnits"),
            Self::Writes => Some("WriteCapacityUnits"),
        }
    }
}

/// Capacity of one table and its indexes, in half units.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Consumed {
    /// The table's own part.
    pub table: u64,
    /// (index number, half units), for indexes that were touched.
    pub indexes: Vec<(usize, u64)>,
}

impl Consumed {
    /// Half units of a table's own.
    pub fn of_table(halves: u64) -> Self {
        Self { table: halves, indexes: Vec::new() }
    }

    /// Adds another operation's units.
    pub fn add(&mut self, other: &Self) {
        self.table += other.table;
        for (number, units) in &other.indexes {
            self.add_index(*number, *units);
        }
    }

    /// Adds half units to one index.
    pub fn add_index(&mut self, number: usize, units: u64) {
        match self.indexes.iter_mut().find(|(n, _)| *n == number) {
            Some((_, sum)) => *sum += units,
            None => self.indexes.push((number, units)),
        }
    }

    fn total(&self) -> u64 {
        self.table + self.indexes.iter().map(|(_, units)| units).sum::<u64>()
    }

    /// Writes the ConsumedCapacity structure; `name` is the table as the request named it.
    pub fn write(&self, out: &mut DocWriter, table: &Table, name: &str, mode: ReturnConsumedCapacity) {
        self.write_of(out, table, name, mode, UnitsOf::Either);
    }

    /// [`Consumed::write`], with the kind of units.
    pub fn write_of(
        &self,
        out: &mut DocWriter,
        table: &Table,
        name: &str,
        mode: ReturnConsumedCapacity,
        of: UnitsOf,
    ) {
        let parts: Vec<(&str, Vec<(&str, u64)>)> = if mode == ReturnConsumedCapacity::Indexes {
            [(IndexKind::Local, "LocalSecondaryIndexes"), (IndexKind::Global, "GlobalSecondaryIndexes")]
                .into_iter()
                .map(|(kind, member)| {
                    let units = self.indexes.iter().filter_map(|(number, units)| {
                        table
                            .indexes
                            .get(*number)
                            .filter(|i| i.kind == kind)
                            .map(|i| (i.name.as_str(), *units))
                    });
                    (member, units.collect::<Vec<_>>())
                })
                .filter(|(_, units)| !units.is_empty())
                .collect()
        } else {
            Vec::new()
        };
        let per_table = usize::from(mode == ReturnConsumedCapacity::Indexes);
        let open = out.begin(tag::MAP, 2 + usize::from(of.member().is_some()) + per_table + parts.len());
        out.name("TableName");
        out.string(name.as_bytes());
        put_units(out, self.total(), of);
        if mode == ReturnConsumedCapacity::Indexes {
            out.name("Table");
            write_units(out, self.table, of);
        }
        for (member, units) in parts {
            out.name(member);
            let map = out.begin(tag::MAP, units.len());
            for (index, halves) in units {
                out.name(index);
                write_units(out, halves, UnitsOf::Either);
            }
            out.end(map);
        }
        out.end(open);
    }
}

fn write_units(out: &mut DocWriter, halves: u64, of: UnitsOf) {
    let open = out.begin(tag::MAP, 1 + usize::from(of.member().is_some()));
    put_units(out, halves, of);
    out.end(open);
}

fn put_units(out: &mut DocWriter, halves: u64, of: UnitsOf) {
    out.name("CapacityUnits");
    out.halves(halves);
    if let Some(member) = of.member() {
        out.name(member);
        out.halves(halves);
    }
}

/// Half units of reading `bytes` at once: 4 KB a unit, at least one, half of it when eventually consistent.
pub fn read_units(bytes: u64, consistent: bool) -> u64 {
    let units = bytes.div_ceil(4096).max(1);
    if consistent { units * 2 } else { units }
}

/// What a write costs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WriteCost {
    /// Whole write units of the table's own entry.
    pub table: u64,
    /// (index number, whole units).
    pub indexes: Vec<(usize, u64)>,
}

impl WriteCost {
    pub(super) fn new(indexes: usize) -> Self {
        Self { table: 0, indexes: Vec::with_capacity(indexes) }
    }

    /// Write units of an entry: 1 KB each, at least one.
    pub fn units(bytes: u32) -> u64 {
        u64::from(bytes).div_ceil(1024).max(1)
    }

    pub(super) fn add_index(&mut self, number: usize, units: u64) {
        self.indexes.push((number, units));
    }

    /// In half units, as ConsumedCapacity counts.
    pub fn consumed(&self) -> Consumed {
        Consumed { table: self.table * 2, indexes: self.indexes.iter().map(|(n, u)| (*n, u * 2)).collect() }
    }
}
