//! Invoices, credit notes and payments, from the quote to the money.

use std::{collections::BTreeSet, path::PathBuf, process::Command};

use domain::Role;
use futures::future::join_all;
use serde_json::{Value, json};

use crate::{
    database::Database,
    people::People,
    server::{Server, TOKEN},
    sign_in::shown_by_authenticator,
    support::Workplace,
};

const INVOICE: &str = "id uuid kind status number version
    net { amount } vat { amount } gross { amount } deducted { amount } due { amount } paid { amount } credited { amount }
    discounted { amount } writtenOff { amount } remaining { amount }
    issuedOn dueOn nextDue overdue throughPlatform
    totals { breakdown { base { amount } vat { amount } treatment { rate } } }
    instalments { dueOn amount { amount } remaining { amount } }
    facturX { name size sha256 address { path } } cii { name size address { path } } ubl { name size address { path } }
    corrects { number } creditNotes { number } deductions { invoice { number } totals { gross { amount } } }
    deductedBy { number } quote { number } organization { name } buyer { name email } missingMentions { code field }
    payments { amount { amount } withdrawn { amount } withdrawals { amount { amount } cause } payment { uuid } }
    platform { reference status }";
const PAYMENT: &str = "id uuid amount { amount } applied { amount } unapplied { amount } refunded { amount } reversedOn
    refunds { amount { amount } method } allocations { amount { amount } withdrawn { amount } invoice { number } }";

/// Gives a command and answers its whole payload.
pub(crate) async fn give(server: &Server, mutation: &str, input: Value) -> Value {
    let (first, rest) = mutation.split_at(1);
    let kind = match mutation {
        "invoiceDiscard" | "invoiceSettleDispute" | "invoiceReleaseReminders" | "invoiceSubmit" => "InvoiceCommand",
        "invoiceDispute" | "invoiceWriteOff" | "invoiceUndoWriteOff" => "InvoiceReason",
        "quoteSend" | "quoteDraft" | "quoteReportAcceptance" => &format!("Quote{}", &mutation[5..]),
        _ => &format!("{}{rest}", first.to_uppercase()),
    };
    let object = match &mutation[..3] {
        "inv" => format!("invoice {{ {INVOICE} }}"),
        "pay" => format!("payment {{ {PAYMENT} }}"),
        "quo" => "quote { id number accepted { number } }".to_owned(),
        "org" => "organization { id }".to_owned(),
        _ => "company { name }".to_owned(),
    };
    let query = format!(
        "mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ {object} version replayed userErrors {{ code field message }} }} }}"
    );
    server.data_with(&query, json!({ "input": input })).await[mutation].take()
}

/// The object that a command left, which must be taken.
pub(crate) async fn taken(server: &Server, mutation: &str, input: Value) -> Value {
    let mut payload = give(server, mutation, input).await;
    assert_eq!(payload["userErrors"], json!([]), "{mutation}: {payload:#}");
    let object = match &mutation[..3] {
        "inv" => "invoice",
        "pay" => "payment",
        "quo" => "quote",
        "org" => "organization",
        _ => "company",
    };
    payload[object].take()
}

/// The code with which a command is refused.
pub(crate) async fn refusal(server: &Server, mutation: &str, input: Value) -> String {
    let payload = give(server, mutation, input).await;
    let code = payload["userErrors"][0]["code"].as_str();
    code.unwrap_or_else(|| panic!("{mutation} was taken: {payload:#}"))
        .to_owned()
}

pub(crate) async fn invoice(server: &Server, id: &Value) -> Value {
    let query = format!("query($id: ID!, $at: BigInt!) {{ invoice(id: $id, minPosition: $at) {{ {INVOICE} }} }}");
    let at = server.position().await.to_string();
    server.data_with(&query, json!({ "id": id, "at": at })).await["invoice"].take()
}

pub(crate) fn amounts<const N: usize>(object: &Value, fields: [&str; N]) -> [String; N] {
    fields.map(|field| object[field]["amount"].as_str().expect(field).to_owned())
}

