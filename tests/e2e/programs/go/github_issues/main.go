// Reads three pages of issues and writes a comment with go-github.
package main

import (
	"context"
	"fmt"
	"net/url"
	"os"

	"github.com/google/go-github/v75/github"
)

func main() {
	ctx := context.Background()
	client := github.NewClient(nil).WithAuthToken(os.Getenv("KEY"))
	base, err := url.Parse(os.Getenv("URL") + "/")
	check(err)
	client.BaseURL = base
	user, _, err := client.Users.Get(ctx, "")
	check(err)
	fmt.Println(user.GetLogin())
	options := &github.IssueListByRepoOptions{}
	for {
		issues, response, err := client.Issues.ListByRepo(ctx, "acme", "project", options)
		check(err)
		for _, issue := range issues {
			fmt.Println(issue.GetTitle())
		}
		if response.NextPage == 0 {
			break
		}
		options.ListOptions.Page = response.NextPage
	}
	comment := &github.IssueComment{Body: github.Ptr("Is the proxy there?")}
	written, _, err := client.Issues.CreateComment(ctx, "acme", "project", 1, comment)
	check(err)
	fmt.Println(written.GetBody())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
