/**
 * A page's WebSocket in Chromium, if that is installed.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import puppeteer from "puppeteer-core";
import { TOKEN } from "../support/fixture.ts";
import { startService } from "../support/service.ts";
import { startWsUpstream } from "../support/websocket_upstream.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

/** Runs in the page: sends messages, closes once they are back, and returns what happened. */
function talk(url: string): Promise<string[]> {
  return new Promise((resolve) => {
    const happened: string[] = [];
    const socket = new WebSocket(url, "chat");
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      happened.push(`open ${socket.protocol}`);
      socket.send("é".repeat(50_000));
      socket.send(new Uint8Array(200_000));
    };
    socket.onmessage = ({ data }) => {
      happened.push(typeof data === "string" ? `text ${data.length}` : `binary ${data.byteLength}`);
      if (happened.length === 3) socket.close(4000, "enough");
    };
    socket.onclose = ({ code, reason }) => resolve([...happened, `close ${code} ${reason}`]);
  });
}

Deno.test({
  name: "a page's WebSocket passes on a route for browsers, and on no other",
  ignore: CHROMIUM === undefined,
  // The library keeps its own timers.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using upstream = await startWsUpstream();
    const route = { upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" };
    await using service = await startService({
      routes: { routes: [{ path: "/a/", ...route }, { path: "/pages/", ...route, browsers: true }] },
      env: { A_TOKEN: TOKEN },
    });
    const browser = await puppeteer.launch({ executablePath: CHROMIUM!, args: ["--no-sandbox"] });
    try {
      const page = await browser.newPage();
      assertEquals(await page.evaluate(talk, `ws://127.0.0.1:${service.port}/pages/x`), [
        "open chat",
        "text 50000",
        "binary 200000",
        "close 4000 enough",
      ]);
      assertEquals(await page.evaluate(talk, `ws://127.0.0.1:${service.port}/a/x`), ["close 1006 "]);
      assertEquals(upstream.handshakes.length, 1);
      // Chromium offers compression, which the upstream is not asked for.
      assertEquals(upstream.handshakes[0]?.headers["sec-websocket-extensions"], undefined);
    } finally {
      await browser.close();
    }
  },
});
