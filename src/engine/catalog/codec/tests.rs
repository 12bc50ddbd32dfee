use super::super::schema::{
    Attribute, BillingMode, Busy, BusyStatus, Changes, IndexSchema, OnDemand, Projection, Sse, StreamView,
    TableClass, TableSchema, Tag, Throughput, Warm,
};
use crate::item::{Kind, tag};
use crate::storage::TreeId;
use crate::wire::document::MapWriter;
use proptest::prelude::*;

/// A schema with everything.
pub(in crate::engine::catalog) fn full() -> TableSchema {
    let attribute = |name: &str, kind| Attribute { name: name.into(), kind };
    let index = |name: &str, hash: &str, range: &str, projection| IndexSchema {
        name: name.into(),
        hash: vec![hash.into()],
        range: vec![range.into()],
        projection,
        provisioned: Throughput { read: 1, write: 2 },
        on_demand: Some(OnDemand { max_read: Some(3), max_write: None }),
        warm: Some(Warm { read: 4, write: 5 }),
        changes: Changes { increased: None, decreased: Some(7), decreases: 2 },
        tree: Some(TreeId(8)),
        backfilled: Some(vec![0, 255]),
    };
    TableSchema {
        name: "Müsic".into(),
        attributes: vec![attribute("b", Kind::N), attribute("a", Kind::S), attribute("c", Kind::B)],
        hash: "a".into(),
        range: Some("b".into()),
        lsis: vec![index("loc", "a", "c", Projection::KeysOnly)],
        gsis: vec![
            index("glo", "c", "b", Projection::Include(vec!["x".into()])),
            index("glo2", "b", "c", Projection::All),
        ],
        billing: BillingMode::PayPerRequest,
        provisioned: Throughput::default(),
        on_demand: Some(OnDemand { max_read: None, max_write: Some(9) }),
        warm: Some(Warm { read: 12_001, write: 4_000 }),
        changes: Changes { increased: Some(1_769_860_800_124), ..Changes::default() },
        per_request_millis: Some(1_769_860_800_125),
        stream_millis: Some(1_769_860_800_126),
        busy: Some(Busy { status: BusyStatus::Updating, until_millis: 1_769_860_800_999 }),
        ttl: Some("expires".into()),
        ttl_millis: Some(1_769_860_900_000),
        ttl_seq: Some(7),
        stream: Some(StreamView::NewAndOldImages),
        sse: Some(Sse { key: Some("k".into()) }),
        class: Some(TableClass::Standard),
        tags: vec![Tag { key: "k".into(), value: "v".into() }],
        deletion_protection: true,
        created_millis: 1_769_860_800_123,
        id: "00000000-0000-4000-8000-000000000000".into(),
    }
}

/// A schema with as little as can be.
pub(in crate::engine::catalog) fn least() -> TableSchema {
    TableSchema {
        attributes: vec![Attribute { name: "a".into(), kind: Kind::S }],
        range: None,
        lsis: vec![],
        gsis: vec![],
        billing: BillingMode::Provisioned,
        provisioned: Throughput { read: 5, write: 6 },
        on_demand: None,
        warm: None,
        changes: Changes::default(),
        per_request_millis: None,
        stream: None,
        stream_millis: None,
        busy: None,
        ttl: None,
        ttl_millis: None,
        ttl_seq: None,
        sse: None,
        class: None,
        tags: vec![],
        deletion_protection: false,
        ..full()
    }
}

#[test]
fn schemas_come_back_as_they_were() {
    for schema in [full(), least(), TableSchema { sse: Some(Sse { key: None }), ..least() }] {
        assert_eq!(TableSchema::decode(&schema.encode()), Some(schema));
    }
}

#[test]
fn unknown_members_are_skipped() {
    let encoded = least().encode();
    let mut w = crate::wire::document::DocWriter::default();
    let mut map = MapWriter::new(&mut w);
    map.text("fromTheFuture", "x");
    map.map("more", |map| map.integer("n", 1));
    map.end();
    let extra = w.finish();
    // Both are a tag, a length of four bytes and a count of one.
    let mut both = vec![tag::MAP];
    both.extend_from_slice(&((encoded.len() + extra.len() - 11) as u32).to_le_bytes());
    both.push(encoded[5] + extra[5]);
    both.extend_from_slice(&extra[6..]);
    both.extend_from_slice(&encoded[6..]);
    assert_eq!(TableSchema::decode(&both), Some(least()));
}

proptest! {
    #[test]
    fn damaged_schemas_are_survived(at: prop::sample::Index, byte: u8, cut: prop::sample::Index) {
        let mut encoded = full().encode();
        let i = at.index(encoded.len());
        encoded[i] = byte;
        let _ = TableSchema::decode(&encoded);
        encoded.truncate(cut.index(encoded.len()));
        let _ = TableSchema::decode(&encoded);
    }
}
