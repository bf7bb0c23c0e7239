//! The composition root: which journal, which keys, which views, which clock. The server and every subcommand open the
//! same [`Application`]; what they do with it is theirs.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use blobs::Blobs;
use chrono::{DateTime, Utc};
use domain::{Decider, Event, oversight::OversightState, person::PersonState};
use engine::{
    Clock, Codec, CommandBus, KeyError, KeyRing, ManualClock, MasterKey, SystemClock, Views, ViewsError, ViewsOptions,
    agenda::{AgendaError, Scheduler},
    clock::{self, ClockBehind},
    deliveries::{Dispatcher, Outbound, RetrySchedule},
    erasure::{Erasure, ErasureHook},
    ids::{IdSource, RandomIds},
    policy::{Policy, PolicyRunner},
};
use identity::Identity;
use journal::{Journal, JournalError, OpenOptions, Position, checkpoint::SigningKeyFile};
use mail::{Post, PostError};
use tokio::{sync::watch, task::JoinHandle};
use uuid::Uuid;

use crate::{
    config::{ClockKind, Config},
    files::Files,
    hand_over::HandOver,
    import::queue::Imports,
    letters::{OutboxCleaning, reminders::RemindersByMail},
    live::{Hub, Inboxes},
    merging::ByField,
    metrics::Metrics,
    obligations::DueObligations,
    outgoing::OutgoingError,
    reactions::WonDealMakesCustomer,
    recurring::TasksRecur,
    revenue::{RecurringRevenue, Scenarios},
    sales::{
        AcceptedQuoteDraftsInvoice, AcceptedQuoteMovesDeal, Sales, Services, SignedQuoteIsFiled,
        contracts::{AcceptedQuoteDraftsContract, AcceptedRenewalFollows, Contracting, DiscardedDraftIsBilledAgain},
        dunning::{Dunning, RemindersArePlanned},
        invoices::{FileDrop, Invoicing, IssuedInvoiceIsFiled, Platform, PlatformIsToldOfCashing},
        signatures::{
            providers::{OverHttp, SignatureProvider},
            timestamps::Authority,
        },
    },
    search::Search,
    signing::{self, NoSigningKey},
};

/// Name of the master key's file in the keys' directory.
const MASTER_KEY: &str = "master.key";

/// Everything that runs on one journal, put together.
pub struct Application {
    pub journal: Arc<dyn Journal>,
    pub codec: Arc<Codec<Event>>,
    pub bus: Arc<CommandBus<Event>>,
    pub views: Arc<Views<Event>>,
    pub search: Arc<Search>,
    pub files: Arc<Files>,
    pub imports: Arc<Imports>,
    pub sales: Arc<Sales>,
    pub invoicing: Arc<Invoicing>,
    pub dunning: Arc<Dunning>,
    pub contracting: Arc<Contracting>,
    pub revenue: Arc<RecurringRevenue>,
    pub scenarios: Arc<Scenarios>,
    pub clock: Arc<dyn Clock>,
    /// The same clock, when it is one that can be set.
    pub manual_clock: Option<Arc<ManualClock>>,
    pub identity: Arc<Identity>,
    pub erasure: Arc<Erasure<Event>>,
    pub policies: Arc<PolicyRunner<Event>>,
    pub agenda: Arc<Scheduler<Event>>,
    pub post: Arc<Dispatcher<Event, Post>>,
    pub metrics: Arc<Metrics>,
    /// The directory of keys.
    keys: PathBuf,
    /// Tells of what happens.
    pub live: Arc<Hub>,
    /// Tells users what concerns them.
    pub inboxes: Arc<Inboxes>,
}

/// How an application is opened; the default is what `serve` needs.
pub struct Opening {
    /// Make the journal when there is none.
    pub create: bool,
    /// A clock other than the configured one.
    pub manual_clock: Option<Arc<ManualClock>>,
    /// Where event ids come from.
    pub ids: Arc<dyn IdSource>,
    /// Write letters about what happens. Not while a past is told: nobody wants to be reminded of last year.
    pub letters: bool,
}

