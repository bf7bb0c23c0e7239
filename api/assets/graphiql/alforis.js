// Opens GraphiQL on this server. The token is taken from the address (/graphql#token=…, which browsers do not send) or
// typed into the headers editor; an address with `?query=` (and `&variables=`) opens with that query; subscriptions send the same headers when their socket opens.
(() => {
  const endpoint = new URL("/graphql", window.location.origin);
  const socket = new URL(endpoint);
  socket.protocol = endpoint.protocol === "https:" ? "wss:" : "ws:";

  const token = new URLSearchParams(window.location.hash.slice(1)).get("token");
  // The address keeps its query, which may be shared; the token goes.
  if (token) history.replaceState(null, "", window.location.pathname + window.location.search);
  const asked = new URLSearchParams(window.location.search);

  const welcome = `# Alforis: every change is an event.
# Put the server's token into "Headers" below, then press the play button.

query Pipeline {
  deals(first: 10, orderBy: [{ field: OPENED_AT, direction: DESC }]) {
    totalCount
    nodes { id title stage amountNet { amount currencyCode } organization { name } }
  }
}

subscription Live {
  events { position type stream occurredAt data }
}
`;

  ReactDOM.createRoot(document.getElementById("graphiql")).render(
    React.createElement(GraphiQL, {
      fetcher: GraphiQL.createFetcher({ url: endpoint.href, subscriptionUrl: socket.href }),
      defaultQuery: welcome,
      query: asked.get("query") ?? undefined,
      variables: asked.get("variables") ?? undefined,
      operationName: asked.get("operationName") ?? undefined,
      defaultHeaders: JSON.stringify({ Authorization: `Bearer ${token ?? "…"}` }, null, 2),
      isHeadersEditorEnabled: true,
      shouldPersistHeaders: false,
      defaultEditorToolsVisibility: "headers",
    }),
  );
})();