/// The company as it has to be before it can issue invoices.
pub(crate) async fn house(server: &Server) {
    let identity = json!({ "name": "Solaire de Lorraine", "legalForm": "SAS", "shareCapital": { "amount": "50000" },
        "siren": "732 829 320", "registrationCity": "Metz", "vatNumber": "FR44732829320",
        "address": { "lines": ["4 rue des Clercs"], "postcode": "57000", "city": "Metz" } });
    taken(server, "companyIdentify", identity).await;
    let account = People::of(server).with(Role::Admin);
    let admin = account.sign_in().await;
    let begin = "mutation($password: String!) { secondFactorBegin(input: { password: $password }) { secret } }";
    let begun = admin.data(begin, json!({ "password": account.password })).await;
    let secret = begun["secondFactorBegin"]["secret"].as_str().unwrap().to_owned();
    let confirm = "mutation($code: String!) { secondFactorConfirm(input: { code: $code }) { recoveryCodes } }";
    let code = shown_by_authenticator(&secret);
    let confirmed = admin.data(confirm, json!({ "code": code })).await;
    let recovery = confirmed["secondFactorConfirm"]["recoveryCodes"][0].clone();
    let change = "mutation($code: String!) { companyChangeBankAccount(input: { iban: \"FR76 3000 6000 0112 3456 7890 189\", code: $code }) { userErrors { code } } }";
    let changed = admin.data(change, json!({ "code": recovery })).await;
    assert_eq!(changed["companyChangeBankAccount"]["userErrors"], json!([]));
}

pub(crate) async fn customer(server: &Server) -> Value {
    let input = json!({ "name": "Acme", "kind": "PROFESSIONAL", "siren": "552 100 554",
        "billingAddress": { "lines": ["1 rue de la Paix"], "postcode": "75002", "city": "Paris" } });
    taken(server, "organizationCreate", input).await["id"].take()
}

/// 1,000.00 at 20 % and 333.33 at 5.5 %: 1,551.66 with tax.
pub(crate) fn sold() -> Value {
    json!({ "subject": "Toiture", "rows": [
        { "line": { "name": "Pose", "unit": "heure", "quantity": "10", "unitPrice": "100", "nature": "SERVICES" } },
        { "line": { "name": "Isolant", "unit": "m²", "unitPrice": "333.33", "nature": "GOODS", "vatRateClass": "REDUCED" } },
    ] })
}

/// One line of services at 20 %.
pub(crate) fn plain(price: &str) -> Value {
    json!({ "rows": [{ "line": { "name": "Étude", "unit": "forfait", "unitPrice": price, "nature": "SERVICES" } }] })
}

async fn accepted_quote(server: &Server, organization: &Value) -> Value {
    let quote = taken(
        server,
        "quoteDraft",
        json!({ "organization": organization, "content": sold() }),
    )
    .await["id"]
        .take();
    taken(server, "quoteSend", json!({ "id": quote, "byMail": false })).await;
    taken(server, "quoteReportAcceptance", json!({ "id": quote, "version": 1 })).await;
    quote
}

pub(crate) async fn issued(server: &Server, organization: &Value, price: &str) -> Value {
    let draft = json!({ "organization": organization, "content": plain(price) });
    let draft = taken(server, "invoiceDraft", draft).await;
    taken(
        server,
        "invoiceIssue",
        json!({ "id": draft["id"], "email": "compta@acme.example" }),
    )
    .await
}

pub(crate) async fn of_quote(server: &Server, quote: &Value, part: Value) -> Value {
    taken(server, "invoiceDraftFromQuote", json!({ "quote": quote, "part": part })).await
}

#[tokio::test]
async fn a_quote_is_invoiced_in_parts_paid_and_credited() {
    from_quote_to_money(&Server::start()).await;
}