impl Default for Opening {
    fn default() -> Self {
        Self {
            create: true,
            manual_clock: None,
            ids: Arc::new(RandomIds),
            letters: true,
        }
    }
}

impl Opening {
    /// For subcommands that look at what is there: no journal is an error that says so.
    pub fn existing() -> Self {
        Self {
            create: false,
            ..Self::default()
        }
    }
}

/// Why an application cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Journal(#[from] JournalError),
    #[error(transparent)]
    Key(#[from] KeyError),
    #[error(transparent)]
    Views(#[from] ViewsError),
    #[error(transparent)]
    Clock(#[from] ClockBehind),
    #[error(transparent)]
    Post(#[from] PostError),
    #[error("nobody can be asked over HTTP: {0}")]
    Outgoing(#[from] OutgoingError),
}

impl Application {
    /// Opens journal, keys and views as configured. Nothing runs in the background yet: see [`Application::start`].
    pub async fn open(config: &Config, opening: Opening) -> Result<Arc<Self>, OpenError> {
        let options = OpenOptions {
            create: opening.create,
            ..OpenOptions::default()
        };
        let journal = journal::open(&config.journal, options).await?;
        let (clock, manual_clock) = choose_clock(config.clock, opening.manual_clock, journal.as_ref()).await?;

        let keys = KeyRing::open(journal.clone(), master_key(config)?).await?;
        let codec = Arc::new(Codec::new(projections::vocabulary(), keys));
        let bus = CommandBus::open_merging(journal.clone(), codec.clone(), clock.clone(), opening.ids, ByField).await?;
        let views = Views::open(
            &config.views,
            journal.clone(),
            codec.clone(),
            projections::all(),
            clock.clone(),
            ViewsOptions {
                oversight_category: OversightState::TYPE,
                ..ViewsOptions::default()
            },
        )
        .await?;

        let blobs = Blobs::new(&config.blobs);
        let files = Files::new(blobs.clone(), bus.clone(), views.clone());
        let imports = Imports::new(bus.clone(), views.clone(), blobs.clone());
        let sales = Sales::new(bus.clone(), blobs.clone(), &config.keys, services(config)?);
        let platform = config.platform_folder.as_deref();
        let platform = platform.map(|folder| Arc::new(FileDrop::new(folder)) as Arc<dyn Platform>);
        let invoicing = Invoicing::new(sales.clone(), views.clone(), platform);
        let dunning = Dunning::new(sales.clone(), views.clone());
        let contracting = Contracting::new(sales.clone(), invoicing.clone(), views.clone());
        let post = Post::new(&config.mail, config.mail_from.as_deref(), &config.public_url, blobs)?;
        let identity = Identity::new(bus.clone());
        let search = Search::new(&config.search, views.clone());
        let mut hooks: Vec<Arc<dyn ErasureHook>> = vec![
            views.clone(),
            identity.clone(),
            files.clone(),
            imports.clone(),
            search.clone(),
            sales.clone(),
        ];
        if let Some(outbox) = post.outbox() {
            hooks.push(Arc::new(OutboxCleaning::new(views.clone(), outbox.clone())));
        }
        let erasure = Erasure::new(bus.clone(), PersonState::TYPE, hooks);
        let mut listed: Vec<Arc<dyn Policy<Event>>> = vec![
            erasure.clone(),
            Arc::new(WonDealMakesCustomer),
            Arc::new(TasksRecur),
            Arc::new(HandOver { views: views.clone() }),
        ];
        listed.push(Arc::new(AcceptedQuoteMovesDeal { sales: sales.clone() }));
        listed.push(Arc::new(SignedQuoteIsFiled { sales: sales.clone() }));
        listed.push(Arc::new(AcceptedQuoteDraftsInvoice {
            sales: sales.clone(),
            invoicing: invoicing.clone(),
        }));
        listed.push(Arc::new(AcceptedQuoteDraftsContract {
            sales: sales.clone(),
            contracting: contracting.clone(),
        }));
        listed.push(Arc::new(AcceptedRenewalFollows {
            contracting: contracting.clone(),
        }));
        listed.push(Arc::new(DiscardedDraftIsBilledAgain {
            contracting: contracting.clone(),
        }));
        listed.push(Arc::new(IssuedInvoiceIsFiled {
            invoicing: invoicing.clone(),
        }));
        listed.push(Arc::new(PlatformIsToldOfCashing {
            invoicing: invoicing.clone(),
        }));
        listed.push(Arc::new(RemindersArePlanned {
            dunning: dunning.clone(),
        }));
        if opening.letters {
            listed.push(Arc::new(RemindersByMail));
        }
        let policies = PolicyRunner::new(bus.clone(), listed);
        let post = Dispatcher::new(bus.clone(), views.clone(), post, RetrySchedule::default());
        let outbound: Vec<Arc<dyn Outbound>> = vec![Arc::new(post.clone())];
        let agenda = Scheduler::new(
            bus.clone(),
            views.clone(),
            Arc::new(DueObligations {
                sales: sales.clone(),
                dunning: dunning.clone(),
                contracting: contracting.clone(),
            }),
            policies.clone(),
            outbound,
        );
        let revenue = RecurringRevenue::new(journal.clone(), codec.clone());
        let live = Hub::new(journal.clone());
        Ok(Arc::new(Self {
            inboxes: Inboxes::new(live.clone(), views.clone()),
            live,
            journal,
            codec,
            bus,
            views,
            search,
            files,
            imports,
            sales,
            invoicing,
            dunning,
            contracting,
            revenue,
            scenarios: Arc::default(),
            clock,
            manual_clock,
            identity,
            erasure,
            policies,
            agenda,
            post,
            metrics: Arc::new(Metrics::default()),
            keys: config.keys.clone(),
        }))
    }

    /// The key that signs checkpoints and receipts.
    pub fn signing_key(&self) -> Result<SigningKeyFile, NoSigningKey> {
        signing::key(self.journal.as_ref(), &self.keys)
    }

    /// The stream that holds what people decided about a projection.
    pub fn oversight_id(&self, projection: &str) -> Uuid {
        self.bus.derived_id(&["projection", projection])
    }

    /// Lets the manual clock run to `to`; what is due on the way is done and delivered, in order.
    pub async fn advance(&self, clock: &ManualClock, to: DateTime<Utc>) -> Result<(), AgendaError> {
        self.agenda.advance_to(clock, to).await
    }

    /// Starts the workers: those that keep the views and the search index up to date, the policies, the post, and the agenda. Under a manual
    /// clock the agenda runs only when the clock is advanced; what is queued leaves at once all the same.
    pub fn start(self: &Arc<Self>) -> Workers {
        let (mut workers, stopped) = self.start_readers();
        let running = &mut workers.running;
        let (live, until_stopped) = (self.live.clone(), until(stopped.clone()));
        running.push(tokio::spawn(async move { live.run(until_stopped).await }));
        let (inboxes, until_stopped) = (self.inboxes.clone(), until(stopped.clone()));
        running.push(tokio::spawn(async move { inboxes.run(until_stopped).await }));
        let (policies, until_stopped) = (self.policies.clone(), until(stopped.clone()));
        running.push(tokio::spawn(async move { policies.run(until_stopped).await }));
        let (identity, until_stopped) = (self.identity.clone(), until(stopped.clone()));
        running.push(tokio::spawn(clear_expired(identity, self.files.clone(), until_stopped)));
        let (post, until_stopped) = (self.post.clone(), until(stopped.clone()));
        running.push(tokio::spawn(async move { post.run(until_stopped).await }));
        let (imports, until_stopped) = (self.imports.clone(), until(stopped.clone()));
        running.push(tokio::spawn(async move { imports.run(until_stopped).await }));
        if self.manual_clock.is_none() {
            let agenda = self.agenda.clone();
            running.push(tokio::spawn(async move { agenda.run(until(stopped)).await }));
        }
        workers
    }

    /// Starts what a past is told with: what follows and what is due happens when the clock is advanced, and only then,
    /// so that it comes in one order.
    pub fn start_telling(self: &Arc<Self>) -> Workers {
        self.start_readers().0
    }

    /// Starts the workers that keep the views and the search index up to date.
    fn start_readers(self: &Arc<Self>) -> (Workers, watch::Receiver<bool>) {
        let (stop, stopped) = watch::channel(false);
        let mut running = Vec::new();

        let (views, until_stopped) = (self.views.clone(), until(stopped.clone()));
        running.push(tokio::spawn(async move {
            if let Err(error) = views.run(until_stopped).await {
                tracing::error!(%error, "the worker of the views has stopped");
            }
        }));
        let (search, until_stopped) = (self.search.clone(), until(stopped.clone()));
        running.push(tokio::spawn(async move { search.run(until_stopped).await }));
        (Workers { stop, running }, stopped)
    }
}

/// How often records of the vault that have expired are cleared, and files that nobody attached.
const CLEARED_EVERY: Duration = Duration::from_hours(1);

/// Removes what has expired now and then: until then it counts as gone, but takes room.
async fn clear_expired(identity: Arc<Identity>, files: Arc<Files>, until_stopped: impl Future<Output = ()>) {
    let clearing = async {
        loop {
            match identity.clear_expired().await {
                Ok(0) => {}
                Ok(cleared) => tracing::info!(cleared, "expired records cleared"),
                Err(error) => tracing::warn!(%error, "expired records are not cleared"),
            }
            match files.clear().await {
                Ok(0) => {}
                Ok(cleared) => tracing::info!(cleared, "files that nobody attached cleared"),
                Err(error) => tracing::warn!(%error, "files that nobody attached are not cleared"),
            }
            tokio::time::sleep(CLEARED_EVERY).await;
        }
    };
    tokio::select! {
        () = clearing => {}
        () = until_stopped => {}
    }
}

/// Who helps to sign, as configured.
fn services(config: &Config) -> Result<Services, OutgoingError> {
    let timestamps = config.timestamp_url.as_deref().map(Authority::new).transpose()?;
    let provider = config.signature_provider.as_deref();
    let provider = provider
        .map(|url| OverHttp::new(url, config.signature_token.clone()))
        .transpose()?;
    Ok(Services {
        timestamps,
        signatures: provider.map(|provider| Arc::new(provider) as Arc<dyn SignatureProvider>),
        public_url: config.public_url.clone(),
    })
}

/// The clock to live by. A manual one goes on where the journal ends, so that time never runs backwards in it.
async fn choose_clock(
    kind: ClockKind,
    given: Option<Arc<ManualClock>>,
    journal: &dyn Journal,
) -> Result<(Arc<dyn Clock>, Option<Arc<ManualClock>>), OpenError> {
    let head = journal.head().await?;
    let manual = given.or_else(|| match kind {
        ClockKind::Real => None,
        ClockKind::Manual(from) if head.position == Position::START => {
            Some(Arc::new(ManualClock::new(from.unwrap_or_else(Utc::now))))
        }
        ClockKind::Manual(from) => {
            let end = head.recorded_at.into();
            Some(Arc::new(ManualClock::new(from.map_or(end, |from| from.max(end)))))
        }
    });
    let clock: Arc<dyn Clock> = match &manual {
        Some(manual) => manual.clone(),
        None => Arc::new(SystemClock),
    };
    clock::check(clock.as_ref(), &head)?;
    Ok((clock, manual))
}

pub(crate) fn master_key(config: &Config) -> Result<MasterKey, KeyError> {
    match &config.master_key {
        Some(hex) => MasterKey::from_hex(hex.reveal(), MasterKey::VARIABLE),
        None => MasterKey::load_or_create(&master_key_file(&config.keys)),
    }
}

/// Where the master key lies in the keys' directory.
pub fn master_key_file(keys: &Path) -> PathBuf {
    keys.join(MASTER_KEY)
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone, which is as good a reason to stop.
    let _ = stopped.wait_for(|stopped| *stopped).await;
}

/// What runs in the background of an application.
pub struct Workers {
    stop: watch::Sender<bool>,
    running: Vec<JoinHandle<()>>,
}

impl Workers {
    /// Tells everybody to stop and waits until they have given back what they hold.
    pub async fn stop(self) {
        self.stop.send_replace(true);
        for worker in self.running {
            if let Err(error) = worker.await {
                tracing::error!(%error, "a worker did not stop in order");
            }
        }
    }
}
