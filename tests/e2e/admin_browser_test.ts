/**
 * The operator's page in Chromium, if that is installed.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { sha256 } from "../../lib/core/sha256.ts";
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

Deno.test({
  name:
    "the operator's page fits a window of 1280 pixels, scrolls its tables at 500, and filters without a script",
  ignore: CHROMIUM === undefined,
  sanitizeOps: false,
  sanitizeResources: false,
  async fn() {
    await using upstream = startRecordingUpstream();
    const route = {
      upstream: `${upstream.url}/a/long/base`,
      auth_scheme: "Bearer",
      token_env: "ANTHROPIC_API_KEY",
    };
    const clients = ["coder", "agent-of-a-long-name"].map((name) => ({
      name,
      token_sha256: sha256(name),
      routes: "*",
    }));
    await using service = await startAdmin({
      routes: {
        clients,
        routes: [{ path: "/anthropic/", ...route }, {
          path: "/internal-packages/",
          ...route,
          token_env: "UNSET_TOKEN",
        }],
      },
      env: { ANTHROPIC_API_KEY: TOKEN },
    });
    const browser = await puppeteer.launch({
      executablePath: CHROMIUM!,
      args: ["--no-sandbox"],
      timeout: 20_000,
    });
    try {
      const page = await browser.newPage();
      await page.setViewport({ width: 1280, height: 900 });
      assertEquals(await open(page, service), []);
      const text = async () => await page.evaluate("document.body.innerText") as string;
      assertMatch(await text(), /No request yet[^]*export ANTHROPIC_BASE_URL=/);

      for (const { name } of clients) {
        for (
          const path of [
            "/anthropic/v1/messages/batches/msgbatch_01HkcTjaV5uDC8jWR4ZsDV8d/results",
            "/nowhere",
          ]
        ) {
          await (await fetch(service.url + path, { headers: { "x-api-key": name } })).text();
        }
      }
      assertEquals(await open(page, service), []);
      const widths = () =>
        page.evaluate(
          "[document.documentElement, ...document.querySelectorAll('.wide')].map((each) => each.scrollWidth - each.clientWidth)",
        ) as Promise<number[]>;
      const hints =
        "[...document.querySelectorAll('.hint')].filter((each) => each.offsetParent !== null).length";
      assertEquals([new Set(await widths()), await page.evaluate(hints)], [new Set([0]), 0]);
      await page.setViewport({ width: 500, height: 900 });
      const [body, ...tables] = await widths();
      assertEquals([body, tables.every((each) => each > 0), await page.evaluate(hints)], [
        0,
        true,
        tables.length,
      ]);

      await Promise.all([page.waitForNavigation(), page.click("a[href='?client=coder']")]);
      assertMatch(await text(), /Only client coder ×/);
      await Promise.all([page.waitForNavigation(), page.click("a[href='?client=coder&outcome=refused']")]);
      const shown = await text();
      assert(
        shown.includes("/nowhere") && !shown.includes("msgbatch") && !shown.includes("agent-of-a"),
        shown,
      );
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value: "dark" }]);
      assertEquals(await page.evaluate("getComputedStyle(document.body).backgroundColor"), "rgb(21, 25, 29)");
    } finally {
      await browser.close();
    }
  },
});
