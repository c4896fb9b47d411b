// Asks a question with google.golang.org/genai, streamed and whole, and uploads a file.
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"

	"google.golang.org/genai"
)

func main() {
	ctx := context.Background()
	client, err := genai.NewClient(ctx, &genai.ClientConfig{
		APIKey:      os.Getenv("GEMINI_API_KEY"),
		Backend:     genai.BackendGeminiAPI,
		HTTPOptions: genai.HTTPOptions{BaseURL: os.Getenv("GOOGLE_GEMINI_BASE_URL")},
	})
	check(err)
	text := ""
	for part, err := range client.Models.GenerateContentStream(ctx, "gemini-2.5-flash", genai.Text("Is the proxy there?"), nil) {
		check(err)
		text += part.Text()
	}
	fmt.Println(text)
	whole, err := client.Models.GenerateContent(ctx, "gemini-2.5-flash", genai.Text("Is the proxy there?"), nil)
	check(err)
	fmt.Println(whole.Text())
	content := bytes.NewReader(bytes.Repeat([]byte("x"), 300_000))
	file, err := client.Files.Upload(ctx, content, &genai.UploadFileConfig{MIMEType: "text/plain"})
	check(err)
	fmt.Println(file.Name, *file.SizeBytes)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
