import { Refusal } from "./refusal.ts";

/**
 * A host as a name, an IPv4 address or an IPv6 address in brackets, with or without a port. Narrower than RFC 3986,
 * section 3.2.2: no percent-encoding and no sub-delims, which no known client sends and which could disguise a URL.
 */
const HOST = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{0,5})?$/;

/** Reports whether a Host field's value is a host. */
export function isHostField(value: string): boolean {
  return HOST.test(value);
}

/**
 * Last labels of names that nobody can register, so that no stranger's name server answers for them: RFC 6761 (`localhost`),
 * RFC 6762 (`local`, which includes Kubernetes' `cluster.local`), and ICANN's reservation of `internal`. `svc` is how
 * Kubernetes abbreviates a service's name.
 */
const PRIVATE: ReadonlySet<string> = new Set(["internal", "local", "localhost", "svc"]);

/**
 * The hosts under which a listener is served.
 *
 * A web page can reach a listener on the user's own machine or network under a name of its own, whose address its name
 * server changes after the page has loaded (DNS rebinding). To the browser both are one origin, so the page may read the
 * responses. Such a request names the page's host in its Host field. Addresses, names of one label and private names can't
 * be rebound; any other name must be listed.
 */
export class ServedHosts {
  readonly #listed: ReadonlySet<string>;
  /** The last value that passed: a client sends the same one with every request. */
  #last = "";

  /** @param listed Names, in lower case. */
  constructor(listed: Iterable<string>) {
    this.#listed = new Set(listed);
  }

  /** Reports whether the listener is served under the Host field's value. */
  serves(host: string): boolean {
    if (host === this.#last && host !== "") return true;
    if (!isHostField(host) || !this.#includes(nameOf(host))) return false;
    this.#last = host;
    return true;
  }

  /** @throws {Refusal} `bad_request` if the value is not a host, `host_not_served` if it is another's. */
  assertServes(host: string): void {
    if (this.serves(host)) return;
    if (host === "") {
      throw new Refusal(
        "bad_request",
        "it has no Host field; HTTP/2 is not served, so set the client to HTTP/1.1",
      );
    }
    if (!isHostField(host)) throw new Refusal("bad_request", "its Host field is not a host");
    throw new Refusal("host_not_served", nameOf(host));
  }

  #includes(name: string): boolean {
    if (name.startsWith("[") || this.#listed.has(name)) return true;
    const dot = name.lastIndexOf(".");
    if (dot < 0) return name !== "";
    const last = name.slice(dot + 1);
    // A name that ends in a number is an IPv4 address to a browser, or nothing at all.
    return PRIVATE.has(last) || /^(?:[0-9]+|0x[0-9a-f]*)$/.test(last);
  }
}

/** Returns the host without its port and the dot that may end a name, in lower case. */
function nameOf(host: string): string {
  return host.replace(/:[0-9]*$/, "").replace(/\.$/, "").toLowerCase();
}
