use super::*;
use crate::storage::SeqNo;

const BEGUN: u64 = 1_767_225_600_123;

fn stream(table: u32, tree: u32) -> Stream {
    Stream {
        source: Rc::new(Source {
            table: TreeId(table),
            table_name: format!("table-{table}"),
            hash: "pk".into(),
            range: table.is_multiple_of(2).then(|| "sk".into()),
        }),
        view: StreamView::NewImage,
        begun_millis: BEGUN,
        shards: Segments::begin(&mut TreeId(tree), Moment { seq: SeqNo(5), millis: BEGUN }),
    }
}

#[test]
fn what_the_catalog_knows_of_streams_is_read_back() {
    let mut streams = Streams(vec![Rc::new(stream(1, 10)), Rc::new(stream(2, 11))]);
    let turn = Turn { ended: vec![(TreeId(11), TreeId(12))], dropped: vec![TreeId(3)] };
    let mut next_tree = TreeId(12);
    streams.turn(&turn, &mut next_tree, Moment { seq: SeqNo(10), millis: BEGUN + 1 });
    assert_eq!(next_tree, TreeId(13));
    let lengths: Vec<_> = streams.all().map(|stream| stream.shards.iter().count()).collect();
    assert_eq!(lengths, [1, 2]);
    let child = streams.0[1].shards.iter().last().unwrap();
    assert_eq!(child.parent_id(), Some(streams.0[1].shards.iter().next().unwrap().id()));
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
fn a_stream_is_gone_with_its_last_shard() {
    let mut streams = Streams(vec![Rc::new(stream(1, 10)), Rc::new(stream(2, 11))]);
    let turn = Turn { ended: vec![], dropped: vec![TreeId(10)] };
    streams.turn(&turn, &mut TreeId(12), Moment { seq: SeqNo(10), millis: BEGUN + 1 });
    assert_eq!(streams.all().map(|stream| stream.source.table).collect::<Vec<_>>(), [TreeId(2)]);
}

#[test]
fn a_shard_is_named_by_its_begin_and_its_tree() {
    let stream = stream(1, 10);
    assert_eq!(stream.shards.open().unwrap().id(), "shardId-00000001767225600123-0000000a");
    assert_eq!(stream.label(), "2026-01-01T00:00:00.123");
    assert_eq!(
        stream.arn("eu-west-1", "123456789012"),
        "arn:aws:dynamodb:eu-west-1:123456789012:table/table-1/stream/2026-01-01T00:00:00.123"
    );
}
