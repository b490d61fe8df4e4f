package registry_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
	"github.com/twmb/franz-go/pkg/sr"
	"github.com/twmb/franz-go/pkg/sr/srfake"
	"go.uber.org/goleak"

	"github.com/flowweir/weir/contracts"
	"github.com/flowweir/weir/contracts/source/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// fake is a registry in this process.
func fake(t *testing.T, options ...srfake.Option) *srfake.Registry {
	t.Helper()
	f := srfake.New(options...)
	t.Cleanup(f.Close)
	return f
}

func client(t *testing.T, config registry.Config) *registry.Registry {
	t.Helper()
	r, err := registry.New(config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	return r
}

func at(t *testing.T, f *srfake.Registry) *registry.Registry {
	t.Helper()
	return client(t, registry.Config{URL: f.URL()})
}

func register(t *testing.T, f *srfake.Registry, subject string, kind sr.SchemaType, text string, refs ...sr.SchemaReference) {
	t.Helper()
	if _, _, err := f.RegisterSchema(subject, sr.Schema{Schema: text, Type: kind, References: refs}); err != nil {
		t.Fatal(err)
	}
}

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

func TestSchemas(t *testing.T) {
	f := fake(t)
	register(t, f, "order.events-value", sr.TypeAvro, `"string"`)
	register(t, f, "order.events-value", sr.TypeAvro, `"long"`)
	register(t, f, "order.events-key", sr.TypeJSON, `{"type":"string"}`)
	r := at(t, f)

	subjects, err := r.Subjects(t.Context())
	if diff := cmp.Diff([]string{"order.events-key", "order.events-value"}, subjects); diff != "" || err != nil {
		t.Error(diff, err)
	}
	versions, err := r.Versions(t.Context(), "order.events-value")
	if diff := cmp.Diff([]int{1, 2}, versions); diff != "" || err != nil {
		t.Error(diff, err)
	}
	latest, err := r.Schema(t.Context(), "order.events-value", registry.Latest)
	if err != nil {
		t.Fatal(err)
	}
	want := registry.Schema{Subject: "order.events-value", Version: 2, ID: 2, GUID: latest.GUID, Format: contracts.FormatAvro, Text: `"long"`}
	if diff := cmp.Diff(want, latest); diff != "" || latest.GUID == uuid.Nil {
		t.Error(diff)
	}
	if got := latest.File(); got != "order.events-value/2/schema.avsc" {
		t.Errorf("got %s", got)
	}
	byID, err := r.SchemaByID(t.Context(), 3)
	if diff := cmp.Diff(registry.Schema{ID: 3, Format: contracts.FormatJSONSchema, Text: `{"type":"string"}`}, byID); diff != "" || err != nil {
		t.Error(diff, err)
	}
	byGUID, err := r.SchemaByGUID(t.Context(), latest.GUID)
	if diff := cmp.Diff(registry.Schema{ID: 2, GUID: latest.GUID, Format: contracts.FormatAvro, Text: `"long"`}, byGUID); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

func TestParseVersion(t *testing.T) {
	for s, want := range map[string]int{"": registry.Latest, "latest": registry.Latest, "1": 1, "12": 12} {
		if got, err := registry.ParseVersion(s); got != want || err != nil {
			t.Errorf("%q: got %d, %v", s, got, err)
		}
	}
	for _, s := range []string{"0", "-1", "v1", "Latest"} {
		_, err := registry.ParseVersion(s)
		wantError(t, err, fmt.Sprintf("%q is no version of a subject: versions are numbers from 1, or latest", s))
	}
}

func TestNaming(t *testing.T) {
	for got, want := range map[string]string{
		registry.TopicName("order.events", registry.Value):                     "order.events-value",
		registry.TopicName("order.events", registry.Key):                       "order.events-key",
		registry.RecordName("com.acme.OrderPlaced"):                            "com.acme.OrderPlaced",
		registry.TopicRecordName("order.events", "com.acme.order.OrderPlaced"): "order.events-com.acme.order.OrderPlaced",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestMode(t *testing.T) {
	f := fake(t, srfake.WithGlobalCompat(sr.CompatForward))
	register(t, f, "own", sr.TypeAvro, `"string"`)
	register(t, f, "global", sr.TypeAvro, `"string"`)
	if err := f.SetCompat("own", sr.CompatFullTransitive); err != nil {
		t.Fatal(err)
	}
	r := at(t, f)
	check := func(subject, want string) {
		t.Helper()
		if mode, err := r.Mode(t.Context(), subject); err != nil || mode.String() != want {
			t.Errorf("%s: got %s, %v; want %s", subject, mode, err, want)
		}
	}
	check("own", "full-transitive")
	check("global", "forward")
	if err := f.SetCompat("own", sr.CompatNone); err != nil {
		t.Fatal(err)
	}
	check("own", "none")
	// A registry that does not know defaultToGlobal.
	for _, code := range []int{40408, 40401} {
		f.Intercept(func(w http.ResponseWriter, req *http.Request) bool {
			if req.URL.Path != "/config/global" {
				return false
			}
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprintf(w, `{"error_code":%d,"message":"no"}`, code)
			return true
		})
		check("global", "forward")
		f.ClearInterceptors()
	}
}

func TestErrors(t *testing.T) {
	f := fake(t)
	register(t, f, "order.events-value", sr.TypeAvro, `"string"`)
	register(t, f, "order.events-value", sr.TypeAvro, `"long"`)
	r, ctx := at(t, f), t.Context()
	for _, tt := range []struct {
		read func() error
		want string
	}{
		{func() error { _, err := r.Versions(ctx, "order.event-value"); return err }, "the registry at " + f.URL() + " has no subject order.event-value; did you mean order.events-value?"},
		{func() error { _, err := r.Schema(ctx, "nothing-like-it", registry.Latest); return err }, "the registry at " + f.URL() + " has no subject nothing-like-it, but 1 others"},
		{func() error { _, err := r.Schema(ctx, "order.events-value", 7); return err }, "subject order.events-value in the registry at " + f.URL() + " has no version 7; it has 1, 2"},
		{func() error { _, err := r.SchemaByID(ctx, 99); return err }, "the registry at " + f.URL() + " has no schema 99: was the record written with another registry?"},
	} {
		err := tt.read()
		wantError(t, err, tt.want)
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v is no fs.ErrNotExist", err)
		}
	}
	_, err := r.Schema(ctx, "order.events-value", 0)
	wantError(t, err, "0 is no version of order.events-value: versions are numbers from 1, or latest")
	_, err = r.Versions(ctx, "")
	wantError(t, err, "the subject is empty: name one, such as order.events-value")
	_, err = r.Mode(ctx, "..")
	wantError(t, err, `".." is no name of a subject`)
}

// TestUnusable asks what is no registry, or none that answers.
func TestUnusable(t *testing.T) {
	slow := make(chan struct{})
	answers := map[string]http.HandlerFunc{
		"/html/":   func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") },
		"/object/": func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"a": 1}`) },
		"/broken/": func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(500)
			fmt.Fprint(w, strings.Repeat("x", 300))
		},
		"/refused/": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) },
		"/slow/":    func(_ http.ResponseWriter, req *http.Request) { <-slow },
		"/endless/": func(w http.ResponseWriter, req *http.Request) {
			for req.Context().Err() == nil {
				if _, err := w.Write(make([]byte, 1<<20)); err != nil {
					return
				}
			}
		},
	}
	mux := http.NewServeMux()
	for path, answer := range answers {
		mux.HandleFunc(path, answer)
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(slow) })
	for path, want := range map[string]string{
		"/html":     "what answers at URL is no schema registry; Apicurio has Confluent's API under /apis/ccompat/v7",
		"/object":   "what answers at URL is no schema registry; Apicurio has Confluent's API under /apis/ccompat/v7",
		"/nowhere/": "there is no schema registry at URL (404); Apicurio has Confluent's API under /apis/ccompat/v7",
		"/broken":   `the registry at URL answers 500: "` + strings.Repeat("x", 200) + `…"`,
		"/refused":  "the registry at URL does not allow it to these credentials (403)",
		"/slow":     "the registry at URL did not answer within 50ms: is it up, and is WEIR_REGISTRY_URL right?",
		"/endless":  "the registry at URL answers with more than 32 MiB",
	} {
		url := strings.TrimSuffix(server.URL+path, "/")
		config := registry.Config{URL: url}
		if path == "/slow" {
			config.Timeout = 50 * time.Millisecond
		}
		_, err := client(t, config).Subjects(t.Context())
		wantError(t, err, "cannot list the subjects: "+strings.Replace(want, "URL", url, 1))
	}

	gone := httptest.NewServer(mux)
	gone.Close()
	_, err := client(t, registry.Config{URL: gone.URL}).Subjects(t.Context())
	address := strings.TrimPrefix(gone.URL, "http://")
	wantError(t, err, "cannot list the subjects: the registry at "+gone.URL+" cannot be reached: dial tcp "+address+": connect: connection refused; is WEIR_REGISTRY_URL right?")

	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := client(t, registry.Config{URL: server.URL}).Subjects(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

func TestFileSystem(t *testing.T) {
	f := fake(t)
	register(t, f, "money", sr.TypeProtobuf, `syntax = "proto3"; package money; message Money { int64 cents = 1; }`)
	register(t, f, "address", sr.TypeProtobuf, `syntax = "proto3"; import "money/money.proto"; message Address { money.Money rent = 1; }`,
		sr.SchemaReference{Name: "money/money.proto", Subject: "money", Version: 1})
	for _, field := range []string{"home", "work"} {
		register(t, f, "order/events-value", sr.TypeProtobuf, `syntax = "proto3"; import "address.proto"; import "money/money.proto"; message Order { Address `+field+` = 1; money.Money total = 2; }`,
			sr.SchemaReference{Name: "address.proto", Subject: "address", Version: 1}, sr.SchemaReference{Name: "money/money.proto", Subject: "money", Version: 1})
	}
	fsys := at(t, f).FS(t.Context())
	const dir = "order%2Fevents-value"
	if err := fstest.TestFS(fsys, "money/1/schema.proto", dir+"/1/schema.proto", dir+"/2/schema.proto", dir+"/2/address.proto", dir+"/2/money/money.proto"); err != nil {
		t.Error(err)
	}
	for version, want := range map[int][]string{
		1:               {dir + "/1/schema.proto", dir + "/1/address.proto", dir + "/1/money/money.proto"},
		registry.Latest: {dir + "/latest/schema.proto", dir + "/latest/address.proto", dir + "/latest/money/money.proto"},
	} {
		files, err := fsys.Files("order/events-value", version)
		if diff := cmp.Diff(want, files); diff != "" || err != nil {
			t.Error(diff, err)
		}
	}
	latest, err := fs.ReadFile(fsys, dir+"/latest/schema.proto")
	if err != nil || !strings.Contains(string(latest), "work = 1") {
		t.Errorf("got %s, %v", latest, err)
	}
	// What was read once stays.
	register(t, f, "order/events-value", sr.TypeProtobuf, `syntax = "proto3"; message Order {}`)
	if again, err := fs.ReadFile(fsys, dir+"/latest/schema.proto"); string(again) != string(latest) || err != nil {
		t.Errorf("got %s, %v", again, err)
	}
	for name, want := range map[string]string{
		"nothing":                "open nothing: the registry at " + f.URL() + " has no subject nothing, but 3 others",
		"nothing/1":              "open nothing/1: the registry at " + f.URL() + " has no subject nothing, but 3 others",
		"mony/1":                 "open mony/1: the registry at " + f.URL() + " has no subject mony; did you mean money?",
		"money/2":                "open money/2: subject money in the registry at " + f.URL() + " has no version 2; it has 1",
		"money/01":               `open money/01: "01" is no version: versions are numbers from 1, or latest: file does not exist`,
		"money/1/other":          "open money/1/other: file does not exist",
		"order%2fevents":         `open order%2fevents: "order%2fevents" is no subject as it is written here, escaped as in a URL: file does not exist`,
		"money/1/schema.proto/x": "open money/1/schema.proto/x: file does not exist",
	} {
		_, err := fsys.Open(name)
		wantError(t, err, want)
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v is no fs.ErrNotExist", err)
		}
	}
	for subject, want := range map[string]string{"a.b-value": "a.b-value", ".": "%2E", "..": "%2E%2E", "a/b": "a%2Fb", `a\b`: "a%5Cb", ":.ctx:a": ":.ctx:a", "ä b": "%C3%A4%20b"} {
		if got := registry.SubjectDir(subject); got != want || !fs.ValidPath(got) {
			t.Errorf("%q: got %q, want %q", subject, got, want)
		}
	}
}
