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

// TestRegistryOfTheWorkspace: what weir.work.yaml names is asked by the gate,
// by init and by compat as by weir check, and the environment's instead where there is one.
func TestRegistryOfTheWorkspace(t *testing.T) {
	server := httptest.NewServer(registryServer(map[string]string{
		"payments-value": `{"type": "record", "name": "com.acme.Paid", "fields": [{"name": "id", "type": "string"}]}`,
	}))
	defer server.Close()
	t.Chdir(t.TempDir())
	for name, content := range map[string]string{
		"weir.work.yaml":  "weir: workspace/v1\nregistry: " + server.URL + "\n",
		"pay.weir.yaml":   "weir: contract/v1\nservice: {name: payments}\nproduces: [{event: com.acme.Paid, topic: payments, schema: {registry: {subject: payments-value}}}]\n",
		"order.weir.yaml": "weir: contract/v1\nservice: {name: orders}\nconsumes: [{event: com.acme.Paid, topic: payments, group: orders, needs: [$.amount]}]\n",
	} {
		if err := os.WriteFile(name, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	ask := func(url string, args ...string) (int, string) {
		t.Helper()
		s, stdout, stderr := testState(args...)
		s.env = func(name string) string { return map[string]string{"WEIR_REGISTRY_URL": url}[name] }
		return execute(s), stdout.String() + stderr.String()
	}
	if code, out := ask("", "record-deploy", "--service", "payments", "--version", "1", "--to", "prod", "--embed"); code != 0 {
		t.Fatal(code, out)
	}
	gate := []string{"can-i-deploy", "--service", "orders", "--version", "2", "--to", "prod"}
	if code, out := ask("", gate...); code != exitFindings || !strings.Contains(out, "no: orders 2 cannot go to prod: it would break on payments 1") || !strings.Contains(out, "needs $.amount") {
		t.Errorf("exit code %d:\n%s", code, out)
	}
	if code, out := ask("", "init", "--service", "other", "--subject", "payments-value", "--stdout"); code != exitPass || !strings.Contains(out, "event: com.acme.Paid") {
		t.Errorf("init: exit code %d:\n%s", code, out)
	}
	next := `{"type": "record", "name": "com.acme.Paid", "fields": [{"name": "id", "type": "string"}, {"name": "amount", "type": "long"}]}`
	if err := os.WriteFile("paid.avsc", []byte(next), 0o600); err != nil {
		t.Fatal(err)
	}
	if code, out := ask("", "compat", "registry:payments-value", "paid.avsc"); code != exitFindings || !strings.Contains(out, "[compat/avro-missing-field]") {
		t.Errorf("compat: exit code %d:\n%s", code, out)
	}
	nobody := httptest.NewServer(nil)
	nobody.Close()
	if code, out := ask(nobody.URL, gate...); code != exitInconclusive || !strings.Contains(out, strings.TrimPrefix(nobody.URL, "http://")) {
		t.Errorf("the registry of the environment is not there: exit code %d:\n%s", code, out)
	}
	if code, out := ask(nobody.URL, "compat", "registry:payments-value", "paid.avsc"); code != exitInfrastructure || !strings.Contains(out, strings.TrimPrefix(nobody.URL, "http://")) {
		t.Errorf("compat with the registry of the environment: exit code %d:\n%s", code, out)
	}
	if err := os.WriteFile("weir.work.yaml", []byte("weir: workspace/v1\nregistri: "+server.URL+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"compat", "registry:payments-value", "paid.avsc"}, {"init", "--service", "other", "--subject", "payments-value", "--stdout"}} {
		if code, out := ask("", args...); code != exitUsage || !strings.Contains(out, "weir.work.yaml:2:1: error: ") {
			t.Errorf("%s in a workspace that cannot be read: exit code %d:\n%s", args[0], code, out)
		}
	}
	if code, out := ask("", "compat", "paid.avsc", "paid.avsc"); code != exitPass {
		t.Errorf("compat of files alone asks for no registry: exit code %d:\n%s", code, out)
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
	mux.HandleFunc("GET /subjects/{subject}/versions", func(w http.ResponseWriter, _ *http.Request) { answer(w, http.StatusOK, []int{1}) })
	mux.HandleFunc("GET /subjects/{subject}/versions/{version}", func(w http.ResponseWriter, r *http.Request) {
		subject := r.PathValue("subject")
		if schema, ok := subjects[subject]; ok {
			answer(w, http.StatusOK, map[string]any{"subject": subject, "id": 1, "version": 1, "schema": schema})
			return
		}
		answer(w, http.StatusNotFound, map[string]any{"error_code": 40401, "message": "Subject not found."})
	})
	return mux
}
