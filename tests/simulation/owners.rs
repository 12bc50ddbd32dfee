//! Several owners of one store: one is suspended at any moment, with commits in flight, another takes over, and the first
//! wakes and goes on. Whatever the order, each request is carried out once, and nothing of an owner that was replaced shows.
//!
//! `DYNATAB_OWNER_HANDOVERS` sets how many owners take over, `DYNATAB_SEED` where to begin.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use dynatab::api::{ApiError, ErrorKind, Operation};
use dynatab::driver::{OpenError, OpenOptions, Ticket};
use dynatab::log::epoch_of;
use dynatab::platform::simulated::{Call, Fault, Random, SimulatedPlatform, SimulatedStore};
use dynatab::platform::{Durability, Space, StoreError};
use serde_json::{Value, json};

use crate::requests::{COUNTERS, Request, create, key};
use crate::support::{Database, Opening};
use crate::{environment, options};

/// Owners that take over in one database.
const HANDOVERS: u64 = 12;
/// Requests that a client has in flight.
const WINDOW: usize = 6;
const NOON: u64 = 1_800_000_000_000;
/// Whoever sends to an owner that was replaced, and who reads.
const ROGUE: u64 = 100;
const READER: u64 = 101;
/// Less than an answer is kept for.
const MOMENT: u64 = 20_000;

struct Owner {
    platform: SimulatedPlatform,
    store: SimulatedStore,
    opening: Option<Opening>,
    db: Option<Database>,
    /// 0 until it is open.
    epoch: u64,
    /// Its first frame is in the log. A full store lets one open without.
    took_over: bool,
    is_awake: bool,
}

struct Client {
    number: u64,
    next: u64,
    /// What it has no answer to, and the owner that was asked last.
    pending: BTreeMap<u64, (Request, usize)>,
    /// Those that the newest owner has still to be sent.
    unsent: VecDeque<u64>,
    is_joined: bool,
}

/// What a campaign came upon; without it, it would show little.
#[derive(Debug, Default)]
struct Met {
    handovers: u64,
    /// Owners that were suspended with a group, a job's blocks, or an edit of the manifest in flight.
    groups: u64,
    blocks: u64,
    edits: u64,
    /// Owners that were suspended while they opened.
    openings: u64,
    /// Requests to owners that were replaced.
    rogues: u64,
    /// Owners that learned that they were.
    fenced: u64,
    /// Answers that were given again, and those that came from an owner that was replaced.
    repeated: u64,
    late: u64,
    refused: u64,
    reads: u64,
    crashes: u64,
}

struct Run {
    seed: u64,
    random: Random,
    options: OpenOptions,
    store: SimulatedStore,
    owners: Vec<Owner>,
    /// The one that took over last.
    newest: usize,
    clients: Vec<Client>,
    now: u64,
    has_faults: bool,
    /// Every answer to a client, by any owner, and what was asked.
    answers: BTreeMap<Ticket, Value>,
    requests: BTreeMap<Ticket, Request>,
    refused: BTreeSet<Ticket>,
    /// What a counter must be at least and can be at most, as a reader finds it.
    least: [u64; COUNTERS as usize],
    most: [u64; COUNTERS as usize],
    told: BTreeSet<(u64, u64)>,
    reads: BTreeMap<Ticket, (u64, u64)>,
    numbers: u64,
    met: Met,
}

fn count(item: &Value) -> u64 {
    item["n"]["N"].as_str().expect("a count").parse().expect("a number")
}

impl Run {
    fn new(seed: u64, met: Met) -> Self {
        let mut random = Random::new(seed.wrapping_mul(0x9E37_79B9));
        let mut options = options();
        options.storage.log_frames = 4 + random.below(30);
        if random.chance(30) {
            options.durability = Some(Durability::Relaxed);
        }
        let client = |number| Client {
            number,
            next: 1,
            pending: BTreeMap::new(),
            unsent: VecDeque::new(),
            is_joined: false,
        };
        Self {
            seed,
            has_faults: random.chance(40),
            random,
            options,
            store: SimulatedStore::new(seed),
            owners: Vec::new(),
            newest: 0,
            clients: (1..=3).map(client).collect(),
            now: NOON,
            answers: BTreeMap::new(),
            requests: BTreeMap::new(),
            refused: BTreeSet::new(),
            least: [0; COUNTERS as usize],
            most: [0; COUNTERS as usize],
            told: BTreeSet::new(),
            reads: BTreeMap::new(),
            numbers: 0,
            met,
        }
    }

