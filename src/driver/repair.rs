//! Repair: what can be read of a damaged database becomes a new one, in the same store.
//!
//! Items are what a database cannot do without; all else follows from them. So the items that can be read are dumped, past
//! whatever is damaged, and loaded into an empty database, whose one edit takes the place of the old manifest and deletes
//! the old blocks. Until then nothing of the old database is touched, and a crash leaves it as it was.

use std::rc::Rc;

use super::open::{FRAMES_PER_READ, OpenError, OpenOptions, Recovered, damaged, manifest};
use super::verify::{Report, check};
use super::{Driver, LoadError};
use crate::api::ApiError;
use crate::engine::{Dump, DumpStep, Engine};
use crate::log::{Salvage, epoch_frame};
use crate::platform::sealed::{self, Found};
use crate::platform::{Batch, Durability, Platform, Space, Store, StoreError, Write};
use crate::storage::{Corruption, Storage};

/// What a repair found, and did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Repair {
    /// What was wrong. No problems: nothing was written.
    pub found: Report,
    /// Items that are there afterwards.
    pub items: u64,
    /// Items that were there and could not be kept, because they were damaged themselves.
    pub lost_items: u64,
}

/// A database as far as it can be read. Nothing may be written through it.
struct Salvaged {
    driver: Rc<Driver>,
    problems: Vec<String>,
    /// Of the owner to come.
    epoch: u64,
    /// The first frame that nobody has written.
    next_frame: u64,
}

/// Repairs the database in `store`, which is released afterwards. `known`: what is wrong with the store itself. The
/// caller holds whatever lock the store needs.
///
/// What hinders it is an error: a manifest that cannot be read, what a later version wrote, a store that fails, no space
/// for a second copy.
#[inline(never)]
pub async fn repair(
    store: Rc<dyn Store>,
    platform: Rc<dyn Platform>,
    options: OpenOptions,
    known: Vec<String>,
) -> Result<Repair, OpenError> {
    if matches!(sealed::find(Rc::clone(&store)).await?, Found::Keyring(_)) {
        return Err(OpenError::Encrypted);
    }
    let old = salvage(&store, &platform, &options, known).await?;
    let found = check(&old.driver, Some(old.problems.clone())).await.map_err(failed)?;
    let mut repair = Repair { items: found.items, found, lost_items: 0 };
    if repair.found.problems.is_empty() {
        store.close().await;
        return Ok(repair);
    }
    // Nothing of a later version is lost because this one cannot read it.
    if let Some(newer) = repair.found.problems.iter().find(|found| found.problem.ends_with(Corruption::NEWER))
    {
        return Err(damaged(&newer.problem));
    }
    let new = succeed(&old, &store, &platform, &options).await?;
    let done = carry_over(&old, &new).await;
    // One that failed must not write any more: what it knows is not what the store holds.
    if done.is_err() {
        new.poison(super::closed());
    }
    (repair.items, repair.lost_items) = done?;
    store.leave_damage().await?;
    new.close().await;
    Ok(repair)
}

/// Reads what can be read of manifest and log.
async fn salvage(
    store: &Rc<dyn Store>,
    platform: &Rc<dyn Platform>,
    options: &OpenOptions,
    mut problems: Vec<String>,
) -> Result<Salvaged, OpenError> {
    let manifest = manifest(&**store).await?;
    let catalog = manifest.catalog.clone();
    let mut log = Salvage::starting_at(manifest.log_start, manifest.epoch);
    let storage = Storage::from_manifest(options.storage, manifest);
    let mut engine =
        Engine::recover(storage, &catalog, &options.region, &options.account).map_err(damaged)?;
    let mut unusable = 0;
    loop {
        let frames = list(&**store, log.next_frame()).await?;
        if frames.is_empty() {
            break;
        }
        for (number, bytes) in frames {
            for record in log.feed(number, &bytes) {
                unusable += u64::from(engine.replay(&record).is_err());
            }
        }
    }
    if unusable > 0 {
        problems.push(format!("{unusable} records of the log fit nothing that is there"));
    }
    let (epoch, next_frame) = (engine.storage.epoch_after(log.epoch()), log.next_frame());
    problems.extend(log.into_lost());
    let recovered = Recovered { engine, epoch, next_frame, opening: None, garbage: Batch::new() };
    let settle = Box::new(|_, _| {});
    let driver = Driver::over(recovered, Rc::clone(store), Rc::clone(platform), options, settle);
    Ok(Salvaged { driver, problems, epoch, next_frame })
}

