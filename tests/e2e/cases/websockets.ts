/**
 * Clients that speak WebSocket: the vendors' libraries, and those of runtimes.
 *
 * @module
 */

import { type ClientCase, followedBy } from "../client_case.ts";
import { nodeProgram as program } from "../node_program.ts";
import { VERSIONS } from "../versions.ts";

const SHOWS = /^The proxy is transparent\.$/m;

/** Asks for a response of the Realtime API over a socket with the usual interface, and prints it. */
const REALTIME = `
let text = "";
socket.onopen = () => socket.send(JSON.stringify({ type: "response.create" }));
socket.onmessage = ({ data }) => {
  const event = JSON.parse(data);
  if (event.type === "response.output_text.delta") text += event.delta;
  if (event.type === "response.done") socket.close();
};
socket.onclose = () => console.log(text);`;

const COMMON = {
  route: "openai",
  expectedOutput: SHOWS,
  expectedRequests: [/^GET \/v1\/realtime\?model=m$/],
};

export const WEB_SOCKETS: readonly ClientCase[] = [{
  ...COMMON,
  name: "openai, realtime",
  command: "node",
  toolset: "agents",
  version: `echo ${VERSIONS["openai"]}`,
  description: "a response of the Realtime API",
  // The library speaks TLS only, whatever the base URL says.
  script: (lines) =>
    program(`
import { connect } from "node:net";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
const { port } = new URL(process.env.OPENAI_BASE_URL);
const options = { createConnection: () => connect(port, "127.0.0.1") };
const realtime = new OpenAIRealtimeWS({ model: "m", options });
let text = "";
realtime.on("session.created", () => realtime.send({ type: "response.create" }));
realtime.on("response.output_text.delta", ({ delta }) => text += delta);
realtime.on("response.done", () => {
  console.log(text);
  realtime.close();
});
realtime.on("error", (error) => console.error(error));`)(lines.replace(/^codex .*$/m, "")),
}, {
  name: "@google/genai, live",
  command: "node",
  toolset: "agents",
  version: `echo ${VERSIONS["@google/genai"]}`,
  route: "gemini",
  description: "a turn of the Live API",
  script: program(`
import { GoogleGenAI } from "@google/genai";
const client = new GoogleGenAI({ apiKey: process.env.GEMINI_API_KEY });
let text = "";
const session = await client.live.connect({
  model: "gemini-2.5-flash",
  config: { responseModalities: ["TEXT"] },
  callbacks: {
    onmessage({ serverContent }) {
      for (const part of serverContent?.modelTurn?.parts ?? []) text += part.text;
      if (!serverContent?.turnComplete) return;
      console.log(text);
      session.close();
    },
    onerror: (error) => console.error(error.message),
  },
});
session.sendClientContent({ turns: [{ role: "user", parts: [{ text: "Is the proxy there?" }] }] });`),
  expectedOutput: SHOWS,
  expectedRequests: [
    /^GET \/+ws\/google\.ai\.generativelanguage\.v1(?:beta)?\.GenerativeService\.BidiGenerateContent/,
  ],
}, {
  ...COMMON,
  name: "Node's WebSocket",
  command: "node",
  toolset: "agents",
  version: "node --version",
  description: "the Realtime API by hand, with a field for the key",
  script: (lines) =>
    program(`
const url = process.env.OPENAI_BASE_URL.replace("http", "ws") + "/realtime?model=m";
const headers = { authorization: "Bearer " + process.env.OPENAI_API_KEY };
const socket = new WebSocket(url, { protocols: ["realtime"], headers });${REALTIME}`)(
      lines.replace(/^codex .*$/m, ""),
    ),
}, {
  ...COMMON,
  name: "Node's WebSocket, as a browser's",
  command: "node",
  toolset: "agents",
  version: "node --version",
  description: "the same with the key as a subprotocol",
  script: (lines) =>
    program(`
const url = process.env.OPENAI_BASE_URL.replace("http", "ws") + "/realtime?model=m";
const socket = new WebSocket(url, ["realtime", "openai-insecure-api-key." + process.env.OPENAI_API_KEY]);${REALTIME}`)(
      lines.replace(/^codex .*$/m, ""),
    ),
}, {
  ...COMMON,
  name: "ws",
  command: "node",
  toolset: "agents",
  version: `grep '"version"' "$(dirname "$(command -v codex)")/../ws/package.json"`,
  description: "the same with the npm package",
  script: (lines) =>
    program(`
import WebSocket from "ws";
const url = process.env.OPENAI_BASE_URL.replace("http", "ws") + "/realtime?model=m";
const headers = { authorization: "Bearer " + process.env.OPENAI_API_KEY };
const socket = new WebSocket(url, { headers });${REALTIME}`)(lines.replace(/^codex .*$/m, "")),
}, {
  ...COMMON,
  name: "Deno's WebSocket",
  command: "node",
  toolset: "agents",
  version: `"$DENO" --version`,
  description: "the same in Deno",
  script: (lines) =>
    followedBy(`"$DENO" run --no-config --allow-net --allow-env - <<'END'
const url = Deno.env.get("OPENAI_BASE_URL").replace("http", "ws") + "/realtime?model=m";
const headers = { authorization: "Bearer " + Deno.env.get("OPENAI_API_KEY") };
const socket = new WebSocket(url, { headers });${REALTIME}
END`)(lines.replace(/^codex .*$/m, "")),
}, {
  ...COMMON,
  name: "websockets",
  command: "python3",
  toolset: "python",
  version: `python3 -c 'import websockets; print(websockets.__version__)'`,
  description: "the same in Python",
  script: (lines) =>
    followedBy(`python3 - <<'END'
import asyncio, json, os, websockets

async def ask():
    url = os.environ["OPENAI_BASE_URL"].replace("http", "ws") + "/realtime?model=m"
    fields = {"Authorization": "Bearer " + os.environ["OPENAI_API_KEY"]}
    text = ""
    async with websockets.connect(url, additional_headers=fields, proxy=None) as socket:
        await socket.send(json.dumps({"type": "response.create"}))
        async for message in socket:
            event = json.loads(message)
            text += event.get("delta", "")
            if event["type"] == "response.done":
                break
    print(text)

asyncio.run(ask())
END`)(lines.replace(/^codex .*$/m, "")),
}];
