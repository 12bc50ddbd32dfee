//! Verification: what is in the store is what was written, and everything fits together.
//!
//! Beside the application, which goes on: all is seen as it was when the verification began.

use std::rc::Rc;

use super::fetch::storage_error;
use super::{Driver, closed, open};
use crate::api::{ApiError, ErrorKind};
use crate::collections::VecMap;
use crate::engine::verify::{Misfit, Verification, VerifyStep};
use crate::engine::{Engine, Tables};
use crate::log::{Fed, Replay, Stop};
use crate::platform::{Space, StoreError};
use crate::storage::verify::{Damage, check_levels, checks};
use crate::storage::{Manifest, TreeId};

/// Problems that a report lists; the others are counted.
const MOST_PROBLEMS: usize = 100;
/// Frames of the log read at once.
const FRAMES_PER_READ: usize = 64;
/// How often what a commit changed under the eyes is looked at again.
const ATTEMPTS: usize = 5;

/// What is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The table, where one is meant.
    pub table_name: Option<String>,
    /// The index, where one is meant.
    pub index_name: Option<String>,
    /// What is wrong, for people.
    pub problem: String,
}

/// What a verification looked at, and found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Tables.
    pub tables: u64,
    /// Items of all tables.
    pub items: u64,
    /// Entries of all indexes.
    pub index_entries: u64,
    /// Frames of the log and blocks of sorted runs that were read.
    pub blocks: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// The first hundred problems. None: the database is as it should be.
    pub problems: Vec<Problem>,
    /// How many more there are.
    pub more_problems: u64,
}

/// A report in the making.
struct Findings {
    report: Report,
    /// Which table and index a tree is.
    names: VecMap<TreeId, (String, Option<String>)>,
}

impl Findings {
    fn new(tables: &Tables) -> Self {
        let mut names = VecMap::new();
        for table in tables.after(None) {
            names.insert(table.tree, (table.schema.name.clone(), None));
            for index in &table.indexes {
                names.insert(index.tree, (table.schema.name.clone(), Some(index.name.clone())));
            }
        }
        Self { report: Report::default(), names }
    }

    fn add(&mut self, tree: Option<TreeId>, problem: String) {
        if self.report.problems.len() == MOST_PROBLEMS {
            self.report.more_problems += 1;
            return;
        }
        let (table_name, index_name) = match tree.and_then(|tree| self.names.get(&tree)) {
            Some((table, index)) => (Some(table.clone()), index.clone()),
            None => (None, None),
        };
        self.report.problems.push(Problem { table_name, index_name, problem });
    }

    fn damage(&mut self, damage: Vec<Damage>) {
        for Damage { tree, block, why } in damage {
            let problem = match block {
                Some(block) => format!("block {} is damaged: {why}", block.0),
                None => why.to_owned(),
            };
            self.add(Some(tree), problem);
        }
    }

    fn read(&mut self, bytes: usize) {
        self.report.blocks += 1;
        self.report.bytes += bytes as u64;
    }
}

/// Reads all that is stored and checks it: the manifest, the log, every block; then the items against the rules of
/// items, the indexes against their tables, and the counts against what is there.
#[inline(never)]
pub async fn verify(driver: Rc<Driver>) -> Result<Report, ApiError> {
    check(&driver, None).await
}

/// [`verify`]; of a database whose log was read already, with what is wrong there.
pub(super) async fn check(
    driver: &Rc<Driver>,
    log_problems: Option<Vec<String>>,
) -> Result<Report, ApiError> {
    let (mut verification, mut findings, log) = {
        let state = driver.state.borrow();
        let engine = &state.engine;
        // The frame that this owner takes over with may still have to be written.
        let written = state.next_frame - u64::from(state.opening.is_some());
        let log = engine.storage.log_start()..written;
        (Verification::begin(engine, driver.platform.now_millis()), Findings::new(engine.tables()), log)
    };
    if driver.durability.get().is_some() {
        manifest(driver, &mut findings).await?;
        match log_problems {
            None => frames(driver, log, &mut findings).await?,
            Some(problems) => problems.into_iter().for_each(|problem| findings.add(None, problem)),
        }
        blocks(driver, &verification, &mut findings).await?;
    }
    contents(driver, &mut verification).await?;
    let looked = verification.looked;
    for Misfit { tree, what } in verification.misfits {
        findings.add(Some(tree), what);
    }
    let Report { blocks, bytes, problems, more_problems, .. } = findings.report;
    Ok(Report {
        tables: looked.tables,
        items: looked.items,
        index_entries: looked.entries,
        blocks,
        bytes,
        problems,
        more_problems,
    })
}

/// Lets the application have its turn.
async fn pause(driver: &Driver) -> Result<(), ApiError> {
    driver.platform.yield_now().await;
    let state = driver.state.borrow();
    if state.closing || state.closed.is_some() {
        return Err(state.closed.clone().unwrap_or_else(closed));
    }
    Ok(())
}

