// Asks a question with openai-go, streamed and whole.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/openai/openai-go/v3"
	"github.com/openai/openai-go/v3/responses"
)

func main() {
	client := openai.NewClient()
	stream := client.Chat.Completions.NewStreaming(context.Background(), openai.ChatCompletionNewParams{
		Model:    "m",
		Messages: []openai.ChatCompletionMessageParamUnion{openai.UserMessage("Is the proxy there?")},
	})
	text := ""
	for stream.Next() {
		text += stream.Current().Choices[0].Delta.Content
	}
	check(stream.Err())
	fmt.Println(text)
	whole, err := client.Responses.New(context.Background(), responses.ResponseNewParams{
		Model: "m",
		Input: responses.ResponseNewParamsInputUnion{OfString: openai.String("Is the proxy there?")},
	})
	check(err)
	fmt.Println(whole.OutputText())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
