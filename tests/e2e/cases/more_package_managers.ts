/**
 * More package managers, and what publishes packages.
 *
 * @module
 */

import { type ClientCase, followedBy, withVariables } from "../client_case.ts";
import { MAVEN_PLUGIN } from "../toolsets/maven.ts";

const SHOWS = /^The package came through\.$/m;
const NPM_ASKS = [/^GET \/proxied$/, /^GET \/proxied\/-\/proxied-1\.0\.0\.tgz$/];
const PYPI_ASKS = [/^GET \/simple\/proxied\/$/, /^GET \/files\/proxied-1\.0-py3-none-any\.whl$/];
const USE_PYTHON = `python3 -c "import proxied; print(proxied.SAYS)"`;

/** Makes a distribution that is complete enough to be published. */
const MAKE_WHEEL = `mkdir -p mine-1.0.dist-info dist
echo 'SAYS = 1' > mine.py
printf 'Metadata-Version: 2.1\\nName: mine\\nVersion: 1.0\\n' > mine-1.0.dist-info/METADATA
printf 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n' > mine-1.0.dist-info/WHEEL
printf 'mine.py,,\\nmine-1.0.dist-info/METADATA,,\\nmine-1.0.dist-info/WHEEL,,\\nmine-1.0.dist-info/RECORD,,\\n' > mine-1.0.dist-info/RECORD
python3 - <<'END'
import zipfile
with zipfile.ZipFile("dist/mine-1.0-py3-none-any.whl", "w") as archive:
    for name in ["mine.py", *("mine-1.0.dist-info/" + each for each in ("METADATA", "WHEEL", "RECORD"))]:
        archive.write(name)
END
`;

export const MORE_PACKAGE_MANAGERS: readonly ClientCase[] = [{
  name: "uv",
  command: "uv",
  toolset: "python",
  version: "uv --version",
  route: "pypi",
  description: "install from a private index with relative links",
  script: followedBy(`uv pip install --quiet --target packages proxied\nPYTHONPATH=packages ${USE_PYTHON}`),
  expectedOutput: SHOWS,
  expectedRequests: PYPI_ASKS,
}, {
  name: "poetry",
  command: "poetry",
  toolset: "python",
  version: "poetry --version",
  route: "pypi",
  description: "add from a private index with relative links",
  script: (lines) => {
    const [, source] = /^# poetry, in a project: (.*)$/m.exec(lines) ?? [];
    return `${lines}
mkdir app && cd app
poetry init --quiet --no-interaction --name app --python '>=3.9'
${source}
poetry add --quiet --no-interaction proxied
poetry run ${USE_PYTHON}`;
  },
  expectedOutput: SHOWS,
  expectedRequests: PYPI_ASKS,
  env: { POETRY_VIRTUALENVS_IN_PROJECT: "true", PYTHON_KEYRING_BACKEND: "keyring.backends.null.Keyring" },
}, {
  name: "twine",
  command: "twine",
  toolset: "python",
  version: "twine --version",
  route: "pypi",
  description: "upload a wheel",
  script: withVariables(`${MAKE_WHEEL}twine upload --non-interactive --disable-progress-bar dist/*`),
  expectedOutput: /^Uploading distributions to http/m,
  expectedRequests: [/^POST \/$/],
  expectedBody: /file_upload[^]*mine-1\.0-py3-none-any\.whl/,
}, {
  // It does not end by itself when a tarball cannot be had.
  name: "yarn 1",
  command: "yarn",
  toolset: "javascript",
  version: "yarn --version",
  route: "npm",
  description: "add from a private registry",
  script: followedBy(`mkdir app && cd app\necho '{}' > package.json
timeout 20 yarn add --silent --non-interactive proxied\nnode -p 'require("proxied")'`),
  expectedOutput: SHOWS,
  expectedRequests: NPM_ASKS,
  knownLimit: { text: "fetches tarballs past the proxy" },
}, {
  name: "bun",
  command: "bun",
  toolset: "javascript",
  version: "bun --version",
  route: "npm",
  description: "add from a private registry",
  script: followedBy(`mkdir app && cd app\necho '{}' > package.json
bun add --silent proxied\nnode -p 'require("proxied")'`),
  expectedOutput: SHOWS,
  expectedRequests: NPM_ASKS,
  knownLimit: { host: "npm.example.com", text: "fetches tarballs past the proxy" },
}, {
  name: "cargo publish",
  command: "cargo",
  version: "cargo --version",
  route: "cargo",
  description: "publish a crate, and wait until the index has it",
  script: followedBy(`cargo init --quiet --lib --name mine mine && cd mine
sed -i 's/^version = .*/version = "1.0.0"\\nlicense = "MIT"\\ndescription = "Mine"/' Cargo.toml
cargo publish --quiet --allow-dirty --no-verify --registry proxy
echo "The crate is published."`),
  expectedOutput: /^The crate is published\.$/m,
  expectedRequests: [/^GET \/config\.json$/, /^PUT \/api\/v1\/crates\/new$/, /^GET \/mi\/ne\/mine$/],
  expectedBody: /"name":"mine"/,
}, {
  name: "go mod download",
  command: "go",
  version: "go version",
  route: "go",
  description: "run with a module from a private proxy",
  script: followedBy(`mkdir app && cd app && go mod init app
go get example.com/proxied@v1.0.0 && go mod download
printf 'package main\\nimport "example.com/proxied"\\nfunc main() { println(proxied.Says) }\\n' > main.go
go run . 2>&1`),
  expectedOutput: SHOWS,
  expectedRequests: [
    /^GET \/example\.com\/proxied\/@v\/v1\.0\.0\.mod$/,
    /^GET \/example\.com\/proxied\/@v\/v1\.0\.0\.zip$/,
  ],
  env: { GOFLAGS: "-modcacherw", GOTOOLCHAIN: "local" },
  knownLimit: { text: "sends no credential over http", withClientToken: true },
}, {
  name: "Maven",
  command: "mvn",
  toolset: "maven",
  version: "mvn --version | head -1",
  route: "maven",
  description: "fetch an artifact and a plugin from a mirror",
  script: followedBy(`mvn --quiet --batch-mode ${MAVEN_PLUGIN}:get -Dartifact=com.example:proxied:1.0
python3 -m zipfile -e .m2/repository/com/example/proxied/1.0/proxied-1.0.jar . && echo && cat says.txt && echo`),
  expectedOutput: SHOWS,
  expectedRequests: [/^GET \/com\/example\/proxied\/1\.0\/proxied-1\.0\.jar$/],
  env: { MAVEN_OPTS: "-Duser.home=." },
}];
