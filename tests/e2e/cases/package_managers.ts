/**
 * Package managers, each with a private registry that holds one package.
 *
 * @module
 */

import { type ClientCase, followedBy } from "../client_case.ts";

const SHOWS = /^The package came through\.$/m;
const ASKS = [/^GET \/proxied$/, /^GET \/proxied\/-\/proxied-1\.0\.0\.tgz$/];
const USE = `node -p 'require("proxied")'`;

export const PACKAGE_MANAGERS: readonly ClientCase[] = [{
  name: "npm",
  command: "npm",
  toolset: "agents",
  version: "npm --version",
  route: "npm",
  description: "install from a private registry",
  script: followedBy(`mkdir app && cd app\nnpm install --no-audit --no-fund proxied\n${USE}`),
  expectedOutput: SHOWS,
  expectedRequests: ASKS,
  env: { NPM_CONFIG_UPDATE_NOTIFIER: "false" },
  retriesEvery5xx: true,
}, {
  name: "pnpm",
  command: "pnpm",
  toolset: "agents",
  version: "pnpm --version",
  route: "npm",
  description: "add from a private registry",
  script: followedBy(
    `mkdir app && cd app\necho '{}' > package.json\npnpm add --fetch-retries 0 proxied\n${USE}`,
  ),
  expectedOutput: SHOWS,
  expectedRequests: ASKS,
  knownLimit: { host: "npm.example.com", text: "fetches tarballs past the proxy" },
}, {
  name: "deno",
  command: "$DENO",
  version: `"$DENO" --version`,
  route: "npm",
  description: "import from a private registry",
  script: followedBy(`"$DENO" eval 'import text from "npm:proxied"; console.log(text)'`),
  expectedOutput: SHOWS,
  expectedRequests: ASKS,
}, {
  name: "pip",
  command: "pip3",
  version: "pip3 --version",
  route: "pypi",
  description: "install from a private index with relative links",
  script: followedBy(
    `pip3 install --quiet --disable-pip-version-check --no-cache-dir --target packages proxied
PYTHONPATH=packages python3 -c "import proxied; print(proxied.SAYS)"`,
  ),
  expectedOutput: SHOWS,
  expectedRequests: [/^GET \/simple\/proxied\/$/, /^GET \/files\/proxied-1\.0-py3-none-any\.whl$/],
  env: { PIP_ROOT_USER_ACTION: "ignore" },
}, {
  name: "pip, stored gzip",
  command: "pip3",
  version: "pip3 --version",
  route: "pypi",
  description: "the same, with hashes, of a package that is stored compressed",
  script: followedBy(
    `pip3 download --quiet --disable-pip-version-check --no-cache-dir --no-deps --dest files stored
pip3 hash files/* | sed -n 's/^--hash/stored==1.0 --hash/p' > requirements.txt
pip3 install --quiet --disable-pip-version-check --no-cache-dir --require-hashes -r requirements.txt --target packages
PYTHONPATH=packages python3 -c "import stored; print(stored.SAYS)"`,
  ),
  expectedOutput: SHOWS,
  expectedRequests: [/^GET \/simple\/stored\/$/, /^GET \/files\/stored-1\.0\.tar\.gz$/],
  env: { PIP_ROOT_USER_ACTION: "ignore" },
}, {
  name: "cargo",
  command: "cargo",
  version: "cargo --version",
  route: "cargo",
  description: "run with a crate from a private sparse index",
  script: followedBy(`cargo init --quiet --name app app && cd app
cargo add --quiet --registry proxy proxied@1
echo 'fn main() { println!("{}", proxied::SAYS); }' > src/main.rs
cargo run --quiet`),
  expectedOutput: SHOWS,
  expectedRequests: [
    /^GET \/config\.json$/,
    /^GET \/pr\/ox\/proxied$/,
    /^GET \/dl\/proxied\/1\.0\.0\/download$/,
  ],
}];
