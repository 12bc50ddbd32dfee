//! Items, values and what is stored. The first byte says what the rest is.
#![no_main]

use dynatab::item::{Decimal, ItemBuf, ItemRef, MapRef, Reader, ValueRef, admit};
use dynatab::log::{Fed, Record, Replay};
use dynatab::storage::{CursorStep, JobStep, Manifest, SeqNo, Storage, TreeId};
use dynatab::wire::response;
use dynatab_fuzz::database::small;
use dynatab_fuzz::items::{check_item, check_order, check_value, item_of_json, read_all};
use dynatab_fuzz::stored::{mend, open_damaged, open_with_manifest, open_with_records, root};
use libfuzzer_sys::fuzz_target;

/// Bytes that claim to be an item.
fn item(bytes: &[u8]) {
    let Some(item) = ItemRef::parse(bytes) else { return };
    for (name, value) in item.map().iter() {
        let _ = item.get(name);
        read_all(value, 64);
    }
    let mut json = Vec::new();
    let _ = response::item_to_json(&item, &mut json);
    if let Ok(admitted) = admit::item(item.map()) {
        check_item(admitted.as_ref());
        let parsed = ItemBuf::from_bytes(admitted.bytes().to_vec()).expect("an item");
        assert_eq!(parsed.map().body(), admitted.map().body());
    }
}

/// The entries of an attribute map, as a client sends them: how many, then their bytes.
fn entries(bytes: &[u8]) {
    let Some((count, body)) = bytes.split_first() else { return };
    let map = MapRef::from_parts(usize::from(*count), body);
    for depth in [admit::MAX_DEPTH, admit::MAX_COMPARED_DEPTH] {
        if let Ok(item) = admit::item_within(map, depth)
            && depth == admit::MAX_DEPTH
        {
            check_item(item.as_ref());
        }
    }
}

/// Values one after the other, each compared with the one before.
fn values(bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    let mut last: Option<Vec<u8>> = None;
    while let Some(value) = reader.value() {
        read_all(value, 64);
        let mut out = vec![0xFF];
        let Ok(size) = admit::value_within(value, admit::MAX_DEPTH, &mut out) else {
            assert_eq!(out, [0xFF], "nothing is left of what is refused");
            continue;
        };
        let canonical = ValueRef::first(&out[1..]).expect("a canonical value");
        assert_eq!(canonical.bytes(), &out[1..]);
        assert_eq!(dynatab::item::size::value(canonical), size);
        check_value(canonical);
        let mut again = Vec::new();
        assert_eq!(admit::value_within(canonical, admit::MAX_DEPTH, &mut again), Ok(size));
        assert_eq!(again, &out[1..]);
        if let Some(last) = &last {
            check_order(ValueRef::first(last).expect("a canonical value"), canonical);
        }
        last = Some(again);
    }
}

/// The text of numbers, one a line.
fn numbers(text: &[u8]) {
    let mut last: Option<Decimal> = None;
    for line in text.split(|byte| *byte == b'\n') {
        let Ok(number) = Decimal::parse(line) else { continue };
        let mut out = Vec::new();
        number.put_text(&mut out);
        assert_eq!(Decimal::parse(&out), Ok(number), "the text of a number is that number");
        if let Some(last) = last {
            if let Ok(sum) = last.checked_add(number) {
                assert_eq!(sum, number.checked_add(last).expect("a sum"), "a sum has no order");
            }
            if let Ok(difference) = last.checked_sub(number) {
                assert_eq!(difference.is_negative(), last < number);
                assert_eq!(difference == Decimal::ZERO, last == number);
            }
        }
        last = Some(number);
    }
}

/// A record of the log.
fn record(bytes: &[u8]) {
    let Ok(record) = Record::decode(bytes) else { return };
    assert_eq!(Record::decode(&record.encode()), Ok(record), "a record that was written is read");
}

/// Frames of the log, each behind its length in two bytes.
fn frames(mut bytes: &[u8]) {
    let mut replay = Replay::starting_at(1, 1);
    for number in 1.. {
        let [low, high, rest @ ..] = bytes else { return };
        let (frame, rest) = rest.split_at(rest.len().min(usize::from(u16::from_le_bytes([*low, *high]))));
        bytes = rest;
        let mut frame = frame.to_vec();
        if let Some(field) = frame.get_mut(16..24) {
            field.copy_from_slice(&u64::to_le_bytes(number));
        }
        mend(&mut frame);
        let _ = replay.opening(replay.epoch().saturating_add(1));
        match replay.feed(number, &frame) {
            Ok(Fed::Records(_)) => assert_eq!(replay.expected_frame(), number + 1),
            Ok(Fed::Stopped(_)) | Err(_) => return,
        }
    }
}

/// The body of a manifest.
fn manifest(bytes: &[u8]) {
    let Ok(manifest) = Manifest::decode(&root(bytes), &[]) else { return };
    let _ = manifest.garbage(1);
    let mut storage = Storage::from_manifest(small(), manifest);
    let _ = storage.stats();
    for tree in 0..4 {
        let _ = storage.get(TreeId(tree), b"key", SeqNo::MAX, &mut Vec::new());
        let mut cursor = storage.cursor(TreeId(tree), Vec::new(), None, tree % 2 == 0, SeqNo::MAX);
        for _ in 0..50 {
            if !matches!(cursor.next(&mut storage), CursorStep::Entry { .. }) {
                break;
            }
        }
        storage.drop_tree(TreeId(tree));
    }
    storage.freeze(storage.durable().0, Vec::new());
    while let Some(mut job) = storage.next_job(true) {
        match job.step(&mut storage) {
            JobStep::Finish(_) => job.complete(&mut storage),
            _ => return job.abort(&mut storage),
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((kind, bytes)) = data.split_first() else { return };
    match kind % 11 {
        0 => item(bytes),
        1 => entries(bytes),
        2 => values(bytes),
        3 => {
            if let Some(item) = item_of_json(bytes, admit::MAX_DEPTH) {
                check_item(item.as_ref());
            }
        }
        4 => numbers(bytes),
        5 => record(bytes),
        6 => frames(bytes),
        7 => manifest(bytes),
        8 => open_with_manifest(bytes),
        9 => open_with_records(bytes),
        _ => open_damaged(bytes),
    }
});
