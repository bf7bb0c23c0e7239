//! Others who help to sign: a time-stamping authority, and a provider of signatures. Both run here, and answer over HTTP.

use std::{
    collections::BTreeMap,
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::Command,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::JoinHandle,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use crate::{invoicing::plain, server::Server, support::Workplace, trade::Trade};

/// A request as a service reads it.
struct Asked {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

/// Status, media type and body.
type Told = (u16, &'static str, Vec<u8>);

/// Somebody else's server, as long as the test.
struct Service {
    address: SocketAddr,
    stopping: Arc<AtomicBool>,
    running: Option<JoinHandle<()>>,
}

impl Service {
    fn start(answer: impl Fn(&Asked) -> Told + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let stopping = Arc::new(AtomicBool::new(false));
        let stop = stopping.clone();
        let running = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    break;
                }
                let _ = serve(&stream.unwrap(), &answer);
            }
        });
        Self {
            address,
            stopping,
            running: Some(running),
        }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stopping.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
        if let Some(running) = self.running.take() {
            let _ = running.join();
        }
    }
}

fn serve(stream: &TcpStream, answer: &impl Fn(&Asked) -> Told) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let Some((name, value)) = line.trim().split_once(':') else {
            break;
        };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |text| text.parse().unwrap());
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let (status, media_type, told) = answer(&Asked {
        method,
        path,
        headers,
        body,
    });
    let mut stream = stream;
    write!(
        stream,
        "HTTP/1.1 {status} X\r\ncontent-type: {media_type}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        told.len()
    )?;
    stream.write_all(&told)
}

const AUTHORITY: &str = "
[tsa]
dir = .
serial = ./serial
crypto_device = builtin
signer_cert = ./tsa.crt
certs = ./tsa.crt
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
[stamps]
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[req]
distinguished_name = name
[name]
";

fn openssl(folder: &Path, arguments: &str) {
    let mut command = Command::new("openssl");
    let ran = command.current_dir(folder).args(arguments.split(' ')).output().unwrap();
    let errors = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "openssl {arguments}: {errors}");
}

/// A real authority: `openssl ts` behind HTTP.
fn authority() -> (TempDir, Service) {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("tsa.cnf"), AUTHORITY).unwrap();
    fs::write(folder.path().join("serial"), "01\n").unwrap();
    openssl(
        folder.path(),
        "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout tsa.key -subj /C=FR/O=Horodatage/CN=TSA \
         -days 30 -config tsa.cnf -extensions stamps -out tsa.crt",
    );
    let place = folder.path().to_owned();
    let service = Service::start(move |asked| {
        if asked.method != "POST" || asked.headers["content-type"] != "application/timestamp-query" {
            return (400, "text/plain", Vec::new());
        }
        fs::write(place.join("request.tsq"), &asked.body).unwrap();
        openssl(
            &place,
            "ts -reply -config tsa.cnf -section tsa -queryfile request.tsq -out answer.tsr",
        );
        let answer = fs::read(place.join("answer.tsr")).unwrap();
        (200, "application/timestamp-reply", answer)
    });
    (folder, service)
}

async fn sent(trade: &Trade) -> Value {
    let draft = json!({ "organization": trade.customer, "content": plain("100") });
    let quote = trade.quote("quoteDraft", draft).await["quote"].take();
    let send = json!({ "id": quote["id"], "recipientName": "Ada Lovelace", "email": "ada@acme.example" });
    let sent = trade.quote("quoteSend", send).await;
    assert_eq!(sent["userErrors"], json!([]), "{sent:#}");
    sent["quote"].clone()
}

const ACCEPTED: &str = "query($id: ID!, $at: BigInt!) { quote(id: $id, minPosition: $at) { status deal { status } versions { status acceptanceMeans
    document { sha256 } signedDocument { sha256 address { path } } evidence { address { path } }
    sealTimestamp { at authority failure } envelope { provider reference status signedAt reason documentSha256 } } } }";

