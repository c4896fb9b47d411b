import { type Command, EXIT } from "./command.ts";

const TEXT = `cred-proxy holds API credentials so that a sandboxed agent never sees them.

Usage: deno run FLAGS main.ts [VERB]

Verbs:
  serve         serve until SIGTERM or SIGINT, then drain (the default)
  permissions   print the FLAGS that this table and environment need
  check [FILE]  judge a route table and say which tokens are unset
  clients [ROUTE]
                print how to point clients at the routes, or at one
  healthcheck   exit with 0 if the running service is ready
  version       print the version
  help          print this text

Environment:
  CRED_PROXY_ROUTES         the route table (/run/cred-proxy/routes.json)
  CRED_PROXY_BIND           the address to listen on (0.0.0.0)
  CRED_PROXY_PORT           the port; 0 picks a free one (9099)
  CRED_PROXY_SOCKET         a Unix socket to listen on as well
  CRED_PROXY_DEBUG          if not empty: a line a request on stderr
  CRED_PROXY_LOG            json: a JSON object a request on stdout
  CRED_PROXY_ADMIN          host:port of the operator's listener (none)
  CRED_PROXY_CA_FILE        PEM: authorities trusted beside the built-in ones
  CRED_PROXY_MAX_IN_FLIGHT  requests served at a time (1024)
  CRED_PROXY_DRAIN_S        seconds for requests in flight at the end (30)
  HTTPS_PROXY, HTTP_PROXY, NO_PROXY   the egress proxy, used with CONNECT
  and each variable that token_env or client_token_env names: a token

Signals: SIGHUP reads the table again; SIGTERM and SIGINT end the service when
the requests in flight have ended, a second one at once.

Exit status: 0 done; 1 not ready (healthcheck); 64 wrong usage; 78 wrong
configuration or flags.`;

/** Print how to use the program. */
export const help: Command = () => {
  console.log(TEXT);
  return Promise.resolve(EXIT.ok);
};
