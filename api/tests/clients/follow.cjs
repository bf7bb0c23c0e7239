// Follows events as a client of `graphql-ws` or `graphql-sse` does, and resumes after what it has got whenever the
// connection is lost. Prints each answer, and `{"connected": …}` and `{"closed": …}` as it goes.
//
//     follow.cjs ws|distinct|single URL TOKEN 'subscription($after: BigInt) { events(after: $after) { position } }' [AFTER]
const [transport, url, token, query, after] = process.argv.slice(2);
const say = (what) => console.log(JSON.stringify(what));
const authorization = `Bearer ${token}`;
const patience = {
  retryAttempts: Infinity,
  retryWait: () => new Promise((resolve) => setTimeout(resolve, 100)),
};
patience.retry = patience.retryWait;

let client;
if (transport === "ws") {
  client = require("graphql-ws").createClient({
    url: url.replace("http", "ws"),
    webSocketImpl: require("ws").WebSocket,
    connectionParams: { authorization },
    shouldRetry: () => true,
    ...patience,
    on: {
      connected: () => say({ connected: transport }),
      closed: ({ code, reason }) => say({ closed: code, reason }),
    },
  });
} else {
  client = require("graphql-sse").createClient({
    url,
    singleConnection: transport === "single",
    headers: () => ({ authorization }),
    ...patience,
    on: { connected: () => say({ connected: transport }) },
  });
}

// Sent anew with every attempt, so that each begins where the last one ended.
const variables = { after };
client.subscribe(
  { query, variables },
  {
    next: (answer) => {
      const position = Object.values(answer.data ?? {})[0]?.position;
      if (position) variables.after = position;
      say(answer);
    },
    error: (error) => {
      say({ failed: error.message ?? String(error) });
      process.exit(1);
    },
    complete: () => {
      say({ complete: true });
      process.exit(0);
    },
  },
);