    fn number(&mut self) -> u64 {
        self.numbers += 1;
        self.numbers
    }

    /// Another owner begins to open the store.
    fn begin(&mut self) {
        let platform = SimulatedPlatform::new(self.seed ^ ((self.owners.len() as u64) << 32));
        platform.set_now_millis(self.now);
        let store = self.store.connect();
        let opening = Opening::begin(&platform, Rc::new(store.clone()), self.options.clone());
        let owner = Owner {
            platform,
            store,
            opening: Some(opening),
            db: None,
            took_over: false,
            epoch: 0,
            is_awake: true,
        };
        self.owners.push(owner);
    }

    fn suspend(&mut self, at: usize) {
        let hold = self.random.chance(60);
        let owner = &mut self.owners[at];
        owner.is_awake = false;
        owner.store.hold(hold);
        let edits = owner.store.commits_in_flight(Space::Meta) as u64;
        let groups = owner.store.commits_in_flight(Space::Log) as u64 - edits;
        if owner.opening.is_some() {
            self.met.openings += 1;
        } else {
            self.met.edits += edits;
            self.met.groups += groups;
            self.met.blocks += owner.store.commits_in_flight(Space::Block) as u64;
        }
    }

    fn resume(&mut self, at: usize) {
        // One that was not replaced and slept for long would forget answers, as it should.
        let long = self.owners[at].epoch > 0 && at != self.newest && self.random.chance(50);
        let jump = self.random.below(if long { 7_200_000 } else { MOMENT });
        let owner = &mut self.owners[at];
        owner.is_awake = true;
        owner.store.hold(false);
        owner.platform.advance_millis(jump);
    }

    /// Owners are suspended, resumed and replaced.
    fn change(&mut self, may_begin: bool) {
        for at in 0..self.owners.len() {
            let owner = &self.owners[at];
            let is_opening = owner.opening.is_some();
            if !owner.is_awake {
                if self.random.chance(2) {
                    self.resume(at);
                } else if self.random.chance(4) {
                    // What it asked for is carried out while it sleeps.
                    self.owners[at].store.hold(false);
                }
            } else if is_opening || at == self.newest {
                let works =
                    owner.store.commits_in_flight(Space::Log) + owner.store.commits_in_flight(Space::Block);
                if self.random.chance(if works > 0 { 4 } else { 1 }) {
                    self.suspend(at);
                }
            }
        }
        let opening = self.owners.iter().filter(|owner| owner.opening.is_some()).count();
        let newest = &self.owners[self.newest];
        let is_well = newest.is_awake && newest.db.as_ref().is_some_and(|db| !db.driver.is_closed());
        // Now and then from one that is well: its lock may be taken all the same.
        let chance = if is_well { 1 } else { 20 };
        if may_begin && opening < 2 && self.random.chance(chance) {
            self.begin();
        }
    }

    /// Lets those who are awake run, and takes what comes of it.
    fn run(&mut self) {
        for at in 0..self.owners.len() {
            if self.owners[at].is_awake {
                self.owners[at].platform.run_until_stalled();
                self.opened(at);
                self.collect(at);
            }
        }
    }

    fn opened(&mut self, at: usize) {
        let owner = &mut self.owners[at];
        let Some(ended) = owner.opening.as_ref().and_then(Opening::ended) else { return };
        owner.opening = None;
        match ended {
            Ok(db) => {
                owner.epoch = db.driver.inspect(|engine| engine.storage.epoch_after(0)) - 1;
                owner.db = Some(db);
                let image = owner.store.image();
                let frame =
                    |number: u64| image.get(Space::Log, number).and_then(|bytes| epoch_of(number, bytes));
                owner.took_over = image.ids(Space::Log).into_iter().any(|id| frame(id) == Some(owner.epoch));
                // One that slept while it opened may have been replaced before it is heard of.
                let is_last = image.ids(Space::Log).into_iter().all(|id| frame(id) <= Some(owner.epoch));
                let (owner, newest) = (&self.owners[at], &self.owners[self.newest]);
                if owner.epoch > newest.epoch || (owner.took_over && is_last && !newest.took_over) {
                    self.newest = at;
                    self.met.handovers += 1;
                    for client in &mut self.clients {
                        client.unsent = client.pending.keys().copied().collect();
                        client.is_joined = false;
                    }
                }
            }
            Err(OpenError::Storage(StoreError::Conflict)) => {}
            Err(OpenError::Storage(error)) => assert!(self.has_faults, "seed {}: {error}", self.seed),
            Err(error) => panic!("seed {}: owner {at}: {error}", self.seed),
        }
    }

