//! The file store: crashes at every call of the file system, failing calls, full disks, damaged files.

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use dynatab::platform::files::{FileError, FileStore, FileSystem, NativeFiles, OpenError};
use dynatab::platform::memory::{Image, now};
use dynatab::platform::simulated::{Random, SimulatedPlatform};
use dynatab::platform::{Batch, Durability, LocalFuture, Platform, Space, Store, StoreError, Write};

use crate::sim_files::{Disk, SimFiles, Trouble};

const SPACES: [Space; 3] = [Space::Log, Space::Block, Space::Meta];

/// Files in a temporary directory that goes with them.
pub struct TemporaryFiles {
    files: NativeFiles,
    directory: PathBuf,
}

impl TemporaryFiles {
    pub fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("dynatab-contract-{}-{number}/below", std::process::id());
        let directory = std::env::temp_dir().join(name);
        Self { files: NativeFiles::open(&directory).unwrap(), directory }
    }
}

impl Drop for TemporaryFiles {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(self.directory.parent().unwrap_or(Path::new("/nowhere")));
    }
}

impl FileSystem for TemporaryFiles {
    fn list(&self) -> Result<Vec<String>, FileError> {
        self.files.list()
    }
    fn size(&self, name: &str) -> Result<u64, FileError> {
        self.files.size(name)
    }
    fn read(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, FileError> {
        self.files.read(name, offset, length)
    }
    fn write(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        self.files.write(name, offset, bytes)
    }
    fn truncate(&self, name: &str, length: u64) -> Result<(), FileError> {
        self.files.truncate(name, length)
    }
    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        self.files.rename(from, to)
    }
    fn remove(&self, name: &str) -> Result<(), FileError> {
        self.files.remove(name)
    }
    fn sync(&self, name: &str) -> LocalFuture<Result<(), FileError>> {
        self.files.sync(name)
    }
    fn sync_directory(&self) -> LocalFuture<Result<(), FileError>> {
        self.files.sync_directory()
    }
    fn close(&self) {
        self.files.close();
    }
}

/// Opens a store and waits for it.
pub fn open(
    platform: &SimulatedPlatform,
    files: Rc<dyn FileSystem>,
    segment_bytes: u64,
) -> Result<FileStore, OpenError> {
    platform.block_on(FileStore::open_with(files, segment_bytes)).expect("opening comes to an end")
}

/// All that a store holds.
fn contents(store: &FileStore) -> Image {
    let mut image = Image::default();
    for space in SPACES {
        let listed = now(store.list(space, 0, u64::MAX, usize::MAX)).unwrap().unwrap();
        let batch: Batch = listed.into_iter().map(|(id, value)| Write::Put(space, id, value)).collect();
        image.commit(&batch).unwrap();
    }
    image
}

/// What the store was told, and what it promised.
#[derive(Clone)]
struct Book {
    /// What the store holds after each commit that may have been written, the first before any.
    states: Vec<Rc<Image>>,
    /// The first of them that a loss of power may leave.
    strict: usize,
    /// The first of them that the death of the process may leave.
    relaxed: usize,
    /// The store gave up.
    over: bool,
}

impl Book {
    fn new(image: Image) -> Rc<RefCell<Self>> {
        Rc::new(RefCell::new(Self { states: vec![Rc::new(image)], strict: 0, relaxed: 0, over: false }))
    }

    fn last(&self) -> Image {
        self.states.last().map(|image| (**image).clone()).unwrap()
    }
}

fn random_batch(random: &mut Random) -> Batch {
    let mut batch = Batch::new();
    for _ in 0..=random.below(4) {
        let space = SPACES[random.below(3) as usize];
        let id = random.below(12);
        let mut value = vec![0; if random.chance(10) { 200 } else { random.below(40) as usize }];
        random.fill(&mut value);
        batch.push(match random.below(10) {
            0 => Write::Add(space, id, value),
            1..7 => Write::Put(space, id, value),
            7 | 8 => Write::Delete(space, id),
            _ => Write::DeleteRange(space, id, id + random.below(6)),
        });
    }
    batch
}

