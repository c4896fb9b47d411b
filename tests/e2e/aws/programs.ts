/**
 * What the clients do, each with placeholder keys, as its users would write it. They end with status 0 only if everything
 * that they read back is what they wrote.
 *
 * @module
 */

/** Keys with every character that some signer encodes differently. */
const ODD_KEYS = [
  "plain.txt",
  "a b+c/d=e&f.txt",
  "(1)'!*~@:,;$.txt",
  "\u00e4/\u20ac/\u65e5\u672c.txt",
  "per%25cent%2Fand#hash?mark.txt",
  "slashes//twice/",
];

/** A program in JavaScript, for Node. */
export const JS_S3 = `
import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { S3Client, PutObjectCommand, GetObjectCommand, HeadObjectCommand, ListObjectsV2Command, DeleteObjectCommand } from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
const client = new S3Client({ forcePathStyle: true });
const Bucket = "bucket";
const read = async (Key) => Buffer.from(await (await client.send(new GetObjectCommand({ Bucket, Key }))).Body.transformToByteArray());
for (const Key of ${JSON.stringify(ODD_KEYS)}) {
  const Body = "content of " + Key;
  await client.send(new PutObjectCommand({ Bucket, Key, Body, Metadata: { note: "a  b" } }));
  assert.equal((await read(Key)).toString(), Body);
  await client.send(new HeadObjectCommand({ Bucket, Key }));
}
const stream = Buffer.alloc(3_000_000, "streamed ");
await client.send(new PutObjectCommand({ Bucket, Key: "stream", Body: Readable.from([stream.subarray(0, 70_000), stream.subarray(70_000)]), ContentLength: stream.length }));
assert.ok((await read("stream")).equals(stream));
const large = Buffer.alloc(12_000_000, "multipart ");
await new Upload({ client, params: { Bucket, Key: "large", Body: Readable.from(large.length ? [large] : []) }, partSize: 5 * 1024 * 1024 }).done();
assert.ok((await read("large")).equals(large));
const listed = await client.send(new ListObjectsV2Command({ Bucket, Prefix: "a b+c/" }));
assert.deepEqual(listed.Contents.map(({ Key }) => Key), ["a b+c/d=e&f.txt"]);
const all = await client.send(new ListObjectsV2Command({ Bucket }));
assert.equal(all.Contents.length, ${ODD_KEYS.length + 2});
const url = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: "a b+c/d=e&f.txt" }), { expiresIn: 60 });
const fetched = await fetch(url);
assert.equal(await fetched.text(), "content of a b+c/d=e&f.txt");
await client.send(new DeleteObjectCommand({ Bucket, Key: "plain.txt" }));
await assert.rejects(read("plain.txt"), { name: "NoSuchKey" });
console.log("done");
`;

/** A program in JavaScript, for Node. */
export const JS_BEDROCK = `
import assert from "node:assert/strict";
import { NodeHttpHandler } from "@smithy/node-http-handler";
import { BedrockRuntimeClient, ConverseCommand, ConverseStreamCommand, InvokeModelWithResponseStreamCommand } from "@aws-sdk/client-bedrock-runtime";
// By default this client speaks HTTP/2, which the service does not serve without a Host field.
const client = new BedrockRuntimeClient({ requestHandler: new NodeHttpHandler() });
const modelId = "anthropic.claude-3-haiku-20240307-v1:0";
const messages = [{ role: "user", content: [{ text: "Is the signature valid?" }] }];
let text = "";
for await (const event of (await client.send(new ConverseStreamCommand({ modelId, messages }))).stream) text += event.contentBlockDelta?.delta?.text ?? "";
assert.equal(text, "The signature is valid.");
assert.equal((await client.send(new ConverseCommand({ modelId, messages }))).output.message.content[0].text, text);
const body = JSON.stringify({ anthropic_version: "bedrock-2023-05-31", max_tokens: 9, messages: [{ role: "user", content: "\\u00e4" }] });
const arn = "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-v1:0";
let raw = "";
for await (const { chunk } of (await client.send(new InvokeModelWithResponseStreamCommand({ modelId: arn, body, contentType: "application/json" }))).body) {
  raw += JSON.parse(Buffer.from(chunk.bytes).toString()).delta?.text ?? "";
}
assert.equal(raw, text);
console.log("done");
`;

/** A program in Python. */
export const PYTHON = `
import io, json, urllib.request
import boto3
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
s3 = boto3.client("s3", config=Config(s3={"addressing_style": "path"}))
def read(key):
    return s3.get_object(Bucket="bucket", Key=key)["Body"].read()
for key in ${JSON.stringify(ODD_KEYS)}:
    s3.put_object(Bucket="bucket", Key=key, Body=("content of " + key).encode(), Metadata={"note": "a  b"})
    assert read(key).decode() == "content of " + key, key
large = b"multipart " * 1200000
s3.upload_fileobj(io.BytesIO(large), "bucket", "large", Config=TransferConfig(multipart_threshold=5 << 20, multipart_chunksize=5 << 20))
assert read("large") == large
listed = s3.list_objects_v2(Bucket="bucket", Prefix="a b+c/")
assert [each["Key"] for each in listed["Contents"]] == ["a b+c/d=e&f.txt"], listed
url = s3.generate_presigned_url("get_object", Params={"Bucket": "bucket", "Key": "a b+c/d=e&f.txt"})
assert urllib.request.urlopen(url).read() == b"content of a b+c/d=e&f.txt"
s3.delete_object(Bucket="bucket", Key="plain.txt")
bedrock = boto3.client("bedrock-runtime")
model = "anthropic.claude-3-haiku-20240307-v1:0"
messages = [{"role": "user", "content": [{"text": "Is the signature valid?"}]}]
text = ""
for event in bedrock.converse_stream(modelId=model, messages=messages)["stream"]:
    text += event.get("contentBlockDelta", {}).get("delta", {}).get("text", "")
assert text == "The signature is valid.", text
body = json.dumps({"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages": []})
raw = ""
for event in bedrock.invoke_model_with_response_stream(modelId=model, body=body)["body"]:
    raw += json.loads(event["chunk"]["bytes"]).get("delta", {}).get("text", "")
assert raw == text, raw
print("done")
`;