    /// A client sends the newest owner what that has not had from it, or something new.
    fn act(&mut self, at: usize) {
        let newest = self.newest;
        let owner = &self.owners[newest];
        let Some(db) = owner.db.as_ref().filter(|db| owner.is_awake && !db.driver.is_closed()) else {
            return;
        };
        let client = &mut self.clients[at];
        if !client.is_joined {
            client.is_joined = true;
            db.driver.join(client.number);
        }
        let number = match client.unsent.pop_front() {
            Some(number) => number,
            None if client.pending.len() < WINDOW => {
                let ticket = Ticket { client: client.number, request: client.next };
                client.next += 1;
                let request = Request::random(&mut self.random, ticket);
                for counter in &request.adds {
                    self.most[*counter as usize] += 1;
                }
                self.requests.insert(ticket, request.clone());
                client.pending.insert(ticket.request, (request, newest));
                ticket.request
            }
            None => return,
        };
        let Some((request, asked)) = client.pending.get_mut(&number) else { return };
        *asked = newest;
        db.send_as(Ticket { client: client.number, request: number }, request.operation, &request.input);
    }

    /// Somebody reads a counter, strongly consistently.
    fn read(&mut self) {
        let ticket = Ticket { client: READER, request: self.number() };
        let counter = self.random.below(COUNTERS);
        let owner = &self.owners[self.newest];
        let Some(db) = owner.db.as_ref().filter(|_| owner.is_awake && owner.took_over) else { return };
        self.reads.insert(ticket, (counter, self.least[counter as usize]));
        let input = json!({"TableName": "plain", "Key": key(counter), "ConsistentRead": true});
        db.send_as(ticket, Operation::GetItem, &input);
    }

