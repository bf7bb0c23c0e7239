// A crowd of clients, each following one of a hundred deals over a WebSocket of its own, while deals change: how long an
// event takes from the journal to whoever follows it. Prints `{"followers", "events", "delivered", "expected", "p50",
// "p99", "max"}`, times in milliseconds.
//
//     crowd.cjs URL TOKEN FOLLOWERS EVENTS-PER-SECOND SECONDS
const http = require("node:http");
const { WebSocket } = require("ws");

const [url, token, followers, rate, seconds] = process.argv.slice(2).map((given, at) => (at < 2 ? given : Number(given)));
const DEALS = 100;
const agent = new http.Agent({ keepAlive: true, maxSockets: 32 });

const post = (query, variables) =>
  new Promise((resolve, reject) => {
    const headers = { "content-type": "application/json", authorization: `Bearer ${token}` };
    const request = http.request(url, { method: "POST", agent, headers }, (response) => {
      let text = "";
      response.on("data", (part) => (text += part));
      response.on("end", () => {
        const { data, errors } = JSON.parse(text);
        return errors ? reject(new Error(text)) : resolve(data);
      });
    });
    request.on("error", reject);
    request.end(JSON.stringify({ query, variables }));
  });

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const taken = [];

const follow = (deal) =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(url.replace("http", "ws"), "graphql-transport-ws");
    const say = (message) => socket.send(JSON.stringify(message));
    socket.on("error", reject);
    socket.on("open", () => say({ type: "connection_init", payload: { authorization: `Bearer ${token}` } }));
    socket.on("message", (data) => {
      const { type, payload } = JSON.parse(data);
      if (type === "connection_ack") {
        const query = "subscription($deal: ID!) { events(stream: $deal) { position type recordedAt data } }";
        say({ type: "subscribe", id: "1", payload: { query, variables: { deal } } });
        // Answered after the subscription has begun.
        say({ type: "ping" });
      } else if (type === "pong") {
        resolve(socket);
      } else if (type === "next" && payload.data) {
        taken.push(Date.now() - Date.parse(payload.data.events.recordedAt));
      } else {
        reject(new Error(JSON.stringify(payload)));
      }
    });
  });

(async () => {
  const inputs = Array.from({ length: DEALS }, (_, number) => ({ title: `Followed ${number}` }));
  const created = await post(
    "mutation($inputs: [DealOpenInput!]!) { dealsCreate(inputs: $inputs) { results { deal { id } } } }",
    { inputs },
  );
  const deals = created.dealsCreate.results.map(({ deal }) => deal.id);
  for (let opened = 0; opened < followers; opened += 50) {
    const some = Array.from({ length: Math.min(50, followers - opened) }, (_, at) => deals[(opened + at) % DEALS]);
    await Promise.all(some.map(follow));
  }
  await sleep(1000);
  const rename = "mutation($id: ID!, $title: String!) { dealRename(input: { id: $id, title: $title }) { position } }";
  const began = Date.now();
  const asked = [];
  for (let number = 0; number < rate * seconds; number++) {
    const wait = began + (number * 1000) / rate - Date.now();
    if (wait > 0) await sleep(wait);
    asked.push(post(rename, { id: deals[number % DEALS], title: `Renamed ${number}` }));
  }
  await Promise.all(asked);
  const expected = asked.length * (followers / DEALS);
  for (let waited = 0; taken.length < expected && waited < 100; waited++) await sleep(100);
  taken.sort((one, other) => one - other);
  const share = (part) => taken[Math.min(taken.length - 1, Math.floor(taken.length * part))];
  const [p50, p99, max] = [share(0.5), share(0.99), share(1)];
  const delivered = taken.length;
  console.log(JSON.stringify({ followers, events: asked.length, delivered, expected, p50, p99, max }));
  process.exit(0);
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
