import type { Secret } from "../../core/secret.ts";
import { Refusal } from "../../http/refusal.ts";
import type { Deadlines } from "../../upstream/deadlines.ts";
import type { OutgoingField, UpstreamRequest } from "../../upstream/transport.ts";
import { type AwsKeys, unpackAwsKeys } from "../../tokens/aws_keys.ts";
import type { TokenSource } from "../../tokens/token_source.ts";
import type { Credential } from "../credential.ts";
import { AWS_CHUNKED_FIELDS, type AwsChunked, awsChunkedOf, decodeAwsChunked } from "./aws_chunked.ts";
import { type Hashing, loadHashing } from "./hashing.ts";
import { type BodyMemory, type HeldBody, holdBody, sendable } from "./held_body.ts";
import { amzDate, type SigningScope, SigV4Signer } from "./sigv4.ts";
import { isS3, type PathRule, pathRule, signableTarget } from "./target.ts";

/** What an {@linkcode AwsCredential} needs. */
export interface AwsCredentialOptions {
  readonly scope: SigningScope;
  /** The source of the keys, as `packAwsKeys` returns them. */
  readonly source: TokenSource;
  /** The maximum length of a body that has to be hashed, in bytes. */
  readonly bodyLimit: number;
  /** What the memory of bodies is taken from while they are held. */
  readonly memory: BodyMemory;
  readonly deadlines: Deadlines;
  /** The time without progress after which a body is given up, in milliseconds. */
  readonly timeoutMs: number;
  /** Returns the time in milliseconds since 1970. */
  readonly now?: () => number;
}

/** Fields of a client's own signature, and those that this one consists of. */
const SIGNATURE_FIELDS: ReadonlySet<string> = new Set([
  "authorization",
  "date",
  "x-amz-content-sha256",
  "x-amz-date",
  "x-amz-region-set",
  "x-amz-s3session-token",
  "x-amz-security-token",
]);

/** S3 takes a body without its hash. */
const UNSIGNED = "UNSIGNED-PAYLOAD";

/**
 * Signs requests to AWS, and to services that verify AWS Signature Version 4.
 *
 * The client's own signature is dropped: clients sign with placeholder keys, as they can't be told not to. To S3 a body
 * passes as it arrives, unsigned; any other service wants its hash, so it is held until its end.
 */
export class AwsCredential implements Credential {
  readonly #options: AwsCredentialOptions;
  readonly #isS3: boolean;
  readonly #pathRule: PathRule;
  /** The last token, and the keys in it. */
  #keys: { readonly token: Secret; readonly keys: AwsKeys } | undefined;
  #signing: { readonly hashing: Hashing; readonly signer: SigV4Signer } | undefined;

  constructor(options: AwsCredentialOptions) {
    this.#options = options;
    this.#isS3 = isS3(options.scope.service);
    this.#pathRule = pathRule(options.scope.service);
    // Now rather than with the first request.
    loadHashing().catch(() => {});
  }

