import { errorText } from "../../core/error_text.ts";
import { freeLarge } from "../../core/free_memory.ts";
import type { Outcome, WebSocketCounts } from "../../log/request_log.ts";
import type { CurrentMask } from "../../mask/table_mask.ts";
import { CLOSE, type Closing } from "../../upstream/websocket/close_code.ts";
import { closingAfter, type WebSocketConnection } from "../../upstream/websocket/websocket_connection.ts";
import type { Message } from "../../upstream/websocket/message_buffer.ts";
import type { RequestSpan } from "../request_span.ts";
import type { ClientSocket } from "./client_socket.ts";
import type { Session } from "./sessions.ts";

/** The two sides of a session, and what it is recorded in. */
export interface RelayOptions {
  readonly client: ClientSocket;
  readonly upstream: WebSocketConnection;
  /** The mask of messages to the client; undefined on a route that does not mask. */
  readonly mask: CurrentMask | undefined;
  readonly span: RequestSpan;
}

/** Closing as this service does it. */
const GOING_AWAY: Closing = { code: CLOSE.goingAway, reason: "The proxy is shutting down" };

/** Messages of at least this size, in bytes, are freed once they have been sent. */
const LARGE = 4 * 1024;

/** How a client that was revoked is told: RFC 6455, section 7.4.1. */
const REVOKED: Closing = { code: CLOSE.policyViolation, reason: "The client was revoked" };

/** Passes whole messages both ways until either side closes or is lost. Each direction waits for its reader. */
export class Relay implements Session {
  readonly client: ClientSocket;
  readonly #upstream: WebSocketConnection;
  readonly #mask: CurrentMask | undefined;
  readonly #span: RequestSpan;
  readonly #counts: WebSocketCounts;
  /** How the session ended: by the side that closed or was lost first. */
  #outcome: Outcome | undefined;
  /** How the client is closed, if this service decides it. */
  #own: Closing | undefined;

  constructor({ client, upstream, mask, span }: RelayOptions) {
    this.client = client;
    this.#upstream = upstream;
    this.#mask = mask;
    this.#span = span;
    this.#counts = span.entry.webSocket = { messagesUp: 0, messagesDown: 0, closeCode: undefined };
  }

  /** Relays until both sides have ended, and ends the span. */
  async run(): Promise<void> {
    try {
      await this.client.opened;
      await Promise.all([this.#relayUp(), this.#relayDown()]);
    } catch (error) {
      // Nothing above throws; if something did, it must not end the process.
      this.#ending("upstream_aborted", CLOSE.internalError);
      this.#setCause(error);
    } finally {
      this.#upstream.destroy();
      this.#span.end(this.#outcome ?? "complete");
    }
  }

  drain(limitMs: number): void {
    this.#own ??= GOING_AWAY;
    this.#ending("complete", GOING_AWAY.code);
    // What the upstream sent before it answers still reaches the client, which then has as much time to take it.
    const patienceMs = limitMs / 2;
    this.#upstream.close(GOING_AWAY, patienceMs).catch(() => {});
    const timer = setTimeout(() => this.client.close(GOING_AWAY), patienceMs);
    this.client.ended.then(() => clearTimeout(timer));
  }

  /** Ends both sides at once: what the client still sends is dropped, and nothing more is sent to it. */
  revoke(): void {
    this.#own = REVOKED;
    this.#ending("revoked", REVOKED.code);
    this.#upstream.destroy();
    // Not only once the other direction has ended: it waits for the client to take what was sent.
    this.client.cut(REVOKED);
  }

  /** Records how the session ended, once. */
  #ending(outcome: Outcome, code: number): void {
    if (this.#outcome !== undefined) return;
    this.#outcome = outcome;
    this.#counts.closeCode = code;
  }

  async #relayUp(): Promise<void> {
    const client = this.client;
    const upstream = this.#upstream;
    const { entry } = this.#span;
    for (;;) {
      const messages = await client.receive();
      if (messages === undefined) break;
      let length = 0;
      for (const { bytes } of messages) length += bytes.length;
      try {
        await upstream.send(messages);
      } catch {
        // The other direction finds out why.
        continue;
      }
      this.#counts.messagesUp += messages.length;
      entry.bytesUp += length;
      for (const { bytes } of messages) freeLarge(bytes, LARGE);
    }
    const { closing } = client;
    if (closing === undefined) {
      this.#ending("client_aborted", CLOSE.abnormal);
      upstream.destroy();
      return;
    }
    this.#ending("complete", closing.code);
    await upstream.close(closing).catch(() => {});
  }

  async #relayDown(): Promise<void> {
    const closing = await this.#untilClosing();
    await Promise.all([
      this.client.close(this.#own ?? this.#masked(closing)),
      this.#upstream.end(),
    ]);
  }

  /** Relays messages to the client. @returns How to close it. */
  async #untilClosing(): Promise<Closing> {
    const upstream = this.#upstream;
    try {
      for (;;) {
        const received = await upstream.receive();
        if (received === undefined) break;
        if ("closing" in received) {
          const { closing } = received;
          this.#ending("complete", closing.code);
          upstream.close(closing).catch(() => {});
          return closing;
        }
        await this.#toClient(received.message);
      }
    } catch (error) {
      return await this.#failed(error);
    }
    return this.#lost();
  }

  async #toClient(message: Message): Promise<void> {
    const { bytes } = message;
    while (!this.client.canSend) await this.client.pause();
    this.#mask?.current?.maskBytes(bytes, this.#span.entry);
    this.#counts.messagesDown++;
    this.#span.entry.bytesDown += bytes.length;
    const taken = this.client.send(message);
    // The runtime has a copy.
    this.#upstream.freeMessage();
    if (taken !== undefined) await taken;
  }

  /** Returns how to close the client after an error on the upstream's side, which is told as well if it can be. */
  async #failed(error: unknown): Promise<Closing> {
    if (this.#outcome === undefined) this.#setCause(error);
    const closing = closingAfter(error);
    if (closing.code === CLOSE.internalError) return this.#lost();
    this.#ending("upstream_aborted", closing.code);
    await this.#upstream.close(closing).catch(() => {});
    // Only the size is a matter of the client, too.
    return closing.code === CLOSE.tooBig || closing.code === CLOSE.tryAgainLater
      ? closing
      : { code: CLOSE.internalError, reason: "The upstream broke the WebSocket protocol" };
  }

  /** Records the cause for the operator, masked: not every message is ours. */
  #setCause(error: unknown): void {
    const text = errorText(error);
    this.#span.entry.cause = this.#mask?.current?.maskText(text) ?? text;
  }

  #lost(): Closing {
    this.#ending("upstream_aborted", CLOSE.abnormal);
    return { code: CLOSE.internalError, reason: "The connection to the upstream was lost" };
  }

  /** Masks the reason, which is the upstream's. */
  #masked(closing: Closing): Closing {
    const mask = this.#mask?.current;
    if (mask === undefined) return closing;
    return {
      code: closing.code,
      reason: decoder.decode(mask.maskBytes(encoder.encode(closing.reason), this.#span.entry)),
    };
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
