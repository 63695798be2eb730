// Package greeting has the pages of the app.
package greeting

import (
	"encoding/json"
	"fmt"
	"net/http"
	"runtime"
)

// Pages answers / and nothing else. application is what the platform says about the app, as JSON.
func Pages(application string) http.Handler {
	var known struct {
		Index int `json:"instance_index"`
	}
	// By hand there is nothing to know: the index stays 0.
	_ = json.Unmarshal([]byte(application), &known)

	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		fmt.Fprintf(w, "Hello from %s, instance %d.\n", runtime.Version(), known.Index)
	})
}
