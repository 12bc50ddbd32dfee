//! The few file operations the file store needs. Everything but syncing answers at once: appends go to the
//! operating system's cache, and only a sync waits for the disk.

use crate::platform::LocalFuture;

/// A failed file operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileError {
    /// No space is left.
    pub full: bool,
    /// What the operating system said.
    pub message: String,
}

impl FileError {
    /// An error that says `message`.
    pub fn new(message: impl Into<String>) -> Self {
        Self { full: false, message: message.into() }
    }
}

/// Files of one directory, by name. All offsets and lengths are in bytes.
pub trait FileSystem {
    /// Names of all files.
    fn list(&self) -> Result<Vec<String>, FileError>;
    /// Length of a file; 0 when it does not exist.
    fn size(&self, name: &str) -> Result<u64, FileError>;
    /// `length` bytes from `offset`; fewer at the end of the file.
    fn read(&self, name: &str, offset: u64, length: usize) -> Result<Vec<u8>, FileError>;
    /// Writes at `offset`, creating the file if needed.
    fn write(&self, name: &str, offset: u64, bytes: &[u8]) -> Result<(), FileError>;
    /// Cuts a file to `length`; absent is fine.
    fn truncate(&self, name: &str, length: u64) -> Result<(), FileError>;
    /// Renames a file over whatever has the new name, at once.
    fn rename(&self, from: &str, to: &str) -> Result<(), FileError>;
    /// Removes a file; absent is fine.
    fn remove(&self, name: &str) -> Result<(), FileError>;
    /// Resolves when the file's bytes and length are on the disk.
    fn sync(&self, name: &str) -> LocalFuture<Result<(), FileError>>;
    /// Resolves when creations, renames and removals are on the disk.
    fn sync_directory(&self) -> LocalFuture<Result<(), FileError>>;
    /// Gives the directory to other processes again.
    fn close(&self);
}