/// Makes a commit, and notes in `book` what may be there from now on and, when it completes, what must be.
fn commit(
    platform: &SimulatedPlatform,
    store: &FileStore,
    book: &Rc<RefCell<Book>>,
    batch: Batch,
    durability: Durability,
) {
    let mut next = book.borrow().last();
    let expected = next.commit(&batch);
    let taken = expected.is_ok();
    if taken {
        book.borrow_mut().states.push(Rc::new(next));
    }
    let number = book.borrow().states.len() - 1;
    let mut call = store.commit(batch, durability);
    let mut context = Context::from_waker(Waker::noop());
    let first = call.as_mut().poll(&mut context);
    let settle = {
        let book = Rc::clone(book);
        move |result: Result<(), StoreError>| {
            let mut book = book.borrow_mut();
            match result {
                Ok(()) => {
                    assert!(taken);
                    book.relaxed = book.relaxed.max(number);
                    if durability == Durability::Strict {
                        book.strict = book.strict.max(number);
                    }
                }
                Err(StoreError::Conflict) => assert_eq!(expected, Err(StoreError::Conflict)),
                Err(StoreError::Unknown(_)) => book.over = true,
                Err(error) => panic!("not from a commit that was written: {error}"),
            }
        }
    };
    match first {
        Poll::Ready(Err(StoreError::Full(_) | StoreError::Aborted(_))) => {
            book.borrow_mut().states.pop();
        }
        Poll::Ready(Err(StoreError::Closed(_))) => {
            let mut book = book.borrow_mut();
            book.over = true;
            if taken {
                book.states.pop();
            }
        }
        Poll::Ready(result) => settle(result),
        Poll::Pending => platform.spawn(Box::pin(async move { settle(call.await) })),
    }
}

/// A moment at which everything ended, and what was promised until then.
struct Crash {
    disk: Disk,
    book: Book,
}

/// Random commits on `files`; gives the crashes that could have been, one for each call.
fn run(seed: u64, files: &Rc<SimFiles>, trouble: Trouble) -> Result<(Vec<Crash>, Image), OpenError> {
    let platform = SimulatedPlatform::new(seed);
    let mut random = Random::new(seed ^ 0xF11E);
    let store = open(&platform, Rc::clone(files) as _, 400)?;
    let book = Book::new(contents(&store));
    let crashes = Rc::new(RefCell::new(Vec::new()));
    {
        let (book, crashes, random) =
            (Rc::clone(&book), Rc::clone(&crashes), RefCell::new(Random::new(seed ^ 0xC4A54)));
        files.set_hook(move |disk| {
            let disk = disk.crash(&mut random.borrow_mut());
            crashes.borrow_mut().push(Crash { disk, book: book.borrow().clone() });
        });
    }
    files.set_trouble(trouble);
    for _ in 0..20 {
        for _ in 0..=random.below(3) {
            let durability = if random.chance(40) { Durability::Strict } else { Durability::Relaxed };
            commit(&platform, &store, &book, random_batch(&mut random), durability);
        }
        if random.chance(70) {
            platform.run_until_idle();
        }
        if book.borrow().over {
            break;
        }
    }
    platform.run_until_idle();
    files.set_trouble(Trouble::None);
    let over = book.borrow().over;
    if !over {
        assert!(
            contents(&store) == book.borrow().last(),
            "seed {seed}: what it holds is not what was committed"
        );
        platform.block_on(store.close()).unwrap();
        let book = book.borrow().clone();
        let promised = Book { strict: book.states.len() - 1, ..book };
        crashes.borrow_mut().push(Crash { disk: files.disk().crash(&mut random), book: promised });
    }
    files.set_hook(|_| ());
    let crashes = crashes.take();
    Ok((crashes, book.borrow().last()))
}

/// Opens what a crash left: it is one of the states of the book, not an earlier one than the number `from`.
fn check(crash: &Crash, from: usize, what: &str) {
    let platform = SimulatedPlatform::new(1);
    let store = open(&platform, SimFiles::new(crash.disk.clone()), 400)
        .unwrap_or_else(|error| panic!("{what}: {error}"));
    let found = contents(&store);
    let known = crash.book.states.iter().skip(from).any(|state| **state == found);
    let earlier = crash.book.states.iter().position(|state| **state == found);
    assert!(known, "{what}: {from} commits were promised, and this is the state after {earlier:?}");
}

/// How many seeds to run: more by DYNATAB_FILES_SEEDS.
fn seeds(usual: u64) -> std::ops::Range<u64> {
    let asked = std::env::var("DYNATAB_FILES_SEEDS").ok().and_then(|text| text.parse().ok());
    0..asked.unwrap_or(usual)
}

