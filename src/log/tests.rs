use super::frame::COMPRESSED;
use super::*;
use crate::platform::memory::Image;
use crate::platform::simulated::Random;
use crate::platform::{Space, StoreError, Write};
use crate::storage::{Bytes, TreeId};

/// What nothing compresses.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    Random::new(seed).fill(&mut bytes);
    bytes
}

fn record(seq: u64, value: usize) -> Record {
    Record {
        seq,
        time_millis: 1_767_225_600_000 + seq,
        origin: Origin::Replica,
        changes: vec![
            LoggedChange {
                tree: TreeId(3),
                key: Bytes::from(b"k"),
                value: Some(noise(seq, value).into()),
                blind: true,
            },
            LoggedChange { tree: TreeId(u32::MAX), key: Bytes::from(b""), value: None, blind: false },
        ],
        old_images: vec![
            OldImage { change: 0, item: Some(Bytes::from(b"before")) },
            OldImage { change: 1, item: None },
        ],
        index_deletes: vec![(TreeId(4), Bytes::from(b"old"))],
        catalog: Some(b"catalog".to_vec()),
        stats: vec![(TreeId(3), -1, i64::MIN), (TreeId(4), 0, i64::MAX)],
        request: Some(RequestId { client: u64::MAX, request: 7 }),
        answer: Some(Bytes::from(b"answer")),
        transaction: Some(TransactionPart { id: 9, part: 2, parts: 3 }),
        kept: vec![
            KeptAnswer {
                id: RequestId { client: 1, request: u64::MAX },
                time_millis: 1_767_225_600_000,
                answer: None,
            },
            KeptAnswer {
                id: RequestId { client: 2, request: 1 },
                time_millis: 0,
                answer: Some(Bytes::from(b"kept")),
            },
        ],
    }
}

fn group(epoch: u64, first: u64, records: &[Record]) -> Vec<(u64, Vec<u8>)> {
    encode_group(epoch, first, false, &records.iter().map(Record::encode).collect::<Vec<_>>())
}

fn feed_all(replay: &mut Replay, frames: &[(u64, Vec<u8>)]) -> Vec<u64> {
    let mut seqs = Vec::new();
    for (number, frame) in frames {
        if let Fed::Records(records) = replay.feed(*number, frame).unwrap() {
            seqs.extend(records.iter().map(|record| record.seq));
        }
    }
    seqs
}

#[test]
fn a_record_reads_back_and_unknown_fields_are_skipped() {
    let kept = Record { kept: record(0, 0).kept, ..Record::default() };
    for record in [record(5, 100), Record { seq: 1, ..Record::default() }, kept] {
        let mut bytes = record.encode();
        assert_eq!(Record::decode(&bytes).unwrap(), record);
        bytes.extend_from_slice(&[0xE7, 0x07, 3, 1, 2, 3]);
        assert_eq!(Record::decode(&bytes).unwrap(), record);
    }
    assert!(Record::decode(&[]).is_err(), "a record has a sequence number");
}

#[test]
fn a_damaged_record_is_an_error_or_another_record() {
    let bytes = record(5, 30).encode();
    let mut random = Random::new(1);
    for len in 0..bytes.len() {
        let _ = Record::decode(&bytes[..len]);
    }
    for _ in 0..50_000 {
        let mut damaged = bytes.clone();
        for _ in 0..=random.below(3) {
            damaged[random.below(bytes.len() as u64) as usize] = random.next_u64() as u8;
        }
        let _ = Record::decode(&damaged);
    }
}

