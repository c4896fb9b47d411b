import type { Toolset } from "./toolset.ts";

/** The packages from the Python index, in the versions that are tested. */
const PACKAGES = `
aiohttp==3.14.5
anthropic==2.14.0
cohere==7.3.1
google-genai==3.6.1
httpx==0.28.1
huggingface_hub==2.4.0
langchain-anthropic==1.7.10
litellm==1.110.2
mcp==2.3.0
mistralai==3.7.0
notion-client==3.1.0
openai==3.57.0
poetry==2.5.1
PyGithub==2.10.0
requests==2.34.2
slack_sdk==3.48.0
stripe==16.1.0
twine==7.0.0
uv==0.13.9
websockets==17.4
`;

/** The Python libraries, and the tools that are written in Python, in an environment of their own. */
export const PYTHON: Toolset = {
  name: "python",
  needs: "python3",
  files: { "requirements.txt": PACKAGES.trimStart() },
  script: "python3 -m venv .\nbin/pip install --quiet -r requirements.txt",
};
