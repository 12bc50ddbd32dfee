//! Clients of an owner that dies at any storage call: each sends what it has no answer to again, to the next owner, and every
//! request is carried out once.
//!
//! `DYNATAB_CLIENT_CRASHES` sets how many owners die, `DYNATAB_SEED` where to begin.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use dynatab::api::Operation;
use dynatab::driver::Ticket;
use dynatab::log::{Fed, Replay};
use dynatab::platform::simulated::{Random, SimulatedPlatform, SimulatedStore};
use dynatab::platform::{Platform, Space};
use serde_json::{Value, json};

use crate::requests::{COUNTERS, Request, create, key};
use crate::support::Database;
use crate::{environment, options};

/// Owners of one database.
const OWNERS: u64 = 25;
/// Requests that a client has in flight.
const WINDOW: usize = 6;
const NOON: u64 = 1_800_000_000_000;

struct Client {
    number: u64,
    /// It is elsewhere: its answers are on their way for a while, and it joins each owner.
    is_far: bool,
    next: u64,
    /// What it has no answer to.
    pending: BTreeMap<u64, Request>,
    /// Those that this owner has still to be sent, by their numbers.
    unsent: VecDeque<u64>,
    /// Answers that the owner gave, on their way.
    on_their_way: VecDeque<(u64, Value)>,
    /// This owner knows it.
    is_joined: bool,
    /// It misses this owner altogether.
    is_away: bool,
}

struct Run {
    seed: u64,
    random: Random,
    clients: Vec<Client>,
    /// Every answer that an owner gave, whether it arrived or not.
    answers: BTreeMap<Ticket, Value>,
    /// What the answers say of the counters that are told.
    counts: BTreeMap<u64, BTreeSet<u64>>,
    /// How often each counter was to be added to, and the items that were to be made.
    added: BTreeMap<u64, u64>,
    made: BTreeSet<String>,
    met: Met,
}

/// What a campaign came upon; without it, it would show little.
#[derive(Debug, Default)]
struct Met {
    owners: u64,
    /// Owners that trimmed the log.
    checkpoints: u64,
    /// Answers that were on their way when an owner died.
    lost: u64,
    /// Answers that were given again.
    repeated: u64,
    /// Answers that an opening found apart from what they were given with.
    kept: u64,
}

impl Run {
    fn new(seed: u64, met: Met) -> Self {
        let client = |number| Client {
            number,
            is_far: number > 1,
            next: 1,
            pending: BTreeMap::new(),
            unsent: VecDeque::new(),
            on_their_way: VecDeque::new(),
            is_joined: false,
            is_away: false,
        };
        Self {
            seed,
            random: Random::new(seed.wrapping_mul(0x9E37_79B9)),
            clients: (1..=4).map(client).collect(),
            answers: BTreeMap::new(),
            counts: BTreeMap::new(),
            added: BTreeMap::new(),
            made: BTreeSet::new(),
            met,
        }
    }

    /// A client does something: what it has not sent this owner comes first, and in order.
    fn act(&mut self, db: &Database, at: usize) {
        if self.clients[at].is_away {
            return;
        }
        if self.clients[at].is_far && !self.clients[at].is_joined {
            let client = &mut self.clients[at];
            client.is_joined = true;
            db.driver.join(client.number);
            return;
        }
        let ticket = match self.clients[at].unsent.pop_front() {
            Some(request) => Ticket { client: self.clients[at].number, request },
            None if self.clients[at].pending.len() < WINDOW => {
                let client = &mut self.clients[at];
                let ticket = Ticket { client: client.number, request: client.next };
                client.next += 1;
                let request = Request::random(&mut self.random, ticket);
                for counter in &request.adds {
                    *self.added.entry(*counter).or_default() += 1;
                }
                self.made.extend(request.makes.iter().cloned());
                self.clients[at].pending.insert(ticket.request, request);
                ticket
            }
            None => return,
        };
        let request = &self.clients[at].pending[&ticket.request];
        db.send_as(ticket, request.operation, &request.input);
    }

    /// Takes the answers that the owner gives.
    fn collect(&mut self, db: &Database) {
        for at in 0..self.clients.len() {
            let number = self.clients[at].number;
            let waiting: Vec<_> = self.clients[at].pending.keys().copied().collect();
            for request in waiting {
                let ticket = Ticket { client: number, request };
                let Some(answer) = db.take(ticket) else { continue };
                let answer = answer.unwrap_or_else(|error| panic!("nothing fails: {error}"));
                self.check(ticket, &answer);
                self.clients[at].on_their_way.push_back((request, answer));
            }
            if !self.clients[at].is_far {
                self.arrive(at, usize::MAX);
            }
        }
    }

    /// An answer is the one that was given before, or the first.
    fn check(&mut self, ticket: Ticket, answer: &Value) {
        if let Some(first) = self.answers.get(&ticket) {
            assert_eq!(answer, first, "seed {}: {ticket:?} has two answers", self.seed);
            self.met.repeated += 1;
            return;
        }
        self.answers.insert(ticket, answer.clone());
        let request = &self.clients[ticket.client as usize - 1].pending[&ticket.request];
        match request.operation {
            Operation::UpdateItem => {
                let count =
                    answer["Attributes"]["n"]["N"].as_str().expect("a count").parse().expect("a number");
                let is_new = self.counts.entry(request.adds[0]).or_default().insert(count);
                assert!(is_new, "seed {}: {ticket:?} counted {count} again", self.seed);
            }
            Operation::BatchExecuteStatement => {
                let responses = answer["Responses"].as_array().expect("responses");
                assert!(responses.iter().all(|one| one.get("Error").is_none()), "{answer}");
            }
            Operation::BatchWriteItem => assert_eq!(answer["UnprocessedItems"], json!({})),
            // An item that was there before would be told.
            _ => assert_eq!(*answer, json!({}), "seed {}: {ticket:?}", self.seed),
        }
    }

