/**
 * A hostile page in a real browser, if Chromium is installed: what it can do to a service on the same machine.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import puppeteer, { type Browser } from "puppeteer-core";
import { startAdmin, type WithAdmin } from "../support/admin.ts";
import { TOKEN } from "../support/fixture.ts";
import { startUpstream } from "../support/upstream.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

/** The names of the page's site; the second one is rebound to the service's address. */
const [EVIL, REBOUND] = ["evil.example", "rebound.example"];

const PAGE = "<!doctype html><title>evil</title>";

/** Serves the page to every host, as the attacker's site. */
function startSite(): { readonly port: number; [Symbol.asyncDispose](): Promise<void> } {
  const server = Deno.serve(
    { port: 0, hostname: "127.0.0.1", onListen() {} },
    () => new Response(PAGE, { headers: { "content-type": "text/html" } }),
  );
  return { port: server.addr.port, [Symbol.asyncDispose]: () => server.shutdown() };
}

/**
 * Runs a script in a page at a URL, and returns what it returns.
 *
 * @param served Whether the page comes from the attacker, as before its name is rebound, and not from the URL's address.
 */
async function inPage<Got>(
  browser: Browser,
  attack: string,
  { url, served = false }: { readonly url: string; readonly served?: boolean },
): Promise<Got> {
  const page = await browser.newPage();
  try {
    if (served) {
      await page.setRequestInterception(true);
      page.on("request", (request) => {
        if (request.isNavigationRequest()) void request.respond({ contentType: "text/html", body: PAGE });
        else void request.continue();
      });
    }
    await page.goto(url, { timeout: 20_000 });
    return await page.evaluate(attack) as Got;
  } finally {
    await page.close();
  }
}

/** Sends a request and returns what the page can see of the response. */
const seen = (url: string, init: object = {}) =>
  `fetch(${JSON.stringify(url)}, ${
    JSON.stringify(init)
  }).then(async (r) => r.type + " " + r.status + " " + await r.text(),` +
  ` (error) => "failed: " + error)`;

async function launch(): Promise<Browser> {
  return await puppeteer.launch({
    executablePath: CHROMIUM!,
    // Chromium's own defences, which other browsers lack, would hide the service's.
    args: [
      "--no-sandbox",
      `--host-resolver-rules=MAP ${EVIL} 127.0.0.1,MAP ${REBOUND} 127.0.0.1`,
      "--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests,HttpsUpgrades",
    ],
    timeout: 20_000,
  });
}

Deno.test({
  name: "a page in a browser spends no key and reads nothing, across sites or through a rebound name",
  ignore: CHROMIUM === undefined,
  // The library keeps its own timers.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    const reached: string[] = [];
    await using upstream = startUpstream(async (exchange) => {
      reached.push(`${exchange.method} ${exchange.target}`);
      await exchange.respond(200, { "Content-Type": "text/plain" }, "account data");
    });
    await using site = startSite();
    const route = { upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" };
    await using service: WithAdmin = await startAdmin({
      routes: { routes: [{ ...route, path: "/a/" }, { ...route, path: "/open/", browsers: true }] },
      env: { A_TOKEN: TOKEN },
    });
    const admin = service.adminAddress.split(":").at(-1);
    const browser = await launch();
    try {
      const evil = `http://${EVIL}:${site.port}/`;
      const own = `http://127.0.0.1:${service.port}`;
      // So that the attempts below can succeed: the same page does reach a route that is open to browsers.
      assertEquals(
        await inPage(browser, seen(`${own}/open/post`, { method: "POST", mode: "no-cors" }), { url: evil }),
        "opaque 0 ",
      );
      assertEquals(reached.splice(0), ["POST /post"]);

      const attacks = [
        seen(`${own}/a/post`, { method: "POST", mode: "no-cors", body: "spend" }),
        seen(`${own}/a/put`, { method: "PUT" }),
        seen(`${own}/a/get`, { mode: "no-cors" }),
        `new Promise((done) => { const image = new Image(); image.onload = image.onerror = () => done("loaded");` +
        ` image.src = "${own}/a/image"; })`,
        `new Promise((done) => { const frame = document.createElement("iframe"); frame.onload = () => done("loaded");` +
        ` frame.src = "${own}/a/frame"; document.documentElement.append(frame); })`,
        `new Promise((done) => { const socket = new WebSocket("${own.replace("http", "ws")}/a/socket");` +
        ` socket.onopen = socket.onerror = () => done(String(socket.readyState)); })`,
      ];
      await inPage(browser, `Promise.all([${attacks.join()}])`, { url: evil });
      // A page on another port of the same address is another origin, and the same site.
      await inPage(browser, seen(`${own}/a/same-site`, { mode: "no-cors" }), {
        url: `http://127.0.0.1:${site.port}/`,
      });
      assertEquals(reached, []);

      // A rebound name: the page is of the service's own origin, to the browser.
      for (const port of [service.port, admin]) {
        const rebound = `http://${REBOUND}:${port}`;
        const paths = ["/a/rebound", "/open/rebound", "/", "/metrics"];
        const attack = `Promise.all([${paths.map((path) => seen(rebound + path)).join()}])`;
        for (const got of await inPage<string[]>(browser, attack, { url: `${rebound}/`, served: true })) {
          assert(got.startsWith("basic 421 "), `port ${port}: ${got}`);
          assert(!/account data|\/open\/|cred_proxy_(?!host)/.test(got), got);
        }
      }
      assertEquals(reached, []);
    } finally {
      await browser.close();
    }
  },
});
