// The audits of GraphQL over HTTP, as its reference implementation (npm: graphql-http) has them. Prints one line of JSON
// for each: `{"id", "name", "status": "ok" | "notice" | "warn" | "error", "reason"}`.
const { serverAudits } = require("graphql-http");

const [url, token] = process.argv.slice(2);
const fetchFn = (address, init = {}) =>
  fetch(address, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });

(async () => {
  for (const audit of serverAudits({ url, fetchFn })) {
    const { id, name, status, reason } = await audit.fn();
    console.log(JSON.stringify({ id, name, status, reason }));
  }
})();