    /// So many answers reach a client.
    fn arrive(&mut self, at: usize, most: usize) {
        let client = &mut self.clients[at];
        let count = most.min(client.on_their_way.len());
        for (request, _) in client.on_their_way.drain(..count) {
            client.pending.remove(&request);
        }
    }

    /// Who sends a client's answers hears how far they have come.
    fn tell(&mut self, db: &Database, at: usize) {
        let client = &self.clients[at];
        if client.is_joined {
            let below = client.pending.keys().next().copied().unwrap_or(client.next);
            db.driver.received(client.number, below);
        }
    }

    /// Clients send, answers go their way, and the store works, for so many calls of the store.
    fn live(&mut self, db: &Database, calls: u64) {
        let mut left = calls;
        while left > 0 {
            let at = self.random.below(self.clients.len() as u64) as usize;
            match self.random.below(8) {
                0..3 => self.act(db, at),
                3 => {
                    let most = 1 + self.random.below(3) as usize;
                    self.arrive(at, most);
                }
                4 => self.tell(db, at),
                _ => {
                    left -= 1;
                    db.platform.advance_millis(self.random.below(100));
                    if self.random.chance(10) {
                        // Timers run out.
                        db.platform.end_naps();
                    }
                    db.platform.step_store();
                }
            }
            if self.random.chance(70) {
                db.platform.run_until_stalled();
            }
            self.collect(db);
        }
    }

    /// The owner is gone: what is on its way does not arrive, and all that is unanswered will be sent again.
    fn die(&mut self) {
        self.met.owners += 1;
        for client in &mut self.clients {
            self.met.lost += client.on_their_way.len() as u64;
            client.on_their_way.clear();
            client.unsent = client.pending.keys().copied().collect();
            client.is_joined = false;
            client.is_away = client.is_far && self.random.chance(20);
        }
    }

    /// Everything is answered, and nothing was counted twice.
    fn drain(&mut self, db: &Database) {
        for at in 0..self.clients.len() {
            self.clients[at].is_away = false;
            while !self.clients[at].unsent.is_empty() {
                self.act(db, at);
            }
        }
        db.platform.run_until_idle();
        self.collect(db);
        for at in 0..self.clients.len() {
            self.arrive(at, usize::MAX);
            self.tell(db, at);
            assert!(self.clients[at].pending.is_empty(), "seed {}: an answer is missing", self.seed);
        }
        for counter in 0..COUNTERS {
            let item = db.ok("GetItem", json!({"TableName": "plain", "Key": key(counter)}));
            let wanted = self.added.get(&counter).copied().unwrap_or_default().to_string();
            assert_eq!(item["Item"]["n"]["N"], wanted, "seed {}: counter {counter}", self.seed);
        }
        for name in &self.made {
            let item = db.ok("GetItem", json!({"TableName": "plain", "Key": {"pk": {"S": name}}}));
            assert!(item.get("Item").is_some(), "seed {}: {name} is missing", self.seed);
        }
        db.assert_sound("after all");
    }
}

fn open(seed: u64, store: &SimulatedStore, now: u64) -> Database {
    let platform = SimulatedPlatform::new(seed);
    platform.set_now_millis(now);
    platform.attach(store);
    Database::open(&platform, Rc::new(store.clone()), options())
}

fn log_start(db: &Database) -> u64 {
    db.driver.inspect(|engine| engine.storage.log_start())
}

/// How many answers stand in the log without the records that they were given with.
fn kept(db: &Database, store: &SimulatedStore) -> u64 {
    let (start, image) = (log_start(db), store.image());
    let mut replay = Replay::starting_at(start, 0);
    let mut count = 0;
    for number in image.ids(Space::Log).into_iter().filter(|number| *number >= start) {
        let frame = image.get(Space::Log, number).expect("a frame");
        if let Ok(Fed::Records(records)) = replay.feed(number, frame) {
            count += records.iter().map(|record| record.kept.len() as u64).sum::<u64>();
        }
    }
    count
}

#[test]
fn each_request_of_each_client_is_carried_out_once() {
    let wanted = environment("DYNATAB_CLIENT_CRASHES", 300);
    let first_seed = environment("DYNATAB_SEED", 1);
    let mut seed = first_seed;
    let mut met = Met::default();
    while met.owners < wanted {
        println!("seed {seed}");
        let mut run = Run::new(seed, met);
        let mut store = SimulatedStore::new(seed);
        let mut db = open(seed, &store, NOON);
        create(&db);
        for owner in 1..=OWNERS {
            let start = log_start(&db);
            let calls = 1 + run.random.below(120);
            run.live(&db, calls);
            run.met.checkpoints += u64::from(log_start(&db) > start);
            run.die();
            let (seed, now) = (seed ^ (owner << 32), db.platform.now_millis());
            store = SimulatedStore::with_image(seed, store.crash(seed));
            db = open(seed, &store, now);
            run.met.kept += kept(&db, &store);
        }
        run.drain(&db);
        met = run.met;
        seed += 1;
    }
    println!("{met:?}, seeds {first_seed}..{seed}");
    assert!(
        met.checkpoints > wanted / 4 && met.kept > wanted && met.repeated > wanted && met.lost > wanted / 2
    );
}
