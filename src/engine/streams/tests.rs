use super::*;

fn stream(table: u32, tree: u32) -> Stream {
    Stream {
        table: TreeId(table),
        table_name: format!("table-{table}"),
        hash: "pk".into(),
        range: table.is_multiple_of(2).then(|| "sk".into()),
        view: StreamView::NewImage,
        begun_millis: 1_767_225_600_123,
        shards: vec![Shard {
            tree: TreeId(tree),
            begun_millis: 1_767_225_600_123,
            first: SeqNo(5),
            ended: None,
            parent: None,
        }],
    }
}

fn streams() -> Streams {
    Streams(vec![Rc::new(stream(1, 10)), Rc::new(stream(2, 11))])
}

const HOUR: u64 = 60 * 60 * 1000;
const BEGUN: u64 = 1_767_225_600_123;

#[test]
fn what_the_catalog_knows_of_streams_is_read_back() {
    let mut streams = streams();
    let turn = streams.due(BEGUN + 4 * HOUR, SeqNo(9), TreeId(12));
    let mut next_tree = TreeId(12);
    streams.turn(&turn, &mut next_tree, Moment { seq: SeqNo(10), millis: BEGUN + 4 * HOUR });
    assert_eq!(next_tree, TreeId(14));
    let mut out = Vec::new();
    streams.encode(&mut out);
    assert_eq!(Streams::decode(&mut Reader::new(&out)).unwrap().0, streams.0);
    for end in 1..out.len() {
        assert!(Streams::decode(&mut Reader::new(&out[..end])).is_none(), "{end}");
    }
    assert!(Streams::decode(&mut Reader::new(&[])).unwrap().0.is_empty(), "an older catalog has none");
    let mut out = Vec::new();
    turn.encode(&mut out);
    assert_eq!(Turn::decode(&mut Reader::new(&out)), Some(turn));
}

#[test]
fn shards_end_after_four_hours_and_are_dropped_a_day_later() {
    let mut streams = streams();
    assert_eq!(streams.due(BEGUN + 4 * HOUR - 1, SeqNo(9), TreeId(12)), Turn::default());
    assert_eq!(streams.due(BEGUN + 9 * HOUR, SeqNo(5), TreeId(12)), Turn::default(), "nothing was written");
    let ended = BEGUN + 4 * HOUR;
    let turn = streams.due(ended, SeqNo(9), TreeId(12));
    assert_eq!(turn.ended, [(TreeId(10), TreeId(12)), (TreeId(11), TreeId(13))]);
    let mut next_tree = TreeId(12);
    streams.turn(&turn, &mut next_tree, Moment { seq: SeqNo(10), millis: ended });
    let first = &streams.0[0];
    assert_eq!(first.shards[0].ended, Some((ended, SeqNo(10))));
    assert_eq!(first.open().unwrap().tree, TreeId(12));
    assert_eq!(first.shards[1].parent_id(), Some(first.shards[0].id()));
    assert_eq!(streams.due(ended + 24 * HOUR, SeqNo(10), next_tree), Turn::default());
    let later = ended + 24 * HOUR + 1;
    assert_eq!(streams.next_due(ended), BEGUN + 8 * HOUR);
    let turn = streams.due(later, SeqNo(10), next_tree);
    assert_eq!((turn.ended.len(), turn.dropped.as_slice()), (0, &[TreeId(10), TreeId(11)][..]));
    streams.turn(&turn, &mut next_tree, Moment { seq: SeqNo(11), millis: later });
    assert!(streams.0.iter().all(|stream| stream.shards.len() == 1));
}

#[test]
fn a_shard_is_named_by_its_begin_and_its_tree() {
    let shard = &stream(1, 10).shards[0];
    assert_eq!(shard.id(), "shardId-00000001767225600123-0000000a");
    assert_eq!(stream(1, 10).label(), "2026-01-01T00:00:00.123");
    assert_eq!(
        stream(1, 10).arn("eu-west-1", "123456789012"),
        "arn:aws:dynamodb:eu-west-1:123456789012:table/table-1/stream/2026-01-01T00:00:00.123"
    );
}

#[test]
fn sequence_numbers_grow_and_are_read_back() {
    let positions = [
        Position::default(),
        Position { seq: SeqNo(0), change: u16::MAX },
        Position { seq: SeqNo(1), change: 0 },
        Position { seq: SeqNo(u64::MAX), change: 7 },
    ];
    for position in positions {
        assert_eq!(Position::parse(&position.number()), Some(position));
        assert_eq!(Position::of_key(&position.key()), Some(position));
        assert!((21..=40).contains(&position.number().len()));
    }
    for pair in positions.windows(2) {
        assert!(pair[0].key() < pair[1].key());
        assert!(pair[0].number().parse::<u128>().unwrap() < pair[1].number().parse::<u128>().unwrap());
    }
    assert_eq!(positions[1].next(), positions[2]);
    for bad in ["", "1", "99999999999999999999", "x00000000000000000000", &"9".repeat(40)] {
        assert_eq!(Position::parse(bad), None, "{bad}");
    }
}
