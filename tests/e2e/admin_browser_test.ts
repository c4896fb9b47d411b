/**
 * The operator's page in Chromium, if that is installed.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import puppeteer, { type Page } from "puppeteer-core";
import { startAdmin, type WithAdmin } from "../support/admin.ts";
import { TOKEN } from "../support/fixture.ts";
import { startRecordingUpstream } from "../support/recording_upstream.ts";

const CHROMIUM = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

/** Opens the page and collects everything that goes wrong with it. */
async function open(page: Page, service: WithAdmin): Promise<string[]> {
  const problems: string[] = [];
  page.on("console", (message) => problems.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => problems.push(`error: ${error}`));
  page.on("requestfailed", (request) => problems.push(`failed: ${request.url()}`));
  page.on("response", (response) => {
    if (response.status() >= 400) problems.push(`${response.status()}: ${response.url()}`);
  });
  await page.goto(`http://${service.adminAddress}/`, { waitUntil: "networkidle0", timeout: 20_000 });
  return problems;
}

Deno.test({
  name: "the operator's page loads in a browser without an error, and shows routes and recent requests",
  ignore: CHROMIUM === undefined,
  // The library keeps its own timers.
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using upstream = startRecordingUpstream();
    const route = { upstream: upstream.url, auth_scheme: "Bearer", token_env: "A_TOKEN" };
    await using service = await startAdmin({
      routes: { routes: [{ path: "/a/", ...route }, { path: "/b/", ...route, token_env: "UNSET_TOKEN" }] },
      env: { A_TOKEN: TOKEN },
    });
    const hostile = "/a/<script>document.title='taken'</script>";
    for (const path of ["/a/x?quarry", "/b/x", "/nowhere", encodeURI(hostile)]) {
      await (await fetch(service.url + path)).text();
    }
    const browser = await puppeteer.launch({
      executablePath: CHROMIUM!,
      args: ["--no-sandbox"],
      timeout: 20_000,
    });
    try {
      const page = await browser.newPage();
      await page.setViewport({ width: 1280, height: 900 });
      assertEquals(await open(page, service), []);
      assertEquals(await page.title(), "cred-proxy");
      const shown = await page.evaluate("document.body.innerText") as string;
      for (const part of ["serving", "/a/x", "no_route", "token_unset", "UNSET_TOKEN unset", "/b/"]) {
        assert(shown.includes(part), `${part}\n${shown}`);
      }
      assert(!shown.includes("quarry") && !shown.includes(TOKEN));
      // The style sheet applies, and the charts have a size and content.
      assertEquals(
        await page.evaluate("getComputedStyle(document.querySelector('.charts')).display"),
        "grid",
      );
      const charts = await page.evaluate(
        "[...document.querySelectorAll('svg')].map((svg) => [svg.clientWidth > 200, svg.clientHeight > 50, svg.querySelectorAll('rect, path:not(.axis)').length > 0])",
      );
      assertEquals(charts, Array(3).fill([true, true, true]));
      // On a narrow screen the tables scroll in their own frames and the page itself does not.
      await page.setViewport({ width: 390, height: 800 });
      assertEquals(await page.evaluate("document.documentElement.scrollWidth"), 390);
    } finally {
      await browser.close();
    }
  },
});
