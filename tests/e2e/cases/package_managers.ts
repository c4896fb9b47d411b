/**
 * Package managers, each with a private registry that holds one package.
 *
 * @module
 */

import { then, type Trial } from "../client_case.ts";

const SHOWS = /^The package came through\.$/m;
const ASKS = [/^GET \/proxied$/, /^GET \/proxied\/-\/proxied-1\.0\.0\.tgz$/];
const USE = `node -p 'require("proxied")'`;

export const PACKAGES: readonly Trial[] = [{
  client: "npm",
  needs: "npm",
  version: "npm --version",
  route: "npm",
  does: "install from a private registry",
  script: then(`mkdir app && cd app\nnpm install --no-audit --no-fund proxied\n${USE}`),
  shows: SHOWS,
  asks: ASKS,
  env: { NPM_CONFIG_UPDATE_NOTIFIER: "false" },
  stubborn: true,
}, {
  client: "pnpm",
  needs: "pnpm",
  version: "pnpm --version",
  route: "npm",
  does: "add from a private registry",
  script: then(`mkdir app && cd app\necho '{}' > package.json\npnpm add --fetch-retries 0 proxied\n${USE}`),
  shows: SHOWS,
  asks: ASKS,
  limit: { host: "npm.example.com", text: "fetches tarballs past the proxy" },
}, {
  client: "deno",
  needs: "$DENO",
  version: `"$DENO" --version`,
  route: "npm",
  does: "import from a private registry",
  script: then(`"$DENO" eval 'import text from "npm:proxied"; console.log(text)'`),
  shows: SHOWS,
  asks: ASKS,
}, {
  client: "pip",
  needs: "pip3",
  version: "pip3 --version",
  route: "pypi",
  does: "install from a private index with relative links",
  script: then(
    `pip3 install --quiet --disable-pip-version-check --no-cache-dir --target packages proxied
PYTHONPATH=packages python3 -c "import proxied; print(proxied.SAYS)"`,
  ),
  shows: SHOWS,
  asks: [/^GET \/simple\/proxied\/$/, /^GET \/files\/proxied-1\.0-py3-none-any\.whl$/],
  env: { PIP_ROOT_USER_ACTION: "ignore" },
}, {
  client: "cargo",
  needs: "cargo",
  version: "cargo --version",
  route: "cargo",
  does: "run with a crate from a private sparse index",
  script: then(`cargo init --quiet --name app app && cd app
cargo add --quiet --registry proxy proxied@1
echo 'fn main() { println!("{}", proxied::SAYS); }' > src/main.rs
cargo run --quiet`),
  shows: SHOWS,
  asks: [/^GET \/config\.json$/, /^GET \/pr\/ox\/proxied$/, /^GET \/dl\/proxied\/1\.0\.0\/download$/],
}];
