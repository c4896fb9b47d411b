import type { ServedHosts } from "../http/served_hosts.ts";

/** Why a request to the operator's listener is refused. */
export interface AdminRefusal {
  readonly status: number;
  readonly text: string;
}

/**
 * Returns why a request is refused: it comes from another site's page, or names a host under which the listener is not
 * served. The operator's own browser passes, and so does a link that leads to the page from elsewhere.
 */
export function refuseForeign(fields: Pick<Headers, "get">, hosts: ServedHosts): AdminRefusal | undefined {
  // HTTP/1.0 probes send no Host; browsers always do.
  const host = fields.get("host");
  if (host !== null && !hosts.serves(host)) {
    return {
      status: 421,
      text: "Not served under this host; use an IP address, or list the host in CRED_PROXY_HOSTS\n",
    };
  }
  const origin = fields.get("origin");
  const site = fields.get("sec-fetch-site");
  const isOwn = (origin === null || origin.toLowerCase() === `http://${host}`.toLowerCase()) &&
    (site === null || site === "none" || site === "same-origin" || isLink(fields));
  return isOwn ? undefined : { status: 403, text: "Requests of other sites' pages are refused\n" };
}

/** Reports whether a browser opens the page as a document of its own, in no frame: the other site can't see it. */
function isLink(fields: Pick<Headers, "get">): boolean {
  return fields.get("sec-fetch-mode") === "navigate" && fields.get("sec-fetch-dest") === "document";
}
