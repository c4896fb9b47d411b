/**
 * Tools of the command line besides the forges': downloads, container images, backups, clusters.
 *
 * @module
 */

import { type ClientCase, followedBy, withUrl, withVariables } from "../client_case.ts";

/** A file of the mock, by its SHA-256. */
const FILE_CAME = /^The file is complete\.$/m;
const CHECK =
  `[ "$(sha256sum < file)" = "$(python3 -c 'print("\\n".join(f"line {n}".ljust(15) for n in range(262144)))' | sha256sum)" ]
echo "The file is complete."`;
const HEADER = `"Authorization: Bearer $KEY"`;

/** A file with a coding of its own must come as it is stored. */
const CHECK_STORED = `[ "$(sha256sum < file)" = "$(curl --silent -H ${HEADER} "$URL/stored/sha256")  -" ]
echo "The file is complete."`;

export const TOOLS: readonly ClientCase[] = [{
  name: "curl --http2",
  command: "curl",
  version: "curl --version | head -1",
  route: "internal",
  description: "JSON, with an offer of HTTP/2",
  script: withUrl(`curl --silent --show-error --http2 -H ${HEADER} "$URL/user"`),
  expectedOutput: /"login":"proxied"/,
  expectedRequests: [/^GET \/user$/],
}, {
  name: "curl -C -",
  command: "curl",
  version: "curl --version | head -1",
  route: "internal",
  description: "a download, interrupted and continued",
  script: withUrl(`curl --silent --show-error -H ${HEADER} --range 0-99999 --output file "$URL/file"
curl --silent --show-error -H ${HEADER} -C - --output file "$URL/file"\n${CHECK}`),
  expectedOutput: FILE_CAME,
  expectedRequests: [/^GET \/file$/],
}, {
  name: "wget -c",
  command: "wget",
  version: "wget --version | head -1",
  route: "internal",
  description: "a download, interrupted and continued",
  script: withUrl(`wget --quiet --header ${HEADER} "$URL/file" && truncate --size 100000 file
wget --quiet --continue --header ${HEADER} "$URL/file"\n${CHECK}`),
  expectedOutput: FILE_CAME,
  expectedRequests: [/^GET \/file$/],
}, {
  name: "aria2 -x4",
  command: "aria2c",
  version: "aria2c --version | head -1",
  route: "internal",
  description: "a download in four parts",
  script: withUrl(
    `aria2c --quiet --no-conf -x4 -s4 -k1M --all-proxy= --header ${HEADER} --out file "$URL/file"\n${CHECK}`,
  ),
  expectedOutput: FILE_CAME,
  expectedRequests: [/^GET \/file$/],
}, {
  name: "curl -C -, stored gzip",
  command: "curl",
  version: "curl --version | head -1",
  route: "internal",
  description: "the same of an object that is stored compressed",
  script: withUrl(`curl --silent --show-error -H ${HEADER} --range 0-99999 --output file "$URL/stored"
curl --silent --show-error -H ${HEADER} -C - --output file "$URL/stored"\n${CHECK_STORED}`),
  expectedOutput: FILE_CAME,
  expectedRequests: [/^GET \/stored$/],
}, {
  name: "wget -c, stored gzip",
  command: "wget",
  version: "wget --version | head -1",
  route: "internal",
  description: "the same of an object that is stored compressed",
  script: withUrl(
    `wget --quiet --header ${HEADER} --output-document file "$URL/stored" && truncate --size 100000 file
wget --quiet --continue --header ${HEADER} --output-document file "$URL/stored"\n${CHECK_STORED}`,
  ),
  expectedOutput: FILE_CAME,
  expectedRequests: [/^GET \/stored$/],
}, {
  name: "aria2 -x4, stored gzip",
  command: "aria2c",
  version: "aria2c --version | head -1",
  route: "internal",
  description: "the same of an object that is stored compressed",
  script: withUrl(
    `aria2c --quiet --no-conf -x4 -s4 -k1M --all-proxy= --header ${HEADER} --out file "$URL/stored"\n${CHECK_STORED}`,
  ),
  expectedOutput: FILE_CAME,
  expectedRequests: [/^GET \/stored$/],
}, {
  name: "gh api --paginate",
  command: "gh",
  version: "gh --version | head -1",
  route: "gh",
  description: "three pages of issues",
  script: (lines) =>
    lines.replaceAll(/^curl /gm, "# ").replace(
      /^gh api (\S+)\/user$/m,
      `gh api --paginate $1/repos/acme/project/issues --jq '.[].title'`,
    ),
  expectedOutput: /^one\ntwo\nthree$/m,
  expectedRequests: [/^GET \/repositories\/1\/issues\?page=3$/],
}, {
  name: "git lfs",
  command: "git-lfs",
  version: "git lfs version",
  route: "gitea",
  description: "push an object, clone, pull it",
  script: followedBy(`git config --global user.name Agent
git config --global user.email agent@example.com
git lfs install
git clone --quiet https://git.example.com/acme/project.git work && cd work
git lfs track large
head -c 300000 /dev/urandom > large
git add .gitattributes large
git commit --quiet -m large
git push --quiet origin HEAD:main
cd .. && git clone --quiet https://git.example.com/acme/project.git again
cmp work/large again/large && echo "The object came back."`),
  expectedOutput: /^The object came back\.$/m,
  expectedRequests: [
    /^POST .*\/objects\/batch$/,
    /^PUT .*\/objects\/[0-9a-f]{64}$/,
    /^GET .*\/objects\/[0-9a-f]{64}$/,
  ],
  env: { GIT_TERMINAL_PROMPT: "0" },
}, {
  name: "skopeo",
  command: "skopeo",
  version: "skopeo --version",
  route: "v2",
  description: "push an image, pull it",
  script: (lines) =>
    `${lines}
HOST=${/^skopeo login .* (\S+)$/m.exec(lines)?.[1]}
python3 "$PROGRAMS/python/oci_image.py" one
skopeo copy --quiet --insecure-policy --dest-tls-verify=false oci:one:latest "docker://$HOST/acme/image:1"
skopeo copy --quiet --insecure-policy --src-tls-verify=false "docker://$HOST/acme/image:1" oci:two:latest
[ "$(ls one/blobs/sha256)" = "$(ls two/blobs/sha256)" ] && echo "The image came back."`,
  expectedOutput: /^The image came back\.$/m,
  expectedRequests: [/^PUT \/v2\/acme\/image\/manifests\/1$/, /^GET \/v2\/acme\/image\/blobs\/sha256:/],
}, {
  name: "restic",
  command: "restic",
  version: "restic version",
  route: "restic",
  description: "init, backup, restore",
  script: withVariables(`echo "The backup came back." > file
restic init --quiet
restic backup --quiet file
restic restore --quiet latest --target restored
cat "$(find restored -name file)"`),
  expectedOutput: /^The backup came back\.$/m,
  expectedRequests: [/^POST \/\?create=true$/, /^POST \/data\//, /^GET \/snapshots\/$/],
  env: { RESTIC_PASSWORD: "of the repository" },
}, {
  name: "rclone",
  command: "rclone",
  version: "rclone version | head -1",
  route: "webdav",
  description: "WebDAV: upload, list, move, download",
  script: withVariables(`echo "The file came back." > one
rclone copyto one proxy:folder/one
rclone lsf proxy:folder/
rclone moveto proxy:folder/one proxy:folder/two
rclone cat proxy:folder/two`),
  expectedOutput: /^one\nThe file came back\.$/m,
  expectedRequests: [
    /^PROPFIND /,
    /^PUT \/webdav\/folder\/one$/,
    /^MOVE \/webdav\/folder\/one$/,
    /^GET \/webdav\/folder\/two$/,
  ],
}, {
  name: "kubectl",
  command: "kubectl",
  version: "kubectl version --client",
  route: "kubernetes",
  description: "get pods, logs",
  script: followedBy("kubectl get pods\nkubectl logs --follow web"),
  expectedOutput: /^web .*\nThe\nproxy\nis\ntransparent\.$/m,
  expectedRequests: [
    /^GET \/api\/v1\/namespaces\/default\/pods\?limit=500$/,
    /^GET .*\/pods\/web\/log\?.*follow=true/,
  ],
  knownLimit: { text: "sends no credential over http", withClientToken: true },
}];
