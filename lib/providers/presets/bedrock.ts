import { bedrock as sdks, claudeOnBedrock } from "../clients/aws.ts";
import type { Provider } from "../provider.ts";

export const bedrock: Provider = {
  name: "bedrock",
  title: "Amazon Bedrock, signed with an access key",
  hostExample: "bedrock-runtime.us-east-1.amazonaws.com",
  routes: [{
    fields: {
      path: "/bedrock/",
      upstream: "https://{host}",
      sign_with: {
        aws_sigv4: {
          region: "{region}",
          service: "bedrock",
          access_key_id_env: "AWS_ACCESS_KEY_ID",
          secret_access_key_env: "AWS_SECRET_ACCESS_KEY",
        },
      },
    },
    clients: [claudeOnBedrock, sdks],
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
    "https://docs.aws.amazon.com/general/latest/gr/bedrock.html",
    "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html",
  ],
};