/// The next frames from `from` on. One that the store cannot read is passed over: it is missing then.
async fn list(store: &dyn Store, from: u64) -> Result<Vec<(u64, Vec<u8>)>, OpenError> {
    match store.list(Space::Log, from, u64::MAX, FRAMES_PER_READ).await {
        Ok(frames) => Ok(frames),
        Err(error @ StoreError::Closed(_)) => Err(error.into()),
        Err(_) => {
            let mut frames = Vec::new();
            for number in from..from + FRAMES_PER_READ as u64 {
                let read = store.read(Space::Log, &[number]).await;
                frames.extend(read.ok().and_then(|values| Some((number, values.into_iter().next()??))));
            }
            Ok(frames)
        }
    }
}

/// Takes the store over with an empty database, which no manifest names yet.
async fn succeed(
    old: &Salvaged,
    store: &Rc<dyn Store>,
    platform: &Rc<dyn Platform>,
    options: &OpenOptions,
) -> Result<Rc<Driver>, OpenError> {
    let (epoch, first) = (old.epoch, old.next_frame);
    let frame = Write::Add(Space::Log, first, epoch_frame(epoch, first));
    store.commit(vec![frame], Durability::Strict).await?;
    let mut engine = old.driver.inspect(|engine| engine.succeeding());
    engine.storage.begin_epoch(epoch, first);
    let recovered = Recovered { engine, epoch, next_frame: first + 1, opening: None, garbage: Batch::new() };
    let options = OpenOptions { durability: Some(Durability::Strict), ..options.clone() };
    let settle = Box::new(|_, _| {});
    let driver = Driver::over(recovered, Rc::clone(store), Rc::clone(platform), &options, settle);
    // Its jobs would delete what no piece of its own needs.
    driver.state.borrow_mut().job_resting = true;
    Ok(driver)
}

/// Fills the new database from the old one; gives how many items it has, and how many it could not take.
async fn carry_over(old: &Salvaged, new: &Rc<Driver>) -> Result<(u64, u64), OpenError> {
    let now_millis = new.platform.now_millis();
    let dump = old.driver.inspect(|engine| engine.begin_dump(now_millis));
    let Some(mut dump) = dump else { return Err(damaged("the catalog is not durable")) };
    dump.pass_over_damage();
    let mut load = new.load().await.map_err(unloaded)?;
    while let Some(part) = next_part(&old.driver, &mut dump).await? {
        load.feed(&part).await.map_err(unloaded)?;
    }
    let deletion = vec![Storage::delete_epochs_before(old.epoch)];
    let progress = load.finish_with(deletion).await.map_err(unloaded)?;
    Ok((progress.items, dump.passed_over()))
}

/// The next part of the dump; blocks that are damaged or gone have nothing in them.
async fn next_part(driver: &Driver, dump: &mut Dump) -> Result<Option<Vec<u8>>, OpenError> {
    loop {
        let step = dump.step(&mut driver.state.borrow_mut().engine).map_err(damaged)?;
        let missing = match step {
            DumpStep::Part(part) => return Ok(Some(part)),
            DumpStep::End => return Ok(None),
            DumpStep::Missing(missing) => missing,
        };
        let ids: Vec<u64> = missing.iter().map(|block| block.0).collect();
        let values = match driver.store.read(Space::Block, &ids).await {
            Ok(values) => values,
            Err(error @ StoreError::Closed(_)) => return Err(error.into()),
            // One of them: which, only asking for each tells.
            Err(_) => {
                let mut values = Vec::new();
                for id in &ids {
                    let read = driver.store.read(Space::Block, &[*id]).await;
                    values.push(read.ok().and_then(|values| values.into_iter().next()?));
                }
                values
            }
        };
        let storage = &mut driver.state.borrow_mut().engine.storage;
        for (id, value) in missing.into_iter().zip(values) {
            let whole = value.is_some_and(|bytes| storage.install(id, bytes).is_ok());
            if !whole {
                storage.install_hole(id);
            }
        }
    }
}

fn failed(error: ApiError) -> OpenError {
    OpenError::Refused(error)
}

fn unloaded(error: LoadError) -> OpenError {
    match error {
        LoadError::Load(error) => damaged(error),
        LoadError::Database(error) => failed(error),
    }
}
