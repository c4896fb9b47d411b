import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { signatureProblem, type VerifiedKeys } from "../../support/aws_verifier.ts";
import type { Exchange } from "../../support/exchange.ts";
import type { Script } from "../../support/upstream.ts";

/** A store that speaks as much of S3 as the clients use, as strictly as S3 does, and verifies every signature. */
export interface S3Mock {
  readonly script: Script;
  /** What was wrong with requests. */
  readonly problems: readonly string[];
  /** The operations that were served. */
  readonly served: readonly string[];
}

interface Part {
  readonly bytes: Uint8Array;
  readonly checksum: string | undefined;
}

interface Upload {
  readonly key: string;
  /** Whether each part needs a checksum, since the upload was begun with one. */
  readonly needsChecksum: boolean;
  readonly parts: Map<number, Part>;
}

class S3Error extends Error {
  constructor(readonly status: number, readonly code: string, message: string) {
    super(message);
  }
}

/** Makes a store. */
export function makeS3(keys: VerifiedKeys): S3Mock {
  const objects = new Map<string, Uint8Array>();
  const uploads = new Map<string, Upload>();
  const problems: string[] = [];
  const served: string[] = [];

  async function serve(exchange: Exchange): Promise<void> {
    const body = await exchange.bodyBytes();
    const { method, target, fields } = exchange;
    const problem = await signatureProblem({ method, target, fields, body }, keys);
    if (problem !== undefined) throw new S3Error(403, "SignatureDoesNotMatch", problem);
    checkBody(exchange, body);
    const [path = "", query = ""] = target.split(/\?(.*)/s);
    const parameters = new URLSearchParams(query.replaceAll("+", "%2B"));
    const [, bucket = "", ...rest] = path.split("/");
    const key = decodeURIComponent(rest.join("/"));
    served.push(
      `${method} ${key === "" ? bucket : "object"} ${
        [...parameters.keys()].filter((name) => name !== "x-id").toSorted().join("&")
      }`.trim(),
    );
    if (key === "") return await list(exchange, parameters);
    const uploadId = parameters.get("uploadId") ?? "";
    if (method === "POST" && parameters.has("uploads")) {
      const id = `upload${uploads.size + 1}`;
      const needsChecksum = exchange.field("x-amz-checksum-algorithm") !== undefined;
      uploads.set(id, { key, needsChecksum, parts: new Map() });
      return await xml(
        exchange,
        `<InitiateMultipartUploadResult><UploadId>${id}</UploadId></InitiateMultipartUploadResult>`,
      );
    }
    if (uploadId !== "") {
      return await servePart(exchange, {
        id: uploadId,
        key,
        body,
        number: Number(parameters.get("partNumber")),
      });
    }
    switch (method) {
      case "PUT":
        objects.set(key, body);
        return await exchange.respond(200, { ETag: etagOf(body) });
      case "DELETE":
        objects.delete(key);
        return await exchange.respond(204);
      case "GET":
      case "HEAD": {
        const found = objects.get(key);
        if (found === undefined) throw new S3Error(404, "NoSuchKey", "No such key");
        return await exchange.respond(200, {
          ETag: etagOf(found),
          "Content-Type": "application/octet-stream",
        }, found);
      }
    }
    throw new S3Error(405, "MethodNotAllowed", method);
  }

  async function servePart(
    exchange: Exchange,
    { id, key, body, number }: { id: string; key: string; body: Uint8Array; number: number },
  ): Promise<void> {
    const upload = uploads.get(id);
    if (upload?.key !== key) throw new S3Error(404, "NoSuchUpload", "No such upload");
    if (exchange.method === "PUT") {
      const checksum = exchange.field("x-amz-checksum-crc32");
      if (upload.needsChecksum && checksum === undefined) {
        throw new S3Error(
          400,
          "InvalidRequest",
          "Checksum Type mismatch occurred, expected checksum Type: crc32, actual checksum Type: null",
        );
      }
      upload.parts.set(number, { bytes: body, checksum });
      const shown = checksum === undefined ? {} : { "x-amz-checksum-crc32": checksum };
      return await exchange.respond(200, { ETag: etagOf(body), ...shown });
    }
    const parts = [...upload.parts].toSorted(([left], [right]) => left - right);
    const text = new TextDecoder().decode(body);
    for (const [, { checksum }] of parts) {
      if (checksum !== undefined && !text.includes(`<ChecksumCRC32>${checksum}</ChecksumCRC32>`)) {
        throw new S3Error(400, "InvalidPart", "The checksum of a part is missing");
      }
    }
    objects.set(key, await bytesOf(parts.map(([, part]) => part.bytes)));
    return await xml(
      exchange,
      `<CompleteMultipartUploadResult><Key>x</Key><ETag>&quot;1&quot;</ETag></CompleteMultipartUploadResult>`,
    );
  }

  async function list(exchange: Exchange, parameters: URLSearchParams): Promise<void> {
    const prefix = parameters.get("prefix") ?? "";
    const encode = parameters.get("encoding-type") === "url" ? encodeURIComponent : escapeXml;
    const found = [...objects].filter(([key]) => key.startsWith(prefix)).toSorted(([left], [right]) =>
      left < right ? -1 : 1
    );
    const contents = found.map(([key, bytes]) =>
      `<Contents><Key>${encode(key)}</Key><Size>${bytes.length}</Size></Contents>`
    );
    await xml(
      exchange,
      `<ListBucketResult><Name>bucket</Name><KeyCount>${found.length}</KeyCount><IsTruncated>false</IsTruncated>${
        encode === encodeURIComponent ? "<EncodingType>url</EncodingType>" : ""
      }${contents.join("")}</ListBucketResult>`,
    );
  }

  return {
    problems,
    served,
    async script(exchange) {
      try {
        await serve(exchange);
      } catch (error) {
        if (!(error instanceof S3Error)) throw error;
        const { status, code, message } = error;
        if (status !== 404) problems.push(`${exchange.method} ${exchange.target}: ${code}: ${message}`);
        await xml(
          exchange,
          `<Error><Code>${code}</Code><Message>${escapeXml(message)}</Message></Error>`,
          status,
        );
      }
    },
  };
}

