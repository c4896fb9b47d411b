// Calls a tool over streamable HTTP with the Go SDK of the Model Context Protocol.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

// withKey adds the key to each request.
type withKey struct{}

func (withKey) RoundTrip(request *http.Request) (*http.Response, error) {
	request = request.Clone(request.Context())
	request.Header.Set("Authorization", "Bearer "+os.Getenv("KEY"))
	return http.DefaultTransport.RoundTrip(request)
}

func main() {
	ctx := context.Background()
	client := mcp.NewClient(&mcp.Implementation{Name: "e2e", Version: "1.0.0"}, nil)
	session, err := client.Connect(ctx, &mcp.StreamableClientTransport{
		Endpoint:             os.Getenv("URL") + "/mcp",
		HTTPClient:           &http.Client{Transport: withKey{}},
		DisableStandaloneSSE: true,
	}, nil)
	check(err)
	result, err := session.CallTool(ctx, &mcp.CallToolParams{
		Name:      "ask",
		Arguments: map[string]any{"question": "Is the proxy there?"},
	})
	check(err)
	fmt.Println(result.Content[0].(*mcp.TextContent).Text)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
