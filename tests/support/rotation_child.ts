/**
 * Uses a refresh token once, as the service does, and prints the access token; or ends itself by SIGKILL on the way.
 *
 *     rotation_child.ts ISSUER STATE_FOLDER REFRESH_TOKEN [STEP]
 *
 * @module
 */

import { parseRoutes } from "../../lib/config/route/route_table.ts";
import { Secret } from "../../lib/core/secret.ts";
import { ChangeCounter } from "../../lib/tokens/change_counter.ts";
import { OAuth2Minter } from "../../lib/tokens/oauth2_minter.ts";
import { RefreshToken } from "../../lib/tokens/refresh_token.ts";
import { StateFile } from "../../lib/tokens/state_file.ts";
import { valueOf } from "./result.ts";

const [issuer = "", folder = "", refreshToken = "", last] = Deno.args;

function onStep(step: string): void {
  if (step === last) Deno.kill(Deno.pid, "SIGKILL");
}

const table = valueOf(parseRoutes(JSON.stringify({
  routes: [{
    path: "/a/",
    upstream: "http://127.0.0.1",
    auth_scheme: "Bearer",
    token_from: {
      oauth2: {
        token_url: `${issuer}/token`,
        grant: "refresh_token",
        client_id: "me",
        refresh_token_env: "R",
      },
    },
  }],
})));
const from = table.routes[0]?.tokenFrom;
if (from?.kind !== "oauth2") throw new Error("The table has another token");
const given = () => Secret.of(refreshToken);
const login = new RefreshToken({
  given,
  file: new StateFile(folder, "login.json", onStep),
  changes: new ChangeCounter(),
  report: (line) => console.error(line),
  name: "login",
});
const egress = { https: undefined, http: undefined, bypass: [] };
const { token } = await new OAuth2Minter(from, { caCerts: [], egress, read: given }, login).mint();
onStep("used");
console.log(token.reveal());