    /// Somebody writes through an owner that was replaced.
    fn go_astray(&mut self, at: usize) {
        let ticket = Ticket { client: ROGUE, request: self.number() };
        let owner = &self.owners[at];
        let is_replaced = owner.is_awake && at != self.newest && self.owners[self.newest].took_over;
        let Some(db) = owner.db.as_ref().filter(|_| is_replaced) else { return };
        self.met.rogues += 1;
        let counter = self.random.below(COUNTERS);
        if self.random.chance(50) {
            let input = json!({"TableName": "plain", "Key": key(counter), "UpdateExpression": "ADD n :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}}});
            db.send_as(ticket, Operation::UpdateItem, &input);
        } else {
            let item =
                json!({"pk": {"S": format!("rogue {}", ticket.request)}, "text": {"S": "x".repeat(500)}});
            db.send_as(ticket, Operation::PutItem, &json!({"TableName": "plain", "Item": item}));
        }
    }

    fn collect(&mut self, at: usize) {
        let Some(db) = &self.owners[at].db else { return };
        for (ticket, answer) in db.take_all() {
            match ticket.client {
                ROGUE => {
                    let error = answer.expect_err("an owner that was replaced writes");
                    self.expect(&error);
                }
                READER => self.found(at, ticket, answer),
                _ => self.answered(at, ticket, answer),
            }
        }
    }

    /// Of what may go wrong, nothing is damage.
    fn expect(&self, error: &ApiError) {
        let is_fault = matches!(error.kind, ErrorKind::StorageFailed | ErrorKind::StorageFull);
        let is_expected = error.kind == ErrorKind::DatabaseClosed || (is_fault && self.has_faults);
        assert!(is_expected && !error.message.contains("damaged"), "seed {}: {error}", self.seed);
    }

    fn found(&mut self, at: usize, ticket: Ticket, answer: Result<Value, ApiError>) {
        let (counter, least) = self.reads.remove(&ticket).expect("it was sent");
        let item = match answer {
            Ok(item) => item,
            Err(error) => return self.expect(&error),
        };
        // What one that was replaced answers is not waited for any more.
        if at != self.newest {
            return;
        }
        self.met.reads += 1;
        let found = count(&item["Item"]);
        let most = self.most[counter as usize];
        assert!(
            (least..=most).contains(&found),
            "seed {}: counter {counter} is {found} and not of {least}..={most}",
            self.seed
        );
        self.see(counter, found);
    }

    fn see(&mut self, counter: u64, found: u64) {
        let least = &mut self.least[counter as usize];
        *least = found.max(*least);
    }

    fn answered(&mut self, at: usize, ticket: Ticket, answer: Result<Value, ApiError>) {
        let seed = self.seed;
        let client = &mut self.clients[ticket.client as usize - 1];
        let asked = client.pending.get(&ticket.request).map(|(_, asked)| *asked);
        let answer = match answer {
            Ok(answer) => answer,
            Err(error) => {
                // One that stopped need not know what became of its last commit.
                if self.owners[at].db.as_ref().is_none_or(|db| db.driver.is_closed()) {
                    assert_ne!(error.kind, ErrorKind::StorageFull, "seed {seed}: {ticket:?}");
                    // The newest owner is asked, at once or when there is one.
                    if asked == Some(at) && at != self.newest && !client.unsent.contains(&ticket.request) {
                        client.unsent.push_back(ticket.request);
                    }
                } else if asked == Some(at) && !self.owners[at].took_over {
                    // The owner before may still carry it out.
                    if !client.unsent.contains(&ticket.request) {
                        client.unsent.push_back(ticket.request);
                    }
                } else if asked == Some(at) {
                    client.pending.remove(&ticket.request);
                    self.refused.insert(ticket);
                    self.met.refused += 1;
                }
                return self.expect(&error);
            }
        };
        self.met.late += u64::from(at != self.newest);
        client.pending.remove(&ticket.request);
        client.unsent.retain(|number| *number != ticket.request);
        assert!(!self.refused.contains(&ticket), "seed {seed}: {ticket:?} was refused, and is answered");
        if let Some(first) = self.answers.get(&ticket) {
            assert_eq!(answer, *first, "seed {seed}: {ticket:?} has two answers");
            self.met.repeated += 1;
            return;
        }
        self.answers.insert(ticket, answer.clone());
        let request = self.requests[&ticket].clone();
        if request.operation == Operation::UpdateItem {
            let (counter, count) = (request.adds[0], count(&answer["Attributes"]));
            assert!(self.told.insert((counter, count)), "seed {seed}: {ticket:?} counted {count} again");
            self.see(counter, count);
        }
        for counter in request.adds {
            let own = |ticket: &&Ticket| self.requests[ticket].adds.contains(&counter);
            let counted = self.answers.keys().filter(own).count() as u64;
            self.see(counter, counted);
        }
    }

    fn step(&mut self) {
        match self.random.below(20) {
            0..5 => {
                let at = self.random.below(self.clients.len() as u64) as usize;
                self.act(at);
            }
            5 => self.read(),
            6 => {
                let client = &self.clients[self.random.below(self.clients.len() as u64) as usize];
                let below = client.pending.keys().next().copied().unwrap_or(client.next);
                let owner = &self.owners[self.newest];
                if let Some(db) = owner.db.as_ref().filter(|_| owner.is_awake && client.is_joined) {
                    db.driver.received(client.number, below);
                }
            }
            7 => {
                let at = self.random.below(self.owners.len() as u64) as usize;
                if self.random.chance(30) {
                    self.go_astray(at);
                }
            }
            8 => {
                // Timers run out.
                let owner = &self.owners[self.random.below(self.owners.len() as u64) as usize];
                if owner.is_awake {
                    owner.platform.end_naps();
                }
            }
            9 if self.has_faults && self.random.chance(15) => {
                let why = || "simulated".to_owned();
                let errors =
                    [StoreError::Unknown(why()), StoreError::Aborted(why()), StoreError::Full(why())];
                let error = errors[self.random.below(3) as usize].clone();
                let applied = matches!(error, StoreError::Unknown(_)) && self.random.chance(50);
                self.store
                    .add_fault(Fault { applied, ..Fault::once(Call::Commit, self.random.below(3), error) });
            }
            _ => {
                self.now += 20;
                for owner in &self.owners {
                    owner.platform.advance_millis(20);
                }
                self.store.step();
            }
        }
        if self.random.chance(70) {
            self.run();
        }
    }

    /// All wake, and everything comes to rest.
    fn settle(&mut self) {
        for at in 0..self.owners.len() {
            if !self.owners[at].is_awake {
                self.resume(at);
            }
        }
        for _ in 0..3 {
            loop {
                self.run();
                if !self.store.step() {
                    break;
                }
            }
            for owner in &self.owners {
                owner.platform.end_naps();
            }
        }
        self.run();
    }

    /// The newest owner answers all, and those that were replaced learn it.
    fn drain(&mut self) {
        self.store.clear_faults();
        self.settle();
        let newest = &self.owners[self.newest];
        if !newest.took_over || newest.db.as_ref().is_none_or(|db| db.driver.is_closed()) {
            self.begin();
            self.settle();
        }
        while self.clients.iter().any(|client| !client.unsent.is_empty()) {
            (0..self.clients.len()).for_each(|at| self.act(at));
        }
        for at in 0..self.owners.len() {
            self.go_astray(at);
        }
        self.settle();
        for (at, owner) in self.owners.iter().enumerate().filter(|(at, _)| *at != self.newest) {
            let Some(db) = &owner.db else { continue };
            // A commit that could not be made to last ends one too.
            let has_stopped = db.driver.is_fenced() || (self.has_faults && db.driver.is_closed());
            assert!(has_stopped, "seed {}: owner {at} believes that it owns", self.seed);
            self.met.fenced += 1;
        }
        for client in &self.clients {
            assert!(client.pending.is_empty(), "seed {}: an answer is missing", self.seed);
        }
        let owner = &self.owners[self.newest];
        owner.platform.attach(&owner.store);
        self.check(owner.db.as_ref().expect("it is open"), "at the end");
        // Those that were replaced leave as they came.
        let stale: Vec<_> = self.owners.iter().filter_map(|owner| owner.db.as_ref()).collect();
        for db in stale.iter().filter(|db| db.driver.is_closed()) {
            db.platform.run_until_stalled();
        }
        if self.options.durability == Some(Durability::Relaxed) {
            return;
        }
        let survivor = SimulatedStore::with_image(self.seed, self.store.crash(self.seed));
        let platform = SimulatedPlatform::new(self.seed);
        platform.set_now_millis(self.now);
        platform.attach(&survivor);
        let db = Database::open(&platform, Rc::new(survivor), self.options.clone());
        self.check(&db, "after a crash");
        self.met.crashes += 1;
    }

    /// What was acknowledged is there, each request was carried out once, and nothing fits together by halves.
    fn check(&self, db: &Database, when: &str) {
        let done = || self.requests.iter().filter(|(ticket, _)| !self.refused.contains(ticket));
        for counter in 0..COUNTERS {
            let item = db.ok("GetItem", json!({"TableName": "plain", "Key": key(counter)}));
            let wanted = done().filter(|(_, request)| request.adds.contains(&counter)).count() as u64;
            assert_eq!(count(&item["Item"]), wanted, "seed {} {when}: counter {counter}", self.seed);
        }
        let wanted: BTreeSet<&str> =
            done().flat_map(|(_, request)| request.makes.iter().map(String::as_str)).collect();
        let mut found = BTreeSet::new();
        let mut input = json!({"TableName": "plain", "ConsistentRead": true});
        loop {
            let page = db.ok("Scan", input.clone());
            let names = page["Items"].as_array().expect("items").iter().map(|item| &item["pk"]["S"]);
            found.extend(names.map(|name| name.as_str().expect("a name").to_owned()));
            let Some(start) = page.get("LastEvaluatedKey") else { break };
            input["ExclusiveStartKey"] = start.clone();
        }
        found.retain(|name| !name.starts_with("counter"));
        assert!(found.iter().eq(wanted), "seed {} {when}: the items differ", self.seed);
        db.assert_sound(&format!("seed {} {when}", self.seed));
    }
}

#[test]
fn an_owner_that_was_replaced_changes_nothing_however_late_it_wakes() {
    let wanted = environment("DYNATAB_OWNER_HANDOVERS", 200);
    let first_seed = environment("DYNATAB_SEED", 1);
    let mut seed = first_seed;
    let mut met = Met::default();
    while met.handovers < wanted {
        println!("seed {seed}");
        let mut run = Run::new(seed, met);
        run.begin();
        run.settle();
        let first = &run.owners[0];
        first.platform.attach(&first.store);
        create(first.db.as_ref().expect("it is open"));
        first.platform.detach_stores();
        let last = run.met.handovers + HANDOVERS;
        let mut steps = 0;
        while run.met.handovers < last && steps < 20_000 {
            run.change(true);
            run.step();
            steps += 1;
        }
        // The last one does something too.
        for _ in 0..300 {
            run.change(false);
            run.step();
        }
        run.drain();
        met = run.met;
        seed += 1;
    }
    println!("{met:?}, seeds {first_seed}..{seed}");
    let least =
        [met.groups, met.edits, met.blocks, met.openings, met.rogues, met.repeated, met.late, met.refused];
    assert!(least.iter().all(|met| *met > wanted / 50), "{met:?}");
    assert!(met.fenced > wanted / 4 && met.reads > wanted && met.crashes > 0, "{met:?}");
}