#[test]
fn groups_of_every_size_read_back() {
    let mut replay = Replay::starting_at(10, 0);
    let mut next = 10;
    for (at, size) in
        [0, 1, FRAME_PAYLOAD - 90, FRAME_PAYLOAD, 3 * FRAME_PAYLOAD + 17, 400_000].into_iter().enumerate()
    {
        let seq = 10 * at as u64;
        let frames = group(1, next, &[record(seq, size), record(seq + 1, 10)]);
        assert!(frames.iter().all(|(_, frame)| frame.len() <= crate::platform::store::MAX_VALUE));
        next += frames.len() as u64;
        let mut read = Vec::new();
        for (number, frame) in &frames {
            let Fed::Records(records) = replay.feed(*number, frame).unwrap() else {
                panic!("stopped at {number}")
            };
            read.extend(records);
        }
        assert_eq!(read, vec![record(seq, size), record(seq + 1, 10)]);
        assert_eq!(replay.next_frame(), next);
    }
    let empty = encode_group(1, next, false, &[]);
    assert_eq!(empty.len(), 1);
    assert_eq!(feed_all(&mut replay, &empty), Vec::<u64>::new());
    assert_eq!(replay.next_frame(), next + 1);
}

#[test]
fn groups_are_compressed_where_that_is_worth_it() {
    let repeated = |seq: u64, length: usize| {
        let mut record = record(seq, 0);
        record.changes[0].value = Some(vec![seq as u8; length].into());
        record
    };
    let mut next = 0;
    let mut replay = Replay::starting_at(0, 0);
    let mut salvage = Salvage::starting_at(0, 0);
    for (records, wanted) in [
        (vec![repeated(1, 100)], 0),
        (vec![repeated(2, 300_000), repeated(3, 300_000)], COMPRESSED),
        (vec![record(4, 5_000)], 0),
        // More than a frame also when it is compressed.
        (vec![record(5, 90_000), repeated(6, 100_000)], COMPRESSED),
    ] {
        let frames = group(1, next, &records);
        next += frames.len() as u64;
        let mut read = Vec::new();
        for (number, frame) in &frames {
            assert_eq!(frame[3] & COMPRESSED, wanted, "{number}");
            if let Fed::Records(records) = replay.feed(*number, frame).unwrap() {
                read.extend(records);
            }
            salvage.feed(*number, frame).iter().for_each(|record| assert!(records.contains(record)));
        }
        assert_eq!(read, records);
    }
    assert_eq!(next, 5);
    assert_eq!((salvage.next_frame(), salvage.into_lost()), (5, vec![]));
}

#[test]
fn a_compressed_group_that_is_none_is_damage() {
    let long = Record { catalog: Some(vec![7; 9_000]), ..Record::default() };
    let (number, frame) = group(1, 0, &[long]).remove(0);
    // Behind a checksum that is right.
    let altered = |at: usize, byte: u8| {
        let mut frame = frame.clone();
        frame[at] = byte;
        let mut hasher = crc32fast::Hasher::new();
        hasher.update(&frame[..4]);
        hasher.update(&frame[8..]);
        frame[4..8].copy_from_slice(&hasher.finalize().to_le_bytes());
        frame
    };
    assert_eq!(frame[3] & COMPRESSED, COMPRESSED);
    for (at, byte) in [(24, frame[24] ^ 1), (27, 0xff), (28, frame[28] ^ 0xf0)] {
        let fed = Replay::starting_at(0, 0).feed(number, &altered(at, byte));
        assert!(fed.is_err(), "byte {at}: {fed:?}");
        assert_eq!(Salvage::starting_at(0, 0).feed(number, &altered(at, byte)), []);
    }
}

#[test]
fn a_group_without_its_last_frame_is_ignored() {
    let mut frames = group(1, 0, &[record(1, 10)]);
    let long = group(1, 1, &[record(2, 150_000)]);
    assert_eq!(long.len(), 3);
    frames.extend_from_slice(&long[..2]);
    let mut replay = Replay::starting_at(0, 0);
    assert_eq!(feed_all(&mut replay, &frames), vec![1]);
    assert_eq!(replay.next_frame(), 1);
    assert_eq!(replay.expected_frame(), 3, "more of the group may follow");

    // A new owner puts its epoch in the place of the torn group, and the log goes on from there.
    let mut image = Image::default();
    image
        .commit(&frames.into_iter().map(|(n, frame)| Write::Add(Space::Log, n, frame)).collect::<Vec<_>>())
        .unwrap();
    image.commit(&replay.opening(2)).unwrap();
    let more = group(2, 2, &[record(3, 10)]);
    image
        .commit(&more.into_iter().map(|(n, frame)| Write::Add(Space::Log, n, frame)).collect::<Vec<_>>())
        .unwrap();
    let mut replay = Replay::starting_at(0, 0);
    assert_eq!(feed_all(&mut replay, &image.list(Space::Log, 0, u64::MAX, 100)), vec![1, 3]);
    assert_eq!((replay.epoch(), replay.next_frame()), (2, 3));
    assert_eq!(replay.fences(), [(2, 1)]);
}

