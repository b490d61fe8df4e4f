package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"path"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// engine stands in for a container engine and sets DOCKER_HOST: what doctor
// and cluster say must not depend on the machine of the test.
//
//	engine bare      answers, without images and containers
//	engine used      has the public Kafka image, and what a foreign run left
//	engine failing   answers, and cannot list containers
func engine(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: engine bare|used|failing")
	}
	kind := args[0]
	handler := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Api-Version", "1.44")
		w.Header().Set("Content-Type", "application/json")
		switch name := path.Base(r.URL.Path); {
		case name == "_ping":
		case name == "version":
			reply(w, map[string]any{"Platform": map[string]any{"Name": "Test Engine"}, "Version": "99.1", "ApiVersion": "1.44", "MinAPIVersion": "1.24"})
		case name == "info":
			reply(w, map[string]any{"ID": "test", "OSType": "linux", "ServerVersion": "99.1"})
		case kind == "failing":
			w.WriteHeader(http.StatusInternalServerError)
			reply(w, map[string]any{"message": "the disk is on fire"})
		case strings.Contains(r.URL.Path, "/images/"):
			if kind == "used" && strings.Contains(r.URL.Path, "apache/kafka") {
				reply(w, map[string]any{"Id": "sha256:1"})
				return
			}
			w.WriteHeader(http.StatusNotFound)
			reply(w, map[string]any{"message": "no such image"})
		case strings.HasSuffix(r.URL.Path, "/containers/json") && kind == "used" && strings.Contains(r.URL.RawQuery, "weir.run"):
			reply(w, []any{map[string]any{"Id": strings.Repeat("c1", 32), "Names": []string{"/weir-abc-broker-0"}, "Created": 1,
				"Labels": map[string]string{"weir.run": "20260102T030405Z-theirs-abc", "weir.namespace": "elsewhere", "weir.role": "broker"}}})
		case name == "volumes":
			reply(w, map[string]any{"Volumes": []any{}})
		default: // lists
			reply(w, []any{})
		}
	}
	server := httptest.NewServer(http.HandlerFunc(handler))
	ts.Defer(server.Close)
	ts.Setenv("DOCKER_HOST", "tcp://"+server.Listener.Addr().String())
}

func reply(w http.ResponseWriter, v any) { _ = json.NewEncoder(w).Encode(v) }
