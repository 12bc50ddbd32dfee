use super::super::codec::tests::{full, least};
use super::super::schema::{
    Attribute, BillingMode, Projection, Sse, StreamView, TableClass, TableSchema, Throughput,
};
use super::schemas_differ;
use crate::item::Kind;

type Change = Box<dyn FnOnce(&mut TableSchema)>;

/// What is said when the table is `full()` and `change` is made to what is wanted.
fn said(change: impl FnOnce(&mut TableSchema)) -> Option<String> {
    let is = TableSchema { name: "T".into(), ..full() };
    let mut wanted = is.clone();
    change(&mut wanted);
    schemas_differ(&is, &wanted)
}

#[test]
fn what_does_not_matter_is_not_said() {
    assert_eq!(
        said(|wanted| {
            wanted.id = String::new();
            wanted.created_millis = 0;
            wanted.tags.clear();
            wanted.warm = None;
            wanted.attributes.reverse();
            wanted.gsis.reverse();
        }),
        None
    );
    let mut wanted = least();
    wanted.class = Some(TableClass::Standard);
    assert_eq!(schemas_differ(&least(), &wanted), None);
}

#[test]
fn the_first_difference_is_said() {
    let cases: Vec<(Change, &str)> = vec![
        (Box::new(|w| w.hash = "c".into()), "Table T: the partition key is a (S), not c (B)"),
        (
            Box::new(|w| w.attributes[1] = Attribute { name: "a".into(), kind: Kind::N }),
            "Table T: the partition key is a (S), not a (N)",
        ),
        (Box::new(|w| w.range = None), "Table T: the sort key is b (N), not none"),
        (Box::new(|w| w.lsis.clear()), "Table T: the local index loc is not wanted"),
        (Box::new(|w| w.gsis[0].name = "new".into()), "Table T: the global index new is missing"),
        (
            Box::new(|w| w.gsis[1].projection = Projection::Include(vec!["y".into(), "x".into()])),
            "Table T: the global index glo2 has partition key b (N), sort key c (B), projection ALL, \
             not partition key b (N), sort key c (B), projection INCLUDE x, y",
        ),
        (
            Box::new(|w| w.billing = BillingMode::Provisioned),
            "Table T: the billing mode is PAY_PER_REQUEST, not PROVISIONED",
        ),
        (
            Box::new(|w| w.provisioned = Throughput { read: 1, write: 1 }),
            "Table T: the throughput is 0/0, glo 1/2, glo2 1/2, table at most unlimited/9, glo at most 3/unlimited, \
             glo2 at most 3/unlimited, not 1/1, glo 1/2, glo2 1/2, table at most unlimited/9, glo at most 3/unlimited, \
             glo2 at most 3/unlimited",
        ),
        (
            Box::new(|w| w.stream = Some(StreamView::KeysOnly)),
            "Table T: the stream is NEW_AND_OLD_IMAGES, not KEYS_ONLY",
        ),
        (Box::new(|w| w.sse = Some(Sse { key: None })), "Table T: the encryption is k, not KMS"),
        (
            Box::new(|w| w.class = Some(TableClass::StandardInfrequentAccess)),
            "Table T: the table class is STANDARD, not STANDARD_INFREQUENT_ACCESS",
        ),
        (Box::new(|w| w.deletion_protection = false), "Table T: the deletion protection is on, not off"),
    ];
    for (change, sentence) in cases {
        assert_eq!(said(change).as_deref(), Some(sentence));
    }
}
