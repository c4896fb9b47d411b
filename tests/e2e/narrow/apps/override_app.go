// A Go service with a method override of the usual shape, and one that routes by the field of an ingress.
package main

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
)

func main() {
	http.ListenAndServe("127.0.0.1:"+os.Args[1], http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method, path := r.Method, r.URL.Path
		for _, name := range []string{"X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method", "X-Forwarded-Method", "X-HTTP-Verb"} {
			if named := r.Header.Get(name); named != "" {
				method = strings.ToUpper(named)
			}
		}
		for _, name := range []string{"_method", "_HttpMethod"} {
			if named := r.URL.Query().Get(name); named != "" {
				method = strings.ToUpper(named)
			}
		}
		for _, name := range []string{"X-Original-Url", "X-Rewrite-Url", "X-Forwarded-Uri", "X-Envoy-Original-Path", "X-Original-Path"} {
			if named := r.Header.Get(name); named != "" {
				path = named
			}
		}
		host := r.Host
		if named := r.Header.Get("X-Forwarded-Host"); named != "" {
			host = named
		}
		json.NewEncoder(w).Encode(map[string]string{"method": method, "path": path, "prefix": r.Header.Get("X-Forwarded-Prefix"), "host": host})
	}))
}
