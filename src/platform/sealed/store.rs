//! The sealed store: seals what is committed and opens what is read, in the order of the calls.

use std::cell::Cell;
use std::rc::Rc;

use super::cipher::{Cipher, Salt, Sealing, TAG};
use super::turns::Turns;
use super::{HEADER, KEYRING, MAGIC};
use crate::platform::store::{Listed, MAX_VALUE, Usage};
use crate::platform::{Batch, Durability, LocalFuture, Platform, Space, Store, StoreError, Write, oneshot};

/// What a store holds of encryption, as far as can be told without a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Found {
    /// It is sealed, and this is its keyring.
    Keyring(Vec<u8>),
    /// Nothing at all.
    Empty,
    /// A database that is not sealed.
    Plain,
}

/// Looks what is there.
pub async fn find(store: Rc<dyn Store>) -> Result<Found, StoreError> {
    if let Some(keyring) = store.read(Space::Meta, &[KEYRING]).await?.pop().flatten() {
        return Ok(Found::Keyring(keyring));
    }
    for space in [Space::Meta, Space::Log] {
        if !store.list(space, 0, KEYRING, 1).await?.is_empty() {
            return Ok(Found::Plain);
        }
    }
    Ok(Found::Empty)
}

/// Puts the first keyring into an empty store. [`StoreError::Conflict`]: another owner was faster.
pub fn begin(store: &dyn Store, keyring: Vec<u8>) -> LocalFuture<Result<(), StoreError>> {
    store.commit(vec![Write::Add(Space::Meta, KEYRING, keyring)], Durability::Strict)
}

/// A store whose values are sealed.
pub struct SealedStore {
    inner: Rc<Inner>,
}

struct Inner {
    store: Rc<dyn Store>,
    cipher: Rc<dyn Cipher>,
    platform: Rc<dyn Platform>,
    /// Of what this opening seals.
    salt: Salt,
    sealed: Cell<u64>,
    turns: Rc<Turns>,
}

impl SealedStore {
    /// Over `store`, whose keyring `cipher` came from.
    pub fn new(store: Rc<dyn Store>, cipher: Rc<dyn Cipher>, platform: Rc<dyn Platform>) -> Self {
        let mut salt = Salt::default();
        platform.fill_random(&mut salt);
        let (sealed, turns) = (Cell::default(), Rc::default());
        Self { inner: Rc::new(Inner { store, cipher, platform, salt, sealed, turns }) }
    }

    /// The keyring.
    pub fn keyring(&self) -> LocalFuture<Result<Vec<u8>, StoreError>> {
        let inner = Rc::clone(&self.inner);
        Box::pin(async move { inner.keyring().await })
    }

    /// Puts another keyring of the same key in the place of `before`. [`StoreError::Conflict`]: there is another there.
    pub fn rekey(&self, before: Vec<u8>, keyring: Vec<u8>) -> LocalFuture<Result<(), StoreError>> {
        let inner = Rc::clone(&self.inner);
        Box::pin(async move {
            if inner.keyring().await? != before {
                return Err(StoreError::Conflict);
            }
            inner.store.commit(vec![Write::Put(Space::Meta, KEYRING, keyring)], Durability::Strict).await
        })
    }
}

fn place(space: Space, id: u64) -> [u8; 9] {
    let mut place = [space as u8; 9];
    for (to, from) in place.iter_mut().skip(1).zip(id.to_le_bytes()) {
        *to = from;
    }
    place
}

fn nonce(number: [u8; 8]) -> [u8; 12] {
    let mut nonce = [0; 12];
    for (to, from) in nonce.iter_mut().zip(number) {
        *to = from;
    }
    nonce
}

/// One value that is read, apart: salt and what to open. `None`: it was not sealed.
fn apart(space: Space, id: u64, value: &[u8]) -> Option<(Salt, Sealing)> {
    let (head, data) = value.split_at_checked(HEADER)?;
    let (magic, rest) = head.split_first_chunk::<4>()?;
    let (salt, number) = rest.split_first_chunk::<16>()?;
    if magic != MAGIC || data.len() < TAG {
        return None;
    }
    let number = number.first_chunk::<8>()?;
    Some((*salt, Sealing { nonce: nonce(*number), place: place(space, id), data: data.to_vec() }))
}

fn broken(why: String) -> StoreError {
    StoreError::Aborted(format!("encryption failed: {why}"))
}

impl Inner {
    async fn keyring(&self) -> Result<Vec<u8>, StoreError> {
        match find(Rc::clone(&self.store)).await? {
            Found::Keyring(keyring) => Ok(keyring),
            _ => Err(StoreError::Closed("the keyring is gone".into())),
        }
    }

