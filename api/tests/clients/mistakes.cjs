// Mistakes that a client can make, one after the other. Prints what the server closes each socket with, and what the
// client of `graphql-ws` makes of it.
const { createClient, CloseCode } = require("graphql-ws");
const { WebSocket } = require("ws");

const [http, token] = process.argv.slice(2);
const url = http.replace("http", "ws");
const init = { type: "connection_init", payload: { authorization: `Bearer ${token}` } };
const subscribe = { type: "subscribe", id: "1", payload: { query: "subscription { events { position } }" } };

/// Says the messages, each after the one before was answered, and waits for the end.
const closing = (messages, protocol = "graphql-transport-ws") =>
  new Promise((resolve) => {
    const socket = new WebSocket(url, protocol);
    const next = () => messages.length && socket.send(JSON.stringify(messages.shift()));
    socket.on("open", next);
    socket.on("message", next);
    socket.on("close", (code, reason) => resolve({ code, reason: reason.toString() }));
  });

/// What the library reports when its token is wrong.
const refused = () =>
  new Promise((resolve) => {
    const client = createClient({
      url,
      webSocketImpl: WebSocket,
      connectionParams: { authorization: "Bearer wrong" },
      retryAttempts: 0,
    });
    client.subscribe(subscribe.payload, { next: () => {}, complete: () => {}, error: ({ code }) => resolve({ code }) });
  });

(async () => {
  const say = (expected, { code }) => console.log(JSON.stringify({ expected, code }));
  const twice = { ...subscribe };
  say(CloseCode.Unauthorized, await closing([subscribe]));
  say(CloseCode.Forbidden, await refused());
  say(CloseCode.SubprotocolNotAcceptable, await closing([], []));
  say(CloseCode.TooManyInitialisationRequests, await closing([init, init]));
  say(CloseCode.BadRequest, await closing([init, { type: "dance" }]));
  say(CloseCode.ConnectionInitialisationTimeout, await closing([]));
  // Both at once: the first is answered by nothing.
  const socket = new WebSocket(url, "graphql-transport-ws");
  socket.on("open", () => socket.send(JSON.stringify(init)));
  socket.once("message", () => [subscribe, twice].forEach((message) => socket.send(JSON.stringify(message))));
  socket.on("close", (code) => say(CloseCode.SubscriberAlreadyExists, { code }));
})();
