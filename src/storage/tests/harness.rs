//! A driver small enough to read: everything is awaited at once.

use std::collections::BTreeMap;

use crate::log::{Fed, LoggedChange, Record, Replay, encode_group};
use crate::platform::memory::{Image, now};
use crate::platform::{Batch, MemoryStore, Space, Store, Write};
use crate::storage::*;

/// Sizes at which a few hundred entries make several levels.
pub fn small() -> StorageOptions {
    StorageOptions {
        cache_bytes: 6_000,
        memory_table_bytes: 6_000,
        log_frames: 40,
        block_bytes: 400,
        bulk_block_bytes: 600,
        piece_bytes: 2_000,
        overflow_bytes: 120,
        level0_pieces: 3,
        level0_busy: 4,
        level1_bytes: 6_000,
        slice_bytes: 500,
        write_bytes: 900,
    }
}

/// (tree, key) to its versions, oldest first.
pub type Versions = BTreeMap<(u32, Vec<u8>), Vec<(u64, Option<Vec<u8>>)>>;

/// What should be there.
#[derive(Clone, Default)]
pub struct Model {
    pub versions: Versions,
}

impl Model {
    pub fn apply(&mut self, seq: u64, change: &LoggedChange) {
        let versions = self.versions.entry((change.tree.0, change.key.to_vec())).or_default();
        versions.push((seq, change.value.as_ref().map(|value| value.to_vec())));
    }

    pub fn get(&self, tree: u32, key: &[u8], at: u64) -> Option<(u64, Option<&[u8]>)> {
        let versions = self.versions.get(&(tree, key.to_vec()))?;
        versions.iter().rev().find(|(seq, _)| *seq <= at).map(|(seq, value)| (*seq, value.as_deref()))
    }

    pub fn rollback(&mut self, durable: u64) {
        self.versions.values_mut().for_each(|versions| versions.retain(|(seq, _)| *seq <= durable));
    }

    pub fn range(
        &self,
        tree: u32,
        lower: &[u8],
        upper: Option<&[u8]>,
        reverse: bool,
        at: u64,
    ) -> Vec<(Vec<u8>, u64, Vec<u8>)> {
        let mut found = Vec::new();
        for (of, key) in self.versions.keys() {
            if *of == tree
                && key.as_slice() >= lower
                && upper.is_none_or(|upper| key.as_slice() < upper)
                && let Some((seq, Some(value))) = self.get(tree, key, at)
            {
                found.push((key.clone(), seq, value.to_vec()));
            }
        }
        if reverse {
            found.reverse();
        }
        found
    }
}

pub fn change(tree: u32, key: &[u8], value: Option<&[u8]>) -> LoggedChange {
    LoggedChange { tree: TreeId(tree), key: Bytes::from(key), value: value.map(Bytes::from), blind: false }
}

/// What stands for an item here may say from which second on it is due to be deleted.
pub fn due_of(value: &[u8]) -> u64 {
    let told = value.strip_prefix(b"due ").and_then(<[u8]>::first_chunk);
    told.map_or(0, |second| u64::from_le_bytes(*second))
}

/// A value of so many bytes that is due from that second on.
pub fn due_value(second: u64, len: usize) -> Vec<u8> {
    let mut value = [b"due ".as_slice(), &second.to_le_bytes()].concat();
    value.resize(len.max(12), 0);
    value
}

/// The state of a database as a store has it.
pub struct Recovered {
    pub storage: Storage,
    pub seq: u64,
    pub epoch: u64,
    pub next_log: u64,
    /// What a new owner writes first.
    pub opening: Batch,
}