    /// The batch with all values sealed.
    fn seal(&self, batch: Batch) -> LocalFuture<Result<Batch, StoreError>> {
        let mut values = Vec::new();
        let mut heads = Vec::new();
        for write in &batch {
            let (Write::Add(space, id, value) | Write::Put(space, id, value)) = write else { continue };
            if value.len() > MAX_VALUE {
                return Box::pin(std::future::ready(Err(StoreError::Aborted("a value is too long".into()))));
            }
            let number = self.sealed.get();
            self.sealed.set(number + 1);
            let mut head = Vec::with_capacity(HEADER + value.len() + TAG);
            head.extend_from_slice(MAGIC);
            head.extend_from_slice(&self.salt);
            head.extend_from_slice(&number.to_le_bytes());
            heads.push(head);
            let place = place(*space, *id);
            values.push(Sealing { nonce: nonce(number.to_le_bytes()), place, data: value.clone() });
        }
        let sealing = self.cipher.seal(self.salt, values);
        Box::pin(async move {
            let texts = sealing.await.map_err(broken)?;
            if texts.len() != heads.len() {
                return Err(broken("values are missing".into()));
            }
            let mut sealed = heads.into_iter().zip(texts).map(|(mut head, text)| {
                head.extend_from_slice(&text);
                head
            });
            let writes = batch.into_iter().filter_map(|write| {
                Some(match write {
                    Write::Add(space, id, _) => Write::Add(space, id, sealed.next()?),
                    Write::Put(space, id, _) => Write::Put(space, id, sealed.next()?),
                    // The keyring stays.
                    Write::DeleteRange(Space::Meta, from, to) => {
                        Write::DeleteRange(Space::Meta, from, to.min(KEYRING))
                    }
                    other => other,
                })
            });
            Ok(writes.collect())
        })
    }

    /// Opens values, some of which are absent.
    async fn open(
        &self,
        space: Space,
        values: Vec<(u64, Option<Vec<u8>>)>,
    ) -> Result<Vec<(u64, Option<Vec<u8>>)>, StoreError> {
        // By the keys they need, which are those of few openings.
        let mut keys: Vec<(Salt, Vec<usize>, Vec<Sealing>)> = Vec::new();
        let mut opened: Vec<(u64, Option<Vec<u8>>)> = Vec::with_capacity(values.len());
        for (at, (id, value)) in values.into_iter().enumerate() {
            opened.push((id, value.is_some().then(Vec::new)));
            let Some((salt, sealing)) = value.and_then(|value| apart(space, id, &value)) else { continue };
            match keys.iter_mut().find(|(known, ..)| *known == salt) {
                Some((_, places, sealings)) => {
                    places.push(at);
                    sealings.push(sealing);
                }
                None => keys.push((salt, vec![at], vec![sealing])),
            }
        }
        // All are asked before one is waited for.
        let asked: Vec<_> = keys
            .into_iter()
            .map(|(salt, places, sealings)| (places, self.cipher.open(salt, sealings)))
            .collect();
        for (places, opening) in asked {
            for (at, text) in places.into_iter().zip(opening.await.map_err(broken)?) {
                if let (Some((_, value)), Some(text)) = (opened.get_mut(at), text) {
                    *value = Some(text);
                }
            }
        }
        Ok(opened)
    }
}

impl Store for SealedStore {
    fn read(&self, space: Space, ids: &[u64]) -> LocalFuture<Result<Vec<Option<Vec<u8>>>, StoreError>> {
        let (inner, ids) = (Rc::clone(&self.inner), ids.to_vec());
        Box::pin(async move {
            inner.turns.over().await;
            let found = inner.store.read(space, &ids).await?;
            let kept = |(id, value): (u64, Option<Vec<u8>>)| {
                (id, value.filter(|_| space != Space::Meta || id < KEYRING))
            };
            let opened = inner.open(space, ids.into_iter().zip(found).map(kept).collect()).await?;
            Ok(opened.into_iter().map(|(_, value)| value).collect())
        })
    }

    fn list(
        &self,
        space: Space,
        from: u64,
        to: u64,
        limit: usize,
    ) -> LocalFuture<Result<Listed, StoreError>> {
        let to = if space == Space::Meta { to.min(KEYRING) } else { to };
        let inner = Rc::clone(&self.inner);
        Box::pin(async move {
            inner.turns.over().await;
            let found = inner.store.list(space, from, to, limit).await?;
            let found = found.into_iter().map(|(id, value)| (id, Some(value))).collect();
            let opened = inner.open(space, found).await?;
            Ok(opened.into_iter().filter_map(|(id, value)| Some((id, value?))).collect())
        })
    }

    fn commit(&self, batch: Batch, durability: Durability) -> LocalFuture<Result<(), StoreError>> {
        let sealing = self.inner.seal(batch);
        let turn = self.inner.turns.next();
        let (sender, receiver) = oneshot::channel();
        let inner = Rc::clone(&self.inner);
        // A task, so that it goes on whether or not it is waited for.
        self.inner.platform.spawn(Box::pin(async move {
            let sealed = sealing.await;
            turn.comes().await;
            let committing = sealed.map(|batch| inner.store.commit(batch, durability));
            drop(turn);
            sender.send(match committing {
                Ok(committing) => committing.await,
                Err(error) => Err(error),
            });
        }));
        Box::pin(async move {
            let ended = receiver.await;
            ended.unwrap_or_else(|| Err(StoreError::Unknown("a commit was given up".into())))
        })
    }

    fn max_atomic_bytes(&self) -> usize {
        self.inner.store.max_atomic_bytes()
    }

    fn usage(&self) -> LocalFuture<Result<Usage, StoreError>> {
        let inner = Rc::clone(&self.inner);
        Box::pin(async move {
            inner.turns.over().await;
            inner.store.usage().await
        })
    }

    fn leave_damage(&self) -> LocalFuture<Result<(), StoreError>> {
        let inner = Rc::clone(&self.inner);
        Box::pin(async move {
            inner.turns.over().await;
            inner.store.leave_damage().await
        })
    }

    fn close(&self) -> LocalFuture<()> {
        let inner = Rc::clone(&self.inner);
        Box::pin(async move {
            inner.turns.over().await;
            inner.store.close().await;
        })
    }
}