#[test]
fn whatever_a_loss_of_power_leaves_all_that_was_promised_is_there() {
    let mut points = 0;
    let (mut indexes, mut copies) = (0, 0);
    for seed in seeds(30) {
        let mut disk = Disk::default();
        for generation in 0..3 {
            let seed = seed * 10 + generation;
            let files = SimFiles::new(disk);
            let (crashes, _) = run(seed, &files, Trouble::None).unwrap();
            indexes += files.disk().names().iter().filter(|name| name.starts_with("index-0")).count();
            copies += usize::from(!files.disk().names().contains(&"segment-0000000000000000".into()));
            for (at, crash) in crashes.iter().enumerate() {
                check(crash, crash.book.strict, &format!("seed {seed}, call {at}"));
            }
            points += crashes.len();
            // It crashes somewhere, and in the middle of opening, and goes on with what is left.
            let mut random = Random::new(seed ^ 0xAF7E4);
            let at = random.below(crashes.len() as u64) as usize;
            let crash = &crashes[at];
            let opening = SimFiles::new(crash.disk.clone());
            let inside = Rc::new(RefCell::new(Vec::new()));
            {
                let (inside, random) = (Rc::clone(&inside), RefCell::new(random.clone()));
                opening.set_hook(move |disk| {
                    inside.borrow_mut().push(disk.crash(&mut random.borrow_mut()));
                });
            }
            let platform = SimulatedPlatform::new(seed);
            let found = contents(&open(&platform, Rc::clone(&opening) as _, 400).unwrap());
            opening.set_hook(|_| ());
            let inside = inside.take();
            points += inside.len();
            for (call, disk) in inside.into_iter().enumerate() {
                let again = Crash { disk, book: crash.book.clone() };
                check(&again, crash.book.strict, &format!("seed {seed}, call {at}, opening, call {call}"));
            }
            // Once open, what was found is as good as promised.
            let after = Crash {
                disk: opening.disk().crash(&mut random),
                book: Book { states: vec![Rc::new(found)], strict: 0, relaxed: 0, over: false },
            };
            check(&after, 0, &format!("seed {seed}, call {at}, opened"));
            disk = opening.disk();
        }
    }
    println!("{points} crash points, {indexes} runs with an index, {copies} without their first segment");
    assert!(indexes > 20 && copies > 20, "segments are to be closed and copied all the time");
    assert!(points >= 3000, "only {points}");
}

#[test]
fn the_death_of_the_process_loses_no_completed_commit() {
    let mut points = 0;
    for seed in seeds(10) {
        let files = SimFiles::new(Disk::default());
        let platform = SimulatedPlatform::new(seed);
        let mut random = Random::new(seed);
        let store = open(&platform, Rc::clone(&files) as _, 400).unwrap();
        let book = Book::new(Image::default());
        let crashes = Rc::new(RefCell::new(Vec::new()));
        {
            let (book, crashes) = (Rc::clone(&book), Rc::clone(&crashes));
            files.set_hook(move |disk| {
                crashes.borrow_mut().push(Crash { disk: disk.clone(), book: book.borrow().clone() });
            });
        }
        for _ in 0..30 {
            commit(&platform, &store, &book, random_batch(&mut random), Durability::Relaxed);
            // Else it begins segments while older ones are still being synced.
            if random.chance(30) {
                platform.run_until_idle();
            }
        }
        let crashes = crashes.take();
        points += crashes.len();
        for (at, crash) in crashes.iter().enumerate() {
            check(crash, crash.book.relaxed, &format!("seed {seed}, call {at}"));
        }
        // The next process makes a strict commit: what the dead one left to the cache must last with it.
        for (at, crash) in crashes.iter().enumerate() {
            let platform = SimulatedPlatform::new(seed);
            let files = SimFiles::new(crash.disk.clone());
            let store = open(&platform, Rc::clone(&files) as _, 400).unwrap();
            let batch = vec![Write::Put(Space::Log, 99, vec![9])];
            platform.block_on(store.commit(batch, Durability::Strict)).unwrap().unwrap();
            let book = Book::new(contents(&store)).borrow().clone();
            for _ in 0..3 {
                let after = Crash { disk: files.disk().crash(&mut random), book: book.clone() };
                check(&after, 0, &format!("seed {seed}, call {at}, the second process"));
            }
        }
    }
    println!("{points} deaths");
}

