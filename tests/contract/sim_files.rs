//! Files of which only what is synced survives a crash for sure: all else may be lost, kept or torn, each write and
//! each change of a name by itself.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use dynatab::platform::LocalFuture;
use dynatab::platform::files::{FileError, FileSystem};
use dynatab::platform::simulated::Random;

#[derive(Clone)]
enum Change {
    Write(u64, Vec<u8>),
    Truncate(u64),
}

#[derive(Clone, Default)]
struct File {
    /// What programs see.
    now: Vec<u8>,
    /// What the disk has, and what it may have of the rest.
    disk: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Clone)]
enum Naming {
    Create(String, u64),
    Rename(String, String, u64),
    Remove(String),
}

/// Files, and what a crash would leave of them.
#[derive(Clone, Default)]
pub struct Disk {
    files: BTreeMap<u64, File>,
    names: BTreeMap<String, u64>,
    kept_names: BTreeMap<String, u64>,
    pending: Vec<Naming>,
    next: u64,
}

fn change(bytes: &mut Vec<u8>, change: &Change) {
    match change {
        Change::Write(offset, new) => {
            let (start, end) = (*offset as usize, *offset as usize + new.len());
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[start..end].copy_from_slice(new);
        }
        Change::Truncate(length) => bytes.resize(*length as usize, 0),
    }
}

impl Disk {
    /// After the loss of power.
    pub fn crash(&self, random: &mut Random) -> Self {
        let mut names = self.kept_names.clone();
        for naming in &self.pending {
            if random.chance(50) {
                continue;
            }
            match naming {
                Naming::Create(name, id) => {
                    names.insert(name.clone(), *id);
                }
                Naming::Rename(from, to, id) => {
                    names.remove(from);
                    names.insert(to.clone(), *id);
                }
                Naming::Remove(name) => {
                    names.remove(name);
                }
            }
        }
        let mut files = BTreeMap::new();
        for id in names.values() {
            let file = &self.files[id];
            let mut bytes = file.disk.clone();
            for pending in &file.pending {
                match (random.below(4), pending) {
                    (0, _) => {}
                    (1, Change::Write(offset, new)) => tear(&mut bytes, *offset, new, random),
                    (_, pending) => change(&mut bytes, pending),
                }
            }
            files.insert(*id, File { now: bytes.clone(), disk: bytes, pending: Vec::new() });
        }
        Self { files, names: names.clone(), kept_names: names, pending: Vec::new(), next: self.next }
    }

    pub fn names(&self) -> Vec<String> {
        self.names.keys().cloned().collect()
    }

    /// The bytes of a file, to damage them.
    pub fn bytes(&mut self, name: &str) -> &mut Vec<u8> {
        &mut self.files.get_mut(&self.names[name]).unwrap().now
    }

    pub fn remove(&mut self, name: &str) {
        self.names.remove(name);
    }
}

/// Some parts of a write arrive, the length of the file may or may not, and parts may be rubbish.
fn tear(bytes: &mut Vec<u8>, offset: u64, new: &[u8], random: &mut Random) {
    let part = 1 + random.below(24) as usize;
    for (at, part) in new.chunks(part).enumerate().map(|(n, chunk)| (offset + (n * part) as u64, chunk)) {
        match random.below(8) {
            0..5 => change(bytes, &Change::Write(at, part.to_vec())),
            5 => change(bytes, &Change::Write(at, vec![0; part.len()])),
            6 => {
                let mut rubbish = vec![0; part.len()];
                random.fill(&mut rubbish);
                change(bytes, &Change::Write(at, rubbish));
            }
            _ => {}
        }
    }
}

/// What goes wrong.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    None,
    /// The call of this number fails.
    Once(u64),
    /// Calls of these numbers that need space fail.
    Full(u64, u64),
}

type Hook = Box<dyn Fn(&Disk)>;

/// A [`FileSystem`] on a [`Disk`].
pub struct SimFiles {
    disk: Rc<RefCell<Disk>>,
    trouble: Cell<Trouble>,
    calls: Cell<u64>,
    /// Called before each call that changes something, and inside of each that can be torn.
    hook: RefCell<Option<Hook>>,
}

impl SimFiles {
    pub fn new(disk: Disk) -> Rc<Self> {
        Rc::new(Self {
            disk: Rc::new(RefCell::new(disk)),
            trouble: Cell::new(Trouble::None),
            calls: Cell::new(0),
            hook: RefCell::new(None),
        })
    }

    pub fn set_trouble(&self, trouble: Trouble) {
        self.trouble.set(trouble);
    }

    pub fn set_hook(&self, hook: impl Fn(&Disk) + 'static) {
        *self.hook.borrow_mut() = Some(Box::new(hook));
    }

    pub fn calls(&self) -> u64 {
        self.calls.get()
    }

    pub fn disk(&self) -> Disk {
        self.disk.borrow().clone()
    }