#[test]
fn replay_stops_at_a_gap_a_torn_group_and_a_replaced_owner() {
    let frames: Vec<_> = (0..4).flat_map(|n| group(3, n, &[record(n + 1, 20)])).collect();
    let with = |at: usize, frame: (u64, Vec<u8>)| {
        let mut frames = frames.clone();
        frames[at] = frame;
        frames
    };
    let mut gap = frames.clone();
    gap.remove(2);
    let cases = [
        (gap, Stop::Gap),
        (with(2, group(3, 1, &[record(9, 100_000)]).remove(1)), Stop::Torn),
        (with(2, group(2, 2, &[record(99, 5)]).remove(0)), Stop::Fenced),
    ];
    for (frames, why) in cases {
        let mut replay = Replay::starting_at(0, 0);
        assert_eq!(feed_all(&mut replay, &frames), vec![1, 2], "{why:?}");
        assert_eq!(replay.feed(4, b"").unwrap(), Fed::Stopped(why));
        assert_eq!((replay.next_frame(), replay.epoch()), (2, 3));
    }
}

#[test]
fn a_damaged_frame_is_an_error_wherever_it_is() {
    let frames: Vec<_> = (0..3).flat_map(|n| group(3, n, &[record(n + 1, 20)])).collect();
    for at in 0..3 {
        for damaged in [Vec::new(), frames[(at + 1) % 3].1.clone(), vec![1; 100]] {
            let mut replay = Replay::starting_at(0, 0);
            feed_all(&mut replay, &frames[..at]);
            let error = replay.feed(at as u64, &damaged).unwrap_err();
            assert_eq!(
                error.to_string(),
                format!("log frame {at} is corrupt: its bytes are not what was written")
            );
        }
    }
}

#[test]
fn a_gap_before_a_frame_that_says_there_was_none_is_damage() {
    let records = |n: u64| [record(n, 20).encode()];
    let kept = |n: u64| encode_group(3, n, true, &records(n)).remove(0);
    let frames: Vec<_> = (0..6).map(kept).collect();
    // In a frame that comes at once, and in one behind those that do not say so.
    for from in 3..6 {
        let mut replay = Replay::starting_at(0, 0);
        feed_all(&mut replay, &frames[..2]);
        for n in 3..from {
            let (number, frame) = encode_group(3, n, false, &records(n)).remove(0);
            assert_eq!(replay.feed(number, &frame).unwrap(), Fed::Stopped(Stop::Gap));
        }
        let error = replay.feed(from, &frames[from as usize].1).unwrap_err();
        assert_eq!(error.to_string(), "log frame 2 is corrupt: it is missing, or what it belongs to is");
    }
    // One of an owner that was replaced says nothing of what its successor wrote.
    let mut replay = Replay::starting_at(0, 0);
    feed_all(&mut replay, &encode_group(4, 0, false, &records(1)));
    feed_all(&mut replay, &group(4, 2, &[record(2, 1)]));
    assert_eq!(replay.feed(3, &frames[3].1).unwrap(), Fed::Stopped(Stop::Gap));
}

