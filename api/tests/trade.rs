//! A company that sells, and a customer who buys: what tests of quotes and invoices begin with.

use std::time::Duration;

use serde_json::{Value, json};

use crate::server::Server;

pub(crate) struct Trade {
    pub(crate) server: Server,
    /// The customer's id.
    pub(crate) customer: String,
}

impl Trade {
    pub(crate) async fn start() -> Self {
        Self::on(Server::start()).await
    }

    pub(crate) async fn on(server: Server) -> Self {
        let mut trade = Self {
            server,
            customer: String::new(),
        };
        trade
            .company(
                "companyIdentify",
                json!({ "name": "Solaire de Lorraine", "legalForm": "SAS", "shareCapital": { "amount": "50000" },
                    "siren": "732829320", "siret": "73282932000074", "registrationCity": "Metz", "vatNumber": "FR44732829320",
                    "address": { "lines": ["4 rue des Clercs"], "postcode": "57000", "city": "Metz" } }),
            )
            .await;
        let query = "mutation($input: OrganizationCreateInput!) { organizationCreate(input: $input) {
            organization { id } userErrors { code field } } }";
        let input =
            json!({ "name": "Acme", "siren": "552100554", "vatNumber": "FR96552100554", "kind": "PROFESSIONAL" });
        let data = trade.server.data_with(query, json!({ "input": input })).await;
        let customer = &data["organizationCreate"]["organization"]["id"];
        customer.as_str().expect("a customer").clone_into(&mut trade.customer);
        let query = "mutation($input: OrganizationChangeAddressesInput!) { organizationChangeAddresses(input: $input) {
            userErrors { code field } } }";
        let address = json!({ "lines": ["1 place Stanislas"], "postcode": "54000", "city": "Nancy" });
        let input = json!({ "id": trade.customer, "billingAddress": address });
        let data = trade.server.data_with(query, json!({ "input": input })).await;
        assert_eq!(data["organizationChangeAddresses"]["userErrors"], json!([]), "{data:#}");
        trade
    }

    /// Sets something of the company.
    pub(crate) async fn company(&self, mutation: &str, input: Value) {
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query =
            format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ userErrors {{ code field }} }} }}");
        let data = self.server.data_with(&query, json!({ "input": input })).await;
        assert_eq!(data[mutation]["userErrors"], json!([]), "{data:#}");
    }

    /// The bytes at a document's address.
    pub(crate) async fn fetch(&self, path: &Value) -> Vec<u8> {
        let url = self.server.url(path.as_str().expect("an address"));
        let answer = self.server.client().get(url).send().await.expect("an answer");
        assert_eq!(answer.status().as_u16(), 200, "{path}");
        answer.bytes().await.expect("a document").to_vec()
    }

    /// The newest letter whose subject or text has these words, decoded.
    pub(crate) async fn letter(&self, words: &str) -> String {
        let outbox = self.server.workplace.path().join("data/outbox");
        self.until(async || {
            let mut found: Vec<_> = std::fs::read_dir(&outbox)
                .into_iter()
                .flatten()
                .flatten()
                .filter(|entry| entry.path().extension().is_some_and(|kind| kind == "eml"))
                .filter_map(|entry| {
                    let written = entry.metadata().ok()?.modified().ok()?;
                    Some((written, decoded(&std::fs::read_to_string(entry.path()).ok()?)))
                })
                .filter(|(_, text)| text.contains(words))
                .collect();
            found.sort();
            found.pop().map(|(_, text)| text)
        })
        .await
    }

    /// What comes to be after a while.
    pub(crate) async fn until<T>(&self, look: impl AsyncFn() -> Option<T>) -> T {
        for _ in 0..400 {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("it does not come");
    }
}

/// Quoted-printable and encoded words, as far as letters of tests have them.
pub(crate) fn decoded(letter: &str) -> String {
    let letter = letter
        .replace("=\r\n", "")
        .replace("?=\r\n =?utf-8?Q?", "")
        .replace("?= =?utf-8?Q?", "");
    let mut bytes = Vec::with_capacity(letter.len());
    let mut rest = letter.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escaped = (*first == b'=')
            .then(|| std::str::from_utf8(after.get(..2)?).ok())
            .flatten()
            .and_then(|digits| u8::from_str_radix(digits, 16).ok());
        if let Some(byte) = escaped {
            bytes.push(byte);
            rest = &after[2..];
        } else {
            bytes.push(*first);
            rest = after;
        }
    }
    String::from_utf8_lossy(&bytes).replace('_', " ")
}
