//! What a provider of signatures is given, and what it says.

use super::*;

fn send_envelope(reference: &str) -> QuoteCommand {
    QuoteCommand::SendEnvelope {
        version: 1,
        provider: "http".to_owned(),
        reference: reference.to_owned(),
        now: time("2026-03-10T09:00:00"),
    }
}

fn at_provider(reference: &str) -> QuoteEvent {
    QuoteEvent::QuoteEnvelopeSent {
        version: 1,
        provider: "http".to_owned(),
        reference: reference.to_owned(),
    }
}

fn says(outcome: EnvelopeOutcome) -> QuoteCommand {
    QuoteCommand::CloseEnvelope {
        version: 1,
        reference: "env-1".to_owned(),
        outcome,
        now: time("2026-03-11T09:00:00"),
    }
}

fn signed() -> EnvelopeOutcome {
    EnvelopeOutcome::Signed {
        signed_at: time("2026-03-10T15:00:00"),
        document: PAPER,
    }
}

fn closed(outcome: EnvelopeOutcome) -> QuoteEvent {
    QuoteEvent::QuoteEnvelopeClosed {
        version: 1,
        reference: "env-1".to_owned(),
        outcome,
    }
}

#[test]
fn an_envelope_waits_until_it_is_answered() {
    TestFramework::<Quote>::with(())
        .given(vec![drafted(), sent(1)])
        .when(send_envelope("env-1"))
        .then_expect_events(vec![at_provider("env-1")]);
    let waiting = vec![drafted(), sent(1), at_provider("env-1")];
    assert_eq!(
        refusal(waiting.clone(), send_envelope("env-2")),
        QuoteError::EnvelopeOpen
    );
    let over = [waiting, vec![closed(EnvelopeOutcome::Expired)]].concat();
    assert!(
        quote(&over).decide(send_envelope("env-2")).is_ok(),
        "another one may follow"
    );
    assert_eq!(
        refusal(vec![drafted(), sent(1)], says(signed())),
        QuoteError::NoEnvelope
    );
}

#[test]
fn a_signature_at_the_provider_accepts_the_quote_and_a_refusal_refuses_it() {
    let waiting = vec![drafted(), sent(1), at_provider("env-1")];
    let accepted = QuoteEvent::QuoteAccepted {
        version: 1,
        chosen: Vec::new(),
        breakdown: decided(offer()).totals(&[].into()).unwrap().breakdown,
        means: AcceptanceMeans::SignatureProvider,
        signature: None,
    };
    TestFramework::<Quote>::with(())
        .given(waiting.clone())
        .when(says(signed()))
        .then_expect_events(vec![closed(signed()), accepted.clone()]);
    let done = [waiting.clone(), vec![closed(signed()), accepted]].concat();
    assert_eq!(quote(&done).decide(says(EnvelopeOutcome::Expired)).unwrap(), []);
    let declined = EnvelopeOutcome::Declined {
        reason: Some("Trop cher".to_owned()),
    };
    let refused = QuoteEvent::QuoteRefused {
        version: 1,
        reason: Some("Trop cher".to_owned()),
    };
    TestFramework::<Quote>::with(())
        .given(waiting)
        .when(says(declined.clone()))
        .then_expect_events(vec![closed(declined), refused]);
}

/// Somebody signed what was taken back meanwhile: that is known, and accepts nothing.
#[test]
fn a_signature_on_an_old_version_is_kept_and_accepts_nothing() {
    TestFramework::<Quote>::with(())
        .given(vec![
            drafted(),
            sent(1),
            at_provider("env-1"),
            started(2),
            QuoteEvent::QuoteSuperseded { version: 1 },
            sent(2),
        ])
        .when(says(signed()))
        .then_expect_events(vec![closed(signed())]);
}
