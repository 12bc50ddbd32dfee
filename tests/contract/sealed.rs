//! What a sealed store adds: nothing readable below it, nothing believed that was changed, a keyring that can be replaced.

use std::rc::Rc;

use dynatab::platform::sealed::{self, Found, KEYRING, SealedStore, is_sealed};
use dynatab::platform::simulated::SimulatedPlatform;
use dynatab::platform::{Batch, Durability, MemoryStore, Space, Store, StoreError, Write};

use crate::cipher::{NativeCipher, sealed_now};

const SPACES: [Space; 3] = [Space::Log, Space::Block, Space::Meta];

fn wait<T: 'static>(platform: &SimulatedPlatform, future: impl Future<Output = T> + 'static) -> T {
    platform.block_on(future).expect("it comes to an end")
}

fn commit(platform: &SimulatedPlatform, store: &impl Store, batch: Batch) {
    wait(platform, store.commit(batch, Durability::Strict)).unwrap();
}

fn filled() -> (SimulatedPlatform, MemoryStore, SealedStore) {
    let (platform, below) = (SimulatedPlatform::new(7), MemoryStore::new());
    let store = sealed_now(Rc::new(below.clone()), &platform);
    let puts = |space| (1..20).map(move |id| Write::Put(space, id, format!("value {id}").into_bytes()));
    commit(&platform, &store, SPACES.into_iter().flat_map(puts).collect());
    (platform, below, store)
}

#[test]
fn each_value_has_a_text_of_its_own() {
    let (platform, below, store) = filled();
    commit(&platform, &store, (1..20).map(|id| Write::Put(Space::Block, id, b"same".to_vec())).collect());
    let image = below.image();
    let mut texts = std::collections::BTreeSet::new();
    for id in image.ids(Space::Block) {
        let value = image.get(Space::Block, id).unwrap();
        assert!(is_sealed(value));
        assert_eq!(value.len(), 28 + 4 + 16);
        // All differs, though the value is the same: number, text and tag.
        assert!(texts.insert(value[20..].to_vec()) && texts.insert(value[28..32].to_vec()));
    }
}

#[test]
fn two_owners_never_share_a_key() {
    let (platform, below, _) = filled();
    let again = sealed_now(Rc::new(below.clone()), &platform);
    commit(&platform, &again, vec![Write::Put(Space::Block, 500, b"value 1".to_vec())]);
    let image = below.image();
    let salt = |id| image.get(Space::Block, id).unwrap()[4..20].to_vec();
    assert_eq!(salt(1), salt(2));
    assert_ne!(salt(1), salt(500));
    // What both wrote is read, beside each other.
    let found = wait(&platform, again.read(Space::Block, &[500, 2])).unwrap();
    assert_eq!(found, [Some(b"value 1".to_vec()), Some(b"value 2".to_vec())]);
}

#[test]
fn a_value_that_was_changed_or_moved_reads_as_empty() {
    let (platform, below, store) = filled();
    let original = below.image();
    let whole = original.get(Space::Block, 3).unwrap().to_vec();
    for at in 0..whole.len() {
        let mut image = original.clone();
        image.get_mut(Space::Block, 3).unwrap()[at] ^= 1;
        let store = sealed_now(Rc::new(MemoryStore::with_image(image)), &platform);
        let found = wait(&platform, store.read(Space::Block, &[2, 3])).unwrap();
        assert_eq!(found, [Some(b"value 2".to_vec()), Some(Vec::new())], "byte {at}");
    }
    for length in 0..whole.len() {
        let mut image = original.clone();
        image.get_mut(Space::Block, 3).unwrap().truncate(length);
        let store = sealed_now(Rc::new(MemoryStore::with_image(image)), &platform);
        let listed = wait(&platform, store.list(Space::Block, 3, 4, 9)).unwrap();
        assert_eq!(listed, [(3, Vec::new())], "{length} bytes");
    }
    for (space, id) in [(Space::Block, 2), (Space::Log, 3), (Space::Meta, 3)] {
        let mut image = original.clone();
        *image.get_mut(space, id).unwrap() = whole.clone();
        let store = sealed_now(Rc::new(MemoryStore::with_image(image)), &platform);
        assert_eq!(wait(&platform, store.read(space, &[id])).unwrap(), [Some(Vec::new())], "{space:?} {id}");
    }
    drop(store);
}

#[test]
fn another_key_reads_nothing() {
    let (platform, below, _) = filled();
    let cipher = Rc::new(NativeCipher { key: [9; 32], platform: platform.clone() });
    let other = SealedStore::new(Rc::new(below), cipher, Rc::new(platform.clone()));
    assert_eq!(wait(&platform, other.read(Space::Log, &[1])).unwrap(), [Some(Vec::new())]);
}

#[test]
fn the_keyring_is_neither_listed_nor_deleted_with_the_rest() {
    let (platform, below, store) = filled();
    let keyring = below.image().get(Space::Meta, KEYRING).unwrap().to_vec();
    let listed = wait(&platform, store.list(Space::Meta, 0, u64::MAX, 100)).unwrap();
    assert!(listed.iter().all(|(id, _)| *id < KEYRING));
    let all = SPACES.map(|space| Write::DeleteRange(space, 0, u64::MAX));
    commit(&platform, &store, all.to_vec());
    assert_eq!(below.image().ids(Space::Meta), [KEYRING]);
    assert_eq!(wait(&platform, store.keyring()).unwrap(), keyring);
}

#[test]
fn the_keyring_is_replaced_once() {
    let (platform, below, store) = filled();
    let before = wait(&platform, store.keyring()).unwrap();
    wait(&platform, store.rekey(before.clone(), b"another".to_vec())).unwrap();
    assert_eq!(wait(&platform, store.rekey(before.clone(), b"a third".to_vec())), Err(StoreError::Conflict));
    assert_eq!(below.image().get(Space::Meta, KEYRING), Some(b"another".as_slice()));
    // The key itself is the same: nothing was written again.
    assert_eq!(wait(&platform, store.read(Space::Log, &[1])).unwrap(), [Some(b"value 1".to_vec())]);
}

#[test]
fn what_is_there_can_be_told_without_a_key() {
    let platform = SimulatedPlatform::new(1);
    let store = MemoryStore::new();
    assert_eq!(wait(&platform, sealed::find(Rc::new(store.clone()))).unwrap(), Found::Empty);
    wait(&platform, sealed::begin(&store, b"keyring".to_vec())).unwrap();
    assert_eq!(
        wait(&platform, sealed::find(Rc::new(store.clone()))).unwrap(),
        Found::Keyring(b"keyring".to_vec())
    );
    assert_eq!(wait(&platform, sealed::begin(&store, b"other".to_vec())), Err(StoreError::Conflict));
    for space in [Space::Meta, Space::Log] {
        let plain = MemoryStore::new();
        commit(&platform, &plain, vec![Write::Add(space, 0, b"x".to_vec())]);
        assert_eq!(wait(&platform, sealed::find(Rc::new(plain.clone()))).unwrap(), Found::Plain);
    }
}
