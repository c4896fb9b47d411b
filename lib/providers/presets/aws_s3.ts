import { s3 as clients } from "../clients/aws.ts";
import type { Provider } from "../provider.ts";

export const awsS3: Provider = {
  name: "aws-s3",
  title: "Amazon S3, signed with an access key",
  hostExample: "s3.us-east-1.amazonaws.com",
  routes: [{
    fields: {
      path: "/aws-s3/",
      upstream: "https://{host}",
      sign_with: {
        aws_sigv4: {
          region: "{region}",
          service: "s3",
          access_key_id_env: "AWS_ACCESS_KEY_ID",
          secret_access_key_env: "AWS_SECRET_ACCESS_KEY",
        },
      },
    },
    clients: [clients],
    // A list of the buckets. A key that may not see it gets 403 as well, with AccessDenied.
    proof: {
      path: "/",
      refusedTexts: ["<Code>InvalidAccessKeyId</Code>", "<Code>SignatureDoesNotMatch</Code>"],
      refusalSource: "https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html",
    },
  }],
  secrets: [
    {
      variable: "AWS_ACCESS_KEY_ID",
      what: "ID of an access key",
      from: "https://console.aws.amazon.com/iam",
    },
    { variable: "AWS_SECRET_ACCESS_KEY", what: "its secret" },
  ],
  sources: [
    "https://docs.aws.amazon.com/general/latest/gr/s3.html",
    "https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListBuckets.html",
  ],
};