/// The values of `ids`. Where the store cannot read them there are none, which is a problem of its own.
async fn read(
    driver: &Rc<Driver>,
    space: Space,
    ids: &[u64],
    findings: &mut Findings,
) -> Result<Vec<Option<Vec<u8>>>, ApiError> {
    match driver.store.read(space, ids).await {
        Ok(values) => Ok(values),
        Err(error @ (StoreError::Closed(_) | StoreError::Conflict)) => Err(storage_error(&error)),
        Err(error) => {
            findings.add(None, error.to_string());
            Ok(vec![None; ids.len()])
        }
    }
}

async fn manifest(driver: &Rc<Driver>, findings: &mut Findings) -> Result<(), ApiError> {
    let mut wrong = None;
    for _ in 0..ATTEMPTS {
        let root = read(driver, Space::Meta, &[Manifest::ROOT], findings).await?.into_iter().next().flatten();
        // Before the first flush there is none.
        let Some(root) = root else { return Ok(()) };
        let decoded = match Manifest::chunk_ids(&root) {
            Err(wrong) => Err(wrong.to_string()),
            Ok(ids) => {
                let chunks = read(driver, Space::Meta, &ids, findings).await?;
                match chunks.into_iter().collect::<Option<Vec<_>>>() {
                    None => Err("a part of the manifest is missing".to_owned()),
                    Some(chunks) => Manifest::decode(&root, &chunks).map_err(|wrong| wrong.to_string()),
                }
            }
        };
        // A new manifest may have come between the reads.
        wrong = decoded.err();
        if wrong.is_none() {
            findings.read(root.len());
            break;
        }
        pause(driver).await?;
    }
    if let Some(wrong) = wrong {
        findings.add(None, wrong);
    }
    Ok(())
}

async fn frames(
    driver: &Rc<Driver>,
    frames: std::ops::Range<u64>,
    findings: &mut Findings,
) -> Result<(), ApiError> {
    let mut replay = Replay::starting_at(frames.start, 0);
    while replay.expected_frame() < frames.end {
        // A flush may have trimmed the log since.
        let start = driver.state.borrow().engine.storage.log_start();
        if start > replay.expected_frame() {
            replay = Replay::starting_at(start, 0);
            continue;
        }
        let from = replay.expected_frame();
        let to = frames.end.min(from + FRAMES_PER_READ as u64);
        let ids: Vec<u64> = (from..to).collect();
        let values = read(driver, Space::Log, &ids, findings).await?;
        if driver.state.borrow().engine.storage.log_start() > from {
            continue;
        }
        if values.iter().any(Option::is_none)
            && let Ok(stored) = open::manifest(&*driver.store).await
            && stored.log_start > from
        {
            // The store has trimmed it, and its answer is on the way.
            replay = Replay::starting_at(stored.log_start, 0);
            continue;
        }
        for (number, value) in ids.into_iter().zip(values) {
            let fed = match &value {
                None => Err("missing from the storage"),
                Some(bytes) => {
                    findings.read(bytes.len());
                    match replay.feed(number, bytes) {
                        Ok(Fed::Records(_)) => Ok(()),
                        Ok(Fed::Stopped(stop)) => Err(match stop {
                            Stop::Gap => "of another number",
                            Stop::Torn => "the rest of its group is missing",
                            Stop::Fenced => "of an owner that was replaced before",
                        }),
                        Err(wrong) => Err(wrong.why),
                    }
                }
            };
            if let Err(why) = fed {
                findings.add(None, format!("frame {number} of the log is damaged: {why}"));
                return Ok(());
            }
        }
        pause(driver).await?;
    }
    Ok(())
}

async fn blocks(
    driver: &Rc<Driver>,
    verification: &Verification,
    findings: &mut Findings,
) -> Result<(), ApiError> {
    findings.damage(check_levels(verification.snapshot()));
    for mut check in checks(verification.snapshot()) {
        loop {
            let wanted = check.wants();
            if wanted.is_empty() {
                break;
            }
            let ids: Vec<u64> = wanted.iter().map(|block| block.0).collect();
            let values = read(driver, Space::Block, &ids, findings).await?;
            let mut damage = Vec::new();
            let (blocks, bytes) = check.take(values, &mut damage);
            findings.report.blocks += blocks;
            findings.report.bytes += bytes;
            findings.damage(damage);
            pause(driver).await?;
        }
    }
    Ok(())
}

async fn contents(driver: &Rc<Driver>, verification: &mut Verification) -> Result<(), ApiError> {
    let at = verification.snapshot().at();
    loop {
        let step = {
            let mut state = driver.state.borrow_mut();
            let engine: &mut Engine = &mut state.engine;
            if engine.storage.latest() < at {
                let why = "What was verified was undone, because the storage failed; verify again";
                return Err(ApiError::new(ErrorKind::StorageFailed, why));
            }
            verification.step(engine)
        };
        match step {
            VerifyStep::Done => return Ok(()),
            VerifyStep::Slice => {}
            VerifyStep::Missing(blocks) => {
                let mut gone = None;
                let supplied = driver.supply(&blocks, &mut gone).await;
                // Blocks are pinned: one that is gone is damage.
                if supplied.is_err() || gone.is_some() {
                    verification.skip();
                }
            }
        }
        pause(driver).await?;
    }
}