async fn from_quote_to_money(server: &Server) {
    house(server).await;
    let organization = customer(server).await;
    let quote = accepted_quote(server, &organization).await;

    // A deposit of 30 %, tax by tax.
    let deposit = of_quote(server, &quote, json!({ "deposit": "30" })).await;
    assert_eq!(
        amounts(&deposit, ["net", "vat", "gross"]),
        ["400.00", "65.50", "465.50"]
    );
    assert_eq!(
        (
            &deposit["kind"],
            &deposit["status"],
            &deposit["number"],
            &deposit["missingMentions"]
        ),
        (&json!("DEPOSIT"), &json!("DRAFT"), &Value::Null, &json!([]))
    );
    let deposit = taken(
        server,
        "invoiceIssue",
        json!({ "id": deposit["id"], "recipientName": "Zoé Martin", "email": "zoe@acme.example" }),
    )
    .await;
    let year = &deposit["issuedOn"].as_str().unwrap()[..4];
    assert_eq!(deposit["number"], format!("{year}-F-001"));
    assert_eq!(
        (&deposit["status"], &deposit["dueOn"]),
        (&json!("UNPAID"), &deposit["issuedOn"])
    );
    assert_eq!(deposit["buyer"], json!({ "name": "Acme", "email": "zoe@acme.example" }));
    assert_eq!(deposit["facturX"]["name"], format!("Facture {year}-F-001.pdf"));
    documents_are_fetched(server, &deposit).await;
    assert_eq!(
        refusal(server, "invoiceIssue", json!({ "id": deposit["id"] })).await,
        "INVOICE_ISSUED"
    );
    let change = json!({ "id": deposit["id"], "content": plain("1") });
    assert_eq!(refusal(server, "invoiceChangeContent", change).await, "INVOICE_ISSUED");

    let payment = json!({ "organization": organization, "amount": { "amount": "465.50" }, "method": "TRANSFER",
        "valueDate": deposit["issuedOn"], "reference": "VIR 1",
        "allocations": [{ "invoice": deposit["id"], "amount": "465.50" }] });
    let paid = taken(server, "paymentReceive", payment).await;
    assert_eq!(amounts(&paid, ["applied", "unapplied"]), ["465.50", "0.00"]);
    let deposit = invoice(server, &deposit["id"]).await;
    assert_eq!(
        (&deposit["status"], &deposit["nextDue"]),
        (&json!("PAID"), &Value::Null)
    );

    // What was invoiced before comes off below the totals.
    let whole = json!({ "quote": quote, "part": { "whole": true } });
    assert_eq!(
        refusal(server, "invoiceDraftFromQuote", whole.clone()).await,
        "QUOTE_PARTLY_INVOICED"
    );
    let last = of_quote(server, &quote, json!({ "final": true })).await;
    assert_eq!(last["deductions"][0]["totals"]["gross"]["amount"], "465.50");
    let last = taken(server, "invoiceIssue", json!({ "id": last["id"] })).await;
    assert_eq!(
        amounts(&last, ["gross", "deducted", "due", "remaining"]),
        ["1551.66", "465.50", "1086.16", "1086.16"]
    );
    assert_eq!(last["number"], format!("{year}-F-002"));
    assert_eq!(
        invoice(server, &deposit["id"]).await["deductedBy"]["number"],
        last["number"]
    );
    assert_eq!(refusal(server, "invoiceDraftFromQuote", whole).await, "QUOTE_INVOICED");

    // More than is due: the rest is the customer's.
    let payment = json!({ "organization": organization, "amount": { "amount": "1200" }, "method": "CHEQUE",
        "valueDate": last["issuedOn"], "allocations": [{ "invoice": last["id"] }] });
    let cheque = taken(server, "paymentReceive", payment).await;
    assert_eq!(amounts(&cheque, ["applied", "unapplied"]), ["1086.16", "113.84"]);
    assert_eq!(invoice(server, &last["id"]).await["status"], "PAID");

    let small = issued(server, &organization, "100").await;
    assert_eq!(small["number"], format!("{year}-F-003"));
    let too_much = json!({ "id": cheque["id"], "allocations": [{ "invoice": small["id"], "amount": "114" }] });
    assert_eq!(
        refusal(server, "paymentAllocate", too_much).await,
        "AMOUNT_EXCEEDS_PAYMENT"
    );
    let put = taken(
        server,
        "paymentAllocate",
        json!({ "id": cheque["id"], "allocations": [{ "invoice": small["id"] }] }),
    )
    .await;
    assert_eq!(amounts(&put, ["applied", "unapplied"]), ["1200.00", "0.00"]);
    let small = invoice(server, &small["id"]).await;
    assert_eq!(small["status"], "PARTIALLY_PAID");
    assert_eq!(amounts(&small, ["paid", "remaining"]), ["113.84", "6.16"]);
    let cash = json!({ "organization": organization, "amount": { "amount": "50" }, "method": "CASH",
        "valueDate": last["issuedOn"], "allocations": [{ "invoice": small["id"], "amount": "6.17" }] });
    assert_eq!(
        refusal(server, "paymentReceive", cash.clone()).await,
        "ALLOCATION_EXCEEDS_DUE"
    );
    let data = server.data("{ payments { totalCount } }").await;
    assert_eq!(data["payments"]["totalCount"], 2, "what was refused left nothing");

    // A bounced cheque comes off everything that it was on.
    let bounced = taken(
        server,
        "paymentReverse",
        json!({ "id": cheque["id"], "reason": "Sans provision" }),
    )
    .await;
    assert_eq!(amounts(&bounced, ["applied", "unapplied"]), ["0.00", "0.00"]);
    assert_ne!(bounced["reversedOn"], Value::Null);
    for (id, remaining) in [(&last["id"], "1086.16"), (&small["id"], "120.00")] {
        let unpaid = invoice(server, id).await;
        assert_eq!(
            (&unpaid["status"], &unpaid["remaining"]["amount"]),
            (&json!("UNPAID"), &json!(remaining))
        );
        assert_eq!(unpaid["payments"][0]["withdrawals"][0]["cause"], "REVERSED");
    }

    credits(server, &organization, &small, &last, &deposit, year).await;
}

