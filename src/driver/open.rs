//! Opening: the manifest, the log's tail, and the frame that tells a former owner to stop.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::{Driver, Settle, State, awaited, fetch, reads, signal, upkeep};
use crate::api::ApiError;
use crate::collections::VecMap;
use crate::engine::{Delays, Engine, GROUP_BYTES, MAX_COLLECTION};
use crate::log::{Fed, Replay};
use crate::platform::{Batch, Durability, LocalFuture, Platform, Space, Store, StoreError, sealed};
use crate::storage::{Corruption, Manifest, Storage, StorageOptions};

/// Frames read at once. The tail seldom has more, and each further read is a round trip that opening waits for;
/// most frames are small, and what is flushed leaves the log.
pub(super) const FRAMES_PER_READ: usize = 1024;
/// How often opening is tried again when another owner's commit came between.
const ATTEMPTS: usize = 5;

/// How a database is opened.
#[derive(Clone, Debug)]
pub struct OpenOptions {
    /// When a write counts as durable. `None`: nothing is kept beyond memory, and the store is not used.
    pub durability: Option<Durability>,
    /// Sizes of cache and memory table.
    pub storage: StorageOptions,
    /// Region of ARNs.
    pub region: String,
    /// Account id of ARNs.
    pub account: String,
    /// Least time between two searches for expired items, in milliseconds.
    pub sweep_millis: u64,
    /// How long what is done with tables takes.
    pub delays: Delays,
    /// Largest item collection of a table with local indexes, in bytes.
    pub max_collection: u64,
    /// Bytes of writes that are handed to the store together, more or less.
    pub group_bytes: usize,
}

impl Default for OpenOptions {
    fn default() -> Self {
        Self {
            durability: Some(Durability::Strict),
            storage: StorageOptions::default(),
            region: "local".into(),
            account: "000000000000".into(),
            sweep_millis: 60_000,
            delays: Delays::default(),
            max_collection: MAX_COLLECTION,
            group_bytes: GROUP_BYTES,
        }
    }
}

/// Why a database could not be opened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OpenError {
    /// The store refused.
    Storage(StoreError),
    /// What the store holds is damaged, or of a newer format.
    Damaged(String),
    /// What the store holds is encrypted, and no key was given.
    Encrypted,
    /// A repair was not done.
    Refused(ApiError),
}

impl std::fmt::Display for OpenError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Storage(cause) => cause.fmt(f),
            Self::Damaged(what) if what.ends_with(Corruption::NEWER) => {
                write!(f, "the database cannot be opened: {what}; a later version of this package wrote it")
            }
            Self::Damaged(what) => {
                write!(f, "the database cannot be opened: {what}; repair() saves what can be read")
            }
            Self::Encrypted => f.write_str("the database is encrypted: pass its key as `encryption`"),
            Self::Refused(cause) => f.write_str(&cause.message),
        }
    }
}

impl std::error::Error for OpenError {}

impl From<StoreError> for OpenError {
    fn from(cause: StoreError) -> Self {
        Self::Storage(cause)
    }
}

pub(super) fn damaged(what: impl std::fmt::Display) -> OpenError {
    OpenError::Damaged(what.to_string())
}

impl Driver {
    /// Opens the database in `store`, or begins one there. The caller holds whatever lock the store needs.
    pub async fn open(
        store: Rc<dyn Store>,
        platform: Rc<dyn Platform>,
        options: OpenOptions,
        settle: Settle,
    ) -> Result<Rc<Self>, OpenError> {
        let mut recovered = None;
        if options.durability.is_none() {
            recovered = Some(Recovered::in_memory(&options));
        }
        for _ in 0..ATTEMPTS {
            if recovered.is_some() {
                break;
            }
            // A task of its own: inlined into what opens, it compresses worse.
            let reading: LocalFuture<_> = Box::pin(Recovered::from_store(Rc::clone(&store), options.clone()));
            match reading.await {
                // Another owner wrote between our reading and our frame: read again.
                Err(OpenError::Storage(StoreError::Conflict)) => {}
                other => recovered = Some(other?),
            }
        }
        let Some(recovered) = recovered else { return Err(OpenError::Storage(StoreError::Conflict)) };
        let driver = Self::over(recovered, store, platform, &options, settle);
        driver.start_job_later();
        Ok(driver)
    }

    /// One over what was recovered, which has begun nothing yet.
    pub(super) fn over(
        recovered: Recovered,
        store: Rc<dyn Store>,
        platform: Rc<dyn Platform>,
        options: &OpenOptions,
        settle: Settle,
    ) -> Rc<Self> {
        let Recovered { mut engine, epoch, next_frame, opening, garbage } = recovered;
        engine.delays = options.delays;
        engine.max_collection = options.max_collection;
        engine.group_bytes = options.group_bytes;
        Rc::new(Self {
            state: RefCell::new(State {
                engine,
                waiting: VecMap::new(),
                fetch: fetch::Queue::default(),
                reads: reads::Reads::default(),
                epoch,
                next_frame,
                kept: options.durability == Some(Durability::Strict) && opening.is_none(),
                committing: false,
                one_by_one: false,
                job_running: false,
                job_resting: false,
                job_failures: 0,
                loading: false,
                backfill_running: false,
                upkeep: upkeep::Schedule::default(),
                idle_watch: false,
                pausing: true,
                job_batch: None,
                opening,
                garbage,
                closing: false,
                closed: None,
                fenced: false,
                awaited: awaited::Awaited::default(),
                progress: signal::Signal::default(),
            }),
            store,
            platform,
            settle,
            durability: Cell::new(options.durability),
            sweep_millis: options.sweep_millis.max(1),
        })
    }
}