/// Opens what `image` holds: manifest, log, garbage.
pub fn recover(options: StorageOptions, image: &Image) -> Recovered {
    let manifest = image.get(Space::Meta, Manifest::ROOT).map_or_else(Manifest::default, |root| {
        let ids = Manifest::chunk_ids(root).unwrap();
        let chunks: Vec<_> =
            ids.iter().map(|id| image.get(Space::Meta, *id).expect("chunk").to_vec()).collect();
        Manifest::decode(root, &chunks).unwrap()
    });
    // Its epochs have no block ids of their own.
    let mut opening = manifest.garbage(u64::from(u32::MAX));
    let mut replay = Replay::new(&manifest);
    let mut seq = manifest.checkpoint.0;
    let mut storage = Storage::from_manifest(options, manifest);
    for (number, frame) in image.list(Space::Log, replay.expected_frame(), u64::MAX, usize::MAX) {
        let fed = replay.feed(number, &frame).unwrap();
        let Fed::Records(records) = fed else {
            eprintln!("STOP {fed:?} at {number} epoch {}", replay.epoch());
            break;
        };
        for record in records {
            seq = record.seq;
            storage.advance(SeqNo(seq));
            for change in record.changes {
                let due = change.value.as_deref().map_or(0, due_of);
                let LoggedChange { tree, key, value, .. } = change;
                storage.apply(SeqNo(seq), Change { tree, key, value, blind: false, due });
            }
            if let Some(dropped) = record.catalog {
                storage.drop_tree(TreeId(u32::from_le_bytes(dropped.try_into().unwrap())));
            }
        }
        storage.close_group(replay.next_frame(), || seq.to_le_bytes().to_vec());
    }
    storage.set_durable(SeqNo(seq));
    let epoch = replay.epoch() + 1;
    opening.extend(replay.opening(epoch));
    for (epoch, frame) in replay.fences() {
        storage.add_fence(*epoch, *frame);
    }
    storage.add_fence(epoch, replay.next_frame());
    Recovered { storage, seq, epoch, next_log: replay.next_frame() + 1, opening }
}

/// Reads blocks straight from an image.
pub fn install(storage: &mut Storage, image: &Image, blocks: &[BlockId]) {
    for id in blocks {
        let block = image.get(Space::Block, id.0).unwrap_or_else(|| panic!("block {} is gone", id.0));
        storage.install(*id, block.to_vec()).unwrap();
    }
}

pub fn get(storage: &mut Storage, image: &Image, tree: u32, key: &[u8], at: u64) -> Found {
    for _ in 0..20 {
        let mut missing = Vec::new();
        if let Some(found) = storage.get(TreeId(tree), key, SeqNo(at), &mut missing) {
            return found;
        }
        assert!(!missing.is_empty());
        install(storage, image, &missing);
    }
    panic!("get never has its blocks");
}

pub fn next(cursor: &mut Cursor, storage: &mut Storage, image: &Image) -> Option<(Vec<u8>, u64, Vec<u8>)> {
    for _ in 0..200 {
        match cursor.next(storage) {
            CursorStep::Entry { key, seq, value } => return Some((key.to_vec(), seq.0, value.to_vec())),
            CursorStep::Missing(missing) => {
                assert!(!missing.is_empty());
                install(storage, image, &missing);
            }
            CursorStep::End => return None,
        }
    }
    panic!("a cursor never has its blocks");
}

/// A database over a memory store.
pub struct Harness {
    pub store: MemoryStore,
    pub storage: Storage,
    pub model: Model,
    pub seq: u64,
    pub epoch: u64,
    pub next_log: u64,
    pub job: Option<(Job, Option<Batch>)>,
    options: StorageOptions,
}

impl Harness {
    pub fn new(options: StorageOptions) -> Self {
        let store = MemoryStore::new();
        let recovered = recover(options, &store.image());
        let mut harness = Self {
            store,
            storage: recovered.storage,
            model: Model::default(),
            seq: 0,
            epoch: recovered.epoch,
            next_log: recovered.next_log,
            job: None,
            options,
        };
        harness.commit(recovered.opening);
        harness
    }

    fn commit(&mut self, batch: Batch) {
        now(self.store.commit(batch, crate::platform::Durability::Strict)).unwrap().unwrap();
    }

