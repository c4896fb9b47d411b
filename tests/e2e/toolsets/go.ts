import { readPrograms, type Toolset } from "./toolset.ts";

/** The modules, in the versions that are tested. */
const MODULES = `module e2e

go 1.24

require (
	github.com/anthropics/anthropic-sdk-go v1.84.0
	github.com/google/go-github/v75 v75.0.0
	github.com/modelcontextprotocol/go-sdk v1.8.0
	github.com/openai/openai-go/v3 v3.98.0
	google.golang.org/genai v1.77.0
)
`;

/** The programs of `programs/go`, compiled. */
export const GO: Toolset = {
  name: "go",
  needs: "go",
  files: { "go.mod": MODULES, ...await readPrograms("go", /\.go$/) },
  script: "go mod tidy\nmkdir -p bin\ngo build -p 2 -o bin ./...",
};
