import { join } from "@std/path";
import type { Script } from "../../support/upstream.ts";
import { cacheFolder } from "../install.ts";
import { zip } from "./archive.ts";
import { PACKAGE_SAYS } from "./registries.ts";

const ARTIFACT = "/com/example/proxied/1.0/proxied-1.0";

const POM = `<project><modelVersion>4.0.0</modelVersion><groupId>com.example</groupId>
<artifactId>proxied</artifactId><version>1.0</version></project>`;

/** A repository with one artifact, and the plugin that fetches it, from what the toolset `maven` has installed. */
export async function mavenRepository(): Promise<Script> {
  const plugins = join(cacheFolder(), "maven/repository");
  const jar = await zip({ "says.txt": PACKAGE_SAYS });
  return async (exchange) => {
    await exchange.drain();
    if (exchange.target === `${ARTIFACT}.pom`) return await exchange.respond(200, {}, POM);
    if (exchange.target === `${ARTIFACT}.jar`) return await exchange.respond(200, {}, jar);
    const found = /^\/[\w./+-]+$/.test(exchange.target) && !exchange.target.includes("..")
      ? await Deno.readFile(join(plugins, exchange.target)).catch(() => undefined)
      : undefined;
    await exchange.respond(found === undefined ? 404 : 200, {}, found);
  };
}