    fn call(&self, needs_space: bool) -> Result<(), FileError> {
        if let Some(hook) = &*self.hook.borrow() {
            hook(&self.disk.borrow());
        }
        let call = self.calls.get();
        self.calls.set(call + 1);
        match self.trouble.get() {
            Trouble::Once(at) if call == at => Err(FileError::new("it failed")),
            Trouble::Full(from, to) if needs_space && (from..to).contains(&call) => {
                Err(FileError { full: true, message: "no space".into() })
            }
            _ => Ok(()),
        }
    }

    fn id(&self, name: &str) -> Option<u64> {
        self.disk.borrow().names.get(name).copied()
    }

    fn pend(&self, name: &str, what: Change) {
        let mut disk = self.disk.borrow_mut();
        let id = if let Some(id) = disk.names.get(name) {
            *id
        } else {
            let id = disk.next;
            disk.next += 1;
            disk.names.insert(name.into(), id);
            disk.pending.push(Naming::Create(name.into(), id));
            id
        };
        let file = disk.files.entry(id).or_default();
        change(&mut file.now, &what);
        file.pending.push(what);
    }
}

/// Not ready at first, so that other tasks come in between.
struct Later<F>(bool, Option<F>);

impl<T, F: FnOnce() -> T + Unpin> Future for Later<F> {
    type Output = T;
    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<T> {
        if std::mem::replace(&mut self.0, true) {
            return Poll::Ready(self.1.take().unwrap()());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

fn later<T: 'static>(then: impl FnOnce() -> T + Unpin + 'static) -> LocalFuture<T> {
    Box::pin(Later(false, Some(then)))
}

impl FileSystem for SimFiles {
    fn list(&self) -> Result<Vec<String>, FileError> {
        self.call(false)?;
        Ok(self.disk.borrow().names())
    }

    fn size(&self, name: &str) -> Result<u64, FileError> {
        self.call(false)?;
        Ok(self.id(name).map_or(0, |id| self.disk.borrow().files[&id].now.len() as u64))
    }

    fn read(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, FileError> {
        self.call(false)?;
        let disk = self.disk.borrow();
        let Some(id) = disk.names.get(name) else { return Ok(Vec::new()) };
        let bytes = &disk.files[id].now;
        assert!(length <= bytes.len() + 64, "{length} bytes asked of a file of {}", bytes.len());
        let start = (offset as usize).min(bytes.len());
        Ok(bytes[start..(start + length).min(bytes.len())].to_vec())
    }

    fn write(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        if let Err(error) = self.call(true) {
            // A part of it was written.
            let part = bytes.len() * (self.calls.get() % 4) as usize / 4;
            if part > 0 {
                self.pend(name, Change::Write(offset, bytes[..part].to_vec()));
            }
            return Err(error);
        }
        self.pend(name, Change::Write(offset, bytes.to_vec()));
        Ok(())
    }

    fn truncate(&self, name: &str, length: u64) -> Result<(), FileError> {
        self.call(false)?;
        if self.id(name).is_some() {
            self.pend(name, Change::Truncate(length));
        }
        Ok(())
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        self.call(false)?;
        let mut disk = self.disk.borrow_mut();
        let id = disk.names.remove(from).ok_or_else(|| FileError::new("no such file"))?;
        disk.names.insert(to.into(), id);
        disk.pending.push(Naming::Rename(from.into(), to.into(), id));
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), FileError> {
        self.call(false)?;
        let mut disk = self.disk.borrow_mut();
        if disk.names.remove(name).is_some() {
            disk.pending.push(Naming::Remove(name.into()));
        }
        Ok(())
    }

    fn sync(&self, name: &str) -> LocalFuture<Result<(), FileError>> {
        let failed = self.call(false);
        let Some(id) = self.id(name) else { return later(move || failed) };
        // What is written while the disk works may wait for the next sync.
        let count = self.disk.borrow().files[&id].pending.len();
        let disk = Rc::clone(&self.disk);
        later(move || {
            let mut disk = disk.borrow_mut();
            let file = disk.files.get_mut(&id).unwrap();
            let synced: Vec<Change> = file.pending.drain(..count).collect();
            // After a failure the operating system holds the pages for written, and the disk has not got them.
            if failed.is_ok() {
                for pending in &synced {
                    change(&mut file.disk, pending);
                }
            }
            failed
        })
    }

    fn sync_directory(&self) -> LocalFuture<Result<(), FileError>> {
        let failed = self.call(false);
        let disk = Rc::clone(&self.disk);
        let (count, names) = (disk.borrow().pending.len(), disk.borrow().names.clone());
        later(move || {
            let mut disk = disk.borrow_mut();
            disk.pending.drain(..count);
            if failed.is_ok() {
                disk.kept_names = names;
            }
            failed
        })
    }

    fn close(&self) {}
}
