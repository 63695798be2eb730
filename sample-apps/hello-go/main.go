// A web server in Go: one module, with a package of its own in greeting/.
package main

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"example.org/hello-go/greeting"
)

func main() {
	host, port := from("VCAP_APP_HOST", "127.0.0.1"), from("PORT", "8000")
	server := &http.Server{Addr: net.JoinHostPort(host, port), Handler: greeting.Pages(from("VCAP_APPLICATION", "{}"))}

	// SIGTERM asks an app to leave: what is under way is finished, for two seconds at most.
	asked, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	left := make(chan struct{})
	go func() {
		<-asked.Done()
		limit, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		_ = server.Shutdown(limit)
		close(left)
	}()

	log.Printf("Listening on %s.", server.Addr)
	if err := server.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatal(err)
	}
	<-left
}

func from(name, otherwise string) string {
	if value := os.Getenv(name); value != "" {
		return value
	}
	return otherwise
}