#[test]
fn a_call_that_fails_or_a_full_disk_breaks_no_promise() {
    let mut points = 0;
    for seed in seeds(60) {
        let mut random = Random::new(seed);
        let files = SimFiles::new(Disk::default());
        // The last calls of opening have been made by then.
        let from = 8 + random.below(150);
        let trouble = if random.chance(50) {
            Trouble::Once(from)
        } else {
            Trouble::Full(from, from + 1 + random.below(60))
        };
        let (crashes, last) = run(seed, &files, trouble).unwrap();
        for (at, crash) in crashes.iter().enumerate().step_by(3) {
            points += 1;
            check(crash, crash.book.strict, &format!("seed {seed}, call {at}"));
        }
        let over = crashes.last().is_some_and(|crash| crash.book.over);
        assert!(!over || matches!(trouble, Trouble::Once(_)), "seed {seed}: a full disk is no end");
        let platform = SimulatedPlatform::new(seed);
        let again = open(&platform, SimFiles::new(files.disk()), 400).unwrap();
        assert!(over || contents(&again) == last, "seed {seed}: opened again, it is another");
    }
    println!("{points} crash points");
}

#[test]
fn any_single_write_may_find_the_disk_full() {
    for seed in 0..3 {
        for from in 8..200 {
            let files = SimFiles::new(Disk::default());
            let (crashes, last) = run(seed, &files, Trouble::Full(from, from + 1)).unwrap();
            let what = format!("seed {seed}, full at call {from}");
            assert!(!crashes.last().unwrap().book.over, "{what}: the store gave up");
            check(crashes.last().unwrap(), 0, &what);
            let platform = SimulatedPlatform::new(seed);
            let again = open(&platform, SimFiles::new(files.disk()), 400).unwrap();
            assert!(contents(&again) == last, "{what}: opened again, it is another");
        }
    }
}

/// A store of strict commits in several segments, with an index, closed.
fn strict_commits() -> (Disk, Image) {
    let platform = SimulatedPlatform::new(1);
    let files = SimFiles::new(Disk::default());
    let store = open(&platform, Rc::clone(&files) as _, 2000).unwrap();
    for id in 0..90u64 {
        let batch = vec![Write::Put(Space::Block, id, vec![id as u8; 50])];
        platform.block_on(store.commit(batch, Durability::Strict)).unwrap().unwrap();
    }
    let image = contents(&store);
    platform.block_on(store.close()).unwrap();
    (files.disk(), image)
}

fn reopened(disk: Disk) -> Result<Image, OpenError> {
    open(&SimulatedPlatform::new(1), SimFiles::new(disk), 2000).map(|store| contents(&store))
}

#[test]
fn damage_before_a_later_strict_commit_is_reported_and_left_as_it_is() {
    let (disk, image) = strict_commits();
    assert_eq!(
        disk.names(),
        ["index-0000000000000004"]
            .into_iter()
            .map(String::from)
            .chain((0..5).map(|n| format!("segment-{n:016x}")))
            .collect::<Vec<_>>()
    );
    let newest = "segment-0000000000000004";
    let length = disk.clone().bytes(newest).len();
    let commit = 32 + 14 + 50;
    assert!(length >= 3 * commit && length % commit == 0, "{length}");
    let mut reported = 0;
    for at in 0..length {
        let mut damaged = disk.clone();
        damaged.bytes(newest)[at] ^= 0x10;
        match reopened(damaged) {
            Err(OpenError::Damaged(text)) => {
                assert!(
                    text.contains(newest) && text.contains(&format!("at byte {}", at / commit * commit)),
                    "{text}"
                );
                reported += 1;
            }
            // The last commit cannot be told from one that was never completed.
            Ok(left) => assert!(at >= length - commit && left.ids(Space::Block).len() == 89, "byte {at}"),
            Err(error) => panic!("{error}"),
        }
    }
    assert_eq!(reported, length - commit);
    assert!(reopened(disk).unwrap() == image);
}

