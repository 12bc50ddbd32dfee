//! What holds for every store. Each case begins with an empty one.

use dynatab::platform::store::{MAX_STORED, MAX_VALUE};
use dynatab::platform::{Durability, Space, Store, StoreError, Write};

use Durability::{Relaxed, Strict};
use Space::{Block, Log, Meta};

fn put(space: Space, id: u64, value: &[u8]) -> Write {
    Write::Put(space, id, value.to_vec())
}

fn add(space: Space, id: u64, value: &[u8]) -> Write {
    Write::Add(space, id, value.to_vec())
}

async fn one(store: &impl Store, space: Space, id: u64) -> Option<Vec<u8>> {
    store.read(space, &[id]).await.unwrap().remove(0)
}

async fn ids(store: &impl Store, space: Space) -> Vec<u64> {
    store.list(space, 0, u64::MAX, 1000).await.unwrap().into_iter().map(|(id, _)| id).collect()
}

pub async fn an_empty_store_has_nothing(store: impl Store) {
    for space in [Log, Block, Meta] {
        assert_eq!(store.read(space, &[0, 7]).await.unwrap(), vec![None, None]);
        assert_eq!(ids(&store, space).await, Vec::<u64>::new());
    }
    assert_eq!(store.read(Log, &[]).await.unwrap(), Vec::<Option<Vec<u8>>>::new());
    store.commit(Vec::new(), Strict).await.unwrap();
}

pub async fn values_read_back_in_the_order_asked_for(store: impl Store) {
    store
        .commit(vec![put(Block, 1, b"one"), put(Block, 2, b""), put(Block, 3, b"three")], Strict)
        .await
        .unwrap();
    let found = store.read(Block, &[3, 9, 1, 2, 3]).await.unwrap();
    let three = Some(b"three".to_vec());
    assert_eq!(found, vec![three.clone(), None, Some(b"one".to_vec()), Some(Vec::new()), three]);
}

pub async fn spaces_are_apart(store: impl Store) {
    store
        .commit(vec![add(Log, 5, b"log"), add(Block, 5, b"block"), add(Meta, 5, b"meta")], Relaxed)
        .await
        .unwrap();
    store.commit(vec![Write::DeleteRange(Block, 0, 100)], Relaxed).await.unwrap();
    assert_eq!(one(&store, Log, 5).await.as_deref(), Some(b"log".as_slice()));
    assert_eq!(one(&store, Block, 5).await, None);
    assert_eq!(one(&store, Meta, 5).await.as_deref(), Some(b"meta".as_slice()));
}

pub async fn lists_are_ascending_and_bounded(store: impl Store) {
    let batch = [9u64, 2, 300, 255, 256, 1, 70_000].map(|id| put(Log, id, &id.to_le_bytes()));
    store.commit(batch.to_vec(), Relaxed).await.unwrap();
    assert_eq!(ids(&store, Log).await, [1, 2, 9, 255, 256, 300, 70_000]);
    let some = store.list(Log, 2, 300, 100).await.unwrap();
    assert_eq!(some.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [2, 9, 255, 256]);
    assert!(some.iter().all(|(id, value)| *value == id.to_le_bytes()));
    let first = store.list(Log, 2, u64::MAX, 2).await.unwrap();
    assert_eq!(first.iter().map(|(id, _)| *id).collect::<Vec<_>>(), [2, 9]);
    assert!(store.list(Log, 9, 9, 100).await.unwrap().is_empty());
    assert!(store.list(Log, 9, 2, 100).await.unwrap().is_empty());
    assert!(store.list(Log, 0, u64::MAX, 0).await.unwrap().is_empty());
}

/// JavaScript stores keep ids as doubles.
pub async fn ids_up_to_the_largest_exact_integer_work(store: impl Store) {
    let large = (1 << 53) - 1;
    store.commit(vec![add(Block, large, b"far"), add(Block, large - 1, b"near")], Strict).await.unwrap();
    assert_eq!(ids(&store, Block).await, [large - 1, large]);
    assert_eq!(one(&store, Block, large).await.as_deref(), Some(b"far".as_slice()));
    store.commit(vec![Write::DeleteRange(Block, large, u64::MAX)], Strict).await.unwrap();
    assert_eq!(ids(&store, Block).await, [large - 1]);
}

pub async fn an_added_value_must_not_exist(store: impl Store) {
    store.commit(vec![add(Log, 1, b"mine")], Strict).await.unwrap();
    assert_eq!(store.commit(vec![add(Log, 1, b"theirs")], Strict).await, Err(StoreError::Conflict));
    assert_eq!(one(&store, Log, 1).await.as_deref(), Some(b"mine".as_slice()));
    store.commit(vec![put(Log, 1, b"put")], Strict).await.unwrap();
    assert_eq!(one(&store, Log, 1).await.as_deref(), Some(b"put".as_slice()));
}