async fn credits(server: &Server, organization: &Value, small: &Value, last: &Value, deposit: &Value, year: &str) {
    let preview = "query($id: ID!) { creditPreview(invoice: $id, credit: { amount: \"20\" }) {
        kind totals { net { amount } gross { amount } } userErrors { code } } }";
    let preview = server.data_with(preview, json!({ "id": small["id"] })).await["creditPreview"].take();
    assert_eq!(preview["totals"]["gross"]["amount"], "20.00", "{preview}");
    let credit = |id: &Value, credit: Value| json!({ "id": id, "credit": credit, "reason": "Remise commerciale" });

    // Paid in full, so that the credit is the customer's.
    let full = json!({ "organization": organization, "amount": { "amount": "120" }, "method": "CARD",
        "valueDate": small["issuedOn"], "allocations": [{ "invoice": small["id"] }] });
    let full = taken(server, "paymentReceive", full).await;
    let note = taken(server, "invoiceCredit", credit(&small["id"], json!({ "amount": "20" }))).await;
    assert_eq!(
        (&note["kind"], &note["status"]),
        (&json!("CREDIT_NOTE"), &json!("CREDITED"))
    );
    assert_eq!(note["number"], format!("{year}-A-001"));
    assert_eq!(note["corrects"]["number"], small["number"]);
    assert_eq!(amounts(&note, ["net", "vat", "gross"]), ["16.67", "3.33", "20.00"]);
    documents_are_fetched(server, &note).await;
    let lowered = invoice(server, &small["id"]).await;
    assert_eq!(
        amounts(&lowered, ["credited", "paid", "remaining"]),
        ["20.00", "100.00", "0.00"]
    );
    assert_eq!(
        lowered["payments"][1]["withdrawals"][0],
        json!({ "amount": { "amount": "20.00" }, "cause": "CREDITED" })
    );
    let too_much = credit(&small["id"], json!({ "amount": "100.01" }));
    assert_eq!(
        refusal(server, "invoiceCredit", too_much).await,
        "CREDIT_EXCEEDS_INVOICE"
    );
    let refund = json!({ "id": full["id"], "amount": "20", "method": "TRANSFER" });
    assert_eq!(
        amounts(&taken(server, "paymentRefund", refund).await, ["refunded", "unapplied"]),
        ["20.00", "0.00"]
    );

    // The rest: what both credit notes say is what the invoice said, tax by tax.
    let mut rest = credit(&small["id"], json!({ "whole": true }));
    rest["commandId"] = json!("018f3a5e-0000-7000-8000-0000000000c1");
    let second = taken(server, "invoiceCredit", rest.clone()).await;
    assert_eq!(amounts(&second, ["net", "vat", "gross"]), ["83.33", "16.67", "100.00"]);
    assert_eq!(second["number"], format!("{year}-A-002"));
    let again = give(server, "invoiceCredit", rest).await;
    assert_eq!(
        (&again["replayed"], &again["invoice"]["number"]),
        (&json!(true), &second["number"]),
        "{again:#}"
    );
    let gone = invoice(server, &small["id"]).await;
    assert_eq!(
        (&gone["status"], &gone["remaining"]["amount"]),
        (&json!("CREDITED"), &json!("0.00"))
    );
    assert_eq!(
        gone["creditNotes"],
        json!([{ "number": note["number"] }, { "number": second["number"] }])
    );
    let nothing = credit(&small["id"], json!({ "whole": true }));
    assert_eq!(refusal(server, "invoiceCredit", nothing).await, "NOTHING_TO_CREDIT");

    // A final invoice is taken back with what it had taken off: its deposit stands alone again.
    let back = taken(server, "invoiceCredit", credit(&last["id"], json!({ "whole": true }))).await;
    assert_eq!(
        amounts(&back, ["gross", "deducted", "due"]),
        ["1551.66", "465.50", "1086.16"]
    );
    assert_eq!(invoice(server, &deposit["id"]).await["deductedBy"], Value::Null);
    let shown = back["totals"]["breakdown"].as_array().unwrap();
    let shown: BTreeSet<_> = shown.iter().map(|share| amounts(share, ["base", "vat"])).collect();
    let expected = [["1000.00", "200.00"], ["333.33", "18.33"]].map(|pair| pair.map(str::to_owned));
    assert_eq!(shown, BTreeSet::from(expected));
}

