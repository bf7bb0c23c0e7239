//! A real mail server that takes, refuses, puts off, hangs and hangs up.

use std::sync::Arc;

use domain::{Delivery, DeliveryEvent, Event, delivery::DeliveryStatus};
use engine::{Clock as _, Dispatcher, Outbound as _, RetrySchedule};
use mail::{Post, Route};
use uuid::Uuid;

use crate::{
    server::{Letter, SmtpServer},
    world::{World, reminder},
};

const FROM: &str = "Alforis <crm@atelier.example>";

/// A journal, a way to a server, and one letter queued.
struct Sending {
    world: World,
    dispatcher: Arc<Dispatcher<Event, Post>>,
    delivery: Uuid,
}

impl Sending {
    async fn to(url: &str) -> Self {
        let world = World::new().await;
        let route: Route = url.parse().unwrap();
        let post = Post::new(&route, Some(FROM), "https://crm.atelier.example/", world.blobs()).unwrap();
        let dispatcher = Dispatcher::new(world.bus.clone(), world.views.clone(), post, RetrySchedule::default());
        let delivery = world.queue(reminder()).await;
        Self {
            world,
            dispatcher,
            delivery,
        }
    }

    /// Makes the attempt that is due.
    async fn attempt(&self) -> DeliveryStatus {
        self.dispatcher.deliver_due().await.unwrap();
        let (delivery, _) = self.world.bus.load::<Delivery>(self.delivery).await.unwrap().unwrap();
        delivery.status().unwrap()
    }

    /// Lets time pass until the next attempt, and makes it.
    async fn attempt_again(&self) -> DeliveryStatus {
        let next = self.dispatcher.deliver_due().await.unwrap().expect("another attempt");
        assert!(next > self.world.clock.now());
        self.world.clock.set(next);
        self.attempt().await
    }

    async fn last_reason(&self) -> String {
        match self.world.history(self.delivery).await.pop() {
            Some(DeliveryEvent::DeliveryDeferred { reason, .. } | DeliveryEvent::DeliveryFailed { reason, .. }) => {
                reason
            }
            other => panic!("{other:?}"),
        }
    }
}

fn plain(server: &SmtpServer) -> String {
    format!("smtp://127.0.0.1:{}?tls=none&timeout=20", server.port)
}

