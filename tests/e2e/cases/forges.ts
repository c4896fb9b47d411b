/**
 * git, gh and curl.
 *
 * @module
 */

import { then, type Trial } from "../client_case.ts";

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

export const FORGES: readonly Trial[] = [{
  client: "git, Basic as GitHub wants",
  needs: "git",
  version: "git --version",
  route: "github",
  does: "clone, push in chunks, clone again",
  script: then(roundTrip("https://github.com/")),
  asking: then("git ls-remote https://github.com/acme/project.git"),
  shows: /^one$/m,
  asks: GIT_ASKS,
  env: { GIT_TERMINAL_PROMPT: "0" },
}, {
  client: "git, token as Gitea wants",
  needs: "git",
  version: "git --version",
  route: "gitea",
  does: "clone, push in chunks, clone again",
  script: then(roundTrip("https://git.example.com/")),
  asking: then("git ls-remote https://git.example.com/acme/project.git"),
  shows: /^one$/m,
  asks: GIT_ASKS,
  env: { GIT_TERMINAL_PROMPT: "0" },
}, {
  client: "gh, Unix socket",
  needs: "gh",
  version: "gh --version | head -1",
  route: "api.github.com",
  does: "api user, issue list",
  script: (lines) => `${lines.replaceAll(/^curl /gm, "# ")}\ngh api user\ngh issue list --repo acme/project`,
  asking: (lines) => `${lines.replaceAll(/^curl /gm, "# ")}\ngh issue list --repo acme/project`,
  shows: /"login":"proxied"[^]*The proxy is not there/,
  asks: [/^GET \/user$/, /^POST \/graphql$/],
}, {
  client: "gh, by its URL",
  needs: "gh",
  version: "gh --version | head -1",
  route: "gh",
  does: "api user",
  script: (lines) => lines.replaceAll(/^curl /gm, "# "),
  shows: /"login":"proxied"/,
  asks: [/^GET \/user$/],
}, {
  client: "curl",
  needs: "curl",
  version: "curl --version | head -1",
  route: "gh",
  does: "the route's URL",
  script: (lines) =>
    lines.replaceAll(/^gh /gm, "# ").replaceAll(/^(curl .*)\/$/gm, "$1/user --silent --show-error"),
  shows: /"login":"proxied"/,
  asks: [/^GET \/user$/],
}];