#[test]
fn missing_and_damaged_files_are_reported() {
    let (disk, _) = strict_commits();
    let damaged = |change: &dyn Fn(&mut Disk)| {
        let mut disk = disk.clone();
        change(&mut disk);
        match reopened(disk) {
            Err(OpenError::Damaged(text)) => text,
            Err(error) => panic!("{error}"),
            Ok(_) => "opened".into(),
        }
    };
    let text = damaged(&|disk| disk.bytes("index-0000000000000004")[40] ^= 1);
    assert!(text.contains("index-0000000000000004"), "{text}");
    let text = damaged(&|disk| disk.remove("segment-0000000000000002"));
    assert!(text.contains("segment-0000000000000002 is missing"), "{text}");
    let text = damaged(&|disk| disk.bytes("segment-0000000000000003").truncate(100));
    assert!(text.contains("segment-0000000000000003"), "{text}");
    // Without the index, the oldest commits are found in their segments.
    assert_eq!(damaged(&|disk| disk.remove("index-0000000000000004")), "opened");
    let text = damaged(&|disk| {
        disk.remove("index-0000000000000004");
        disk.remove("segment-0000000000000000");
    });
    assert!(text.contains("commits 1 to"), "{text}");
}

#[test]
fn a_torn_end_goes_and_the_store_goes_on() {
    let (disk, image) = strict_commits();
    let newest = "segment-0000000000000004";
    for cut in 1..96 {
        let mut torn = disk.clone();
        let length = torn.bytes(newest).len();
        torn.bytes(newest).truncate(length - cut);
        let platform = SimulatedPlatform::new(1);
        let files = SimFiles::new(torn);
        let store = open(&platform, Rc::clone(&files) as _, 2000).unwrap();
        assert_eq!(contents(&store).ids(Space::Block), (0..89).collect::<Vec<_>>());
        let batch = vec![Write::Add(Space::Block, 89, vec![89; 50])];
        platform.block_on(store.commit(batch, Durability::Strict)).unwrap().unwrap();
        let crashed = files.disk().crash(&mut Random::new(cut as u64));
        assert!(reopened(crashed).unwrap() == image);
    }
}

#[test]
fn what_follows_a_torn_commit_goes_with_its_files() {
    let platform = SimulatedPlatform::new(1);
    let files = SimFiles::new(Disk::default());
    let store = open(&platform, Rc::clone(&files) as _, 500).unwrap();
    for id in 0..30u64 {
        // Nobody waits for it, so nothing is synced.
        drop(store.commit(vec![Write::Put(Space::Block, id, vec![id as u8; 50])], Durability::Relaxed));
    }
    let mut disk = files.disk();
    assert_eq!(disk.names().len(), 5);
    disk.bytes("segment-0000000000000001")[100] ^= 1;
    let files = SimFiles::new(disk);
    let store = open(&platform, Rc::clone(&files) as _, 500).unwrap();
    assert_eq!(contents(&store).ids(Space::Block), (0..7).collect::<Vec<_>>());
    assert_eq!(files.disk().names(), ["segment-0000000000000000", "segment-0000000000000001"]);
}

#[test]
fn a_failed_sync_ends_the_use_of_the_store() {
    let platform = SimulatedPlatform::new(1);
    let files = SimFiles::new(Disk::default());
    let store = open(&platform, Rc::clone(&files) as _, 2000).unwrap();
    // After the two writes comes one sync for both.
    files.set_trouble(Trouble::Once(files.calls() + 2));
    let commit = |id| store.commit(vec![Write::Put(Space::Log, id, vec![1])], Durability::Strict);
    let (first, second) = (commit(1), commit(2));
    assert!(matches!(platform.block_on(first).unwrap(), Err(StoreError::Unknown(_))));
    assert!(matches!(platform.block_on(second).unwrap(), Err(StoreError::Unknown(_))));
    assert!(matches!(platform.block_on(commit(3)).unwrap(), Err(StoreError::Closed(_))));
    assert!(matches!(now(store.read(Space::Log, &[1])).unwrap(), Err(StoreError::Closed(_))));
}

#[test]
fn one_process_has_a_directory() {
    let files = TemporaryFiles::new();
    let error = NativeFiles::open(&files.directory).err().unwrap();
    assert!(error.message.contains("another process"), "{error:?}");
}

