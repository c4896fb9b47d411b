import type { Exchange } from "../../support/exchange.ts";
import type { Script } from "../../support/upstream.ts";
import { sendRange } from "../../support/send_range.ts";
import { jsonApi, pages } from "./json_api.ts";

const COMMIT = "0123456789abcdef0123456789abcdef01234567";
const HUB = "https://huggingface.co";
const MODEL = "/api/models/acme/model";
const CONFIG = '{"model_type":"proxied"}';

/** Files of the model as the tree lists them, one per page. */
const FILES = ["config.json", "README.md"].map((path) => ({
  type: "file",
  oid: COMMIT,
  size: CONFIG.length,
  path,
}));

const MODELS = ["one", "two"].map((name) => ({ _id: name, id: `acme/${name}`, modelId: `acme/${name}` }));

const INFO = { id: "acme/model", modelId: "acme/model", sha: COMMIT, siblings: [], private: false, tags: [] };

const API = jsonApi({
  "GET /api/whoami-v2": {
    type: "user",
    id: "u1",
    name: "proxied",
    orgs: [],
    auth: { type: "access_token", accessToken: { displayName: "t", role: "write", createdAt: "2024-01-01" } },
  },
  "GET /api/models": pages(`${HUB}/api/models`, MODELS),
  [`GET ${MODEL}`]: INFO,
  [`GET ${MODEL}/revision/main`]: INFO,
  [`GET ${MODEL}/tree/main`]: pages(`${HUB}${MODEL}/tree/main`, FILES),
  [`GET ${MODEL}/tree/${COMMIT}`]: pages(`${HUB}${MODEL}/tree/${COMMIT}`, FILES),
  [`POST ${MODEL}/paths-info/main`]: [FILES[0]],
  [`POST ${MODEL}/preupload/main`]: (_, content) => ({
    value: {
      files: JSON.parse(content).files.map(({ path }: { path: string }) => ({
        path,
        uploadMode: "regular",
        shouldIgnore: false,
      })),
    },
  }),
  [`POST ${MODEL}/commit/main`]: () => ({
    value: { success: true, commitOid: COMMIT, commitUrl: `${HUB}/acme/model/commit/${COMMIT}` },
  }),
});

/** The part of the Hugging Face Hub that its clients use. */
export const hub: Script = async (exchange: Exchange) => {
  const [path = ""] = exchange.target.split("?");
  if (!/^\/acme\/model\/(?:resolve|raw)\/[^/]+\/config\.json$/.test(path)) return await API(exchange);
  await exchange.drain();
  await sendRange(exchange, new TextEncoder().encode(CONFIG), {
    "X-Repo-Commit": COMMIT,
    ETag: `"${COMMIT}"`,
  });
};
