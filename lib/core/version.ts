// A static import needs no read permission.
import config from "../../deno.json" with { type: "json" };

/** The version of cred-proxy. */
export const VERSION: string = config.version;