    /// Applies one commit per list of changes and closes the group; `durable` says whether it reaches the log.
    pub fn group(&mut self, commits: Vec<Vec<LoggedChange>>, dropped: Option<u32>, durable: bool) {
        let mut records = Vec::new();
        for changes in commits {
            self.seq += 1;
            self.storage.advance(SeqNo(self.seq));
            for logged in &changes {
                self.model.apply(self.seq, logged);
                let LoggedChange { tree, key, value, .. } = logged.clone();
                let due = value.as_deref().map_or(0, due_of);
                self.storage.apply(SeqNo(self.seq), Change { tree, key, value, blind: false, due });
            }
            let catalog = dropped.map(|tree| tree.to_le_bytes().to_vec());
            records.push(Record { seq: self.seq, changes, catalog, ..Record::default() }.encode());
        }
        let frames = encode_group(self.epoch, self.next_log, false, &records);
        let next_log = self.next_log + frames.len() as u64;
        let seq = self.seq;
        self.storage.close_group(next_log, || seq.to_le_bytes().to_vec());
        if durable {
            self.next_log = next_log;
            self.commit(
                frames.into_iter().map(|(number, frame)| Write::Add(Space::Log, number, frame)).collect(),
            );
            self.storage.set_durable(SeqNo(seq));
        }
    }

    pub fn rollback(&mut self) {
        self.storage.rollback();
        self.seq = self.storage.durable().0;
        self.model.rollback(self.seq);
    }

    /// One step of a job; `fail` makes a commit of it fail. False when there is no work.
    pub fn job_step(&mut self, fail: bool) -> bool {
        let Some((mut job, edit)) = self.job.take().or_else(|| Some((self.storage.next_job(true)?, None)))
        else {
            return false;
        };
        if let Some(edit) = edit {
            if fail {
                job.abort(&mut self.storage);
            } else {
                self.commit(edit);
                job.complete(&mut self.storage);
            }
            return true;
        }
        match job.step(&mut self.storage) {
            JobStep::Read(blocks) => install(&mut self.storage, &self.store.image(), &blocks),
            JobStep::Write(_) if fail => {
                job.abort(&mut self.storage);
                return true;
            }
            JobStep::Write(batch) => self.commit(batch),
            JobStep::Yield => {}
            // Other things happen between the edit and its completion.
            JobStep::Finish(batch) => {
                self.job = Some((job, Some(batch)));
                return true;
            }
            JobStep::Done => panic!("a job went on after its end"),
        }
        self.job = Some((job, None));
        true
    }

    pub fn run_jobs(&mut self) {
        while self.job_step(false) {}
    }

    pub fn reopen(&mut self) {
        self.job = None;
        let recovered = recover(self.options, &self.store.image());
        assert_eq!(recovered.seq, self.seq);
        self.storage = recovered.storage;
        self.epoch = recovered.epoch;
        self.next_log = recovered.next_log;
        self.commit(recovered.opening);
    }

    /// The value of a key as of the last durable commit, checked against the model.
    pub fn check_get(&mut self, tree: u32, key: &[u8]) {
        let at = self.storage.durable().0;
        let found = get(&mut self.storage, &self.store.image(), tree, key, at);
        let expected = self.model.get(tree, key, at);
        assert_eq!(found.value.as_deref(), expected.and_then(|(_, value)| value), "value of {key:?} at {at}");
        if found.seq.0 > 0 {
            assert_eq!(found.seq.0, expected.unwrap().0);
        }
    }

    pub fn check_all(&mut self, tree: u32, reverse: bool) {
        let at = self.storage.durable().0;
        let image = self.store.image();
        let mut cursor = self.storage.cursor(TreeId(tree), Vec::new(), None, reverse, SeqNo(at));
        let mut found = Vec::new();
        while let Some(entry) = next(&mut cursor, &mut self.storage, &image) {
            found.push(entry);
        }
        assert_eq!(found, self.model.range(tree, b"", None, reverse, at));
    }
}