/// An engine, and where its log goes on.
pub(super) struct Recovered {
    pub(super) engine: Engine,
    pub(super) epoch: u64,
    pub(super) next_frame: u64,
    /// What could not be written yet, for want of space.
    pub(super) opening: Option<Opening>,
    /// What nobody needs any more. It is deleted by the first commit, which only an owner can make.
    pub(super) garbage: Batch,
}

/// What an owner takes over with.
#[derive(Clone)]
pub(super) struct Opening {
    pub(super) frame: Batch,
    /// Of the manifest that was read.
    pub(super) root: Option<Vec<u8>>,
}

impl Recovered {
    fn in_memory(options: &OpenOptions) -> Self {
        // Nothing is ever flushed: the memory table is the database.
        let storage =
            StorageOptions { memory_table_bytes: usize::MAX, log_frames: u64::MAX, ..options.storage };
        let engine = Engine::without_log(Storage::new(storage), &options.region, &options.account);
        Self { engine, epoch: 0, next_frame: 0, opening: None, garbage: Batch::new() }
    }

    async fn from_store(store: Rc<dyn Store>, options: OpenOptions) -> Result<Self, OpenError> {
        let before = root(&*store).await?;
        let read = Self::take_over(&*store, options, before.clone()).await;
        // What another owner took away between our reads is no damage.
        if matches!(read, Err(OpenError::Damaged(_))) {
            unchanged(&*store, before.as_deref()).await?;
        }
        read
    }

    async fn take_over(
        store: &dyn Store,
        options: OpenOptions,
        root: Option<Vec<u8>>,
    ) -> Result<Self, OpenError> {
        let durability = options.durability.unwrap_or(Durability::Strict);
        let manifest = decode(store, root.as_deref()).await?;
        let catalog = manifest.catalog.clone();
        let mut replay = Replay::new(&manifest);
        let storage = Storage::from_manifest(options.storage, manifest.clone());
        let mut engine =
            Engine::recover(storage, &catalog, &options.region, &options.account).map_err(damaged)?;
        let mut from = replay.expected_frame();
        loop {
            let frames = store.list(Space::Log, from, u64::MAX, FRAMES_PER_READ).await?;
            let full = frames.len() == FRAMES_PER_READ;
            // Where there is neither a frame nor a manifest yet, a keyring may be all there is.
            let is_new = root.is_none() && from == 0 && frames.is_empty();
            if frames.first().is_some_and(|(_, frame)| sealed::is_sealed(frame))
                || is_new && !store.list(Space::Meta, sealed::KEYRING, u64::MAX, 1).await?.is_empty()
            {
                return Err(OpenError::Encrypted);
            }
            for (number, bytes) in frames {
                from = number + 1;
                // What follows its end may tell that it is none.
                if let Fed::Records(records) = replay.feed(number, &bytes).map_err(damaged)? {
                    for record in &records {
                        engine.replay(record).map_err(damaged)?;
                    }
                }
            }
            if !full {
                break;
            }
        }
        let epoch = replay.epoch() + 1;
        let first = replay.next_frame();
        if !replay.only_adds() {
            // What is deleted then must be what the power left, and not what an owner that still writes has trimmed.
            unchanged(store, root.as_deref()).await?;
        }
        let frame = replay.opening(epoch);
        let opening = match store.commit(frame.clone(), durability).await {
            // Nothing can be written, but read: the first commit that goes through takes over. What only adds its frame
            // may come so late, since it fails should another owner have come before.
            Err(StoreError::Full(_)) if !replay.replaces() => Some(Opening { frame, root }),
            committed => {
                committed?;
                unchanged(store, root.as_deref()).await?;
                None
            }
        };
        for (epoch, frame) in replay.fences() {
            engine.storage.add_fence(*epoch, *frame);
        }
        engine.storage.begin_epoch(epoch, first);
        engine.recovered(first + 1);
        Ok(Self { engine, epoch, next_frame: first + 1, opening, garbage: manifest.garbage(epoch) })
    }
}

async fn root(store: &dyn Store) -> Result<Option<Vec<u8>>, StoreError> {
    Ok(store.read(Space::Meta, &[Manifest::ROOT]).await?.into_iter().next().flatten())
}

/// Fails if the manifest is no longer the one of that root. A frame's number may be free because it was never taken, or
/// because an owner that still writes took it and trimmed the log since; each trim is an edit of the manifest.
pub(super) async fn unchanged(store: &dyn Store, before: Option<&[u8]>) -> Result<(), StoreError> {
    if root(store).await?.as_deref() == before { Ok(()) } else { Err(StoreError::Conflict) }
}

pub(super) async fn manifest(store: &dyn Store) -> Result<Manifest, OpenError> {
    let root = root(store).await?;
    decode(store, root.as_deref()).await
}

async fn decode(store: &dyn Store, root: Option<&[u8]>) -> Result<Manifest, OpenError> {
    let Some(root) = root else { return Ok(Manifest::default()) };
    if sealed::is_sealed(root) {
        return Err(OpenError::Encrypted);
    }
    let ids = Manifest::chunk_ids(root).map_err(damaged)?;
    let mut chunks = Vec::with_capacity(ids.len());
    if !ids.is_empty() {
        for chunk in store.read(Space::Meta, &ids).await? {
            chunks.push(chunk.ok_or_else(|| damaged("a part of the manifest is missing"))?);
        }
    }
    Manifest::decode(root, &chunks).map_err(damaged)
}