/// Every form of an invoice is there under an address that nobody can make up.
async fn documents_are_fetched(server: &Server, invoice: &Value) {
    for (form, begins) in [("facturX", "%PDF-"), ("cii", "<?xml"), ("ubl", "<?xml")] {
        let path = invoice[form]["address"]["path"]
            .as_str()
            .unwrap_or_else(|| panic!("no {form}: {invoice:#}"));
        let answer = server.client().get(server.url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let bytes = answer.bytes().await.unwrap();
        assert_eq!(bytes.len() as u64, invoice[form]["size"].as_u64().unwrap());
        assert!(bytes.starts_with(begins.as_bytes()), "{form}");
        let forged = path.replacen("/p1", "/p2", 1).replacen("/x1", "/x2", 1);
        let answer = server.client().get(server.url(&forged)).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{forged}");
    }
}

#[tokio::test]
async fn what_a_draft_lacks_is_said_before_it_is_issued() {
    let server = Server::start();
    let organization = taken(&server, "organizationCreate", json!({ "name": "Sans adresse" })).await["id"].take();
    let draft = json!({ "organization": organization, "content": plain("100") });
    let draft = taken(&server, "invoiceDraft", draft).await;
    let missing: Vec<_> = draft["missingMentions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["code"].clone())
        .collect();
    assert_eq!(
        json!(missing),
        json!(["SELLER_IDENTITY", "BUYER_ADDRESS", "BUYER_SIREN"])
    );
    let payload = give(&server, "invoiceIssue", json!({ "id": draft["id"] })).await;
    assert_eq!(payload["userErrors"][0]["code"], "MENTIONS_MISSING", "{payload:#}");
    house(&server).await;
    let address = json!({ "id": organization, "billingAddress": { "lines": ["2 rue Haute"], "postcode": "67000", "city": "Strasbourg" } });
    taken(&server, "organizationChangeAddresses", address).await;
    taken(
        &server,
        "organizationIdentify",
        json!({ "id": organization, "siren": "552 100 554" }),
    )
    .await;
    let known = invoice(&server, &draft["id"]).await;
    assert_eq!(known["missingMentions"], json!([]));
    let issued = taken(&server, "invoiceIssue", json!({ "id": draft["id"] })).await;
    assert!(
        issued["number"].as_str().unwrap().ends_with("-F-001"),
        "no number was lost"
    );

    let another = json!({ "organization": organization, "content": plain("50"), "commandId": "018f3a5e-0000-7000-8000-0000000000d1" });
    let first = taken(&server, "invoiceDraft", another.clone()).await;
    assert_eq!(give(&server, "invoiceDraft", another).await["replayed"], true);
    taken(&server, "invoiceDiscard", json!({ "id": first["id"] })).await;
    assert_eq!(
        refusal(&server, "invoiceIssue", json!({ "id": first["id"] })).await,
        "INVOICE_DISCARDED"
    );
    let data = server
        .data("{ invoices(filter: { status: { notIn: [DISCARDED] } }) { totalCount nodes { status } } }")
        .await;
    assert_eq!(data["invoices"]["totalCount"], 1);
    let data = server
        .data("{ invoices(filter: { overdue: true }) { totalCount } }")
        .await;
    assert_eq!(data["invoices"]["totalCount"], 0);
}

#[tokio::test]
async fn an_invoice_is_followed_until_it_is_paid() {
    let server = Server::start();
    house(&server).await;
    let organization = customer(&server).await;
    let invoice_id = issued(&server, &organization, "100").await["id"].take();
    let sent = give(&server, "invoiceSend", json!({ "id": invoice_id, "message": "Merci." })).await;
    assert_eq!(sent["userErrors"], json!([]), "{sent:#}");
    taken(
        &server,
        "invoiceDispute",
        json!({ "id": invoice_id, "reason": "Quantité" }),
    )
    .await;
    taken(&server, "invoiceSettleDispute", json!({ "id": invoice_id })).await;
    taken(
        &server,
        "invoicePromise",
        json!({ "id": invoice_id, "until": "2099-01-31" }),
    )
    .await;
    taken(
        &server,
        "invoiceHoldReminders",
        json!({ "id": invoice_id, "reason": "Négociation" }),
    )
    .await;
    taken(&server, "invoiceReleaseReminders", json!({ "id": invoice_id })).await;
    let none = json!({ "id": invoice_id });
    assert_eq!(
        refusal(&server, "invoiceGrantEarlyPaymentDiscount", none).await,
        "NO_EARLY_PAYMENT_DISCOUNT"
    );
    let off = taken(
        &server,
        "invoiceWriteOff",
        json!({ "id": invoice_id, "reason": "Liquidation" }),
    )
    .await;
    assert_eq!(
        (&off["status"], &off["writtenOff"]["amount"]),
        (&json!("WRITTEN_OFF"), &json!("120.00"))
    );
    let submit = json!({ "id": invoice_id });
    assert_eq!(
        refusal(&server, "invoiceSubmit", submit).await,
        "PLATFORM_NOT_CONFIGURED"
    );
    let query = format!(
        "{{ history(id: \"{}\", first: 50) {{ nodes {{ type summary }} }} deliveries {{ nodes {{ status }} }} }}",
        invoice_id.as_str().unwrap()
    );
    let data = server.data(&query).await;
    let types = data["history"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event["type"].as_str().unwrap());
    // What the agenda plans comes in between, when it comes.
    let types: Vec<_> = types
        .filter(|name| !matches!(*name, "ReminderPlanned" | "ReminderUnplanned"))
        .collect();
    assert_eq!(
        types,
        [
            "InvoiceDrafted",
            "InvoiceIssued",
            "InvoiceDocumentsFiled",
            "InvoiceSent",
            "InvoiceDisputed",
            "DisputeSettled",
            "PaymentPromised",
            "RemindersHeld",
            "RemindersReleased",
            "InvoiceWrittenOff"
        ]
    );
}

#[tokio::test]
async fn an_invoice_between_professionals_goes_through_the_platform() {
    let workplace = Workplace::new();
    let folder = workplace.path().join("platform");
    let server = Server::start_in(workplace, &["--platform-folder", "platform"]);
    house(&server).await;
    taken(
        &server,
        "companySetElectronicInvoicing",
        json!({ "from": "2026-09-01" }),
    )
    .await;
    let organization = customer(&server).await;
    let invoice_id = issued(&server, &organization, "100").await;
    assert_eq!(invoice_id["throughPlatform"], true);
    let payment = json!({ "organization": organization, "amount": { "amount": "60" }, "method": "TRANSFER",
        "valueDate": invoice_id["issuedOn"], "allocations": [{ "invoice": invoice_id["id"] }] });
    taken(&server, "paymentReceive", payment.clone()).await;
    let submitted = taken(&server, "invoiceSubmit", json!({ "id": invoice_id["id"] })).await;
    assert_eq!(submitted["platform"]["reference"], invoice_id["uuid"]);
    let number = invoice_id["number"].as_str().unwrap();
    for ending in ["pdf", "cii.xml", "ubl.xml", "json"] {
        assert!(folder.join(format!("{number}.{ending}")).exists(), "{ending}");
    }
    for status in ["DEPOSITED", "MADE_AVAILABLE", "APPROVED"] {
        let standing = json!({ "id": invoice_id["id"], "status": status });
        let standing = taken(&server, "invoiceReceivePlatformStatus", standing).await;
        assert_eq!(standing["platform"]["status"], status);
    }
    taken(&server, "paymentReceive", payment).await;
    // One for the payment before it was handed over, one for the payment after.
    let reports = || {
        let files = std::fs::read_dir(&folder).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        names
            .filter(|name| name.contains(".cashed.") && !name.starts_with('.'))
            .count()
    };
    for _ in 0..100 {
        if reports() == 2 {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    assert_eq!(reports(), 2);
}

#[tokio::test]
async fn the_files_of_a_final_invoice_keep_the_rules_of_others() {
    let server = Server::start();
    house(&server).await;
    let organization = customer(&server).await;
    let quote = accepted_quote(&server, &organization).await;
    let deposit = of_quote(&server, &quote, json!({ "deposit": "30" })).await;
    let deposit = taken(&server, "invoiceIssue", json!({ "id": deposit["id"] })).await;
    let last = of_quote(&server, &quote, json!({ "final": true })).await;
    let last = taken(&server, "invoiceIssue", json!({ "id": last["id"] })).await;
    let note = json!({ "id": last["id"], "credit": { "whole": true }, "reason": "Annulation" });
    let note = taken(&server, "invoiceCredit", note).await;
    let folder = tempfile::tempdir().unwrap();
    for invoice in [&deposit, &last, &note] {
        for (form, ending) in [("facturX", "pdf"), ("cii", "cii.xml"), ("ubl", "ubl.xml")] {
            let path = invoice[form]["address"]["path"].as_str().unwrap();
            let bytes = server
                .client()
                .get(server.url(path))
                .send()
                .await
                .unwrap()
                .bytes()
                .await
                .unwrap();
            let name = format!("{}.{ending}", invoice["number"].as_str().unwrap());
            std::fs::write(folder.path().join(name), bytes).unwrap();
        }
    }
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../scripts/invoice-checker");
    let ran = Command::new(script).arg(folder.path()).output().unwrap();
    let said = String::from_utf8_lossy(&ran.stdout);
    assert_eq!(
        said.lines().count(),
        9,
        "{said}{}",
        String::from_utf8_lossy(&ran.stderr)
    );
    for line in said.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        assert_eq!(line["failed"], json!([]), "{line}");
    }
}

#[tokio::test]
async fn postgresql_answers_the_same() {
    let database = Database::make("invoicing").await;
    let server = Server::start_in(Workplace::on_database(&database.url()), &[]);
    from_quote_to_money(&server).await;
    drop(server);
    database.drop().await;
}

/// Two processes on one journal, a hundred wishes each at the same time.
#[tokio::test]
async fn numbers_have_no_gap_and_no_doublet_whoever_issues() {
    const EACH: usize = 100;
    let database = Database::make("numbers").await;
    let one = Server::start_in(Workplace::on_database(&database.url()), &[]);
    let place = Workplace::on_database(&database.url());
    let mut command = place.command();
    command.args(["serve", "--listen", "127.0.0.1:0", "--token", TOKEN]);
    for shared in ["keys", "blobs"] {
        let folder = one.workplace.path().join("data").join(shared);
        command.arg(format!("--{shared}")).arg(folder);
    }
    let two = Server::run(place, command);
    house(&one).await;
    let organization = customer(&one).await;
    let mut drafts = Vec::new();
    for _ in 0..2 * EACH {
        let draft = json!({ "organization": organization, "content": plain("100") });
        let query = "mutation($input: InvoiceDraftInput!) { invoiceDraft(input: $input) { invoice { id } } }";
        let data = one.data_with(query, json!({ "input": draft })).await;
        drafts.push(data["invoiceDraft"]["invoice"]["id"].clone());
    }
    let issue = "mutation($id: ID!, $seen: Int) { invoiceIssue(input: { id: $id, expectedVersion: $seen }) { invoice { number } userErrors { code } } }";
    let asked = drafts.iter().enumerate().map(|(index, draft)| {
        let server = if index % 2 == 0 { &one } else { &two };
        // Half of them say which version they saw: that others take numbers is no conflict.
        let seen = if index % 4 < 2 { json!(1) } else { Value::Null };
        server.data_with(issue, json!({ "id": draft, "seen": seen }))
    });
    let answers = join_all(asked).await;
    let mut numbers: Vec<u32> = answers
        .iter()
        .map(|answer| {
            let number = answer["invoiceIssue"]["invoice"]["number"].as_str();
            let number = number.unwrap_or_else(|| panic!("{answer:#}"));
            number.rsplit('-').next().unwrap().parse().unwrap()
        })
        .collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=2 * EACH as u32).collect::<Vec<_>>());
    let issued = "{ invoices(filter: { status: { eq: UNPAID } }) { totalCount } }";
    let at = one.position().await;
    let issued = issued.replace("(filter", &format!("(minPosition: \"{at}\", filter"));
    assert_eq!(one.data(&issued).await["invoices"]["totalCount"], 2 * EACH);
    drop((one, two));
    database.drop().await;
}
