/**
 * Libraries of Node, besides those of `sdks.ts`. `CLIENT` in a program is the expression that `clients` prints.
 *
 * @module
 */

import { type ClientCase, expressionFor, QUESTION, withUrl, withVariables } from "../client_case.ts";
import { nodeProgram } from "../node_program.ts";

type Expected =
  & Pick<ClientCase, "route" | "description" | "expectedOutput" | "expectedRequests">
  & Partial<ClientCase>;

/** The library that `clients` has an expression for. */
interface Program {
  readonly code: string;
  readonly library?: string;
  /** Whether it takes the URL of the line for curl. */
  readonly takesUrl?: true;
}

/** A library, by its package. */
function node(name: string, { code, library, takesUrl }: Program, expected: Expected): ClientCase {
  const [, packageName = name] = /^((?:@[\w-]+\/)?[\w.-]+)/.exec(name) ?? [];
  const setUp = takesUrl ? withUrl : withVariables;
  return {
    name,
    command: "node",
    toolset: "javascript",
    version: `grep -m 1 '"version"' "$CLIENTS/node_modules/${packageName}/package.json"`,
    script: (lines) => {
      const whole = library === undefined
        ? code
        : code.replace("CLIENT", () => expressionFor(library, lines));
      return nodeProgram(whole)(setUp("")(lines));
    },
    ...expected,
  };
}

const QUESTION_TO = `globalThis.AI_SDK_LOG_WARNINGS = false;
const question = { model, prompt: "${QUESTION}" };
for await (const text of streamText(question).textStream) process.stdout.write(text);
console.log("\\n" + (await generateText(question)).text);`;

/** Makes every name lead to the proxy, as a network's name server does for some. */
const LEAD_TO_PROXY = `
import dns from "node:dns";
dns.lookup = (_, options, done) => options.all
  ? done(null, [{ address: "127.0.0.1", family: 4 }])
  : done(null, "127.0.0.1", 4);`;

const TWICE = /^The proxy is transparent\.\nThe proxy is transparent\.$/m;

