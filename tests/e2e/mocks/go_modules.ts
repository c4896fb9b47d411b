import type { Script } from "../../support/upstream.ts";
import { zip } from "./archive.ts";
import { PACKAGE_SAYS } from "./registries.ts";
import { sendJson } from "./sse.ts";

const MODULE = "example.com/proxied";

/** A module proxy with one module, as `go help goproxy` describes it. */
export async function goModules(): Promise<Script> {
  const top = `${MODULE}@v1.0.0`;
  const goMod = `module ${MODULE}\n\ngo 1.20\n`;
  const archive = await zip({
    [`${top}/go.mod`]: goMod,
    [`${top}/proxied.go`]: `package proxied\n\nconst Says = "${PACKAGE_SAYS}"\n`,
  });
  return async (exchange) => {
    await exchange.drain();
    switch (exchange.target) {
      case `/${MODULE}/@v/list`:
        return await exchange.respond(200, {}, "v1.0.0\n");
      case `/${MODULE}/@v/v1.0.0.info`:
        return await sendJson(exchange, { Version: "v1.0.0", Time: "2024-01-01T00:00:00Z" });
      case `/${MODULE}/@v/v1.0.0.mod`:
        return await exchange.respond(200, {}, goMod);
      case `/${MODULE}/@v/v1.0.0.zip`:
        return await exchange.respond(200, { "Content-Type": "application/zip" }, archive);
    }
    await exchange.respond(404);
  };
}
