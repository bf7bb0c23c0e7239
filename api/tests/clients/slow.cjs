// A client of `graphql-ws` that stops reading after its first answer, and reads on after some seconds. Prints the
// position of each answer it got, and why the socket was closed.
const { createClient } = require("graphql-ws");
const { WebSocket } = require("ws");

const [url, token, query, seconds] = process.argv.slice(2);
let socket;
class Socket extends WebSocket {
  constructor(...with_) {
    super(...with_);
    socket = this;
  }
}
let stopped = false;
const client = createClient({
  url: url.replace("http", "ws"),
  webSocketImpl: Socket,
  connectionParams: { authorization: `Bearer ${token}` },
  retryAttempts: 0,
  on: {
    closed: ({ code, reason }) => {
      console.log(JSON.stringify({ closed: code, reason }));
      process.exit(0);
    },
  },
});
client.subscribe(
  { query },
  {
    next: ({ data }) => {
      console.log(JSON.stringify({ position: data.events.position }));
      if (stopped) return;
      stopped = true;
      socket.pause();
      setTimeout(() => socket.resume(), Number(seconds) * 1000);
    },
    error: () => {},
    complete: () => {},
  },
);