/** Checks that the body is plain, of a known length, and that its checksum is right. */
function checkBody(exchange: Exchange, body: Uint8Array): void {
  const coding = exchange.field("content-encoding") ?? "";
  if (exchange.field("transfer-encoding") !== undefined) {
    throw new S3Error(501, "NotImplemented", "Transfer-Encoding");
  }
  if (coding.includes("aws-chunked")) throw new S3Error(501, "NotImplemented", "aws-chunked");
  if (exchange.method === "PUT" && exchange.field("content-length") === undefined) {
    throw new S3Error(411, "MissingContentLength", "no Content-Length");
  }
  const given = exchange.field("x-amz-checksum-crc32");
  if (given === undefined) {
    // What S3 says to a request that names a checksum and has none.
    const algorithm = exchange.field("x-amz-sdk-checksum-algorithm");
    const has = exchange.fields.some(([name]) => /^x-amz-checksum-(?!algorithm|mode|type)/i.test(name));
    if (algorithm !== undefined && !has && exchange.method === "PUT") {
      throw new S3Error(
        400,
        "InvalidRequest",
        "x-amz-sdk-checksum-algorithm specified, but no corresponding checksum",
      );
    }
    return;
  }
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, crc32(body));
  if (btoa(String.fromCharCode(...bytes)) !== given) throw new S3Error(400, "BadDigest", `${given}`);
}

async function xml(exchange: Exchange, text: string, status = 200): Promise<void> {
  await exchange.respond(
    status,
    { "Content-Type": "application/xml" },
    `<?xml version="1.0" encoding="UTF-8"?>\n${text}`,
  );
}

function escapeXml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
}

function etagOf(bytes: Uint8Array): string {
  return `"${createHash("md5").update(bytes).digest("hex")}"`;
}

async function bytesOf(parts: readonly Uint8Array[]): Promise<Uint8Array> {
  return new Uint8Array(await new Blob(parts as Uint8Array<ArrayBuffer>[]).arrayBuffer());
}