export const JAVASCRIPT_CASES: readonly ClientCase[] = [
  node("ai with @ai-sdk/anthropic", {
    library: "@ai-sdk/anthropic",
    code: `
import { generateText, streamText } from "ai";
import { createAnthropic } from "@ai-sdk/anthropic";
const model = (CLIENT)("m");
${QUESTION_TO}`,
  }, {
    route: "anthropic",
    description: "messages, streamed and whole",
    expectedOutput: TWICE,
    expectedRequests: [/^POST \/v1\/messages$/],
    expectedBody: /Is the proxy there\?/,
  }),
  node("ai with @ai-sdk/openai", {
    code: `
import { generateText, streamText } from "ai";
import { openai } from "@ai-sdk/openai";
const model = openai("gpt-5");
${QUESTION_TO}`,
  }, {
    route: "openai",
    description: "responses, streamed and whole",
    expectedOutput: TWICE,
    expectedRequests: [/^POST \/v1\/responses$/],
    expectedBody: /Is the proxy there\?/,
  }),
  node("@mistralai/mistralai", {
    library: "@mistralai/mistralai",
    code: `
import { Mistral } from "@mistralai/mistralai";
const client = CLIENT;
const question = { model: "m", messages: [{ role: "user", content: "${QUESTION}" }] };
let text = "";
for await (const { data } of await client.chat.stream(question)) text += data.choices[0].delta.content ?? "";
console.log(text);
console.log((await client.chat.complete(question)).choices[0].message.content);`,
  }, {
    route: "mistral",
    description: "chat completions, streamed and whole",
    expectedOutput: TWICE,
    expectedRequests: [/^POST \/v1\/chat\/completions$/],
    expectedBody: /Is the proxy there\?/,
  }),
  node("@google/genai, upload", {
    code: `
import { GoogleGenAI } from "@google/genai";
const client = new GoogleGenAI({ apiKey: process.env.GEMINI_API_KEY });
const file = new Blob(["x".repeat(300_000)], { type: "text/plain" });
const { name, sizeBytes } = await client.files.upload({ file });
console.log(name, sizeBytes);`,
  }, {
    route: "gemini",
    description: "files.upload",
    expectedOutput: /^files\/one 300000$/m,
    expectedRequests: [
      /^POST \/upload\/v1(?:beta)?\/files$/,
      /^POST \/upload\/v1(?:beta)?\/files\?upload_id=1$/,
    ],
  }),
  node("@huggingface/hub", {
    code: `
import { downloadFile, listFiles, uploadFile, whoAmI } from "@huggingface/hub";
const common = { hubUrl: process.env.HF_ENDPOINT, accessToken: process.env.HF_TOKEN };
const repo = "acme/model";
console.log((await whoAmI(common)).name);
for await (const { path } of listFiles({ ...common, repo })) console.log(path);
console.log(await (await downloadFile({ ...common, repo, path: "config.json" })).text());
const file = { path: "a.txt", content: new Blob(["uploaded"]) };
console.log((await uploadFile({ ...common, repo, file, useXet: false })).commit.oid);`,
  }, {
    route: "huggingface",
    description: "whoami, a list of two pages, a download, an upload",
    besides: "`hubUrl: process.env.HF_ENDPOINT`",
    expectedOutput: /^proxied\nconfig\.json\nREADME\.md\n\{"model_type":"proxied"\}\n0123456789abcdef/m,
    expectedRequests: [/\/tree\/main\?.*page=2/, /^POST \/api\/models\/acme\/model\/commit\/main$/],
  }),
  node("octokit", {
    library: "octokit",
    code: `
import { Octokit } from "octokit";
const client = CLIENT;
const repo = { owner: "acme", repo: "project" };
console.log((await client.rest.users.getAuthenticated()).data.login);
console.log((await client.paginate(client.rest.issues.listForRepo, repo)).map(({ title }) => title).join());
const comment = { ...repo, issue_number: 1, body: "${QUESTION}" };
console.log((await client.rest.issues.createComment(comment)).data.body);`,
  }, {
    route: "gh",
    description: "three pages of issues, a comment",
    expectedOutput: /^proxied\none,two,three\nIs the proxy there\?$/m,
    expectedRequests: [
      /^GET \/repositories\/1\/issues\?page=3$/,
      /^POST \/repos\/acme\/project\/issues\/1\/comments$/,
    ],
  }),
  node("@azure-rest/ai-document-intelligence", {
    takesUrl: true,
    code: `
import createClient, { getLongRunningPoller } from "@azure-rest/ai-document-intelligence";
const client = createClient(process.env.URL, { key: process.env.KEY }, { allowInsecureConnection: true });
const begun = await client.path("/documentModels/{modelId}:analyze", "prebuilt-read").post({
  contentType: "application/json",
  body: { base64Source: "eA==" },
});
const poller = getLongRunningPoller(client, begun, { intervalInMs: 50 });
console.log((await poller.pollUntilDone()).body.analyzeResult.content);`,
  }, {
    route: "document-intelligence",
    description: "an operation that is polled until it is done",
    besides: "`allowInsecureConnection: true`",
    expectedOutput: /^The proxy is transparent\.$/m,
    expectedRequests: [
      /^POST \/documentintelligence\/documentModels\/prebuilt-read:analyze/,
      /^GET .*analyzeResults\/1/,
    ],
  }),
  node("@slack/web-api", {
    library: "@slack/web-api",
    code: `
import { WebClient } from "@slack/web-api";
const client = CLIENT;
console.log((await client.auth.test()).user);
console.log((await client.chat.postMessage({ channel: "C1", text: "${QUESTION}" })).message.text);
const names = [];
for await (const page of client.paginate("conversations.list")) names.push(page.channels[0].name);
console.log(names.join());`,
  }, {
    route: "slack",
    description: "a message, a list of two pages",
    expectedOutput: /^proxied\nThe proxy is transparent\.\none,two$/m,
    expectedRequests: [/^POST \/api\/chat\.postMessage$/, /^POST \/api\/auth\.test$/],
  }),
  node("@notionhq/client", {
    library: "@notionhq/client",
    code: `
import { Client, collectPaginatedAPI } from "@notionhq/client";
const client = CLIENT;
console.log((await client.users.me()).name);
const found = await collectPaginatedAPI(client.search, { query: "proxy" });
console.log(found.map(({ id }) => id).join());`,
  }, {
    route: "notion",
    description: "a search of two pages",
    expectedOutput: /^proxied\none,two$/m,
    expectedRequests: [/^GET \/v1\/users\/me$/, /^POST \/v1\/search$/],
  }),
  node("stripe", {
    library: "Node",
    code: `
import Stripe from "stripe";
const client = CLIENT;
const found = await client.customers.list().autoPagingToArray({ limit: 9 });
console.log(found.map(({ id }) => id).join());
console.log((await client.customers.create({ name: "proxied" })).name);`,
  }, {
    route: "v1",
    description: "a list of two pages, a new customer",
    besides: "a route with the path `/v1/`",
    expectedOutput: /^cus_1,cus_2\nproxied$/m,
    expectedRequests: [/^GET \/v1\/customers/, /^POST \/v1\/customers$/],
  }),
  node("@modelcontextprotocol/sdk, streamable HTTP", {
    takesUrl: true,
    code: mcp(
      "StreamableHTTPClientTransport",
      "streamableHttp",
      `process.env.URL + "/mcp", { requestInit: { headers } }`,
    ),
  }, {
    route: "mcp",
    description: "a tool's result, streamed",
    expectedOutput: /^\["ask"\]\nThe proxy is transparent\.$/m,
    expectedRequests: [/^POST \/mcp$/],
    expectedBody: /Is the proxy there\?/,
  }),
  node("@modelcontextprotocol/sdk, SSE", {
    takesUrl: true,
    code: mcp("SSEClientTransport", "sse", `process.env.URL + "/sse", { requestInit: { headers } }`),
  }, {
    route: "mcp",
    description: "a tool's result",
    expectedOutput: /^\["ask"\]\nThe proxy is transparent\.$/m,
    expectedRequests: [/^GET \/sse$/, /^POST \/messages\?session=1$/],
    expectedBody: /Is the proxy there\?/,
    knownLimit: { text: "asks for the path that the server names, without the route's prefix" },
  }),
  node("@modelcontextprotocol/sdk, SSE by host", { code: "" }, {
    route: "mcp.example.com",
    description: "a tool's result, over a route with `host`",
    script: (lines) => {
      const [, key = "placeholder", origin = ""] =
        /^curl(?: -H "Authorization: Bearer (\S+)")? -H 'Host: \S+' (\S+)\/$/m.exec(lines) ?? [];
      const named = origin.replace("127.0.0.1", "mcp.example.com");
      const code = mcp("SSEClientTransport", "sse", `process.env.URL + "/sse", { requestInit: { headers } }`);
      return nodeProgram(LEAD_TO_PROXY + code)(`export URL=${named} KEY=${key}`);
    },
    besides: "a name for the proxy that is the route's `host`",
    expectedOutput: /^\["ask"\]\nThe proxy is transparent\.$/m,
    expectedRequests: [/^GET \/sse$/, /^POST \/messages\?session=1$/],
    expectedBody: /Is the proxy there\?/,
  }),
  node("fetch of Node", {
    takesUrl: true,
    code: `
import { createHash } from "node:crypto";
const url = process.env.URL;
const headers = { authorization: "Bearer " + process.env.KEY };
const login = async (path) => (await (await fetch(url + path, { headers })).json()).login;
console.log(await login("/user"), await login("/moved"));
const bytes = Buffer.alloc(300_000, "x");
const pieces = async function* () {
  for (let at = 0; at < bytes.length; at += 10_000) yield bytes.subarray(at, at + 10_000);
};
const body = ReadableStream.from(pieces());
const response = await fetch(url + "/upload", { method: "PUT", headers, body, duplex: "half" });
console.log(await response.text() === createHash("sha256").update(bytes).digest("hex"));
let text = "";
for await (const part of (await fetch(url + "/events", { headers })).body) text += Buffer.from(part);
console.log(text.match(/^data: /gm).length);`,
  }, {
    route: "internal",
    version: "node --version",
    description: "JSON, a redirect, an upload in chunks, events",
    expectedOutput: /^proxied proxied\ntrue\n4$/m,
    expectedRequests: [/^GET \/user$/, /^GET \/moved$/, /^PUT \/upload$/, /^GET \/events$/],
  }),
  node("axios", {
    takesUrl: true,
    code: `
import { createHash } from "node:crypto";
import { Readable } from "node:stream";
import axios from "axios";
const headers = { authorization: "Bearer " + process.env.KEY };
const client = axios.create({ baseURL: process.env.URL, headers, proxy: false });
console.log((await client.get("/user")).data.login, (await client.get("/moved")).data.login);
const bytes = Buffer.alloc(300_000, "x");
const body = Readable.from([bytes.subarray(0, 150_000), bytes.subarray(150_000)]);
console.log((await client.put("/upload", body)).data === createHash("sha256").update(bytes).digest("hex"));
let text = "";
for await (const part of (await client.get("/events", { responseType: "stream" })).data) text += part;
console.log(text.match(/^data: /gm).length);`,
  }, {
    route: "internal",
    description: "JSON, a redirect, an upload in chunks, events",
    expectedOutput: /^proxied proxied\ntrue\n4$/m,
    expectedRequests: [/^GET \/user$/, /^GET \/moved$/, /^PUT \/upload$/, /^GET \/events$/],
  }),
];

/** A program that lists the tools of an MCP server and calls the one. */
function mcp(transport: string, file: string, parameters: string): string {
  return `
import { Client } from "@modelcontextprotocol/sdk/client/index.js";
import { ${transport} } from "@modelcontextprotocol/sdk/client/${file}.js";
const headers = { authorization: "Bearer " + process.env.KEY };
const [url, options] = [${parameters}];
const client = new Client({ name: "e2e", version: "1.0.0" });
await client.connect(new ${transport}(new URL(url), options));
console.log(JSON.stringify((await client.listTools()).tools.map(({ name }) => name)));
const result = await client.callTool({ name: "ask", arguments: { question: "${QUESTION}" } });
console.log(result.content[0].text);
await client.close();
process.exit(0);`;
}
