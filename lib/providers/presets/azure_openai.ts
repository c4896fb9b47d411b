import { azureOpenai as clients } from "../clients/azure_openai.ts";
import type { Provider } from "../provider.ts";

export const azureOpenai: Provider = {
  name: "azure-openai",
  title: "Azure OpenAI, with a key",
  hostExample: "my-resource.openai.azure.com",
  routes: [{
    fields: {
      path: "/azure-openai/",
      upstream: "https://{host}",
      auth_scheme: "",
      auth_header: "api-key",
      token_env: "AZURE_OPENAI_API_KEY",
    },
    clients: [clients],
    calls: ["/openai"],
    proof: {
      path: "/openai/models?api-version=2024-10-21",
      refusalSource: "https://learn.microsoft.com/azure/foundry/openai/how-to/troubleshoot-errors",
    },
  }],
  secrets: [{
    variable: "AZURE_OPENAI_API_KEY",
    what: "one of the two keys of the resource",
    from: "https://portal.azure.com",
  }],
  sources: ["https://learn.microsoft.com/en-us/rest/api/azureopenai/models/list"],
};
