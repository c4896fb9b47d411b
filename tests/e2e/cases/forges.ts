/**
 * git, gh and curl.
 *
 * @module
 */

import { type ClientCase, followedBy } from "../client_case.ts";

/** Clones, pushes more than one buffer, which git sends in chunks, and clones what it pushed. */
function roundTrip(forge: string): string {
  return `
git config --global user.name Agent
git config --global user.email agent@example.com
git config --global http.postBuffer 65536
git clone --quiet ${forge}acme/project.git work
head -c 300000 /dev/urandom > work/large
git -C work add large
git -C work commit --quiet -m large
git -C work push --quiet origin HEAD:main
git clone --quiet ${forge}acme/project.git again
cmp work/large again/large && cat again/README`;
}

const GIT_ASKS = [
  /^GET \/acme\/project\.git\/info\/refs\?service=git-upload-pack$/,
  /^POST \/acme\/project\.git\/git-upload-pack$/,
  /^POST \/acme\/project\.git\/git-receive-pack$/,
];

export const FORGES: readonly ClientCase[] = [{
  name: "git, Basic as GitHub wants",
  command: "git",
  version: "git --version",
  route: "github",
  description: "clone, push in chunks, clone again",
  script: followedBy(roundTrip("https://github.com/")),
  requestScript: followedBy("git ls-remote https://github.com/acme/project.git"),
  expectedOutput: /^one$/m,
  expectedRequests: GIT_ASKS,
  env: { GIT_TERMINAL_PROMPT: "0" },
}, {
  name: "git, token as Gitea wants",
  command: "git",
  version: "git --version",
  route: "gitea",
  description: "clone, push in chunks, clone again",
  script: followedBy(roundTrip("https://git.example.com/")),
  requestScript: followedBy("git ls-remote https://git.example.com/acme/project.git"),
  expectedOutput: /^one$/m,
  expectedRequests: GIT_ASKS,
  env: { GIT_TERMINAL_PROMPT: "0" },
}, {
  name: "gh, Unix socket",
  command: "gh",
  version: "gh --version | head -1",
  route: "api.github.com",
  description: "api user, issue list",
  script: (lines) => `${lines.replaceAll(/^curl /gm, "# ")}\ngh api user\ngh issue list --repo acme/project`,
  requestScript: (lines) => `${lines.replaceAll(/^curl /gm, "# ")}\ngh issue list --repo acme/project`,
  expectedOutput: /"login":"proxied"[^]*The proxy is transparent/,
  expectedRequests: [/^GET \/user$/, /^POST \/graphql$/],
}, {
  name: "gh, by its URL",
  command: "gh",
  version: "gh --version | head -1",
  route: "gh",
  description: "api user",
  script: (lines) => lines.replaceAll(/^curl /gm, "# "),
  expectedOutput: /"login":"proxied"/,
  expectedRequests: [/^GET \/user$/],
}, {
  name: "curl",
  command: "curl",
  version: "curl --version | head -1",
  route: "gh",
  description: "the route's URL",
  script: (lines) =>
    lines.replaceAll(/^gh /gm, "# ").replaceAll(/^(curl .*)\/$/gm, "$1/user --silent --show-error"),
  expectedOutput: /"login":"proxied"/,
  expectedRequests: [/^GET \/user$/],
}];
