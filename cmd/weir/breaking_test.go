package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestBreakingAgainstRegistry: the files against what a registry has, under
// its level, with subjects by the topic and by the record.
func TestBreakingAgainstRegistry(t *testing.T) {
	dir := t.TempDir()
	for name, content := range map[string]string{
		"weir.yaml":  "weir: contract/v1\nservice: {name: orders}\nproduces: [{event: com.acme.OrderPlaced, topic: orders, schema: order.avsc}]\n",
		"order.avsc": `{"type": "record", "name": "com.acme.Order", "fields": [{"name": "id", "type": "string"}, {"name": "total", "type": "long"}]}`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	server := httptest.NewServer(registryServer(map[string]string{
		"orders-value":   `{"type": "record", "name": "com.acme.Order", "fields": [{"name": "id", "type": "string"}]}`,
		"com.acme.Order": `{"type": "record", "name": "com.acme.Order", "fields": [{"name": "id", "type": "string"}, {"name": "total", "type": "long"}]}`,
	}))
	defer server.Close()
	for _, tt := range []struct {
		strategy string
		code     int
		want     string
	}{
		{"topic", 1, "is not full compatible with the latest version of orders-value: $.total is not written"},
		{"record", 0, "1 contract against the registry: compatible, 0 errors, 1 warning\n"},
		{"topic-record", 0, "the registry has no subject orders-com.acme.Order"},
	} {
		s, stdout, stderr := testState("breaking", "--against", "registry", "--subject-strategy", tt.strategy)
		s.env = func(name string) string { return map[string]string{"WEIR_REGISTRY_URL": server.URL}[name] }
		if code := execute(s); code != tt.code || !strings.Contains(stdout.String(), tt.want) {
			t.Errorf("by %s: exit code %d, want %d and %q:\n%s%s", tt.strategy, code, tt.code, tt.want, stdout, stderr)
		}
		s, stdout, stderr = testState("check", "--against", "registry", "--subject-strategy", tt.strategy)
		s.env = func(name string) string { return map[string]string{"WEIR_REGISTRY_URL": server.URL}[name] }
		if code := execute(s); code != tt.code || !strings.Contains(stdout.String(), "1 contract against the registry: ") {
			t.Errorf("check by %s: exit code %d, want %d:\n%s%s", tt.strategy, code, tt.code, stdout, stderr)
		}
	}
}

// registryServer answers for subjects of one version each, by Confluent's API,
// and holds them to FULL.
func registryServer(subjects map[string]string) http.Handler {
	mux := http.NewServeMux()
	answer := func(w http.ResponseWriter, status int, v any) {
		w.Header().Set("Content-Type", "application/vnd.schemaregistry.v1+json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(v)
	}
	mux.HandleFunc("GET /subjects", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, []string{}) })
	mux.HandleFunc("GET /config/{subject}", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"compatibilityLevel": "FULL"})
	})
	mux.HandleFunc("GET /subjects/{subject}/versions/latest", func(w http.ResponseWriter, r *http.Request) {
		subject := r.PathValue("subject")
		if schema, ok := subjects[subject]; ok {
			answer(w, http.StatusOK, map[string]any{"subject": subject, "id": 1, "version": 1, "schema": schema})
			return
		}
		answer(w, http.StatusNotFound, map[string]any{"error_code": 40401, "message": "Subject not found."})
	})
	return mux
}