pub async fn a_failed_commit_leaves_nothing(store: impl Store) {
    store
        .commit(vec![put(Block, 1, b"old"), put(Block, 2, b"stays"), add(Log, 1, b"first")], Strict)
        .await
        .unwrap();
    let batch = vec![
        put(Block, 1, b"new"),
        put(Block, 3, b"new"),
        Write::Delete(Block, 2),
        Write::DeleteRange(Meta, 0, 10),
        add(Log, 1, b"second"),
        put(Block, 4, b"new"),
    ];
    assert_eq!(store.commit(batch, Relaxed).await, Err(StoreError::Conflict));
    assert_eq!(ids(&store, Block).await, [1, 2]);
    assert_eq!(one(&store, Block, 1).await.as_deref(), Some(b"old".as_slice()));
    assert_eq!(one(&store, Log, 1).await.as_deref(), Some(b"first".as_slice()));
    store.commit(vec![add(Log, 2, b"goes on")], Strict).await.unwrap();
}

pub async fn later_writes_of_a_batch_win(store: impl Store) {
    store.commit(vec![put(Log, 1, b"old")], Strict).await.unwrap();
    let batch = vec![
        Write::DeleteRange(Log, 0, 10),
        add(Log, 1, b"new"),
        put(Meta, 1, b"a"),
        put(Meta, 1, b"b"),
        put(Meta, 2, b"gone"),
        Write::Delete(Meta, 2),
        Write::Delete(Meta, 77),
    ];
    store.commit(batch, Strict).await.unwrap();
    assert_eq!(one(&store, Log, 1).await.as_deref(), Some(b"new".as_slice()));
    assert_eq!(one(&store, Meta, 1).await.as_deref(), Some(b"b".as_slice()));
    assert_eq!(ids(&store, Meta).await, [1]);
}

pub async fn ranges_are_deleted_up_to_their_end(store: impl Store) {
    store.commit((0..10).map(|id| put(Log, id, b"x")).collect(), Strict).await.unwrap();
    let batch = vec![
        Write::DeleteRange(Log, 2, 5),
        Write::DeleteRange(Log, 7, 7),
        Write::DeleteRange(Log, 9, 3),
        Write::DeleteRange(Log, 8, u64::MAX),
    ];
    store.commit(batch, Strict).await.unwrap();
    assert_eq!(ids(&store, Log).await, [0, 1, 5, 6, 7]);
}

pub async fn the_largest_value_is_kept_whole(store: impl Store) {
    keeps_whole(store, MAX_VALUE).await;
}

/// Of a store that may be below encryption.
pub async fn the_largest_value_is_kept_with_its_seal(store: impl Store) {
    keeps_whole(store, MAX_STORED).await;
}

async fn keeps_whole(store: impl Store, length: usize) {
    let value: Vec<u8> = (0..length).map(|at| (at * 7 + at / 256) as u8).collect();
    store.commit((0..5).map(|id| put(Block, id, &value)).collect(), Strict).await.unwrap();
    for found in store.read(Block, &[0, 1, 2, 3, 4]).await.unwrap() {
        assert!(found.as_deref() == Some(value.as_slice()));
    }
}

/// None is awaited before the next is made.
pub async fn commits_take_effect_in_the_order_they_were_made(store: impl Store) {
    let mut commits = Vec::new();
    for at in 0..20u8 {
        let durability = if at % 3 == 0 { Strict } else { Relaxed };
        commits.push(store.commit(vec![put(Meta, 1, &[at]), add(Log, u64::from(at), &[at])], durability));
    }
    let read = store.read(Meta, &[1]);
    let conflict = store.commit(vec![add(Log, 19, b"again")], Relaxed);
    // A commit made after a read is not seen by it; one made before is.
    assert_eq!(read.await.unwrap(), vec![Some(vec![19])]);
    assert_eq!(conflict.await, Err(StoreError::Conflict));
    for commit in commits {
        commit.await.unwrap();
    }
    assert_eq!(one(&store, Meta, 1).await, Some(vec![19]));
    assert_eq!(ids(&store, Log).await, (0..20).collect::<Vec<_>>());
}

pub async fn usage_follows_the_values(store: impl Store) {
    let before = store.usage().await.unwrap().used;
    store.commit(vec![put(Block, 1, &[1; 50_000])], Strict).await.unwrap();
    store.commit(vec![put(Block, 1, &[2; 40_000]), put(Block, 2, &[1; 30_000])], Strict).await.unwrap();
    let full = store.usage().await.unwrap();
    assert!(full.used >= before + 70_000, "{full:?}");
    assert!(full.quota.is_none_or(|quota| quota >= full.used));
}

pub async fn a_closed_store_refuses(store: impl Store) {
    store.commit(vec![put(Meta, 1, b"x")], Relaxed).await.unwrap();
    store.close().await;
    assert!(matches!(store.read(Meta, &[1]).await, Err(StoreError::Closed(_))));
    assert!(matches!(store.list(Meta, 0, 9, 9).await, Err(StoreError::Closed(_))));
    assert!(matches!(store.commit(vec![put(Meta, 1, b"y")], Strict).await, Err(StoreError::Closed(_))));
    assert!(matches!(store.usage().await, Err(StoreError::Closed(_))));
    store.close().await;
}
