// Asks a question with anthropic-sdk-go, streamed and whole.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/anthropics/anthropic-sdk-go"
)

func main() {
	client := anthropic.NewClient()
	question := anthropic.MessageNewParams{
		Model:     "m",
		MaxTokens: 99,
		Messages:  []anthropic.MessageParam{anthropic.NewUserMessage(anthropic.NewTextBlock("Is the proxy there?"))},
	}
	stream := client.Messages.NewStreaming(context.Background(), question)
	message := anthropic.Message{}
	for stream.Next() {
		check(message.Accumulate(stream.Current()))
	}
	check(stream.Err())
	fmt.Println(message.Content[0].Text)
	whole, err := client.Messages.New(context.Background(), question)
	check(err)
	fmt.Println(whole.Content[0].Text)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