  async apply(request: UpstreamRequest): Promise<void> {
    const { source, scope, now = Date.now } = this.#options;
    await source.ready?.();
    const keys = this.#keysIn(source.current);
    const hashing = await loadHashing();
    const { signer } = this.#signing ??= { hashing, signer: new SigV4Signer(scope, hashing) };

    const payloadHash = await this.#prepareBody(request, hashing);
    const time = amzDate(now());
    replaceFields(request.fields, (name) => SIGNATURE_FIELDS.has(name), [
      ["x-amz-date", time],
      ["x-amz-content-sha256", payloadHash],
      ...(keys.sessionToken === undefined ? [] : [["x-amz-security-token", keys.sessionToken] as const]),
    ]);
    const text = typeof request.target === "string" ? request.target : request.target.reveal();
    const target = signableTarget(text, scope.service);
    request.target = target.path + target.query;
    const { method } = request;
    const fields = request.fields.filter(([name]) => isSigned(name));
    const signable = { method, target, pathRule: this.#pathRule, fields, payloadHash };
    request.fields.push(["authorization", signer.authorization(signable, keys, time)]);
  }

  /** @throws {Refusal} `token_unset` if there are none. */
  #keysIn(token: Secret | undefined): AwsKeys {
    if (token === undefined) {
      const { source } = this.#options;
      throw new Refusal("token_unset", source.missing?.().join(", ") || `${source.describe()} is unset`);
    }
    // The same object as long as the keys are the same, so that the signer knows them again.
    if (this.#keys?.token !== token) this.#keys = { token, keys: unpackAwsKeys(token) };
    return this.#keys.keys;
  }

  /** Makes the body one that can be signed. @returns The hash to sign. */
  async #prepareBody(request: UpstreamRequest, hashing: Hashing): Promise<string> {
    const coded = awsChunkedOf(request.fields);
    if (coded !== undefined) await this.#removeCoding(request, coded, hashing);
    if (this.#isS3) return UNSIGNED;
    const hash = hashing.startSha256();
    if (request.body !== null) await this.#hold(request, request.body, hash);
    return hash.digest();
  }

  /** Holds a body, and sends it with its length. */
  async #hold(
    request: UpstreamRequest,
    body: ReadableStream<Uint8Array>,
    hash: { update(bytes: Uint8Array): void },
  ): Promise<HeldBody> {
    const { bodyLimit, memory, deadlines, timeoutMs } = this.#options;
    const { isClientGone } = request;
    const held = await holdBody(body, request.framing, {
      limit: bodyLimit,
      memory,
      deadlines,
      timeoutMs,
      isClientGone,
      isUnwanted: request.isContentUnwanted,
      onAbandoned: request.onContentAbandoned,
      hash,
    });
    request.body = sendable(held, memory);
    setLength(request, held.length);
    return held;
  }

  /**
   * Removes `aws-chunked`. A checksum that follows the content becomes a field, since S3 requires that of each part of an
   * upload that was begun with it. For that the content must be held; larger content is sent without its checksum.
   */
  async #removeCoding(request: UpstreamRequest, coded: AwsChunked, hashing: Hashing): Promise<void> {
    const { decodedLength, contentEncoding, trailers } = coded;
    const body = request.body ?? emptyStream();
    const { content, trailers: readTrailers } = decodeAwsChunked(body, request.framing);
    replaceFields(
      request.fields,
      (name) => AWS_CHUNKED_FIELDS.has(name) || name === "content-encoding",
      contentEncoding === "" ? [] : [["content-encoding", contentEncoding]],
    );
    const isStreamed = decodedLength !== undefined &&
      (trailers.size === 0 || decodedLength > this.#options.bodyLimit);
    if (isStreamed) {
      request.body = content;
      setLength(request, decodedLength);
      // S3 refuses a request that names a checksum and has none.
      if (trailers.size > 0) {
        replaceFields(request.fields, (name) => name === "x-amz-sdk-checksum-algorithm", []);
      }
      return;
    }
    request.framing = decodedLength === undefined
      ? { kind: "chunked" }
      : { kind: "length", length: decodedLength };
    await this.#hold(request, content, hashing.startSha256());
    const checksums = readTrailers().filter(([name]) =>
      trailers.has(name) && name.startsWith("x-amz-checksum-")
    );
    replaceFields(request.fields, (name) => trailers.has(name), checksums);
  }
}

/** Reports whether a field is signed: those that AWS requires, and those that say what the content is. */
function isSigned(name: string): boolean {
  const lower = name.toLowerCase();
  return lower === "host" || lower === "content-type" || lower === "content-md5" ||
    lower.startsWith("x-amz-");
}

/** Drops fields by their names in lower case, and adds others. */
function replaceFields(
  fields: OutgoingField[],
  isDropped: (name: string) => boolean,
  added: readonly OutgoingField[],
): void {
  const kept = fields.filter(([name]) => !isDropped(name.toLowerCase()));
  fields.splice(0, fields.length, ...kept, ...added);
}

/** Sets the length of a request's body, in its framing and in its fields. */
function setLength(request: UpstreamRequest, length: number): void {
  request.framing = { kind: "length", length };
  if (length === 0) request.body = null;
  const isFraming = (name: string) => name === "content-length" || name === "transfer-encoding";
  replaceFields(request.fields, isFraming, [["content-length", String(length)]]);
}

function emptyStream(): ReadableStream<Uint8Array> {
  return new ReadableStream({ start: (controller) => controller.close() });
}