async fn look(trade: &Trade, quote: &Value) -> Value {
    let at = trade.server.position().await.to_string();
    let asked = json!({ "id": quote["id"], "at": at });
    let mut data = trade.server.data_with(ACCEPTED, asked).await;
    data["quote"].take()
}

async fn signed(trade: &Trade, quote: &Value) -> Value {
    let page = trade.page(quote);
    let code = trade.code(&page).await;
    let fields = [("code", code.as_str()), ("name", "Ada Lovelace"), ("consent", "yes")];
    let (status, text) = trade.submit(&format!("{page}/sign"), &fields).await;
    assert_eq!(status, 200, "{text}");
    trade
        .until(async || {
            let looked = look(trade, quote).await;
            (!looked["versions"][0]["signedDocument"].is_null()).then(|| looked["versions"][0].clone())
        })
        .await
}

async fn evidence(trade: &Trade, version: &Value) -> Value {
    let bytes = trade.fetch(&version["evidence"]["address"]["path"]).await;
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn a_third_party_vouches_for_when_a_quote_was_signed() {
    let (_folder, service) = authority();
    let trade = Trade::on(Server::start_with(&["--timestamp-url", &service.url("/tsr")])).await;
    let version = signed(&trade, &sent(&trade).await).await;
    let timestamp = &version["sealTimestamp"];
    assert!(
        timestamp["at"].is_string() && timestamp["failure"].is_null(),
        "{version:#}"
    );
    assert!(
        timestamp["authority"].as_str().unwrap().contains("Horodatage"),
        "{timestamp}"
    );
    let paper = trade.fetch(&version["signedDocument"]["address"]["path"]).await;
    let seals = sealing::verify(&paper).unwrap();
    assert!(seals[0].is_intact() && seals[0].covers_whole_file());
    assert_eq!(seals[0].level, Some(sealing::Level::BT), "{:?}", seals[0]);
    let said = evidence(&trade, &version).await;
    assert_eq!(said["timestamp"]["status"], "GIVEN", "{said:#}");
}

#[tokio::test]
async fn an_authority_that_gives_none_keeps_nobody_from_signing_and_that_is_said() {
    let asked = Arc::new(Mutex::new(0));
    let counted = asked.clone();
    let busy = Service::start(move |_| {
        *counted.lock().unwrap() += 1;
        (503, "text/plain", b"later".to_vec())
    });
    let liar = Service::start(|asked| (200, "application/timestamp-reply", asked.body.clone()));
    let endless = Service::start(|_| (200, "application/timestamp-reply", vec![0; 1024 * 1024]));
    for (service, reason) in [(&busy, "503"), (&liar, "RFC 3161"), (&endless, "more than")] {
        let trade = Trade::on(Server::start_with(&["--timestamp-url", &service.url("/tsr")])).await;
        let version = signed(&trade, &sent(&trade).await).await;
        let failure = version["sealTimestamp"]["failure"].as_str().unwrap();
        assert!(failure.contains(reason), "{failure}");
        let paper = trade.fetch(&version["signedDocument"]["address"]["path"]).await;
        assert_eq!(sealing::verify(&paper).unwrap()[0].level, Some(sealing::Level::BB));
        assert_eq!(evidence(&trade, &version).await["timestamp"]["status"], "FAILED");
    }
    assert_eq!(*asked.lock().unwrap(), 2, "asked once more");
}

/// What a provider keeps of an envelope.
type Envelopes = Arc<Mutex<BTreeMap<String, (Value, Value)>>>;

/// A provider that speaks the protocol of `docs/signatures.md`.
fn provider(envelopes: &Envelopes) -> Service {
    let envelopes = envelopes.clone();
    Service::start(move |asked| {
        if asked.headers.get("authorization").map(String::as_str) != Some("Bearer a word between us") {
            return (401, "application/json", b"{}".to_vec());
        }
        let mut envelopes = envelopes.lock().unwrap();
        if (asked.method.as_str(), asked.path.as_str()) == ("POST", "/v1/envelopes") {
            let wanted: Value = serde_json::from_slice(&asked.body).unwrap();
            assert_eq!(asked.headers["idempotency-key"], wanted["id"].as_str().unwrap());
            let reference = format!("env-{}", wanted["id"].as_str().unwrap());
            let entry = envelopes.entry(reference.clone());
            entry.or_insert((wanted, json!({ "status": "pending" })));
            return (
                201,
                "application/json",
                json!({ "reference": reference }).to_string().into(),
            );
        }
        let reference = asked.path.strip_prefix("/v1/envelopes/").unwrap_or_default();
        match envelopes.get(&reference.replace("%2D", "-")) {
            Some((_, state)) => (200, "application/json", state.to_string().into()),
            None => (404, "application/json", b"{}".to_vec()),
        }
    })
}

async fn with_provider(service: &Service) -> Trade {
    let workplace = Workplace::new().with("ALFORIS_SIGNATURE_TOKEN", "a word between us");
    let url = service.url("/v1/");
    Trade::on(Server::start_in(workplace, &["--signature-provider", &url])).await
}

#[tokio::test]
async fn a_provider_has_a_quote_signed_and_is_asked_when_it_calls() {
    let envelopes = Envelopes::default();
    let service = provider(&envelopes);
    let trade = with_provider(&service).await;
    let quote = sent(&trade).await;
    let unsent = trade.quote("quoteCheckEnvelope", json!({ "id": quote["id"] })).await;
    assert_eq!(unsent["userErrors"][0]["code"], "QUOTE_ENVELOPE_NOT_FOUND");
    let input = json!({ "id": quote["id"], "commandId": "018f3a5e-0000-7000-8000-0000000000f1" });
    for _ in 0..2 {
        let given = trade.quote("quoteSendEnvelope", input.clone()).await;
        assert_eq!(given["userErrors"], json!([]), "{given:#}");
    }
    let again = trade.quote("quoteSendEnvelope", json!({ "id": quote["id"] })).await;
    assert_eq!(again["userErrors"][0]["code"], "QUOTE_ENVELOPE_OPEN");
    let (reference, wanted) = {
        let envelopes = envelopes.lock().unwrap();
        assert_eq!(envelopes.len(), 1, "asked once");
        let (reference, (wanted, _)) = envelopes.first_key_value().unwrap();
        (reference.clone(), wanted.clone())
    };
    let looked = look(&trade, &quote).await;
    let version = &looked["versions"][0];
    assert_eq!(
        (&version["envelope"]["reference"], &version["envelope"]["status"]),
        (&json!(reference), &json!("PENDING"))
    );
    assert_eq!(
        wanted["signers"],
        json!([{ "name": "Ada Lovelace", "email": "ada@acme.example" }])
    );
    let paper = STANDARD.decode(wanted["document"].as_str().unwrap()).unwrap();
    assert_eq!(version["document"]["sha256"], hex::encode(Sha256::digest(&paper)));

    // The provider calls; what it says is not believed, and nobody else is heard.
    let callback = wanted["callback"].as_str().unwrap();
    let callback = &callback[callback.find("/signatures/").unwrap()..];
    let call = async |path: &str| {
        let request = trade
            .server
            .client()
            .post(trade.server.url(path))
            .body("{\"status\":\"signed\"}");
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!(call(callback).await, 204);
    assert_eq!(look(&trade, &quote).await["status"], "SENT", "nobody has signed");
    assert_eq!(call(&format!("{callback}x")).await, 404);
    assert_eq!(call(&callback.replace("/1-1/", "/1-2/")).await, 404);

    let signed_at = chrono::Utc::now().to_rfc3339();
    let mut signed_paper = paper.clone();
    signed_paper.extend(b"\n% signed elsewhere\n");
    envelopes.lock().unwrap().get_mut(&reference).unwrap().1 = json!({ "status": "signed", "signedAt": signed_at,
        "signer": { "name": "Ada Lovelace", "email": "ada@acme.example" }, "document": STANDARD.encode(&signed_paper) });
    assert_eq!(call(callback).await, 204);
    assert_eq!(call(callback).await, 204, "called again it is the same");
    let accepted = trade
        .until(async || {
            let looked = look(&trade, &quote).await;
            (looked["deal"]["status"] == "WON").then_some(looked)
        })
        .await;
    let version = &accepted["versions"][0];
    assert_eq!(
        (
            &accepted["status"],
            &version["acceptanceMeans"],
            &version["envelope"]["status"]
        ),
        (&json!("ACCEPTED"), &json!("SIGNATURE_PROVIDER"), &json!("SIGNED"))
    );
    assert_eq!(
        trade.fetch(&version["signedDocument"]["address"]["path"]).await,
        signed_paper
    );
    assert_eq!(
        version["envelope"]["documentSha256"],
        version["signedDocument"]["sha256"]
    );
    let said = evidence(&trade, version).await;
    assert_eq!(
        (&said["reference"], &said["signer"]["name"]),
        (&json!(reference), &json!("Ada Lovelace"))
    );
    let hash = version["signedDocument"]["sha256"].as_str().unwrap();
    let (_, known) = trade.get(&trade.server.url(&format!("/verify?sha256={hash}"))).await;
    assert!(known.contains("Authentique"), "{known}");
}

#[tokio::test]
async fn a_provider_says_no_says_nonsense_or_says_nothing() {
    let envelopes = Envelopes::default();
    let service = provider(&envelopes);
    let trade = with_provider(&service).await;
    let at_provider = async || {
        let quote = sent(&trade).await;
        let given = trade.quote("quoteSendEnvelope", json!({ "id": quote["id"] })).await;
        assert_eq!(given["userErrors"], json!([]), "{given:#}");
        let looked = look(&trade, &quote).await;
        let reference = looked["versions"][0]["envelope"]["reference"]
            .as_str()
            .unwrap()
            .to_owned();
        (quote, reference)
    };
    let tells = |reference: &str, state: Value| envelopes.lock().unwrap().get_mut(reference).unwrap().1 = state;
    let check = async |quote: &Value| {
        let checked = trade.quote("quoteCheckEnvelope", json!({ "id": quote["id"] })).await;
        checked["userErrors"][0]["code"].as_str().map(str::to_owned)
    };

    let (declined, reference) = at_provider().await;
    tells(&reference, json!({ "status": "declined", "reason": "Trop cher" }));
    assert_eq!(check(&declined).await, None);
    let looked = look(&trade, &declined).await;
    assert_eq!(
        (&looked["status"], &looked["versions"][0]["envelope"]["reason"]),
        (&json!("REFUSED"), &json!("Trop cher"))
    );

    let (expired, reference) = at_provider().await;
    for nonsense in [
        json!({ "status": "perhaps" }),
        json!({ "status": "signed", "signedAt": "2026-03-02T10:00:00Z", "document": "no base64!" }),
        json!({ "status": "signed", "signedAt": "2026-03-02T10:00:00Z", "document": STANDARD.encode("<html>") }),
    ] {
        tells(&reference, nonsense.clone());
        assert_eq!(
            check(&expired).await.as_deref(),
            Some("SIGNATURE_PROVIDER_FAILED"),
            "{nonsense}"
        );
    }
    assert_eq!(look(&trade, &expired).await["status"], "SENT");
    tells(&reference, json!({ "status": "expired" }));
    assert_eq!(check(&expired).await, None);
    let looked = look(&trade, &expired).await;
    assert_eq!(
        (&looked["status"], &looked["versions"][0]["envelope"]["status"]),
        (&json!("SENT"), &json!("EXPIRED")),
        "the customer can still sign on the page"
    );

    drop(service);
    let quote = sent(&trade).await;
    let gone = trade.quote("quoteSendEnvelope", json!({ "id": quote["id"] })).await;
    assert_eq!(gone["userErrors"][0]["code"], "SIGNATURE_PROVIDER_FAILED");
    let none = Trade::start().await;
    let quote = sent(&none).await;
    let refused = none.quote("quoteSendEnvelope", json!({ "id": quote["id"] })).await;
    assert_eq!(refused["userErrors"][0]["code"], "SIGNATURE_PROVIDER_NOT_CONFIGURED");
}
