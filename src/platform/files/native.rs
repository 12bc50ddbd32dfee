//! [`FileSystem`] over `std::fs`, for native builds.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::system::{FileError, FileSystem};
use crate::platform::LocalFuture;

/// Files of a directory that this process has locked.
pub struct NativeFiles {
    directory: PathBuf,
    /// Held, not read: the lock lasts as long as the file is open.
    _lock: File,
}

fn failed(error: std::io::Error) -> FileError {
    FileError { full: error.kind() == std::io::ErrorKind::StorageFull, message: error.to_string() }
}

impl NativeFiles {
    /// Takes `directory`, creating it if needed; refused when another process has it.
    pub fn open(directory: &Path) -> Result<Self, FileError> {
        create_directory(directory).map_err(failed)?;
        let lock = File::create(directory.join("lock")).map_err(failed)?;
        lock.try_lock().map_err(|_| FileError::new("another process has this database open"))?;
        Ok(Self { directory: directory.to_owned(), _lock: lock })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.join(name)
    }
}

/// Creates a directory and those above it, each on the disk before the next.
fn create_directory(directory: &Path) -> std::io::Result<()> {
    if directory.is_dir() {
        return Ok(());
    }
    let parent = directory.parent().filter(|parent| !parent.as_os_str().is_empty());
    let parent = parent.unwrap_or(Path::new("."));
    create_directory(parent)?;
    match std::fs::create_dir(directory) {
        Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => Err(error),
        _ => sync_entries(parent),
    }
}

/// Windows keeps no handle on directories, and needs none.
fn sync_entries(directory: &Path) -> std::io::Result<()> {
    if cfg!(windows) { Ok(()) } else { File::open(directory)?.sync_all() }
}

fn absent_is<T>(fallback: T, result: std::io::Result<T>) -> Result<T, FileError> {
    match result {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(fallback),
        other => other.map_err(failed),
    }
}

impl FileSystem for NativeFiles {
    fn list(&self) -> Result<Vec<String>, FileError> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.directory).map_err(failed)? {
            names.extend(entry.map_err(failed)?.file_name().into_string());
        }
        names.sort_unstable();
        Ok(names)
    }

    fn size(&self, name: &str) -> Result<u64, FileError> {
        absent_is(0, std::fs::metadata(self.path(name)).map(|m| m.len()))
    }

    fn read(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, FileError> {
        let mut out = Vec::new();
        let read = || -> std::io::Result<()> {
            let mut file = File::open(self.path(name))?;
            file.seek(SeekFrom::Start(offset))?;
            file.take(length as u64).read_to_end(&mut out)?;
            Ok(())
        };
        absent_is((), { read }())?;
        Ok(out)
    }

    fn write(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), FileError> {
        let write = || -> std::io::Result<()> {
            let mut file =
                OpenOptions::new().create(true).truncate(false).write(true).open(self.path(name))?;
            file.seek(SeekFrom::Start(offset))?;
            file.write_all(bytes)
        };
        write().map_err(failed)
    }

    fn truncate(&self, name: &str, length: u64) -> Result<(), FileError> {
        let file = OpenOptions::new().write(true).open(self.path(name));
        absent_is((), file.and_then(|file| file.set_len(length)))
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), FileError> {
        std::fs::rename(self.path(from), self.path(to)).map_err(failed)
    }

    fn remove(&self, name: &str) -> Result<(), FileError> {
        absent_is((), std::fs::remove_file(self.path(name)))
    }

    fn sync(&self, name: &str) -> LocalFuture<Result<(), FileError>> {
        let result = absent_is(
            (),
            OpenOptions::new().write(true).open(self.path(name)).and_then(|file| file.sync_all()),
        );
        Box::pin(std::future::ready(result))
    }

    fn sync_directory(&self) -> LocalFuture<Result<(), FileError>> {
        Box::pin(std::future::ready(sync_entries(&self.directory).map_err(failed)))
    }

    fn close(&self) {}
}