fn message_ids(letters: &[Letter]) -> Vec<String> {
    letters.iter().map(|letter| letter.header("Message-ID")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_arrives() {
    let server = SmtpServer::start(&["--mode", "accept"]);
    let sending = Sending::to(&plain(&server)).await;
    assert_eq!(sending.attempt().await, DeliveryStatus::Sent);
    let letters = server.letters();
    let [letter] = letters.as_slice() else {
        panic!("{letters:?}")
    };
    assert_eq!(letter.from, "crm@atelier.example");
    assert_eq!(letter.to, ["zoe@martin.example"]);
    assert_eq!(
        letter.header("Message-ID"),
        format!("<{}@atelier.example>", sending.delivery)
    );
    assert_eq!(letter.header("Date"), "Mon, 09 Mar 2026 12:00:00 +0000");
    assert!(letter.message.contains("text/plain") && letter.message.contains("text/html"));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_refuses_for_good_is_a_dead_letter() {
    let server = SmtpServer::start(&["--mode", "refuse"]);
    let sending = Sending::to(&plain(&server)).await;
    assert_eq!(sending.attempt().await, DeliveryStatus::Dead);
    assert_eq!(
        sending.last_reason().await,
        "SMTP 550 5.1.1",
        "the server's words name the addressee"
    );
    assert_eq!(server.letters(), []);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_server_puts_off_is_sent_later() {
    let server = SmtpServer::start(&["--mode", "greylist"]);
    let sending = Sending::to(&plain(&server)).await;
    assert_eq!(sending.attempt().await, DeliveryStatus::Deferred);
    assert_eq!(sending.last_reason().await, "SMTP 451 4.7.1");
    assert_eq!(sending.attempt_again().await, DeliveryStatus::Sent);
    assert_eq!(server.letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_time_is_tried_again() {
    let server = SmtpServer::start(&["--mode", "busy"]);
    let sending = Sending::to(&plain(&server)).await;
    assert_eq!(sending.attempt().await, DeliveryStatus::Deferred);
    assert_eq!(sending.last_reason().await, "SMTP 421 4.3.2");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_never_answers_has_the_same_letter_twice() {
    let server = SmtpServer::start(&["--mode", "hang"]);
    let url = format!("smtp://127.0.0.1:{}?tls=none&timeout=2", server.port);
    let sending = Sending::to(&url).await;
    assert_eq!(sending.attempt().await, DeliveryStatus::Deferred);
    assert_eq!(sending.last_reason().await, "no answer in time");
    assert_eq!(sending.attempt_again().await, DeliveryStatus::Deferred);
    let letters = server.letters();
    assert_eq!(letters.len(), 2);
    assert_eq!(letters[0], letters[1], "the second copy is the first, byte for byte");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_whose_server_hung_up_is_sent_again_under_the_same_name() {
    let server = SmtpServer::start(&["--mode", "drop"]);
    let sending = Sending::to(&plain(&server)).await;
    assert_eq!(sending.attempt().await, DeliveryStatus::Deferred);
    assert_eq!(sending.attempt_again().await, DeliveryStatus::Deferred);
    let name = format!("<{}@atelier.example>", sending.delivery);
    assert_eq!(message_ids(&server.letters()), [name.clone(), name]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_not_there_is_tried_again_until_nobody_tries_on() {
    let sending = Sending::to("smtp://127.0.0.1:9?tls=none&timeout=5").await;
    let mut attempts = 1;
    let mut status = sending.attempt().await;
    assert_eq!(sending.last_reason().await, "the connection failed");
    while status == DeliveryStatus::Deferred {
        attempts += 1;
        status = sending.attempt_again().await;
    }
    assert_eq!((status, attempts), (DeliveryStatus::Dead, 7));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn starttls_is_insisted_on() {
    let plain_only = SmtpServer::start(&["--mode", "accept"]);
    let sending = Sending::to(&format!("smtp://127.0.0.1:{}?timeout=20", plain_only.port)).await;
    assert_eq!(sending.attempt().await, DeliveryStatus::Deferred);
    assert_eq!(plain_only.letters(), [], "nothing was sent in clear");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_certificate_is_believed_when_its_authority_is_known_and_not_otherwise() {
    for (option, tls) in [("starttls", "starttls"), ("required", "required")] {
        let server = SmtpServer::start(&["--mode", "accept", "--tls", option]);
        let stranger = format!("smtp://localhost:{}?tls={tls}&timeout=20", server.port);
        let sending = Sending::to(&stranger).await;
        assert_eq!(sending.attempt().await, DeliveryStatus::Deferred, "{tls}");
        assert_eq!(server.letters(), [], "{tls}");

        let authority = server.authority.as_ref().unwrap().display();
        let sending = Sending::to(&format!("{stranger}&ca={authority}")).await;
        let status = sending.attempt().await;
        assert_eq!(
            status,
            DeliveryStatus::Sent,
            "{tls}: {:?}",
            sending.world.history(sending.delivery).await
        );
        assert_eq!(server.letters().len(), 1, "{tls}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn user_and_password_are_presented() {
    let server = SmtpServer::start(&["--mode", "login"]);
    let sending = Sending::to(&format!("smtp://crm:p%40ss@127.0.0.1:{}?tls=none", server.port)).await;
    assert_eq!(sending.attempt().await, DeliveryStatus::Sent);
    assert_eq!(server.letters().len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_password_of_ours_costs_no_letter() {
    let server = SmtpServer::start(&["--mode", "denied"]);
    let sending = Sending::to(&format!("smtp://crm:wrong@127.0.0.1:{}?tls=none", server.port)).await;
    assert_eq!(sending.attempt().await, DeliveryStatus::Deferred);
    assert_eq!(sending.last_reason().await, "SMTP 535 5.7.8");
}
