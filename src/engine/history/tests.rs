use super::*;

const BEGUN: u64 = 1_767_225_600_123;
const HOUR: u64 = 60 * 60 * 1000;

fn at(seq: u64, millis: u64) -> Moment {
    Moment { seq: SeqNo(seq), millis }
}

fn source(table: u32) -> Rc<Source> {
    Rc::new(Source {
        table: TreeId(table),
        table_name: "table".into(),
        hash: "pk".into(),
        range: Some("sk".into()),
    })
}

#[test]
fn what_the_catalog_knows_of_histories_is_read_back() {
    let mut histories = Histories::default();
    let mut next_tree = TreeId(10);
    let options = HistoryOptions { retention_millis: HOUR, versions: false };
    histories.keep(source(1), options, &mut next_tree, at(5, BEGUN));
    histories.keep(source(2), HistoryOptions { versions: true, ..options }, &mut next_tree, at(6, BEGUN));
    histories.stop(TreeId(1), at(7, BEGUN + 1));
    let turn = Turn { ended: vec![(TreeId(11), TreeId(13)), (TreeId(12), TreeId(14))], dropped: vec![] };
    histories.turn(
        &turn,
        &mut next_tree,
        at(9, BEGUN + 2),
        &Storage::new(crate::storage::StorageOptions::default()),
    );
    assert_eq!(next_tree, TreeId(15));
    let mut out = Vec::new();
    histories.encode(&mut out);
    assert_eq!(Histories::decode(&mut Reader::new(&out)).unwrap().0, histories.0);
    for end in 0..out.len() {
        assert!(Histories::decode(&mut Reader::new(&out[..end])).is_none(), "{end}");
    }
    for change in [
        HistoryChange::Stop(TreeId(0)),
        HistoryChange::Keep(TreeId(300), HistoryOptions { retention_millis: 1 << 40, versions: true }),
        HistoryChange::Keep(TreeId(300), HistoryOptions { retention_millis: 0, versions: false }),
        HistoryChange::Forget(HistoryId(TreeId(7))),
    ] {
        let mut out = Vec::new();
        change.encode(&mut out);
        assert_eq!(HistoryChange::decode(&mut Reader::new(&out)), Some(change));
        assert_eq!(HistoryChange::decode(&mut Reader::new(&out[..out.len() - 1])), None);
    }
}

#[test]
fn what_is_kept_changes_in_place_and_ends_once() {
    let mut histories = Histories::default();
    let mut next_tree = TreeId(10);
    let keep = |histories: &mut Histories, next_tree: &mut TreeId, retention_millis, versions, seq| {
        let options = HistoryOptions { retention_millis, versions };
        let dropped = histories.keep(source(1), options, next_tree, at(seq, BEGUN + seq));
        assert_eq!(histories.of_table(TreeId(1)).unwrap().options(), options);
        dropped
    };
    assert_eq!(keep(&mut histories, &mut next_tree, HOUR, false, 5), []);
    let id = histories.of_table(TreeId(1)).unwrap().id;
    assert_eq!(keep(&mut histories, &mut next_tree, 2 * HOUR, true, 8), []);
    let history = histories.get(id).unwrap().clone();
    assert_eq!((history.first(), history.first_version()), (Position::first_of(SeqNo(6)), Some(SeqNo(8))));
    assert_eq!(history.trees(), [TreeId(10), TreeId(11)]);
    assert_eq!(keep(&mut histories, &mut next_tree, 2 * HOUR, false, 9), [TreeId(11)]);
    assert_eq!(keep(&mut histories, &mut next_tree, 2 * HOUR, true, 10), []);
    assert_eq!(histories.stop(TreeId(1), at(11, BEGUN + 11)), [TreeId(12)]);
    assert_eq!(histories.stop(TreeId(1), at(12, BEGUN + 12)), []);
    assert!(histories.of_table(TreeId(1)).is_none());
    // A history that begins later is another one.
    keep(&mut histories, &mut next_tree, HOUR, false, 13);
    assert_ne!(histories.of_table(TreeId(1)).unwrap().id, id);
    assert_eq!(histories.forget(id), [TreeId(10)]);
    assert_eq!(histories.forget(id), []);
    assert_eq!(histories.all().count(), 1);
}
