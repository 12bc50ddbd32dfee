//! A store in memory: for `durability: "memory"` and for tests. Answers at once; nothing outlives it.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::rc::Rc;

use super::store::Usage;
use super::{Batch, Durability, LocalFuture, Space, Store, StoreError, Write};

/// What a key held before a commit touched it.
type Before = ((Space, u64), Option<Rc<Vec<u8>>>);

/// The values of a store, as plain data. Clones share them until they differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Image {
    values: BTreeMap<(Space, u64), Rc<Vec<u8>>>,
}

impl Image {
    /// One value.
    pub fn get(&self, space: Space, id: u64) -> Option<&[u8]> {
        self.values.get(&(space, id)).map(|value| value.as_slice())
    }

    /// The value itself, to change it: tests damage it.
    pub fn get_mut(&mut self, space: Space, id: u64) -> Option<&mut Vec<u8>> {
        self.values.get_mut(&(space, id)).map(Rc::make_mut)
    }

    /// Ids of a space, ascending.
    pub fn ids(&self, space: Space) -> Vec<u64> {
        self.values.range((space, 0)..=(space, u64::MAX)).map(|((_, id), _)| *id).collect()
    }

    /// Bytes of all values.
    pub fn bytes(&self) -> u64 {
        self.values.values().map(|value| value.len() as u64).sum()
    }

    /// [`Store::read`].
    pub fn read(&self, space: Space, ids: &[u64]) -> Vec<Option<Vec<u8>>> {
        ids.iter().map(|id| self.get(space, *id).map(<[u8]>::to_vec)).collect()
    }

    /// [`Store::list`].
    pub fn list(&self, space: Space, from: u64, to: u64, limit: usize) -> Vec<(u64, Vec<u8>)> {
        if from >= to {
            return Vec::new();
        }
        let range = self.values.range((space, from)..(space, to)).take(limit);
        range.map(|((_, id), value)| (*id, value.to_vec())).collect()
    }

    /// [`Store::commit`]: all of `batch`, or nothing when an added value exists already. Writes take effect in
    /// their order, so a batch may delete a value and add it again.
    pub fn commit(&mut self, batch: &[Write]) -> Result<(), StoreError> {
        let mut undo = Vec::new();
        for write in batch {
            let applied = match write {
                Write::Add(space, id, _) if self.values.contains_key(&(*space, *id)) => {
                    Err(StoreError::Conflict)
                }
                Write::Add(_, _, value) | Write::Put(_, _, value)
                    if value.len() > super::store::MAX_STORED =>
                {
                    Err(StoreError::Aborted("a value is too long".into()))
                }
                Write::Add(space, id, value) | Write::Put(space, id, value) => {
                    self.set((*space, *id), Some(Rc::new(value.clone())), &mut undo);
                    Ok(())
                }
                Write::Delete(space, id) => {
                    self.set((*space, *id), None, &mut undo);
                    Ok(())
                }
                Write::DeleteRange(space, from, to) => {
                    if from < to {
                        let range = self.values.range((*space, *from)..(*space, *to));
                        let keys: Vec<_> = range.map(|(key, _)| *key).collect();
                        for key in keys {
                            self.set(key, None, &mut undo);
                        }
                    }
                    Ok(())
                }
            };
            if let Err(error) = applied {
                for (key, value) in undo.into_iter().rev() {
                    self.set(key, value, &mut Vec::new());
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn set(&mut self, key: (Space, u64), value: Option<Rc<Vec<u8>>>, undo: &mut Vec<Before>) {
        let before = match value {
            Some(value) => self.values.insert(key, value),
            None => self.values.remove(&key),
        };
        undo.push((key, before));
    }
}

/// A store that keeps its values in memory. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    image: Rc<RefCell<Image>>,
    closed: Rc<RefCell<bool>>,
}

impl MemoryStore {
    /// An empty store.
    pub fn new() -> Self {
        Self::default()
    }

    /// A store that begins with `image`.
    pub fn with_image(image: Image) -> Self {
        Self { image: Rc::new(RefCell::new(image)), ..Self::default() }
    }

    /// What it holds now.
    pub fn image(&self) -> Image {
        self.image.borrow().clone()
    }

    fn answer<T: 'static>(
        &self,
        call: impl FnOnce(&mut Image) -> Result<T, StoreError>,
    ) -> LocalFuture<Result<T, StoreError>> {
        if *self.closed.borrow() {
            return at_once(Err(StoreError::Closed("the store was closed".into())));
        }
        at_once(call(&mut self.image.borrow_mut()))
    }
}

fn at_once<T: 'static>(value: T) -> LocalFuture<T> {
    Box::pin(ready(value))
}

impl Store for MemoryStore {
    fn read(&self, space: Space, ids: &[u64]) -> LocalFuture<Result<Vec<Option<Vec<u8>>>, StoreError>> {
        self.answer(|image| Ok(image.read(space, ids)))
    }

    fn list(
        &self,
        space: Space,
        from: u64,
        to: u64,
        limit: usize,
    ) -> LocalFuture<Result<Vec<(u64, Vec<u8>)>, StoreError>> {
        self.answer(|image| Ok(image.list(space, from, to, limit)))
    }

    fn commit(&self, batch: Batch, _durability: Durability) -> LocalFuture<Result<(), StoreError>> {
        self.answer(|image| image.commit(&batch))
    }

    fn max_atomic_bytes(&self) -> usize {
        usize::MAX
    }

    fn usage(&self) -> LocalFuture<Result<Usage, StoreError>> {
        self.answer(|image| Ok(Usage { used: image.bytes(), quota: None }))
    }

    fn close(&self) -> LocalFuture<()> {
        *self.closed.borrow_mut() = true;
        at_once(())
    }
}

/// The value of a future that needs nothing from outside, such as any of [`MemoryStore`]; else `None`.
pub fn now<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(value) => Some(value),
        std::task::Poll::Pending => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_was_changed_in_place_counts_as_it_is() {
        let mut image = Image::default();
        image
            .commit(&[Write::Put(Space::Block, 1, vec![0; 10]), Write::Put(Space::Block, 2, vec![0; 5])])
            .unwrap();
        image.get_mut(Space::Block, 1).unwrap().resize(100, 0);
        assert_eq!(image.bytes(), 105);
        image.commit(&[Write::DeleteRange(Space::Block, 0, 9)]).unwrap();
        assert_eq!(image.bytes(), 0);
    }
}