/// Opens damaged files for a repair, and what they then hold; leaves the damage, and gives the disk.
fn salvaged(disk: Disk) -> (Image, Vec<String>, Disk) {
    let platform = SimulatedPlatform::new(1);
    let files = SimFiles::new(disk.clone());
    let opening = FileStore::open_damaged(Rc::clone(&files) as _, 2000);
    let (store, problems) = platform.block_on(opening).unwrap().unwrap();
    let image = contents(&store);
    let same = disk.names() == files.disk().names()
        && disk.names().iter().all(|name| disk.clone().bytes(name) == files.disk().bytes(name));
    assert!(problems.is_empty() || same, "nothing was changed");
    let batch = vec![Write::Put(Space::Meta, 7, vec![7; 5_000])];
    platform.block_on(store.commit(batch, Durability::Strict)).unwrap().unwrap();
    assert_eq!(problems.is_empty(), reopened(files.disk()).is_ok(), "the damage is still known");
    platform.block_on(store.leave_damage()).unwrap().unwrap();
    platform.block_on(store.close()).unwrap();
    (image, problems, files.disk())
}

/// Something that happens to files.
type Damage<'a> = &'a dyn Fn(&mut Disk);

#[test]
fn damaged_files_give_what_can_be_read_of_them_and_open_once_the_damage_is_left() {
    let (disk, image) = strict_commits();
    let (found, problems, _) = salvaged(disk.clone());
    assert!(problems.is_empty() && found == image);

    let commit = 32 + 14 + 50;
    let newest = "segment-0000000000000004";
    let length = disk.clone().bytes(newest).len();
    for at in 0..length - commit {
        let mut damaged = disk.clone();
        damaged.bytes(newest)[at] ^= 0x10;
        let (found, problems, after) = salvaged(damaged);
        assert_eq!(problems.len(), 1, "byte {at}");
        // All other commits are there; of this one what its entries still say.
        let mut missing = 0;
        for id in image.ids(Space::Block) {
            let value = found.get(Space::Block, id);
            missing += usize::from(value != image.get(Space::Block, id));
        }
        assert!(missing <= 1, "byte {at}: {missing}");
        let mut again = reopened(after).expect("it opens");
        assert_eq!(again.get(Space::Meta, 7), Some([7; 5_000].as_slice()));
        again.commit(&[Write::Delete(Space::Meta, 7)]).unwrap();
        assert!(again == found);
    }

    let cases: [(&str, Damage<'_>, usize); 4] = [
        ("no index that can be read", &|disk| disk.bytes("index-0000000000000004")[40] ^= 1, 90),
        ("a segment that is gone", &|disk| disk.remove("segment-0000000000000002"), 90 - 21),
        ("a segment cut short", &|disk| disk.bytes("segment-0000000000000003").truncate(100), 90 - 21),
        (
            "neither index nor first segment",
            &|disk| {
                disk.remove("index-0000000000000004");
                disk.remove("segment-0000000000000000");
            },
            90 - 21,
        ),
    ];
    for (what, change, least) in cases {
        let mut damaged = disk.clone();
        change(&mut damaged);
        let (found, problems, after) = salvaged(damaged);
        assert_eq!(problems.len(), 1, "{what}");
        let ids = found.ids(Space::Block);
        assert!(ids.len() >= least, "{what}: {}", ids.len());
        assert!(
            ids.into_iter().all(|id| found.get(Space::Block, id) == image.get(Space::Block, id)),
            "{what}"
        );
        assert!(reopened(after).is_ok(), "{what}");
    }
}

#[test]
fn a_deletion_in_a_damaged_commit_is_not_believed() {
    let platform = SimulatedPlatform::new(1);
    let files = SimFiles::new(Disk::default());
    let store = open(&platform, Rc::clone(&files) as _, 20_000).unwrap();
    let commit = |batch| platform.block_on(store.commit(batch, Durability::Strict)).unwrap().unwrap();
    for id in 0..9 {
        commit(vec![Write::Put(Space::Block, id, vec![id as u8; 50])]);
    }
    commit(vec![
        Write::Delete(Space::Block, 2),
        Write::DeleteRange(Space::Block, 4, 7),
        Write::Put(Space::Block, 20, vec![0xAB; 50]),
    ]);
    commit(vec![Write::Put(Space::Block, 21, vec![21; 50])]);
    platform.block_on(store.close()).unwrap();
    let mut disk = files.disk();
    let name = "segment-0000000000000000";
    let value = disk.bytes(name).windows(50).position(|bytes| bytes == [0xAB; 50]).expect("the value");
    disk.bytes(name)[value + 9] ^= 1;
    let (found, problems, _) = salvaged(disk);
    assert_eq!(problems.len(), 1, "{problems:?}");
    let ids = found.ids(Space::Block);
    assert_eq!(ids.into_iter().filter(|id| *id != 20).collect::<Vec<_>>(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 21]);
}
