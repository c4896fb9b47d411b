// Reads JSON, follows a redirect, uploads in chunks, and reads events with net/http.
package main

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
)

func main() {
	fmt.Println(login("/user"), login("/moved"))
	content := bytes.Repeat([]byte("x"), 300_000)
	// A reader of unknown length is sent in chunks.
	response := do("PUT", "/upload", io.MultiReader(bytes.NewReader(content)))
	sum, err := io.ReadAll(response.Body)
	check(err)
	fmt.Println(string(sum) == fmt.Sprintf("%x", sha256.Sum256(content)))
	events := 0
	lines := bufio.NewScanner(do("GET", "/events", nil).Body)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "data: ") {
			events++
		}
	}
	fmt.Println(events)
}

func login(path string) string {
	var user struct{ Login string }
	check(json.NewDecoder(do("GET", path, nil).Body).Decode(&user))
	return user.Login
}

func do(method, path string, body io.Reader) *http.Response {
	request, err := http.NewRequest(method, os.Getenv("URL")+path, body)
	check(err)
	request.Header.Set("Authorization", "Bearer "+os.Getenv("KEY"))
	response, err := http.DefaultClient.Do(request)
	check(err)
	return response
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