#[test]
fn what_is_whole_behind_damage_is_salvaged() {
    let mut frames: Vec<_> = (0..3).flat_map(|n| group(3, n, &[record(n + 1, 20)])).collect();
    frames.extend(group(4, 3, &[record(4, 150_000)]));
    frames.extend((6..9).flat_map(|n| group(4, n, &[record(n, 20)])));
    let salvage = |frames: &[(u64, Vec<u8>)]| {
        let mut salvage = Salvage::starting_at(0, 2);
        let mut seqs = Vec::new();
        for (number, frame) in frames {
            seqs.extend(salvage.feed(*number, frame).iter().map(|record| record.seq));
        }
        (seqs, salvage.next_frame(), salvage.epoch(), salvage.into_lost())
    };
    assert_eq!(salvage(&frames), (vec![1, 2, 3, 4, 6, 7, 8], 9, 4, vec![]));
    for at in 0..frames.len() {
        let mut gone = frames.clone();
        gone.remove(at);
        let mut damaged = frames.clone();
        damaged[at].1[40] ^= 1;
        let group =
            [vec![1], vec![2], vec![3], vec![4], vec![4], vec![4], vec![6], vec![7], vec![8]][at].clone();
        let wanted: Vec<_> = [1, 2, 3, 4, 6, 7, 8].into_iter().filter(|seq| !group.contains(seq)).collect();
        let (seqs, next, epoch, lost) = salvage(&damaged);
        assert_eq!((seqs, next, epoch), (wanted.clone(), 9, 4), "frame {at}");
        assert_eq!(lost, [format!("log frame {at} is corrupt: its bytes are not what was written")]);
        let (seqs, _, _, lost) = salvage(&gone);
        assert_eq!(seqs, wanted, "frame {at}");
        let told = if at == 8 { vec![] } else { vec![format!("frame {at} of the log is missing")] };
        assert_eq!(lost, told);
    }
}

#[test]
fn every_damaged_byte_of_a_frame_is_noticed() {
    let (number, frame) = group(1, 7, &[record(1, 40)]).remove(0);
    for at in 0..frame.len() {
        let mut damaged = frame.clone();
        damaged[at] ^= 0x20;
        let fed = Replay::starting_at(number, 0).feed(number, &damaged);
        assert!(!matches!(fed, Ok(Fed::Records(_))), "byte {at}");
        assert!(!matches!(Replay::starting_at(number, 0).feed(number, &frame[..at]), Ok(Fed::Records(_))));
    }
}

#[test]
fn numbers_that_cannot_be_counted_on_from_are_refused() {
    let good = record(1, 4);
    assert!(Record::decode(&good.encode()).is_ok());
    for bad in [Record { seq: u64::MAX, ..good.clone() }, Record { time_millis: u64::MAX, ..good }] {
        assert!(Record::decode(&bad.encode()).is_err(), "{bad:?}");
    }
    let (number, frame) = group(u64::MAX, 0, &[record(1, 4)]).remove(0);
    assert!(Replay::starting_at(0, 0).feed(number, &frame).is_err(), "an epoch");
}

#[test]
fn a_newer_format_is_refused_and_not_taken_for_the_end_of_the_log() {
    let (number, mut frame) = group(1, 0, &[record(1, 4)]).remove(0);
    frame[2] = 2;
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&frame[..4]);
    hasher.update(&frame[8..]);
    let crc = hasher.finalize().to_le_bytes();
    frame[4..8].copy_from_slice(&crc);
    assert!(Replay::starting_at(0, 0).feed(number, &frame).is_err());
}

#[test]
fn a_commit_that_came_between_reading_and_taking_over_makes_the_takeover_fail() {
    let mut image = Image::default();
    let mut replay = Replay::starting_at(0, 0);
    feed_all(&mut replay, &[]);
    let (number, frame) = group(1, 0, &[record(1, 4)]).remove(0);
    image.commit(&[Write::Add(Space::Log, number, frame.clone())]).unwrap();
    assert_eq!(image.commit(&replay.opening(2)), Err(StoreError::Conflict));
    assert_eq!(image.get(Space::Log, 0), Some(frame.as_slice()));
}

#[test]
fn an_answer_to_no_request_says_nothing() {
    let mut bytes = Record { seq: 7, ..Record::default() }.encode();
    let plain = Record::decode(&bytes).unwrap();
    let mut answered = bytes.clone();
    put_request(&mut answered, RequestId { client: 3, request: 5 }, Some(b"answer"));
    assert_eq!(Record::decode(&answered).unwrap().answer, Some(Bytes::from(b"answer".as_slice())));
    // The answer stands last: its tag, its length, itself.
    bytes.extend_from_slice(&answered[answered.len() - 8..]);
    assert_eq!(Record::decode(&bytes).unwrap(), plain);
}
