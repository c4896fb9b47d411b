/**
 * An upstream that ends each connection at the moment and in the manner that the request's path names, and counts what
 * was delivered to it.
 *
 * @module
 */

import { type AddressInfo, createServer, type Socket } from "node:net";
import { fromLatin1 } from "./bytes.ts";

/** When the connection ends. */
export const MOMENTS = [
  /** It does not: the connection is kept. */
  "never",
  /** When the request's head has arrived, perhaps before its content. */
  "head",
  /** In the middle of the request's content. */
  "half",
  /** When the whole request has arrived. */
  "request",
  /** A moment after the response's first byte. */
  "byte",
  /** A moment after an interim response. */
  "interim",
  /** In the middle of the response's head. */
  "reply-head",
  /** Between the response's head and its content. */
  "reply",
  /** In the middle of the response's content. */
  "content",
  /** With the response's last byte. */
  "replied",
  /** A little later, when the connection is idle, or in use again. */
  "later",
] as const;

export type Moment = (typeof MOMENTS)[number];

/** With a FIN, or with an RST. */
export const MANNERS = ["end", "reset"] as const;

export type Manner = (typeof MANNERS)[number];

/** A running upstream. */
export interface FlakyUpstream extends AsyncDisposable {
  readonly url: string;
  /** How often the head of each request arrived, by its serial. */
  readonly heads: ReadonlyMap<string, number>;
  /** How often the whole request arrived. */
  readonly whole: ReadonlyMap<string, number>;
  /** Ends every nth connection from now on before anything is read; 0 ends none. */
  refuseEvery(count: number): void;
}

/** Returns a request's path, which decides how its connection ends. */
export function pathOf(serial: string, moment: Moment, manner: Manner): string {
  return `/${serial}/${moment}/${manner}`;
}

/** Returns the content of the response to a request: its own serial, and no other. */
export function contentOf(serial: string): string {
  return `<${serial}>`.repeat(20);
}

/** Starts it on a free port. */
export async function startFlakyUpstream(): Promise<FlakyUpstream> {
  const heads = new Map<string, number>();
  const whole = new Map<string, number>();
  const open = new Set<Socket>();
  let every = 0;
  let connections = 0;

  const server = createServer((socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
    socket.on("error", () => {});
    socket.setNoDelay(true);
    connections++;
    if (every > 0 && connections % every === 0) {
      leave(socket, connections % (2 * every) === 0 ? "end" : "reset");
      return;
    }
    converse(socket);
  });

  /** Serves one request after another. */
  function converse(socket: Socket): void {
    let text = "";
    let known: string | undefined;
    socket.on("data", (bytes) => {
      text += fromLatin1(bytes);
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      const [, serial = "", moment = "never", manner = "end"] = /^\S+ \/([^/]*)\/([^/]*)\/(\S*)/.exec(text) ??
        [];
      const length = Number(/\r\ncontent-length: (\d+)/.exec(text.slice(0, end))?.[1] ?? 0);
      const come = text.length - end - 4;
      if (known === undefined) {
        known = serial;
        heads.set(serial, (heads.get(serial) ?? 0) + 1);
        if (moment === "head") return leave(socket, manner as Manner);
      }
      if (moment === "half" && come * 2 >= length) return leave(socket, manner as Manner);
      if (come < length) return;
      whole.set(serial, (whole.get(serial) ?? 0) + 1);
      text = text.slice(end + 4 + length);
      known = undefined;
      answer(socket, serial, moment as Moment, manner as Manner);
    });
  }

  function answer(socket: Socket, serial: string, moment: Moment, manner: Manner): void {
    const content = contentOf(serial);
    const head = `HTTP/1.1 200 OK\r\nX-Serial: ${serial}\r\nContent-Length: ${content.length}\r\n\r\n`;
    const parts: Readonly<Partial<Record<Moment, string>>> = {
      request: "",
      byte: head.slice(0, 1),
      interim: `HTTP/1.1 103 Early Hints\r\nX-Serial: ${serial}\r\n\r\n`,
      "reply-head": head.slice(0, 20),
      reply: head,
      content: head + content.slice(0, 30),
    };
    const part = parts[moment];
    if (part !== "") socket.write(part ?? head + content);
    if (moment === "never") return;
    if (moment === "later") setTimeout(() => leave(socket, manner), Math.random() * 3);
    // If the RST followed at once, what was written might be lost.
    else if (moment === "byte" || moment === "interim") setTimeout(() => leave(socket, manner), 15);
    else leave(socket, manner);
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heads,
    whole,
    refuseEvery(count) {
      every = count;
      connections = 0;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function leave(socket: Socket, manner: Manner): void {
  if (manner === "reset") socket.resetAndDestroy();
  // What was written is sent first; nobody reads what still arrives.
  else socket.end(() => socket.destroy());
}
