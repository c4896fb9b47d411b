/**
 * Takes the picture of the operator's page that README.md shows: `deno task e2e picture`.
 *
 * @module
 */

import { fromFileUrl } from "@std/path";
import puppeteer from "puppeteer-core";
import { startAdmin, type WithAdmin } from "../support/admin.ts";
import { startUpstream } from "../support/upstream.ts";

const PICTURE = fromFileUrl(new URL("../../docs/operator.png", import.meta.url));

/** How long there is traffic, in milliseconds: long enough for several bars of the charts. */
const TRAFFIC_MS = 150_000;

const TOKENS = {
  ANTHROPIC_API_KEY: "sk-picture-1",
  GITHUB_TOKEN: "sk-picture-2",
  OPENAI_API_KEY: "sk-picture-3",
};
const CLIENTS = { CI_TOKEN: "client-ci-agent-token", LAPTOP_TOKEN: "client-laptop-token" };

/** What clients ask for: how often, the path, and what the upstream responds with. */
const REQUESTS: readonly (readonly [weight: number, path: string, status: number])[] = [
  [10, "/anthropic/v1/messages", 200],
  [4, "/github/acme/app.git/info/refs", 200],
  [3, "/openai/v1/responses", 200],
  [1, "/openai/v1/responses", 429],
  [1, "/github/acme/none.git/info/refs", 404],
  [1, "/elsewhere", 0],
];

/** Serves some minutes of mixed traffic and takes the picture. @returns Whether it could. */
export async function takePicture(): Promise<boolean> {
  await using upstream = startUpstream(async (exchange) => {
    await exchange.bodyBytes();
    await new Promise((resolve) => setTimeout(resolve, 20 + 400 * Math.random()));
    await exchange.respond(Number(exchange.field("x-status") ?? 200), [], "x".repeat(4000 * Math.random()));
  }, { record: false });
  const common = { upstream: upstream.url, auth_scheme: "Bearer" };
  const routes = Object.keys(TOKENS).map((token_env) => ({
    ...common,
    path: `/${token_env.split("_")[0]?.toLowerCase()}/`,
    token_env,
  }));
  await using service = await startAdmin({
    routes: {
      routes,
      clients: [
        { name: "ci", token_env: "CI_TOKEN", routes: routes.map(({ path }) => path) },
        { name: "laptop", token_env: "LAPTOP_TOKEN", routes: routes.map(({ path }) => path) },
      ],
    },
    env: { ...TOKENS, ...CLIENTS },
  });
  await serveTraffic(service);
  const browser = await puppeteer.launch({ executablePath: "/usr/bin/chromium", args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(`http://${service.adminAddress}/`, { waitUntil: "networkidle0" });
    await page.screenshot({ path: PICTURE });
  } finally {
    await browser.close();
  }
  console.error(`Wrote ${PICTURE}; reduce its colours before it is committed`);
  return true;
}

async function serveTraffic(service: WithAdmin): Promise<void> {
  const end = performance.now() + TRAFFIC_MS;
  const bag = REQUESTS.flatMap((request) => Array<typeof request>(request[0]).fill(request));
  while (performance.now() < end) {
    const [, path, status] = bag[Math.floor(Math.random() * bag.length)]!;
    const token = Math.random() < 0.7 ? CLIENTS.CI_TOKEN : CLIENTS.LAPTOP_TOKEN;
    const response = await fetch(service.url + path, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "x-status": String(status) },
      body: "x".repeat(2000 * Math.random()),
    });
    await response.body?.cancel();
    // Busier in some minutes than in others.
    await new Promise((resolve) =>
      setTimeout(resolve, 100 + 200 * Math.abs(Math.sin(performance.now() / 30_000)))
    );
  }
}
